"""Cut objects out of a module of minews with all that they need, and read its imports.

All functions work on the lines of a module, so that comments and the way a statement is laid out survive.
A statement is needed by an object if the object names what the statement binds, itself or through another
needed statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..worker.lacking import check_memory
from .names import DEFINITIONS, Definition, bound_names, changed_names, free_names

SHORT = 6000  # characters of a text whose tree may be kept


class SourceError(Exception):
    """A module of minews does not hold what the syllabus says; the text names both."""


@dataclass(frozen=True)
class Source:
    """A parsed module, called `name` (dotted, as in "minews.handshake"), and its lines."""

    name: str
    lines: tuple[str, ...]
    tree: ast.Module

    @cached_property
    def given(self) -> list[set[str]]:
        """For each top-level statement the names that it binds, or changes in place."""
        return [bound_names(node) | changed_names(node) for node in self.tree.body]

    @cached_property
    def read(self) -> list[set[str]]:
        """For each top-level statement the names that it reads."""
        return [free_names(node) for node in self.tree.body]

    @cached_property
    def givers(self) -> dict[str, set[int]]:
        """For each name the numbers of the top-level statements that give it, counted from 0."""
        found: dict[str, set[int]] = {}
        for number, names in enumerate(self.given):
            for name in names:
                found.setdefault(name, set()).add(number)
        return found

    @cached_property
    def tops(self) -> list[int]:
        """For each line number the first line of the comment that ends right above it, or the line itself."""
        found = [0]
        for number in range(1, len(self.lines) + 1):
            found.append(found[-1] if number > 1 and _is_comment(self.lines[number - 2]) else number)
        return found

    def text(self, first: int, last: int) -> str:
        """The lines from `first` to `last`, both counted from 1 and included."""
        return "\n".join(self.lines[first - 1 : last])

    def find(self, name: str) -> Definition:
        """The last top-level function or class called `name`.

        Raises:
            SourceError: if there is none.
        """
        found = _last_definition(self.tree, name)
        if found is None:
            raise SourceError(f"{self.name} has no function or class {name}")
        return found


def parse_source(text: str, name: str) -> Source:
    """Parse the text of the module `name`."""
    return Source(name, tuple(text.split("\n")), ast.parse(text))


def parse_or_none(text: str) -> ast.Module | None:
    """Parse what a student wrote; None if Python can't. Nobody changes what it returns.

    Raises:
        MemoryError: there is too little memory, which says nothing about what the student wrote.
    """
    return _parse_again(text) if len(text) > SHORT else _parse_once(text)


def _parse_again(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    except MemoryError:
        check_memory(text)
        return None


# One text is looked at several times on the way to a verdict. The tree of a long one may take much memory.
_parse_once = lru_cache(maxsize=24)(_parse_again)


def find_definition(text: str, name: str) -> Definition | None:
    """The last top-level function or class called `name` in what a student wrote, if there is one."""
    tree = parse_or_none(text)
    return _last_definition(tree, name) if tree else None


def _last_definition(tree: ast.Module, name: str) -> Definition | None:
    found = [node for node in tree.body if isinstance(node, DEFINITIONS) and node.name == name]
    return found[-1] if found else None


def cut_object(source: Source, name: str, stop: Iterable[str]) -> str:
    """The source of an object with every helper, constant and pattern of its module that it needs.

    Arguments:
        name: a top-level function or class of the module.
        stop: names that come from elsewhere: imports, other exercises, neighbours.

    Raises:
        SourceError: if the module has no such object.
    """
    source.find(name)
    return join_statements(source, needed_statements(source, [name], set(stop) - {name}))


def needed_statements(source: Source, names: Iterable[str], stop: Iterable[str]) -> list[ast.stmt]:
    """Top-level statements that bind `names`, and what those need in turn, in the order of the source.

    Arguments:
        names: names to start from.
        stop: names that are supplied by something else; what binds them is not taken.
    """
    return [source.tree.body[number] for number in _needed_numbers(source, names, stop)]


def needed_names(source: Source, names: Iterable[str], stop: Iterable[str]) -> set[str]:
    """All names that the needed statements read, whatever supplies them."""
    return set[str]().union(*(source.read[number] for number in _needed_numbers(source, names, stop)))


def _needed_numbers(source: Source, names: Iterable[str], stop: Iterable[str]) -> list[int]:
    stopped, wanted, taken = set(stop), list(names), set[int]()
    while wanted:
        name = wanted.pop()
        if name in stopped:
            continue
        stopped.add(name)
        found = source.givers.get(name, set()) - taken
        taken |= found
        wanted += [needed for number in found for needed in source.read[number]]
    return sorted(taken)


def first_line(source: Source, node: ast.stmt) -> int:
    """The line on which a statement begins: its decorators, and the comment right above, belong to it."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return source.tops[min([node.lineno, *(item.lineno for item in decorators)])]


def _is_comment(line: str) -> bool:
    return line.startswith("#") and not line.startswith("# %%")


def join_statements(source: Source, nodes: Iterable[ast.stmt]) -> str:
    """The text of top-level statements, with two blank lines around each function and class."""
    text, last, was_definition = "", 0, False
    for node in nodes:
        start, end = first_line(source, node), node.end_lineno or node.lineno
        is_definition = isinstance(node, DEFINITIONS)
        if text:
            text += "\n\n\n" if is_definition or was_definition else "\n" if start == last + 1 else "\n\n"
        text += source.text(start, end).rstrip()
        last, was_definition = end, is_definition
    return text


def imported_names(source: Source) -> set[str]:
    """Every name that the imports of a module bind."""
    return set[str]().union(*(bound_names(node) for node in source.tree.body if _is_import(node)))


def collect_imports(source: Source) -> list[ast.Import | ast.ImportFrom]:
    """The imports of a module, relative ones made absolute, `from __future__` left out.

    Imports under `if TYPE_CHECKING:` count as plain ones: the annotations of a skeleton are evaluated.
    """
    found = [_make_absolute(item, source.name) for node in source.tree.body for item in _plain_imports(node)]
    return [node for node in found if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]


def guarded_imports(source: Source, needed: Set[str]) -> list[str]:
    """The text of each `try` or `if` that imports what may be missing, such as numpy, and is needed."""
    return [
        source.text(node.lineno, node.end_lineno or node.lineno)
        for node in source.tree.body
        if _is_import(node) and not list(_plain_imports(node)) and bound_names(node) & needed
    ]


def _is_import(node: ast.stmt) -> bool:
    if isinstance(node, ast.If | ast.Try):
        return any(map(_is_import, node.body))
    return isinstance(node, ast.Import | ast.ImportFrom)


def _plain_imports(node: ast.stmt) -> Iterator[ast.Import | ast.ImportFrom]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for child in node.body:
            yield from _plain_imports(child)


def _make_absolute(node: ast.Import | ast.ImportFrom, module: str) -> ast.Import | ast.ImportFrom:
    if isinstance(node, ast.Import) or not node.level:
        return node
    parents = module.split(".")[: -node.level]
    return ast.ImportFrom(".".join([*parents, *([node.module] if node.module else [])]), node.names, 0)
