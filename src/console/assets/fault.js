// What went wrong, or otherwise than was meant, told at once above where it was tried.

import { element } from "./dom.js";

export function clearFault() {
  document.querySelector(".compose__fault")?.remove();
}

function say(className, words, helps) {
  clearFault();
  const says = element("p", className, words);
  says.setAttribute("role", "alert");
  says.append(...helps);
  document.querySelector(".talk__scroll").after(says);
}

export function sayFault(words, ...helps) {
  say("compose__fault", words, helps);
}

// Of what is nobody's fault: somebody else was quicker.
export function sayOvertaken(words) {
  say("compose__fault compose__told", words, []);
}
