"""The following projections as they lie in SQLite, digested a second time from the description of the digest."""

import contextlib
import hashlib
import sqlite3
import time

from harness import answer, check


def log_size(home):
    with contextlib.closing(sqlite3.connect(f"file:{home}/cxrledger.db?mode=ro", uri=True)) as database:
        return database.execute("SELECT size FROM heads").fetchone()[0]


def live(home):
    """Position and digest of each live projection, in one read transaction.

    Digested are, for each table, its name and a zero byte, then for each row in key order and each value: 0 for null;
    1 and an integer of 8 bytes; 2, the length as 8 bytes, and the text's UTF-8.
    """
    with contextlib.closing(sqlite3.connect(f"file:{home}/cxrledger-views.db?mode=ro", uri=True)) as database:
        database.execute("BEGIN")
        found = {}
        rows = database.execute("SELECT projection, position FROM positions WHERE generation = 'live'").fetchall()
        for projection, position in rows:
            digest = hashlib.sha256(projection.encode() + b"\0")
            for row in database.execute(f"SELECT * FROM {projection} ORDER BY 1"):
                for value in row:
                    if value is None:
                        digest.update(b"\0")
                    elif isinstance(value, int):
                        digest.update(b"\1" + value.to_bytes(8, "big", signed=True))
                    else:
                        text = value.encode()
                        digest.update(b"\2" + len(text).to_bytes(8, "big") + text)
            found[projection] = (position, digest.hexdigest())
        return found


def check_rebuild(home):
    """Beside a running service that is idle: the live tables are what a fresh fold of the log makes."""
    size = log_size(home)
    for _ in range(200):
        before = live(home)
        if all(position == size for position, _ in before.values()):
            break
        time.sleep(0.05)
    check(all(position == size for position, _ in before.values()), "the projections do not catch up:", before, size)
    rebuilt = {line["projection"]: (line["position"], line["digest"]) for line in answer(home, "rebuild")["projections"]}
    check(log_size(home) == size, "the log grew meanwhile")
    check(rebuilt == before, "the rebuilt projections", rebuilt, "differ from the live ones", before)
    check(live(home) == before, "the tables that were swapped in have other rows")
    return before
