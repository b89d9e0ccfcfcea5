// Changes that can be undone, and redone: each is {picture, box, before}, the pixels that were in a box of its mask.

const MOST_BYTES = 1 << 28; // the oldest are forgotten then

export class History {
  #done = [];
  #undone = [];

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  add(change) {
    this.#done.push(change);
    this.#undone = [];
    let bytes = this.#done.reduce((sum, { before }) => sum + before.length, 0);
    while (bytes > MOST_BYTES) bytes -= this.#done.shift().before.length;
  }

  // Take the last change back in the masks, by picture; returns it, or nothing if there is none.
  undo(masks) {
    return exchange(this.#done, this.#undone, masks);
  }

  redo(masks) {
    return exchange(this.#undone, this.#done, masks);
  }
}

function exchange(from, to, masks) {
  const change = from.pop();
  if (!change) return undefined;
  const mask = masks.get(change.picture);
  to.push({ ...change, before: mask.crop(change.box) });
  mask.paste(change.box, change.before);
  return change;
}
