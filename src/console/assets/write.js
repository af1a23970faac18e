// Writing: a draft outlives the page, Enter sends, and what was sent stands in the transcript at once.

import { answered, button, element, toSignIn, who } from "./dom.js";
import { clearFault, sayFault } from "./fault.js";
import { SignedOut } from "./fetch.js";
import { browser, tab } from "./keep.js";
import { keepAsNote } from "./lost.js";
import { LineIsDown } from "./post.js";
import { add, conversations, forget, hindrance, remove, run, tryAgain, unsent } from "./unsent.js";
import * as words from "./words.js";

const DRAFT = "draft ";
// Another person at this browser does not go on with what this one wrote.
const mine = `${DRAFT}${who} `;
const draftKey = `${mine}${answered}`;
// What stands in these fields outlives the page, whichever form of it was sent.
const DRAFTS = {
  write: draftKey,
  note: `${mine}note ${answered}`,
  replies: `${mine}replies ${answered}`,
  buttons: `${mine}buttons ${answered}`,
  file: `${mine}file ${answered}`,
  "file-name": `${mine}file-name ${answered}`,
};

const FIELDS = ["text", "replies", "buttons", "file", "file_name"];
const ON_ITS_WAY = "turn turn--agent held held--agent";

function field() {
  return document.querySelector("#write");
}

// What is on its way, by the ids of their forms.
const turns = new Map();

function show(entry) {
  const turn = element("li", ON_ITS_WAY, "");
  const bubble = element("div", "bubble", entry.values.text || entry.values.file);
  bubble.dir = "auto";
  turn.append(bubble, element("p", "turn__by", ""));
  turns.set(entry.values.form, turn);
  document.querySelector(".transcript ol").append(turn);
  document.querySelector(".talk__scroll").scrollTop = 0;
}

function backIntoTheField(entry) {
  return button("btn btn--small btn--bare", words.BACK_INTO_THE_FIELD, () => {
    const text = takeBack(entry.values);
    if (!text) return;
    remove(entry);
    text.focus();
    run();
  });
}

// What stands below it: how it is, and what can be done about it.
function standing(entry, isFirst) {
  const hinders = hindrance(entry);
  if (!isFirst) return { how: "behind", parts: () => [words.WAITS_BEHIND] };
  if (!hinders) return { how: "sending", parts: () => [words.SENDING] };
  const waits = hinders instanceof LineIsDown;
  const says = waits ? words.KEPT : words.notSent(hinders.words ?? hinders.message);
  const again = hinders instanceof SignedOut ? toSignIn() : button("btn btn--small", words.TRY_AGAIN, () => tryAgain(entry));
  const helps = hinders.isFinal ? [backIntoTheField(entry)] : [again, backIntoTheField(entry)];
  return { how: says, failed: !waits, parts: () => [element("b", "", says), ...helps] };
}

function showAll() {
  const entries = unsent(answered);
  const forms = new Set(entries.map(({ values }) => values.form));
  for (const [form, turn] of turns) {
    if (forms.has(form)) continue;
    turn.remove();
    turns.delete(form);
  }
  entries.forEach((entry, place) => {
    if (!turns.has(entry.values.form)) show(entry);
    const turn = turns.get(entry.values.form);
    const { how, failed, parts } = standing(entry, place === 0);
    // What is under the pointer stays.
    if (turn.dataset.how === how) return;
    turn.dataset.how = how;
    turn.className = `${ON_ITS_WAY} ${failed ? "turn--failed" : "turn--late"}`;
    turn.lastChild.replaceChildren(...parts());
  });
}

// What can never be sent as it is goes back to where it was written, unless something else is written there by now.
function takeBackFaulty() {
  const [entry, behind] = unsent(answered);
  if (!entry?.fault?.isFinal || behind || !field() || FIELDS.some((name) => field().form.elements[name].value)) return;
  remove(entry);
  // Whoever writes somewhere else goes on there.
  const isFree = document.activeElement === document.body || field().form.contains(document.activeElement);
  const text = takeBack(entry.values);
  if (isFree) text.focus();
  sayFault(entry.fault.words);
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
  return text;
}

function send(form) {
  const values = Object.fromEntries(new FormData(form));
  if (!values.text.trim() && !values.file.trim()) {
    // Enter in a form that is empty is no wish to send.
    if (FIELDS.some((name) => values[name].trim())) sayFault(words.EMPTY);
    return;
  }
  const to = document.querySelector("h1").textContent;
  for (const name of FIELDS) form.elements[name].value = "";
  form.querySelectorAll("details[open]").forEach((tool) => { tool.open = false; });
  keepDraft(form);
  clearFault();
  add(answered, { address: form.action, to, values: { ...values, form: crypto.randomUUID() } });
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

// A session may have ended without a word of whose it was.
if (who) browser.forget((key) => key.startsWith(DRAFT) && !key.startsWith(mine));

if (answered) {
  putDraftsBack();
  takeBackFaulty();
  showAll();
  document.addEventListener("console:unsent", () => {
    takeBackFaulty();
    showAll();
  });
  document.addEventListener("input", (event) => {
    const key = DRAFTS[event.target.id];
    if (key) browser.write(key, event.target.value);
  });
  // What stands in the note is not to stand ready as a reply once more.
  document.addEventListener("console:noted", () => {
    Object.entries(DRAFTS).filter(([id]) => id !== "note").forEach(([, key]) => browser.write(key, ""));
  });
  // What stands in another tab as it stands here is one draft: sent there, it is not to be sent again.
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    const id = Object.keys(DRAFTS).find((id) => DRAFTS[id] === key);
    const draft = id && document.getElementById(id);
    if (draft && draft.value === (oldValue ?? "")) draft.value = newValue ?? "";
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
  if (conversations().length > 0 && !confirm(words.LOST_AT_SIGN_OUT)) return event.preventDefault();
  forget();
  browser.forget((key) => key.startsWith(DRAFT));
  tab.forget(() => true);
});
