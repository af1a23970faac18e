// The transcript of an open page. Turns have keys: what is new is added, what has changed is exchanged in its place, and
// neither moves what somebody reads.

import { button, element } from "./dom.js";
import { isAsMade, keepUnfolded, remember } from "./parts.js";
import { newerBelow } from "./words.js";

const talk = document.querySelector(".talk__scroll");
const transcript = document.querySelector(".transcript ol");

let below = 0;

const more = element("div", "fresh", "");
const moreButton = button("btn btn--small", "", toTheEnd);
more.append(moreButton);

// It is laid out from its end, so that is where it begins to count.
function isAtEnd() {
  return Math.abs(talk.scrollTop) < 48;
}

function toTheEnd() {
  talk.scrollTop = 0;
}

// The first turn in view, and where it is.
function placeOfReader() {
  const edge = talk.getBoundingClientRect().top;
  const turn = [...transcript.children].find((one) => one.getBoundingClientRect().bottom > edge);
  return { turn, top: turn?.getBoundingClientRect().top };
}

function backTo({ turn, top }) {
  if (turn?.isConnected) talk.scrollTop += turn.getBoundingClientRect().top - top;
}

function rememberTurn(turn) {
  [...turn.children].forEach(remember);
}

// Only a part that is another by now is exchanged, so that no more than that is read aloud.
function takeTurn(mine, theirs) {
  if (mine.children.length !== theirs.children.length || mine.className !== theirs.className) {
    mine.replaceWith(theirs);
    rememberTurn(theirs);
    keepUnfolded(mine, theirs);
    return theirs;
  }
  const pairs = [...mine.children].map((part, place) => [part, theirs.children[place]]);
  for (const [part, fresh] of pairs) {
    if (isAsMade(part, fresh)) continue;
    part.replaceWith(remember(fresh));
    if (part.open) fresh.open = true;
  }
  return mine;
}

function tellBelow(come) {
  below += come;
  moreButton.textContent = newerBelow(below);
  talk.append(more);
}

export function takeTranscript(fresh) {
  const theirs = fresh.querySelector(".transcript ol");
  if (!transcript || !theirs) return;
  const follows = isAtEnd();
  const reader = placeOfReader();
  const known = new Map([...transcript.children].filter((turn) => turn.dataset.key).map((turn) => [turn.dataset.key, turn]));
  const firstKept = [...theirs.children].map((turn) => known.get(turn.dataset.key)).find(Boolean);
  let last;
  let come = 0;
  for (const node of [...theirs.children]) {
    const turn = document.adoptNode(node);
    const mine = known.get(turn.dataset.key);
    known.delete(turn.dataset.key);
    if (mine) {
      last = takeTurn(mine, turn);
      continue;
    }
    if (last) last.after(turn);
    else if (firstKept) firstKept.before(turn);
    else transcript.append(turn);
    rememberTurn(turn);
    last = turn;
    if (turn.matches(".turn")) come += 1;
  }
  // What stands above the newest messages is what the reader has scrolled to: it stays.
  for (const gone of known.values()) {
    const isOlder = firstKept && firstKept.compareDocumentPosition(gone) & Node.DOCUMENT_POSITION_PRECEDING;
    if (!isOlder) gone.remove();
  }
  if (follows) return toTheEnd();
  if (come > 0) tellBelow(come);
  backTo(reader);
}

for (const turn of transcript?.children ?? []) rememberTurn(turn);
talk?.addEventListener("scroll", () => {
  if (!isAtEnd()) return;
  below = 0;
  more.remove();
}, { passive: true });
