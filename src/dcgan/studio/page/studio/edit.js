// Edit: objects that a model forgets or is given, and photographs that it repairs.

import { get } from "./api.js";
import { complain, empty, make } from "./dom.js";
import { showForget } from "./edit_forget.js";
import { showInsert } from "./edit_insert.js";
import { showPhoto } from "./edit_photo.js";

const MODES = {
  forget: ["Forget an object", showForget],
  insert: ["Insert an object", showInsert],
  repair: ["Repair a photograph", showPhoto],
};

export async function show(panel) {
  const { models } = await get("/api/state");
  if (!models.length) {
    panel.append(empty("No models yet: train one", "As soon as a training has its first checkpoint, its pictures can be edited here.", make("a", { class: "button main", href: "#train" }, "Train")));
    return null;
  }
  const [, named] = location.hash.split("/");
  const mode = named in MODES ? named : "forget";
  const place = make("div", { class: "stack" });
  panel.append(
    make("h1", { class: "hidden" }, "Edit"),
    make("nav", { class: "pills", "aria-label": "What to edit" },
      Object.entries(MODES).map(([name, [title]]) => make("a", { href: `#edit/${name}`, "aria-current": name === mode ? "page" : null }, title))),
    place,
  );
  let leave = null;
  let left = false;

  // Another model was chosen: show it all anew.
  async function open() {
    leave?.();
    leave = null;
    place.replaceChildren();
    try {
      leave = await MODES[mode][1](place, models, open);
      if (left) leave?.();
    } catch (error) {
      complain(error.message);
    }
  }

  await open();
  return () => { left = true; leave?.(); };
}
