// The masks of pictures, loaded from the server when they are first shown, and put to it when they have changed.

import { Mask } from "./mask.js";
import { decode, encode, toBase64 } from "./png.js";
import { send } from "./saving.js";

export class MaskStore {
  #pictures; // of each: {width, height, missing}
  #masks = new Map(); // index -> Mask
  #known = new Map(); // index -> digests of what the file has: several guesses, if an answer was lost

  constructor(pictures) {
    this.#pictures = pictures;
  }

  // Undefined until it is loaded.
  get(index) {
    return this.#masks.get(index);
  }

  async load(index) {
    if (this.#masks.has(index)) return;
    const { width, height, missing } = this.#pictures[index];
    const mask = new Mask(width, height);
    if (missing) mask.pixels = await decode(await (await send("GET", `masks/${index}.png`)).blob());
    const found = await digest(mask);
    if (this.#masks.has(index)) return; // it was asked for twice, and may have been painted on
    this.#known.set(index, [found]);
    this.#masks.set(index, mask);
  }

  async put(index) {
    const mask = this.#masks.get(index);
    const encoding = encode(mask); // both are of the mask as it is now, whatever is painted while they are awaited
    const now = await digest(mask);
    const before = this.#known.get(index);
    if (!before.includes(now)) this.#known.set(index, [...before, now]); // either, until an answer comes
    await send("PUT", `masks/${index}`, { mask: toBase64(await encoding), before });
    this.#known.set(index, [now]);
  }
}

async function digest(mask) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", mask.pixels));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
