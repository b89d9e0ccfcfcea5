// The classes of a sorting: which one a click gives, and how many pictures have each.

import { post } from "./api.js";
import { complain, labeled, make } from "./dom.js";

const KEYS = 9;

// `facts` is what the server says of the sorting; `answered` is called with what it says after a change.
export function classBar(sorting, answered) {
  const bar = make("div", { class: "chips", role: "radiogroup", "aria-label": "The class that a click gives" });
  const fields = make("div", { class: "stack tight" });
  const added = make("input", { maxlength: 40, placeholder: "A new class", onkeydown: (event) => { if (event.key === "Enter") add(); } });
  const editor = make("details", { id: "classes" }, make("summary", {}, "Change the classes"),
    make("div", { class: "stack tight" }, fields, make("div", { class: "row" }, labeled("Add a class", added), make("button", { type: "button", onclick: add }, "Add"))));
  let shown = "";
  let brush = 0;

  async function change(content) {
    try {
      answered(await post("/api/sorting/classes", { sorting, ...content }));
      complain("");
    } catch (error) {
      complain(error.message);
      shown = ""; // so that fields show again what is true
      answered();
    }
  }

  function add() {
    if (!added.value.trim()) return;
    change({ add: added.value });
    added.value = "";
  }

  function chip(name, index) {
    const radio = make("input", { type: "radio", name: "brush", class: "hidden", value: index, checked: index === brush, onchange: () => { brush = index; } });
    return make("label", { class: "chip", "data-tone": tone(index) }, radio,
      index < KEYS && make("kbd", {}, String(index + 1)),
      make("span", {}, name), make("span", { class: "count" }));
  }

  function row(name) {
    const field = make("input", { value: name, maxlength: 40, "aria-label": `Name of ${name}`, onchange: () => change({ rename: name, to: field.value }) });
    return make("div", { class: "row tight" }, field, make("button", { type: "button", "aria-label": `Remove ${name}`, onclick: () => change({ remove: name }) }, "Remove"));
  }

  return {
    bar,
    editor,
    get brush() { return brush; },
    // Choose the class that a click gives, by its number from 0.
    choose(index) {
      const radio = bar.querySelectorAll("input")[index];
      if (radio && !radio.disabled) radio.click();
    },
    show(facts, { correcting }) {
      const now = JSON.stringify(facts.classes);
      if (now !== shown) {
        brush = Math.min(brush, facts.classes.length - 1);
        bar.replaceChildren(...facts.classes.map((name, index) => chip(name, index)));
        fields.replaceChildren(...facts.classes.map((name) => row(name)));
        shown = now;
      }
      facts.classes.forEach((name, index) => {
        bar.children[index].querySelector(".count").textContent = String(facts.labeled[name]);
        fields.children[index].querySelector("button").disabled = facts.labeled[name] > 0 || facts.classes.length < 3;
      });
      bar.classList.toggle("correcting", correcting);
      for (const radio of bar.querySelectorAll("input")) radio.disabled = correcting;
    },
  };
}

// Which of ten colors a class has.
export function tone(index) {
  return index < 0 ? "" : String(index % 10);
}
