// Beside the pictures: how many are labeled, what was learned, and the export.

import { post } from "./api.js";
import { quoted } from "./commands.js";
import { complain, make, number, progress, sentence } from "./dom.js";
import { downloadButton } from "./download.js";

export const LEAST = 2; // labels of each class that it learns from; the server refuses fewer

export function enough(facts) {
  return facts.classes.every((name) => facts.labeled[name] >= LEAST);
}

const PHASES = { waiting: "Getting ready", pictures: "Preparing the pictures", features: "Looking at the pictures" };

// What stands there until the pictures have been looked at; `look` and `stop` are what its button does.
export function lookCard({ look, stop }) {
  const title = make("h2", {});
  const text = make("p", {});
  const place = make("div", {});
  const button = make("button", { id: "look", type: "button", onclick: () => (button.dataset.does === "stop" ? stop() : look()) });
  const card = make("section", { class: "card", "aria-live": "polite" }, title, text, place, make("p", {}, button));
  return {
    card,
    show(facts) {
      const going = facts.state === "looking";
      title.textContent = { looking: "The model looks at the pictures", stopped: "Stopped", failed: "These pictures cannot be sorted" }[facts.state];
      text.textContent = { looking: "This is done once for these pictures.", stopped: "The model has not looked at all pictures yet. Your labels are kept.", failed: sentence(facts.error ?? "") }[facts.state];
      text.className = facts.state === "failed" ? "bad" : "soft";
      button.dataset.does = going ? "stop" : "look";
      button.textContent = going ? "Stop" : "Look at the pictures";
      button.className = going ? "" : "main";
      if (going) progress(place, PHASES[facts.phase], facts.done, facts.total);
      else place.replaceChildren();
    },
  };
}

// The card at the side; `learn` and `again` are what its buttons do.
export function statusCard(sorting, { learn, again }) {
  const learnButton = make("button", { id: "learn", type: "button", class: "main", onclick: learn }, "Learn");
  const exportButton = make("button", { id: "export", type: "button", onclick: save }, "Export");
  const text = make("div", { id: "status", class: "stack tight" });
  const going = make("div", {});
  let shown = "";
  const saved = make("div", { id: "saved", class: "stack tight", "aria-live": "polite" });
  const card = make("aside", { class: "card stack tight", "aria-label": "What is known" }, text, going, make("div", { class: "row" }, learnButton, exportButton), saved);

  async function save() {
    exportButton.disabled = true;
    try {
      const { classifier, table } = await post("/api/sorting/export", { sorting });
      saved.replaceChildren(
        make("p", {}, "Written into the studio's folder: ", make("code", {}, table), ", a row for each picture, and ", make("code", {}, classifier), "."),
        make("p", {}, downloadButton("Download the table", { id: "table-file" }, () => ["/api/sorting/pictures.csv", { sorting }])),
        make("p", { class: "soft" }, "The classifier sorts other pictures, too:"),
        make("code", { class: "command" }, `dcgan classify ${quoted(classifier)} photos/ --out labels.csv`));
    } catch (error) {
      complain(error.message);
    }
    exportButton.disabled = false;
  }

  return {
    card,
    show(facts, learning) {
      const total = Object.values(facts.labeled).reduce((sum, count) => sum + count, 0);
      const ready = enough(facts);
      learnButton.disabled = learning || !ready || Boolean(facts.learned && !facts.learned.stale);
      learnButton.textContent = learning ? "Learning …" : "Learn";
      exportButton.disabled = !ready || learning;
      if (facts.looking && facts.phase !== "waiting") progress(going, PHASES[facts.phase], facts.done, facts.total);
      else going.replaceChildren();
      const now = JSON.stringify({ ...facts, version: 0, phase: "", done: 0, total: 0 });
      if (now === shown) return; // so that nobody loses the focus
      shown = now;
      text.replaceChildren(...[
        make("p", { class: "state" }, `${number(total)} of ${number(facts.pictures)} labeled`),
        make("p", { class: "soft" }, `${facts.source === "." ? "This folder" : facts.source}, seen by ${facts.model.replace(/^runs\//, "")}${facts.horizontal_flip ? ", with mirror images" : ""}`),
        accuracy(facts, ready),
        facts.outdated && make("div", { class: "note" }, make("p", {}, "The training has gone on since then: its newest checkpoint may see more."), make("button", { type: "button", id: "again", disabled: facts.looking, onclick: again }, "Look with the newest")),
        facts.error && make("p", { class: "bad" }, sentence(facts.error)),
        facts.aside > 0 && make("p", { class: "soft" }, `${number(facts.aside)} ${facts.aside === 1 ? "label belongs to a picture that was" : "labels belong to pictures that were"} changed or removed. They are kept, and count again when the pictures are back.`),
        facts.skipped > 0 && make("p", { class: "soft" }, `${number(facts.skipped)} more cannot be used.`),
      ].filter(Boolean));
    },
  };
}

function accuracy({ learned, classes, labeled }, ready) {
  if (!learned) {
    const missing = classes.filter((name) => labeled[name] < LEAST);
    return make("p", { class: "soft" }, ready ? "Press Learn to sort the others." : `It learns from two pictures of each class or more. Still too few: ${missing.join(", ")}.`);
  }
  if (learned.tried === null) return make("p", { class: "soft" }, `Learned from ${number(learned.labels)} labels. Label five of each class under To label to get an estimate of its accuracy.`);
  return make("div", {},
    make("p", { id: "accuracy" }, "Estimated accuracy: ", make("b", {}, `${Math.round(100 * learned.right / learned.tried)}%`)),
    make("p", { class: "soft" }, `Tested on the ${number(learned.tried)} pictures labeled under To label, without learning from them, it gets ${number(learned.right)} right.`));
}
