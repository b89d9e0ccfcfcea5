// Edit: objects that a model forgets or is given, and photographs that it repairs.

import { get } from "./api.js";
import { addressParts, complain, empty, make, rememberFocus } from "./dom.js";
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
  const [, named] = addressParts();
  const mode = Object.hasOwn(MODES, named) ? named : "forget";
  const place = make("div", { class: "stack" });
  panel.append(
    make("h1", { class: "hidden" }, "Edit"),
    make("nav", { class: "pills", "aria-label": "What to edit" },
      Object.entries(MODES).map(([name, [title]]) => make("a", { href: `#edit/${name}`, "aria-current": name === mode ? "page" : null }, title))),
    place,
  );
  let leave = null;

  // Another model was chosen: show it all anew. Yet another may be chosen before this one is shown.
  async function open() {
    leave?.();
    leave = null;
    const focus = rememberFocus();
    const own = make("div", { class: "stack" });
    place.replaceChildren(own);
    try {
      const close = await MODES[mode][1](own, models, open);
      if (own.isConnected) {
        leave = close;
        focus();
      } else {
        close?.();
      }
    } catch (error) {
      if (own.isConnected) complain(error.message);
    }
  }

  await open();
  return () => leave?.();
}
