// What all widgets share. The line that imports this is replaced by this text (base.py): keep names distinct.

// The bytes of a trait: a DataView in a notebook, an array or a buffer elsewhere.
export function toBytes(value) {
  if (!value) return new Uint8Array();
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

export function toHex(bytes, between = " ") {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
}

// A number as people read it: 65,536.
export function group(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function count(number, word) {
  return `${group(number)} ${word}${Number(number) === 1 ? "" : "s"}`;
}

// make("button", { type: "button", class: "x", onclick: f }, "text", child): null and false leave something out.
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// An id that no other view has, for labels and descriptions.
let idsGiven = 0;
export function newId(name) {
  idsGiven += 1;
  return `mn-${name}-${idsGiven}-${Math.random().toString(36).slice(2, 8)}`;
}

// Call `heard` whenever one of the traits changes; returns what ends that (a render function returns it in turn).
export function listen(model, names, heard) {
  for (const name of names) model.on(`change:${name}`, heard);
  return () => names.forEach((name) => model.off(`change:${name}`, heard));
}

// Keys that a widget uses are not the notebook's: without this, "a" in a field could insert a cell.
export function keepKeys(root) {
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => event.stopPropagation());
}
