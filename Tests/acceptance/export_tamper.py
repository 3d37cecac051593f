"""The tamper matrix: every field of every file of an export and of a passport changed, removed, duplicated, reordered and
transplanted, by somebody who changes a file, who lists it again, and who signs the manifest again with the event key. Each
is refused by `cxrledger verify-export` and by docs/verify/verify_export.py, with the same code, and the right one."""

import collections
import concurrent.futures
import json
import os
import threading

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from evidence import canonical
from export_judges import Judges
from export_parts import Export, changes, envelope, passport_changes, signed, with_envelope
from harness import LONG, SCRATCH, Service, answer, command, program, say, small_xrays

HOME, STRANGER = SCRATCH / "home", SCRATCH / "stranger"
HELD = SCRATCH / "held"
SHORT = 900  # cases of the short form, beside those that are written out below


class Matrix:
    """Collects cases, and judges them two at a time."""

    def __init__(self, judges, random):
        self.judges, self.random, self.cases = judges, random, []

    def add(self, name, due, export, *more, always=False):
        """A case: the export as it is now, and what else the verifiers are given."""
        due = due if isinstance(due, (set, tuple)) else {due}
        self.cases.append((name, set(due), export, more or ("--expect", HELD / "root.pub"), always))

    def levels(self, name, due, export, key, made, always=False):
        """A change by somebody who only changes, who lists again, and who signs again; `due` are the codes of each."""
        for level, codes in zip(("changed", "listed", "signed"), due):
            forged = made(export.copy())
            if forged is None:
                continue
            if level != "changed" and "manifest.json" in forged.files and name[1] != "manifest.json":
                forged.digest_again()
            if level == "signed":
                forged.sign_again(key)
            self.add((*name, level), codes, forged, always=always)

    def run(self):
        chosen = [case for case in self.cases if case[4]]
        rest = [case for case in self.cases if not case[4]]
        chosen += rest if LONG else self.random.sample(rest, min(SHORT, len(rest)))
        slots = [SCRATCH / f"case-{n}" for n in range(os.cpu_count() + 1)]
        free = threading.Semaphore(len(slots))
        lock = threading.Lock()

        def one(case):
            name, due, forged, more, _ = case
            with free:
                with lock:
                    slot = slots.pop()
                try:
                    place = forged
                    if isinstance(forged, Export):
                        forged.write(slot)
                        place = slot
                    elif isinstance(forged, bytes):
                        place = slot.with_suffix(".json")
                        place.write_bytes(forged)
                    self.judges.judge(name, due, [place, *more])
                finally:
                    with lock:
                        slots.append(slot)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
            list(pool.map(one, chosen))
        return len(chosen)


FORM = {"malformed"}
# What only the event key's holder can bring about, by file; those before it in the order of checks may come first.
SIGNED = {
    "entries.csv": {"rendering"}, "report.html": {"rendering"}, "checkpoint": {"checkpoint-signature"},
    "policy": {"policy"}, "known.jsonl": {"expectation-checkpoint"}, "proofs.jsonl": {"inclusion", "entry-key", "order"},
    "range.json": {"range-root", "consistency"}, "keys.jsonl": {"keys", "inclusion", "malformed"},
    "entries.jsonl": {"entry-key", "entry-signature"},
}
MANIFEST = {
    "created_at": {"rendering"}, "program": {"rendering"}, "export": {"rendering"}, "entries": {"count"},
    "matched": {"count"}, "filters": {"count", "filter", "grade", "stream-hole", "rendering"},
    "origin": {"expectation-root", "keys"}, "root": {"checkpoint-signature"}, "root_key": {"expectation-root"},
    "size": {"checkpoint-signature", "malformed"}, "grade": {"file-missing"}, "files": {"file-digest", "file-missing", "file-unlisted"},
    "from": {"range-root", "consistency", "order", "rendering", "malformed"},
    "to": {"range-root", "consistency", "order", "rendering", "malformed"}, "format": FORM,
}


def is_form(path, what, value):
    """Whether a change breaks the form, whatever else it says."""
    return what in ("removed", "added") and (not path or isinstance(path[-1], str)) or isinstance(value, bytes)


def walk_manifest(matrix, kind, export, key, twin):
    """Every field of the manifest and of its signature."""
    for path, what, value in changes(export.manifest, twin.manifest):
        data = value if isinstance(value, bytes) else canonical(value)
        name = (kind, "manifest.json", *path, what)
        field = path[0] if path else ""
        broken = FORM if is_form(path, what, value) and (len(path) == 1 or field != "filters") else set()
        due = MANIFEST.get(field, set())
        early = due & {"expectation-root", "keys", "file-missing", "file-unlisted", "file-digest"}
        after = broken or due | (FORM if field in ("files", "filters") else set())
        before = broken or early | {"manifest-signature"} | (after & FORM)
        matrix.levels(name, (before, before, after), export, key, lambda forged, data=data: forged.put("manifest.json", data))
    signature = json.loads(export.files["manifest.sig.json"])
    for path, what, value in changes(signature, json.loads(twin.files["manifest.sig.json"])):
        data = value if isinstance(value, bytes) else canonical(value)
        forged = export.copy().put("manifest.sig.json", data)
        matrix.add((kind, "manifest.sig.json", *path, what), FORM if is_form(path, what, value) else {"manifest-signature"}, forged)


def walk_value(matrix, kind, export, key, file, value, twin, put):
    """Every field of one JSON value in a file; `put` gives the file's bytes with another value."""
    for path, what, new in changes(value, twin):
        broken = is_form(path, what, new) or path[-1:] == ("payloadType",) or "signatures" in path and what in (
            "removed", "duplicated", "added")
        data = put(new)
        if data == export.files[file]:
            continue
        after = FORM if broken else SIGNED[file] | ({"malformed"} if file in ("known.jsonl", "policy") else set())
        listed = FORM if broken else {"manifest-signature"} | (after & {"keys", "malformed"})
        first = FORM if broken else {"file-digest"} | (after & {"malformed"})
        matrix.levels((kind, file, *path, what), (first, listed, after), export, key,
                      lambda forged, data=data: forged.put(file, data))


def walk_lines(matrix, kind, export, key, file, numbers, twin):
    """Every field of some lines of a file; of entries every field of their envelopes as well."""
    lines = export.lines(file)
    strangers = twin.lines(file) if file in twin.files else lines
    for number in numbers:
        def put(new, number=number):
            parts = [canonical(line) for line in lines]
            parts[number] = new if isinstance(new, bytes) else canonical(new)
            return b"".join(part + b"\n" for part in parts)

        neighbour = lines[number - 1] if number else strangers[-1]
        walk_value(matrix, kind, export, key, file, lines[number], neighbour, put)
        dsse = lines[number] if file == "entries.jsonl" else lines[number].get("entry")
        if not dsse:
            continue
        stranger = envelope(neighbour if file == "entries.jsonl" else neighbour["entry"])
        for path, what, body in changes(envelope(dsse), stranger):
            forged = with_envelope(dsse, body)
            data = put(forged if file == "entries.jsonl" else lines[number] | {"entry": forged})
            after = {"keys"} if file == "keys.jsonl" else {"entry-signature", "entry-key"}
            listed = {"keys"} if file == "keys.jsonl" else {"manifest-signature"}
            matrix.levels((kind, file, number, "envelope", *path, what), ({"file-digest"}, listed, after), export, key,
                          lambda forged, data=data: forged.put(file, data))


def whole_lines(matrix, kind, export, key, grade):
    """Lines of entries removed, doubled, swapped, transplanted; with everything around them made to fit."""
    lines, proofs = export.lines("entries.jsonl"), export.lines("proofs.jsonl") if grade == "authentic" else None
    verifier, whole = matrix.judges.python, {*export.manifest["filters"]} == {"stream"}
    tree = {"inclusion", "entry-key"} if proofs else {"range-root", "consistency", "entry-key"}

    def rebuilt(entries, places):
        """By somebody with the event key, who counts, renders, lists and signs again."""
        forged = export.copy().put_lines("entries.jsonl", [lines[n] if isinstance(n, int) else n for n in entries])
        if proofs:
            forged.put_lines("proofs.jsonl", [proofs[n] for n in places])
        shown = [line for line in forged.lines("entries.jsonl")]
        matching = sum(verifier.matches(verifier.Entry(line, ""), export.manifest["filters"]) for line in shown)
        forged.change_manifest(entries=len(shown), matched=matching)
        return forged.render_again(verifier).digest_again().sign_again(key)

    everything = list(range(len(lines)))
    # A selection without one of its entries is a selection; only a whole stream and a range know what they have.
    left_out = {"stream-hole"} if whole else {"verified"} if proofs else tree
    for n in sorted({0, len(lines) // 2, len(lines) - 1}):
        keep = everything[:n] + everything[n + 1:]
        due = {"verified"} if whole and n == len(lines) - 1 else left_out
        if keep:
            matrix.add((kind, "line", n, "removed, all made to fit"), due, rebuilt(keep, keep), always=True)
        twice = everything[:n + 1] + everything[n:]
        matrix.add((kind, "line", n, "doubled, all made to fit"), {"order"} if proofs else tree, rebuilt(twice, twice), always=True)
        if len(lines) > 1:
            swapped = list(everything)
            swapped[n], swapped[n - 1] = swapped[n - 1], swapped[n]
            matrix.add((kind, "line", n, "swapped, all made to fit"), {"order"} if proofs else tree, rebuilt(swapped, swapped), always=True)
            matrix.add((kind, "line", n, "swapped with the proofs where they were"), tree, rebuilt(swapped, everything), always=True)
            moved = list(everything)
            moved[n] = lines[n - 1]
            matrix.add((kind, "line", n, "of another record"), tree | {"order"}, rebuilt(moved, everything), always=True)
        body = envelope(lines[n])
        made_up = signed(with_envelope(lines[n], body | {"outcome_reason": "made up"}), key)
        forged = list(everything)
        forged[n] = made_up
        matrix.add((kind, "line", n, "made up and signed"), tree, rebuilt(forged, everything), always=True)
    matrix.add((kind, "tail cut, all made to fit"), {"verified"} if proofs else tree,
               rebuilt(everything[:-1], everything[:-1]), always=True) if len(lines) > 1 else None
    streams = collections.Counter(envelope(line)["stream"] for line in lines)
    stream = min(streams, key=lambda name: (streams[name] == len(lines), name == "keys", name))
    keep = [n for n in everything if envelope(lines[n])["stream"] != stream]
    if keep:
        matrix.add((kind, "a whole stream dropped, all made to fit"), {"verified"} if proofs else tree, rebuilt(keep, keep), always=True)
    if not proofs:
        for file in ("entries.jsonl",):
            for level, signs in (("changed", False), ("signed", True)):
                forged = export.copy().put(file, b"".join(export.files[file].splitlines(True)[:-1]))
                if signs:
                    forged.digest_again().sign_again(key)
                matrix.add((kind, file, "tail cut", level), tree if signs else {"file-digest"}, forged, always=True)


def whole_files(matrix, kind, export, key, twins):
    """Files removed, emptied, cut, added, and taken from other exports of this log and of another one."""
    for file in sorted(export.files):
        gone = {"file-missing"}
        for level in ("changed", "listed"):
            forged = export.copy().put(file, None)
            if level == "listed" and file not in ("manifest.json", "manifest.sig.json"):
                manifest = forged.manifest
                manifest["files"] = [item for item in manifest["files"] if item["path"] != file]
                forged.put_json("manifest.json", manifest).sign_again(key)
            matrix.add((kind, file, "removed", level), gone | ({"malformed"} if file == "manifest.json" else set()), forged, always=True)
        if export.files[file]:
            half = export.files[file][:len(export.files[file]) // 2]
            due = {"file-digest", "malformed", "manifest-signature"}
            matrix.add((kind, file, "cut in half"), due, export.copy().put(file, half), always=True)
            matrix.add((kind, file, "emptied"), due | {"file-digest"}, export.copy().put(file, b""), always=True)
            bit = bytearray(export.files[file])
            bit[matrix.random.randrange(len(bit))] ^= 1 << matrix.random.randrange(8)
            matrix.add((kind, file, "a bit flipped"), due | {"keys", "expectation-root", "file-missing", "file-unlisted"},
                       export.copy().put(file, bytes(bit)), always=True)
        for whose, twin in twins.items():
            if file in twin.files and twin.files[file] != export.files[file] and not file.startswith("manifest"):
                due = SIGNED.get(file, set()) | {"count", "order", "range-root", "consistency", "inclusion", "malformed", "verified", "rendering"}
                if file in ("timestamps.jsonl", "known.jsonl"):
                    due |= {"verified", "expectation-checkpoint"}
                matrix.levels((kind, file, "of", whose), (
                    {"file-digest", "malformed"}, {"manifest-signature", "keys", "malformed"}, due - (
                        {"verified"} if file not in ("timestamps.jsonl", "known.jsonl", "policy", "keys.jsonl") else set())),
                    export, key, lambda forged, data=twin.files[file]: forged.put(file, data), always=True)
    for name, make in (("file", lambda folder: (folder / "notes.txt").write_text("x")), ("folder", lambda folder: (folder / "more").mkdir()),
                       ("link", lambda folder: (folder / "link").symlink_to("/etc/hostname"))):
        forged = export.copy()
        forged.extras.append(make)
        matrix.add((kind, "an unlisted", name), {"file-unlisted"}, forged, always=True)
    linked = export.copy().put("policy", None)
    linked.extras.append(lambda folder: (folder / "policy").symlink_to(export.folder / "policy"))
    matrix.add((kind, "a link in place of a file"), {"file-missing", "file-unlisted"}, linked, always=True)
    extra = export.copy().put("notes.txt", b"x")
    extra.change_manifest(files=sorted(extra.manifest["files"] + [{"bytes": 1, "path": "notes.txt", "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}], key=lambda item: item["path"]))
    matrix.add((kind, "another file, listed"), {"file-unlisted"}, extra.sign_again(key), always=True)


def texts(matrix, kind, export, key):
    """Lines of the files that are no JSON: changed, removed, doubled, swapped."""
    for file in ("checkpoint", "policy", "entries.csv", "report.html"):
        lines = export.files[file].splitlines(True)
        numbers = range(len(lines)) if len(lines) < 12 else sorted(matrix.random.sample(range(len(lines)), 12))
        for n in numbers:
            line = lines[n]
            middle = len(line) // 2
            for what, new in (("changed", line[:middle] + (b"1" if line[middle:middle + 1] != b"1" else b"2") + line[middle + 1:]),
                              ("removed", b""), ("doubled", line + line)):
                data = b"".join(lines[:n] + [new] + lines[n + 1:])
                if data == export.files[file]:
                    continue
                after = SIGNED[file] | ({"malformed"} if file in ("checkpoint", "policy") else set())
                if file == "checkpoint" and what == "doubled" or file == "policy" and n == 0:
                    after = after | {"verified"}  # the same said twice, or a comment
                matrix.levels((kind, file, n, what), ({"file-digest", "malformed"}, {"manifest-signature", "malformed"}, after),
                              export, key, lambda forged, data=data, file=file: forged.put(file, data))
            if n and lines[n] != lines[n - 1]:
                data = b"".join(lines[:n - 1] + [lines[n], lines[n - 1]] + lines[n + 1:])
                after = SIGNED[file] | ({"malformed", "verified"} if file in ("checkpoint", "policy") else set())
                matrix.levels((kind, file, n, "swapped"), ({"file-digest", "malformed"}, {"manifest-signature", "malformed"}, after),
                              export, key, lambda forged, data=data, file=file: forged.put(file, data))


def relabelled(matrix, kind, export, key, complete):
    """An authentic export that calls itself complete, ever more carefully; and the other way round."""
    verifier = matrix.judges.python
    matrix.add((kind, "relabelled complete"), {"file-missing"},
               export.copy().change_manifest(grade="complete").digest_again().sign_again(key), always=True)
    forged = export.copy().put("proofs.jsonl", None).put("range.json", complete.files["range.json"])
    manifest = forged.manifest | {"grade": "complete", "from": complete.manifest["from"], "to": complete.manifest["to"]}
    manifest["files"] = [item for item in manifest["files"] if item["path"] != "proofs.jsonl"] + [
        {"bytes": 0, "path": "range.json", "sha256": ""}]
    manifest["files"].sort(key=lambda item: item["path"])
    forged.put_json("manifest.json", manifest).render_again(verifier).digest_again().sign_again(key)
    matrix.add((kind, "relabelled complete, with a range"), {"range-root", "consistency", "entry-key"}, forged, always=True)


def fill(home, random, count, administrator=None):
    """Predictions, reviews, looks and refusals; answers with the administrator's key and the reviewed predictions."""
    pictures, reviewed = small_xrays(6, random), []
    with Service(home) as service:
        administrator = administrator or service.administrator
        client = service.client(administrator)
        for n in range(count):
            prediction = client.predict(pictures[n % 6], f"P-{n % 3}" if n % 4 else None).expect(201).json
            if n % 3 == 0:
                client.post(f"/v1/predictions/{prediction['id']}/review", {"verdict": "agree"}).expect(200, 201)
                reviewed.append(prediction["id"])
            client.get("/v1/timeline", limit=3).expect(200)
        client.predict(b"no picture").expect(400, 415, 422)
        return administrator, reviewed


def export(home, *words):
    """An export, by the command line."""
    return Export(answer(home, "export", "--out", SCRATCH / "exports", *words)["path"])


def main():
    with program() as random:
        (SCRATCH / "exports").mkdir()
        HELD.mkdir()
        administrator, reviewed = fill(HOME, random, 6)
        (HELD / "old.checkpoint").write_bytes(command(HOME, "log", "checkpoint").stdout)
        fill(HOME, random, 3, administrator)
        fill(STRANGER, random, 4)
        (HELD / "root.pub").write_bytes((HOME / "keys/root.pub").read_bytes())
        (HELD / "stranger.pub").write_bytes((STRANGER / "keys/root.pub").read_bytes())
        (HELD / "vkey").write_bytes(command(HOME, "log", "vkey").stdout)
        (HELD / "stranger.vkey").write_bytes(command(STRANGER, "log", "vkey").stdout)
        (HELD / "stranger.checkpoint").write_bytes(command(STRANGER, "log", "checkpoint").stdout)
        key = load_pem_private_key((HOME / "keys/event.key").read_bytes(), None)
        known = ("--known", HELD / "old.checkpoint")
        exports = {
            "complete": export(HOME, *known), "range": export(HOME, "--from", 7, "--to", 20, *known),
            "filtered": export(HOME, "--type", "PredictionRecorded", *known),
            "authentic": export(HOME, "--grade", "authentic", "--type", "PredictionRecorded", *known),
            "stream": export(HOME, "--grade", "authentic", "--stream", "access", *known)}
        strangers = {"complete": export(STRANGER), "authentic": export(STRANGER, "--grade", "authentic", "--type", "PredictionRecorded")}
        judges = Judges()
        matrix = Matrix(judges, random)
        for kind, one in exports.items():
            build(matrix, kind, one, key, exports, strangers)
        passports(matrix, reviewed)
        count = matrix.run()
        judges.finish()
        say(f"{count} of {len(matrix.cases)} cases: both verifiers agree, for the right reason:", dict(judges.told))


def passports(matrix, predictions):
    """Every change of every field of a passport; what is transplanted comes from the passport of another prediction."""
    made = []
    for prediction in predictions[:2]:
        path = HELD / f"{prediction}.passport.json"
        command(HOME, "predictions", "passport", prediction, "--image", "--output", path)
        made.append(path.read_bytes())
    matrix.add(("passport", "as it is"), {"verified"}, made[0], always=True)
    for name, due, data in passport_changes(*made):
        if data != made[0]:
            matrix.add(("passport", *name), due, data)


def build(matrix, kind, one, key, exports, strangers):
    grade = one.manifest["grade"]
    stranger = strangers[grade]
    matrix.add((kind, "as it is"), {"verified"}, one, always=True)
    for name, due in (("root.pub", "verified"), ("vkey", "verified"), ("old.checkpoint", "verified"),
                      ("stranger.pub", "expectation-root"), ("stranger.vkey", "expectation-root"),
                      ("stranger.checkpoint", "expectation-root")):
        matrix.add((kind, "holding", name), due, one, "--expect", HELD / name, always=True)
    matrix.add((kind, "holding nothing"), {"unanchored"}, one, "--json", always=True)
    walk_manifest(matrix, kind, one, key, stranger)
    count = len(one.lines("entries.jsonl"))
    walk_lines(matrix, kind, one, key, "entries.jsonl", sorted({0, count // 2}), stranger)
    walk_lines(matrix, kind, one, key, "keys.jsonl", [0], stranger)
    if grade == "authentic":
        walk_lines(matrix, kind, one, key, "proofs.jsonl", sorted({0, count - 1}), stranger)
        relabelled(matrix, kind, one, key, exports["complete"])
    else:
        walk_value(matrix, kind, one, key, "range.json", json.loads(one.files["range.json"]), json.loads(stranger.files["range.json"]),
                   lambda new: new if isinstance(new, bytes) else canonical(new))
    texts(matrix, kind, one, key)
    whole_lines(matrix, kind, one, key, grade)
    whole_files(matrix, kind, one, key, {"another export": next(
        other for name, other in exports.items() if name != kind and other.manifest["grade"] == grade), "another log": stranger})


main()
