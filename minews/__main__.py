"""A small peer for the command line: `python -m minews serve`, and `python -m minews connect URL`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
import threading
from collections.abc import Sequence

from . import aio, sync
from .deflate import DeflateParams
from .frames import FrameReader
from .limits import Limits
from .opening import ClientOptions, ServerOptions
from .tls import client_tls_context, server_tls_context
from .types import Frame, HandshakeError, Opcode, ProtocolError

SHOWN = 32  # bytes of a payload that a trace shows


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 if all went well, 1 if not."""
    arguments = _parse(words)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 0
    except (OSError, EOFError, HandshakeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m minews", description="A small WebSocket peer.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="send every message back")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1)")
    serve.add_argument(
        "--port", type=int, default=0, help="the port; 0, which picks a free one, if not given"
    )
    serve.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="wss, with these files")
    serve.add_argument("--deflate", action="store_true", help="take permessage-deflate")
    serve.add_argument("--max-size", type=int, metavar="N", help="bytes in one message, at most")
    serve.add_argument("--origin", action="append", metavar="O", help="let pages of O in; * is every page")
    serve.add_argument("--sync", action="store_true", help="threads in place of asyncio")
    connect = commands.add_parser("connect", help="send lines, print messages")
    connect.set_defaults(run=_connect)
    connect.add_argument("url", help="such as ws://127.0.0.1:9001/")
    connect.add_argument("--trace", action="store_true", help="show every frame that passes")
    connect.add_argument("--cafile", help="certificates to trust, for wss")
    connect.add_argument("--deflate", action="store_true", help="offer permessage-deflate")
    connect.add_argument("--subprotocol", action="append", default=[], help="offer a subprotocol")
    connect.add_argument("--proxy", help="an HTTP proxy to go through")
    return parser.parse_args(words)


# serve


def _serve(arguments: argparse.Namespace) -> int:
    size = arguments.max_size
    limits = Limits() if size is None else Limits(max_frame=size, max_message=size)
    options = ServerOptions(origins=arguments.origin, deflate=arguments.deflate)
    tls = server_tls_context(*arguments.tls) if arguments.tls else None
    if arguments.sync:
        return _serve_on_threads(arguments, options, limits, tls)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_on_asyncio(arguments, options, limits, tls))
    return 0


def _announce(url: str) -> None:
    print(f"listening on {url}", flush=True)


async def _serve_on_asyncio(
    arguments: argparse.Namespace, options: ServerOptions, limits: Limits, tls: ssl.SSLContext | None
) -> None:
    async def echo(conn: aio.AsyncConnection) -> None:
        async for message in conn:
            await conn.send(message)

    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # on Windows, Ctrl-C cancels this task
            asyncio.get_running_loop().add_signal_handler(number, end.set)
    async with await aio.serve(
        echo, arguments.host, arguments.port, options=options, limits=limits, tls=tls
    ) as server:
        _announce(server.url(host=_shown_host(arguments.host)))
        await end.wait()


def _serve_on_threads(
    arguments: argparse.Namespace, options: ServerOptions, limits: Limits, tls: ssl.SSLContext | None
) -> int:
    def echo(conn: sync.SyncConnection) -> None:
        for message in conn:
            conn.send(message)

    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    with sync.serve(echo, arguments.host, arguments.port, options=options, limits=limits, tls=tls) as server:
        _announce(server.url(host=_shown_host(arguments.host)))
        while not end.wait(0.5):  # on Windows, a wait without an end hears no signal
            pass
    return 0


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


# connect


def _connect(arguments: argparse.Namespace) -> int:
    options = ClientOptions(
        subprotocols=arguments.subprotocol, deflate=DeflateParams() if arguments.deflate else None
    )
    tls = client_tls_context(arguments.cafile) if arguments.cafile else None
    conn = sync.connect(
        arguments.url,
        options=options,
        tls=tls,
        proxy=arguments.proxy,
        trace=_Tracer().show if arguments.trace else None,
    )
    sender = threading.Thread(target=_send_lines, args=(conn,), daemon=True)
    sender.start()
    for message in conn:
        print(message if isinstance(message, str) else f"({len(message)} bytes) {_hex(message)}", flush=True)
    code = conn.close()
    reason = f" {conn.close_reason}" if conn.close_reason else ""
    print(f"closed with {code}{reason}", file=sys.stderr)
    return 0 if code in (1000, 1001, 1005) else 1


def _send_lines(conn: sync.SyncConnection) -> None:
    with contextlib.suppress(EOFError, OSError):
        for line in sys.stdin:
            conn.send(line.rstrip("\r\n"))
        conn.say_goodbye()


class _Tracer:
    """Prints the frames of both directions as they pass."""

    def __init__(self) -> None:
        self._readers = {"sent": FrameReader(1 << 62), "received": FrameReader(1 << 62)}

    def show(self, direction: str, data: bytes) -> None:
        """Take bytes that were sent or received."""
        arrow = ">" if direction == "sent" else "<"
        try:
            for frame in self._readers[direction].feed(data):
                print(f"{arrow} {_describe(frame)}", file=sys.stderr, flush=True)
        except ProtocolError as error:
            print(f"{arrow} {error}", file=sys.stderr, flush=True)


def _describe(frame: Frame) -> str:
    names = {int(opcode): opcode.name for opcode in Opcode}
    bits = [name for name in ("fin", "rsv1", "rsv2", "rsv3") if getattr(frame, name)]
    mask = f" key {frame.masking_key.hex()}" if frame.masking_key else ""
    name = names.get(frame.opcode, f"opcode {frame.opcode:#x}")
    head = f"{name} [{' '.join(bits).upper()}]{mask} {len(frame.payload)} bytes"
    return f"{head}: {_hex(frame.payload)}" if frame.payload else head


def _hex(data: bytes) -> str:
    return data[:SHOWN].hex(" ") + (" ..." if len(data) > SHOWN else "")


if __name__ == "__main__":
    sys.exit(main())
