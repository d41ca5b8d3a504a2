"""A small peer for the command line: `python -m minews serve`, and `python -m minews connect URL`.

>>> main(["connect", "http://example.com/"])
1
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import math
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from . import aio, sync
from .deflate import DeflateParams
from .frames import FrameReader
from .handshake import parse_ws_url
from .limits import Limits
from .opening import ClientOptions, ServerOptions
from .tls import client_tls_context, explain_tls_error, server_tls_context
from .types import Frame, HandshakeError, Opcode, ProtocolError

__all__ = ["main"]

SHOWN = 32  # bytes of a payload that a trace shows
TICK = 0.05  # seconds between two looks at what else has happened

ENDINGS = {
    "untrusted": "nobody whom we trust vouches for the server's certificate; --cafile names who does",
    "wrong-name": "the server's certificate is for another name",
    "not-tls": "the server speaks no TLS at that port; its URL may begin with ws, not wss",
}


class _Trouble(Exception):
    """What went wrong at our end; it says all that there is to say, in one line or none."""


def main(words: Sequence[str] | None = None) -> int:
    """Run a command: `words`, or what stands behind `python -m minews`.

    Returns:
        The exit code: 0 if all went well, 1 if not. Then one line on stderr says why, unless what is amiss is
        that nobody reads stdout any more.
    """
    arguments = _parse(words)
    with contextlib.suppress(AttributeError):  # something else may have taken the place of stdout
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 0
    except _Trouble as trouble:
        if str(trouble):
            _tell(str(trouble))
        return 1
    except (OSError, EOFError, HandshakeError, ValueError) as error:
        _tell(_about(arguments) + _explain(error))
        return 1


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    port, size = _number(int, 65_535, "a port"), _number(int, 1 << 62, "a number of bytes")
    seconds = _number(float, sys.float_info.max, "a number of seconds")
    parser = argparse.ArgumentParser(prog="python -m minews", description="A small WebSocket peer.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="send every message back")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", type=_name, default="127.0.0.1", help="where to listen (127.0.0.1)")
    serve.add_argument("--port", type=port, default=0, help="the port; 0 picks a free one (0)")
    serve.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="wss, with these files")
    serve.add_argument("--deflate", action="store_true", help="take permessage-deflate")
    serve.add_argument("--max-size", type=size, metavar="N", help="bytes in one message")
    serve.add_argument("--origin", action="append", metavar="O", help="let pages of O in; * is every page")
    serve.add_argument("--sync", action="store_true", help="threads in place of asyncio")
    connect = commands.add_parser("connect", help="send lines, print messages")
    connect.set_defaults(run=_connect)
    connect.add_argument("url", help="such as ws://127.0.0.1:9001/")
    connect.add_argument("--trace", action="store_true", help="show every frame that passes")
    connect.add_argument("--linger", type=seconds, default=0.5, help="seconds to wait after the input (0.5)")
    connect.add_argument("--cafile", type=_name, help="certificates to trust, for wss")
    connect.add_argument("--deflate", action="store_true", help="offer permessage-deflate")
    connect.add_argument("--subprotocol", action="append", default=[], help="offer a subprotocol")
    connect.add_argument("--proxy", help="an HTTP proxy to go through")
    return parser.parse_args(words)


def _number(kind: type[float], most: float, what: str) -> Callable[[str], float]:
    def number(word: str) -> float:
        with contextlib.suppress(ValueError):
            if 0 <= kind(word) <= most:
                return kind(word)
        raise argparse.ArgumentTypeError(f"not {what}: {word!r}")

    return number


def _name(word: str) -> str:
    if not word:  # to Python that is every address, or the certificates that the system trusts
        raise argparse.ArgumentTypeError("it must not be empty")
    return word


def _about(arguments: argparse.Namespace) -> str:
    """Say where something went wrong. What a proxy is told of name and password stays between us."""
    if "url" not in arguments:
        return ""
    if arguments.proxy is None:
        return f"{arguments.url}: "
    proxy = re.sub(r"(?s)^(\w+://)?.*@", r"\1", arguments.proxy)
    return f"{arguments.url} through the proxy {proxy}: "


def _explain(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return ENDINGS.get(explain_tls_error(error), f"TLS failed: {error.reason}")
    if isinstance(error, UnicodeError) and "idna" in str(error):
        return "no host can have such a name"
    return getattr(error, "strerror", None) or str(error)


def _load(make: Callable[..., ssl.SSLContext], option: str, *files: str) -> ssl.SSLContext:
    """Make a TLS context of the files of an option."""
    try:
        return make(*files)
    except OSError as error:
        try:
            for file in files:  # OpenSSL does not say which one it could not read
                open(file, "rb").close()
        except OSError as unread:
            raise _Trouble(f"{option} {unread.filename}: {unread.strerror}") from None
        what = "no certificate" if len(files) == 1 else "no certificate with its key"
        why = getattr(error, "reason", None) or error
        raise _Trouble(f"{option} {' '.join(files)}: {what}: {why}") from None


def _tell(text: str) -> None:
    if sys.stderr is None:  # it was closed, and print() would take stdout for it
        return
    try:
        print(_printable(text), file=sys.stderr, flush=True)
    except OSError:  # nobody can be told of that
        _drain(sys.stderr)


def _print(text: str) -> None:
    """Print a line to stdout. Raises _Trouble if it takes no more: without a word if its reader has left."""
    try:
        print(text, flush=True)
    except OSError as error:
        _drain(sys.stdout)
        left = error.errno in (errno.EPIPE, errno.EINVAL)  # the latter on Windows
        raise _Trouble("" if left else f"stdout: {_explain(error)}") from None


def _drain(stream: TextIO) -> None:
    """Let what could not be written go nowhere: Python tries again at its end, and complains."""
    with contextlib.suppress(OSError, AttributeError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def _printable(text: str) -> str:
    """Spell out the control characters with which a peer could play tricks on a terminal."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", lambda match: f"\\x{ord(match[0]):02x}", text)


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """Let Ctrl-C and SIGTERM do nothing but note themselves in a list."""
    came: list[int] = []
    numbers = signal.SIGINT, signal.SIGTERM
    before = [(number, signal.signal(number, lambda number, _: came.append(number))) for number in numbers]
    try:
        yield came
    finally:
        for number, handler in before:
            signal.signal(number, handler)


# serve


def _serve(arguments: argparse.Namespace) -> int:
    try:
        socket.getaddrinfo(arguments.host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Trouble(f"--host {arguments.host}: {_explain(error)}") from None
    size = arguments.max_size
    settings = {
        "host": arguments.host,
        "port": arguments.port,
        "limits": None if size is None else Limits(max_frame=size, max_message=size),
        "options": ServerOptions(origins=arguments.origin, deflate=arguments.deflate),
        "tls": _load(server_tls_context, "--tls", *arguments.tls) if arguments.tls else None,
    }
    with _signals() as came:
        if arguments.sync:
            _serve_on_threads(settings, came)
        else:
            asyncio.run(_serve_on_asyncio(settings, came))
    return 0


def _announce(server: aio.AsyncServer | sync.SyncServer, host: str) -> None:
    urls = [server.url(host=_in_url(host))]
    if isinstance(server, aio.AsyncServer) and server._listener is not None:
        names = [listener.getsockname() for listener in server._listener.sockets]
        if len({port for _, port, *_ in names}) > 1:  # at port 0, each address of a host gets its own
            scheme = urls[0].partition(":")[0]
            urls = [f"{scheme}://{_in_url(address)}:{port}/" for address, port, *_ in names]
    for url in urls:
        _print(f"listening on {url}")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _serve_on_asyncio(settings: dict[str, Any], came: list[int]) -> None:
    async def echo(conn: aio.AsyncConnection) -> None:
        async for message in conn:
            await conn.send(message)

    async with await aio.serve(echo, **settings) as server:
        _announce(server, settings["host"])
        while not came:
            await asyncio.sleep(TICK)


def _serve_on_threads(settings: dict[str, Any], came: list[int]) -> None:
    def echo(conn: sync.SyncConnection) -> None:
        for message in conn:
            conn.send(message)

    with sync.serve(echo, **settings) as server:
        _announce(server, settings["host"])
        while not came:
            time.sleep(TICK)


# connect


def _connect(arguments: argparse.Namespace) -> int:
    tls = None
    if arguments.cafile is not None:
        if not parse_ws_url(arguments.url).secure:
            raise ValueError("--cafile is for wss, not ws")
        tls = _load(client_tls_context, "--cafile", arguments.cafile)
    deflate = DeflateParams() if arguments.deflate else None
    conn = sync.connect(
        arguments.url,
        options=ClientOptions(subprotocols=arguments.subprotocol, deflate=deflate),
        tls=tls,
        proxy=arguments.proxy,
        trace=_Tracer().show if arguments.trace else None,
    )
    with _signals() as came, contextlib.closing(conn):
        _talk(conn, arguments.linger, came)
    reason = f" {conn.close_reason}" if conn.close_reason else ""
    _tell("the connection is lost" if conn.close_code == 1006 else f"closed with {conn.close_code}{reason}")
    return 0 if conn.close_code in (1000, 1001, 1005) else 1


def _talk(conn: sync.SyncConnection, linger: float, came: list[int]) -> None:
    """Send the lines of the input and print what comes, until one of both is over, or a signal came."""
    end = math.inf  # when to wait no longer; that is known once the input has ended
    troubles: list[_Trouble] = []

    def follow_input() -> None:
        nonlocal end
        try:
            _send_lines(conn)
        except (EOFError, TimeoutError):
            pass  # the connection has ended, and who receives is told
        except Exception as error:  # whatever it is, who receives must not wait for ever
            troubles.append(_Trouble(f"stdin: {_explain(error)}"))
        end = time.monotonic() + linger

    threading.Thread(target=follow_input, daemon=True).start()
    with contextlib.suppress(EOFError):
        while not came and not troubles and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                _show(conn.recv(TICK))
    if troubles:
        raise troubles[0]


def _send_lines(conn: sync.SyncConnection) -> None:
    if sys.stdin is None:  # it was closed, and its number may be that of our socket
        return
    # Not sys.stdin: a thread that still waits for a line when Python ends must not hold its lock.
    with open(0, encoding=sys.stdin.encoding, errors="replace", newline="\n", closefd=False) as lines:
        for line in lines:
            conn.send(line.removesuffix("\r\n").removesuffix("\n"))


def _show(message: str | bytes) -> None:
    if isinstance(message, bytes):
        message = message.hex(" ")
    elif sys.stdout is not None and sys.stdout.isatty():
        message = _printable(message)
    _print(message)


class _Tracer:
    """Prints the frames of both directions as they pass."""

    def __init__(self) -> None:
        self._readers = {"sent": FrameReader(1 << 62), "received": FrameReader(1 << 62)}

    def show(self, direction: str, data: bytes) -> None:
        """Take bytes that were sent or received."""
        arrow = ">" if direction == "sent" else "<"
        try:
            while frames := self._readers[direction].feed(data):
                data = b""  # asked again, the reader tells of a bad frame behind the good ones
                for frame in frames:
                    _tell(f"{arrow} {_describe(frame)}")
        except ProtocolError as error:
            _tell(f"{arrow} {error}")


def _describe(frame: Frame) -> str:
    known = frame.opcode in list(Opcode)
    name = Opcode(frame.opcode).name if known else f"opcode {frame.opcode:#x}"
    bits = [name.upper() for name in ("fin", "rsv1", "rsv2", "rsv3") if getattr(frame, name)]
    mask = f" key {frame.masking_key.hex()}" if frame.masking_key else ""
    size = f"{len(frame.payload)} bytes" + (" of deflate" if frame.rsv1 else "")
    shown = frame.payload[:SHOWN].hex(" ") + (" ..." if len(frame.payload) > SHOWN else "")
    return f"{name} [{' '.join(bits)}]{mask} {size}: {shown}".rstrip(": ")


if __name__ == "__main__":
    sys.exit(main())
