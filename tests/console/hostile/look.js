// What was noticed on this page, what it asked of other hosts, and what stands in it that it has not been given.
// `wanted`: pairs of a selector and the texts of which each must be all that an element of it says.

const wanted = arguments[0];
const faults = [...window.noticed ?? ["not watched"]];
for (const details of document.querySelectorAll("details")) details.open = true;
for (const { name } of performance.getEntries()) {
  if (/^[a-z]+:\/\//.test(name) && !name.startsWith(`${location.origin}/`)) faults.push(`asked for: ${name}`);
}
const forbidden = "iframe, object, embed, base, frameset, applet, marquee, style, meta[http-equiv], math, animate, set, " +
  "foreignObject, template, audio, video, img, script:not([src^='/console/']), [style], [srcdoc], [ping], [background], [autofocus]";
for (const element of document.querySelectorAll(forbidden)) faults.push(`stands there: ${element.outerHTML.slice(0, 100)}`);
for (const element of document.querySelectorAll("*")) {
  const handler = [...element.attributes].find(({ name }) => name.startsWith("on"));
  if (handler) faults.push(`listens: ${handler.name}`);
  for (const name of ["href", "src", "action", "formaction", "xlink:href"]) {
    const address = element.getAttribute(name);
    if (address !== null && !/^https?:$/.test(new URL(address, location).protocol)) faults.push(`leads to: ${address}`);
  }
}
// Parsers change these signs, and a field of one line has no breaks.
const plain = (text) => text.replace(/[\0\uFFFD\r\n]/g, "").trim();
for (const [selector, texts] of wanted) {
  const says = (element) => plain(element.matches("input") ? element.value : element.textContent);
  const shown = new Set([...document.querySelectorAll(selector)].map(says));
  for (const text of texts) if (!shown.has(plain(text))) faults.push(`not shown as ${selector}: ${text.slice(0, 100)}`);
}
return faults;
