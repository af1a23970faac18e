// A browser may forbid to keep anything; then a choice or a draft lasts as long as its page.

function store(of) {
  const ofPage = new Map();
  return {
    read(key) {
      if (ofPage.has(key)) return ofPage.get(key);
      try { return of().getItem(key) ?? ""; } catch { return ""; }
    },
    write(key, text) {
      ofPage.delete(key);
      try {
        if (text) of().setItem(key, text);
        else of().removeItem(key);
      } catch {
        ofPage.set(key, text || "");
      }
    },
    keys() {
      try { return [...new Set([...Object.keys(of()), ...ofPage.keys()])]; } catch { return [...ofPage.keys()]; }
    },
    forget(isMeant) {
      this.keys().filter(isMeant).forEach((key) => this.write(key, ""));
    },
  };
}

export const browser = store(() => localStorage);
export const tab = store(() => sessionStorage);
