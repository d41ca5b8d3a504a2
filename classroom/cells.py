"""From a function or class in a notebook to the text that the student wrote in its cell.

`inspect.getsource` fails on classes that were defined in a cell. So the cell's text comes from the file name
in a code object (the object's own, or that of the cell that called `check`) and from linecache, where IPython
and every editor's kernel keep the cells that ran.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

from .build.sources import parse_or_none
from .syllabus import Exercise, all_exercises, find_exercise

__all__ = ["Cell", "NotAnExercise", "comes_from", "exercise_of", "find_cell", "module_of"]


class NotAnExercise(Exception):
    """Something that no exercise is made of was handed in; the text says which exercises there are."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell as it ran, and the file name under which Python knows it."""

    text: str
    filename: str


# Which exercise


def exercise_of(thing: object, names: Mapping[str, object]) -> Exercise:
    """Find the exercise that a function, class or text stands for.

    Arguments:
        thing: what the student handed in: an object, or an exercise's id or name; also 4.2 for "4.2".
        names: the caller's variables, in which an object without a name of its own is looked up.

    Raises:
        NotAnExercise: if it is none.
    """
    known = {exercise.name: exercise for exercise in all_exercises()}
    if isinstance(thing, str | float):  # hint(1.2) can only mean "1.2"
        try:
            return find_exercise(str(thing).strip())
        except KeyError as error:
            raise NotAnExercise(str(error.args[0])) from None
    own_name = getattr(thing, "__name__", "")
    bound = [name for name in known if name in names and names[name] is thing]
    if own_name in known and (own_name in bound or not bound):
        return known[own_name]
    if bound:
        return known[bound[0]]
    shown = own_name if isinstance(own_name, str) and own_name else type(thing).__name__
    listed = ", ".join(f"{exercise.id} {exercise.name}" for exercise in all_exercises())
    raise NotAnExercise(f"{shown} is not an exercise. The exercises are: {listed}.")


def module_of(thing: object) -> str:
    """The module in which an object was defined, "" if it doesn't say."""
    module = getattr(inspect.unwrap(thing) if callable(thing) else thing, "__module__", "")
    return module if isinstance(module, str) else ""


def comes_from(thing: object, folder: Path) -> bool:
    """Whether the code of an object was read from a file in this folder."""
    return any(Path(filename).is_relative_to(folder) for filename in _filenames(thing))


# Which cell


def find_cell(thing: object, exercise: Exercise, caller: FrameType) -> Cell | None:
    """Find the text of the cell that defined an object.

    Arguments:
        thing: the student's function or class.
        exercise: what it should be.
        caller: the frame that called `check`: the cell to look at when the object doesn't lead to its own.

    Returns:
        The cell, or None if no text that defines the exercise can be found.
    """
    for filename in [*_filenames(thing), caller.f_code.co_filename]:
        text = "".join(linecache.getlines(filename))
        if _binds(text, exercise.name):
            return Cell(text, filename)
    return None


def _filenames(thing: object) -> Iterator[str]:
    """The file names that the code of an object carries, the likeliest first."""
    for code in _codes(thing):
        yield code.co_filename


def _codes(thing: object) -> Iterator[CodeType]:
    if isinstance(thing, type):
        for member in vars(thing).values():
            function = _function_of(member)
            if function is not None and function.__qualname__.startswith(f"{thing.__qualname__}."):
                yield function.__code__
    elif (function := _function_of(thing)) is not None:
        yield function.__code__


def _function_of(member: Any) -> FunctionType | None:
    """The function behind a method, property or decorated function."""
    member = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
    member = inspect.unwrap(member) if callable(member) else member
    return member if isinstance(member, FunctionType) else None


def _binds(text: str, name: str) -> bool:
    tree = parse_or_none(text)
    return tree is not None and any(name in _targets(node) for node in tree.body)


def _targets(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()
