"""What minews gives for an exercise: imports, skeleton, reference, and the file that holds it unsolved."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Set
from functools import lru_cache
from pathlib import Path

from .. import places
from ..syllabus import Exercise, all_exercises
from .imports import write_imports
from .skeletons import cut_skeleton, is_skeleton_text
from .sources import Source, cut_object, imported_names, needed_names, parse_source

ABOUT = '''"""Your own minews.{module}: the exercises of {lessons}.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check {first}` tests it.
"""'''

PACKAGE = '"""The exercises of the course: the student\'s own modules, one for each of minews."""\n'


def preamble(module: str) -> str:
    """The imports of minews.`module` that its exercises need, as they stand above the regions."""
    return _preamble_once(module, _changed(module))


@lru_cache(maxsize=32)
def _preamble_once(module: str, changed: int) -> str:
    return merge_preambles([module])


def merge_preambles(modules: Iterable[str]) -> str:
    """The preambles of several modules as one block of imports, as a notebook's setup cell has them."""
    sources = {module: read_source(module) for module in modules}
    needed = set[str]().union(
        *(_needed_names(source, exercises_in(name)) for name, source in sources.items())
    )
    return write_imports(list(sources.values()), needed)


def missing_imports(module: str, bound: Set[str]) -> str:
    """The part of a module's preamble that binds other names than `bound`."""
    source = read_source(module)
    return write_imports([source], _needed_names(source, exercises_in(module)) - bound)


def skeleton(exercise: Exercise) -> str:
    """The text that a region holds before anybody wrote in it."""
    return _skeleton_once(exercise, _changed(exercise.module))


@lru_cache(maxsize=256)
def _skeleton_once(exercise: Exercise, changed: int) -> str:
    source = read_source(exercise.module)
    return cut_skeleton(source, exercise.name, exercise.id, names_from_elsewhere(source, exercise))


def reference_source(exercise: Exercise) -> str:
    """The code of minews for an exercise, with the helpers, constants and patterns that it needs."""
    return _reference_once(exercise, _changed(exercise.module))


@lru_cache(maxsize=256)
def _reference_once(exercise: Exercise, changed: int) -> str:
    source = read_source(exercise.module)
    return cut_object(source, exercise.name, names_from_elsewhere(source, exercise))


def is_skeleton(text: str, exercise: Exercise) -> bool:
    """Whether a text is still unwritten: only docstrings and `raise NotImplementedError` as bodies."""
    return is_skeleton_text(text, exercise.name)


def called_names(exercise: Exercise) -> set[str]:
    """What the reference takes from other exercises of its module and from other modules of minews.

    All of it must stand among the exercise's neighbours, since nothing else reaches a student's code, but
    for constants.
    """
    source = read_source(exercise.module)
    elsewhere = names_from_elsewhere(source, exercise) - {exercise.name}
    taken = needed_names(source, [exercise.name], elsewhere) & elsewhere
    return {name for name in taken if name not in imported_names(source) or name in _lent_names(source)}


def fresh_file(module: str) -> str:
    """The text of exercises/`module`.py with nothing solved."""
    regions = [f"{marker(exercise)}\n{skeleton(exercise)}" for exercise in exercises_in(module)]
    return "\n\n\n".join([fresh_head(module), *regions]) + "\n"


def fresh_package() -> dict[str, str]:
    """Every file of exercises/ with nothing solved, by its path in there."""
    return dict(package_files()) | {file_of(module): fresh_file(module) for module in list_modules()}


def package_files() -> list[tuple[str, str]]:
    """The `__init__.py` of exercises/ and of each folder in it."""
    folders = {"/".join([*module.split(".")[:-1], ""]).lstrip("/") for module in list_modules()} | {""}
    return [(f"{folder}__init__.py", PACKAGE) for folder in sorted(folders)]


def list_modules() -> list[str]:
    """The modules of minews that have exercises, in the order of the syllabus."""
    return list(dict.fromkeys(exercise.module for exercise in all_exercises()))


def fresh_head(module: str) -> str:
    """What stands above the first region of exercises/`module`.py."""
    return "\n\n".join(part for part in (_about(module), preamble(module)) if part)


def _about(module: str) -> str:
    own = exercises_in(module)
    numbers = [str(number) for number in sorted({exercise.lesson for exercise in own})]
    lessons = f"lesson{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
    return ABOUT.format(module=module, lessons=lessons, first=own[0].id)


def renew_about(text: str, module: str) -> str:
    """Bring the docstring of a file of exercises up to date, if it is one that a build wrote."""
    pattern = re.escape(ABOUT.format(module=module, lessons="LESSONS", first="FIRST"))
    pattern = pattern.replace("LESSONS", r"lessons? [\d, ]+").replace("FIRST", r"\d+\.\d+")
    return re.sub(rf"\A{pattern}", lambda _: _about(module), text)


def marker(exercise: Exercise) -> str:
    """The line that begins a region."""
    return f"# %% exercise {exercise.id} {exercise.name}"


def exercises_in(module: str) -> tuple[Exercise, ...]:
    """The exercises of minews.`module`, in the order of the syllabus."""
    return tuple(exercise for exercise in all_exercises() if exercise.module == module)


def file_of(module: str) -> str:
    """The path of a module inside minews/ and exercises/: "study/examples.py"."""
    return module.replace(".", "/") + ".py"


def read_source(module: str) -> Source:
    """The parsed text of minews.`module`.

    Raises:
        FileNotFoundError: if there is no such module.
    """
    return _parse_once(_path_of(module), _changed(module), f"minews.{module}")


def _path_of(module: str) -> Path:
    return places.ROOT / "minews" / file_of(module)


def _changed(module: str) -> int:
    """When a module of minews was changed: what is made of it is kept until then."""
    return _path_of(module).stat().st_mtime_ns


@lru_cache(maxsize=32)
def _parse_once(path: Path, changed: int, name: str) -> Source:
    return parse_source(path.read_text(encoding="utf-8"), name)


def names_from_elsewhere(source: Source, exercise: Exercise) -> set[str]:
    """Names that an exercise's code gets without defining them: imports, other exercises, neighbours."""
    others = {item.name for item in exercises_in(exercise.module)}
    return imported_names(source) | others | set(exercise.neighbour_names)


def _needed_names(source: Source, exercises: Iterable[Exercise]) -> set[str]:
    """Names that the references of a module's exercises read, whatever supplies them."""
    names = set[str]()
    for exercise in exercises:
        stop = names_from_elsewhere(source, exercise) - {exercise.name}
        names |= needed_names(source, [exercise.name], stop) | set(exercise.neighbour_names)
    return names


def _lent_names(source: Source) -> set[str]:
    """Names that a module imports from other modules of minews, the types and constants apart."""
    nodes = [node for node in source.tree.body if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name
        for node in nodes
        if (node.level or (node.module or "").startswith("minews"))
        and node.module not in ("types", "minews.types")
        for alias in node.names
        if not alias.name.isupper()
    }
