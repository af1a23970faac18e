// Pages that say how things stand are looked at for long: their parts are made anew every half minute and when the
// page is turned to again, and the rail with them, except what somebody points at or works in. Where a part says since
// when it is as it is, also when something has changed.

import { address, button, element } from "./dom.js";
import { page } from "./fetch.js";
import { paced } from "./pace.js";
import { remember, takePart } from "./parts.js";
import { follow } from "./stream.js";
import { NEW_ROWS } from "./words.js";

const EVERY = 30_000;
const AT_ONCE = { soon: 0, apart: 0 };
const CHANGED = { soon: 200, apart: 2000 };

const RAIL = ".rail__list";

const watched = [...document.querySelectorAll("[data-watch]")].map((part) => `#${remember(part).id}`);
const since = document.querySelector("[data-watch][data-at]")?.dataset.at;

// What is newer than it is shown, while somebody works in what is older.
let held;

// Rows do not move under the reader's hand.
function offer(selector) {
  const part = document.querySelector(selector);
  if (part.querySelector(".fresh")) return;
  const waits = element("div", "fresh", "");
  waits.append(button("btn btn--small", NEW_ROWS, () => show([selector])));
  part.append(waits);
}

function show(askedFor = []) {
  const waits = [RAIL, ...watched].filter((selector) => takePart(selector, held, askedFor.includes(selector)));
  waits.filter((selector) => selector !== RAIL).forEach(offer);
  if (waits.length === 0) held = undefined;
  document.dispatchEvent(new CustomEvent("console:shown"));
}

const want = paced(async () => {
  if (document.hidden) return;
  try {
    held = await page(address);
    document.title = held.title;
    show();
  } catch { /* it is tried again */ }
});

function look() {
  want(AT_ONCE);
}

function changed() {
  want(CHANGED);
}

if (watched.length > 0) {
  remember(document.querySelector(RAIL));
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
  for (const left of ["pointerout", "focusout"]) document.addEventListener(left, () => setTimeout(() => held && show(), 100));
  if (since) follow(since, { changed, reset: changed, opened: (isLate) => isLate && changed() });
}
