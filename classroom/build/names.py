"""Which names a piece of Python reads from outside itself, and which it binds.

Scopes are followed as far as choosing statements of a module needs it: what a function binds is its own, what
it only reads comes from outside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_names(node: ast.AST) -> set[str]:
    """Names that a statement binds in the scope where it stands."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
        return set()
    names = _union(bound_names(child) for child in ast.iter_child_nodes(node))
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        names.add(node.name)
    return names


def changed_names(node: ast.AST) -> set[str]:
    """Names whose value a statement changes in place where it stands: `TABLE[1] = 2`, `Point.x = 3`."""
    if isinstance(node, (*DEFINITIONS, ast.Lambda)):
        return set()
    inner = _union(changed_names(child) for child in ast.iter_child_nodes(node))
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
        root: ast.expr = node
        while isinstance(root, ast.Subscript | ast.Attribute):
            root = root.value
        return inner | ({root.id} if isinstance(root, ast.Name) else set())
    return inner


def free_names(node: ast.AST) -> set[str]:
    """Names that a statement or expression reads from outside itself."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        inside = _union(map(free_names, _body(node))) - _local_names(node)
        return signature_names(node) | inside | _global_names(node)
    inner = _union(free_names(child) for child in ast.iter_child_nodes(node))
    if isinstance(node, COMPREHENSIONS):
        return inner - _union(bound_names(generator.target) for generator in node.generators)
    return inner


def signature_names(node: Function | ast.Lambda) -> set[str]:
    """Names that the decorators, defaults and annotations of a function read when it is defined."""
    names = _union(free_names(child) for child in ast.iter_child_nodes(node.args))
    if isinstance(node, ast.Lambda):
        return names
    return names | _union(map(free_names, [*node.decorator_list, *([node.returns] if node.returns else [])]))


def _body(node: Function | ast.Lambda) -> list[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def _local_names(node: Function | ast.Lambda) -> set[str]:
    arguments = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    return arguments | (_union(map(bound_names, _body(node))) - _global_names(node))


def _global_names(node: Function | ast.Lambda) -> set[str]:
    return {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)
