// Choosing a model, on every tab that needs one. The browser remembers the last choice.

import { choice, empty, make } from "./dom.js";

const KEY = "dcgan-model";

// The model that the address names, the one of last time, or the first that draws.
export function chosenModel(models, named = decodeURIComponent(location.hash.split("/")[1] ?? "")) {
  return [named, localStorage.getItem(KEY)].map((name) => models.find((model) => model.name === name)).find(Boolean) ?? models.find(draws) ?? models[0];
}

// Whether a model draws pictures from seeds: not if it predicts the next frame of a video.
export function draws(model) {
  return model.nets !== "frame-predictor";
}

// What a tab shows of a model that does not.
export function drawsNothing(model) {
  return make("p", { id: "unfit", class: "note" }, `${model.name} predicts the next frames of videos, and draws no pictures of its own. Choose another model here, or let it predict: `,
    make("code", {}, `dcgan predict-frames ${model.name} VIDEOS`));
}

// What a tab shows where there is none.
export function noModels() {
  const train = make("a", { class: "button main", href: "#train" }, "Train");
  return empty("No models yet: train one", "As soon as a training has its first checkpoint, you can draw with it here.", train);
}

export function modelChoice(models, model, change) {
  const options = models.map(({ name, size, run }) => [name, `${name.replace(/^runs\//, "")} (${size} × ${size}${run ? "" : ", model"})`]);
  return choice(options, model.name, {
    id: "model",
    onchange: (event) => {
      localStorage.setItem(KEY, event.target.value);
      change(event.target.value);
    },
  });
}
