"""Every line of an export is a DSSE envelope whose signature verifies from its bytes alone: with OpenSSL, by the commands
that docs/verify/README.md gives to auditors, and with Python's cryptography; and no longer with any byte changed."""

import base64
import json
import re
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import holds, pae, sha256, unb64
from harness import ROOT, SCRATCH, Service, answer, check, program, say, small_xrays

HOME = SCRATCH / "home"
SHOWN = 6


def event_key(folder):
    """The event key, from a certificate in the first line of the key history."""
    first = json.loads((folder / "keys.jsonl").read_bytes().splitlines()[0])["entry"]
    for item in json.loads(unb64(first["payload"]))["payload"]["keys"]:
        certificate = json.loads(unb64(item["certificate"]))
        if certificate["purpose"] == "event":
            return Ed25519PublicKey.from_public_bytes(unb64(certificate["key"]))
    raise AssertionError("no event key is certified")


def by_cryptography(key, line):
    """Whether the signature of a line holds, and its key id is the key's."""
    envelope = json.loads(line)
    signature, = envelope["signatures"]
    message = pae(envelope["payloadType"], unb64(envelope["payload"]))
    is_named = signature["keyid"] == sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hex()
    return is_named and holds(key, unb64(signature["sig"]), message)


def commands():
    """The commands of the README, for the first line of a file."""
    text = (ROOT / "docs/verify/README.md").read_text()
    return re.search(r"## One signature by hand.*?```sh\n(.*?)```", text, re.DOTALL)[1]


def by_openssl(folder, line):
    """Whether OpenSSL accepts a line, by those commands."""
    (folder / "entries.jsonl").write_bytes(line + b"\n")
    done = subprocess.run(["sh", "-euc", commands()], cwd=folder, capture_output=True, timeout=60, check=False)
    check(done.returncode in (0, 1), "openssl failed:", done.stderr.decode())
    return done.returncode == 0


def changed(line, field, place, random):
    """A line with one bit of its payload or of its signature changed."""
    envelope = json.loads(line)
    holder = envelope if field == "payload" else envelope["signatures"][0]
    data = bytearray(base64.b64decode(holder[field]))
    data[place % len(data)] ^= 1 << random.randrange(8)
    holder[field] = base64.b64encode(data).decode()
    return json.dumps(envelope).encode()


def main():
    with program() as random:
        picture = small_xrays(1, random)[0]
        with Service(HOME) as service:
            client = service.client()
            for number in range(5):
                client.predict(picture, f"P-{number}").expect(201)
            client.get("/v1/timeline", limit=3).expect(200)
        folder = Path(answer(HOME, "export", "--out", SCRATCH)["path"])
        key, work = event_key(folder), SCRATCH / "by-hand"
        work.mkdir()
        (work / "event.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        lines = (folder / "entries.jsonl").read_bytes().splitlines()
        for line in lines:
            check(by_cryptography(key, line), "cryptography refuses", line)
        for line in random.sample(lines, min(SHOWN, len(lines))):
            check(by_openssl(work, line), "OpenSSL refuses", line)
            for field in ("payload", "sig"):
                forged = changed(line, field, random.randrange(1 << 16), random)
                check(not by_cryptography(key, forged), "cryptography accepts", forged)
                check(not by_openssl(work, forged), "OpenSSL accepts", forged)
            other = line.replace(b"event+json", b"export+json")
            check(not by_cryptography(key, other) and not by_openssl(work, other), "accepted under another type:", other)
        say(f"cryptography verifies {len(lines)} exported lines, OpenSSL {SHOWN} by hand; changed ones fail")


main()
