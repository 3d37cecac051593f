/**
 * Checks, in this browser, that a prediction is what was signed and that it is in the log.
 *
 * The keys come from the server too, so this shows that record, proof and checkpoint fit together, not whose keys they
 * are: for that the fingerprints are compared with those pinned elsewhere.
 */

import { equal, fromBase64, fromHex, toHex } from "./bytes.js";
import { parseEntry, parseEnvelope, signedBytes } from "./entry.js";
import { includes, leafHash, sha256 } from "./merkle.js";
import { parseCheckpoint, parseNote, parseProof, parseVerifierKey, signaturesBy } from "./note.js";

/** How a check came out: made here, made by the server only, or failed. */
export const Outcome = Object.freeze({ here: "here", server: "server", failed: "failed" });

/** What the four checks are called and what each one says. */
export const CHECKS = Object.freeze({
  signature: "The log's event key signed this record",
  inclusion: "The record is in the log, at this index",
  checkpoint: "The log's checkpoint key signed the log's head",
  content: "The record says what this page shows",
});

class Unsupported extends Error {}

/** A check that came out wrong; its message is shown. */
class Mismatch extends Error {}

const must = (holds, message) => {
  if (!holds) throw new Mismatch(message);
};

/** Why this browser cannot check everything, or null. */
export async function shortcoming() {
  if (!globalThis.crypto?.subtle) return "Browsers check signatures only on https or localhost; this page came over plain http.";
  try {
    await importKey(new Uint8Array(32).fill(9, 0, 1));
    return null;
  } catch (error) {
    return error instanceof Unsupported ? "This browser does not know Ed25519 signatures yet." : null;
  }
}

/**
 * Runs all checks of `evidence` (the answer of /v1/predictions/{id}/proof) against the `prediction` shown.
 * Never throws: an evidence that cannot be read is a failed check.
 */
export async function verify(prediction, evidence) {
  const checks = {
    signature: () => checkSignature(evidence),
    inclusion: () => checkInclusion(prediction, evidence),
    checkpoint: () => checkCheckpoint(evidence),
    content: () => checkContent(prediction, evidence),
  };
  const results = {};
  for (const [name, check] of Object.entries(checks)) results[name] = await outcome(check, evidence?.verified?.[name]);
  return results;
}

/** The worst outcome of all: one failed check spoils the rest. */
export function overall(results) {
  const outcomes = Object.values(results).map((result) => result.outcome);
  return [Outcome.failed, Outcome.server].find((worst) => outcomes.includes(worst)) ?? Outcome.here;
}

async function outcome(check, serverSays) {
  if (serverSays === false) return { outcome: Outcome.failed, why: "The server itself reports that this check fails." };
  try {
    await check();
    return { outcome: Outcome.here };
  } catch (error) {
    if (!(error instanceof Unsupported)) return { outcome: Outcome.failed, why: error.message };
    if (serverSays === true) return { outcome: Outcome.server };
    return { outcome: Outcome.failed, why: "Neither this browser nor the server has checked it." };
  }
}

async function checkSignature(evidence) {
  needSubtle();
  const entry = parseEntry(fromBase64(evidence.entry));
  const key = rawKey(evidence.event_key);
  must(equal(await sha256(key), entry.keyId), "The record is signed with another key than the log's event key.");
  must(await signed(key, entry.signature, signedBytes(entry.envelope)), "The signature does not belong to this record.");
}

async function checkInclusion(prediction, evidence) {
  needSubtle();
  const proof = parseProof(evidence.proof);
  const { size, root } = parseCheckpoint(parseNote(proof.note).text);
  const leaf = await leafHash(fromBase64(evidence.entry));
  must(toHex(leaf) === prediction.entry_hash, "The record has another hash than the page shows.");
  must(proof.index === prediction.index, "The proof is for another index than the page shows.");
  must(await includes({ leaf, index: proof.index, size, path: proof.path, root }), "The proof does not lead to the log's root.");
}

async function checkCheckpoint(evidence) {
  needSubtle();
  const note = parseNote(parseProof(evidence.proof).note);
  const verifier = await parseVerifierKey(evidence.checkpoint_vkey);
  const { origin } = parseCheckpoint(note.text);
  must(origin === verifier.name && origin === evidence.origin, "The checkpoint belongs to another log.");
  const signatures = signaturesBy(note, verifier);
  must(signatures.length > 0, "The log's key has not signed the checkpoint.");
  const bytes = new TextEncoder().encode(note.text);
  for (const { signature } of signatures) must(await signed(verifier.key, signature, bytes), "The checkpoint's signature is wrong.");
}

/** Everything shown that the envelope also states must be equal; it needs no cryptography. */
async function checkContent(shown, evidence) {
  const envelope = parseEnvelope(parseEntry(fromBase64(evidence.entry)).envelope);
  const { type, payload } = envelope;
  must(type === "PredictionRecorded", "The record is not a prediction.");
  must(payload.prediction === shown.id, "The record is of another prediction.");
  must(payload.label === shown.prediction, `The record says ${payload.label}.`);
  must(sameDecimal(payload.probability, shown.probability), `The record says a probability of ${payload.probability}.`);
  must(sameDecimal(payload.threshold, shown.threshold), `The record says a threshold of ${payload.threshold}.`);
  must(payload.model.digest === shown.model.digest, "The record names another model.");
}

/** Events hold decimals as text, replies as numbers that may have been single-precision floats on the way. */
const sameDecimal = (recorded, shown) => typeof shown === "number" && Math.abs(Number(recorded) - shown) < 1e-7;

function needSubtle() {
  if (!globalThis.crypto?.subtle) throw new Unsupported();
}

/** Hexadecimal or Base64 of 32 bytes. */
export function rawKey(encoded) {
  const key = /^[0-9a-f]{64}$/.test(encoded) ? fromHex(encoded) : fromBase64(encoded);
  must(key.length === 32, "The key is not 32 bytes long.");
  return key;
}

async function importKey(key) {
  try {
    return await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") throw new Unsupported();
    throw new Mismatch("The key is not an Ed25519 key.");
  }
}

const signed = async (key, signature, bytes) =>
  crypto.subtle.verify({ name: "Ed25519" }, await importKey(key), signature, bytes);
