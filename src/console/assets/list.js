// The list of an open page. Rows do not move under the reader's hand: a new order waits until it has left, or asks for it.

import { button, element } from "./dom.js";
import { isInUse } from "./parts.js";
import { NEW_ROWS } from "./words.js";

let held;

export function list() {
  return document.querySelector("#inbox");
}

function order(section) {
  return [...section.querySelectorAll(".row")].map((row) => `${row.dataset.conversation} ${row.dataset.version}`).join();
}

export function takeList(fresh) {
  const [mine, theirs] = [list(), fresh.querySelector("#inbox")];
  if (!mine || !theirs) return;
  held = document.adoptNode(theirs);
  if (!isInUse(mine)) return show();
  if (order(mine) === order(held) || mine.querySelector(".fresh")) return;
  const waits = element("div", "fresh", "");
  waits.append(button("btn btn--small", NEW_ROWS, show));
  mine.querySelector(".list__body").append(waits);
}

function show() {
  const [mine, theirs] = [list(), held];
  if (!theirs) return;
  held = undefined;
  const top = mine.querySelector(".list__body").scrollTop;
  const folded = [...mine.querySelectorAll("details.group:not([open])")].map((group) => group.dataset.list);
  const looked = document.activeElement?.dataset.conversation;
  const within = mine.contains(document.activeElement);
  theirs.querySelector("#q").value = mine.querySelector("#q").value;
  // What is told above it stands there still.
  theirs.querySelector(".list__body").before(...mine.querySelectorAll(".banner"));
  for (const group of theirs.querySelectorAll("details.group")) group.open = !folded.includes(group.dataset.list);
  mine.replaceWith(theirs);
  const body = theirs.querySelector(".list__body");
  body.scrollTop = top;
  if (within) (theirs.querySelector(`.row[data-conversation="${looked}"]`) ?? body).focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("console:shown"));
}

for (const left of ["pointerout", "focusout"]) {
  document.addEventListener(left, () => setTimeout(() => held && !isInUse(list()) && show(), 100));
}
