// Replies on their way. They are kept for the whole browser, so that they leave from whatever page is open when the line
// is back: in their order, and once, since a repeat is known by its form's id.

import { open, who } from "./dom.js";
import { SignedOut } from "./fetch.js";
import { browser } from "./keep.js";
import { LineIsDown, post } from "./post.js";

const KEY = "unsent ";
// What could not be sent is tried again after this, also while the line seems to be up.
const TRY_AGAIN_AFTER = 3000;
// What is answered sooner is not worth a word elsewhere.
const LATE_AFTER = 1500;
// Of what can never be sent as it is, and of what nobody can be sent any more, if it is the bridge that says so.
const [FAULTY, GONE] = [422, 404];

let isSending = false;
let isWanted = false;
// Why none is sent at present, if that is not for what it says.
let stopped;
let again;

function all(conversation) {
  return JSON.parse(browser.read(KEY + conversation) || "[]");
}

function tell() {
  document.dispatchEvent(new CustomEvent("console:unsent"));
}

function change(conversation, entries) {
  browser.write(KEY + conversation, entries.length > 0 && JSON.stringify(entries));
  tell();
}

// Another person at this browser neither sees nor sends what this one wrote.
export function unsent(conversation) {
  return all(conversation).filter((entry) => entry.by === who);
}

// Where something is on its way, and in those of `late` for so long that one should know.
export function conversations() {
  const keys = browser.keys().filter((key) => key.startsWith(KEY));
  return keys.map((key) => key.slice(KEY.length)).filter((conversation) => unsent(conversation).length > 0);
}

export function late() {
  const isLate = ({ at, fault }) => stopped || fault || Date.now() - at > LATE_AFTER;
  return conversations().filter((conversation) => isLate(unsent(conversation)[0]));
}

// Why the first of a conversation is not sent: a failure of the line or the session, or what the bridge has against it.
export function hindrance(entry) {
  return entry.fault ?? stopped;
}

export function add(conversation, entry) {
  change(conversation, [...all(conversation), { ...entry, conversation, by: who, at: Date.now() }]);
  setTimeout(tell, LATE_AFTER + 100);
  run();
}

// All that this person has written and that is not sent is lost.
export function forget() {
  for (const conversation of conversations()) change(conversation, all(conversation).filter((entry) => entry.by !== who));
}

export function remove({ conversation, values }) {
  change(conversation, all(conversation).filter((entry) => entry.values.form !== values.form));
}

export function tryAgain(entry) {
  blame(entry, undefined);
  run();
}

function blame({ conversation, values }, fault) {
  change(conversation, all(conversation).map((entry) => (entry.values.form === values.form ? { ...entry, fault } : entry)));
}

// One page of a browser sends, so that nothing overtakes what was written before it.
async function alone(send) {
  try {
    await navigator.locks.request("unsent", send);
  } catch {
    // The browser has no locks, or forbids them.
    await send();
  }
}

async function send(entry) {
  try {
    const isHere = entry.conversation === open;
    const values = { ...entry.values, by: entry.by, ...(!isHere && { elsewhere: true }) };
    const page = await post({ ...entry, values });
    stopped = undefined;
    remove(entry);
    if (isHere) document.dispatchEvent(new CustomEvent("console:page", { detail: page }));
  } catch (failure) {
    if (failure instanceof LineIsDown || failure instanceof SignedOut) stopped = failure;
    else if (failure.status === GONE && failure.answer?.querySelector("[data-who]")) remove(entry);
    else blame(entry, { words: failure.message, isFinal: failure.status === FAULTY });
  }
}

// What comes behind a message that is not sent waits for it, in its conversation.
async function sendAll() {
  stopped = undefined;
  while (!stopped) {
    const next = conversations().map((conversation) => unsent(conversation)[0]).find(({ fault }) => !fault);
    if (!next) return;
    tell();
    await send(next);
  }
  tell();
}

export async function run() {
  isWanted = true;
  if (isSending) return;
  clearTimeout(again);
  isSending = true;
  while (isWanted) {
    isWanted = false;
    await alone(sendAll);
  }
  isSending = false;
  if (stopped instanceof LineIsDown) again = setTimeout(run, TRY_AGAIN_AFTER);
}

// Another page sends it, unless that is closed before.
addEventListener("storage", ({ key }) => {
  if (key && !key.startsWith(KEY)) return;
  tell();
  clearTimeout(again);
  if (conversations().length > 0) again = setTimeout(run, TRY_AGAIN_AFTER);
});

document.addEventListener("console:opened", () => stopped instanceof LineIsDown && run());
