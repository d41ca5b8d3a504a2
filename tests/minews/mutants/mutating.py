"""Small changes to a module, each of which some test should notice: its syntactic mutants.

A comparison becomes its neighbour or its opposite, a number one more or one less, `and` becomes `or`, a `not`
comes or goes, `+` becomes `-`, a statement is left out, a function returns nothing.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.Pow: ast.Mult,
}
DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Delete, ast.Break, ast.Continue)
UNTOUCHED = ("annotation", "returns", "decorator_list", "type_comment")  # fields of types and the like


@dataclass(frozen=True)
class Mutant:
    """One change: `number` counts within the module; `name` stays the same as long as the code does."""

    number: int
    name: str
    line: int


@dataclass(frozen=True)
class Site:
    """A place in a tree, and what to put there."""

    parent: ast.AST
    field: str
    index: int | None  # where the field is a list
    new: ast.AST
    where: str  # the qualified name of the function or class
    what: str
    line: int

    def put(self) -> None:
        if self.index is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.index] = self.new


def find_mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, in order."""
    seen: Counter[str] = Counter()
    mutants = []
    for number, site in enumerate(find_sites(ast.parse(source))):
        name = f"{site.where}: {site.what}"
        seen[name] += 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        mutants.append(Mutant(number, name + again, site.line))
    return mutants


def mutate(source: str, number: int) -> ast.Module:
    """Return the tree of a module with one of its mutants put in."""
    tree = ast.parse(source)
    list(find_sites(tree))[number].put()
    return ast.fix_missing_locations(tree)


def find_sites(node: ast.AST, where: str = "module") -> Iterator[Site]:
    """Give every change below a node."""
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or is_left_alone(child):
                continue
            for new, what in changes(child):
                yield Site(node, field, index, new, where, what, getattr(child, "lineno", 0))
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            inner = f"{where}.{child.name}".removeprefix("module.") if named else where  # type: ignore[attr-defined]
            yield from find_sites(child, inner)


def is_left_alone(node: ast.AST) -> bool:
    """Whether nothing in a statement can be wrong: a docstring, `__all__`, an import."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return any(name in ("__all__", "__slots__") for name in names)
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )


def changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Give what a node may become, with a name for the change."""
    for new in [*expression_changes(node), *statement_changes(node)]:
        if isinstance(new, ast.Pass):
            yield new, f"without {ast.unparse(node)}"
        else:
            yield new, f"{shorten(node)} -> {shorten(new)}"


def shorten(node: ast.AST) -> str:
    """Write a node on one line: of an `if` and its kin only the head."""
    return ast.unparse(node).partition("\n")[0]


def expression_changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [*operators], right):
            for at, operator in enumerate(operators):
                for other in COMPARISONS[type(operator)]:
                    yield ast.Compare(left, [*operators[:at], other(), *operators[at + 1 :]], right)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.IfExp(test, body, orelse) if is_plain(test):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)


def statement_changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If(test, body, orelse) | ast.While(test, body, orelse) if is_plain(test):
            yield type(node)(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value) if value is not None and not is_constant(value, None):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(target, operator, value) if type(operator) in OPERATORS:
            yield ast.AugAssign(copy.copy(target), OPERATORS[type(operator)](), value)
    if isinstance(node, DROPPED):
        yield ast.Pass()


def is_plain(test: ast.expr) -> bool:
    """Whether a condition has no operator that is changed itself."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return not isinstance(test, ast.Compare | ast.BoolOp) and not negated


def is_constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
