// A sorting: its pictures, which are labeled by clicking, and what the classifier makes of them.

import { get, post } from "./api.js";
import { complain, make, number, say } from "./dom.js";
import { classBar, tone } from "./sort_classes.js";
import { Labels } from "./sort_labels.js";
import { enough, lookCard, statusCard } from "./sort_status.js";
import { Tiles } from "./sort_tiles.js";

const POLL = 3000; // milliseconds: labels of other pages, and pictures that were changed
const POLL_LOOKING = 500;
const DOUBTS = 24; // that are shown at once: few enough to look at each

export async function showBoard(panel, sorting) {
  let facts = null;
  let view = { view: "varied" };
  let learning = false;
  let shown = ""; // which pictures and features
  let left = false;
  let timer = null;

  const labels = new Labels(sorting, repaint, render);
  const tiles = new Tiles(sorting, { act, paint, look: lookOf });
  const classes = classBar(sorting, classesChanged);
  const status = statusCard(sorting, { learn: () => learn(), again: () => ask("/api/sorting/look", { again: true }).then(refresh) });
  const views = make("div", { id: "views", class: "views", role: "group", "aria-label": "Which pictures are shown" });
  const hint = make("p", { id: "hint", class: "soft" });
  const undoButton = make("button", { id: "undo", type: "button", title: "Undo the last labels: key u", onclick: undo }, "Undo");
  const rest = make("button", { id: "rest", type: "button", class: "main", hidden: true, onclick: confirmRest }, "The others are right");
  const board = make("div", { class: "two wide-left", hidden: true },
    make("div", {}, make("div", { class: "bar" }, classes.bar, undoButton), views, hint, tiles.element, make("p", { class: "center" }, rest), classes.editor),
    status.card);
  const looking = lookCard({ look: () => ask("/api/sorting/look").then(refresh), stop: () => ask("/api/sorting/stop") });
  looking.card.hidden = true;
  panel.append(looking.card, board);

  // ---- what the server says

  async function refresh() {
    try {
      render(await get("/api/sorting", { sorting }));
    } catch (error) {
      complain(error.message);
    }
    clearTimeout(timer);
    if (!left) timer = setTimeout(refresh, facts?.looking ? POLL_LOOKING : document.hidden ? 5 * POLL : POLL);
  }

  async function ask(path, content = {}) {
    try {
      render(await post(path, { sorting, ...content }));
      complain("");
    } catch (error) {
      complain(error.message);
    }
  }

  function render(found) {
    if (left || found.version < facts?.version) return; // an answer that was overtaken
    facts = found;
    const ready = facts.set !== undefined; // what was seen before stays, whatever has become of the last look
    board.hidden = !ready;
    looking.card.hidden = ready;
    if (!ready) looking.show(facts);
    if (!ready) return;
    const seen = `${facts.set} ${facts.extracted}`;
    if (seen !== shown) {
      shown = seen;
      labels.refresh().then(() => (!facts.learned && enough(facts) ? learn() : show(view))).catch((error) => complain(error.message));
    } else if (facts.version !== labels.version) labels.refresh().catch((error) => complain(error.message));
    renderBar();
    repaint();
  }

  // ---- which pictures

  function renderBar() {
    const { learned } = facts;
    const options = [
      [{ view: "varied" }, "To label"],
      ...(learned ? [[{ view: "doubts" }, "Doubts"], ...facts.classes.filter((name) => name in learned.classes).map((name) => [{ view: "class", class: name }, name, number(learned.classes[name])])] : []),
      [{ view: "labeled" }, "Labeled"],
    ];
    const now = JSON.stringify([options, view]);
    if (views.dataset.shown === now) return;
    const focused = [...views.children].indexOf(document.activeElement);
    views.dataset.shown = now;
    views.replaceChildren(...options.map(([one, text, count]) => make("button", { type: "button", "data-view": one.class ?? one.view, "aria-pressed": String(JSON.stringify(one) === JSON.stringify(view)), onclick: () => show(one) }, text, count && make("span", { class: "count" }, count))));
    views.children[focused]?.focus();
  }

  async function show(one) {
    const known = one.view === "varied" || one.view === "labeled" || facts.learned && (one.view === "doubts" || one.class in facts.learned.classes);
    view = known ? one : { view: "varied" };
    labels.view = view.view;
    renderBar();
    repaint();
    await tiles.open(view, view.view === "doubts" ? DOUBTS : Infinity);
    repaint();
  }

  function correcting() {
    return view.view === "doubts" || view.view === "class";
  }

  function hintText() {
    if (view.view === "doubts" && !tiles.names.length) return tiles.total === 0 ? "There are no doubts: every picture is labeled." : "";
    if (view.view === "doubts") return "Which of these are wrong? Click them: they get the next likely class. Keys 1 to 9 choose a class.";
    if (view.view === "class") return "The most certain come first. Click what is wrong: it gets the next likely class. Keys 1 to 9 choose a class.";
    if (view.view === "labeled" && !tiles.names.length) return "Nothing is labeled yet.";
    return `Click pictures, or draw the mouse over several, to call them “${facts.classes[classes.brush]}”. A second click removes the label. With the keyboard: arrow keys, and 1 to 9 for the classes.`;
  }

  function repaint() {
    if (!facts?.labeled) return;
    tiles.dressAll();
    classes.show(facts, { correcting: correcting() });
    status.show(facts, learning);
    undoButton.disabled = !labels.history.length;
    hint.textContent = hintText();
    rest.hidden = view.view !== "doubts" || !tiles.names.length;
    rest.disabled = learning;
    rest.textContent = tiles.names.every((name) => labels.of(name)) ? "Learn, and show new doubts" : "The others are right";
  }

  function lookOf({ name, guesses, confidence }) {
    const label = labels.of(name);
    const guessed = label === null && guesses?.length;
    return { text: label ?? (guessed ? guesses[0] : ""), share: guessed ? `${Math.min(99, Math.round(100 * confidence))}%` : "", tone: tone(facts.classes.indexOf(label ?? guesses?.[0])), sure: label !== null };
  }

  // ---- labeling

  function act(name, what) {
    const current = labels.of(name);
    let given = typeof what === "number" ? facts.classes[what - 1] : null;
    if (given === undefined) return;
    if (what === "click") given = correcting() ? next(name, current) : facts.classes[classes.brush];
    if (what === "click" && !correcting() && given === current) given = null;
    labels.set([name], given);
    say(given ? `${name} is ${given}` : `${name} has no label`);
  }

  function paint(names) {
    if (!correcting()) labels.set(names, facts.classes[classes.brush]);
  }

  // The class after the one that a picture has, from the likeliest on, and round again.
  function next(name, current) {
    const { guesses } = tiles.pictures.get(name);
    const order = guesses?.length ? guesses : facts.classes;
    return order[(Math.max(0, order.indexOf(current ?? order[0])) + 1) % order.length];
  }

  async function confirmRest() {
    const open = tiles.names.filter((name) => !labels.of(name));
    labels.setEach(open.map((name) => [name, tiles.pictures.get(name).guesses[0]]));
    await learn({ view: "doubts" });
  }

  function undo() {
    const count = labels.undo();
    if (count) say(`${count} ${count === 1 ? "label is" : "labels are"} as before`);
  }

  function classesChanged(found) {
    const had = facts.learned;
    if (found) render(found);
    else refresh();
    if (had && enough(facts)) learn();
  }

  async function learn(then = facts.learned ? view : { view: "doubts" }) {
    if (learning) return;
    learning = true;
    repaint();
    await labels.last;
    await ask("/api/sorting/learn");
    learning = false;
    if (left) return;
    say("It has learned");
    await show(then);
  }

  // ---- keys of the whole tab

  function press(event) {
    if (event.target.closest("input:not([type=radio]), select, textarea") || board.hidden) return;
    const undoing = event.key === "u" && !event.ctrlKey && !event.metaKey || event.key === "z" && (event.ctrlKey || event.metaKey);
    if (undoing) {
      event.preventDefault();
      undo();
    } else if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      classes.choose(Number(event.key) - 1);
      repaint();
    }
  }

  classes.bar.addEventListener("change", repaint);
  document.addEventListener("keydown", press);
  await ask("/api/sorting/look");
  refresh();
  return () => {
    left = true;
    clearTimeout(timer);
    document.removeEventListener("keydown", press);
    tiles.close();
  };
}
