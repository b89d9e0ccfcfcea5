// The page: one picture with its controls, and below it a sheet of samples without an end.

const WALK = 2500; // milliseconds from one seed to the next
const MORE = 24; // samples that are added to the sheet at a time
const AHEAD = 600; // pixels below the window that are filled

const $ = (id) => document.getElementById(id);

function bytes(text) {
  const letters = atob(text);
  const out = new Uint8Array(letters.length);
  for (let at = 0; at < out.length; at += 1) out[at] = letters.charCodeAt(at);
  return out;
}

const pool = new Pool(MODEL, bytes(WEIGHTS).buffer, bytes(CODE), WORKER, (message) => {
  $("error").textContent = `This browser cannot draw from a page on disk: ${message}`;
  $("error").hidden = false;
});

const coefficients = MODEL.axes.map(() => 0);
let walking; // the frame that comes next
let part = 0; // of the way to the next seed
let drawing = false;
let again = false; // something has changed since the picture that is being drawn

document.title = MODEL.title;
$("title").textContent = MODEL.title;
document.body.classList.toggle("small", MODEL.size < 200);
document.body.classList.toggle("clear", MODEL.channels === 4);
$("picture").width = $("picture").height = MODEL.size;

// The z of a seed, with the label that is chosen.
function chosen(seed) {
  const z = latents(seed, MODEL);
  if ($("label").value === "") return z;
  z.fill(0, MODEL.latentDim - MODEL.classes);
  z[MODEL.latentDim - MODEL.classes + Number($("label").value)] = 1;
  return z;
}

function paint(canvas, pixels) {
  canvas.getContext("2d").putImageData(new ImageData(pixels, MODEL.size, MODEL.size), 0, 0);
}

const seed = () => Number($("seed").value);

// Draw the picture of the seed, or of the point of the walk, moved by the sliders; of several changes only the last.
async function show() {
  again = true;
  if (drawing) return;
  drawing = true;
  while (again) {
    again = false;
    const here = chosen(seed());
    const z = part ? between(here, chosen(seed() + 1), part, MODEL) : here;
    MODEL.axes.forEach(({ direction }, axis) => direction.forEach((number, at) => (z[at] += coefficients[axis] * number)));
    paint($("picture"), await pool.draw(z, true));
  }
  drawing = false;
  const text = part ? `seed ${seed()} to ${seed() + 1}` : `seed ${seed()}`;
  $("picture").setAttribute("aria-label", `the picture of ${text}`);
  if (!walking) $("status").textContent = text;
  mark();
}

// Show in the sheet which sample is the picture's.
function mark() {
  $("sheet").querySelector("[aria-current]")?.removeAttribute("aria-current");
  $("sheet").children[seed()]?.setAttribute("aria-current", "true");
}

function choose(number) {
  stop();
  $("seed").value = number;
  part = 0;
  show();
}

function stop() {
  cancelAnimationFrame(walking);
  walking = undefined;
  $("walk").setAttribute("aria-pressed", false);
}

// Go through the seeds, each to the next, as time goes on.
function walk() {
  if (walking) {
    stop();
    show();
    return;
  }
  $("walk").setAttribute("aria-pressed", true);
  $("status").textContent = `walking from seed ${seed()}`;
  let before = performance.now();
  const step = async (now) => {
    part += Math.max(0, now - before) / WALK;
    before = now;
    if (part >= 1) {
      $("seed").value = seed() + 1;
      part %= 1;
    }
    await show();
    if (walking) walking = requestAnimationFrame(step);
  };
  walking = requestAnimationFrame(step);
}

function save() {
  $("picture").toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `seed-${seed()}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

// Fill the sheet until it reaches below the window.
function fill() {
  while ($("sheet").getBoundingClientRect().bottom < innerHeight + AHEAD) {
    const first = $("sheet").children.length;
    for (let number = first; number < first + MORE; number += 1) $("sheet").append(sample(number));
  }
  mark();
}

function sample(number) {
  const button = document.createElement("button");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = MODEL.size;
  button.type = "button";
  button.dataset.seed = number;
  button.title = `seed ${number}`;
  button.setAttribute("aria-label", `seed ${number}`);
  button.append(canvas);
  button.addEventListener("click", () => {
    choose(number);
    scrollTo({ top: 0 });
  });
  pool.draw(chosen(number)).then((pixels) => {
    paint(canvas, pixels);
    button.dataset.drawn = true;
  });
  return button;
}

MODEL.axes.forEach(({ name }, axis) => {
  const [label, slider, output] = ["label", "input", "output"].map((kind) => document.createElement(kind));
  Object.assign(slider, { id: `axis-${axis}`, type: "range", min: -2, max: 2, step: 0.05, value: 0 });
  [label.textContent, label.title, label.htmlFor, output.textContent] = [name, name, slider.id, "0"];
  slider.addEventListener("input", () => {
    coefficients[axis] = Number(slider.value);
    output.textContent = slider.value;
    show();
  });
  $("axes").append(label, slider, output);
});

MODEL.labels.forEach((name, number) => $("label").append(new Option(name, number)));
$("labels").hidden = !MODEL.labels.length;
$("label").addEventListener("change", () => {
  pool.drop();
  $("sheet").replaceChildren();
  fill();
  show();
});

const buttons = {
  next: () => choose(seed() + 1),
  previous: () => choose(Math.max(0, seed() - 1)),
  any: () => choose(Math.floor(Math.random() * 2 ** 31)),
  walk,
  save,
  reset() {
    for (const slider of document.querySelectorAll("#axes input")) {
      slider.value = 0;
      slider.dispatchEvent(new Event("input"));
    }
  },
};
for (const [id, act] of Object.entries(buttons)) $(id).addEventListener("click", act);
$("seed").addEventListener("change", () => choose(Math.min(Math.max(0, Math.floor(seed()) || 0), Number.MAX_SAFE_INTEGER - 1)));

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const focused = document.activeElement;
  if (focused.parentElement === $("sheet")) {
    const columns = getComputedStyle($("sheet")).gridTemplateColumns.split(" ").length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const next = by && $("sheet").children[Number(focused.dataset.seed) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
  if (["number", "select-one"].includes(focused.type)) return;
  const id = { n: "next", p: "previous", a: "any", w: "walk", s: "save", r: "reset" }[event.key.toLowerCase()];
  if (id) $(id).click();
});
addEventListener("scroll", fill, { passive: true });
addEventListener("resize", fill);
show();
fill();
