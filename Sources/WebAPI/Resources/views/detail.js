/** One prediction: picture, result, reviews, history and proof. */

import { getJSON, send } from "../api.js";
import { fromTemplate, make } from "../dom.js";
import { moment, words } from "../format.js";
import { problemPanel } from "../problem.js";
import { can } from "../session.js";
import { proofBody } from "./evidence.js";
import { resultCard } from "./result.js";
import { openReview } from "./review.js";

export async function detailView(outlet, { signal, parts: [id] }) {
  const address = `/v1/predictions/${encodeURIComponent(id)}`;
  const { fragment, slots } = fromTemplate("t-detail");
  const waiting = make("p", { class: "loading" }, "Loading the record…");
  outlet.append(waiting);
  let prediction;
  try {
    prediction = await getJSON(address, { signal });
  } catch (problem) {
    if (!signal.aborted) waiting.replaceWith(make("header", { class: "head" }, make("h1", {}, "Prediction")), problemPanel(problem, () => dispatchEvent(new HashChangeEvent("hashchange"))));
    return;
  }
  if (signal.aborted) return;
  waiting.replaceWith(fragment);
  document.title = `Event #${prediction.index} · CXRLedger`;
  slots.title.textContent = `Prediction, event #${prediction.index}`;
  slots.id.textContent = prediction.id;
  const card = resultCard(prediction, { signal });
  slots.result.replaceWith(card.fragment);
  showPicture(slots.film, slots["film-state"], prediction, address, signal);
  showReviews(slots, prediction);
  slots["review-open"].hidden = !can("prediction.review");
  slots["review-open"].addEventListener("click", () => openReview(prediction, signal, (reviewed) => {
    prediction = reviewed;
    card.stand(prediction.review);
    showReviews(slots, prediction);
  }));
  const evidence = await card.evidence;
  if (evidence) slots["proof-body"].append(proofBody(prediction, evidence, signal));
  else slots.proof.hidden = true;
}

async function showPicture(film, state, prediction, address, signal) {
  if (!can("image.read")) {
    state.textContent = "Your role does not see the picture.";
    return;
  }
  try {
    const blob = await (await send(`${address}/image`, { signal })).blob();
    const url = URL.createObjectURL(blob);
    signal.addEventListener("abort", () => URL.revokeObjectURL(url));
    const picture = make("img", { src: url, alt: `Chest X-ray of event ${prediction.index}`, id: "xray" });
    try {
      await picture.decode();
      state.replaceWith(picture);
    } catch {
      const file = `${prediction.id}.${prediction.image.format}`;
      state.replaceChildren("This browser cannot show the picture. ", make("a", { href: url, download: file }, "Save the picture"));
    }
  } catch (problem) {
    if (!signal.aborted) film.replaceChildren(problemPanel(problem, () => {
      film.replaceChildren(state);
      showPicture(film, state, prediction, address, signal);
    }));
  }
}

function showReviews(slots, { prediction: label, reviews = [], history = [] }) {
  slots["review-open"].textContent = reviews.length ? "Review again" : "Review this prediction";
  slots.reviews.replaceChildren(...(reviews.length ? reviews.map((review) => reviewCard(review, label)) : [
    make("div", { class: "vacant small" }, make("p", {}, "Nobody has reviewed this prediction yet."))]));
  slots.history.replaceChildren(...history.map(({ index, type, recorded_at: recorded, actor, outcome }) =>
    make("li", {}, make("span", { class: "mono" }, `#${index}`),
      make("span", {}, make("b", {}, words(type)), outcome && outcome !== "success" ? ` (${outcome})` : null,
        make("span", { class: "faint" }, " ", make("time", { datetime: recorded }, moment(recorded)), ` · ${actor}`)))));
}

function reviewCard({ verdict, label, reviewer, reason, recorded_at: recorded, index }, predicted) {
  return make("article", { class: "review", "data-verdict": verdict },
    make("p", {}, make("b", {}, verdict === "agree" ? "Agreed" : "Overridden"), verdict === "agree" ? ` with ${predicted}` : `: ${label}, not ${predicted}`),
    reason ? make("blockquote", {}, reason) : null,
    make("p", { class: "faint" }, `${reviewer} · `, make("time", { datetime: recorded }, moment(recorded)), " · ", make("span", { class: "mono" }, `#${index}`)));
}
