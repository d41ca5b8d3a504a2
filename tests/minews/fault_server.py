"""The server that the tests of faults attack: an echo in a process of its own, which says what it costs.

    python3 -m tests.minews.fault_server

It prints its port, then a line of JSON for each line on its standard input, and ends when that ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading

import psutil

from minews.aio import AsyncServer, serve
from minews.limits import Limits
from minews.opening import ServerOptions

LIMITS = Limits(
    max_message=1 << 16, max_frame=1 << 16, open_time=3.0, idle_time=6.0, close_time=1.0, ping_time=1.0
)


def figures(server: AsyncServer) -> dict[str, int]:
    """Return what the process has by now."""
    gc.collect()
    process = psutil.Process()
    return {
        "memory": process.memory_full_info().uss,
        "files": process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "connections": len(server._keeper.watched),
        "errors": int(server.error is not None),
    }


async def main() -> None:
    async def echo(conn):
        async for message in conn:
            await conn.send(message)

    async with await serve(echo, limits=LIMITS, options=ServerOptions(deflate=True)) as server:
        print(server.port, flush=True)
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def answer() -> None:
            # Read in pieces, since a line of a buffered file could wait behind another one.
            lines = os.read(sys.stdin.fileno(), 4096)
            if not lines:
                over.set()
            for _ in lines.splitlines():
                print(json.dumps(figures(server)), flush=True)

        loop.add_reader(sys.stdin.fileno(), answer)
        await over.wait()
        loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    asyncio.run(main())
