"""The answer that the third hint is made from, and ways to show some of it: as a plan, with blanks."""

from __future__ import annotations

import ast
import inspect
import io
import keyword
import re
import textwrap
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from . import regions
from .build.names import Definition
from .build.sources import cut_object, find_definition, imported_names, parse_source
from .mistakes import Variant, variants_of
from .syllabus import Exercise

__all__ = ["Form", "blank_out", "find_form", "is_numbered", "read_plan"]

BLANK = "____"


@dataclass(frozen=True, slots=True)
class Form:
    """One answer to an exercise.

    Arguments:
        given: what stands before the body: imports, helpers, and the line that begins the definition.
        lines: the text that defines it.
        node: the definition in that text.
        stray: blocks chosen for this form that do not belong in it.
    """

    given: str
    lines: tuple[str, ...]
    node: Definition
    stray: tuple[str, ...] = ()

    @property
    def body(self) -> tuple[str, ...]:
        """The lines of the body."""
        return self.lines[_body_start(self.lines, self.node) : self.node.end_lineno]


def find_form(exercise: Exercise) -> Form:
    """The variant marked as the one to take the blocks from, else the reference."""
    marked = next((each for each in variants_of(exercise) if each.blocks), None)
    if marked is None:
        return read_form(regions.reference_source(exercise), exercise.name)
    form = read_form(_variant_source(exercise, marked), marked.function.__name__)
    skeleton = read_form(regions.skeleton(exercise), exercise.name)
    above = _around(form.lines, form.node)
    given = "\n\n\n".join(part for part in (above, _header(skeleton.lines, skeleton.node)) if part)
    return Form(
        given, form.lines, form.node, tuple(textwrap.indent(each, "    ") for each in marked.stray.values())
    )


def read_form(source: str, name: str) -> Form:
    """Read the definition of `name` from a text; what else stands there is given."""
    node, lines = find_definition(source, name), tuple(source.split("\n"))
    if node is None:
        raise ValueError(f"no definition of {name}")
    given = "\n\n\n".join(part for part in (_around(lines, node), _header(lines, node)) if part)
    return Form(given, lines, node)


def _variant_source(exercise: Exercise, variant: Variant) -> str:
    """A variant with those helpers and imports of its file that an exercise's file has not already."""
    path = Path(inspect.getfile(variant.function))
    source = parse_source(path.read_text(encoding="utf-8"), path.stem)
    had = imported_names(parse_source(regions.preamble(exercise.module), exercise.module))
    return cut_object(source, variant.function.__name__, {*had, *exercise.neighbour_names, "variant"})


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _around(lines: Sequence[str], node: Definition) -> str:
    """What stands above a definition and below it."""
    parts = lines[: _first_line(node) - 1], lines[node.end_lineno :]
    return "\n\n\n".join(filter(None, ("\n".join(part).strip("\n") for part in parts)))


def _header(lines: Sequence[str], node: Definition) -> str:
    return "\n".join(lines[node.lineno - 1 : _body_start(lines, node)])


def _body_start(lines: Sequence[str], node: Definition) -> int:
    """The index of the first line of the body; comments above its first statement belong to it."""
    start = node.body[0].lineno - 1
    while start > node.lineno and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


# A plan


def is_numbered(line: str) -> bool:
    """Whether a line is a comment such as "# 1 one good head"."""
    return re.match(r"\s*# \d+ ", line) is not None


def read_plan(form: Form) -> str:
    """Keep the numbered comments, the first statement behind each, and the last statement of all.

    Of a statement with a body only the line that opens it is kept, and the body where it has such comments.
    """
    nodes = {each.lineno: each for each in ast.walk(form.node) if isinstance(each, _SHOWN)}
    numbered = [number for number, line in enumerate(form.lines, 1) if is_numbered(line)]
    last, fresh, lines = form.node.body[-1].lineno, False, list[str]()
    number = _body_start(form.lines, form.node) + 1
    while number <= (form.node.end_lineno or 0):
        text, node = form.lines[number - 1], nodes.get(number)
        number += 1
        if node is None:
            lines += [text] if is_numbered(text) else []
            fresh = fresh or is_numbered(text)
            continue
        end = node.end_lineno or node.lineno
        body = getattr(node, "body", [])
        if any(node.lineno < each <= end for each in numbered):
            number = _body_start(form.lines, node) + 1  # type: ignore[arg-type]
            gap = [""] * (isinstance(node, ast.FunctionDef) and bool(lines))
            lines += [*gap, *form.lines[node.lineno - 1 : number - 1]]
            continue
        if body and (fresh or isinstance(node, ast.ExceptHandler)):
            start = body[0].lineno - 1
            lines += [*form.lines[node.lineno - 1 : start], " " * body[0].col_offset + "..."]
            fresh = False
        elif not body and (fresh or node.lineno == last):
            lines += form.lines[node.lineno - 1 : end]
            fresh = False
        elif not lines or lines[-1].strip() != "...":
            lines.append(" " * node.col_offset + "...")
        number = end + 1
    return "\n".join(lines)


_SHOWN = (ast.stmt, ast.ExceptHandler)


# Blanks


def blank_out(code: str) -> str:
    """Put a blank in place of each number and of each name that is called; if there is none, of each name."""
    margin = len(code) - len(code.lstrip())
    lines = textwrap.dedent(code).split("\n")
    tokens = list(tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline))
    names = [token for token in tokens if token.type == tokenize.NAME and not keyword.iskeyword(token.string)]
    called = [token for token, after in pairwise(tokens) if after.string == "("]
    holes = [
        token for token in tokens if token.type == tokenize.NUMBER or (token in names and token in called)
    ]
    for token in reversed(holes or names):
        row, column = token.start
        lines[row - 1] = lines[row - 1][:column] + BLANK + lines[row - 1][token.end[1] :]
    return textwrap.indent("\n".join(lines), " " * margin)
