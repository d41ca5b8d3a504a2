"""Correct answers to the exercises of lesson 6 that look different from the reference; see variants_04.py."""

# ruff: noqa: RUF059, UP012 (people write it so)

import contextlib
import os
import socket
import struct
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from classroom.mistakes import variant
from minews.blocking import accept_handshake
from minews.conversation import (
    read_close,
    read_message,
    receive_before,
    receive_response_head,
    send_last,
    write_close,
    write_frame,
    write_message,
)
from minews.frames import FrameReader, check_frame
from minews.handshake import (
    accept_client,
    build_client_handshake,
    check_server_handshake,
    make_key,
    parse_ws_url,
    refuse,
)
from minews.http import (
    format_response,
    header_tokens,
    parse_request_head,
    parse_response_head,
)
from minews.tcp import recv_until
from minews.types import HandshakeError, Opcode, ProtocolError, Role

# 6.1 accept_handshake


@variant(
    "6.1",
    blocks=True,
    stray={
        "handshake-one-recv": '    head, leftover = conn.recv(16_384).split(b"\\r\\n\\r\\n")',
        "both-values-sent": "conn.sendall(accept_client(request))",
        "bytes-after-head-lost": 'return request, b""',
    },
)
def one_step_a_line(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16_384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    answer, subprotocol = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@variant("6.1")
def buffer_and_find(conn):
    buffer = bytearray()
    while True:
        end = buffer.find(b"\r\n\r\n")
        if end >= 0:
            break
        if len(buffer) > 16384:
            raise HandshakeError(400, reason="too long")
        piece = conn.recv(1024)
        if piece == b"":
            raise EOFError("the client has left")
        buffer.extend(piece)
    request = parse_request_head(bytes(buffer[: end + 4]))
    conn.sendall(accept_client(request)[0])
    return (request, bytes(buffer[end + 4 :]))


@variant("6.1")
def a_byte_at_a_time(conn):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = conn.recv(1)
        if not byte:
            raise EOFError
        head += byte
        if len(head) > 20_000:
            raise HandshakeError(431)
    request = parse_request_head(head)
    answer = accept_client(request)[0]
    while answer:
        answer = answer[conn.send(answer) :]
    return request, b""


@variant("6.1")
def lines_of_a_file(conn):
    file = conn.makefile("rb", buffering=0)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = file.readline()
        if not line:
            raise EOFError("no more lines")
        head += line
        if len(head) > 16_384:
            raise HandshakeError(431, reason="the head is too long")
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, b""


@variant("6.1")
def into_a_view(conn):
    buffer = bytearray(16_384)
    view, size = memoryview(buffer), 0
    while b"\r\n\r\n" not in buffer[:size]:
        if size == len(buffer):
            raise HandshakeError(431)
        count = conn.recv_into(view[size:])
        if count == 0:
            raise EOFError
        size += count
    head, end, leftover = bytes(buffer[:size]).partition(b"\r\n\r\n")
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


# 6.2 serve_connection


@variant("6.2", blocks=True)
def one_loop(conn, on_text, on_binary=None):
    try:
        # 1 the handshake gives you more than the request
        _, data = accept_handshake(conn)
        reader = FrameReader()
        # 2 whatever has come, frame by frame, and each of them checked
        while True:
            for frame in reader.feed(data):
                check_frame(frame, Role.SERVER)
                # 3 a Close is answered and ends it
                if frame.opcode == Opcode.CLOSE:
                    code = read_close(frame)
                    send_last(conn, write_close(Role.SERVER, code))
                    return code
                # 4 a Ping gets its bytes back
                if frame.opcode == Opcode.PING:
                    conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
                # 5 a message goes to on_text or on_binary, and perhaps there is an answer
                if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                    message = read_message(frame)
                    answer = on_text(message) if isinstance(message, str) else on_binary(message)
                    if answer is not None:
                        conn.sendall(write_message(Role.SERVER, answer))
            # 6 then the next piece; what does it mean if there is none?
            data = conn.recv(65536)
            if not data:
                return 1006
    # 7 each of these ends has its code, and some have last words
    except HandshakeError as error:
        conn.sendall(refuse(error))
        return 1006
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except (EOFError, ConnectionError):
        return 1006


def server_frame(opcode, payload):
    """A frame by hand, without the given functions."""
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        head += bytes([len(payload)])
    elif len(payload) < 65536:
        head += struct.pack("!BH", 126, len(payload))
    else:
        head += struct.pack("!BQ", 127, len(payload))
    return head + payload


@variant("6.2")
def everything_by_hand(conn, on_text, on_binary=None):
    try:
        request, leftover = accept_handshake(conn)
    except HandshakeError as error:
        conn.sendall(refuse(error))
        return 1006
    except (EOFError, OSError):
        return 1006
    reader = FrameReader()
    data = leftover
    while True:
        try:
            frames = reader.feed(data)
        except ProtocolError as error:
            conn.sendall(server_frame(8, struct.pack("!H", error.code)))
            return error.code
        for frame in frames:
            try:
                check_frame(frame, Role.SERVER)
            except ProtocolError as error:
                conn.sendall(server_frame(8, struct.pack("!H", error.code) + b"protocol error"))
                return error.code
            if frame.opcode == 1:
                try:
                    text = frame.payload.decode("utf-8")
                except UnicodeDecodeError:
                    conn.sendall(server_frame(8, struct.pack("!H", 1007)))
                    return 1007
                answer = on_text(text)
                if answer is not None:
                    conn.sendall(server_frame(1, answer.encode("utf-8")))
            elif frame.opcode == 2 and on_binary is not None:
                answer = on_binary(frame.payload)
                if answer is not None:
                    conn.sendall(server_frame(2, answer))
            elif frame.opcode == 9:
                conn.sendall(server_frame(10, frame.payload))
            elif frame.opcode == 8:
                payload = frame.payload
                code = 1005 if not payload else 1002
                if len(payload) >= 2:
                    (code,) = struct.unpack("!H", payload[:2])
                    if not 1000 <= code < 5000 or code in (1004, 1005, 1006, 1015):
                        code, payload = 1002, b""
                    try:
                        payload[2:].decode("utf-8")
                    except UnicodeDecodeError:
                        code = 1007
                conn.sendall(server_frame(8, b"" if code == 1005 else struct.pack("!H", code)))
                return code
        try:
            data = conn.recv(4096)
        except ConnectionError:
            return 1006
        if data == b"":
            return 1006


class Session:
    """One client, and what it has said so far."""

    def __init__(self, conn, on_text, on_binary):
        self.conn = conn
        self.reader = FrameReader()
        self.handlers = {
            Opcode.TEXT: lambda frame: self.reply(on_text(read_message(frame))),
            Opcode.BINARY: lambda frame: self.reply(on_binary(read_message(frame))),
            Opcode.PING: lambda frame: self.say(Opcode.PONG, frame.payload),
            Opcode.PONG: lambda frame: None,
            Opcode.CLOSE: self.goodbye,
        }

    def say(self, opcode, payload):
        self.conn.sendall(write_frame(Role.SERVER, opcode, payload))

    def reply(self, answer):
        if answer is not None:
            self.conn.sendall(write_message(Role.SERVER, answer))

    def goodbye(self, frame):
        code = read_close(frame)
        self.say(Opcode.CLOSE, frame.payload)
        return code

    def run(self, data):
        while data:
            for frame in self.reader.feed(data):
                check_frame(frame, Role.SERVER)
                code = self.handlers[frame.opcode](frame)
                if code:
                    return code
            data = self.conn.recv(2048)
        return 1006


@variant("6.2")
def a_session_with_handlers(conn, on_text, on_binary=None):
    session = Session(conn, on_text, on_binary)
    try:
        _, leftover = accept_handshake(conn)
        return session.run(leftover or conn.recv(2048))
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        with contextlib.suppress(OSError):
            conn.sendall(write_close(Role.SERVER, error.code, "that was not allowed"))
        return error.code
    except (EOFError, OSError):
        pass
    return 1006


def next_frames(conn, leftover):
    reader = FrameReader()
    yield from reader.feed(leftover)
    file = conn.makefile("rb", buffering=0)
    while data := file.read(65_536):
        yield from reader.feed(data)


@variant("6.2")
def match_on_the_opcode(conn, on_text, on_binary=None):
    code = 1006
    try:
        _, leftover = accept_handshake(conn)
        for frame in next_frames(conn, leftover):
            check_frame(frame, receiver=Role.SERVER)
            match frame.opcode:
                case Opcode.TEXT | Opcode.BINARY:
                    message = read_message(frame)
                    handler = on_text if type(message) is str else on_binary
                    answer = handler(message)
                    if answer is not None:
                        conn.sendall(write_message(Role.SERVER, answer))
                case Opcode.PING:
                    conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
                case Opcode.CLOSE:
                    code = read_close(frame)
                    # 1000 in place of nothing: section 7.1.5 leaves it open
                    conn.sendall(write_close(Role.SERVER, 1000 if code == 1005 else code, "bye"))
                    break
    except HandshakeError as error:
        conn.sendall(refuse(error))
    except ProtocolError as error:
        code = error.code
        conn.sendall(write_close(Role.SERVER, code, error.reason))
    except (EOFError, ConnectionResetError, BrokenPipeError):
        pass
    return code


# 6.3 route


@variant(
    "6.3",
    blocks=True,
    stray={
        "upgrade-in-one-case": 'if request.headers.get("Upgrade") == "websocket":\n    return None',
        "query-as-part-of-the-path": "path = request.target",
        "none-for-no-page": "if path not in pages:\n    return None",
    },
)
def step_by_step(request, pages):
    if "websocket" in header_tokens(request.headers.get_all("Upgrade")):
        return None
    path = request.target.split("?")[0]
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Connection", "close")]
    if path not in pages:
        return format_response(404, headers, b"<p>There is no such page.")
    return format_response(200, headers, pages[path])


@variant("6.3")
def head_by_hand(request, pages):
    for value in request.headers.get_all("Upgrade"):
        for token in value.split(","):
            if token.strip().lower() == "websocket":
                return None
    path, _, _ = request.target.partition("?")
    body = pages.get(path)
    if body is None:
        body, status = b"not found", "404 Not Found"
    else:
        status = "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n"
    head += 'Connection: Close\r\nContent-Type: text/html; charset="UTF-8"\r\n\r\n'
    return head.encode() + body


@variant("6.3")
def with_urlsplit(request, pages):
    names = [name.partition("/")[0] for name in header_tokens(request.headers.get_all("upgrade"))]
    if "websocket" in names:
        return None
    try:
        page, status = pages[urlsplit("http://host" + request.target).path], HTTPStatus.OK
    except KeyError:
        page, status = b"", HTTPStatus.NOT_FOUND
    fields = {"Content-Type": "text/html;charset=utf-8", "Connection": "close", "Cache-Control": "no-store"}
    return format_response(status.value, list(fields.items()), page)


@variant("6.3")
def lines_joined(request, pages):
    if any(token == "websocket" for token in header_tokens(request.headers.get_all("Upgrade"))):
        return None
    target = request.target
    if "?" in target:
        target = target[: target.index("?")]
    found = target in pages
    body = pages[target] if found else "<h1>Keine Seite</h1>".encode()
    lines = [
        b"HTTP/1.1 200 Here it is" if found else b"HTTP/1.1 404 ",
        b"content-type: Text/HTML; charset=UTF-8",
        b"content-length: %d" % len(body),
        b"connection: close",
        b"",
        body,
    ]
    return b"\r\n".join(lines)


# 6.4 BlockingClient


@variant("6.4", blocks=True)
class Plain:
    def __init__(self, timeout=10.0):
        # 1 what the object remembers, before there is a connection; _closing: our Close is sent
        self._timeout = timeout
        self._conn = None
        self._code = 1006
        self._closing = False

    def connect(self, url):
        # 2 where to, and is it possible at all?
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("wss needs TLS")
        # 3 the TCP connection; whatever fails from here on must close it
        conn = socket.create_connection((where.host, where.port), self._timeout)
        try:
            self._shake_hands(conn, where)
        except BaseException:
            conn.close()
            raise
        self._conn = conn

    def _shake_hands(self, conn, where):
        # 4 the request, then the server's head, and what came behind it
        key = make_key()
        conn.sendall(build_client_handshake(where, key))
        head, leftover = receive_response_head(conn, time.monotonic() + self._timeout)
        check_server_handshake(parse_response_head(head), key)
        self._reader = FrameReader()
        self._frames = self._reader.feed(leftover)

    def send(self, message):
        # 5 one masked frame, if there is a connection; the time limit anew
        if self._conn is None:
            raise EOFError("there is no connection")
        self._conn.settimeout(self._timeout)
        self._conn.sendall(write_message(Role.CLIENT, message))

    def recv(self):
        # 6 the deadline of this call; close waits in the same way, with one of its own
        return self._receive_message(time.monotonic() + self._timeout)

    def _receive_message(self, deadline):
        # 7 frame after frame, until one is a message; a broken rule ends it all
        try:
            while True:
                frame = self._next_frame(deadline)
                if frame.opcode == Opcode.CLOSE:
                    self._end(read_close(frame))
                    raise EOFError("the server closed the connection")
                if frame.opcode == Opcode.PING and not self._closing:
                    self._conn.sendall(write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
                elif frame.opcode not in (Opcode.PING, Opcode.PONG):
                    return read_message(frame)
        except ProtocolError as error:
            self._end(error.code)
            raise

    def _next_frame(self, deadline):
        # 8 frames that are here already come first; then what the socket gives until the deadline
        if self._conn is None:
            raise EOFError("there is no connection")
        while not self._frames:
            try:
                data = receive_before(self._conn, deadline)
            except EOFError:
                self._end(None)
                raise
            self._frames = self._reader.feed(data)
        frame = self._frames.pop(0)
        check_frame(frame, Role.CLIENT)
        return frame

    def _end(self, code):
        # 9 each end comes by here: note the code, say it in a Close unless ours is sent; None: no code came
        if code is not None and not self._closing:
            send_last(self._conn, write_close(Role.CLIENT, code))
        self._code = 1006 if code is None else code
        self._conn.close()
        self._conn = None

    def close(self, code=1000):
        # 10 our Close, then read on until something raises; silence is an end, too
        if self._conn is not None:
            send_last(self._conn, write_close(Role.CLIENT, code))
            self._closing = True
            deadline = time.monotonic() + self._timeout
            try:
                while True:
                    self._receive_message(deadline)
            except (EOFError, ProtocolError):
                pass
            except OSError:
                self._end(None)
        return self._code


def client_frame(opcode, payload):
    key = os.urandom(4)
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    repeated = key * (length // 4 + 1)
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:length], "big")
    return head + key + masked.to_bytes(length, "big")


@variant("6.4")
class SocketAndConnect:
    """Opens the socket itself, and writes its frames by hand."""

    def __init__(self, timeout=10.0):
        self.timeout = timeout
        self.sock = None
        self.result = 1006
        self.said_goodbye = False
        self.waiting = []

    def connect(self, url):
        parts = parse_ws_url(url)
        if parts.secure:
            raise ValueError(url)
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(self.timeout)
        try:
            sock.connect((parts.host, parts.port))
            key = make_key()
            sock.sendall(build_client_handshake(parts, key))
            received = b""
            while b"\r\n\r\n" not in received:
                piece = sock.recv(100)
                if not piece:
                    raise EOFError
                received += piece
            end = received.index(b"\r\n\r\n") + 4
            check_server_handshake(parse_response_head(received[:end]), key)
        except:
            sock.close()
            raise
        self.sock = sock
        self.reader = FrameReader()
        self.waiting = self.reader.feed(received[end:])

    def _write(self, opcode, payload):
        if self.sock is None:
            raise EOFError
        if not self.said_goodbye:
            self.sock.sendall(client_frame(opcode, payload))

    def send(self, message):
        if isinstance(message, str):
            self._write(1, message.encode())
        else:
            self._write(2, bytes(message))

    def _leave(self, code):
        self.result = code
        self.sock.close()
        self.sock = None

    def recv(self):
        until = time.monotonic() + self.timeout
        while self.sock is not None:
            while self.waiting:
                frame = self.waiting.pop(0)
                try:
                    check_frame(frame, Role.CLIENT)
                    if frame.opcode == 1:
                        return frame.payload.decode()
                    if frame.opcode == 2:
                        return frame.payload
                    if frame.opcode == 9:
                        self._write(10, frame.payload)
                    if frame.opcode == 8:
                        code = read_close(frame)
                        self._write(8, frame.payload)
                        self._leave(code)
                        raise EOFError(f"closed with {code}")
                except (ProtocolError, UnicodeDecodeError) as error:
                    code = getattr(error, "code", 1007)
                    self._write(8, code.to_bytes(2, "big"))
                    self._leave(code)
                    raise ProtocolError(code) from None
            self.sock.settimeout(max(until - time.monotonic(), 0.001))
            try:
                data = self.sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self._leave(1006)
                break
            self.waiting.extend(self.reader.feed(data))
        raise EOFError("no connection")

    def close(self, code=1000):
        if self.sock is None:
            return self.result
        self._write(8, code.to_bytes(2, "big"))
        self.said_goodbye = True
        while self.sock is not None:
            try:
                self.recv()
            except (EOFError, ProtocolError):
                break
            except OSError:
                self._leave(1006)
        return self.result


@variant("6.4")
class Generator:
    """A generator of messages does the reading."""

    def __init__(self, timeout=10.0):
        self.timeout, self.conn, self.code, self.silent = timeout, None, 1006, True

    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("only ws")
        with contextlib.ExitStack() as stack:
            address = (where.host, where.port)
            conn = stack.enter_context(socket.create_connection(address, timeout=self.timeout))
            key = make_key()
            conn.sendall(build_client_handshake(where, key))
            head, leftover = recv_until(conn, b"\r\n\r\n", 16_384)
            check_server_handshake(parse_response_head(head), key)
            stack.pop_all()
        self.conn, self.silent = conn, False
        self.reader, self.pending, self.received = FrameReader(), [], leftover

    def say(self, data):
        if not self.silent:
            send_last(self.conn, data)

    def send(self, message):
        if self.conn is None:
            raise EOFError("not connected")
        self.conn.sendall(write_message(Role.CLIENT, message))

    def frames(self):
        end = time.monotonic() + self.timeout
        while True:
            self.pending += self.reader.feed(self.received)
            self.received = b""
            while self.pending:
                frame = self.pending.pop(0)
                check_frame(frame, Role.CLIENT)
                yield frame
            if time.monotonic() >= end:
                raise TimeoutError
            self.conn.settimeout(end - time.monotonic())
            self.received = self.conn.recv(65_536)
            if not self.received:
                return

    def recv(self):
        if self.conn is None:
            raise EOFError("not connected")
        code = 1006
        try:
            for frame in self.frames():
                if frame.opcode == Opcode.CLOSE:
                    code = read_close(frame)
                    self.say(write_close(Role.CLIENT, 1000 if code == 1005 else code))
                    break
                if frame.opcode == Opcode.PING:
                    self.say(write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
                elif frame.opcode != Opcode.PONG:
                    return read_message(frame)
        except ProtocolError as error:
            self.say(write_close(Role.CLIENT, error.code))
            self.finish(error.code)
            raise
        except TimeoutError:
            raise
        except OSError:
            self.finish(1006)
            raise
        self.finish(code)
        raise EOFError("that was all")

    def finish(self, code):
        self.code = code
        self.conn.close()
        self.conn = None

    def close(self, code=1000):
        if self.conn is not None:
            self.say(write_close(Role.CLIENT, code))
            self.silent = True
            with contextlib.suppress(EOFError, OSError, ProtocolError):
                while True:
                    self.recv()
            if self.conn is not None:
                self.finish(1006)
        return self.code


@variant("6.4")
class DeadlinesAndStates:
    """Uses receive_before, and words for its states."""

    def __init__(self, timeout=10.0):
        self.timeout = timeout
        self.state = "new"
        self.close_code = 1006

    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("wss")
        self.conn = socket.create_connection((where.host, where.port), timeout=self.timeout)
        try:
            self.handshake(where, make_key())
        except (OSError, EOFError, HandshakeError, ValueError):
            self.conn.close()
            raise
        self.state = "open"

    def handshake(self, where, key):
        self.conn.sendall(build_client_handshake(where, key))
        buffer = b""
        while b"\r\n\r\n" not in buffer:
            buffer += receive_before(self.conn, self.deadline())
        head, end, rest = buffer.partition(b"\r\n\r\n")
        check_server_handshake(parse_response_head(head + end), key)
        self.reader = FrameReader()
        self.inbox = list(self.reader.feed(rest))

    def deadline(self):
        return time.monotonic() + self.timeout

    def send(self, message):
        if self.state != "open":
            raise EOFError(self.state)
        self.conn.sendall(write_message(Role.CLIENT, message))

    def recv(self):
        if self.state != "open":
            raise EOFError(self.state)
        return self.wait()

    def wait(self):
        deadline = self.deadline()
        try:
            while True:
                while not self.inbox:
                    self.inbox.extend(self.reader.feed(receive_before(self.conn, deadline)))
                message = self.treat(self.inbox.pop(0))
                if message is not None:
                    return message
        except EOFError:
            if self.state != "closed":
                self.closed(1006)
            raise
        except ProtocolError as error:
            if self.state == "open":
                send_last(self.conn, write_close(Role.CLIENT, error.code, error.reason))
            self.closed(error.code)
            raise

    def treat(self, frame):
        check_frame(frame, Role.CLIENT)
        if frame.opcode == Opcode.CLOSE:
            code = read_close(frame)
            if self.state == "open":
                send_last(self.conn, write_close(Role.CLIENT, code))
            self.closed(code)
            raise EOFError("closed by the server")
        if frame.opcode == Opcode.PING and self.state == "open":
            self.conn.sendall(write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
        return None if frame.opcode in (Opcode.PING, Opcode.PONG) else read_message(frame)

    def closed(self, code):
        self.state = "closed"
        self.close_code = code
        self.conn.close()

    def close(self, code=1000):
        if self.state == "open":
            send_last(self.conn, write_close(Role.CLIENT, code))
            self.state = "closing"
            try:
                while self.state == "closing":
                    self.wait()
            except (EOFError, ProtocolError):
                pass
            except TimeoutError:
                self.closed(1006)
        return self.close_code
