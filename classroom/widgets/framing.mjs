// The protocol: the same rules, and the same words, as minews/frames.py and layout.py. Tests hold them together.
import { count, group, toHex } from "./shared.mjs";

export const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
const MAX_PAYLOAD = 1048576n; // what a FrameReader takes
export const SHOWN = 40; // characters or bytes of a payload in a sentence

export function applyMask(data, key) {
  return data.map((byte, index) => byte ^ key[index % 4]);
}

export function encodePayloadLen(n, masked) {
  const mask = masked ? 0x80 : 0;
  if (n <= 125) return [mask | n];
  const size = n <= 65535 ? 2 : 8;
  const digits = Array.from({ length: size }, (_, place) => Number((BigInt(n) >> BigInt(8 * (size - 1 - place))) & 255n));
  return [mask | (size === 2 ? 126 : 127), ...digits];
}

// A frame: { fin, rsv1, rsv2, rsv3, opcode, payload, key }, where key is null if it is not masked.
export function encodeFrame(frame) {
  const first = (frame.fin << 7) | (frame.rsv1 << 6) | (frame.rsv2 << 5) | (frame.rsv3 << 4) | frame.opcode;
  const head = [first, ...encodePayloadLen(frame.payload.length, frame.key !== null), ...(frame.key ?? [])];
  const bytes = new Uint8Array(head.length + frame.payload.length);
  bytes.set(head);
  bytes.set(frame.key ? applyMask(frame.payload, frame.key) : frame.payload, head.length);
  return bytes;
}

// Which bytes belong to which field; sizes are BigInt, since a length may have 64 bits.
export function layOut(bytes) {
  const second = bytes.length > 1 ? bytes[1] : 0;
  const extended = { 126: 2, 127: 8 }[second & 127] ?? 0;
  const head = 2 + extended + (second & 128 ? 4 : 0);
  const exact = bytes.length >= 2 + extended;
  let length = BigInt(second & 127);
  if (extended) {
    length = 0n;
    if (exact) for (const byte of bytes.slice(2, 2 + extended)) length = (length << 8n) | BigInt(byte);
  }
  const size = BigInt(head) + length;
  const have = BigInt(bytes.length);
  const ends = [
    ["first", "FIN, RSV and opcode", 1n],
    ["length", "MASK and payload length", 2n],
    ["extended", "extended payload length", BigInt(2 + extended)],
    ["key", "masking key", BigInt(head)],
    ["payload", "payload", size],
    ["rest", "left over", have > size ? have : size],
  ];
  let start = 0n;
  const parts = [];
  for (const [kind, name, end] of ends) {
    if (start < end) parts.push({ kind, name, start, end });
    start = end;
  }
  return { parts, size, length, missing: size > have ? size - have : 0n, exact };
}

// The frame that the bytes start with: null if it is not whole, or if its length breaks a rule.
export function decodeFrame(bytes) {
  const layout = layOut(bytes);
  if (!layout.exact || layout.missing || findLengthProblem(bytes, layout)) return null;
  const at = Object.fromEntries(layout.parts.map((part) => [part.kind, bytes.slice(Number(part.start), Number(part.end))]));
  const key = at.key ?? null;
  const payload = at.payload ?? new Uint8Array();
  const bit = (place) => Boolean(bytes[0] & (128 >> place));
  return {
    fin: bit(0), rsv1: bit(1), rsv2: bit(2), rsv3: bit(3), opcode: bytes[0] & 15,
    payload: key ? applyMask(payload, key) : payload, key,
  };
}

function findLengthProblem(bytes, layout) {
  const code = bytes[1] & 127;
  if (!layout.exact || code < 126) return "";
  if (layout.length >> 63n) return "1002 the top bit of the payload length is set";
  if (layout.length <= (code === 126 ? 125n : 65535n)) {
    return "1002 the payload length is not written in its shortest form";
  }
  return "";
}

function findSizeProblem(layout) {
  if (!layout.exact || layout.length <= MAX_PAYLOAD) return "";
  return `1009 ${layout.length} bytes in one frame, at most ${MAX_PAYLOAD} are taken`;
}

export function findProblem(bytes, receiver) {
  const layout = layOut(bytes);
  const wrong = findLengthProblem(bytes, layout) || findSizeProblem(layout);
  if (wrong || !layout.exact || layout.missing) return wrong;
  const frame = decodeFrame(bytes);
  if ((frame.key !== null) !== (receiver === "server")) {
    return receiver === "server" ? "1002 a client masks every frame" : "1002 a server masks no frame";
  }
  if (frame.rsv1 || frame.rsv2 || frame.rsv3) return "1002 a reserved bit is set";
  if (!(frame.opcode in OPCODES)) return `1002 opcode 0x${frame.opcode.toString(16)} is reserved`;
  if (frame.opcode >= 8 && !frame.fin) return "1002 a control frame is not fragmented";
  if (frame.opcode >= 8 && frame.payload.length > 125) return "1002 a control frame carries at most 125 bytes";
  return "";
}

export function nameOpcode(opcode) {
  return `0x${opcode.toString(16)} ${OPCODES[opcode] ?? "reserved"}`;
}

// Text, or null if the bytes are no UTF-8.
export function toText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function shorten(payload) {
  const letters = Array.from(toText(payload) ?? "");
  if (letters.length && letters.every((letter) => letter >= " " && letter !== "\x7f")) {
    return letters.length <= SHOWN ? letters.join("") : `${letters.slice(0, SHOWN).join("")}...`;
  }
  return payload.length <= SHOWN ? toHex(payload) : `${toHex(payload.slice(0, SHOWN))} ...`;
}

export function describe(frame) {
  const said = [`FIN ${Number(frame.fin)}`];
  for (const place of [1, 2, 3]) if (frame[`rsv${place}`]) said.push(`RSV${place} 1`);
  said.push(`opcode ${nameOpcode(frame.opcode)}`, `MASK ${Number(frame.key !== null)}`);
  said.push(`payload length ${group(frame.payload.length)}`);
  if (frame.key) said.push(`masking key ${toHex(frame.key, "")}`);
  if (frame.payload.length) said.push(`payload ${shorten(frame.payload)}`);
  return said.join(", ");
}

export function judge(bytes, receiver) {
  const layout = layOut(bytes);
  const problem = findProblem(bytes, receiver);
  if (problem) return `A ${receiver} refuses it: ${problem}.`;
  if (layout.missing || !layout.exact) {
    return `Not yet: ${layout.exact ? "" : "at least "}${count(layout.missing, "more byte")}.`;
  }
  const rest = BigInt(bytes.length) - layout.size;
  return `A ${receiver} takes it.${rest ? ` ${count(rest, "byte")} behind it: the next frame.` : ""}`;
}

// Bytes that people wrote in hex; an Error says what is wrong with them.
export function readHex(text) {
  const digits = text.replace(/0x|\\x|[\s,:;]/gi, "");
  const wrong = Array.from(digits).find((digit) => !/^[0-9a-f]$/i.test(digit));
  if (wrong !== undefined) throw new Error(`"${wrong}" is not a hex digit`);
  if (digits.length % 2) throw new Error("a hex digit is missing: every byte has two");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function makePayload(length) {
  return Uint8Array.from({ length }, (_, index) => "Hello".charCodeAt(index % 5));
}
