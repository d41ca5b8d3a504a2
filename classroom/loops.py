"""A loop that never ended: which one it is, and a question about what keeps it going."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from .build.sources import parse_or_none

__all__ = ["ask_about_loop"]

LONG = 50  # characters of a condition that are worth being repeated
# What is called with a variable, or on it, and leaves it as it is.
_HARMLESS = """
    len bytes bytearray int str bool list tuple min max sum print repr isinstance range enumerate zip
    find rfind index rindex count startswith endswith partition rpartition split splitlines strip decode
    encode hex join lower upper get items keys values
"""
HARMLESS = frozenset(_HARMLESS.split())
EXITS = (ast.Break, ast.Return, ast.Raise)


def ask_about_loop(source: str, line: str, harmless: Iterable[str] = ()) -> str:
    """Return a question about the loop in which code stood when its time was up.

    Arguments:
        source: the code.
        line: the text of the line on which it stood.
        harmless: functions that change nothing which they are given.

    Returns:
        The question, or "" if no `while` is known to be the loop.
    """
    loops = _loops_around(source, line.strip())
    if not loops:
        return ""
    known = HARMLESS | set(harmless)
    stuck = next((loop for loop in loops if _names(loop.test) and not _changes(loop, known)), loops[0])
    names = " or ".join(f"`{name}`" for name in sorted(_names(stuck.test)))
    if not names:
        return _ask_about_exits(stuck)
    condition = ast.unparse(stuck.test)
    head = (
        f"The loop goes on as long as `{condition}`"
        if len(condition) <= LONG
        else "The condition of the loop stays true"
    )
    if not _changes(stuck, known):
        return f"{head}. Which line inside it changes {names}?"
    return f"{head}. In which case does a turn of it change nothing, so that the next one is the same?"


def _ask_about_exits(loop: ast.While) -> str:
    head = f"`while {ast.unparse(loop.test)}` ends by a `break`, a `return` or a `raise`"
    if not any(isinstance(node, EXITS) for node in _inside(loop)):
        return f"{head}. Where in it is one of them?"
    return f"{head}. Which of yours had to be reached here, and under which condition is it?"


def _loops_around(source: str, line: str) -> list[ast.While]:
    """The `while` loops around the lines with this text, the innermost first; none if they differ."""
    tree = parse_or_none(source)
    numbers = [number for number, text in enumerate(source.split("\n"), 1) if text.strip() == line]
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While)] if tree and line else []
    around = [[loop for loop in loops if loop.lineno <= at <= (loop.end_lineno or 0)] for at in numbers]
    if not around or any(each != around[0] for each in around):
        return []
    return sorted(around[0], key=lambda loop: -loop.lineno)


def _names(condition: ast.AST) -> set[str]:
    """The variables on which a condition depends: data, self.buffer."""
    called = {id(node.func) for node in ast.walk(condition) if isinstance(node, ast.Call)}
    return set(_dotted(condition, called))


def _dotted(node: ast.AST, called: Collection[int] = ()) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and id(node) not in called:
        yield f"{node.value.id}.{node.attr}"
    elif isinstance(node, ast.Name):
        if id(node) not in called:
            yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _dotted(child, called)


def _changes(loop: ast.While, harmless: Collection[str]) -> bool:
    """Whether something in a loop may change what its condition depends on."""
    names = _names(loop.test)
    roots = {name.partition(".")[0] for name in names if "." in name}
    return any(_may_change(node, names, roots, harmless) for node in _inside(loop))


def _inside(loop: ast.While) -> Iterator[ast.AST]:
    for part in (loop.test, *loop.body):
        yield from ast.walk(part)


def _may_change(node: ast.AST, names: set[str], roots: set[str], harmless: Collection[str]) -> bool:
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return bool(names & set(_dotted(node.value if isinstance(node, ast.Subscript) else node)))
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) in harmless:
        return False
    if isinstance(function, ast.Attribute):  # a method changes its object, and seldom what it is given
        return bool((names | roots) & set(_dotted(function.value)))
    return bool(names & {name for each in (*node.args, *node.keywords) for name in _dotted(each)})
