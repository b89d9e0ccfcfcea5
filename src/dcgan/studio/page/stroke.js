// One stroke of the brush, or one rectangle, from where it begins to where it ends; until then it can be taken back.

import { spanned, union } from "./geometry.js";

export class Stroke {
  box = null; // what it may have changed so far
  #mask;
  #before;
  #start;
  #last;
  #tool;

  // `tool` is {value: 1 to paint or 0 to erase, size: of the brush in pixels, rectangle: whether it is one}.
  constructor(mask, start, tool) {
    this.#mask = mask;
    this.#before = mask.copy();
    this.#start = this.#last = start;
    this.#tool = tool;
  }

  // Go on to a point; returns the box to draw anew.
  to(point) {
    const { value, size, rectangle } = this.#tool;
    let touched;
    if (rectangle) {
      const old = this.cancel();
      this.box = spanned(this.#start, point, this.#mask.width, this.#mask.height);
      this.#mask.fill(this.box, value);
      touched = union(old, this.box);
    } else {
      touched = this.#mask.line(this.#last, point, size, value);
      this.box = union(this.box, touched);
    }
    this.#last = point;
    return touched;
  }

  // Take it back; returns the box to draw anew, or null.
  cancel() {
    if (this.box) this.#mask.paste(this.box, this.#before.crop(this.box));
    return this.box;
  }

  // What it changed: a box and the pixels that were in it before, or null if it changed none.
  end() {
    if (!this.box) return null;
    const [before, now] = [this.#before.crop(this.box), this.#mask.crop(this.box)];
    return before.some((value, index) => value !== now[index]) ? { box: this.box, before } : null;
  }
}
