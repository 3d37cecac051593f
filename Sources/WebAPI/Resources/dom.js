/** Building the page: templates with named slots, and elements with text only, never markup from data. */

/** A copy of a template, and its elements by `data-slot`. */
export function fromTemplate(id) {
  const fragment = document.getElementById(id).content.cloneNode(true);
  const slots = {};
  for (const element of fragment.querySelectorAll("[data-slot]")) slots[element.dataset.slot] = element;
  return { fragment, slots };
}

/** An element with attributes (`class`, `href`, …; null or false leaves one out) and children (nodes or text). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A decorative icon of the sprite in index.html. */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Term and description pairs; pairs without a value are left out. */
export function facts(list, pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  list.replaceChildren(...rows.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))));
}

/** A button that shows it is at work, and cannot be pressed twice, while `work` runs. */
export async function busy(button, label, work) {
  const usual = button.textContent;
  button.textContent = label;
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  try {
    return await work();
  } finally {
    button.textContent = usual;
    button.removeAttribute("aria-disabled");
    button.classList.remove("busy");
  }
}

/** Whether a button is at work. */
export const isBusy = (button) => button.getAttribute("aria-disabled") === "true";
