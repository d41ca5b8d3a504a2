"""The build: read all lessons, then write what they make, or compare it with what is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode

from .. import places
from ..regions import read_text, write_text
from ..syllabus import LESSONS, Exercise, Lesson
from .comparing import compare_exercises, compare_notebook
from .editions import make_solutions, make_student_edition
from .exercises import file_of, fresh_file, list_modules, package_files
from .lessons import LessonError, read_lesson
from .notebooks import is_as_built, read_notebook, reset_metadata, write_notebook
from .running import run_notebooks
from .sources import SourceError
from .updating import update_file


@dataclass
class Built:
    """What a lesson makes: two notebooks."""

    lesson: Lesson
    student: NotebookNode
    solutions: NotebookNode


def run_build(check: bool, execute: bool, into: Path | None) -> int:
    """Build or check; see `classroom.build.build`."""
    root = into or places.ROOT
    try:
        lessons = [_make_lesson(lesson) for lesson in LESSONS]
    except (LessonError, SourceError, FileNotFoundError) as error:
        print(error)
        return 1
    strays = [*_find_stray_lessons(), *_find_strays(root)]
    if check:
        return _report([*find_differences(root, lessons), *strays])
    _build_exercises(root)
    for built in lessons:
        _write_edition(root, root / "notebooks" / f"{built.lesson.slug}.ipynb", built.student)
    failed = _build_solutions(root, lessons, execute)
    for line in strays:
        print(line)
    return 1 if failed else 0


def find_differences(root: Path, lessons: list[Built]) -> Iterator[str]:
    """Every line that `build --check` has to say about the files under `root`."""
    for file, text in package_files():
        path = root / "exercises" / file
        if not path.exists() or read_text(path) != text:
            yield f"exercises/{file}: differs from what the build writes"
    for module in list_modules():
        path = root / "exercises" / file_of(module)
        yield from _prefixed(f"exercises/{file_of(module)}", compare_exercises(path, module))
    for built in lessons:
        for folder, notebook in (("notebooks", built.student), ("solutions", built.solutions)):
            name = f"{folder}/{built.lesson.slug}.ipynb"
            lines = compare_notebook(root / name, notebook, built.lesson, folder == "solutions")
            yield from _prefixed(name, lines)


def _make_lesson(lesson: Lesson) -> Built:
    cells = read_lesson(places.LESSONS / f"{lesson.slug}.py", lesson)
    return Built(lesson, make_student_edition(lesson, cells), make_solutions(lesson, cells))


def _report(lines: list[str]) -> int:
    for line in lines:
        print(line)
    if lines:
        print("What is committed differs from its sources. `python3 -m classroom build` makes it anew.")
        return 1
    print("Exercises, notebooks and solutions are what their sources make.")
    return 0


def _build_exercises(root: Path) -> None:
    for file, text in package_files():
        path = root / "exercises" / file
        if not path.exists() or read_text(path) != text:
            _say(root, path, "written")
            _write(path, text)
    for module in list_modules():
        _build_exercise_file(root, root / "exercises" / file_of(module), module)


def _build_exercise_file(root: Path, path: Path, module: str) -> None:
    if not path.exists():
        _write(path, fresh_file(module))
        return _say(root, path, "written")
    before = read_text(path)
    update = update_file(before, path, module)
    notes = [f"yours, left alone: {_list_exercises(update.written)}"] if update.written else []
    if update.text == before:
        return _say(root, path, "unchanged", *notes)
    kept = places.keep_copy(before, path.stem)
    _write(path, update.text)
    renewed = [f"new skeletons: {_list_exercises(update.renewed)}"] if update.renewed else []
    _say(root, path, "updated", *renewed, *notes, f"as it was: {places.shown(kept)}")


def _build_solutions(root: Path, lessons: list[Built], execute: bool) -> bool:
    """Run and write the solutions; say whether one failed."""
    failed = False
    if execute:
        print(f"running {len(lessons)} solution notebook{'s' * (len(lessons) != 1)} ...", flush=True)
        problems = run_notebooks([built.solutions for built in lessons])
    else:
        problems = [_carry_outputs(root, built) for built in lessons]
    for built, lines in zip(lessons, problems, strict=True):
        path = root / "solutions" / f"{built.lesson.slug}.ipynb"
        reset_metadata(built.solutions, built.lesson.number)
        if lines:
            failed = True
            _say(root, path, "not written:", *lines)
        else:
            _write_edition(root, path, built.solutions)
    return failed


def _carry_outputs(root: Path, built: Built) -> list[str]:
    """Take over the outputs of cells that did not change since the solutions on disk were made."""
    old = read_notebook(root / "solutions" / f"{built.lesson.slug}.ipynb")
    known = {(cell.get("id"), cell.source): cell for cell in old.cells} if old else {}
    for cell in built.solutions.cells:
        same = known.get((cell.id, cell.source))
        if cell.cell_type == "code" and same is not None and same.cell_type == "code":
            cell.outputs, cell.execution_count = same.outputs, same.execution_count
    return []


def _write_edition(root: Path, path: Path, notebook: NotebookNode) -> None:
    text = write_notebook(notebook)
    if path.exists() and read_text(path) == text:
        return _say(root, path, "unchanged")
    kept = _keep_notebook(path)
    _write(path, text)
    _say(root, path, "written", *([f"somebody had changed it; as it was: {kept.name}"] if kept else []))


def _keep_notebook(path: Path) -> Path | None:
    """Copy a notebook that is not as a build left it, beside itself."""
    old = read_notebook(path)
    if not path.exists() or (old is not None and is_as_built(old)):
        return None
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    number, kept = 0, path.with_name(f"{path.stem}.kept-{stamp}.ipynb")
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.stem}.kept-{stamp}-{number}.ipynb")
    shutil.copyfile(path, kept)
    return kept


def _find_stray_lessons() -> Iterator[str]:
    for path in sorted(places.LESSONS.glob("*.py")):
        if path.stem not in {lesson.slug for lesson in LESSONS}:
            yield f"lessons/{path.name}: the syllabus has no such lesson"


def _find_strays(root: Path) -> Iterator[str]:
    """Name files that no lesson makes; copies that a build kept don't count."""
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in {lesson.slug for lesson in LESSONS} and ".kept-" not in path.stem:
                yield f"{folder}/{path.name}: no lesson makes this notebook"
    made = {*map(file_of, list_modules()), *(file for file, _ in package_files())}
    for path in sorted((root / "exercises").rglob("*.py")):
        file = path.relative_to(root / "exercises").as_posix()
        if file not in made:
            yield f"exercises/{file}: no exercise belongs into this file"


def _prefixed(name: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.startswith(" ") else f"{name}: {line}"


def _list_exercises(exercises: list[Exercise]) -> str:
    return ", ".join(f"{exercise.id} {exercise.name}" for exercise in exercises)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def _say(root: Path, path: Path, what: str, *notes: str) -> None:
    print(f"{path.relative_to(root).as_posix():<32} {what}", flush=True)
    for note in notes:
        print(f"    {note}", flush=True)
