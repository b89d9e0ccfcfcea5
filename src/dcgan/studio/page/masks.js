// Paint what is missing of pictures; each change of a mask is put to the server, which saves it in a file.

import { History } from "./history.js";
import { MaskStore } from "./mask_store.js";
import { $, Saving, send, showError } from "./saving.js";
import { Stroke } from "./stroke.js";
import { makeThumbnails, share, showThumbnails } from "./thumbnails.js";

const DRAG = 4; // CSS pixels that the pointer must go for a rectangle: less is a click
const COLOR = [255, 0, 140, 255]; // of what is missing
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [RIGHT_BUTTON, PEN_ERASER] = [2, 5];
const TOOLS = ["brush", "eraser", "rectangle"];

const stage = $("stage");
const { folder, pictures } = await (await send("GET", "state")).json(); // of each: {name, width, height, missing}
const masks = new MaskStore(pictures);
const history = new History();
const saving = new Saving((index) => masks.put(index), showStatus);
let shown = 0; // index in pictures
let tool = "brush";
let cursor = { x: 0, y: 0 }; // where the brush is, in pixels of the picture
let stroke = null; // the one that has not ended
let pointer = null; // that draws it: {id, x, y} of where it was pressed, in CSS pixels; null for the keyboard

const current = () => pictures[shown];

// ---- showing

function draw(box) {
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const image = new ImageData(width, height);
  const colors = new Uint32Array(image.data.buffer);
  const [color] = new Uint32Array(Uint8Array.from(COLOR).buffer);
  masks.get(shown).crop(box).forEach((missing, pixel) => { if (missing) colors[pixel] = color; });
  $("mask").getContext("2d").putImageData(image, box.left, box.top);
}

async function show(index) {
  if (index < 0 || index >= pictures.length) return;
  giveUp();
  shown = index;
  const { name, width, height } = current();
  stage.style.setProperty("--ratio", width / height);
  stage.setAttribute("aria-label", `${name}, ${width} by ${height} pixels`);
  showScale();
  $("picture").hidden = true; // until the new one is there
  $("picture").src = `pictures/${index}.png`;
  $("picture").alt = name;
  $("name").textContent = `${name}, ${width} × ${height}`;
  [$("mask").width, $("mask").height] = [width, height]; // which clears it
  $("all").children[index].scrollIntoView({ block: "nearest" });
  moveCursor({ x: Math.floor(width / 2) + 0.5, y: Math.floor(height / 2) + 0.5 });
  showSize();
  showStatus();
  try {
    await masks.load(index);
  } catch (error) {
    showError(`Not loaded: ${error.message}`);
  }
  if (shown === index && masks.get(index)) draw(masks.get(index).whole); // another may be shown by now
  showStatus();
}

// Pixels are squares where they are enlarged, and fine lines stay visible where they are not.
function showScale() {
  stage.classList.toggle("enlarged", stage.clientWidth >= current().width);
}

function showStatus() {
  const painted = pictures.filter(({ missing }) => missing).length;
  $("status").textContent = $("status").title =
    `${share(current())} of this picture is missing; ${painted} of ${pictures.length} ` +
    `${pictures.length === 1 ? "picture has" : "pictures have"} a mask; ` +
    saving.status(painted || history.canUndo || history.canRedo ? `saved in ${folder}` : "nothing to save yet");
  showThumbnails(pictures, shown);
  $("undo").disabled = !history.canUndo;
  $("redo").disabled = !history.canRedo;
  $("clear").disabled = !current().missing;
  for (const name of TOOLS) $(name).setAttribute("aria-pressed", name === tool);
}

// ---- changing

function changed(index) {
  pictures[index].missing = masks.get(index).missing;
  saving.save(index);
  showStatus();
}

function begin(start, { erases = tool === "eraser", rectangle = tool === "rectangle" } = {}) {
  stroke = new Stroke(masks.get(shown), start, { value: erases ? 0 : 1, size: brushSize(), rectangle });
}

function end() {
  const change = stroke.end();
  stroke = pointer = null;
  if (!change) return;
  history.add({ picture: shown, ...change });
  changed(shown);
}

function giveUp() {
  const box = stroke?.cancel();
  if (box) {
    draw(box);
    saving.save(shown); // what was saved meanwhile may have had a part of it
  }
  stroke = pointer = null;
}

function clear() {
  if (pointer || !current().missing || !masks.get(shown)) return;
  begin({ x: 0, y: 0 }, { erases: true, rectangle: true });
  draw(stroke.to({ x: current().width, y: current().height }));
  end();
}

async function goBack(change) {
  changed(change.picture);
  if (change.picture === shown) draw(change.box);
  else await show(change.picture);
}

function undo() {
  if (!pointer && history.canUndo) goBack(history.undo(masks));
}

function redo() {
  if (!pointer && history.canRedo) goBack(history.redo(masks));
}

function choose(name) {
  tool = name === tool ? "brush" : name;
  $("cursor").classList.toggle("square", tool === "rectangle");
  showSize();
  showStatus();
}

// ---- the brush: its size grows with the picture's, so that the slider means the same on all of them

function brushSize() {
  return Math.round(Math.min(current().width, current().height) ** ($("size").value / 100));
}

function showSize() {
  const size = brushSize();
  $("size").setAttribute("aria-valuetext", `${size} ${size === 1 ? "pixel" : "pixels"}`);
  $("size").title = $("size").getAttribute("aria-valuetext");
  $("cursor").style.width = `${(100 * (tool === "rectangle" ? 1 : size)) / current().width}%`;
}

function resize(step) {
  const before = brushSize();
  let value;
  do {
    value = $("size").value;
    $("size").value = Number(value) + step; // it stays within its ends
  } while (brushSize() === before && $("size").value !== value);
  showSize();
}

function moveCursor(point) {
  cursor = point;
  $("cursor").style.left = `${(100 * point.x) / current().width}%`;
  $("cursor").style.top = `${(100 * point.y) / current().height}%`;
}

// ---- the pointer

function point(event) {
  const frame = stage.getBoundingClientRect();
  return {
    x: ((event.clientX - frame.left) / frame.width) * current().width,
    y: ((event.clientY - frame.top) / frame.height) * current().height,
  };
}

stage.addEventListener("pointerdown", (event) => {
  if (pointer || ![0, RIGHT_BUTTON, PEN_ERASER].includes(event.button)) return;
  event.preventDefault();
  if (document.activeElement !== stage) document.activeElement.blur(); // keys are for the picture again
  if (!masks.get(shown)) return;
  giveUp(); // the keyboard's rectangle
  const rectangle = event.shiftKey || tool === "rectangle";
  begin(point(event), { erases: event.button > 0 || tool === "eraser", rectangle });
  pointer = { id: event.pointerId, x: event.clientX, y: event.clientY };
  stage.setPointerCapture(pointer.id);
  if (!rectangle) draw(stroke.to(point(event)));
});
stage.addEventListener("pointermove", (event) => {
  moveCursor(point(event));
  if (pointer?.id !== event.pointerId) return;
  const far = Math.hypot(event.clientX - pointer.x, event.clientY - pointer.y) >= DRAG;
  if (stroke.box || far) draw(stroke.to(cursor));
});
stage.addEventListener("pointerup", (event) => { if (pointer?.id === event.pointerId) end(); });
stage.addEventListener("pointercancel", (event) => { if (pointer?.id === event.pointerId) giveUp(); });
stage.addEventListener("contextmenu", (event) => event.preventDefault());

// ---- the keyboard

function onStage(event) {
  if (event.key in ARROWS) {
    const [across, down] = ARROWS[event.key];
    const step = event.shiftKey ? Math.max(8, Math.round(Math.min(current().width, current().height) / 20)) : 1;
    const along = (value, size) => Math.min(size - 0.5, Math.max(0.5, Math.floor(value) + 0.5)); // a pixel's center
    moveCursor({
      x: along(cursor.x + step * across, current().width),
      y: along(cursor.y + step * down, current().height),
    });
    if (stroke) draw(stroke.to(cursor));
  } else if (event.key === " " && stroke) {
    end();
  } else if (event.key === " ") {
    const rectangle = event.shiftKey || tool === "rectangle";
    begin(cursor, { rectangle });
    draw(stroke.to(cursor));
    if (!rectangle) end();
  } else if (event.key === "Escape" && stroke) {
    giveUp();
  } else if (event.key === "Escape") {
    stage.blur();
  } else {
    return false;
  }
  const missing = masks.get(shown).pixels[Math.floor(cursor.y) * current().width + Math.floor(cursor.x)];
  $("place").textContent = `${Math.floor(cursor.x)}, ${Math.floor(cursor.y)}: ${missing ? "missing" : "known"}`;
  return true;
}

const KEYS = {
  n: () => show(shown + 1), ArrowRight: () => show(shown + 1), p: () => show(shown - 1), ArrowLeft: () => show(shown - 1),
  b: () => choose("brush"), e: () => choose("eraser"), r: () => choose("rectangle"),
  "[": () => resize(-5), "]": () => resize(5), u: undo, y: redo, c: clear,
};
const WITH_CONTROL = { z: undo, Z: redo, y: redo };

// What a key does, if it does anything here.
function actionOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ("[]".includes(key) && event.altKey) return KEYS[key]; // some keyboards have them there
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL[event.key];
  if (event.altKey || (key in ARROWS && document.activeElement === $("size"))) return undefined;
  return KEYS[key];
}

document.addEventListener("keydown", (event) => {
  if (pointer) return; // keys wait until the pointer has let go
  const plain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (plain && document.activeElement === stage && masks.get(shown) && onStage(event)) {
    event.preventDefault();
    return;
  }
  const act = stroke ? undefined : actionOf(event);
  if (!act) return;
  act();
  event.preventDefault();
});
stage.addEventListener("blur", () => { if (!pointer) giveUp(); });

// ---- buttons, and the end

for (const name of TOOLS) $(name).addEventListener("click", () => choose(name));
for (const [name, act] of Object.entries({ undo, redo, clear })) $(name).addEventListener("click", act);
$("size").addEventListener("input", showSize);
$("picture").addEventListener("load", () => { $("picture").hidden = false; });
$("previous").addEventListener("click", () => show(shown - 1));
$("next").addEventListener("click", () => show(shown + 1));
$("done").addEventListener("click", () => {
  giveUp();
  const painted = pictures.some(({ missing }) => missing);
  saving.end(() => (painted ? `Saved in ${folder}.` : "Nothing is missing."));
});
window.addEventListener("resize", showScale);

makeThumbnails(pictures, show);
show(0);
