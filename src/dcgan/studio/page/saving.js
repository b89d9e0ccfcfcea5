// Each change is put to the server at once, one after another. What fails is told, and put again with the next change.

export const $ = (id) => document.getElementById(id);

export function showError(text) {
  $("error").textContent = text;
  $("error").hidden = !text;
}

// The answer to a request; `content` is sent as JSON. Throws an Error that says why there is none.
export async function send(method, path, content = null) {
  let answer;
  try {
    answer = await fetch(path, { method, body: content && JSON.stringify(content) });
  } catch {
    throw new Error("dcgan does not answer. If it has ended, run it again and open the address that it prints.");
  }
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}

export class Saving {
  unsaved = new Set(); // keys of what the server does not have yet
  #put; // puts what a key stands for to the server
  #showStatus;
  #rounds = 0; // that have not ended
  #queue = Promise.resolve();

  constructor(put, showStatus) {
    this.#put = put;
    this.#showStatus = showStatus;
    window.addEventListener("beforeunload", (event) => { if (this.#rounds || this.unsaved.size) event.preventDefault(); });
  }

  // What to say of it; `otherwise` where all is saved.
  status(otherwise) {
    if (this.#rounds) return "saving …";
    return this.unsaved.size ? "not saved" : otherwise;
  }

  save(key) {
    this.unsaved.add(key);
    this.#rounds += 1;
    this.#queue = this.#queue.then(async () => {
      for (const waiting of [...this.unsaved]) await this.#try(waiting);
      this.#rounds -= 1;
      if (!this.unsaved.size) showError("");
      this.#showStatus();
    });
  }

  async #try(key) {
    this.unsaved.delete(key); // first: a change made while it travels must be kept too
    try {
      await this.#put(key);
    } catch (error) {
      this.unsaved.add(key);
      showError(`Not saved: ${error.message}`);
    }
  }

  // Save what is left, end the server, and leave nothing on the page but where things are: `where()`.
  async end(where) {
    for (const key of this.unsaved) this.save(key);
    this.#showStatus();
    await this.#queue;
    if (this.unsaved.size) return;
    try {
      await send("POST", "done");
    } catch (error) {
      showError(`Not ended: ${error.message}`);
      return;
    }
    const text = document.createElement("p");
    text.textContent = `${where()} dcgan goes on in the terminal; this page can be closed.`;
    document.body.replaceChildren(text);
  }
}
