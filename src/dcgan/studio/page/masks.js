// Paint what is missing of pictures; each change of a mask is put to the server, which saves it in a file.

import { MaskStore } from "./mask_store.js";
import { Painter } from "./painter.js";
import { PAINTING, PAINTING_KEYS } from "./painting.js";
import { $, Saving, send, showError } from "./saving.js";
import { makeThumbnails, share, showThumbnails } from "./thumbnails.js";

$("painting").innerHTML = PAINTING;
$("painting-keys").innerHTML = PAINTING_KEYS;

const { folder, pictures } = await (await send("GET", "state")).json(); // of each: {name, width, height, missing}
const masks = new MaskStore(pictures);
const saving = new Saving((index) => masks.put(index), showStatus);
const painter = new Painter(masks, { changed, show });
let shown = 0; // index in pictures

const current = () => pictures[shown];

async function show(index) {
  if (index < 0 || index >= pictures.length) return;
  painter.giveUp();
  shown = index;
  const { name, width, height } = current();
  painter.open(index, { name, width, height, src: `pictures/${index}.png` });
  $("name").textContent = `${name}, ${width} × ${height}`;
  $("all").children[index].scrollIntoView({ block: "nearest" });
  showStatus();
  try {
    await masks.load(index);
  } catch (error) {
    showError(`Not loaded: ${error.message}`);
  }
  if (shown === index) painter.draw(); // another may be shown by now
  showStatus();
}

function changed(index) {
  pictures[index].missing = masks.get(index).missing;
  saving.save(index);
  showStatus();
}

function showStatus() {
  const painted = pictures.filter(({ missing }) => missing).length;
  $("status").textContent = $("status").title =
    `${share(current())} of this picture is missing; ${painted} of ${pictures.length} ` +
    `${pictures.length === 1 ? "picture has" : "pictures have"} a mask; ` +
    saving.status(painted || painter.history.canUndo || painter.history.canRedo ? `saved in ${folder}` : "nothing to save yet");
  showThumbnails(pictures, shown);
  painter.showTools();
}

const next = () => show(shown + 1);
const previous = () => show(shown - 1);

document.addEventListener("keydown", (event) => painter.key(event, { n: next, ArrowRight: next, p: previous, ArrowLeft: previous }));
$("previous").addEventListener("click", previous);
$("next").addEventListener("click", next);
$("done").addEventListener("click", () => {
  painter.giveUp();
  const painted = pictures.some(({ missing }) => missing);
  saving.end(() => (painted ? `Saved in ${folder}.` : "Nothing is missing."));
});

makeThumbnails(pictures, show);
show(0);
