// Long work of the server that is followed here: how far it is, what comes of it, and a button that gives it up.

import { get, post } from "./api.js";
import { make, number } from "./dom.js";

const POLL = 300; // milliseconds

// Follows jobs at `path`, one at a time, and shows in `place` how far the current one is.
export class Follower {
  #place;
  #path;
  #cancel;
  #mine = 0; // only the last one is followed

  constructor(place, path, cancel) {
    this.#place = place;
    this.#path = path;
    this.#cancel = cancel;
  }

  // What comes of a job; nothing if another is followed by then, or nobody is. Throws an Error that says why nothing does.
  async follow(job, text) {
    const mine = ++this.#mine;
    let canceled = false;
    const giveUp = make("button", { type: "button", "data-cancel": "", onclick: () => { canceled = true; post(this.#cancel, { job }).catch(() => {}); } }, "Cancel");
    const bar = make("progress", { "aria-label": text });
    const words = make("span", { class: "soft" }, `${text} …`);
    this.#place.replaceChildren(make("div", { class: "row working" }, words, giveUp), bar);
    try {
      for (;;) {
        const facts = await get(this.#path, { job });
        if (mine !== this.#mine || canceled) return undefined;
        if (facts.error) throw new Error(facts.error.charAt(0).toUpperCase() + facts.error.slice(1));
        if (facts.done === undefined) return facts;
        show(facts);
        await new Promise((resolve) => setTimeout(resolve, POLL));
      }
    } finally {
      if (mine === this.#mine) this.#place.replaceChildren();
    }

    function show({ done, total }) {
      if (!total) return;
      [bar.max, bar.value] = [total, done];
      words.textContent = `${text}: ${number((100 * done) / total)}%`;
    }
  }

  leave() {
    this.#mine += 1;
  }
}

// Calls `act` now, and once more if it was asked for again meanwhile: what a slider asks for while it moves.
export function latest(act) {
  let [busy, again] = [false, false];
  return async function ask() {
    again = busy;
    if (busy) return;
    busy = true;
    do {
      again = false;
      await act();
    } while (again);
    busy = false;
  };
}
