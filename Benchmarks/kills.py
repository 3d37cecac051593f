#!/usr/bin/env python3
"""Kills the service of a filled home under load, and crashes its database, and says when it is healthy again.

    kills.py --home HOME --database ADDRESS --cluster FOLDER

HOME was filled by `Benchmarks growth`; FOLDER holds the data and the socket of its PostgreSQL server (scripts/bench-postgres).
"""

import argparse
import http.client
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/acceptance"))
os.environ.setdefault("CXRLEDGER", str(ROOT / ".build/release/cxrledger"))
os.environ.setdefault("SAMPLES", str(ROOT / "Tests/Fixtures/samples"))
os.environ.setdefault("SCRATCH", str(ROOT / ".build/benchmarks"))
os.environ.setdefault("JUDGES", sys.executable)

# pylint: disable=wrong-import-position
from harness import SAMPLES, Crowd, Service, answer, check, program, say  # noqa: E402

CLIENTS = 16


def main():
    options = arguments()
    settings = {"DATABASE_URL": options.database, "CXRLEDGER_LOCK": options.home / "lock/checkpoint",
                "TLOG_DIR": options.home / "tlog"}
    settings = {name: str(value) for name, value in settings.items()}
    picture = min((path.read_bytes() for path in SAMPLES.rglob("*.jp*g")), key=len)
    with program():
        issued = answer(options.home, "credentials", "issue", "--name", "benchmark", "--role", "administrator", **settings)
        service = Service(options.home, **settings)
        service.start(timeout=120)
        service.administrator = next(value for value in issued.values() if str(value).startswith("cxr_"))
        clients = [service.client() for _ in range(CLIENTS)]

        def turn(number, _):
            try:
                if number % 4 == 0:
                    clients[number].predict(picture)
                else:
                    clients[number].get("/v1/events/0")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)

        with Crowd(CLIENTS, turn) as crowd:
            for _ in range(5):
                time.sleep(2)
                service.kill()
                say(f"killed: healthy {service.start(timeout=120):.2f} s after its start")
            for _ in range(3):
                time.sleep(2)
                control(options.cluster, "-m", "immediate", "stop")
                begun = time.monotonic()
                control(options.cluster, "-w", "start")
                answered = time.monotonic()
                while not service.health():
                    time.sleep(0.02)
                say(f"database crashed: it answered after {answered - begun:.2f} s, the service was healthy",
                    f"{time.monotonic() - answered:.2f} s later")
            check(not crowd.errors, crowd.errors)
        say("the log ends at", service.health()["chain"]["last_index"])
        service.stop()


def control(cluster, *words):
    """The server is started with the options that it had."""
    words = ["/usr/lib/postgresql/15/bin/pg_ctl", "-D", cluster / "data", "-s", "-l", cluster / "log", *words]
    if words[-1] == "start":
        given = (cluster / "data/postmaster.opts").read_text().split()[1:]
        words += ["-o", " ".join(given)]
    subprocess.run((["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []) + words, cwd="/", check=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--cluster", type=pathlib.Path, required=True)
    return parser.parse_args()


main()
