// Asking the server. Every failure is an Error whose message can be shown as it is.

import { sentence } from "./dom.js";

const asJson = (answer) => answer.json();
const asBlob = (answer) => answer.blob();

async function ask(path, read, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
    if (answer.ok) return await read(answer);
  } catch {
    throw new Error("The studio does not answer. If it was stopped, start it again and open the address that it prints.");
  }
  let text = `the studio answered ${answer.status}`;
  try {
    text = (await answer.json()).error ?? text;
  } catch { /* it was no JSON */ }
  throw new Error(sentence(text));
}

// A path with its query; what is undefined is left out.
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export async function get(path, query) {
  return ask(address(path, query), asJson);
}

export async function getBlob(path, query) {
  return ask(address(path, query), asBlob);
}

// A file with the name that the server gives it: [blob, name].
export async function getFile(path, query) {
  const nameOf = (answer) => /filename="(.*)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "dcgan";
  return ask(address(path, query), async (answer) => [await answer.blob(), nameOf(answer)]);
}

export async function post(path, content = {}) {
  return ask(path, asJson, { method: "POST", body: JSON.stringify(content) });
}

export async function postForBlob(path, content) {
  return ask(path, asBlob, { method: "POST", body: JSON.stringify(content) });
}

export async function upload(path, query, file) {
  return ask(address(path, query), asJson, { method: "POST", body: file });
}
