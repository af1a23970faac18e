// What the scripts share: where this page is, and new elements.

import { SIGN_IN_AGAIN } from "./words.js";

const place = location.pathname.match(/^\/console\/conversations\/([0-9a-f-]{36})/);

// The conversation that this page shows, if it shows one.
export const open = place?.[1];

// Who is signed in.
export const who = document.querySelector("[data-who]")?.dataset.who;

// A ready answer was put into the field once.
const asked = new URLSearchParams(location.search);
asked.delete("answer");

// The conversation that one writes in here: a page of its older messages is only read.
export const answered = asked.has("before") ? undefined : open;

// What a refused form answers stands under the form's address, which cannot be fetched.
export const address = (place?.[0] ?? location.pathname) + (asked.size > 0 ? `?${asked}` : "");

// As the title says it: how many wait.
export function waitingCount() {
  return Number(document.title.match(/^(?:● )?\((\d+)\) /)?.[1] ?? 0);
}

export function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

// Above what one looks at.
export function putAbove(says) {
  const list = document.querySelector("#inbox .list__body");
  if (!open && list) list.before(says);
  else (document.querySelector("#talk") ?? document.querySelector(".page__in"))?.prepend(says);
}

export function button(className, text, does) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", does);
  return made;
}

// The way back here for whoever has been signed out.
export function toSignIn() {
  const way = element("a", "", SIGN_IN_AGAIN);
  way.href = address;
  return way;
}
