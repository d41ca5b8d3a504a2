"""A made-up class for the grader: submissions of lessons 4 and 5, and what each must get.

    for each in make_class(300, seed=1): each.write(folder); each.expected

What must come is known without the grader: the reference and variants pass, a skeleton is not written, and
a known mistake is judged once by `classroom.engine`, in an ordinary worker. Every mistake and every variant
comes into a class of a hundred or more at least once.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from classroom import places, regions
from classroom.build.exercises import file_of, fresh_file
from classroom.cases import cases_of
from classroom.engine import Examiner, Tested
from classroom.mistakes import mistakes_of, variants_of
from classroom.syllabus import Exercise, all_exercises
from classroom.workers import end_spare
from tests.mistakes.answering import answer_from, student_answer

LESSONS = (4, 5)
EXERCISES = tuple(each for each in all_exercises() if each.lesson in LESSONS)
NOTEBOOKS = {4: "04_handshake.ipynb", 5: "05_frames.ipynb"}
PLATFORMS = ("", "canvas", "moodle")
Files = dict[str, bytes]
Answers = dict[str, "Known"]


@dataclass(frozen=True)
class Points:
    """What one exercise gets."""

    verdict: str
    passed: int
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """An answer to an exercise of which it is known what it is: its source, and its kind, for people."""

    exercise: Exercise
    kind: str
    text: str


@dataclass
class MadeUp:
    """A submission: its files by their path in the folder of submissions, and what each exercise gets.

    name: what the grader calls it. kind: what was done to it, for people.
    """

    name: str
    kind: str
    files: Files
    expected: dict[str, Points] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it into the folder of submissions."""
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(data)


# Known answers


def right(exercise: Exercise) -> Known:
    return Known(exercise, "reference", regions.reference_source(exercise))


def unwritten(exercise: Exercise) -> Known:
    return Known(exercise, "skeleton", regions.skeleton(exercise))


@cache
def variants(exercise: Exercise) -> tuple[Known, ...]:
    return tuple(
        Known(exercise, f"variant {each.name}", answer_from(each.function, exercise).source)
        for each in variants_of(exercise)
    )


@cache
def mistaken(exercise: Exercise, with_loops: bool) -> tuple[Known, ...]:
    return tuple(
        Known(exercise, f"mistake {each.name}", answer_from(each.function, exercise).source)
        for each in mistakes_of(exercise)
        if with_loops or not each.loops
    )


class Judged:
    """What known answers get, by the engine alone where it does not follow from what they are."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._examiners: dict[str, Examiner] = {}
        self._points: dict[Known, Points] = {}

    def points(self, known: Known) -> Points:
        """Return what an answer must get."""
        if known.kind == "skeleton":
            return Points("not-written", 0)
        if not known.kind.startswith("mistake"):
            return Points("passed", len(cases_of(known.exercise)))
        if known not in self._points:
            self._points[known] = self._judge(known)
        return self._points[known]

    def _judge(self, known: Known) -> Points:
        exercise = known.exercise
        if exercise.id not in self._examiners:
            self._examiners[exercise.id] = Examiner(exercise, self._seed, goes_on=True)
        answer = student_answer(exercise, known.text)
        result = self._examiners[exercise.id].judge(answer, Tested("answer.py", 1, 1, ""))
        name = known.kind.partition(" ")[2]
        assert (result.verdict, result.mistakes) == ("failed", [name]), (exercise.id, known.kind, result)
        return Points("failed", result.passed, (name,))


# Files


def module_text(module: str, answers: Answers) -> str:
    """A file of exercises/ with these answers in their regions."""
    text, path = fresh_file(module), Path("exercises", file_of(module))
    for exercise in all_exercises():
        if exercise.module == module and exercise.id in answers:
            text = regions.replace_region(text, path, exercise, answers[exercise.id].text)
    return text


def modules(answers: Answers) -> Files:
    """The folder exercises/."""
    wanted = dict.fromkeys(exercise.module for exercise in EXERCISES)
    return {f"exercises/{file_of(module)}": module_text(module, answers).encode() for module in wanted}


@cache
def _notebook_text(lesson: int) -> str:
    return (places.ROOT / "notebooks" / NOTEBOOKS[lesson]).read_text(encoding="utf-8")


def notebook(lesson: int, answers: Answers) -> bytes:
    """The notebook of a lesson with these answers in its cells."""
    document = json.loads(_notebook_text(lesson))
    texts = {f"exercise-{key.replace('.', '-')}": known for key, known in answers.items()}
    for cell in document["cells"]:
        if known := texts.get(cell.get("id")):
            cell["source"] = f"{known.text}\n\ncheck({known.exercise.name})".splitlines(keepends=True)
    return json.dumps(document).encode()


def notebooks(answers: Answers) -> Files:
    return {name: notebook(lesson, answers) for lesson, name in NOTEBOOKS.items()}


def zipped(files: Files, inside: str = "") -> bytes:
    """A zip file, everything in it in a folder `inside` if there is one."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text)
    return data.getvalue()


# Forms: how a student hands it in


def as_zip(name: str, answers: Answers) -> tuple[str, Files]:
    return f"{name}.zip", {f"{name}.zip": zipped(modules(answers))}


def as_nested_zip(name: str, answers: Answers) -> tuple[str, Files]:
    return f"{name}.zip", {f"{name}.zip": zipped(modules(answers), "my work/")}


def as_folder(name: str, answers: Answers) -> tuple[str, Files]:
    return name, {f"{name}/{path}": data for path, data in modules(answers).items()}


def as_notebooks(name: str, answers: Answers) -> tuple[str, Files]:
    return name, {f"{name}/{path}": data for path, data in notebooks(answers).items()}


def as_canvas_zip(name: str, answers: Answers) -> tuple[str, Files]:
    number = 10_000 + int(name[-4:])
    file = f"{name}_{number}_77{number}_work.zip"
    return file, {file: zipped(modules(answers))}


def as_canvas_notebooks(name: str, answers: Answers) -> tuple[str, Files]:
    number = 10_000 + int(name[-4:])
    files = {
        f"{name}_LATE_{number}_77{number}_{path.replace('.', '-2.')}": data
        for path, data in notebooks(answers).items()
    }
    return f"{name}_{number}", files


def as_moodle_folder(name: str, answers: Answers) -> tuple[str, Files]:
    folder = f"Ann {name}_{10_000 + int(name[-4:])}_assignsubmission_file_"
    return folder, {f"{folder}/work (1).zip": zipped(modules(answers))}


FORMS: tuple[Callable[[str, Answers], tuple[str, Files]], ...] = (
    as_zip,
    as_folder,
    as_notebooks,
    as_nested_zip,
    as_canvas_zip,
    as_canvas_notebooks,
    as_moodle_folder,
)


# What is broken: the files, and which exercises get something all the same


def no_zip(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    return f"{name}.zip", {f"{name}.zip": b"I could not upload it, sorry"}, ()


def cut_zip(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    return f"{name}.zip", {f"{name}.zip": zipped(modules(answers))[:900]}, ()


def empty_file(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    return f"{name}.ipynb", {f"{name}.ipynb": b""}, ()


def empty_folder(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    return name, {f"{name}/": b""}, ()


def torn_notebook(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    return f"{name}.ipynb", {f"{name}.ipynb": notebook(4, answers)[:-30]}, ()


def binary_module(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    files = {**modules(answers), "exercises/frames.py": bytes(range(256)) * 40}
    return f"{name}.zip", {f"{name}.zip": zipped(files)}, _outside("frames")


def one_module_missing(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    files = {path: data for path, data in modules(answers).items() if path != "exercises/handshake.py"}
    return name, {f"{name}/{path}": data for path, data in files.items()}, _outside("handshake")


def one_notebook_only(name: str, answers: Answers) -> tuple[str, Files, Sequence[str]]:
    wanted = [each.id for each in EXERCISES if each.lesson == 4]
    return f"{name}.ipynb", {f"{name}.ipynb": notebook(4, answers)}, wanted


def _outside(module: str) -> list[str]:
    return [each.id for each in EXERCISES if each.module != module]


BROKEN = (
    no_zip,
    cut_zip,
    empty_file,
    empty_folder,
    torn_notebook,
    binary_module,
    one_module_missing,
    one_notebook_only,
)


# The class


def make_class(
    count: int, seed: int, *, loops: bool = True, exercises: Sequence[Exercise] = EXERCISES
) -> Iterator[MadeUp]:
    """Yield made-up submissions.

    Arguments:
        seed: of the class, and of what the grader must be told, since some mistakes get what the inputs give.
        loops: whether mistakes that never come back, which take seconds each, are among them.
        exercises: those that are answered; the others are left as skeletons.
    """
    chance, judged = random.Random(seed), Judged(seed)
    supplies = {each.id: _supply(each, chance, loops) for each in exercises}
    kinds = itertools.cycle((_mixed, _mixed, _right, _mixed, _half_done, _mixed, _broken, _mixed, _typo))
    try:
        for number, kind in zip(range(count), kinds, strict=False):
            yield kind(f"student{number:04}", number, chance, judged, supplies)
    finally:
        end_spare()


def _supply(exercise: Exercise, chance: random.Random, loops: bool) -> Iterator[Known]:
    """All known answers to an exercise, in some order, again and again; those that never come back once."""
    known = [*mistaken(exercise, loops), *variants(exercise), right(exercise)]
    chance.shuffle(known)
    quick = {*mistaken(exercise, False), *variants(exercise), right(exercise)}
    return itertools.chain(known, itertools.cycle([each for each in known if each in quick]))


Supplies = dict[str, Iterator[Known]]


def _found(ids: Iterable[str]) -> list[tuple[str, Exercise]]:
    return [(each.id, each) for each in EXERCISES if each.id in ids]


def _made(name: str, kind: str, form: int, answers: Answers, judged: Judged) -> MadeUp:
    path, files = FORMS[form % len(FORMS)](name, answers)
    return MadeUp(path, kind, files, {key: judged.points(known) for key, known in answers.items()})


def _mixed(name: str, number: int, chance: random.Random, judged: Judged, supplies: Supplies) -> MadeUp:
    """One known answer, right or wrong, to each exercise."""
    answers = {key: next(supply) for key, supply in supplies.items()}
    return _made(name, "mixed", number, answers, judged)


def _right(name: str, number: int, chance: random.Random, judged: Judged, supplies: Supplies) -> MadeUp:
    answers = {key: chance.choice([right(each), *variants(each)]) for key, each in _found(supplies)}
    return _made(name, "right", number, answers, judged)


def _half_done(name: str, number: int, chance: random.Random, judged: Judged, supplies: Supplies) -> MadeUp:
    answers = {key: chance.choice([right, unwritten])(each) for key, each in _found(supplies)}
    return _made(name, "half done", number, answers, judged)


def _broken(name: str, number: int, chance: random.Random, judged: Judged, supplies: Supplies) -> MadeUp:
    """Right answers in files of which something is lost."""
    breaks = BROKEN[number // 9 % len(BROKEN)]
    answers = {key: right(each) for key, each in _found(supplies)}
    path, files, left = breaks(name, answers)
    missing = Points("missing", 0)
    expected = {key: judged.points(known) if key in left else missing for key, known in answers.items()}
    return MadeUp(path, breaks.__name__.replace("_", " "), files, expected)


def _typo(name: str, number: int, chance: random.Random, judged: Judged, supplies: Supplies) -> MadeUp:
    """Right answers, but for one that is no Python, in a module."""
    answers = {key: right(each) for key, each in _found(supplies)}
    spoilt = chance.choice([each for _, each in _found(supplies)])
    lines = answers[spoilt.id].text.rstrip("\n")
    made = _made(name, "typo", number % 2, answers, judged)  # a zip or a folder
    answers[spoilt.id] = Known(spoilt, "typo", f"{lines}\n    return (")
    path, files = FORMS[number % 2](name, answers)
    expected = {**made.expected, spoilt.id: Points("error", 0)}
    return MadeUp(path, f"typo in {spoilt.id}", files, expected)
