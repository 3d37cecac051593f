#!/usr/bin/env python3
"""Compares signed, proven events with what event stores from PyPI take in: the same payload, clients, machine and disk.

    events.py --benchmarks .build/release/Benchmarks --postgres FOLDER [--rounds 5] [--clients 64] [--events 12800]

Each client waits for its one event to be durable before it makes the next. UmaDB has a server of its own; `eventsourcing`
writes to the same PostgreSQL as we do, whose socket is in FOLDER (scripts/bench-postgres). In turn, and medians.
"""

import argparse
import contextlib
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import umadb
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresDatastore

PAYLOAD = b"x" * 600


def main():
    options = arguments()
    rates = {"cxrledger": [], "UmaDB": [], "eventsourcing": []}
    with tempfile.TemporaryDirectory(prefix="cxr-peers-", dir=options.dir) as folder:
        for number in range(options.rounds):
            rates["cxrledger"].append(ours(options, folder))
            rates["UmaDB"].append(uma(options, folder, number))
            rates["eventsourcing"].append(library(options, number))
            print(f"round {number + 1}  " + "  ".join(f"{name} {row[-1]:,.0f}/s" for name, row in rates.items()), flush=True)
    medians = {name: statistics.median(row) for name, row in rates.items()}
    print(f"\nmedians of {options.rounds} rounds, {options.clients} clients of one event each, {os.cpu_count()} cores")
    for name, rate in medians.items():
        print(f"  {name:14} {rate:9,.0f} events/s" + ("" if name == "cxrledger" else f"   {medians['cxrledger'] / rate:.1f} x"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmarks", type=pathlib.Path, required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--events", type=int, default=12_800)
    parser.add_argument("--dir", help="the folder whose disk is measured")
    return parser.parse_args()


def ours(options, folder):
    out = subprocess.run(
        [options.benchmarks, "events", "--postgres", f"host={options.postgres} user=owner dbname=events", "--producers",
         str(options.clients), "--events", str(options.events), "--rounds", "1", "--dir", folder],
        check=True, capture_output=True, text=True).stdout
    print(*[line for line in out.splitlines() if " x raw" in line], sep="\n")
    return float(re.search(r"producers\t(\d+) events/s", out)[1])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def uma(options, folder, number):
    address = f"127.0.0.1:{free_port()}"
    with subprocess.Popen([pathlib.Path(sys.executable).parent / "umadb", "--listen", address, "--db-path",
                           f"{folder}/uma-{number}.db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                with contextlib.suppress(Exception):
                    umadb.Client(f"http://{address}").head()
                    break
                time.sleep(0.05)
            else:
                raise SystemExit(f"UmaDB does not answer at {address}")

            def client():
                connection = umadb.Client(f"http://{address}")
                return lambda: connection.append([umadb.Event("InputRejected", PAYLOAD, [f"input/{uuid.uuid4()}"])])

            return rate(options, client)
        finally:
            server.kill()


def library(options, number):
    with PostgresDatastore(dbname="peer", host=options.postgres, port="5432", user="owner", password="",
                           pool_size=options.clients, max_overflow=0) as store:
        recorder = PostgresAggregateRecorder(store, events_table_name=f"events_{number}")
        recorder.create_table()

        def client():
            return lambda: recorder.insert_events(
                [StoredEvent(originator_id=uuid.uuid4(), originator_version=1, topic="InputRejected", state=PAYLOAD)])

        # It is far slower, so it is measured over fewer.
        return rate(options, client, options.events // 8)


def rate(options, client, events=None):
    """Events a second of all clients together."""
    each = (events or options.events) // options.clients
    ready = threading.Barrier(options.clients + 1, timeout=60)  # so that no client fails unheard

    def work():
        append = client()
        append()
        ready.wait()
        for _ in range(each):
            append()

    threads = [threading.Thread(target=work) for _ in range(options.clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return each * options.clients / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
