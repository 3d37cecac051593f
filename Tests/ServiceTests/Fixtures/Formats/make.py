"""Writes the frozen bytes beside it with none of our code: Python's own hashes, and the `cryptography` package.

It was run once. Running it again must change nothing, or the formats were changed.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

here = pathlib.Path(__file__).parent
base64text = lambda data: base64.b64encode(data).decode()
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
commit = lambda key, data: hmac.new(key, data, hashlib.sha256).hexdigest()


def derive(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def seal(key, nonce, plain, context):
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


origin = "cxrledger/000102030405060708090a0b0c0d0e0f"
wrapping, secret, seed = (bytes(range(start, start + 32)) for start in (0, 32, 64))
derived = {name: derive(wrapping, origin.encode(), name.encode()) for name in ("subject-wrapping", "patient-lookup", "idempotency")}
data_key, commit_key = (derive(secret, b"", info) for info in (b"cxrledger data", b"cxrledger commit"))
subject, patient, image = "s_" + "5a" * 16, "P-123", b"\xff\xd8 a picture \xff\xd9"
nonces = [bytes([value]) * 12 for value in (1, 2, 3, 4, 5)]
lookup = hmac.new(derived["patient-lookup"], patient.encode(), hashlib.sha256).digest()
wrapped = seal(derived["subject-wrapping"], nonces[0], secret, f"{subject} {lookup.hex()}".encode())
unnamed = "s_" + "5b" * 16
wrapped_alone = seal(derived["subject-wrapping"], nonces[4], secret, unnamed.encode())
personal = canonical({"file_name": "a.jpeg", "image_sha256": hashlib.sha256(image).hexdigest(), "patient": patient})
reason = "Schatten links, überlagert".encode()


def field(nonce, plain, context):
    sealed = seal(data_key, nonce, plain, f"{subject} {context}".encode())
    return {"subject": subject, "ciphertext": base64text(sealed), "commit": commit(commit_key, plain)}


def checkpoint(key, size, root):
    """A C2SP signed note; the key id is made of name, type and key."""
    public = key.public_key().public_bytes_raw()
    text = f"{origin}\n{size}\n{base64text(root)}\n".encode()
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    return text + f"\n— {origin} {base64text(key_id + key.sign(text))}\n".encode()


def rows(tables):
    """The bytes that a projection's digest is made over."""
    out = b""
    for name, lines in tables:
        out += name.encode() + b"\0"
        for value in (value for line in lines for value in line):
            if value is None:
                out += b"\0"
            elif isinstance(value, int):
                out += b"\1" + struct.pack(">q", value)
            else:
                out += b"\2" + struct.pack(">Q", len(value.encode())) + value.encode()
    return out


key = Ed25519PrivateKey.from_private_bytes(seed)
notes = [checkpoint(key, size, hashlib.sha256(bytes([size])).digest()) for size in (1, 2)]
(here / "lock.bin").write_bytes(b"".join(note.ljust(4096, b"\0") for note in notes))
(here / "key.pem").write_bytes(
    key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
(here / "subjects.jsonl").write_bytes(
    canonical({"patient": lookup.hex(), "subject": subject, "wrapped": base64text(wrapped)}) + b"\n"
    + canonical({"subject": unnamed, "wrapped": base64text(wrapped_alone)}) + b"\n")
(here / "manifest.json").write_bytes(canonical({
    "files": [
        {"bytes": 32, "path": "tile/0/000.p/1", "sha256": "11" * 32},
        {"bytes": 9, "path": "images/aa/" + "aa" * 32, "sha256": "aa" * 32},
    ],
    "format": "cxrledger-backup/1", "origin": origin,
    "projections": [{"digest": "22" * 32, "name": "predictions", "rows": 1, "version": 1}], "root": "33" * 32, "size": 1,
}))
api_key = "cxr_c0123456789ab_" + "7f" * 32
(here / "formats.json").write_text(json.dumps({
    "origin": origin, "wrapping": wrapping.hex(), "secret": secret.hex(), "seed": seed.hex(),
    "derived": {name: value.hex() for name, value in derived.items()},
    "subject": subject, "patient": patient, "patient_digest": lookup.hex(), "wrapped": base64text(wrapped),
    "wrapped_alone": base64text(wrapped_alone),
    "fields": {
        "prediction": field(nonces[1], personal, "prediction") | {"plain": personal.decode()},
        "review": field(nonces[2], reason, "review") | {"plain": reason.decode()},
    },
    "image": {
        "plain": base64text(image), "commit": commit(commit_key, image),
        "blob": base64text(seal(data_key, nonces[3], image, f"{subject} image".encode())),
    },
    "api_key": {"text": api_key, "digest": hashlib.sha256(api_key.encode()).hexdigest()},
    "idempotency": {
        "key": commit(derived["idempotency"], b"order-7"),
        "request": commit(derived["idempotency"], hashlib.sha256(image).digest() + patient.encode()),
    },
    "row_digest": hashlib.sha256(rows([("predictions", [["a", 1, None], ["ä", -2, ""]]), ("empty", [])])).hexdigest(),
}, indent=2, ensure_ascii=False) + "\n")
