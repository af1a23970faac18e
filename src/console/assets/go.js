// The way from one page of the console to another, where nothing that is kept for the browser is lost.

let leftAt = -Infinity;

// Whoever closes the page or goes elsewhere does not come by here.
export function isWithin() {
  return performance.now() - leftAt < 1000;
}

export function go(href) {
  leftAt = performance.now();
  location.assign(href);
}

// The link to another page of ours that this click follows here.
export function linkOf(event) {
  if (event.defaultPrevented || event.button > 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.origin !== location.origin || !link.pathname.startsWith("/console")) return undefined;
  const isThisPage = link.hash && link.pathname === location.pathname && link.search === location.search;
  return isThisPage ? undefined : link;
}

document.addEventListener("click", (event) => {
  if (linkOf(event)) leftAt = performance.now();
});
document.addEventListener("submit", () => { leftAt = performance.now(); });
