"""Exports made by hand from docs/formats.md: our verifier accepts what another program wrote, and judges keys that were
rotated, retired, stolen or never certified, witnesses that signed or did not, time stamps, and logs that broke their own
rules, as the verifier in Python does."""

from evidence import b64, canonical, raw
from export_judges import Judges
from export_maker import Log, cosign, key_id, secret, vkey
from export_parts import passport_changes
from harness import LONG, SCRATCH, program, say


class Cases:
    def __init__(self):
        self.judges, self.count = Judges(), 0
        (SCRATCH / "held").mkdir()

    def hold(self, name, content):
        path = SCRATCH / "held" / name
        path.write_text(content)
        return path

    def judge(self, name, due, log, *grades, held=None, more=(), **options):
        """Exports a log in each grade and has both verifiers judge it."""
        self.count += 1
        root = held or self.hold(f"{self.count}.pub", b64(raw(log.root.public_key())) + "\n")
        for grade in grades or ("complete", "authentic"):
            folder = log.export(SCRATCH / f"made-{self.count}-{grade}", grade, self.judges.python, **options)
            expected = due[grade] if isinstance(due, dict) else due
            self.judges.judge((name, grade), {expected}, [folder, "--expect", root, *more])


def plain(cases):
    log = Log("plain").fill(40)
    for size in (1, 2, 7, 8, 33, 41):
        cases.judge(f"a tree of {size}", "verified", log, size=size)
    for start, end in ((0, 41), (3, 9), (8, 16), (40, 41), (0, 1), (5, 40)):
        cases.judge(f"[{start}, {end})", "verified", log, start=start, end=end)
        cases.judge(f"[{start}, {end}) of one type", "verified", log, start=start, end=end, filters={"type": "PredictionRecorded"})
    for filters in ({"actor": "a1"}, {"actor": "c,\r\n"}, {"subject": "s_2"}, {"model": "ab"}, {"stream": "prediction/3"},
                    {"stream": "none"}, {"type": "PredictionRecorded", "subject": "s_0", "actor": "a0"}):
        cases.judge(f"{filters}", "verified", log, filters=filters)
    since, until = "2026-11-01T00:00:10.000000Z", "2026-11-01T00:00:20.000000Z"
    for start, end, due in ((0, 41, "verified"), (8, 20, "verified"), (9, 20, "grade"), (8, 19, "grade"), (9, 41, "grade")):
        cases.judge(f"a time in [{start}, {end})", due, log, "complete", start=start, end=end, filters={"since": since, "until": until})
    cases.judge("a time", "verified", log, "authentic", filters={"since": since, "until": until})
    for size in (1, 16, 40, 41):
        held = cases.hold(f"checkpoint-{size}", log.note(size))
        cases.judge(f"a checkpoint of {size}, named", "verified", log, held=held, known=[size])
        due = {"complete": "verified", "authentic": "verified" if size == 41 else "expectation-checkpoint"}
        cases.judge(f"a checkpoint of {size}, not named", due, log, held=held)
        cases.judge(f"a checkpoint of {size}, in a range", due["authentic"], log, "complete", held=held, start=1)
    cases.judge("a checkpoint of the future", "expectation-checkpoint", log, held=cases.hold("future", log.note()), size=30)
    other = Log("plain").fill(10)
    other.append("Logout", "security", {"credential": "x"})
    other.fill(20)
    for size in (12, 20, 32):
        held = cases.hold(f"fork-{size}", other.note(size))
        cases.judge(f"a split view at {size}", "expectation-checkpoint", log, held=held, known=[size])
    cases.judge("the same, before they parted", "verified", log, held=cases.hold("before", other.note(9)), known=[9])


def life_of_keys(cases):
    """Rotation, retirement, compromise; and what a root never certified."""
    def rotated(name, retire=True, **options):
        log = Log(name).fill(5)
        old, log.event = log.event, secret(name + "event 2")
        log.certify(event=log.event, **options)
        if retire:
            log.append("KeyRetired", "keys", {"key": key_id(old), "purpose": "event", "reason": "old"})
        return log.fill(4), old

    log, old = rotated("rotated")
    cases.judge("a rotated event key", "verified", log)
    cases.judge("a rotated event key, in a range", "verified", log, start=7)
    cases.judge("a manifest by a key that is certified after its tree", "manifest-signature", log, size=6)
    cases.judge("a manifest by the old key", "manifest-signature", log, key=old)
    cases.judge("a manifest by a key of nobody", "manifest-signature", log, key=secret("nobody"))
    log, old = rotated("stolen root", root=secret("another root"))
    cases.judge("a key that another root certified", "keys", log)
    log, old = rotated("later", retire=False, valid_from=8)
    cases.judge("an entry by a key that does not count yet", "keys", log)
    log = Log("late").fill(5)
    fresh = secret("late event 2")
    log.certify(event=fresh, valid_from=9)
    log.fill(1)
    log.event = fresh
    cases.judge("a key that counts later than it is certified", {"complete": "entry-key", "authentic": "entry-key"}, log.fill(1))
    log = Log("right").fill(5)
    log.certify(event=fresh, valid_from=9)
    log.fill(2)
    cases.judge("a manifest by the key of the next entry", "verified", log, key=fresh)
    log.event = fresh
    cases.judge("a key that counts from its time on", "verified", log.fill(4))
    log, old = rotated("back")
    log.append("PredictionRecorded", "prediction/9", {}, key=old)
    cases.judge("an entry by a retired key", "entry-key", log)
    log, old = rotated("again")
    log.event = old
    log.certify(event=old)
    cases.judge("a retired key certified again", "keys", log)
    log = Log("alone").fill(3)
    log.append("KeyRetired", "keys", {"key": key_id(log.event), "purpose": "event", "reason": "gone"})
    cases.judge("a key retired without a successor", "keys", log)
    log = Log("elsewhere").fill(3)
    log.append("KeyCompromised", "security", {"from": 1, "key": key_id(log.event), "purpose": "event", "reason": "x"})
    log.fill(2)
    log.append("Logout", "keys", {"credential": "x"})
    cases.judge("another event in the stream of keys", "verified", log)
    for purpose in ("event", "checkpoint"):
        log = Log("stolen " + purpose).fill(9)
        stolen = log.event if purpose == "event" else log.checkpoint
        fresh = secret(purpose + " fresh")
        setattr(log, purpose, fresh)
        log.certify(**{purpose: fresh})
        log.append("KeyCompromised", "keys", {"from": 4, "key": key_id(stolen), "purpose": purpose, "reason": "stolen"})
        log.fill(3)
        due = "compromised" if purpose == "event" else "verified"
        cases.judge(f"a stolen {purpose} key", due, log)
        cases.judge(f"a stolen {purpose} key, after it", "verified", log, start=11)
        cases.judge(f"a stolen {purpose} key, before it was used", "verified", log, start=0, end=4)
        log.append("KeyCompromised", "keys", {"from": 2, "key": key_id(fresh), "purpose": purpose, "reason": "as well"})
        cases.judge(f"the current {purpose} key stolen", "compromised", log)
        cases.judge(f"the current {purpose} key stolen, of a range before", "compromised", log, start=0, end=2)


def witnesses(cases):
    log = Log("witnessed").fill(20)
    keys = {name: secret(name) for name in ("one", "two", "three")}
    lines = [f"log {vkey(log.origin, log.checkpoint)}"] + [
        f"witness {name} {vkey(name + '.example', key, 4)}" for name, key in keys.items()]

    def policy(*rules):
        return "\n".join([*lines, *rules]) + "\n"

    def note(*names):
        return log.note(witnesses=[(name + ".example", keys[name]) for name in names])

    two = policy("group most 2 one two three", "quorum most")
    for names, due in (((), "policy"), (("one",), "policy"), (("one", "three"), "verified"), (("one", "two", "three"), "verified"),
                       (("one", "one"), "policy")):
        cases.judge(f"two of three: {names}", due, log, policy=two, note=note(*names))
        mine = cases.hold(f"policy-{len(names)}-{due}", two)
        cases.judge(f"two of three, my policy: {names}", due, log, note=note(*names), more=("--policy", mine))
    nested = policy("group pair all one two", "group some any pair three", "quorum some")
    for names, due in ((("one",), "policy"), (("one", "two"), "verified"), (("three",), "verified")):
        cases.judge(f"groups in groups: {names}", due, log, policy=nested, note=note(*names))
    text = note().partition("\n\n")[0] + "\n"
    wrong = note() + cosign(text.replace("21", "22"), "one.example", keys["one"], 1_800_000_000)
    cases.judge("a cosignature of another tree", "policy", log, policy=policy("quorum none"), note=wrong)
    late = note() + cosign(text, "one.example", keys["one"], 1 << 63)
    cases.judge("a cosignature from beyond time", "policy", log, policy=policy("quorum none"), note=late)
    unknown = note() + cosign(text.replace("21", "22"), "four.example", secret("four"), 1_800_000_000)
    cases.judge("a cosignature of a stranger", "verified", log, policy=policy("quorum one").replace("quorum one", "quorum none"), note=unknown)
    cases.judge("a policy for another log", "policy", log, policy=f"log {vkey('other', log.checkpoint)}\nquorum none\n")
    # Then the log's own key counts, as the pinned root certified it.
    cases.judge("a policy without a log", "verified", log, policy="quorum none\n")
    bare = cases.hold("bare.policy", policy("quorum two").split("\n", 1)[1])
    cases.judge("the reader's policy without a log", "policy", log, more=("--policy", bare))
    cases.judge("the reader's policy without a log, met", "verified", log, more=("--policy", bare), note=note("two"))
    for number, bad in enumerate((
            "", "quorum none", "quorum\n", "quorum nobody\n", "quorum none\nquorum none\n", "log x\nquorum none\n", "witness one\nquorum none\n",
            "group g 1\nquorum none\n", "group g 1 none\nquorum none\n", "something\nquorum none\n", "quorum none\r\n",
            policy("group g 0 one", "quorum g"), policy("group g 3 one two", "quorum g"), policy("group g 01 one", "quorum g"),
            policy("group g any one one", "quorum g"), policy("group g any one", "group h any one", "quorum h"), policy("group one any two", "quorum one"),
            policy(lines[1], "quorum one"), policy(lines[1].replace("one ", "five "), "quorum five"), policy(lines[0], "quorum none"),
            policy("quorum none").replace("witness one", "log"), policy("group g any h", "group h any one", "quorum g"))):
        if bad:
            cases.judge(f"no policy: {number}", "malformed", log, "complete", policy=bad)
    for number, odd in enumerate((
            "\n\n# a comment\n\t quorum \t none \n" + lines[0] + "\n", policy("  # none", "quorum three").replace(" one", "\tone"))):
        due = "verified" if number == 0 else "policy"
        cases.judge(f"an odd policy: {number}", due, log, "complete", policy=odd)


def stamps(cases):
    log = Log("stamped").fill(9)
    log.stamp(8)
    log.fill(3)
    log.stamp(12)
    cases.judge("time stamps", "verified", log)
    for name, fields in (("size", {"size": 7}), ("root", {"root": "00" * 32}), ("checkpoint", {"checkpoint": b64(Log("other").fill(9).note(8).encode())}),
                         ("checkpoint", {"checkpoint": b64(b"x")})):
        log = Log("wrongly stamped").fill(9)
        log.stamp(8, **fields)
        known = [fields["size"]] if "size" in fields else [8]
        cases.judge(f"a time stamp with another {name}", "consistency", log.fill(2), known=known)


def broken(cases):
    """Logs that signed what no log may sign."""
    def with_entry(due, name, /, *, key=None, **fields):
        log = Log(name).fill(6)
        log.append("Logout", "security", {"credential": "x"}, key=key, **fields)
        cases.judge(name, due, log.fill(6))

    with_entry("order", "a clock that goes back", recorded_at="2026-11-01T00:00:01.000000Z")
    with_entry({"complete": "stream-hole", "authentic": "verified"}, "a version left out", version=4, previous="00" * 32)
    with_entry({"complete": "stream-hole", "authentic": "verified"}, "a stream that begins later", version=1, previous="00" * 32)
    with_entry("entry-key", "an entry of another log", log="cxrledger/" + "0" * 32)
    with_entry("entry-key", "an entry by the checkpoint key", key=secret("an entry by the checkpoint keycheckpoint"))
    for name, value in (("severity", "mild"), ("action", "X"), ("format", 2), ("schema", 0), ("version", -1), ("id", "x"), ("stream", "a b"),
                        ("type", ""), ("recorded_at", "2026-02-30T00:00:00.000000Z"), ("occurred_at", "2026-11-01"), ("outcome", 1),
                        ("payload", []), ("actor", {"id": "a", "kind": "robot", "roles": []}), ("service", {}), ("unknown", 1),
                        ("previous", "AB" * 32), ("subject", 7), ("correlation", None)):
        with_entry("entry-signature", f"an envelope with another {name}: {value}", **{name: value})


def passports(cases, random):
    """A passport, and every change of every field of it."""
    log, twin = (Log(name).predict(prediction, picture, 2) for name, prediction, picture in (
        ("passport", "one", b"a picture"), ("another passport", "two", b"another picture")))
    root = cases.hold("passport.pub", b64(raw(log.root.public_key())) + "\n")
    number = 0

    def judge(name, due, data, *more):
        nonlocal number
        number += 1
        path = SCRATCH / f"passport-{number}.json"
        path.write_bytes(data)
        cases.judges.judge(("passport", *name), due, [path, *(more or ("--expect", root))])

    data = log.passport("one", b"a picture")
    judge(("as it is",), {"verified"}, data)
    judge(("without its picture",), {"verified"}, log.passport("one"))
    judge(("without a review that came later",), {"verified"}, log.passport("one", size=12))
    judge(("with a line feed",), {"malformed"}, data + b"\n")
    judge(("holding nothing",), {"unanchored"}, data, "--json")
    for name, text, due in (("names no log", "quorum none\n", "unanchored"),
                            ("names the log", f"log {vkey(log.origin, log.checkpoint)}\nquorum none\n", "verified")):
        judge(("a policy that", name), {due}, data, "--policy", cases.hold("a.policy", text))
    for name, content, due in (
            ("vkey", vkey(log.origin, log.checkpoint), "verified"), ("other.vkey", vkey(twin.origin, twin.checkpoint), "expectation-root"),
            ("other.pub", b64(raw(twin.root.public_key())), "expectation-root"), ("note", log.note(), "verified"),
            ("older", log.note(5), "expectation-checkpoint"), ("own", data.decode(), "verified"), ("other", twin.passport("two").decode(), "expectation-root"),
            ("record", canonical(log.lines[5]).decode(), "unanchored"), ("other.record", canonical(log.lines[2]).decode(), "expectation-record")):
        judge(("holding", name), {due}, data, "--expect", cases.hold("held." + name, content))
    every = list(passport_changes(data, twin.passport("two", b"another picture")))
    for name, due, changed in every if LONG else random.sample(every, 400):
        if changed != data:
            judge(name, due, changed)


def main():
    with program() as random:
        cases = Cases()
        for part in (plain, life_of_keys, witnesses, stamps, broken):
            part(cases)
        passports(cases, random)
        cases.judges.finish()
        say(f"{sum(cases.judges.told.values())} exports made by hand are judged alike:", dict(cases.judges.told))


main()
