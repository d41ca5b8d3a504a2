"""The third hint: a plain answer in shuffled blocks, and among them a few wrong ones that were chosen for it.

The answer is the variant marked `blocks=True`, else the reference. One with numbered comments ("# 1 ...") is
shown as a plan instead, and one with too little to bring into order as lines with blanks.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeGuard

from .forms import Form, blank_out, find_form, is_numbered, read_plan
from .syllabus import Exercise

__all__ = ["Puzzle", "make_puzzle"]

FEWEST = 3  # blocks that are worth bringing into order
MANY = 8  # with more blocks than these, an `if` and its only line are one block
MARGIN = 4  # columns for a block's letter


@dataclass(frozen=True, slots=True)
class Puzzle:
    """What the third hint shows.

    Arguments:
        kind: "blocks to order", "plan" or "lines with blanks".
        task: what to do with it, as sentences.
        code: what to do it with.
        blocks: the blocks as shown, if there are any.
        stray: how many of them do not belong there.
    """

    kind: str
    task: str
    code: str
    blocks: tuple[str, ...] = ()
    stray: int = 0


def make_puzzle(exercise: Exercise) -> Puzzle:
    """Make the third hint of an exercise: the same one each time."""
    form = find_form(exercise)
    right = cut_blocks(form)
    if any(map(is_numbered, form.body)):
        task = (
            "A plan in steps. Each begins with its first statement; write more like it where you see `...`."
        )
        return Puzzle("plan", task, _join(form.given, read_plan(form)))
    if len(right) < FEWEST:
        code = _join(form.given, blank_out("\n".join(right)))
        return Puzzle("lines with blanks", "What belongs in place of each ____?", code)
    return _order_puzzle(exercise, form, right)


def _order_puzzle(exercise: Exercise, form: Form, right: Sequence[str]) -> Puzzle:
    blocks = _mix(right, form.stray, random.Random(f"blocks {exercise.id}"))
    lines = _with_margin("", form.given)
    for letter, block in zip(_letters(len(blocks)), blocks, strict=True):
        lines += _with_margin(letter, block)
    task = (
        "Write these blocks into your cell in an order that works, each indented as it is here. What has no "
        f"letter is given, and comes first.{_say_stray(len(form.stray))}"
    )
    return Puzzle("blocks to order", task, "\n".join(lines), tuple(blocks), len(form.stray))


def _say_stray(count: int) -> str:
    if count == 0:
        return ""
    return (
        " One block is wrong: leave it out." if count == 1 else f" {count} blocks are wrong: leave them out."
    )


def _mix(right: Sequence[str], stray: Sequence[str], generator: random.Random) -> list[str]:
    """Shuffle the right blocks, once, so that they are out of order, and put the stray ones among them."""
    blocks = list(right)
    generator.shuffle(blocks)
    if blocks == list(right):
        blocks = [*blocks[1:], *blocks[:1]]
    for block in stray:
        blocks.insert(generator.randrange(len(blocks) + 1), block)
    return blocks


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _with_margin(letter: str, text: str) -> list[str]:
    first, *more = text.split("\n")
    lines = [f"{letter:<{MARGIN}}{first}", *(f"{'':{MARGIN}}{line}" for line in more)]
    return [line.rstrip() for line in lines]


def _letters(count: int) -> Iterator[str]:
    for number in range(count):
        high, low = divmod(number, 26)
        yield (ascii_uppercase[high - 1] if high else "") + ascii_uppercase[low]


# Cutting


def cut_blocks(form: Form) -> list[str]:
    """Cut the body of an answer into blocks, in their right order."""
    found = list(_body_blocks(form))
    return _join_short(found) if len(found) > MANY else found


def _body_blocks(form: Form) -> Iterator[str]:
    """A block for each simple statement, and one for each line that opens an `if`, a `for`, a method."""
    node, lines = form.node, form.lines
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


def _header_end(lines: Sequence[str], line: int) -> int:
    """The line with the colon that ends an `if ...:` which may be spread over several lines."""
    text = lines[line - 1].strip()
    if not text or text.startswith(("#", "@")):
        return line
    while line < len(lines) and not _opens(lines[line - 1]):
        line += 1
    return line


def _opens(text: str) -> bool:
    return text.partition("  #")[0].rstrip().endswith(":")


def _join_short(blocks: Sequence[str]) -> list[str]:
    """Join what opens with its body, where that is a single block, and a `try` with its `except`."""
    joined: list[
        str
    ] = []  # from the last block to the first, so that inner ones are joined before outer ones
    for block in reversed(blocks):
        inside = [each for each in joined[:-3:-1] if _indent(each) > _indent(block)]
        if _opens(block) and joined and len(inside) == 1 and joined[-1] is inside[0]:
            block = f"{block}\n{joined.pop()}"
        if block.lstrip().startswith("try:") and joined and joined[-1].lstrip().startswith("except"):
            block = f"{block}\n{joined.pop()}"
        joined.append(block)
    return joined[::-1]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
