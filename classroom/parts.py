"""Show frames, alone, in a pair or in a list, and name the first part in which two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from enum import Enum
from typing import TypeGuard

from minews.types import Frame, Opcode

__all__ = ["differing_part", "name_slips", "show_parts", "write_argument", "write_arguments"]

ON_THE_WIRE = ("fin", "rsv1", "rsv2", "rsv3", "opcode", "masking_key", "payload")  # a frame's fields in order
# What the RFC calls them, where that is another name.
CALLED = {"fin": "FIN", "rsv1": "RSV1", "rsv2": "RSV2", "rsv3": "RSV3", "masking_key": "masking key"}
WIDE = 80  # characters of a line that need no scrolling beside the words of a notebook
SHORT = 20  # bytes of a payload that are written out
SAMPLE = 8  # bytes shown of a longer one


def write_argument(value: object) -> str | None:
    """Write a frame or a member of an enum as it is typed in a call; None for other values."""
    if isinstance(value, Frame):
        return _write_frame(value)
    return str(value) if isinstance(value, Enum) and not isinstance(value, Opcode) else _write_opcode(value)


def _write_opcode(value: object) -> str | None:
    return f"Opcode.{value.name}" if isinstance(value, Opcode) else None


def show_parts(value: object) -> list[str] | None:
    """Show a frame, or a tuple or list with frames in it, as lines of text; None for other values."""
    if isinstance(value, Frame):
        line = _write_frame(value)
        return (
            [line]
            if len(line) <= WIDE
            else _spread("Frame(", [[each] for each in write_arguments(value)], ")")
        )
    if not _holds_frames(value):
        return None
    opening, closing = "()" if isinstance(value, tuple) else "[]"
    items = [show_parts(each) or [repr(each)] for each in value]
    is_short = all(len(lines) == 1 for lines in items)
    several = len(value) > 1 and all(isinstance(each, Frame) for each in value)
    line = ", ".join(lines[0] for lines in items) + "," * (len(value) == 1 and isinstance(value, tuple))
    if is_short and not several and len(line) <= WIDE:
        return [f"{opening}{line}{closing}"]
    return _spread(opening, items, closing)


def _spread(opening: str, items: Sequence[Sequence[str]], closing: str) -> list[str]:
    """Write each item on lines of its own, between brackets."""
    lines = [f"    {line}" for *first, last in items for line in (*first, f"{last},")]
    return [opening, *lines, closing]


def _holds_frames(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, (list, tuple)) and any(
        isinstance(each, Frame) or _holds_frames(each) for each in value
    )


def _write_frame(frame: Frame) -> str:
    """Write a frame as it is typed, without what is not set."""
    return f"Frame({', '.join(write_arguments(frame))})"


def write_arguments(frame: Frame) -> list[str]:
    """Write the arguments that make a frame, without those that are not set."""
    shown = []
    for each in fields(Frame):
        value = getattr(frame, each.name)
        if each.default is MISSING or type(value) is not type(each.default) or value != each.default:
            shown.append(f"{each.name}={_write_part(each.name, value)}")
    return shown


def _write_part(name: str, value: object) -> str:
    if name == "opcode" and type(value) in (int, Opcode):
        known = next((each for each in Opcode if each == value), None)
        return f"Opcode.{known.name}" if known is not None else f"{value:#x}"
    if name == "masking_key" and isinstance(value, bytes) and len(value) <= SHORT:
        return f'bytes.fromhex("{value.hex(" ")}")'
    if not isinstance(value, (bytes, bytearray)) or len(value) <= SHORT:
        return repr(value)
    if len(set(value)) == 1:
        return f"{bytes(value[:1])!r} * {len(value)}"
    return f"{bytes(value[:SAMPLE])!r}... ({len(value):,} bytes)"


def name_slips(got: object, want: object) -> list[str]:
    """Say in which part a frame, or a tuple or list of frames, first differs from the one that must come."""
    if isinstance(got, Frame) and isinstance(want, Frame):
        return list(_frame_slips(got, want))[:1]
    if not _holds_frames(want) and not _holds_frames(got):
        return []
    if isinstance(got, tuple) and isinstance(want, tuple):
        return _pair_slips(got, want)
    return _list_slips(got, want) if isinstance(got, list) and isinstance(want, list) else []


def differing_part(got: object, want: object) -> str:
    """Name the first part in which two frames, alone, in a pair or in a list, differ, in the RFC's words.

    Returns:
        A field such as "FIN", "masking key" or "payload"; "taken" for the number of bytes in a pair; "frames"
        for the number of frames in a list; "" where no frames are compared, or none of them differs.
    """
    if isinstance(got, Frame) and isinstance(want, Frame):
        names = (name for name in ON_THE_WIRE if getattr(got, name) != getattr(want, name))
        return next((CALLED.get(name, name) for name in names), "")
    if type(got) is not type(want) or not _holds_frames(want):
        return ""
    assert isinstance(got, (list, tuple))
    if len(got) != len(want):
        return "frames" if isinstance(want, list) else ""
    found = next(filter(None, map(differing_part, got, want)), "")
    return found or ("taken" if isinstance(want, tuple) and got[1:] != want[1:] else "")


def _frame_slips(got: Frame, want: Frame) -> Iterator[str]:
    for name in ON_THE_WIRE:
        came, must = getattr(got, name), getattr(want, name)
        if {type(came), type(must)} == {int, Opcode} and came == must:
            continue
        if came == must and type(came) is not type(must):
            yield f"{name} is of type {type(came).__name__} and must be of type {type(must).__name__}."
        elif came != must:
            shown = f"{_write_part(name, came)} came, {_write_part(name, must)} must come"
            yield f"{name}: {shown}.{_where(came, must)}"


def _where(came: object, must: object) -> str:
    """Say where two payloads begin to differ, if that is not their first byte."""
    if not isinstance(came, (bytes, bytearray)) or not isinstance(must, bytes):
        return ""
    shorter = min(len(came), len(must))
    at = next((place for place in range(shorter) if came[place] != must[place]), shorter)
    return f" They are the same up to byte {at}." if at else ""


def _pair_slips(got: Sequence[object], want: Sequence[object]) -> list[str]:
    """The slips of (frame, bytes taken)."""
    if len(got) != len(want):
        return [f"A tuple of {len(got)} came, one of {len(want)} must come."]
    slips = name_slips(got[0], want[0])
    if len(want) == 2 and got[1] != want[1]:
        slips.append(f"The number of bytes taken: {got[1]!r} came, {want[1]!r} must come.")
    return slips


def _list_slips(got: Sequence[object], want: Sequence[object]) -> list[str]:
    slips = []
    if len(got) != len(want):
        slips = [f"{_frames(len(got))} came, {len(want)} must come."]
    for number, (came, must) in enumerate(zip(got, want, strict=False)):
        found = name_slips(came, must)
        if found:
            return [*slips, f"In frame {number}, counted from 0, {found[0]}"]
    return slips


def _frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"
