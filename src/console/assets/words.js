// What the scripts say, in English. What the pages say stands in the server's texts.

export const NEW_ROWS = "Show what is new";
export const CUT_OFF = "Cut off. This page is not up to date; it tries again by itself.";
export const SIGNED_OUT = "You have been signed out. What you wrote is kept here. ";
export const SIGN_IN_AGAIN = "Sign in again";
export const WAITS_BEHIND = "Waits behind the message above";
export const SENDING = "Sending";
export const TRY_AGAIN = "Try again";
export const BACK_INTO_THE_FIELD = "Back into the field";
export const KEPT = "Kept here, leaves when the line is back ";
export const NOT_SENT_YET = "Not sent yet:";
export const notSentYet = (count) => `${count} not sent`;
export const EMPTY = "There is nothing to send. Write something first.";
export const LOST_AT_SIGN_OUT = "Some replies are not sent yet. They are lost when you sign out. Sign out all the same?";
export const opensWhenBack = (name) => `The bridge does not answer. ${name || "The page"} opens when it does; what is here stays.`;
export const NO_SESSION = "you have been signed out.";
export const NO_ANSWER = "the bridge does not answer.";
export const NO_OLDER = "The older messages cannot be read. Try again";
export const SHOW_PICTURE = "Show the picture";
export const NO_PICTURE = "The picture cannot be shown. Try again";
export const TURN_SOUND_OFF = "Turn off the sound when a user waits";
export const TURN_SOUND_ON = "Turn on the sound when a user waits";
const numbers = new Intl.NumberFormat("en");
export const charactersFit = (most) => `At most ${numbers.format(most)} characters can be sent. `;
export const hereAre = (characters) => `Here are ${numbers.format(characters)}.`;
export const newWaiting = (count) => (count === 1 ? "A user begins to wait" : `A user begins to wait, ${count} in all`);
export const notDelivered = (name) => `Your answer has not reached ${name}`;
export const KEYS = "Keys";
export const SINGLE_KEYS = " Single keys";
export const CLOSE = "Close";

// As the server says it.
export const left = (seconds) => {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
};
export const NOT_DONE = "Not done: the bridge does not answer. What was typed is kept. ";
export const notDone = (why) => `Not done: ${why} `;
export const notSent = (why) => `Not sent: ${why} `;
export const textIsBelow = (name) => (name ? `${name} has this conversation now; your text is below.` : "This conversation is no longer yours; your text is below.");
export const newerBelow = (count) => (count === 1 ? "1 newer message below" : `${count} newer messages below`);

export const WHAT_KEYS_DO = [
  ["J, K", "next, previous conversation"],
  ["Enter", "open; sends while writing"],
  ["Shift Enter", "new line while writing"],
  ["Ctrl Enter", "keep a note; sends as well"],
  ["N", "whoever waits longest"],
  ["C", "claim or take over"],
  ["R", "reply"],
  ["Shift N", "note"],
  ["T", "transfer"],
  ["E", "close"],
  ["/", "search; ready answers in an empty reply"],
  ["G, then I, D or H", "Inbox, Deliveries, Health"],
  ["Esc", "leave the field; back to the list"],
  ["?", "these keys"],
];
