/** Choosing an X-ray and having it read. */

import { getJSON, send } from "../api.js";
import { announce, busy, fromTemplate, isBusy } from "../dom.js";
import { size } from "../format.js";
import { problemPanel } from "../problem.js";
import { can } from "../session.js";
import { cautionFor, resultCard } from "./result.js";

/**
 * What has been chosen and typed, and its answer. Kept while the person looks at other pages or signs in again.
 * `attempt` is the idempotency key: sending the same choice twice records one prediction.
 */
let draft = empty();

function empty() {
  return { file: null, url: null, patient: "", attempt: null, answer: null };
}

/** Forgets the picture and the patient, as on signing out. */
export function dropDraft() {
  if (draft.url) URL.revokeObjectURL(draft.url);
  draft = empty();
}

export async function predictView(outlet, { signal }) {
  const { fragment, slots } = fromTemplate("t-predict");
  const input = fragment.getElementById("xray-file");
  outlet.append(fragment);

  const choose = (file) => {
    if (!file) return;
    const { patient } = draft;
    dropDraft();
    draft = { ...draft, file, patient, url: URL.createObjectURL(file), attempt: newKey() };
    slots.problem.replaceChildren();
    showChoice();
    showAnswer();
    announce(`${file.name} chosen.`);
  };

  const showChoice = () => {
    const { file, url } = draft;
    slots.hint.hidden = Boolean(file);
    slots.clear.hidden = !file;
    slots.submit.disabled = !file;
    slots.preview.hidden = true;
    slots.drop.classList.toggle("filled", Boolean(file));
    slots.about.textContent = file ? `${file.name} · ${size(file.size)}` : "JPEG or PNG, one picture, frontal view.";
    if (url) slots.preview.src = url;
    else slots.preview.removeAttribute("src");
  };

  // A result brings its own limits.
  const showLimits = () => (slots.limits.hidden = Boolean(draft.answer) || !slots.limits.hasChildNodes());

  const showAnswer = () => {
    if (draft.answer) slots.result.replaceChildren(resultCard(draft.answer, { signal, link: true }).fragment);
    else slots.result.replaceChildren(slots.vacant);
    showLimits();
  };

  slots.preview.addEventListener("load", () => (slots.preview.hidden = false));
  slots.preview.addEventListener("error", () => {
    if (!draft.file) return;
    slots.hint.hidden = false;
    slots.hint.querySelector(".drop-title").textContent = "This browser cannot show the file as a picture. The service will say whether it can be read.";
  });
  input.addEventListener("change", () => {
    choose(input.files[0]);
    input.value = "";
  });
  for (const type of ["dragenter", "dragover"]) slots.drop.addEventListener(type, () => slots.drop.classList.add("over-it"));
  for (const type of ["dragleave", "drop"]) slots.drop.addEventListener(type, () => slots.drop.classList.remove("over-it"));
  slots.drop.addEventListener("drop", (event) => choose(event.dataTransfer.files[0]));
  document.addEventListener("paste", (event) => choose(event.clipboardData.files[0]), { signal });

  slots.patient.value = draft.patient;
  slots.patient.addEventListener("input", () => {
    draft.patient = slots.patient.value;
    draft.attempt = newKey();
  });
  slots.clear.addEventListener("click", () => {
    dropDraft();
    slots.patient.value = "";
    slots.problem.replaceChildren();
    showChoice();
    showAnswer();
    input.focus();
  });

  slots.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!draft.file || isBusy(slots.submit)) return;
    slots.problem.replaceChildren();
    const sent = draft;
    slots.result.setAttribute("aria-busy", "true");
    announce("Reading the X-ray.");
    try {
      const answer = await busy(slots.submit, "Reading…", () => upload(sent));
      sent.answer = answer;
      if (draft !== sent || signal.aborted) return;
      showAnswer();
      announce(`${answer.prediction}, probability of pneumonia ${answer.probability}, threshold ${answer.threshold}.`);
      slots.result.focus({ preventScroll: true });
      if (slots.result.getBoundingClientRect().top > innerHeight * 0.6) slots.result.scrollIntoView();
    } catch (problem) {
      if (draft === sent && !signal.aborted) slots.problem.replaceChildren(problemPanel(problem));
    } finally {
      slots.result.removeAttribute("aria-busy");
    }
  });

  showChoice();
  showAnswer();
  await showActiveLimits(slots.limits, signal);
  showLimits();
}

function upload({ file, patient, attempt }) {
  const body = new FormData();
  body.append("image", file, file.name);
  if (patient.trim()) body.append("patient", patient.trim());
  return send("/v1/predictions", { method: "POST", body, headers: { "Idempotency-Key": attempt } }).then((reply) => reply.json());
}

/** crypto.randomUUID exists in secure contexts only. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16).padStart(8, "0")).join("");
}

/** The active model's limits stand above the form, before anybody relies on it. */
async function showActiveLimits(root, signal) {
  if (!can("model.read")) return;
  try {
    const { active, models } = await getJSON("/v1/models", { signal });
    const model = models.find(({ digest }) => digest === active);
    if (model?.limits?.length && !signal.aborted) cautionFor(root, model.limits, `Limits of ${model.name} ${model.version}, the active model`);
  } catch {
    // The result carries the limits again; here they are a courtesy.
  }
}
