// Draw: an endless sheet of new pictures, of which favorites are kept and downloaded.

import { get } from "./api.js";
import { choice, complain, labeled, make, number, save, say } from "./dom.js";
import { downloadButton } from "./download.js";
import { fileInput } from "./dropping.js";
import { exported, favoritesOf, imported, setFavorites, toggle } from "./favorites.js";
import { listen } from "./listening.js";
import { chosenModel, draws, drawsNothing, modelField, noModels } from "./models.js";
import { drawSeeds, sizeChoice } from "./pictures.js";
import { arrowKeys } from "./tile_keys.js";

const PAGE = 32; // pictures that are asked for together
const MOST = 1e15; // first seed: a browser counts exactly to about 9e15
const IN_A_FILE = 256; // pictures of a download
const AHEAD = 300; // CSS pixels below the window that are drawn, too

export async function show(panel) {
  const { models } = await get("/api/state");
  if (!models.length) {
    panel.append(noModels());
    return null;
  }
  const model = chosenModel(models);
  const choosing = modelField(models, model, (name) => { location.hash = `draw/${encodeURIComponent(name)}`; });
  if (!draws(model)) {
    panel.append(make("h1", { class: "hidden" }, "Draw"), make("div", { class: "controls" }, choosing), drawsNothing(model));
    return null;
  }
  const query = { model: model.name, truncation: 1, label: undefined };
  let next = 0; // seed that has not been drawn
  let drawing = false;
  let left = false; // for another tab
  let shown = 0; // sheets that were begun: only the last one is filled
  let favorites = favoritesOf(model.name);
  let other = ""; // the model that imported favorites were chosen of

  // ---- what is on the page

  const sheet = make("div", { id: "sheet", class: "tiles", role: "group", "aria-label": "New pictures" });
  const more = make("button", { id: "more", type: "button", onclick: drawMore }, "More pictures");
  const from = make("input", { id: "from", type: "number", min: 0, value: 0, max: MOST, onchange: () => restart(first()) });
  const truncation = make("input", { id: "truncation", type: "range", min: 0.1, max: 1, step: 0.05, value: 1, onchange: retruncate, oninput: nameTruncation });
  const labels = model.labels.length > 0 && choice([["", "any"], ...model.labels.map((one) => [one, one])], "", { id: "label", onchange: (event) => { query.label = event.target.value || undefined; restart(first()); } });
  const kept = make("div", { id: "kept", class: "tiles small", role: "group", "aria-label": "Favorites" });
  const scale = sizeChoice(model.size);
  const smooth = make("input", { id: "smooth", type: "checkbox" });
  const aside = make("aside", { class: "card stack", "aria-label": "Favorites" });

  panel.append(
    make("h1", { class: "hidden" }, "Draw"),
    make("div", { class: "controls" },
      choosing,
      labels && labeled("Kind", labels),
      labeled("First seed", from),
      make("label", { class: "field" }, make("span", { id: "truncation-name" }), truncation)),
    make("div", { class: "two wide-left" },
      make("div", {}, sheet, make("p", { class: "center" }, more)),
      aside),
  );
  nameTruncation();

  // ---- the endless sheet

  async function drawMore() {
    if (drawing) return;
    drawing = true;
    const mine = shown;
    const seeds = Array.from({ length: PAGE }, (_, index) => next + index);
    try {
      const tiles = await drawSeeds(query, seeds, model.size);
      if (mine !== shown || left) return;
      sheet.append(...tiles.map((canvas, index) => tile(canvas, seeds[index])));
      next += PAGE;
      complain("");
    } catch (error) {
      if (left) return;
      complain(error.message);
      sheet.dataset.failed = shown; // and does not ask again by itself
    } finally {
      drawing = false;
      if (!left && (mine !== shown || (sheet.children.length && Number(sheet.dataset.failed) !== shown && more.getBoundingClientRect().top < innerHeight + AHEAD))) drawMore();
    }
  }

  function tile(canvas, seed) {
    return make("button", { type: "button", class: "tile", "aria-pressed": favorites.includes(seed), "data-seed": seed, title: `seed ${seed}`, onclick: () => choose(seed) }, canvas);
  }

  // The first seed, as the field has it; what is no seed is made one.
  function first() {
    from.value = Math.min(MOST, Math.max(0, Math.floor(Number(from.value)) || 0));
    return Number(from.value);
  }

  function restart(seed) {
    next = seed;
    shown += 1;
    sheet.replaceChildren();
    if (!drawing) drawMore();
    showFavorites();
  }

  function retruncate() {
    query.truncation = Number(truncation.value);
    restart(first());
  }

  function nameTruncation() {
    const value = Number(truncation.value);
    document.getElementById("truncation-name").textContent = value === 1 ? "Variety: all of it" : `Variety: ${Math.round(100 * value)}%, more typical`;
    truncation.setAttribute("aria-valuetext", `${Math.round(100 * value)}%`);
  }

  // ---- favorites

  function choose(seed) {
    favorites = toggle(model.name, seed);
    const chosen = favorites.includes(seed);
    sheet.querySelector(`[data-seed="${seed}"]`)?.setAttribute("aria-pressed", chosen);
    if (chosen && model.sound) listen(query, seed);
    say(chosen ? `seed ${seed} is a favorite` : `seed ${seed} is no longer a favorite`);
    showFavorites();
  }

  async function showFavorites() {
    const seeds = [...favorites];
    const importing = make("label", { class: "button" }, "Import", fileInput(([file]) => takeFile(file), { accept: "application/json" }));
    if (!seeds.length) {
      aside.replaceChildren(make("h2", {}, "Favorites"), make("p", { class: "soft" }, model.sound ? "Choose pictures to hear them. This browser keeps them here." : "Choose pictures that you like. This browser keeps them here."), make("p", {}, importing));
      return;
    }
    aside.replaceChildren(
      make("h2", {}, `${number(seeds.length)} ${seeds.length === 1 ? "favorite" : "favorites"}`),
      other && make("p", { class: "note" }, `The file has favorites of ${other}; the same seeds are other pictures here.`),
      kept,
      make("div", { class: "stack tight" },
        labeled("Size", scale),
        make("label", { class: "check" }, smooth, "Smooth, instead of square pixels"),
        make("div", { class: "row" },
          model.sound && download("wav", seeds.length === 1 ? "Sound" : "Sounds", "main"),
          download("png", seeds.length === 1 ? "Picture" : "Sheet", model.sound ? undefined : "main"),
          download("zip", "Each as a file"))),
      make("details", {}, make("summary", {}, "Go on elsewhere"),
        make("div", { class: "row" }, download("npz", "Latent vectors"), make("button", { type: "button", onclick: saveFile }, "Export"), importing,
          make("button", { type: "button", onclick: () => { setFavorites(model.name, []); favorites = []; other = ""; restart(first()); } }, "Forget all")),
        make("p", { class: "soft" }, "Latent vectors are the numbers that the pictures are drawn from; dcgan's commands read them with --latents. The seeds:"),
        make("code", { id: "seeds" }, seeds.join(","))),
    );
    try {
      const drawn = await drawSeeds(query, seeds.slice(-PAGE), model.size);
      kept.replaceChildren(...drawn.map((canvas, index) => make("button", { type: "button", class: "tile", "aria-label": `Remove seed ${seeds.slice(-PAGE)[index]}`, title: "Remove", onclick: () => choose(seeds.slice(-PAGE)[index]) }, canvas)));
    } catch (error) {
      complain(error.message);
    }
  }

  function download(kind, text, style) {
    return downloadButton(text, { class: style, "data-kind": kind }, () => {
      if (favorites.length > IN_A_FILE) throw new Error(`A file has ${IN_A_FILE} pictures at most, and these are ${number(favorites.length)}: remove some.`);
      return ["/api/download", { ...query, seeds: favorites.join(","), kind, scale: scale.value, smooth: smooth.checked }];
    });
  }

  function saveFile() {
    save(exported(model.name, favorites), "favorites.json");
  }

  async function takeFile(file) {
    try {
      const found = await imported(file);
      other = found.model !== model.name && typeof found.model === "string" ? found.model : "";
      favorites = [...new Set([...favorites, ...found.seeds])];
      setFavorites(model.name, favorites);
      restart(first());
    } catch (error) {
      complain(error.message);
    }
  }

  arrowKeys(sheet);
  const nearEnd = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) drawMore(); }, { rootMargin: `${AHEAD}px` });
  restart(0);
  nearEnd.observe(more);
  return () => { left = true; nearEnd.disconnect(); };
}
