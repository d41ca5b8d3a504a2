"""What a worker does with each kind of answer: functions, classes, generators, coroutines, neighbours."""

import importlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from classroom import places, regions, workers
from classroom.answers import judge_text, reference_constants
from classroom.syllabus import find_exercise
from classroom.worker import codec, host
from classroom.worker.pipes import PollPipes, ThreadPipes
from classroom.worker.protocol import (
    Call,
    Callback,
    Get,
    Limits,
    Loaded,
    LoadFailed,
    Make,
    Method,
    NotWritten,
    Other,
    Raised,
    Recipe,
    Returned,
    Slot,
    Source,
    TooLarge,
    Trace,
)
from classroom.workers import Answer, InProcess, Transcript, Worker, WorkerError, lacking_names
from minews.types import Frame, HandshakeError, Headers, Opcode, ProtocolError

ROOT = Path(__file__).parents[2]


def run(source: str, *ops, callbacks=None, limits=None, **more) -> Transcript:
    """Run ops on the object called `f` of a source."""
    given = {"filename": "exercises/a.py", "first_line": 10, **more}
    return workers.run(Answer("4.2", "f", source, **given), ops, callbacks or {}, limits)


def values(transcript: Transcript) -> list[object]:
    assert all(isinstance(each, Returned) for each in transcript.outcomes), transcript
    return [each.value for each in transcript.outcomes]


# Functions.


def test_a_function_gets_its_arguments_and_its_value_comes_back() -> None:
    transcript = run("def f(a, *, b=b''):\n    return [a, b]\n", Call((1,), {"b": b"x"}), Call(("y",)))
    assert transcript.loaded == Loaded()
    assert values(transcript) == [[1, b"x"], ["y", b""]]


def test_values_of_minews_types_are_the_same_classes_on_both_sides() -> None:
    source = "def f(frame):\n    return type(frame)(False, Opcode.PONG, frame.payload)\n"
    transcript = run(source, Call((Frame(True, 9, b"x"),)), preamble="from minews.types import Opcode\n")
    assert values(transcript) == [Frame(False, Opcode.PONG, b"x")]


def test_a_changed_bytearray_comes_back_by_its_position_or_keyword() -> None:
    source = "def f(a, b, c):\n    del a[:2]\n    c += b'!'\n"
    op = Call((bytearray(b"abc"), bytearray(b"same")), {"c": bytearray(b"c")})
    assert run(source, op).outcomes[0].changed == {"0": bytearray(b"c"), "c": bytearray(b"c!")}


def test_what_an_answer_prints_comes_with_the_op_that_printed_it() -> None:
    source = "print('loading')\ndef f(x):\n    import sys\n    print(x)\n    print('err', file=sys.stderr)\n"
    transcript = run(source, Call((1,)), Call((2,)))
    assert transcript.loaded.printed == "loading\n"
    assert [each.printed for each in transcript.outcomes] == ["1\nerr\n", "2\nerr\n"]


def test_an_exception_names_its_line_in_the_file_and_the_way_there() -> None:
    source = "def g(x):\n    return 1 // x\n\ndef f(x):\n    return g(x)\n"
    raised = run(source, Call((0,))).outcomes[0]
    assert (raised.type, raised.line, raised.text) == ("ZeroDivisionError", 11, "return 1 // x")
    assert raised.bases == ("ZeroDivisionError", "ArithmeticError", "Exception", "BaseException")
    assert raised.frames == ((14, "f", "return g(x)"), (11, "g", "return 1 // x"))


def test_the_errors_of_minews_come_with_their_attributes() -> None:
    preamble = "from minews.types import HandshakeError, ProtocolError\n"
    source = "def f(n):\n    raise HandshakeError(426, [('a', 'b')]) if n else ProtocolError(1002, 'why')\n"
    handshake, protocol = run(source, Call((1,)), Call((0,)), preamble=preamble).outcomes
    assert handshake.type == "minews.types.HandshakeError"
    assert (handshake.attributes["status"], handshake.attributes["headers"]) == (426, [("a", "b")])
    assert protocol.type == "minews.types.ProtocolError"
    assert protocol.attributes == {"code": 1002, "reason": "why"}


def test_a_class_of_the_students_own_is_not_taken_for_the_one_of_minews() -> None:
    raised = run("class ProtocolError(Exception):\n    pass\n\ndef f():\n    raise ProtocolError\n", Call())
    assert raised.outcomes[0].type == "ProtocolError"


def test_a_skeleton_is_not_written_and_any_other_notimplementederror_is_raised() -> None:
    source = "def f(n):\n    raise NotImplementedError('exercise 4.2') if n else NotImplementedError\n"
    first, second = run(source, Call((1,)), Call((0,))).outcomes
    assert first == NotWritten("4.2")
    assert isinstance(second, Raised)


def test_an_object_of_another_type_arrives_as_other_and_never_as_itself() -> None:
    source = (
        "class S(str):\n    def __eq__(self, other):\n        return True\n\ndef f():\n    return S('x')\n"
    )
    assert values(run(source, Call())) == [Other("S", "'x'")]


def test_an_answer_too_large_to_send_is_said_to_be_and_the_next_op_runs() -> None:
    transcript = run("def f(n):\n    return bytes(n)\n", Call((2000,)), Call((1,)), limits=Limits(reply=1000))
    too_large, small = values(transcript)
    assert isinstance(too_large, TooLarge)
    assert too_large.type_name == "bytes"
    assert small == b"\0"


# Classes, generators, coroutines.


CLASS = """
class f:
    def __init__(self, start):
        self.n = start
    def add(self, k):
        self.n += k
        return self.n
    @property
    def double(self):
        return 2 * self.n
"""


def test_an_object_is_kept_and_its_methods_and_attributes_are_reached() -> None:
    ops = Call((5,), how="keep"), Method(0, "add", (2,)), Get(0, "n"), Get(0, "double"), Get(0, "absent")
    kept, added, plain, computed, absent = run(CLASS, *ops).outcomes
    assert kept.value == Other("f", "")
    assert [added.value, plain.value, computed.value] == [7, 7, 14]
    assert absent.type == "AttributeError"


def test_two_objects_are_kept_apart_and_a_slot_can_be_an_argument() -> None:
    source = CLASS + "    def join(self, other):\n        return self.n + other.n\n"
    ops = Call((1,), how="keep"), Call((2,), how="keep", into=7), Method(0, "join", (Slot(7),))
    assert values(run(source, *ops))[2] == 3


def test_an_op_on_what_could_not_be_made_says_so() -> None:
    source = "class f:\n    def __init__(self):\n        raise ValueError('no')\n"
    made, used = run(source, Call(how="keep"), Method(0, "add", (1,))).outcomes
    assert made.type == "ValueError"
    assert "slot 0" in used.message


def test_a_generator_is_iterated_and_an_endless_one_to_the_limit_only() -> None:
    source = "def f(n):\n    while n:\n        yield n\n        n -= 1\n"
    ops = Call((3,), how="items"), Call((-1,), how="items", limit=4)
    assert values(run(source, *ops)) == [[3, 2, 1], [-1, -2, -3, -4]]


def test_what_cannot_be_iterated_is_a_typeerror_that_says_so() -> None:
    raised = run("def f():\n    return 5\n", Call(how="items")).outcomes[0]
    assert (raised.type, raised.message) == ("TypeError", "the call gave int, which cannot be iterated")


def test_a_coroutine_is_run_to_its_end_and_its_sleep_takes_no_time() -> None:
    source = "import asyncio\nasync def f(x):\n    await asyncio.sleep(3600)\n    return x\n"
    transcript = run(source, Call((5,), how="await"))
    assert values(transcript) == [5]
    assert transcript.seconds < 5


def test_a_coroutine_that_waits_for_what_never_comes_is_seen_at_once() -> None:
    source = (
        "import asyncio\nasync def f(x):\n    if x:\n        await asyncio.Event().wait()\n    return 1\n"
    )
    waiting, after = run(source, Call((1,), how="await"), Call((0,), how="await")).outcomes
    assert (waiting.how, waiting.gone) == ("waiting", False)
    assert after.value == 1


def test_an_asynchronous_generator_is_iterated() -> None:
    source = "async def f():\n    n = 0\n    while True:\n        yield n\n        n += 1\n"
    assert values(run(source, Call(how="items", limit=3))) == [[0, 1, 2]]


def test_a_function_that_should_be_a_coroutine_is_told_so() -> None:
    raised = run("def f():\n    return None\n", Call(how="await")).outcomes[0]
    assert "async def" in raised.message


# Neighbours and callbacks.


def test_a_neighbour_is_a_call_to_the_judge() -> None:
    asked = []
    callbacks = {"tokens": lambda values: asked.append(values) or ["a", "b"]}
    transcript = run(
        "def f(x):\n    return tokens([x])\n", Call(("q",)), callbacks=callbacks, neighbours=("tokens",)
    )
    assert values(transcript) == [["a", "b"]]
    assert asked == [["q"]]


@pytest.mark.parametrize(
    "statement", ["from minews.http import tokens", "from minews import tokens", "import minews.http as http"]
)
def test_a_neighbour_can_be_imported_as_from_minews(statement: str) -> None:
    call = "http.tokens()" if " as " in statement else "tokens()"
    source = f"{statement}\ndef f():\n    return {call}\n"
    assert values(run(source, Call(), callbacks={"tokens": lambda: 5}, neighbours=("tokens",))) == [5]


def test_what_the_reference_raises_is_raised_in_the_answer_as_the_same_class() -> None:
    def refuse(kind: str) -> None:
        raise ProtocolError(1007, "bad") if kind == "protocol" else ValueError("plain")

    source = (
        "from minews.types import ProtocolError\ndef f(kind):\n    try:\n        refuse(kind)\n"
        "    except ProtocolError as error:\n        return error.code\n"
        "    except ValueError as error:\n        return str(error)\n"
    )
    transcript = run(
        source, Call(("protocol",)), Call(("x",)), callbacks={"refuse": refuse}, neighbours=("refuse",)
    )
    assert values(transcript) == [1007, "plain"]


@pytest.mark.parametrize(
    ("error", "arrives"),
    [
        (ValueError("x" * (17 << 20)), ("ValueError", ["x" * 2000])),
        (ValueError(1, [None] * 300_000), ("ValueError", [1, [None] * 2000])),
        (ValueError([["x" * 100_000] * 2000]), ("ValueError", [f"[[{'x' * 100_000!r}"[:2000]])),
        (HandshakeError(426, [], "x" * (17 << 20)), ("HandshakeError", [426, [], "x" * 2000])),
    ],
)
def test_an_exception_of_the_reference_that_is_too_large_is_cut(error, arrives) -> None:
    def refuse() -> None:
        raise error

    source = (
        "def f():\n    try:\n        refuse()\n"
        "    except Exception as error:\n        return type(error).__name__, list(error.args)\n"
    )
    assert values(run(source, Call(), callbacks={"refuse": refuse}, neighbours=("refuse",))) == [arrives]


def test_a_neighbour_takes_iterables_as_the_reference_would() -> None:
    source = "def f(n):\n    return total(x for x in range(n))\n"
    assert values(run(source, Call((4,)), callbacks={"total": sum}, neighbours=("total",))) == [6]


def test_a_neighbour_given_what_cannot_cross_says_so() -> None:
    source = "def f():\n    return total(object())\n"
    raised = run(source, Call(), callbacks={"total": sum}, neighbours=("total",)).outcomes[0]
    assert raised.type == "TypeError"
    assert "plain values" in raised.message


def test_an_iterator_of_the_reference_arrives_as_an_iterator() -> None:
    source = "def f():\n    return [next(count()), *count()]\n"
    callbacks = {"count": lambda: iter([1, 2])}
    assert values(run(source, Call(), callbacks=callbacks, neighbours=("count",))) == [[1, 1, 2]]


def test_a_lack_of_memory_of_the_judge_is_not_raised_in_the_answer() -> None:
    def exhausted(*args: object) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        run("def f():\n    return g(1)\n", Call(), callbacks={"g": exhausted}, neighbours=("g",))


class Reader:
    """A neighbour that is a class."""

    limit: int

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._secret = "expected"

    def feed(self, data: bytes) -> list[bytes]:
        return [data[: self.limit]]


def test_a_neighbour_class_can_be_used_and_derived_from() -> None:
    source = (
        "class Twice(Reader):\n    def feed(self, data):\n        return super().feed(data) * 2\n\n"
        "def f(data):\n    reader = Twice(3)\n    return reader.feed(data), reader.limit\n"
    )
    transcript = run(source, Call((b"abcdef",)), callbacks={"Reader": Reader}, neighbours=("Reader",))
    assert values(transcript) == [([b"abc", b"abc"], 3)]


@pytest.mark.parametrize("name", ["_secret", "__class__", "__init__.__globals__", "feed.__func__"])
def test_nothing_but_listed_names_of_the_judges_objects_can_be_reached(name: str) -> None:
    source = (
        "def f(name):\n    from worker.protocol import CallJudge\n    reader = Reader(1)\n"
        "    number = reader._handle_at_the_judge.number\n"
        "    cells = [cell.cell_contents for cell in Reader.feed.__closure__]\n"
        "    call = next(each for each in cells if callable(each))\n"
        "    return call(CallJudge('', (), {}, number, name))\n"
    )
    raised = run(source, Call((name,)), callbacks={"Reader": Reader}, neighbours=("Reader",)).outcomes[0]
    assert raised.type == "AttributeError"
    assert "to call here" in raised.message


def test_a_callback_argument_calls_the_judge_and_only_listed_names_are_called() -> None:
    source = "def f(ask):\n    return ask(2)\n"
    known, unknown = run(
        source, Call((Callback("ask"),)), Call((Callback("other"),)), callbacks={"ask": lambda n: n * b"x"}
    ).outcomes
    assert known.value == b"xx"
    assert unknown.type == "NameError"


def test_a_callback_can_be_a_coroutine_function() -> None:
    source = "async def f(app):\n    return await app('x')\n"
    op = Call((Callback("app", awaits=True),), how="await")
    assert values(run(source, op, callbacks={"app": str.upper})) == ["X"]


def test_on_the_second_pass_the_students_own_neighbour_is_used() -> None:
    own = Source(
        "tokens",
        "def tokens():\n    return helper() + sep\n\ndef helper():\n    return 'own'\n",
        1,
        "h.py",
        "sep = ','",
    )
    source = "def f():\n    return tokens()\n"
    transcript = run(
        source, Call(), callbacks={"tokens": lambda: "ref"}, neighbours=("tokens",), sources=(own,)
    )
    assert values(transcript) == ["own,"]


def test_a_neighbour_of_the_students_own_has_neighbours_and_constants_of_its_own() -> None:
    own = Source(
        "tokens",
        "def tokens():\n    return split('a b') + [Words('c').first(), LIMIT]\n",
        1,
        "http.py",
        "from minews.http import split\n",
        neighbours=("split", "Words"),
        constants={"LIMIT": 5},
    )

    class Words:
        def __init__(self, text):
            self.text = text

        def first(self):
            return self.text

    transcript = run(
        "def f():\n    try:\n        split('x')\n    except NameError:\n        return tokens()\n",
        Call(),
        callbacks={"tokens": lambda: "ref", "split": str.split, "Words": Words},
        neighbours=("tokens",),
        sources=(own,),
    )
    assert values(transcript) == [["a", "b", "c", 5]]


def test_a_neighbour_of_the_students_own_that_cannot_be_loaded_is_named() -> None:
    own = Source("tokens", "def tokens(:\n", 1, "h.py")
    loaded = run("def f(): ...", neighbours=("tokens",), sources=(own,)).loaded
    assert (loaded.how, loaded.message) == ("neighbour", "your own tokens could not be loaded")


# Loading.


def test_a_preamble_may_import_what_this_exercise_may_not_use() -> None:
    preamble = "from __future__ import annotations\nfrom minews.http import secret, LIMIT\n"
    source = "def f(n) -> Absent:\n    return secret() if n else LIMIT\n"
    used, constant = run(source, Call((1,)), Call((0,)), preamble=preamble, constants={"LIMIT": 7}).outcomes
    assert used.type == "NameError"
    assert "secret of the reference is not there in the check of exercise 4.2" in used.message
    assert constant.value == 7


def test_of_the_references_constants_those_come_along_that_can_cross() -> None:
    modules = sorted(path.stem for path in (places.ROOT / "minews").glob("[a-z]*.py"))
    for name in ("minews", *(f"minews.{each}" for each in modules if each != "__main__")):
        names = [each for each in vars(importlib.import_module(name)) if not each.startswith("__")]
        codec.encode(reference_constants(f"from {name} import {', '.join(names)}"), trusted=True)
    assert reference_constants("from minews.sync import NOT_NOW") == {}
    exercise = find_exercise("4.2")
    text = regions.reference_source(exercise)
    preamble = f"from minews.sync import NOT_NOW\n{regions.preamble(exercise.module)}"
    assert judge_text(exercise, text, file="a.py", preamble=preamble).verdict == "passed"


@pytest.mark.parametrize(
    "statement",
    [
        "from minews.handshake import f",
        "from minews import handshake",
        "import classroom",
        "import exercises.http",
    ],
)
def test_the_reference_cannot_be_imported_by_accident(statement: str) -> None:
    loaded = run(f"x = 1\n{statement}\ndef f(): ...\n").loaded
    assert (loaded.how, loaded.type, loaded.line) == ("raised", "ImportError", 11)
    assert "not there in" in loaded.message


@pytest.mark.parametrize(
    ("source", "how", "line"),
    [
        ("x = 1\ndef f(:\n", "syntax", 11),
        ("x = 1\n\n1 / 0\n", "raised", 12),
        ("def g(): ...\n", "missing", None),
        ("f = 5\n", "not-callable", None),
        ("import sys\nsys.exit(3)\n", "exit", 11),
        ("def f(x:\n  return '\0'\n", "syntax", None),
    ],
)
def test_code_that_cannot_be_loaded_says_why_and_where(source: str, how: str, line: int | None) -> None:
    transcript = run(source, Call())
    assert isinstance(transcript.loaded, LoadFailed)
    assert transcript.loaded.how == how
    assert line is None or transcript.loaded.line == line
    assert transcript.outcomes == []


def test_a_dataclass_of_the_students_own_works() -> None:
    source = "@dataclass\nclass P:\n    x: 'int'\n\ndef f():\n    return P(3).x\n"
    assert values(run(source, Call(), preamble="from dataclasses import dataclass\n")) == [3]


def test_names_that_nothing_supplies_are_listed_before_the_test() -> None:
    source = "def f(x):\n    return helper(base64, x) + tokens() + len(x)\n"
    transcript = run(source, preamble="import base64\n", neighbours=("tokens",))
    assert transcript.loaded.lacking == ("helper",)


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("def f():\n    return a + b\na = 1\n", ("b",)),
        ("def f():\n    global g\n    g = 1\n    return g\n", ()),
        ("class A:\n    x = y\n    def m(self):\n        return x\n", ("x", "y")),
        ("import os.path as p\np.join(q for q in p)\n", ()),
        ("def f(:\n", ()),
        ("from math import *\nsin(x)\n", ()),
        ("def f():\n    def g():\n        return z\n    z = 1\n    return g\n", ()),
    ],
)
def test_lacking_names_are_those_that_python_would_not_find(source: str, lacking: tuple[str, ...]) -> None:
    assert lacking_names(source, ()) == lacking


def test_what_the_judge_cannot_send_is_the_judges_mistake() -> None:
    with pytest.raises(TypeError, match="function can't be sent"):
        run("def f(x): ...", Call((lambda: 1,)))


# Trusted files.


def test_the_same_ops_run_on_several_objects_and_one_that_loops_takes_none_with_it(tmp_path: Path) -> None:
    file = tmp_path / "mistakes.py"
    file.write_text(
        "from minews.types import Opcode\nfrom minews.handshake import accept_value\nimport os\n"
        "def right(k):\n    return accept_value(k)\n"
        "def loops(k):\n    while True: pass\n"
        "def dies(k):\n    os._exit(3)\n"
        "def kind(k):\n    return Opcode.TEXT\n"
    )
    names = ["right", "loops", "absent", "dies", "kind"]
    found = workers.run_trusted(file, names, [Call(("dGhlIHNhbXBsZSBub25jZQ==",))])
    assert found["right"].outcomes[0].value == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert found["loops"].outcomes[0].how == "endless"
    assert found["loops"].seconds < 3
    assert found["absent"].loaded.how == "missing"
    assert found["dies"].outcomes[0].how == "os-exit"
    assert found["kind"].outcomes == [Returned(Opcode.TEXT)]


# The machinery.


def test_a_spare_is_used_once_and_the_next_one_is_ready() -> None:
    source = "import os\ndef f():\n    return os.getpid()\n"
    first, second = (values(run(source, Call()))[0] for _ in range(2))
    assert first != second


def test_no_process_thread_or_descriptor_is_left_behind() -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("only where /proc shows descriptors")
    run("def f(): ...", Call())
    workers.end_spare()
    before = len(list(fds.iterdir())), threading.active_count(), children()
    for _ in range(3):
        run("def f(): ...", Call())
    workers.end_spare()
    assert (len(list(fds.iterdir())), threading.active_count(), children()) == before


def children() -> set[str]:
    """Return the process ids of this process's children, zombies included."""
    return {
        pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    }


def test_a_program_that_used_a_worker_ends_and_leaves_no_process() -> None:
    code = (
        "from classroom.workers import *\nfrom classroom.worker.protocol import Call\n"
        "run(Answer('4.2', 'f', 'def f(): return 1'), [Call()])\n"
        "from classroom import workers\nworkers._spare._join()\n"
        "print(workers._spare._worker._host.process.pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert not Path(f"/proc/{int(done.stdout)}").exists()


def test_a_worker_that_does_not_start_is_an_error_of_the_machinery(monkeypatch, tmp_path: Path) -> None:
    broken = tmp_path / "main.py"
    broken.write_text("raise RuntimeError('broken on purpose')\n")
    monkeypatch.setattr(host, "MAIN", broken)
    with Worker() as worker, pytest.raises(WorkerError, match="broken on purpose"):
        worker.run(Answer("4.2", "f", "def f(): ..."), [])


def test_ctrl_c_while_waiting_ends_the_worker_and_goes_on(monkeypatch) -> None:
    seen = []

    def interrupt() -> None:
        seen.append(workers._spare)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("def f():\n    return stop()\n", Call(), callbacks={"stop": interrupt}, neighbours=("stop",))
    assert seen
    assert values(run("def f():\n    return 1\n", Call())) == [1]


def test_without_processes_the_same_calls_are_done_here(monkeypatch) -> None:
    workers.end_spare()
    monkeypatch.setattr(sys, "executable", "")
    source = "import os\ndef f():\n    return os.getpid(), tokens()\n"
    transcript = run(source, Call(), callbacks={"tokens": lambda: [1]}, neighbours=("tokens",))
    assert values(transcript) == [(os.getpid(), [1])]
    assert hasattr(sys.modules["minews"], "__file__"), "the judge's own minews must stay in its place"
    monkeypatch.undo()
    workers.end_spare()


@pytest.mark.parametrize(
    ("source", "op"),
    [
        ("def f(x):\n    print(x)\n    return [x]\n", Call((1,))),
        ("def f(x):\n    x.append(1)\n", Call((bytearray(b"a"),))),
        ("def f():\n    return object\n", Call()),
        ("def f():\n    return 1 / 0\n", Call()),
        ("def f():\n    import sys\n    sys.exit(2)\n", Call()),
        ("def f():\n    raise NotImplementedError('exercise 4.2')\n", Call()),
        ("def f(s):\n    return s.recv(5)\n", Call((Recipe("scripted_socket", ([b"ab"],)),))),
        ("def f(s):\n    s.recv(5)\n", Call((Recipe("scripted_socket", ([],), {"after": "stall"}),))),
        ("async def f():\n    import asyncio\n    await asyncio.sleep(9)\n", Call(how="await")),
        ("def f(:\n", Call()),
    ],
)
def test_the_fallback_gives_what_a_worker_gives(source: str, op: Call) -> None:
    answer = Answer("4.2", "f", source, filename="a.py")
    here, there = InProcess().run(answer, [op]), workers.run(answer, [op])
    assert (here.loaded, here.outcomes) == (there.loaded, there.outcomes)


def test_the_fallback_ends_an_endless_loop() -> None:
    source = "def f():\n    while True:\n        x = 1\n"
    answer = Answer("4.2", "f", source, filename="a.py")
    ended = InProcess().run(answer, [Call(), Call()], limits=Limits(cpu=0.2)).outcomes
    assert [(each.how, each.gone) for each in ended] == [("endless", True)]
    assert sys.gettrace() is None or "coverage" in sys.modules


@pytest.mark.parametrize("kind", [PollPipes, ThreadPipes])
def test_both_ways_of_reading_pipes_carry_a_check(kind: type, monkeypatch) -> None:
    if kind is PollPipes and sys.platform == "win32":
        pytest.skip("Windows can't select on pipes")
    monkeypatch.setattr(host, "_pipes_of", lambda process: kind(process.stdout, process.stdin))
    data = bytes(300_000)
    with Worker() as worker:
        transcript = worker.run(Answer("4.2", "f", "def f(x):\n    return x\n"), [Call((data,))] * 3)
    assert values(transcript) == [data] * 3
    with Worker() as worker:
        ended = worker.run(
            Answer("4.2", "f", "def f():\n    import os\n    os._exit(4)\n"), [Call()]
        ).outcomes
    assert [each.how for each in ended] == ["os-exit"]


def test_fifty_calls_take_few_milliseconds_with_a_spare() -> None:
    answer = Answer("4.2", "f", "def f(x):\n    return x\n")
    best = min(workers.run(answer, [Call((b"x" * 100,))] * 50).seconds for _ in range(5))
    assert best < 0.1


def test_the_trace_of_a_plain_value_is_its_value() -> None:
    ops = Make("value", (bytearray(b"abcd"),)), Call((Slot(0),)), Call((Slot(0),)), Trace(0)
    outcomes = run("def f(x):\n    del x[0]\n", *ops).outcomes
    assert outcomes[-1].value == bytearray(b"cd")


def test_headers_cross_in_both_directions() -> None:
    headers = Headers([("A", "1"), ("a", "2")])
    assert values(run("def f(h):\n    return h, h.get_all('A')\n", Call((headers,)))) == [
        (headers, ["1", "2"])
    ]


def test_time_spent_is_reported() -> None:
    start = time.monotonic()
    transcript = run("def f(): ...", Call())
    assert 0 < transcript.seconds <= time.monotonic() - start


def test_a_recipe_that_there_is_not_is_the_judges_mistake() -> None:
    with pytest.raises(WorkerError, match="no recipe called absent"):
        run("def f(): ...", Make("absent"))


def test_a_syntax_error_shows_the_line_that_was_handed_in_not_one_of_a_file_of_that_name(tmp_path):
    path = tmp_path / "answer.py"
    path.write_text("another = 1\n")
    answer = Answer("4.2", "f", "def f(key)\n    return key\n", filename=str(path))
    loaded = workers.run(answer, []).loaded
    assert (loaded.how, loaded.line, loaded.text) == ("syntax", 1, "def f(key)")
