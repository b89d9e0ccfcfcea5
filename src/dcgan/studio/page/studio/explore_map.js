// Map: all that lies between four pictures, and a point on it that is moved by the mouse or the arrow keys.

import { make } from "./dom.js";
import { makeSlot } from "./explore_slots.js";
import { makeStage } from "./explore_stage.js";
import { latest } from "./latest.js";

const SIDE = 7; // pictures of the map, across and down
const STEP = 1 / 60; // of an arrow key; with Shift from picture to picture
const CORNERS = ["Top left", "Top right", "Bottom left", "Bottom right"];

export function showMap(place, desk) {
  const { state } = desk;
  const { size } = desk.model;
  const stage = makeStage(desk);
  const pictures = make("canvas", { class: "crisp", width: SIDE * size, height: SIDE * size, role: "presentation" });
  const point = make("span", { class: "point" });
  const map = make("div", { id: "map", tabindex: 0, role: "slider", "aria-label": "Point on the map: arrow keys move it", "aria-valuemin": 0, "aria-valuemax": 100 }, pictures, point);
  const slots = CORNERS.map((name, corner) => makeSlot(desk, { name, items: [{ seed: state.corners[corner] }], changed: ([{ seed }]) => { state.corners[corner] = seed; drawMap(); go(state.x, state.y); } }));
  place.append(
    map,
    stage.picture,
    make("div", { class: "act stack tight" }, make("div", { class: "corners" }, slots.map(({ element }) => element)), make("p", {}, make("button", { id: "shuffle", type: "button", onclick: shuffle }, "Four other pictures"))),
    make("div", { class: "keep" }, stage.keeping));

  const drawMap = latest(async () => {
    const along = Array.from({ length: SIDE }, (_, index) => index / (SIDE - 1));
    const drawn = await desk.draw({ kind: "grid", seeds: state.corners, x: along, y: along }, Array(SIDE * SIDE).fill(""));
    drawn?.forEach((picture, index) => pictures.getContext("2d").drawImage(picture, (index % SIDE) * size, Math.floor(index / SIDE) * size));
  });

  // A place is 0 to 1, from the center of the first picture to the center of the last.
  const inside = (value) => Math.min(1, Math.max(0, value));
  const toPage = (value) => `${(100 * (0.5 + (SIDE - 1) * value)) / SIDE}%`;
  const fromPage = (share) => inside((SIDE * share - 0.5) / (SIDE - 1));

  function go(x, y) {
    [state.x, state.y] = [inside(x), inside(y)];
    desk.keep();
    point.style.left = toPage(state.x);
    point.style.top = toPage(state.y);
    const name = `${Math.round(100 * state.x)}% across, ${Math.round(100 * state.y)}% down`;
    map.setAttribute("aria-valuenow", Math.round(100 * state.x));
    map.setAttribute("aria-valuetext", name);
    stage.show({ kind: "grid", seeds: state.corners, x: [state.x], y: [state.y] }, name);
  }

  function follow(event) {
    const box = pictures.getBoundingClientRect();
    go(fromPage((event.clientX - box.left) / box.width), fromPage((event.clientY - box.top) / box.height));
  }

  function shuffle() {
    for (const slot of slots) slot.put({ seed: Math.floor(Math.random() * 1_000_000) });
  }

  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    follow(event);
  });
  map.addEventListener("pointermove", (event) => { if (map.hasPointerCapture(event.pointerId)) follow(event); });
  map.addEventListener("keydown", (event) => {
    const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] ?? [0, 0];
    if (!across && !down) return;
    event.preventDefault();
    const step = event.shiftKey ? 1 / (SIDE - 1) : STEP;
    go(state.x + across * step, state.y + down * step);
  });

  slots[0].aim();
  drawMap();
  go(state.x, state.y);
}
