// The frame explorer: its parts, and what holds them together.
import { Fields, Paste } from "./frame_controls.mjs";
import { drawBits, drawColumn, drawDetail, drawDump, drawLabels, drawPlain, MOST, spellBytes } from "./frame_view.mjs";
import { applyMask, decodeFrame, describe, findProblem, judge, layOut } from "./framing.mjs";
import { count, keepKeys, listen, make, newId, toBytes } from "./shared.mjs";

function render({ model, el }) {
  const view = new Explorer(model);
  el.append(view.root);
  keepKeys(view.root);
  return listen(model, ["data", "receiver"], () => view.show());
}

class Explorer {
  constructor(model) {
    this.model = model;
    this.key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d); // drawn once, kept while MASK is off
    this.picked = 0; // the byte whose XOR is shown
    this.fields = new Fields(this);
    this.paste = new Paste(this);
    this.receiver = make("select", { id: newId("receiver"), onchange: () => this.send({ receiver: this.receiver.value }) },
      make("option", { value: "server" }, "a server"), make("option", { value: "client" }, "a client"));
    this.summary = make("p", { class: "mn-summary" });
    this.verdict = make("p", { class: "mn-verdict" });
    this.bits = make("ul", { class: "mn-bits", "aria-label": "The bits of the head" });
    this.dump = make("ul", { class: "mn-dump", "aria-label": "The bytes, field by field" });
    this.masking = make("div", { class: "mn-masking" });
    this.root = make("section", { class: "minews mn-explorer", "aria-label": "Frame explorer" },
      make("div", { class: "mn-bar" }, this.ways(),
        make("span", { class: "mn-reader" }, make("label", { for: this.receiver.id }, "Read by"), this.receiver)),
      this.fields.root, this.paste.root,
      make("div", { class: "mn-status", role: "status", "aria-live": "polite", "aria-atomic": "true" },
        this.summary, this.verdict),
      panel("Bits of the head", this.bits),
      panel("Bytes on the wire", this.dump),
      panel("Payload and masking key", this.masking));
    this.take(this.fits() ? "fields" : "bytes");
    this.show();
  }

  get data() {
    return toBytes(this.model.get("data"));
  }

  send(values) {
    for (const [name, value] of Object.entries(values)) {
      this.model.set(name, value instanceof Uint8Array ? new DataView(value.buffer, value.byteOffset, value.byteLength) : value);
    }
    this.model.save_changes();
    this.show();
  }

  // Whether the data are one frame and nothing else, so that the fields can say all of it.
  fits() {
    return decodeFrame(this.data) !== null && layOut(this.data).size === BigInt(this.data.length);
  }

  // The two ways in

  ways() {
    const name = newId("way");
    const radio = (way, label) =>
      make("label", { class: "mn-way" },
        (this[`${way}Radio`] = make("input", { type: "radio", name, value: way, onchange: () => this.choose(way) })), label);
    return make("fieldset", { class: "mn-ways" }, make("legend", { class: "mn-unseen" }, "Start from"),
      radio("fields", "Set the fields"), radio("bytes", "Paste bytes"));
  }

  choose(way) {
    this.take(way);
    if (way === "bytes") this.paste.write(this.data);
    else if (!this.fits()) this.fields.send(); // what no field can say is dropped
  }

  take(way) {
    this.way = way;
    this[`${way}Radio`].checked = true;
    this.fields.root.hidden = way !== "fields";
    this.paste.root.hidden = way !== "bytes";
  }

  // Showing

  show() {
    const bytes = this.data;
    const receiver = this.model.get("receiver");
    const frame = decodeFrame(bytes);
    if (this.way === "fields" && !this.fits()) this.take("bytes"); // Python gave it something else
    if (frame?.key) this.key = frame.key;
    if (frame) this.fields.reflect(frame);
    this.paste.reflect(bytes);
    this.receiver.value = receiver;
    this.showStatus(bytes, receiver, frame);
    const layout = layOut(bytes);
    this.bits.replaceChildren(...drawBits(bytes, layout));
    this.dump.replaceChildren(...drawDump(bytes, layout));
    this.showMasking(bytes, layout);
  }

  showStatus(bytes, receiver, frame) {
    const verdict = judge(bytes, receiver);
    const summary = frame ? describe(frame) : "";
    if (this.summary.textContent !== summary) this.summary.textContent = summary;
    this.summary.hidden = !summary;
    const kind = findProblem(bytes, receiver) ? "refused" : verdict.startsWith("Not yet") ? "waiting" : "taken";
    this.verdict.className = `mn-verdict mn-${kind}`;
    if (this.verdict.textContent !== verdict) this.verdict.textContent = verdict;
  }

  showMasking(bytes, layout) {
    const find = (kind) => {
      const part = layout.parts.find((each) => each.kind === kind);
      return part ? bytes.slice(Number(part.start), Number(part.end)) : new Uint8Array();
    };
    const key = find("key");
    const wire = find("payload");
    if (key.length === 4 && wire.length) this.masking.replaceChildren(...this.drawXor(wire, key));
    else this.masking.replaceChildren(make("p", { class: "mn-quiet" }, sayUnmasked(bytes, key, wire)), drawPlain(bytes, wire));
  }

  // The payload as it travels, the key and the payload as it is, in columns; the chosen column bit by bit.
  drawXor(wire, key) {
    const text = applyMask(wire, key);
    const letters = spellBytes(text);
    const shown = Math.min(wire.length, MOST);
    this.picked = Math.min(this.picked, shown - 1);
    const detail = make("div", { class: "mn-detail" });
    const columns = Array.from({ length: shown }, (_, index) => drawColumn(index, wire, key, text, letters));
    const pick = (index) => {
      this.picked = index;
      columns.forEach((column, place) => {
        column.tabIndex = place === index ? 0 : -1;
        column.setAttribute("aria-pressed", String(place === index));
      });
      detail.replaceChildren(...drawDetail(index, wire, key, text, letters));
    };
    columns.forEach((column, index) => {
      column.addEventListener("mouseenter", () => pick(index));
      column.addEventListener("focus", () => pick(index));
      column.addEventListener("click", () => pick(index));
      column.addEventListener("keydown", (event) => {
        const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: shown - 1 }[event.key];
        if (to === undefined || !columns[to]) return;
        event.preventDefault();
        columns[to].focus();
      });
    });
    pick(this.picked);
    const rows = [];
    for (let start = 0; start < shown; start += 8) {
      rows.push(make("div", { class: "mn-row" }, drawLabels(), columns.slice(start, start + 8)));
    }
    const more = wire.length > shown ? `${count(wire.length - shown, "more byte")}, masked in the same way.` : "";
    return [
      make("div", { class: "mn-columns", role: "group", "aria-label": "Payload bytes; the arrow keys move" }, rows,
        more && make("p", { class: "mn-quiet" }, more)),
      detail,
    ];
  }
}

function panel(title, ...content) {
  return make("div", { class: "mn-panel" }, make("h4", {}, title), content);
}

function sayUnmasked(bytes, key, wire) {
  if (bytes.length > 1 && bytes[1] & 128) {
    return key.length < 4 ? "The masking key has not come yet." : "No payload: there is nothing to mask.";
  }
  return wire.length ? "Not masked: the payload travels as it is." : "No payload, no masking key.";
}

export default { render };
