"""See stream.sh."""

import http.client
import json
import subprocess
import time

from cluster import Cluster
from evidence import leaf_hash, sha256, unb64
from harness import SCRATCH, Crowd, Service, answer, check, check_verified, program, say, scaled

WRITERS = 2


def write(services):
    """Clients that have something recorded on either instance, whatever happens to it."""
    clients = [[service.client() for service in services] for _ in range(WRITERS)]

    def turn(number, count):
        try:
            clients[number][count % len(services)].get("/v1/events/0")
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)

    return Crowd(WRITERS, turn)


def subscribe(service, last):
    """One connection by curl; its lines can be read."""
    fields = [] if last is None else ["-H", f"Last-Event-ID: {last}"]
    # pylint: disable=consider-using-with
    return subprocess.Popen(
        ["curl", "-sN", "--max-time", "60", "-H", f"Authorization: Bearer {service.administrator}", *fields,
         f"http://127.0.0.1:{service.port}/v1/events/stream"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def receive(process, received, most):
    """Takes messages up to a number, or until the connection ends; answers how many came."""
    message, before = {}, len(received)
    for line in process.stdout:
        line = line.decode().removesuffix("\n")
        if line:
            name, _, value = line.partition(":")
            message[name] = value.removeprefix(" ")
            continue
        if "id" in message:  # a message that was cut off in its middle does not count
            received.append((int(message["id"]), message["event"], message["data"]))
        check(message.get("event") != "closed", "the stream was closed:", message)
        message = {}
        if len(received) - before >= most:
            break
    return len(received) - before


def check_message(number, message):
    """Its entry is the one with this hash, and says what the message says."""
    index, kind, data = message
    value = json.loads(data)
    check(index == number == value["index"], "message", number, "is event", index)
    entry, [signature] = value["entry"], value["entry"]["signatures"]
    envelope = unb64(entry["payload"])
    stored = (b"\x01" + len(envelope).to_bytes(4, "big") + envelope + b"\x01" + bytes.fromhex(signature["keyid"])
              + unb64(signature["sig"]))
    check(leaf_hash(stored).hex() == value["entry_hash"], "the hash of event", index)
    check(json.loads(envelope)["type"] == kind, "the type of event", index)
    return value["entry_hash"]


def run(name, chance, cluster, settings):
    home = SCRATCH / name / "home"
    services = [Service(home, **settings), Service(home, **settings)]
    services[0].start()
    services[1].stdout = home.parent / "second.stdout"
    services[1].start()
    services[1].administrator = services[0].administrator
    received, cuts = [], scaled(200, 24)
    crowd = write(services)
    for cut in range(cuts):
        victim = chance.choice(services)
        process = subscribe(victim, received[-1][0] if received else None)
        receive(process, received, chance.randrange(1, 60))
        if cut % 6 == 5:  # while the connection is open, and it may be to this instance or to the other
            other = chance.choice(services)
            other.kill()
            other.start()
            receive(process, received, 20)
        if cluster and cut % 12 == 11:
            cluster.crash()
            cluster.start()
            check(receive(process, received, 5) == 5 or victim.process.poll() is None, "a stream ended with the database")
        process.kill()
        process.wait()
    crowd.stop()
    end = len(list(services[0].client().events()))
    deadline = time.monotonic() + 30
    while received[-1][0] < end - 1:  # it is refused while the database comes back
        check(time.monotonic() < deadline, "the rest does not come", received[-1][0], end)
        process = subscribe(services[1], received[-1][0])
        receive(process, received, end - 1 - received[-1][0])
        process.kill()
        process.wait()
        time.sleep(0.1)
    hashes = [check_message(number, message) for number, message in enumerate(received)]
    events = list(services[0].client().events())
    check(hashes == [event["entry_hash"] for event in events[:len(hashes)]], "what was received is not the log")

    # Whoever stops ends its streams in order.
    process = subscribe(services[0], received[-1][0])
    receive(process, received, 1)
    services[0].stop()
    process.stdout.read()
    check(process.wait(10) == 0, "curl found the answer cut off")
    services[1].stop()
    check_verified(home, **settings)
    say(f"{name}: {len(hashes)} events over {cuts} connections,", sha256("".join(hashes).encode()).hex()[:16])


with program() as chance:
    run("sqlite", chance, None, {})
    cluster = Cluster()
    answer(SCRATCH / "postgres" / "home", "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
    run("postgres", chance, cluster, {"DATABASE_URL": cluster.service})
    cluster.kill()
