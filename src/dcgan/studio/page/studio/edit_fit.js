// The maps that draw an object: found by the server once for the same boxes, and then dropped or raised by sliders.

import { post } from "./api.js";
import { complain, make, say } from "./dom.js";
import { Follower } from "./jobs.js";
import { cut } from "./pictures.js";

const found = new Map(); // by what was asked for: {job, layer, maps, weights, accuracy, usual}

// Finds maps, and shows in `place` how far that is.
export class Fitting {
  #follower;

  constructor(place) {
    this.#follower = new Follower(place, "/api/objects/fit", "/api/objects/cancel");
  }

  // What the button `go` does: find channels for a request of the box editor, hand them to `take`, say how sure they are in
  // `about`, and put `results` on the card once `draw` has drawn them.
  async show({ go, asked, take, about, channels, draw, card, results, showHint }) {
    go.disabled = true;
    complain("");
    try {
      const fit = await this.#of(asked);
      if (!fit) return; // it was canceled
      take(fit, asked);
      about.textContent = judgment(fit);
      channels.set(fit);
      if (await draw()) {
        card.append(results);
        say("before and after are shown");
      }
    } catch (error) {
      complain(error.message);
    } finally {
      go.disabled = false;
      showHint();
    }
  }

  // What was found for a request; nothing if it was canceled. Throws an Error that says what is wrong.
  async #of(request) {
    const key = JSON.stringify(request);
    if (!found.has(key)) {
      const { job } = await post("/api/objects/fits", request);
      const facts = await this.#follower.follow(job, "Finding the channels that draw it");
      if (!facts) return undefined;
      found.set(key, { ...facts, job });
    }
    return found.get(key);
  }

  // Find it anew the next time: the server may have made room for others.
  forget(request) {
    found.delete(JSON.stringify(request));
  }

  leave() {
    this.#follower.leave();
  }
}

// A slider over how many of the channels that draw the object are meant, the most certain first.
export function channelSlider(change) {
  const name = make("span");
  const range = make("input", { id: "channels", type: "range", min: 1, step: 1, oninput: () => { nameIt(); change(); } });
  let facts = null;

  function nameIt() {
    const text = `Channels: ${range.value} of ${facts.maps}`;
    name.textContent = text;
    range.setAttribute("aria-valuetext", `${range.value} of ${facts.maps}`);
  }

  return {
    field: make("label", { class: "field" }, name, range, make("small", { class: "soft" }, "With fewer channels, the rest of the picture changes less.")),
    // Those that were found; all of them are meant at first.
    set(now) {
      const same = facts === now;
      facts = now;
      range.max = facts.weights.length;
      if (!same) range.value = range.max;
      nameIt();
    },
    // Channels with a larger weight are those that are meant.
    get threshold() {
      return facts.weights[range.value] ?? 0;
    },
  };
}

// A slider with its value in words.
export function slider(id, text, hint, { min, max, step, value, words }, change) {
  const name = make("span");
  const range = make("input", { id, type: "range", min, max, step, value, oninput: () => { nameIt(); change(); } });

  function nameIt() {
    name.textContent = `${text}: ${words(Number(range.value))}`;
    range.setAttribute("aria-valuetext", words(Number(range.value)));
  }

  nameIt();
  return { field: make("label", { class: "field" }, name, range, make("small", { class: "soft" }, hint)), range };
}

// Samples before and after, side by side: of an image of all as they were, and then all as they are.
export async function pairs(blob, seeds, size) {
  const names = [...seeds.map((seed) => `seed ${seed} before`), ...seeds.map((seed) => `seed ${seed} after`)];
  const canvases = await cut(blob, names, size);
  return seeds.map((seed, index) => {
    const [before, after] = [canvases[index], canvases[seeds.length + index]];
    return make("figure", { class: "pair", "data-seed": seed }, make("div", {}, before, after), make("figcaption", {}, `seed ${seed}`));
  });
}

// How sure the server is that these channels draw the object, in words.
function judgment({ layer, weights, maps, accuracy }) {
  const judged = accuracy === null
    ? "The samples are too few to judge how well these channels fit: draw boxes on more."
    : `On held-out samples they are right about ${Math.round(100 * accuracy)}% of positions; chance is right about 50%.`;
  return `${weights.length} of ${maps} channels of layer ${layer} draw what is in the boxes. ${judged}`;
}
