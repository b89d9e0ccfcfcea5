// Look inside: what the discriminator of a model has learned to look for, found in pictures.

import { get, post } from "./api.js";
import { choice, complain, labeled, make, number, say } from "./dom.js";
import { showAtlas } from "./inside_atlas.js";
import { showPicture } from "./inside_picture.js";
import { Follower } from "./jobs.js";
import { chosenModel, modelField, noModels } from "./models.js";
import { sourceName } from "./sources.js";

const KEY = "dcgan-inside";
const PHASES = { pictures: "Preparing the pictures", samples: "Drawing samples", looking: "Looking at the pictures" };
const VIEWS = { channels: ["Channels", showAtlas], picture: ["A picture of your own", showPicture] };

export async function show(panel) {
  const { models, sources } = await get("/api/state");
  if (!models.length) {
    panel.append(noModels());
    return null;
  }
  const model = chosenModel(models);
  const fits = (model.nets ?? "dcgan") === "dcgan";
  const desk = makeDesk(model);
  const { state } = desk;
  let left = false;
  let leave = null; // the view that is shown

  const own = sources.find(({ kind }) => kind !== "built in");
  const known = (name) => name === "" || sources.some((one) => one.name === name);
  const options = [["", "Samples of the model itself"], ...sources.map(({ name, kind }) => [name, sourceName(name, kind)])];
  const source = choice(options, known(state.source) ? state.source : own?.name ?? "", { id: "source", disabled: !fits, onchange: reopen });
  const go = make("button", { id: "look", class: "main", type: "button", disabled: !fits, onclick: look }, "Look inside");
  const working = make("div", { "aria-live": "polite" });
  const follower = new Follower(working, "/api/inside/job", "/api/inside/cancel");
  const results = make("div", { class: "stack" });

  panel.className = "stack";
  panel.append(
    make("h1", { class: "hidden" }, "Look inside"),
    make("section", { class: "card stack" },
      make("p", { class: "soft" }, "A discriminator has learned to tell real pictures from drawn ones. Each of its channels responds to something: this page shows to what."),
      make("div", { class: "fields" },
        modelField(models, model, (name) => { location.hash = `inside/${encodeURIComponent(name)}`; }),
        labeled("Pictures that it looks at", source, "Pictures like those that it was trained on are best, up to 20,000."),
        make("p", {}, go)),
      working,
      !fits && make("p", { id: "unfit", class: "note" }, `The nets of ${model.name} are not a DCGAN's: their discriminator has no layers that can be shown here. Choose another model.`)),
    results);

  async function look() {
    go.disabled = source.disabled = true;
    complain("");
    try {
      const { job } = await post("/api/inside/looks", { model: model.name, source: source.value || null });
      const facts = await follower.follow(job, "Getting ready", PHASES);
      if (facts && !left) {
        open(facts);
        say("What its channels respond to is shown");
      }
    } catch (error) {
      if (!left) complain(error.message);
    }
    go.disabled = source.disabled = false;
  }

  // Show what was found in these pictures before, if the studio still has it.
  async function reopen() {
    state.source = source.value;
    desk.keep();
    close();
    const look = state.looks[source.value];
    if (!look) return;
    const facts = await get("/api/inside", { look }).catch(() => null);
    if (facts && !left && source.value === state.source && look === state.looks[source.value]) open(facts);
  }

  function close() {
    leave?.();
    leave = null;
    results.replaceChildren();
  }

  function open(facts) {
    close();
    desk.facts = facts;
    state.looks[facts.source ?? ""] = facts.look;
    state.layer = Math.min(state.layer ?? Infinity, facts.layers.length - 1);
    desk.keep();
    const place = make("div", { id: "view", class: "stack" });
    const views = Object.entries(VIEWS).map(([name, [title]]) =>
      make("label", {}, make("input", { type: "radio", name: "view", value: name, checked: name === state.view, onchange: () => { state.view = name; showView(); } }), make("span", {}, title)));
    const beside = make("input", { id: "beside", type: "checkbox", checked: state.beside, onchange: () => { state.beside = beside.checked; showView(); } });
    results.append(
      about(facts, model),
      make("div", { class: "row end" },
        make("fieldset", { class: "views" }, make("legend", { class: "hidden" }, "What to look at"), views),
        make("label", { class: "check" }, beside, "Beside the same net with random weights")),
      place);
    showView();

    function showView() {
      desk.keep();
      leave?.();
      place.replaceChildren();
      leave = VIEWS[state.view][1](place, desk);
    }
  }

  if (fits) await reopen();
  return () => {
    left = true;
    follower.leave();
    leave?.();
  };
}

function about({ pictures, skipped, source, images }, model) {
  const what = source === null ? `${number(pictures)} samples of its own` : `${number(pictures)} pictures of ${source === "." ? "this folder" : source}`;
  const without = skipped ? `; ${number(skipped)} could not be used` : "";
  const since = typeof images === "number" && model.images > images;
  return make("div", {},
    make("p", { id: "about" }, `${model.name.replace(/^runs\//, "")}${typeof images === "number" ? `, after ${number(images)} images,` : ""} has looked at ${what}${without}.`),
    since && make("p", { class: "note" }, "The training has gone on since then: look inside again to see its newest checkpoint."));
}

// What the views share: the model, what was found, and what the user has chosen, which stays while the browser's tab is open.
function makeDesk(model) {
  const state = { source: undefined, looks: {}, view: "channels", layer: undefined, beside: false, picture: { seed: 0 }, ...kept()[model.name] };
  const desk = {
    model,
    facts: null,
    state,
    keep: () => sessionStorage.setItem(KEY, JSON.stringify({ ...kept(), [model.name]: state })),
    // Which nets are shown, in the order of the paper's figure.
    nets: () => (state.beside ? ["random", "trained"] : ["trained"]),
  };
  return desk;
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
