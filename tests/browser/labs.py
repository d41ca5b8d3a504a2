"""JupyterLab as `classroom lab` starts it, on a copy of the course, and a notebook open in a real browser.

notebook = lab.open(lab.write_notebook("own", {"first": "1 + 1"}))
notebook.run_all()
assert notebook.text("first") == "2"
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from classroom.build.notebooks import make_cell, make_notebook, write_notebook
from classroom.places import ROOT

COURSE = ("classroom", "minews", "exercises", "lessons", "notebooks", "solutions", "tests")
START = (
    "import sys; from classroom.lab import run_lab;"
    "sys.exit(run_lab(browser=False, port=0, argv=['--LabApp.expose_app_in_browser=True']))"
)
START_LIMIT = 90_000  # milliseconds: JupyterLab takes 7 to 20 seconds on a machine that does other things too
STEP_LIMIT = 20_000  # milliseconds for anything else

# The kernel is there, has nothing to do, and the page can talk to it. JupyterLab's own indicator says "idle"
# before there is a kernel.
READY = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
    const kernel = session?.session?.kernel;
    return session?.isReady && kernel?.status === "idle" && kernel.connectionStatus === "connected";
}"""
ALL_RAN = """() => {
    const { content, sessionContext } = jupyterapp.shell.currentWidget;
    const cells = content.widgets.map((cell) => cell.model).filter((model) => model.type === "code");
    return sessionContext.session.kernel.status === "idle"
        && cells.every((model) => !model.sharedModel.source || model.executionCount !== null)
        && cells.every((model) => model.executionState !== "running");
}"""
FORGET_RUNS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code").forEach((cell) => { cell.model.executionCount = null; })"""


@dataclass
class Server:
    """A running JupyterLab: the folder that it serves, its address and its token."""

    root: Path
    address: str
    token: str
    opened: int = 0  # windows


class Lab:
    """JupyterLab in a browser."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.root = server.root
        self._browser, self._server = browser, server

    def write_notebook(self, name: str, cells: dict[str, str]) -> str:
        """Put a notebook with these code cells, by id, beside those of the course; returns its path."""
        made = make_notebook(0, [make_cell("code", id, source) for id, source in cells.items()])
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.write_text(write_notebook(made), encoding="utf-8")
        return f"notebooks/{path.name}"

    def visit(self, path: str = "", width: int = 1200, height: int = 900) -> Page:
        """Open JupyterLab in a fresh window, with a workspace of its own, at a file if `path` names one."""
        self._server.opened += 1
        context = self._browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(STEP_LIMIT)
        page = context.new_page()
        tree = f"/tree/{path}" if path else ""
        place = f"lab/workspaces/test-{self._server.opened}{tree}"
        page.goto(f"{self._server.address}{place}?token={self._server.token}")
        page.locator("#jp-main-dock-panel").wait_for(timeout=START_LIMIT)
        return page

    def open(self, path: str, width: int = 1200, height: int = 900) -> OpenNotebook:
        """Open a notebook by its path under the course's folder, and wait for its kernel."""
        return OpenNotebook(self.visit(path, width, height))


class OpenNotebook:
    """A notebook in front of somebody: `page` is the whole window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_function(READY, timeout=START_LIMIT)

    def run_all(self, seconds: float = 120) -> None:
        """Run all cells and wait until the kernel has finished them."""
        self.page.evaluate(FORGET_RUNS)
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(ALL_RAN, timeout=1000 * seconds)

    def run(self, id: str) -> None:
        """Run one cell, as somebody does: click into it and press Ctrl and Enter."""
        cell = self.cell(id)
        self.page.evaluate(FORGET_RUNS)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            """(id) => {
                const { content, sessionContext } = jupyterapp.shell.currentWidget;
                const ran = content.widgets.find((cell) => cell.model.id === id).model.executionCount;
                return ran !== null && sessionContext.session.kernel.status === "idle";
            }""",
            arg=id,
        )

    def cell(self, id: str) -> Locator:
        """A cell, scrolled into view: JupyterLab keeps cells that nobody sees out of the page."""
        place = self.page.evaluate(
            """(id) => {
                const { content } = jupyterapp.shell.currentWidget;
                const place = content.widgets.findIndex((cell) => cell.model.id === id);
                if (place >= 0) content.activeCellIndex = place;
                if (place >= 0) content.scrollToItem(place, "start");
                return place;
            }""",
            id,
        )
        assert place >= 0, f"no cell has the id {id!r}"
        found = self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{place}"]')
        found.wait_for()
        return found

    def outputs(self, id: str) -> list[dict]:
        """The outputs of a cell, as the file would have them."""
        return self.page.evaluate(
            """(id) => jupyterapp.shell.currentWidget.content.widgets
                .find((cell) => cell.model.id === id).model.toJSON().outputs""",
            id,
        )

    def text(self, id: str) -> str:
        """What a cell printed and returned, as plain text; an error as its name and message."""
        parts = []
        for output in self.outputs(id):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            if output["output_type"] == "error":
                text = f"{output['ename']}: {output['evalue']}"
            parts.append("".join(text))
        return "\n".join(parts).strip()

    def command(self, name: str, **args: object) -> None:
        """Start a command of JupyterLab's, and don't wait for its end."""
        self.page.evaluate("([name, args]) => { jupyterapp.commands.execute(name, args); }", [name, args])

    def choose_theme(self, theme: str) -> None:
        """Show everything in a theme: "light" or "dark"."""
        self.command("apputils:change-theme", theme=f"JupyterLab {theme.capitalize()}")
        light = str(theme == "light").lower()
        self.page.locator(f'body[data-jp-theme-light="{light}"]').wait_for(state="attached")

    def close(self) -> None:
        """End the kernel and close the window."""
        self.page.evaluate("() => { jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")
        self.page.context.close()


@contextlib.contextmanager
def start_lab(folder: Path) -> Iterator[Server]:
    """Run `classroom lab` on a copy of the course in `folder`, with a home of its own."""
    root, home, temporary = folder / "course", folder / "home", folder / "tmp"
    for each in (home, temporary):
        each.mkdir()
    for name in COURSE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    process = subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=root, env=_environment(root, home, temporary), stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        match = re.search(r"(http://127\.0\.0\.1:\d+/)\S*\?token=(\w+)", line)
        assert match, line or "the lab did not start"
        yield Server(root, *match.groups())
    finally:
        process.terminate()  # it ends its kernels, too
        process.communicate(timeout=60)


def _environment(root: Path, home: Path, temporary: Path) -> dict[str, str]:
    own = {"HOME": home, "USERPROFILE": home, "TMPDIR": temporary, "TMP": temporary, "PYTHONPATH": root}
    settings = home / ".jupyter" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
    dropped = ("MINEWS_WORK", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {name: str(path) for name, path in own.items()}
