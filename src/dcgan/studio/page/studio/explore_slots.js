// Slots: places that pictures are put into. A picture is dragged from the shelf, or the slot is chosen and then the
// picture. An item is {seed} or {concept}.

import { complain, make, say } from "./dom.js";

const TYPE = "application/x-dcgan"; // of what is dragged

export function nameOf(item) {
  return "concept" in item ? item.concept : `seed ${item.seed}`;
}

// Let an element be dragged into a slot.
export function draggable(element, item, from = null) {
  element.draggable = true;
  element.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(TYPE, JSON.stringify({ item, ...from }));
    event.dataTransfer.setData("text/plain", nameOf(item));
  });
  return element;
}

// A slot with `name`. Options: `items` that are in it; `most` of them, 1 unless said; whether it takes `concepts`, holds a
// picture twice (`repeats`), and what to do when its items have `changed` or one is `picked`; `head` stands before them.
export function makeSlot(desk, { name, items, most = 1, concepts = false, repeats = false, changed, picked, head = null }) {
  const several = most > 1;
  const aim = make("button", { type: "button", class: "aim", title: "Choose this place, then a picture", onclick: () => aimHere() }, name);
  const inside = make("div", { class: "items" });
  const element = make("div", { class: "slot", role: "group", "aria-label": name, "data-several": several }, make("div", { class: "row" }, aim, head), inside);
  const slot = { element, concepts, put, aim: aimHere, items: () => items };

  function aimHere() {
    for (const other of document.querySelectorAll(".aim")) other.setAttribute("aria-pressed", other === aim);
    desk.aimed = slot;
    desk.onaim?.();
  }

  // Put an item in: before the one at an index, or at the end.
  function put(item, index = items.length) {
    if ("concept" in item && !concepts) {
      say(`${name} takes pictures only`);
      return;
    }
    const alone = !several || "concept" in item || (items[0] && "concept" in items[0]);
    if (!alone && !repeats && items.some(({ seed }) => seed === item.seed)) return;
    if (!alone && items.length >= most) {
      complain(`${name} holds ${most} pictures at most.`);
      return;
    }
    update(alone ? [item] : items.toSpliced(index, 0, item));
    say(`${nameOf(item)} is in ${name}`);
  }

  function move(index, to) {
    if (to < 0 || to >= items.length) return;
    update(items.toSpliced(index, 1).toSpliced(to, 0, items[index]));
    inside.querySelectorAll(".tile")[to].focus();
  }

  function update(next) {
    items = next;
    show();
    changed(items);
  }

  function show() {
    inside.replaceChildren(...items.map(chip), ...(items.length ? [] : [make("p", { class: "soft" }, "Put a picture here")]));
  }

  function chip(item, index) {
    const remove = several && make("button", { type: "button", class: "remove", "aria-label": `Take ${nameOf(item)} out of ${name}`, title: "Take it out", onclick: () => { update(items.toSpliced(index, 1)); aim.focus(); } }, "×");
    const content = "concept" in item ? make("span", { class: "concept" }, item.concept) : make("button", {
      type: "button",
      class: "tile",
      title: several && repeats ? "Drag it, or move it with the arrow keys" : nameOf(item),
      onclick: () => (picked ? picked(index) : aimHere()),
      onkeydown: (event) => { if (repeats && event.key === "ArrowLeft") move(index, index - 1); if (repeats && event.key === "ArrowRight") move(index, index + 1); },
    }, desk.thumbnail(item.seed));
    const element = draggable(make("span", { class: "chip" }, content, remove), item, { name, index });
    element.addEventListener("drop", (event) => drop(event, index));
    return element;
  }

  function drop(event, index) {
    element.classList.remove("over");
    const text = event.dataTransfer.getData(TYPE);
    if (!text) return;
    event.preventDefault();
    event.stopPropagation();
    const dragged = JSON.parse(text);
    if (dragged.name !== name) put(dragged.item, index);
    else if (several) move(dragged.index, Math.min(index ?? items.length, items.length - 1));
  }

  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(TYPE)) return;
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => drop(event));
  show();
  aim.setAttribute("aria-pressed", false);
  return slot;
}
