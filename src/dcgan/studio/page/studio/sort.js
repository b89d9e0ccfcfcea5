// Sort: pictures are sorted into classes, by a few labels and a classifier that learns from them.

import { get } from "./api.js";
import { addressParts, choice, labeled, make } from "./dom.js";
import { showBoard } from "./sort_board.js";
import { showNew } from "./sort_new.js";

const NEW = "new";

export async function show(panel) {
  const sortings = await get("/api/sortings");
  const named = addressParts().slice(1).join("/");
  const shown = named === NEW ? null : sortings.find(({ sorting }) => short(sorting) === named) ?? sortings[0];
  panel.append(make("h1", { class: "hidden" }, "Sort"));
  if (sortings.length) {
    const options = sortings.map(({ sorting, labels }) => [sorting, labels === undefined ? `${short(sorting)} (damaged)` : short(sorting)]);
    const go = (event) => { location.hash = `sort/${encodeURIComponent(event.target.value === NEW ? NEW : short(event.target.value))}`; };
    panel.append(make("div", { class: "controls which" }, labeled("Sorting", choice([...options, [NEW, "+ New sorting"]], shown?.sorting ?? NEW, { id: "sorting", onchange: go }))));
  }
  const place = make("div", { class: "stack" });
  panel.append(place);
  return shown ? showBoard(place, shown.sorting) : showNew(place);
}

function short(sorting) {
  return sorting.replace(/^sorted\//, "");
}
