"""A student's folder, and a notebook in this process: what the tests of `check` and its like start from."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from classroom import places, regions
from classroom.build.exercises import exercises_in, fresh_file
from classroom.grading.sandbox import Keeper, SandboxError
from classroom.syllabus import all_exercises, find_exercise

MODULES = tuple(dict.fromkeys(exercise.module for exercise in all_exercises()))


@dataclass
class Student:
    """Exercises as a build leaves them, and ways to write into them."""

    folder: Path

    def write(self, wanted: str, text: str) -> None:
        regions.write_region(find_exercise(wanted), text)

    def solve(self, *wanted: str) -> None:
        for exercise in map(find_exercise, wanted) if wanted else all_exercises():
            regions.write_region(exercise, regions.reference_source(exercise))

    def read(self, wanted: str) -> str:
        region = regions.read_region(find_exercise(wanted))
        return region.text if region else ""

    def kept(self) -> list[str]:
        folder = self.folder / ".minews" / "kept"
        return (
            [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))] if folder.exists() else []
        )

    def file(self, module: str = "handshake") -> Path:
        return regions.path_of(exercises_in(module)[0])


@pytest.fixture
def student(work_folder):
    """A student's folder with all exercises unsolved."""
    for module in MODULES:
        path = regions.path_of(exercises_in(module)[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh_file(module), encoding="utf-8")
    assert places.exercises_folder().is_relative_to(work_folder)
    return Student(work_folder)


@dataclass
class Notebook:
    """Cells run in IPython, without a kernel. `run` returns what they displayed: plain text and HTML."""

    shell: object
    errors: list[BaseException] = field(default_factory=list)

    def run(self, cell: str) -> SimpleNamespace:
        from IPython.utils.capture import capture_output

        with capture_output() as captured:
            result = self.shell.run_cell(cell)
        error = result.error_before_exec or result.error_in_exec
        shown = [output.data for output in captured.outputs]
        text = "\n".join(data.get("text/plain", "") for data in shown)
        page = "\n".join(data.get("text/html", "") for data in shown)
        return SimpleNamespace(text=text, html=page, error=error, printed=captured.stdout)


@pytest.fixture
def notebook(student, tmp_path, monkeypatch):
    """A notebook of this student's, with the course's setup cell run."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/04_handshake.ipynb")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    main = sys.modules["__main__"]
    shell = InteractiveShell.instance(config=config)
    notebook = Notebook(shell)
    setup = notebook.run(
        "from classroom import check, hint, reset, solution, status, yours\n" + regions.preamble("handshake")
    )
    assert setup.error is None
    yield notebook
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def sandboxed():
    """A system that can isolate submissions; where there is none a test is skipped, and fails in CI."""
    try:
        Keeper().end()
    except SandboxError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"in CI there must be a sandbox: {error}", pytrace=False)
        pytest.skip(f"there can be no sandbox here: {error}")
