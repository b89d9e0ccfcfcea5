// Files that the server makes for somebody to keep. They are fetched, and not linked to: of a link that is refused a
// browser says nothing.

import { getFile } from "./api.js";
import { complain, make, save } from "./dom.js";

// Give the browser a file, by the server's name for it unless another is given; says whether it came.
export async function download(path, query, name) {
  try {
    const [blob, usual] = await getFile(path, query);
    save(blob, name ?? usual);
    complain("");
    return true;
  } catch (error) {
    complain(error.message);
    return false;
  }
}

// A button that downloads what `asked` returns, [path, query, name], or throws an Error that says why it cannot; it rests
// until the file is there.
export function downloadButton(text, attributes, asked) {
  async function act() {
    button.disabled = true;
    try {
      await download(...asked());
    } catch (error) {
      complain(error.message);
    }
    button.disabled = false;
  }
  const button = make("button", { type: "button", ...attributes, onclick: act }, text);
  return button;
}
