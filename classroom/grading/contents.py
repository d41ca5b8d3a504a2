"""What students get, file by file.

The machinery, the reference and the pins are copied; of the syllabus, the notebooks, the cases and the known
mistakes only those of the lessons; exercises/ is made by the copy itself, so that it shows what the copy
knows. The grader, the solutions and the project's own tests stay at home.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import places
from ..build.notebooks import is_as_built, read_notebook, write_notebook
from ..syllabus import Lesson

__all__ = ["HandoutError", "copy_lesson", "fill_handout", "list_files"]

HERE = Path(__file__).parent
TEMPLATES = HERE / "handed_out"
WHOLE = ("minews", "classroom", "requirements", "tests/peers")
FILES = ("pyproject.toml", "environment.yml", "LICENSE", ".gitignore", ".gitattributes")
FRESH = """
import json, sys
sys.path.insert(0, sys.argv[1])
from classroom.build.exercises import fresh_package
print(json.dumps(fresh_package()))
"""


class HandoutError(Exception):
    """There is nothing that could be handed out; the text says why and what to do."""


def fill_handout(folder: Path, lessons: Sequence[Lesson]) -> None:
    """Write everything into a folder that does not exist yet. Raises HandoutError, OSError."""
    for name in WHOLE:
        _copy_tree(places.ROOT / name, folder / name)
    for name in FILES:
        _copy(places.ROOT / name, folder / name)
    for lesson in lessons:
        copy_lesson(lesson, folder)
    _write_exercises(folder)
    _write(folder / "README.md", _fill_in("README.md", lessons))
    _write(folder / ".github/workflows/classroom.yml", _fill_in("classroom.yml", lessons))


def _copy_tree(source: Path, target: Path) -> None:
    """Copy a folder of the course, without the lessons and without what is not for students."""
    for path in list_files(source):
        is_lesson = path.parent.name == "syllabus" and path.suffix == ".toml"
        if not (is_lesson or HERE in path.parents):
            _copy(path, target / path.relative_to(source))


def list_files(folder: Path) -> Iterator[Path]:
    """The files in a folder and below it, but for what systems and Python leave there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".DS_Store":
            yield path


def copy_lesson(lesson: Lesson, folder: Path) -> None:
    """Copy what belongs to one lesson: its entry in the syllabus, cases, mistakes, notebook and pictures.

    Raises HandoutError where the notebook is not as the build left it.
    """
    number = f"{lesson.number:02}"
    paths = [places.ROOT / f"classroom/syllabus/lesson_{number}.toml"]
    for name in ("exercises", "mistakes"):
        found = (places.TESTS / name).glob(f"*_{number}*.py")
        paths += [path for path in sorted(found) if not path.name.startswith("test_")]
    notebook = _read_unsolved(lesson)
    paths += [
        places.LESSONS / "pictures" / name
        for name in sorted(set(re.findall(r"pictures/([\w.-]+)", notebook)))
    ]
    for path in paths:
        _copy(path, folder / path.relative_to(places.ROOT))
    _write(folder / "notebooks" / f"{lesson.slug}.ipynb", notebook)


def _read_unsolved(lesson: Lesson) -> str:
    """The text of a lesson's notebook as the build made it, without outputs."""
    path = places.NOTEBOOKS / f"{lesson.slug}.ipynb"
    notebook = read_notebook(path)
    if notebook is None or not is_as_built(notebook):
        raise HandoutError(
            f"{places.shown(path)} is not as the build left it, so somebody's answers may be in it. Nothing "
            "was written.\n`python3 -m classroom build` makes it anew and keeps a copy; or use a fresh clone."
        )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return write_notebook(notebook)


def _write_exercises(folder: Path) -> None:
    """Let the copy write its own exercises/: what it can't load would fail here, not at the students'."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", FRESH, str(folder)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    if done.returncode:
        raise HandoutError(f"The handout does not run by itself, so nothing was written:\n{done.stderr}")
    for name, text in json.loads(done.stdout).items():
        _write(folder / "exercises" / name, text)


def _fill_in(name: str, lessons: Sequence[Lesson]) -> str:
    """A template's text, with the lessons in it."""
    rows = [
        f"| [{each.number}. {each.title}](notebooks/{each.slug}.ipynb) | {len(each.exercises)} "
        f"| {each.minutes} |"
        for each in lessons
    ]
    exercises = [exercise for lesson in lessons for exercise in lesson.exercises]
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    for mark, value in {
        "TABLE": "\n".join(rows),
        "NUMBERS": ",".join(str(lesson.number) for lesson in lessons if lesson.exercises),
        "EXERCISE": exercises[-1].id if exercises else "4.2",
    }.items():
        text = text.replace(f"@{mark}@", value)
    return text


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
