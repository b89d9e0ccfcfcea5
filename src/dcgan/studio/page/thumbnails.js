// All pictures, small, below the one that is painted: which have a mask, and how much of each is missing.

import { $ } from "./saving.js";

// How much of a picture {width, height, missing} is missing, for people.
export function share({ missing, width, height }) {
  const percent = (100 * missing) / (width * height);
  return percent && percent < 1 ? "less than 1%" : `${Math.floor(percent)}%`;
}

// Make a button for each picture; `choose` is called with the index of the one that was pressed.
export function makeThumbnails(pictures, choose) {
  for (const [index, { name }] of pictures.entries()) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    const [caption, missing] = [document.createElement("span"), document.createElement("span")];
    image.loading = "lazy";
    image.src = `thumbnails/${index}.png`;
    image.alt = ""; // the caption says it
    caption.textContent = button.title = name;
    missing.className = "share";
    button.type = "button";
    button.append(image, caption, missing);
    button.addEventListener("click", () => choose(index));
    $("all").append(button);
  }
}

export function showThumbnails(pictures, shown) {
  [...$("all").children].forEach((button, index) => {
    const picture = pictures[index];
    button.classList.toggle("seen", picture.missing > 0);
    button.setAttribute("aria-current", index === shown);
    button.lastChild.textContent = picture.missing ? `${share(picture)} missing` : "";
  });
}
