"""Compile the source of minews, and a student's, so that its imports lead to the student's own stack."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from types import CodeType

__all__ = ["PACKAGE", "PUT", "compile_module", "compile_part", "imports_minews"]

PACKAGE = "minews_yours"
PUT = "__put_yours__"  # what a module calls after the definition of each exercise


def imports_minews(node: ast.AST) -> bool:
    """Whether a statement is `from minews... import ...`."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "minews"


@lru_cache(maxsize=64)
def compile_module(path: Path, changed: int, size: int, exercises: frozenset[str]) -> CodeType:
    """A module of minews, with a call right after the definition of each exercise."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body: list[ast.stmt] = []
    for node in tree.body:
        body.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in exercises:
            call = ast.Call(ast.Name(PUT, ast.Load()), [ast.Constant(node.name)], [])
            body.append(ast.copy_location(ast.Expr(call), node))
    tree.body = body
    return compile(ast.fix_missing_locations(_Redirect().visit(tree)), str(path), "exec", dont_inherit=True)


@lru_cache(maxsize=256)
def compile_part(text: str, file: str, first_line: int) -> CodeType:
    """A piece of the student's file, with the line numbers that it has there."""
    tree = ast.increment_lineno(ast.parse(text), first_line - 1)
    return compile(ast.fix_missing_locations(_Redirect().visit(tree)), file, "exec", dont_inherit=True)


class _Redirect(ast.NodeTransformer):
    """Let imports from minews import from the student's stack."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if not node.level and imports_minews(node):
            node.module = _redirect(node.module or "")
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        node.names = [new for alias in node.names for new in _redirect_alias(alias)]
        return node


def _redirect(name: str) -> str:
    root, dot, inner = name.partition(".")
    return f"{PACKAGE}{dot}{inner}" if root == "minews" else name


def _redirect_alias(alias: ast.alias) -> list[ast.alias]:
    new = _redirect(alias.name)
    if new == alias.name:
        return [alias]
    if alias.asname or alias.name == "minews":
        return [ast.alias(new, alias.asname or "minews")]
    # `import minews.http` loads the module and binds the package's name.
    return [ast.alias(new, "__minews_module__"), ast.alias(PACKAGE, "minews")]
