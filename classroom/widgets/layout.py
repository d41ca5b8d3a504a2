"""Which bytes belong to which field of a frame, also of one that is not whole yet or breaks a rule."""

from __future__ import annotations

from dataclasses import dataclass

from minews.frames import FrameReader, check_frame
from minews.types import Frame, Opcode, ProtocolError, Role

__all__ = ["Layout", "Part", "describe", "find_problem", "judge", "lay_out", "name_opcode", "shorten"]

OPCODES = {
    Opcode.CONT: "continuation",
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.CLOSE: "close",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
}
SHOWN = 40  # characters or bytes of a payload in a sentence


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a frame: from `start` up to `end`. `kind` is a key of FRAME_COLOURS."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a frame.

    Arguments:
        parts: in order, none of them empty; each ends where it will end when all bytes have come.
        missing: how many bytes the frame still needs.
        exact: False if the bytes that would say how long it is are missing: then `missing` is the least.
        size: of the whole frame as far as it is known, in bytes.
    """

    parts: tuple[Part, ...]
    missing: int
    exact: bool
    size: int


def lay_out(data: bytes) -> Layout:
    """Divide bytes into the parts of the frame that they start, and what lies behind it.

    Nothing is judged: a payload length in the wrong form is read as it stands.
    """
    second = data[1] if len(data) > 1 else 0
    extended = {126: 2, 127: 8}.get(second & 0x7F, 0)
    key = 4 if second & 0x80 else 0
    head = 2 + extended + key
    exact = len(data) >= 2 + extended
    length = second & 0x7F
    if extended:
        length = int.from_bytes(data[2 : 2 + extended], "big") if exact else 0
    ends = [
        ("first", "FIN, RSV and opcode", 1),
        ("length", "MASK and payload length", 2),
        ("extended", "extended payload length", 2 + extended),
        ("key", "masking key", head),
        ("payload", "payload", head + length),
        ("rest", "left over", max(len(data), head + length)),
    ]
    starts = [0, *(end for _, _, end in ends)]
    parts = [Part(*each[:2], start, each[2]) for start, each in zip(starts, ends, strict=False)]
    size = head + length
    return Layout(tuple(p for p in parts if p.start < p.end), max(0, size - len(data)), exact, size)


def find_problem(data: bytes, receiver: Role) -> str:
    """Say which rule the first frame breaks, in minews' words; "" if none, or if it is not whole yet."""
    try:
        frames = FrameReader().feed(data)
        if frames:
            check_frame(frames[0], receiver)
    except ProtocolError as error:
        return str(error)
    return ""


def name_opcode(opcode: int) -> str:
    """Write an opcode as number and name: 0x1 text."""
    return f"{opcode:#x} {OPCODES.get(Opcode(opcode), '') if opcode in OPCODES else 'reserved'}"


def describe(frame: Frame) -> str:
    """Say what a frame holds, in a line."""
    bits = {"FIN": frame.fin, "RSV1": frame.rsv1, "RSV2": frame.rsv2, "RSV3": frame.rsv3}
    said = [f"{name} {int(bit)}" for name, bit in bits.items() if bit or name == "FIN"]
    said += [f"opcode {name_opcode(frame.opcode)}", f"MASK {int(frame.masking_key is not None)}"]
    said += [f"payload length {len(frame.payload):,}"]
    if frame.masking_key is not None:
        said += [f"masking key {frame.masking_key.hex()}"]
    if frame.payload:
        said += [f"payload {shorten(frame.payload)}"]
    return ", ".join(said)


def shorten(payload: bytes) -> str:
    """Write a payload as text if it is text, else in hex; its start if it is long."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and all(ord(letter) >= 32 and ord(letter) != 127 for letter in text):
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return payload.hex(" ") if len(payload) <= SHOWN else f"{payload[:SHOWN].hex(' ')} ..."


def judge(data: bytes, receiver: Role) -> str:
    """Say what a receiver makes of the bytes: it takes the frame, refuses it, or waits."""
    layout = lay_out(data)
    if problem := find_problem(data, receiver):
        return f"A {receiver.value} refuses it: {problem}."
    if layout.missing or not layout.exact:
        least = "" if layout.exact else "at least "
        return f"Not yet: {least}{_count(layout.missing, 'more byte')}."
    rest = len(data) - layout.size
    behind = f" {_count(rest, 'byte')} behind it: the next frame." if rest else ""
    return f"A {receiver.value} takes it.{behind}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
