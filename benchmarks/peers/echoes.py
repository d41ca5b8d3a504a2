"""What a server works for each message that it echoes. The client is on raw sockets, the same for all."""

from __future__ import annotations

import contextlib
import socket

from .codecs import masked_frame
from .servers import Server

REQUEST = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT = b"a text message, 32 bytes of it, "


def connect(server: Server) -> socket.socket:
    """Open a connection; at a WebSocket server with the handshake."""
    conn = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if server.speaks:
        conn.sendall(REQUEST.format(port=server.port).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += conn.recv(4096)
    return conn


def receive(conn: socket.socket, size: int) -> None:
    """Receive so many bytes, and look at none."""
    while size > 0:
        size -= len(conn.recv(min(size, 1 << 18)))


def measure_echo(server: Server, messages: int, connections: int, batch: int = 1) -> float:
    """Return the nanoseconds that a server works for one message.

    Arguments:
        server: a running one.
        messages: how many, on all connections together.
        connections: how many there are at once.
        batch: how many messages are on their way on each of them.
    """
    frame = masked_frame(TEXT, 1)
    echo = (2 if server.speaks else 6) + len(TEXT)
    with contextlib.ExitStack() as opened:
        conns = [opened.enter_context(connect(server)) for _ in range(connections)]
        rounds = -(-messages // batch // len(conns))
        _exchange(conns, frame * batch, echo * batch, max(1, rounds // 20))
        before = server.cpu()
        _exchange(conns, frame * batch, echo * batch, rounds)
        return (server.cpu() - before) / (rounds * batch * len(conns))


def _exchange(conns: list[socket.socket], data: bytes, size: int, rounds: int) -> None:
    for _ in range(rounds):
        for conn in conns:
            conn.sendall(data)
        for conn in conns:
            receive(conn, size)
