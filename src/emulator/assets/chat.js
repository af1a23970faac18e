// The chat: one conversation a tab. Lines come by a stream that goes on where it was cut; sending is a plain call.

import { address, call, el, icon, outLink, picture, place } from "./draw.js";
import { showCall, startFaults } from "./faults.js";

const $ = (id) => document.getElementById(id);
const OWNER = { speaking: "The bot answers", asking: "Looking for a person…", paused: "The bot is paused for a person" };
const RETRY = 1000;
const HARBOUR = { type: "location", latitude: 53.34399, longitude: -6.26719 };
const steps = ["step-ask", "step-answer", "step-close"].map($);

let session;
let stream;
let speaker;
let bot = "speaking";
let step = 0;

async function open() {
  const query = new URLSearchParams(location.search);
  const person = { first_name: query.get("name") || "Guest", language: query.get("lang") || "en" };
  try {
    begin(await call("POST", "/emulator/sessions", person));
  } catch (fault) {
    complain(fault);
  }
}

/** Goes on with the conversation of this tab, or opens one if the emulator knows it no more. */
async function resume() {
  const kept = sessionStorage.getItem("conversation");
  if (!kept) return open();
  try {
    begin(await call("GET", `/emulator/sessions/${encodeURIComponent(kept)}`));
  } catch (fault) {
    if (fault.status === 404) return open();
    complain(fault);
    setTimeout(resume, RETRY);
  }
}

function begin(opened) {
  stream?.close();
  session = opened.session;
  sessionStorage.setItem("conversation", session);
  speaker = undefined;
  $("talk").replaceChildren();
  $("wire").replaceChildren(el("li", { class: "wire__none" }, "Nothing has travelled yet."));
  $("bot").textContent = opened.version === "DRAFT" ? `${opened.bot} (draft)` : opened.bot;
  $("health").hidden = opened.platform === "certainly"; // It makes none.
  const desk = address(opened.desk_url);
  if (desk) $("desk").href = desk;
  setBot("speaking");
  setStep(0);
  complain();
  listen(new EventSource(`/emulator/sessions/${encodeURIComponent(session)}/events`));
}

function listen(source) {
  stream = source;
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onopen = () => complain();
  source.onerror = () => {
    complain(new Error("The server does not answer. Trying again…"));
    // Closed for good: the browser does not try again by itself.
    if (source === stream && source.readyState === EventSource.CLOSED) setTimeout(resume, RETRY);
  };
}

function show(line) {
  if (line.kind === "wire") return showCall(line);
  if (line.kind === "bot") return changeHands(line);
  if (line.by === "user") { forgetChips(); drawUser(line.message); }
  else drawBot(line.message, line.by);
  if (line.by === "agent" && step === 1) setStep(2);
}

function changeHands(line) {
  if (line.state === "asking") setStep(1);
  if (line.state === "paused") setStep(Math.max(step, 1));
  if (line.state === "speaking" && bot === "asking") setStep(0);
  if (line.state === "speaking" && bot === "paused") setStep(3);
  setBot(line.state);
  notice(line.note);
}

function setBot(state) {
  bot = state;
  $("phone").dataset.bot = state;
  $("owner").textContent = OWNER[state];
  $("glyph").setAttribute("href", state === "paused" ? "#i-person" : "#i-bot");
}

function setStep(next) {
  step = next;
  steps.forEach((item, at) => {
    item.classList.toggle("done", at < step);
    if (at === step) item.setAttribute("aria-current", "step"); else item.removeAttribute("aria-current");
  });
}

function add(node) { $("talk").append(node); }

function named(by) {
  if (speaker !== by) add(el("li", { class: `say__by say__by--${by}` }, by === "agent" ? "Agent" : "Bot"));
  speaker = by;
}

function notice(text) {
  speaker = undefined;
  add(el("li", { class: "say say--notice" }, text));
}

function drawUser(message) {
  speaker = "user";
  if (message.messageType === "postback") return add(el("li", { class: "say say--me", dir: "auto" }, el("span", { class: "sr" }, "You chose: "), message.title));
  if (message.messageType === "location") {
    const { lat, long } = message.coordinates;
    return add(el("li", { class: "shot shot--me" }, place(), el("figcaption", {}, icon("pin"), `${lat.toFixed(4)}, ${long.toFixed(4)}`)));
  }
  if (message.messageType === "fileUploadInputResult") {
    return add(el("li", { class: "shot shot--me" }, ...message.urls.map((url) => fileOrPicture(url)), el("figcaption", {}, icon("file"), "Your file")));
  }
  add(el("li", { class: "say say--me", dir: "auto" }, el("span", { class: "sr" }, "You: "), message.text));
}

function fileOrPicture(url) {
  return /\.(png|jpe?g|gif|webp|svg)$/i.test(url) ? picture(url, "The picture that you sent") : outLink(url, "Open the file", "load");
}

// Messages of bot and agent share one form, see Chatlayer's message objects.
function drawBot(message, by) {
  named(by);
  const side = by === "agent" ? "by-agent" : "by-bot";
  const payload = message.attachment?.payload;
  if (message.text) add(el("li", { class: by === "agent" ? "say say--agent" : "say", dir: "auto" }, message.text));
  if (message.quick_replies?.length) {
    add(el("li", { class: `say--wide chips ${side}`, dataset: { chips: "" } }, ...message.quick_replies.map(chip)));
  }
  if (payload?.template_type === "button") {
    add(el("li", { class: `say--wide ${side}` }, el("div", { class: "offer" }, el("p", { class: "offer__text", dir: "auto" }, payload.text), ...payload.buttons.map(button))));
  } else if (payload?.template_type === "generic") {
    add(el("li", { class: `say--wide ${side}` }, el("div", { class: "cards scroller", tabIndex: 0, role: "group", ariaLabel: "Cards" }, ...payload.elements.map(card))));
  } else if (payload?.template_type === "list") {
    add(el("li", { class: `say--wide ${side}` }, el("div", { class: "offer" }, ...payload.elements.map(row), ...payload.buttons.map(button))));
  } else if (payload) {
    const name = message.attachment.type === "image" ? picture(payload.url, "Picture") : outLink(payload.url, `Open the ${message.attachment.type}`, "load");
    add(el("li", { class: "shot" }, name));
  }
}

function chip(reply) {
  const image = address(reply.image_url) && el("img", { src: reply.image_url, alt: "" });
  return el("button", { class: "chip", type: "button", onclick: () => tap(reply) }, image, reply.title);
}

function button(offer) {
  if (offer.type === "web_url") return outLink(offer.url, offer.title, "offer__do");
  if (offer.type === "phone_number") return outLink(`tel:${offer.payload}`, offer.title, "offer__do");
  return el("button", { class: "offer__do", type: "button", onclick: () => tap(offer) }, offer.title);
}

function words(item) {
  return el("div", { class: "offer__text", dir: "auto" }, el("p", {}, el("b", {}, item.title)), item.subtitle && el("p", {}, item.subtitle));
}

function card(item) {
  return el("article", { class: "card" }, item.image_url && picture(item.image_url, ""), words(item), ...item.buttons.map(button));
}

function row(item) {
  return el("div", { class: "offer__row" }, el("b", {}, item.title), item.subtitle && el("p", {}, item.subtitle), item.image_url && picture(item.image_url, ""), ...item.buttons.map(button));
}

function forgetChips() {
  for (const old of document.querySelectorAll("[data-chips]")) old.remove();
}

function tap(offer) {
  send({ type: "postback", title: offer.title, payload: offer.payload });
  $("write").focus();
}

async function send(said) {
  try {
    await call("POST", `/emulator/sessions/${encodeURIComponent(session)}/messages`, said);
    complain();
    return true;
  } catch (fault) {
    complain(fault);
    return false;
  }
}

async function sendFile(file) {
  const path = `/emulator/sessions/${encodeURIComponent(session)}/files`;
  try {
    const response = await fetch(path, { method: "POST", headers: { "content-type": file.type || "application/octet-stream" }, body: file });
    if (!response.ok) throw new Error(response.status === 413 ? "The file is larger than 5 MB." : `The file was refused with ${response.status}.`);
    complain();
  } catch (fault) {
    complain(fault);
  }
}

function complain(fault) {
  $("fault").hidden = !fault;
  $("fault").textContent = fault?.message ?? "";
}

async function submit() {
  const field = $("write");
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  if (!(await send({ type: "text", text })) && !field.value) field.value = text;
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
$("write").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
});
$("new").addEventListener("click", async () => { await open(); $("write").focus(); });
$("send-place").addEventListener("click", () => { $("attach").hidePopover(); send(HARBOUR); });
$("send-file").addEventListener("click", () => { $("attach").hidePopover(); $("file").click(); });
$("file").addEventListener("change", () => { if ($("file").files[0]) sendFile($("file").files[0]); $("file").value = ""; });

startFaults();
resume();
