// Sounds of a model that learned from sounds, one at a time.

import { getBlob } from "./api.js";
import { complain, make } from "./dom.js";

const player = make("audio", { id: "player", hidden: true });
document.body.append(player);
let asked = 0; // the last one that was asked for is heard

export async function listen(query, seed) {
  asked += 1;
  const mine = asked;
  player.pause();
  try {
    const wav = await getBlob("/api/download", { ...query, seeds: String(seed), kind: "wav" });
    if (mine !== asked) return;
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(wav);
    await player.play();
  } catch (error) {
    if (mine === asked) complain(error.message);
  }
}
