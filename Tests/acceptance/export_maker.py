"""A log and its exports made by hand, in another language than ours, from docs/formats.md: with every key, and so with
every history that a log may have, or must not."""

import datetime
import hashlib
import hmac
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import (EVENT_TYPE, KEY_TYPE, b64, canonical, checkpoint_text, leaf_hash, pae, raw, sha256, sign_note,
                      tree_root, unb64)
from export_parts import EXPORT_TYPE


CARD = b'{"name":"by hand"}'


def secret(name):
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()))


def key_id(key):
    return sha256(raw(key.public_key())).hex()


def entry_of(line):
    """The stored entry of a DSSE object."""
    body, signature = unb64(line["payload"]), line["signatures"][0]
    return b"\x01" + len(body).to_bytes(4, "big") + body + b"\x01" + bytes.fromhex(signature["keyid"]) + unb64(signature["sig"])


def split(count):
    return 1 << (count - 1).bit_length() - 1


def inclusion(index, leaves):
    """RFC 6962 section 2.1.1."""
    if len(leaves) < 2:
        return []
    left, right = leaves[:split(len(leaves))], leaves[split(len(leaves)):]
    if index < len(left):
        return inclusion(index, left) + [tree_root(right)]
    return inclusion(index - len(left), right) + [tree_root(left)]


def consistency(old, leaves, whole=True):
    """RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [tree_root(leaves)]
    left, right = leaves[:split(len(leaves))], leaves[split(len(leaves)):]
    if old <= len(left):
        return consistency(old, left, whole) + [tree_root(right)]
    return consistency(old - len(left), right, False) + [tree_root(left)]


def right_edge(leaves):
    """The roots of the perfect subtrees, largest first."""
    hashes, start = [], 0
    for bit in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> bit & 1:
            hashes.append(tree_root(leaves[start:start + (1 << bit)]))
            start += 1 << bit
    return hashes


def vkey(name, key, kind=1):
    data = bytes([kind]) + raw(key.public_key())
    return f"{name}+{sha256(name.encode() + bytes([10]) + data)[:4].hex()}+{b64(data)}"


def cosign(text, name, key, time):
    """The line of a witness (C2SP tlog-cosignature)."""
    identity = sha256(name.encode() + b"\n\x04" + raw(key.public_key()))[:4]
    signature = key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    return f"— {name} {b64(identity + time.to_bytes(8, 'big') + signature)}\n"


class Log:
    """A log with all its private keys."""

    def __init__(self, name):
        self.name, self.origin = name, "cxrledger/" + hashlib.md5(name.encode()).hexdigest()
        self.root, self.event, self.checkpoint = (secret(name + part) for part in ("root", "event", "checkpoint"))
        self.lines, self.ends, self.clock = [], {}, datetime.datetime(2026, 11, 1)
        self.certify(event=self.event, checkpoint=self.checkpoint)

    def certify(self, root=None, valid_from=None, **keys):
        """Records that the root certified keys."""
        items = []
        for purpose, key in keys.items():
            certificate = canonical({
                "algorithm": "Ed25519", "key": b64(raw(key.public_key())), "log": self.origin, "purpose": purpose,
                "valid_from": len(self.lines) if valid_from is None else valid_from})
            items.append({"certificate": b64(certificate), "signature": b64((root or self.root).sign(pae(KEY_TYPE, certificate)))})
        self.append("KeysCertified", "keys", {"keys": items, "root": b64(raw(self.root.public_key()))})

    def append(self, kind, stream, payload, /, *, key=None, **fields):
        """Records an event; `fields` replaces those of the envelope, None takes one away."""
        version, previous = self.ends.get(stream, (-1, None))
        self.clock += datetime.timedelta(seconds=1)
        time, number = self.clock.isoformat(timespec="microseconds") + "Z", len(self.lines)
        envelope = {
            "action": "C", "actor": {"id": "c0ffee", "kind": "human", "roles": ["clinician", "auditor"]},
            "correlation": f"r{number}", "format": 1, "id": f"{number:08x}-ac96-774b-bcce-b302099a8057", "log": self.origin,
            "occurred_at": time, "outcome": "success", "payload": payload, "previous": previous, "recorded_at": time,
            "schema": 1, "service": {"build": "b", "host": "h", "id": "i", "version": "1"}, "severity": "low",
            "stream": stream, "type": kind, "version": version + 1} | fields
        body = canonical({name: value for name, value in envelope.items() if value is not None or name == "previous"})
        self.ends[stream] = version + 1, sha256(body).hex()
        key = key or self.event
        self.lines.append({
            "payload": b64(body), "payloadType": EVENT_TYPE,
            "signatures": [{"keyid": key_id(key), "sig": b64(key.sign(pae(EVENT_TYPE, body)))}]})
        return number

    def fill(self, count):
        """Events of several streams, with characters that tables and pages have to take care of."""
        for number in range(count):
            self.append("PredictionRecorded", f"prediction/{number % 5}", {
                "prediction": str(number), "model": {"digest": "ab"}, "text": 'é "<&\'\n\u202e\u0000'},
                subject=f"s_{number % 3}", actor={"id": f"a{number % 4}", "kind": "human", "roles": [], "credential": "c,\r\n"})
        return self

    @property
    def leaves(self):
        return [leaf_hash(entry_of(line)) for line in self.lines]

    def note(self, size=None, witnesses=(), key=None):
        """The signed checkpoint of a size, cosigned by (name, key) each."""
        size = len(self.lines) if size is None else size
        text = checkpoint_text(self.origin, size, tree_root(self.leaves[:size]))
        note = sign_note(text, self.origin, key or self.checkpoint)
        return note + "".join(cosign(text, name, witness, 1_800_000_000) for name, witness in witnesses)

    def stamp(self, stamped, **fields):
        """Records a time stamp of an earlier checkpoint; its token is nobody's."""
        self.append("CheckpointTimestamped", "publication", {
            "authority": "https://tsa.example", "checkpoint": b64(self.note(stamped).encode()),
            "root": tree_root(self.leaves[:stamped]).hex(), "size": stamped, "time": "2026-11-01T00:00:00.000000Z", "token": "AAAA"} | fields)

    def passport(self, prediction, picture=None, size=None):
        """The passport of a prediction that `predict` recorded, canonical JSON."""
        size = size or len(self.lines)
        leaves = self.leaves[:size]
        envelopes = [json.loads(unb64(line["payload"])) for line in self.lines[:size]]

        def proven(index):
            return {"entry": self.lines[index], "hashes": [b64(one) for one in inclusion(index, leaves)], "index": index}

        index, *later = [n for n, envelope in enumerate(envelopes) if envelope["stream"] == f"prediction/{prediction}"]
        model = next(n for n, envelope in enumerate(envelopes) if envelope["type"] == "ModelRegistered")
        path = "".join(b64(one) + "\n" for one in inclusion(index, leaves))
        document = {
            "entry": self.lines[index], "format": "cxrledger-passport/1", "index": index,
            "keys": [proven(n) for n, envelope in enumerate(envelopes) if envelope["stream"] == "keys"], "model": proven(model),
            "model_card": b64(CARD), "origin": self.origin, "prediction": prediction,
            "proof": f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{self.note(size)}", "reviews": [proven(n) for n in later],
            "root_key": b64(raw(self.root.public_key()))}
        if picture:
            document["image"] = {"bytes": b64(picture), "commit_key": b64(sha256(b"commit")), "sealed_digest": sha256(b"sealed").hex()}
        return canonical(document)

    def predict(self, prediction, picture, reviews):
        """A model, a prediction with it of a picture, and reviews, among other events."""
        self.append("ModelRegistered", "models", {"card_digest": sha256(CARD).hex(), "digest": sha256(b"model").hex()})
        self.fill(3).append("PredictionRecorded", f"prediction/{prediction}", {
            "prediction": prediction, "model": {"digest": sha256(b"model").hex()}, "image": {
                "blob": sha256(b"sealed").hex(), "commit": hmac.digest(sha256(b"commit"), picture, "sha256").hex()}})
        for number in range(reviews):
            self.fill(2).append("PredictionReviewed", f"prediction/{prediction}", {"prediction": prediction, "number": number})
        return self.fill(3)

    def export(self, folder, grade, verifier, filters=None, start=0, end=None, size=None, known=(), policy=None, note=None, key=None):
        """Writes an export."""
        folder, filters, size = Path(folder), filters or {}, size or len(self.lines)
        leaves, end = self.leaves[:size], end or size
        entries = [verifier.Entry(line, "entry", index) for index, line in enumerate(self.lines[:size])]
        matching = [entry for entry in entries[start:end] if verifier.matches(entry, filters)]
        chosen = entries[start:end] if grade == "complete" else matching

        def encoded(hashes):
            return [b64(one) for one in hashes]

        def proven(entry):
            return {"entry": self.lines[entry.at], "hashes": encoded(inclusion(entry.at, leaves)), "index": entry.at}

        def lines(values):
            return b"".join(canonical(value) + b"\n" for value in values)

        stamps = [entry for entry in entries if entry["type"] == "CheckpointTimestamped"]
        sizes = sorted({*known, *(entry["payload.size"] for entry in stamps)})
        files = {
            "checkpoint": (note or self.note(size)).encode(), "entries.jsonl": lines(self.lines[entry.at] for entry in chosen),
            "keys.jsonl": lines(proven(entry) for entry in entries if entry["stream"] == "keys"),
            "known.jsonl": lines({"consistency": encoded(consistency(one, leaves)), "size": one} for one in sizes),
            "timestamps.jsonl": lines(map(proven, stamps)),
            "policy": (policy or f"log {vkey(self.origin, self.checkpoint)}\nquorum none\n").encode(),
            "entries.csv": verifier.record(verifier.FORMS["columns"]) + b"".join(
                verifier.record(verifier.cells(entry)) for entry in matching)}
        if grade == "complete":
            files["range.json"] = canonical({
                "consistency": encoded(consistency(end, leaves)), "edge": encoded(right_edge(leaves[:start])), "from": start, "to": end})
        else:
            files["proofs.jsonl"] = lines({"hashes": encoded(inclusion(entry.at, leaves)), "index": entry.at} for entry in chosen)
        manifest = {
            "created_at": "2026-11-02T00:00:00.000000Z", "entries": len(chosen), "export": folder.name, "filters": filters,
            "format": "cxrledger-export/1", "from": start, "grade": grade, "matched": len(matching), "origin": self.origin,
            "program": "by hand", "root": tree_root(leaves).hex(), "root_key": b64(raw(self.root.public_key())), "size": size, "to": end}
        files["report.html"] = verifier.page_head(manifest) + "".join(
            verifier.row("td", verifier.cells(entry)) for entry in matching).encode() + b"</table>\n</body>\n</html>\n"
        manifest["files"] = [
            {"bytes": len(data), "path": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in sorted(files.items())]
        files["manifest.json"], key = canonical(manifest), key or self.event
        files["manifest.sig.json"] = canonical({
            "keyid": key_id(key), "sig": b64(key.sign(pae(EXPORT_TYPE, files["manifest.json"])))})
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder
