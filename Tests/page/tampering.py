"""What a dishonest server might send: which reply it changes and how, and the check that must notice it."""

FLIP = """
const flip = (encoded, at) => {
  const bytes = [...atob(encoded)];
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = String.fromCharCode(bytes[index].charCodeAt(0) ^ 1);
  return btoa(bytes.join(""));
};
"""

PROOF, DETAIL = "proof", "detail"
HASH = "([A-Za-z0-9+\\/]{43}=)"

# name: (the check that must fail, the reply that is changed, the change of its `body`)
TAMPERED = {
    "another byte in the record": ("signature", PROOF, "body.entry = flip(body.entry, 40)"),
    "another byte in the signature": ("signature", PROOF, "body.entry = flip(body.entry, -4)"),
    "another event key": ("signature", PROOF, "body.event_key = '11'.repeat(32)"),
    "another hash in the proof": ("inclusion", PROOF, f"body.proof = body.proof.replace(/\\n{HASH}\\n/, (_, hash) => `\\n${{flip(hash, 4)}}\\n`)"),
    "another index in the proof": ("inclusion", PROOF, "body.proof = body.proof.replace(/index \\d+/, 'index 0')"),
    "another root in the checkpoint": ("checkpoint", PROOF, f"body.proof = body.proof.replace(/\\n{HASH}\\n\\n(?=\\u2014)/, (_, hash) => `\\n${{flip(hash, 4)}}\\n\\n`)"),
    "a checkpoint nobody signed": ("checkpoint", PROOF, "body.proof = body.proof.replace(/\\u2014 \\S+/, '\\u2014 somebody.else')"),
    "another class on the page": ("content", DETAIL, "body.prediction = body.prediction === 'NORMAL' ? 'PNEUMONIA' : 'NORMAL'"),
    "another probability on the page": ("content", DETAIL, "body.probability = body.probability > 0.5 ? 0.31 : 0.62"),
    "another threshold on the page": ("content", DETAIL, "body.threshold = 0.25"),
    "another model on the page": ("content", DETAIL, "body.model.digest = '00'.repeat(32)"),
    "another entry hash on the page": ("inclusion", DETAIL, "body.entry_hash = '00'.repeat(32)"),
    "a failed check of the server's own": ("checkpoint", PROOF, "body.verified.checkpoint = false"),
    "no proof in the reply": ("inclusion", PROOF, "delete body.proof"),
}


def rewrite(record, reply, change):
    """The function for `Browser.rewriting` that makes one change to one reply about a record."""
    path = f"/v1/predictions/{record}" + ("/proof" if reply == PROOF else "")
    return f"(path, body) => {{ {FLIP} if (path === '{path}') {{ {change} }} return body; }}"
