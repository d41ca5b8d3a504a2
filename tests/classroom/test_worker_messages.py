"""Messages that are written in a shorter way than `codec` writes them say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom import workers
from classroom.cases import cases_of, plan
from classroom.syllabus import all_exercises
from classroom.worker import calls, codec
from classroom.worker.growing import LONG
from classroom.worker.packing import pack, unpack
from classroom.worker.protocol import Call, Callback, CallJudge, Get, Make, Method, Recipe, Slot, Trace
from classroom.workers import Answer
from minews.types import Frame, Headers, Opcode

SIMPLE = st.one_of(
    st.binary(max_size=50),
    st.binary(max_size=50).map(bytearray),
    st.text(max_size=20),
    st.just("half of a letter: \ud800"),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
)
TEXT, NUMBER = type("Text", (str,), {}), type("Number", (int,), {})


def written(name: str, args: tuple[object, ...]) -> bytes | None:
    return calls.written(calls.head_of(name), args)


@given(st.text(max_size=20), st.lists(SIMPLE, max_size=calls.MOST_ARGUMENTS).map(tuple))
def test_a_call_is_the_message_that_codec_writes(name: str, args: tuple[object, ...]) -> None:
    assert written(name, args) == codec.encode(CallJudge(name, args, {}))


@pytest.mark.parametrize(
    "args",
    [
        (None,),
        (1.5,),
        (["a"],),
        (TEXT("a"),),
        (NUMBER(1),),
        (Opcode.TEXT,),
        (1 << 63,),
        (-(1 << 63) - 1,),
        (bytes(LONG),),
        ("a" * LONG,),
        (b"",) * (calls.MOST_ARGUMENTS + 1),
        (b"a", object()),
    ],
    ids=lambda args: ", ".join(type(each).__name__ for each in args),
)
def test_every_other_call_is_left_to_codec(args: tuple[object, ...]) -> None:
    assert written("f", args) is None


OPS = [
    Call(),
    Call((b"a", "b", 1, True, None, 1.5, -(1 << 200)), {"limit": 3}, "items", 7, 2),
    Call(([1, (2, [3])], {"a": {1, 2}, 3: frozenset({b"c"})})),
    Call((bytearray(b"a"), Frame(True, Opcode.TEXT, b"hi"), Headers([("Host", "a")]))),
    Method(0, "feed", (Slot(3), Callback("ask")), {"sock": Recipe("scripted", (b"a",))}, "await"),
    Get(1, "state", 4),
    Make("scripted", ([b"a"],), {"wait": 1.0}),
    Trace(0),
]


def test_ops_come_out_as_they_were() -> None:
    assert repr(unpack(pack(OPS))) == repr(OPS)


def test_the_ops_of_every_exercise_come_out_as_they_were() -> None:
    for exercise in all_exercises():
        ops = plan(cases_of(exercise), 6455).ops
        assert repr(unpack(pack(ops))) == repr(list(ops)), exercise.id


def test_two_ops_that_were_given_the_same_list_do_not_share_it() -> None:
    shared = [1]
    first, second = unpack(pack([Call((shared,)), Call((shared, shared))]))
    assert isinstance(first, Call) and isinstance(second, Call)
    first.args[0].append(2)  # type: ignore[attr-defined]
    second.args[0].append(3)  # type: ignore[attr-defined]
    assert (first.args, second.args) == (([1, 2],), ([1, 3], [1]))


@pytest.mark.parametrize(
    "value", [object(), TEXT("a"), [NUMBER(1)], ...], ids=lambda value: type(value).__name__
)
def test_what_cannot_cross_is_not_packed(value: object) -> None:
    with pytest.raises(TypeError, match="can't be sent to a worker"):
        pack([Call((value,))])


ENDS = ["sys.stdout.close()", "sys.stdout.detach()", "sys.stdin.close()", "sys.stderr = sys.stdout = None"]


@pytest.mark.parametrize("end", ENDS)
def test_whatever_the_code_does_to_its_streams_the_next_call_has_some(end: str) -> None:
    source = f"""
import sys

def f(first):
    print("now")
    if first:
        {end}
        return None
    print("again", file=sys.stderr)
    return sys.stdin.read()
"""
    transcript = workers.run(Answer("4.2", "f", source), [Call((True,)), Call((False,)), Call((False,))])
    assert [each.printed for each in transcript.outcomes] == ["now\n", "now\nagain\n", "now\nagain\n"]
    assert [each.value for each in transcript.outcomes] == [None, "", ""]  # type: ignore[union-attr]
