"""A server and a client that wait: handshake and frames, joined on a live connection (RFC 6455 section 6).

    server    accept_handshake, serve_connection, and route, which serves pages on the same port
    client    BlockingClient

How long a client may take is not decided here, but by whoever opened the connection: see serving.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from .conversation import (
    read_close,
    read_message,
    receive_before,
    receive_response_head,
    send_last,
    write_close,
    write_frame,
    write_message,
)
from .frames import FrameReader, check_frame
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
)
from .tcp import CHUNK, recv_until
from .types import Frame, HandshakeError, Opcode, ProtocolError, Request, Role

__all__ = ["LINGER", "BlockingClient", "accept_handshake", "receive_head", "route", "serve_connection"]

LINGER = 1.0  # seconds for the peer to close its side after ours


def accept_handshake(conn: socket.socket) -> tuple[Request, bytes]:
    """Do the server's part of the opening handshake on a live connection (RFC 6455 section 4.2).

    Receive the client's head, cut as it may come, and send what `accept_client` answers.

    Arguments:
        conn: a connection that a client has just opened.

    Returns:
        (the head of the client's request, the bytes that came after it: the first frames, perhaps).

    Raises:
        HandshakeError: as `parse_request_head` and `accept_client` do, and 431 if no head ends within the
            first MAX_HEAD bytes. Nothing has been sent then: the caller sends the refusal.
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

    First comes the handshake; one that fails is refused. Then each frame gets what it asks for before the
    next one is looked at: text is answered with what on_text makes of it, a Ping with a Pong that carries the
    same bytes, a Pong with nothing, and a Close with a Close that has the same code. Nothing after that
    counts. A frame that breaks a rule fails the connection: a Close with the code of the ProtocolError is
    sent, 1007 for text that is not UTF-8, and that was all. Where the stream is cut makes no difference.

    (Open to you: a message in fragments, and binary ones without on_binary, which get 1003 from the
    reference; whether a Close without a code is answered by one without, as the reference does, or by 1000;
    and when you tell of a frame that the FrameReader can't read behind others that it can.)

    Arguments:
        conn: a connection that a client has just opened. The caller closes it, and sets its time limits.
        on_text: gets each text message; what it returns is sent back, unless that is None.
        on_binary: the same for binary messages.

    Returns:
        The code of the client's Close, 1005 if there was none in it; 1006 if the client just left, or never
        got in; our own code if we failed the connection.

    Raises:
        TimeoutError: if the caller set a time limit and it passes. (Or you return 1006 then.)
        Exception: any other that on_text or on_binary raises, for it is no fault of the client's. (Open to
            you: a HandshakeError, ProtocolError, EOFError or ConnectionError of theirs, which the reference
            takes for the client's. BlockingServer lets none come here.)

    >>> server, client = socket.socketpair()
    >>> client.sendall(build_client_handshake(parse_ws_url("ws://example.com/"), make_key()))
    >>> client.sendall(bytes.fromhex("81 82 00000000 4869  88 82 00000000 03e8"))
    >>> serve_connection(server, str.upper), client.recv(500)[-8:]
    (1000, b'\\x81\\x02HI\\x88\\x02\\x03\\xe8')
    >>> server.close(), client.close()
    (None, None)
    """
    take_binary = on_binary or _refuse_binary
    try:
        _, leftover = accept_handshake(conn)
        for frame in _receive_frames(conn, leftover):
            if frame.opcode == Opcode.CLOSE:
                code = read_close(frame)
                send_last(conn, write_close(Role.SERVER, code))
                return code
            if frame.opcode == Opcode.PING:
                conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
            elif frame.opcode != Opcode.PONG:
                message = read_message(frame)
                answer = on_text(message) if isinstance(message, str) else take_binary(message)
                if answer is not None:
                    conn.sendall(write_message(Role.SERVER, answer))
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code, error.reason))
        return error.code
    except (EOFError, ConnectionError):
        pass  # the client just left, and nobody is there to hear about it
    return 1006


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


def _refuse_binary(data: bytes) -> None:
    raise ProtocolError(1003, "binary messages are not taken here")


def route(request: Request, pages: Mapping[str, bytes]) -> bytes | None:
    """Answer a request for a page, and leave a handshake alone (RFC 9110 sections 9.3.1 and 15.5).

    A request whose Upgrade names websocket, in any case, is a handshake, whatever else is wrong with it, such
    as another method than GET. All others get a whole response with Connection: close, and a page comes as
    HTML in UTF-8; the query of the target does not count.

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
        """Open a TCP connection and do the handshake on it. (The reference closes an earlier one first.)

        If it fails, the TCP connection is closed, and the client has no connection. What comes behind the
        server's head is not lost.

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
            head, received = receive_response_head(conn, deadline)
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
            conn.sendall(write_message(Role.CLIENT, message))
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
            TimeoutError: if no message comes in time, counted from the call, whatever else has come. The
                connection stays open, and you may call again.
            ProtocolError: if the server breaks a rule. It gets a Close with the code, and that was all.
        """
        return self._receive_message(time.monotonic() + self._timeout)

    def close(self, code: int = 1000) -> int:
        """Send a Close, wait for the server's, and close the connection.

        Messages on their way are dropped, and nothing more is sent, no Pong and no second Close.

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
        tell = _say_nothing if closing else send_last  # nothing follows our Close
        try:
            while True:
                frame = self._receive_frame(conn, deadline)
                if frame.opcode == Opcode.CLOSE:
                    code = read_close(frame)
                    tell(conn, write_close(Role.CLIENT, code))
                    self._end(code)
                    raise EOFError(f"the server closed the connection with {code}")
                if frame.opcode == Opcode.PING:
                    tell(conn, write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
                elif frame.opcode != Opcode.PONG:
                    return read_message(frame)
        except ProtocolError as error:
            tell(conn, write_close(Role.CLIENT, error.code, error.reason))
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
                self._received = receive_before(conn, deadline)
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
                receive_before(conn, deadline)


def receive_head(conn: socket.socket) -> tuple[bytes, bytes]:
    """Receive a request head at a server, and what came after it."""
    try:
        return recv_until(conn, END_OF_HEAD, MAX_HEAD)
    except ValueError:
        raise HandshakeError(431, reason=f"the head is longer than {MAX_HEAD} bytes") from None


def _say_nothing(conn: socket.socket, data: bytes) -> None:
    pass
