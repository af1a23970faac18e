// Keeps an open page up to date. What has changed is fetched as a page and moved in by its keys; no text is ever parsed
// as HTML here, and without this script every page works by being loaded again.

const conversation = location.pathname.match(/^\/console\/conversations\/([0-9a-f-]{36})/);
const open = conversation?.[1];
// What a refused form answers stands under the form's address, which cannot be fetched.
const address = (conversation?.[0] ?? location.pathname) + location.search;

// The server ends each stream after a minute and has the page come back after two seconds: that is no cut.
const CUT_AFTER = 5000;
const AGAIN_AFTER = 5000;

const talk = document.querySelector(".talk__scroll");
const transcript = document.querySelector(".transcript ol");

let wanted = new Set();
let timer;
let underWay = false;
let held;
let below = 0;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

// ---- what a part looked like when the server made it ----

const made = new WeakMap();

function look(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll("input[name=form]").forEach((input) => input.removeAttribute("value"));
  return copy.outerHTML;
}

function remember(node) {
  if (node) made.set(node, look(node));
  return node;
}

function keepUnfolded(from, to) {
  const unfolded = new Set([...from.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
  for (const summary of to.querySelectorAll("details > summary")) {
    if (unfolded.has(summary.textContent)) summary.parentElement.open = true;
  }
}

// ---- the transcript ----

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

// Only a part that is another by now is exchanged, so that no more than that is read aloud.
function takeTurn(mine, theirs) {
  const same = mine.children.length === theirs.children.length && mine.className === theirs.className;
  if (!same) {
    keepUnfolded(mine, theirs);
    mine.replaceWith(theirs);
    rememberTurn(theirs);
    return theirs;
  }
  const pairs = [...mine.children].map((part, place) => [part, theirs.children[place]]);
  for (const [part, fresh] of pairs) {
    if (made.get(part) === look(fresh)) continue;
    const wasOpen = part.open;
    part.replaceWith(remember(fresh));
    if (wasOpen) fresh.open = true;
  }
  return mine;
}

function rememberTurn(turn) {
  [...turn.children].forEach(remember);
}

function takeTranscript(fresh) {
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

const more = element("div", "fresh", "");
const moreButton = element("button", "btn btn--small", "");
moreButton.type = "button";
moreButton.addEventListener("click", toTheEnd);
more.append(moreButton);

function tellBelow(come) {
  below += come;
  moreButton.textContent = below === 1 ? "1 newer message below" : `${below} newer messages below`;
  talk.append(more);
}

// ---- the list ----

function list() {
  return document.querySelector("#inbox");
}

function isInUse(part) {
  const pointed = matchMedia("(hover: hover)").matches && part.matches(":hover");
  return pointed || part.matches(":focus-within");
}

// Rows do not move under the reader's hand: a new order waits until it has left, or asks for it.
function takeList(fresh) {
  const [mine, theirs] = [list(), fresh.querySelector("#inbox")];
  if (!mine || !theirs) return;
  const order = (section) => [...section.querySelectorAll(".row")].map((row) => `${row.dataset.conversation} ${row.dataset.version}`).join();
  held = document.adoptNode(theirs);
  if (!isInUse(mine)) return showList();
  if (order(mine) === order(held) || mine.querySelector(".fresh")) return;
  const waits = element("div", "fresh", "");
  const button = element("button", "btn btn--small", "Show what is new");
  button.type = "button";
  button.addEventListener("click", showList);
  waits.append(button);
  mine.querySelector(".list__body").append(waits);
}

function showList() {
  const [mine, theirs] = [list(), held];
  if (!theirs) return;
  held = undefined;
  const top = mine.querySelector(".list__body").scrollTop;
  const folded = [...mine.querySelectorAll("details.group:not([open])")].map((group) => group.dataset.list);
  const looked = document.activeElement?.dataset.conversation;
  const within = mine.contains(document.activeElement);
  theirs.querySelector("#q").value = mine.querySelector("#q").value;
  for (const group of theirs.querySelectorAll("details.group")) group.open = !folded.includes(group.dataset.list);
  mine.replaceWith(theirs);
  const body = theirs.querySelector(".list__body");
  body.scrollTop = top;
  if (within) (theirs.querySelector(`.row[data-conversation="${looked}"]`) ?? body).focus({ preventScroll: true });
}

for (const left of ["pointerout", "focusout"]) {
  document.addEventListener(left, () => setTimeout(() => held && !isInUse(list()) && showList(), 100));
}

// ---- what stands around the transcript ----

function foot(root) {
  return [...root.querySelectorAll(".talk__scroll ~ :not(.compose__fault)")];
}

// What somebody is writing in stays, whatever form it belongs to by now.
function takeForms(fresh) {
  const [mine, theirs] = [foot(document), foot(fresh).map((part) => document.adoptNode(part))];
  const isAsItWas = mine.length === theirs.length && mine.every((part, place) => made.get(part) === look(theirs[place]));
  if (isAsItWas || mine.length === 0) return;
  const fields = mine.flatMap((part) => [...part.querySelectorAll("textarea[id], input[id], select[id]")]);
  const typed = fields.map((field) => [field.id, field.value]);
  const { id: focused, selectionStart: from, selectionEnd: to } = document.activeElement;
  const wasIn = mine.some((part) => part.contains(document.activeElement));
  mine.forEach((part, place) => theirs[place] && keepUnfolded(part, theirs[place]));
  mine[0].before(...theirs.map(remember));
  mine.forEach((part) => part.remove());
  for (const [id, text] of typed) {
    const field = document.getElementById(id);
    if (field && text) field.value = text;
  }
  const field = wasIn && focused && document.getElementById(focused);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (from !== undefined && from !== null) field.setSelectionRange?.(from, to);
}

function takePart(selector, fresh) {
  const [mine, theirs] = [document.querySelector(selector), fresh.querySelector(selector)];
  if (!mine || !theirs || isInUse(mine) || made.get(mine) === look(theirs)) return;
  mine.replaceWith(remember(document.adoptNode(theirs)));
}

function take(fresh) {
  const waiting = [...fresh.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
  takeList(fresh);
  takePart(".rail__list", fresh);
  if (open && fresh.querySelector(".transcript")) {
    takeTranscript(fresh);
    takeForms(fresh);
    takePart(".talk__sub", fresh);
    takePart("#context", fresh);
  }
  document.title = fresh.title;
  document.dispatchEvent(new CustomEvent("console:taken", { detail: waiting }));
}

// ---- fetching ----

class Refused extends Error {}

function page() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.onload = () => {
      if (new URL(request.responseURL).pathname.startsWith("/console/sign-in")) return reject(new Refused("signed out"));
      if (request.status === 200) return resolve(request.responseXML);
      reject(request.status < 500 ? new Refused(String(request.status)) : new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error("offline"));
    request.send();
  });
}

async function refresh() {
  if (underWay) return;
  underWay = true;
  const asked = wanted;
  wanted = new Set();
  try {
    take(await page());
  } catch (failure) {
    if (!(failure instanceof Refused)) asked.forEach((one) => wanted.add(one));
    if (failure.message === "signed out") return end();
  } finally {
    underWay = false;
  }
  if (wanted.size > 0) later(2000);
}

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

function want(changed) {
  wanted.add(changed);
  later(changed === open ? 50 : 300);
}

// ---- the stream ----

const banner = element("div", "banner", "");
banner.setAttribute("role", "status");
const bannerSays = element("p", "", "");
banner.append(bannerSays);

let stream;
let cut;
let hasEnded = false;

function tell(words) {
  document.querySelector("#talk")?.prepend(banner);
  bannerSays.textContent = words;
}

function end() {
  hasEnded = true;
  stream.close();
  clearTimeout(cut);
  tell("You have been signed out. What you wrote is kept here. ");
  const again = element("a", "", "Sign in again");
  again.href = address;
  bannerSays.append(again);
}

function connected() {
  clearTimeout(cut);
  cut = undefined;
  banner.remove();
}

function broken() {
  if (hasEnded) return;
  cut ??= setTimeout(() => tell("Cut off. This page is not up to date; it tries again by itself."), CUT_AFTER);
  // An answer that is no stream ends it for good: of a proxy whose bridge starts again, or the page to sign in.
  if (stream.readyState !== EventSource.CLOSED) return;
  want("*");
  setTimeout(() => hasEnded || listen(true), AGAIN_AFTER);
}

function listen(again) {
  stream = new EventSource(`/console/events?since=${list().dataset.at}`);
  stream.addEventListener("open", () => {
    connected();
    if (again) want("*");
  });
  stream.addEventListener("error", broken);
  stream.addEventListener("changed", (event) => want(JSON.parse(event.data).conversation));
  stream.addEventListener("reset", () => want("*"));
}

if (list()) {
  for (const turn of transcript?.children ?? []) rememberTurn(turn);
  foot(document).forEach(remember);
  [".rail__list", ".talk__sub", "#context"].forEach((selector) => remember(document.querySelector(selector)));
  talk?.addEventListener("scroll", () => {
    if (!isAtEnd()) return;
    below = 0;
    more.remove();
  }, { passive: true });
  document.addEventListener("console:page", (event) => take(event.detail));
  listen(false);
}
