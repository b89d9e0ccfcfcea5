// The large picture of a view, and keeping it: as a picture of any size, or as its latent vector.

import { labeled, make } from "./dom.js";
import { latest } from "./latest.js";
import { sizeChoice } from "./pictures.js";

// `picture` and `keeping` to put on the page; `show(of, name)` draws a place in latent space; `paint(canvas, of, name)` shows what is
// drawn already, and `clear(hint)` nothing but what is to be done. `sizes()` is how pictures are to be kept.
export function makeStage(desk) {
  const { size } = desk.model;
  const canvas = make("canvas", { id: "large", width: size, height: size, role: "img", class: "crisp" });
  const caption = make("figcaption", { id: "caption" });
  const scale = sizeChoice(size);
  const smooth = make("input", { id: "smooth", type: "checkbox" });
  let shown = null; // what is on the canvas
  let cleared = 0; // times: what is drawn for a view of before is not shown

  const draw = latest(async (of, name) => {
    const before = cleared;
    const canvases = await desk.draw(of, [name]);
    if (canvases && before === cleared) paint(canvases[0], of, name);
  });

  function paint(picture, of, name) {
    setShown(of);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, size, size);
    context.drawImage(picture, 0, 0);
    canvas.setAttribute("aria-label", name);
    caption.textContent = name;
  }

  // Nothing is shown but a hint, and nothing can be kept.
  function clear(hint) {
    setShown(null);
    cleared += 1;
    canvas.getContext("2d").clearRect(0, 0, size, size);
    canvas.setAttribute("aria-label", "no picture");
    caption.textContent = hint;
  }

  function setShown(of) {
    shown = of;
    for (const button of keeping.querySelectorAll("button")) button.disabled = !of;
  }

  const keep = (kind) => desk.download("/api/explore/download", { of: JSON.stringify(shown), kind, ...sizes() });
  const sizes = () => ({ scale: scale.value, smooth: smooth.checked });

  const picture = make("figure", { class: "stage picture" }, canvas, caption);
  const keeping = make("section", { class: "card stack tight", "aria-labelledby": "keep-picture" },
    make("h2", { id: "keep-picture" }, "Keep the picture"),
    labeled("Size", scale),
    make("label", { class: "check" }, smooth, "Smooth, instead of square pixels"),
    make("div", { class: "row" },
      make("button", { id: "keep-png", type: "button", class: "main", onclick: () => keep("png") }, "Picture"),
      make("button", { id: "keep-npz", type: "button", title: "The numbers that it is drawn from; dcgan's commands read them with --latents", onclick: () => keep("npz") }, "Latent vector")));
  setShown(null);
  return { picture, keeping, show: draw, paint, clear, sizes };
}
