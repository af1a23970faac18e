// Keeps an open page up to date. What has changed is fetched as a page and moved in by its keys; no text is ever parsed
// as HTML here, and without this script every page works by being loaded again.

const talk = document.querySelector(".talk__scroll");
const open = location.pathname.match(/^\/console\/conversations\/([0-9a-f-]+)$/)?.[1];
const title = document.title.replace(/^\(\d+\) /, "");

let wanted = new Set();
let timer;
let under = false;

function page() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.onload = () =>
      request.status === 200 && request.responseURL.split("?")[0] === location.href.split(/[?#]/)[0]
        ? resolve(request.responseXML)
        : reject(new Error(String(request.status)));
    request.onerror = () => reject(new Error("offline"));
    request.send();
  });
}

function isAtEnd() {
  return talk && talk.scrollHeight - talk.scrollTop - talk.clientHeight < 48;
}

// Never while the pointer or the focus is in it: rows do not move under the reader's hand.
function takeList(fresh) {
  const [mine, theirs] = [document.querySelector("#inbox"), fresh.querySelector("#inbox")];
  if (!mine || !theirs || mine.matches(":hover, :focus-within")) return;
  const body = mine.querySelector(".list__body");
  const top = body?.scrollTop;
  mine.replaceWith(document.adoptNode(theirs));
  const now = document.querySelector("#inbox .list__body");
  if (now && top) now.scrollTop = top;
}

function takeTranscript(fresh) {
  const [mine, theirs] = [document.querySelector(".transcript"), fresh.querySelector(".transcript")];
  if (!mine || !theirs || mine.isEqualNode(theirs)) return;
  const follows = isAtEnd();
  const unfolded = [...mine.querySelectorAll("[data-key]:has(details[open])")].map((turn) => turn.dataset.key);
  mine.replaceWith(document.adoptNode(theirs));
  for (const key of unfolded) {
    const details = document.querySelector(`[data-key="${key}"] details`);
    if (details) details.open = true;
  }
  if (follows) talk.scrollTop = talk.scrollHeight;
}

// What somebody is writing in stays; only where another form belongs by now is it exchanged.
function takeForms(fresh) {
  const form = (root) => root.querySelector(".talk > .compose, .talk > .claim, .talk > .ended");
  const [mine, theirs] = [form(document), form(fresh)];
  if (!mine || !theirs || mine.className === theirs.className) return;
  const text = mine.querySelector("#write")?.value;
  mine.replaceWith(document.adoptNode(theirs));
  const field = document.querySelector("#write");
  if (field && text) field.value = text;
}

async function refresh() {
  if (under) return;
  under = true;
  const asked = wanted;
  wanted = new Set();
  try {
    const fresh = await page();
    takeList(fresh);
    if (open && (asked.has(open) || asked.has("*"))) {
      takeTranscript(fresh);
      takeForms(fresh);
    }
    document.title = fresh.title.match(/^\(\d+\) /)?.[0].concat(title) ?? title;
  } catch {
    wanted = new Set([...wanted, ...asked]);
  } finally {
    under = false;
    if (wanted.size > 0) later(2000);
  }
}

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}

function want(conversation) {
  wanted.add(conversation);
  later(conversation === open ? 50 : 300);
}

if (document.querySelector("#inbox")) {
  const stream = new EventSource("/console/events");
  stream.addEventListener("changed", (event) => want(JSON.parse(event.data).conversation));
  stream.addEventListener("reset", () => want("*"));
  if (talk) talk.scrollTop = talk.scrollHeight;
}

// Enter sends, Shift and Enter break the line; a draft outlives the page.
const field = document.querySelector("#write");
if (field && open) {
  const key = `draft ${open}`;
  const draft = localStorage.getItem(key)?.trim();
  const said = [...document.querySelectorAll(".turn--agent .bubble")].some((turn) => turn.textContent.trim() === draft);
  if (said) localStorage.removeItem(key);
  field.value ||= localStorage.getItem(key) ?? "";
  document.addEventListener("input", (event) => {
    if (event.target.id === "write") localStorage.setItem(key, event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.id === "write";
    if (!sends) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
}
