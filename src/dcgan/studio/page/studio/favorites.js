// Favorites: seeds of a model that somebody liked. The browser keeps them, for this address.

const KEY = "dcgan-favorites";

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function favoritesOf(model) {
  const found = all()[model];
  return Array.isArray(found) ? found.filter((seed) => Number.isSafeInteger(seed) && seed >= 0) : [];
}

export function setFavorites(model, seeds) {
  localStorage.setItem(KEY, JSON.stringify({ ...all(), [model]: seeds }));
}

// Add it, or take it away; returns what there is then.
export function toggle(model, seed) {
  const before = favoritesOf(model);
  const now = before.includes(seed) ? before.filter((one) => one !== seed) : [...before, seed];
  setFavorites(model, now);
  return now;
}

export function exported(model, seeds) {
  return new Blob([JSON.stringify({ model, seeds }, null, 2)], { type: "application/json" });
}

// The seeds of a file that was exported, and its model. Throws an Error that says what is wrong with it.
export async function imported(file) {
  let found;
  try {
    found = JSON.parse(await file.text());
  } catch {
    throw new Error(`${file.name} holds no favorites: it is not JSON.`);
  }
  const seeds = found?.seeds;
  if (!Array.isArray(seeds) || !seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new Error(`${file.name} holds no favorites: it has no list of seeds.`);
  }
  return { model: found.model, seeds };
}
