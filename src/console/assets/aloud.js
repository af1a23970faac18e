// Reads aloud that a user begins to wait, whatever page is open, and that one's own answer has not reached its user. The titles and rows that show it are read by nobody who
// is elsewhere on the page.

import { element, waitingCount } from "./dom.js";
import { newWaiting, notDelivered } from "./words.js";

const says = element("p", "sr", "");
says.setAttribute("role", "status");
document.body.append(says);

let waiting = waitingCount();
let known = rows();
let lost = lostOfMine();

function rows() {
  return [...document.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
}

function lostOfMine() {
  const rows = [...document.querySelectorAll("[data-list=mine] .row--lost")];
  return new Map(rows.map((row) => [`${row.dataset.conversation} ${row.querySelector(".row__last").textContent}`, row]));
}

// `now`: who waits, where the page lists them. One may begin as another is answered, and their number stays.
function listen({ detail: now }) {
  const count = waitingCount();
  const lostNow = lostOfMine();
  const news = [...lostNow].find(([one]) => !lost.has(one));
  const hasCome = count > waiting || (now ?? []).some((one) => !known.includes(one));
  if (news) says.textContent = notDelivered(news[1].querySelector(".row__who").textContent);
  else if (hasCome && count > 0) says.textContent = newWaiting(count);
  else if (count < waiting) says.textContent = "";
  waiting = count;
  known = now ?? known;
  lost = lostNow;
}

for (const change of ["console:taken", "console:shown"]) document.addEventListener(change, listen);
