"""A long log: after a restart the service is healthy within five seconds, and answers."""

import os
import statistics
import subprocess
import time

from harness import SCRATCH, Crowd, Service, check, program, say, scaled, small_xrays

HOME = SCRATCH / "home"
EVENTS = scaled(1_000_000, 20_000)
SECONDS = 5
CATCH_UP = scaled(900, 60)


def fill(service, picture):
    """Makes the log as long as it is to be: with the benchmarks' own filler where it was built, else by reading."""
    filler = os.environ.get("FILLER")
    if filler:
        service.stop()
        subprocess.run([filler, "fill", "--home", HOME, "--events", str(EVENTS)], check=True)
        service.start(timeout=60)
        return
    prediction = service.client().predict(picture).expect(201).json["id"]
    clients = [service.client() for _ in range(32)]
    client = service.client()

    def read(number, _):
        # Each view is an event.
        for _ in range(50):
            clients[number].get(f"/v1/predictions/{prediction}/proof").expect(200)

    with Crowd(len(clients), read) as crowd:
        while client.get("/health").json["chain"]["last_index"] < EVENTS:
            check(not crowd.errors, "reading failed:", crowd.errors)
            time.sleep(0.1)


def main():
    with program() as random:
        service = Service(HOME)
        service.start()
        begun = time.monotonic()
        picture = small_xrays(1, random)[0]
        fill(service, picture)
        say(EVENTS, f"events made in {time.monotonic() - begun:.0f} s")
        seconds = []
        for stop in (service.stop, service.kill, service.stop):
            stop()
            seconds.append(service.start())
        check(max(seconds) < SECONDS, "starts took", seconds, "s")
        health = service.health()
        check(health["chain"]["last_index"] >= EVENTS, "the log ends at", health["chain"])
        client = service.client()
        prediction = client.predict(picture, "P-1").expect(201).json
        # The filler appended without a service, so that the lists have the whole log to catch up with.
        begun = time.monotonic()
        while (reply := client.get("/v1/predictions", patient="P-1", wait_for=prediction["index"])).status == 503:
            check(reply.json["code"] == "lists-behind" and reply.headers.get("Retry-After"), "refused with", reply.body)
            check(time.monotonic() - begun < CATCH_UP, "the lists are still behind")
        listed = reply.expect(200).json
        check([line["id"] for line in listed["predictions"]] == [prediction["id"]], "the new prediction is not listed")
        say(f"the lists were there after {time.monotonic() - begun:.0f} s")
        client.get(f"/v1/predictions/{prediction['id']}/proof").expect(200)
        say(f"healthy {statistics.median(seconds):.2f} s after a start (longest {max(seconds):.2f} s)")
        service.stop()


main()
