/** A problem as a panel: what happened, what to do, and the code to quote. */

import { icon, make } from "./dom.js";

const ADVICE = new Map([
  [0, "Nothing was recorded if no result was shown."],
  [403, "Ask an administrator for a credential whose role may do this."],
  [404, "Go back to the list and look for it there."],
  [413, "Choose a smaller file."],
  [415, "Choose a JPEG or PNG file."],
  [429, "Too many requests came from here; wait a moment, then try again."],
  [503, "The service cannot record at the moment, so it does not answer. What is in the log is safe. Try again later."],
]);

/** The panel; `retry`, when given, becomes a button. */
export function problemPanel(problem, retry = null) {
  const wait = problem.retryAfter ? ` The server asks to wait ${problem.retryAfter} s.` : "";
  const advice = (ADVICE.get(problem.status) ?? "") + wait;
  const quote = [problem.code, problem.requestId && `request ${problem.requestId}`].filter(Boolean).join(" · ");
  const panel = make("div", { class: "problem", role: "alert" }, icon("bad"),
    make("div", {},
      make("p", { class: "problem-title" }, problem.title || "Something went wrong"),
      make("p", {}, problem.detail || problem.message),
      advice ? make("p", {}, advice) : null,
      quote ? make("p", { class: "mono faint" }, quote) : null));
  if (retry) {
    const button = make("button", { type: "button", class: "quiet" }, "Try again");
    button.addEventListener("click", retry);
    panel.lastElementChild.append(button);
  }
  return panel;
}
