"""Hostile peers cost a server what is stated and no more, and the others go on being served."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import statistics
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from minews import Opcode
from minews.aio import INBOX, OUTBOX, READ, connect
from minews.limits import Limits
from tests.minews.asynchronous import PATIENCE, asynchronous, masked, opened, tcp
from tests.minews.fault_server import LIMITS
from tests.minews.heads import request_head

pytestmark = [
    pytest.mark.filterwarnings("error::ResourceWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(
        sys.platform == "win32", reason="the server listens to its standard input in its loop"
    ),
]

ROOT = Path(__file__).parents[2]
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate"}

# What one connection may hold at the server, in bytes: a message and its fragments' cost, what waits on both
# sides, and what one read may become (its smallest messages take ten times what they took on the wire).
IDLE = 8 << 10
WORST = 2 * LIMITS.max_message + INBOX + OUTBOX + 10 * READ


class Served:
    """The server's process: where it is, and what it has by now."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self.port = process, int(process.stdout.readline())
        self._lock = asyncio.Lock()

    async def figures(self) -> dict[str, int]:
        async with self._lock:
            self._process.stdin.write(b"\n")
            return json.loads(await asyncio.to_thread(self._process.stdout.readline))

    async def calm(self, before: dict[str, int]) -> dict[str, int]:
        """Wait until nothing but memory is more than before; the test's own time limit ends that."""
        while True:
            now = await self.figures()
            if all(now[name] <= most for name, most in before.items() if name != "memory"):
                return now
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def attacked():
    """A server in a process of its own; it must end by itself, with nothing to say on its standard error."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.minews.fault_server"],
        cwd=ROOT,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Served(process)
        finally:
            _, complaints = process.communicate(timeout=PATIENCE)
    assert complaints == b""
    assert process.returncode == 0


# What hostile peers do: each goes on until the server ends it, or until it is cancelled.


async def drip_a_head(server):
    async with tcp(server) as peer:
        for byte in request_head():
            await peer.send(bytes([byte]))
            await asyncio.sleep(1)


async def drip_a_frame(server):
    async with opened(server) as peer:
        for byte in masked(Opcode.TEXT, b"x" * 100):
            await peer.send(bytes([byte]))
            await asyncio.sleep(1)


async def say_nothing(server):
    async with tcp(server) as peer:
        await peer.leaves()


async def stall(server):
    """Open, then neither read nor send: so looks who vanishes without a FIN, too."""
    async with opened(server):
        await asyncio.sleep(3600)


async def reset(server):
    async with opened(server) as peer:
        await peer.send(masked(Opcode.BINARY, b"x" * 1000)[:500])
        peer.reset()


async def send_tiny_fragments(server):
    piece = masked(Opcode.CONT, b"x", fin=False) * 1000
    async with opened(server) as peer:
        await peer.send(masked(Opcode.BINARY, b"x", fin=False))
        while True:
            await peer.send(piece)


async def send_tiny_messages(server):
    piece = masked(Opcode.TEXT, b"xy") * 1000
    async with opened(server, buffers=4096) as peer:
        while True:
            await peer.send(piece)


async def flood_with_pings(server):
    piece = masked(Opcode.PING, b"x" * 125) * 50
    async with opened(server, buffers=4096) as peer:
        while True:
            await peer.send(piece)


async def read_no_echo(server):
    piece = masked(Opcode.BINARY, b"x" * 60_000)
    async with opened(server, buffers=4096) as peer:
        while True:
            await peer.send(piece)


@functools.cache
def make_bomb() -> bytes:
    """A frame of 16 KiB that becomes 16 MiB."""
    deflater = zlib.compressobj(wbits=-15)
    bomb = deflater.compress(bytes(1 << 24)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return masked(Opcode.BINARY, bomb[:-4], rsv1=True)


async def send_a_bomb(server):
    async with tcp(server) as peer:
        await peer.send(request_head(DEFLATE))
        await peer.head()
        await peer.send(make_bomb())
        await peer.leaves()


async def send_for_ever_after_close(server):
    piece = masked(Opcode.BINARY, b"x" * 10_000)
    async with opened(server) as peer:
        await peer.send(masked(Opcode.CLOSE))
        while True:
            await peer.send(piece)


async def send_an_endless_head(server):
    async with tcp(server) as peer:
        while True:
            await peer.send(b"GET " + b"x" * 10_000)


HOSTILE = [
    drip_a_head,
    drip_a_frame,
    say_nothing,
    stall,
    reset,
    send_tiny_fragments,
    send_tiny_messages,
    flood_with_pings,
    read_no_echo,
    send_a_bomb,
    send_for_ever_after_close,
    send_an_endless_head,
]


async def attack(fault, server) -> None:
    """Do it again and again."""
    while True:
        with contextlib.suppress(OSError, AssertionError):  # the server ended it, perhaps before its answer
            await fault(server)
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def under_attack(faults, server):
    tasks = [asyncio.create_task(attack(fault, server)) for fault in faults]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def converse(server, conns, rounds: int, pause: float) -> list[float]:
    """Let each connection have its messages echoed; return the seconds that each echo took."""
    loop, taken = asyncio.get_running_loop(), []

    async def talk(conn, number):
        await asyncio.sleep(pause * (number % 100) / 100)
        for turn in range(rounds):
            begun = loop.time()
            await conn.send(f"{number} {turn}")
            assert await conn.recv() == f"{number} {turn}"
            taken.append(loop.time() - begun)
            await asyncio.sleep(pause)

    await asyncio.gather(*(talk(conn, number) for number, conn in enumerate(conns)))
    return taken


@pytest.mark.parametrize("fault", HOSTILE, ids=lambda fault: fault.__name__)
@asynchronous
async def test_ten_hostile_peers_keep_nobody_from_being_served(fault):
    async with attacked() as server:
        url = f"ws://127.0.0.1:{server.port}/"
        async with await connect(url) as first:
            assert len(await converse(server, [first], 1, 0)) == 1
        before = await server.calm({"connections": 0})
        async with under_attack([fault] * 10, server):
            async with await connect(url) as conn:
                taken = await converse(server, [conn], 10, 0.03)
            worst = await server.figures()
        after = await server.calm(before)
    print(f"{fault.__name__}: {summary(taken)}; {(worst['memory'] - before['memory']) >> 10} KiB more memory")
    assert max(taken) < 2
    assert worst["memory"] - before["memory"] < 12 * WORST
    assert not after["errors"]


async def attack_with_two_hundred_of_two_thousand() -> None:
    hostile, honest = 200, 1800
    gate = asyncio.Semaphore(20)  # the server lets nobody open for longer than 3 s
    loop = asyncio.get_running_loop()

    async def join(url):
        async with gate:
            return await connect(url, limits=Limits(open_time=30, ping_time=None))

    async with attacked() as server:
        url = f"ws://127.0.0.1:{server.port}/"
        async with await connect(url) as first:
            await converse(server, [first], 1, 0)
        before = await server.calm({"connections": 0})
        begun = loop.time()
        conns = await asyncio.gather(*(join(url) for _ in range(honest)))
        opening = loop.time() - begun
        quiet = await server.figures()
        calm = await converse(server, conns, 2, 1.0)
        samples = []

        async def watch():
            while True:
                samples.append(await server.figures())
                await asyncio.sleep(0.25)

        watching = asyncio.create_task(watch())
        async with under_attack(itertools.islice(itertools.cycle(HOSTILE), hostile), server):
            taken = await converse(server, conns, 5, 1.5)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asyncio.gather(*(conn.close() for conn in conns))
        after = await server.calm(before)
    worst = max(sample["memory"] for sample in samples)
    most = max(sample["connections"] for sample in samples)
    bound = before["memory"] + honest * IDLE + hostile * WORST
    print(f"{honest} connections opened in {opening:.1f} s; {summary(calm)}")
    print(f"with {hostile} hostile peers (at most {most} connections at once): {summary(taken)}")
    for name, value in (("before", before), ("honest ones only", quiet), ("after", after)):
        print(
            f"  {name}: {value['memory'] / (1 << 20):.1f} MiB, {value['files']} files, {value['tasks']} tasks"
        )
    print(f"  at worst: {worst / (1 << 20):.1f} MiB; the bound is {bound / (1 << 20):.1f} MiB")
    assert len(taken) == 5 * honest
    assert max(taken) < 5
    assert worst < bound
    assert not after["errors"]


@pytest.mark.slow
def test_among_two_thousand_connections_two_hundred_hostile_ones_stay_within_the_bound():
    asynchronous(attack_with_two_hundred_of_two_thousand, patience=180)()


def mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"


def summary(taken: list[float]) -> str:
    """Say how long echoes took."""
    slowest = sorted(taken)[-max(1, len(taken) // 100)]
    return (
        f"{len(taken)} echoes, median {statistics.median(taken) * 1000:.1f} ms, "
        f"99 % under {slowest * 1000:.1f} ms, slowest {max(taken) * 1000:.1f} ms"
    )
