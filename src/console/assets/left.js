// Counts down how long there is to claim a conversation, and how long until a message is tried again. It is the server's
// clock that counts, as it was when the page was made.

import { left } from "./words.js";

const ahead = Date.now() - Number(document.querySelector("[data-at]")?.dataset.at);

function show(time) {
  const seconds = Math.max(0, Math.floor((Date.parse(time.dateTime) - Date.now() + ahead) / 1000));
  const words = left(seconds);
  if (time.textContent !== words) time.textContent = words;
  const meter = time.closest("form")?.querySelector("meter");
  if (meter) meter.value = meter.max - seconds;
}

setInterval(() => document.querySelectorAll("time.left").forEach(show), 1000);
