"""Every stream is cut: TCP keeps the order of bytes and nothing else, so a reader gets them in any pieces."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """One way in which a stream may arrive: a name that tells how to get it again, and its pieces."""

    name: str
    pieces: tuple[bytes, ...]


def every_cut(stream: bytes, *, rounds: int = 8, seed: int = 6455) -> Iterator[Cut]:
    """Yield the stream whole, byte by byte, halved and at seeded random cuts; no piece is ever empty."""
    yield Cut("whole", (stream,) if stream else ())
    yield Cut("byte by byte", _cut_at(stream, list(range(1, len(stream)))))
    yield Cut("halved", _cut_at(stream, [len(stream) // 2]))
    for number in range(seed, seed + rounds):
        chance = random.Random(number)
        inner = range(1, len(stream))
        places = sorted(chance.sample(inner, chance.randint(0, min(len(inner), 6))))
        yield Cut(f"at random, seed {number}, after bytes {places}", _cut_at(stream, places))


def _cut_at(stream: bytes, places: list[int]) -> tuple[bytes, ...]:
    edges = [0, *places, len(stream)]
    pieces = (stream[start:end] for start, end in itertools.pairwise(edges))
    return tuple(piece for piece in pieces if piece)
