-- One log per origin; a process serves one. `log` is part of every key. Text is compared by its bytes.
CREATE TABLE cxrledger.logs (
    log    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text COLLATE "C" NOT NULL UNIQUE
);

-- The state after the last batch, there from the first moment on: whoever appends locks it first.
CREATE TABLE cxrledger.heads (
    log         integer PRIMARY KEY REFERENCES cxrledger.logs (log),
    size        bigint  NOT NULL,
    root        bytea   NOT NULL CHECK (length(root) = 32),
    epoch       bigint  NOT NULL,
    recorded_at bigint  NOT NULL
) WITH (fillfactor = 50);

-- The entries, as signed. The columns beside `entry` repeat what its bytes say, so that it can be found.
CREATE TABLE cxrledger.entries (
    log      integer NOT NULL,
    idx      bigint  NOT NULL CHECK (idx >= 0),
    event_id text COLLATE "C" NOT NULL,
    stream   text COLLATE "C" NOT NULL,
    version  bigint  NOT NULL CHECK (version >= 0),
    type     text COLLATE "C" NOT NULL,
    control  boolean NOT NULL,
    entry    bytea   NOT NULL CHECK (length(entry) <= 32768),
    PRIMARY KEY (log, idx)
) PARTITION BY RANGE (idx);

-- Compressing what is signed one by one costs more than it saves.
ALTER TABLE cxrledger.entries ALTER COLUMN entry SET STORAGE EXTERNAL;
CREATE INDEX entries_control ON cxrledger.entries (log, idx) WHERE control;

-- The first and the last version of each stream that the last batch added to it: one row for all partitions, which have
-- no unique index in common.
CREATE TABLE cxrledger.streams (
    log    integer NOT NULL,
    stream text COLLATE "C" NOT NULL,
    first  bigint  NOT NULL,
    last   bigint  NOT NULL,
    PRIMARY KEY (log, stream)
) WITH (fillfactor = 80);

CREATE FUNCTION cxrledger.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries are append-only' USING ERRCODE = 'insufficient_privilege'; END $$;

CREATE TRIGGER entries_are_never_changed BEFORE UPDATE OR DELETE ON cxrledger.entries
FOR EACH ROW EXECUTE FUNCTION cxrledger.refuse();
CREATE TRIGGER entries_are_never_truncated BEFORE TRUNCATE ON cxrledger.entries
FOR EACH STATEMENT EXECUTE FUNCTION cxrledger.refuse();

-- Each partition holds 4,194,304 indices of all logs. Whoever appends asks for the next one in time, and may not create
-- tables: this runs with the owner's rights.
CREATE FUNCTION cxrledger.make_partition(number bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS
$$
DECLARE
    part text := 'entries_' || number;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('cxrledger.make_partition'));
    IF number < 0 OR to_regclass('cxrledger.' || part) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE cxrledger.%I PARTITION OF cxrledger.entries FOR VALUES FROM (%s) TO (%s)', part,
        number * 4194304, (number + 1) * 4194304);
    EXECUTE format('CREATE UNIQUE INDEX %I ON cxrledger.%I (log, stream, version)', part || '_by_stream', part);
    EXECUTE format('CREATE UNIQUE INDEX %I ON cxrledger.%I (log, event_id)', part || '_by_event', part);
    EXECUTE format('CREATE TRIGGER entries_are_never_truncated BEFORE TRUNCATE ON cxrledger.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION cxrledger.refuse()', part);
END
$$;
REVOKE EXECUTE ON FUNCTION cxrledger.make_partition FROM PUBLIC;
SELECT cxrledger.make_partition(0);

-- The Merkle tree, cut into tiles of up to 256 hashes (C2SP tlog-tiles).
CREATE TABLE cxrledger.tiles (
    log    integer NOT NULL REFERENCES cxrledger.logs (log),
    level  integer NOT NULL,
    tile   bigint  NOT NULL,
    hashes bytea   NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (log, level, tile)
);
ALTER TABLE cxrledger.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Repeated commands are recognised by the keyed digest of the client's key.
CREATE TABLE cxrledger.idempotency (
    log       integer NOT NULL REFERENCES cxrledger.logs (log),
    principal text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    request   text COLLATE "C" NOT NULL,
    idx       bigint  NOT NULL,
    PRIMARY KEY (log, principal, key)
);
CREATE INDEX idempotency_by_index ON cxrledger.idempotency (log, idx);

-- Adds a batch behind `old_size` entries: one call, and with it COMMIT, is one trip. Entries and keys that were copied
-- before are not among the rows. What does not fit is refused as a whole.
CREATE FUNCTION cxrledger.append(
    of_log integer, old_size bigint,
    indices bigint[], event_ids text[], streams text[], versions bigint[], types text[], controls boolean[], entries bytea[],
    stream_names text[], firsts bigint[], lasts bigint[],
    levels bigint[], tiles bigint[], hashes bytea[],
    principals text[], keys text[], requests text[], key_indices bigint[],
    new_size bigint, new_root bytea, new_epoch bigint, new_recorded_at bigint
) RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    changed bigint;
BEGIN
    IF cardinality(indices) > 0 THEN
        INSERT INTO cxrledger.entries (log, idx, event_id, stream, version, type, control, entry)
        SELECT of_log, * FROM unnest(indices, event_ids, streams, versions, types, controls, entries);
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed <> cardinality(indices) THEN
            RAISE EXCEPTION 'an entry was not added' USING ERRCODE = 'data_exception';
        END IF;
    END IF;
    INSERT INTO cxrledger.streams AS known (log, stream, first, last)
    SELECT of_log, * FROM unnest(stream_names, firsts, lasts)
    ON CONFLICT (log, stream) DO UPDATE SET first = excluded.first, last = excluded.last
    WHERE known.last + 1 = excluded.first;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(stream_names) THEN
        RAISE EXCEPTION 'a version does not follow the last one of its stream' USING ERRCODE = 'data_exception';
    END IF;
    INSERT INTO cxrledger.tiles (log, level, tile, hashes)
    SELECT of_log, * FROM unnest(levels, tiles, hashes)
    ON CONFLICT (log, level, tile) DO UPDATE SET hashes = excluded.hashes;
    IF cardinality(principals) > 0 THEN
        INSERT INTO cxrledger.idempotency (log, principal, key, request, idx)
        SELECT of_log, * FROM unnest(principals, keys, requests, key_indices);
    END IF;
    UPDATE cxrledger.heads SET size = new_size, root = new_root, epoch = new_epoch, recorded_at = new_recorded_at
    WHERE log = of_log AND size = old_size;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> 1 THEN
        RAISE EXCEPTION 'the head is not where it was' USING ERRCODE = 'data_exception';
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION cxrledger.append FROM PUBLIC;
