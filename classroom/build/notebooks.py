"""Notebook files: making cells and notebooks, reading, writing, and seeing whether somebody changed one.

The metadata of each built notebook holds a hash of its cells, by which a later build, made from other sources
perhaps, sees whether the cells are still as some build left them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def make_cell(kind: str, id: str, source: str, tags: Sequence[str] = ()) -> NotebookNode:
    """Make a cell of the kind "markdown" or "code", without outputs."""
    metadata = {"tags": list(tags)} if tags else {}
    cell = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    return _make_node(cell | {"execution_count": None, "outputs": []} if kind == "code" else cell)


def make_notebook(lesson: int, cells: Sequence[NotebookNode]) -> NotebookNode:
    """Make a notebook of these cells, with nothing of this machine in its metadata."""
    notebook = _make_node({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)})
    reset_metadata(notebook, lesson)
    return notebook


def reset_metadata(notebook: NotebookNode, lesson: int) -> None:
    """Give a notebook its fixed metadata, whatever running it put there."""
    own = {"lesson": lesson, "built": hash_cells(notebook)}
    notebook.metadata = _make_node({**METADATA, "minews": own})


def _make_node(values: dict[str, Any]) -> NotebookNode:
    return nbformat.from_dict(values)  # type: ignore[no-any-return, no-untyped-call]


def read_notebook(path: Path) -> NotebookNode | None:
    """Read a notebook; None if it is missing or is none any more."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError):
        return None
    return notebook


def write_notebook(notebook: NotebookNode) -> str:
    """The text of a notebook's file.

    Raises:
        nbformat.ValidationError: if it is not a valid notebook.
    """
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def hash_cells(notebook: NotebookNode) -> str:
    """A hash of the kind, id and source of every cell; outputs and metadata do not count."""
    hasher = hashlib.sha256()
    for cell in notebook.cells:
        hasher.update(repr((cell.cell_type, cell.get("id"), cell.source)).encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()[:16]


def is_as_built(notebook: NotebookNode) -> bool:
    """Whether some build, of today or long ago, left the cells as they are."""
    own = notebook.metadata.get("minews")
    return isinstance(own, dict) and own.get("built") == hash_cells(notebook)
