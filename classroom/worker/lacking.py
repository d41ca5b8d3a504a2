"""Which names a piece of code uses that nothing supplies: they live in another cell."""

import builtins
import symtable
from collections.abc import Collection, Iterable, Iterator

ALWAYS_THERE = {*dir(builtins), "__file__", "__builtins__", "__annotations__", "__path__"}
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # the last two: it is nested too deep


def defined_names(source: str) -> set[str]:
    """Return the names that code defines at its top level; none where Python can't read it."""
    try:
        table = symtable.symtable(source, "code", "exec")
    except UNREADABLE:
        return set()
    return _defined(_tables(table))


def lacking_names(source: str, supplied: Collection[str]) -> tuple[str, ...]:
    """Return the global names that `source` uses and neither defines nor finds among `supplied` or builtins.

    In order of the alphabet. Nothing where Python can't read it, or where it imports `*`,
    which may supply anything.
    """
    try:
        table = symtable.symtable(source, "code", "exec")
    except UNREADABLE:
        return ()
    if "import *" in " ".join(source.split()):
        return ()
    tables = list(_tables(table))
    used = {name for each in tables for name in _used_globals(each)}
    return tuple(sorted(used - _defined(tables) - ALWAYS_THERE - set(supplied)))


def _defined(tables: Iterable[symtable.SymbolTable]) -> set[str]:
    return {name for each in tables for name in _assigned_globals(each)}


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _used_globals(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    return (
        each.get_name() for each in table.get_symbols() if each.is_referenced() and (top or each.is_global())
    )


def _assigned_globals(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for each in table.get_symbols():
        bound = each.is_assigned() or each.is_imported() or each.is_namespace()
        if bound and (top or each.is_declared_global()):
            yield each.get_name()
