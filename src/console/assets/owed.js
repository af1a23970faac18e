// Wherever one is, one sees which replies are not sent yet: at their rows, and above everything else where they are of
// another conversation than the one that is answered here.

import { answered, element, putAbove } from "./dom.js";
import { isWithin } from "./go.js";
import { late, run, unsent } from "./unsent.js";
import { NOT_SENT_YET, notSentYet } from "./words.js";

const says = element("p", "banner owed", "");
says.setAttribute("role", "status");

function markRow(conversation) {
  const row = document.querySelector(`#inbox .row[data-conversation="${conversation}"]`);
  if (!row) return;
  let marks = row.querySelector(".row__mark");
  if (!marks) row.append(marks = element("span", "row__mark", ""));
  marks.prepend(element("span", "tag tag--bad row__unsent", notSentYet(unsent(conversation).length)));
}

function wayTo(conversation) {
  const way = element("a", "", unsent(conversation)[0].to);
  way.href = `/console/conversations/${conversation}`;
  way.dir = "auto";
  return way;
}

function show() {
  const owed = late();
  document.querySelectorAll(".row__unsent").forEach((mark) => mark.remove());
  owed.forEach(markRow);
  const elsewhere = owed.filter((conversation) => conversation !== answered);
  if (elsewhere.length === 0) return says.remove();
  const ways = elsewhere.flatMap((conversation) => [" ", wayTo(conversation)]);
  const text = NOT_SENT_YET + elsewhere.join();
  // What is set anew is read aloud anew, also where it says the same.
  if (says.dataset.of !== text || !says.isConnected) {
    says.dataset.of = text;
    says.replaceChildren(element("span", "", NOT_SENT_YET), ...ways);
    putAbove(says);
  }
}

for (const change of ["console:unsent", "console:taken", "console:shown"]) document.addEventListener(change, show);
addEventListener("beforeunload", (event) => late().length > 0 && !isWithin() && event.preventDefault());
show();
run();
