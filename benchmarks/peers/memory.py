"""What would disturb every measurement with large pieces: memory that goes back to the system each time."""

from __future__ import annotations

LARGE = 30 << 20  # bytes; glibc maps each block of its own until one of up to 32 MiB was freed


def warm_memory() -> None:
    """Take and free a large block, so that malloc keeps what is freed, and no piece costs page faults.

    Without that, asyncio's 256 KiB for each read can take half of a raw echo's time, and comparing with it
    would mean nothing.
    """
    block = bytearray(LARGE)
    del block
