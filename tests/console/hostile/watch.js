// Before any script of a page: notes down whatever a payload that is no text would bring about.

window.noticed = [];
const notice = (what) => { window.noticed.push(String(what).slice(0, 300)); };
for (const name of ["alert", "confirm", "prompt"]) {
  window[name] = () => notice(`${name} was called`);
}
addEventListener("securitypolicyviolation", (event) => notice(`policy: ${event.violatedDirective} ${event.blockedURI}`));
addEventListener("unhandledrejection", (event) => notice(`rejected: ${event.reason}`));
addEventListener("error", (event) => {
  notice(event.message ? `script: ${event.message}` : `not loaded: ${event.target.tagName}`);
}, true);
