// Pages that say how things stand are looked at for long: their parts are made anew every half minute and when the
// page is turned to again, and the rail with them, except what somebody points at or works in.

import { address } from "./dom.js";
import { page } from "./fetch.js";
import { remember, takePart } from "./parts.js";

const EVERY = 30_000;

const RAIL = ".rail__list";

const watched = [...document.querySelectorAll("[data-watch]")].map((part) => `#${remember(part).id}`);

async function look() {
  if (document.hidden) return;
  try {
    const fresh = await page(address);
    [RAIL, ...watched].forEach((selector) => takePart(selector, fresh));
    document.dispatchEvent(new CustomEvent("console:shown"));
  } catch { /* it is tried again */ }
}

if (watched.length > 0) {
  remember(document.querySelector(RAIL));
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
