"""A plain fuzzer for where atheris does not run: it changes inputs at random, blind to coverage."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

SHARP = (0, 1, 2, 8, 9, 10, 13, 32, 58, 59, 0x7D, 0x7E, 0x7F, 0x80, 0x81, 0x88, 0xC1, 0xFD, 0xFE, 0xFF)


class Found(Exception):
    """An input that a target does not take: `data`, and the error as the cause."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.hex())
        self.data = data


def changed(seeds: list[bytes], seed: int) -> Iterator[bytes]:
    """Give the inputs themselves, then changed ones without end, the same for the same seed."""
    yield from seeds
    chance = random.Random(seed)
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            change(data, chance, seeds)
        yield bytes(data)


def change(data: bytearray, chance: random.Random, seeds: list[bytes]) -> None:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice([0, 1, 1, 1, 2, 4, 8, 40]))
    match chance.randrange(6):
        case 0:
            data[start:end] = b""
        case 1:
            data[start:end] = chance.randbytes(end - start)
        case 2:
            data[start:end] = bytes(chance.choices(SHARP, k=chance.randint(1, 4)))
        case 3:
            data[start:start] = data[start:end] * chance.randint(1, 8)
        case 4:
            other = chance.choice(seeds)
            data[start:] = other[chance.randint(0, len(other)) :]
        case 5:
            if start < len(data):
                data[start] ^= 1 << chance.randrange(8)


def fuzz(
    target: Callable[[bytes], None], inputs: Iterator[bytes], *, seconds: float = 1e9, runs: int = 0
) -> int:
    """Try inputs for some seconds, or so many of them; return how many.

    Raises:
        Found: at the first one that fails.
    """
    deadline, count = time.monotonic() + seconds, 0
    for data in inputs:
        if time.monotonic() > deadline or (runs and count >= runs):
            break
        try:
            target(data)
        except Exception as error:
            raise Found(data) from error
        count += 1
    return count
