/** A stored log entry: its frozen layout, the bytes its signature covers, and what its envelope claims. */

import { concat, text, utf8 } from "./bytes.js";

const TYPE = "application/vnd.cxrledger.event+json";
const FORMAT = 1;
const ED25519 = 1;
const TRAILER = 1 + 32 + 64;

/**
 * Takes an entry apart: byte 0x01, big-endian length, envelope, algorithm, key id, signature.
 * Throws when the bytes do not have exactly this layout.
 */
export function parseEntry(bytes) {
  if (bytes.length < 5 + TRAILER || bytes[0] !== FORMAT) throw new Error("The entry has an unknown format.");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length !== 5 + length + TRAILER) throw new Error("The entry's length does not fit its envelope.");
  const trailer = bytes.subarray(5 + length);
  if (trailer[0] !== ED25519) throw new Error("The entry is signed with an unknown algorithm.");
  return { envelope: bytes.subarray(5, 5 + length), keyId: trailer.subarray(1, 33), signature: trailer.subarray(33) };
}

/** DSSE's pre-authentication encoding of the envelope: what the event key signed. */
export const signedBytes = (envelope) =>
  concat(utf8(`DSSEv1 ${utf8(TYPE).length} ${TYPE} ${envelope.length} `), envelope);

/** The envelope's value. Throws unless the bytes are canonical JSON (RFC 8785), so that no name can occur twice. */
export function parseEnvelope(bytes) {
  const source = text(bytes);
  const value = JSON.parse(source);
  if (canonical(value) !== source) throw new Error("The envelope is not canonical JSON.");
  return value;
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}
