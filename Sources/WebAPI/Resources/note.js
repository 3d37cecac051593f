/** Texts of the transparency-log ecosystem (C2SP): signed notes, checkpoints, verifier keys and proofs. */

import { concat, equal, fromBase64, toHex, utf8 } from "./bytes.js";
import { sha256 } from "./merkle.js";

const ED25519 = 1;

/** A decimal without leading zeros that a double holds exactly. */
function decimal(digits) {
  const value = Number(digits);
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(value)) throw new Error("A number is malformed.");
  return value;
}

function hash(encoded) {
  const bytes = fromBase64(encoded);
  if (bytes.length !== 32) throw new Error("A hash is not 32 bytes long.");
  return bytes;
}

/** `c2sp.org/tlog-proof@v1`: index, path (leaf's sibling first) and the checkpoint verbatim. */
export function parseProof(source) {
  const end = source.indexOf("\n\n");
  if (end < 0) throw new Error("The proof holds no checkpoint.");
  const lines = source.slice(0, end).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Error("The proof has an unknown format.");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = /^index ([0-9]+)$/.exec(lines.shift() ?? "");
  if (!index) throw new Error("The proof names no index.");
  return { index: decimal(index[1]), path: lines.map(hash), note: source.slice(end + 2) };
}

/** Splits a signed note at its last empty line into the text (final LF included) and its signatures. */
export function parseNote(source) {
  const end = source.lastIndexOf("\n\n");
  if (end < 0 || !source.endsWith("\n")) throw new Error("The checkpoint is not a signed note.");
  const signatures = source.slice(end + 2, -1).split("\n").map((line) => {
    const parts = /^\u2014 (\S+) (\S+)$/u.exec(line);
    if (!parts) throw new Error("The checkpoint has a malformed signature line.");
    const blob = fromBase64(parts[2]);
    return { name: parts[1], keyId: blob.subarray(0, 4), signature: blob.subarray(4) };
  });
  return { text: source.slice(0, end + 1), signatures };
}

/** Origin, tree size and root: the first three lines of a checkpoint's text. */
export function parseCheckpoint(noteText) {
  const [origin, size, root] = noteText.split("\n");
  if (!origin || !size || !root) throw new Error("The checkpoint is incomplete.");
  return { origin, size: decimal(size), root: hash(root) };
}

/** `name+id+base64(type ‖ key)`; the id is computed again, not believed. */
export async function parseVerifierKey(source) {
  const [name, id, ...rest] = source.split("+");
  const typed = fromBase64(rest.join("+"));
  if (!name || typed.length !== 33 || typed[0] !== ED25519) throw new Error("The checkpoint key is not an Ed25519 key.");
  const keyId = (await sha256(concat(utf8(`${name}\n`), typed))).subarray(0, 4);
  if (toHex(keyId) !== id) throw new Error("The checkpoint key does not have the id it claims.");
  return { name, keyId, key: typed.subarray(1) };
}

/** The signatures of a note made by a key: same name and same id. */
export const signaturesBy = (note, verifier) =>
  note.signatures.filter(({ name, keyId }) => name === verifier.name && equal(keyId, verifier.keyId));
