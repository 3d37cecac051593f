/** Bytes and text: the few conversions that checking a proof needs. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);

/** Throws on bytes that are not UTF-8. */
export const text = (bytes) => decoder.decode(bytes);

/** Standard alphabet with padding, and only its one canonical spelling (RFC 4648, section 4). */
export function fromBase64(encoded) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  if (toBase64(bytes) !== encoded) throw new Error("The Base64 text is not in its canonical form.");
  return bytes;
}

export function toBase64(bytes) {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(encoded) {
  if (!/^([0-9a-f]{2})*$/.test(encoded)) throw new Error("The text is not lower-case hexadecimal.");
  return Uint8Array.from(encoded.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const equal = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);
