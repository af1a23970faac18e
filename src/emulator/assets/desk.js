// The desk: every handover comes whole by a stream whenever it changes; what the agent does is a plain call.

import { address, call, clock, el, icon } from "./draw.js";
import { drawContent, summary } from "./content.js";
import { startFaults } from "./faults.js";

const $ = (id) => document.getElementById(id);
let reasons = ["solved", "follow-up", "user went silent", "not for us"];
const TYPING_EVERY = 4000;
const NAMES = { waiting: "waiting", attended: "with you", closed: "closed" };
const LOST = {
  session_gone: "Closed: the bot platform has forgotten this conversation.",
  bridge_gone: "Closed: the bridge has forgotten this conversation.",
};
const TAGS = { waiting: "tag tag--warn", attended: "tag tag--agent", closed: "tag" };

const handovers = new Map();
const read = new Map();
const drafts = new Map();
let current;
let lastTyping = 0;

function who(handover) {
  const user = handover.about.user ?? {};
  return user.first_name || user.name || user.id || handover.about.session_id || "A user";
}

function since(text) {
  const minutes = Math.floor((Date.now() - new Date(text)) / 60000);
  return minutes < 1 ? "now" : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

/** The emulated Aivo Live may name a file without a host, as the real one is said to; it lies beside this page. */
function placed({ content }) {
  if (content.url?.startsWith("/")) content.url = new URL(`/assets${content.url}`, location).href;
}

function receive(handover) {
  handover.messages.forEach(placed);
  const id = handover.about.id;
  const isNew = !handovers.has(id);
  handovers.set(id, handover);
  if (isNew && handover.state === "waiting") $("news").textContent = `${who(handover)} asks for a person`;
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (current === undefined && (wanted ? wanted === id : handover.state !== "closed")) return select(id);
  if (current === id) show();
  list();
}

function list() {
  const rank = { waiting: 0, attended: 1, closed: 2 };
  const all = [...handovers.values()].sort((a, b) => rank[a.state] - rank[b.state] || (a.opened_at < b.opened_at ? -1 : 1));
  const waiting = all.filter((handover) => handover.state === "waiting").length;
  const focused = document.activeElement?.dataset?.id;
  $("list").replaceChildren(...all.map((handover) => el("li", {}, row(handover))));
  if (all.length === 0) $("list").append(el("li", { class: "list__none" }, "Nobody has asked for a person yet."));
  if (focused) $("list").querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  $("count").textContent = waiting ? `${waiting} waiting` : "";
  document.title = `${waiting ? `(${waiting}) ` : ""}Desk · Handover Bridge`;
  $("none").hidden = current !== undefined;
  $("open").hidden = current === undefined;
}

function row(handover) {
  const id = handover.about.id;
  const unread = id !== current && (read.get(id) ?? 0) < handover.messages.length;
  const last = handover.messages.findLast((message) => message.actor !== "note");
  const node = el("button", { class: unread ? "row row--unread" : "row", type: "button", dataset: { id, state: handover.state }, onclick: () => select(id, true) },
    el("span", { class: "tile", ariaHidden: "true" }, handover.about.language ?? "?"),
    el("span", { class: "row__who clip", dir: "auto" }, who(handover), unread && el("span", { class: "sr" }, ", unread")),
    el("span", { class: "row__when num" }, handover.state === "closed" ? "closed" : since(handover.opened_at)),
    el("span", { class: "row__last clip", dir: "auto" }, last ? summary(last.content) : "No messages yet"));
  if (id === current) node.setAttribute("aria-current", "true");
  return node;
}

function select(id, byHand) {
  if (current !== undefined) drafts.set(current, $("write").value);
  current = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  $("write").value = drafts.get(id) ?? "";
  if (byHand) $("board").dataset.pane = "talk";
  complain();
  show();
  list();
  if (byHand) (handovers.get(id).state === "closed" ? $("who") : $("write")).focus();
}

function show() {
  const handover = handovers.get(current);
  const about = handover.about;
  read.set(current, handover.messages.length);
  $("who").textContent = who(handover);
  $("about").textContent = [about.bot, about.version, about.channel, about.language, about.payload?.department].filter(Boolean).join(" · ");
  $("state").textContent = NAMES[handover.state];
  $("state").className = TAGS[handover.state];
  $("claim").hidden = handover.state !== "waiting";
  $("waits").textContent = `${who(handover)} is waiting.`;
  $("form").hidden = handover.state === "closed";
  $("ended").hidden = handover.state !== "closed";
  $("ended").textContent = LOST[handover.ended] ?? (handover.ended ? `Closed (${handover.ended}). The bot has the user back.` : "Closed. The bot has the user back.");
  $("write").placeholder = `Write to ${who(handover)}`;
  // Only what is new is drawn, so that nothing moves under the reader and a screen reader hears each line once.
  const lines = $("transcript");
  if (lines.dataset.of !== current || lines.children.length > handover.messages.length) { lines.replaceChildren(); lines.dataset.of = current; }
  handover.messages.forEach((message, at) => {
    const drawn = lines.children[at];
    const key = `${message.id ?? message.at}${message.failed ?? ""}`;
    if (drawn?.dataset.key === key) return;
    const node = turn(message, handover.messages[at - 1], handover);
    node.dataset.key = key;
    if (drawn) drawn.replaceWith(node); else lines.append(node);
  });
}

function turn(message, before, handover) {
  if (message.actor === "note") return el("li", { class: "deck" }, message.content.text);
  const name = { user: who(handover), bot: handover.about.bot ?? "Bot", agent: $("me").value, system: "Bridge" }[message.actor] ?? message.actor;
  const again = before?.actor === message.actor;
  const classes = ["turn", `turn--${message.actor === "system" ? "bot" : message.actor}`, again && "turn--cont", message.failed && "turn--failed"];
  const by = again ? el("p", { class: "sr" }, name) : el("p", { class: "turn__by" }, el("b", { dir: "auto" }, name), clock(message.at));
  const fault = message.failed && el("p", { class: "turn__fault" }, icon("alert"), `Not delivered: ${message.failed}`);
  return el("li", { class: classes.filter(Boolean).join(" ") }, by, ...drawContent(message.content), fault);
}

async function act(done) {
  try {
    await call("POST", `/desk/handovers/${encodeURIComponent(current)}/events`, done);
    complain();
    return true;
  } catch (fault) {
    complain(fault);
    return false;
  }
}

function complain(fault) {
  $("fault").hidden = !fault;
  $("fault").textContent = fault?.message ?? "";
}

async function reply() {
  const text = $("write").value.trim();
  if (!text) return;
  const content = { type: "text", text };
  const titles = $("quick").hidden ? [] : $("choices").value.split(",").map((title) => title.trim()).filter(Boolean);
  if (titles.length) content.quick_replies = titles.map((title) => ({ title, payload: title }));
  $("write").value = "";
  if (!(await act({ type: "message", content }))) { $("write").value ||= text; return; }
  $("choices").value = "";
  showQuick(false);
}

function showQuick(open) {
  $("quick").hidden = !open;
  $("quick-toggle").setAttribute("aria-expanded", String(open));
}

function listen() {
  const stream = new EventSource("/desk/events");
  stream.onmessage = (event) => receive(JSON.parse(event.data));
  stream.onopen = () => {
    $("cut").hidden = true;
    for (const [id, handover] of handovers) if (handover.state !== "closed") remind(id);
  };
  stream.onerror = () => {
    $("cut").hidden = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
}

/** The desk may have been started anew since the page heard of this handover; asking makes it remember. */
async function remind(id) {
  try {
    const { status } = await fetch(`/desk/handovers/${encodeURIComponent(id)}`);
    const known = handovers.get(id);
    if (status === 404 && known) receive({ ...known, state: "closed", ended: "bridge_gone" });
  } catch { /* the stream says that the server is away */ }
}

/** What Aivo Live has that other desks have not, and the other way round. */
function becomeAivoLive(about) {
  becomePlayed("emulated Aivo Live", about);
  $("idle").hidden = false;
  $("to").replaceWith(el("select", { class: "input", id: "to" }, ...about.groups.map(({ id, name }) => el("option", { value: String(id) }, `${name} (${id})`))));
}

/** What the desks of vendors have that are played. */
function becomePlayed(name, about) {
  reasons = about.reasons;
  $("kind").textContent = name;
  $("file-open").hidden = false;
  $("quick-toggle").hidden = true;
  $("faults").hidden = false;
  startFaults();
}

function drawReasons() {
  $("reasons").replaceChildren(...reasons.map((reason) => el("button", { type: "button", onclick: () => { $("close").hidePopover(); act({ type: "closed", reason }); } }, reason)));
}

async function start() {
  try { $("me").value = localStorage.getItem("agent") || "Developer"; } catch { /* then the name is for this page */ }
  listen();
  try {
    const about = await call("GET", "/desk");
    if (about.kind === "aivo-live") becomeAivoLive(about);
    if (about.kind === "chatwoot") becomePlayed("emulated Chatwoot", about);
    $("away").checked = about.away;
    const chat = address(about.chat_url);
    if (chat) $("none-hint").append(" Play one in ", el("a", { href: chat, target: "_blank", rel: "noopener" }, "the chat"), ": write “agent”.");
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted) await remind(wanted);
  } catch { /* the stream says that the server is away */ }
  drawReasons();
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); reply(); });
$("write").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); reply(); }
});
$("write").addEventListener("input", () => {
  if (Date.now() - lastTyping < TYPING_EVERY || handovers.get(current)?.state !== "attended") return;
  lastTyping = Date.now();
  call("POST", `/desk/handovers/${encodeURIComponent(current)}/events`, { type: "typing" }).catch(() => { /* it is only a hint */ });
});
$("join").addEventListener("click", async () => { if (await act({ type: "attended", agent: { name: $("me").value.trim() || "Developer" } })) $("write").focus(); });
$("transfer").addEventListener("submit", (event) => {
  event.preventDefault();
  $("transfer").hidePopover();
  const to = $("to").value.trim();
  if (to) act({ type: "transferred", to });
});
$("idle").addEventListener("click", () => act({ type: "idle" }));
$("file").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("file").hidePopover();
  const url = $("file-url").value.trim();
  const kind = /\.(png|jpe?g|gif|svg|webp)$/i.test(url) ? "image" : "file";
  if (url) await act({ type: "message", content: { type: "media", kind, url } });
});
$("quick-toggle").addEventListener("click", () => { showQuick($("quick").hidden); if (!$("quick").hidden) $("choices").focus(); });
$("back").addEventListener("click", () => { $("board").dataset.pane = "list"; $("list").querySelector("[aria-current]")?.focus(); });
$("me").addEventListener("change", () => { try { localStorage.setItem("agent", $("me").value); } catch { /* as above */ } });
$("away").addEventListener("change", async () => {
  try { await call("PUT", "/desk/away", { away: $("away").checked }); } catch (fault) { $("away").checked = !$("away").checked; complain(fault); }
});
setInterval(list, 30000);
list();
start();
