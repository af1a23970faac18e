// The stream of events, one for all pages of a browser: a host has six connections of HTTP/1.1, and the seventh page would
// wait for good. The page that was looked at last has it and passes on what it hears. When that page goes, another
// that waits takes its place. Where a browser has no such locks, each page has a stream of its own.

// Pages of another version of the scripts have theirs.
const NAME = new URL(".", import.meta.url).pathname;
// As soon as after a break that the browser mends itself.
const AGAIN_AFTER = 2000;

// `since`: when the page was made. `hears`: what is done when the stream has opened, is broken, or tells of a change or
// that all is to be read anew.
export function follow(since, hears) {
  const others = navigator.locks && new BroadcastChannel(NAME);
  let leads = false;
  let waits;
  let leave;

  function hear({ what, detail, at }) {
    since = at || since;
    if (what === "opened" || what === "broken") document.dispatchEvent(new CustomEvent(`console:${what}`));
    hears[what]?.(detail);
  }

  function tell(what, detail, at) {
    others?.postMessage({ what, detail, at });
    hear({ what, detail, at });
  }

  // Answers by what it ends.
  function listen() {
    let stream;
    let again;
    // `isLate`: something may have been missed.
    function begin(isLate) {
      stream = new EventSource(`/console/events?since=${since}`);
      stream.addEventListener("open", () => tell("opened", isLate));
      stream.addEventListener("changed", (event) => tell("changed", JSON.parse(event.data), event.lastEventId));
      stream.addEventListener("reset", (event) => tell("reset", undefined, event.lastEventId));
      stream.addEventListener("error", () => {
        // An answer that is no stream ends it for good: of a proxy whose bridge starts again, or the page to sign in.
        const isOver = stream.readyState === EventSource.CLOSED;
        if (isOver) again = setTimeout(() => begin(true), AGAIN_AFTER);
        tell("broken", isOver);
      });
    }
    begin(false);
    return () => {
      clearTimeout(again);
      stream.close();
    };
  }

  async function hold(options) {
    let hush;
    const held = () => new Promise((letGo) => {
      hush = listen();
      leads = true;
      leave = () => {
        hush();
        letGo();
      };
    });
    try {
      await navigator.locks.request(NAME, options, held);
    } catch (failure) {
      // The browser forbids it.
      if (failure.name !== "AbortError") leave = listen();
      // Another page is looked at now.
      else if (hush) {
        hush();
        leads = false;
        wait();
      }
    }
  }

  function wait() {
    waits = new AbortController();
    hold({ signal: waits.signal });
  }

  function take() {
    if (document.hidden || leads) return;
    leads = true;
    waits?.abort();
    hold({ steal: true });
  }

  if (!others) leave = listen();
  else {
    others.addEventListener("message", ({ data }) => hear(data));
    document.addEventListener("visibilitychange", take);
    if (document.hidden) {
      wait();
      // What was told while the page came.
      hears.reset();
    } else take();
  }

  return function end() {
    document.removeEventListener("visibilitychange", take);
    others?.close();
    waits?.abort();
    leave?.();
  };
}
