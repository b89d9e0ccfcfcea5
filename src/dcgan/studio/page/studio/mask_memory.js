// Masks that were painted on photographs: kept until the browser's tab is closed, also while the page is loaded again.

import { Mask } from "../mask.js";
import { decode, encode, toBase64 } from "../png.js";

const KEY = "dcgan-mask:";
const masks = new Map(); // photo -> Mask, while the page is open

// The mask of a photograph, empty if nothing was painted.
export async function maskOf(photo, width, height) {
  if (!masks.has(photo)) {
    const mask = new Mask(width, height);
    const kept = sessionStorage.getItem(KEY + photo);
    if (kept) {
      const bytes = Uint8Array.from(atob(kept), (letter) => letter.charCodeAt(0));
      mask.pixels = await decode(new Blob([bytes], { type: "image/png" }));
    }
    masks.set(photo, mask);
  }
  return masks.get(photo);
}

export async function keepMask(photo) {
  try {
    sessionStorage.setItem(KEY + photo, toBase64(await encode(masks.get(photo))));
  } catch {
    sessionStorage.removeItem(KEY + photo); // there is no more room: it is kept while the page is open
  }
}
