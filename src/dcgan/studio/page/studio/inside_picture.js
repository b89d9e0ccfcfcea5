// A picture of one's own: which channels of each layer it excites most, and what in it does so.

import { get } from "./api.js";
import { commandPlace, quoted } from "./commands.js";
import { choice, complain, labeled, make, say } from "./dom.js";
import { dropZone } from "./dropping.js";
import { canvasOf, figureButton, large, layerName, NETS, outlined, percent, picturesOf } from "./inside_parts.js";
import { sendPhotograph } from "./photographs.js";
import { arrowKeys } from "./tile_keys.js";

const RANDOM = 1_000_000; // of so many seeds "another" is one
const [CELL, GAP] = [96, 3]; // pixels of a patch on a tile's canvas, and between two

export function showPicture(place, desk) {
  const { facts, state, model } = desk;
  const sending = make("p", { "aria-live": "polite", class: "soft" });
  const seed = make("input", { id: "seed", type: "number", min: 0, step: 1, inputmode: "numeric" });
  const rows = make("div", { id: "excited", class: "sides" });
  const opened = make("section", { id: "opened", class: "card stack", hidden: true, "aria-label": "A channel on this picture" });
  const shown = make("div", { class: "stack", hidden: true });
  const name = make("p", { id: "picture-name" });
  const commands = commandPlace("These commands show the same:");
  let asked = 0; // only the last picture is shown
  let openings = 0; // and on it the last channel

  place.append(
    make("section", { class: "card stack" },
      make("h2", {}, "Which picture"),
      dropZone(send, "or drop a picture here", `Its center is cut square and made ${facts.size} by ${facts.size} pixels, as the model learns from pictures. It stays on this machine.`),
      sending,
      make("form", { class: "row", novalidate: true, onsubmit: takeSeed },
        labeled("Or the picture of a seed", seed), make("button", { id: "show-seed" }, "Show"),
        make("button", { id: "another", type: "button", onclick: () => take({ seed: Math.floor(Math.random() * RANDOM) }) }, "Another"))),
    shown);
  shown.append(name, opened,
    make("p", { class: "soft" }, "For each layer, these are the channels that the picture excites most, compared with the pictures that the model looked at. Above is the part that the channel sees, below is what in it drives the channel. The percentage is its share of the strongest response found. Open one to see it large."),
    rows, commands.element);
  if (state.picture) take(state.picture);

  function query(net) {
    return { look: facts.look, net, photo: state.picture.photo, seed: state.picture.seed };
  }

  // ---- which picture

  async function send(files) {
    const [file] = files;
    if (!file) return;
    complain("");
    sending.textContent = `Sending ${file.name} …`;
    try {
      await take({ photo: await sendPhotograph(file), name: file.name });
    } catch (error) {
      complain(error.message);
    }
    sending.textContent = "";
  }

  function takeSeed(event) {
    event.preventDefault();
    const value = Number(seed.value);
    if (seed.value === "" || !Number.isSafeInteger(value) || value < 0) {
      complain("A seed is a whole number from 0 to 9,007,199,254,740,991, such as 17.");
      return;
    }
    take({ seed: value });
  }

  // Show a picture; what was shown before stays if that fails.
  async function take(picture) {
    const mine = ++asked;
    const before = state.picture;
    state.picture = picture;
    seed.value = picture.seed ?? "";
    try {
      const sides = await Promise.all(desk.nets().map(section));
      if (mine !== asked) return;
      rows.replaceChildren(...sides);
      desk.keep();
      complain("");
    } catch (error) {
      if (mine !== asked) return;
      state.picture = before === picture ? null : before;
      desk.keep();
      complain(error.message);
      return;
    }
    shown.hidden = false;
    opened.hidden = true;
    name.textContent = picture.photo ? `This is ${picture.name}.` : `This is the picture of seed ${picture.seed}.`;
    showCommands(state.layer, 0);
    say("which channels it excites is shown");
  }

  // ---- the channels that it excites

  async function section(net) {
    const [{ layers }, pictures] = await Promise.all([get("/api/inside/excited", query(net)), picturesOf("/api/inside/excited.png", query(net))]);
    let next = 1; // after the picture itself
    const parts = layers.map((channels, layer) => {
      const tiles = make("div", { class: "tiles excited", role: "group", "aria-label": `Layer ${layerName(facts.layers[layer], layer)}` },
        channels.map((one) => tile(net, layer, one, pictures, next++)));
      arrowKeys(tiles);
      return make("div", {}, make("h3", {}, `Layer ${layerName(facts.layers[layer], layer)}`), tiles);
    });
    return make("section", { class: "stack", "data-net": net }, make("h2", { class: desk.nets().length > 1 ? "" : "hidden" }, NETS[net]), parts,
      make("div", { class: "row" }, figureButton("/api/inside/excited-figure", () => query(net))));
  }

  function tile(net, layer, found, pictures, index) {
    const { field } = facts.layers[layer];
    const square = field < pictures.side ? { ...found, field } : undefined;
    const canvas = canvasOf(CELL, 2 * CELL + GAP, "");
    pictures.draw(canvas.getContext("2d"), 0, 0, 0, CELL, square);
    pictures.draw(canvas.getContext("2d"), index, 0, CELL + GAP, CELL, square);
    canvas.setAttribute("aria-hidden", true);
    const text = excitementText(found);
    return make("button", { type: "button", class: "tile", "data-channel": found.channel, title: text, "aria-label": `Layer ${layer}, channel ${found.channel}. ${text}`, onclick: () => open(net, layer, found.channel) },
      canvas, make("span", { class: "caption", "aria-hidden": "true" }, found.channel, make("small", {}, found.share === null ? "" : percent(found.share))));
  }

  // ---- one of them, or any other

  async function open(net, layer, channel) {
    const mine = ++openings;
    const picture = state.picture;
    const asking = { ...query(net), layer, channel };
    const { field, channels } = facts.layers[layer];
    try {
      const [found, pictures] = await Promise.all([get("/api/inside/excitement", asking), picturesOf("/api/inside/saliency.png", asking)]);
      if (mine !== openings || picture !== state.picture) return;
      const layers = choice(facts.layers.map((one, index) => [String(index), layerName(one, index)]), String(layer), { id: "opened-layer", onchange: () => open(net, Number(layers.value), Math.min(channel, facts.layers[Number(layers.value)].channels - 1)) });
      const number = make("input", { id: "opened-channel", type: "number", min: 0, max: channels - 1, value: channel, onchange: () => typed(net, layer, number) });
      const focused = opened.contains(document.activeElement) && document.activeElement.id;
      opened.replaceChildren(
        make("h2", { id: "opened-title", tabindex: -1 }, `Layer ${layer}, channel ${channel}${net === "random" ? ", random weights" : ""}`),
        make("div", { class: "beside" },
          make("figure", {}, outlined(pictures, 0, "The picture, with a line around what the unit sees", { ...found, field }), make("figcaption", {}, "The picture")),
          make("figure", {}, large(pictures, 1, "What in it drives the channel"), make("figcaption", {}, "What drives the channel"))),
        make("p", { id: "opened-text" }, excitementText(found)),
        make("div", { class: "row" }, labeled("Layer", layers), labeled("Channel", number), figureButton("/api/inside/saliency-figure", () => asking)));
      opened.hidden = false;
      showCommands(layer, channel);
      (focused && document.getElementById(focused) || document.getElementById("opened-title")).focus();
      complain("");
    } catch (error) {
      complain(error.message);
    }
  }

  function typed(net, layer, field) {
    const most = facts.layers[layer].channels - 1;
    if (field.value !== "" && Number.isInteger(Number(field.value)) && field.value >= 0 && field.value <= most) open(net, layer, Number(field.value));
    else complain(`This layer has the channels 0 to ${most}.`);
  }

  function showCommands(layer, channel) {
    const file = state.picture.photo ?? `seed-${state.picture.seed}.png`;
    const sample = state.picture.photo ? [] : [`dcgan sample ${quoted(model.name)} --seeds ${state.picture.seed} --scale 1 --out ${file}`];
    commands.show(...sample, `dcgan inspect ${quoted(model.name)} ${quoted(file)} --layer ${layer} --channels ${channel} --out inspected`);
  }

  return () => { asked += 1; };
}

function excitementText({ response, deviations, share }) {
  if (response <= 0) return "Nothing in this picture drives it above 0.";
  const compared = share === null ? "" : share >= 2 ? `, ${percent(share)} the strongest that was found` : `, ${percent(share)} of the strongest that was found`;
  return `Its response is ${response.toFixed(2)}: ${deviations.toFixed(1)} standard deviations above its mean${compared}.`;
}
