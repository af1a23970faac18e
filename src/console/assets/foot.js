// What stands below the transcript of an open page. What somebody is writing in stays, whatever form it belongs to by now.

import { keepAsNote, typed as typedForUser } from "./lost.js";
import { isAsMade, keepUnfolded, remember } from "./parts.js";

function foot(root) {
  return [...root.querySelectorAll(".talk__scroll ~ :not(.compose__fault)")];
}

// A list that has it no longer would show nothing.
function canHold(field, text) {
  return !field.options || [...field.options].some(({ value }) => value === text);
}

export function takeFoot(fresh) {
  const [mine, theirs] = [foot(document), foot(fresh).map((part) => document.adoptNode(part))];
  const isAsItWas = mine.length === theirs.length && mine.every((part, place) => isAsMade(part, theirs[place]));
  if (isAsItWas || mine.length === 0) return;
  const fields = mine.flatMap((part) => [...part.querySelectorAll("textarea[id], input[id], select[id]")]);
  const typed = fields.map((field) => [field.id, field.value]);
  const forUser = typedForUser();
  const { id: focused, selectionStart: from, selectionEnd: to } = document.activeElement;
  const wasIn = mine.some((part) => part.contains(document.activeElement));
  mine[0].before(...theirs.map(remember));
  mine.forEach((part, place) => theirs[place] && keepUnfolded(part, theirs[place]));
  mine.forEach((part) => part.remove());
  for (const [id, text] of typed) {
    const field = document.getElementById(id);
    if (field && text && canHold(field, text)) field.value = text;
  }
  const isLost = forUser && !document.querySelector("#write");
  if (isLost && keepAsNote(forUser)) document.dispatchEvent(new CustomEvent("console:noted"));
  const field = wasIn && focused && document.getElementById(isLost && focused === "write" ? "note" : focused);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (from !== undefined && from !== null) field.setSelectionRange?.(from, to);
}

foot(document).forEach(remember);
