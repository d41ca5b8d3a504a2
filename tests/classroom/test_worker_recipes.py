"""What cannot cross and is built in the worker: sockets that play a script, streams, seeded sources."""

import errno
import random
import socket
import zlib
from typing import Any

import pytest

from classroom import workers
from classroom.worker.protocol import (
    Call,
    Callback,
    Ended,
    Get,
    Make,
    Method,
    Op,
    Outcome,
    Recipe,
    Returned,
    Slot,
    Trace,
)
from classroom.workers import Answer


def run(source: str, *ops: Op, callbacks: dict[str, Any] | None = None, **more: Any) -> list[Outcome]:
    answer = Answer("1.1", "f", source, filename="a.py", **more)
    return workers.run(answer, ops, callbacks or {}).outcomes


def run_on(body: str, connection: Recipe, *more: Op) -> list[Outcome]:
    """Make a connection, run the body of f(s) on it, then more ops."""
    lines = "\n".join("    " + line for line in body.splitlines())
    made = Make(connection.name, connection.args, connection.kwargs)
    return run(f"def f(s):\n{lines}\n", made, Call((Slot(0),)), *more)[1:]


def scripted(*script: object, **kwargs: object) -> Recipe:
    return Recipe("scripted_socket", (list(script),), kwargs)


def value_of(outcome: Outcome) -> object:
    assert isinstance(outcome, Returned), outcome
    return outcome.value


# Scripted sockets.


def test_each_recv_gives_what_the_script_has_next_and_no_more() -> None:
    body = "return [s.recv(2), s.recv(100), s.recv(100), s.recv(100), s.recv(1)]"
    got, trace = run_on(body, scripted(b"abc", b"de"), Trace(0))
    assert value_of(got) == [b"ab", b"c", b"de", b"", b""]
    assert value_of(trace)[:2] == [("recv", 2, b"ab"), ("recv", 100, b"c")]


def test_an_empty_step_ends_the_stream() -> None:
    got = run_on("return [s.recv(9), s.recv(9), s.recv(9)]", scripted(b"a", b"", b"never"))[0]
    assert value_of(got) == [b"a", b"", b""]


def test_a_wait_for_bytes_that_never_come_names_its_line_and_the_next_op_runs() -> None:
    waiting, trace = run_on("s.recv(5)\ns.recv(5)\n", scripted(b"ab", after="stall"), Trace(0))
    assert isinstance(waiting, Ended)
    assert (waiting.how, waiting.line, waiting.text, waiting.gone) == ("waiting", 3, "s.recv(5)", False)
    assert value_of(trace) == [("recv", 5, b"ab")]


@pytest.mark.parametrize("swallow", ["try:\n    s.recv(5)\nexcept:\n    pass\nreturn 7"])
def test_swallowing_the_signal_of_a_wait_does_not_hide_it(swallow: str) -> None:
    waiting = run_on(swallow, scripted(after="stall"))[0]
    assert isinstance(waiting, Ended)
    assert (waiting.how, waiting.line) == ("waiting", 3)


def test_asking_again_and_again_ends_the_worker() -> None:
    body = "while True:\n    try:\n        s.recv(5)\n    except BaseException:\n        pass"
    waiting = run_on(body, scripted(after="stall"), Trace(0))
    assert isinstance(waiting[-1], Ended)
    assert (len(waiting), waiting[-1].how, waiting[-1].gone) == (1, "waiting", True)


def test_with_a_timeout_the_wait_ends_in_timeouterror_at_once() -> None:
    raised = run_on("s.settimeout(60)\ns.recv(5)", scripted(after="stall"))[0]
    assert raised.type == "TimeoutError"
    raised = run_on("s.setblocking(False)\ns.recv(5)", scripted(after="stall"))[0]
    assert raised.type == "BlockingIOError"


def test_a_reset_is_raised_behind_the_script() -> None:
    body = "s.recv(5)\ntry:\n    s.recv(5)\nexcept ConnectionResetError:\n    s.sendall(b'x')"
    assert run_on(body, scripted(b"a", after="reset"))[0].type == "BrokenPipeError"


def test_flags_peek_and_wait_for_all() -> None:
    body = (
        "import socket\n"
        "return [s.recv(2, socket.MSG_PEEK), s.recv(5, socket.MSG_WAITALL), s.recv(9, socket.MSG_WAITALL)]"
    )
    assert value_of(run_on(body, scripted(b"abc", b"de", b"f"))[0]) == [b"ab", b"abcde", b"f"]


def test_recv_into_fills_a_buffer() -> None:
    body = "b = bytearray(4)\nn = s.recv_into(b)\nm = s.recv_into(memoryview(b)[2:], 1)\nreturn n, m, b"
    assert value_of(run_on(body, scripted(b"abc", b"de"))[0]) == (3, 1, bytearray(b"abd\0"))


def test_what_is_sent_is_noted_and_a_send_may_be_short() -> None:
    body = "n = s.send(b'hello')\ns.sendall(b'world')\ns.shutdown(1)\ns.close()\ns.close()\nreturn n"
    sent, trace, everything = run_on(body, scripted(sends=[3]), Trace(0), Get(0, "sent"))
    assert value_of(sent) == 3
    assert value_of(trace) == [("send", b"hel"), ("sendall", b"world"), ("shutdown", 1), ("close",)]
    assert value_of(everything) == b"helworld"


@pytest.mark.parametrize("kind", ["scripted_socket", "real_socket"])
def test_code_that_never_looks_for_the_end_of_the_stream_is_stopped_and_told_so(kind: str) -> None:
    waiting = run_on("while True:\n    s.recv(9)\n", Recipe(kind, ([b"a"],)))[0]
    assert isinstance(waiting, Ended) and waiting.how == "waiting" and not waiting.gone
    assert waiting.detail == "recv() gave b'' 1,000 times, for the stream has ended, and it asks on"


def test_asking_for_no_bytes_is_not_asking_on() -> None:
    assert value_of(run_on("return {s.recv(0) for _ in range(5000)}", scripted(b"a"))[0]) == {b""}


def test_a_str_is_refused_as_by_a_real_socket() -> None:
    assert run_on("s.sendall('text')", scripted())[0].type == "TypeError"


def test_a_closed_socket_refuses_everything() -> None:
    assert run_on("with s:\n    pass\ns.recv(1)", scripted(b"a"))[0].type == "OSError"
    assert run_on("s.shutdown(2)\ns.send(b'a')", scripted(b"a"))[0].type == "BrokenPipeError"


def test_makefile_reads_lines_and_writes() -> None:
    body = (
        "with s.makefile('rwb') as file:\n    line = file.readline()\n    rest = file.read(3)\n"
        "    file.write(b'ok')\n    file.flush()\nreturn line, rest, s.sent"
    )
    assert value_of(run_on(body, scripted(b"on", b"e\r\nab", b"cd"))[0]) == (b"one\r\n", b"abc", b"ok")


def test_a_step_can_answer_what_was_sent() -> None:
    outcomes = run(
        "def f(s):\n    s.sendall(b'ping')\n    return s.recv(100)\n",
        Make("scripted_socket", ([Callback("answer")],)),
        Call((Slot(0),)),
        callbacks={"answer": lambda sent: sent.upper()},
    )
    assert value_of(outcomes[1]) == b"PING"


def test_options_and_names_are_as_with_a_socket() -> None:
    body = (
        "import socket\ns.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
        "return s.getpeername()[0], s.getsockname()[0], s.gettimeout(), s.getblocking(), s.family"
    )
    outcome = value_of(run_on(body, scripted())[0])
    assert outcome[:4] == ("127.0.0.1", "127.0.0.1", None, True)


@pytest.mark.parametrize("bad", ["s.recv(-1)", "s.recv('5')"])
def test_a_wrong_argument_raises_as_with_a_socket(bad: str) -> None:
    assert run_on(bad, scripted(b"a"))[0].type in ("ValueError", "TypeError")


# Real sockets.

READ_ALL = (
    "data = b''\nwhile piece := s.recv(100):\n    data += piece\ns.sendall(b'thanks')\ns.close()\nreturn data"
)


def test_a_real_socket_plays_the_same_script() -> None:
    got, trace = run_on(READ_ALL, Recipe("real_socket", ([b"ab", b"cd"],)), Trace(0))
    assert value_of(got) == b"abcd"
    assert value_of(trace) == [("received", b"thanks"), ("eof",)]


def test_a_real_socket_can_answer_what_was_sent() -> None:
    source = "def f(s):\n    s.sendall(b'ping')\n    return s.recv(100)\n"
    ops = Make("real_socket", ([Callback("answer")],)), Call((Slot(0),))
    assert value_of(run(source, *ops, callbacks={"answer": bytes.upper})[1]) == b"PING"


def test_a_real_socket_takes_more_than_its_buffer_holds() -> None:
    got, trace = run_on("s.sendall(bytes(1 << 20))\nreturn 1", Recipe("real_socket", ([],)), Trace(0))
    assert value_of(got) == 1
    assert len(value_of(trace)[0][1]) == 1 << 20


def test_a_listener_accepts_one_real_connection() -> None:
    source = (
        "import socket\ndef f(port):\n    with socket.create_connection(('127.0.0.1', port)) as s:\n"
        "        s.sendall(b'hello')\n        return s.recv(100)\n"
    )
    made, port = run(source, Make("listener", ([b"hi"],)), Get(0, "port"))
    assert isinstance(made, Returned)
    assert isinstance(value_of(port), int)
    outcomes = run(
        source.replace("(port)", "(server)").replace("port)", "server.port)"),
        Make("listener", ([b"hi"],)),
        Call((Slot(0),)),
        Trace(0),
    )
    assert value_of(outcomes[1]) == b"hi"
    assert value_of(outcomes[2])[0] == ("received", b"hello")


def test_a_connection_that_the_answer_opens_itself_can_be_scripted() -> None:
    source = (
        "import socket\ndef f(host):\n    s = socket.create_connection((host, 80), timeout=5)\n"
        "    return s.recv(9)\n"
    )
    ops = Make("scripted_socket", ([b"hi"],)), Make("connects_to", (Slot(0),)), Call(("h.example",)), Trace(1)
    outcomes = run(source, *ops)
    assert value_of(outcomes[2]) == b"hi"
    assert value_of(outcomes[3]) == [("h.example", 80)]


@pytest.mark.parametrize(
    "way",
    [
        "s = socket.socket()\n    s.connect(('127.0.0.1', 80))",
        "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n    s.connect(('127.0.0.1', 80))",
        "s = socket.create_connection(('127.0.0.1', 80))",
        "s = early(('127.0.0.1', 80), timeout=3)",
    ],
)
@pytest.mark.parametrize("kind", ["scripted_socket", "real_socket"])
def test_it_is_the_scripted_one_however_the_answer_opens_it(way: str, kind: str) -> None:
    source = (
        "import socket\nfrom socket import create_connection as early\n"
        f"def f():\n    {way}\n    with s:\n        return s.recv(2), isinstance(s, socket.socket)\n"
    )
    ops = Make(kind, ([b"hi"],)), Make("connects_to", (Slot(0),)), Call(), Trace(1)
    outcomes = run(source, *ops)
    assert value_of(outcomes[2])[0] == b"hi"
    assert value_of(outcomes[3]) == [("127.0.0.1", 80)]


@pytest.mark.parametrize(
    ("way", "limit"),
    [
        ("socket.create_connection(('127.0.0.1', 80), timeout=3)", 3),
        ("socket.create_connection(('127.0.0.1', 80))", None),
        ("socket.socket().connect(('127.0.0.1', 80))", None),
    ],
)
def test_nobody_may_listen_there_and_how_long_was_tried_is_noted(way: str, limit: object) -> None:
    source = (
        f"import socket\ndef f():\n    try:\n        {way}\n"
        "    except ConnectionRefusedError as error:\n        return error.errno\n"
    )
    ops = Make("scripted_socket", ([],)), Make("connects_to", (Slot(0), True)), Call(), Get(1, "limits")
    outcomes = run(source, *ops)
    assert value_of(outcomes[2]) == errno.ECONNREFUSED
    assert value_of(outcomes[3]) == [limit]


def test_the_time_limit_of_each_recv_is_noted() -> None:
    body = "s.recv(1)\ns.settimeout(2)\nreturn s.recv(1)"
    assert value_of(run_on(body, scripted(b"ab"), Get(0, "limits"))[1]) == [None, 2]


def test_a_real_socket_can_still_be_made_after_that() -> None:
    source = (
        "import socket\ndef f(other):\n    near, far = socket.socketpair()\n"
        "    near.close(), far.close()\n    return other.recv(2)\n"
    )
    ops = (
        Make("scripted_socket", ([b"hi"],)),
        Make("connects_to", (Slot(0),)),
        Make("connects_to", (Slot(0),)),
        Make("real_socket", ([b"ho"],)),
        Call((Slot(3),)),
    )
    assert value_of(run(source, *ops)[4]) == b"ho"


# asyncio.


def test_a_stream_reader_and_writer_are_what_asyncio_code_expects() -> None:
    source = (
        "async def f(reader, writer):\n    head = await reader.readuntil(b'\\r\\n')\n"
        "    rest = await reader.read()\n    writer.write(rest)\n    await writer.drain()\n"
        "    writer.close()\n    await writer.wait_closed()\n"
        "    return head\n"
    )
    ops = (
        Make("stream_writer"),
        Call((Recipe("stream_reader", ([b"a\r", b"\nrest"],)), Slot(0)), how="await"),
        Trace(0),
    )
    outcomes = run(source, *ops)
    assert value_of(outcomes[1]) == b"a\r\n"
    assert value_of(outcomes[2]) == [("write", b"rest"), ("drain",), ("close",)]


def test_an_object_with_asyncio_parts_works_over_several_ops() -> None:
    source = (
        "import asyncio\nclass f:\n    def __init__(self):\n        self.queue = asyncio.Queue()\n"
        "    def offer(self, x):\n        self.queue.put_nowait(x)\n"
        "    async def take(self):\n        return await self.queue.get()\n"
    )
    ops = (
        Call(how="keep"),
        Method(0, "offer", (5,)),
        Method(0, "take", how="await"),
        Method(0, "take", how="await"),
        Method(0, "offer", (6,)),
    )
    outcomes = run(source, *ops)
    assert value_of(outcomes[2]) == 5
    assert outcomes[3].how == "waiting"
    assert isinstance(outcomes[4], Returned)


def test_a_scenario_plays_its_steps_and_notes_what_it_saw() -> None:
    source = (
        "async def f(reader, writer):\n    data = await reader.read(10)\n    writer.write(data * 2)\n"
        "    await writer.drain()\n    return len(data)\n"
    )
    steps = [
        ("start", "one", [Slot(0), Slot(1)]),
        ("rounds", 3),
        ("state", "one"),
        ("feed", Slot(0), b"abc"),
        ("rounds", 3),
        ("state", "one"),
        ("flow", Slot(1)),
        ("finish", "one"),
    ]
    ops = (
        Make("stream_reader", ([],), {"eof": False}),
        Make("stream_writer", (4,)),
        Make("scenario", (steps,)),
        Trace(2),
        Trace(1),
    )
    outcomes = run(source, *ops)
    assert value_of(outcomes[3]) == [
        ("state", "one", "pending"),
        ("state", "one", "pending"),
        ("returned", "one", 3),
    ]
    assert value_of(outcomes[4])[0] == ("write", b"abcabc")


def test_a_scenario_sleeps_in_no_time_and_notes_waits_errors_and_cancels() -> None:
    source = (
        "import asyncio\nasync def f(what):\n    await asyncio.sleep(60)\n"
        "    if what == 'wait':\n        await asyncio.Event().wait()\n    raise ValueError(what)\n"
    )
    steps = [
        ("start", "a", ["bad"]),
        ("start", "b", ["wait"]),
        ("start", "c", ["never"]),
        ("sleep", 59),
        ("state", "a"),
        ("cancel", "c"),
        ("sleep", 2),
        ("state", "a"),
        ("finish", "a"),
        ("finish", "b"),
        ("finish", "c"),
        ("note", "end"),
    ]
    made, trace = run(source, Make("scenario", (steps,)), Trace(0))
    assert isinstance(made, Returned)
    assert value_of(trace) == [
        ("state", "a", "pending"),
        ("state", "a", "done"),
        ("raised", "a", "ValueError", "bad"),
        ("blocked", "b"),
        ("cancelled", "c"),
        ("note", "end"),
    ]


def test_time_in_a_timeout_passes_as_well() -> None:
    source = (
        "import asyncio\nasync def f():\n    try:\n"
        "        await asyncio.wait_for(asyncio.Event().wait(), 30)\n"
        "    except TimeoutError:\n        return 'late'\n"
    )
    assert value_of(run(source, Call(how="await"))[0]) == "late"


def test_a_thread_that_the_loop_waits_for_is_waited_for() -> None:
    source = (
        "import asyncio, time\nasync def f():\n"
        "    return await asyncio.to_thread(lambda: time.sleep(0.05) or 3)\n"
    )
    assert value_of(run(source, Call(how="await"))[0]) == 3


# The rest.


def test_random_sources_are_seeded_and_counted() -> None:
    source = "def f(rng, source):\n    return rng.getrandbits(32), source(4), source(2)\n"
    ops = Make("random_bytes", (7,)), Call((Recipe("random", (5,)), Slot(0))), Trace(0)
    outcomes = run(source, *ops)
    seeded = random.Random(7)
    expected = random.Random(5).getrandbits(32), seeded.randbytes(4), seeded.randbytes(2)
    assert value_of(outcomes[1]) == expected
    assert value_of(outcomes[2]) == [4, 2]


def test_a_recorder_answers_and_notes_how_it_was_called() -> None:
    ops = Make("recorder", ([1, 2],), {"default": 9}), Call((Slot(0),)), Trace(0)
    outcomes = run("def f(g):\n    return g('a'), g(), g('b', 'c')\n", *ops)
    assert value_of(outcomes[1]) == (1, 2, 9)
    assert value_of(outcomes[2]) == [("a",), (), ("b", "c")]


def test_compressors_are_raw_deflate() -> None:
    source = (
        "def f(c, d):\n    data = c.compress(b'a' * 50) + c.flush()\n    return data, d.decompress(data)\n"
    )
    (outcome,) = run(source, Call((Recipe("compressor"), Recipe("decompressor"))))
    data, back = value_of(outcome)
    assert back == b"a" * 50
    assert zlib.decompress(data, -15) == back


@pytest.mark.parametrize(
    ("recipe", "name"),
    [
        (Recipe("exception", ("ValueError", "x")), "ValueError"),
        (Recipe("exception", ("minews.types.ProtocolError", 1002)), "ProtocolError"),
        (Recipe("exception", ("ssl.SSLError", 1, "x")), "SSLError"),
        (Recipe("tls_context", ("client",)), "SSLContext"),
        (Recipe("tls_context", ("server",)), "SSLContext"),
        (Recipe("memoryview", (b"abc",)), "memoryview"),
    ],
)
def test_a_recipe_makes_what_its_name_says(recipe: Recipe, name: str) -> None:
    (outcome,) = run("def f(x):\n    return type(x).__name__\n", Call((recipe,)))
    assert value_of(outcome) == name


def test_what_a_neighbour_class_makes_can_be_an_argument() -> None:
    class Limits:
        def __init__(self, size: int) -> None:
            self.size = size

        def allows(self, n: int) -> bool:
            return n <= self.size

    ops = Make("defined", ("Limits", 5)), Call((Slot(0), 4)), Call((Slot(0), 6))
    source = "def f(limits, n):\n    return limits.allows(n)\n"
    outcomes = run(source, *ops, callbacks={"Limits": Limits}, neighbours=("Limits",))
    assert [value_of(each) for each in outcomes[1:]] == [True, False]


def test_a_socket_that_the_answer_returns_can_be_asked() -> None:
    source = "import socket\ndef f():\n    return socket.create_server(('127.0.0.1', 0))\n"
    option = Method(0, "getsockopt", (socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    outcomes = run(source, Call(how="keep"), Method(0, "getsockname"), option)
    assert value_of(outcomes[1])[0] == "127.0.0.1"
