"""The tester's end of a connection: every byte of it is meant, and what comes is held to every rule.

It shares no line with `Connection` and its kin: the framing is written here once more, on a socket that waits
until one deadline for the whole case.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

from minews import Frame, Opcode, ProtocolError, Role, accept_value, check_frame, decode_payload_len
from minews.speed import apply_mask_fast
from tests.minews.conformance.packing import Packer, Unpacker
from tests.minews.conformance.script import Much, Say, Sent

NEVER_SENT = {1004, 1005, 1006, 1015}
SHOWN = 40  # letters of a payload in a transcript

Event = tuple[
    str, str | bytes | int
]  # ("text", ...), ("binary", ...), ("pong", ...), ("close", code), ("end", 0)


class BrokenRule(Exception):
    """The endpoint sent what no endpoint may send."""


class Wire:
    """A connection after the opening handshake. `role` is the tester's."""

    def __init__(self, sock: socket.socket, role: Role, deadline: float, rest: bytes = b"") -> None:
        self.sock, self.role, self.deadline = sock, role, deadline
        self.transcript: list[str] = []
        self.packer: Packer | None = None
        self.unpacker: Unpacker | None = None
        self.close_sent = False
        self.close_came = False
        self._buffer = bytearray(rest)
        self._keys: list[bytes | None] = []  # of the last three frames that came
        self._pinged: set[bytes] = set()  # payloads of the tester's Pings
        self._message: tuple[int, bool, list[bytes]] | None = None  # opcode, compressed, fragments

    # Sending.

    def send(self, items: tuple[Sent | Say | bytes, ...], cut: int = 0) -> None:
        """Send in one piece, or in pieces of `cut` bytes; that the endpoint has gone shows in what comes."""
        data = b"".join(self.written(item) for item in items)
        size = cut or len(data) or 1
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for start in range(0, len(data), size):
                self.sock.settimeout(self._left())
                self.sock.sendall(data[start : start + size])

    def half_close(self) -> None:
        """End the tester's half of TCP, also below TLS."""
        self.transcript.append("> (no more)")
        with (
            contextlib.suppress(OSError),
            socket.fromfd(self.sock.fileno(), self.sock.family, self.sock.type) as twin,
        ):
            twin.shutdown(socket.SHUT_WR)

    def written(self, item: Sent | Say | bytes) -> bytes:
        if isinstance(item, bytes):
            self.transcript.append(f"> {shown(item)} as it is")
            return item
        if isinstance(item, Say):
            return self._write_message(item)
        self.transcript.append(f"> {describe(item)}")
        self.close_sent = self.close_sent or item.opcode == Opcode.CLOSE
        if item.opcode == Opcode.PING:
            self._pinged.add(item.payload)
        return write_frame(item, self.role)

    def _write_message(self, say: Say) -> bytes:
        words = say.words.data() if isinstance(say.words, Much) else say.words
        opcode, data = (Opcode.TEXT, words.encode()) if isinstance(words, str) else (Opcode.BINARY, words)
        how = f" in fragments of {say.fragment}" if say.fragment else ""
        self.transcript.append(f"> {opcode.name} {len(data)} bytes{how}{' compressed' * say.packed}")
        if say.packed:
            assert self.packer is not None
            data = self.packer.pack(data, say.level)
        size = say.fragment or len(data) or 1
        starts = range(0, len(data), size) or range(1)
        return b"".join(
            write_frame(
                Sent(
                    Opcode.CONT if start else opcode,
                    data[start : start + size],
                    fin=start == starts[-1],
                    rsv=4 if say.packed and not start else 0,
                ),
                self.role,
            )
            for start in starts
        )

    # Receiving.

    def events(self) -> Iterator[Event]:
        """Give what comes, until TCP ends. Pings of the endpoint are answered.

        Raises:
            BrokenRule: if the endpoint does what it must not.
            TimeoutError: at the deadline.
        """
        while True:
            frame = self._read_frame()
            if frame is None:
                self.transcript.append("< (end of TCP)")
                yield "end", 0
                return
            event = self._take_frame(frame)
            if event is not None:
                self.transcript.append(f"< {event[0]} {shown(event[1])}")
                yield event

    def _take_frame(self, frame: Frame) -> Event | None:
        if self.close_came:
            raise BrokenRule("it sent a frame after its Close")
        if frame.opcode == Opcode.PING:
            if frame.payload in self._pinged:
                raise BrokenRule("it answered a Ping with a Ping")
            if not self.close_sent:
                self.send((Sent(Opcode.PONG, frame.payload),))
            return None
        if frame.opcode == Opcode.PONG:
            return "pong", frame.payload
        if frame.opcode == Opcode.CLOSE:
            self.close_came = True
            return "close", close_code(frame.payload)
        return self._take_data(frame)

    def _take_data(self, frame: Frame) -> Event | None:
        if (frame.opcode == Opcode.CONT) != (self._message is not None):
            raise BrokenRule("its fragments do not fit each other")
        if self._message is None:
            self._message = frame.opcode, frame.rsv1, []
        elif frame.rsv1:
            raise BrokenRule("it set RSV1 in another frame than the first of a message")
        opcode, packed, pieces = self._message
        pieces.append(frame.payload)
        if not frame.fin:
            return None
        self._message, data = None, b"".join(pieces)
        if packed:
            assert self.unpacker is not None
            try:
                data = self.unpacker.unpack(data)
            except ValueError as error:
                raise BrokenRule(str(error)) from None
        return ("text", decoded(data)) if opcode == Opcode.TEXT else ("binary", data)

    def _read_frame(self) -> Frame | None:
        """Read the next frame; None if there is none before the end of TCP."""
        if not self._fill(2):
            return None
        try:
            while (length := decode_payload_len(bytes(self._buffer[1:10]))) is None:
                if not self._fill(len(self._buffer) + 1):
                    return None
            n, used = length
            masked = bool(self._buffer[1] & 0x80)
            start = 1 + used + 4 * masked
            if not self._fill(start + n):
                return None
            frame = self._cut_frame(start, n, masked)
            packs = self.unpacker is not None and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
            check_frame(replace(frame, rsv1=False) if packs else frame, self.role)
        except ProtocolError as error:
            raise BrokenRule(f"it sent a frame that no endpoint may send: {error.reason}") from None
        return frame

    def _cut_frame(self, start: int, n: int, masked: bool) -> Frame:
        first, payload = self._buffer[0], bytes(self._buffer[start : start + n])
        key = bytes(self._buffer[start - 4 : start]) if masked else None
        self._keys = [*self._keys[-2:], key]
        if masked and self._keys == [key] * 3:
            raise BrokenRule("it masked three frames with the same key (section 5.3)")
        del self._buffer[: start + n]
        rsv1, rsv2, rsv3 = (bool(first & bit) for bit in (0x40, 0x20, 0x10))
        payload = payload if key is None else apply_mask_fast(payload, key)
        return Frame(bool(first & 0x80), first & 0x0F, payload, rsv1, rsv2, rsv3, key)

    def _fill(self, size: int) -> bool:
        """Receive until `size` bytes wait; False if TCP ends before."""
        while len(self._buffer) < size:
            self.sock.settimeout(self._left())
            try:
                piece = self.sock.recv(1 << 18)
            except (ConnectionError, ssl.SSLError):
                return False
            if not piece:
                return False
            self._buffer += piece
        return True

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this case is over")
        return left


def write_frame(frame: Sent, role: Role) -> bytes:
    """Write a frame, right or wrong."""
    n = len(frame.payload) if frame.length is None else frame.length
    form = frame.form or (7 if n < 126 else 16 if n < 65_536 else 64)
    masked = (role is Role.CLIENT) != frame.wrong_mask
    short = n if form == 7 else 126 if form == 16 else 127
    more = b"" if form == 7 else n.to_bytes(form // 8, "big")
    head = bytes([frame.fin << 7 | frame.rsv << 4 | frame.opcode, masked << 7 | short]) + more
    return head + frame.key + apply_mask_fast(frame.payload, frame.key) if masked else head + frame.payload


def close_code(payload: bytes) -> int:
    """Read a Close of the endpoint's: its code, 1005 if there is none."""
    if not payload:
        return 1005
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not 1000 <= code <= 4999 or code in NEVER_SENT:
        raise BrokenRule(f"it sent a Close with {payload[:2].hex()}, which is no code that may travel")
    decoded(payload[2:])
    return code


def decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BrokenRule("it sent text that is not UTF-8") from None


def describe(frame: Sent) -> str:
    names = {int(opcode): opcode.name for opcode in Opcode}
    bits = ["FIN"] * frame.fin + [f"RSV {frame.rsv:03b}"] * bool(frame.rsv)
    return f"{names.get(frame.opcode, f'opcode {frame.opcode:#x}')} [{' '.join(bits)}] {shown(frame.payload)}"


def shown(data: str | bytes | int) -> str:
    if isinstance(data, int):
        return str(data) if data else ""
    size = len(data)
    return repr(data) if size <= SHOWN else f"{data[:SHOWN]!r}... ({size})"


# The opening handshake, no more of it than is needed to get to the frames.


class NotOpened(Exception):
    """The endpoint did not agree to open the connection."""


def ask(
    sock: socket.socket, host: str, target: str, deadline: float, extensions: str = ""
) -> tuple[str, bytes]:
    """Open as a client; return what the server says about extensions, and what came after its head."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    lines += [f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    first, fields, rest = read_head(sock, deadline)
    if " 101" not in first or fields.get("sec-websocket-accept") != accept_value(key):
        raise NotOpened(f"its answer to the opening handshake is {first!r}")
    return fields.get("sec-websocket-extensions", ""), rest


def read_head(sock: socket.socket, deadline: float) -> tuple[str, dict[str, str], bytes]:
    """Receive a head; return its first line, its fields with names in small letters, and what came after."""
    data = b""
    while b"\r\n\r\n" not in data:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            piece = sock.recv(1 << 16)
        except TimeoutError:
            raise NotOpened(f"of the opening handshake came in time only {data!r}") from None
        if not piece:
            raise NotOpened("it left before the opening handshake was over")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower().strip()
        fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
    return first, fields, rest


def answer_head(key: str, extensions: str = "") -> bytes:
    """Write the head with which a server opens."""
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept_value(key)}")
    lines += [f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []
    return "\r\n".join([*lines, "", ""]).encode()
