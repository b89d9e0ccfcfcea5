// Walk: from picture to picture by a slider, and the whole of it as a film, a strip or latent vectors.

import { choice, duration, labeled, make, number, say } from "./dom.js";
import { makeSlot } from "./explore_slots.js";
import { makeStage } from "./explore_stage.js";
import { latest } from "./latest.js";

const MOST = 12; // pictures of a walk
const STRIP = 12; // steps of the strip, more or less
const SECONDS = [0.5, 1, 1.25, 2, 3, 5];

export function showWalk(place, desk) {
  const { state } = desk;
  const { size } = desk.model;
  const stage = makeStage(desk);
  const strip = make("canvas", { id: "strip", class: "crisp", role: "img", "aria-label": "The walk as a strip", height: size });
  const slider = make("input", { id: "at", type: "range", min: 0, step: 0.01, oninput: () => go(Number(slider.value)) });
  const slot = makeSlot(desk, { name: "The walk", items: state.walk.map((seed) => ({ seed })), most: MOST, repeats: true, picked: (index) => go(index), changed });
  const loop = make("input", { id: "loop", type: "checkbox", onchange: () => { state.loop = loop.checked; changed(slot.items()); } });
  const kind = choice(desk.films.map((one) => [one, { gif: "GIF", webp: "WebP", mp4: "MP4" }[one]]), "gif", { id: "kind" });
  const seconds = choice(SECONDS.map((one) => [String(one), `${one} s`]), "1.25", { id: "seconds", onchange: () => nameFilm() });
  const film = make("button", { id: "film", type: "button", class: "main", "aria-describedby": "film-length", onclick: makeFilm });
  const length = make("p", { id: "film-length", class: "bad", role: "status" });
  const one = make("p", { class: "soft" }, "A walk needs two pictures: put another one into it.");
  const walking = make("div", { class: "stack tight" }, strip, make("label", { class: "field" }, make("span", {}, "From picture to picture"), slider));
  const keeping = make("section", { class: "card stack tight", "aria-labelledby": "keep-walk" },
    make("h2", { id: "keep-walk" }, "Keep the walk"),
    make("div", { class: "fields" }, labeled("Film", kind), labeled("From one to the next", seconds)),
    length,
    make("div", { class: "row" }, film,
      make("button", { id: "keep-strip", type: "button", onclick: () => keep("strip") }, "Strip"),
      make("button", { id: "keep-latents", type: "button", onclick: () => keep("npz") }, "Latent vectors")));

  loop.checked = state.loop;
  place.append(
    stage.picture,
    make("div", { class: "act stack tight" }, walking, one, slot.element, make("label", { class: "check" }, loop, "Return to the first picture, so that a film has no seam")),
    make("div", { class: "keep stack" }, stage.keeping, keeping));

  // ---- the walk

  const path = () => (state.loop ? [...state.walk, state.walk[0]] : state.walk);
  const whole = () => {
    const rows = path().length - 1;
    const steps = rows * Math.max(1, Math.floor(STRIP / rows));
    return { kind: "walk", seeds: path(), at: Array.from({ length: steps + 1 }, (_, index) => index * rows / steps) };
  };

  const drawStrip = latest(async () => {
    const of = whole();
    const frames = await desk.draw(of, of.at.map(() => ""));
    if (!frames) return;
    strip.width = frames.length * size;
    frames.forEach((frame, index) => strip.getContext("2d").drawImage(frame, index * size, 0));
  });

  function changed(items) {
    state.walk = items.map(({ seed }) => seed);
    desk.keep();
    const enough = state.walk.length > 1;
    walking.hidden = keeping.hidden = !enough;
    one.hidden = state.walk.length !== 1;
    slider.max = path().length - 1;
    nameFilm();
    if (!enough) {
      say("a walk needs two pictures");
      if (!state.walk.length) stage.clear("The walk is empty: put two pictures or more into it.");
      else stage.show({ kind: "moved", seed: state.walk[0], terms: [] }, `seed ${state.walk[0]}`);
      return;
    }
    drawStrip();
    go(Math.min(state.at, path().length - 1));
  }

  function go(at) {
    state.at = at;
    desk.keep();
    const [from, share] = [Math.min(Math.floor(at), path().length - 2), at - Math.min(Math.floor(at), path().length - 2)];
    const [first, second] = path().slice(from, from + 2);
    const name = share === 0 ? `seed ${first}` : share === 1 ? `seed ${second}` : `${Math.round(100 * share)}% from seed ${first} to seed ${second}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", name);
    stage.show({ kind: "walk", seeds: path(), at: [at] }, name);
  }

  // ---- keeping it

  // What the film will be, and why there cannot be one: the server makes it no longer.
  function nameFilm() {
    const steps = (path().length - 1) * Math.round(desk.frames_per_second * Number(seconds.value));
    const frames = steps + (state.loop ? 0 : 1);
    const tooLong = frames > desk.most_frames;
    film.textContent = `Film of ${duration(steps / desk.frames_per_second)}`;
    film.disabled = tooLong;
    length.textContent = tooLong ? `This film would have ${number(frames)} frames, and at most ${number(desk.most_frames)} are allowed: use fewer pictures, or less time from one to the next.` : "";
  }

  const keep = (what) => desk.download("/api/explore/download", { of: JSON.stringify(whole()), kind: what, ...stage.sizes() });

  async function makeFilm() {
    film.disabled = true;
    film.textContent = "The film is being made …";
    say("the film is being made");
    if (await desk.download("/api/explore/film", { seeds: state.walk.join(","), kind: kind.value, seconds: seconds.value, loop: state.loop })) say("the film is made");
    nameFilm();
  }

  slot.aim();
  changed(slot.items());
}
