"""What all widgets stand on: a picture where no kernel runs, one text of script, nothing left behind."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import ipywidgets
import pytest
from nbformat import NotebookNode

from classroom.build import running
from classroom.build.notebooks import make_cell, make_notebook
from classroom.pictures import FRAME_COLOURS, Picture
from classroom.places import ROOT
from classroom.widgets import base
from classroom.widgets.base import CourseWidget, read_script, read_style, synced_bytes

ALIVE = ipywidgets.widgets.widget._instances


class Sample(CourseWidget, front="explorer"):
    data = synced_bytes(b"abc")

    def draw(self) -> Picture:
        return Picture("A sample", f"bytes {self.data.hex()}", 10, 10, ("<text>x</text>",))


def bundle(widget: CourseWidget) -> dict:
    return widget._repr_mimebundle_()[0]


class TestAWidget:
    def test_leaves_a_picture_and_words_beside_its_view(self):
        shown = bundle(Sample())
        assert set(shown) == {"text/plain", "text/html", running.WIDGET}
        assert shown["text/plain"] == "A sample\n\nbytes 616263"
        assert "<svg" in shown["text/html"] and "<title>A sample</title>" in shown["text/html"]

    def test_draws_what_it_holds_now(self):
        widget = Sample()
        widget.data = b"\xff"
        assert "bytes ff" in bundle(widget)["text/html"]
        assert repr(widget) == "A sample\n\nbytes ff"

    def test_sends_its_script_and_style_as_texts_so_that_no_thread_watches_files(self):
        before = set(threading.enumerate())
        widget = Sample()
        assert widget._esm == read_script("explorer") and widget._css == read_style("explorer")
        assert set(threading.enumerate()) == before

    def test_takes_bytes_from_a_browser_as_bytes(self):
        widget = Sample()
        widget.set_state({"data": memoryview(b"xy")})
        assert widget.data == b"xy"


class TestACellThatIsRunAgain:
    @pytest.fixture
    def cell(self, monkeypatch):
        """Says that the cell of this id runs for the nth time."""
        monkeypatch.setattr(base, "_shown_by", {})
        return lambda id, run: monkeypatch.setattr(base, "_running_cell", lambda: (id, run))

    def test_closes_the_widgets_of_its_last_run_and_all_that_belongs_to_them(self, cell):
        before = set(ALIVE)
        cell("a", 1)
        made = [Sample(), Sample()]
        assert set(ALIVE) > before and all(each.comm for each in made)
        cell("a", 2)
        last = Sample()
        assert [each.comm for each in made] == [None, None]
        assert set(ALIVE) - before == {last.model_id, last.layout.model_id}

    def test_leaves_those_of_other_cells_alone(self, cell):
        cell("a", 1)
        first = Sample()
        cell("b", 2)
        Sample()
        assert first.comm is not None

    def test_is_not_guessed_where_no_notebook_says_which_cell_runs(self, cell):
        cell("", 0)
        widgets = [Sample(), Sample()]
        assert all(each.comm for each in widgets)


class TestTheFiles:
    def test_what_a_script_imports_stands_in_place_of_the_import_once(self):
        script = read_script("explorer")
        assert script.count("export function toBytes") == 1  # four files import it
        assert not re.search(r"^import ", script, re.MULTILINE)
        assert script.count("export default") == 1

    def test_a_field_has_one_colour_in_pictures_and_in_widgets(self):
        colours = dict(re.findall(r"\.minews \.mn-(\w+) \{ --mn-field: (#\w+); \}", read_style("explorer")))
        assert colours == FRAME_COLOURS

    @pytest.mark.parametrize("paper", ["#ffffff", "#111111"])
    @pytest.mark.parametrize("kind", FRAME_COLOURS)
    def test_each_colour_stands_out_from_the_paper_as_wcag_asks_of_graphics(self, kind, paper):
        assert contrast(FRAME_COLOURS[kind], paper) >= 3


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_anywidget_there_is_the_picture_and_the_traits_still_hold():
    said = run_python(
        "import sys; sys.modules['anywidget'] = None; sys.modules['ipywidgets'] = None\n"
        "from classroom.widgets import explore_frame\n"
        "explorer = explore_frame('89 00'); explorer.data = b'\\x8a\\x00'\n"
        "shown, _ = explorer._repr_mimebundle_()\n"
        "print(sorted(shown), explorer.frame.opcode, '<svg' in shown['text/html'])"
    )
    assert said == "['text/html', 'text/plain'] 10 True\n"


def test_importing_the_package_loads_no_widget():
    said = run_python(
        "import sys, classroom.widgets; print({'anywidget', 'ipywidgets', 'traitlets'} & set(sys.modules))"
    )
    assert said == "set()\n"


class TestTheBuild:
    def test_keeps_the_picture_and_drops_the_view_and_its_state(self):
        source = "from classroom.widgets import explore_frame\nexplore_frame()"
        notebook = make_notebook(5, [make_cell("code", "explorer", source)])
        assert running.run_notebooks([notebook]) == [[]]
        (output,) = notebook.cells[0].outputs
        assert set(output.data) == {"text/html", "text/plain"}
        assert "A server takes it." in output.data["text/plain"]
        assert "widgets" not in notebook.metadata

    def test_names_a_cell_whose_widget_leaves_no_picture(self):
        cell = make_cell("code", "bare", "interact(...)")
        cell.execution_count = 1
        view = {running.WIDGET: {"model_id": "1"}, "text/plain": "interactive(children=())"}
        notebook = make_notebook(5, [cell])
        notebook.cells[0].outputs = [NotebookNode(output_type="display_data", data=view, metadata={})]
        running._strip_traces(notebook)
        (problem,) = running.find_output_problems(notebook)
        assert '"bare" shows a widget that leaves no picture' in problem
