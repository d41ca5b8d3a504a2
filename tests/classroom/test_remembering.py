"""What is done once for all answers: pure neighbours, the message of the questions, results alike."""

from __future__ import annotations

import pytest

from classroom import engine, workers
from classroom.engine import Examiner
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker import codec, host, plain, table
from classroom.worker.host import checked
from classroom.worker.packing import pack, unpack
from classroom.worker.protocol import Call, CallJudge, Handle, Lent, Ops, Other, Raised, Returned, Run
from classroom.worker.table import Callbacks, mark_pure
from classroom.worker.talk import Answer, _written
from minews.types import Frame, Headers, Opcode, ProtocolError


@pytest.fixture(autouse=True)
def everything_is_worthwhile(monkeypatch):
    """However fast it was."""
    monkeypatch.setattr(engine, "WORTHWHILE", -1.0)


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


@pytest.mark.parametrize("args", [(1,), (True,), ([],), (b"a", None)], ids=repr)
def test_what_may_change_or_equal_something_else_is_asked_for_each_time(remembered, args):
    neighbour, _ = remembered
    assert [neighbour(*args), neighbour(*args)] == [1, 2]


def test_a_bytearray_counts_as_what_it_holds_now(remembered):
    neighbour, calls = remembered
    buffer = bytearray(b"a")
    assert [neighbour(buffer), neighbour(b"a")] == [1, 1]
    buffer += b"b"
    assert [neighbour(buffer), neighbour(b"ab"), neighbour(b"a")] == [2, 2, 1]
    assert len(calls) == 2


def test_what_takes_no_time_is_not_kept(remembered, monkeypatch):
    neighbour, _ = remembered
    monkeypatch.setattr(engine, "WORTHWHILE", 3600.0)
    assert [neighbour(b"a"), neighbour(b"a")] == [1, 2]


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
    message = codec.decode(_written(ops), trusted=True)
    assert message == Run(pack(ops))
    assert unpack(message.ops) == list(ops)


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


# What a worker asks the judge only once.


def ask_for(*arguments, pure, source="def f(value):\n    return neighbour(value)\n"):
    """What an answer gives that hands its argument to a neighbour, and how often the judge was asked."""
    asked = []

    def neighbour(value):
        asked.append(value)
        return [value, len(asked)]

    if pure:
        mark_pure(neighbour)
    answer = Answer("4.2", "f", source, neighbours=("neighbour",))
    transcript = workers.run(answer, [Call((each,)) for each in arguments], {"neighbour": neighbour})
    return [each.value for each in transcript.outcomes], len(asked)


def test_a_worker_asks_the_judge_once_for_what_is_the_same_each_time():
    assert ask_for(b"a", b"a", b"b", pure=True) == ([[b"a", 1], [b"a", 1], [b"b", 2]], 2)
    assert ask_for(b"a", b"a", b"b", pure=False) == ([[b"a", 1], [b"a", 2], [b"b", 3]], 3)


def test_what_is_equal_and_not_the_same_is_asked_for_again():
    assert ask_for(1, True, 1.0, b"", bytearray(), "", pure=True)[1] == 6


def test_what_the_code_does_to_an_answer_is_not_remembered():
    source = "def f(value):\n    got = neighbour(value)\n    got.append('mine')\n    return len(got)\n"
    assert ask_for(b"a", b"a", pure=True, source=source) == ([3, 3], 1)


def test_an_error_that_is_the_same_each_time_is_raised_each_time():
    @mark_pure
    def neighbour(value):
        asked.append(value)
        raise ProtocolError(1002, value)

    asked = []
    answer = Answer("4.2", "f", "def f(value):\n    return neighbour(value)\n", neighbours=("neighbour",))
    outcomes = workers.run(answer, [Call(("no",))] * 2, {"neighbour": neighbour}).outcomes
    assert [(each.type, each.attributes) for each in outcomes] == [
        ("minews.types.ProtocolError", {"code": 1002, "reason": "no"})
    ] * 2
    assert asked == ["no"]


def test_long_arguments_are_not_kept():
    assert ask_for(bytes(5000), bytes(5000), pure=True)[1] == 2


def answered(functions, call):
    """What a judge answers to a call that comes whole, another judge than the one before."""
    table, message = Callbacks(functions), bytes(codec.encode(call))
    answer = table.known(message)
    return codec.decode(table.answer(call, None, message) if answer is None else answer).value


def test_the_judge_answers_another_worker_without_asking_again():
    calls = []
    functions = {"f": mark_pure(lambda *given, **named: calls.append(given) or len(calls))}
    for arguments, value in (
        ((b"a",), 1),
        ((b"a",), 1),
        (("a",), 2),
        ((bytearray(b"a"),), 3),
        ((1,), 4),
        ((True,), 5),
        ((1,), 4),
        ((["a"],), 6),
        ((["a", "b"],), 7),
        ((["a"],), 6),
        ((bytes(5000),), 8),
        ((bytes(5000),), 9),
    ):
        assert answered(functions, CallJudge("f", arguments, {})) == value
    assert answered(functions, CallJudge("f", (), {"a": b"a"})) == 10
    assert answered(functions, CallJudge("f", (), {"a": b"b"})) == 11
    assert answered(functions, CallJudge("f", (), {"a": b"a"})) == 10


def test_two_functions_do_not_answer_for_each_other():
    functions = {"f": mark_pure(lambda given: "f"), "g": mark_pure(lambda given: "g"), "h": lambda given: "h"}
    for name in ("f", "g", "h", "f", "g", "h"):
        assert answered(functions, CallJudge(name, (b"a",), {})) == name


def test_what_may_give_something_else_each_time_is_asked_each_time():
    calls = []
    functions = {"f": lambda given: calls.append(given) or len(calls), "g": mark_pure(lambda given: 0)}
    assert [answered(functions, CallJudge("f", (b"a",), {})) for _ in "abc"] == [1, 2, 3]


@pytest.mark.parametrize("value", [Handle(0), [Handle(0)], Lent(0), {"a": 1}, 1.5], ids=repr)
def test_what_another_worker_may_mean_something_else_by_is_not_kept(value):
    functions = {"f": mark_pure(lambda *given, **named: b"a")}
    for call in (CallJudge("f", (b"a", value), {}), CallJudge("f", (), {"given": value})):
        table, message = Callbacks(functions), bytes(codec.encode(call))
        table.answer(call, None, message)
        assert table.known(message) is None


def test_what_an_object_answers_is_one_worker_s_own():
    call = CallJudge("f", (), {}, 0, "get")
    there, message = Callbacks({"f": mark_pure(lambda: b"a")}), bytes(codec.encode(call))
    there.answer(call, None, message)
    assert there.known(message) is None


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()], ids=repr)
def test_what_the_judge_has_run_out_of_is_no_answer(error):
    """It must neither be told to the student's code nor be kept for others."""

    def fail(given):
        raise error

    there = Callbacks({"f": mark_pure(fail)})
    call = CallJudge("f", (b"a",), {})
    message = bytes(codec.encode(call))
    with pytest.raises(type(error)):
        there.answer(call, None, message)
    assert there.known(message) is None


def test_what_the_judge_has_kept_is_of_use_when_it_keeps_no_more(monkeypatch):
    monkeypatch.setattr(table, "MOST_ANSWERS", 1)
    calls = []
    functions = {"f": mark_pure(lambda given: calls.append(given) or len(calls))}
    for given in (b"a", b"b", b"b", b"a"):
        answered(functions, CallJudge("f", (given,), {}))
    assert calls == [b"a", b"b", b"b"]


def test_what_says_only_what_is_new_is_not_kept():
    """A short message may stand for a long argument, another each time; see `growing`."""
    source = """
def f(letters):
    buffer, got = b"", []
    for letter in letters:
        buffer += letter
        got.append(neighbour(buffer))
    return got
"""
    neighbour = mark_pure(lambda given: (len(given), given[-1]))
    answer = Answer("4.2", "f", source, neighbours=("neighbour",))
    for first in (b"a" * 5000, b"b" * 6000):
        call = Call(([first, b"c", b"c", b"d"],))
        (outcome,) = workers.run(answer, [call], {"neighbour": neighbour}).outcomes
        size = len(first)
        assert outcome.value == [(size, first[-1]), (size + 1, 99), (size + 2, 99), (size + 3, 100)]


# What the judge need not read again.


@pytest.mark.parametrize(
    "value",
    [
        b"a",
        ["a", 1],
        (b"a", None),
        Frame(True, Opcode.TEXT, b"a"),
        Other("Reader", ""),
        Headers([("Host", "a")]),
    ],
    ids=repr,
)
def test_a_result_that_came_before_is_known(value, monkeypatch):
    data = bytes(codec.encode(Returned(value)))
    assert checked(data).value == value
    monkeypatch.setattr(host, "_checked", None)
    again = checked(data)
    assert (again.value, type(again.value)) == (value, type(value))


def test_an_exception_that_came_before_is_known(monkeypatch):
    attributes = {"code": 1, "headers": [("Sec-WebSocket-Version", "13")]}
    raised = Raised("ValueError", ("ValueError",), "no", attributes, 4, "raise", ((4, "f", "raise"),))
    data = bytes(codec.encode(raised))
    for each in (checked(data).attributes, checked(data).attributes["headers"]):
        each.clear()
    monkeypatch.setattr(host, "_checked", None)
    assert checked(data) == raised


def test_what_is_done_to_a_list_does_not_show_in_the_next():
    data = bytes(codec.encode(Returned([b"a"])))
    checked(data).value.clear()
    checked(data).value.clear()
    assert checked(data).value == [b"a"]


@pytest.mark.parametrize(
    "message",
    [
        Returned([["a"]]),
        Returned({"a": 1}),
        Returned(bytearray(b"a")),
        Returned(([],)),
        Returned(Frame(True, Opcode.TEXT, [])),
        Returned(None, {"0": bytearray(b"a")}),
        Raised("ValueError", ("ValueError",), "no", {"headers": [["Host", "a"]]}),
    ],
    ids=repr,
)
def test_what_somebody_could_change_is_read_each_time(message):
    data = bytes(codec.encode(message))
    assert host._known_outcome(data) is None
    assert checked(data) == message
