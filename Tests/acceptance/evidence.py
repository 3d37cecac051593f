"""The formats of the log, written a second time from their description, so that nothing is judged by its own code.

Entries and envelopes in their frozen layout; DSSE, RFC 6962, C2SP signed-note, tlog-checkpoint and tlog-proof.
"""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness import check

EVENT_TYPE = "application/vnd.cxrledger.event+json"
KEY_TYPE = "application/vnd.cxrledger.key+json"


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def sha256(data):
    return hashlib.sha256(data).digest()


def raw(public):
    """The 32 bytes of a public key."""
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def canonical(value):
    """Canonical JSON of what has no fractions and only plain keys (a subset of RFC 8785)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pae(kind, body):
    """DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


def encode_entry(envelope, key):
    """An entry under a signing key."""
    signature = key.sign(pae(EVENT_TYPE, envelope))
    return b"\x01" + len(envelope).to_bytes(4, "big") + envelope + b"\x01" + sha256(raw(key.public_key())) + signature


def decode_entry(entry):
    """Envelope bytes, key id and signature of an entry."""
    length = int.from_bytes(entry[1:5], "big")
    check(entry[0] == 1 and len(entry) == 5 + length + 97 and entry[5 + length] == 1, "the entry's layout")
    return entry[5:5 + length], entry[6 + length:38 + length], entry[38 + length:]


def holds(public, signature, message):
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_root(hashes):
    """The root over leaf hashes (RFC 6962 section 2.1)."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        # Pairs from the left; one without a partner moves up as it is.
        pairs = [node_hash(*hashes[place:place + 2]) for place in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(hashes) & ~1:]
    return hashes[0]


def tiles(hashes):
    """Every tile over leaf hashes: (level, index) to its bytes (C2SP tlog-tiles)."""
    found, level = {}, 0
    while hashes:
        for start in range(0, len(hashes), 256):
            found[level, start >> 8] = b"".join(hashes[start:start + 256])
        hashes = [tree_root(hashes[start:start + 256]) for start in range(0, len(hashes) & ~255, 256)]
        level += 1
    return found


def root_by_proof(leaf, index, size, path):
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); None when it is too long or too short."""
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            leaf = node_hash(sibling, leaf)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        node, last = node >> 1, last >> 1
    return leaf if last == 0 else None


def note_key_id(name, public):
    return sha256(name.encode() + b"\n\x01" + raw(public))[:4]


def sign_note(text, name, key):
    signature = note_key_id(name, key.public_key()) + key.sign(text.encode())
    return f"{text}\n— {name} {b64(signature)}\n"


def checkpoint_text(origin, size, root):
    return f"{origin}\n{size}\n{b64(root)}\n"


def read_checkpoint(note, name, public):
    """Origin, size and root of a checkpoint that this key signed."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    dash, signer, signature = lines.rstrip("\n").split(" ")
    blob = unb64(signature)
    check(dash == "—" and signer == name, "the note is signed by", signer)
    check(blob[:4] == note_key_id(name, public), "the note names another key")
    check(holds(public, blob[4:], text.encode()), "the note's signature does not hold")
    origin, size, root = text.rstrip("\n").split("\n")
    return origin, int(size), unb64(root)


def certified_keys(envelope, root):
    """The public keys by purpose that a root certified in a KeysCertified envelope."""
    check(envelope["type"] == "KeysCertified", "index 0 holds", envelope["type"])
    check(envelope["payload"]["root"] == b64(raw(root)), "the log names another root than the pinned one")
    keys = {}
    for key in envelope["payload"]["keys"]:
        certificate = unb64(key["certificate"])
        check(holds(root, unb64(key["signature"]), pae(KEY_TYPE, certificate)), "the root did not sign a certificate")
        fields = json.loads(certificate)
        check(fields["log"] == envelope["log"] and fields["valid_from"] == 0, "a certificate is for", fields)
        keys[fields["purpose"]] = Ed25519PublicKey.from_public_bytes(unb64(fields["key"]))
    return keys


def check_proof(document, keys, origin):
    """Checks a prediction's proof with nothing but certified keys; answers with its envelope and the tree's size."""
    entry = unb64(document["entry"])
    envelope, key_id, signature = decode_entry(entry)
    check(key_id == sha256(raw(keys["event"])), "the entry names another key")
    check(holds(keys["event"], signature, pae(EVENT_TYPE, envelope)), "the entry's signature does not hold")
    fields = json.loads(envelope)
    check(canonical(fields) == envelope, "the envelope is not canonical")
    check(fields["log"] == origin, "the entry is of the log", fields["log"])
    check(leaf_hash(entry).hex() == document["entry_hash"], "entry_hash is not the leaf hash")
    head, _, note = document["proof"].partition("\n\n")
    lines = head.split("\n")
    check(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1] == f"index {document['index']}", "the proof's head", lines[:2])
    check(note == document["checkpoint"], "the proof holds another checkpoint")
    name, size, root = read_checkpoint(note, origin, keys["checkpoint"])
    check(name == origin, "the checkpoint is of the log", name)
    path = [unb64(line) for line in lines[2:]]
    check(root_by_proof(leaf_hash(entry), document["index"], size, path) == root, "the inclusion proof does not hold")
    return fields, size
