"""A server and a client that wait: handshake and frames, joined on a live connection (RFC 6455 section 6).

    server    accept_handshake, serve_connection, and route, which serves pages on the same port
    client    BlockingClient

Text and binary messages travel in one frame each. A message in fragments is refused with 1003, since putting
fragments together is the business of a later module. How long a peer may take is not decided here, but by
whoever opened the connection: see serving.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from .frames import FrameReader, check_frame, encode_frame
from .handshake import (
    accept_client,
    build_client_handshake,
    check_server_handshake,
    make_key,
    parse_ws_url,
    refuse,
)
from .http import (
    END_OF_HEAD,
    MAX_HEAD,
    format_response,
    header_tokens,
    parse_request_head,
    parse_response_head,
    take_head,
)
from .tcp import CHUNK, recv_until
from .types import Frame, HandshakeError, Opcode, ProtocolError, Request, Role

__all__ = [
    "LINGER",
    "BlockingClient",
    "accept_handshake",
    "receive_head",
    "route",
    "send_last",
    "serve_connection",
    "write_close",
]

LINGER = 1.0  # seconds for the peer to close its side after ours


def accept_handshake(conn: socket.socket) -> tuple[Request, bytes]:
    """Do the server's part of the opening handshake on a live connection (RFC 6455 section 4.2).

    Arguments:
        conn: a connection that a client has just opened.

    Returns:
        (the head of the client's request, the bytes that came after it: the first frames, perhaps).

    Raises:
        HandshakeError: as `parse_request_head` and `accept_client` do, and 431 if the head is longer than
            MAX_HEAD bytes. Nothing has been sent then: the caller sends the refusal.
        EOFError: if the client leaves within its head.

    >>> server, client = socket.socketpair()
    >>> url = parse_ws_url("ws://example.com/chat")
    >>> client.sendall(build_client_handshake(url, make_key()) + b"\\x81...")
    >>> request, leftover = accept_handshake(server)
    >>> request.target, leftover, client.recv(12)
    ('/chat', b'\\x81...', b'HTTP/1.1 101')
    >>> server.close(), client.close()
    (None, None)
    """
    head, leftover = receive_head(conn)
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


def serve_connection(
    conn: socket.socket,
    on_text: Callable[[str], str | None],
    on_binary: Callable[[bytes], bytes | None] | None = None,
) -> int:
    """Serve one client from its handshake to its end (RFC 6455 sections 4.2.2, 5.5 and 6.2).

    Messages are answered in the order in which they come, Pings are answered by Pongs, and a Close by a Close
    with the same code. What breaks a rule fails the connection: a Close with the code of the ProtocolError is
    sent, 1007 for text that is not UTF-8, and nothing that comes after is looked at. A handshake that fails
    is refused.

    Arguments:
        conn: a connection that a client has just opened. The caller closes it, and sets its time limits.
        on_text: gets each text message; what it returns is sent back, unless that is None.
        on_binary: the same for binary messages; without it, one fails the connection with 1003. (So does, in
            the reference, a message in fragments.)

    Returns:
        The code of the client's Close, 1005 if there was none in it; 1006 if the client just left, or never
        got in; our own code if we failed the connection.

    >>> server, client = socket.socketpair()
    >>> client.sendall(build_client_handshake(parse_ws_url("ws://example.com/"), make_key()))
    >>> client.sendall(bytes.fromhex("81 82 00000000 4869  88 82 00000000 03e8"))
    >>> serve_connection(server, str.upper), client.recv(500)[-8:]
    (1000, b'\\x81\\x02HI\\x88\\x02\\x03\\xe8')
    >>> server.close(), client.close()
    (None, None)
    """
    try:
        _, leftover = accept_handshake(conn)
        for frame in _receive_frames(conn, leftover):
            if frame.opcode == Opcode.CLOSE:
                code = _close_code(frame)
                send_last(conn, _write_frame(Role.SERVER, Opcode.CLOSE, frame.payload[:2]))
                return code
            if frame.opcode == Opcode.PING:
                conn.sendall(_write_frame(Role.SERVER, Opcode.PONG, frame.payload))
            elif frame.opcode != Opcode.PONG:
                answer = _answer_message(_read_message(frame), on_text, on_binary)
                if answer is not None:
                    conn.sendall(_write_message(Role.SERVER, answer))
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code, error.reason))
        return error.code
    except (EOFError, ConnectionError):
        pass  # the client just left, and nobody is there to hear about it
    return 1006


def route(request: Request, pages: Mapping[str, bytes]) -> bytes | None:
    """Answer a request for a page, and leave a handshake alone (RFC 9110 sections 9.3.1 and 15.5).

    A request whose Upgrade names websocket, in any case, is a handshake, whatever else is wrong with it. All
    others get a whole response with Connection: close; the query of the target does not count.

    Arguments:
        request: the head of the request.
        pages: HTML by path, such as {"/": b"<p>Hello"}.

    Returns:
        None for a handshake. Else the response, ready to send: the page with 200, or 404 if there is none at
        this path. (The reference answers a method other than GET with 405.)

    >>> from minews import parse_request_head
    >>> request = parse_request_head(b"GET /?a=1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    >>> route(request, {"/": b"<p>Hello"})[:15], route(request, {})[:22]
    (b'HTTP/1.1 200 OK', b'HTTP/1.1 404 Not Found')
    """
    if "websocket" in header_tokens(request.headers.get_all("Upgrade")):
        return None
    headers = [("Connection", "close"), ("Content-Type", "text/html; charset=utf-8")]
    if request.method != "GET":
        return format_response(405, [*headers, ("Allow", "GET")])
    page = pages.get(request.target.partition("?")[0])
    if page is None:
        return format_response(404, headers, b"<p>There is no such page here.\n")
    return format_response(200, headers, page)


class BlockingClient:
    """A client that talks to one server and waits for each thing that it does (RFC 6455 sections 4.1 and 6).

    >>> from minews import BlockingServer
    >>> with BlockingServer(str.upper) as server:
    ...     client = BlockingClient()
    ...     client.connect(server.url())
    ...     client.send("Hello")
    ...     client.recv(), client.close()
    ('HELLO', 1000)
    """

    def __init__(self, timeout: float = 10.0) -> None:
        """Start without a connection.

        Arguments:
            timeout: seconds that a call waits, at most.
        """
        self._timeout = timeout
        self._conn: socket.socket | None = None
        self._code = 1006

    def connect(self, url: str) -> None:
        """Open a connection; an earlier one is closed first.

        Arguments:
            url: such as "ws://127.0.0.1:9001/chat".

        Raises:
            ValueError: if `parse_ws_url` raises it, or if the URL is a wss one, which needs TLS.
            OSError: if nobody answers there. (TimeoutError, if nobody does in time, is one, too.)
            EOFError: if the server leaves within its head.
            HandshakeError: as `check_server_handshake` does, and 502 if the answer is no HTTP.
        """
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError(f"{url} needs TLS, which this client does not speak")
        self.close()
        deadline, key = time.monotonic() + self._timeout, make_key()
        conn = socket.create_connection((where.host, where.port), self._timeout)
        try:
            conn.sendall(build_client_handshake(where, key))
            # Section 4.1: nothing more is sent until the server has answered.
            head, received = _receive_response_head(conn, deadline)
            check_server_handshake(parse_response_head(head), key)
        except BaseException:
            conn.close()
            raise
        self._conn, self._received = conn, received
        self._reader, self._frames = FrameReader(), deque[Frame]()

    def send(self, message: str | bytes) -> None:
        """Send a message: text for a str, binary for bytes.

        Raises:
            EOFError: if there is no connection, or none any more.
            OSError: if the connection is lost, or the server does not take the message in time.
        """
        conn = self._opened()
        conn.settimeout(self._timeout)
        try:
            conn.sendall(_write_message(Role.CLIENT, message))
        except OSError:
            # A part of the frame may be on its way, and nothing could follow that.
            self._end(1006)
            raise

    def recv(self) -> str | bytes:
        """Wait for the next message, and answer Pings meanwhile.

        Returns:
            A str for a text message, bytes for a binary one.

        Raises:
            EOFError: after the server's Close or departure, and if there never was a connection.
            TimeoutError: if no message comes in time. The connection stays open, and you may call again.
            ProtocolError: if the server breaks a rule. It gets a Close with the code, and that was all.
        """
        return self._receive_message(time.monotonic() + self._timeout)

    def close(self, code: int = 1000) -> int:
        """Send a Close, wait for the server's, and close the connection. Messages on their way are dropped.

        Arguments:
            code: says why; 1000 means that all is done.

        Returns:
            The code of the server's Close, 1005 if there was none in it; 1006 if the server just left, or did
            not answer in time, or if there never was a connection; our own code if we failed the connection.

        Raises:
            ValueError: if no Close may carry this code.
        """
        goodbye = write_close(Role.CLIENT, code)
        if self._conn is not None:
            send_last(self._conn, goodbye)
            deadline = time.monotonic() + self._timeout
            with contextlib.suppress(EOFError, TimeoutError, ProtocolError):
                while True:
                    self._receive_message(deadline, closing=True)
            self._end(1006)
        return self._code

    def _receive_message(self, deadline: float, closing: bool = False) -> str | bytes:
        conn = self._opened()
        try:
            while True:
                frame = self._receive_frame(conn, deadline)
                if frame.opcode == Opcode.CLOSE:
                    code = _close_code(frame)
                    if not closing:  # else it answers ours
                        send_last(conn, _write_frame(Role.CLIENT, Opcode.CLOSE, frame.payload[:2]))
                    self._end(code)
                    raise EOFError(f"the server closed the connection with {code}")
                if frame.opcode == Opcode.PING and not closing:
                    send_last(conn, _write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
                elif frame.opcode not in (Opcode.PING, Opcode.PONG):
                    return _read_message(frame)
        except ProtocolError as error:
            if not closing:
                send_last(conn, write_close(Role.CLIENT, error.code, error.reason))
            self._end(error.code)
            raise
        except EOFError:
            self._end(1006)
            raise

    def _receive_frame(self, conn: socket.socket, deadline: float) -> Frame:
        while not self._frames:
            received, self._received = self._received, b""
            self._frames.extend(self._reader.feed(received))
            if not self._frames:
                self._received = _receive(conn, deadline)
        frame = self._frames.popleft()
        check_frame(frame, Role.CLIENT)
        return frame

    def _opened(self) -> socket.socket:
        if self._conn is None:
            raise EOFError("there is no open connection")
        return self._conn

    def _end(self, code: int) -> None:
        """Note how the connection ended, and close it; if it has ended already, do nothing."""
        if self._conn is None:
            return
        conn, self._conn, self._code = self._conn, None, code
        deadline = time.monotonic() + LINGER
        with conn, contextlib.suppress(EOFError, OSError):
            while True:  # Section 7.1.1: it is the server that closes the TCP connection first.
                _receive(conn, deadline)


def receive_head(conn: socket.socket) -> tuple[bytes, bytes]:
    """Receive a request head at a server, and what came after it."""
    try:
        return recv_until(conn, END_OF_HEAD, MAX_HEAD)
    except ValueError:
        raise HandshakeError(431, reason=f"the head is longer than {MAX_HEAD} bytes") from None


def _receive_response_head(conn: socket.socket, deadline: float) -> tuple[bytes, bytes]:
    """Receive a response head at a client, and what came after it."""
    buffer = bytearray()
    try:
        while (head := take_head(buffer)) is None:
            buffer += _receive(conn, deadline)
    except HandshakeError as error:
        raise HandshakeError(502, reason=error.reason) from None
    return head, bytes(buffer)


def _receive(conn: socket.socket, deadline: float) -> bytes:
    """Receive what has come; EOFError when the peer has gone, TimeoutError at the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("nothing came in time")
    conn.settimeout(left)
    try:
        data = conn.recv(CHUNK)
    except ConnectionError:
        data = b""
    if not data:
        raise EOFError("the peer has gone")
    return data


def _receive_frames(conn: socket.socket, leftover: bytes) -> Iterator[Frame]:
    """Yield the frames of a client, each one checked, until it leaves."""
    reader, data = FrameReader(), leftover
    while True:
        while frames := reader.feed(data):
            for frame in frames:
                check_frame(frame, Role.SERVER)
                yield frame
            data = b""  # asked again, the reader tells of a bad frame behind the good ones
        data = conn.recv(CHUNK)
        if not data:
            return


def _read_message(frame: Frame) -> str | bytes:
    """Return what a data frame carries: a str for text, bytes for binary."""
    if frame.opcode == Opcode.CONT:
        raise ProtocolError(1002, "there is no message to continue")
    if not frame.fin:
        raise ProtocolError(1003, "messages in fragments are not taken here")
    if frame.opcode == Opcode.BINARY:
        return frame.payload
    try:
        return frame.payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "a text message is not UTF-8") from None


def _answer_message(
    message: str | bytes,
    on_text: Callable[[str], str | None],
    on_binary: Callable[[bytes], bytes | None] | None,
) -> str | bytes | None:
    if isinstance(message, str):
        return on_text(message)
    if on_binary is None:
        raise ProtocolError(1003, "binary messages are not taken here")
    return on_binary(message)


def _close_code(frame: Frame) -> int:
    """Return the code in a Close, 1005 if it carries none (RFC 6455 sections 5.5.1 and 7.1.5)."""
    if not frame.payload:
        return 1005
    code = int.from_bytes(frame.payload[:2], "big")
    if not _may_travel(code):  # nor does what a single byte says
        raise ProtocolError(1002, "a Close carries no code, or one that may travel")
    try:
        frame.payload[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "the reason in a Close is not UTF-8") from None
    return code


def _may_travel(code: int) -> bool:
    """Tell whether a Close may carry a code: 1005, 1006 and 1015 never leave a program (section 7.4)."""
    return 1000 <= code <= 4999 and code not in (1004, 1005, 1006, 1015)


def _write_frame(role: Role, opcode: Opcode, payload: bytes) -> bytes:
    # Section 5.3: a client masks each frame, with a new key that nobody can foresee.
    masking_key = os.urandom(4) if role is Role.CLIENT else None
    return encode_frame(Frame(fin=True, opcode=opcode, payload=payload, masking_key=masking_key))


def _write_message(role: Role, message: str | bytes) -> bytes:
    if isinstance(message, str):
        return _write_frame(role, Opcode.TEXT, message.encode())
    return _write_frame(role, Opcode.BINARY, message)


def write_close(role: Role, code: int, reason: str = "") -> bytes:
    """Write a Close; ValueError for a code that may not travel."""
    if not _may_travel(code):
        raise ValueError(f"no Close carries the code {code}")
    # Section 5.5: a control frame has room for 125 bytes.
    return _write_frame(role, Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode("ascii", "replace")[:123])


def send_last(conn: socket.socket, data: bytes) -> None:
    """Send something that does not matter any more if the peer has gone."""
    with contextlib.suppress(OSError):
        conn.sendall(data)
