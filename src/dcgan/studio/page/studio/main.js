// The tabs: each is a module with `show(panel)`, which fills the panel and returns what to do when it is left.

import { get } from "./api.js";
import { addressParts, complain, make, rememberFocus } from "./dom.js";
import * as draw from "./draw.js";
import * as edit from "./edit.js";
import * as explore from "./explore.js";
import * as inside from "./inside.js";
import * as sort from "./sort.js";
import * as train from "./train.js";

const TABS = {
  train: ["Train", train], draw: ["Draw", draw], explore: ["Explore", explore], edit: ["Edit", edit], sort: ["Sort", sort],
  inside: ["Look inside", inside],
};
const panel = document.getElementById("panel");
let leave = null;

for (const [name, [title]] of Object.entries(TABS)) {
  document.getElementById("tabs").append(
    make("a", { id: `tab-${name}`, href: `#${name}`, role: "tab", "aria-controls": "panel" }, title),
  );
}

async function open() {
  const [name] = addressParts();
  const shown = Object.hasOwn(TABS, name) ? name : "train";
  leave?.();
  leave = null;
  complain("");
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.id === `tab-${shown}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" }); // on a phone they do not all fit
  }
  panel.setAttribute("aria-labelledby", `tab-${shown}`);
  panel.dataset.tab = shown;
  const focus = rememberFocus();
  const place = make("div"); // of its own: another tab may be opened before this one is filled
  panel.replaceChildren(place);
  try {
    const left = await TABS[shown][1].show(place);
    if (place.isConnected) {
      leave = left;
      focus();
    } else {
      left?.();
    }
  } catch (error) {
    if (place.isConnected) complain(error.message);
  }
}

document.getElementById("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
});
panel.setAttribute("role", "tabpanel");
window.addEventListener("hashchange", open);

get("/api/state").then(({ folder }) => { document.getElementById("folder").textContent = folder; }, () => {});
open();
