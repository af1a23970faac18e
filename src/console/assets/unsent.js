// Replies on their way. They are kept for the whole browser, so that they leave from whatever page is open when the line
// is back: in their order, and once, since a repeat is known by its form's id.

import { answered, who } from "./dom.js";
import { SignedOut } from "./fetch.js";
import { browser } from "./keep.js";
import { LineIsDown, post } from "./post.js";

// Each has a name of its own, so that no page overwrites what another one keeps meanwhile.
const KEY = "unsent ";
// What could not be sent is tried again after this, also while the line seems to be up.
const TRY_AGAIN_AFTER = 3000;
// What is answered sooner is not worth a word elsewhere.
const LATE_AFTER = 1500;
// Of what can never be sent as it is, and of what nobody can be sent any more.
const [FAULTY, GONE] = [422, 404];

let isSending = false;
let isWanted = false;
// Why none is sent at present, if that is not for what it says.
let stopped;
let again;

function nameOf({ conversation, values }) {
  return `${KEY}${conversation} ${values.form}`;
}

// In the order in which they were written. Another person at this browser neither sees nor sends what this one wrote.
function all() {
  const kept = browser.keys().filter((name) => name.startsWith(KEY)).map((name) => browser.read(name));
  const entries = kept.filter(Boolean).map((text) => JSON.parse(text)).filter(({ by }) => by === who);
  return entries.sort((one, other) => one.at - other.at);
}

function tell() {
  document.dispatchEvent(new CustomEvent("console:unsent"));
}

function keep(entry) {
  browser.write(nameOf(entry), JSON.stringify(entry));
  tell();
}

export function unsent(conversation) {
  return all().filter((entry) => entry.conversation === conversation);
}

// Where something is on its way, and in those of `late` for so long that one should know.
export function conversations() {
  return [...new Set(all().map(({ conversation }) => conversation))];
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
  const at = Math.max(Date.now(), ...unsent(conversation).map((before) => before.at + 1));
  keep({ ...entry, conversation, by: who, at });
  setTimeout(tell, LATE_AFTER + 100);
  run();
}

// All that this person has written and that is not sent is lost.
export function forget() {
  all().forEach(remove);
}

export function remove(entry) {
  browser.write(nameOf(entry), "");
  tell();
}

export function tryAgain(entry) {
  blame(entry, undefined);
  run();
}

// Another page may have taken it back meanwhile.
function blame(entry, fault) {
  if (browser.read(nameOf(entry))) keep({ ...entry, fault });
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
    const isHere = entry.conversation === answered;
    const values = { ...entry.values, by: entry.by, ...(!isHere && { elsewhere: true }) };
    const page = await post({ ...entry, values });
    stopped = undefined;
    remove(entry);
    if (isHere) document.dispatchEvent(new CustomEvent("console:page", { detail: page }));
  } catch (failure) {
    if (failure instanceof LineIsDown || failure instanceof SignedOut) stopped = failure;
    else if (failure.status === GONE) remove(entry);
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
