// While the line is cut a click would end in the browser's own page of faults. The page stays instead, says where it is
// going, and goes there when the line is back.

import { element, putAbove } from "./dom.js";
import { Refused, page } from "./fetch.js";
import { go, linkOf } from "./go.js";
import { opensWhenBack } from "./words.js";

const TRY_AGAIN_AFTER = 2000;

const says = element("p", "banner", "");
says.setAttribute("role", "status");

let isCut = false;
// Where to, as soon as that is possible.
let bound;
let again;

// A list wants the store too. Not the page itself: one that is made has been looked at, and whoever clicked may write on
// before it is shown.
const ASKED = "/console?part=list";

async function isThere() {
  try {
    await page(ASKED);
    return true;
  } catch (failure) {
    return failure instanceof Refused;
  }
}

function stay() {
  bound = undefined;
  clearTimeout(again);
  says.remove();
  document.querySelector(".is-bound")?.classList.remove("is-bound");
}

async function attempt() {
  clearTimeout(again);
  const href = bound;
  const isPossible = await isThere();
  if (bound !== href) return;
  if (isPossible) return go(href);
  putAbove(says);
  again = setTimeout(attempt, TRY_AGAIN_AFTER);
}

export function leave(href, link) {
  if (!isCut) return go(href);
  stay();
  bound = href;
  const name = link?.querySelector(".row__who") ?? link;
  says.textContent = opensWhenBack(name?.textContent.trim());
  link?.classList.add("is-bound");
  attempt();
}

document.addEventListener("console:opened", () => {
  isCut = false;
  if (bound) attempt();
});
document.addEventListener("console:broken", () => { isCut = true; });

document.addEventListener("click", (event) => {
  const link = isCut && linkOf(event);
  if (!link) return;
  event.preventDefault();
  leave(link.href, link);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!isCut || event.defaultPrevented || form.method !== "get") return;
  event.preventDefault();
  leave(`${form.action}?${new URLSearchParams(new FormData(form))}`);
});

// Whoever writes on has changed their mind.
document.addEventListener("input", () => bound && stay());
