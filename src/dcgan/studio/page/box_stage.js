// Boxes on one picture: a drag draws a box, moves one, or stretches one by its corner, and keys do all of it too.

import { middle, moved, opposite, spanned, stretched } from "./geometry.js";

const DRAG = 4; // CSS pixels that the pointer must go for a box: less is a click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function element(kind, className) {
  const made = document.createElement(kind);
  made.className = className;
  return made;
}

// An element laid over the picture where a box is; `size` is the side of the picture, in its pixels.
export function position(node, box, size) {
  const share = (pixels) => `${(100 * pixels) / size}%`;
  node.style.left = share(box.left);
  node.style.top = share(box.top);
  node.style.width = share(box.right - box.left);
  node.style.height = share(box.bottom - box.top);
  return node;
}

export class BoxStage {
  dragging = false;
  #stage;
  #size;
  #boxes;
  #change;

  // `boxes()` are those on the picture that is shown, and `change(boxes)` puts others in their place.
  constructor(stage, size, boxes, change) {
    this.#stage = stage;
    this.#size = size;
    this.#boxes = boxes;
    this.#change = change;
    stage.tabIndex = 0;
    stage.addEventListener("pointerdown", (event) => { if (!event.button && !this.dragging) this.#drag(event); });
  }

  // The number of the box that keys move, or -1.
  get focused() {
    const node = document.activeElement?.closest(".box");
    return node && this.#stage.contains(node) ? Number(node.dataset.number) : -1;
  }

  // Show the boxes anew, one of them with the focus; keys that were for a box are for the picture if it is gone.
  render(focus = -1) {
    const had = this.focused >= 0;
    for (const old of this.#stage.querySelectorAll(".box")) old.remove();
    this.#stage.append(...this.#boxes().map((box, number) => this.#element(box, number)));
    if (focus >= 0) this.#stage.querySelectorAll(".box")[focus].focus({ preventScroll: true });
    else if (had) this.#stage.focus({ preventScroll: true });
  }

  // A new box, in the middle.
  add() {
    this.#change([...this.#boxes(), middle(this.#size)]);
    this.render(this.#boxes().length - 1);
  }

  // Do what a key does to the box that has the focus; returns whether it does anything.
  key(event) {
    const number = this.focused;
    if (number < 0) return false;
    if (event.key in ARROWS) {
      const [across, down] = ARROWS[event.key];
      const shift = event.shiftKey ? stretched : moved;
      this.#change(this.#boxes().with(number, shift(this.#boxes()[number], across, down, this.#size)));
      this.render(number);
    } else if (["Delete", "Backspace"].includes(event.key)) {
      this.#change(this.#boxes().toSpliced(number, 1));
      this.#stage.focus({ preventScroll: true });
    } else if (event.key === "Escape") {
      this.#stage.focus({ preventScroll: true });
    } else {
      return false;
    }
    return true;
  }

  #element(box, number) {
    const node = position(element("div", "box"), box, this.#size);
    node.tabIndex = 0;
    node.dataset.number = number;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", `box ${number + 1}: ${box.left}, ${box.top} to ${box.right}, ${box.bottom}`);
    for (const corner of ["nw", "ne", "sw", "se"]) {
      node.append(element("i", `corner ${corner}`));
      node.lastChild.dataset.corner = corner;
    }
    return node;
  }

  #point(event) {
    const frame = this.#stage.getBoundingClientRect();
    return {
      x: ((event.clientX - frame.left) / frame.width) * this.#size,
      y: ((event.clientY - frame.top) / frame.height) * this.#size,
    };
  }

  #drag(event) {
    event.preventDefault();
    const start = this.#point(event);
    const node = event.target.closest(".box");
    const number = node ? Number(node.dataset.number) : this.#boxes().length;
    const before = this.#boxes()[number];
    const corner = event.target.dataset.corner;
    const ghost = node ?? element("div", "box");
    let box = before;
    let dragged = false;
    this.dragging = true;
    this.#stage.setPointerCapture(event.pointerId);

    const follow = (now) => {
      if (now.pointerId !== event.pointerId) return;
      dragged ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) >= DRAG;
      if (!dragged) return;
      const here = this.#point(now);
      if (corner) box = spanned(opposite(before, corner), here, this.#size);
      else if (before) box = moved(before, here.x - start.x, here.y - start.y, this.#size);
      else box = spanned(start, here, this.#size);
      position(ghost, box, this.#size);
      if (!ghost.isConnected) this.#stage.append(ghost);
    };
    const end = (now) => {
      if (now.pointerId !== event.pointerId) return;
      this.dragging = false;
      for (const [kind, listener] of listeners) this.#stage.removeEventListener(kind, listener);
      if (dragged && now.type === "pointerup") {
        this.#change(this.#boxes().toSpliced(number, 1, box));
        this.render(number);
      } else {
        this.render(node ? number : -1);
        if (!node) this.#stage.focus({ preventScroll: true });
      }
    };
    const listeners = [["pointermove", follow], ["pointerup", end], ["pointercancel", end]];
    for (const [kind, listener] of listeners) this.#stage.addEventListener(kind, listener);
  }
}
