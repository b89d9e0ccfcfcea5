// Making parts of the page. Text is always set as text: nothing that comes from a file can become markup.

// An element with attributes and content: make("button", { class: "main", onclick: act }, "Start"). Functions listen to
// events; true and false set or leave out an attribute.
export function make(kind, attributes = {}, ...content) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...content.flat().filter((part) => part !== null && part !== undefined && part !== false));
  return element;
}

// A label above its field.
export function labeled(text, field, hint = "") {
  return make("label", { class: "field" }, make("span", {}, text), field, hint && make("small", { class: "soft" }, hint));
}

// A choice by name: options are [value, text].
export function choice(options, value, attributes = {}) {
  const field = make("select", attributes, options.map(([key, text]) => make("option", { value: key }, text)));
  if (options.some(([key]) => key === value)) field.value = value;
  return field;
}

// What stands where nothing is yet: a title, a sentence, and what to do.
export function empty(title, text, ...actions) {
  return make("div", { class: "empty" }, make("h2", {}, title), make("p", {}, text), ...actions);
}

// The parts of the page's address: its tab, and what is named after it. What is no valid escape stays as it is.
export function addressParts() {
  return location.hash.slice(1).split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

// Remember which element has the focus; the function returned gives it back to the one of that id on the new page.
export function rememberFocus() {
  const id = document.activeElement?.id;
  return () => {
    if (id && document.activeElement === document.body) document.getElementById(id)?.focus();
  };
}

const notice = document.getElementById("notice");

// Say what went wrong, on every tab; an empty text takes it back.
export function complain(text) {
  notice.hidden = !text;
  notice.replaceChildren(text, make("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => complain("") }, "×"));
}

// Say something to those who do not see the page.
export function say(text) {
  document.getElementById("spoken").textContent = text;
}

// Give the browser a file to keep.
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// What the server says, which begins in lower case, as a sentence.
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

export function number(value) {
  return Math.round(value).toLocaleString("en-US");
}

// "40 s", "12 min", "3 h 20 min"
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// How far something is that takes a while, in words and as a bar; of how many may be unknown.
export function progress(place, text, done, total) {
  const words = total ? `${text}: ${number(done)} of ${number(total)}` : `${text} …`;
  place.replaceChildren(make("p", { class: "soft" }, words, make("progress", { max: total ?? 1, value: total ? done : null, "aria-label": text })));
}
