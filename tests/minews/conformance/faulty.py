"""Servers with one fault each: what judges the judge. A case that none of them fails would say nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from minews import (
    Connection,
    Frame,
    FrameReader,
    Message,
    Opcode,
    Pong,
    State,
    encode_frame,
    parse_ws_url,
    take_head,
)
from minews.connection import Event
from minews.limits import Limits
from minews.opening import Agreement, ServerOptions, accept_request
from tests.minews.asynchronous import PATIENCE
from tests.minews.conformance.wire import NotOpened, ask

LIMITS = Limits(max_frame=1 << 24, max_message=1 << 24)


class Honest:
    """A server without a fault, of which the others are made."""

    deflate: bool = True

    def __init__(self, agreement: Agreement) -> None:
        self.conn = self.agree(agreement).connect(LIMITS)
        self.frames = FrameReader(1 << 25)
        self.over = False

    def agree(self, agreement: Agreement) -> Agreement:
        """Return what the server keeps to, whatever it has agreed to."""
        return agreement

    def take(self, data: bytes) -> bytes:
        """Take what came; return what to answer."""
        for event in self.conn.receive_data(data):
            self.answer(event)
        sent = self.frames.feed(self.conn.data_to_send())
        self.over = self.conn.tcp_should_end
        return b"".join(part for frame in sent for part in self.twist(frame))

    def answer(self, event: Event) -> None:
        if isinstance(event, Message):
            with contextlib.suppress(EOFError):
                if isinstance(event.data, str):
                    self.conn.send_text(event.data)
                else:
                    self.conn.send_binary(event.data)

    def twist(self, frame: Frame) -> Iterable[bytes]:
        """Return the bytes of a frame as this server sends it."""
        yield encode_frame(frame)


class MasksItsFrames(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        yield encode_frame(replace(frame, masking_key=b"abcd"))


class WritesLongLengths(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        whole = encode_frame(frame)
        short = len(frame.payload) <= 125
        yield whole[:1] + b"\x7e" + len(frame.payload).to_bytes(2, "big") + whole[2:] if short else whole


class WritesLengthsLittleEndian(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        whole, used = encode_frame(frame), {126: 2, 127: 8}
        more = used.get(whole[1], 0)
        yield whole[:2] + whole[2 : 2 + more][::-1] + whole[2 + more :]


class EmptiesPongs(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        yield encode_frame(replace(frame, payload=b"") if frame.opcode == Opcode.PONG else frame)


class SendsNoPongs(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        if frame.opcode != Opcode.PONG:
            yield encode_frame(frame)


class AnswersPongs(Honest):
    def answer(self, event: Event) -> None:
        super().answer(event)
        if isinstance(event, Pong):
            self.conn.send_text("I did not ask for that")


class SendsNoClose(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        if frame.opcode != Opcode.CLOSE:
            yield encode_frame(frame)


class SpeaksOnAfterItsClose(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        yield encode_frame(frame)
        if frame.opcode == Opcode.CLOSE:
            yield encode_frame(Frame(True, Opcode.TEXT, b"one thing more"))


class ClosesWithoutACode(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        yield encode_frame(replace(frame, payload=b"") if frame.opcode == Opcode.CLOSE else frame)


class NeverEndsTcp(Honest):
    def take(self, data: bytes) -> bytes:
        answer = super().take(data)
        self.over = False
        return answer


class SendsAllAsText(Honest):
    def twist(self, frame: Frame) -> Iterable[bytes]:
        yield encode_frame(replace(frame, opcode=Opcode.TEXT) if frame.opcode == Opcode.BINARY else frame)


class TidiesText(Honest):
    """It thinks that it knows better how letters are written."""

    def answer(self, event: Event) -> None:
        if isinstance(event, Message) and isinstance(event.data, str):
            event = replace(event, data=unicodedata.normalize("NFC", event.data.removeprefix("\ufeff")))
        super().answer(event)


class KnowsNoCompression(Honest):
    deflate = False


class ForgetsWhatWasSaid(Honest):
    """Each message is inflated as if it were the first, though that was not agreed."""

    def agree(self, agreement: Agreement) -> Agreement:
        return changed(agreement, client_no_context_takeover=True)


class RemembersWhatItSaid(Honest):
    """It looks back over the messages and as far as it can, though it agreed to less."""

    def agree(self, agreement: Agreement) -> Agreement:
        return changed(agreement, server_no_context_takeover=False, server_max_window_bits=None)


def changed(agreement: Agreement, **params: object) -> Agreement:
    deflate = agreement.deflate
    return replace(agreement, deflate=deflate and replace(deflate, **params))  # type: ignore[arg-type]


class RefusesAll(Honest):
    """Whatever comes is a fault."""

    def take(self, data: bytes) -> bytes:
        self.over = True
        return encode_frame(Frame(True, Opcode.CLOSE, b"\x03\xea"))


class TakesAll(Honest):
    """It never finds a fault: bits, opcodes, lengths, fragments, UTF-8 and codes may be anything."""

    deflate = True

    def __init__(self, agreement: Agreement) -> None:
        self.over, self.buffer, self.message, self.opcode = False, b"", b"", 1

    def take(self, data: bytes) -> bytes:
        self.buffer += data
        answer = b""
        while not self.over and (found := loose_frame(self.buffer)):
            fin, opcode, payload, size = found
            self.buffer = self.buffer[size:]
            answer += self.take_frame(fin, opcode, payload)
        return answer

    def take_frame(self, fin: bool, opcode: int, payload: bytes) -> bytes:
        if opcode == Opcode.CLOSE:
            self.over = True
            return encode_frame(Frame(True, Opcode.CLOSE, payload[:125]))
        if opcode & 8:
            return encode_frame(Frame(True, Opcode.PONG, payload[:125]))
        self.message += payload
        self.opcode = opcode or self.opcode
        if not fin:
            return b""
        whole, self.message = self.message, b""
        if self.opcode != Opcode.BINARY:
            whole = whole.decode(errors="replace").encode()
        return encode_frame(
            Frame(True, Opcode.BINARY if self.opcode == Opcode.BINARY else Opcode.TEXT, whole)
        )


def loose_frame(data: bytes) -> tuple[bool, int, bytes, int] | None:
    """Read a frame without a look at the rules."""
    if len(data) < 2:
        return None
    more = {126: 2, 127: 8}.get(data[1] & 127, 0)
    n = int.from_bytes(data[2 : 2 + more], "big") if more else data[1] & 127
    start = 2 + more + (4 if data[1] & 128 else 0)
    if len(data) < start + n:
        return None
    payload = data[start : start + n]
    if data[1] & 128:
        key = (data[start - 4 : start] * (n // 4 + 1))[:n]
        payload = bytes(a ^ b for a, b in zip(payload, key, strict=True))
    return bool(data[0] & 128), data[0] & 15, payload, start + n


class OneRecvIsOneMessage(Honest):
    """A first attempt: what one recv gives is taken for one frame, whose length is in its second byte."""

    deflate = False

    def take(self, data: bytes) -> bytes:
        if data[0] & 15 == Opcode.CLOSE:
            self.over = True
        n = data[1] & 127
        words = (
            bytes(byte ^ data[2 + i % 4] for i, byte in enumerate(data[6 : 6 + n])) if len(data) > 5 else b""
        )
        return bytes([data[0], len(words)]) + words


class OneFrameIsOneMessage(TakesAll):
    """A second attempt: frames are read as they should be, and each is sent back as it is."""

    deflate = False

    def take_frame(self, fin: bool, opcode: int, payload: bytes) -> bytes:
        self.over = opcode == Opcode.CLOSE
        return encode_frame(Frame(True, Opcode.PONG if opcode == Opcode.PING else opcode, payload))


class EndsWithTheHead(Honest):
    """It opens, and then it is gone."""

    def take(self, data: bytes) -> bytes:
        self.over = True
        return b""


class SaysNonsense(Honest):
    """It answers all with the same words."""

    def take(self, data: bytes) -> bytes:
        return encode_frame(Frame(True, Opcode.TEXT, b"What?"))


@contextlib.contextmanager
def running(talk: type[Honest]) -> Iterator[str]:
    """Run a faulty server; give its URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        visits: list[threading.Thread] = []
        sockets: list[socket.socket] = []
        accepting = threading.Thread(target=accept, args=(listening, talk, visits, sockets))
        accepting.start()
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            with contextlib.suppress(OSError):
                socket.create_connection(listening.getsockname()).close()  # the last one: nothing is said
            accepting.join(PATIENCE)
            for visit, sock in zip(visits, sockets, strict=True):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                visit.join(PATIENCE)


def accept(listening: socket.socket, talk: type[Honest], visits: list, sockets: list) -> None:
    while True:
        sock, _ = listening.accept()
        sock.settimeout(PATIENCE)
        if not (first := sock.recv(1 << 16)):
            sock.close()
            return
        sockets.append(sock)
        visits.append(threading.Thread(target=visit, args=(sock, first, talk)))
        visits[-1].start()


def visit(sock: socket.socket, data: bytes, talk: type[Honest]) -> None:
    # IndexError: a first attempt falls over its own feet.
    with sock, contextlib.suppress(OSError, IndexError):
        buffer = bytearray(data)
        head = take_head(buffer)
        assert head is not None
        options = ServerOptions(deflate=talk.deflate)
        answer, agreement = accept_request(head, options)
        sock.sendall(answer)
        server = talk(agreement)
        piece = bytes(buffer) or sock.recv(1 << 18)
        while piece and not server.over:
            sock.sendall(server.take(piece))
            piece = b"" if server.over else sock.recv(1 << 18)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 18):
            pass


def visit_until_gone(url: str, make: Callable[[], Connection]) -> None:
    """Be a client that takes whatever is said about extensions, again and again until it is refused."""
    where = parse_ws_url(url)
    with contextlib.suppress(NotOpened):
        while True:
            with socket.create_connection((where.host, where.port), PATIENCE) as sock:
                offer = "permessage-deflate; client_max_window_bits"
                _, rest = ask(sock, where.host, "/", time.monotonic() + PATIENCE, offer)
                send_back(sock, make(), rest)


def send_back(sock: socket.socket, conn: Connection, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while data := data or sock.recv(1 << 16):
            for event in conn.receive_data(data):
                if isinstance(event, Message) and conn.state is State.OPEN:
                    send = conn.send_text if isinstance(event.data, str) else conn.send_binary
                    send(event.data)  # type: ignore[operator]
            sock.sendall(conn.data_to_send())
            if conn.tcp_should_end:
                return
            data = b""
