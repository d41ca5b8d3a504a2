"""A plain page that hosts one widget, as a notebook does, but with neither kernel nor network; and axe."""

from __future__ import annotations

import base64
import json

from playwright.sync_api import Browser, Page

from classroom.widgets.base import CourseWidget
from tests.conftest import find_or_skip

ADDRESS = "http://widget.test/"  # nobody answers there: the window itself does

# What JupyterLab's themes say, as far as the widgets ask.
THEMES = {
    "light": "--jp-layout-color0:#fff;--jp-content-font-color1:rgba(0,0,0,.87)",
    "dark": "--jp-layout-color0:#111;--jp-content-font-color1:#fff",
}

# A model as anywidget hands it to `render`: traits by name, bytes as DataView, listeners by event.
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A widget</title>
<style>body { margin: 0; padding: 16px 24px; background: var(--jp-layout-color0); } {{CSS}}</style>
<body data-jp-theme-light="{{LIGHT}}" style="{{THEME}}">
<main><h1 hidden>A widget</h1><div id="widget"></div></main>
<script type="module">
const state = {{STATE}};
for (const [name, value] of Object.entries(state)) {
  if (value?.base64 !== undefined) {
    state[name] = new DataView(Uint8Array.from(atob(value.base64), (sign) => sign.charCodeAt(0)).buffer);
  }
}
const heard = {};
window.model = {
  saved: 0,
  get: (name) => state[name],
  set(name, value) {
    state[name] = value;
    (heard[`change:${name}`] ?? []).forEach((listener) => listener());
  },
  save_changes() { this.saved += 1; },
  on(event, listener) { (heard[event] ??= []).push(listener); },
  off(event, listener) { heard[event] = (heard[event] ?? []).filter((each) => each !== listener); },
  send() {},
};
window.hexOf = (name) => {
  const { buffer, byteOffset, byteLength } = state[name];
  const bytes = Array.from(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
const source = new Blob([{{SCRIPT}}], { type: "text/javascript" });
const { default: front } = await import(URL.createObjectURL(source));
window.cleanUp = await front.render({ model, el: document.getElementById("widget") });
window.ready = true;
</script></body></html>"""


def host_page(widget: CourseWidget, theme: str = "light") -> str:
    """The text of a page that shows a widget in a theme of JupyterLab's, "light" or "dark"."""
    values = {
        "CSS": widget._css,
        "LIGHT": str(theme == "light").lower(),
        "THEME": THEMES[theme],
        "STATE": _as_script({name: _plain(getattr(widget, name)) for name in _own_traits(widget)}),
        "SCRIPT": _as_script(widget._esm),
    }
    page = HOST
    for name, value in values.items():
        page = page.replace(f"{{{{{name}}}}}", value, 1)
    return page


def _as_script(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


def _own_traits(widget: CourseWidget) -> list[str]:
    """The names of the synced traits that the course's classes define."""
    own = {name for each in type(widget).__mro__ if issubclass(each, CourseWidget) for name in vars(each)}
    return [name for name in widget.traits(sync=True) if name in own and not name.startswith("_")]


def _plain(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


class Window:
    """A window of a real browser, in a theme and of a width, that shows one widget after the other."""

    def __init__(self, browser: Browser, theme: str, width: int) -> None:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        context.set_default_timeout(10_000)
        context.route(ADDRESS, lambda route: route.fulfill(body=self._html, content_type="text/html"))
        self.page = context.new_page()
        self.errors: list[str] = []  # what scripts threw or wrote as errors
        self._theme, self._html = theme, ""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))

    def show(self, widget: CourseWidget) -> Page:
        """Show a widget in place of the last one.

        Returns:
            The page. In it `model` is the model, and `hexOf("data")` gives a trait of bytes in hex.
        """
        self._html = host_page(widget, self._theme)
        self.errors.clear()
        self.page.goto(ADDRESS)
        self.page.wait_for_function("window.ready")
        return self.page


def find_barriers(page: Page, within: str) -> list[str]:
    """What axe finds serious or critical in a part of a page.

    Arguments:
        within: a CSS selector.
    """
    folder = find_or_skip("axe").path
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate((folder / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("(within) => axe.run(within, { resultTypes: ['violations'] })", within)
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:120]} ({node.get('failureSummary', '')})"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
