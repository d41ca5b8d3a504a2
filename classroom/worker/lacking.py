"""Which names a piece of code uses that nothing supplies: they live in another cell."""

import builtins
import symtable
from collections.abc import Collection, Iterable, Iterator

ALWAYS_THERE = {*dir(builtins), "__file__", "__builtins__", "__annotations__", "__path__"}
READING = 1_000  # bytes for each letter of a text: Python takes no more memory to read it


def defined_names(source: str) -> set[str]:
    """Return the names that code defines at its top level; none where Python can't read it."""
    table = _read(source)
    return _defined(_tables(table)) if table else set()


def lacking_names(source: str, supplied: Collection[str]) -> tuple[str, ...]:
    """Return the global names that `source` uses and neither defines nor finds among `supplied` or builtins.

    In order of the alphabet. Nothing where Python can't read it, or where it imports `*`,
    which may supply anything.
    """
    table = _read(source)
    if table is None or "import *" in " ".join(source.split()):
        return ()
    tables = list(_tables(table))
    used = {name for each in tables for name in _used_globals(each)}
    return tuple(sorted(used - _defined(tables) - ALWAYS_THERE - set(supplied)))


def check_memory(source: str) -> None:
    """Raise MemoryError if there is not the memory that reading a text may take.

    Python raises that, too, for what is nested too deep, and then there is.
    """
    bytes(READING * len(source))  # address space, which nobody writes to


def _read(source: str) -> symtable.SymbolTable | None:
    try:
        return symtable.symtable(source, "code", "exec")
    except (SyntaxError, ValueError, RecursionError):  # the last one: it is nested too deep
        return None
    except MemoryError:
        check_memory(source)
        return None


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
