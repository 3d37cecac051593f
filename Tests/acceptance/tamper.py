"""Single bits, rows and whole databases changed behind the log's back: verify must find each and name the place."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import forge
from harness import SCRATCH, Service, check, check_verified, program, say, scaled, small_xrays, verify

HOME = SCRATCH / "home"
COPY = SCRATCH / "copy"
PREDICTIONS = scaled(1000, 60)
BITS = scaled(300, 40)
ROWS = 20


def fill(random):
    """Predictions with and without patients, with idempotency keys, reviews, views, searches and refusals."""
    pictures = small_xrays(min(PREDICTIONS, 60), random)
    with Service(HOME) as service:
        client = service.client()
        for number in range(PREDICTIONS):
            picture = pictures[number % len(pictures)]
            patient = f"P-{number % 17}" if number % 3 else None
            key = f"key-{number}" if number % 2 else None
            prediction = client.predict(picture, patient, key).expect(201).json
            if number % 5 == 0:
                client.post(f"/v1/predictions/{prediction['id']}/review", {"verdict": "agree"}).expect(200, 201)
            if number % 20 == 0:
                client.predict(b"no picture").expect(400, 415, 422)
                client.get("/v1/predictions", patient=patient).expect(200)
                client.get(f"/v1/predictions/{prediction['id']}/image").expect(200)
        issued = client.post("/v1/credentials", {"role": "clinician", "name": "Dr. Okafor"}).expect(200, 201).json
        client.post(f"/v1/credentials/{issued['id']}/rotate").expect(200, 201)


def settle(home):
    """Brings everything out of the write-ahead log, so that a copy of the file is the whole database."""
    with contextlib.closing(sqlite3.connect(home / "cxrledger.db", isolation_level=None)) as database:
        check(database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "the database is in use")


def fresh_copy():
    """A copy of the home: what may be changed is copied, the sealed pictures and the model are links."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder, _, files in os.walk(HOME):
        to = COPY / Path(folder).relative_to(HOME)
        to.mkdir(mode=0o700, parents=True)
        for file in files:
            is_blob = to.parent.name in ("images", "models")
            (os.link if is_blob else shutil.copy2)(Path(folder) / file, to / file)
    return COPY


def flip(data, random):
    changed = bytearray(data)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def flip_text(text, random):
    """A text with one bit changed that is a text still; a database refuses to store others as text."""
    while True:
        changed = flip(text.encode(), random)
        with contextlib.suppress(UnicodeDecodeError):
            return changed.decode()


def flip_number(number, random):
    return number ^ 1 << random.randrange(63)


def expected(index=None, file=None):
    """What a finding has to name: this index (or one of these), or this file."""
    return {"index": index if isinstance(index, set) else {index}, "file": file}


class Bits:
    """Every kind of single-bit change; each answers with what it did and what must be named."""

    def __init__(self, random):
        self.random = random
        with contextlib.closing(sqlite3.connect(HOME / "cxrledger.db")) as database:
            self.size = database.execute("SELECT size FROM heads").fetchone()[0]
            self.entries = [row[0] for row in database.execute("SELECT entry FROM entries ORDER BY idx")]
            self.tiles = database.execute("SELECT level, tile, hashes FROM tiles").fetchall()
            self.keys = database.execute("SELECT principal, key, request, idx FROM idempotency").fetchall()
        self.kinds = [
            self.entry, self.entry, self.raw_entry, self.raw_entry, self.tile, self.tile, self.column, self.column,
            self.head, self.idempotency, self.lock, self.image, self.model, self.origin,
        ]

    def change(self, number, home):
        return self.kinds[number % len(self.kinds)](home)

    def index(self):
        return self.random.randrange(self.size)

    def entry(self, home):
        index = self.index()
        with forge.opened(home) as database:
            database.execute("UPDATE entries SET entry = ? WHERE idx = ?", (flip(self.entries[index], self.random), index))
        return f"a bit of entry {index}", expected(index=index)

    def raw_entry(self, home):
        """In the file itself, below the database: where an entry's bytes lie, wherever that is."""
        path = home / "cxrledger.db"
        data = path.read_bytes()
        while True:
            index = self.index()
            entry = self.entries[index]
            start = self.random.randrange(len(entry) - 48)
            if data.count(part := entry[start:start + 48]) != 1:
                continue
            offset = data.index(part) + self.random.randrange(48)
            changed = bytearray(data)
            changed[offset] ^= 1 << self.random.randrange(8)
            path.write_bytes(changed)
            # A page may hold remains of a row that has moved; changing those changes nothing that is stored.
            if self.stored(path, index) != entry:
                return f"the file's byte {offset}, of entry {index}", expected(index=index, file="cxrledger.db")

    @staticmethod
    def stored(path, index):
        """An entry's bytes, or None when the file is too damaged to be read."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as database:
                return database.execute("SELECT entry FROM entries WHERE idx = ?", (index,)).fetchone()[0]
        except (sqlite3.Error, TypeError):
            return None

    def tile(self, home):
        level, tile, hashes = self.random.choice(self.tiles)
        place = self.random.randrange(len(hashes))
        changed = bytearray(hashes)
        changed[place] ^= 1 << self.random.randrange(8)
        with forge.opened(home) as database:
            database.execute("UPDATE tiles SET hashes = ? WHERE level = ? AND tile = ?", (bytes(changed), level, tile))
        first = (tile * 256 + place // 32) * 256 ** level
        return f"byte {place} of tile {level}/{tile}", expected(index=first)

    def column(self, home):
        index, column = self.index(), self.random.choice(["stream", "version", "type", "event_id", "control"])
        with forge.opened(home) as database:
            value = database.execute(f"SELECT {column} FROM entries WHERE idx = ?", (index,)).fetchone()[0]
            changed = 1 - value if column == "control" else (
                flip_text(value, self.random) if isinstance(value, str) else flip_number(value, self.random))
            with contextlib.suppress(sqlite3.IntegrityError):
                database.execute(f"UPDATE entries SET {column} = ? WHERE idx = ?", (changed, index))
                return f"{column} of row {index}: {value!r} to {changed!r}", expected(index=index)
        # The database itself refuses two rows with one place in a stream.
        return self.column(home)

    def head(self, home):
        column = self.random.choice(["size", "root", "epoch", "recorded_at"])
        with forge.opened(home) as database:
            value = database.execute(f"SELECT {column} FROM heads").fetchone()[0]
            changed = flip(value, self.random) if column == "root" else flip_number(value, self.random)
            database.execute(f"UPDATE heads SET {column} = ?", (changed,))
        # A head has no index of its own: the end of the log is named.
        return f"the head's {column}: {value!r} to {changed!r}", expected(index={self.size - 1, self.size}, file="cxrledger.db")

    def idempotency(self, home):
        principal, key, request, index = self.random.choice(self.keys)
        column = self.random.choice(["principal", "key", "request", "idx"])
        value = {"principal": principal, "key": key, "request": request, "idx": index}[column]
        changed = flip_number(value, self.random) if column == "idx" else flip_text(value, self.random)
        with forge.opened(home) as database:
            database.execute(
                f"UPDATE idempotency SET {column} = ? WHERE principal = ? AND key = ?", (changed, principal, key))
        first = min(index, changed) if column == "idx" else index
        return f"{column} of the idempotency record of {index}: {value!r} to {changed!r}", expected(index=first)

    def lock(self, home):
        path = home / "lock/checkpoint"
        path.write_bytes(flip(path.read_bytes(), self.random))
        return "a bit of the lock", expected(file="lock/checkpoint")

    def blob(self, home, folder):
        """A blob is a link: the changed one is a file of its own."""
        path = self.random.choice(sorted(path for path in (home / folder).rglob("*") if path.is_file()))
        data = flip(path.read_bytes(), self.random)
        path.unlink()
        path.write_bytes(data)
        return f"a bit of {path.relative_to(home)}", expected(file=str(path.relative_to(home)))

    def image(self, home):
        return self.blob(home, "images")

    def model(self, home):
        return self.blob(home, "models")

    def origin(self, home):
        with forge.opened(home) as database:
            name = database.execute("SELECT origin FROM logs").fetchone()[0]
            database.execute("UPDATE logs SET origin = ?", (flip_text(name, self.random),))
        # The log is not to be found at all: its first entry is missing.
        return "a bit of the origin", expected(index=0)


class Rows:
    """Rows that vanish, change places or appear."""

    def __init__(self, random):
        self.random = random
        with contextlib.closing(sqlite3.connect(HOME / "cxrledger.db")) as database:
            self.size = database.execute("SELECT size FROM heads").fetchone()[0]
        self.kinds = [self.delete, self.truncate, self.empty, self.swap_entries, self.swap_rows, self.insert, self.replace,
                      self.hide]

    def change(self, number, home):
        with forge.opened(home) as database:
            return self.kinds[number % len(self.kinds)](database)

    def delete(self, database):
        index = self.random.randrange(self.size)
        database.execute("DELETE FROM entries WHERE idx = ?", (index,))
        return f"row {index} deleted", expected(index=index)

    def truncate(self, database):
        """The tail is cut off consistently, head and tree included; only the lock knows better."""
        size = self.random.randrange(self.size // 2, self.size)
        forge.truncate(database, size)
        return f"the log cut to {size}, with head and tree", expected(index=size, file="lock/checkpoint")

    def empty(self, database):
        """The log as if nothing had ever happened."""
        for table in ("entries", "tiles", "heads", "idempotency"):
            database.execute(f"DELETE FROM {table}")
        return "everything deleted", expected(index=0)

    def two(self, database, column):
        first, second = sorted(self.random.sample(range(self.size), 2))
        values = [database.execute(f"SELECT {column} FROM entries WHERE idx = ?", (index,)).fetchone()[0]
                  for index in (first, second)]
        return first, second, values

    def swap_entries(self, database):
        first, second, values = self.two(database, "entry")
        for index, value in ((first, values[1]), (second, values[0])):
            database.execute("UPDATE entries SET entry = ? WHERE idx = ?", (value, index))
        return f"the entries of {first} and {second} swapped", expected(index=first)

    def swap_rows(self, database):
        first, second, _ = self.two(database, "idx")
        for index, to in ((first, self.size + 9), (second, first), (self.size + 9, second)):
            database.execute("UPDATE entries SET idx = ? WHERE idx = ?", (to, index))
        return f"the rows {first} and {second} swapped", expected(index=first)

    def insert(self, database):
        """A signed entry of this very log stands once more behind the last."""
        source, to = self.random.randrange(1, self.size), self.size + self.random.choice([0, 0, 1, 1000])
        database.execute(
            "INSERT INTO entries SELECT log, ?, event_id || 'x', stream || 'x', version, type, control, entry "
            "FROM entries WHERE idx = ?", (to, source))
        return f"entry {source} inserted again at {to}", expected(index=self.size)

    def hide(self, database):
        """A row under an index that no reader asks for."""
        database.execute(
            "INSERT INTO entries SELECT log, -1, 'hidden', 'hidden', 0, type, 0, entry FROM entries WHERE idx = 1")
        return "a row inserted at -1", expected(file="cxrledger.db")

    def replace(self, database):
        """All rows from a place on move up by one, and an old entry fills the gap."""
        source, place = self.random.sample(range(1, self.size), 2)
        for index in range(self.size - 1, place - 1, -1):
            database.execute("UPDATE entries SET idx = ? WHERE idx = ?", (index + 1, index))
        source += source > place
        database.execute(
            "INSERT INTO entries SELECT log, ?, event_id || 'x', stream || 'x', version, type, control, entry "
            "FROM entries WHERE idx = ?", (place, source))
        return f"the entry at {source} inserted at {place}", expected(index=place)


def check_found(home, number, what, due):
    report = verify(home)
    check(not report["ok"], f"change {number} is not found: {what}")
    files = {str(finding["file"]).removeprefix(f"{home}/") for finding in report["findings"] if finding.get("file")}
    indices = {finding["index"] for finding in report["findings"] if finding.get("index") is not None}
    named = (due["file"] in files) or (indices and min(indices) in due["index"])
    check(named, f"change {number} ({what}): due is", due, "but named is", report["findings"])


def rewritten(home):
    """Everything signed again with other keys: a perfect log, but not the one whose root is pinned."""
    forge.rewrite(home)
    report = verify(home)
    check(not report["ok"], "a log that was re-signed with other keys is accepted")
    check(min(finding["index"] for finding in report["findings"] if finding.get("index") is not None) == 0,
          "the first entry is not named:", report["findings"])
    # The forgery is perfect: with its own root pinned instead, nothing is wrong with it.
    forge.pin(home)
    shutil.rmtree(home / "tlog", ignore_errors=True)  # what was published elsewhere gives it away
    report = verify(home)
    check(report["ok"], "the forgery is not perfect:", report["findings"])


def main():
    with program() as random:
        fill(random)
        settle(HOME)
        report = check_verified(HOME)
        say("the clean copy of", report["size"], "entries verifies")
        for name, changes, count in (("bits", Bits(random), BITS), ("rows", Rows(random), ROWS)):
            for number in range(count):
                home = fresh_copy()
                what, due = changes.change(number, home)
                check_found(home, number, what, due)
            say(f"{count} changes of {name} found, each at its place")
        rewritten(fresh_copy())
        say("a log re-signed with other keys is refused at index 0")
        check_verified(HOME)
        for folder in (HOME, COPY):
            shutil.rmtree(folder)


main()
