/** The probability on a scale from 0 to 1 with the threshold marked. */

import { make } from "./dom.js";
import { decimal } from "./format.js";

/** Fills `root`; one sentence stands for the picture where it cannot be seen. */
export function drawGauge(root, { probability, threshold, prediction }) {
  const side = probability > threshold ? "above" : "not above";
  const value = decimal(probability, threshold);
  root.className = "gauge";
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", `Probability of pneumonia ${value}, ${side} the threshold of ${threshold}: ${prediction}`);
  root.style.setProperty("--p", probability);
  root.style.setProperty("--t", threshold);
  root.dataset.side = probability > threshold ? "above" : "below";
  root.replaceChildren(
    make("span", { class: "gauge-value" }, value),
    make("span", { class: "gauge-track" }, make("span", { class: "zone below" }, "NORMAL"), make("span", { class: "zone above" }, "PNEUMONIA"),
      make("span", { class: "gauge-fill" }), make("span", { class: "gauge-cut" }), make("span", { class: "gauge-needle" })),
    make("span", { class: "gauge-threshold" }, `threshold ${threshold}`),
    make("span", { class: "gauge-end" }, "0"),
    make("span", { class: "gauge-end last" }, "1"));
}

/** The same in the width of a table cell; the number stands beside it. */
export function sparkGauge({ probability, threshold }) {
  const spark = make("span", { class: "spark", "aria-hidden": "true" }, make("span", { class: "spark-cut" }), make("span", { class: "spark-dot" }));
  spark.style.setProperty("--p", probability);
  spark.style.setProperty("--t", threshold);
  spark.dataset.side = probability > threshold ? "above" : "below";
  return spark;
}
