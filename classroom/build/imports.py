"""Write import blocks: the preamble of an exercises file, the setup cell of a notebook.

Merged, each module once, the standard library first and minews after it, names in the usual order.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence, Set

from .sources import Source, collect_imports, guarded_imports

WIDTH = 110


def write_imports(sources: Sequence[Source], needed: Set[str]) -> str:
    """Write the imports of modules as one block, with `try: import ...` blocks after it.

    Arguments:
        needed: the names to import; what else a module imports is left out.
    """
    plain: list[str] = []
    named: dict[str, set[str]] = {}
    for node in (node for source in sources for node in collect_imports(source)):
        if isinstance(node, ast.ImportFrom):
            wanted = [alias for alias in node.names if (alias.asname or alias.name) in needed]
            named.setdefault(node.module or "", set()).update(map(_spell, wanted))
        else:
            plain += [_spell(alias) for alias in node.names if _bound_by(alias) in needed]
    guarded = dict.fromkeys(text for source in sources for text in guarded_imports(source, needed))
    return "\n\n".join([*_write_groups(sorted(set(plain)), named), *guarded])


def _write_groups(plain: list[str], named: dict[str, set[str]]) -> list[str]:
    groups: list[list[str]] = [[], [], []]
    for name in plain:
        groups[_rank(name)].append(f"import {name}")
    for module in sorted(module for module, names in named.items() if names):
        groups[_rank(module)].append(_write_from(module, named[module]))
    return ["\n".join(group) for group in groups if group]


def _rank(module: str) -> int:
    """0 for the standard library, 2 for this project, 1 for all else."""
    root = module.partition(".")[0].partition(" ")[0]
    return 0 if root in sys.stdlib_module_names else 2 if root in ("minews", "classroom") else 1


def _write_from(module: str, names: Iterable[str]) -> str:
    ordered = sorted(names, key=_order)
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in ordered), ")"])


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _spell(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]
