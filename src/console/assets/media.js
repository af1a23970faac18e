// A picture is fetched from whoever sent it only when somebody asks to see it, and nobody there learns from which page.

function offer(media) {
  if (media.querySelector(".media__load, img")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "media__load";
  button.textContent = "Show the picture";
  button.addEventListener("click", () => {
    const picture = document.createElement("img");
    picture.referrerPolicy = "no-referrer";
    picture.alt = media.querySelector("b")?.textContent ?? "";
    picture.addEventListener("error", () => {
      button.textContent = "The picture cannot be shown. Try again";
      picture.replaceWith(button);
    });
    picture.src = media.dataset.picture;
    button.replaceWith(picture);
  });
  media.prepend(button);
}

function offerAll() {
  document.querySelectorAll(".transcript [data-picture]").forEach(offer);
}

offerAll();
document.addEventListener("console:taken", offerAll);
