"""What is measured: one contest for each question, every contestant doing the same work."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minews import speed
from minews.http import take_head
from minews.limits import Limits
from minews.opening import ServerOptions, accept_request
from minews.speed import apply_mask_fast

from .. import idle_memory
from .codecs import READ, READERS, WRITERS, masked_frame, only_python, reading, writing
from .echoes import TEXT, measure_echo
from .rounds import Job, time_jobs
from .servers import ASYNCIO, THREADS, Server

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
NO_C = "websockets, no C"


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done: seconds for a contest in this process, rounds, messages to echo, connections."""

    seconds: float
    rounds: int
    echoes: int
    connections: int


QUICK, WHOLE = Pace(1.5, 5, 2000, 1000), Pace(8.0, 9, 8000, 5000)

# By name, one value for each round: nanoseconds of CPU time, or bytes.
Values = dict[str, list[float]]

# A request of Chromium's, for a page of the server's own.
BROWSER = b"""\
GET /chat?room=1 HTTP/1.1
Host: localhost:8000
Connection: Upgrade
Pragma: no-cache
Cache-Control: no-cache
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0
Upgrade: websocket
Origin: http://localhost:8000
Sec-WebSocket-Version: 13
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
Cookie: session=0123456789abcdef; theme=dark
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits

""".replace(b"\n", b"\r\n")


def read_short(pace: Pace) -> Values:
    """A masked text of 32 bytes, each in a read of its own."""
    return _read([masked_frame(TEXT, 1)], pace)


def read_large(pace: Pace) -> Values:
    """A masked binary message of 1 MiB, in reads of 64 KiB; and what copying it takes."""
    return _read(_large_pieces(), pace, {"memory copy": copying()})


def read_large_without_c(pace: Pace) -> Values:
    """The same in Python only, without numpy and C extensions; and what its four passes alone take."""
    with only_python():
        values = _read(_large_pieces(), pace, {"four passes": translating()})
    values.pop("aiohttp", None)
    return {NO_C if name == "websockets" else name: each for name, each in values.items()}


def copying() -> Job:
    """Return the job of copying 1 MiB from one place to another."""
    source, target = memoryview(os.urandom(MIB)), memoryview(bytearray(MIB))

    def job(count: int) -> None:
        for _ in range(count):
            target[:] = source

    return job


def translating() -> Job:
    """Return the job of unmasking 1 MiB at its place, in four passes: the limit where all is Python."""
    room, key = bytearray(os.urandom(MIB)), os.urandom(4)

    def job(count: int) -> None:
        for _ in range(count):
            speed._mask_with_tables(room, key)

    return job


def mask_large(pace: Pace) -> Values:
    """Masking 1 MiB, and copying it."""
    data, key = os.urandom(MIB), os.urandom(4)

    def job(count: int) -> None:
        for _ in range(count):
            apply_mask_fast(data, key)

    return time_jobs({"minews": job, "memory copy": copying()}, pace.seconds, pace.rounds)


def write_at_server(pace: Pace) -> Values:
    """A text of 32 bytes, not masked."""
    return _write(False, pace)


def write_at_client(pace: Pace) -> Values:
    """A text of 32 bytes, masked."""
    return _write(True, pace)


def shake_hands(pace: Pace) -> Values:
    """From the bytes of a browser's request to the bytes of the answer, and a connection that is ready."""

    def minews(count: int) -> None:
        options, limits = ServerOptions(deflate=True), Limits()
        for _ in range(count):
            head = take_head(bytearray(BROWSER))
            assert head is not None
            answer, agreement = accept_request(head, options)
            agreement.connect(limits)
            assert answer.startswith(b"HTTP/1.1 101 ")

    def websockets(count: int) -> None:
        from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
        from websockets.server import ServerProtocol

        extensions = [ServerPerMessageDeflateFactory()]
        for _ in range(count):
            conn = ServerProtocol(origins=["http://localhost:8000"], extensions=extensions)
            conn.receive_data(BROWSER)
            conn.send_response(conn.accept(conn.events_received()[0]))
            assert conn.data_to_send()[0].startswith(b"HTTP/1.1 101 ")

    def wsproto(count: int) -> None:
        from wsproto import ConnectionType, WSConnection
        from wsproto.events import AcceptConnection
        from wsproto.extensions import PerMessageDeflate

        for _ in range(count):
            conn = WSConnection(ConnectionType.SERVER)
            conn.receive_data(BROWSER)
            next(conn.events())
            answer = conn.send(AcceptConnection(extensions=[PerMessageDeflate()]))
            assert answer.startswith(b"HTTP/1.1 101 ")

    jobs = {"minews": minews, "websockets": websockets, "wsproto": wsproto}
    return time_jobs(_present(jobs, lambda job: job), pace.seconds, pace.rounds)


def echo_asyncio(pace: Pace) -> Values:
    """Four connections, one text of 32 bytes on its way on each."""
    return _echo(list(ASYNCIO), False, pace, connections=4)


def echo_threads(pace: Pace) -> Values:
    """One connection, blocking: a text of 32 bytes on its way."""
    return _echo(list(THREADS), True, pace, connections=1)


def echo_contended(pace: Pace) -> Values:
    """The same on four connections: a thread for each, and all of them want the interpreter's lock."""
    return _echo(list(THREADS), True, pace, connections=4)


def echo_pipelined(pace: Pace) -> Values:
    """A thousand texts of 32 bytes on their way, one connection."""
    names = [name for name in ASYNCIO if name != "raw"]
    return _echo(names, False, pace, connections=1, batch=1000)


def idle_connections(pace: Pace) -> Values:
    """Private memory of an idle connection on asyncio, in bytes."""
    count = idle_memory.allowed_connections(pace.connections)
    return {"minews": [idle_memory.measure("minews", count)]}


def imports(pace: Pace) -> Values:
    """`import minews`, each time in a Python of its own."""
    code = (
        "import time, sys; start = time.process_time_ns(); import minews; end = time.process_time_ns()\n"
        "print(end - start); assert not {'asyncio', 'ssl', 'numpy'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code]
    runs = [float(subprocess.check_output(command, cwd=ROOT)) for _ in range(2 + 2 * pace.rounds)]
    return {"minews": runs[2:]}  # the first two wrote and read the caches


CONTESTS: dict[str, Callable[[Pace], Values]] = {
    each.__name__: each
    for each in (
        read_short,
        write_at_server,
        write_at_client,
        read_large,
        read_large_without_c,
        mask_large,
        echo_asyncio,
        echo_threads,
        echo_contended,
        echo_pipelined,
        shake_hands,
        idle_connections,
        imports,
    )
}


def _large_pieces() -> list[bytes]:
    frame = masked_frame(os.urandom(MIB), 2)
    return [frame[at : at + READ] for at in range(0, len(frame), READ)]


def _read(pieces: list[bytes], pace: Pace, others: dict[str, Job] | None = None) -> Values:
    jobs = _present(READERS, lambda begin: reading(begin(), pieces))
    return time_jobs(jobs | (others or {}), pace.seconds, pace.rounds)


def _write(client: bool, pace: Pace) -> Values:
    jobs = _present(WRITERS, lambda begin: writing(begin(client), TEXT.decode()))
    return time_jobs(jobs, pace.seconds, pace.rounds)


def _present(things: dict[str, Any], make: Callable[[Any], Job]) -> dict[str, Job]:
    """Return the jobs of those whose libraries are there."""
    jobs = {}
    for name, thing in things.items():
        with contextlib.suppress(ImportError):
            jobs[name] = make(thing)
            jobs[name](1)
    return jobs


def _echo(names: Iterable[str], on_threads: bool, pace: Pace, connections: int, batch: int = 1) -> Values:
    values: Values = {}
    with contextlib.ExitStack() as running:
        servers = {}
        for name in names:
            with contextlib.suppress(EOFError):  # its library is missing
                servers[name] = Server(name, on_threads)
                running.callback(servers[name].stop)
        for _ in range(pace.rounds):
            for name, server in servers.items():
                messages = pace.echoes * (5 if batch > 1 else 1)
                values.setdefault(name, []).append(measure_echo(server, messages, connections, batch))
    return values
