// What else is done to a conversation than answering. The page stays, and with it what was typed, also where the bridge
// does not answer.

import { button, open, toSignIn } from "./dom.js";
import { SignedOut, isOurs } from "./fetch.js";
import { clearFault, sayFault, sayOvertaken } from "./fault.js";
import { LineIsDown, post } from "./post.js";
import * as words from "./words.js";

const ACTS = "#talk form[method=post]:not(.compose)";

// The addresses of those that are not answered yet.
const underWay = new Set();

// Another one than was sent may stand there by now.
function formAt(address) {
  return [...document.forms].find((form) => form.action === address);
}

// What has been sent is not to be sent again; what was typed since is kept.
function empty(form, values) {
  if (!form) return;
  for (const field of form.querySelectorAll("textarea, input:not([type=hidden])")) {
    if (field.value !== values[field.name]) continue;
    field.value = "";
    // Whoever keeps drafts hears of it.
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.querySelectorAll("select").forEach((choice) => { choice.selectedIndex = 0; });
  const tool = form.closest("details");
  if (tool) tool.open = false;
}

// Answered, it is another one the next time: what is sent twice under one id counts once.
function renew(form) {
  form.elements.form.value = crypto.randomUUID();
}

function show(page) {
  document.dispatchEvent(new CustomEvent("console:page", { detail: page }));
}

// Where the form has gone, whoever works by keys goes on with what there is to do now.
function goOn() {
  if (document.activeElement !== document.body) return;
  const places = ["#write", ".claim button", ".ended .btn--main", ".ended .btn", ".acts summary"];
  const place = places.map((place) => document.querySelector(place)).find(Boolean);
  place?.focus({ preventScroll: true });
}

function again(address) {
  return button("btn btn--small", words.TRY_AGAIN, () => formAt(address)?.requestSubmit());
}

function fail(address, failure) {
  if (failure instanceof LineIsDown) return sayFault(words.NOT_DONE, again(address));
  if (failure instanceof SignedOut) return sayFault(words.notDone(failure.message), toSignIn());
  if (isOurs(failure.answer)) show(failure.answer);
  if (failure.isOvertaken) sayOvertaken(failure.message);
  else sayFault(failure.message);
}

async function act(form) {
  const address = form.action;
  if (underWay.has(address)) return;
  underWay.add(address);
  const values = Object.fromEntries(new FormData(form));
  try {
    const page = await post({ address, values });
    clearFault();
    renew(form);
    empty(formAt(address), values);
    show(page);
    goOn();
  } catch (failure) {
    if (isOurs(failure.answer)) renew(form);
    fail(address, failure);
  }
  underWay.delete(address);
}

// A note may have lines of its own, so Enter alone does not keep it.
document.addEventListener("keydown", (event) => {
  const keeps = !event.defaultPrevented && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing && event.target.matches("#talk form textarea");
  if (!keeps) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  if (!open || !event.target.matches(ACTS)) return;
  event.preventDefault();
  act(event.target);
});
