// Train: the runs of the folder at the left, and one of them, or a new one, at the right.

import { get } from "./api.js";
import { addressParts, make } from "./dom.js";
import { showNew } from "./train_new.js";
import { showRun } from "./train_run.js";

export async function show(panel) {
  const state = await get("/api/state");
  const name = addressParts().slice(1).join("/");
  const shown = state.runs.includes(name) ? name : null;
  const right = make("div", { class: "stack" });
  panel.append(
    make("h1", { class: "hidden" }, "Train"),
    make("div", { class: state.runs.length ? "two narrow" : "" }, state.runs.length > 0 && list(state.runs, shown), right),
  );
  if (name && !shown) right.append(make("p", { class: "note" }, `There is no run ${name} any more.`));
  return shown ? showRun(right, shown) : showNew(right, state);
}

function list(runs, shown) {
  const link = (href, text, current) => make("a", { href, "aria-current": current ? "page" : null }, text);
  return make(
    "nav",
    { class: "list", "aria-label": "Runs" },
    link("#train", "+ New training", !shown),
    runs.map((run) => link(`#train/${encodeURIComponent(run)}`, run.replace(/^runs\//, ""), run === shown)),
  );
}
