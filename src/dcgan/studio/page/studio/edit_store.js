// Boxes that were drawn on a model's samples. The browser keeps them, by the identity of the model.

const KEY = "dcgan-boxes";
const MOST = 20; // models whose boxes are kept

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

// {object, place: Maps from seed to boxes; seen: a Set of seeds}
export function drawnOn(identity) {
  const found = all()[identity] ?? {};
  const boxes = (name) => new Map(Object.entries(found[name] ?? {}).map(([seed, rows]) => [Number(seed), rows.map(toBox)]));
  return { object: boxes("object"), place: boxes("place"), seen: new Set(found.seen ?? []) };
}

export function keep(identity, { object, place, seen }) {
  const { [identity]: _, ...others } = all();
  const kept = Object.entries(others).slice(1 - MOST);
  const now = { object: rowsOf(object), place: rowsOf(place), seen: [...seen] };
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...kept, [identity, now]])));
}

// As the server has them: {seed: [[left, top, right, bottom]]}, of the samples with boxes and of those in `seen`.
export function rowsOf(boxes, seen = []) {
  const rows = Object.fromEntries([...seen].map((seed) => [seed, []]));
  for (const [seed, marks] of boxes) {
    if (marks.length) rows[seed] = marks.map(({ left, top, right, bottom }) => [left, top, right, bottom]);
  }
  return rows;
}

// A file that `dcgan forget --boxes` and `dcgan insert --boxes` read.
export function boxesFile({ identity, size }, { object, seen }) {
  const rows = Object.entries(rowsOf(object, seen));
  const boxes = rows.flatMap(([seed, marks]) => marks.map(([left, top, right, bottom]) => ({ seed: Number(seed), left, top, right, bottom })));
  return new Blob([JSON.stringify({ size, boxes, seeds: rows.map(([seed]) => Number(seed)), model: identity })], { type: "application/json" });
}

function toBox([left, top, right, bottom]) {
  return { left, top, right, bottom };
}
