/** The dialog in which a reader agrees with a prediction or overrides it. */

import { postJSON } from "../api.js";
import { announce, busy, fromTemplate, isBusy, make } from "../dom.js";
import { percent } from "../format.js";
import { problemPanel } from "../problem.js";

/** Opens it; `done` gets the prediction as it stands after the review. The dialog returns the focus by itself. */
export function openReview(prediction, signal, done) {
  const { fragment, slots } = fromTemplate("t-review");
  const dialog = fragment.querySelector("dialog");
  const { form, override, label, reason, submit } = slots;
  slots.says.append("The model says ", make("b", {}, prediction.prediction), ` (${percent(prediction.probability)} probability of pneumonia).`);
  label.append(...Object.keys(prediction.probabilities).filter((name) => name !== prediction.prediction).map((name) => make("option", {}, name)));

  const overrides = () => form.elements.verdict.value === "override";
  form.addEventListener("change", () => {
    override.hidden = !overrides();
    reason.required = overrides();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(submit)) return;
    slots.problem.replaceChildren();
    const verdict = overrides() ? { verdict: "override", label: label.value, reason: reason.value.trim() } : { verdict: "agree" };
    try {
      const reply = await busy(submit, "Recording…", () => postJSON(`/v1/predictions/${encodeURIComponent(prediction.id)}/review`, verdict));
      const reviewed = await reply.json();
      dialog.close();
      done(reviewed);
      announce("Review recorded.");
    } catch (problem) {
      slots.problem.replaceChildren(problemPanel(problem));
    }
  });
  slots.cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  signal.addEventListener("abort", () => dialog.remove());

  document.body.append(fragment);
  dialog.showModal();
}
