"""Messages: what an application sends, in one frame or in many (RFC 6455 sections 5.4, 5.6 and 8.1).

A sender may cut a message into fragments: the first frame says what it is, the others say CONT, the last has
FIN. Control frames may come between fragments, other messages may not.
"""

from __future__ import annotations

import codecs
from typing import Any, Literal

from .types import Frame, Message, Opcode, ProtocolError

__all__ = ["MAX_MESSAGE", "MessageAssembler", "Utf8Stream", "classify", "fragment", "pong_for"]

MAX_MESSAGE = 1 << 24  # bytes in one message that a MessageAssembler takes if nobody says otherwise: 16 MiB
FRAGMENT_COST = 64  # bytes of memory that a fragment takes besides its payload


def classify(frame: Frame) -> Literal["data", "control"]:
    """Tell whether a frame carries a piece of a message or is about the connection (RFC 6455 section 5.5).

    Arguments:
        frame: its opcode alone counts; the reserved ones belong to the kind that they are reserved for.

    >>> classify(Frame(fin=True, opcode=Opcode.CONT, payload=b"")), classify(Frame(True, Opcode.PING, b""))
    ('data', 'control')
    """
    return "control" if frame.opcode & 0b1000 else "data"


def pong_for(ping: Frame) -> Frame:
    """Return the answer to a Ping: a Pong with the same payload (RFC 6455 section 5.5.3).

    Arguments:
        ping: the Ping that came.

    Returns:
        A frame without a masking key: whoever sends it as a client sets one.

    >>> pong_for(Frame(fin=True, opcode=Opcode.PING, payload=b"are you there?")).payload
    b'are you there?'
    """
    return Frame(fin=True, opcode=Opcode.PONG, payload=ping.payload)


def fragment(message: str | bytes, max_payload: int) -> list[Frame]:
    """Cut a message into frames (RFC 6455 section 5.4).

    Arguments:
        message: a str is sent as text in UTF-8, bytes as binary.
        max_payload: bytes in one frame at most, 1 or more. A letter of several bytes may be cut.

    Returns:
        One frame or more, none with a masking key; an empty message is one frame.

    Raises:
        ValueError: if max_payload is less than 1.

    >>> [(int(frame.opcode), frame.payload, frame.fin) for frame in fragment("Hello", 2)]
    [(1, b'He', False), (0, b'll', False), (0, b'o', True)]
    """
    if max_payload < 1:
        raise ValueError(f"{max_payload} bytes hold no fragment")
    opcode, data = (Opcode.TEXT, message.encode()) if isinstance(message, str) else (Opcode.BINARY, message)
    starts = range(0, len(data), max_payload) or range(1)
    return [
        Frame(
            fin=start == starts[-1],
            opcode=Opcode.CONT if start else opcode,
            payload=bytes(data[start : start + max_payload]),
        )
        for start in starts
    ]


class Utf8Stream:
    """Text that comes in pieces, cut anywhere, even inside a letter (RFC 6455 section 8.1).

    >>> stream = Utf8Stream()
    >>> stream.push(b"caf\\xc3"), stream.push(b"\\xa9", final=True)
    ('caf', 'é')
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def push(self, data: bytes, final: bool = False) -> str:
        """Decode the next bytes.

        Arguments:
            data: any number of bytes.
            final: whether they are the last ones of the text. Then another text may follow.

        Returns:
            What is whole of the text; the beginning of a letter waits for its rest.

        Raises:
            ProtocolError: 1007, at the first byte that no text can have at its place, and if the last
                letter of the text is not whole.
        """
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise ProtocolError(1007, "a text message is not UTF-8") from None
        waiting = self._decoder.getstate()[0]
        if waiting[:1] == b"\xed" and waiting[1:] >= b"\xa0":  # a surrogate: Python waits for its last byte
            raise ProtocolError(1007, "a text message is not UTF-8")
        return text


class MessageAssembler:
    """Puts fragments together again (RFC 6455 sections 5.4 and 6.2).

    `text` decodes the text under way; it is None if there is none, or if it is compressed.

    >>> assembler = MessageAssembler()
    >>> assembler.push(Frame(fin=False, opcode=Opcode.TEXT, payload=b"Hel"))
    >>> assembler.push(Frame(fin=True, opcode=Opcode.CONT, payload=b"lo")).data
    'Hello'
    """

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        """Begin with no message.

        Arguments:
            max_message: bytes in one message, at most. Fragments may take as much memory besides, counted
                with 64 bytes each, so that a message in endless tiny fragments comes to an end, too.
        """
        self._max_message = max_message
        self._pieces: list[Any] | None = None  # of the message under way
        self.text: Utf8Stream | None = None

    @property
    def idle(self) -> bool:
        """Whether no message is under way."""
        return self._pieces is None

    def understood(self, frame: Frame) -> Frame:
        """Return a frame without the reserved bits that an extension gives a meaning to."""
        return frame

    def push(self, frame: Frame) -> Message | None:
        """Take the next frame.

        Arguments:
            frame: one that `check_frame` has let pass. Control frames may stand anywhere.

        Returns:
            The message that this frame completes; else None.

        Raises:
            ProtocolError: 1002 if there is no message to continue, or one that is not whole yet; 1007 as soon
                as text is not UTF-8; 1009 if the message is too large.
        """
        if classify(frame) == "control":
            return None
        if frame.opcode != Opcode.CONT:
            self._begin(frame.opcode)
        if self._pieces is None:
            raise ProtocolError(1002, "there is no message to continue")
        self._size += len(frame.payload)
        if max(self._size, FRAGMENT_COST * len(self._pieces)) > self._max_message:
            raise ProtocolError(1009, f"a message takes more than {self._max_message} bytes")
        pieces, text = self._pieces, self.text
        pieces.append(frame.payload if text is None else text.push(frame.payload, frame.fin))
        if not frame.fin:
            return None
        self._pieces = self.text = None
        if text is None:
            return Message(Opcode.BINARY, b"".join(pieces))
        return Message(Opcode.TEXT, "".join(pieces))

    def _begin(self, opcode: int) -> None:
        if not self.idle:
            raise ProtocolError(1002, "a new message began before the last one was whole")
        self._pieces, self._size = [], 0
        self.text = Utf8Stream() if opcode == Opcode.TEXT else None
