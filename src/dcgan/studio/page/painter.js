// Painting what is missing of pictures, one at a time: brush, eraser and rectangle, with the pointer and with keys alone.

import { History } from "./history.js";
import { Stroke } from "./stroke.js";

const DRAG = 4; // CSS pixels that the pointer must go for a rectangle: less is a click
const COLOR = [255, 0, 140, 255]; // of what is missing
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [RIGHT_BUTTON, PEN_ERASER] = [2, 5];
const TOOLS = ["brush", "eraser", "rectangle"];

const $ = (id) => document.getElementById(id);

export class Painter {
  history = new History();
  #masks;
  #host;
  #key; // of the picture that is shown
  #size = { width: 1, height: 1 };
  #tool = "brush";
  #cursor = { x: 0, y: 0 }; // where the brush is, in pixels of the picture
  #stroke = null; // the one that has not ended
  #pointer = null; // that draws it: {id, x, y} of where it was pressed, in CSS pixels; null for the keyboard
  #stage = $("stage");

  // `masks.get(key)` is the Mask of a picture, or undefined while there is none. The host has changed(key), and
  // show(key), which shows another picture, to which undo goes back.
  constructor(masks, host) {
    this.#masks = masks;
    this.#host = host;
    for (const name of TOOLS) $(name).addEventListener("click", () => this.#choose(name));
    for (const name of ["undo", "redo", "clear"]) $(name).addEventListener("click", () => this[name]());
    $("size").addEventListener("input", () => this.#showSize());
    $("picture").addEventListener("load", () => { $("picture").hidden = false; });
    this.#listen();
  }

  // Show another picture {name, width, height, src}; its mask is drawn by `draw`, once there is one.
  open(key, { name, width, height, src }) {
    this.giveUp();
    this.#key = key;
    this.#size = { width, height };
    this.#stage.style.setProperty("--ratio", width / height);
    this.#stage.setAttribute("aria-label", `${name}, ${width} by ${height} pixels`);
    this.showScale();
    $("picture").hidden = true; // until the new one is there
    $("picture").src = src;
    $("picture").alt = name;
    [$("mask").width, $("mask").height] = [width, height]; // which clears it
    this.#moveCursor({ x: Math.floor(width / 2) + 0.5, y: Math.floor(height / 2) + 0.5 });
    this.#showSize();
    this.showTools();
  }

  // Draw the mask anew, in a box of it.
  draw(box = this.#mask?.whole) {
    if (!box) return;
    const image = new ImageData(box.right - box.left, box.bottom - box.top);
    const colors = new Uint32Array(image.data.buffer);
    const [color] = new Uint32Array(Uint8Array.from(COLOR).buffer);
    this.#mask.crop(box).forEach((missing, pixel) => { if (missing) colors[pixel] = color; });
    $("mask").getContext("2d").putImageData(image, box.left, box.top);
  }

  // Pixels are squares where they are enlarged, and fine lines stay visible where they are not.
  showScale() {
    this.#stage.classList.toggle("enlarged", this.#stage.clientWidth >= this.#size.width);
  }

  showTools() {
    $("undo").disabled = !this.history.canUndo;
    $("redo").disabled = !this.history.canRedo;
    $("clear").disabled = !this.#mask?.missing;
    for (const name of TOOLS) $(name).setAttribute("aria-pressed", name === this.#tool);
  }

  undo() {
    if (!this.#pointer && this.history.canUndo) this.#goBack(this.history.undo(this.#masks));
  }

  redo() {
    if (!this.#pointer && this.history.canRedo) this.#goBack(this.history.redo(this.#masks));
  }

  clear() {
    if (this.#pointer || !this.#mask?.missing) return;
    this.#begin({ x: 0, y: 0 }, { erases: true, rectangle: true });
    this.draw(this.#stroke.to({ x: this.#size.width, y: this.#size.height }));
    this.#end();
  }

  // Take back the stroke that has not ended.
  giveUp() {
    const box = this.#stroke?.cancel();
    if (box) {
      this.draw(box);
      this.#host.changed(this.#key); // what was saved meanwhile may have had a part of it
    }
    this.#stroke = this.#pointer = null;
  }

  // Do what a key does, wherever the focus is. `more` are actions of the page by key.
  key(event, more = {}) {
    if (this.#pointer) return; // keys wait until the pointer has let go
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    const onStage = plain && document.activeElement === this.#stage && this.#mask && this.#onStage(event);
    const act = onStage || this.#stroke ? undefined : this.#actionOf(event, more);
    act?.();
    if (onStage || act) event.preventDefault();
  }

  get #mask() {
    return this.#masks.get(this.#key);
  }

  // Of the brush, in pixels; it grows with the picture's, so that the slider means the same on all of them.
  get #brushSize() {
    return Math.round(Math.min(this.#size.width, this.#size.height) ** ($("size").value / 100));
  }

  // ---- strokes

  #begin(start, { erases = this.#tool === "eraser", rectangle = this.#tool === "rectangle" } = {}) {
    this.#stroke = new Stroke(this.#mask, start, { value: erases ? 0 : 1, size: this.#brushSize, rectangle });
  }

  #end() {
    const change = this.#stroke.end();
    this.#stroke = this.#pointer = null;
    if (!change) return;
    this.history.add({ picture: this.#key, ...change });
    this.#host.changed(this.#key);
    this.showTools();
  }

  #goBack(change) {
    this.#host.changed(change.picture);
    if (change.picture === this.#key) this.draw(change.box);
    else this.#host.show(change.picture);
    this.showTools();
  }

  // ---- tools

  #choose(name) {
    this.#tool = name === this.#tool ? "brush" : name;
    $("cursor").classList.toggle("square", this.#tool === "rectangle");
    this.#showSize();
    this.showTools();
  }

  #showSize() {
    const size = this.#brushSize;
    $("size").title = `${size} ${size === 1 ? "pixel" : "pixels"}`;
    $("size").setAttribute("aria-valuetext", $("size").title);
    $("cursor").style.width = `${(100 * (this.#tool === "rectangle" ? 1 : size)) / this.#size.width}%`;
  }

  #resize(step) {
    const before = this.#brushSize;
    let value;
    do {
      value = $("size").value;
      $("size").value = Number(value) + step; // it stays within its ends
    } while (this.#brushSize === before && $("size").value !== value);
    this.#showSize();
  }

  #moveCursor(point) {
    this.#cursor = point;
    $("cursor").style.left = `${(100 * point.x) / this.#size.width}%`;
    $("cursor").style.top = `${(100 * point.y) / this.#size.height}%`;
  }

  // ---- the pointer

  #point(event) {
    const frame = this.#stage.getBoundingClientRect();
    return {
      x: ((event.clientX - frame.left) / frame.width) * this.#size.width,
      y: ((event.clientY - frame.top) / frame.height) * this.#size.height,
    };
  }

  #listen() {
    const stage = this.#stage;
    stage.addEventListener("pointerdown", (event) => {
      if (this.#pointer || ![0, RIGHT_BUTTON, PEN_ERASER].includes(event.button)) return;
      event.preventDefault();
      if (document.activeElement !== stage) document.activeElement.blur(); // keys are for the picture again
      if (!this.#mask) return;
      this.giveUp(); // the keyboard's rectangle
      const rectangle = event.shiftKey || this.#tool === "rectangle";
      this.#begin(this.#point(event), { erases: event.button > 0 || this.#tool === "eraser", rectangle });
      this.#pointer = { id: event.pointerId, x: event.clientX, y: event.clientY };
      stage.setPointerCapture(event.pointerId);
      if (!rectangle) this.draw(this.#stroke.to(this.#point(event)));
    });
    stage.addEventListener("pointermove", (event) => {
      this.#moveCursor(this.#point(event));
      if (this.#pointer?.id !== event.pointerId) return;
      const far = Math.hypot(event.clientX - this.#pointer.x, event.clientY - this.#pointer.y) >= DRAG;
      if (this.#stroke.box || far) this.draw(this.#stroke.to(this.#cursor));
    });
    stage.addEventListener("pointerup", (event) => { if (this.#pointer?.id === event.pointerId) this.#end(); });
    stage.addEventListener("pointercancel", (event) => { if (this.#pointer?.id === event.pointerId) this.giveUp(); });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("blur", () => { if (!this.#pointer) this.giveUp(); });
    new ResizeObserver(() => this.showScale()).observe(stage);
  }

  // ---- the keyboard

  #onStage(event) {
    const { width, height } = this.#size;
    if (event.key in ARROWS) {
      const [across, down] = ARROWS[event.key];
      const step = event.shiftKey ? Math.max(8, Math.round(Math.min(width, height) / 20)) : 1;
      const along = (value, size) => Math.min(size - 0.5, Math.max(0.5, Math.floor(value) + 0.5)); // a pixel's center
      this.#moveCursor({ x: along(this.#cursor.x + step * across, width), y: along(this.#cursor.y + step * down, height) });
      if (this.#stroke) this.draw(this.#stroke.to(this.#cursor));
    } else if (event.key === " " && this.#stroke) {
      this.#end();
    } else if (event.key === " ") {
      const rectangle = event.shiftKey || this.#tool === "rectangle";
      this.#begin(this.#cursor, { rectangle });
      this.draw(this.#stroke.to(this.#cursor));
      if (!rectangle) this.#end();
    } else if (event.key === "Escape" && this.#stroke) {
      this.giveUp();
    } else if (event.key === "Escape") {
      this.#stage.blur();
    } else {
      return false;
    }
    const [x, y] = [Math.floor(this.#cursor.x), Math.floor(this.#cursor.y)];
    $("place").textContent = `${x}, ${y}: ${this.#mask.pixels[y * width + x] ? "missing" : "known"}`;
    return true;
  }

  // What a key does, if it does anything here.
  #actionOf(event, more) {
    const keys = {
      b: () => this.#choose("brush"), e: () => this.#choose("eraser"), r: () => this.#choose("rectangle"),
      "[": () => this.#resize(-5), "]": () => this.#resize(5),
      u: () => this.undo(), y: () => this.redo(), c: () => this.clear(), ...more,
    };
    const withControl = { z: keys.u, Z: keys.y, y: keys.y };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ("[]".includes(key) && event.altKey) return keys[key]; // some keyboards have them there
    if (event.ctrlKey || event.metaKey) return withControl[event.key];
    if (event.altKey || (key in ARROWS && document.activeElement === $("size"))) return undefined;
    return keys[key];
  }
}
