// Older messages come above those that are shown, and the page goes on as it was. Without this they are a page of their own.

import { page } from "./fetch.js";
import { takeOlder } from "./transcript.js";
import { NO_OLDER } from "./words.js";

let isComing = false;

async function bring(link) {
  if (isComing) return;
  isComing = true;
  const from = new URL(link.href);
  from.searchParams.set("part", "talk");
  try {
    takeOlder(await page(from));
    document.dispatchEvent(new CustomEvent("console:shown"));
  } catch {
    link.textContent = NO_OLDER;
  }
  isComing = false;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".talk__scroll > .more a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  bring(link);
});
