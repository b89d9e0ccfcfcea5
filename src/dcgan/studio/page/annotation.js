// Draw boxes on samples; each change of a sample is put to the server, which saves them in the file.

import { BOX_KEYS, BoxSheet } from "./box_sheet.js";
import { $, Saving, send } from "./saving.js";

const state = await (await fetch("state")).json(); // {file, size, samples, looked_at, boxes}; seeds are text
const boxes = new Map(state.samples.map((seed) => [seed, []])); // seed -> the boxes on it
const known = new Map(); // seed -> what the file has of it: several guesses, if an answer was lost
const saving = new Saving(put, showStatus);
const sheet = new BoxSheet({ stage: $("stage"), all: $("all") }, state.size, { show, picture, changed: (seed) => saving.save(seed) });

for (const seed of state.looked_at) sheet.seen.add(seed);
for (const { seed, ...box } of state.boxes) boxes.get(seed).push(box);
for (const [seed, marks] of boxes) known.set(seed, [marks]);

async function put(seed) {
  const now = boxes.get(seed);
  const before = known.get(seed);
  const looked = before.length === 1 && before[0] === now;
  if (!before.includes(now)) known.set(seed, [...before, now]); // until an answer comes, the file may have either
  if (looked) await send("PUT", `looked-at/${seed}`);
  else await send("PUT", `boxes/${seed}`, { boxes: now, before });
  known.set(seed, [now]);
  sheet.seen.add(seed);
}

function show(seed) {
  $("picture").src = `samples/${seed}.png`;
  $("picture").alt = `sample of seed ${seed}`;
  $("name").textContent = `seed ${seed}`;
  showStatus();
}

function picture(seed) {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.src = `samples/${seed}.png`;
  image.alt = `seed ${seed}`;
  return image;
}

function showStatus() {
  const count = [...boxes.values()].flat().length;
  $("status").textContent = $("status").title =
    `${count} ${count === 1 ? "box" : "boxes"}; ${state.samples.filter((seed) => sheet.seen.has(seed)).length} of ${boxes.size} samples looked at; ` +
    saving.status(sheet.seen.size ? `saved in ${state.file}` : "nothing to save yet");
  sheet.showSeen();
}

$("keys").innerHTML = BOX_KEYS;
document.addEventListener("keydown", (event) => sheet.key(event));
$("previous").addEventListener("click", () => sheet.previous());
$("next").addEventListener("click", () => sheet.next());
$("done").addEventListener("click", () => {
  if (!sheet.seen.has(sheet.current) && boxes.get(sheet.current).length === 0) saving.save(sheet.current);
  saving.end(() => `Saved in ${state.file}.`);
});

sheet.add(state.samples);
sheet.use(boxes);
