// What can be set and pasted in the frame explorer. Both classes change the explorer's bytes by its `send`.
import { encodeFrame, makePayload, nameOpcode, readHex, SHOWN, toText } from "./framing.mjs";
import { count, group, make, newId, toHex } from "./shared.mjs";

const LENGTHS = [0, 5, 125, 126, 65535, 65536];
const EDITABLE = 600; // bytes of a payload that a text field holds

// The fields that can be set

export class Fields {
  constructor(explorer) {
    this.explorer = explorer;
    const flag = (name, label) => {
      this[name] = make("input", { type: "checkbox", onchange: () => this.send() });
      return make("label", { class: "mn-flag" }, this[name], label);
    };
    const named = (label, control, extra = "") =>
      make("span", { class: `mn-named ${extra}` }, make("label", { for: control.id }, label), control);
    this.opcode = make("select", { id: newId("opcode"), onchange: () => this.send() }, optionGroups());
    this.keyError = make("span", { id: newId("key-error"), class: "mn-error mn-bad", role: "alert" });
    this.keyField = make("input", {
      id: newId("key"), class: "mn-mono mn-keyfield", spellcheck: "false", autocomplete: "off", size: 11,
      "aria-describedby": this.keyError.id, oninput: () => this.readKey(),
    });
    this.draw = make("button", { type: "button", onclick: () => this.drawKey() }, "Draw a new key");
    this.form = make("select", { id: newId("form"), onchange: () => this.choose() },
      make("option", { value: "text" }, "text (UTF-8)"), make("option", { value: "hex" }, "hex"));
    this.note = make("span", { id: newId("note"), class: "mn-error", role: "alert" });
    this.payload = make("input", {
      id: newId("payload"), class: "mn-payloadfield", spellcheck: "false", autocomplete: "off",
      "aria-describedby": this.note.id, oninput: () => this.readPayload(),
    });
    this.lengths = LENGTHS.map((length) =>
      make("button", { type: "button", class: "mn-length-button", "aria-pressed": "false", onclick: () => this.setLength(length) },
        group(length)));
    this.root = make("div", { class: "mn-fields" },
      make("fieldset", { class: "mn-box mn-first" }, make("legend", {}, "First byte"),
        make("div", { class: "mn-line" }, flag("fin", "FIN"), flag("rsv1", "RSV1"), flag("rsv2", "RSV2"), flag("rsv3", "RSV3"),
          named("opcode", this.opcode))),
      make("fieldset", { class: "mn-box mn-key" }, make("legend", {}, "Mask"),
        make("div", { class: "mn-line" }, flag("mask", "MASK"), named("masking key", this.keyField), this.draw),
        this.keyError),
      make("fieldset", { class: "mn-box mn-payload" }, make("legend", {}, "Payload"),
        make("div", { class: "mn-line" }, named("text or bytes", this.payload, "mn-grows"), named("written as", this.form)),
        make("div", { class: "mn-line", role: "group", "aria-label": "payload length in bytes" },
          make("span", { "aria-hidden": "true" }, "payload length"), this.lengths),
        this.note));
    this.bytes = makePayload(5);
    this.reflect({ fin: true, opcode: 1, payload: this.bytes, key: explorer.key }); // until there is a whole frame
  }

  frame() {
    return {
      fin: this.fin.checked, rsv1: this.rsv1.checked, rsv2: this.rsv2.checked, rsv3: this.rsv3.checked,
      opcode: Number(this.opcode.value), payload: this.bytes, key: this.mask.checked ? this.explorer.key : null,
    };
  }

  send() {
    this.explorer.send({ data: encodeFrame(this.frame()) });
  }

  readKey() {
    const key = attempt(() => readHex(this.keyField.value));
    const right = key instanceof Uint8Array && key.length === 4;
    say(this.keyError, this.keyField, right ? "" : "A masking key has 4 bytes: 8 hex digits.");
    if (!right) return;
    this.explorer.key = key;
    this.send();
  }

  drawKey() {
    this.explorer.key = crypto.getRandomValues(new Uint8Array(4));
    this.send();
  }

  readPayload() {
    const written = this.payload.value;
    const read = attempt(() => (this.form.value === "hex" ? readHex(written) : new TextEncoder().encode(written)));
    const wrong = read instanceof Error ? `${capital(read.message)}.` : read.length > EDITABLE ? "Too long to write here." : "";
    say(this.note, this.payload, wrong);
    if (wrong) return;
    this.bytes = read;
    this.send();
  }

  setLength(length) {
    this.bytes = makePayload(length);
    say(this.note, this.payload, "");
    this.send();
  }

  choose() {
    const isText = toText(this.bytes) !== null;
    say(this.note, this.payload, this.form.value === "text" && !isText ? "These bytes are no UTF-8 text." : "");
    if (!isText) this.form.value = "hex";
    this.write();
  }

  write() {
    const large = this.bytes.length > EDITABLE;
    const start = large ? this.bytes.slice(0, SHOWN) : this.bytes;
    this.payload.readOnly = large;
    this.payload.value = (this.form.value === "hex" ? toHex(start) : toText(start) ?? "") + (large ? " ..." : "");
  }

  // Show a frame, without touching what somebody is just typing if it means the same.
  reflect(frame) {
    for (const name of ["fin", "rsv1", "rsv2", "rsv3"]) this[name].checked = Boolean(frame[name]);
    this.opcode.value = String(frame.opcode);
    this.mask.checked = frame.key !== null;
    this.keyField.disabled = this.draw.disabled = frame.key === null;
    if (!same(attempt(() => readHex(this.keyField.value)), this.explorer.key)) {
      this.keyField.value = toHex(this.explorer.key);
      say(this.keyError, this.keyField, "");
    }
    this.bytes = frame.payload;
    if (this.form.value === "text" && toText(frame.payload) === null) this.form.value = "hex";
    const written = attempt(() => (this.form.value === "hex" ? readHex(this.payload.value) : new TextEncoder().encode(this.payload.value)));
    if (!same(written, frame.payload)) {
      this.write();
      say(this.note, this.payload, "");
    }
    LENGTHS.forEach((length, place) =>
      this.lengths[place].setAttribute("aria-pressed", String(length === frame.payload.length)));
    if (this.payload.readOnly) this.note.textContent = `Shortened: ${count(frame.payload.length, "byte")} are too many to edit here. Choose fewer to write again.`;
  }
}

function optionGroups() {
  const option = (opcode) => make("option", { value: opcode }, nameOpcode(opcode));
  const range = (start, end) => Array.from({ length: end - start }, (_, place) => option(start + place));
  return [
    make("optgroup", { label: "data" }, range(0, 3)),
    make("optgroup", { label: "reserved for data" }, range(3, 8)),
    make("optgroup", { label: "control" }, range(8, 11)),
    make("optgroup", { label: "reserved for control" }, range(11, 16)),
  ];
}

// The bytes that can be pasted

export class Paste {
  constructor(explorer) {
    this.explorer = explorer;
    this.error = make("span", { id: newId("paste-error"), class: "mn-error mn-bad", role: "alert" });
    this.note = make("span", { id: newId("paste-note"), class: "mn-quiet" });
    this.area = make("textarea", {
      id: newId("paste"), class: "mn-mono", rows: 3, spellcheck: "false", autocomplete: "off",
      "aria-describedby": `${this.note.id} ${this.error.id}`, oninput: () => this.read(),
    });
    this.root = make("div", { class: "mn-paste" },
      make("label", { for: this.area.id }, "Bytes in hex"), this.area, this.note, this.error);
    this.known = null; // what the area stands for, where it shows only a part
  }

  read() {
    const bytes = attempt(() => readHex(this.area.value));
    say(this.error, this.area, bytes instanceof Error ? `${capital(bytes.message)}. The bytes below are the last that could be read.` : "");
    if (bytes instanceof Error) return;
    this.known = null;
    this.explorer.send({ data: bytes });
  }

  write(bytes) {
    const large = bytes.length > EDITABLE;
    this.known = large ? bytes : null;
    this.area.readOnly = large;
    this.area.value = large ? `${toHex(bytes.slice(0, 64))} ...` : toHex(bytes);
    this.note.textContent = large
      ? `Shortened: ${count(bytes.length, "byte")} are too many to edit here.`
      : "Spaces may stand anywhere; 0x81, 0x85 and \\x81\\x85 are read too.";
    say(this.error, this.area, "");
  }

  reflect(bytes) {
    const written = this.known ?? attempt(() => readHex(this.area.value));
    if (!same(written, bytes) || !this.note.textContent) this.write(bytes);
  }
}

// Small help

function attempt(make) {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

function same(one, other) {
  return one instanceof Uint8Array && one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function say(place, control, message) {
  if (place.textContent !== message) place.textContent = message;
  if (message) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
