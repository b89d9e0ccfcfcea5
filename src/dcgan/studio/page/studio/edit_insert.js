// Insert an object: the channels that draw it are raised where it shall be, before and after.

import { postForBlob } from "./api.js";
import { complain, make, save } from "./dom.js";
import { boxEditor } from "./edit_boxes.js";
import { channelSlider, Fitting, pairs, slider } from "./edit_fit.js";
import { rowsOf } from "./edit_store.js";
import { latest } from "./jobs.js";

export async function showInsert(panel, models, again) {
  const working = make("div", { "aria-live": "polite" });
  const fitting = new Fitting(working);
  let fit = null;
  let request = null; // what it was found for

  const go = make("button", { id: "insert", class: "main", type: "button", onclick: () => fitting.show({ go, asked: asking(), take, about, channels, draw, card, results, showHint }) }, "Insert it");
  const hint = make("span", { id: "edit-hint", class: "soft" });
  const results = make("div", { id: "results", class: "stack" }); // on the page once there are some
  const { facts, drawn, request: asking } = await boxEditor(panel, models, again, [["object", "Where it is"], ["place", "Where it should be"]], changed);
  const redraw = latest(draw);
  const channels = channelSlider(redraw);
  const strength = slider("strength", "Strength", "1 raises these channels to their value where the object is.", { min: 0.25, max: 4, step: 0.25, value: 1.5, words: (value) => `${value} times` }, redraw);
  const about = make("p", { class: "soft" });
  const place = make("div", { class: "pairs" });

  const card = make("section", { class: "card stack" }, make("div", { class: "row" }, go, hint), working);
  panel.append(card);
  results.append(about, make("div", { class: "fields" }, channels.field, strength.field), make("h3", {}, "Before and after"), place,
    make("div", { class: "row" }, make("button", { id: "sheet-file", type: "button", onclick: download }, "Download a sheet")));
  showHint();

  function changed(kind) {
    showHint();
    if (kind === "place" && results.isConnected) redraw();
  }

  function showHint() {
    const none = ![...drawn.object.values()].some((boxes) => boxes.length);
    go.disabled = none;
    const isUsual = !Object.keys(rowsOf(drawn.place)).length;
    hint.textContent = none ? "Draw boxes where the object is, first." : isUsual ? "The object appears where it usually is, unless you draw boxes where it should be." : "";
    if (fit && JSON.stringify(asking()) !== JSON.stringify(request)) hint.textContent = "Boxes or settings have changed since then: press the button again.";
  }

  function take(found, asked) {
    [fit, request] = [found, asked];
  }

  function content() {
    const own = rowsOf(drawn.place);
    const boxes = Object.keys(own).length ? own : fit.usual;
    if (!Object.keys(boxes).length) throw new Error("Every sample that you looked at has the object: draw boxes where it should be, or look at some samples without it.");
    return { job: fit.job, threshold: channels.threshold, strength: Number(strength.range.value), boxes };
  }

  async function draw() {
    try {
      const asked = content();
      const blob = await postForBlob("/api/objects/inserted", asked);
      place.replaceChildren(...(await pairs(blob, Object.keys(asked.boxes).map(Number), facts.size)));
      complain("");
      return true;
    } catch (error) {
      fitting.forget(request);
      complain(error.message);
      return false;
    }
  }

  async function download() {
    try {
      save(await postForBlob("/api/objects/inserted", { ...content(), sheet: true }), "before-and-after.png");
    } catch (error) {
      complain(error.message);
    }
  }

  return () => fitting.leave();
}
