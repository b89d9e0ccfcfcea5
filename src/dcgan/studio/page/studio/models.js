// Choosing a model, on every tab that needs one. The browser remembers the last choice.

import { choice } from "./dom.js";

const KEY = "dcgan-model";

// The model that the address names, the one of last time, or the first.
export function chosenModel(models, named = decodeURIComponent(location.hash.split("/").slice(1).join("/"))) {
  return [named, localStorage.getItem(KEY)].map((name) => models.find((model) => model.name === name)).find(Boolean) ?? models[0];
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
