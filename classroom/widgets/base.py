"""What every widget of the course stands on: its files, its picture for where no kernel runs, its end.

A widget is a class with two files beside it, of one name:

    class Explorer(CourseWidget, front="explorer"):     # explorer.mjs and explorer.css
        data = synced_bytes()                            # the browser sees model.get("data"), a DataView

        def draw(self) -> Picture: ...                   # what shows where no kernel runs

explorer.mjs is an ES module with `export default { render }`. `import { ... } from "./shared.mjs";` brings in
what all of them use. Here each such line is replaced by the file, since a widget's front end is one text: so
an import stands on one line, and no two files of a widget give one name to two things. The root of each
widget has the class "minews", which shared.css knows: fonts, colours, focus.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import traitlets

from ..pictures import Picture

Base: Any
try:
    import anywidget
except ImportError:  # the picture still shows, and the traits still hold what they were given
    Base = traitlets.HasTraits
else:
    Base = anywidget.AnyWidget

__all__ = ["CourseWidget", "read_script", "read_style", "synced_bytes"]

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.mjs";\n', re.MULTILINE)

_shown_by: dict[str, tuple[int, list[Any]]] = {}  # cell id: the run of the cell, and the widgets it made


def read_script(name: str) -> str:
    """The whole front end of a widget: NAME.mjs, with the files that it imports in place of their imports."""
    return _read_once(name, set())


def _read_once(name: str, seen: set[str]) -> str:
    if name in seen:
        return ""
    seen.add(name)
    text = (FOLDER / f"{name}.mjs").read_text(encoding="utf-8")
    return IMPORT.sub(lambda found: _read_once(found[1], seen), text)


def read_style(name: str) -> str:
    """The whole style of a widget: shared.css, then NAME.css."""
    return "\n".join((FOLDER / f"{each}.css").read_text(encoding="utf-8") for each in ("shared", name))


def synced_bytes(default: bytes = b"") -> Any:
    """A trait of bytes that the browser sees, and may change."""
    return traitlets.Bytes(default).tag(sync=True, from_json=lambda value, _: bytes(value or b""))


class CourseWidget(Base):  # type: ignore[misc]
    """A widget that leaves a picture where no kernel runs, and nothing else when its cell is run again."""

    _esm: ClassVar[str]
    _css: ClassVar[str]

    def __init_subclass__(cls, front: str = "", **kwargs: Any) -> None:
        # Texts, not paths: for a path, some versions of anywidget start a thread that watches the file.
        if front:
            cls._esm, cls._css = read_script(front), read_style(front)
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        if Base is not traitlets.HasTraits:
            _close_those_of_the_last_run(self)

    def draw(self) -> Picture:
        """What the widget shows, as a picture with words. Each widget has its own."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return repr(self.draw())

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and beside it the picture: JupyterLab shows the first that it can."""
        picture = self.draw()
        still = {"text/plain": repr(picture), "text/html": picture._repr_html_()}
        if Base is traitlets.HasTraits:
            return still, {}
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        return bundle | still, metadata


def _close_those_of_the_last_run(widget: Any) -> None:
    """End what the same cell made when it was run before: no browser shows it any more."""
    cell, run = _running_cell()
    if not cell:
        return
    known, widgets = _shown_by.get(cell, (run, []))
    if known != run:
        for old in widgets:
            old.layout.close()
            old.close()
        widgets = []
    _shown_by[cell] = run, [*widgets, widget]


def _running_cell() -> tuple[str, int]:
    """The id of the cell that runs, as the notebook's editor gives it, and which run it is; "" for none."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return "", 0
    metadata = shell.get_parent().get("metadata", {})
    return str(metadata.get("cellId") or metadata.get("cell_id") or ""), shell.execution_count
