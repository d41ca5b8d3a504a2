"""The answers in a notebook file, read as `check` would have saved them, without running anything.

Of several cells that define an exercise the last one counts, as it does in the kernel; one that does not
parse never ran, and one that is still unwritten counts only if there is no other.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from . import regions
from .build.names import DEFINITIONS, FUNCTIONS, bound_names, changed_names, free_names, signature_names
from .build.skeletons import is_unwritten
from .build.sources import Source, join_statements, needed_statements, parse_or_none, parse_source
from .cutting import Cut, cut_answer
from .magics import plain_python
from .syllabus import Exercise, all_exercises
from .worker.lacking import ALWAYS_THERE, defined_names, lacking_names

__all__ = ["TOO_LARGE", "CellAnswer", "Cells", "code_cells", "top_level_names"]

MAX_CODE = 128 << 10  # characters in one cell, and in all cells of which helpers are taken
MAX_ALL_CODE = 512 << 10
MAX_MARKS = 500_000  # commas and brackets in a notebook's JSON: it takes up to 100 bytes for each to read it
TOO_LARGE = f"# more than {MAX_CODE >> 10} KiB of code, left out"
_TOP_LEVEL = re.compile(
    r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class CellAnswer:
    """An answer cut out of a cell.

    `helpers` is what it needs of other cells; `first_line` counts in the cell; `is_written` is False for a
    skeleton; `has_broken` tells that a later cell defines the exercise and does not count, since it does not
    parse.
    """

    text: str
    first_line: int
    helpers: str = ""
    is_written: bool = True
    has_broken: bool = False


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
    if sum(len(source) for source in sources if len(source) <= MAX_CODE) > MAX_ALL_CODE:
        raise ValueError(f"it holds more than {MAX_ALL_CODE >> 10} KiB of code")
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


class _Cell:
    """A code cell. A large one takes long to parse, so that is done as seldom as can be."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names = top_level_names(text)
        self.cut: Cut | None = None
        self.unwritten: set[str] = set()
        tree = parse_or_none(text)
        self.is_python = tree is not None
        if tree is not None:
            found = {node.name: node for node in tree.body if isinstance(node, DEFINITIONS)}
            self.unwritten = {name for name, node in found.items() if is_unwritten(node)}
            with suppress(RecursionError):  # nested so deep that nobody wrote it by hand
                self.cut = cut_answer(text)

    @cached_property
    def lacking(self) -> frozenset[str]:
        """Names that the answers in it use and do not define."""
        return frozenset(lacking_names(self.cut.text, ()) if self.cut else ())

    @cached_property
    def defined(self) -> set[str]:
        """Names that the answers in it define."""
        return defined_names(self.cut.text) if self.cut else set()


class Cells:
    """The code cells of one notebook, as `code_cells` gives them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._cells = [_Cell(text) for text in texts]

    def answers(self, exercises: Iterable[Exercise]) -> dict[str, CellAnswer]:
        """The answers to these exercises, by the exercise's id."""
        found = {exercise.id: self._answer(exercise) for exercise in exercises}
        return {key: answer for key, answer in found.items() if answer}

    def _answer(self, exercise: Exercise) -> CellAnswer | None:
        cells = [cell for cell in self._cells if exercise.name in cell.names]
        good = [cell for cell in cells if cell.is_python]
        written = [cell for cell in good if exercise.name not in cell.unwritten]
        if not cells:
            return None
        chosen = [*cells, *good, *written][-1]
        if chosen.cut is None:  # goes to the judge as it is, who says what is wrong
            return CellAnswer(chosen.text, 1)
        return CellAnswer(
            chosen.cut.text,
            chosen.cut.first_line,
            self._helpers(exercise, chosen),
            is_written=bool(written),
            has_broken=any(not cell.is_python for cell in cells[cells.index(chosen) :]),
        )

    # What an answer needs of other cells

    def _helpers(self, exercise: Exercise, cell: _Cell) -> str:
        """Imports, definitions and constants of other cells: what an answer names and nothing supplies."""
        supplied = {*_given_names(exercise), *ALWAYS_THERE}
        lacking = () if exercise.name in cell.unwritten else cell.lacking - supplied
        if not lacking or self._source is None:
            return ""
        stop = {*supplied, *cell.defined, *(each.name for each in all_exercises())}
        try:
            nodes = _loadable(needed_statements(self._source, lacking, stop), supplied)
        except RecursionError:
            return ""
        return join_statements(self._source, nodes)

    @cached_property
    def _source(self) -> Source | None:
        """What all cells that parse define, in one text."""
        whole = "\n".join(cell.cut.text for cell in self._cells if cell.cut)
        return parse_source(whole, "notebook") if len(whole) <= MAX_CODE else None


@lru_cache(maxsize=256)
def _given_names(exercise: Exercise) -> frozenset[str]:
    """The names that an answer has without defining them: its neighbours, and the usual imports."""
    return frozenset({*exercise.neighbour_names, *defined_names(regions.preamble(exercise.module))})


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
        if isinstance(node, ast.AugAssign):
            yield from bound_names(node.target)
