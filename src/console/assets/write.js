// Writing: a draft outlives the page, Enter sends, and what was sent stands in the transcript at once.

import { button, element, open, toSignIn } from "./dom.js";
import { SignedOut } from "./fetch.js";
import { browser, tab } from "./keep.js";
import { keepAsNote } from "./lost.js";
import { LineIsDown, post } from "./post.js";
import * as words from "./words.js";

const draftKey = `draft ${open}`;
// What stands in these fields outlives the page, whichever form of it was sent.
const DRAFTS = {
  write: draftKey,
  note: `draft note ${open}`,
  replies: `draft replies ${open}`,
  buttons: `draft buttons ${open}`,
  file: `draft file ${open}`,
  "file-name": `draft file-name ${open}`,
};
const unsentKey = `unsent ${open}`;

const FIELDS = ["text", "replies", "buttons", "file", "file_name"];
const ON_ITS_WAY = "turn turn--agent held held--agent";
// What could not be sent is tried again after this, also while the line seems to be up.
const TRY_AGAIN_AFTER = 3000;

function field() {
  return document.querySelector("#write");
}

// What is on its way, in order.
const queue = [];
let isSending = false;

function keepUnsent() {
  tab.write(unsentKey, queue.length > 0 && JSON.stringify(queue.map(({ address, values }) => ({ address, values }))));
}

function show(entry) {
  entry.turn = element("li", `${ON_ITS_WAY} turn--late`, "");
  const bubble = element("div", "bubble", entry.values.text || entry.values.file);
  bubble.dir = "auto";
  entry.says = element("p", "turn__by", "");
  entry.turn.append(bubble, entry.says);
  document.querySelector(".transcript ol").append(entry.turn);
  document.querySelector(".talk__scroll").scrollTop = 0;
}

function add(entry) {
  queue.push(entry);
  keepUnsent();
  show(entry);
  entry.says.textContent = queue.length > 1 ? words.WAITS_BEHIND : words.SENDING;
}

function remove(entry) {
  queue.splice(queue.indexOf(entry), 1);
  keepUnsent();
  entry.turn.remove();
}

function fail(entry, failure) {
  entry.waits = failure instanceof LineIsDown;
  entry.turn.className = entry.waits ? `${ON_ITS_WAY} turn--late` : `${ON_ITS_WAY} turn--failed`;
  const again = failure instanceof SignedOut ? toSignIn() : button("btn btn--small", words.TRY_AGAIN, run);
  const back = button("btn btn--small btn--bare", words.BACK_INTO_THE_FIELD, () => {
    remove(entry);
    takeBack(entry.values);
    run();
  });
  const says = entry.waits ? words.KEPT : words.notSent(failure.message);
  entry.says.replaceChildren(element("b", "", says), again, back);
  if (entry.waits) setTimeout(() => queue[0]?.waits && run(), TRY_AGAIN_AFTER);
}

// As the fields stand now, or empty.
function keepDraft(form) {
  for (const [id, key] of Object.entries(DRAFTS)) {
    const field = form.querySelector(`#${id}`);
    if (field) browser.write(key, field.value);
  }
}

function unfoldFilled(form) {
  for (const tool of form.querySelectorAll("details")) {
    const fields = [...tool.querySelectorAll("textarea, input")];
    if (fields.some((field) => field.value)) tool.open = true;
  }
}

function takeBack(values) {
  const text = field();
  if (!text) return keepAsNote(FIELDS.map((name) => values[name]).filter(Boolean).join("\n"));
  text.value = [values.text, text.value].filter(Boolean).join("\n");
  for (const name of FIELDS.slice(1)) text.form.elements[name].value ||= values[name] ?? "";
  keepDraft(text.form);
  unfoldFilled(text.form);
  text.focus();
}

// One after the other; what comes behind a message that is not sent waits for it. A repeat is known by its form's id.
async function run() {
  if (isSending) return;
  isSending = true;
  while (queue.length > 0) {
    const [entry] = queue;
    entry.turn.className = `${ON_ITS_WAY} turn--late`;
    entry.says.textContent = words.SENDING;
    try {
      const page = await post(entry);
      remove(entry);
      document.dispatchEvent(new CustomEvent("console:page", { detail: page }));
    } catch (failure) {
      fail(entry, failure);
      break;
    }
  }
  isSending = false;
}

function send(form) {
  const values = Object.fromEntries(new FormData(form));
  if (!values.text?.trim() && !values.file?.trim()) return;
  add({ address: form.action, values: { ...values, form: crypto.randomUUID() } });
  for (const name of FIELDS) form.elements[name].value = "";
  form.querySelectorAll("details[open]").forEach((tool) => { tool.open = false; });
  keepDraft(form);
  run();
}

function putDraftsBack() {
  for (const [id, key] of Object.entries(DRAFTS)) {
    const draft = document.getElementById(id);
    if (!draft || draft.value) continue;
    draft.value = browser.read(key);
    const tool = draft.closest("details");
    if (tool && draft.value) tool.open = true;
  }
}

if (open) {
  putDraftsBack();
  // What a page did not hear the end of may have been sent: trying again does no harm.
  JSON.parse(tab.read(unsentKey) || "[]").forEach(add);
  run();
  document.addEventListener("console:connected", () => queue[0]?.waits && run());
  document.addEventListener("input", (event) => {
    const key = DRAFTS[event.target.id];
    if (key) browser.write(key, event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.id === "write";
    if (!sends) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".compose")) return;
    event.preventDefault();
    send(event.target);
  });
}

// A ready answer is put where the cursor is, to be read and changed before it is sent.
function putReady(answer) {
  const text = field();
  text.setRangeText(answer, text.selectionStart, text.selectionEnd, "end");
  browser.write(draftKey, text.value);
  document.querySelector("#ready").open = false;
  text.focus();
}

document.addEventListener("click", (event) => {
  const ready = event.target.closest?.("[data-answer]");
  if (!ready || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  putReady(ready.dataset.answer);
});

document.addEventListener("keydown", (event) => {
  const ready = document.querySelector("#ready");
  if (event.key !== "/" || event.target.id !== "write" || event.target.value || !ready) return;
  event.preventDefault();
  ready.open = true;
  ready.querySelector("[data-answer]").focus();
});

// The next one at this browser is to find nothing of what this one wrote.
document.addEventListener("submit", (event) => {
  if (!new URL(event.target.action).pathname.startsWith("/console/sign-out")) return;
  browser.forget((key) => key.startsWith("draft "));
  tab.forget(() => true);
});
