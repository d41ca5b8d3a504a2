"""Answers in any file, not only in exercises/: what `check --file` reads.

answer.py with region markers     each region, under the imports that stand above the first one
answer.py without markers         the whole file
answer.ipynb                      the code cell that defines the exercise, without its experiments, under
                                  what it needs of other cells

What a file imports from minews, and the neighbours that it defines itself, are set aside: the judge supplies
both, as it always does, so that a mistake in one exercise shows in that one only.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import answers, places, regions
from .build.names import DEFINITIONS
from .build.sources import parse_or_none
from .cases import Case
from .cutting import lines_of
from .engine import Result
from .notebook_answers import Cells, code_cells, top_level_names
from .redirecting import imports_minews
from .syllabus import Exercise, all_exercises

__all__ = ["Submission", "read_submission", "set_aside"]

MAX_SIZE = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    """The text of one answer, the imports above it (None: the usual ones), and its first line in the file."""

    text: str
    preamble: str | None = None
    first_line: int = 1


@dataclass(slots=True)
class Submission:
    """What a file holds: answers by exercise id; or the problem because of which it can't be read."""

    file: str
    answers: dict[str, _Answer] = field(default_factory=dict)
    rest: str = ""
    problem: str = ""

    def defined(self) -> tuple[Exercise, ...]:
        """The exercises that the file answers."""
        return tuple(exercise for exercise in all_exercises() if exercise.id in self.answers)

    def judge(self, exercise: Exercise, cases: Sequence[Case] | None = None) -> Result:
        """Judge the answer to an exercise, by some cases or all, without writing or remembering anything."""
        if self.problem:
            return answers.error_result(exercise, self.file, self.problem)
        found = self.answers.get(exercise.id, _Answer(self.rest))
        text, imports = set_aside(found.text, exercise)
        preamble = regions.preamble(exercise.module) if found.preamble is None else found.preamble
        return answers.judge_text(
            exercise,
            text,
            file=self.file,
            first_line=found.first_line,
            preamble="\n".join([preamble, *imports]),
            whole=found.text,
            cases=cases,
        )


def read_submission(path: Path) -> Submission:
    """Read a file; whatever is wrong with it becomes a `problem` in plain words."""
    result = Submission(places.shown(path))
    try:
        text = _read_text(path)
        if path.suffix.lower() == ".ipynb":
            result.answers = _answers_in_notebook(text)
        else:
            result.answers, result.rest = _answers_in_module(path, text), text
    except OSError as error:
        result.problem = f"{result.file} can't be read: {error.strerror or error}."
    except UnicodeError:
        result.problem = f"{result.file} is not text in UTF-8."
    except ValueError as error:
        result.problem = f"{result.file} can't be read: {error}."
    return result


def _read_text(path: Path) -> str:
    if path.stat().st_size > MAX_SIZE:
        raise ValueError(f"it is larger than {MAX_SIZE >> 20} MiB")
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ValueError("it holds NUL bytes, so it is no Python source")
    return text


def _answers_in_module(path: Path, text: str) -> dict[str, _Answer]:
    if any(regions.MARKER.match(line) for line in text.split("\n")):
        preamble = regions.read_preamble(path) or None
        found = regions.read_regions(path)
        return {key: _Answer(each.text, preamble, each.first_line) for key, each in found.items()}
    names = top_level_names(text)
    return {exercise.id: _Answer(text) for exercise in all_exercises() if exercise.name in names}


def set_aside(text: str, exercise: Exercise) -> tuple[str, list[str]]:
    """Take out of an answer what the judge supplies; empty lines stay in its place.

    Returns:
        The text without imports from minews and definitions of its neighbours, and those imports.
    """
    if not any(name in text for name in ("minews", *exercise.neighbour_names)):
        return text, []
    tree, lines = parse_or_none(text), text.split("\n")
    imports: list[str] = []
    body = tree.body if tree else []
    statements_on = Counter(line for node in body for line in lines_of(node))
    for node in body:
        if imports_minews(node):
            imports.append(ast.unparse(node))
        elif not isinstance(node, DEFINITIONS) or node.name not in exercise.neighbour_names:
            continue
        taken = lines_of(node)
        if all(statements_on[line] == 1 for line in taken):
            lines[taken.start - 1 : taken.stop - 1] = [""] * len(taken)
    return "\n".join(lines), imports


def _answers_in_notebook(text: str) -> dict[str, _Answer]:
    found = Cells(code_cells(text)).answers(all_exercises())
    usual = {exercise.id: regions.preamble(exercise.module) for exercise in all_exercises()}
    return {
        key: _Answer(each.text, f"{usual[key]}\n{each.helpers}" if each.helpers else None, each.first_line)
        for key, each in found.items()
    }
