// What pictures of the folder are called, wherever some are chosen.

const KINDS = { pictures: "folder", sounds: "folder of sounds", archive: "archive", "packed set": "prepared set" };
const BUILT_IN = "Drawn faces, built in (to try it out)";

export function sourceName(name, kind) {
  return kind === "built in" ? BUILT_IN : `${name === "." ? "this folder" : name} (${KINDS[kind]})`;
}
