"""See postgres.sh."""

import http.client
import os
import shutil
import signal
import threading
import time
from pathlib import Path

from cluster import Cluster
from cut_connections import check_cut_connections
from harness import (
    SAMPLES, SCRATCH, Crowd, Service, answer, check, check_verified, command, free_port, program, say, scaled, verify)
from interrupted_rebuild import check_interrupted_rebuild

INSTANCES = scaled(4, 2)
CLIENTS = INSTANCES * scaled(16, 2)
CALM = "nothing"
FAULTS = int(os.environ.get("FAULTS") or scaled(60, 8))


def load(services, image, acknowledged, lock):
    """Clients that predict under keys of their own on either instance, and repeat what was not answered."""
    clients = [[service.client() for service in services] for _ in range(CLIENTS)]

    def turn(number, count):
        key = f"client-{number}-{count}"
        deadline = time.monotonic() + 60
        attempt = number
        while True:
            client = clients[number][attempt % len(services)]
            attempt += 1
            try:
                reply = client.predict(image, key=key)
                if reply.status in (200, 201):
                    with lock:
                        acknowledged[key] = reply.json["id"]
                    return
                check(reply.status in (429, 500, 503), "a prediction was answered with", reply.status, reply.body[:500])
            except (OSError, http.client.HTTPException):
                pass  # killed: whether it was recorded is seen by repeating it
            check(time.monotonic() < deadline, "no instance has answered for a minute")
            time.sleep(0.1)

    return Crowd(CLIENTS, turn)


def disturb(kind, chance, cluster, services, meanwhile):
    """One fault; comes back when it has ended. While an instance is stopped, `meanwhile` is asked of each of the others."""
    victim = chance.choice(services)
    if kind == "instance":
        victim.kill()
        time.sleep(chance.uniform(0, 0.5))
        victim.start()
    elif kind == "server":
        cluster.crash()
        time.sleep(chance.uniform(0, 1))
        cluster.start()
    elif kind == "connections":
        cluster.psql(
            "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cxrledger'")
    else:
        victim.process.send_signal(signal.SIGSTOP)
        begun, pause = time.monotonic(), chance.uniform(1, 5)
        if has_turn(victim):
            say("an instance was stopped in its turn at the checkpoint lock, which the others have to wait for")
        else:
            for service in services:
                if service is not victim:
                    meanwhile(service)
        time.sleep(max(0, begun + pause - time.monotonic()))
        victim.process.send_signal(signal.SIGCONT)


def has_turn(service):
    """Whether a process holds the file of the checkpoint lock, which it does for microseconds."""
    file = (service.home / "lock/checkpoint").stat().st_ino
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(words[1] == "FLOCK" and words[4] == str(service.process.pid) and words[5].endswith(f":{file}") for words in locks)


def recovery(service, fault, limit=5):
    """The seconds from the end of a fault until an instance records: to search is an event."""
    begun, problem = time.monotonic(), "no answer"
    while time.monotonic() - begun < 30:  # then it is stuck; to say how late it comes is better than to end at five
        try:
            reply = service.client().get("/v1/predictions?limit=1")
            if reply.status == 200:
                took = time.monotonic() - begun
                check(took < limit, "an instance recorded again only", took, "s after", fault, "ended; before:", problem)
                return took
            problem = reply.body[:300]
        except (OSError, http.client.HTTPException) as error:
            problem = error
        time.sleep(0.02)
    raise AssertionError(f"an instance does not record 30 s after '{fault}' ended: {problem}")


def start_before_server(cluster, home, settings):
    """A service that is started first waits, says so, and goes on by itself; answers with the administrator's key."""
    cluster.crash()
    service = Service(home, **settings, API_PORT=str(free_port()))
    service.port = int(service.settings["API_PORT"])
    starter = threading.Thread(target=service.start, kwargs={"timeout": 60})
    starter.start()
    waits = eventually(lambda: service.client("none").get("/health"))
    check(waits.status == 503 and waits.json["status"] == "unhealthy", "while it waits:", waits.status, waits.body)
    check(service.client("none").get("/alive").status == 200, "it is not alive while it waits")
    refused = service.client("none").get("/v1/predictions")
    check(refused.status == 503 and refused.json["code"] == "store-unavailable", "while it waits:", refused.body)
    cluster.start()
    starter.join()
    check(service.process.poll() is None, "it ended:", service.complaints())
    check(service.health(), "it does not go on:", service.client("none").get("/health").body, service.complaints())
    service.stop()
    return service.administrator


def check_unsafe_server(cluster, home, settings, administrator):
    """In production a database that may lose what it acknowledged is refused, which is an event."""
    cluster.crash()
    cluster.start("fsync=off")
    refused = command(home, "serve", status=1, timeout=30, ENVIRONMENT="production", **settings)
    check(b"store-unsafe" in refused.stderr and b"fsync=off" in refused.stderr, refused.stderr)
    service = Service(home, **settings)
    service.start()
    service.administrator = administrator
    said = [event["envelope"]["payload"] for event in service.client().events()
            if event["envelope"]["type"] == "StorageWeakened"]
    check([one["refused"] for one in said] == [True, False], said)
    check(all(one["settings"] == ["fsync=off"] for one in said), said)
    service.stop()
    cluster.crash()
    cluster.start()
    service = Service(home, **settings, ENVIRONMENT="production")
    service.start()
    service.stop()


def check_restart(cluster, home, settings, administrator):
    """A server that is restarted while nobody asks for anything is not noticed by those who ask afterwards."""
    with Service(home, **settings) as service:
        service.administrator = administrator
        for _ in range(3):
            for _ in range(12):  # so many that each connection is used
                service.client().get("/v1/events").expect(200)
            cluster.crash()
            cluster.start()
        service.client().get("/v1/events").expect(200)
        cluster.crash()
        checks = service.client().get("/health").expect(503).json["checks"]
        check(checks["storage"]["status"] == "unhealthy" and "not known" in checks["lock"]["message"], "without a database:", checks)
        judged = command(home, "verify", status=None, **settings)
        check(b"behind" not in judged.stdout + judged.stderr and judged.returncode != 0, "verify without a database:", judged)
        cluster.start()
    # As an update does, when the service has made tables of its own.
    again = answer(home, "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
    check(again["applied"] == [], "it migrates after the service was there:", again)


def eventually(ask):
    """The first answer that is one."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()
        except OSError:
            check(time.monotonic() < deadline, "nobody answers")
            time.sleep(0.05)


with program() as chance:
    cluster = Cluster()
    home = SCRATCH / "home"
    settings = {"DATABASE_URL": cluster.service}
    refused = command(home, "serve", status=None, timeout=30, **settings)
    check(refused.returncode in (1, 2) and b"cxrledger migrate" in refused.stderr, "without a schema:", refused.stderr)
    migrated = answer(home, "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
    check(migrated["applied"], migrated)
    check(answer(home, "migrate", DATABASE_URL=cluster.owner)["applied"] == [], "it migrates twice")

    administrator = start_before_server(cluster, home, settings)
    check_unsafe_server(cluster, home, settings, administrator)
    check_restart(cluster, home, settings, administrator)

    services = [Service(home, **settings) for _ in range(INSTANCES)]
    for number, service in enumerate(services):
        service.stdout = home.parent / f"{number}.stdout"
        service.start()
        service.administrator = administrator
    image = min((path.read_bytes() for path in SAMPLES.rglob("*.jp*g")), key=len)  # tens of thousands are kept
    check_cut_connections(cluster, services, chance, image)
    acknowledged, lock = {}, threading.Lock()
    crowd = load(services, image, acknowledged, lock)
    recoveries = {}

    def recovers(service, fault):
        try:
            recoveries.setdefault(fault, []).append(recovery(service, fault, 30 if fault == CALM else 5))
        except AssertionError:
            say("without a fault it took", *(f"{took:.1f}" for took in sorted(recoveries[CALM])[-5:]), "s at most")
            raise

    kinds = ["instance", "server", "connections", "pause"]
    faults = [chance.choice(kinds) for _ in range(FAULTS - len(kinds))] + kinds
    chance.shuffle(faults)
    for fault in faults:
        time.sleep(chance.uniform(0.5, 1.5))
        recovers(chance.choice(services), CALM)
        disturb(fault, chance, cluster, services, lambda service: recovers(service, "pause of another"))
        check(not crowd.errors, crowd.errors)
        for service in services:
            recovers(service, fault)
    crowd.stop()
    check(not crowd.errors, crowd.errors)
    say(len(acknowledged), "predictions acknowledged by", len(services), "instances during", len(faults), "faults:",
        ", ".join(f"{faults.count(kind)} {kind}" for kind in kinds))
    for fault, times in sorted(recoveries.items()):
        middle, most = sorted(times)[len(times) // 2], max(times)
        say(f"{fault}: {len(times)} times an instance recorded, {middle:.2f} s after it, at most {most:.1f} s")

    # Each acknowledged one is there once, whoever is asked.
    events = list(services[0].client().events())
    check([event["index"] for event in events] == list(range(len(events))), "the indices are not dense")
    recorded = [event["envelope"]["stream"] for event in events if event["envelope"]["type"] == "PredictionRecorded"]
    check(len(set(recorded)) == len(recorded), "a stream was begun twice")
    missing = {f"prediction/{name}" for name in acknowledged.values()} - set(recorded)
    check(not missing, "acknowledged and not recorded:", missing)
    for key, name in list(acknowledged.items())[:: max(1, len(acknowledged) // 20)]:
        again = services[1].client().predict(image, key=key).expect(200, 201).json
        check(again["id"] == name, "repeating", key, "made another prediction")
    for service in services:
        service.stop()
    check_verified(home, **settings)
    check_interrupted_rebuild(cluster, home, settings)

    # A row that somebody changes in spite of everything is found.
    cluster.psql("ledger", "ALTER TABLE cxrledger.entries_0 DISABLE TRIGGER ALL")
    check("missing, changed or switched off" in str(verify(home, **settings)["findings"]), "a trigger is off, and nobody says so")
    cluster.psql("ledger", "ALTER TABLE cxrledger.entries_0 ENABLE TRIGGER ALL")
    check_verified(home, **settings)
    say("verified; a trigger that was switched off is found")

    # The log moves to a file, and is the same one.
    backup = answer(home, "backup", **settings)["path"]
    # A rehearsal goes on under the lock that it is given, so each gets a copy.
    survived = [shutil.copy(home / "lock/checkpoint", SCRATCH / f"lock{number}") for number in range(2)]
    moved = SCRATCH / "moved"
    report = answer(moved, "restore", backup, "--into", moved, "--lock", survived[0])
    check(report["state"] == "live", report)
    check_verified(moved)
    cluster.psql("postgres", "CREATE DATABASE second")
    second = cluster.owner.replace("/ledger", "/second")
    command(home, "migrate", DATABASE_URL=second)
    again = SCRATCH / "again"
    copied = answer(again, "restore", backup, "--into", second, "--home", again, "--lock", survived[1])
    check((copied["size"], copied["root"]) == (report["size"], report["root"]), copied, report)
    check_verified(again, DATABASE_URL=second, CXRLEDGER_LOCK=again / "lock/checkpoint")
    say("restored from its backup into a SQLite file, and into another database: the same root", report["root"])
