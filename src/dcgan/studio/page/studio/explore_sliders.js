// Sliders: a picture, and how much of each concept is added to it. Other pictures can be a concept, too: their mean.

import { quoted } from "./commands.js";
import { make } from "./dom.js";
import { makeSlot } from "./explore_slots.js";
import { makeStage } from "./explore_stage.js";

const REACH = 2; // times a concept, at both ends
const MOST_OWN = 4; // concepts that are made of pictures here
const MOST_SEEDS = 32; // pictures of one

export function showSliders(place, desk) {
  const { state } = desk;
  const stage = makeStage(desk);
  const sliders = make("div", { id: "sliders", class: "stack tight" });
  const own = make("div", { id: "own", class: "stack tight" });
  const more = make("button", { id: "own-more", type: "button", onclick: addOwn }, "A slider made of pictures");
  let means = []; // the slots of own concepts
  const slot = makeSlot(desk, { name: "Picture", items: [{ seed: state.seed }], changed: ([{ seed }]) => { state.seed = seed; draw(); } });
  place.append(
    stage.picture,
    make("div", { class: "act stack" }, slot.element, sliders, own,
      make("div", { class: "row" }, more, make("button", { id: "reset", type: "button", onclick: reset }, "Reset"))),
    make("div", { class: "keep" }, stage.keeping));

  function slider(name, value, act) {
    const shown = make("output", {}, written(value));
    const field = make("input", { type: "range", min: -REACH, max: REACH, step: 0.05, value, "aria-label": name, oninput: () => { act(Number(field.value)); shown.textContent = written(Number(field.value)); draw(); } });
    return make("div", { class: "amount" }, make("span", {}, name), field, shown);
  }

  function showAll() {
    const ofConcept = ({ name }) => slider(name, state.amounts[name] ?? 0, (value) => { state.amounts[name] = value; });
    const part = (title, concepts) => (concepts.length ? [make("h3", {}, title), ...concepts.map(ofConcept)] : []);
    sliders.replaceChildren(
      ...part("Axes", desk.concepts.filter((one) => one.is_axis)),
      ...part("Concepts of samples", desk.concepts.filter((one) => !one.is_axis)),
      ...(desk.concepts.length ? [] : withoutConcepts(desk)));
    means = state.own.map((one, index) => makeSlot(desk, { name: `Mean ${index + 1}`, items: one.seeds.map((seed) => ({ seed })), most: MOST_SEEDS, changed: (items) => { one.seeds = items.map(({ seed }) => seed); draw(); },
        head: make("button", { type: "button", class: "plain", "aria-label": `Remove mean ${index + 1}`, title: "Remove", onclick: () => removeOwn(index) }, "×") }));
    own.replaceChildren(...state.own.map((one, index) => make("div", { class: "card stack tight" }, means[index].element,
      slider(`Mean ${index + 1}`, one.amount, (value) => { one.amount = value; }))));
    slot.aim();
    more.hidden = state.own.length === MOST_OWN;
  }

  function addOwn() {
    state.own.push({ seeds: [], amount: 1 });
    showAll();
    means.at(-1).aim();
    draw();
  }

  function removeOwn(index) {
    state.own.splice(index, 1);
    showAll();
    draw();
    more.focus();
  }

  function reset() {
    state.amounts = {};
    for (const one of state.own) one.amount = 0;
    showAll();
    draw();
  }

  function draw() {
    desk.keep();
    const named = Object.entries(state.amounts).filter(([, amount]) => amount).map(([concept, factor]) => ({ factor, concept }));
    const made = state.own.filter(({ seeds, amount }) => seeds.length && amount).map(({ seeds, amount }) => ({ factor: amount, seeds }));
    const terms = [...named, ...made];
    const names = terms.map(({ factor, concept }) => `${written(factor)} ${concept ?? "mean"}`);
    stage.show({ kind: "moved", seed: state.seed, terms }, [`seed ${state.seed}`, ...names].join(", "));
  }

  showAll();
  draw();
}

const written = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(2).replace(/\.?0+$/, "");

function withoutConcepts({ model, file }) {
  return [
    make("p", {}, "This model has no concepts of its own yet. Make a slider of three or more pictures that have something in common, or give the model concepts for good:"),
    make("p", {}, make("code", {}, `dcgan concepts ${quoted(model.name)} "smiling: 3,17,40" --out ${quoted(file)}`)),
  ];
}
