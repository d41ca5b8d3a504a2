"""The command `handout`: a course that works, with some of the lessons and nothing solved."""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..syllabus import LESSONS, Lesson
from .contents import HandoutError, fill_handout, list_files
from .submissions import OTHER_ARCHIVES

__all__ = ["write_handout"]


def write_handout(lessons: tuple[int, ...], out: Path) -> int:
    """Put together what students get, and say what is in it and what comes next.

    Arguments:
        lessons: their numbers; those that there are not are left out and named. All lessons if it is empty.
        out: a folder, or a file if it ends in .zip; nothing may be there yet.

    Returns:
        0 if it was written, 1 if not.
    """
    chosen = [lesson for lesson in LESSONS if not lessons or lesson.number in lessons]
    try:
        _refuse(chosen, out)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".handout-", dir=out.parent) as temporary:
            folder = Path(temporary) / out.stem
            fill_handout(folder, chosen)
            _put_in_place(folder, out)
    except HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{out} can't be written: {error.strerror or error}.", file=sys.stderr)
        return 1
    _say(out, chosen, set(lessons) - {lesson.number for lesson in chosen})
    return 0


def _refuse(chosen: Sequence[Lesson], out: Path) -> None:
    if not chosen:
        known = _list(str(lesson.number) for lesson in LESSONS)
        raise HandoutError(f"There are no such lessons; there are {known}. Nothing was written.")
    if out.suffix.lower() in OTHER_ARCHIVES:
        raise HandoutError(f"{out}: of archives only .zip files are written. Nothing was written.")
    if os.path.lexists(out):
        raise HandoutError(f"{out} exists already; nothing was written. Choose a name that is free.")


def _put_in_place(folder: Path, out: Path) -> None:
    if out.suffix.lower() != ".zip":
        os.rename(folder, out)
        return
    packed = folder.with_suffix(".packed")
    with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for path in list_files(folder):
            archive.write(path, path.relative_to(folder.parent))
    os.rename(packed, out)


# What is said


def _say(out: Path, lessons: Sequence[Lesson], unknown: set[int]) -> None:
    numbers = [str(lesson.number) for lesson in lessons]
    plural = "s" * (len(numbers) > 1)
    if unknown:
        print(f"There is no lesson {_list(map(str, sorted(unknown)), 'or')} yet; the others are in it.")
    print(f"Written: {out}, the course with lesson{plural} {_list(numbers)}, unsolved.")
    graded = [str(lesson.number) for lesson in lessons if lesson.exercises]
    print(WORDS.format(lessons=",".join(graded)))


def _list(words: Iterable[str], joint: str = "and") -> str:
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


WORDS = """\
    notebooks/, exercises/    what students work in
    classroom/, tests/        what checks it; the grader is not in it, nor are hidden cases
    minews/                   the reference, which `yours` and `solution` need: students can read it
    README.md                 what a student types
    .github/                  grades pushes, if you share it as a repository; else remove it

Next
    1. Look at it as a student does: python3 -m classroom lab, in a copy of it.
    2. Share it: as a zip, or as a repository; then .github/workflows/classroom.yml names your course's own.
    3. Collect what `python3 -m classroom submit` packs, then here:
       python3 -m classroom grade SUBMISSIONS --out GRADES --lessons {lessons}
GRADING.md goes through it step by step."""
