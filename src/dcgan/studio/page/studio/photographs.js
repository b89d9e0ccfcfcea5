// A photograph that is dropped on the page.

import { post, upload } from "./api.js";

// Send it to the studio; its path in the studio's folder. Throws an Error that says why it was not kept.
export async function sendPhotograph(file) {
  const { set } = await post("/api/uploads", { bytes: file.size });
  const { name } = await upload(`/api/uploads/${set}`, { only: "picture" }, file);
  return `${set}/${name}`;
}
