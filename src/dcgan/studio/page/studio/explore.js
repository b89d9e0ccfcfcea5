// Explore: what lies between pictures, around them, and what they come to in a sum. Each view is a module with
// `show(place, desk)`; the shelf of pictures beside it serves all of them.

import { get } from "./api.js";
import { addressParts, complain, make } from "./dom.js";
import { download } from "./download.js";
import { showMap } from "./explore_map.js";
import { showShelf } from "./explore_shelf.js";
import { showSliders } from "./explore_sliders.js";
import { showSum } from "./explore_sum.js";
import { showWalk } from "./explore_walk.js";
import { favoritesOf } from "./favorites.js";
import { chosenModel, draws, drawsNothing, modelField, noModels } from "./models.js";
import { drawAll, drawSeeds } from "./pictures.js";

const VIEWS = { walk: ["Walk", showWalk], map: ["Map", showMap], sliders: ["Sliders", showSliders], sum: ["Arithmetic", showSum] };
const KEY = "dcgan-explore"; // what is on the desk of each model, as long as the browser's tab is open
const AT_ONCE = 64; // pictures of a request, at most
const FIRST = [0, 1, 2, 3, 4, 5, 6, 7]; // seeds on the shelf of somebody who has no favorites yet

export async function show(panel) {
  const { models } = await get("/api/state");
  if (!models.length) {
    panel.append(noModels());
    return null;
  }
  const model = chosenModel(models);
  const choosing = (view) => modelField(models, model, (name) => { location.hash = go(name, view()); });
  const go = (name, view) => `#explore/${encodeURIComponent(name)}/${view}`;
  if (!draws(model)) {
    panel.append(make("h1", { class: "hidden" }, "Explore"), make("div", { class: "controls" }, choosing(() => "walk")), drawsNothing(model));
    return null;
  }
  const desk = await makeDesk(model);
  if (!panel.isConnected) return null; // another tab is open by now
  const place = make("div", { id: "view", class: "stack" });
  const shelf = make("aside", { class: "card stack", "aria-label": "Pictures to explore with" });
  const named = addressParts()[2];

  const choices = Object.entries(VIEWS).map(([name, [title]]) =>
    make("label", {}, make("input", { type: "radio", name: "view", value: name, onchange: () => open(name) }), make("span", {}, title)));
  panel.append(
    make("h1", { class: "hidden" }, "Explore"),
    make("div", { class: "controls" },
      choosing(() => desk.state.view),
      make("fieldset", { class: "views" }, make("legend", { class: "hidden" }, "How to explore"), choices)),
    make("div", { class: "two wide-left" }, place, shelf),
  );

  function open(view) {
    desk.state.view = view;
    desk.keep();
    history.replaceState(null, "", go(model.name, view));
    for (const input of panel.querySelectorAll("[name=view]")) input.checked = input.value === view;
    place.replaceChildren();
    place.dataset.view = view;
    desk.aimed = null;
    VIEWS[view][1](place, desk);
    showShelf(shelf, desk);
  }
  open(Object.hasOwn(VIEWS, named) ? named : desk.state.view);
  return null;
}

// What all views share: the model with what it can be explored by, what the user has chosen, and how to draw.
async function makeDesk(model) {
  const found = await get("/api/explore", { model: model.name }).catch((error) => {
    complain(error.message);
    return { concepts: [], films: [], file: "", frames_per_second: 30, most_frames: Infinity };
  });
  const first = [...new Set([...favoritesOf(model.name), ...FIRST])];
  const desk = {
    model,
    ...found,
    aimed: null, // the slot that a picture of the shelf goes to
    state: { view: "walk", added: [], loop: true, at: 0.5, walk: first.slice(0, 3), corners: first.slice(0, 4), x: 0.5, y: 0.5, seed: first[0], amounts: {}, own: [], noise: 0,
      sum: [[1, first[0]], [-1, first[1]], [1, first[2]]].map(([factor, seed]) => ({ factor, items: [{ seed }] })), ...kept()[model.name] },

    keep: () => sessionStorage.setItem(KEY, JSON.stringify({ ...kept(), [model.name]: desk.state })),

    shelf: () => [...new Set([...desk.state.added, ...favoritesOf(model.name), ...FIRST])],

    // Canvases of places in latent space, or null if they could not be drawn.
    async draw(of, names) {
      try {
        const canvases = await drawAll("/api/explore/pictures", { model: model.name, of: JSON.stringify(of) }, names, model.size);
        complain("");
        return canvases;
      } catch (error) {
        complain(error.message);
        return null;
      }
    },

    download: (path, query) => download(path, { model: model.name, ...query }),

    thumbnail: thumbnails(model),
  };
  return desk;
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

// A function from a seed to a canvas of it. What is asked for together is drawn together, and each seed once.
function thumbnails(model) {
  const drawn = new Map(); // by seed, a promise of its canvas
  let waiting = [];

  async function drawWaiting() {
    const batch = waiting.splice(0, AT_ONCE);
    if (waiting.length) drawWaiting();
    try {
      const canvases = await drawSeeds({ model: model.name }, batch.map(([seed]) => seed), model.size);
      batch.forEach(([, resolve], index) => resolve(canvases[index]));
    } catch (error) {
      complain(error.message);
      for (const [seed] of batch) drawn.delete(seed);
    }
  }

  return (seed) => {
    const canvas = make("canvas", { width: model.size, height: model.size, role: "img", "aria-label": `seed ${seed}`, class: "crisp" });
    if (!drawn.has(seed)) {
      drawn.set(seed, new Promise((resolve) => { waiting.push([seed, resolve]); }));
      if (waiting.length === 1) queueMicrotask(drawWaiting);
    }
    drawn.get(seed).then((source) => canvas.getContext("2d").drawImage(source, 0, 0));
    return canvas;
  };
}
