// Pictures that the server draws: many at once come as one image, one below another.

import { getBlob } from "./api.js";
import { choice, make } from "./dom.js";

const SCALES = [1, 2, 4, 8, 16];
const MOST_SIDE = 4096;

// A canvas for each picture of an answer, in their order.
export async function drawAll(path, query, names, size) {
  return cut(await getBlob(path, query), names, size);
}

// An image of pictures, one below another, as a canvas for each.
export async function cut(blob, names, size) {
  const image = await createImageBitmap(blob);
  return names.map((name, index) => {
    const canvas = make("canvas", { width: size, height: size, role: "img", "aria-label": name, class: "crisp" });
    canvas.getContext("2d").drawImage(image, 0, index * size, size, size, 0, 0, size, size);
    return canvas;
  });
}

// A canvas for each seed, in their order.
export function drawSeeds(query, seeds, size) {
  return drawAll("/api/pictures", { ...query, seeds: seeds.join(",") }, seeds.map((seed) => `seed ${seed}`), size);
}

// How large pictures are in a file.
export function sizeChoice(size) {
  const scales = SCALES.filter((one) => one * size <= MOST_SIDE);
  return choice(scales.map((one) => [String(one), `${one * size} × ${one * size} pixels`]), "8", { id: "scale" });
}
