// Forget an object: the channels that draw it are dropped from the generator, before and after.

import { getBlob, post } from "./api.js";
import { quoted } from "./commands.js";
import { complain, labeled, make, save } from "./dom.js";
import { downloadButton } from "./download.js";
import { boxEditor } from "./edit_boxes.js";
import { channelSlider, Fitting, pairs, slider } from "./edit_fit.js";
import { boxesFile } from "./edit_store.js";
import { latest } from "./jobs.js";

const OWN = 24; // samples with boxes that are shown
const OTHERS = 24; // samples beside them, at a time

export async function showForget(panel, models, again) {
  const working = make("div", { "aria-live": "polite" });
  const fitting = new Fitting(working);
  let fit = null; // what is shown
  let request = null; // what it was found for
  let others = []; // seeds of the samples without boxes that are shown

  const go = make("button", { id: "forget", class: "main", type: "button", onclick: () => fitting.show({ go, asked: editor.request(), take, about, channels, draw, card, results, showHint }) }, "Forget it");
  const hint = make("span", { id: "edit-hint", class: "soft" });
  const results = make("div", { id: "results", class: "stack" }); // on the page once there are some
  const editor = await boxEditor(panel, models, again, [["object", "Where it is"]], showHint);
  const { model, facts, drawn } = editor;

  const redraw = latest(draw);
  const channels = channelSlider(redraw);
  const strength = slider("strength", "Strength", "100% drops the channels; more than 100% subtracts what they drew.", { min: 10, max: 200, step: 10, value: 100, words: (value) => `${value}%` }, redraw);
  const about = make("p", { class: "soft" });
  const [own, more] = [make("div", { class: "pairs", "data-pairs": "own" }), make("div", { class: "pairs", "data-pairs": "others" })];
  const name = make("input", { id: "new-name", value: `${model.name.split("/").pop()}-without` });
  const saved = make("p", { id: "saved", role: "status" });
  const command = make("code", { class: "command" });

  const card = make("section", { class: "card stack" }, make("div", { class: "row" }, go, hint), working);
  panel.append(card);
  results.append(
    about,
    make("div", { class: "fields" }, channels.field, strength.field),
    make("div", {}, make("h3", {}, "With boxes, before and after"), own),
    make("div", {}, make("h3", {}, "Others, before and after"), more,
      make("p", { class: "row" }, make("button", { id: "more-pairs", type: "button", onclick: () => { others = others.map((seed) => seed + OTHERS); redraw(); } }, "Other samples"))),
    make("div", { class: "row" }, labeled("Name of the new model", name),
      make("button", { id: "save", class: "main", type: "button", onclick: saveModel }, "Save the model"), downloadButton("Download a sheet", { id: "sheet-file" }, sheet)),
    saved,
    make("details", {}, make("summary", {}, "Go on elsewhere"),
      make("div", { class: "row" }, make("button", { id: "export-boxes", type: "button", onclick: () => save(boxesFile(facts, drawn), "boxes.json") }, "Boxes as a file")),
      make("p", { class: "soft" }, "With the file, this command does the same:"), command),
  );
  showHint();

  // What is to be done, or what has changed since the last time.
  function showHint() {
    const none = ![...drawn.object.values()].some((boxes) => boxes.length);
    go.disabled = none;
    hint.textContent = none ? "Draw a box first." : "";
    if (fit && JSON.stringify(editor.request()) !== JSON.stringify(request)) hint.textContent = "Boxes or settings have changed since then: press the button again.";
  }

  function take(found, asked) {
    if (found !== fit) others = Array.from({ length: OTHERS }, (_, index) => Math.max(...Object.keys(asked.boxes).map(Number)) + 1 + index);
    [fit, request] = [found, asked];
  }

  function query() {
    return { job: fit.job, threshold: channels.threshold, scale: (100 - strength.range.value) / 100 };
  }

  function ownSeeds() {
    return Object.entries(request.boxes).filter(([, rows]) => rows.length).map(([seed]) => Number(seed)).slice(0, OWN);
  }

  // Show both groups; returns whether that went well.
  async function draw() {
    const [mine, beside, asked] = [ownSeeds(), others, query()];
    try {
      const blob = await getBlob("/api/objects/forgotten", { ...asked, seeds: [...mine, ...beside].join(",") });
      const figures = await pairs(blob, [...mine, ...beside], facts.size);
      own.replaceChildren(...figures.slice(0, mine.length));
      more.replaceChildren(...figures.slice(mine.length));
      command.textContent = `dcgan forget ${quoted(model.name)} --boxes boxes.json --layer ${fit.layer} --negatives ${request.negatives} --threshold ${asked.threshold} --scale ${asked.scale} --out ${quoted(name.value)}`;
      complain("");
      return true;
    } catch (error) {
      fitting.forget(request);
      complain(error.message);
      return false;
    }
  }

  async function saveModel(event) {
    event.target.disabled = true;
    saved.replaceChildren();
    try {
      const { model: made } = await post("/api/objects/save", { ...query(), name: name.value });
      saved.replaceChildren(`Saved as ${made}. `, make("a", { href: `#draw/${encodeURIComponent(made)}` }, "Draw with it"));
      complain("");
    } catch (error) {
      complain(error.message);
    }
    event.target.disabled = false;
  }

  function sheet() {
    return ["/api/objects/forgotten", { ...query(), seeds: [...ownSeeds(), ...others].join(","), sheet: true }];
  }

  return () => fitting.leave();
}
