// What the frame explorer shows of bytes: the bits of the head, all bytes by field, masking byte by byte.
import { nameOpcode, toText } from "./framing.mjs";
import { count, group, make, toHex } from "./shared.mjs";

export const MOST = 24; // bytes of a field, or columns of XOR, that are drawn

// Bits as in the RFC's figure: 16 in each piece, and two pieces side by side where there is room

const FLAGS = [["FIN", 1], ["RSV1", 1], ["RSV2", 1], ["RSV3", 1], ["opcode", 4], ["MASK", 1], ["payload length", 7]];

export function drawBits(bytes, layout) {
  const halves = [drawRuler(0), drawRuler(16)];
  const last = layout.parts.filter((part) => ["first", "length", "extended", "key"].includes(part.kind)).at(-1);
  for (let start = 0; start < Number(last.end); start += 2) {
    const fields = start === 0 ? headFields(bytes) : wordFields(bytes, layout, start);
    halves.push(make("li", { class: "mn-half" }, nameBytes(bytes, start), fields));
  }
  halves.push(drawPayloadBox(bytes, layout));
  return halves;
}

function drawRuler(start) {
  return make("li", { class: `mn-half mn-ruler mn-ruler-${start}`, "aria-hidden": "true" },
    Array.from({ length: 16 }, (_, bit) => make("span", {}, start + bit)));
}

function nameBytes(bytes, start) {
  return [0, 1].map((place) =>
    make("span", { class: "mn-bytename" }, `byte ${start + place}: `,
      make("b", { class: "mn-mono" }, start + place < bytes.length ? toHex([bytes[start + place]]) : "?")));
}

function headFields(bytes) {
  let at = 0;
  return FLAGS.map(([name, size]) => {
    const bits = readBits(bytes, at, size);
    at += size;
    const known = !bits.includes("?");
    const value = parseInt(bits, 2);
    const meaning = !known ? "" : name === "opcode" ? nameOpcode(value) : name === "payload length" ? sayLength(value) : "";
    return drawField(at <= 8 ? "first" : "length", name, bits, meaning);
  });
}

function sayLength(value) {
  if (value < 126) return `= ${value}`;
  return value === 126 ? "126: 2 bytes follow" : "127: 8 bytes follow";
}

// Two bytes of the extended length or of the masking key.
function wordFields(bytes, layout, start) {
  const part = layout.parts.find((each) => each.start <= BigInt(start) && BigInt(start) < each.end);
  const [from, to] = [Number(part.start), Number(part.end)];
  const bits = readBits(bytes, 8 * start, 16);
  const name = start === from ? part.name : `${part.name}, continued`;
  const value = layout.exact ? group(layout.length) : "";
  const place = start - from;
  const last = start + 2 === to && value ? `= ${value}` : "";
  const meaning = part.kind === "extended" ? last : `key[${place}], key[${place + 1}]`;
  return [drawField(part.kind, name, bits, meaning)];
}

function readBits(bytes, start, size) {
  return Array.from({ length: size }, (_, place) => {
    const byte = bytes[(start + place) >> 3];
    return byte === undefined ? "?" : (byte >> (7 - ((start + place) & 7))) & 1;
  }).join("");
}

function drawField(kind, name, bits, meaning) {
  const spoken = `${name}: ${bits.includes("?") ? "not yet" : bits}${meaning ? `, ${meaning.replace(/^= /, "")}` : ""}. `;
  const narrow = bits.length === 1 ? " mn-single" : "";
  return make("div", { class: `mn-bitfield mn-${kind}${narrow}`, style: `--mn-size: ${bits.length}` },
    unseen(spoken),
    make("span", { class: "mn-fieldname", "aria-hidden": "true" }, name),
    make("span", { class: "mn-bitrow mn-mono", "aria-hidden": "true" }, Array.from(bits, (bit) => make("span", { class: bit === "1" ? "mn-one" : null }, bit))),
    make("span", { class: "mn-meaning", "aria-hidden": "true" }, meaning));
}

function drawPayloadBox(bytes, layout) {
  const have = layout.parts.find((part) => part.kind === "payload");
  const size = !layout.exact ? "length not known yet" : have ? count(have.end - have.start, "byte") : "no bytes";
  return make("li", { class: "mn-half mn-payloadbox mn-payload" }, make("span", {}, "payload: ", size));
}

// All bytes, each under the name of its field

export function drawDump(bytes, layout) {
  return layout.parts.filter((part) => part.start < BigInt(bytes.length)).map((part) => {
    const piece = bytes.slice(Number(part.start), part.end < BigInt(bytes.length) ? Number(part.end) : bytes.length);
    const cut = piece.length > 2 * MOST ? piece.length - MOST - 8 : 0;
    const shown = cut ? [piece.slice(0, MOST), piece.slice(-8)] : [piece];
    return make("li", { class: `mn-piece mn-${part.kind}` },
      make("span", { class: "mn-piecename" }, part.name),
      make("span", { class: "mn-hexes mn-mono" }, shown.map((some, place) => [
        place ? make("span", { class: "mn-more" }, `${group(cut)} more`) : null,
        Array.from(some, (byte) => [make("span", { class: "mn-byte" }, toHex([byte])), " "]),
      ])));
  });
}

// Masking, byte by byte

// A sign for each byte: its character at the first byte of it, a dot for what is no text.
export function spellBytes(bytes) {
  const isText = toText(bytes) !== null;
  return Array.from(bytes.slice(0, MOST), (byte, index) => {
    if (isText && byte >= 0xc2) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return toText(bytes.slice(index, index + size)) ?? ".";
    }
    if (isText && byte >= 0x80) return "\u2190"; // belongs to the character on its left
    return byte > 32 && byte < 127 ? String.fromCharCode(byte) : byte === 32 ? "\u2423" : ".";
  });
}

export function drawLabels() {
  return make("div", { class: "mn-labels", "aria-hidden": "true" },
    ["on the wire", "masking key", "payload", "as text"].map((label) => make("span", {}, label)));
}

export function drawColumn(index, wire, key, text, letters) {
  const k = index % 4;
  return make("button", {
    type: "button", class: "mn-column mn-mono", tabindex: "-1", "aria-pressed": "false",
  },
    unseen(`byte ${index}: `), make("span", { class: "mn-cell mn-payload" }, toHex([wire[index]])),
    unseen(` XOR key byte ${k}: `), make("span", { class: "mn-cell mn-key" }, toHex([key[k]])),
    unseen(" is "), make("span", { class: "mn-cell mn-payload mn-plain" }, toHex([text[index]])),
    unseen(" as text "), make("span", { class: "mn-cell mn-letter" }, letters[index]));
}

export function drawDetail(index, wire, key, text, letters) {
  const line = (sign, name, byte, kind) =>
    make("div", { class: `mn-xor mn-${kind}` }, make("span", { class: "mn-sign" }, sign),
      make("span", { class: "mn-mono mn-eight" }, byte.toString(2).padStart(8, "0").replace(/(....)/, "$1 ")),
      make("span", { class: "mn-mono" }, toHex([byte])), make("span", { class: "mn-quiet" }, name));
  return [
    make("p", { class: "mn-detailname" }, `Byte ${index} of the payload`),
    line("", "on the wire", wire[index], "payload"),
    line("XOR", `key byte ${index} mod 4 = ${index % 4}`, key[index % 4], "key"),
    line("=", `payload, ${letters[index]}`, text[index], "payload"),
  ];
}

// An unmasked payload: each byte over its character.
export function drawPlain(bytes, wire) {
  if (!wire.length || bytes[1] & 128) return "";
  const letters = spellBytes(wire);
  const columns = letters.map((letter, index) => make("li", { class: "mn-still mn-mono" },
    make("span", { class: "mn-cell mn-payload" }, toHex([wire[index]])),
    make("span", { class: "mn-cell mn-letter" }, letter)));
  const more = wire.length > MOST ? `${count(wire.length - MOST, "more byte")}.` : "";
  const rows = [];
  for (let start = 0; start < columns.length; start += 8) {
    rows.push(make("ul", { class: "mn-row", "aria-label": `payload bytes from ${start} on, and as text` }, columns.slice(start, start + 8)));
  }
  return make("div", { class: "mn-columns" }, rows, more && make("p", { class: "mn-quiet" }, more));
}

function unseen(text) {
  return make("span", { class: "mn-unseen" }, text);
}
