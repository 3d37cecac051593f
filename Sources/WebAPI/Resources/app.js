/** Starts the page: the session, the routes after `#`, and signing in and out. */

import { onSessionLost } from "./api.js";
import { announce, make } from "./dom.js";
import { problemPanel } from "./problem.js";
import * as account from "./session.js";
import { detailView } from "./views/detail.js";
import { listView } from "./views/list.js";
import { modelsView } from "./views/models.js";
import { dropDraft, predictView } from "./views/predict.js";
import { askAgain, signInView } from "./views/signin.js";

/**
 * Path pattern, title, what a role needs, and the view: a function of (outlet, { signal, parts, query }).
 * A role begins at the first `start` that it may see.
 */
const ROUTES = [
  { pattern: /^\/$/, start: "#/", title: "New prediction", needs: "prediction.create", view: predictView },
  { pattern: /^\/predictions$/, start: "#/predictions", title: "Predictions", needs: "prediction.read", view: listView },
  { pattern: /^\/predictions\/([^/]+)$/, title: "Prediction", needs: "prediction.read", view: detailView },
  { pattern: /^\/models$/, start: "#/models", title: "Models", needs: "model.read", view: modelsView },
];

const main = document.getElementById("main");
const who = document.getElementById("who");
const nav = document.getElementById("nav");
let visit = new AbortController();

/** Whose picture and patient the prediction form may hold. */
let owner = null;

function route() {
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  for (const candidate of ROUTES) {
    const match = candidate.pattern.exec(path);
    if (!match) continue;
    try {
      return { ...candidate, path, parts: match.slice(1).map(decodeURIComponent), query: new URLSearchParams(search) };
    } catch {
      return null; // Escapes that are no UTF-8, as in %ff, name nothing.
    }
  }
  return null;
}

const home = () => ROUTES.find(({ needs, start }) => start && account.can(needs))?.start;

/** Shows what the address names. Moves the focus to it unless the page has only just been opened. */
async function render({ moveFocus = true } = {}) {
  visit.abort();
  visit = new AbortController();
  const { signal } = visit;
  const here = account.session() && route();
  drawHeader(here?.path);
  main.replaceChildren();
  if (!account.session()) {
    document.title = "Sign in · CXRLedger";
    return signInView(main, welcome);
  }
  document.title = `${here?.title ?? "Not found"} · CXRLedger`;
  if (!here) main.append(plain("There is no such page", "The address names nothing here."));
  else if (account.can(here.needs)) await here.view(main, { signal, parts: here.parts, query: here.query });
  else if (here.path === "/" && home()) return location.replace(home());
  else main.append(noAccess());
  if (moveFocus && !signal.aborted) focusHeading();
}

function drawHeader(path) {
  const session = account.session();
  nav.hidden = who.hidden = !session;
  if (!session) return;
  document.getElementById("who-name").textContent = session.name;
  document.getElementById("who-role").textContent = session.role;
  for (const link of nav.children) {
    const target = link.hash.slice(1);
    link.hidden = !account.can(link.dataset.needs);
    const current = target === path || (target !== "/" && path?.startsWith(`${target}/`));
    link.toggleAttribute("aria-current", current);
    if (current) link.setAttribute("aria-current", "page");
  }
}

function focusHeading() {
  const heading = main.querySelector("h1");
  if (!heading || main.contains(document.activeElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

const plain = (title, text) =>
  make("section", { class: "vacant tall" }, make("h1", {}, title), make("p", {}, text), make("p", {}, make("a", { href: "#/" }, "Go to the start")));

function noAccess() {
  const { role } = account.session();
  return make("section", { class: "vacant tall", id: "no-access" }, make("h1", {}, "Nothing to show here for your role"),
    make("p", {}, `You are signed in as ${role}. This page is for predictions and models; exports, timelines and backups are done with the command line or the HTTP interface.`));
}

/** Shows the page to who has just signed in; what somebody else had chosen is gone. */
async function welcome({ credential }) {
  if (credential !== owner) dropDraft();
  owner = credential;
  await render();
}

/** A request met an ended session: ask for the key above the page, so that nothing chosen or typed is lost. */
onSessionLost(async () => {
  const session = await askAgain();
  if (session?.credential === owner) return true;
  if (session) {
    await welcome(session);
  } else {
    account.forget();
    await render();
  }
  return false;
});

document.getElementById("sign-out").addEventListener("click", async () => {
  dropDraft();
  try {
    await account.signOut();
  } catch {
    // The cookie may outlive this; the server ends the session by time.
  }
  await render();
  announce("Signed out.");
});

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

// A file dropped beside the drop zone must not replace the page.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
addEventListener("hashchange", () => render());

try {
  owner = (await account.load())?.credential ?? null;
  await render({ moveFocus: false });
} catch (problem) {
  main.replaceChildren(problemPanel(problem, () => location.reload()));
}
document.documentElement.dataset.ready = "";
