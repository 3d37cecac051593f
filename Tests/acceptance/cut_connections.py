"""Connections that are cut in the middle of a batch: what is answered of it is so."""

import collections
import http.client
import threading
import time

from harness import Crowd, check, say, scaled

CLIENTS = 8


def check_cut_connections(cluster, services, chance, image):
    """Predictions without a key: an answer says that one is recorded, that it is not, or that nobody knows, and each is true."""
    clients = [services[number % len(services)].client() for number in range(CLIENTS)]
    answers, acknowledged, lock = collections.Counter(), [], threading.Lock()

    def turn(number, _):
        try:
            reply = clients[number].predict(image)
        except (OSError, http.client.HTTPException):
            with lock:
                answers["outcome-unknown"] += 1
            return
        with lock:
            if reply.status in (200, 201):
                acknowledged.append(reply.json["id"])
            else:
                answers[reply.json["code"]] += 1

    before = len(recorded(services[0]))
    cuts = 0
    with Crowd(CLIENTS, turn) as crowd:
        end = time.monotonic() + scaled(60, 4)
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.005, 0.08))
            cluster.psql(
                "ledger", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cxrledger' "
                "AND state <> 'idle'")
            cuts += 1
    time.sleep(1)  # so that what was under way is over
    found = recorded(services[0])
    check({f"prediction/{name}" for name in acknowledged} <= set(found), "acknowledged and not recorded")
    check(len(set(found)) == len(found), "recorded twice")
    check(not {"store-corrupt", "store-full", "internal"} & set(answers), "called something else:", answers)
    more = len(found) - before - len(acknowledged)
    check(0 <= more <= answers["outcome-unknown"], "said to be not recorded, and is:", more, answers)
    say(f"connections cut {cuts} times: {len(acknowledged)} acknowledged, {answers.total() - answers['outcome-unknown']} not",
        f"recorded, {answers['outcome-unknown']} unknown, of which {more} are there")


def recorded(service):
    """The streams of all predictions."""
    return [event["envelope"]["stream"] for event in service.client().events()
            if event["envelope"]["type"] == "PredictionRecorded"]
