// A picture is fetched from whoever sent it only when somebody asks to see it, and nobody there learns from which page.

import { button } from "./dom.js";
import { NO_PICTURE, SHOW_PICTURE } from "./words.js";

function offer(media) {
  if (media.querySelector(".media__load, img")) return;
  const load = button("media__load", SHOW_PICTURE, () => {
    const picture = document.createElement("img");
    picture.referrerPolicy = "no-referrer";
    picture.alt = media.querySelector("b")?.textContent ?? "";
    picture.addEventListener("error", () => {
      load.textContent = NO_PICTURE;
      picture.replaceWith(load);
    });
    picture.src = media.dataset.picture;
    load.replaceWith(picture);
  });
  media.prepend(load);
}

function offerAll() {
  document.querySelectorAll(".transcript [data-picture]").forEach(offer);
}

offerAll();
for (const change of ["console:taken", "console:shown"]) document.addEventListener(change, offerAll);
