"""Build the student's own stack: minews once more, with each exercise that passes taken from exercises/.

The second copy is a package called minews_yours. It executes the very source of minews, shares minews.types
with it (so that enums, equality and `except` mean the same in both), and right after the definition of an
exercise puts the student's object in its place, so that everything that follows, in this module and in later
ones, uses the student's.

Each region is executed in a namespace of its own, so that no helper of the student's can take the place of
one of the module's. When the package stands, the neighbours in those namespaces are pointed at what the
package holds. A change in exercises/ builds the package anew; what was handed out before keeps working.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import minews.types

from . import answers, places, regions
from .build.exercises import exercises_in, file_of
from .build.names import bound_names
from .build.sources import parse_or_none
from .redirecting import PACKAGE, PUT, compile_module, compile_part, imports_minews
from .regions import Region
from .syllabus import Exercise, all_exercises
from .workers import WorkerError

__all__ = ["PACKAGE", "Part", "Stack", "compose"]

_ROOT = places.ROOT / "minews"


@dataclass(frozen=True, slots=True)
class Part:
    """Whose an exercise is in the stack, "yours" or "reference", and why in a few words."""

    exercise: Exercise
    whose: str
    why: str


@dataclass(slots=True)
class Stack:
    """One composed package, and whose each exercise in it is (by its id)."""

    signature: object
    package: ModuleType = field(default_factory=lambda: ModuleType(PACKAGE))
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(slots=True)
class _Own:
    """A region that was executed: its namespace, and the names in it that are the student's."""

    exercise: Exercise
    namespace: dict[str, Any]
    bound: frozenset[str]


_LOCK = threading.RLock()
_current: Stack | None = None


def compose() -> Stack:
    """Return the stack for exercises/ as they are now; it is built only when a file has changed."""
    global _current
    signature = _sign_files()
    if _current is None or _current.signature != signature:
        with _LOCK:
            if _current is None or _current.signature != signature:
                _current = _build(signature)
    return _current


def _sign_files() -> object:
    """What tells a changed exercises/ from an unchanged one: which files, how old, how large."""
    folder = places.exercises_folder()
    return folder, tuple(_sign_file(folder / file_of(module)) for module in _modules())


def _sign_file(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=1)
def _modules() -> tuple[str, ...]:
    return tuple(dict.fromkeys(exercise.module for exercise in all_exercises()))


def _build(signature: object) -> Stack:
    stack = Stack(signature)
    passing = {exercise.name: region for exercise in all_exercises() if (region := _choose(exercise, stack))}
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    sys.modules[f"{PACKAGE}.types"] = minews.types
    sys.meta_path[:] = [
        _Finder(stack, passing),
        *(each for each in sys.meta_path if type(each) is not _Finder),
    ]
    stack.package = importlib.import_module(PACKAGE)
    vars(stack.package)["types"] = minews.types
    for module in _modules():
        importlib.import_module(f"{PACKAGE}.{module}")
    return stack


# Whose is it?


def _choose(exercise: Exercise, stack: Stack) -> Region | None:
    """Take an exercise from the student if it passes; note whose it is."""
    region, why = _judge(exercise)
    whose = "reference" if region is None else "yours"
    stack.parts[exercise.id] = Part(exercise, whose, why)
    return region


def _judge(exercise: Exercise) -> tuple[Region | None, str]:
    try:
        region = regions.read_region(exercise)
    except OSError as error:
        return None, f"can't be read: {error.strerror}"
    if region is None or regions.is_skeleton(region.text, exercise):
        return None, "not written"
    known = answers.known_verdict(exercise, region)
    try:
        verdict = known.verdict if known else answers.check_region(exercise, region).verdict
    except WorkerError as error:
        return None, f"could not be checked: {error}"
    return (region, "passes") if verdict == "passed" else (None, _WHY.get(verdict, verdict))


_WHY = {"failed": "fails", "not-written": "not written", "error": "can't be loaded"}


# The second package


class _Finder(MetaPathFinder, Loader):
    """Finds and executes the modules of the package."""

    def __init__(self, stack: Stack, passing: dict[str, Region]) -> None:
        self.stack = stack
        self.passing = passing

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root, _, inner = fullname.partition(".")
        if root != PACKAGE:
            return None
        place = _ROOT.joinpath(*inner.split(".")) if inner else _ROOT
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not file.is_file():
            return None
        spec = ModuleSpec(fullname, self, origin=str(file), is_package=place.is_dir())
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Execute a module of minews; an exercise that passes gives way to the student's where it stands."""
        inner = module.__name__.partition(".")[2]
        exercises = {exercise.name: exercise for exercise in exercises_in(inner)}
        names, owned = vars(module), list[_Own]()

        def put(name: str) -> None:
            if name in self.passing and (own := self._execute(exercises[name], names)):
                names[name] = own.namespace[name]
                owned.append(own)

        names[PUT] = put
        path = Path(str(module.__file__))
        status = path.stat()
        exec(compile_module(path, status.st_mtime_ns, status.st_size, frozenset(exercises)), names)
        del names[PUT]
        for own in owned:
            own.namespace.update(_neighbours(own.exercise, names, own.bound))

    def _execute(self, exercise: Exercise, names: dict[str, Any]) -> _Own | None:
        region = self.passing[exercise.name]
        file = str(region.path)
        namespace = {key: names[key] for key in ("__name__", "__package__", "__builtins__")} | {
            "__file__": file
        }
        try:
            exec(compile_part(answers.preamble_for(exercise, region.path), file, 1), namespace)
            namespace |= _neighbours(exercise, names, frozenset())
            exec(compile_part(region.text, file, region.first_line), namespace)
            namespace[exercise.name]
        except Exception as error:
            why = f"passes, but can't be loaded here: {type(error).__name__}: {error}"
            self.stack.parts[exercise.id] = Part(exercise, "reference", why)
            return None
        return _Own(exercise, namespace, _own_names(region.text))


def _neighbours(exercise: Exercise, names: dict[str, Any], bound: frozenset[str]) -> dict[str, Any]:
    """The neighbours of an exercise as the package holds them now, but for names that the student took."""
    found = {}
    for dotted in exercise.neighbours:
        module, _, name = dotted.rpartition(".")
        home = names if module == exercise.module else vars(importlib.import_module(f"{PACKAGE}.{module}"))
        if name in home and name not in bound:
            found[name] = home[name]
    return found


def _own_names(text: str) -> frozenset[str]:
    """The names that a region binds itself, those that it imports from minews apart."""
    tree = parse_or_none(text)
    nodes = [node for node in tree.body if not imports_minews(node)] if tree else []
    return frozenset[str]().union(*map(bound_names, nodes))
