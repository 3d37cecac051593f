/** The badge that says what was verified, by whom, and at which index. */

import { announce, icon, make } from "./dom.js";
import { CHECKS, Outcome, overall, shortcoming, verify } from "./proof.js";
import { getJSON } from "./api.js";

const FACES = {
  pending: { icon: "wait", title: "Checking the proof…" },
  [Outcome.here]: { icon: "seal", title: "Verified in this browser" },
  [Outcome.server]: { icon: "server", title: "Checked by the server" },
  [Outcome.failed]: { icon: "bad", title: "Verification failed" },
  unknown: { icon: "caution", title: "Not verified" },
};

const BY = { [Outcome.here]: "checked here", [Outcome.server]: "checked by the server", [Outcome.failed]: "failed" };

/**
 * Fetches the proof of `prediction`, checks it and shows the outcome in `root`.
 * Returns the evidence, or null when there is none to be had.
 */
export async function earnBadge(root, prediction, signal) {
  face(root, "pending", prediction);
  let evidence;
  try {
    evidence = await getJSON(`/v1/predictions/${encodeURIComponent(prediction.id)}/proof`, { signal });
  } catch (problem) {
    if (signal?.aborted) return null;
    const why = `The proof could not be fetched: ${problem.message}`;
    face(root, "unknown", prediction, [make("p", {}, why)]);
    announce(`Not verified. ${why}`);
    return null;
  }
  const results = await verify(prediction, evidence);
  const lack = await shortcoming();
  if (signal?.aborted) return null;
  show(root, prediction, results, lack);
  return evidence;
}

function show(root, prediction, results, lack) {
  const state = overall(results);
  const list = make("ul", { class: "checks" }, ...Object.entries(results).map(([name, result]) => line(name, result)));
  const extra = [];
  if (state === Outcome.failed) extra.push(make("p", { class: "warn" }, "Do not rely on this result. Tell whoever runs this service, and keep this page open."));
  if (lack && state !== Outcome.here) extra.push(make("p", {}, lack));
  face(root, state, prediction, [...extra, list]);
  const failed = Object.entries(results).filter(([, { outcome }]) => outcome === Outcome.failed).map(([name]) => name);
  announce(failed.length ? `Verification failed: ${failed.join(", ")}. Do not rely on this result.` : `${FACES[state].title}, event ${prediction.index}.`);
}

function line(name, { outcome, why }) {
  const glyph = { [Outcome.here]: "ok", [Outcome.server]: "server", [Outcome.failed]: "bad" }[outcome];
  return make("li", { "data-check": name, "data-outcome": outcome }, icon(glyph),
    make("span", {}, CHECKS[name], make("span", { class: "by" }, ` · ${BY[outcome]}`), why ? make("span", { class: "why" }, why) : null));
}

function face(root, state, prediction, content = []) {
  const { icon: glyph, title } = FACES[state];
  root.className = "badge";
  root.dataset.state = state;
  root.setAttribute("aria-busy", String(state === "pending"));
  if (state === Outcome.failed) root.setAttribute("role", "alert");
  else root.removeAttribute("role");
  root.replaceChildren(
    make("p", { class: "badge-head" }, icon(glyph, "seal"), make("b", {}, title),
      make("span", { class: "badge-index" }, "event ", make("span", { class: "mono", id: "badge-index" }, `#${prediction.index}`))),
    ...content);
}
