"""The timeline of one session: TCP, the heads, every frame of both ends, the Close, the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minews.types import Frame, Opcode, Role

from ..recording import RecordedSocket
from ..sessions import Event, Session
from .drawing import clip, name_bytes, plural
from .layout import OPCODES, name_opcode, shorten
from .sequence import read_lines
from .walk import Walk, WalkPicture

__all__ = ["Timeline", "draw_session", "picture_session"]

LISTED = 60  # events that the text alternative lists
HEX = 24  # bytes of a frame that are shown


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of a session, and what to call its ends."""

    events: tuple[Event, ...]
    client: str = "browser"
    server: str = "server"

    def name(self, sender: Role) -> str:
        """What an end is called."""
        return self.client if sender is Role.CLIENT else self.server

    @property
    def seconds(self) -> float | None:
        """How long it took; None if no times were recorded."""
        times = [event.seconds for event in self.events if event.seconds is not None]
        return max(times) if len(times) == len(self.events) and times else None

    def say_time(self, event: Event) -> str:
        """When it happened, in the unit of this session."""
        if event.seconds is None or self.seconds is None:
            return ""
        return f"{event.seconds:,.3f}" if self.unit == "s" else f"{1000 * event.seconds:,.1f}"

    @property
    def unit(self) -> str:
        """The unit of the times: ms if all took less than a second, else s."""
        return "s" if (self.seconds or 0) >= 1 else "ms"

    def title(self, event: Event) -> str:
        """What an event is, in a few words."""
        if event.frame is not None:
            return _title_frame(event.frame)
        if event.kind in ("request", "response"):
            return next(read_lines(event.data, response=event.kind == "response")).text
        return {
            "connected": "TCP connected",
            "body": "body",
            "broken": "bytes that can't be read",
            "unfinished": "bytes of something unfinished",
            "end": f"end of what the {self.name(event.sender)} sends",
        }[event.kind]

    def about(self, event: Event) -> str:
        """How much of what: the length, and the beginning of the payload."""
        if event.frame is None:
            return plural(len(event.data), "byte") if event.data else ""
        payload = event.frame.payload
        length = plural(len(payload), "byte")
        if event.frame.opcode == Opcode.CLOSE:
            return shorten(payload[2:]) if payload[2:] else ""
        return f"{length}: {shorten(payload)}" if payload else length

    def says(self, event: Event) -> str:
        """A sentence on an event."""
        when = f"at {self.say_time(event)} {self.unit}" if event.seconds is not None else ""
        if event.kind in ("connected", "end"):
            ends = {"connected": "both ends have a connection", "end": "no more bytes can come from this end"}
            return f"{', '.join(part for part in (when, ends[event.kind]) if part)}."
        parts = (when, f"from the {self.name(event.sender)}", clip(self.about(event), 120))
        said = ", ".join(part for part in parts if part)
        if event.problem:
            said += f"; {'it breaks a rule: ' if event.kind == 'frame' else ''}{event.problem}"
        return said if said.endswith("...") else f"{said}."

    def rows(self, event: Event) -> tuple[tuple[str, str], ...]:
        """The fields of a frame and its bytes; the lines of a head."""
        if event.frame is not None:
            return _rows_frame(event.frame, event.data)
        if event.kind in ("request", "response"):
            lines = read_lines(event.data, response=event.kind == "response")
            return (("head", "\n".join(line.text for line in lines)),)
        return (("bytes", name_bytes(event.data, HEX)),) if event.data else ()

    def headline(self) -> str:
        """How many frames went each way, and how long it took."""
        counts = {
            role: sum(event.frame is not None and event.sender is role for event in self.events)
            for role in Role
        }
        took = ""
        if self.seconds is not None:
            took = f", {self.seconds:,.3f} s" if self.unit == "s" else f", {1000 * self.seconds:,.1f} ms"
        return (
            f"{plural(counts[Role.CLIENT], 'frame')} from the {self.client}, "
            f"{counts[Role.SERVER]:,} from the {self.server}{took}"
        )

    def findings(self) -> str:
        """How it began and how it ended."""
        answer = next((event for event in self.events if event.kind == "response"), None)
        if answer is None:
            return "No answer to the handshake was sent."
        status = self.title(answer).partition(" ")[2]
        if not status.startswith("101"):
            return f"The answer is {status}: no WebSocket here."
        return f"Opened with {status}. {self._say_end()}{self._say_problem()}"

    def _say_end(self) -> str:
        closes = [event for event in self.events if event.frame and event.frame.opcode == Opcode.CLOSE]
        if not closes:
            left = next((event for event in self.events if event.kind == "end"), None)
            return f"No Close: the {self.name(left.sender)} just left." if left else "No end was recorded."
        first = closes[0]
        said = f"The {self.name(first.sender)} sent the first Close: {_say_code(first.frame)}."
        answer = next((event for event in closes if event.sender is not first.sender), None)
        who = "server" if first.sender is Role.CLIENT else "client"
        if answer is None:
            return f"{said} The {getattr(self, who)} did not answer it."
        return f"{said} The {self.name(answer.sender)} answered: {_say_code(answer.frame)}."

    def _say_problem(self) -> str:
        wrong = next((event for event in self.events if event.problem and event.kind != "unfinished"), None)
        return f" The {self.name(wrong.sender)} broke a rule: {wrong.problem}." if wrong else ""

    def alternative(self) -> str:
        """The whole picture in words."""
        lines = [f"{self.title(event)}, {self.says(event)}" for event in self.events[:LISTED]]
        more = len(self.events) - LISTED
        return "\n".join(
            [
                f"{self.headline()}. {self.findings()}",
                "",
                *lines,
                *([f"and {more:,} more"] if more > 0 else []),
            ]
        )


def draw_session(
    session: Session | RecordedSocket | Sequence[Event], *, client: str = "browser", server: str = "server"
) -> Walk:
    """Draw what happened on one connection, on a time axis and in order.

    Arguments:
        session: what was recorded: a Session, or the recorded socket of the server's end. For one of the
            client's end, pass `recorded.session(Role.CLIENT)`.
        client, server: what to call the two ends, in a word that can stand behind "the".

    Returns:
        A widget: move from event to event with the arrow keys, Home and End.
    """
    if isinstance(session, RecordedSocket):
        session = session.session()
    events = session.events() if isinstance(session, Session) else session
    return Walk(picture_session(Timeline(tuple(events), client, server)))


def picture_session(timeline: Timeline) -> WalkPicture:
    """The picture and its stops, one for each event."""
    from .timeline_picture import make_picture

    return make_picture(timeline)


def _title_frame(frame: Frame) -> str:
    name = OPCODES.get(Opcode(frame.opcode)) if frame.opcode in OPCODES else f"opcode {frame.opcode:#x}"
    if frame.opcode == Opcode.CLOSE:
        return f"close {_say_code(frame)}"
    return f"{name}" if frame.fin else f"{name}, FIN 0"


def _say_code(frame: Frame | None) -> str:
    """The code of a Close, and that it has none or half of one."""
    payload = frame.payload if frame else b""
    if len(payload) < 2:
        return "with half a code" if payload else "without a code"
    return f"{int.from_bytes(payload[:2], 'big')}"


def _rows_frame(frame: Frame, data: bytes) -> tuple[tuple[str, str], ...]:
    bits = f"FIN {int(frame.fin)}, RSV {int(frame.rsv1)}{int(frame.rsv2)}{int(frame.rsv3)}"
    rows = [("first byte", f"{bits}, opcode {name_opcode(frame.opcode)}")]
    rows.append(("payload length", f"{len(frame.payload):,}"))
    if frame.masking_key is None:
        rows.append(("masking key", "none, MASK 0"))
    else:
        rows.append(("masking key", f"{frame.masking_key.hex(' ')}, MASK 1"))
    if frame.opcode == Opcode.CLOSE and len(frame.payload) >= 2:
        rows.append(("close code", _say_code(frame)))
        rows += [("reason", shorten(frame.payload[2:]))] if frame.payload[2:] else []
    elif frame.payload:
        rows.append(("payload", shorten(frame.payload)))
    return (*rows, ("bytes", name_bytes(data, HEX)))
