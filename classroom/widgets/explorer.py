"""The frame explorer: set the fields and watch the bytes, or paste bytes and watch the fields."""

from __future__ import annotations

import re
from typing import Any

import traitlets

from minews.frames import decode_frame, encode_frame
from minews.types import Frame, ProtocolError, Role

from ..pictures import Picture
from .base import CourseWidget, synced_bytes
from .frame_picture import draw_frame
from .layout import find_problem, lay_out

__all__ = ["FrameExplorer", "explore_frame", "read_hex"]

HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58"  # RFC 6455 section 5.7: a single frame, masked, of text: "Hello"
# What stands before or between bytes when people write them: 0x81, \x81, 81:85, 81,85.
DECORATION = re.compile(r"0x|\\x|[\s,:;]", re.IGNORECASE)


class FrameExplorer(CourseWidget, front="explorer"):
    """A frame to play with, in the browser and from Python.

    Attributes:
        data: the bytes, as they travel; the browser changes them, and so may Python.
        frame: the frame that they start with, or None while it is not whole or if its length can't be read.
            Setting it sets `data`.
        receiver: "server" or "client": whose rules are applied.
    """

    data = synced_bytes()
    frame = traitlets.Instance(Frame, allow_none=True)
    receiver = traitlets.Enum(["server", "client"], "server").tag(sync=True)

    def __init__(self, data: bytes, receiver: Role = Role.SERVER) -> None:
        super().__init__(data=data, receiver=receiver.value)

    @property
    def problem(self) -> str:
        """Which rule the frame breaks, as minews says it; "" if none."""
        return find_problem(self.data, Role(self.receiver))

    @property
    def rest(self) -> bytes:
        """The bytes left over behind the frame."""
        return bytes(self.data[lay_out(self.data).size :])

    @traitlets.observe("data")
    def _read_data(self, _: Any) -> None:
        self.frame = _decode(self.data)

    @traitlets.observe("frame")
    def _write_frame(self, _: Any) -> None:
        if self.frame is not None and self.frame != _decode(self.data):
            self.data = encode_frame(self.frame)

    def draw(self) -> Picture:
        return draw_frame(self.data, Role(self.receiver))


def explore_frame(start: bytes | Frame | str = HELLO, receiver: Role = Role.SERVER) -> FrameExplorer:
    """Show a frame whose fields can be toggled and whose bytes can be pasted over.

    Arguments:
        start: what it shows first: bytes; a frame; or bytes written in hex, with or without spaces.
        receiver: whose rules the frame is held to, until the reader chooses.

    Returns:
        The widget. What the reader makes of it is in its `frame` and `data`.

    Raises:
        ValueError: if `start` is text but no hex, or a frame that can't be written.

    >>> explorer = explore_frame("89 00")
    >>> explorer.frame.opcode, explorer.problem
    (9, '1002 a client masks every frame')
    """
    if isinstance(start, Frame):
        start = encode_frame(start)
    return FrameExplorer(read_hex(start) if isinstance(start, str) else bytes(start), receiver)


def read_hex(text: str) -> bytes:
    """Read bytes that people wrote in hex: "81 85", "8185", "0x81, 0x85", "\\\\x81\\\\x85".

    Raises:
        ValueError: if it is no hex, or a digit is missing.
    """
    digits = DECORATION.sub("", text)
    if wrong := re.search(r"[^0-9a-fA-F]", digits):
        raise ValueError(f'"{wrong[0]}" is not a hex digit')
    if len(digits) % 2:
        raise ValueError("a hex digit is missing: every byte has two")
    return bytes.fromhex(digits)


def _decode(data: bytes) -> Frame | None:
    try:
        decoded = decode_frame(data)
    except ProtocolError:
        return None
    return decoded[0] if decoded else None
