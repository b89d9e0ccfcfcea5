// Pictures of seeds, drawn by the server: many at once come as one image, one below another.

import { getBlob } from "./api.js";
import { make } from "./dom.js";

// A canvas for each seed, in their order.
export async function drawSeeds(query, seeds, size) {
  return cut(await getBlob("/api/pictures", { ...query, seeds: seeds.join(",") }), seeds, size);
}

// An image of pictures, one below another, as a canvas for each.
export async function cut(blob, seeds, size) {
  const image = await createImageBitmap(blob);
  return seeds.map((seed, index) => {
    const canvas = make("canvas", { width: size, height: size, role: "img", "aria-label": `seed ${seed}`, class: "crisp" });
    canvas.getContext("2d").drawImage(image, 0, index * size, size, size, 0, 0, size, size);
    return canvas;
  });
}
