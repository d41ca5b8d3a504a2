"""What lesson 0 shows: a page and its server, a visit byte by byte, and the WebSocket of JupyterLab."""

from __future__ import annotations

import os
import secrets
import socket
import time
from pathlib import Path

from minews import (
    Frame,
    FrameReader,
    Opcode,
    Role,
    build_client_handshake,
    encode_frame,
    make_key,
    parse_ws_url,
    recv_until,
)

from .clients import notebook_display
from .recording import Session, record

__all__ = ["START_PAGE", "record_visit", "watch_websockets"]

_HERE = Path(__file__).parent

START_PAGE = (_HERE / "start.html").read_bytes()
"""A page that opens a WebSocket to the server it came from, and sends what is typed."""


def record_visit(url: str, text: str) -> tuple[str, Session]:
    """Visit a server as a client, say one thing, hear the answer, say goodbye; note every byte of it.

    The client is made of the course's reference. What it looks at is the server.

    Arguments:
        url: such as "ws://127.0.0.1:9001/".
        text: what to say.

    Returns:
        (the server's answer, everything that went over the connection).

    Raises:
        OSError: if the server is not there, or says nothing for 5 seconds.
        EOFError: if it leaves before it has answered.
    """
    where = parse_ws_url(url)
    with record(socket.create_connection((where.host, where.port), timeout=5)) as conn:
        conn.sendall(build_client_handshake(where, make_key()))
        _, data = recv_until(conn, b"\r\n\r\n")  # type: ignore[arg-type]
        conn.sendall(_write_frame(Opcode.TEXT, text.encode()))
        reader = FrameReader()
        while not (frames := reader.feed(data)):
            data = conn.recv(4096)
            if not data:
                raise EOFError("the server left before it had answered")
        conn.sendall(_write_frame(Opcode.CLOSE, (1000).to_bytes(2, "big")))
        while conn.recv(4096):
            pass
    return frames[0].payload.decode(), conn.session(Role.CLIENT)


def _write_frame(opcode: Opcode, payload: bytes) -> bytes:
    return encode_frame(Frame(fin=True, opcode=opcode, payload=payload, masking_key=os.urandom(4)))


# What a saved notebook shows when it is opened later, and what stands where no browser is.
_LATER = "While the notebook is open in a browser, the page counts here what goes through its own WebSockets."

_TAP = """<div id="{id}" style="min-height:5em;padding-left:8px;color:var(--jp-content-font-color1,inherit)">
<p style="margin:4px 0;font-size:13px">{later}</p>
<script>{{
{script}
if (Date.now() - {now} < 60000) watchWebSockets(document.getElementById("{id}"), {seconds});
}}</script></div>"""


def watch_websockets(seconds: int = 30) -> None:
    """Let the page that shows the notebook count, for a while, what goes through its own WebSockets.

    Arguments:
        seconds: how long.
    """
    show = notebook_display()
    if show is None:
        print(_LATER)
        return
    show(
        _TAP.format(
            id=f"minews-{secrets.token_hex(4)}",
            later=_LATER,
            script=(_HERE / "tap.js").read_text(encoding="utf-8"),
            now=round(1000 * time.time()),
            seconds=seconds,
        ),
        _LATER,
    )
