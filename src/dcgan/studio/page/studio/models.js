// Choosing a model, on every tab that needs one. The browser remembers the last choice.

import { quoted } from "./commands.js";
import { addressParts, choice, empty, labeled, make } from "./dom.js";

const KEY = "dcgan-model";

// The model that the address of a tab names, if it names one.
function namedModel() {
  return addressParts()[1] ?? "";
}

// The model that the address names, the one of last time, or the first that draws.
export function chosenModel(models, named = namedModel()) {
  return [named, localStorage.getItem(KEY)].map((name) => models.find((model) => model.name === name)).find(Boolean) ?? models.find(draws) ?? models[0];
}

// Whether a model draws pictures from seeds here: not if it predicts the next frame of a video, or has nets of one's own.
export function draws(model) {
  return !["frame-predictor", ""].includes(model.nets);
}

// What a tab shows of a model that does not.
export function drawsNothing(model) {
  if (model.nets === "") return make("p", { id: "unfit", class: "note" }, `The nets of ${model.name} are your own, and the studio cannot build them: draw with them in Python, by dcgan.load, or choose another model here.`);
  return make("p", { id: "unfit", class: "note" }, `${model.name} predicts the next frames of videos, and draws no pictures of its own. Choose another model here, or let it predict: `,
    make("code", {}, `dcgan predict-frames ${quoted(model.name)} VIDEOS`));
}

// What a tab shows where there is none.
export function noModels() {
  const train = make("a", { class: "button main", href: "#train" }, "Train");
  return empty("No models yet: train one", "As soon as a training has its first checkpoint, you can draw with it here.", train);
}

// The choice of a model with its label, and a word on one that the address names and that is gone.
export function modelField(models, model, change, named = namedModel()) {
  return labeled("Model", modelChoice(models, model, change), named && named !== model.name && `There is no model ${named} any more.`);
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
