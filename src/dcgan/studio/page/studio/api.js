// Asking the server. Every failure is an Error whose message can be shown as it is.

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The studio does not answer. If it has ended, start it again and open the address that it prints.");
  }
  if (answer.ok) return answer;
  let text = `the studio answered ${answer.status}`;
  try {
    text = (await answer.json()).error ?? text;
  } catch { /* it was no JSON */ }
  throw new Error(text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : "."));
}

// A path with its query; what is undefined is left out.
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export async function get(path, query) {
  return (await ask(address(path, query))).json();
}

export async function getBlob(path, query) {
  return (await ask(address(path, query))).blob();
}

// A file with the name that the server gives it: [blob, name].
export async function getFile(path, query) {
  const answer = await ask(address(path, query));
  const name = /filename="(.*)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "dcgan";
  return [await answer.blob(), name];
}

export async function post(path, content = {}) {
  return (await ask(path, { method: "POST", body: JSON.stringify(content) })).json();
}

export async function postForBlob(path, content) {
  return (await ask(path, { method: "POST", body: JSON.stringify(content) })).blob();
}

export async function upload(path, query, file) {
  return (await ask(address(path, query), { method: "POST", body: file })).json();
}
