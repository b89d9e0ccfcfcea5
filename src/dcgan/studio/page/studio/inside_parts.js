// What the views of Look inside are made of: layers, canvases of pictures and patches, figures and commands.

import { getBlob } from "./api.js";
import { quoted } from "./commands.js";
import { choice, make, number } from "./dom.js";
import { downloadButton } from "./download.js";

export const NETS = { random: "Random weights", trained: "Trained" };
const GRAY = "rgb(128 128 128)"; // what the net sees beyond the picture
const SIDE = 192; // pixels of a side of a large canvas, at least

// A layer, as it is chosen.
export function layerName({ channels, field }, index) {
  return `${index}: ${number(channels)} channels that see ${field} × ${field} pixels`;
}

export function layerChoice({ facts, state, keep }, change) {
  const options = facts.layers.map((layer, index) => [String(index), layerName(layer, index)]);
  return choice(options, String(state.layer), { id: "layer", onchange: (event) => { state.layer = Number(event.target.value); keep(); change(); } });
}

// Pictures of an answer, one below another, as a function from their index to a part of a canvas.
export async function picturesOf(path, query) {
  const image = await createImageBitmap(await getBlob(path, query));
  const side = image.width;
  return {
    side,
    count: Math.round(image.height / side),
    // Draw a picture of it, or the square of it from (left, top), at a place of a canvas.
    draw(context, index, x, y, width, { left = 0, top = 0, field = side } = {}) {
      context.imageSmoothingEnabled = width < field; // pixels stay squares, unless there are too many
      context.fillStyle = GRAY;
      context.fillRect(x, y, width, width);
      const scale = width / field;
      const [from, above] = [Math.max(0, left), Math.max(0, top)];
      const [wide, high] = [Math.min(side, left + field) - from, Math.min(side, top + field) - above];
      context.drawImage(image, from, index * side + above, wide, high, x + (from - left) * scale, y + (above - top) * scale, wide * scale, high * scale);
    },
  };
}

export function canvasOf(width, height, name) {
  return make("canvas", { width, height, role: "img", "aria-label": name });
}

// A large canvas of a picture, or of a square of it.
export function large(pictures, index, name, square) {
  const canvas = canvasOf(SIDE, SIDE, name);
  pictures.draw(canvas.getContext("2d"), index, 0, 0, SIDE, square);
  return canvas;
}

// The same with a line around the square that a unit sees.
export function outlined(pictures, index, name, { left, top, field }) {
  const canvas = large(pictures, index, name);
  const [context, scale] = [canvas.getContext("2d"), SIDE / pictures.side];
  for (const [color, width] of [["#000", 5], ["#fff", 2.5]]) {
    [context.strokeStyle, context.lineWidth] = [color, width];
    context.strokeRect(left * scale, top * scale, field * scale, field * scale);
  }
  return canvas;
}

// What is said of a channel.
export function channelText({ selectivity, pictures, dead }) {
  if (dead) return "No picture drives this channel above 0: it is dead.";
  const where = pictures === 1 ? "every picture" : `${percent(pictures)} of the pictures`;
  return `Its strongest responses lie ${selectivity.toFixed(1)} standard deviations above its mean. It is above 0 somewhere in ${where}.`;
}

export function percent(share) {
  if (share > 0 && share < 0.01) return "less than 1%";
  if (share >= 2) return `${share.toFixed(1)} times`;
  return `${share < 1 ? Math.min(99, Math.round(100 * share)) : Math.round(100 * share)}%`;
}

// A button that downloads what is shown, as a figure; `query` says at the moment of the click what that is.
export function figureButton(path, query) {
  return downloadButton("Download as PNG", { "data-figure": path.split("/").pop() }, () => {
    const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    return [path, { ...query(), theme }];
  });
}

// The commands that inspect the pictures that were looked at.
export function inspectCommands({ model, facts }, flags) {
  const name = quoted(model.name);
  if (facts.source !== null) return [`dcgan inspect ${name} ${quoted(facts.source)} ${flags} --out inspected`];
  return [`dcgan sample ${name} --seeds 0-${facts.pictures - 1} --out samples/`, `dcgan inspect ${name} samples/ ${flags} --out inspected`];
}
