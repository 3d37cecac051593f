"""kill -9 under sixteen clients, over and over: nothing acknowledged is lost, no hole, nothing twice."""

import http.client
import sqlite3
import threading
import time

from evidence import leaf_hash
from harness import SCRATCH, Crowd, Service, check, check_verified, program, say, scaled, small_xrays
from views import check_rebuild

HOME = SCRATCH / "home"
CLIENTS = 16
ROUNDS = scaled(50, 4)
BUSY = (429, 503)


class Ledger:
    """What the clients were told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged, self.pending = {}, {}

    def send(self, client, key, image):
        """One request with an idempotency key; answers whether it was acknowledged."""
        with self.lock:
            self.pending[key] = image
        reply = client.predict(image, patient=f"P-{key[-1]}", key=key)
        if reply.status in BUSY:
            time.sleep(0.05)
            return False
        reply.expect(200, 201)
        told = tuple(reply.json[name] for name in ("id", "index", "entry_hash", "probability"))
        with self.lock:
            known = self.acknowledged.setdefault(key, told)
            self.pending.pop(key, None)
        check(known == told, key, "was answered with", told, "after", known)
        return True


def under_load(service, ledger, pictures, random, name, end):
    """Clients at work while the service is ended, at a random moment, by `end`."""
    gone = threading.Event()
    clients = [service.client() for _ in range(CLIENTS)]

    def work(client, turn):
        key = f"{name}-client{client}-{turn}"
        try:
            ledger.send(clients[client], key, pictures[(client + turn) % len(pictures)])
        except (OSError, http.client.HTTPException):
            # The service is gone; whoever has no answer asks again after the restart.
            gone.wait(60)

    crowd = Crowd(CLIENTS, work)
    time.sleep(random.uniform(0.05, 1.5))
    end()
    crowd.stopping.set()
    gone.set()
    crowd.stop()


def crash(service, ledger, pictures, random, number):
    """One round: clients at work, a kill at a random moment, a restart, and the same requests again."""
    under_load(service, ledger, pictures, random, f"round{number}", service.kill)
    seconds = service.start()
    client = service.client()
    unanswered = dict(ledger.pending)
    for key, image in unanswered.items():
        while not ledger.send(client, key, image):
            pass
    # What was acknowledged before is answered again, as it was.
    for key in random.sample(sorted(ledger.acknowledged), min(5, len(ledger.acknowledged))):
        image = pictures[sum(map(int, key.split("client")[1].split("-"))) % len(pictures)]
        ledger.send(client, key, image)
    return len(unanswered), seconds


def check_log(ledger):
    """Reads the database itself: dense, every acknowledged prediction in its place, each key once."""
    with sqlite3.connect(f"file:{HOME}/cxrledger.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT idx, type, stream, entry FROM entries ORDER BY idx").fetchall()
        keys = database.execute("SELECT count(*), count(DISTINCT idx) FROM idempotency").fetchone()
    check([row[0] for row in rows] == list(range(len(rows))), "the indices have holes")
    recorded = {index: (stream, leaf_hash(entry).hex()) for index, kind, stream, entry in rows if kind == "PredictionRecorded"}
    for key, (prediction, index, entry_hash, _) in ledger.acknowledged.items():
        check(recorded.get(index) == (f"prediction/{prediction}", entry_hash), key, "was acknowledged but is not at", index)
    check(len(recorded) == len(ledger.acknowledged), len(recorded), "predictions for", len(ledger.acknowledged), "keys")
    check(keys == (len(recorded), len(recorded)), "idempotency keys", keys, "for", len(recorded))
    return len(rows)


def main():
    with program() as random:
        service, ledger = Service(HOME), Ledger()
        pictures = small_xrays(12, random)
        service.start()
        repeated, slowest = 0, 0.0
        for number in range(ROUNDS):
            unanswered, seconds = crash(service, ledger, pictures, random, number)
            repeated, slowest = repeated + unanswered, max(slowest, seconds)
            if number % 5 == 4:
                check_verified(HOME)
                say("round", number + 1, "of", ROUNDS, "-", len(ledger.acknowledged), "acknowledged")
        # Asked to stop, it answers whatever it has recorded: nobody needs to ask again.
        under_load(service, ledger, pictures, random, "stop", service.stop)
        size = check_log(ledger)
        service.start()
        check_verified(HOME)
        say(ROUNDS, "kills,", len(ledger.acknowledged), "acknowledged,", repeated, "asked again, slowest start",
            f"{slowest:.2f} s,", size, "entries")
        rebuilt = check_rebuild(HOME)
        say("rebuilt as they were live:", ", ".join(f"{name} {digest[:12]}" for name, (_, digest) in rebuilt.items()))
        service.stop()


main()
