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

// The way to what is older than what stands first.
function takeWayToOlder(fresh) {
  talk.querySelector(":scope > .more")?.remove();
  const way = fresh.querySelector(".talk__scroll > .more");
  if (way) talk.prepend(document.adoptNode(way));
}

// Above what is shown. It is there to be read, not to be read aloud.
export function takeOlder(fresh) {
  const theirs = fresh.querySelector(".transcript ol");
  if (!theirs) return;
  const reader = placeOfReader();
  const log = transcript.parentElement;
  log.setAttribute("aria-live", "off");
  setTimeout(() => log.removeAttribute("aria-live"), 1000);
  const older = [...theirs.children].map((turn) => document.adoptNode(turn));
  transcript.prepend(...older);
  older.forEach(rememberTurn);
  takeWayToOlder(fresh);
  backTo(reader);
  talk.focus({ preventScroll: true });
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
  // What stands above the newest messages is what the reader has scrolled to: it stays.
  const older = new Set([...transcript.children].slice(0, firstKept ? [...transcript.children].indexOf(firstKept) : 0));
  const first = theirs.firstElementChild;
  let last;
  let come = 0;
  for (const node of [...theirs.children]) {
    const turn = document.adoptNode(node);
    const mine = known.get(turn.dataset.key);
    known.delete(turn.dataset.key);
    if (mine) {
      // The first was made without what stands above it here.
      last = turn === first && mine.previousElementSibling ? mine : takeTurn(mine, turn);
      continue;
    }
    if (last) last.after(turn);
    else if (firstKept) firstKept.before(turn);
    else transcript.append(turn);
    rememberTurn(turn);
    last = turn;
    if (turn.matches(".turn")) come += 1;
  }
  for (const gone of known.values()) if (!older.has(gone)) gone.remove();
  if (!firstKept) takeWayToOlder(fresh);
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
