"""What an intruder with every right on the database could make of it, short of having the keys."""

import contextlib
import json
import sqlite3
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import (KEY_TYPE, b64, canonical, checkpoint_text, decode_entry, encode_entry, leaf_hash, pae, raw, sha256,
                      sign_note, tiles, tree_root)

KEYS = {name: Ed25519PrivateKey.from_private_bytes(sha256(name.encode())) for name in ("root", "event", "checkpoint")}


def put_tree(database, entries):
    """Tiles and head as these entries make them."""
    hashes = [leaf_hash(entry) for entry in entries]
    log, = database.execute("SELECT log FROM logs").fetchone()
    database.execute("DELETE FROM tiles")
    database.executemany(
        "INSERT INTO tiles VALUES (?, ?, ?, ?)", [(log, level, tile, data) for (level, tile), data in tiles(hashes).items()])
    epoch, = database.execute("SELECT sum(control) FROM entries").fetchone()
    root = tree_root(hashes)
    database.execute("UPDATE heads SET size = ?, root = ?, epoch = ?", (len(entries), root, epoch))
    return root


def truncate(database, size):
    """Cuts the tail off, consistently."""
    database.execute("DELETE FROM entries WHERE idx >= ?", (size,))
    database.execute("DELETE FROM idempotency WHERE idx >= ?", (size,))
    entries = [row[0] for row in database.execute("SELECT entry FROM entries ORDER BY idx")]
    put_tree(database, entries)
    time = json.loads(decode_entry(entries[-1])[0])["recorded_at"]
    moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    database.execute("UPDATE heads SET recorded_at = ?", (int(moment.timestamp()) * 1_000_000 + moment.microsecond,))


def certificates(origin):
    """The payload by which the forged root certifies the forged keys."""
    keys = []
    for purpose in ("event", "checkpoint"):
        certificate = canonical({
            "algorithm": "Ed25519", "key": b64(raw(KEYS[purpose].public_key())), "log": origin, "purpose": purpose,
            "valid_from": 0})
        keys.append({"certificate": b64(certificate), "signature": b64(KEYS["root"].sign(pae(KEY_TYPE, certificate)))})
    return {"keys": keys, "root": b64(raw(KEYS["root"].public_key()))}


@contextlib.contextmanager
def opened(home):
    """The database of a copy, for the while without the triggers, as an intruder with file access would have it."""
    with contextlib.closing(sqlite3.connect(home / "cxrledger.db", isolation_level=None)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("BEGIN")
        yield database
        for _, sql in triggers:
            database.execute(sql)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rewrite(home):
    """Signs the whole log again with keys of its own: entries, chains, tree, head, checkpoint and lock."""
    origin = (home / "keys/origin").read_text().strip()
    with opened(home) as database:
        ends, forged = {}, []
        for index, stream, entry in database.execute("SELECT idx, stream, entry FROM entries ORDER BY idx").fetchall():
            envelope = json.loads(decode_entry(entry)[0])
            if envelope["type"] == "KeysCertified":
                envelope["payload"] = certificates(origin)
            if envelope["type"] == "PredictionRecorded":
                envelope["payload"]["label"] = "NORMAL"
            if stream in ends:
                envelope["previous"] = ends[stream]
            text = canonical(envelope)
            ends[stream] = sha256(text).hex()
            forged.append(encode_entry(text, KEYS["event"]))
            database.execute("UPDATE entries SET entry = ? WHERE idx = ?", (forged[-1], index))
        root = put_tree(database, forged)
    note = sign_note(checkpoint_text(origin, len(forged), root), origin, KEYS["checkpoint"]).encode()
    (home / "lock/checkpoint").write_bytes(note.ljust(8192, b"\0"))


def pin(home):
    """Pins the forged root and first entry: what only somebody with the home's own files could do."""
    with contextlib.closing(sqlite3.connect(home / "cxrledger.db")) as database:
        first, = database.execute("SELECT entry FROM entries WHERE idx = 0").fetchone()
    (home / "keys/genesis").write_text(leaf_hash(first).hex())
    (home / "keys/root.pub").write_text(b64(raw(KEYS["root"].public_key())))
    for name in KEYS:
        (home / f"keys/{name}.key").unlink(missing_ok=True)
    for lists in home.glob("*-views.db*"):
        lists.unlink()  # they are made anew of whatever the log says
