"""Yesterday's database over today's lock, as operations meet it: what the service still does, what it says, and the two
ways on, by tiles or a backup, and by a new origin."""

import json
import shutil
import signal
import subprocess
import time

from harness import (BINARY, SCRATCH, Crowd, Service, answer, check, check_verified, command, environment, locked, program,
                     say, scaled, small_xrays, verify)

HOME = SCRATCH / "home"
DATABASE = ("cxrledger.db", "cxrledger.db-wal")
TAIL = scaled(20_000, 2_500)
KILLS = scaled(40, 6)


class AnyHealth(Service):
    """A service that may say that it is not healthy."""

    def health(self):
        try:
            return self.client().get("/health").json
        except OSError:
            return None


def copy_database(source, target):
    target.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        (target / f"cxrledger.db{suffix}").unlink(missing_ok=True)
    for name in DATABASE:
        if (source / name).exists():
            shutil.copy2(source / name, target / name)


def size_and_root(home):
    report = verify(home)
    return report["size"], report["root"], {finding["code"] for finding in report["findings"]}


def make_tail(service, pictures):
    """What happens after yesterday: predictions, and many small events."""
    client = service.client()
    ids = [client.predict(picture, f"P-{number}").expect(201).json["id"] for number, picture in enumerate(pictures)]
    clients = [service.client() for _ in range(8)]
    left = [TAIL // 8] * 8

    def work(number, _):
        if left[number] <= 0:
            time.sleep(0.05)
            return
        left[number] -= 1
        clients[number].get("/v1/events/0").expect(200)

    with Crowd(8, work):
        while any(count > 0 for count in left):
            time.sleep(0.1)
    return ids


def refused(reply, code):
    problem = reply.expect(503).json
    check(problem["code"] == code, "refused with", problem["code"], "instead of", code)
    return problem["detail"]


def names_way_on(text, *words):
    for word in ("BEHIND", "cxrledger log recover", *words):
        check(word in text, "nobody is told", word, "by:", text)


def check_behind(service, kept, lost, picture):
    """What a log that is BEHIND does and says; answers with how many reads were kept for later."""
    client = service.client()
    health = client.get("/health").expect(503).json
    names_way_on(health["checks"]["lock"]["message"], "cxrledger log new-origin")
    names_way_on(refused(client.predict(picture), "behind"))
    for path in ("/v1/events", "/v1/timeline", "/v1/events/0", f"/v1/predictions/{kept[0]}/passport",
                 "/v1/log/proof/inclusion?entry=0"):
        names_way_on(refused(client.get(path), "behind"))
    names_way_on(refused(client.post("/v1/credentials", {"role": "clinician", "name": "new"}), "behind"))
    names_way_on(refused(client.post("/v1/backups"), "behind"))
    reads = 0
    for prediction in kept:
        client.get(f"/v1/predictions/{prediction}").expect(200)
        client.get(f"/v1/predictions/{prediction}/image").expect(200)
        reads += 2
    page = client.get("/v1/predictions", limit=500).expect(200).json
    found = {line["id"] for line in page["predictions"]}
    check(page.get("missing", 0) >= len(lost), "the list does not say that", len(lost), "predictions are missing:", page.get("missing"))
    check(found == set(kept), "a log that is BEHIND lists", len(found), "predictions instead of", len(kept))
    for prediction in lost[:2]:
        client.get(f"/v1/predictions/{prediction}").expect(404)
    waiting = client.get("/health").json["checks"]["spool"]["message"]
    check(waiting.startswith(f"{reads + 1} reads wait"), "the spool says", waiting)
    done = command(service.home, "predict", SCRATCH / "picture.jpeg", status=1)
    names_way_on(done.stderr.decode())
    names_way_on(command(service.home, "verify", status=1).stdout.decode())
    return reads + 1


def check_refusal(home, code, *words):
    before = size_and_root(home)
    complaint = command(home, "log", "recover", *words, "--json", status=1).stderr.decode()
    check(json.loads(complaint)["code"] == code, "log recover", *words, "says", complaint)
    check(size_and_root(home) == before, "a refused recovery changed the log")
    return json.loads(complaint)["detail"]


def recover_under_kills(home, random):
    """Kills the recovery at random moments, until it is done by itself; answers with how often it was killed."""
    for number in range(KILLS):
        process = subprocess.Popen(
            [BINARY, "log", "recover"], env=environment(home), cwd=SCRATCH, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        try:
            process.wait(random.uniform(0.02, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stderr.close()
            size, _, codes = size_and_root(home)
            check(size <= locked(home)[0] and codes <= {"behind", "published"}, "a killed recovery left", size, codes)
            continue
        complaint = process.stderr.read().decode()
        process.stderr.close()
        check(process.returncode == 0 or "not-behind" in complaint, "the recovery ended with", complaint)
        return number
    command(home, "log", "recover", status=None)
    return KILLS


def by_tiles(kept, lost, pictures, random, due):
    """The service runs all the time, before, while and after it is recovered."""
    with AnyHealth(HOME) as service:
        service.administrator = kept["key"]
        reads = check_behind(service, kept["ids"], lost, pictures[0])
        tiles = HOME / "tlog"
        tiles.rename(HOME / "tlog.away")
        check_refusal(HOME, "recovery-source-missing")
        check_refusal(HOME, "recovery-source-missing", "--from", SCRATCH / "nowhere")
        (HOME / "tlog.away").rename(tiles)
        missing = check_refusal(HOME, "recovery-source-short", "--from", kept["tiles"])
        check("are not there" in missing and "new-origin" in missing, "a source that ends early says", missing)
        killed = recover_under_kills(HOME, random)
        for _ in range(200):
            health = service.health()
            if health["healthy"] and health["checks"]["spool"]["message"] == "empty":
                break
            time.sleep(0.05)
        check(health["healthy"], "after the recovery the service says", health["checks"])
        client = service.client()
        events = [event["envelope"] for event in client.events(due[0])]
        told = [event for event in events if event["type"] == "LogRecovered"]
        check(len(told) == 1 and told[0]["payload"]["root"] == due[1], "the log tells of", told)
        check(told[0]["payload"]["from"] == kept["size"] and told[0]["payload"]["to"] == due[0], "recovered", told)
        spooled = [event for event in events if event["type"] == "SpoolAppended"]
        check(sum(event["payload"]["records"] for event in spooled) == reads, "of", reads, "reads the log tells", spooled)
        for prediction in lost:
            client.get(f"/v1/predictions/{prediction}").expect(200)
        client.predict(pictures[0]).expect(201)
    check_verified(HOME)
    say("recovered from tiles to", due[0], "entries, root", due[1][:16], "after", killed, "kills;", reads,
        "reads that were kept meanwhile are in the log")


def by_new_origin(home, kept, pictures):
    """The tail is nowhere."""
    shutil.rmtree(home / "tlog")
    check_refusal(home, "recovery-source-missing")
    new = SCRATCH / "successor"
    words = ["log", "new-origin", "--into", new, "--reason", "the disk is gone"]
    command(home, *words, status=2)
    check(not new.exists(), "a ceremony that nobody confirmed left something")
    report = json.loads(command(home, *words, "--yes", "--json").stdout)
    check(report["predecessor"]["acknowledged"] == locked(home)[0], "the ceremony says", report)
    lines = {line["name"]: line for line in check_verified(new)["checks"]}
    check(report["predecessor"]["origin"] in lines["predecessor"]["detail"], "verify says", lines["predecessor"])
    with Service(new) as service:
        service.administrator = kept["key"]
        client = service.client()
        first = client.get("/v1/events/0").expect(200).json["envelope"]["payload"]["succeeds"]
        check(first["size"] == locked(home)[0] and first["reason"] == "the disk is gone", "the first entry names", first)
        client.predict(pictures[0], "P-kept-0").expect(201)
    check_verified(new)
    for words in (["log", "recover"], ["log", "new-origin", "--into", SCRATCH / "third", "--reason", "again", "--yes"]):
        complaint = command(home, *words, status=1).stderr.decode()
        check("log-frozen" in complaint, words, "on a frozen log says", complaint)
    command(home, "predict", SCRATCH / "picture.jpeg", status=1)
    answer(home, "predictions", "show", kept["ids"][0])
    check({finding["code"] for finding in verify(home)["findings"]} == {"behind"}, "the frozen log is damaged")
    say("without its tail refused until a new origin was begun, which knows keys, models and patients; the old is frozen")


def main():
    with program() as random:
        pictures = small_xrays(6, random)
        (SCRATCH / "picture.jpeg").write_bytes(pictures[0])
        with Service(HOME) as service:
            client = service.client()
            ids = [client.predict(picture, f"P-kept-{number}").expect(201).json["id"] for number, picture in enumerate(pictures)]
            key = service.administrator
        kept = {"ids": ids, "key": key, "size": check_verified(HOME)["size"], "tiles": SCRATCH / "yesterday.tlog"}
        copy_database(HOME, SCRATCH / "yesterday")
        yesterday = time.time()
        shutil.copytree(HOME / "tlog", kept["tiles"])
        with Service(HOME) as service:
            service.administrator = key
            lost = make_tail(service, pictures)
        check_verified(HOME)
        # The event of a backup that is taken by the command line is not published yet.
        shutil.copytree(HOME / "tlog", SCRATCH / "short.tlog")
        backup = answer(HOME, "backup")
        command(HOME, "log", "publish")
        lost_home, due = SCRATCH / "lost", locked(HOME)
        copy_database(SCRATCH / "yesterday", HOME)
        shutil.copytree(HOME, lost_home)
        check("the last 1 are not there" in check_refusal(HOME, "recovery-source-short", "--from", SCRATCH / "short.tlog"),
              "a source that lacks one entry is not refused for that")
        shutil.copytree(HOME, SCRATCH / "from-backup")
        for picture in (SCRATCH / "from-backup/images").rglob("*"):  # those of the lost entries
            if picture.is_file() and picture.stat().st_mtime > yesterday:
                picture.unlink()
        report = answer(SCRATCH / "from-backup", "log", "recover", "--from", backup["path"])
        check((report["to"], report["root"]) == due, "recovered from a backup", report, "instead of", due)
        check_verified(SCRATCH / "from-backup")
        say("recovered from a backup, with its pictures, to", report["to"], "entries")
        by_tiles(kept, lost, pictures, random, due)
        by_new_origin(lost_home, kept, pictures)


main()
