"""Make the skeleton of an object: what a student is given in place of its body.

A skeleton keeps the text of the signature and of the docstring as they stand in minews, comments included.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable

from .names import FUNCTIONS, Definition, Function, free_names, signature_names
from .sources import Source, SourceError, find_definition, join_statements, needed_statements


def cut_skeleton(source: Source, name: str, exercise: str, stop: Iterable[str]) -> str:
    """The signature and docstring of an object, over a body that raises NotImplementedError.

    Constants that the signature itself reads (a default, a base class) come before it. Of a class stay the
    docstring, the public fields and the public methods, each with such a body.

    Arguments:
        exercise: the exercise's id, "4.2", for the error's text.
        stop: as for `cut_object`.

    Raises:
        SourceError: if the module has no such object.
    """
    node = source.find(name)
    body = f'raise NotImplementedError("exercise {exercise}")'
    before = needed_statements(source, _header_names(node), {*stop, name})
    if isinstance(node, ast.ClassDef):
        text = _class_skeleton(source, node, body)
    else:
        text = _function_skeleton(source, node, body)
    return f"{join_statements(source, before)}\n\n\n{text}" if before else text


def is_skeleton_text(text: str, name: str) -> bool:
    """Whether `text` defines `name` with nothing but docstrings and `raise NotImplementedError` as bodies."""
    node = find_definition(text, name)
    return node is not None and is_unwritten(node)


def is_unwritten(node: Definition) -> bool:
    """Whether a definition has nothing but docstrings and `raise NotImplementedError` as bodies."""
    functions = _methods(node) if isinstance(node, ast.ClassDef) else [node]
    return bool(functions) and all(_raises_only(function) for function in functions)


def is_public(node: Function) -> bool:
    """Whether a skeleton shows a method: a public one, `__init__`, or a documented special method."""
    if node.name.startswith("__") and node.name.endswith("__"):
        return node.name == "__init__" or ast.get_docstring(node) is not None
    return not node.name.startswith("_")


def _methods(node: ast.ClassDef) -> list[Function]:
    return [child for child in node.body if isinstance(child, FUNCTIONS)]


def _fields(node: ast.ClassDef) -> list[ast.Assign | ast.AnnAssign]:
    assigned = [child for child in node.body if isinstance(child, ast.Assign | ast.AnnAssign)]
    return [child for child in assigned if any(not name.startswith("_") for name in _target_names(child))]


def _target_names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _header_names(node: Definition) -> set[str]:
    """Names that a skeleton reads when it is defined."""
    if not isinstance(node, ast.ClassDef):
        return signature_names(node)
    parts: list[ast.AST] = [*node.decorator_list, *node.bases, *node.keywords, *_fields(node)]
    methods = [signature_names(child) for child in _methods(node) if is_public(child)]
    return set[str]().union(*map(free_names, parts), *methods)


def _function_skeleton(source: Source, node: Function, body: str) -> str:
    return f"{_head(source, node)}\n{' ' * (node.col_offset + 4)}{body}"


def _class_skeleton(source: Source, node: ast.ClassDef, body: str) -> str:
    fields = [source.text(child.lineno, child.end_lineno or child.lineno) for child in _fields(node)]
    methods = [_function_skeleton(source, child, body) for child in _methods(node) if is_public(child)]
    parts = [_head(source, node), *(["\n".join(fields)] if fields else []), *methods]
    if ast.get_docstring(node) is None:
        parts[:2] = ["\n".join(parts[:2])]
    return "\n\n".join(parts)


def _head(source: Source, node: Definition) -> str:
    """From the first decorator to the end of the docstring, or of the header where there is none."""
    start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    if ast.get_docstring(node) is not None:
        return source.text(start, node.body[0].end_lineno or start)
    line, column = _header_end(source, node)
    return "\n".join([*source.lines[start - 1 : line - 1], source.lines[line - 1][:column]])


def _header_end(source: Source, node: Definition) -> tuple[int, int]:
    """Line, and column after the colon, at which `def ...:` or `class ...:` ends."""
    text = source.text(node.lineno, node.end_lineno or node.lineno)
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text.lstrip() + "\n").readline):
        if token.type != tokenize.OP:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        if token.string == ":" and depth == 0:
            indent = node.col_offset if token.end[0] == 1 else 0
            return node.lineno + token.end[0] - 1, token.end[1] + indent
    raise SourceError(f"{source.name}: the header of {node.name} has no end")


def _raises_only(node: Function) -> bool:
    rest = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if len(rest) != 1 or not isinstance(rest[0], ast.Raise) or rest[0].exc is None:
        return False
    error = rest[0].exc.func if isinstance(rest[0].exc, ast.Call) else rest[0].exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"
