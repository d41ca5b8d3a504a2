"""Bring exercises/*.py up to date without touching what a student wrote.

A region that still holds a skeleton, perhaps one of an earlier day, gets the skeleton of today. Everything
else stays: written regions, notes, cells of the student's own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..regions import CELL, MARKER, find_regions, replace_region
from ..syllabus import Exercise
from .exercises import exercises_in, fresh_file, is_skeleton, missing_imports, renew_about, skeleton
from .names import bound_names
from .sources import parse_or_none


@dataclass
class Update:
    """The new text of a file of exercises, which exercises got a new skeleton, and which are written."""

    text: str
    renewed: list[Exercise] = field(default_factory=list)
    written: list[Exercise] = field(default_factory=list)


def update_file(before: str, path: Path, module: str) -> Update:
    """Work out what a build makes of a file of exercises.

    Arguments:
        before: its text now.
        path: where it stands.
        module: the module of minews behind it.
    """
    if _is_untouched_file(before, module):
        regions = find_regions(before, path)
        renewed = [item for item in exercises_in(module) if regions[item.id].text != skeleton(item)]
        return Update(fresh_file(module), renewed)
    update = Update(renew_about(before, module))
    for exercise in exercises_in(module):
        region = find_regions(update.text, path).get(exercise.id)
        if region is None or (region.text != skeleton(exercise) and is_untouched(region.text, exercise)):
            update.text = replace_region(update.text, path, exercise, skeleton(exercise))
            update.renewed.append(exercise)
        elif region.text != skeleton(exercise):
            update.written.append(exercise)
    update.text = _add_imports(update.text, module)
    return update


def is_untouched(text: str, exercise: Exercise) -> bool:
    """Whether a region holds a skeleton of some day and nothing that a student added to it."""
    tree, today = parse_or_none(text), skeleton(exercise)
    if tree is None or not is_skeleton(text, exercise):
        return False
    known = {ast.unparse(node) for node in ast.parse(today).body}
    skeletons = [node for node in tree.body if getattr(node, "name", None) == exercise.name]
    others = [node for node in tree.body if node is not skeletons[-1]]
    return all(ast.unparse(node) in known for node in others) and _comments(text) <= _comments(today)


def _comments(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n") if line.strip().startswith("#")}


def _is_untouched_file(text: str, module: str) -> bool:
    lines = text.split("\n")
    cells = [line for line in lines if CELL.match(line)]
    found = [match["id"] for line in cells if (match := MARKER.match(line))]
    own = exercises_in(module)
    if len(found) != len(cells) or found != [exercise.id for exercise in own]:
        return False
    regions = find_regions(text, Path("exercises"))
    return _is_plain_head(_head(lines)) and all(is_untouched(regions[item.id].text, item) for item in own)


def _head(lines: Iterable[str]) -> str:
    head: list[str] = []
    for line in lines:
        if CELL.match(line):
            break
        head.append(line)
    return "\n".join(head)


def _is_plain_head(text: str) -> bool:
    """Whether a head holds a docstring and imports, and nothing else."""
    tree = parse_or_none(text)
    if tree is None or _comments(text):
        return False
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


def _add_imports(text: str, module: str) -> str:
    head = _head(text.split("\n"))
    tree = parse_or_none(head)
    if tree is None:
        return text
    bound = set[str]().union(*map(bound_names, tree.body))
    missing = missing_imports(module, bound)
    return f"{head.rstrip()}\n{missing}\n\n\n{text[len(head) :].lstrip()}" if missing else text
