"""Judges an opening handshake: what the endpoint makes of one head, right or wrong."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

from minews import Opcode, Role, accept_value
from tests.minews.conformance.cases_opening import KEY, Opening
from tests.minews.conformance.judge import Failed, Result
from tests.minews.conformance.script import Sent
from tests.minews.conformance.wire import BrokenRule, NotOpened, Wire, read_head

HELLO = Sent(Opcode.TEXT, b"Hello")
BYE = Sent(Opcode.CLOSE, b"\x03\xe8")


def judge_opening(case: Opening, sock: socket.socket, host: str, deadline: float) -> Result:
    """Run a case on a socket that has just been connected, and close it."""
    started, result = time.monotonic(), Result(case, "pass")  # type: ignore[arg-type]
    try:
        with sock:
            play = ask_server if case.role == "server" else answer_client
            play(case, sock, host, deadline, result)
    except (Failed, BrokenRule, NotOpened) as fault:
        result.verdict, result.why = "fail", str(fault)
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        result.verdict, result.why = "fail", f"it neither answered nor ended: {error}"
    result.seconds = time.monotonic() - started
    return result


def ask_server(case: Opening, sock: socket.socket, host: str, deadline: float, result: Result) -> None:
    """Send a request; see whether the server agrees, and goes on as it should."""
    wire = Wire(sock, Role.CLIENT, deadline)
    head = case.head.format(host=host).encode("latin-1")
    wire.send((head + (wire.written(HELLO) if case.at_once else b""),), case.cut)
    try:
        first, fields, rest = read_head(sock, deadline)
    except (NotOpened, ConnectionError):
        hold(not case.opens, "it ended TCP without an answer")
        note(result, bool(case.status), f"it ended TCP without a {case.status}")
        return
    words = first.split(" ")
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    result.transcript += [f"< {first}"]
    if status != 101:
        hold(not case.opens, f"it refused: {first}")
        hold(400 <= status <= 599, f"it answered {first!r}")
        note(result, case.status not in (0, status), f"it answered {status}, not {case.status}")
        note(result, case.must_name not in ("", *fields), f"its refusal has no {case.must_name}")
        return
    hold(case.opens or case.either, "it agreed")
    note(result, not case.opens, "it agreed, though it need not")
    hold(fields.get("sec-websocket-accept") == accept_value(KEY), "its accept value is wrong")
    for name in ("sec-websocket-extensions", "sec-websocket-protocol"):
        hold(name not in fields, f"it answered with {name}")
    greet(Wire(sock, Role.CLIENT, deadline, rest), case.at_once)


def answer_client(case: Opening, sock: socket.socket, host: str, deadline: float, result: Result) -> None:
    """Answer a client's request; see whether it takes that, and goes on as it should."""
    _, fields, rest = read_head(sock, deadline)
    accept = accept_value(fields.get("sec-websocket-key", ""))
    head = case.head.format(accept=accept, small=accept.lower()).encode("latin-1")
    wire = Wire(sock, Role.SERVER, deadline, rest)
    wire.send((head + (wire.written(HELLO) if case.at_once else b""),), case.cut)
    if case.opens:
        return greet(wire, case.at_once)
    if not case.at_once:
        wire.send((HELLO,))
    wire.half_close()
    with contextlib.suppress(ConnectionError):
        came = [kind for kind, _ in wire.events() if kind != "end"]
        hold(case.either or not set(came) - {"close"}, "it goes on as if that were an agreement")
        note(result, bool(came), "it took that for an agreement, or sent a Close all the same")


def greet(wire: Wire, said: bool) -> None:
    """Say hello, unless that is said, and goodbye."""
    if not said:
        wire.send((HELLO,))
    events = wire.events()
    hold(next(events) == ("text", "Hello"), "it does not send back what came")
    wire.send((BYE,))
    hold(next(events) == ("close", 1000), "it does not answer a Close")
    if wire.role is Role.SERVER:
        wire.half_close()
    hold(next(events)[0] == "end", "it does not end")


def hold(truth: bool, why: str) -> None:
    if not truth:
        raise Failed(why)


def note(result: Result, lenient: bool, why: str) -> None:
    if lenient:
        result.verdict, result.why = "non-strict", why
