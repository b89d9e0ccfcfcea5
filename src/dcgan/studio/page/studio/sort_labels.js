// The labels of a sorting, as the server has them. What is labeled here shows at once; the server has the last word.

import { get, post } from "./api.js";
import { complain } from "./dom.js";

const AT_ONCE = 256; // that the server takes in a request

export class Labels {
  // `changed` is called when labels change; `answered` with what the server says after each request. `view` is where somebody
  // labels at the moment.
  constructor(sorting, changed, answered) {
    Object.assign(this, { sorting, changed, answered, version: -1, known: new Map(), history: [], view: "varied", waiting: 0, sent: 0, last: Promise.resolve() });
  }

  of(name) {
    return this.known.get(name) ?? null;
  }

  // Labels of another page, or of a studio before this one.
  async refresh() {
    if (this.waiting) return;
    const { sent } = this;
    const { version, labels } = await get("/api/sorting/labels", { sorting: this.sorting });
    if (sent !== this.sent) return; // something was labeled meanwhile: a later answer will say
    this.version = version;
    this.known = new Map(Object.entries(labels));
    this.changed();
  }

  // Give pictures a class, or take theirs away (null).
  set(names, label) {
    const different = names.filter((name) => this.of(name) !== label);
    if (!different.length) return this.last;
    this.history.push(different.map((name) => ({ name, before: this.of(name), after: label })));
    return this.send(different, label);
  }

  // Give each its own class; this is one step to undo.
  setEach(pairs) {
    const step = pairs.filter(([name, label]) => this.of(name) !== label).map(([name, label]) => ({ name, before: this.of(name), after: label }));
    if (step.length) this.history.push(step);
    for (const [label, part] of groups(step, "after")) this.send(part.map(({ name }) => name), label);
    return this.last;
  }

  // Take the last step back, except where another page has labeled a picture since.
  undo() {
    const step = (this.history.pop() ?? []).filter(({ name, after }) => this.of(name) === after);
    for (const [before, part] of groups(step, "before")) {
      for (const [after, same] of groups(part, "after")) this.send(same.map(({ name }) => name), before, [after]);
    }
    return step.length;
  }

  send(names, label, insteadOf = [], view = this.view) {
    if (names.length > AT_ONCE) this.send(names.splice(0, names.length - AT_ONCE), label, insteadOf, view);
    for (const name of names) {
      if (label === null) this.known.delete(name);
      else this.known.set(name, label);
    }
    this.waiting += 1;
    this.sent += 1;
    this.changed();
    this.last = this.last.then(() => this.ask(names, label, insteadOf, view));
    return this.last;
  }

  async ask(names, label, insteadOf, view) {
    let lost = insteadOf.length > 0; // another page may have been before
    try {
      const facts = await post("/api/sorting/label", { sorting: this.sorting, names, class: label, view, instead_of: insteadOf });
      if (facts.version === this.version + 1) this.version += 1;
      else lost = true; // another page has labeled since
      this.answered(facts);
    } catch (error) {
      complain(error.message);
      lost = true;
    } finally {
      this.waiting -= 1;
    }
    if (lost) await this.refresh().catch((error) => complain(error.message));
  }
}

function groups(step, key) {
  return Map.groupBy(step, (one) => one[key]);
}
