"""From nothing to a first prediction, as the README tells it, and a proof that somebody else checks."""

import base64
import json
import os
import re
import subprocess

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import evidence
from harness import ROOT, SCRATCH, Client, Service, answer, check, check_verified, program, say

HOME = SCRATCH / "home"
FIELDS = {
    "id", "prediction", "probability", "threshold", "confidence", "model", "preprocessing", "subject", "image", "index",
    "entry_hash", "event_id", "checkpoint", "level", "recorded_at", "occurred_at", "actor", "cached", "duration_ms",
    "limits",
}


def readme_call(service):
    """Runs the README's own curl against the service; answers with what it printed and the picture that it sent."""
    text = (ROOT / "README.md").read_text()
    block = next(block for block in re.findall(r"```sh\n(.*?)```", text, re.S) if "curl" in block)
    lines = "\n".join(line for line in block.splitlines() if not line.startswith("export KEY"))
    lines = lines.replace("http://localhost:8000", f"http://127.0.0.1:{service.port}")
    done = subprocess.run(
        ["sh", "-ec", lines], cwd=ROOT, env=os.environ | {"KEY": service.administrator}, capture_output=True, check=True)
    return json.loads(done.stdout), (ROOT / re.search(r"image=@(\S+)", block)[1]).read_bytes()


def check_reply(reply):
    check(FIELDS <= reply.keys(), "the reply lacks", FIELDS - reply.keys())
    check(reply["prediction"] == "PNEUMONIA" and 0.5 < reply["probability"] <= 1, "prediction", reply["prediction"])
    check(reply["threshold"] == 0.5, "threshold", reply["threshold"])
    check(reply["model"]["name"] == "pneumonia_cnn" and reply["model"]["version"] == "1", "model", reply["model"])
    check(re.fullmatch(r"[0-9a-f]{64}", reply["model"]["digest"]), "model digest", reply["model"])
    check(re.fullmatch(r"[0-9a-f]{64}", reply["entry_hash"]), "entry_hash", reply["entry_hash"])
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", reply["recorded_at"]), "recorded_at", reply["recorded_at"])
    check(reply["limits"], "the model's limits are not told")


def check_page(service):
    """The page, its documents, and what is open to everybody."""
    visitor = Client(service)
    page = visitor.get("/").expect(200)
    text = page.body.decode()
    check(page.headers.get_content_type() == "text/html", "the page is", page.headers.get_content_type())
    check("default-src" in page.headers.get("Content-Security-Policy", ""), "the page has no content security policy")
    for address in re.findall(r"""(?:src|href)=["']([^"']+)""", text):
        check(not re.match(r"(https?:)?//", address), "the page fetches", address)
        if not address.startswith(("#", "data:", "mailto:")):
            visitor.get(address if address.startswith("/") else "/" + address).expect(200)
    check(visitor.get("/openapi.json").expect(200).json["openapi"].startswith("3.1"), "OpenAPI 3.1")
    check("predictions_total" in visitor.get("/metrics").expect(200).body.decode(), "no metrics of predictions")
    refused = visitor.get("/v1/predictions").expect(401)
    check(refused.is_problem, "a refusal without a key is no problem document:", refused.body)
    check(Client(service, "cxr_c000000000000_" + "0" * 64).get("/v1/models").expect(401).is_problem, "an unknown key")


def check_evidence(client, prediction, image):
    """Trusts nothing but the root key that is pinned in the home."""
    root = Ed25519PublicKey.from_public_bytes(base64.b64decode((HOME / "keys/root.pub").read_text()))
    origin = (HOME / "keys/origin").read_text().strip()
    first = next(client.events())
    keys = evidence.certified_keys(first["envelope"], root)
    document = client.get(f"/v1/predictions/{prediction['id']}/proof").expect(200).json
    check(document["index"] == prediction["index"] and document["entry_hash"] == prediction["entry_hash"], "another entry")
    check(document["verified"] == {"signature": True, "inclusion": True, "checkpoint": True}, document["verified"])
    envelope, size = evidence.check_proof(document, keys, origin)
    payload = envelope["payload"]
    check(payload["prediction"] == prediction["id"] and payload["label"] == prediction["prediction"], "the signed payload")
    check(float(payload["probability"]) == prediction["probability"], "the signed probability", payload["probability"])
    check(payload["model"]["digest"] == prediction["model"]["digest"], "the signed model")
    # The checkpoint of the reply covers the prediction too, at an earlier size.
    _, at_reply, _ = evidence.read_checkpoint(prediction["checkpoint"], origin, keys["checkpoint"])
    check(prediction["index"] < at_reply <= size, "the reply's checkpoint is of size", at_reply)
    picture = client.get(f"/v1/predictions/{prediction['id']}/image").expect(200)
    check(picture.body == image, "the image is not the one that was sent")
    check(picture.headers.get_content_type() == "image/jpeg", "the image is", picture.headers.get_content_type())
    check("no-store" in picture.headers.get("Cache-Control", ""), "the image may be kept by caches")
    return size


def main():
    with program(), Service(HOME) as service:
        check(service.administrator, "the first start printed no administrator key")
        prediction, image = readme_call(service)
        check_reply(prediction)
        say("prediction", prediction["prediction"], prediction["probability"], "at index", prediction["index"])
        check_page(service)
        client = service.client()
        size = check_evidence(client, prediction, image)
        say("proof holds in a tree of", size)
        listed = client.get("/v1/predictions", patient="P-123", wait_for=prediction["index"]).expect(200).json
        check([line["id"] for line in listed["predictions"]] == [prediction["id"]], "the patient's list", listed)
        detail = client.get(f"/v1/predictions/{prediction['id']}").expect(200).json
        check(detail["patient"] == "P-123", "the detail names the patient", detail.get("patient"))
        old = client.upload("/predict", [("file", "scan.jpeg", image)]).expect(200).json
        check(old["prediction"] == "PNEUMONIA" and {"confidence", "probabilities", "model_version", "processing_time_ms",
              "timestamp", "metadata"} <= old.keys(), "the original's shape:", old)
        # The command line beside the running service, as the README goes on.
        batch = answer(HOME, "predict", ROOT / "Tests/Fixtures/xrays", "--patient", "P-123")
        check(len(batch["predictions"]) == 6 and not batch["refused"], "the command line's predictions", batch["refused"])
        report = check_verified(HOME)
        say("verified", report["size"], "entries beside the running service")
        service.stop()
        service.administrator = None
        service.start()
        check(service.administrator is None, "the second start printed a key")
        check(Client(service, client.key).get("/v1/models").expect(200).json["active"], "no model after a restart")


main()
