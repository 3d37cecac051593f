"""Backup under load and restore by replay, in every state of the surviving lock; damaged backups; keys that are rotated
and revoked under load; and in the end a timeline that tells all of it in order."""

import json
import os
import shutil
import threading
import time
from pathlib import Path

import second_model
from harness import (SCRATCH, Crowd, Service, answer, check, check_verified, command, program, say,
                     scaled, small_xrays)

HOME = SCRATCH / "home"
DAMAGED = 20


class Story:
    """What was done, in order, as the timeline must tell it: (type, what its line says)."""

    def __init__(self):
        self.lines = []

    def add(self, kind, *words):
        self.lines.append((kind, words))

    def check(self, timeline):
        """Finds each line after the one before it."""
        place = 0
        for kind, words in self.lines:
            while place < len(timeline) and not (
                    timeline[place]["type"] == kind and all(word in json.dumps(timeline[place]) for word in words)):
                place += 1
            check(place < len(timeline), "the timeline does not tell, in its place,", kind, words)
            place += 1
        indices = [line["index"] for line in timeline]
        check(indices == sorted(set(indices)), "the timeline is out of order")


class KeyUser:
    """A client that works with one key until it is refused, and notes when it asked and what it heard."""

    def __init__(self, service, key, picture):
        self.client, self.picture, self.heard = service.client(key), picture, []
        self.crowd = Crowd(1, self.turn)
        self.wait(lambda: len(self.heard) > 5)

    def wait(self, until):
        """Waits while it goes on working."""
        for _ in range(600):
            if self.crowd.errors or until():
                break
            time.sleep(0.05)
        time.sleep(0.1)

    def turn(self, *_):
        begun = time.monotonic()
        status = self.client.predict(self.picture).expect(201, 401).status
        self.heard.append((begun, time.monotonic(), status))

    def finish(self, begun, acknowledged):
        """Ends it; the key must have held before, and opened nothing that was asked after the acknowledgement."""
        self.wait(lambda: self.heard[-1][0] > acknowledged)
        self.crowd.stop()
        after = [status for asked, _, status in self.heard if asked > acknowledged]
        check(after and set(after) == {401}, "after the acknowledgement the old key was answered with", set(after))
        before = [status for _, ended, status in self.heard if ended < begun]
        check(before and set(before) == {201}, "before the change the key was answered with", set(before))
        return sum(status == 401 for *_, status in self.heard)


def change_keys(service, client, story, picture):
    """Rotates a key and revokes another while they are used; answers with the number of refusals."""
    refusals = 0
    for number in range(scaled(5, 2)):
        for change, kind in (("rotate", "CredentialRotated"), ("revoke", "CredentialRevoked")):
            issued = client.post("/v1/credentials", {"role": "clinician", "name": f"{change} {number}"}).expect(200, 201).json
            story.add("CredentialIssued", f"{change} {number}")
            user = KeyUser(service, issued["key"], picture)
            begun = time.monotonic()
            body = {"reason": f"end {number}"} if change == "revoke" else {}
            changed = client.post(f"/v1/credentials/{issued['id']}/{change}", body).expect(200, 201, 204)
            acknowledged = time.monotonic()
            story.add(kind, issued["id"])
            refusals += user.finish(begun, acknowledged)
            if change == "rotate":
                check(changed.json["key"] != issued["key"], "the rotated key is the old one")
                service.client(changed.json["key"]).predict(picture).expect(201)
    return refusals


def check_refusals(envelopes, refusals):
    """Each refusal that a client heard is counted in the log, and no credential acts after it was revoked there."""
    told, revoked = 0, set()
    for envelope in envelopes:
        if envelope["type"] == "AuthenticationFailed":
            told += envelope["payload"]["count"]
        elif envelope["type"] == "CredentialRevoked":
            revoked.add(envelope["payload"]["credential"])
        check(envelope["actor"].get("credential") not in revoked, "a revoked credential did", envelope["type"])
    check(told == refusals, "the log tells of", told, "refused keys, the clients of", refusals)
    return told


def swap_models(client, story):
    digest = second_model.register(client, second_model.make(SCRATCH))
    client.post(f"/v1/models/{digest}/activate", {"reason": "a better one"}).expect(200, 201)
    story.add("ModelRegistered", digest)
    story.add("ModelActivated", digest, "a better one")
    client.post("/v1/models/rollback", {"reason": "it was not"}).expect(200, 201)
    story.add("ModelRolledBack", "it was not")


def restore(backup, name, lock=None, status=0):
    """Restores into a home of its own; answers with it and the report, or the complaint."""
    home = SCRATCH / name
    words = ["restore", backup, "--into", home] + (["--lock", lock] if lock else [])
    done = command(home, *words, "--json", status=status, CXRLEDGER_HOME=None)
    return home, json.loads(done.stdout) if status == 0 else done.stderr.decode()


def manifest(backup):
    return json.loads((Path(backup) / "manifest.json").read_text())


def check_restored(home, report, backup, state, ids):
    """The state that the lock allows, the backup's root and lists, and every picture still opens."""
    due = manifest(backup)
    check(report["state"] == state, "restored as", report["state"], "instead of", state)
    check((report["size"], report["root"]) == (due["size"], due["root"]), "restored", report["size"], "of", due["size"])
    digests = {line["name"]: line["digest"] for line in due["projections"]}
    check({line["projection"]: line["digest"] for line in report["projections"]} == digests, "the lists differ")
    found = answer(home, "reproduce", *ids)
    check(found["same"] == len(ids), "pictures that do not open:", found["failed"], "other scores:", found["different"])


def refused_to_write(home, picture, code):
    """A copy that must not go on does not: no prediction leaves it."""
    size = check_size(home)
    done = command(home, "predict", picture, "--json", status=1)
    check(code in done.stderr.decode(), "the refusal says", done.stderr)
    check(not done.stdout.strip(), "a prediction left a read-only log:", done.stdout)
    check(check_size(home) == size, "the read-only log grew")


def check_size(home):
    return answer(home, "verify", status=None)["size"]


def damages(backup, random):
    """Endless kinds of damage to a copy of a backup: (what, the files of which one must be named)."""
    files = sorted(str(path.relative_to(backup)) for path in backup.rglob("*") if path.is_file())
    apart = backup.with_name(backup.name + ".secrets")
    secrets = sorted(path.name for path in apart.iterdir())

    def rewrite(path, data):
        path.unlink()
        path.write_bytes(data)

    for number in range(DAMAGED):
        kind = ("bit", "missing", "cut", "swapped", "longer", "secret bit", "secret missing")[number % 7]
        copy = SCRATCH / "damaged"
        for folder in (copy, copy.with_name("damaged.secrets")):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(backup, copy, copy_function=os.link)
        shutil.copytree(apart, copy.with_name("damaged.secrets"), copy_function=os.link)
        name = random.choice(secrets if "secret" in kind else files)
        path = (copy.with_name("damaged.secrets") if "secret" in kind else copy) / name
        data, names = bytearray(path.read_bytes()), [name]
        if "bit" in kind:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            rewrite(path, data)
        elif "missing" in kind:
            path.unlink()
        elif kind == "cut":
            rewrite(path, data[:random.randrange(len(data))])
        elif kind == "longer":
            rewrite(path, data + b"\0")
        else:
            images = [name for name in files if name.startswith("images/")]
            names = random.sample(images, 2)
            first, second = ((copy / name).read_bytes() for name in names)
            rewrite(copy / names[0], second)
            rewrite(copy / names[1], first)
        yield f"{kind} of {' and '.join(names)}", copy, names


def check_damaged(backup, lock, random):
    for number, (what, copy, names) in enumerate(damages(Path(backup), random)):
        home, complaint = restore(copy, f"never{number}", lock, status=1)
        if any(name.startswith("manifest") for name in names):
            names = names + ["manifest.json", "manifest.sha256"]
        check(any(name in complaint for name in names), what, "is not named:", complaint)
        written = [path for path in home.rglob("*") if path.is_file()] if home.exists() else []
        check(not written, what, "was refused, but there is", written)
    say(DAMAGED, "damaged backups refused, each by the name of a file, nothing written")


def main():
    with program() as random:
        story, pictures = Story(), small_xrays(8, random)
        service = Service(HOME)
        service.start()
        client, ids, lock = service.client(), [], threading.Lock()
        workers = [service.client() for _ in range(4)]

        def work(number, turn):
            reply = workers[number].predict(pictures[(number + turn) % len(pictures)], f"P-{number}-{turn % 5}").expect(201)
            with lock:
                ids.append(reply.json["id"])

        with Crowd(4, work):
            time.sleep(0.5)
            early = client.post("/v1/backups").expect(200, 201).json
            story.add("BackupTaken", early["name"])
            swap_models(client, story)
            second = answer(HOME, "backup", "--out", SCRATCH / "by-command")
            story.add("BackupTaken", second["name"])
            refusals = change_keys(service, client, story, pictures[0])
        say(len(ids), "predictions under load, two backups at", early["size"], "and", second["size"], "entries,", refusals,
            "refusals of ended keys")
        service.stop()
        story.add("ServiceStopped")
        final = answer(HOME, "backup")
        story.add("BackupTaken", final["name"])
        survived = SCRATCH / "survived"
        shutil.copy2(HOME / "lock/checkpoint", survived)
        check_verified(HOME)

        # Live: the lock that survived stands where the last backup ends.
        sample = random.sample(ids, min(len(ids), 20))
        home, report = restore(final["path"], "live", survived)
        check_verified(home)
        check_restored(home, report, final["path"], "live", sample)
        story.add("RestoreCompleted")
        check_verified(home)
        with Service(home) as restored:
            restored.administrator = service.administrator
            again = restored.client()
            for prediction in sample[:5]:
                picture = again.get(f"/v1/predictions/{prediction}/image").expect(200).body
                check(picture in pictures, "a restored picture is another one")
            again.predict(pictures[0], "P-0-0").expect(201)
            story.check(again.timeline())
            told = check_refusals([event["envelope"] for event in again.events()], refusals)
        check_verified(home)
        say("restored live; the timeline tells", len(story.lines), "changes in order and", told, "refusals")

        # Read-only: without the lock nobody knows what was acknowledged later.
        picture = SCRATCH / "picture.jpeg"
        picture.write_bytes(pictures[1])
        home, report = restore(final["path"], "read-only")
        check_restored(home, report, final["path"], "read-only", sample)
        check_verified(home)
        refused_to_write(home, picture, "read-only")
        # Behind: the lock knows of entries that an older backup has not.
        home, report = restore(early["path"], "behind", survived)
        check(report["state"] == "behind", "an older backup is restored as", report["state"])
        refused_to_write(home, picture, "behind")
        named = {finding["code"] for finding in answer(home, "verify", status=1)["findings"]}
        check(named == {"behind"}, "verify of a log that is behind finds", named)
        say("restored without the lock: read-only; from an older backup: behind")

        _, complaint = restore(final["path"], "live", survived, status=1)
        check("home-not-empty" in complaint, "a restore into a home in use says", complaint)
        check_damaged(final["path"], survived, random)


main()
