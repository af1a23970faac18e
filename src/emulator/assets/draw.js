// Makes elements. Text is only ever set as text, and an address only ever used if it is one that may be opened.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The address if it may be opened, else nothing. */
export function address(text, schemes = ["http:", "https:"]) {
  try {
    const url = new URL(text);
    return schemes.includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export function host(url) {
  try { return new URL(url).host; } catch { return ""; }
}

/** A picture of our own at once; anyone else's only after a click, since asking for it tells them our address. */
export function picture(url, alt) {
  const href = address(url);
  if (!href) return el("p", { class: "load" }, "A picture without a usable address");
  const show = () => el("img", { class: "picture", src: href, alt, referrerPolicy: "no-referrer", loading: "lazy" });
  if (new URL(href).origin === location.origin) return show();
  const button = el("button", { class: "load", type: "button" }, "Show picture", el("small", {}, `from ${host(href)}`));
  button.addEventListener("click", () => button.replaceWith(show()));
  return button;
}

export function outLink(url, title, className) {
  const href = address(url, ["http:", "https:", "tel:"]);
  if (!href) return el("span", { class: className }, title);
  return el("a", { class: className, href, target: "_blank", rel: "noopener noreferrer" }, title);
}

/** Not a real map: nothing is asked of a map server. */
export function place() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 296 72");
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, d] of [
    ["place__river", "M-10 60C60 40 90 66 160 44s110 0 150-16"],
    ["place__street", "M40-5 90 80M150-5l-24 85M0 18h300M210-5l30 85"],
    ["place__pin", "M148 50s-13-12-13-22a13 13 0 0 1 26 0c0 10-13 22-13 22z"],
  ]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return el("div", { class: "place" }, svg);
}

export function clock(text) {
  const at = new Date(text);
  return el("time", { dateTime: text }, at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }));
}

/** Calls the page's own server with JSON. Throws what a person can read. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const fault = new Error(answer.detail || answer.error || answer.title || `Refused with ${response.status}`);
    fault.status = response.status;
    throw fault;
  }
  return answer;
}
