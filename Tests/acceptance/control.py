"""See control.sh."""

import threading
import time

import second_model
from cluster import Cluster
from harness import SCRATCH, Crowd, Service, answer, check, check_verified, program, say, scaled, small_xrays

HOME = SCRATCH / "home"
INSTANCES = 3
ROUNDS = scaled(12, 3)


class Requests:
    """What the clients asked of each instance and were answered, with the times of both."""

    def __init__(self, services, pictures, key):
        self.lock, self.predictions, self.tries, self.pictures = threading.Lock(), [], [], pictures
        self.clients = [services[number % INSTANCES].client() for number in range(2 * INSTANCES)]
        self.services, self.key = services, key

    def predict(self, number, turn):
        begun = time.monotonic()
        reply = self.clients[number].predict(self.pictures[turn % len(self.pictures)]).expect(201).json
        with self.lock:
            self.predictions.append((begun, time.monotonic(), reply["model"]["digest"], reply["index"]))

    def use(self, number, _turn):
        """Uses the credential that is revoked sooner or later, of which each client hears by a 401."""
        key, begun = self.key[0], time.monotonic()
        status = self.services[number % INSTANCES].client(key).get("/v1/predictions?limit=1").status
        check(status in (200, 401), "a credential was answered with", status)
        with self.lock:
            self.tries.append((begun, time.monotonic(), key, status))
        time.sleep(0.02)


def issue(client, number):
    return client.post("/v1/credentials", {"role": "clinician", "name": f"user {number}"}).expect(200, 201).json


def main():
    with program() as random:
        cluster = Cluster()
        settings = {"DATABASE_URL": cluster.service}
        answer(HOME, "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
        services = [Service(HOME, **settings) for _ in range(INSTANCES)]
        for number, service in enumerate(services):
            service.stdout = HOME.parent / f"{number}.stdout"
            service.start()
            service.administrator = services[0].administrator
        clients = [service.client() for service in services]
        digests = (clients[0].get("/v1/models").expect(200).json["active"],
                   second_model.register(clients[0], second_model.make(SCRATCH)))
        issued = issue(clients[0], 0)
        requests, swaps, revoked, rotations = Requests(services, small_xrays(10, random), [issued["key"]]), [], [], 0
        with Crowd(2 * INSTANCES, requests.predict) as crowd, Crowd(INSTANCES, requests.use) as users:
            for number in range(ROUNDS):
                time.sleep(random.uniform(0.3, 1))
                check(not crowd.errors and not users.errors, crowd.errors, users.errors)
                begun = time.monotonic()
                random.choice(clients).post(
                    f"/v1/models/{digests[(number + 1) % 2]}/activate", {"reason": "swap"}).expect(200, 201)
                swaps.append((begun, time.monotonic(), digests[(number + 1) % 2]))
                time.sleep(random.uniform(0.1, 0.5))
                random.choice(clients).post("/v1/keys/rotate", {"reason": "rotation"}).expect(200)
                rotations += 1
                time.sleep(random.uniform(0.1, 0.5))
                random.choice(clients).post(
                    f"/v1/credentials/{issued['id']}/revoke", {"reason": "left"}).expect(200, 204)
                revoked.append((issued["key"], time.monotonic()))
                time.sleep(0.3)  # the old one is tried on all instances
                issued = issue(random.choice(clients), number + 1)
                requests.key[0] = issued["key"]
            time.sleep(0.5)
        second_model.check_swaps(requests.predictions, swaps)
        check_revocations(requests.tries, dict(revoked))
        for service in services:
            service.stop()
        # It fails for an entry or a checkpoint that an old key signed after its end.
        check_verified(HOME, **settings)
        say(len(swaps), "swaps,", rotations, "rotations and", len(revoked), "revocations under",
            len(requests.predictions), "predictions on", INSTANCES, "instances; verified")
        cluster.kill()


def check_revocations(tries, revoked):
    """No use of a credential that began after its revocation was acknowledged had an effect; before, each had."""
    after = 0
    for begun, _, key, status in tries:
        if begun > revoked.get(key, float("inf")):
            check(status == 401, "a revoked credential was answered with", status)
            after += 1
    check(after >= INSTANCES * len(revoked), "revoked credentials were tried", after, "times only")


main()
