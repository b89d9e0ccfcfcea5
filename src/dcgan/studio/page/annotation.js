// Draw boxes on samples; each change of a sample is put to the server, which saves them in the file.

import { middle, moved, opposite, spanned, stretched } from "./geometry.js";
import { $, Saving, send } from "./saving.js";

const DRAG = 4; // CSS pixels that the pointer must go for a box: less is a click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const stage = $("stage");
const state = await (await fetch("state")).json(); // {file, size, samples, looked_at, boxes}; seeds are text
const boxes = new Map(state.samples.map((seed) => [seed, []])); // seed -> the boxes on it
const known = new Map(); // seed -> what the file has of it: several guesses, if an answer was lost
const seen = new Set(state.looked_at);
const saving = new Saving(put, showStatus);
const undo = []; // [seed, boxes before the change]
let shown = 0; // index in state.samples
let dragging = false;

for (const { seed, ...box } of state.boxes) boxes.get(seed).push(box);
for (const [seed, marks] of boxes) known.set(seed, [marks]);

const current = () => state.samples[shown];
const own = () => boxes.get(current());

// ---- saving

async function put(seed) {
  const now = boxes.get(seed);
  const before = known.get(seed);
  const looked = before.length === 1 && before[0] === now;
  if (!before.includes(now)) known.set(seed, [...before, now]); // until an answer comes, the file may have either
  if (looked) await send("PUT", `looked-at/${seed}`);
  else await send("PUT", `boxes/${seed}`, { boxes: now, before });
  known.set(seed, [now]);
  seen.add(seed);
}

function change(now) {
  undo.push([current(), own()]);
  boxes.set(current(), now);
  saving.save(current());
  render();
}

// ---- showing

function element(kind, className) {
  const made = document.createElement(kind);
  made.className = className;
  return made;
}

function position(node, box) {
  const share = (pixels) => `${(100 * pixels) / state.size}%`;
  node.style.left = share(box.left);
  node.style.top = share(box.top);
  node.style.width = share(box.right - box.left);
  node.style.height = share(box.bottom - box.top);
  return node;
}

function boxOnStage(box, number) {
  const node = position(element("div", "box"), box);
  node.tabIndex = 0;
  node.dataset.number = number;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", `box ${number + 1}: ${box.left}, ${box.top} to ${box.right}, ${box.bottom}`);
  for (const corner of ["nw", "ne", "sw", "se"]) {
    node.append(element("i", `corner ${corner}`));
    node.lastChild.dataset.corner = corner;
  }
  return node;
}

function render(focus = -1) {
  for (const old of stage.querySelectorAll(".box")) old.remove();
  stage.append(...own().map(boxOnStage));
  if (focus >= 0) stage.querySelectorAll(".box")[focus].focus();
  $("picture").src = `samples/${current()}.png`;
  $("picture").alt = `sample of seed ${current()}`;
  $("name").textContent = `seed ${current()}`;
  const small = $("all").children[shown];
  for (const old of small.querySelectorAll(".box")) old.remove();
  small.append(...own().map((box) => position(element("i", "box"), box)));
  showStatus();
}

function showStatus() {
  const count = [...boxes.values()].flat().length;
  $("status").textContent = $("status").title =
    `${count} ${count === 1 ? "box" : "boxes"}; ${state.samples.filter((seed) => seen.has(seed)).length} of ${boxes.size} samples looked at; ` +
    saving.status(seen.size ? `saved in ${state.file}` : "nothing to save yet");
  [...$("all").children].forEach((button, number) => {
    button.classList.toggle("seen", seen.has(state.samples[number]));
    button.setAttribute("aria-current", number === shown);
  });
}

function show(number) {
  if (number < 0 || number >= state.samples.length) return;
  if (!seen.has(current())) saving.save(current()); // who goes on has looked at it
  shown = number;
  render();
  $("all").children[shown].scrollIntoView({ block: "nearest" });
}

for (const [number, seed] of state.samples.entries()) {
  const button = element("button", "");
  const picture = element("img", "");
  picture.loading = "lazy";
  picture.src = `samples/${seed}.png`;
  picture.alt = `seed ${seed}`;
  button.title = `seed ${seed}`;
  button.append(picture, ...boxes.get(seed).map((box) => position(element("i", "box"), box)));
  button.addEventListener("click", () => show(number));
  $("all").append(button);
}

// ---- the mouse: a drag on the picture draws a box, on a box moves it, on a corner resizes it

function point(event) {
  const frame = stage.getBoundingClientRect();
  return {
    x: ((event.clientX - frame.left) / frame.width) * state.size,
    y: ((event.clientY - frame.top) / frame.height) * state.size,
  };
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  event.preventDefault();
  const start = point(event);
  const node = event.target.closest(".box");
  const number = node ? Number(node.dataset.number) : own().length;
  const before = own()[number];
  const corner = event.target.dataset.corner;
  const ghost = node ?? element("div", "box");
  let box = before;
  let dragged = false;
  dragging = true;
  stage.setPointerCapture(event.pointerId);

  const follow = (now) => {
    dragged ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) >= DRAG;
    if (!dragged) return;
    const here = point(now);
    if (corner) box = spanned(opposite(before, corner), here, state.size);
    else if (before) box = moved(before, here.x - start.x, here.y - start.y, state.size);
    else box = spanned(start, here, state.size);
    position(ghost, box);
    if (!ghost.isConnected) stage.append(ghost);
  };
  const end = (now) => {
    dragging = false;
    for (const [kind, listener] of listeners) stage.removeEventListener(kind, listener);
    if (dragged && now.type === "pointerup") {
      change(own().toSpliced(number, 1, box));
      render(number);
    } else {
      render(node ? number : -1);
      if (!node) document.activeElement.blur();
    }
  };
  const listeners = [["pointermove", follow], ["pointerup", end], ["pointercancel", end]];
  for (const [kind, listener] of listeners) stage.addEventListener(kind, listener);
});

// ---- the keyboard

document.addEventListener("keydown", (event) => {
  if (dragging || event.altKey || ((event.ctrlKey || event.metaKey) && event.key !== "z")) return;
  const node = document.activeElement.closest("#stage .box");
  const number = node ? Number(node.dataset.number) : -1;
  const [across, down] = ARROWS[event.key] ?? [0, 0];
  if (node && event.key in ARROWS) {
    const shift = event.shiftKey ? stretched : moved;
    change(own().with(number, shift(own()[number], across, down, state.size)));
    render(number);
  } else if (node && ["Delete", "Backspace"].includes(event.key)) {
    change(own().toSpliced(number, 1));
  } else if (node && event.key === "Escape") {
    node.blur();
  } else if (["n", "N", "ArrowRight"].includes(event.key)) {
    show(shown + 1);
  } else if (["p", "P", "ArrowLeft"].includes(event.key)) {
    show(shown - 1);
  } else if (["b", "B"].includes(event.key)) {
    change([...own(), middle(state.size)]);
    render(own().length - 1);
  } else if (["u", "U", "z"].includes(event.key)) {
    if (!undo.length) return;
    const [seed, before] = undo.pop();
    boxes.set(seed, before);
    saving.save(seed);
    const focus = node && seed === current() ? Math.min(number, before.length - 1) : -1;
    show(state.samples.indexOf(seed));
    if (focus >= 0) render(focus);
  } else {
    return;
  }
  event.preventDefault();
});

// ---- the end

$("previous").addEventListener("click", () => show(shown - 1));
$("next").addEventListener("click", () => show(shown + 1));
$("done").addEventListener("click", () => {
  if (!seen.has(current()) && own().length === 0) saving.save(current());
  saving.end(() => `Saved in ${state.file}.`);
});

render();
