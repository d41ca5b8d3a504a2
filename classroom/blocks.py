"""The third hint: the lines of the reference, shuffled, and among them a few that do not belong there."""

from __future__ import annotations

import ast
import inspect
import random
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeGuard

from . import regions
from .build.names import Definition
from .build.sources import find_definition
from .mistakes import mistakes_of
from .syllabus import Exercise

__all__ = ["Puzzle", "make_puzzle"]

MOST_STRAY = 3


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Blocks to bring into order: what stands above them, the blocks as shown, and how many are too many."""

    given: str
    blocks: tuple[str, ...]
    stray: int

    def __str__(self) -> str:
        lines = [self.given] if self.given else []
        for letter, block in zip(_letters(len(self.blocks)), self.blocks, strict=True):
            first, *more = block.split("\n")
            lines += [f"{letter:>2}  {first}", *(f"    {line}" for line in more)]
        return "\n".join(lines)


def make_puzzle(exercise: Exercise) -> Puzzle:
    """Shuffle the body of the reference: always in the same way for an exercise.

    Each block keeps the indentation at which it belongs. One to three lines from known mistakes are mixed in,
    where there are some.
    """
    source = regions.reference_source(exercise)
    right = list(_body_blocks(source, exercise.name))
    generator = random.Random(f"blocks {exercise.id}")
    stray = _stray_lines(exercise, {_squash(block) for block in right}, generator, len(right))
    blocks = [*right, *stray]
    generator.shuffle(blocks)
    while len(set(right)) > 1 and [block for block in blocks if block not in stray] == right:
        generator.shuffle(blocks)
    return Puzzle(_header(source, exercise.name), tuple(blocks), len(stray))


def _header(source: str, name: str) -> str:
    """What stands above the blocks: helpers, and the line that begins the definition."""
    node, lines = _find(source, name), source.split("\n")
    return "\n".join(lines[: node.body[0].lineno - 1]).rstrip()


def _find(source: str, name: str) -> Definition:
    node = find_definition(source, name)
    if node is None:
        raise ValueError(f"no definition of {name}")
    return node


def _body_blocks(source: str, name: str) -> Iterator[str]:
    """A block for each simple statement, and one for each line that opens an `if`, a `for`, a method."""
    node, lines = _find(source, name), source.split("\n")
    ends = {each.lineno: each.end_lineno or each.lineno for each in ast.walk(node) if _is_simple(each)}
    docstrings = {each.lineno for each in ast.walk(node) if _is_docstring(each)}
    line = node.body[0].lineno
    while line <= (node.end_lineno or line):
        text = lines[line - 1]
        end = ends[line] if line in ends else _header_end(lines, line)
        if text.strip() and not text.lstrip().startswith("#") and line not in docstrings:
            yield "\n".join(lines[line - 1 : end])
        line = end + 1


def _is_simple(node: ast.AST) -> TypeGuard[ast.stmt]:
    return isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, ast.Match)


def _is_docstring(node: ast.AST) -> TypeGuard[ast.Expr]:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _header_end(lines: list[str], line: int) -> int:
    """The line with the colon that ends an `if ...:` which may be spread over several lines."""
    text = lines[line - 1].strip()
    if not text or text.startswith(("#", "@")):
        return line
    while line < len(lines) and not lines[line - 1].partition("  #")[0].rstrip().endswith(":"):
        line += 1
    return line


def _stray_lines(exercise: Exercise, right: set[str], generator: random.Random, most: int) -> list[str]:
    """Lines that people really wrote instead, from the code of known mistakes."""
    found: dict[str, None] = {}
    for each in mistakes_of(exercise):
        try:
            source = textwrap.dedent(inspect.getsource(each.function))
            found |= dict.fromkeys(_body_blocks(source, each.function.__name__))
        except (OSError, TypeError, ValueError):
            continue
    lines = [text for text in found if _squash(text) not in right and "\n" not in text and _says_enough(text)]
    count = min(MOST_STRAY, max(1, most // 3), len(lines))
    return generator.sample(lines, count)


def _says_enough(text: str) -> bool:
    return text.strip() not in ("pass", "else:", "try:", "return None", "break", "continue")


def _squash(text: str) -> str:
    return "".join(text.split())


def _letters(count: int) -> Iterator[str]:
    for number in range(count):
        high, low = divmod(number, 26)
        yield (ascii_uppercase[high - 1] if high else "") + ascii_uppercase[low]
