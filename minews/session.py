"""What a connection and a server are, whether on threads or on asyncio: no socket, no thread and no task.

`sync` and `aio` bring the bytes and the time; here is what they have in common. A `Session` is one connection
after its opening: messages that came and wait, Pings and what they measure, the patience with a silent peer.
A `Reception` is what a server knows of its visitors, and what it answers to them.

>>> session = Session(Limits())
>>> session.state.value, session.close_code
('connecting', 1006)
"""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import Any

from .closing import NO_CLOSE
from .handshake import refuse
from .limits import Limits
from .opening import Agreement, ServerOptions, accept_request, take_head_within
from .speed import FastConnection
from .tls import classify_first_bytes
from .types import Close, HandshakeError, Message, Pong, State

__all__ = ["EVICTED", "INBOX", "NOT_YET", "OUTBOX", "Reception", "Session"]

INBOX = 1 << 16  # bytes of messages that wait to be read; what happens beyond is the driver's business
OUTBOX = 1 << 16  # bytes that wait to be sent, of messages with asyncio, and of Pongs
EVICTED = 1 << 20  # bytes unsent with which a broadcast gives a connection up
MESSAGE_COST = 64  # bytes that a waiting message takes besides its data
BIT = 1 << 10  # bytes to take at once of what may be compressed, and inflate to a thousand times as much

# What stands in for a connection until the handshake is over: what is to be said of it, and nobody to tell.
NOT_YET: Any = SimpleNamespace(
    state=State.CONNECTING,
    close_code=NO_CLOSE,
    close_reason="",
    tcp_should_end=True,
    receive_eof=lambda: [],
    data_to_send=lambda: b"",
)


class Session:
    """One end of a connection, without what moves its bytes.

    Attributes:
        agreement: what was agreed in the handshake; at a server with the client's request.
        latency: seconds that the last Ping took to its Pong, or None; one goes out after every
            `Limits.ping_time` in which nothing came.
    """

    __slots__ = (
        "_inbox", "_inbox_size", "_later", "_limits", "_pings", "_protocol", "agreement",
        "latency",
    )  # fmt: skip

    agreement: Agreement

    def __init__(self, limits: Limits) -> None:
        """Begin before the handshake; `limits` are what the peer may cost."""
        self.latency: float | None = None
        self._limits = limits
        self._protocol: FastConnection = NOT_YET
        self._inbox: list[str | bytes] = []  # the oldest message last, where it is taken out for nothing
        self._inbox_size = 0
        self._later = b""  # what came, and must wait until there is room for what it may inflate to
        self._pings: dict[bytes, tuple[float, Any]] = {}  # when each was sent, and who waits for it

    @property
    def state(self) -> State:
        """Where the connection stands in its life."""
        return self._protocol.state

    @property
    def close_code(self) -> int:
        """The code that it ended with; see `Connection`."""
        return self._protocol.close_code

    @property
    def close_reason(self) -> str:
        """The reason that it ended with."""
        return self._protocol.close_reason

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state.value}>"

    # What a driver is to do.

    def _flush(self) -> bool | None:
        """Send what the protocol has to send."""

    def _give_up(self) -> None:
        """Drop the connection, and say nothing."""

    # What a driver calls.

    def _begin(self, agreement: Agreement) -> None:
        self.agreement, self._protocol = agreement, agreement.connect(self._limits)

    def _take(self, data: bytes) -> bool:
        """Take bytes of the peer's; tell whether they ended the connection.

        What may be compressed is taken bit by bit, as long as there is room for it: the rest waits in
        `_later`, and the driver is to take it before it reads on.
        """
        if len(data) > BIT and self.agreement.deflate is not None:
            for at in range(0, len(data), BIT):
                if self._inbox_size > INBOX and self.state is State.OPEN:
                    self._later = data[at:]
                    return False
                if self._take(data[at : at + BIT]):
                    return True
            return False
        events = self._protocol.receive_data(data)
        if len(events) == 1 and not self._inbox and type(message := events[0]) is Message:
            self._inbox.append(message.data)  # what comes most often, in one step
            self._inbox_size = len(message.data) + MESSAGE_COST
            return False
        messages, ended = [], False
        for event in events:
            if type(event) is Message:
                messages.append(event.data)
            elif type(event) is Pong:
                self._note_pong(event.payload)
            elif type(event) is Close:
                ended = True
        if self._inbox_size <= INBOX or self._protocol.state is State.OPEN:  # else we wait for a Close only
            self._inbox_size += sum(map(len, messages)) + MESSAGE_COST * len(messages)
            self._inbox[:0] = messages[::-1]
        return ended

    def _pop(self) -> str | bytes:
        message = self._inbox.pop()
        self._inbox_size -= len(message) + MESSAGE_COST
        return message

    def _check_open(self, end: type[Exception] = EOFError) -> None:
        """Raise an error if no message can come any more."""
        if self._protocol.ended or self._protocol.state is State.CLOSED:
            raise end(f"the connection ended with {self.close_code}")

    def _send_message(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._protocol.send_text(message)
        else:
            self._protocol.send_binary(message)

    def _send_ping(self, payload: bytes = b"", waiter: Any = None) -> bytes:
        """Send a Ping with random bytes or others; return them."""
        payload = bytes(memoryview(payload)) or os.urandom(8)  # what bytearrays say may change
        self._protocol.send_ping(payload)
        self._pings[payload] = time.monotonic(), waiter
        self._flush()
        return payload

    def _note_pong(self, payload: bytes) -> None:
        if payload not in self._pings:
            return
        now, answered = time.monotonic(), b""
        while answered != payload:  # section 5.5.3: one Pong may answer all Pings before it
            answered = next(iter(self._pings))
            sent, waiter = self._pings.pop(answered)
            self.latency = now - sent
            if waiter is not None and not waiter.done():
                waiter.set_result(self.latency)

    def _patience(self) -> float:
        """Return the seconds of silence after which `_mind_silence` has something to do."""
        ping_time, idle_time = self._limits.ping_time, self._limits.idle_time
        if ping_time is None or self._pings or self.state is not State.OPEN:
            return idle_time
        return min(ping_time, idle_time)

    def _mind_silence(self, silence: float) -> None:
        """Ping a peer that was silent for so many seconds, if that is long, and give it up if too long."""
        if silence >= self._limits.idle_time:
            self._give_up()
        elif silence >= self._patience():
            self._send_ping()


class Reception:
    """What a server knows of its visitors.

    Attributes:
        port: where it listens.
        connections: those that are open now.
        error: the first exception that a handler, or `admit`, raised, or None.
    """

    def __init__(
        self, secure: bool, options: ServerOptions | None, limits: Limits | None, max_connections: int
    ) -> None:
        self.port = 0
        self.connections: set[Any] = set()
        self.error: Exception | None = None
        self._options, self._limits = options or ServerOptions(), limits or Limits()
        self._scheme = "wss" if secure else "ws"
        self._max_connections = max_connections

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this server."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url()} {len(self.connections)} connections>"

    def _answer(self, received: bytearray, late: bool = False) -> tuple[bytes, Agreement | None] | None:
        """Return what to answer to a request, and what is agreed then; None if it is not whole yet."""
        try:
            try:
                return self._decide(received, late)
            except HandshakeError as refusal:
                return refuse(refusal), None
        except Exception as error:  # of the application's `admit`, or in what it refuses with
            self._note(error)
            return refuse(HandshakeError(500, reason="the server made a mistake")), None

    def _decide(self, received: bytearray, late: bool) -> tuple[bytes, Agreement] | None:
        head = take_head_within(received, self._limits.max_head)
        if head is None:
            if classify_first_bytes(bytes(received[:3])) == "tls":
                raise HandshakeError(400, reason="TLS is not spoken here")
            if late:
                raise HandshakeError(408, reason="the request did not come in time")
            return None
        if len(self.connections) >= self._max_connections:
            raise HandshakeError(503, reason="too many connections, come back later")
        return accept_request(head, self._options)

    def _judge(self, error: Exception, conn: Session) -> tuple[int, str]:
        """Return what to close a connection with whose handler raised an error."""
        # It is no mistake to send to a peer that has gone, or to wait in vain for one that takes nothing.
        if isinstance(error, EOFError | TimeoutError) and conn.state is not State.OPEN:
            return 1000, ""
        self._note(error)
        return 1011, "the server made a mistake"

    def _note(self, error: Exception) -> None:
        self.error = self.error or error
