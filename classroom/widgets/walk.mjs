// A picture with stops: the picture comes from Python, here it gets a button over each stop and a line below.

import { keepKeys, listen, make, newId } from "./shared.mjs";

const MOVES = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "row", ArrowUp: "-row", Home: "first", End: "last" };

function render({ model, el }) {
  const stage = make("div", { class: "mn-stage" });
  const marks = make("div", { class: "mn-marks", "aria-hidden": "true" });
  const says = make("p", { class: "mn-says", "aria-live": "polite" });
  const rows = make("dl", { class: "mn-rows" });
  const panel = make("div", { class: "mn-panel" }, says, rows);
  const root = make("div", { class: "minews mn-walk" }, make("div", { class: "mn-scroll" }, stage), panel);
  keepKeys(root);
  let buttons = [];
  let at = -1;

  function place(element, [x, y, width, height], [across, down]) {
    element.style.left = `${(100 * x) / across}%`;
    element.style.top = `${(100 * y) / down}%`;
    element.style.width = `${(100 * width) / across}%`;
    element.style.height = `${(100 * height) / down}%`;
    return element;
  }

  function build() {
    const holder = make("div");
    holder.innerHTML = model.get("picture"); // made and escaped by Python
    const svg = holder.querySelector("svg");
    const size = svg.viewBox.baseVal;
    stage.style.minWidth = svg.style.minWidth;
    stage.style.maxWidth = svg.style.maxWidth;
    const group = make("div", { class: "mn-stops", role: "group", "aria-label": model.get("title") });
    buttons = model.get("stops").map((stop, index) => {
      const click = () => choose(index, true);
      const button = make("button", { type: "button", tabindex: index ? -1 : 0, "aria-label": stop.name, onclick: click });
      button.addEventListener("focus", () => choose(index, false));
      return place(button, stop.boxes[0], [size.width, size.height]);
    });
    group.addEventListener("keydown", move);
    group.append(...buttons);
    stage.replaceChildren(svg, marks, group);
    marks.replaceChildren();
    at = -1;
    says.replaceChildren(make("span", { class: "mn-quiet" }, buttons.length ? model.get("hint") : ""));
    rows.replaceChildren();
  }

  function choose(index, focused) {
    if (focused && document.activeElement !== buttons[index]) buttons[index].focus(); // Safari doesn't on a click
    if (index === at) return;
    buttons[at]?.removeAttribute("aria-current");
    buttons[Math.max(at, 0)].tabIndex = -1;
    at = index;
    buttons[at].tabIndex = 0;
    buttons[at].setAttribute("aria-current", "true");
    const stop = model.get("stops")[at];
    const size = stage.querySelector("svg").viewBox.baseVal;
    marks.replaceChildren(...stop.boxes.slice(1).map((each) => place(make("div"), each, [size.width, size.height])));
    says.replaceChildren(make("strong", {}, stop.name), " ", stop.says);
    rows.replaceChildren(...stop.rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  function move(event) {
    const way = MOVES[event.key];
    if (way === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const columns = model.get("columns");
    const last = buttons.length - 1;
    let next = Math.max(at, 0);
    if (way === "first") next = 0;
    else if (way === "last") next = last;
    else if (way === "row") next = next + columns <= last ? next + columns : next;
    else if (way === "-row") next = next - columns >= 0 ? next - columns : next;
    else next += way;
    if (buttons[next]) buttons[next].focus();
  }

  build();
  el.append(root);
  return listen(model, ["picture", "stops"], build);
}

export default { render };
