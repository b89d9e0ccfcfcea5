import { empty } from "./dom.js";
export async function show(panel) { panel.append(empty("No training yet", "")); }
