"""A connection without a socket: bytes in, events out, and the other way round (RFC 6455 sections 5 to 7).

`Connection` neither waits nor asks what time it is. Whoever has the socket hands it what was received, sends
what `data_to_send` gives, and closes when `tcp_should_end` says so. Its life is a table:
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from .closing import NO_CLOSE, decode_close, encode_close
from .frames import FrameReader, check_frame, encode_frame
from .messages import MAX_MESSAGE, MessageAssembler, pong_for
from .types import Close, Frame, Message, Opcode, Ping, Pong, ProtocolError, Role, State

__all__ = ["TRANSITIONS", "Connection", "Event"]

Event = Message | Ping | Pong | Close

# Sections 4.1 and 7.1: what happens, in which state, and the state that it leads to.
TRANSITIONS: dict[tuple[State, str], State] = {
    (State.CONNECTING, "the handshake succeeds"): State.OPEN,
    (State.CONNECTING, "the handshake fails"): State.CLOSED,
    (State.OPEN, "a Close is sent"): State.CLOSING,
    (State.OPEN, "a Close comes"): State.CLOSING,
    (State.CLOSING, "a Close is sent"): State.CLOSING,
    (State.CLOSING, "a Close comes"): State.CLOSING,
    (State.CONNECTING, "TCP ends"): State.CLOSED,
    (State.OPEN, "TCP ends"): State.CLOSED,
    (State.CLOSING, "TCP ends"): State.CLOSED,
}


class Connection:
    """One end of a WebSocket connection, from the end of the handshake to the end of TCP.

    `state` is where it stands, and `ended` whether nothing that comes counts any more (sections 1.4 and
    7.1.7). `close_code` and `close_reason` say how it ended: the peer's Close, 1005 if that had no code; our
    own code if the peer broke a rule; 1006 if there was no Close.

    >>> client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    >>> client.send_text("Hello")
    >>> server.receive_data(client.data_to_send())
    [Message(opcode=<Opcode.TEXT: 1>, data='Hello')]
    >>> server.send_close(1000, "done")
    >>> client.receive_data(server.data_to_send())
    [Close(code=1000, reason='done')]
    >>> server.receive_data(client.data_to_send()), server.tcp_should_end
    ([Close(code=1000, reason='')], True)
    """

    __slots__ = (
        "_assembler", "_compress", "_failed", "_longest", "_output", "_random_bytes", "_reader", "close_code",
        "close_reason", "ended", "limit", "role", "state",
    )  # fmt: skip

    def __init__(
        self,
        role: Role,
        *,
        max_frame: int = MAX_MESSAGE,
        max_message: int = MAX_MESSAGE,
        random_bytes: Callable[[int], bytes] = os.urandom,
        assembler: MessageAssembler | None = None,
        compress: Callable[[bytes], bytes | None] | None = None,
    ) -> None:
        """Begin in OPEN.

        Arguments:
            role: which end I am.
            max_frame: bytes in the payload of one frame that comes, at most; control frames may always have
                their 125.
            max_message: bytes in one message that comes, at most. A frame that is longer, unless an extension
                reads it, is refused as soon as its head has come.
            random_bytes: where masking keys come from: gets a number of bytes, returns as many.
            assembler, compress: how an extension reads frames, and what it makes of the payload of a message
                before that is sent with RSV1, None to send it as it is; both come from the same agreement.
        """
        self.role, self.state = role, State.OPEN
        self.ended = False
        self._failed = False  # the peer broke a rule
        self.close_code, self.close_reason = NO_CLOSE, ""
        self._longest = max(125, max_frame if assembler else min(max_frame, max_message))
        self._reader, self._assembler = FrameReader(self._longest), assembler or MessageAssembler(max_message)
        self.limit = min(self._longest, max_message)
        self._random_bytes, self._compress = random_bytes, compress
        self._output: list[bytes] = []

    def receive_data(self, data: bytes) -> list[Event]:
        """Take bytes of the peer's, cut anywhere.

        Returns:
            What happened, in order. A Close comes last, whether it is the peer's or tells, with our own code,
            that the peer broke a rule. What the peer sends after that is not looked at.
        """
        events: list[Event] = []
        try:
            while not self.ended and (frames := self._reader.feed(data)):
                data = b""  # asked again, the reader tells of a bad frame behind the good ones
                for frame in frames:
                    if not self.ended and (event := self._receive_frame(frame)) is not None:
                        events.append(event)
        except ProtocolError as error:
            events.append(self._fail(error))
        return events

    def receive_eof(self) -> list[Event]:
        """Note that the peer sends no more, or that TCP is lost.

        Returns:
            A Close with 1006 if there was none before; else nothing.
        """
        told = self.ended or self.state is State.CLOSED
        self._move("TCP ends")
        return [] if told else [Close(NO_CLOSE, "")]

    def send_text(self, text: str) -> None:
        """Send a text message. Raises EOFError if the connection is not OPEN (section 6.1)."""
        self._send_data(Opcode.TEXT, text.encode())

    def send_binary(self, data: bytes) -> None:
        """Send a binary message. Raises EOFError if the connection is not OPEN (section 6.1)."""
        self._send_data(Opcode.BINARY, bytes(memoryview(data)))  # bytes(5) would be five zeros

    def send_ping(self, payload: bytes = b"") -> None:
        """Send a Ping (section 5.5.2).

        Raises:
            ValueError: if the payload has more than 125 bytes.
            EOFError: if the connection is not OPEN.
        """
        if len(payload) > 125:
            raise ValueError(f"a Ping has room for 125 bytes, not {len(payload)}")
        self._send_data(Opcode.PING, bytes(memoryview(payload)))

    def send_close(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a Close, and nothing of ours after it; a second one does nothing (section 7.1.2).

        A Ping that comes before the peer's Close is still answered (section 5.5.2).

        Raises:
            ValueError: as `encode_close` does.
        """
        self._close("a Close is sent", encode_close(code, reason))

    def data_to_send(self) -> bytes:
        """Return the bytes that are to be sent by now; each of them is given once."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    @property
    def tcp_should_end(self) -> bool:
        """Whether all is said, so that TCP is closed once `data_to_send` is sent.

        The server closes it first, so that TIME-WAIT is its business; a client waits for that a while, and
        only ends by itself a connection whose server broke a rule (section 7.1.1).
        """
        return self.state is State.CLOSED or self._failed or (self.ended and self.role is Role.SERVER)

    def _receive_frame(self, frame: Frame) -> Event | None:
        check_frame(self._assembler.understood(frame), self.role)
        if frame.opcode == Opcode.PING:
            self._write(pong_for(frame))
            return Ping(frame.payload)
        if frame.opcode == Opcode.PONG:
            return Pong(frame.payload)
        if frame.opcode == Opcode.CLOSE:
            told = decode_close(frame.payload)
            self._close("a Close comes", frame.payload[:2])  # section 5.5.1: the answer repeats the code
            return self._end(*told)
        return self._assembler.push(frame)

    def _fail(self, error: ProtocolError) -> Close:
        self.send_close(error.code, error.reason)
        self._failed = True
        return self._end(error.code, error.reason)

    def _close(self, what: str, payload: bytes) -> None:
        if self.state is State.OPEN:
            self._write(Frame(fin=True, opcode=Opcode.CLOSE, payload=payload))
        self._move(what)

    def _end(self, code: int, reason: str) -> Close:
        self.ended, self.close_code, self.close_reason = True, code, reason
        return Close(code, reason)

    def _send_data(self, opcode: Opcode, payload: bytes) -> None:
        if self.state is not State.OPEN:
            raise EOFError("the connection is not open any more")
        packed = None if self._compress is None or opcode == Opcode.PING else self._compress(payload)
        self._write(Frame(True, opcode, payload if packed is None else packed, rsv1=packed is not None))

    def _write(self, frame: Frame) -> None:
        # Section 5.3: a client masks each frame, with a new key that nobody can foresee.
        key = self._random_bytes(4) if self.role is Role.CLIENT else None
        self._output.append(encode_frame(replace(frame, masking_key=key)))

    def _move(self, what: str) -> None:
        self.state = TRANSITIONS.get((self.state, what), self.state)
