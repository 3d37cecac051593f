"""Models swapped and rolled back under load, over HTTP and by another process: who began after the acknowledgement of
a swap is answered by the new model, nobody is refused, and every prediction names the model that computed it."""

import threading
import time

import second_model
from harness import SCRATCH, Crowd, Service, answer, check, check_verified, program, say, scaled, small_xrays

HOME = SCRATCH / "home"
SWAPS = scaled(20, 4)
CLIENTS = 8


class Predictions:
    """What the clients asked and were answered, with the times of both."""

    def __init__(self, service, pictures):
        self.lock, self.lines, self.pictures = threading.Lock(), [], pictures
        self.clients = [service.client() for _ in range(CLIENTS)]

    def turn(self, number, turn):
        picture = (number + turn * CLIENTS) % len(self.pictures)
        begun = time.monotonic()
        reply = self.clients[number].predict(self.pictures[picture]).expect(201).json
        with self.lock:
            self.lines.append((begun, time.monotonic(), picture, reply))


def swap(number, client, digests):
    """One change of the active model, and how it was made; answers with the digest that answers now."""
    reason = f"swap {number}"
    if number % 4 == 0:
        model = client.post(f"/v1/models/{digests[1]}/activate", {"reason": reason}).expect(200, 201).json
    elif number % 4 == 1:
        model = answer(HOME, "models", "rollback", "--reason", reason)
    elif number % 4 == 2:
        model = answer(HOME, "models", "activate", digests[1], "--reason", reason)
    else:
        model = client.post("/v1/models/rollback", {"reason": reason}).expect(200, 201).json
    check(model["digest"] == digests[(number + 1) % 2] and model["state"] == "active", "swap", number, "gave", model)
    return model["digest"]


def check_order(client, lines):
    """In the log every prediction names the model of the last activation before it."""
    active, models = None, {}
    for event in client.events():
        envelope = event["envelope"]
        if envelope["type"] in ("ModelActivated", "ModelRolledBack"):
            active = envelope["payload"]["digest"]
        elif envelope["type"] == "PredictionRecorded":
            models[event["index"]] = envelope["payload"]["model"]["digest"]
            check(models[event["index"]] == active, "index", event["index"], "names another model than the active one")
    for *_, reply in lines:
        check(models[reply["index"]] == reply["model"]["digest"], "index", reply["index"], "was answered with another model")


def main():
    with program() as random, Service(HOME) as service:
        client = service.client()
        shipped = client.get("/v1/models").expect(200).json["active"]
        digests = (shipped, second_model.register(client, second_model.make(SCRATCH)))
        predictions, swaps = Predictions(service, small_xrays(10, random)), []
        with Crowd(CLIENTS, predictions.turn) as crowd:
            for number in range(SWAPS):
                time.sleep(random.uniform(0.2, 0.8))
                check(not crowd.errors, "a request failed:", crowd.errors)
                begun = time.monotonic()
                digest = swap(number, client, digests)
                swaps.append((begun, time.monotonic(), digest))
            time.sleep(0.5)
        lines = predictions.lines
        judged = second_model.check_swaps(
            [(begun, ended, reply["model"]["digest"], reply["index"]) for begun, ended, _, reply in lines], swaps)
        check_order(client, lines)
        # The models differ, so a score tells by which of them it was made: it is always the one that is named.
        scores = {}
        for *_, picture, reply in lines:
            scores.setdefault((picture, reply["model"]["digest"]), set()).add(reply["probability"])
        check(all(len(found) == 1 for found in scores.values()), "a picture has several scores by one model")
        both = [picture for picture in range(10) if all((picture, digest) in scores for digest in digests)]
        check(both, "no picture was judged by both models")
        for picture in both:
            check(scores[picture, digests[0]] != scores[picture, digests[1]], "both models score picture", picture, "alike")
        say(SWAPS, "swaps under", len(lines), "predictions, none refused;", judged, "fell between two swaps")
        ids = [reply["id"] for *_, reply in lines]
        report = answer(HOME, "reproduce", *random.sample(ids, min(len(ids), scaled(500, 60))))
        check(not report["different"] and not report["failed"], "reproduce:", report)
        named = {line["model"] for line in report["predictions"]}
        check(named == set(digests), "reproduced with", named)
        check_verified(HOME)
        say(report["same"], "reproduced with the same bits, by the model that each names")


main()
