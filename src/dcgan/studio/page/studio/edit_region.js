// The region of a photograph that the model fills: the usual one, or a square that is moved and stretched over it.
// Regions are {left, top, side} in whole pixels of the photograph, and lie within it.

import { make } from "./dom.js";

const KEY = "dcgan-region:"; // of each photograph, until the browser's tab is closed
const STEPS = 50; // of an arrow key, from one side of the photograph to the other
const CORNERS = ["nw", "ne", "sw", "se"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const clamp = (value, low, high) => Math.min(high, Math.max(low, Math.round(value)));

// The largest square, in the middle.
export function largest({ width, height }) {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

// The region shifted, as far as the photograph goes.
export function shifted({ left, top, side }, across, down, { width, height }) {
  return { left: clamp(left + across, 0, width - side), top: clamp(top + down, 0, height - side), side };
}

// The region with its right lower corner, or the one that is named, `by` pixels further out; the one across from it stays.
export function stretched({ left, top, side }, by, { width, height }, corner = "se") {
  const [west, north] = [corner.includes("w"), corner.includes("n")];
  const most = Math.min(west ? left + side : width - left, north ? top + side : height - top);
  const next = clamp(side + by, 1, most);
  return { left: west ? left + side - next : left, top: north ? top + side - next : top, side: next };
}

// Whether all of a box, or null for none, is in the region.
export function holds({ left, top, side }, box) {
  return !box || (box.left >= left && box.top >= top && box.right <= left + side && box.bottom <= top + side);
}

// A square on `stage`, which shows a photograph of a name and a size; `change()` is called when it is another.
export class RegionEditor {
  region; // that was chosen, or null for the usual one
  #stage;
  #photo;
  #size;
  #change;
  #element;

  constructor(stage, photo, size, change) {
    [this.#stage, this.#photo, this.#size, this.#change] = [stage, photo, size, change];
    this.region = JSON.parse(sessionStorage.getItem(KEY + photo));
    const edges = ["n", "e", "s", "w"].map((edge) => make("i", { class: `edge ${edge}` }));
    const corners = CORNERS.map((corner) => make("i", { class: `grip ${corner}`, "data-corner": corner }));
    this.#element = make("div", {
      id: "region", tabindex: 0, role: "group",
      onkeydown: (event) => this.#key(event),
      onpointerdown: (event) => this.#drag(event),
    }, edges, corners);
    this.#show();
  }

  // Choose a region; null is the usual one.
  choose(region) {
    this.region = region;
    if (region) sessionStorage.setItem(KEY + this.#photo, JSON.stringify(region));
    else sessionStorage.removeItem(KEY + this.#photo);
    this.#show();
    this.#change();
  }

  #show() {
    if (!this.region) {
      this.#element.remove();
      return;
    }
    const { left, top, side } = this.region;
    const { width, height } = this.#size;
    Object.assign(this.#element.style, { left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * side) / width}%` });
    this.#element.setAttribute("aria-label", `Region: ${side} by ${side} pixels at ${left}, ${top}. Arrow keys move it, with Shift they stretch it`);
    if (!this.#element.isConnected) this.#stage.append(this.#element);
  }

  #key(event) {
    const [across, down] = ARROWS[event.key] ?? [];
    if (across === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the brush stays where it is
    const step = Math.max(1, Math.round(Math.min(this.#size.width, this.#size.height) / STEPS));
    this.choose(event.shiftKey ? stretched(this.region, step * (across + down), this.#size) : shifted(this.region, step * across, step * down, this.#size));
  }

  // An edge moves the square, and a corner stretches it.
  #drag(event) {
    event.stopPropagation(); // it is no stroke of the brush
    if (event.button) return;
    event.preventDefault();
    this.#element.focus({ preventScroll: true });
    this.#element.setPointerCapture(event.pointerId);
    const { corner } = event.target.dataset;
    const [before, scale] = [this.region, this.#size.width / this.#stage.clientWidth];

    const follow = (now) => {
      const [across, down] = [scale * (now.clientX - event.clientX), scale * (now.clientY - event.clientY)];
      const outwards = corner && Math.max(corner.includes("w") ? -across : across, corner.includes("n") ? -down : down);
      this.choose(corner ? stretched(before, outwards, this.#size, corner) : shifted(before, across, down, this.#size));
    };
    const end = () => { for (const [kind, listener] of listeners) this.#element.removeEventListener(kind, listener); };
    const listeners = [["pointermove", follow], ["pointerup", end], ["pointercancel", end]];
    for (const [kind, listener] of listeners) this.#element.addEventListener(kind, listener);
  }
}
