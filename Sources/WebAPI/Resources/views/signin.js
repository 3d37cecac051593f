/** Signing in: a page of its own, or a dialog above the page when a session has ended. */

import { busy, fromTemplate, isBusy } from "../dom.js";
import { problemPanel } from "../problem.js";
import { signIn } from "../session.js";

function signInForm(done) {
  const { fragment, slots } = fromTemplate("t-signin-form");
  const form = fragment.querySelector("form");
  const field = form.elements.key;
  slots.reveal.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    slots.reveal.textContent = shown ? "Hide" : "Show";
    slots.reveal.setAttribute("aria-pressed", String(shown));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(slots.submit)) return;
    slots.problem.replaceChildren();
    field.removeAttribute("aria-invalid");
    try {
      const session = await busy(slots.submit, "Signing in…", () => signIn(field.value.trim()));
      field.value = "";
      done(session);
    } catch (problem) {
      slots.problem.replaceChildren(problemPanel(problem));
      field.setAttribute("aria-invalid", "true");
      field.select();
    }
  });
  return form;
}

/** The page for somebody not signed in. */
export function signInView(outlet, done) {
  const { fragment, slots } = fromTemplate("t-signin");
  slots.card.append(signInForm(done));
  outlet.append(fragment);
}

let waiting = null;

/** Asks for the key in a dialog; the promise gives the new session, or null when the dialog was closed. */
export function askAgain() {
  // Several requests may find the session gone at once; they wait for the same answer.
  waiting ??= new Promise((answer) => {
    const dialog = document.getElementById("session-dialog");
    let session = null;
    const form = signInForm((signedIn) => {
      session = signedIn;
      dialog.close();
    });
    dialog.querySelector('[data-slot="form"]').replaceChildren(form);
    dialog.addEventListener("close", () => {
      form.remove();
      waiting = null;
      answer(session);
    }, { once: true });
    dialog.showModal();
    form.elements.key.focus();
  });
  return waiting;
}
