// The shelf: pictures, and concepts where a slot takes them, to be put into slots.

import { complain, labeled, make, say } from "./dom.js";
import { draggable } from "./explore_slots.js";

const MOST_ADDED = 40; // pictures beside the favorites
const MOST_SHOWN = 64; // what can be drawn in one request
const RANDOM = 1_000_000; // of so many seeds "another" is one

export function showShelf(aside, desk) {
  const tiles = make("div", { id: "shelf", class: "tiles small", role: "group", "aria-label": "Pictures" });
  const field = make("input", { id: "seed", type: "number", min: 0, step: 1, inputmode: "numeric" });
  const form = make("form", { class: "row", novalidate: true, onsubmit: addTyped }, labeled("Seed", field), make("button", {}, "Add"));
  const concepts = make("div", { id: "concepts", class: "stack tight" },
    make("h3", {}, "Concepts"),
    make("div", { class: "row tight" }, desk.concepts.map(({ name }) => draggable(make("button", { type: "button", class: "concept", onclick: () => put({ concept: name }) }, name), { concept: name }))));
  aside.replaceChildren(
    make("div", {}, make("h2", {}, "Pictures"), make("p", { class: "soft" }, "Drag a picture to its place, or choose the place and then the picture. Favorites of the tab Draw are here as well.")),
    tiles,
    make("div", { class: "row" }, make("button", { id: "another", type: "button", onclick: () => add(Math.floor(Math.random() * RANDOM)) }, "Another"), form),
  );

  function show() {
    const seeds = desk.shelf().slice(0, MOST_SHOWN);
    tiles.replaceChildren(...seeds.map((seed) => draggable(make("button", { type: "button", class: "tile", "data-seed": seed, title: `seed ${seed}`, onclick: () => put({ seed }) }, desk.thumbnail(seed)), { seed })));
  }

  function put(item) {
    if (desk.aimed) desk.aimed.put(item);
    else say("choose a place first");
  }

  function add(seed) {
    desk.state.added = [seed, ...desk.state.added.filter((one) => one !== seed)].slice(0, MOST_ADDED);
    desk.keep();
    show();
    say(`seed ${seed} is on the shelf`);
  }

  function addTyped(event) {
    event.preventDefault();
    const seed = Number(field.value);
    if (field.value === "" || !Number.isSafeInteger(seed) || seed < 0) {
      complain("A seed is a whole number from 0 to 9,007,199,254,740,991, such as 17.");
      return;
    }
    complain("");
    field.value = "";
    add(seed);
  }

  desk.onaim = () => {
    if (desk.aimed?.concepts && desk.concepts.length) aside.append(concepts);
    else concepts.remove();
  };
  desk.onaim();
  show();
}
