"""A neighbour that takes a socket: the judge's reference uses one that stays in the worker."""

import socket
import time

import pytest

from classroom import workers
from classroom.worker import codec
from classroom.worker.host import GarbledError
from classroom.worker.protocol import (
    Call,
    Callback,
    CallJudge,
    CallRaised,
    Ended,
    Lent,
    Limits,
    Load,
    Loaded,
    Make,
    Method,
    Other,
    Raised,
    Ready,
    Recipe,
    Returned,
    Slot,
    Trace,
    UseLent,
    UseRaised,
    UseReturned,
)
from classroom.worker.table import Callbacks
from classroom.worker.talk import _Talk
from classroom.workers import Answer, InProcess
from minews.handshake import refuse
from minews.tcp import recv_exactly, recv_until
from minews.types import HandshakeError, ProtocolError

PASSES_ON = "def f(conn, *args):\n    return take(conn, *args)\n"


@pytest.fixture(params=["in a worker", "in this process"])
def run(request):
    """Run an answer called f that may call take, both ways; more pieces of the judge's by name."""
    start = workers.run if request.param == "in a worker" else InProcess().run

    def run(source, *ops, limits=None, **callbacks):
        given = Answer("6.1", "f", source, filename="exercises/a.py", neighbours=tuple(callbacks))
        return start(given, ops, callbacks, limits).outcomes

    return run


@pytest.fixture
def run_in_worker():
    """The same in a process only, for code that nothing but a process survives."""

    def run(source, *ops, limits=None, **callbacks):
        given = Answer("6.1", "f", source, filename="exercises/a.py", neighbours=tuple(callbacks))
        return workers.run(given, ops, callbacks, limits).outcomes

    return run


def scripted(*script, after="stall", **more):
    return Make("scripted_socket", (list(script), after), more)


def test_the_reference_reads_the_workers_socket_through_a_neighbour(run):
    outcomes = run(
        PASSES_ON, scripted(b"GET\r", b"\n\r\nmore"), Call((Slot(0), b"\r\n\r\n")), Trace(0), take=recv_until
    )
    assert outcomes[1:] == [
        Returned((b"GET\r\n\r\n", b"more")),
        Returned([("recv", 65_536, b"GET\r"), ("recv", 65_536, b"\n\r\nmore")]),
    ]


def test_what_the_reference_left_in_the_socket_is_there_for_the_answer(run):
    source = "def f(conn):\n    first = take(conn, 2)\n    return first, conn.recv(99), take(conn, 1)\n"
    outcomes = run(source, scripted(b"abcd", b"efg"), Call((Slot(0),)), take=recv_exactly)
    assert outcomes[1] == Returned((b"ab", b"cd", b"e"))


def test_a_real_socket_of_the_workers_can_be_lent(run):
    outcomes = run(
        PASSES_ON, Call((Recipe("real_socket", ([b"one", b" line\r\n"],)), b"\r\n")), take=recv_until
    )
    assert outcomes == [Returned((b"one line\r\n", b""))]


def test_a_socket_that_the_answer_made_can_be_lent(run):
    source = (
        "import socket\n"
        "def f():\n"
        "    near, far = socket.socketpair()\n"
        "    with near, far:\n"
        "        far.sendall(b'hello')\n"
        "        return take(near, 5)\n"
    )
    assert run(source, Call(), take=recv_exactly) == [Returned(b"hello")]


def test_two_sockets_are_told_apart(run):
    def swap(one, two):
        two.sendall(one.recv(9))
        one.sendall(two.recv(9))

    source = "def f(one, two):\n    return take([one, two][0], two)\n"
    outcomes = run(
        source, scripted(b"1"), scripted(b"2"), Call((Slot(0), Slot(1))), Trace(0), Trace(1), take=swap
    )
    assert outcomes[3].value == [("recv", 9, b"1"), ("sendall", b"2")]
    assert outcomes[4].value == [("sendall", b"1"), ("recv", 9, b"2")]


def test_everything_that_a_reference_may_do_to_a_socket_is_done(run):
    def use(conn):
        conn.settimeout(2.5)
        buffer = bytearray(4)
        seen = [conn.gettimeout(), conn.recv_into(buffer), bytes(buffer), conn.send(b"abc"), conn.recv(0)]
        conn.sendall(memoryview(b"d"))
        conn.setblocking(False)
        seen.append(conn.gettimeout())
        with conn:
            conn.shutdown(socket.SHUT_WR)
        return seen

    outcomes = run(PASSES_ON, scripted(b"xy", sends=[2]), Call((Slot(0),)), Trace(0), take=use)
    assert outcomes[1].value == [2.5, 2, b"xy\0\0", 2, b"", 0]
    assert outcomes[2].value[-4:] == [("recv", 0, b""), ("sendall", b"d"), ("shutdown", 1), ("close",)]


@pytest.mark.parametrize(
    "after, timeout, error",
    [("eof", None, "EOFError"), ("reset", None, "ConnectionResetError"), ("stall", 1, "TimeoutError")],
)
def test_an_exception_of_the_socket_goes_through_the_reference_to_the_answer(run, after, timeout, error):
    source = "def f(conn, timeout):\n    conn.settimeout(timeout)\n    return take(conn, 3)\n"
    outcome = run(source, scripted(b"ab", after=after), Call((Slot(0), timeout)), take=recv_exactly)[1]
    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.line, outcome.text) == (error, 3, "return take(conn, 3)")
    assert outcome.attributes.get("errno") == (104 if error == "ConnectionResetError" else None)


def test_the_reference_may_catch_what_the_socket_raises(run):
    def patient(conn):
        try:
            conn.recv(1)
        except ConnectionResetError as error:
            return error.errno

    assert run(PASSES_ON, scripted(after="reset"), Call((Slot(0),)), take=patient)[1] == Returned(104)


def test_a_wait_for_ever_is_the_answers_own_whatever_the_reference_catches(run):
    unwound = []

    def stubborn(conn):
        try:
            return conn.recv(1)
        except Exception:
            return "caught"
        finally:
            conn.sendall(b"bye")
            unwound.append(True)

    source = "def f(conn):\n    try:\n        return take(conn)\n    except Exception:\n        return 0\n"
    outcomes = run(source, scripted(b"x"), Call((Slot(0),)), Call((Slot(0),)), Trace(0), take=stubborn)
    assert outcomes[1] == Returned(b"x")
    assert isinstance(outcomes[2], Ended)
    assert (outcomes[2].how, outcomes[2].line, outcomes[2].text) == ("waiting", 3, "return take(conn)")
    assert outcomes[2].detail == "recv() waits for bytes that never come"
    assert outcomes[3].value[-1] == ("sendall", b"bye")
    assert unwound == [True, True]


def test_a_script_may_ask_the_judge_while_the_reference_waits(run):
    outcomes = run(
        PASSES_ON,
        scripted(b"a", Callback("step")),
        Call((Slot(0), 4)),
        take=recv_exactly,
        step=lambda sent: b"bcd" if sent == b"" else None,
    )
    assert outcomes[1] == Returned(b"abcd")


def test_the_far_end_of_a_real_socket_may_ask_the_judge_while_the_reference_waits(run):
    outcomes = run(
        PASSES_ON,
        Make("real_socket", ([b"a", Callback("step")],)),
        Call((Slot(0), 3)),
        take=lambda conn, n: conn.sendall(b"go") or recv_exactly(conn, n),
        step=lambda received: b"bc" if received == b"go" else b"",
    )
    assert outcomes[1] == Returned(b"abc")


def test_an_error_can_be_an_argument_of_a_neighbour(run):
    source = (
        "from minews.types import HandshakeError\n"
        "def f():\n"
        "    error = HandshakeError(426, [('Sec-WebSocket-Version', '13')])\n"
        "    error.reason = 'late'\n"
        "    return take(error)\n"
    )
    expected = refuse(HandshakeError(426, [("Sec-WebSocket-Version", "13")], "late"))
    assert run(source, Call(), take=refuse) == [Returned(expected)]


def test_a_protocol_error_arrives_with_its_code_and_reason(run):
    def parts(error):
        return type(error) is ProtocolError, error.code, error.reason

    source = "from minews.types import ProtocolError\ndef f():\n    return take(ProtocolError(1002, 'no'))\n"
    assert run(source, Call(), take=parts) == [Returned((True, 1002, "no"))]


@pytest.mark.parametrize("argument", ["Wrapped(conn)", "print", "conn.recv"])
def test_anything_else_that_is_alive_is_refused_in_plain_words(run, argument):
    source = (
        f"class Wrapped:\n    def __init__(self, conn): ...\ndef f(conn):\n    return take({argument}, 1)\n"
    )
    outcome = run(source, scripted(b"a"), Call((Slot(0),)), take=recv_exactly)[1]
    assert outcome.type == "TypeError"
    assert "take() takes plain values and sockets in a check" in outcome.message


SUBCLASS = """
import socket
class Own(socket.socket):
    def recv(self, *args):
        {body}
def f():
    with Own() as conn:
        return take(conn, 1)
"""


@pytest.mark.parametrize(
    "body", ["return b'far too long'", "return bytearray(b'a')", "return None", "return 'a'"]
)
def test_a_socket_that_gives_what_no_socket_gives_ends_the_run(run_in_worker, body):
    outcomes = run_in_worker(SUBCLASS.format(body=body), Call(), Call(), take=recv_exactly)
    assert [(each.how, each.gone) for each in outcomes] == [("garbled", True)]


def test_an_error_of_the_answers_own_socket_reaches_the_answer_and_not_the_reference(run):
    caught = []

    def careful(conn, n):
        try:
            return conn.recv(n)
        except Exception as error:
            caught.append(error)

    outcome = run(SUBCLASS.format(body="raise LookupError('mine')"), Call(), take=careful)[0]
    assert (outcome.type, outcome.message, caught) == ("LookupError", "mine", [])
    assert [line for line, _, _ in outcome.frames] == [8, 5]


def test_an_answer_that_calls_back_without_an_end_is_ended(run_in_worker):
    outcomes = run_in_worker(SUBCLASS.format(body="return take(self, 1)"), Call(), take=recv_exactly)
    assert [(each.how, each.detail) for each in outcomes] == [
        ("garbled", "calls inside calls without an end")
    ]


@pytest.mark.parametrize(
    "body, how",
    [
        ("import os; os._exit(3)", "os-exit"),
        ("while True: pass", "endless"),
        ("import time; time.sleep(9)", "waiting"),
    ],
)
def test_a_worker_that_ends_inside_such_a_call_unwinds_the_reference(run_in_worker, body, how):
    unwound = []

    def careful(conn, n):
        try:
            return conn.recv(n)
        except Exception:
            return unwound.append("it was taken for an exception of the socket")
        finally:
            unwound.append("done")

    outcomes = run_in_worker(
        SUBCLASS.format(body=body), Call(), Call(), take=careful, limits=Limits(cpu=0.2, wall=0.4)
    )
    assert [(each.how, each.gone) for each in outcomes] == [(how, True)]
    assert outcomes[0].line in (5, None)
    assert unwound == ["done"]


class Scripted:
    """The judge's end of a worker that says just these things, whatever it is asked."""

    def __init__(self, *messages):
        self.messages = [Loaded(), CallJudge("take", (Lent(0), 2), {}), *messages]
        self.sent = []

    def send(self, message, deadline):
        self.sent.append(codec.decode(message, trusted=True) if isinstance(message, bytearray) else message)

    def take(self, deadline):
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return bytes(codec.encode(message))

    def read(self, data):
        return codec.decode(data)

    def restore(self, call, *, shared):
        return True


def hold(worker, take=recv_exactly):
    talk = _Talk(worker, Load("6.1", "f", ""), Callbacks({"take": take}), time.monotonic() + 5)
    return talk.hold((Call(),)).outcomes


@pytest.mark.parametrize(
    "garbage",
    [
        UseReturned(b"abc"),
        UseReturned(bytearray(b"ab")),
        UseReturned(Other("bytes", "b'ab'")),
        UseReturned(True),
        UseRaised("UnicodeDecodeError", (1,)),
        Ready(1),
        Loaded(),
        GarbledError("no message"),
    ],
    ids=repr,
)
def test_a_worker_that_answers_garbage_in_such_a_call_ends_the_run(garbage):
    assert [(each.how, each.gone) for each in hold(Scripted(garbage))] == [("garbled", True)]


@pytest.mark.parametrize(
    "method, args, garbage",
    [
        ("sendall", (b"a",), 1),
        ("send", (b"a",), 2),
        ("send", (b"a",), -1),
        ("send", (b"a",), None),
        ("settimeout", (1,), b""),
        ("gettimeout", (), "1"),
        ("close", (), True),
    ],
)
def test_each_method_gives_what_a_socket_gives_or_ends_the_run(method, args, garbage):
    def take(conn, n):
        getattr(conn, method)(*args)

    assert [each.how for each in hold(Scripted(UseReturned(garbage)), take)] == ["garbled"]


def test_a_worker_that_never_stops_sending_does_not_fill_the_judges_memory():
    flood = [UseReturned(bytes(1 << 20))] * 100
    worker = Scripted(*flood)
    (outcome,) = hold(worker, lambda conn, n: [conn.recv(1 << 20) for _ in flood])
    assert (outcome.how, len(worker.messages)) == ("garbled", 100 - 65)


@pytest.mark.parametrize(
    "name", ["SystemExit", "KeyboardInterrupt", "EOFError", "exec", "Evil", "", "__name__"]
)
def test_only_the_errors_of_sockets_are_raised_in_the_judges_process(name):
    seen = []

    def take(conn, n):
        try:
            return conn.recv(n)
        except Exception as error:
            seen.append(error)

    worker = Scripted(UseRaised(name, ("x",)), Returned(1))
    assert hold(worker, take) == [Returned(1)]
    assert (worker.sent[-1], seen) == (CallRaised("", (), ""), [])


def test_garbage_once_said_is_not_asked_again_while_the_reference_unwinds():
    def take(conn, n):
        with conn:
            conn.recv(n)

    worker = Scripted(GarbledError("no message"), UseReturned(None))
    assert [each.how for each in hold(worker, take)] == ["garbled"]
    assert [each.method for each in worker.sent if isinstance(each, UseLent)] == ["recv"]


def test_the_deadline_of_the_whole_run_holds_inside_such_a_call(run_in_worker, monkeypatch):
    monkeypatch.setattr("classroom.worker.talk.GRACE", 0.2)
    stopped = "import signal, os; os.kill(os.getpid(), signal.SIGSTOP)"
    begin = time.monotonic()
    outcomes = run_in_worker(
        SUBCLASS.format(body=stopped), Call(), take=recv_exactly, limits=Limits(wall=0.3)
    )
    assert outcomes[0].how == "waiting"
    assert time.monotonic() - begin < 5


def test_a_method_of_a_kept_object_may_lend_a_socket_too(run):
    source = "class f:\n    def read(self, conn):\n        return take(conn, 2)\n"
    outcomes = run(
        source, Call(how="keep"), scripted(b"a", b"b"), Method(0, "read", (Slot(1),)), take=recv_exactly
    )
    assert outcomes[2] == Returned(b"ab")


def test_no_far_end_asks_the_judge_between_two_runs(tmp_path):
    path = tmp_path / "answers.py"
    names = [f"f{number}" for number in range(12)]
    path.write_text("".join(f"def {name}(conn):\n    return conn.sendall(b'x')\n" for name in names))
    ops = [Make("real_socket", ([Callback("step")],)), Call((Slot(0),))]
    for _ in range(3):
        transcripts = workers.run_trusted(path, names, ops, {"step": lambda received: None})
        assert [each.outcomes[1] for each in transcripts.values()] == [Returned(None)] * len(names)
