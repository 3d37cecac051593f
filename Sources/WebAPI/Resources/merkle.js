/** Merkle tree hashes and inclusion proofs (RFC 6962, section 2.1; the walk is that of RFC 9162, section 2.1.3.2). */

import { concat, equal } from "./bytes.js";

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** SHA-256(0x00 ‖ entry). */
export const leafHash = (entry) => sha256(concat([0], entry));

/** SHA-256(0x01 ‖ left ‖ right). */
const nodeHash = (left, right) => sha256(concat([1], left, right));

/**
 * Whether `path` (leaf's sibling first) leads from the leaf at `index` to `root` in a tree of `size` leaves.
 * Indices are safe integers, which may exceed 32 bits: hence division, not shifts.
 */
export async function includes({ leaf, index, size, path, root }) {
  if (index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  const up = () => {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  };
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) up();
    } else {
      hash = await nodeHash(hash, sibling);
    }
    up();
  }
  return last === 0 && equal(hash, root);
}
