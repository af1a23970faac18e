// Draws the content types of the desk protocol. What is not known is shown as it came: nothing is dropped in silence.

import { address, el, host, icon, outLink, picture, place } from "./draw.js";

export function drawContent(content) {
  return (DRAW[content?.type] ?? unknown)(content);
}

/** One line for the list. */
export function summary(content) {
  const text = content?.text || content?.title || content?.caption || content?.name || content?.cards?.[0]?.title || content?.items?.[0]?.title;
  return text || { intro: "Opened the chat", media: content?.kind === "image" ? "A picture" : "A file", location: "A place" }[content?.type] || "A message";
}

const DRAW = {
  text: (content) => [bubble(content.text), chips(content.quick_replies)],
  buttons: (content) => [el("div", { class: "offer" }, el("p", { dir: "auto" }, content.text), ...offers(content.buttons))],
  cards: (content) => [el("div", { class: "cards scroller", tabIndex: 0, role: "group", ariaLabel: "Cards" }, ...content.cards.map(card))],
  list: (content) => [el("div", { class: "offer" }, ...content.items.map((item) => el("div", {}, ...words(item))), ...offers(content.button ? [content.button] : []))],
  media: (content) => [el("div", { class: "offer" }, content.kind === "image" ? picture(content.url, content.caption || content.name || "Picture") : null, link(content))],
  location: (content) => [el("div", { class: "offer" }, place(), el("p", {}, mapLink(content)))],
  postback: (content) => [el("p", { class: "bubble bubble--tap", dir: "auto" }, el("span", { class: "sr" }, "Chose: "), content.title)],
  intro: () => [el("p", { class: "bubble bubble--tap" }, "Opened the chat")],
};

function unknown(content) {
  return [el("pre", { class: "raw" }, JSON.stringify(content?.raw ?? content, null, 2))];
}

function bubble(text) {
  return el("p", { class: "bubble", dir: "auto" }, text);
}

function chips(replies) {
  if (!replies?.length) return null;
  return el("ul", { class: "choices", ariaLabel: "Quick replies" }, ...replies.map((reply) => el("li", { class: "choice", dir: "auto" }, reply.title)));
}

function offers(buttons = []) {
  return buttons.map((button) => {
    if (button.type === "url") return el("p", {}, outLink(button.url, button.title));
    if (button.type === "phone") return el("p", {}, outLink(`tel:${button.phone_number}`, button.title));
    return el("p", { class: "quiet" }, button.title);
  });
}

function words(item) {
  return [el("b", { dir: "auto" }, item.title), item.subtitle && el("span", { class: "quiet", dir: "auto" }, item.subtitle)];
}

function card(item) {
  return el("article", { class: "offer" }, item.image_url && picture(item.image_url, ""), el("div", {}, ...words(item)), item.url && el("p", {}, outLink(item.url, host(item.url))), ...offers(item.buttons));
}

function link(content) {
  const name = content.caption || content.name || host(content.url) || "File";
  return el("p", {}, address(content.url) ? outLink(content.url, name) : name);
}

function mapLink({ latitude, longitude, label }) {
  const text = label || `${latitude}, ${longitude}`;
  const url = `https://www.openstreetmap.org/?mlat=${encodeURIComponent(latitude)}&mlon=${encodeURIComponent(longitude)}`;
  return el("span", { class: "pin" }, icon("pin"), outLink(url, text));
}
