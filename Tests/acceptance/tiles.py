"""The published log, read by nothing of ours: whole after every kill, never smaller, in folder, object store and over HTTP."""

import http.client
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import leaf_hash, read_checkpoint, tiles, tree_root, unb64
from foreign_store import Store
from harness import SCRATCH, Crowd, Service, answer, check, check_verified, command, program, say, scaled

HOME = SCRATCH / "home"
FOLDER = SCRATCH / "published"
ROUNDS = scaled(40, 6)
CLIENTS = 8


def spell(index):
    """The number of a tile as C2SP tlog-tiles spells it."""
    groups = []
    while True:
        index, group = divmod(index, 1000)
        groups.append(("x" if groups else "") + "%03d" % group)
        if not index:
            return "/".join(reversed(groups))


class Published:
    """A place that a log is published to; `read` gives a file's bytes, or None."""

    def __init__(self, read, vkey):
        self.read = read
        name, _, key = vkey.split("+", 2)
        self.origin, self.key = name, Ed25519PublicKey.from_public_bytes(unb64(key)[1:])

    def file(self, path, width):
        """A tile or bundle of a width, also from the full one."""
        if width == 256:
            return self.read(path)
        return self.read(f"{path}.p/{width}") or self.read(path)

    def checkpoint(self):
        note = self.read("checkpoint")
        if note is None:
            return 0, None
        origin, size, root = read_checkpoint(note.decode(), self.origin, self.key)
        check(origin == self.origin, "the checkpoint is of", origin)
        return size, root

    def check(self):
        """Rebuilds the root from the bundles, and every tile from the leaves; answers with size and root."""
        size, root = self.checkpoint()
        leaves = []
        for number in range((size + 255) // 256):
            width = min(256, size - 256 * number)
            bundle = self.file("tile/entries/" + spell(number), width)
            check(bundle, "bundle", number, "is missing at size", size)
            for _ in range(width):
                length = int.from_bytes(bundle[:2], "big")
                leaves.append(leaf_hash(bundle[2:2 + length]))
                bundle = bundle[2 + length:]
        check(size == 0 or tree_root(leaves) == root, "the bundles make another root at size", size)
        for (level, index), hashes in tiles(leaves).items():
            found = self.file(f"tile/{level}/{spell(index)}", len(hashes) // 32)
            check(found and found[:len(hashes)] == hashes, "tile", level, index, "at size", size)
        return size, root


def read_file(path):
    try:
        return (FOLDER / path).read_bytes()
    except FileNotFoundError:
        return None


def load(services):
    """Clients that read the log, each of which is an event."""
    clients = [services[number % len(services)].client(services[0].administrator) for number in range(CLIENTS)]

    def work(number, turn):
        try:
            clients[number].get("/v1/events", since=turn % 3, limit=1)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)  # killed: the round goes on with the other one

    return Crowd(CLIENTS, work)


def main(random):
    store = Store()
    settings = {"TLOG_DIR": FOLDER, "TLOG_INTERVAL_MS": 200, "CXRLEDGER_SCRUB_RATE": 1000} | store.settings
    first, second = Service(HOME, **settings), Service(HOME, **settings)
    first.start()
    second.start()
    vkey = answer(HOME, "log", "vkey")["vkey"]
    places = {"folder": Published(read_file, vkey), "object store": Published(store.read, vkey)}
    seen = {name: {} for name in places}
    largest = {name: 0 for name in places}
    for number in range(ROUNDS):
        crowd = load([first, second])
        time.sleep(random.uniform(0.3, 2))
        victims = random.choice([[first], [second], [first, second]])
        for victim in victims:
            victim.kill()
        if len(victims) == 2:
            crowd.stop()
        for name, place in places.items():
            if len(victims) < 2:
                size, root = place.checkpoint()  # the other one goes on publishing
            else:
                size, root = place.check()
            check(size >= largest[name], name, "became smaller:", size, "after", largest[name])
            check(size == 0 or seen[name].setdefault(size, root) == root, name, "has two roots of size", size)
            largest[name] = size
        if len(victims) < 2:
            crowd.stop()
        for victim in victims:
            victim.start()
    say(ROUNDS, "rounds of kills, sizes published:", largest)
    second.stop()
    client = first.client()
    note = client.get("/tlog/checkpoint").expect(200).body
    first.stop()
    released = answer(HOME, "log", "checkpoint")["checkpoint"].encode()
    states = answer(HOME, "log", "publish", **settings)["publications"]
    check(all(state["size"] >= largest["folder"] for state in states), "after the end:", states)
    sizes = {name: place.check() for name, place in places.items()}
    check(sizes["folder"] == sizes["object store"], "the places differ:", sizes)
    check(read_file("checkpoint").splitlines()[0] == note.splitlines()[0] == released.splitlines()[0], "another log")
    check(not list(FOLDER.glob("tile/0/000.p/*")), "partial tiles stay beside the full one")
    check(FOLDER.stat().st_mode & 0o777 == 0o700, "others may read the folder")
    # By hand, of a copy elsewhere: the same files.
    command(HOME, "log", "publish", TLOG_DIR=SCRATCH / "again")
    size = sizes["folder"][0]
    for path in sorted(p.relative_to(SCRATCH / "again") for p in (SCRATCH / "again/tile").rglob("*") if p.is_file()):
        if ".p/" not in str(path):
            check((SCRATCH / "again" / path).read_bytes() == read_file(str(path)), path, "differs")
    with first:
        client = first.client()

        def served(path):
            reply = client.get("/tlog/" + path).expect(200, 404)
            return reply.body if reply.status == 200 else None

        check(Published(served, vkey).check()[0] >= size, "over HTTP there is less")
        metrics = client.get("/metrics").body.decode()
        check('cxrledger_publication_lag_seconds{target="s3"}' in metrics, "no lag of the object store")
        check(store.place["secret"] not in metrics + first.complaints(), "the secret is told")
    check_verified(HOME, TLOG_DIR=FOLDER)
    store.end()


with program() as random_choices:
    main(random_choices)
