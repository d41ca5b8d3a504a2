"""Runs the steps of a case on a connection, and says what the endpoint is worth."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from minews import Opcode, Role
from tests.minews.conformance.script import (
    Case,
    Either,
    Ends,
    Expect,
    Gone,
    HalfClose,
    Much,
    Repeat,
    Send,
    Sent,
    Words,
)
from tests.minews.conformance.wire import BrokenRule, Event, NotOpened, Wire, shown

VERDICTS = ("pass", "non-strict", "fail", "absent")  # absent: the endpoint does not offer what the case needs


@dataclass(slots=True)
class Result:
    """What came of a case."""

    case: Case
    verdict: str
    why: str = ""  # of a verdict that is not a pass, in one sentence
    transcript: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.case.id,
            "title": self.case.title,
            "verdict": self.verdict,
            "why": self.why,
            "transcript": self.transcript,
            "seconds": round(self.seconds, 4),
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict:10} {self.case.id:8} {self.case.title}", f"{'':10} {self.why}"]
        return "\n".join(lines + [f"{'':10} {line}" for line in self.transcript[-12:]])


class Failed(Exception):
    """The endpoint did not do what the case demands."""


class Absent(Exception):
    """The endpoint does not offer what the case needs."""


def run_case(case: Case, open_wire: Callable[[Case], Wire]) -> Result:
    """Run a case on a connection that `open_wire` opens for it.

    Raises:
        ConnectionRefusedError: if nobody is there.
    """
    started, result, wire = time.monotonic(), Result(case, "pass"), None
    try:
        wire = open_wire(case)
        Talk(wire, result).run()
    except Absent as lack:
        result.verdict, result.why = "absent", str(lack)
    except (Failed, BrokenRule, NotOpened) as fault:
        result.verdict, result.why = "fail", str(fault)
    except ConnectionRefusedError:
        raise
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        result.verdict, result.why = "fail", f"it neither answered nor ended: {error}"
    finally:
        if wire is not None:
            result.transcript = wire.transcript
            wire.sock.close()
    result.seconds = time.monotonic() - started
    return result


class Talk:
    """The steps of one case, one after the other."""

    def __init__(self, wire: Wire, result: Result) -> None:
        self.wire, self.result = wire, result
        self.events = wire.events()

    def run(self) -> None:
        for step in self.result.case.steps:
            if self.step(step) == "over":
                return

    def step(self, step: object) -> str:
        match step:
            case Send(items, cut):
                self.wire.send(items, cut)
            case HalfClose():
                self.wire.half_close()
            case Repeat(times, steps):
                for _ in range(times):
                    for each in steps:
                        self.step(each)
            case Expect():
                self.expect(step)
            case Either():
                return self.either(step)
            case Ends():
                return self.ends(step)
            case Gone():
                event = self.next_event()
                return "over" if event[0] == "end" else self.ended(Ends(1000, any_code=True), event)
        return "on"

    def expect(self, step: Expect) -> None:
        wanted = [as_event(words) for words in step.echoes]
        owed = [("pong", payload) for payload in step.pongs]
        while wanted or owed:
            event = self.next_event()
            if wanted and event == wanted[0]:
                wanted.pop(0)
            elif step.fewer_pongs and event in owed:
                self.note(owed.index(event) > 0, "it answered several Pings with one Pong")
                del owed[: owed.index(event) + 1]
            elif owed and event == owed[0]:
                owed.pop(0)
            else:
                due = " or ".join(told(each[0]) for each in (wanted, owed) if each)
                raise Failed(f"{told(event)} came, {due} was due")

    def either(self, step: Either) -> str:
        wanted = [as_event(words) for words in step.echoes] + [("pong", payload) for payload in step.pongs]
        while wanted or step.any_words:
            event = self.next_event()
            if event[0] in ("close", "end"):
                return self.ended(Ends(step.code, any_code=step.any_code), event)
            if step.any_words and event[0] in ("text", "binary"):
                break
            if event not in wanted:
                raise Failed(f"{told(event)} came, {told(wanted[0])} or the end was due")
            wanted.remove(event)
        self.note(True, "it went on, though it could fail the connection")
        return "on"

    def ends(self, step: Ends) -> str:
        may_come = [as_event(words) for words in step.may_come]
        while (event := self.next_event()) in may_come:
            may_come.remove(event)
        return self.ended(step, event)

    def ended(self, step: Ends, event: Event) -> str:
        """Judge how it ended, of which `event` is the beginning."""
        kind, code = event
        if kind not in ("close", "end"):
            raise Failed(f"{told(event)} came, a Close with {step.code} was due")
        if kind == "end":
            if not step.failing:
                raise Failed("TCP ended without a Close")
            self.note(True, "it ended TCP without a Close")
            return "over"
        if step.failing and code == 1000 != step.code:
            raise Failed("its Close says 1000, as if nothing were wrong")
        self.note(code != step.code and not step.any_code, f"its Close says {code}, not {step.code}")
        if not self.wire.close_sent:
            payload = b"" if code == 1005 else int(code).to_bytes(2, "big")
            self.wire.send((Sent(Opcode.CLOSE, payload),))
        if self.wire.role is Role.SERVER:
            self.wire.half_close()  # section 7.1.1: the server ends TCP first
        event = self.next_event()
        if event[0] != "end":
            raise Failed(f"{told(event)} came after its Close")
        return "over"

    def next_event(self) -> Event:
        return next(self.events)

    def note(self, lenient: bool, why: str) -> None:
        if lenient:
            self.result.verdict, self.result.why = "non-strict", why


def as_event(words: Words) -> Event:
    data = words.data() if isinstance(words, Much) else words
    return ("text" if isinstance(data, str) else "binary"), data


def told(event: Event) -> str:
    kind, data = event
    names = {"text": "the text", "binary": "the bytes", "pong": "a Pong with", "close": "a Close with"}
    return f"{names[kind]} {shown(data)}" if kind in names else "the end of TCP"
