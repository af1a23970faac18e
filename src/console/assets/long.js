// Says while one writes that a text is longer than can be sent. Nothing is cut off: what to leave out is for the writer to say.

import { element } from "./dom.js";
import { charactersFit, hereAre } from "./words.js";

// In characters, as the server counts them.
function length(text) {
  return [...text.trim()].length;
}

function tell(field, count) {
  let says = field.nextElementSibling;
  if (!says?.matches(".over")) {
    says = element("p", "over", charactersFit(field.dataset.longest));
    says.setAttribute("role", "status");
    // Not read aloud with every key.
    says.append(element("span", "num", ""));
    says.lastChild.setAttribute("aria-hidden", "true");
    field.after(says);
  }
  says.lastChild.textContent = hereAre(count);
}

function check(field) {
  const count = length(field.value);
  const isOver = count > Number(field.dataset.longest);
  // The browser sends no form with such a field, and says why.
  field.setCustomValidity(isOver ? charactersFit(field.dataset.longest) + hereAre(count) : "");
  if (isOver) tell(field, count);
  else if (field.nextElementSibling?.matches(".over")) field.nextElementSibling.remove();
}

function checkAll() {
  document.querySelectorAll("[data-longest]").forEach(check);
}

document.addEventListener("input", ({ target }) => target.matches("[data-longest]") && check(target));
document.addEventListener("console:taken", checkAll);
checkAll();
