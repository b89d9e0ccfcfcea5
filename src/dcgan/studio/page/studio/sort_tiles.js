// Pictures of a sorting as tiles that load as the window comes to them; each says its class, or what it is taken for.

import { get, getBlob } from "./api.js";
import { complain, make } from "./dom.js";
import { arrowKeys } from "./tile_keys.js";

const AHEAD = 400; // CSS pixels below the window that are loaded, too
const AT_ONCE = 48;

export class Tiles {
  // `act(name, what)` is called with what somebody does to a tile: "click", or the number of a class, or "remove";
  // `paint(names)` while a mouse is drawn over several; `look(picture)` says how one looks: { text, share, tone, sure }.
  constructor(sorting, { act, paint, look }) {
    Object.assign(this, { sorting, act, paint, look, asked: 0, pictures: new Map() });
    this.sheet = make("div", { id: "sheet", class: "tiles sort", role: "group", "aria-label": "Pictures" });
    this.more = make("button", { id: "more", type: "button", onclick: () => this.load() }, "More pictures");
    this.element = make("div", {}, this.sheet, make("p", { class: "center" }, this.more));
    this.nearEnd = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) this.load(); }, { rootMargin: `${AHEAD}px` });
    this.nearEnd.observe(this.more);
    arrowKeys(this.sheet);
    this.sheet.addEventListener("keydown", (event) => this.press(event));
    this.listenToStrokes();
  }

  // Show a view from its beginning; `most` pictures of it, if that is given.
  async open(query, most = Infinity) {
    Object.assign(this, { query, most, total: Infinity, failed: false, loading: null, asked: this.asked + 1 });
    this.pictures.clear();
    this.sheet.replaceChildren();
    await this.load();
  }

  get names() {
    return [...this.pictures.keys()];
  }

  async load() {
    const mine = this.asked;
    if (this.loading === mine || !this.query || this.failed && document.activeElement !== this.more) return;
    const start = this.pictures.size;
    if (start >= Math.min(this.total, this.most)) return;
    this.loading = mine;
    try {
      const found = await get("/api/sorting/pictures", { sorting: this.sorting, ...this.query, start, count: Math.min(AT_ONCE, this.most - start) });
      const tiles = found.pictures.length ? await this.tilesOf(found) : [];
      if (mine !== this.asked) return;
      this.total = found.total;
      this.sheet.append(...tiles);
      this.failed = false;
    } catch (error) {
      if (mine === this.asked) this.failed = true;
      complain(error.message);
    }
    if (this.loading === mine) this.loading = null;
    this.more.hidden = this.pictures.size >= Math.min(this.total, this.most);
    if (!this.failed && !this.more.hidden && this.more.getBoundingClientRect().top < innerHeight + AHEAD) this.load();
  }

  async tilesOf({ set, pictures }) {
    const image = await createImageBitmap(await getBlob("/api/sorting/sheet.png", { sorting: this.sorting, set, rows: pictures.map(({ row }) => row).join(",") }));
    const side = image.width;
    return pictures.map((picture, index) => {
      const canvas = make("canvas", { width: side, height: side, class: "crisp" });
      canvas.getContext("2d").drawImage(image, 0, index * side, side, side, 0, 0, side, side);
      const tile = make("button", { type: "button", class: "tile", "data-name": picture.name, title: picture.name }, canvas, make("span", { class: "caption", "aria-hidden": "true" }, make("span"), make("small")));
      this.pictures.set(picture.name, { ...picture, tile });
      this.dress(picture.name);
      return tile;
    });
  }

  // Show on all tiles, or on one, what they are by now.
  dressAll() {
    for (const name of this.pictures.keys()) this.dress(name);
  }

  dress(name) {
    const { tile, ...picture } = this.pictures.get(name);
    const { text, share, tone, sure } = this.look(picture);
    tile.dataset.tone = tone ?? "";
    tile.classList.toggle("sure", sure);
    tile.lastChild.firstChild.textContent = text;
    tile.lastChild.lastChild.textContent = share;
    tile.setAttribute("aria-label", `${name}: ${text || "no label"}${sure ? ", labeled" : share && `? ${share}`}`);
  }

  press(event) {
    const tile = event.target.closest(".tile");
    if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
    const what = /^[1-9]$/.test(event.key) ? Number(event.key) : ["Backspace", "Delete"].includes(event.key) ? "remove" : null;
    if (what === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(tile.dataset.name, what);
    tile.nextElementSibling?.focus();
  }

  // A click, or a mouse that is drawn over several tiles with its button down.
  listenToStrokes() {
    let first = null;
    let stroke = [];
    this.sheet.addEventListener("pointerdown", (event) => {
      stroke = [];
      first = event.pointerType !== "touch" && event.button === 0 ? event.target.closest(".tile") : null;
    });
    this.sheet.addEventListener("pointerover", (event) => {
      const tile = event.target.closest(".tile");
      if (!first || !tile || !(event.buttons & 1) || (tile === first && !stroke.length)) return;
      if (!stroke.length) stroke.push(first.dataset.name);
      stroke.push(tile.dataset.name);
      for (const name of stroke) this.pictures.get(name).tile.classList.add("over");
    });
    this.release = () => {
      if (stroke.length) this.paint([...new Set(stroke)]);
      for (const name of stroke) this.pictures.get(name)?.tile.classList.remove("over");
      first = null;
    };
    window.addEventListener("pointerup", this.release);
    this.sheet.addEventListener("click", (event) => {
      const tile = event.target.closest(".tile");
      if (tile && !stroke.length) this.act(tile.dataset.name, "click");
      stroke = [];
    });
  }

  close() {
    this.asked += 1;
    this.nearEnd.disconnect();
    window.removeEventListener("pointerup", this.release);
  }
}
