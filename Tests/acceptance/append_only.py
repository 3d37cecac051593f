"""See append_only.sh."""

import re
import time

from cluster import Cluster
from harness import ROOT, SCRATCH, Service, answer, check, check_verified, program, say, small_xrays, verify

HOME = SCRATCH / "home"
ENTRY = 5
# What is done to entries, the row it is about, and how the scrubber and verify call what they find there.
CHANGES = {
    "UPDATE": (f"UPDATE cxrledger.entries SET entry = set_byte(entry, 40, get_byte(entry, 40) # 1) WHERE idx = {ENTRY}",
               ENTRY, "entry", {"signature", "canonical", "layout"}),
    "DELETE": (f"DELETE FROM cxrledger.entries WHERE idx = {ENTRY}", ENTRY, "missing", {"missing"}),
    "TRUNCATE": ("TRUNCATE cxrledger.entries", 0, "missing", {"missing", "head", "columns"}),
}
# What stands beside them, a change of it, and what verify calls that.
BESIDE = {
    "a hash of a tile": ("tiles", "UPDATE cxrledger.tiles SET hashes = set_byte(hashes, 70, get_byte(hashes, 70) # 1)", "tiles"),
    "a tile": ("tiles", "DELETE FROM cxrledger.tiles", "tiles"),
    "another tile": ("tiles", "INSERT INTO cxrledger.tiles SELECT log, 3, 7, hashes FROM cxrledger.tiles", "tiles"),
    "the size": ("heads", "UPDATE cxrledger.heads SET size = size - 1", "head"),
    "the root": ("heads", "UPDATE cxrledger.heads SET root = set_byte(root, 3, get_byte(root, 3) # 1)", "head"),
    "the epoch": ("heads", "UPDATE cxrledger.heads SET epoch = epoch + 1", "head"),
    "the time": ("heads", "UPDATE cxrledger.heads SET recorded_at = recorded_at + 1", "head"),
    "the head": ("heads", "DELETE FROM cxrledger.heads", "head"),
    "the end of a stream": ("streams", "UPDATE cxrledger.streams SET last = last + 1 WHERE stream = 'service'", "database"),
    "a stream": ("streams", "DELETE FROM cxrledger.streams WHERE stream = 'service'", "database"),
    "another stream": ("streams", "INSERT INTO cxrledger.streams SELECT log, 'x', 0, 0 FROM cxrledger.logs", "database"),
    "an idempotency key": ("idempotency", "UPDATE cxrledger.idempotency SET key = key || '0' WHERE idx = "
                           "(SELECT min(idx) FROM cxrledger.idempotency)", "idempotency"),
    "what a key was used for": ("idempotency", "UPDATE cxrledger.idempotency SET request = request || '0'", "idempotency"),
    "the entry of a key": ("idempotency", "UPDATE cxrledger.idempotency SET idx = 0", "idempotency"),
    "a forgotten key": ("idempotency", "DELETE FROM cxrledger.idempotency", "idempotency"),
}
# As README says it.
MEND = re.search(r"`(BEGIN; LOCK TABLE cxrledger\.streams;[^`]*)`", (ROOT / "README.md").read_text())[1]
# Both ways by which triggers do not fire.
SILENTLY = {
    "a replica's session": ("SET session_replication_role = replica", "RESET session_replication_role"),
    "triggers switched off": ("ALTER TABLE cxrledger.entries DISABLE TRIGGER ALL; ALTER TABLE cxrledger.entries_0 DISABLE TRIGGER ALL",
                              "ALTER TABLE cxrledger.entries ENABLE TRIGGER ALL; ALTER TABLE cxrledger.entries_0 ENABLE TRIGGER ALL"),
}


class Keeper(Cluster):
    """A server on which the schema's owner is no superuser, as deploy/ has it."""

    def _fill(self):
        super()._fill()
        self.psql("postgres", "CREATE ROLE keeper LOGIN")
        self.psql("postgres", "ALTER DATABASE ledger OWNER TO keeper")

    @property
    def owner(self):
        return super().owner.replace("owner@", "keeper@")

    def silently(self, sql, way="a replica's session"):
        off, on = SILENTLY[way]
        self.psql("ledger", f"{off}; {sql}; {on}")


def codes(report):
    return {finding["code"] for finding in report["findings"]}


def scrubbed(service, damaged):
    """Waits until the scrubber has found damage, or everything sound again; answers with what health says of it."""
    line, deadline = f'cxrledger_chain_damaged{{finder="scrubber"}} {damaged}', time.monotonic() + 30
    while line not in service.client().get("/metrics").expect(200).body.decode():
        check(time.monotonic() < deadline, "the scrubber does not say", line)
        time.sleep(0.1)
    return service.client().get("/health").json["checks"]["scrubber"]


def check_refused(cluster, settings):
    """Nobody with triggers changes an entry, nor makes them silent without being their owner."""
    for change, (sql, *_) in CHANGES.items():
        for table in ("entries", "entries_0"):
            statement = sql.replace("cxrledger.entries", f"cxrledger.{table}")
            for role, words in (("service", "permission denied"), ("keeper", "entries are append-only"),
                                ("owner", "entries are append-only")):
                try:
                    cluster.psql("ledger", statement, user=role)
                except AssertionError as refusal:
                    check(words in str(refusal), change, "as", role, "is answered with", refusal)
                else:
                    raise AssertionError(f"{change} of {table} as {role} is not refused")
    check_verified(HOME, **settings)
    say("UPDATE, DELETE and TRUNCATE are refused to the service's role, to the owner, and to a superuser with triggers")


def check_entries(cluster, service, settings):
    """What a superuser does in spite of the triggers is found by verify and by the scrubber, and told."""
    for change, (sql, index, word, due) in CHANGES.items():
        for way in SILENTLY:
            cluster.psql("ledger", "CREATE TABLE kept AS SELECT * FROM cxrledger.entries")
            cluster.silently(sql, way)
            report = verify(HOME, **settings)
            check(codes(report) & due and any(one.get("index") == index for one in report["findings"]), change, report["findings"])
            health = scrubbed(service, 1)
            check(health["status"] == "degraded" and str(index) in health["message"], change, health)
            lines = service.settings["LOG_FILE"].read_text().splitlines()
            check(any('"stored bytes are not what was signed"' in line and f'"index":"{index}"' in line and
                      f'"code":"{word}"' in line for line in lines), change, "is not in the log of the service")
            cluster.silently(
                "INSERT INTO cxrledger.entries SELECT * FROM kept ON CONFLICT (log, idx) DO UPDATE SET entry = excluded.entry")
            cluster.psql("ledger", "DROP TABLE kept")
            check(scrubbed(service, 0)["status"] == "healthy", "the scrubber finds what was mended")
            check_verified(HOME, **settings)
            say(f"{change} by a superuser, {way}: verify says", *sorted(codes(report)), f"- the scrubber: {health['message']}")
    told = [event["envelope"]["payload"] for event in service.client().events()
            if event["envelope"]["type"] == "ChainVerificationFailed"]
    check({(one["index"], one["detail"]) for one in told if one["finder"] == "scrubber"} >= {(ENTRY, "entry"), (ENTRY, "missing")},
          "not told by events:", told)


def check_beside(cluster, settings):
    """Changes of everything else, one by one, on a log that nobody uses."""
    for name, (table, sql, due) in BESIDE.items():
        cluster.psql("ledger", f"CREATE TABLE kept AS SELECT * FROM cxrledger.{table}")
        cluster.silently(sql)
        found = codes(verify(HOME, **settings))
        check(due in found, f"{name} was changed, and verify says", found)
        if table == "streams":
            cluster.psql("ledger", MEND, user="keeper")
        else:
            cluster.silently(f"DELETE FROM cxrledger.{table}; INSERT INTO cxrledger.{table} SELECT * FROM kept")
        cluster.psql("ledger", "DROP TABLE kept")
    check_verified(HOME, **settings)
    with Service(HOME, **settings):
        pass  # its start adds to streams that were mended
    check_verified(HOME, **settings)
    say("verify finds changes of", ", ".join(BESIDE))


GUARD = ("DROP TRIGGER entries_are_never_changed ON cxrledger.entries; CREATE TRIGGER entries_are_never_changed "
         "BEFORE UPDATE OR DELETE ON cxrledger.entries FOR EACH ROW ")


def check_guards(cluster, settings):
    """Triggers that are missing, off, or do nothing are found without any change."""
    refuse = cluster.psql("ledger", "SELECT pg_get_functiondef('cxrledger.refuse'::regproc)")
    cases = {
        "off": ("ALTER TABLE cxrledger.entries_0 DISABLE TRIGGER ALL", "ALTER TABLE cxrledger.entries_0 ENABLE TRIGGER ALL"),
        "on for replicas": ("ALTER TABLE cxrledger.entries_0 ENABLE REPLICA TRIGGER entries_are_never_truncated",
                            "ALTER TABLE cxrledger.entries_0 ENABLE TRIGGER entries_are_never_truncated"),
        "never due": (GUARD + "WHEN (false) EXECUTE FUNCTION cxrledger.refuse()", GUARD + "EXECUTE FUNCTION cxrledger.refuse()"),
        "another function": ("CREATE OR REPLACE FUNCTION cxrledger.refuse() RETURNS trigger LANGUAGE plpgsql AS "
                             "$$ BEGIN RETURN OLD; END $$", refuse),
    }
    for name, (change, mend) in cases.items():
        cluster.psql("ledger", change)
        report = verify(HOME, **settings)
        check("missing, changed or switched off" in str(report["findings"]), "triggers are", name, "and verify says", report)
        cluster.psql("ledger", mend)
    check_verified(HOME, **settings)
    say("verify finds triggers that are", ", ".join(cases))


def main():
    with program() as random:
        cluster = Keeper()
        settings = {"DATABASE_URL": cluster.service}
        answer(HOME, "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
        service = Service(
            HOME, **settings, CXRLEDGER_SCRUB_RATE=100_000, LOG_FILE=SCRATCH / "service.log")
        service.start()
        for number, picture in enumerate(small_xrays(6, random)):
            service.client().predict(picture, patient=f"P-{number % 2}", key=f"key-{number}").expect(201)
        check_refused(cluster, settings)
        check_guards(cluster, settings)
        check_entries(cluster, service, settings)
        service.stop()
        check_verified(HOME, **settings)
        check_beside(cluster, settings)
        cluster.kill()


main()
