// Repair a photograph: what is painted over is filled in by the generator.

import { Painter } from "../painter.js";
import { PAINTING, PAINTING_KEYS } from "../painting.js";
import { encode } from "../png.js";
import { address, getBlob, upload } from "./api.js";
import { addressParts, choice, complain, labeled, make, say } from "./dom.js";
import { downloadButton } from "./download.js";
import { dropZone } from "./dropping.js";
import { holds, largest, RegionEditor } from "./edit_region.js";
import { Follower } from "./jobs.js";
import { keepMask, maskOf } from "./mask_memory.js";
import { chosenModel, modelField } from "./models.js";
import { sendPhotograph } from "./photographs.js";

export async function showPhoto(panel, models, again) {
  const photo = addressParts()[2];
  return photo ? showPainting(panel, models, again, photo) : showDrop(panel);
}

// ---- a photograph is dropped

function showDrop(panel) {
  const sending = make("p", { "aria-live": "polite", class: "soft" });
  panel.append(make("section", { class: "card stack" },
    make("h2", {}, "Which photograph to repair"),
    dropZone(send, "or drop a photograph here", "You paint over what is missing or damaged, and a model draws what fits the rest. It stays on this machine."),
    sending));

  async function send(files) {
    const [file] = files;
    if (!file) return;
    complain("");
    sending.textContent = `Sending ${file.name} …`;
    try {
      location.hash = `edit/repair/${encodeURIComponent(await sendPhotograph(file))}`;
    } catch (error) {
      complain(error.message);
    }
    sending.textContent = "";
  }
  return null;
}

// ---- it is painted on, and filled in

async function showPainting(panel, models, again, photo) {
  const model = chosenModel(models, "");
  const drop = make("a", { class: "button", href: "#edit/repair" }, "Another photograph");
  const loading = make("p", { class: "soft" }, "Opening the photograph …");
  panel.append(loading);
  let source;
  try {
    source = URL.createObjectURL(await getBlob("/api/photos/shown", { photo }));
  } catch (error) {
    loading.replaceWith(make("section", { class: "card stack" }, make("p", { class: "bad" }, error.message), make("p", {}, drop)));
    return null;
  }
  const { width, height } = await sizeOf(source);
  const mask = await maskOf(photo, width, height);
  loading.remove();

  const working = make("div", { "aria-live": "polite" });
  const follower = new Follower(working, "/api/photos/fill", "/api/photos/cancel");
  const go = make("button", { id: "fill", class: "main", type: "button", onclick: fill }, "Fill in");
  const hint = make("span", { id: "edit-hint", class: "soft" });
  const results = make("section", { id: "results", class: "card stack", hidden: true });
  const place = make("div", { id: "painting" });
  const whichRegion = choice([["usual", "as usual"], ["own", "a square that I choose"]], "usual", { id: "region-choice", onchange: () => region.choose(whichRegion.value === "own" ? filled ?? largest({ width, height }) : null) });
  let filled = null; // the region that was filled last
  const keys = make("div");
  [place.innerHTML, keys.innerHTML] = [PAINTING, PAINTING_KEYS]; // constants
  panel.append(
    make("div", { class: "controls" }, modelField(models, model, again, ""), make("p", {}, drop)),
    make("section", { class: "card stack tight" },
      make("h2", {}, "Paint over what is missing"),
      make("p", { class: "soft" }, "Use the mouse, a pen or a finger, and paint a little beyond the edges. The right mouse button erases. A model repairs pictures of the kind that it has learned from."),
      place,
      labeled("What the model sees", whichRegion, "The usual square is twice the size of a small hole, and for a large hole the largest square in the middle. A square of your own must hold everything that is painted over: drag its edges to move it, and its corners to stretch it."),
      make("div", { class: "row" }, go, hint), working,
      make("details", {}, make("summary", {}, "Keys"), keys, make("p", {}, "The square: arrow keys move it, and stretch it with ", make("kbd", {}, "Shift"), "."))),
    results);
  const painter = new Painter(new Map([[photo, mask]]), { changed, show: () => {} });
  painter.open(photo, { name: "the photograph", width, height, src: source });
  if (mask.missing) painter.draw();
  painter.showTools();
  const region = new RegionEditor(document.getElementById("stage"), photo, { width, height }, showHint);
  whichRegion.value = region.region ? "own" : "usual";
  showHint();

  function changed() {
    showHint();
    keepMask(photo);
  }

  // What is to be done before it can be filled.
  function showHint() {
    const { extent } = mask;
    const outside = region.region && !holds(region.region, extent);
    go.disabled = !extent || outside;
    hint.textContent = !extent ? "Paint over a part of it first." : outside ? "The square must hold everything that is painted over: move or stretch it." : "";
  }

  async function fill() {
    go.disabled = true;
    complain("");
    try {
      const { left, top, side } = region.region ?? {};
      const asked = { photo, model: model.name, region: region.region ? [left, top, side].join(",") : undefined };
      const { job } = await upload("/api/photos/fills", asked, new Blob([await encode(mask)]));
      const facts = await follower.follow(job, "Looking for what fits");
      if (!facts) return;
      filled = Object.fromEntries(["left", "top", "side"].map((name, index) => [name, facts.region[index]]));
      showAnswers(results, source, job, facts);
    } catch (error) {
      complain(error.message);
    } finally {
      showHint();
    }
  }

  // Keys are for the photograph unless the focus is in another part of the page.
  function onKey(event) {
    if (event.target === document.body || place.contains(event.target)) painter.key(event);
  }

  document.addEventListener("keydown", onKey);
  return () => {
    document.removeEventListener("keydown", onKey);
    follower.leave();
    URL.revokeObjectURL(source);
  };
}

async function sizeOf(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
}

// The photograph, and beside it one of the answers, which can be chosen from.
function showAnswers(place, source, job, { answers, region: [left, top, side] }) {
  const file = (number) => address("/api/photos/answer", { job, number });
  const after = make("img", { id: "after" });
  let chosen = 1;
  const keep = downloadButton("Download", { id: "picture-file", class: "main" }, () => ["/api/photos/answer", { job, number: chosen }, `repaired-${chosen}.png`]);
  const tiles = Array.from({ length: answers }, (_, index) => make("button", { type: "button", class: "tile answer", onclick: () => choose(index + 1) }, make("img", { src: file(index + 1), alt: `Answer ${index + 1}` })));
  place.hidden = false;
  place.replaceChildren(
    make("h2", {}, "Before and after"),
    make("div", { class: "beside" },
      make("figure", {}, make("img", { src: source, alt: "The photograph before" }), make("figcaption", {}, "Before")),
      make("figure", {}, after, make("figcaption", {}, "After"))),
    make("div", { class: "row" }, make("div", { class: "row", role: "group", "aria-label": "Answers, the best first" }, tiles), keep),
    make("p", { class: "soft" }, `The model saw the square of ${side} × ${side} pixels at ${left}, ${top}. The rest of the photograph has not changed.`));
  choose(1);
  say(`filled in, with ${answers} answers to choose from`);

  function choose(number) {
    chosen = number;
    after.src = file(number);
    after.alt = `The photograph after, answer ${number}`;
    tiles.forEach((tile, index) => tile.setAttribute("aria-pressed", index + 1 === number));
  }
}
