// Sends a form without leaving the page. The answer is a page, as after any form, or nothing where none is wanted.

import { Refused, SignedOut, isOurs } from "./fetch.js";
import { NO_ANSWER, NO_SESSION } from "./words.js";

// A form that may have arrived is sent again under its id, so that nobody waits for longer.
const ANSWER_WITHIN = 20000;

// The bridge could not be asked: nothing is wrong with what was sent.
export class LineIsDown extends Error {}

// A proxy whose page is a file answers any form with 405, as the bridge never does. One that has anything against what
// was sent says so by another status than these.
function isOfAProxyAlone({ status, responseXML }) {
  return [200, 404, 405].includes(status) && !isOurs(responseXML);
}

export function post({ address, values }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "document";
    request.onload = () => {
      const answer = request.responseXML;
      const isAtTheGate = new URL(request.responseURL).pathname.startsWith("/console/sign-in");
      if (isAtTheGate || request.status === 401) return reject(new SignedOut(NO_SESSION));
      if (request.status >= 500 || isOfAProxyAlone(request)) return reject(new LineIsDown());
      if (request.status === 200 || request.status === 204) return resolve(answer);
      const fault = answer?.querySelector(".compose__fault") ?? answer?.querySelector("h1");
      const isOvertaken = Boolean(fault?.matches(".compose__told"));
      reject(Object.assign(new Refused(fault?.textContent ?? NO_ANSWER), { answer, isOvertaken, status: request.status }));
    };
    request.onerror = () => reject(new LineIsDown());
    request.ontimeout = request.onerror;
    request.timeout = ANSWER_WITHIN;
    request.send(new URLSearchParams(values));
  });
}
