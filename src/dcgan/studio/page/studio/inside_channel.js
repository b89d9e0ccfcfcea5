// A channel that is open: the pictures that drive it most, cut to what the unit sees, what in them does so, and where.

import { get } from "./api.js";
import { commandPlace } from "./commands.js";
import { complain, make } from "./dom.js";
import { channelText, figureButton, inspectCommands, large, NETS, outlined, picturesOf } from "./inside_parts.js";

// `channels` are those to go through, in their order; `close(channel)` is called with the last one.
export function showChannel(place, desk, { net, channel, channels, close }) {
  const { facts, state } = desk;
  const { field } = facts.layers[state.layer];
  const nets = () => [...new Set([net, ...desk.nets()])].sort(); // random weights first, as in the paper's figure
  const title = make("h2", { id: "channel", tabindex: -1 });
  const back = make("button", { id: "back", type: "button", onclick: () => close(channel) }, "← All channels");
  const previous = make("button", { type: "button", onclick: () => turn(-1) }, "← previous");
  const next = make("button", { id: "next", type: "button", onclick: () => turn(1) }, "next →");
  const sides = make("div", { class: "sides open" });
  const commands = commandPlace("This command makes the same figure:");
  const card = make("section", { class: "card stack", "aria-labelledby": "channel", onkeydown: (event) => { if (event.key === "Escape") close(channel); } },
    make("div", { class: "row end" }, back, title, make("div", { class: "row" }, previous, next)),
    sides,
    make("div", { class: "row" }, figureButton("/api/inside/channels-figure", figure)),
    commands.element);
  let asked = 0;
  place.replaceChildren(card);
  open();
  title.focus();
  card.scrollIntoView({ block: "nearest" });

  function turn(step) {
    channel = channels[channels.indexOf(channel) + step];
    open();
  }

  async function open() {
    const mine = ++asked;
    title.textContent = `Layer ${state.layer}, channel ${channel}`;
    previous.disabled = channels.indexOf(channel) <= 0;
    next.disabled = channels.indexOf(channel) >= channels.length - 1;
    if (document.activeElement?.disabled) title.focus(); // so that keys go on working
    commands.show(...inspectCommands(desk, `--layer ${state.layer} --channels ${channel} --top 12`));
    try {
      const shown = await Promise.all(nets().map(section));
      if (mine !== asked) return;
      sides.replaceChildren(...shown);
      complain("");
    } catch (error) {
      if (mine === asked) complain(error.message);
    }
  }

  async function section(one) {
    const query = { look: facts.look, net: one, layer: state.layer, channel };
    const [found, pictures] = await Promise.all([get("/api/inside/channel", query), picturesOf("/api/inside/channel.png", query)]);
    const count = found.strongest.length;
    return make("section", { "data-net": one },
      make("h3", {}, NETS[one]),
      make("p", { class: "soft" }, channelText(found)),
      make("div", { class: "strongest" }, found.strongest.map((place, index) => figureOf(pictures, place, index, count))));
  }

  function figureOf(pictures, { name, response, left, top }, index, count) {
    const square = field < pictures.side ? { left, top, field } : undefined;
    return make("figure", {},
      make("div", {},
        large(pictures, index, `What the unit sees of ${name}`, square),
        large(pictures, count + index, `What in it drives the channel`, square),
        outlined(pictures, index, `Where it is in ${name}`, { left, top, field })),
      make("figcaption", {}, make("span", {}, name), ` ${response.toFixed(2)}`));
  }

  function figure() {
    return { look: facts.look, layer: state.layer, whole: true, ...Object.fromEntries(nets().map((one) => [one, channel])) };
  }
}
