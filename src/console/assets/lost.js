// What was typed for the user and can no longer be sent, because somebody else answers by now: it is kept as a note.

import { sayOvertaken } from "./fault.js";
import { textIsBelow } from "./words.js";

const FIELDS = ["write", "replies", "buttons", "file", "file-name"];

// All of it that there is to keep.
export function typed() {
  return FIELDS.map((id) => document.getElementById(id)?.value.trim()).filter(Boolean).join("\n");
}

// Answers by where it stands now, if there is such a place.
export function keepAsNote(text) {
  const note = document.querySelector("#note");
  if (!note || !text) return undefined;
  // Another tab of the conversation may have kept it, and the draft is one for all.
  if (!`\n${note.value}`.endsWith(`\n${text}`)) note.value = [note.value, text].filter(Boolean).join("\n");
  note.closest("details").open = true;
  // Whoever keeps drafts hears of it.
  note.dispatchEvent(new Event("input", { bubbles: true }));
  sayOvertaken(textIsBelow(document.querySelector("[data-held-by]")?.dataset.heldBy));
  return note;
}
