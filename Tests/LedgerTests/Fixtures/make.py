"""Writes `entry.bin` and `entry.dsse.json` with none of our code: Python's `json` and `hashlib`, and `cryptography`.

It was run once. Running it again must change nothing, or the formats were changed.
"""

import base64
import hashlib
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

here = pathlib.Path(__file__).parent
base64text = lambda data: base64.b64encode(data).decode()
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

envelope = canonical({
    "action": "C",
    "actor": {
        "address": "192.0.2.7", "credential": "c0ffee", "id": "dr.möller", "issuer": "https://id.example",
        "kind": "human", "name": "Dr. Möller", "on_behalf_of": "ward-3", "port": 54321, "purpose": "TREAT",
        "roles": ["clinician", "auditor"], "session": "n_1", "token_id": "jti-7",
        "user_agent": 'Test/1.0 ("quoted" \\ é)'},
    "causation": "01890a5d-ac96-774b-bcce-b302099a8056", "correlation": "request-1", "format": 1,
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "idempotency": {"key": "00" * 32, "request": "ff" * 32},
    "log": "log.example/cxr", "occurred_at": "2026-02-28T23:59:59.999999Z", "outcome": "minor",
    "outcome_reason": "line\nbreak",
    "payload": {"label": "PNEUMONIA", "nested": [1, -2, {"a": True, "z": None}], "probability": "0.98666966"},
    "previous": hashlib.sha256(b"predecessor").hexdigest(), "recorded_at": "2026-03-01T00:00:00.000000Z", "schema": 2,
    "service": {"build": "abc123", "host": "node-1", "id": "cxrledger", "version": "1.0.0"}, "severity": "medium",
    "stream": "prediction-01890a5d", "subject": "s_42", "type": "PredictionRecorded", "version": 7})
key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
key_id = hashlib.sha256(key.public_key().public_bytes_raw()).digest()
kind = b"application/vnd.cxrledger.event+json"
signature = key.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(envelope), envelope))
(here / "entry.bin").write_bytes(b"\1" + struct.pack(">I", len(envelope)) + envelope + b"\1" + key_id + signature)
line = {"payload": base64text(envelope), "payloadType": kind.decode(),
        "signatures": [{"keyid": key_id.hex(), "sig": base64text(signature)}]}
(here / "entry.dsse.json").write_bytes(canonical(line) + b"\n")
