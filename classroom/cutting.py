"""Cut the answer out of a cell: what is saved and tested, without experiments and `check(...)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Cut", "cut_answer", "lines_of"]

# What a student calls at the end of a cell: left out of the answer without a word.
OUR_CALLS = frozenset({"check", "hint", "reset", "solution", "status"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a cell that is an answer: its text, the line where it began, what was left out."""

    text: str
    first_line: int
    left_out: tuple[str, ...]


def cut_answer(text: str) -> Cut:
    """Cut an answer out of a cell: its imports, definitions and assignments, with the comments among them.

    What is left out is named, except for calls such as `check(...)`, and expressions that do nothing.
    """
    tree = ast.parse(text)
    lines = text.split("\n")
    kept, left_out = [], []
    gone: set[int] = set()
    for node in tree.body:
        if _is_kept(node):
            kept.append(node)
            continue
        if not _is_silent(node):
            left_out.append(_name_statement(node, lines))
        gone |= set(lines_of(node)) | set(_comment_above(lines, node.lineno, gone))
    taken = {line for node in kept for line in lines_of(node)}
    shared = gone & taken
    pieces = [line for number, line in enumerate(lines, 1) if number not in gone or number in taken]
    if shared:  # several statements on one line, such as `KEY = 1; print(KEY)`
        encoded = [line.encode() for line in lines]
        pieces = [_segment(encoded, node) for node in kept]
    cut = _strip_blank_lines("\n".join(pieces))
    first = next((n for n, line in enumerate(lines, 1) if n not in gone - taken and line.strip()), 1)
    return Cut(_squeeze(cut) if gone else cut, first, tuple(left_out))


def _is_kept(node: ast.stmt) -> bool:
    """Whether a statement belongs to an answer; `try` and `if` do when they hold nothing else."""
    if isinstance(node, ast.If | ast.Try):
        blocks = [node.body, node.orelse, *([node.finalbody] if isinstance(node, ast.Try) else [])]
        blocks += [handler.body for handler in getattr(node, "handlers", [])]
        inner = [statement for block in blocks for statement in block]
        return not _waits(node) and all(isinstance(each, ast.Pass) or _is_kept(each) for each in inner)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return not _waits(node) and not _is_magic(node.value) and not _is_check(node.value)
    if _imports_us(node):
        return False
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return isinstance(node, definitions) or type(node).__name__ == "TypeAlias"


def _waits(node: ast.AST) -> bool:
    """Whether a statement holds an `await` of the cell's own, which only a notebook understands."""
    left = [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.Await):
            return True
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left.extend(ast.iter_child_nodes(each))
    return False


def _is_silent(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass) or _imports_us(node):
        return True
    if isinstance(node, ast.Assign) and _is_check(node.value):
        return True
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Call):
        return _called_name(node.value) in OUR_CALLS
    return isinstance(node.value, ast.Constant | ast.Name)


def _imports_us(node: ast.stmt) -> bool:
    """Whether a statement imports `check` and its like, which no answer needs."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] == "classroom"
    return isinstance(node, ast.Import) and all(alias.name.startswith("classroom") for alias in node.names)


def _is_check(value: ast.AST | None) -> bool:
    """Whether an expression is `check(...)`, of which somebody might want to keep the result."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "check"


def _called_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_magic(value: ast.AST | None) -> bool:
    """Whether an expression is what IPython makes of a line such as %time or !ls."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    owner = value.func.value
    return isinstance(owner, ast.Call) and _called_name(owner) == "get_ipython"


def _segment(lines: list[bytes], node: ast.stmt) -> str:
    """The text of a statement, without what stands before and behind it on its lines.

    `ast.get_source_segment` takes the whole text apart again for each statement.
    """
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    taken = lines[first : last + 1]
    taken[-1] = taken[-1][: node.end_col_offset]
    taken[0] = taken[0][node.col_offset :]
    return b"\n".join(taken).decode()


def _name_statement(node: ast.stmt, lines: list[str]) -> str:
    """Name a statement as its writer knows it: by its line and how it begins."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and _is_magic(value):
        words = [str(word.value) for word in value.args if isinstance(word, ast.Constant)]
        kind = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}
        begun = kind.get(_called_name(value), "") + " ".join(words)
    else:
        begun = _first_words(node, lines[node.lineno - 1])
    first, _, rest = begun.partition("\n")
    return f"line {node.lineno}: {first[:60].rstrip()}{' ...' if rest or len(first) > 60 else ''}"


def _first_words(node: ast.stmt, line: str) -> str:
    """The first line of a statement; with a line end after it if there are more."""
    if node.end_lineno == node.lineno:
        return line.encode()[node.col_offset : node.end_col_offset].decode()
    return line.encode()[node.col_offset :].decode() + "\n..."


def lines_of(node: ast.stmt) -> range:
    """The lines of a statement, its decorators included, counted from 1."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _comment_above(lines: list[str], lineno: int, gone: set[int]) -> Iterator[int]:
    """The comment that stands right above a statement goes with it, unless it is gone already."""
    while lineno > 1 and lineno - 1 not in gone and lines[lineno - 2].startswith("#"):
        lineno -= 1
        yield lineno


def _strip_blank_lines(text: str) -> str:
    lines = text.rstrip().split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def _squeeze(text: str) -> str:
    """Close the gaps that cutting left: at most two empty lines between statements."""
    tree = ast.parse(text)
    inside = {line for node in tree.body for line in lines_of(node)}
    result: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line or number in inside or any(result[-2:]) or len(result) < 2:
            result.append(line)
    return "\n".join(result)
