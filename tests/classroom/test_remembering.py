"""What is done once for all answers to an exercise: pure neighbours, and the message of the questions."""

from __future__ import annotations

import pytest

from classroom import engine
from classroom.engine import Examiner
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker import codec, plain
from classroom.worker.protocol import Ops, Run
from classroom.worker.talk import _written


@pytest.fixture
def remembered():
    """A neighbour that counts how often it is really called, and what it was called with."""
    calls = []

    def neighbour(*args, **kwargs):
        calls.append((args, kwargs))
        return len(calls)

    return engine._remembering(neighbour), calls


def test_a_pure_neighbour_is_not_asked_twice_for_the_same(remembered):
    neighbour, calls = remembered
    assert [neighbour(b"ab", b"c"), neighbour(b"ab", b"c"), neighbour(b"a", b"bc")] == [1, 1, 2]
    assert len(calls) == 2


@pytest.mark.parametrize("args", [(bytearray(b"a"),), (1,), (True,), ([],), (b"a", None)], ids=repr)
def test_what_may_change_or_equal_something_else_is_asked_for_each_time(remembered, args):
    neighbour, _ = remembered
    assert [neighbour(*args), neighbour(*args)] == [1, 2]


def test_named_arguments_are_asked_for_each_time(remembered):
    neighbour, _ = remembered
    assert [neighbour(key=b"a"), neighbour(key=b"a")] == [1, 2]


def test_what_is_kept_is_bounded(remembered, monkeypatch):
    _, calls = remembered
    monkeypatch.setattr(engine, "MOST_KEPT", 4000)
    neighbour = engine._remembering(lambda text: calls.append(text) or len(calls))
    for number in range(40):
        neighbour(b"%03d" % number * 30)
    assert neighbour(b"000" * 30) > 40  # it was let go
    assert len(calls) == 41


def test_an_error_is_raised_each_time():
    def fail(_):
        raise ValueError("no")

    neighbour = engine._remembering(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            neighbour(b"")


def test_each_pure_neighbour_is_one_of_the_course():
    found = {name.rpartition(".")[2] for each in all_exercises() for name in each.neighbours}
    assert found >= engine.PURE


def test_questions_are_written_once():
    examiner = Examiner(find_exercise("5.3"), 1)
    ops = examiner.questions().ops
    assert examiner.questions().ops is ops
    assert type(ops) is Ops
    assert _written(ops) is _written(ops)
    assert codec.decode(_written(ops), trusted=True) == Run(tuple(ops))


SIMPLE = ["a", b"a", bytearray(b"a"), True, None, ["a", None], (b"", "")]
TEXT, BYTES = type("Text", (str,), {}), type("Bytes", (bytes,), {})
NOT_SIMPLE = [1.5, object(), [object()], [["a"]], {"a": 1}, TEXT("a"), [BYTES()]]


@pytest.mark.parametrize("value", SIMPLE, ids=repr)
def test_what_is_simple_crosses(value):
    assert plain.is_simple(value)
    assert codec.decode(codec.encode(value)) == value


@pytest.mark.parametrize("value", NOT_SIMPLE, ids=lambda value: type(value).__name__)
def test_what_is_not_certain_to_cross_is_not_called_simple(value):
    assert not plain.is_simple(value)
