// One tone and a flash of the title when a user begins to wait, or one's own users write or become one's own, or an answer does not reach them, unless somebody is writing or has turned it off.

import { waitingCount } from "./dom.js";
import { browser } from "./keep.js";
import { TURN_SOUND_OFF, TURN_SOUND_ON } from "./words.js";

const STORED = "sound";
const HEARD = "heard";

let flashes;
let waiting = waitingCount();
let known = [...document.querySelectorAll("[data-list=waiting] .row")].map((row) => row.dataset.conversation);
let unread = unreadOfMine();

function isOn() {
  return browser.read(STORED) !== "off";
}

// Each as often as it has changed, so that the next message is another one.
function unreadOfMine() {
  const rows = [...document.querySelectorAll("[data-list=mine] :is(.row--unread, .row--lost)")];
  return rows.map(({ dataset }) => `${dataset.conversation} ${dataset.version}`);
}

// Of several pages of one browser, one makes the sound. Who no longer waits may begin to wait again.
function unheard(come, now) {
  const heard = JSON.parse(browser.read(HEARD) || "[]").filter((conversation) => now.includes(conversation));
  browser.write(HEARD, JSON.stringify([...new Set([...heard, ...come])]));
  return come.filter((conversation) => !heard.includes(conversation));
}

function tone() {
  const audio = new AudioContext();
  const [voice, loudness] = [audio.createOscillator(), audio.createGain()];
  voice.frequency.value = 660;
  loudness.gain.setValueAtTime(0.15, audio.currentTime);
  loudness.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
  voice.connect(loudness).connect(audio.destination);
  voice.start();
  voice.stop(audio.currentTime + 0.4);
  voice.addEventListener("ended", () => audio.close());
}

function flash() {
  if (document.hasFocus()) return;
  clearInterval(flashes);
  let left = 10;
  flashes = setInterval(() => {
    const title = document.title.replace(/^● /, "");
    left -= 1;
    document.title = left % 2 === 1 && !document.hasFocus() ? `● ${title}` : title;
    if (left <= 0 || document.hasFocus()) clearInterval(flashes);
  }, 1000);
}

// `now`: who waits, where the page lists them; else only their number is known.
function listen({ detail: now }) {
  const begun = now.length > 0 ? unheard(now.filter((one) => !known.includes(one)), now).length : 0;
  const mine = unreadOfMine();
  const come = Math.max(begun, waitingCount() - waiting, mine.filter((one) => !unread.includes(one)).length);
  known = now;
  unread = mine;
  waiting = waitingCount();
  const isWriting = document.hasFocus() && document.activeElement?.matches("textarea, input");
  if (come <= 0 || !isOn() || isWriting) return;
  tone();
  flash();
}

document.addEventListener("console:taken", listen);

for (const button of document.querySelectorAll("[data-sound-switch]")) {
  const show = () => {
    // The picture says how it is, the words say what a press does.
    const does = isOn() ? TURN_SOUND_OFF : TURN_SOUND_ON;
    button.hidden = false;
    button.title = does;
    button.setAttribute("aria-label", does);
    button.querySelector("use").setAttribute("href", isOn() ? "#i-bell" : "#i-bell-off");
  };
  button.addEventListener("click", () => {
    browser.write(STORED, isOn() ? "off" : "on");
    show();
  });
  show();
}
