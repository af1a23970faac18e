// Keeps an open page up to date. What has changed is fetched as a page and moved in by its keys; no text is ever parsed
// as HTML here, and without this script every page works by being loaded again.

import { address, element, open } from "./dom.js";
import { Refused, SignedOut, page } from "./fetch.js";
import { takeFoot } from "./foot.js";
import { list, takeList } from "./list.js";
import { remember, takePart } from "./parts.js";
import { takeTranscript } from "./transcript.js";
import { CUT_OFF, SIGNED_OUT, SIGN_IN_AGAIN } from "./words.js";

// The server ends each stream after a minute and has the page come back after two seconds: that is no cut.
const CUT_AFTER = 5000;
const AGAIN_AFTER = 5000;

const AROUND = [".talk__sub", "#context"];

const banner = element("div", "banner", "");
banner.setAttribute("role", "status");
const bannerSays = element("p", "", "");
banner.append(bannerSays);

let wanted = new Set();
let timer;
let underWay = false;
let stream;
let cut;
let hasEnded = false;

function take(fresh) {
  const waiting = [...fresh.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
  takeList(fresh);
  takePart(".rail__list", fresh);
  if (open && fresh.querySelector(".transcript")) {
    takeTranscript(fresh);
    takeFoot(fresh);
    AROUND.forEach((selector) => takePart(selector, fresh));
  }
  document.title = fresh.title;
  document.dispatchEvent(new CustomEvent("console:taken", { detail: waiting }));
}

async function refresh() {
  if (underWay) return;
  underWay = true;
  const asked = wanted;
  wanted = new Set();
  try {
    take(await page());
  } catch (failure) {
    if (failure instanceof SignedOut) return end();
    if (!(failure instanceof Refused)) asked.forEach((one) => wanted.add(one));
  } finally {
    underWay = false;
  }
  if (wanted.size > 0) later(2000);
}

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

function want(changed) {
  wanted.add(changed);
  later(changed === open ? 50 : 300);
}

function tell(words) {
  document.querySelector("#talk")?.prepend(banner);
  bannerSays.textContent = words;
}

function end() {
  hasEnded = true;
  stream.close();
  clearTimeout(cut);
  tell(SIGNED_OUT);
  const again = element("a", "", SIGN_IN_AGAIN);
  again.href = address;
  bannerSays.append(again);
}

function connected() {
  clearTimeout(cut);
  cut = undefined;
  banner.remove();
}

function broken() {
  if (hasEnded) return;
  cut ??= setTimeout(() => tell(CUT_OFF), CUT_AFTER);
  // An answer that is no stream ends it for good: of a proxy whose bridge starts again, or the page to sign in.
  if (stream.readyState !== EventSource.CLOSED) return;
  want("*");
  setTimeout(() => hasEnded || listen(true), AGAIN_AFTER);
}

function listen(again) {
  stream = new EventSource(`/console/events?since=${list().dataset.at}`);
  stream.addEventListener("open", () => {
    connected();
    if (again) want("*");
  });
  stream.addEventListener("error", broken);
  stream.addEventListener("changed", (event) => want(JSON.parse(event.data).conversation));
  stream.addEventListener("reset", () => want("*"));
}

if (list()) {
  [".rail__list", ...AROUND].forEach((selector) => remember(document.querySelector(selector)));
  document.addEventListener("console:page", (event) => take(event.detail));
  listen(false);
}
