// What went wrong, told at once above where it was tried.

import { element } from "./dom.js";

export function clearFault() {
  document.querySelector(".compose__fault")?.remove();
}

export function sayFault(words, ...helps) {
  clearFault();
  const says = element("p", "compose__fault", words);
  says.setAttribute("role", "alert");
  says.append(...helps);
  document.querySelector(".talk__scroll").after(says);
}
