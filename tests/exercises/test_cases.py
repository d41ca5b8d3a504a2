"""The cases themselves: the reference passes each of them, and each is there for a reason."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache

import pytest

from classroom import regions, workers
from classroom.answers import reference_constants
from classroom.cases import cases_of, plan
from classroom.engine import DEFAULT_SEED, compare, references
from classroom.mistakes import mistakes_of
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker.protocol import Source
from tests.mistakes.answering import judge_answer, student_answer

EXERCISES = all_exercises()
CASES = [(exercise, case) for exercise in EXERCISES for case in cases_of(exercise)]
IDS = [f"{exercise.id}-{case.name}" for exercise, case in CASES]
MORE_SEEDS = (1, 2, 3)

each_case = pytest.mark.parametrize("exercise, case", CASES, ids=IDS)
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


@cache
def ask_the_reference(exercise, seed):
    """What is asked of an exercise, and all that is wrong with the reference's answers."""
    questions = plan(cases_of(exercise), seed)
    answer = student_answer(exercise, regions.reference_source(exercise))
    transcript = workers.run(
        answer, [asked.op for asked in questions.asked], references(exercise) | questions.callbacks
    )
    return questions, compare(questions, transcript)


@cache
def caught_by_cases(exercise):
    """For each known mistake the names of the cases that it fails."""
    questions = plan(cases_of(exercise), DEFAULT_SEED)
    known = [each for each in mistakes_of(exercise) if not each.loops]
    names = [each.function.__name__ for each in known]
    ops = [asked.op for asked in questions.asked]
    transcripts = workers.run_trusted(inspect.getfile(known[0].function), names, ops, questions.callbacks)
    return {name: compare(questions, transcript).failed for name, transcript in transcripts.items()}


@each_case
def test_the_reference_passes(exercise, case):
    questions, report = ask_the_reference(exercise, DEFAULT_SEED)
    assert [failure.finding for failure in report.failures if failure.asked.case == case] == []
    assert case.name not in report.failed
    assert case in {asked.case for asked in questions.asked}, "a case asks something"


@pytest.mark.parametrize("seed", MORE_SEEDS)
@each_exercise
def test_the_reference_passes_with_other_inputs_drawn(exercise, seed):
    _, report = ask_the_reference(exercise, seed)
    assert [failure.finding for failure in report.failures] == []


WRITTEN = {exercise.name: exercise for exercise in EXERCISES}


@pytest.mark.parametrize(
    "exercise",
    [exercise for exercise in EXERCISES if set(exercise.neighbour_names) & set(WRITTEN)],
    ids=lambda exercise: exercise.id,
)
def test_with_all_its_neighbours_written_by_the_student_nothing_is_noted(exercise):
    own = [WRITTEN[name] for name in exercise.neighbour_names if name in WRITTEN]
    answer = replace(
        student_answer(exercise, regions.reference_source(exercise)), sources=tuple(map(as_source, own))
    )
    result = judge_answer(answer)
    assert (result.verdict, "but not with your own" in result.feedback.text()) == ("passed", False)


def as_source(exercise):
    preamble = regions.preamble(exercise.module)
    return Source(
        exercise.name,
        regions.reference_source(exercise),
        1,
        f"{exercise.module}.py",
        preamble,
        neighbours=exercise.neighbour_names,
        constants=reference_constants(preamble),
    )


RAISING = {"4.5": "HandshakeError", "4.8": "HandshakeError", "5.6": "ProtocolError"}
OWN = """class {name}(Exception):
    {line}
    def __init__(self, number, *rest, **more):
        self.status = self.code = number
        self.headers, self.reason = list(more.get("headers", ())), ""
"""


def judge_raising(exercise_id, above, name=""):
    """Judge the reference's answer, in which another name stands for the exception, behind some lines."""
    source = regions.reference_source(find_exercise(exercise_id))
    raised = RAISING[exercise_id]
    assert f"raise {raised}(" in source
    source = source.replace(f"raise {raised}(", f"raise {name or raised}(")
    text = f"{above.format(name=raised, line='pass')}\n{source}"
    return judge_answer(student_answer(find_exercise(exercise_id), text))


@pytest.mark.parametrize("line", ["pass", "__module__ = 'minews.types'"])
@pytest.mark.parametrize("exercise_id", RAISING)
def test_a_class_of_the_students_own_is_not_the_one_of_minews_whatever_it_is_called(exercise_id, line):
    result = judge_raising(exercise_id, OWN.replace("{line}", line))
    assert result.verdict == "failed"
    assert f"a class of your own that is called {RAISING[exercise_id]}, too" in result.feedback.text()


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ("class Refused({name}):\n    pass\n", "Refused"),
        ("from minews.types import {name}", ""),
        ("from minews import {name} as Refused", "Refused"),
        ("import minews", "minews.{name}"),
        ("import minews.types", "minews.types.{name}"),
    ],
)
@pytest.mark.parametrize("exercise_id", RAISING)
def test_the_exception_of_minews_passes_however_it_is_got(exercise_id, above, name):
    assert judge_raising(exercise_id, above, name.format(name=RAISING[exercise_id])).verdict == "passed"


@pytest.mark.parametrize("exercise_id", RAISING)
def test_what_an_exception_says_has_the_very_type(exercise_id):
    above = "class Refused({name}):\n    def __init__(self, number, *rest, **more):\n"
    above += (
        "        super().__init__(number, *rest, **more)\n        self.status = self.code = float(number)\n"
    )
    result = judge_raising(exercise_id, above, "Refused")
    assert result.verdict == ("passed" if exercise_id == "4.8" else "failed")  # 4.8 asks for no status


@each_case
def test_a_case_catches_a_known_mistake(exercise, case):
    assert case.name in set().union(*caught_by_cases(exercise).values())


@each_case
def test_its_title_is_a_sentence(case, exercise):
    assert case.title[0].isupper()
    assert case.title.endswith(".")
    assert len(case.title) <= 120
