"""See blobs.sh."""

import json
import shutil
import socket
import threading
import time
from pathlib import Path

from cluster import Cluster
from evidence import sha256
from foreign_store import Store
from harness import (
    SCRATCH, Service, answer, check, check_verified, command, environment, free_port, program, say, small_xrays, verify)
from second_model import make

HOMES = [SCRATCH / "first", SCRATCH / "second"]
PREFIX = "hospital/cxr/"


class Gate:
    """Stands before the object store, and is what services are told to be it; `mode` says what becomes of connections."""

    def __init__(self, endpoint):
        self.upstream = ("127.0.0.1", int(endpoint.rsplit(":", 1)[1]))
        self.mode, self.listener, self.port = "open", None, free_port()
        self.open()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def open(self):
        self.mode = "open"
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def be(self, mode):
        """`down` refuses connections; `silent`, `failing` and `torn` take them."""
        self.mode = mode
        if mode == "down":
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client, self.mode), daemon=True).start()

    def _serve(self, client, mode):
        with client:
            if mode == "silent":
                while client.recv(65536):
                    pass
            elif mode == "failing":
                client.recv(65536)
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                self._pass(client, mode)

    def _pass(self, client, mode):
        with socket.create_connection(self.upstream) as store:
            threading.Thread(target=self._pump, args=(client, store), daemon=True).start()
            if mode == "torn":
                client.sendall(store.recv(65536)[:60])  # in the middle of the header
                client.shutdown(socket.SHUT_RDWR)
            else:
                self._pump(store, client)

    @staticmethod
    def _pump(source, target):
        try:
            while part := source.recv(65536):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side is gone


class Bucket:
    """What lies in the object store, as its owner sees it."""

    def __init__(self, store):
        self.client = store.client

    def names(self, prefix=PREFIX):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="tlog", Prefix=prefix)
        return {item["Key"].removeprefix(prefix): item["Size"] for page in pages for item in page.get("Contents", [])}

    def get(self, name):
        return self.client.get_object(Bucket="tlog", Key=PREFIX + name)["Body"].read()

    def put(self, name, content):
        self.client.put_object(Bucket="tlog", Key=PREFIX + name, Body=content)

    def delete(self, name):
        self.client.delete_object(Bucket="tlog", Key=PREFIX + name)


def path(digest, folder="images"):
    return f"{folder}/{digest[:2]}/{digest}"


def predictions(service):
    return [e for e in service.client().events() if e["envelope"]["type"] == "PredictionRecorded"]


def blob(service, identity):
    """The name of a prediction's picture."""
    [event] = [e for e in predictions(service) if e["envelope"]["stream"] == f"prediction/{identity}"]
    return event["envelope"]["payload"]["image"]["blob"]


def check_down(mode, gate, services, image):
    """While the store fails in a way, predictions are refused and health says so; when it is back, all goes on by itself."""
    before = len(predictions(services[0]))
    known = predictions(services[0])[0]["envelope"]["stream"].removeprefix("prediction/")
    gate.be(mode)
    longest = 0
    for number, service in enumerate(services):
        client = service.client()
        begun = time.monotonic()
        refused = client.predict(image, key=f"{mode}-{number}", patient="PID-1")
        longest = max(longest, time.monotonic() - begun)
        check(refused.status == 503 and refused.is_problem, mode, "answered", refused.status, refused.body[:300])
        check(refused.json["code"] == "store-unavailable", mode, "has code", refused.json)
        health = client.get("/health")
        check(health.status == 503 and health.json["checks"]["blobs"]["status"] == "unhealthy", mode, health.body)
        check(client.get("/ready").status == 503, mode, "is ready")
        metrics = client.get("/metrics").body.decode()
        check('cxrledger_check_status{check="blobs"} 2' in metrics, mode, "is no metric")
        check(client.get(f"/v1/predictions/{known}").status == 200, mode, "hides a prediction")
        picture = client.get(f"/v1/predictions/{known}/image")
        check((picture.status, picture.json["code"]) == (503, "store-unavailable"), mode, picture.status, picture.body[:200])
    check(longest < 30, "a refusal took", longest, "s while the store was", mode)
    check(len(predictions(services[0])) == before, "something was recorded while the store was", mode)
    gate.open()
    for number, service in enumerate(services):
        check(service.health(), "is not healthy again after", mode)
        made = service.client().predict(image, key=f"{mode}-{number}", patient="PID-1").expect(200, 201).json
        again = services[0].client().predict(image, key=f"{mode}-{number}", patient="PID-1").expect(200, 201).json
        check(made["id"] == again["id"], "it is recorded twice after", mode)
        services[1 - number].client().get(f"/v1/predictions/{made['id']}/image").expect(200)
    check(len(predictions(services[0])) == before + 2, "recorded after", mode, len(predictions(services[0])), before)
    say(f"{mode}: refused within {longest:.1f} s, on both; then recorded once each")


def check_start_while_down(gate, service):
    """An instance that is started while the store is down serves what it can, and is whole when the store is back."""
    service.stop()
    gate.be("down")
    service.settings["API_PORT"] = service.port = free_port()
    starter = threading.Thread(target=service.start, kwargs={"timeout": 60})
    starter.start()
    deadline = time.monotonic() + 30
    while True:
        try:
            health = service.client("none").get("/health")
            break
        except OSError:
            check(time.monotonic() < deadline, "it does not start while the store is down")
            time.sleep(0.1)
    check(health.json["checks"]["blobs"]["status"] == "unhealthy", "while the store is down:", health.body)
    service.client().get("/v1/events").expect(200)
    gate.open()
    starter.join()


def check_damage(services, bucket, identity, settings):
    """What is changed in the store is refused to readers, and found."""
    name = path(blob(services[0], identity))
    sound = bucket.get(name)
    check(sha256(sound).hex() in name, "the object is not named by its bytes")
    for change, code, finding in [
        (lambda: bucket.put(name, sound[:-1]), "store-corrupt", "not what was recorded"),
        (lambda: bucket.delete(name), "store-missing", "missing"),
    ]:
        change()
        reply = services[1].client().get(f"/v1/predictions/{identity}/image")
        check((reply.status, reply.json["code"]) == (503, code), "a changed picture is", reply.status, reply.body[:300])
        found = verify(HOMES[0], **settings)["findings"]
        check(len(found) == 1 and found[0]["file"] == f"s3://tlog/{PREFIX}{name}" and finding in found[0]["sentence"], found)
        bucket.put(name, sound)


def main(random):
    cluster, store = Cluster(), Store()
    gate, bucket = Gate(store.place["endpoint"]), Bucket(store)
    settings = store.settings | {
        "DATABASE_URL": cluster.service, "CXRLEDGER_LOCK": SCRATCH / "lock/checkpoint", "S3_ENDPOINT": gate.endpoint,
        "BLOBS_S3": "s3://tlog/" + PREFIX.rstrip("/"), "TLOG_S3": None}
    answer(HOMES[0], "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
    images = small_xrays(6, random)

    # Nothing but keys is carried from one to the other, and the second has no model file.
    first = Service(HOMES[0], **settings)
    first.start()
    shutil.copytree(HOMES[0] / "keys", HOMES[1] / "keys")
    second = Service(HOMES[1], **(settings | {"MODEL_PATH": SCRATCH / "none.keras"}))
    second.start()
    second.administrator = first.administrator
    services = [first, second]

    made = first.client().predict(images[0], patient="PID-1").expect(200, 201).json["id"]
    check(second.client().get(f"/v1/predictions/{made}/image").expect(200).body == images[0], "another picture")
    back = second.client().predict(images[1]).expect(200, 201).json["id"]
    check(first.client().get(f"/v1/predictions/{back}/image").expect(200).body == images[1], "another picture")
    path_of_model = make(SCRATCH)
    model = answer(HOMES[0], "models", "register", path_of_model, **settings)["digest"]
    command(HOMES[0], "models", "activate", model, "--reason", "test", **settings)
    check(second.client().predict(images[0]).expect(200, 201).json["model"]["digest"] == model, "it judges by another model")
    check(second.client().post(f"/v1/predictions/{made}/reproduce").expect(200).json["same"], "it is not the same again")
    for home in HOMES:
        check(not [p for folder in ("images", "models") for p in (home / folder).rglob("*") if p.is_file()], "files in", home)
    names = bucket.names()
    check(path(model, "models") in names and path(blob(first, made)) in names, "not in the bucket:", names)
    check(images[0] not in bucket.get(path(blob(first, made))), "the picture lies there in clear")

    for mode in ["down", "failing", "torn", "silent"]:
        check_down(mode, gate, services, images[2])
    check_start_while_down(gate, second)
    check_verified(HOMES[0], **settings)
    check_damage(services, bucket, made, settings)

    # Settings that cannot be used are said to be so, before anything is begun with them.
    for change, word in [({"AWS_SECRET_ACCESS_KEY": "not-the-secret"}, "SignatureDoesNotMatch"),
                         ({"S3_ENDPOINT": "http://127.0.0.1:1"}, "store-unavailable")]:
        done = command(HOMES[0], "config", "check", status=1, **(settings | change))
        check(b"BLOBS_S3" in done.stdout and word.encode() in done.stdout, "config check says", done.stdout)
        check(b"not-the-secret" not in done.stdout + done.stderr, "the secret is told")
    refused = command(HOMES[0], "serve", status=2, timeout=30, **(settings | {"AWS_SECRET_ACCESS_KEY": "not-the-secret"}))
    check(b"BLOBS_S3" in refused.stderr, "serve says", refused.stderr)
    command(HOMES[0], "config", "check", **settings)

    # A backup holds what the bucket holds, and is restored into another place of it.
    backup = answer(HOMES[0], "backup", **settings)
    copied = {str(p.relative_to(backup["path"])) for folder in ("images", "models")
              for p in (Path(backup["path"]) / folder).rglob("*") if p.is_file()}
    empty = path(sha256(b"").hex())  # what health leaves there
    unnamed = set(bucket.names()) - copied - {empty}
    check(copied <= set(bucket.names()), "the backup holds more than the bucket")
    others = {"BLOBS_S3": "s3://tlog/restored", "DATABASE_URL": None, "CXRLEDGER_LOCK": None}
    report = answer(HOMES[0], "restore", backup["path"], "--into", SCRATCH / "restored", **(settings | others))
    check(report["size"] == backup["size"], "restored", report)
    check(set(bucket.names("restored/")) == copied, "restored other files than were backed up")
    check_verified(SCRATCH / "restored", **(settings | others))
    gate.be("down")
    found = verify(SCRATCH / "restored", **(settings | others))["findings"]
    check(found and all("cannot be read" in f["sentence"] for f in found), "while the store is down verify finds", found)
    lost = command(HOMES[0], "backup", status=1, **settings)
    check(b"object store" in lost.stderr or b"store does not answer" in lost.stderr, "a backup says", lost.stderr)
    gate.open()
    say(len(copied), "files in the backup and in the restored place;", len(unnamed), "in the bucket that no entry names")

    for service in services:
        service.stop()
        log = Path(environment(service.home)["LOG_FILE"]).read_text()
        check(store.place["secret"] not in log + service.complaints(), "the secret is in a log")
        check(json.loads(log.splitlines()[0]), "no log")
    check_verified(HOMES[0], **settings)
    store.end()


with program() as random_choices:
    main(random_choices)
