/** The models the log knows, the active one first. */

import { getJSON } from "../api.js";
import { facts, fromTemplate, make } from "../dom.js";
import { size } from "../format.js";
import { problemPanel } from "../problem.js";
import { cautionFor } from "./result.js";

export async function modelsView(outlet, { signal }) {
  const { fragment, slots } = fromTemplate("t-models");
  outlet.append(fragment);
  await load(slots.list, signal);
}

async function load(list, signal) {
  list.replaceChildren(make("p", { class: "loading" }, "Loading the models…"));
  try {
    const { active, models } = await getJSON("/v1/models", { signal });
    if (signal.aborted) return;
    const ordered = [...models].sort((left, right) => (right.digest === active) - (left.digest === active));
    list.replaceChildren(...(ordered.length ? ordered.map(card) : [
      make("div", { class: "vacant" }, make("p", {}, make("b", {}, "No model is registered")), make("p", {}, "Until one is active, nothing is predicted."))]));
  } catch (problem) {
    if (!signal.aborted) list.replaceChildren(problemPanel(problem, () => load(list, signal)));
  }
}

function card(model) {
  const about = make("dl", { class: "facts" });
  const limits = make("aside", { class: "caution" });
  facts(about, [
    ["Digest", make("span", { class: "mono whole" }, model.digest)],
    ["Threshold", `${model.threshold}`],
    ["Classes", model.classes?.join(", ")],
    ["Input", model.input_shape?.join(" × ")],
    ["Parameters", model.parameters?.toLocaleString()],
    ["Preprocessing", model.preprocessing?.id],
    ["File", typeof model.bytes === "number" ? size(model.bytes) : null],
  ]);
  cautionFor(limits, model.limits, "Limits");
  return make("article", { class: "card model", "data-state": model.state },
    make("h2", {}, `${model.name} ${model.version} `, make("span", { class: "tag plain" }, model.state)), limits, about);
}
