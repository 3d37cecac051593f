// Checks the modules that verify proofs, on trees and notes whose right answers are known. Returns what failed.
const [{ includes, leafHash, sha256 }, note, bytes, entry] = await Promise.all(
  ["/merkle.js", "/note.js", "/bytes.js", "/entry.js"].map((path) => import(path)));
const failures = [];
const check = (name, holds) => holds || failures.push(name);
const throws = async (name, work) => {
  try {
    await work();
    failures.push(`${name} was accepted`);
  } catch {
    // It was refused, as it should be.
  }
};

// RFC 6962's own recursive definitions, against the iterative check.
const split = (count) => 2 ** Math.floor(Math.log2(count - 1));
const root = async (leaves) => {
  if (leaves.length === 1) return leaves[0];
  const at = split(leaves.length);
  return sha256(bytes.concat([1], await root(leaves.slice(0, at)), await root(leaves.slice(at))));
};
const path = async (index, leaves) => {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
  return index < at ? [...(await path(index, left)), await root(right)] : [...(await path(index - at, right)), await root(left)];
};
const leaves = await Promise.all(Array.from({ length: 17 }, (_, at) => leafHash([at])));
for (let size = 1; size <= leaves.length; size += 1) {
  const tree = leaves.slice(0, size);
  const top = await root(tree);
  for (let index = 0; index < size; index += 1) {
    const proof = { leaf: tree[index], index, size, path: await path(index, tree), root: top };
    check(`leaf ${index} of ${size}`, await includes(proof));
    check(`leaf ${index} of ${size} under another index`, size === 1 || !(await includes({ ...proof, index: (index + 1) % size })));
    check(`leaf ${index} of ${size} with a longer path`, !(await includes({ ...proof, path: [...proof.path, top] })));
    check(`leaf ${index} of ${size} with a shorter path`, size === 1 || !(await includes({ ...proof, path: proof.path.slice(1) })));
    check(`leaf ${index} of ${size} under another root`, !(await includes({ ...proof, root: leaves[16 - index] })) || size === 1);
  }
}
check("an index beyond the tree", !(await includes({ leaf: leaves[0], index: 1, size: 1, path: [], root: leaves[0] })));

// The C2SP specification's own pair of key and note.
const key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const signed = "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const verifier = await note.parseVerifierKey(key);
const parsed = note.parseNote(signed);
const [{ signature }] = note.signaturesBy(parsed, verifier);
const imported = await crypto.subtle.importKey("raw", verifier.key, { name: "Ed25519" }, false, ["verify"]);
check("the specification's note", await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, bytes.utf8(parsed.text)));
check("the same note, altered", !(await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, bytes.utf8(`${parsed.text} `))));
await throws("a key with another id", () => note.parseVerifierKey(key.replace("530d", "530e")));
await throws("a note without signatures", () => note.parseNote("text\n"));
await throws("a size with leading zeros", () => note.parseCheckpoint(`log\n01\n${bytes.toBase64(leaves[0])}\n`));
await throws("a proof of another kind", () => note.parseProof("c2sp.org/tlog-proof@v2\nindex 0\n\nnote"));
await throws("Base64 in another spelling", () => bytes.fromBase64("AB=="));
await throws("an envelope with a name twice", () => entry.parseEnvelope(bytes.utf8('{"a":1,"a":2}')));
await throws("an envelope with spaces", () => entry.parseEnvelope(bytes.utf8('{"a": 1}')));
await throws("an entry cut short", () => entry.parseEntry(new Uint8Array(101)));
check("DSSE's encoding", bytes.text(entry.signedBytes(bytes.utf8("{}"))) === "DSSEv1 36 application/vnd.cxrledger.event+json 2 {}");
return failures;
