// Parts of a page are exchanged only where the server made them another than before, whatever the reader did to them
// in between.

const made = new WeakMap();

// A form has an id of its own each time it is made, and less time is left, which makes it no other.
function look(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll("input[name=form]").forEach((input) => input.removeAttribute("value"));
  copy.querySelectorAll("time.left").forEach((time) => time.replaceChildren());
  copy.querySelectorAll("meter").forEach((meter) => meter.removeAttribute("value"));
  return copy.outerHTML;
}

export function remember(node) {
  if (node) made.set(node, look(node));
  return node;
}

export function isAsMade(node, fresh) {
  return made.get(node) === look(fresh);
}

export function keepUnfolded(from, to) {
  const all = (root) => [...(root.matches("details") ? [root] : []), ...root.querySelectorAll("details")];
  const name = (details) => details.id || details.querySelector("summary").textContent;
  const unfolded = new Set(all(from).filter((details) => details.open).map(name));
  for (const details of all(to)) if (unfolded.has(name(details))) details.open = true;
}

const CONTROLS = "a, button, input, select, textarea, summary";

// What has nothing to press may change under the pointer.
export function isInUse(part) {
  const pointed = matchMedia("(hover: hover)").matches && part.matches(":hover") && part.querySelector(CONTROLS);
  return Boolean(pointed) || part.matches(":focus-within");
}

// Whether it waits for the reader, who is working in the one that it would replace. `isAskedFor`: then it does not.
export function takePart(selector, fresh, isAskedFor = false) {
  const [mine, theirs] = [document.querySelector(selector), fresh.querySelector(selector)];
  if (!mine || !theirs || isAsMade(mine, theirs)) return false;
  if (isInUse(mine) && !isAskedFor) return true;
  mine.replaceWith(remember(document.adoptNode(theirs)));
  keepUnfolded(mine, theirs);
  return false;
}
