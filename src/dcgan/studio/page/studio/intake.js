// What became of pictures: how many can be used, what they look like, and which cannot be used and why.

import { address } from "./api.js";
import { make, number } from "./dom.js";

// `names` are what the files were called before they were dropped, by the names they are stored under.
export function intakeReport(facts, sheet, names = new Map()) {
  return make(
    "div",
    { class: "stack" },
    make("p", {}, make("b", {}, `${usable(facts)} can be used.`), ` ${becomes(facts)}`),
    sheet && make("img", { src: address("/api/intake/sheet.png", sheet), alt: `Some of the ${facts.noun}s as they are learned from`, class: "crisp sheet" }),
    facts.skipped > 0 && refused(facts, names),
    facts.used < 2 && make("p", { class: "bad" }, `A training needs at least two ${facts.noun}s.`),
    facts.used >= 2 && facts.used < 500 && make("p", { class: "note" }, `These are few: the new ${facts.noun}s will resemble them closely. With a thousand or more, they become varied.`),
  );
}

function usable({ used, skipped, noun }) {
  const total = used + skipped;
  if (total === 1) return used ? `The ${noun}` : `0 of 1 ${noun}`;
  return `${skipped ? `${number(used)} of` : "All"} ${number(total)} ${noun}s`;
}

// What is done to each before it is learned from. Only recordings have clips here.
function becomes({ noun, size }) {
  return noun === "clip" ? `Each becomes a spectrogram of ${size} by ${size}.` : `They are cut square and made ${size} by ${size} pixels.`;
}

function refused({ skipped, reasons, list, noun }, names) {
  const counts = Object.entries(reasons).map(([reason, count]) => `${reason}: ${number(count)}`).join(", ");
  return make(
    "details",
    {},
    make("summary", {}, `${number(skipped)} cannot be used (${counts})`),
    make(
      "div",
      { class: "scrolls" },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, make("th", {}, noun), make("th", {}, "why"))),
        make("tbody", {}, list.map(({ name, reason, detail }) => make("tr", {}, make("td", {}, names.get(name) ?? name), make("td", {}, detail ? `${reason}: ${detail}` : reason)))),
      ),
    ),
    skipped > list.length && make("p", { class: "soft" }, `and ${number(skipped - list.length)} more`),
  );
}
