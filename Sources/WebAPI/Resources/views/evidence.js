/** The raw proof, to read, to save, and to verify on another computer. */

import { fromBase64, toHex } from "../bytes.js";
import { facts, make } from "../dom.js";
import { sha256 } from "../merkle.js";
import { rawKey } from "../proof.js";

/** Shows `evidence` (the answer of /v1/predictions/{id}/proof) and offers its files. */
export function proofBody(prediction, evidence, signal) {
  const name = `event-${evidence.index}`;
  const entry = `${name}.entry`;
  const proof = `${name}.tlog-proof`;
  const keys = make("dl", { class: "facts" });
  showKeys(keys, evidence);
  return make("div", { class: "stack" },
    make("p", {}, "This page was checked with keys that the server sent. To rely on it without trusting the server, compare the fingerprints with those your administrator published, and repeat the checks elsewhere."),
    make("p", { class: "faint" }, "The proof covers the prediction. Each review is an event of its own, and the picture is tied to the record by a digest of its sealed form, which the server checks when it opens it."),
    keys,
    make("p", { class: "actions" },
      save("Save the record", entry, tryBytes(evidence.entry), signal),
      save("Save the proof", proof, evidence.proof, signal)),
    make("ol", { class: "steps" },
      make("li", {}, "The leaf hash of the record: ", make("code", {}, `{ printf '\\000'; cat ${entry}; } | sha256sum`), " must print ", make("code", {}, evidence.entry_hash), "."),
      make("li", {}, "The inclusion proof (RFC 6962) in ", make("code", {}, proof), " must lead from that hash at index ", make("code", {}, evidence.index), " to the root on the third line of its checkpoint."),
      make("li", {}, "The checkpoint is a C2SP signed note: any tool for those must accept it with the checkpoint key above."),
      make("li", {}, "The record is 0x01, a 4-byte length, the envelope, 0x01, the SHA-256 of the event key and an Ed25519 signature over the DSSE encoding of the envelope, whose type is ", make("code", {}, "application/vnd.cxrledger.event+json"), ".")),
    raw("Proof and checkpoint", evidence.proof),
    raw("Record, Base64", evidence.entry));
}

const raw = (title, text) => make("figure", { class: "raw" }, make("figcaption", {}, title), make("pre", { tabindex: "0", "aria-label": title }, text));

function save(label, file, content, signal) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  return make("a", { class: "button", href: url, download: file }, label);
}

/** An entry that is not Base64 is saved as it came: it is evidence too. */
function tryBytes(encoded) {
  try {
    return fromBase64(encoded);
  } catch {
    return encoded;
  }
}

async function showKeys(list, { origin, event_key: eventKey, root_key: rootKey, checkpoint_vkey: checkpointKey }) {
  const code = (text) => make("code", {}, text);
  const fingerprint = async (key) => (key && crypto.subtle ? code(`SHA-256 ${toHex(await sha256(rawKey(key)))}`) : key && code(key));
  const readable = (key) => fingerprint(key).catch(() => code(key));
  facts(list, [
    ["Log", origin && code(origin)],
    ["Root key", await readable(rootKey)],
    ["Event key", await readable(eventKey)],
    ["Checkpoint key", checkpointKey && code(checkpointKey)],
  ]);
}
