// Arithmetic: pictures and concepts are put into a formula, each place the mean of what is in it. The sum is drawn with
// variations of it, as `dcgan arithmetic` makes them.

import { make, say } from "./dom.js";
import { makeSlot, nameOf } from "./explore_slots.js";
import { makeStage } from "./explore_stage.js";
import { latest } from "./latest.js";

const MOST_TERMS = 6;
const MOST_SEEDS = 32; // pictures of a term
const VARIATIONS = 8;
const ORDER = [1, 2, 3, 4, 0, 5, 6, 7, 8]; // the sum stands in the middle of its variations

export function showSum(place, desk) {
  const { state } = desk;
  const { size } = desk.model;
  const stage = makeStage(desk);
  const formula = make("div", { id: "formula" });
  const results = make("div", { id: "results", class: "tiles nine", role: "group", "aria-label": "The sum and its variations" });
  const others = make("button", { id: "others", type: "button", onclick: () => { state.noise += 1; draw(); } }, "Other variations");
  const hint = make("p", { class: "soft" }, "Each place stands for the mean of its pictures: three or more give a steadier result than one.");
  place.append(
    make("div", { class: "above stack tight" }, formula, hint),
    make("div", { class: "act stack tight" }, results, make("p", {}, others)),
    stage.picture,
    make("div", { class: "keep" }, stage.keeping));

  // ---- the formula

  let slots = [];

  function showFormula(aimed = slots.indexOf(desk.aimed)) {
    const terms = state.sum.map((term, index) => {
      const name = String.fromCharCode(65 + index);
      const mean = make("canvas", { class: "mean crisp", width: size, height: size, role: "img" });
      const drawMean = latest(async () => {
        const of = asked(term, 1);
        const drawn = of && await desk.draw({ kind: "sum", terms: [of] }, [""]);
        mean.getContext("2d").clearRect(0, 0, size, size);
        if (drawn) mean.getContext("2d").drawImage(drawn[0], 0, 0);
        mean.setAttribute("aria-label", of ? `The picture of ${name}` : `${name} is empty`);
      });
      const slot = makeSlot(desk, { name, items: term.items, most: MOST_SEEDS, concepts: true, changed: (items) => { term.items = items; drawMean(); draw(); },
        head: state.sum.length > 1 && make("button", { type: "button", class: "plain", "aria-label": `Remove ${name}`, title: "Remove", onclick: () => remove(index) }, "×") });
      slot.element.insertBefore(mean, slot.element.lastChild);
      drawMean();
      slots[index] = slot;
      const plus = term.factor > 0;
      const sign = make("button", { type: "button", class: "sign", "aria-label": `${name} is ${plus ? "added" : "subtracted"}: change it`, title: plus ? "Added" : "Subtracted", onclick: () => { term.factor = -term.factor; showFormula(); draw(); formula.querySelectorAll(".sign")[index].focus(); } }, plus ? "+" : "−");
      return make("div", { class: "term" }, sign, slot.element);
    });
    const add = state.sum.length < MOST_TERMS && make("button", { id: "term-more", type: "button", title: "One more place", "aria-label": "One more place", onclick: addTerm }, "+ …");
    formula.replaceChildren(...terms, ...(add ? [add] : []));
    slots.length = state.sum.length;
    slots[Math.min(Math.max(0, aimed), slots.length - 1)].aim();
  }

  function addTerm() {
    state.sum.push({ factor: 1, items: [] });
    showFormula(state.sum.length - 1);
    draw();
    formula.querySelectorAll(".aim")[state.sum.length - 1].focus();
  }

  function remove(index) {
    state.sum.splice(index, 1);
    showFormula();
    draw();
    formula.querySelector(".aim").focus();
  }

  // ---- the sum

  const drawSum = latest(async () => {
    const terms = state.sum.map((term) => asked(term, term.factor)).filter(Boolean);
    const name = written(state.sum);
    if (!terms.length) {
      results.replaceChildren();
      stage.clear("The formula is empty: put a picture into it.");
      return;
    }
    const of = { kind: "sum", terms, variations: VARIATIONS, noise_seed: state.noise };
    const names = ORDER.map((index) => (index ? `${name}, variation ${index}` : name));
    const drawn = await desk.draw(of, Array.from({ length: VARIATIONS + 1 }, (_, index) => (index ? `Variation ${index}` : "The sum")));
    if (!drawn) return;
    const tiles = ORDER.map((index, cell) => make("button", { type: "button", class: "tile", "aria-pressed": false, onclick: () => choose(cell) }, drawn[index]));
    function choose(cell) {
      tiles.forEach((tile, other) => tile.setAttribute("aria-pressed", other === cell));
      stage.paint(drawn[ORDER[cell]], { ...of, only: ORDER[cell] }, names[cell]);
    }
    results.replaceChildren(...tiles);
    choose(ORDER.indexOf(0));
    say(`${name} is drawn`);
  });

  function draw() {
    desk.keep();
    drawSum();
  }

  showFormula();
  draw();
}

// A term as the server takes it; null if nothing is in it.
function asked({ items }, factor) {
  if (!items.length) return null;
  return "concept" in items[0] ? { factor, concept: items[0].concept } : { factor, seeds: items.map(({ seed }) => seed) };
}

function written(terms) {
  const shown = terms.filter(({ items }) => items.length);
  const text = shown.map(({ factor, items }) => `${factor > 0 ? "+" : "−"} ${items.length > 1 ? `mean of ${items.length}` : nameOf(items[0])}`);
  return text.join(" ").replace(/^\+ /, "");
}
