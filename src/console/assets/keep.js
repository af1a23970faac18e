// A browser may forbid to keep anything; then a choice or a draft lasts as long as its page.

function store(of) {
  return {
    read(key) {
      try { return of().getItem(key) ?? ""; } catch { return ""; }
    },
    write(key, text) {
      try {
        if (text) of().setItem(key, text);
        else of().removeItem(key);
      } catch { /* lasts for this page */ }
    },
    forget(isMeant) {
      try { Object.keys(of()).filter(isMeant).forEach((key) => of().removeItem(key)); } catch { /* nothing is kept */ }
    },
  };
}

export const browser = store(() => localStorage);
export const tab = store(() => sessionStorage);
