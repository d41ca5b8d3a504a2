"""The answers in a notebook file, read as `check` would have saved them, without running anything.

Of several cells that define an exercise the last one counts, as it does in the kernel; one that does not
parse never ran, and one that is still unwritten counts only if there is no other.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import regions
from .build.names import FUNCTIONS, bound_names, changed_names, free_names, signature_names
from .build.sources import Source, join_statements, needed_statements, parse_or_none, parse_source
from .cutting import cut_answer
from .magics import plain_python
from .syllabus import Exercise, all_exercises
from .worker.lacking import ALWAYS_THERE, defined_names, lacking_names

__all__ = ["TOO_LARGE", "CellAnswer", "Cells", "code_cells", "top_level_names"]

MAX_CODE = 128 << 10  # characters in one cell, and in all cells of which helpers are taken
MAX_MARKS = 500_000  # commas and brackets in a notebook's JSON: it takes up to 100 bytes for each to read it
TOO_LARGE = f"# more than {MAX_CODE >> 10} KiB of code, left out"
_TOP_LEVEL = re.compile(
    r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class CellAnswer:
    """An answer cut out of a cell.

    `helpers` is what it needs of other cells; `first_line` counts in the cell; `skipped` are the numbers,
    among the code cells, of later cells that define the exercise and do not count, since they don't parse.
    """

    text: str
    first_line: int
    helpers: str = ""
    skipped: tuple[int, ...] = ()


def top_level_names(text: str) -> set[str]:
    """The names that a module or cell defines, found in its text, since it need not parse."""
    return {name for match in _TOP_LEVEL.findall(text) for name in match if name}


def code_cells(text: str) -> list[str]:
    """The sources of a notebook's code cells, as plain Python; TOO_LARGE in place of one that is.

    Arguments:
        text: the notebook's JSON, of any version of the format.

    Raises:
        ValueError: it is no notebook; the text says why, to go after "it".
    """
    if sum(map(text.count, ",[{")) > MAX_MARKS:
        raise ValueError("it is far more intricate than any notebook")
    try:
        notebook: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no notebook: its JSON is damaged") from None
    code = [cell for cell in _all_cells(notebook) if cell.get("cell_type") == "code"]
    sources = [_source_of(cell) for cell in code]
    return [plain_python(source) if len(source) <= MAX_CODE else TOO_LARGE for source in sources]


def _all_cells(notebook: object) -> list[dict[str, Any]]:
    """The cells of a notebook; those of format 3 and before stand in worksheets."""
    if not isinstance(notebook, dict):
        raise ValueError("it is no notebook: it has no cells")
    sheets = notebook.get("worksheets")
    holders = [notebook, *(sheets if isinstance(sheets, list) else [])]
    lists = [holder.get("cells") for holder in holders if isinstance(holder, dict)]
    if not any(isinstance(each, list) for each in lists):
        raise ValueError("it is no notebook: it has no cells")
    return [cell for each in lists if isinstance(each, list) for cell in each if isinstance(cell, dict)]


def _source_of(cell: dict[str, Any]) -> str:
    """The text of a code cell: `source`, or `input` in format 3."""
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""


@dataclass
class Cells:
    """The code cells of one notebook."""

    texts: Sequence[str]

    def answers(self, exercises: Iterable[Exercise]) -> dict[str, CellAnswer]:
        """The answers to these exercises, by the exercise's id."""
        found = {exercise.id: self._answer(exercise) for exercise in exercises}
        return {key: answer for key, answer in found.items() if answer}

    def _answer(self, exercise: Exercise) -> CellAnswer | None:
        numbers = [number for number, names in enumerate(self._names) if exercise.name in names]
        if not numbers:
            return None
        good = [number for number in numbers if parse_or_none(self.texts[number])]
        if not good:  # goes to the judge as it is, who says what is wrong
            return CellAnswer(self.texts[numbers[-1]], 1)
        written = [number for number in good if not regions.is_skeleton(self.texts[number], exercise)]
        number = (written or good)[-1]
        skipped = tuple(each for each in numbers if each > number and each not in good)
        try:
            cut = cut_answer(self.texts[number])
            return CellAnswer(cut.text, cut.first_line, self._helpers(exercise, cut.text), skipped)
        except RecursionError:  # nested so deep that nobody wrote it by hand
            return CellAnswer(self.texts[number], 1, skipped=skipped)

    @cached_property
    def _names(self) -> list[set[str]]:
        return [top_level_names(text) for text in self.texts]

    # What an answer needs of other cells

    def _helpers(self, exercise: Exercise, text: str) -> str:
        """Imports, definitions and constants of other cells: what an answer names and nothing supplies."""
        given = {*exercise.neighbour_names, *defined_names(regions.preamble(exercise.module))}
        lacking = () if regions.is_skeleton(text, exercise) else lacking_names(text, given)
        if not lacking or self._source is None:
            return ""
        supplied = {*given, *ALWAYS_THERE}
        stop = {*supplied, *defined_names(text), *(each.name for each in all_exercises())}
        nodes = _loadable(needed_statements(self._source, lacking, stop), supplied)
        return join_statements(self._source, nodes)

    @cached_property
    def _source(self) -> Source | None:
        """What all cells that parse define, in one text."""
        parts = [cut_answer(text).text for text in self.texts if parse_or_none(text)]
        whole = "\n".join(parts)
        return parse_source(whole, "notebook") if len(whole) <= MAX_CODE else None


def _loadable(nodes: list[ast.stmt], supplied: set[str]) -> list[ast.stmt]:
    """Leave out statements that would fail, since what they read at once is not there.

    So an answer that lacks a name fails where it uses the name, as it does in `check`, and not before.
    """
    kept, there = list[ast.stmt](), set(supplied)
    for node in nodes:
        if _read_at_once(node) <= there:
            kept.append(node)
            there |= bound_names(node)
    return kept


def _read_at_once(node: ast.stmt) -> set[str]:
    """The names that a statement reads when it runs, not counting those in a function's body."""
    return set(_read(node))


def _read(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        yield from signature_names(node)
    elif isinstance(node, ast.ClassDef):
        inside = {name for child in node.body for name in bound_names(child)}
        for child in [*node.decorator_list, *node.bases, *node.keywords]:
            yield from free_names(child)
        for statement in node.body:
            yield from _read_at_once(statement) - inside
    else:
        yield from free_names(node) | changed_names(node)
