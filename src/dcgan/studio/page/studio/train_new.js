// A new training: choose pictures, see which of them can be used, and start.

import { get, post, upload } from "./api.js";
import { choice, complain, labeled, make, progress, say, sentence } from "./dom.js";
import { dropZone } from "./dropping.js";
import { intakeReport } from "./intake.js";
import { sourceName } from "./sources.js";

const AT_ONCE = 3; // files that are sent together
const POLL = 500; // milliseconds
const MINUTES = 30; // unless others are chosen
const CHOSEN = "chosen from the pictures"; // what a field says that is left open
const KINDS = [["default", "photographs"], ["drawings", "drawings"]]; // the presets for them
const SIZES = [32, 64, 96, 128, 256];

export async function showNew(panel, state) {
  const names = new Map(); // of dropped files: what each was called, by the name it is stored under
  const recipe = await get("/api/recipe");
  let left = false;
  let kindOf = ""; // the pictures whose kind was chosen by hand: another look does not change it
  let looks = 0; // at pictures: only the last one counts

  const source = choice([["", "Choose …"], ...state.sources.map(({ name, kind }) => [name, sourceName(name, kind)])], "", { id: "source", onchange: look });
  const size = choice(SIZES.map((side) => [String(side), `${side} × ${side} pixels`]), "64", { id: "size", onchange: look });
  const kind = choice(KINDS, "default", { id: "kind", onchange: () => { kindOf = source.value; } });
  const kindField = labeled("Kind of pictures", kind, "Drawings have flat areas of color: cartoons, icons, pixel art.");
  const minutes = make("input", { id: "minutes", type: "number", min: 1, step: 1, value: MINUTES, placeholder: MINUTES, inputmode: "numeric" });
  const more = recipe.map(setting);
  const report = make("div", { id: "report", "aria-live": "polite" });
  const start = make("button", { id: "start", class: "main", type: "button", disabled: true, onclick: begin }, "Start training");
  const sending = make("div", { "aria-live": "polite" });

  panel.append(
    state.runs.length ? "" : make("div", { class: "lead" },
      make("h2", {}, "No runs yet: train one"),
      make("p", { class: "soft" }, "Give it pictures of one kind, such as faces, rooms or drawings. The model learns to draw new ones like them.")),
    make("section", { class: "card stack" },
      make("h2", {}, "Which pictures to learn from"),
      dropZone(send, "or drop pictures, folders or an archive here", "At least a few hundred pictures; thousands are better. They stay on this machine."),
      sending,
      state.sources.length > 0 && labeled("Pictures in this folder", source),
      report),
    make("section", { class: "card stack" },
      make("h2", {}, "How long"),
      make("div", { class: "fields" },
        labeled("Size of the new pictures", size, "Twice the size takes about four times as long."),
        kindField,
        labeled("Minutes", minutes, "You can pause the training at any time, and make it longer afterwards.")),
      make("details", {}, make("summary", {}, "More"), make("div", { class: "fields" }, more.map(({ field }) => field))),
      make("p", { class: "row" }, start)),
  );

  // ---- pictures that are dropped

  async function send(files) {
    if (!files.length) return;
    complain("");
    const refused = [];
    const stored = [];
    const waiting = [...files];
    try {
      const { set } = await post("/api/uploads", { bytes: files.reduce((sum, file) => sum + file.size, 0) });
      const sendNext = async () => {
        for (let file = waiting.pop(); file && !left; file = waiting.pop()) {
          try {
            const one = await upload(`/api/uploads/${set}`, {}, file);
            stored.push(one);
            names.set(one.name, file.webkitRelativePath || file.name);
          } catch (error) {
            refused.push([file.name, error.message]);
          }
          progress(sending, "Sending", stored.length + refused.length, files.length);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
    } catch (error) {
      complain(error.message);
    }
    sending.replaceChildren(...(refused.length ? [notKept(refused)] : []));
    const archive = stored.find(({ kind }) => kind === "archive");
    const name = archive?.source ?? stored[0]?.source;
    if (!name || left) return;
    if (archive && stored.length > 1) complain(`Only ${archive.name} is learned from: an archive cannot be joined with other files. To learn from all of them, unpack it and drop the pictures together.`);
    source.append(make("option", { value: name }, sourceName(name, stored.length === 1 && stored[0].kind === "archive" ? "archive" : "pictures")));
    source.value = name;
    if (!source.isConnected) report.before(labeled("Pictures in this folder", source));
    await look();
  }

  // ---- a look at them

  async function look() {
    const mine = ++looks;
    const query = { source: source.value, size: Number(size.value) };
    start.disabled = true;
    report.replaceChildren();
    if (!source.value) return;
    try {
      let facts = await post("/api/intake", query);
      while (facts.used === undefined && mine === looks && !left) {
        progress(report, "Looking at them", facts.done, facts.total);
        await new Promise((resolve) => setTimeout(resolve, POLL));
        facts = await get("/api/intake", query);
        if (facts.error) throw new Error(sentence(facts.error));
      }
      if (mine !== looks || left) return;
      report.replaceChildren(intakeReport(facts, query, names));
      kindField.hidden = facts.noun === "clip"; // recordings are neither
      if (kindOf !== source.value) {
        kind.value = facts.drawn ? "drawings" : "default";
        if (facts.drawn) report.append(make("p", { class: "soft" }, "These pictures look drawn, so the training treats them as drawings. If they are not, choose another kind below."));
      }
      start.disabled = facts.used < 2;
      say(`${facts.used} ${facts.noun}s can be used`);
    } catch (error) {
      if (mine !== looks) return;
      report.replaceChildren(make("p", { class: "bad" }, error.message));
      await forget(source.value);
    }
  }

  // Take a source out of the list that is gone, as dropped files are of which none can be used.
  async function forget(name) {
    const { sources } = await get("/api/state");
    if (!sources.some((one) => one.name === name)) [...source.options].find(({ value }) => value === name)?.remove();
  }

  // ---- the start

  async function begin() {
    start.disabled = true;
    try {
      const chosen = Object.fromEntries(more.filter(({ value }) => value() !== undefined).map(({ name, value }) => [name, value()]));
      const { run } = await post("/api/runs", { source: source.value, size: Number(size.value), minutes: typed(minutes, MINUTES), more: { ...chosen, ...(kind.value === "default" ? {} : { preset: kind.value }) } });
      location.hash = `train/${encodeURIComponent(run)}`;
    } catch (error) {
      complain(error.message);
      start.disabled = false;
    }
  }

  return () => { left = true; };
}

// A field of "more"; its value is undefined where it was left as it is, or empty.
function setting({ name, label, help, allowed, default: usual, choices }) {
  const open = usual === null; // the training chooses it
  const options = [...(open ? [["", CHOSEN]] : []), ...(choices ?? []).map((one) => [one, one])];
  const field = choices ? choice(options, usual ?? "") : make("input", { value: usual ?? "", placeholder: usual ?? CHOSEN, inputmode: "decimal" });
  const value = () => {
    if (field.value === String(usual ?? "")) return undefined;
    return choices ? field.value : typed(field);
  };
  return { name, value, field: labeled(label, field, choices ? help : `${help} ${sentence(allowed)}`) };
}

// The number in a field, or the usual one if it is empty. What is no number is returned as it is, or as null if the
// browser does not say: the server refuses it.
function typed(field, usual) {
  if (field.validity.badInput) return null;
  const text = field.value.trim();
  if (!text) return usual;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

function notKept(refused) {
  return make("details", {},
    make("summary", { class: "bad" }, `${refused.length} ${refused.length === 1 ? "file was" : "files were"} not kept`),
    make("ul", {}, refused.slice(0, 100).map(([name, why]) => make("li", {}, `${name}: ${why}`))));
}
