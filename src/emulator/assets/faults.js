// The panel that makes it go wrong, and the list of what travels.

import { call, clock, el } from "./draw.js";

const $ = (id) => document.getElementById(id);
const form = $("faults-form");
const numbers = [...form.querySelectorAll("input[type=range]")];
const switches = [...form.querySelectorAll("input[type=checkbox]")];
const SHOWN = 200;

export function showCall(line) {
  const list = $("wire");
  list.querySelector(".wire__none")?.remove();
  const toBridge = line.way === "to_bridge";
  const good = line.status >= 200 && line.status < 300;
  const status = line.status ? `${line.status}, ${line.millis} ms` : "no answer";
  const arrow = el("span", { role: "img", ariaLabel: toBridge ? "to the bridge" : "from the bridge" }, toBridge ? "→" : "←");
  const what = el("span", { class: "clip" }, line.what, line.fault && el("em", {}, ` · ${line.fault}`));
  const summary = el("summary", {}, clock(line.at), arrow, what, el("span", { class: good ? "ok" : "bad" }, status));
  list.prepend(el("li", {}, el("details", {}, summary, el("pre", {}, pretty(line.body)))));
  while (list.children.length > SHOWN) list.lastElementChild.remove();
}

export async function startFaults() {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", say);
  form.addEventListener("change", save);
  $("faults-clear").addEventListener("click", () => { fill({ repeats: 1 }); save(); });
  $("health")?.addEventListener("click", check);
  try { fill(await call("GET", "/emulator/faults")); } catch { /* the chat already says that nobody answers */ }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function fill(faults) {
  for (const input of numbers) {
    const value = faults[input.id];
    input.value = typeof value === "object" ? (value.next > 0 ? 100 : value.percent) : (value ?? input.min ?? 0);
  }
  for (const input of switches) {
    const value = faults[input.id];
    input.checked = typeof value === "object" ? value.next > 0 || value.percent > 0 : Boolean(value);
  }
  $("seed").value = faults.seed ?? "";
  say();
}

function read() {
  const faults = {};
  for (const input of numbers) faults[input.id] = input.dataset.unit === "%" ? { percent: Number(input.value) } : Number(input.value);
  for (const input of switches) faults[input.id] = "chance" in input.dataset ? { percent: input.checked ? 100 : 0 } : input.checked;
  if (/^[0-9]{1,15}$/.test($("seed").value)) faults.seed = Number($("seed").value);
  return faults;
}

function say() {
  let on = switches.filter((input) => input.checked).length;
  for (const input of numbers) {
    const value = Number(input.value);
    const off = value === Number(input.min || 0);
    const output = form.querySelector(`output[for="${input.id}"]`);
    output.textContent = off ? "off" : input.dataset.unit === "ms" ? `${value / 1000} s` : `${value} ${input.dataset.unit}`;
    output.classList.toggle("on", !off);
    if (!off) on += 1;
  }
  $("faults-on").textContent = on === 0 ? "nothing yet" : on === 1 ? "1 fault on" : `${on} faults on`;
  $("faults-on").className = on === 0 ? "tag" : "tag tag--warn";
}

async function save() {
  say();
  try { await call("PUT", "/emulator/faults", read()); } catch (fault) { $("faults-on").textContent = fault.message; }
}

async function check() {
  const said = $("health-said");
  said.textContent = "…";
  said.className = "";
  try {
    const { ok, status } = await call("POST", "/emulator/health-check", {});
    said.textContent = ok ? "200, healthy" : status ? `${status}, refused` : "no answer";
    said.className = ok ? "tag tag--ok" : "tag tag--bad";
  } catch (fault) {
    said.textContent = fault.message;
  }
}
