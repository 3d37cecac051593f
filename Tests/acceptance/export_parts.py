"""Exports taken apart, changed, and put together again by somebody who may or may not hold the log's event key."""

import base64
import copy
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from evidence import canonical, pae, raw, sha256

EXPORT_TYPE = "application/vnd.cxrledger.export+json"
EVENT_TYPE = "application/vnd.cxrledger.event+json"
CHOICES = [
    ("authentic", "complete"), ("human", "service"), ("success", "minor"), ("serious", "major"), ("event", "checkpoint"),
    ("informational", "low"), ("medium", "high"), ("C", "R"), ("U", "E"), ("true", "false")]


class Export:
    """The files of an export by name; changed in place."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.files = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        self.untouched = set(self.files)
        self.extras = []

    def copy(self):
        other = copy.copy(self)
        other.files, other.untouched, other.extras = dict(self.files), set(self.untouched), list(self.extras)
        return other

    @property
    def manifest(self):
        return json.loads(self.files["manifest.json"])

    def put(self, name, data):
        """Puts a file, or takes it away."""
        self.untouched.discard(name)
        if data is None:
            self.files.pop(name, None)
        else:
            self.files[name] = data
        return self

    def put_json(self, name, value):
        return self.put(name, canonical(value))

    def lines(self, name):
        return [json.loads(line) for line in self.files[name].splitlines()]

    def put_lines(self, name, values):
        return self.put(name, b"".join(canonical(value) + b"\n" for value in values))

    def change_manifest(self, **fields):
        return self.put_json("manifest.json", self.manifest | fields)

    def digest_again(self):
        """Makes the manifest list the files as they are now: what anybody can do."""
        manifest = self.manifest
        for file in manifest["files"]:
            if (data := self.files.get(file["path"])) is not None:
                file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        return self.put_json("manifest.json", manifest)

    def sign_again(self, key):
        """Signs the manifest: what only somebody with the log's event key can do."""
        return self.put_json("manifest.sig.json", {
            "keyid": sha256(raw(key.public_key())).hex(),
            "sig": base64.b64encode(key.sign(pae(EXPORT_TYPE, self.files["manifest.json"]))).decode()})

    def render_again(self, verifier):
        """Makes both renderings of the entries that are there now."""
        manifest = self.manifest
        places = [line["index"] for line in self.lines("proofs.jsonl")] if "proofs.jsonl" in self.files else None
        entries = [
            verifier.Entry(line, "entry", places[n] if places else manifest["from"] + n)
            for n, line in enumerate(self.lines("entries.jsonl"))]
        rows = [verifier.cells(entry) for entry in entries if verifier.matches(entry, manifest["filters"])]
        csv = verifier.record(verifier.FORMS["columns"]) + b"".join(map(verifier.record, rows))
        page = verifier.page_head(manifest) + "".join(verifier.row("td", row) for row in rows).encode()
        return self.put("entries.csv", csv).put("report.html", page + b"</table>\n</body>\n</html>\n")

    def write(self, folder):
        """Writes it; files that nobody touched are links."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, data in self.files.items():
            if name in self.untouched:
                os.link(self.folder / name, folder / name)
            else:
                (folder / name).write_bytes(data)
        for make in self.extras:
            make(folder)


def unb64(text):
    """The bytes of strict Base64; None for any other text."""
    if not re.fullmatch("([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?", text) or len(text) < 4:
        return None
    data = base64.b64decode(text)
    return data if base64.b64encode(data).decode() == text else None


def other(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return None
    for pair in CHOICES:
        if value in pair:
            return pair[1 - pair.index(value)]
    if re.fullmatch("([0-9a-f]{2})+", value) or re.fullmatch("[0-9a-f-]{36}", value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z", value):
        return value[:-2] + ("0Z" if value[-2] != "0" else "1Z")
    if (data := unb64(value)) is not None and len(value) >= 40:
        return base64.b64encode(bytes([data[0] ^ 1]) + data[1:]).decode()
    return value + "x"


def at(value, path):
    """What stands at a path; None when nothing does."""
    for step in path:
        if isinstance(value, list) and not (isinstance(step, int) and step < len(value)):
            return None
        if isinstance(value, dict) and step not in value:
            return None
        if not isinstance(value, (dict, list)):
            return None
        value = value[step]
    return value


def changed(value, path, content):
    """A copy with something else at a path."""
    if not path:
        return content
    result = copy.copy(value)
    result[path[0]] = changed(value[path[0]], path[1:], content)
    return result


def removed(value, path):
    """A copy without what stands at a path."""
    parent = copy.copy(at(value, path[:-1]))
    del parent[path[-1]]
    return changed(value, path[:-1], parent)


def changes(value, twin=None, path=()):
    """Every change of every field: (path, what was done, the changed whole). `twin` is another record of the kind.

    A whole that is bytes is no canonical JSON any more.
    """
    content = at(value, path)
    if path:
        if not isinstance(content, (dict, list)) and other(content) != content:
            yield path, "changed", changed(value, path, other(content))
        yield path, "removed", removed(value, path)
        foreign = at(twin, path) if twin is not None else None
        if foreign is not None and foreign != content:
            yield path, "transplanted", changed(value, path, foreign)
    if isinstance(content, list):
        for n, item in enumerate(content):
            yield path + (n,), "duplicated", changed(value, path, content[:n + 1] + content[n:])
        if len(content) > 1 and content[::-1] != content:
            yield path, "reordered", changed(value, path, content[::-1])
    if isinstance(content, dict):
        yield path + ("zz",), "added", changed(value, path, content | {"zz": 1})
        text = canonical(value)
        for name in content:
            field = canonical({name: content[name]})[1:-1]
            yield path + (name,), "duplicated", text.replace(field, field + b"," + field, 1)
        if len(content) > 1:
            backwards = b",".join(canonical({name: content[name]})[1:-1] for name in sorted(content, reverse=True))
            yield path, "reordered", text.replace(canonical(content), b"{" + backwards + b"}", 1)
    if isinstance(content, (dict, list)):
        for step in (range(len(content)) if isinstance(content, list) else list(content)):
            yield from changes(value, twin, path + (step,))


def envelope(line):
    """The envelope in a DSSE object."""
    return json.loads(base64.b64decode(line["payload"]))


def with_envelope(line, body):
    """The DSSE object with another envelope, its signature as it was."""
    data = body if isinstance(body, bytes) else canonical(body)
    return line | {"payload": base64.b64encode(data).decode()}


def signed(line, key):
    """The DSSE object signed by a key."""
    signature = key.sign(pae(EVENT_TYPE, base64.b64decode(line["payload"])))
    return line | {"signatures": [{
        "keyid": sha256(raw(key.public_key())).hex(), "sig": base64.b64encode(signature).decode()}]}


# What is right to say of a passport in which a field was changed; `verified` where it says less, and nothing wrong.
PASSPORT = {
    "entry": {"entry-key", "entry-signature", "inclusion"}, "format": {"malformed"}, "image": {"file-digest"}, "index": {"malformed"},
    "keys": {"keys", "inclusion", "entry-key", "checkpoint-signature"}, "model": {"entry-key", "entry-signature", "inclusion", "filter"},
    "model_card": {"file-digest"}, "origin": {"keys", "expectation-root"}, "prediction": {"filter"},
    "proof": {"malformed", "inclusion", "checkpoint-signature", "keys", "expectation-root"},
    "reviews": {"entry-key", "entry-signature", "inclusion", "order", "stream-hole", "filter"}, "root_key": {"expectation-root"}}


def passport_changes(data, twin):
    """Every change of every field of a passport, also in its envelopes and in the lines of its proof: (what, codes, bytes)."""
    passport, other_passport = json.loads(data), json.loads(twin)
    for path, what, new in changes(passport, other_passport):
        field = path[0] if path else ""
        due = set(PASSPORT.get(field, set())) | {"malformed"}
        if what == "removed" and (path in (("image",), ("model_card",)) or path == ("reviews", len(passport["reviews"]) - 1)):
            due |= {"verified"}
        yield (*path, what), due, new if isinstance(new, bytes) else canonical(new)
    places = [("entry",), ("model", "entry")] + [
        (part, n, "entry") for part in ("keys", "reviews") for n in range(len(passport[part]))]
    for place in places:
        dsse, foreign = at(passport, place), at(other_passport, place)
        for path, what, body in changes(envelope(dsse), envelope(foreign) if foreign else None):
            due = {"keys"} if place[0] == "keys" else {"entry-signature", "entry-key"}
            yield (*place, "envelope", *path, what), due, canonical(changed(passport, place, with_envelope(dsse, body)))
    lines = passport["proof"].splitlines(True)
    for n, line in enumerate(lines):
        middle = len(line) // 2
        for what, new in (("changed", line[:middle] + ("1" if line[middle:middle + 1] != "1" else "2") + line[middle + 1:]),
                          ("removed", ""), ("doubled", line + line)):
            due = PASSPORT["proof"] | ({"verified"} if line.startswith("—") and what == "doubled" else set())
            yield ("proof", n, what), due, canonical(passport | {"proof": "".join(lines[:n] + [new] + lines[n + 1:])})
