// A run: how far it is, how it goes, and its pictures over time. All of it is read from the run's folder again and again.

import { address, get, post } from "./api.js";
import { complain, duration, labeled, make, number, say } from "./dom.js";
import { intakeReport } from "./intake.js";

const POLL = 2000; // milliseconds
const STATES = {
  preparing: "Preparing the pictures", training: "Training", paused: "Paused", finished: "Finished",
  collapsed: "Stopped: it went wrong", failed: "Not running", interrupted: "Interrupted",
};
const ALIVE = ["preparing", "training"];

export async function showRun(panel, run) {
  const parts = {
    title: make("h2", {}, run.replace(/^runs\//, "")),
    state: make("p", { id: "state", class: "state" }),
    bar: make("progress", { max: 1, "aria-label": "Progress" }),
    numbers: make("p", { class: "soft numbers" }),
    health: make("p", { id: "health" }),
    trouble: make("p", { id: "trouble", class: "bad", role: "alert" }),
    buttons: make("div", { class: "row" }),
    sheets: make("section", { class: "card", hidden: true }),
    curves: make("section", { class: "curves", "aria-label": "Curves" }),
    events: make("ul", { class: "events" }),
    pictures: make("details", { class: "card", ontoggle: showPictures }, make("summary", {}, "What it learns from")),
  };
  panel.append(
    make("section", { class: "card stack" }, parts.title, parts.state, parts.bar, parts.numbers, parts.health, parts.trouble, parts.events, parts.buttons),
    parts.sheets,
    make("details", { class: "card", id: "curves" }, make("summary", {}, "Curves, for those who want to know more"), parts.curves),
    parts.pictures,
  );
  const slider = sheetSlider(parts.sheets, run);
  let timer = null;
  let left = false;
  let shown = ""; // what is on the page already
  let records = 0;
  let unreachable = false; // what the page complains of

  async function refresh() {
    try {
      const view = await get("/api/run", { run });
      if (left) return;
      render(view);
      if (view.sheets.length !== records) await showCurves(view.sheets.length);
      if (unreachable) complain("");
      unreachable = false;
      if (ALIVE.includes(view.state)) later();
    } catch (error) {
      unreachable = true;
      complain(error.message);
      later();
    }
  }

  function later() {
    clearTimeout(timer);
    if (!left) timer = setTimeout(refresh, document.hidden ? 5 * POLL : POLL);
  }

  function render(view) {
    parts.state.textContent = STATES[view.state];
    parts.state.dataset.state = view.state;
    if (view.progress === null && view.state === "preparing") parts.bar.removeAttribute("value");
    else parts.bar.value = view.progress ?? 0;
    parts.numbers.textContent = numbers(view);
    parts.health.textContent = view.health;
    parts.trouble.textContent = view.trouble;
    parts.events.replaceChildren(...view.events.slice(-5).map(({ images, text }) => make("li", {}, `at ${number(images ?? 0)}: ${text}`)));
    slider(view.sheets);
    const key = `${view.state} ${view.here}`;
    if (key === shown) return;
    if (shown) say(STATES[view.state]);
    shown = key;
    parts.buttons.replaceChildren(...buttons(view));
  }

  function buttons(view) {
    if (view.state === "preparing" || view.state === "training") {
      if (!view.here) return [make("p", { class: "soft" }, "It was started in a terminal, where Ctrl-C pauses it.")];
      return [make("button", { id: "pause", type: "button", onclick: pause }, "Pause"),
        make("span", { id: "going", class: "soft" }, "This page may be closed: the training goes on.")];
    }
    if (!view.facts.first_sheet) return [];
    const finished = view.state === "finished";
    const length = view.facts.minutes ?? (finished ? view.facts.seconds / 60 : null); // null: another length, which stays
    const proposed = length === null ? "" : String(Math.ceil(length) * (finished ? 2 : 1));
    const minutes = make("input", { id: "longer", type: "number", min: 1, value: proposed });
    const kept = () => !finished && ["", proposed].includes(minutes.value);
    const resume = (event) => {
      if (finished && !(Number(minutes.value) > length)) complain(`Type more minutes than the ${Math.ceil(length)} that it was trained.`);
      else act(event, "/api/run/resume", { run, ...(kept() ? {} : { minutes: Number(minutes.value) }) });
    };
    return [labeled("Minutes in all", minutes),
      make("button", { id: "resume", class: "main", type: "button", onclick: resume }, finished ? "Train longer" : "Go on"),
      view.sheets.length > 0 && make("a", { class: "button", href: `#draw/${encodeURIComponent(run)}` }, "Draw with it")].filter(Boolean);
  }

  async function pause() {
    document.getElementById("pause").disabled = true;
    document.getElementById("going").textContent = "Saving, and then it pauses …";
    try {
      await post("/api/run/pause", { run });
    } catch (error) {
      complain(error.message);
      shown = "";
    }
  }

  async function act(event, path, content) {
    event.target.disabled = true;
    try {
      await post(path, content);
      complain("");
    } catch (error) {
      complain(error.message);
    }
    shown = "acting";
    setTimeout(refresh, 300);
  }

  async function showCurves(count) {
    const template = document.createElement("template");
    template.innerHTML = (await get("/api/run/curves", { run })).join(""); // made by the studio, with its texts escaped
    parts.curves.replaceChildren(template.content);
    records = count;
  }

  async function showPictures() {
    if (!parts.pictures.open || parts.pictures.children.length > 1) return;
    try {
      parts.pictures.append(intakeReport(await get("/api/run/pictures", { run }), null));
    } catch (error) {
      parts.pictures.append(make("p", { class: "bad" }, error.message));
    }
  }

  await refresh();
  return () => { left = true; clearTimeout(timer); };
}

function numbers({ state, facts, progress, settings }) {
  if (facts.first_sheet === undefined) return "";
  const parts = [`${settings.size} × ${settings.size} pixels, ${number(settings.pictures ?? 0)} ${settings.noun}s`];
  if (facts.images) parts.push(`${number(facts.images)} looked at`);
  if (facts.images_per_second) parts.push(`${number(facts.images_per_second)} a second`);
  if (facts.minutes && state === "training") parts.push(`about ${duration(60 * facts.minutes - facts.seconds)} left`);
  else if (facts.seconds) parts.push(`trained for ${duration(facts.seconds)}`);
  return parts.join(" · ");
}

// The newest sheet, and a slider over all of them. Who has gone back stays there when a new one comes.
function sheetSlider(place, run) {
  let sheets = [];
  const picture = make("img", { id: "sheet", class: "sheet crisp" });
  const caption = make("figcaption", { "aria-live": "off" });
  const range = make("input", { id: "time", type: "range", min: 0, "aria-label": "Time", oninput: show });
  place.append(make("figure", {}, picture, range, caption));

  function show() {
    const { file, images } = sheets[range.value];
    const text = `after ${number(images)} pictures looked at`;
    picture.src = address("/api/run/sheet.png", { run, name: file });
    picture.alt = `What the generator draws ${text}`;
    range.setAttribute("aria-valuetext", text);
    caption.textContent = `${text[0].toUpperCase()}${text.slice(1)}. Each place is the same seed all the time.`;
  }

  return (found) => {
    if (found.length === sheets.length) return;
    const atEnd = !sheets.length || Number(range.value) === sheets.length - 1;
    sheets = found;
    place.hidden = !sheets.length;
    range.max = Math.max(0, sheets.length - 1);
    range.hidden = sheets.length < 2;
    if (atEnd) range.value = range.max;
    if (sheets.length) show();
  };
}
