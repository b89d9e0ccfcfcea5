// A new sorting: which pictures, which model looks at them, and which classes there are.

import { get, post } from "./api.js";
import { choice, complain, empty, labeled, make } from "./dom.js";
import { chosenModel, modelChoice } from "./models.js";
import { sourceName } from "./sources.js";

const MOST_CLASSES = 20;

export async function showNew(panel) {
  const state = await get("/api/state");
  const models = state.models.filter(({ nets }) => (nets ?? "dcgan") === "dcgan"); // others give no features
  if (!models.length) {
    panel.append(empty("No models yet: train one", "A model that has learned to draw pictures has also learned to tell them apart.", make("a", { class: "button main", href: "#train" }, "Train")));
    return null;
  }
  const model = chosenModel(models, "");
  const source = choice([["", "Choose …"], ...state.sources.map(({ name, kind }) => [name, sourceName(name, kind)])], "", { id: "source", onchange: check });
  const classes = make("div", { class: "stack tight" });
  const add = make("button", { type: "button", onclick: () => addClass("").focus() }, "Add a class");
  const start = make("button", { id: "start", class: "main", type: "button", disabled: true, onclick: begin }, "Start sorting");
  const modelField = modelChoice(models, model, showFlip);
  const flip = make("input", { id: "flip", type: "checkbox", checked: true });
  const flipping = make("label", { class: "check" }, flip,
    make("span", {}, "Left and right mean the same, as in most photographs", make("br"), make("small", { class: "soft" }, "The model looks at mirror images, too: it takes twice the time, and the classifier makes fewer mistakes.")));

  panel.append(
    make("div", { class: "lead" },
      make("h2", {}, "Sort pictures by a few labels"),
      make("p", { class: "soft" }, "Label a few pictures. A classifier learns from them, sorts all the others, and asks you where it is in doubt.")),
    make("section", { class: "card stack" },
      make("div", { class: "fields" },
        labeled("Pictures in this folder", source, state.sources.length ? "Up to 20,000. They stay where they are." : "This folder has no pictures: drop some on the tab Train."),
        labeled("Model that looks at them", modelField, "A model that was trained on pictures like these is best.")),
      flipping,
      make("fieldset", { class: "classes" }, make("legend", {}, "Classes"), classes, make("p", {}, add)),
      make("p", { class: "row" }, start)),
  );
  addClass("");
  addClass("");
  showFlip();

  // Recordings have no mirror images.
  function showFlip() {
    flipping.hidden = models.find(({ name }) => name === modelField.value).sound;
  }

  function fields() {
    return [...classes.querySelectorAll("input")];
  }

  function addClass(value) {
    const field = make("input", { value, maxlength: 40, "aria-label": `Class ${fields().length + 1}`, placeholder: ["such as cat", "such as no cat"][fields().length] ?? "", oninput: check });
    classes.append(field);
    add.hidden = fields().length >= MOST_CLASSES;
    return field;
  }

  function names() {
    return fields().map(({ value }) => value.trim()).filter(Boolean);
  }

  function check() {
    start.disabled = !source.value || names().length < 2;
  }

  async function begin() {
    start.disabled = true;
    try {
      const { sorting } = await post("/api/sortings", { model: modelField.value, source: source.value, classes: names(), horizontal_flip: flip.checked && !flipping.hidden });
      location.hash = `sort/${encodeURIComponent(sorting.replace(/^sorted\//, ""))}`;
    } catch (error) {
      complain(error.message);
      check();
    }
  }

  return null;
}
