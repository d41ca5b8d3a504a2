"""From a text that a student wrote to a verdict: put the answer together, judge it, remember it."""

from __future__ import annotations

import ast
import hashlib
import importlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from . import places, regions, state
from .build.sources import parse_or_none
from .cases import Case
from .engine import Result, Tested, judge
from .feedback import Block, Feedback
from .regions import Region
from .state import Remembered
from .syllabus import Exercise, find_exercise
from .worker import codec
from .worker.protocol import Source
from .workers import Answer

__all__ = [
    "check_region",
    "error_result",
    "judge_text",
    "known_verdict",
    "make_answer",
    "preamble_for",
    "tested_text",
]


def judge_text(
    exercise: Exercise,
    text: str,
    *,
    file: str,
    first_line: int = 1,
    preamble: str | None = None,
    whole: str | None = None,
    cases: Sequence[Case] | None = None,
) -> Result:
    """Judge a text that need not stand in exercises/, and remember nothing of it.

    Arguments:
        text: the answer's source.
        file: where it came from, for people.
        first_line: its first line there.
        preamble: the imports above it; those of a new exercises file if None.
        whole: the text of which to give lines and hash, if that is not the answer as it is tested.
        cases: to ask only these.
    """
    preamble = regions.preamble(exercise.module) if preamble is None else preamble
    answer = make_answer(exercise, text, preamble, file, first_line)
    return judge(answer, tested_text(text if whole is None else whole, file, first_line), cases=cases)


def check_region(exercise: Exercise, region: Region | None) -> Result:
    """Judge what stands in exercises/ for an exercise, and remember the verdict.

    Arguments:
        region: as `regions.read_region` gives it; None counts as not written.
    """
    file = places.shown(regions.path_of(exercise))
    if region is None:
        return judge_text(exercise, regions.skeleton(exercise), file=file)
    preamble = preamble_for(exercise, region.path)
    answer = make_answer(exercise, region.text, preamble, file, region.first_line, own_neighbours(exercise))
    result = judge(answer, tested_text(region.text, file, region.first_line))
    found = Remembered(result.verdict, result.passed, result.total, context_of(exercise, region.path))
    state.remember_verdict(exercise.id, region.hash, found, _describe_failure(result), _name_failure(result))
    return result


def _describe_failure(result: Result) -> str:
    """What the student was shown of the failure itself, without all that stands around it."""
    return "\n".join(block.text() for block in result.feedback.blocks if block.label in _TELLING)


_TELLING = frozenset({"Came", "Look", "Problem", "Known as"})


def _name_failure(result: Result) -> str:
    """Name what failed: the mistake, or else the case that was shown; "" where no case failed."""
    blocks = {block.label: " ".join(block.lines) for block in result.feedback.blocks}
    return " or ".join(result.mistakes) or blocks.get("Case", "")


def make_answer(
    exercise: Exercise, text: str, preamble: str, file: str, first_line: int, sources: tuple[Source, ...] = ()
) -> Answer:
    """Put together what a worker needs to know of an answer; see `judge_text`."""
    return Answer(
        exercise_id=exercise.id,
        name=exercise.name,
        source=text,
        preamble=preamble,
        filename=file,
        first_line=first_line,
        neighbours=exercise.neighbour_names,
        sources=sources,
        constants=reference_constants(preamble),
    )


def reference_constants(preamble: str) -> dict[str, object]:
    """The plain values, such as numbers and texts, that a preamble imports from minews."""
    tree = parse_or_none(preamble)
    found: dict[str, object] = {}
    for node in tree.body if tree else ():
        if isinstance(node, ast.ImportFrom) and node.module and _is_of_minews(node.module):
            for alias in node.names:
                if alias.name.startswith("__"):
                    continue  # what Python itself keeps there, such as where the file lies
                value = getattr(_import_or_none(node.module), alias.name, None)
                if isinstance(value, int | float | str | bytes | tuple | frozenset) and _can_cross(value):
                    found[alias.asname or alias.name] = value
    return found


def _can_cross(value: object) -> bool:
    try:
        codec.encode(value, trusted=True)
    except (TypeError, codec.TooMuchError):
        return False
    return True


def _is_of_minews(module: str) -> bool:
    """Whether a module may be imported because a student's code says so."""
    first, *rest = module.split(".")
    return first == "minews" and not any(part.startswith("__") for part in rest)


def _import_or_none(module: str) -> ModuleType | None:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def known_verdict(exercise: Exercise, region: Region) -> Remembered | None:
    """Return the verdict on a region as it stands, if it was found before with the cases of today."""
    return state.find_verdict(exercise.id, region.hash, context_of(exercise, region.path))


def tested_text(text: str, file: str, first_line: int) -> Tested:
    """Say what is tested: file, lines and hash."""
    last_line = first_line + max(text.rstrip().count("\n"), 0)
    return Tested(file, first_line, last_line, regions.short_hash(text))


def error_result(exercise: Exercise, file: str, problem: str, label: str = "Problem") -> Result:
    """The result for a text that can't even be read, with the reason in plain words."""
    tested = Tested(file, 0, 0, "")
    headline = f"{exercise.id} {exercise.name}: your code could not be loaded."
    feedback = Feedback("error", headline, file, [Block(label, (problem,))])
    return Result(exercise, "error", 0, 0, [], tested, feedback, 0.0)


def preamble_for(exercise: Exercise, path: Path) -> str:
    """The imports above the regions of a file; those of a new file where the student lost them."""
    return regions.read_preamble(path) or regions.preamble(exercise.module)


def own_neighbours(exercise: Exercise) -> tuple[Source, ...]:
    """The neighbours of an exercise that the student has written, in their own words."""
    found = []
    for dotted in exercise.neighbours:
        module, _, name = dotted.rpartition(".")
        neighbour = _exercise_named(module, name)
        region = regions.read_region(neighbour) if neighbour else None
        if neighbour and region and not regions.is_skeleton(region.text, neighbour):
            preamble = preamble_for(neighbour, region.path)
            file = places.shown(region.path)
            found.append(
                Source(
                    name,
                    region.text,
                    region.first_line,
                    file,
                    preamble,
                    neighbours=neighbour.neighbour_names,
                    constants=reference_constants(preamble),
                )
            )
    return tuple(found)


def _exercise_named(module: str, name: str) -> Exercise | None:
    try:
        exercise = find_exercise(name)
    except KeyError:
        return None
    return exercise if exercise.module == module else None


# What a verdict depends on besides the region


def context_of(exercise: Exercise, path: Path) -> str:
    """Name the version of the cases, the reference and the preamble: another one asks for another check."""
    digest = hashlib.sha256(preamble_for(exercise, path).encode("utf-8", "surrogatepass"))
    for file in _files_behind(exercise):
        status = file.stat()
        digest.update(_hash_file(file, status.st_mtime_ns, status.st_size))
    return digest.hexdigest()[:16]


def _files_behind(exercise: Exercise) -> list[Path]:
    cases = sorted((places.TESTS / "exercises").glob(f"*_{exercise.lesson:02}*.py"))
    return [*cases, *sorted((places.ROOT / "minews").rglob("*.py"))]


@lru_cache(maxsize=256)
def _hash_file(path: Path, changed: int, size: int) -> bytes:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest()
