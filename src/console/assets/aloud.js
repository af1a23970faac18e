// Reads aloud that a user begins to wait, whatever page is open. The titles and rows that show it are read by nobody who
// is elsewhere on the page.

import { element, waitingCount } from "./dom.js";
import { newWaiting } from "./words.js";

const says = element("p", "sr", "");
says.setAttribute("role", "status");
document.body.append(says);

let waiting = waitingCount();
let known = rows();

function rows() {
  return [...document.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
}

// `now`: who waits, where the page lists them. One may begin as another is answered, and their number stays.
function listen({ detail: now }) {
  const count = waitingCount();
  const hasCome = count > waiting || (now ?? []).some((one) => !known.includes(one));
  if (hasCome && count > 0) says.textContent = newWaiting(count);
  else if (count < waiting) says.textContent = "";
  waiting = count;
  known = now ?? known;
}

for (const change of ["console:taken", "console:shown"]) document.addEventListener(change, listen);
