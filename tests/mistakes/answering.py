"""Turn the known answers of this folder, right and wrong, into what a student would hand in."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from classroom import regions
from classroom.answers import reference_constants
from classroom.build.names import FUNCTIONS
from classroom.build.sources import Source, cut_object, find_definition, first_line, parse_source
from classroom.engine import Result, Tested, judge
from classroom.syllabus import Exercise
from classroom.workers import Answer

DECORATORS = ("mistake", "variant")


def answer_from(function: Callable[..., object], exercise: Exercise) -> Answer:
    """Make a student's answer of a function or class of this folder.

    It becomes its source under the exercise's name, without its decorator, and with the imports and helpers
    of its file that it needs; neighbours are left to the judge.
    """
    source = read_file(Path(inspect.getfile(function)))
    name = function.__name__
    text = cut_object(source, name, {*exercise.neighbour_names, *DECORATORS}).replace(
        decorator_of(source, name), ""
    )
    return student_answer(exercise, re.sub(rf"\b(def|class) {name}\b", rf"\1 {exercise.name}", text))


def wrapped_reference(exercise: Exercise, expression: str, method: str = "") -> Answer:
    """Make an answer that gives `expression`, in which `right` is what the reference gives.

    Of a class it is what its method `method` gives.
    """
    name, reference = exercise.name, regions.reference_source(exercise)
    source = re.sub(rf"\b(def|class) {name}\b", r"\1 reference", reference)
    if method:
        head = f"class {name}(reference):\n    def {method}(self, *args, **kwargs):"
        body = f"        right = super().{method}(*args, **kwargs)\n        return {expression}\n"
    else:
        head = f"def {name}(*args, **kwargs):"
        body = f"    right = reference(*args, **kwargs)\n    return {expression}\n"
    return student_answer(exercise, f"{source}\n\n\n{head}\n{body}")


def methods_of(exercise: Exercise) -> tuple[str, ...]:
    """The methods that a student writes, if an exercise asks for a class; `__init__` is not named."""
    node = find_definition(regions.skeleton(exercise), exercise.name)
    assert node is not None
    return tuple(each.name for each in node.body if isinstance(each, FUNCTIONS) and each.name != "__init__")


def student_answer(exercise: Exercise, text: str) -> Answer:
    """Make an answer of a text that a student might have written."""
    preamble = regions.preamble(exercise.module)
    return Answer(
        exercise.id,
        exercise.name,
        text,
        preamble=preamble,
        filename="answer.py",
        neighbours=exercise.neighbour_names,
        constants=reference_constants(preamble),
    )


def judge_answer(answer: Answer) -> Result:
    """Judge it as `check` does, and say that lines 1 to 20 were tested."""
    return judge(answer, Tested("answer.py", 1, 20, "0123abcd"))


@cache
def read_file(path: Path) -> Source:
    """A file of this folder, parsed."""
    return parse_source(path.read_text(encoding="utf-8"), path.stem)


def decorator_of(source: Source, name: str) -> str:
    """The lines above a function's `def`: its decorator."""
    definition = source.find(name)
    return source.text(first_line(source, definition), definition.lineno - 1) + "\n"
