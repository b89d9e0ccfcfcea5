// Commands that do the same in a terminal.

import { make } from "./dom.js";

// A word of a command, as a shell reads it.
export function quoted(word) {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

// A list of channels or seeds, as flags take it: "3,17,40-47".
export function ranges(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (const one of sorted) {
    const last = parts.at(-1);
    if (last && one === last[1] + 1) last[1] = one;
    else parts.push([one, one]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

// Where commands stand, a line each.
export function commandPlace(text) {
  const lines = make("div", { class: "stack tight" });
  return {
    element: make("details", {}, make("summary", {}, "Go on elsewhere"), make("p", { class: "soft" }, text), lines),
    show: (...commands) => lines.replaceChildren(...commands.map((command) => make("code", { class: "command" }, command))),
  };
}
