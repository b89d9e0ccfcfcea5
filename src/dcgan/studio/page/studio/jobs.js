// Long work of the server that is followed here: how far it is, what comes of it, and a button that gives it up.

import { get, post } from "./api.js";
import { make, number, sentence } from "./dom.js";

const POLL = 300; // milliseconds

// Follows jobs at `path`, one at a time, and shows in `place` how far the current one is.
export class Follower {
  #place;
  #path;
  #cancel;
  #job = null; // that is followed

  constructor(place, path, cancel) {
    this.#place = place;
    this.#path = path;
    this.#cancel = cancel;
  }

  // What comes of a job; nothing if it was given up. Throws an Error that says why nothing does. `phases` are what its
  // parts are called, where it has several.
  async follow(job, text, phases = {}) {
    this.#job = job;
    const giveUp = make("button", { type: "button", "data-cancel": "", onclick: () => this.leave() }, "Cancel");
    const bar = make("progress", { "aria-label": text });
    const words = make("span", { class: "soft" }, `${text} …`);
    this.#place.replaceChildren(make("div", { class: "row working" }, words, giveUp), bar);
    try {
      for (;;) {
        const facts = await get(this.#path, { job });
        if (job !== this.#job) return undefined;
        if (facts.error) throw new Error(sentence(facts.error));
        if (facts.done === undefined) return facts;
        show(facts);
        await new Promise((resolve) => setTimeout(resolve, POLL));
      }
    } finally {
      if (job === this.#job) this.#job = null;
      if (!this.#job) this.#place.replaceChildren();
    }

    function show({ phase, done, total }) {
      const part = phases[phase] ?? text;
      words.textContent = total ? `${part}: ${number((100 * done) / total)}%` : `${part} …`;
      if (total) [bar.max, bar.value] = [total, done];
    }
  }

  // Give up what is followed.
  leave() {
    if (this.#job) post(this.#cancel, { job: this.#job }).catch(() => {}); // if nobody hears it, it ends by itself
    this.#job = null;
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
