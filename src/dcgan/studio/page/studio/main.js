// The tabs: each is a module with `show(panel)`, which fills the panel and returns what to do when it is left.

import { get } from "./api.js";
import { complain, make } from "./dom.js";
import * as draw from "./draw.js";
import * as sort from "./sort.js";
import * as train from "./train.js";

const TABS = { train: ["Train", train], draw: ["Draw", draw], sort: ["Sort", sort] };
const panel = document.getElementById("panel");
let leave = null;
let opened = 0; // tabs so far: one that comes late, after the next was opened, is not shown

for (const [name, [title]] of Object.entries(TABS)) {
  document.getElementById("tabs").append(
    make("a", { id: `tab-${name}`, href: `#${name}`, role: "tab", "aria-controls": "panel" }, title),
  );
}

async function open() {
  const [name] = location.hash.slice(1).split("/");
  const shown = name in TABS ? name : "train";
  leave?.();
  leave = null;
  complain("");
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.id === `tab-${shown}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  panel.setAttribute("aria-labelledby", `tab-${shown}`);
  panel.dataset.tab = shown;
  const place = make("div");
  panel.replaceChildren(place);
  const mine = ++opened;
  try {
    const done = await TABS[shown][1].show(place);
    if (mine === opened) leave = done;
    else done?.();
  } catch (error) {
    if (mine === opened) complain(error.message);
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
