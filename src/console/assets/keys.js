// Single keys. They rest while a field or a tool has the focus, and can be turned off where they are listed.

import { button, element } from "./dom.js";
import { leave as leaveFor } from "./away.js";
import { browser } from "./keep.js";
import * as words from "./words.js";

const STORED = "keys";

const OPEN_TOOL = "details.tool[open]";
// Whoever has a tool open is about to write in it: none of these takes the words elsewhere.
const LEAD_AWAY = "ncrteg/";

const PLACES = { i: "/console", d: "/console/deliveries", h: "/console/health" };

let goes = false;

function areOn() {
  return browser.read(STORED) !== "off";
}

function turn(on) {
  browser.write(STORED, on ? "on" : "off");
}

function explain() {
  const dialog = document.createElement("dialog");
  const head = element("h2", "", words.KEYS);
  head.id = "keys-head";
  dialog.setAttribute("aria-labelledby", head.id);
  const keys = element("dl", "keys", "");
  for (const [key, does] of words.WHAT_KEYS_DO) {
    const name = document.createElement("dt");
    name.append(element("kbd", "", key));
    keys.append(name, element("dd", "", does));
  }
  const choice = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = areOn();
  box.addEventListener("change", () => turn(box.checked));
  choice.append(box, words.SINGLE_KEYS);
  const body = element("div", "dlg__body", "");
  body.append(head, keys, choice);
  const foot = element("div", "dlg__foot", "");
  foot.append(button("btn btn--small", words.CLOSE, () => dialog.close()));
  dialog.append(body, foot);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function step(by) {
  const rows = [...document.querySelectorAll("#inbox .row")];
  const here = rows.findIndex((row) => row === document.activeElement);
  const from = here < 0 ? rows.findIndex((row) => row.hasAttribute("aria-current")) : here;
  const next = from < 0 ? 0 : from + by;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}

function focusOn(selector) {
  const field = document.querySelector(selector);
  if (!field) return;
  const folded = field.closest("details");
  if (folded) folded.open = true;
  field.focus();
}

function leave() {
  const field = document.activeElement;
  const tool = field?.closest(OPEN_TOOL) ?? document.querySelector(`.talk ${OPEN_TOOL}`);
  if (tool) {
    tool.open = false;
    return (document.querySelector("#write") ?? tool.querySelector("summary")).focus();
  }
  if (field?.matches("input, textarea, select")) return field.blur();
  document.querySelector(".talk__back")?.click();
}

// Also where the list that is shown is another one.
function toTheLongestWaiting() {
  const shown = document.querySelector("[data-list=waiting] .row");
  if (shown) shown.click();
  else leaveFor("/console/next");
}

const does = {
  j: () => step(1),
  k: () => step(-1),
  n: toTheLongestWaiting,
  N: () => focusOn("#note"),
  c: () => document.querySelector("form.claim, form[action$='/take-over']")?.requestSubmit(),
  r: () => focusOn("#write"),
  t: () => focusOn("#desk"),
  e: () => focusOn("#reason"),
  "/": () => focusOn("#q"),
  "?": explain,
  g: () => { goes = true; },
};

function isWriting(target) {
  return Boolean(target.matches?.("input, textarea, select, [contenteditable]") || target.closest?.(OPEN_TOOL));
}

function rests(key) {
  return LEAD_AWAY.includes(key) && document.querySelector(`.talk ${OPEN_TOOL}`);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave();
  if (isWriting(event.target) || rests(event.key) || !areOn()) return;
  const place = goes && PLACES[event.key];
  goes = false;
  const act = place ? () => document.querySelector(`.rail a[href="${place}"]`)?.click() : does[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// What somebody unfolds is written in at once; what unfolds by itself leaves the focus where it is.
let unfolding;

document.addEventListener("click", ({ target }) => {
  const summary = target.closest?.("details.tool > summary");
  if (summary) unfolding = summary.parentElement;
});

document.addEventListener("toggle", ({ target }) => {
  if (target !== unfolding) return;
  unfolding = undefined;
  if (target.open) target.querySelector("textarea, select, input:not([type=hidden]), a")?.focus();
}, true);

for (const control of document.querySelectorAll("[data-keys]")) {
  control.hidden = false;
  control.addEventListener("click", explain);
}
