/** Recent predictions, with filters and pages. */

import { getJSON } from "../api.js";
import { announce, fromTemplate, make } from "../dom.js";
import { brief, briefMoment, decimal } from "../format.js";
import { sparkGauge } from "../gauge.js";
import { problemPanel } from "../problem.js";
import { can } from "../session.js";

const PAGE = 20;
const FILTERS = ["label", "model", "reviewed", "reviewer", "from", "to"];

/** The patient filter is kept out of the address, which browsers remember. */
let patient = "";

export async function listView(outlet, { signal, query }) {
  const { fragment, slots } = fromTemplate("t-list");
  const fields = slots.form.elements;
  outlet.append(fragment);

  for (const name of FILTERS) fields[name].value = query.get(name) ?? "";
  fields.patient.value = patient;
  fields.patient.closest(".field").hidden = !can("patient.read");
  const active = FILTERS.filter((name) => query.get(name)).length + (patient ? 1 : 0);
  slots.active.hidden = active === 0;
  slots.active.textContent = `${active} in use`;
  slots.filters.open = active > 0 || matchMedia("(min-width: 60rem)").matches;

  slots.form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(new FormData(slots.form));
  });
  slots.form.addEventListener("reset", (event) => {
    event.preventDefault();
    apply(new FormData());
  });
  suggestModels(slots.models, signal);
  await load(slots, query, signal);
}

/** Puts the filters into the address; the same address again is loaded again. */
function apply(form) {
  patient = (form.get("patient") ?? "").trim();
  const chosen = FILTERS.map((name) => [name, (form.get(name) ?? "").trim()]).filter(([, value]) => value);
  const search = new URLSearchParams(chosen).toString();
  const target = `#/predictions${search ? `?${search}` : ""}`;
  if (location.hash === target) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = target;
}

async function load(slots, query, signal) {
  const parameters = new URLSearchParams({ limit: PAGE });
  for (const name of [...FILTERS, "cursor"]) if (query.get(name)) parameters.set(name, query.get(name));
  for (const name of ["from", "to"]) if (parameters.has(name)) parameters.set(name, new Date(parameters.get(name)).toISOString());
  if (patient) parameters.set("patient", patient);
  slots.list.replaceChildren(make("p", { class: "loading" }, "Loading the predictions…"));
  try {
    const page = await getJSON(`/v1/predictions?${parameters}`, { signal });
    if (signal.aborted) return;
    slots.list.replaceChildren(...incomplete(page.missing), ...late(page.lag), page.predictions.length ? table(page.predictions) : nothing(query));
    slots.pager.replaceChildren(...pager(query, page.next));
    announce(`${page.predictions.length} predictions.`);
  } catch (problem) {
    if (!signal.aborted) slots.list.replaceChildren(problemPanel(problem, () => load(slots, query, signal)));
  }
}

/** A log that is BEHIND lists what it has; nobody shall take that for everything. */
function incomplete(missing) {
  if (!missing) return [];
  const text = `${missing} acknowledged entries are missing here (BEHIND); predictions may be among them.`;
  return [make("p", { class: "notice", role: "alert" }, make("b", {}, text))];
}

/** A standby may not have the newest predictions yet. */
function late(lag) {
  if (!lag?.entries) return [];
  return [make("p", { class: "notice" }, `As a standby has it, ${Math.ceil(lag.seconds)} s behind: newer predictions may be missing.`)];
}

function table(predictions) {
  const { fragment, slots } = fromTemplate("t-table");
  slots.body.append(...predictions.map(row));
  return fragment;
}

function row(prediction) {
  const { id, index, recorded_at: recorded, probability, threshold, model, review } = prediction;
  const side = probability > threshold ? "above" : "below";
  const cell = (name, ...children) => make("td", { "data-label": name }, ...children);
  return make("tr", { "data-id": id },
    make("th", { scope: "row" }, make("a", { href: `#/predictions/${encodeURIComponent(id)}`, class: "mono" }, `#${index}`)),
    cell("Recorded", make("time", { datetime: recorded }, briefMoment(recorded))),
    cell("Class", make("span", { class: "tag", "data-side": side }, prediction.prediction)),
    cell("Probability", make("span", { class: "measure" }, sparkGauge(prediction), make("span", { class: "number" }, decimal(probability, threshold)))),
    cell("Model", `${model.name} ${model.version}`),
    cell("Review", reviewTag(review)));
}

function reviewTag(review) {
  if (!review) return make("span", { class: "faint" }, "not yet");
  return make("span", { class: "tag plain", "data-verdict": review.verdict }, review.verdict === "agree" ? "agreed" : `overridden: ${review.label}`);
}

function nothing(query) {
  const filtered = patient || [...FILTERS, "cursor"].some((name) => query.get(name));
  return make("div", { class: "vacant", id: "empty" },
    make("p", {}, make("b", {}, filtered ? "No prediction fits these filters" : "No predictions yet")),
    make("p", {}, filtered ? "Widen the time, or clear a filter." : "The first X-ray that is read will stand here."),
    !filtered && can("prediction.create") ? make("p", {}, make("a", { href: "#/", class: "button" }, "Read an X-ray")) : null);
}

/** The way back is the browser's own; these lead to the newest and to older ones. */
function pager(query, next) {
  const address = (cursor) => {
    const search = new URLSearchParams(query);
    search.delete("cursor");
    if (cursor) search.set("cursor", cursor);
    return `#/predictions${search.size ? `?${search}` : ""}`;
  };
  return [
    query.get("cursor") ? make("a", { class: "button", id: "newest", href: address(null) }, "Newest") : null,
    next ? make("a", { class: "button", id: "older", rel: "next", href: address(next) }, "Older") : null,
  ].filter(Boolean);
}

async function suggestModels(list, signal) {
  if (!can("model.read")) return;
  try {
    const { models } = await getJSON("/v1/models", { signal, quiet: true });
    list.replaceChildren(...models.map(({ digest, name, version }) => make("option", { value: digest }, `${name} ${version} · ${brief(digest)}`)));
  } catch {
    // Without suggestions the digest can still be typed.
  }
}
