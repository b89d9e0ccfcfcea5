// What is missing of a picture: one byte a pixel, row by row, 1 where it is missing. Edges are hard.
// Boxes are {left, top, right, bottom} in whole pixels; points are {x, y} in pixels, and may lie outside the picture.

import { spanned, union } from "./geometry.js";

const squared = (value) => value * value;

export class Mask {
  constructor(width, height, pixels = new Uint8Array(width * height)) {
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  get whole() {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  // How many pixels are missing.
  get missing() {
    let count = 0;
    for (const pixel of this.pixels) count += pixel;
    return count;
  }

  // The smallest box with all that is missing, or null if nothing is.
  get extent() {
    let box = null;
    for (let y = 0; y < this.height; y += 1) {
      const row = this.pixels.subarray(y * this.width, (y + 1) * this.width);
      const left = row.indexOf(1);
      if (left >= 0) box = union(box, { left, top: y, right: row.lastIndexOf(1) + 1, bottom: y + 1 });
    }
    return box;
  }

  // Set the pixels of a box to 0 or 1.
  fill(box, value) {
    for (let y = box.top; y < box.bottom; y += 1) {
      this.pixels.fill(value, y * this.width + box.left, y * this.width + box.right);
    }
  }

  // Set to 0 or 1 what a round brush of `size` pixels covers on its way from a point to another: the pixels whose
  // centers it passes over, and those of both points, however small it is. Returns a box with all of them.
  line(from, to, size, value) {
    const radius = size / 2;
    const box = spanned(
      { x: Math.min(from.x, to.x) - radius, y: Math.min(from.y, to.y) - radius },
      { x: Math.max(from.x, to.x) + radius, y: Math.max(from.y, to.y) + radius },
      this.width,
      this.height,
    );
    const [across, down] = [to.x - from.x, to.y - from.y];
    const length = squared(across) + squared(down);
    for (let y = box.top; y < box.bottom; y += 1) {
      for (let x = box.left; x < box.right; x += 1) {
        const [right, below] = [x + 0.5 - from.x, y + 0.5 - from.y]; // of the first point
        const share = length ? Math.min(1, Math.max(0, (right * across + below * down) / length)) : 0;
        const distance = squared(right - share * across) + squared(below - share * down);
        if (distance <= squared(radius)) this.pixels[y * this.width + x] = value;
      }
    }
    for (const { x, y } of [from, to]) {
      const inside = x >= 0 && y >= 0 && x < this.width && y < this.height;
      if (inside) this.pixels[Math.floor(y) * this.width + Math.floor(x)] = value;
    }
    return box;
  }

  // A copy of the pixels of a box.
  crop(box) {
    const width = box.right - box.left;
    const part = new Uint8Array(width * (box.bottom - box.top));
    for (let y = box.top; y < box.bottom; y += 1) {
      const start = y * this.width + box.left;
      part.set(this.pixels.subarray(start, start + width), (y - box.top) * width);
    }
    return part;
  }

  // Put pixels that `crop` copied back into their box.
  paste(box, part) {
    const width = box.right - box.left;
    for (let y = box.top; y < box.bottom; y += 1) {
      const start = (y - box.top) * width;
      this.pixels.set(part.subarray(start, start + width), y * this.width + box.left);
    }
  }

  copy() {
    return new Mask(this.width, this.height, this.pixels.slice());
  }
}
