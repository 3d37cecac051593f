"""Go's golang.org/x/mod/sumdb/note and tlog, as Debian packs them, judge what lies on disk: key, checkpoint, tiles, and
proofs at sizes up to that of the log, each as it is and changed."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from harness import ROOT, SCRATCH, Crowd, Service, answer, check, command, program, say, scaled, small_xrays

HOME = SCRATCH / "home"
EVENTS = scaled(70_000, 5_000)
INCLUSIONS = scaled(5_000, 1_000)
CONSISTENCIES = scaled(1_000, 200)
FILES = 20


def build():
    """Compiles the judge against Debian's packages, without a network."""
    tool = SCRATCH / "tlog"
    settings = os.environ | {
        "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOPROXY": "off",
        "GOCACHE": str(SCRATCH / "go-cache")}
    subprocess.run(["go", "build", "-o", tool, "./Tests/judges/tlog"], cwd=ROOT, env=settings, check=True)
    return tool


def fill(client, clients, prediction):
    """Looks at a prediction until the log is long enough: each view is an event."""
    def read(number, _):
        for _ in range(20):
            clients[number].get(f"/v1/predictions/{prediction}/proof").expect(200)

    with Crowd(len(clients), read) as crowd:
        while client.get("/health").json["chain"]["last_index"] < EVENTS:
            check(not crowd.errors, "reading failed:", crowd.errors)


def sizes(random, end):
    """The corners, then anything."""
    corners = [size for power in range(1, 17) for size in (2 ** power - 1, 2 ** power, 2 ** power + 1) if size <= end]
    yield from [1, end] + corners
    while True:
        yield random.randrange(1, end + 1)


def write_proofs(client, folder, end, random):
    """What the service proves, as it proves it; files against the checkpoint, lines for every other size."""
    chosen = sizes(random, end)
    with open(folder / "proofs.jsonl", "w", encoding="ascii") as lines:
        for _ in range(INCLUSIONS):
            size = next(chosen)
            index = random.choice([0, size - 1, random.randrange(size)])
            view = client.get("/v1/log/proof/inclusion", entry=index, size=size).expect(200).json
            lines.write(json.dumps({"kind": "inclusion"} | view) + "\n")
        chosen = sizes(random, end)
        for _ in range(CONSISTENCIES):
            size = next(chosen)
            view = client.get("/v1/log/proof/consistency", from_=random.randrange(1, size + 1), to=size).expect(200).json
            lines.write(json.dumps({"kind": "consistency"} | view) + "\n")


def write_files(folder, end, random):
    (folder / "proofs").mkdir()
    for index in [0, end - 1] + random.sample(range(1, end - 1), FILES - 2):
        proof = command(HOME, "log", "prove", index).stdout
        (folder / f"proofs/{index}.tlog-proof").write_bytes(proof)


def judge(tool, folder):
    done = subprocess.run([tool, folder], capture_output=True, text=True, timeout=500, check=False)
    check(done.returncode == 0, "Go refuses", folder, done.stderr)
    return json.loads(done.stdout)


def is_read(path):
    """Whether a client reads the file now: not an unfinished tile that a longer one has superseded."""
    if path.parent.suffix != ".p":
        return True
    return not path.parent.with_suffix("").exists() and int(path.name) == max(int(other.name) for other in path.parent.iterdir())


def refuses_damage(tool, folder, random):
    """Files with one bit changed: every tile and every bundle counts."""
    for kind in ("tile/0", "tile/1", "tile/entries"):
        path = random.choice([path for path in (folder / "log" / kind).rglob("*") if path.is_file() and is_read(path)])
        data = path.read_bytes()
        place = random.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1:])
        done = subprocess.run([tool, folder], capture_output=True, text=True, timeout=500, check=False)
        check(done.returncode == 1, "Go accepts", path, "with byte", place, "changed")
        path.write_bytes(data)


def published(end):
    """The folder that the service publishes to, once it holds so many entries."""
    for _ in range(300):
        checkpoint = HOME / "tlog/checkpoint"
        if checkpoint.exists() and int(checkpoint.read_text().split("\n")[1]) >= end:
            return HOME / "tlog"
        time.sleep(0.1)
    raise AssertionError(f"the tree of {end} was not published")


def main():
    with program() as random:
        tool, picture = build(), small_xrays(1, random)[0]
        folder = SCRATCH / "judged"
        folder.mkdir()
        with Service(HOME) as service:
            client = service.client()
            prediction = client.predict(picture).expect(201).json["id"]
            fill(client, [service.client() for _ in range(16)], prediction)
            write_files(folder, EVENTS, random)
            backup = answer(HOME, "backup")
            end = int((Path(backup["path"]) / "checkpoint").read_text().split("\n")[1])
            check(end >= EVENTS, "the log has", end, "entries")
            write_proofs(client, folder, end, random)
            shutil.copytree(published(end), SCRATCH / "published")
        (folder / "vkey").write_bytes(command(HOME, "log", "vkey").stdout)
        for name, place in (("backup", backup["path"]), ("published", SCRATCH / "published")):
            shutil.rmtree(folder / "log", ignore_errors=True)
            shutil.copytree(place, folder / "log")
            verdict = judge(tool, folder)
            check(verdict["inclusion"] == INCLUSIONS and verdict["consistency"] == CONSISTENCIES, verdict)
            check(verdict["files"] == FILES and verdict["size"] >= end, verdict)
            say(f"{name}: Go accepts {INCLUSIONS} inclusion and {CONSISTENCIES} consistency proofs in a log of {verdict['size']},",
                f"and refuses {verdict['refused']} changed ones")
            refuses_damage(tool, folder, random)
            say(f"{name}: and the files with a bit changed")


main()
