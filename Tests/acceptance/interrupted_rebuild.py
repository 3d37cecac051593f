"""A rebuild of lists in PostgreSQL that is interrupted while it fills fresh tables."""

import signal
import subprocess
import time

from harness import BINARY, SCRATCH, answer, check, environment, say

# Each row that goes into a fresh table takes its time.
SLOW = """
CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
CREATE FUNCTION public.slow_down() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE made record;
BEGIN
    FOR made IN SELECT object_identity AS name FROM pg_event_trigger_ddl_commands()
        WHERE object_type = 'table' AND object_identity LIKE '%_rebuilt' LOOP
        EXECUTE format('CREATE TRIGGER slow BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.slow()', made.name);
    END LOOP;
END $$;
CREATE EVENT TRIGGER slow_down ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.slow_down();
"""


def check_interrupted_rebuild(cluster, home, settings):
    """It ends at once, says so, leaves no fresh tables, and the lists are as they were."""

    def tables():
        return cluster.psql(
            "ledger", "SELECT count(*) FROM pg_tables WHERE schemaname = 'cxrledger_views' AND tablename LIKE '%_rebuilt'")

    before = answer(home, "rebuild", **settings)
    cluster.psql("ledger", SLOW)
    with subprocess.Popen(
            [BINARY, "rebuild"], env=environment(home, **settings), cwd=SCRATCH, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while cluster.psql("ledger", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%_rebuilt%'") == "0":
            check(time.monotonic() < deadline and process.poll() is None, "the rebuild does not fill tables")
            time.sleep(0.02)
        check(int(tables()) > 0, "there are no fresh tables")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
        took = time.monotonic() - begun
    check(process.returncode == 1 and b"cancelled" in said, process.returncode, said)
    check(took < 2, "it ended after", took, "s")
    check(tables() == "0", "fresh tables are left:", tables())
    cluster.psql("ledger", "DROP EVENT TRIGGER slow_down")
    after = answer(home, "projections", "list", **settings)["lists"]
    check(
        [(line["name"], line["position"]) for line in after]
        == [(line["projection"], line["position"]) for line in before["projections"]], "the lists", after, before)
    check(answer(home, "rebuild", **settings) == before, "the lists are others")
    say("an interrupted rebuild ended in", round(took, 2), "s and left the lists as they were")
