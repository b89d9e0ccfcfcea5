// Files that are dropped on the page, or chosen: folders are opened, however deep.

import { make } from "./dom.js";

// A hidden field to choose files with; `take` is called with the list of them, also when the same are chosen again.
export function fileInput(take, attributes) {
  const input = make("input", { type: "file", class: "hidden", ...attributes, onchange: () => {
    const chosen = [...input.files];
    input.value = "";
    take(chosen);
  } });
  return input;
}

// A field to drop files on; `take` is called with the list of them.
export function dropZone(take, text, hint) {
  const input = fileInput(take, { multiple: true });
  const folder = fileInput(take, { webkitdirectory: true, tabindex: -1, "aria-hidden": "true" });
  const zone = make(
    "div",
    { class: "drop" },
    make("p", {}, make("label", { class: "button main" }, "Choose files", input), " ", make("button", { type: "button", onclick: () => folder.click() }, "Choose a folder")),
    make("p", { class: "soft" }, text),
    make("small", { class: "soft" }, hint),
    folder,
  );
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    take((await Promise.all(entries.map(filesOf))).flat());
  });
  return zone;
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!part.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...part);
  }
}
