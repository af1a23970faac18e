// Writing: a draft outlives the page, Enter sends, and what was sent stands in the transcript at once.

const id = location.pathname.match(/^\/console\/conversations\/([0-9a-f-]{36})/)?.[1];
const draftKey = `draft ${id}`;
const unsentKey = `unsent ${id}`;

const KEPT_FIELDS = ["text", "replies", "file"];

// A browser may forbid to keep anything; then a draft lasts as long as its page.
function keep(store, key, text) {
  try {
    if (text) store.setItem(key, text);
    else store.removeItem(key);
  } catch { /* lasts for this page */ }
}

function kept(store, key) {
  try { return store.getItem(key) ?? ""; } catch { return ""; }
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function field() {
  return document.querySelector("#write");
}

// ---- what is on its way, in order ----

const queue = [];
let isSending = false;

function keepUnsent() {
  keep(sessionStorage, unsentKey, queue.length > 0 && JSON.stringify(queue.map(({ address, values }) => ({ address, values }))));
}

function show(entry) {
  entry.turn = element("li", "turn turn--agent turn--late", "");
  const bubble = element("div", "bubble", entry.values.text || entry.values.file);
  bubble.dir = "auto";
  entry.says = element("p", "turn__by", "");
  entry.turn.append(bubble, entry.says);
  document.querySelector(".transcript ol").append(entry.turn);
  document.querySelector(".talk__scroll").scrollTop = 0;
}

function add(entry) {
  queue.push(entry);
  keepUnsent();
  show(entry);
  entry.says.textContent = queue.length > 1 ? "Waits behind the message above" : "Sending";
}

function remove(entry) {
  queue.splice(queue.indexOf(entry), 1);
  keepUnsent();
  entry.turn.remove();
}

function fail(entry, why) {
  entry.turn.className = "turn turn--agent turn--failed";
  const again = element("button", "btn btn--small", "Try again");
  const back = element("button", "btn btn--small btn--bare", "Back into the field");
  again.type = back.type = "button";
  again.addEventListener("click", run);
  back.addEventListener("click", () => {
    remove(entry);
    takeBack(entry.values);
    run();
  });
  entry.says.replaceChildren(element("b", "", `Not sent: ${why} `), again, back);
}

function takeBack(values) {
  const text = field();
  if (!text) return keep(localStorage, draftKey, values.text);
  text.value = [values.text, text.value].filter(Boolean).join("\n");
  for (const name of ["replies", "file"]) {
    const other = text.form.elements[name];
    if (other && !other.value) other.value = values[name];
  }
  keep(localStorage, draftKey, text.value);
  text.focus();
}

function post({ address, values }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "document";
    request.onload = () => {
      const answer = request.responseXML;
      if (new URL(request.responseURL).pathname.startsWith("/console/sign-in")) return reject(new Error("you have been signed out."));
      if (request.status === 200) return resolve(answer);
      const fault = (answer?.querySelector(".compose__fault") ?? answer?.querySelector("h1"))?.textContent;
      reject(new Error(fault ?? "the bridge does not answer."));
    };
    request.onerror = () => reject(new Error("there is no connection."));
    request.send(new URLSearchParams(values));
  });
}

// One after the other; what comes behind a message that is not sent waits for it. A repeat is known by its form's id.
async function run() {
  if (isSending) return;
  isSending = true;
  while (queue.length > 0) {
    const [entry] = queue;
    entry.turn.className = "turn turn--agent turn--late";
    entry.says.textContent = "Sending";
    try {
      const page = await post(entry);
      remove(entry);
      document.dispatchEvent(new CustomEvent("console:page", { detail: page }));
    } catch (failure) {
      fail(entry, failure.message);
      break;
    }
  }
  isSending = false;
}

function send(form) {
  const values = Object.fromEntries(new FormData(form));
  if (!values.text?.trim() && !values.file?.trim()) return;
  add({ address: form.action, values: { ...values, form: crypto.randomUUID() } });
  for (const name of KEPT_FIELDS) if (form.elements[name]) form.elements[name].value = "";
  keep(localStorage, draftKey, "");
  run();
}

if (id) {
  const text = field();
  if (text) text.value ||= kept(localStorage, draftKey);
  // What a page did not hear the end of may have been sent: trying again does no harm.
  for (const entry of JSON.parse(kept(sessionStorage, unsentKey) || "[]")) {
    add(entry);
    fail(entry, "the page was left before it was.");
  }
  document.addEventListener("input", (event) => {
    if (event.target.id === "write") keep(localStorage, draftKey, event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.id === "write";
    if (!sends) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".compose")) return;
    event.preventDefault();
    send(event.target);
  });
}

// The next one at this browser is to find nothing of what this one wrote.
document.addEventListener("submit", (event) => {
  if (!new URL(event.target.action).pathname.startsWith("/console/sign-out")) return;
  const keys = [...Array(localStorage.length).keys()].map((place) => localStorage.key(place));
  keys.filter((key) => key.startsWith("draft ")).forEach((key) => localStorage.removeItem(key));
  sessionStorage.clear();
});
