// Boxes around an object on a model's samples, and, where it is to be inserted, boxes that say where.

import { BOX_KEYS, BoxSheet } from "../box_sheet.js";
import { getBlob, post } from "./api.js";
import { choice, complain, labeled, make, say } from "./dom.js";
import { drawnOn, keep, rowsOf } from "./edit_store.js";
import { chosenModel, modelField } from "./models.js";
import { cut } from "./pictures.js";

const SAMPLES = 24; // that are shown at first, and with each press of "More"
const opened = new Map(); // by the model's name: what the server has opened, so that its samples stay the same

// The card with samples to draw on. `kinds` are [name, title] of the boxes that can be drawn; `change(kind)` is called
// when some were. Returns {model, facts, drawn, request()}: what the server has opened, the boxes, and what it has to
// know of them.
export async function boxEditor(panel, models, again, kinds, change) {
  const model = chosenModel(models, "");
  panel.append(make("div", { class: "controls" }, modelField(models, model, again, "")));
  if (!opened.has(model.name)) opened.set(model.name, await post("/api/objects", { model: model.name }));
  const facts = opened.get(model.name);
  const drawn = drawnOn(facts.identity);
  const seeds = []; // that are shown
  const pictures = new Map(); // seed -> canvas
  let kind = kinds[0][0];

  const large = make("canvas", { id: "sample", width: facts.size, height: facts.size, role: "img" });
  const stage = make("div", { id: "stage", class: "boxes", role: "group", "aria-label": "The sample, to draw boxes on", "aria-describedby": "keys" }, large);
  const all = make("div", { id: "all", class: "boxes", role: "group", "aria-label": "All samples" });
  const name = make("output", { id: "name" });
  const status = make("p", { id: "boxes-status", class: "soft", role: "status" });
  const choices = kinds.length > 1 && make("div", { class: "row choices", role: "group", "aria-label": "Which boxes to draw" },
    kinds.map(([one, title]) => make("button", { type: "button", "data-kind": one, onclick: () => use(one) }, make("i", { class: `swatch ${one}` }), title)));
  const layer = choice([["", "as usual"], ...facts.sides.map((side, index) => [String(index), `${index}: maps of ${side} × ${side}`])], "", { id: "layer", onchange: () => change(kind) });
  const negatives = choice([["random", "anywhere else"], ["matched", "the same place on samples without it"]], "random", { id: "negatives", onchange: () => change(kind) });
  const keys = make("dl", { id: "keys", class: "keys" });
  keys.innerHTML = BOX_KEYS; // a constant

  const sheet = new BoxSheet({ stage, all }, facts.size, { show, picture: (seed) => copyOf(seed), changed });
  sheet.seen = drawn.seen;
  const drawing = make("div", { class: "drawing", onkeydown: (event) => { if (!event.target.closest("select, summary")) sheet.key(event); } },
    make("div", {}, stage,
      make("div", { class: "row end turn" },
        make("button", { id: "previous", type: "button", "aria-keyshortcuts": "P", onclick: () => sheet.previous() }, "← previous"), name,
        make("button", { id: "next", type: "button", "aria-keyshortcuts": "N", onclick: () => sheet.next() }, "next →")),
      make("div", { class: "row" },
        make("button", { id: "new-box", type: "button", "aria-keyshortcuts": "B", onclick: () => sheet.newBox() }, "New box"),
        make("button", { id: "undo", type: "button", "aria-keyshortcuts": "U", onclick: () => sheet.undo() }, "Undo"))),
    make("div", {}, all, make("p", { class: "row" }, make("button", { id: "more-samples", type: "button", onclick: more }, "More samples"))));

  panel.append(
    make("section", { class: "card stack tight" },
      make("h2", {}, "Draw boxes around the object"),
      make("p", { class: "soft" }, "Draw a box around each one, such as glasses, on five samples or more. Samples without the object count too: go to the next."),
      choices, drawing, status,
      make("details", {}, make("summary", {}, "Keys, and how the object is found"),
        make("div", { class: "two" }, make("div", { class: "stack tight" }, labeled("Layer", layer, "Layer of the generator. The usual one is the second highest; lower layers draw larger parts."), labeled("Compare with", negatives, "The second choice finds glasses and not the eyes behind them, if some samples have no glasses.")), keys))),
  );

  // ---- what BoxSheet asks for

  function show(seed) {
    large.getContext("2d").drawImage(pictures.get(seed), 0, 0);
    large.setAttribute("aria-label", `sample of seed ${seed}`);
    name.textContent = `seed ${seed}`;
  }

  function copyOf(seed) {
    const canvas = make("canvas", { width: facts.size, height: facts.size, role: "img", "aria-label": `seed ${seed}` });
    canvas.getContext("2d").drawImage(pictures.get(seed), 0, 0);
    return canvas;
  }

  function changed(seed) {
    drawn.seen.add(seed);
    try {
      keep(facts.identity, drawn);
    } catch {
      complain("This browser cannot store more boxes: they are lost when you close the page.");
    }
    showStatus();
    change(kind);
  }

  // ----

  function use(one) {
    kind = one;
    const [others] = kinds.map(([other]) => other).filter((other) => other !== kind);
    sheet.use(drawn[kind], others && drawn[others]);
    drawing.dataset.kind = kind;
    for (const button of choices ? choices.children : []) button.setAttribute("aria-pressed", button.dataset.kind === kind);
  }

  function showStatus() {
    const count = (boxes) => [...boxes.values()].flat().length;
    const words = [counted(count(drawn.object), "box", "boxes"), `${counted(drawn.seen.size, "sample", "samples")} looked at`];
    if (kinds.length > 1) words.splice(1, 0, `${counted(count(drawn.place), "place", "places")} to insert it`);
    status.textContent = `${words.join(", ")}. This browser keeps them.`;
  }

  async function more() {
    const next = Array.from({ length: SAMPLES }, (_, index) => seeds.length + index);
    try {
      const canvases = await cut(await getBlob("/api/objects/samples", { edit: facts.edit, seeds: next.join(",") }), next.map((seed) => `seed ${seed}`), facts.size);
      next.forEach((seed, index) => pictures.set(seed, canvases[index]));
      seeds.push(...next);
      sheet.add(next);
      if (seeds.length === SAMPLES) sheet.render();
      sheet.showSeen();
      if (seeds.length > SAMPLES) say(`${seeds.length} samples are shown`);
      return true;
    } catch (error) {
      opened.delete(model.name); // if it is closed, the page may be loaded again
      complain(error.message);
      return false;
    }
  }

  async function load() {
    const highest = Math.max(0, ...drawn.seen, ...drawn.object.keys(), ...drawn.place.keys());
    while (await more() && seeds.length <= highest);
  }

  use(kind);
  showStatus();
  load(); // its caller need not wait for it
  return {
    model,
    facts,
    drawn,
    request: () => ({ edit: facts.edit, boxes: rowsOf(drawn.object, drawn.seen), negatives: negatives.value, ...(layer.value && { layer: Number(layer.value) }) }),
  };
}

export function counted(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
