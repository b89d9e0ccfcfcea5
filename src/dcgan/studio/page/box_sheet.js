// Samples with boxes on them: one is large, and boxes are drawn on it; all are below it, small.

import { BoxStage, element, position } from "./box_stage.js";

// What the keys do, for the page.
export const BOX_KEYS = `
  <dt><kbd>N</kbd> or <kbd>→</kbd></dt><dd>next sample</dd>
  <dt><kbd>P</kbd> or <kbd>←</kbd></dt><dd>previous sample</dd>
  <dt><kbd>B</kbd></dt><dd>new box, in the middle</dd>
  <dt><kbd>Tab</kbd></dt><dd>to the next box</dd>
  <dt>arrows</dt><dd>move the box; with <kbd>Shift</kbd> its size</dd>
  <dt><kbd>Delete</kbd></dt><dd>remove the box</dd>
  <dt><kbd>Esc</kbd></dt><dd>leave the box</dd>
  <dt><kbd>U</kbd></dt><dd>undo</dd>`;

export class BoxSheet {
  seeds = []; // in the order they are shown in
  seen = new Set(); // those that were looked at
  #stage;
  #all;
  #size;
  #host;
  #boxes = new Map(); // seed -> the boxes on it
  #others = new Map(); // that are shown and stay as they are
  #undo = []; // {boxes, seed, before}
  #shown = 0;
  #drawing;

  // `stage` holds the large sample and `all` the small ones; `size` is the side of a sample, in its pixels. The host has
  // show(seed), which shows the large sample; picture(seed), which makes an element of the small one; and changed(seed):
  // the boxes on a sample are others, or somebody goes on from it for the first time.
  constructor({ stage, all }, size, host) {
    this.#stage = stage;
    this.#all = all;
    this.#size = size;
    this.#host = host;
    this.#drawing = new BoxStage(stage, size, () => this.#own, (boxes) => this.#change(boxes));
  }

  get current() {
    return this.seeds[this.#shown];
  }

  get #own() {
    return this.#boxes.get(this.current) ?? [];
  }

  // Draw these boxes from now on, and show the others beside them.
  use(boxes, others = new Map()) {
    this.#boxes = boxes;
    this.#others = others;
    this.render();
    for (const number of this.seeds.keys()) this.#showSmall(number);
  }

  // Show more samples.
  add(seeds) {
    for (const seed of seeds) {
      const number = this.seeds.push(seed) - 1;
      const button = element("button", "");
      button.type = "button";
      button.title = `seed ${seed}`;
      button.append(this.#host.picture(seed));
      button.addEventListener("click", () => this.show(number));
      this.#all.append(button);
      this.#showSmall(number);
    }
  }

  show(number) {
    if (number < 0 || number >= this.seeds.length) return;
    if (!this.seen.has(this.current)) this.#host.changed(this.current); // who goes on has looked at it
    this.#shown = number;
    this.render();
    const small = this.#all.children[number];
    if (this.#all.scrollHeight > this.#all.clientHeight) small.scrollIntoView({ block: "nearest" });
  }

  next() {
    this.show(this.#shown + 1);
  }

  previous() {
    this.show(this.#shown - 1);
  }

  render(focus = -1) {
    if (!this.seeds.length) return;
    this.#host.show(this.current);
    for (const old of this.#stage.querySelectorAll(".other")) old.remove();
    this.#stage.append(...this.#outlines(this.#others, "other"));
    this.#drawing.render(focus);
    this.#showSmall(this.#shown);
    this.showSeen();
  }

  // Show which were looked at, and which one is large.
  showSeen() {
    [...this.#all.children].forEach((button, number) => {
      button.classList.toggle("seen", this.seen.has(this.seeds[number]));
      button.setAttribute("aria-current", number === this.#shown);
    });
  }

  // Do what a key does, wherever the focus is; with the keys of a browser's own it does nothing.
  key(event) {
    if (this.#drawing.dragging || event.altKey || ((event.ctrlKey || event.metaKey) && event.key !== "z")) return;
    if (this.#drawing.key(event) || this.#act(event.key)) event.preventDefault();
  }

  undo() {
    if (!this.#undo.length) return;
    const { boxes, seed, before } = this.#undo.pop();
    const focus = seed === this.current ? Math.min(this.#drawing.focused, before.length - 1) : -1;
    boxes.set(seed, before);
    this.#host.changed(seed);
    this.show(this.seeds.indexOf(seed));
    if (focus >= 0 && boxes === this.#boxes) this.render(focus);
  }

  newBox() {
    this.#drawing.add();
  }

  #act(key) {
    if (["n", "N", "ArrowRight"].includes(key)) this.next();
    else if (["p", "P", "ArrowLeft"].includes(key)) this.previous();
    else if (["b", "B"].includes(key)) this.newBox();
    else if (["u", "U", "z"].includes(key)) this.undo();
    else return false;
    return true;
  }

  #change(boxes) {
    this.#undo.push({ boxes: this.#boxes, seed: this.current, before: this.#own });
    this.#boxes.set(this.current, boxes);
    this.#host.changed(this.current);
    this.render();
  }

  #outlines(boxes, className, seed = this.current) {
    return (boxes.get(seed) ?? []).map((box) => position(element("i", className), box, this.#size));
  }

  #showSmall(number) {
    const button = this.#all.children[number];
    for (const old of button.querySelectorAll(".box, .other")) old.remove();
    const seed = this.seeds[number];
    button.append(...this.#outlines(this.#others, "other", seed), ...this.#outlines(this.#boxes, "box", seed));
  }
}
