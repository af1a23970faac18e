// Keeps an open page up to date. The part that has changed is fetched as a page and moved in by its keys; no text is ever
// parsed as HTML here, and without this script every page works by being loaded again.

import { address, element, open, putAbove, toSignIn } from "./dom.js";
import { Gone, Refused, SignedOut, page } from "./fetch.js";
import { takeFoot } from "./foot.js";
import { browser, tab } from "./keep.js";
import { list, takeList } from "./list.js";
import { paced } from "./pace.js";
import { remember, takePart } from "./parts.js";
import { follow } from "./stream.js";
import { takeTranscript } from "./transcript.js";
import { CUT_OFF, SIGNED_OUT } from "./words.js";

// The server ends each stream after a minute and has the page come back after two seconds: that is no cut, unless it
// fails to.
const CUT_AFTER = 5000;

// A busy bridge tells of hundreds of changes a second, few of which anybody sees here. What one reads comes at once, a
// row on the list soon, and what only moves a count, or begins or ends elsewhere, when there is time.
const TALK = { soon: 30, apart: 100 };
const SHOWN = { soon: 50, apart: 200 };
const OUT_OF_SIGHT = { soon: 100, apart: 1000 };
const AGAIN = { soon: 2000, apart: 2000 };

const WAITING = /^(● )?(\(\d+\) )?/;
const AROUND = [".talk__sub", "#context"];
const NOTHING_OPEN = "#nothing-open";

const banner = element("div", "banner", "");
banner.setAttribute("role", "status");
const bannerSays = element("p", "", "");
banner.append(bannerSays);

const wantTalk = kept("talk", address);
const wantList = kept("list", `/console${location.search}`, open);

let waiting = waitingIn(document);
let leave;
let cut;
let isBroken = false;
let hasEnded = false;

function addressOf(part, path, beside) {
  const of = new URL(path, location);
  of.searchParams.set("part", part);
  if (beside) of.searchParams.set("open", beside);
  return of;
}

function waitingIn(root) {
  return [...root.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
}

// A page or a part of one: what is not in it stays as it is.
function take(fresh) {
  if (fresh.querySelector("#inbox")) waiting = waitingIn(fresh);
  takeList(fresh);
  takePart(".rail__list", fresh);
  takePart(NOTHING_OPEN, fresh);
  if (open && fresh.querySelector(".transcript")) {
    takeTranscript(fresh);
    takeFoot(fresh);
    AROUND.forEach((selector) => takePart(selector, fresh));
  }
  // Of a list alone only how many wait is news.
  document.title = fresh.querySelector("#talk") ? fresh.title : document.title.replace(WAITING, fresh.title.match(WAITING)[0]);
  document.dispatchEvent(new CustomEvent("console:taken", { detail: waiting }));
}

function kept(part, path, beside) {
  const from = addressOf(part, path, beside);
  const want = paced(async () => {
    try {
      take(await page(from));
    } catch (failure) {
      if (failure instanceof SignedOut) end();
      else if (failure instanceof Gone && part === "talk") forget();
      else if (!(failure instanceof Refused)) want(AGAIN);
    }
  });
  return want;
}

function wantAll() {
  if (open) wantTalk(TALK);
  wantList(SHOWN);
}

function changed({ conversation, version }) {
  if (conversation === open) wantTalk(TALK);
  const row = list().querySelector(`.row[data-conversation="${conversation}"]`);
  if (!row) wantList(OUT_OF_SIGHT);
  else if (Number(row.dataset.version) < version) wantList(SHOWN);
}

function tell(words) {
  putAbove(banner);
  bannerSays.textContent = words;
}

function end() {
  if (hasEnded) return;
  hasEnded = true;
  leave();
  clearTimeout(cut);
  tell(SIGNED_OUT);
  bannerSays.append(toSignIn());
}

// There is no such conversation any more: nothing of it stays here, and the server says what may have become of it.
function forget() {
  leave();
  const isOfIt = (key) => key.split(" ").includes(open);
  browser.forget(isOfIt);
  tab.forget(isOfIt);
  location.replace(`/console/conversations/${open}`);
}

// `isLate`: something may have been missed.
function opened(isLate) {
  clearTimeout(cut);
  cut = undefined;
  isBroken = false;
  banner.remove();
  if (isLate) wantAll();
}

function broken(isOver) {
  if (hasEnded) return;
  if (isBroken) tell(CUT_OFF);
  else cut ??= setTimeout(() => tell(CUT_OFF), CUT_AFTER);
  isBroken = true;
  // That may be because one has been signed out.
  if (isOver) wantAll();
}

if (list()) {
  [".rail__list", NOTHING_OPEN, ...AROUND].forEach((selector) => remember(document.querySelector(selector)));
  document.addEventListener("console:page", (event) => {
    take(event.detail);
    // A part that was asked for before may come after it.
    wantAll();
  });
  leave = follow(list().dataset.at, { opened, broken, changed, reset: wantAll });
}
