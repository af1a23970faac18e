// The server writes times in UTC, as the logs do; people read them as their own.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const YEAR = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function formatFor(at) {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return TIME;
  return at.getFullYear() === now.getFullYear() ? DAY : YEAR;
}

function show(time) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.valueOf())) return;
  const words = formatFor(at).format(at);
  // What is set anew is read aloud anew, also where it says the same.
  if (time.textContent !== words) time.textContent = words;
  time.title = WHOLE.format(at);
}

// The age of a row stays what it says; when that was is told to who asks.
function tell(time) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) time.title = WHOLE.format(at);
}

function showAll() {
  document.querySelectorAll("time.row__when").forEach(tell);
  document.querySelectorAll("time.clock").forEach(show);
}

showAll();
for (const change of ["console:taken", "console:shown"]) document.addEventListener(change, showAll);
