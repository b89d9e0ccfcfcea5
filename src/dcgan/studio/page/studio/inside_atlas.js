// The atlas: the channels of a layer as tiles, the most selective first, trained and, if asked for, with random weights.

import { get } from "./api.js";
import { commandPlace, ranges } from "./commands.js";
import { complain, labeled, make, number, say } from "./dom.js";
import { showChannel } from "./inside_channel.js";
import { canvasOf, channelText, figureButton, inspectCommands, layerChoice, NETS, picturesOf } from "./inside_parts.js";
import { arrowKeys } from "./tile_keys.js";

const PAGE = 24; // channels that are added at a time
const AT_ONCE = 8; // of one request: tiles appear as they are computed
const IN_A_FIGURE = 64; // channels of a download
const [CELL, GAP] = [64, 3]; // pixels of a patch on a tile's canvas, and between two

export function showAtlas(place, desk) {
  const { facts, state } = desk;
  const grids = make("div", { class: "sides" });
  const more = make("button", { id: "more", type: "button", onclick: () => load() }, "More channels");
  const dead = make("p", { id: "dead", class: "soft" });
  const commands = commandPlace("This command makes the same figure, an atlas of all channels, and tables:");
  const atlas = make("div", { class: "stack" },
    make("div", { class: "controls" }, labeled("Layer", layerChoice(desk, restart))),
    make("p", { class: "soft" }, "Each tile is a channel. Above are the parts of pictures that drive it most, below is what in them does so; gray is nothing. The channels that stand out most come first. Open one to see more."),
    grids, dead,
    make("p", { class: "center" }, more),
    make("div", { class: "row" }, figureButton("/api/inside/channels-figure", figure)),
    commands.element);
  const opened = make("div");
  let sides = []; // {net, grid, channels}
  let run = 0; // only the last one goes on
  place.append(atlas, opened);
  restart();

  function restart() {
    run += 1;
    sides = desk.nets().map((net) => {
      const grid = make("div", { class: "tiles atlas", "data-net": net, role: "group", "aria-label": `Channels, ${NETS[net].toLowerCase()}` });
      arrowKeys(grid);
      return { net, grid, channels: [] };
    });
    grids.replaceChildren(...sides.map(({ net, grid }) => make("section", {}, make("h2", { class: sides.length > 1 ? "" : "hidden" }, NETS[net]), grid)));
    const counts = facts.layers[state.layer].dead;
    dead.textContent = counts.trained ? `${number(counts.trained)} of them are dead: no picture drives them above 0. They come last.` : "";
    load();
  }

  async function load() {
    const mine = run;
    more.disabled = true;
    try {
      for (const end = sides[0].channels.length + PAGE; sides[0].channels.length < end;) {
        const before = sides[0].channels.length;
        for (const side of sides) await add(side, mine);
        if (mine !== run) return;
        if (sides[0].channels.length === before) break;
      }
      complain("");
    } catch (error) {
      if (mine === run) complain(error.message);
    }
    if (mine !== run) return;
    more.disabled = false;
    more.hidden = sides[0].channels.length >= facts.layers[state.layer].channels;
    commands.show(...inspectCommands(desk, `--layer ${state.layer} --channels ${ranges(shown("trained").slice(0, IN_A_FIGURE))}`));
  }

  // The next channels of one net.
  async function add(side, mine) {
    const query = { look: facts.look, net: side.net, layer: state.layer };
    const { top, channels } = await get("/api/inside/channels", { ...query, start: side.channels.length, count: AT_ONCE });
    if (mine !== run || !channels.length) return;
    const pictures = await picturesOf("/api/inside/patches.png", { ...query, channels: channels.map(({ channel }) => channel).join(",") });
    if (mine !== run) return;
    side.grid.append(...channels.map((channel, index) => tile(side, channel, pictures, 2 * top * index, top)));
    side.channels.push(...channels.map(({ channel }) => channel));
  }

  function tile(side, facts, pictures, first, top) {
    const { channel } = facts;
    const canvas = canvasOf(top * (CELL + GAP) - GAP, 2 * CELL + GAP, "");
    const context = canvas.getContext("2d");
    for (let index = 0; index < 2 * top; index += 1) {
      pictures.draw(context, first + index, (index % top) * (CELL + GAP), Math.floor(index / top) * (CELL + GAP), CELL);
    }
    canvas.setAttribute("aria-hidden", true);
    const text = channelText(facts);
    return make("button", { type: "button", class: "tile", "data-channel": channel, title: text, "aria-label": `Channel ${channel}. ${text}`, onclick: (event) => open(side, channel, event.currentTarget) }, canvas, make("span", { class: "caption", "aria-hidden": "true" }, facts.dead ? `${channel}, dead` : channel));
  }

  function open(side, channel, tile) {
    atlas.hidden = true;
    showChannel(opened, desk, { net: side.net, channel, channels: side.channels, close });
    say(`channel ${channel} is open`);

    function close(last) {
      opened.replaceChildren();
      atlas.hidden = false;
      (side.grid.querySelector(`[data-channel="${last}"]`) ?? tile).focus();
    }
  }

  function shown(net) {
    return sides.find((side) => side.net === net)?.channels ?? [];
  }

  function figure() {
    const count = Math.min(IN_A_FIGURE, ...sides.map(({ channels }) => channels.length));
    const lists = sides.map(({ net, channels }) => [net, channels.slice(0, count).join(",")]);
    return { look: facts.look, layer: state.layer, ...Object.fromEntries(lists) };
  }

  return () => { run += 1; };
}
