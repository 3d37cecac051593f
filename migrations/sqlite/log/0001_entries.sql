-- One log per origin; a process serves one. `log` is part of every key.
CREATE TABLE logs (
    log    INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE
) STRICT;

-- The entries, as signed. The columns beside `entry` repeat what its bytes say, so that it can be found.
-- Tables with large values keep SQLite's row ids: `WITHOUT ROWID` would carry whole entries in its inner pages.
CREATE TABLE entries (
    log      INTEGER NOT NULL,
    idx      INTEGER NOT NULL,
    event_id TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    control  INTEGER NOT NULL,
    entry    BLOB    NOT NULL,
    PRIMARY KEY (log, idx)
) STRICT;

CREATE UNIQUE INDEX entries_by_stream ON entries (log, stream, version);
CREATE UNIQUE INDEX entries_by_event ON entries (log, event_id);
CREATE INDEX entries_control ON entries (log, idx) WHERE control = 1;

-- Only CXRLedger's own connections know the function, and they append; any other insert fails, INSERT OR REPLACE with
-- it, which would delete a row without asking the trigger for deletions. One function instead of CHECK, REFERENCES and
-- queries: beside a trigger, those make SQLite keep a journal of each statement, which takes longer than the insert.
CREATE TRIGGER entries_are_appended BEFORE INSERT ON entries
WHEN NOT cxrledger_appends()
BEGIN SELECT RAISE(ROLLBACK, 'entries are append-only'); END;
CREATE TRIGGER entries_are_never_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ROLLBACK, 'entries are append-only'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ROLLBACK, 'entries are append-only'); END;

-- The state after the last batch.
CREATE TABLE heads (
    log         INTEGER PRIMARY KEY REFERENCES logs (log),
    size        INTEGER NOT NULL,
    root        BLOB    NOT NULL CHECK (length(root) = 32),
    epoch       INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- The Merkle tree, cut into tiles of up to 256 hashes (C2SP tlog-tiles).
CREATE TABLE tiles (
    log    INTEGER NOT NULL REFERENCES logs (log),
    level  INTEGER NOT NULL,
    tile   INTEGER NOT NULL,
    hashes BLOB    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (log, level, tile)
) STRICT;

-- Repeated commands are recognised by the keyed digest of the client's key.
CREATE TABLE idempotency (
    log       INTEGER NOT NULL REFERENCES logs (log),
    principal TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    idx       INTEGER NOT NULL,
    PRIMARY KEY (log, principal, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_index ON idempotency (log, idx);
