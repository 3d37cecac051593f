/** A prediction as a card: class, gauge, badge, limits and facts. */

import { earnBadge } from "../badge.js";
import { facts, fromTemplate, icon, make } from "../dom.js";
import { brief, moment, percent, size } from "../format.js";
import { drawGauge } from "../gauge.js";

/**
 * The card; a promise of the evidence behind its badge (null when there is none); and a function that shows where a
 * reader's latest review leaves the model's answer.
 */
export function resultCard(prediction, { signal, link = false }) {
  const { fragment, slots } = fromTemplate("t-result");
  const { model, image } = prediction;
  slots.label.textContent = prediction.prediction;
  slots.label.dataset.side = prediction.probability > prediction.threshold ? "above" : "below";
  slots.percent.textContent = percent(prediction.probability);
  drawGauge(slots.gauge, prediction);
  cautionFor(slots.limits, prediction.limits, "Limits of this model");
  facts(slots.facts, [
    ["Model", make("span", { id: "result-model" }, `${model.name} ${model.version} `, make("span", { class: "mono faint", title: model.digest }, brief(model.digest)))],
    ["Preprocessing", prediction.preprocessing?.id],
    ["Patient", prediction.patient],
    ["Subject in the log", prediction.subject && make("span", { class: "mono" }, prediction.subject)],
    ["Picture", image && `${image.format.toUpperCase()}, ${image.width} × ${image.height}, ${size(image.bytes)}`],
    ["Recorded", prediction.recorded_at && make("time", { datetime: prediction.recorded_at }, moment(prediction.recorded_at))],
    ["By", prediction.actor],
    ["Took", typeof prediction.duration_ms === "number" ? `${prediction.duration_ms} ms${prediction.cached ? ", from an equal picture's result" : ""}` : null],
  ]);
  if (link) slots.more.append(make("a", { class: "button", id: "open-detail", href: `#/predictions/${encodeURIComponent(prediction.id)}` }, "Open the record"));
  else slots.more.remove();
  const stand = (review) => {
    slots.overruled.hidden = review?.verdict !== "override";
    slots.overruled.replaceChildren("A reader overrode this: ", make("b", {}, review?.label ?? ""), ` (event #${review?.index})`);
  };
  stand(prediction.review);
  return { fragment, stand, evidence: earnBadge(slots.badge, prediction, signal) };
}

/** Shows a model's limits as a caution; hidden when its card names none. */
export function cautionFor(root, limits, title) {
  root.hidden = !limits?.length;
  root.replaceChildren(icon("caution"),
    make("div", {}, make("p", { class: "caution-title" }, title), make("ul", {}, ...(limits ?? []).map((limit) => make("li", {}, limit)))));
}
