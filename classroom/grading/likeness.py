"""Which submissions are near copies of each other, among ten thousand, without comparing all pairs.

An index says for each number of a fingerprint who has it. What the skeleton or the reference has counts for
nothing, nor does what more than a share of the class has: what is left is what only few have written. Two
submissions are alike if they share enough of that, both in number and as a part of what the smaller one has.
That is a reason to look at both, not more: it says nothing about who wrote what, or why.
"""

from __future__ import annotations

import inspect
import textwrap
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..build.exercises import reference_source, skeleton
from ..mistakes import variants_of
from ..syllabus import find_exercise
from .copies import run_numbers

__all__ = ["Likeness", "Pair", "find_likeness", "known_numbers"]

SHARE = 0.10  # of the class: what more of them have is no sign of anything
FEWEST = 4  # submissions; in a small class so many may have something in common before it is common
MOST = 200  # submissions that one number is looked up for: bounds the work, not the finding of large groups
ENOUGH_SHARED = 8  # numbers
ALIKE = 0.6  # of the numbers of the smaller one


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions that are alike.

    Arguments:
        first, second: their places in the order in which they were given.
        shared: numbers that both have and few others.
        of: numbers of the smaller one that few others have, so that shared / of is how alike they are.
    """

    first: int
    second: int
    shared: int
    of: int

    @property
    def part(self) -> float:
        """How alike they are, from 0 to 1."""
        return self.shared / self.of


@dataclass(frozen=True, slots=True)
class Likeness:
    """What was found: pairs, the most alike first, groups of places, and the numbers that did not count."""

    pairs: tuple[Pair, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    common: Mapping[str, frozenset[int]] = field(default_factory=dict)


@cache
def known_numbers(exercise: str) -> frozenset[int]:
    """The numbers of all runs of tokens in the skeleton, the reference and the correct variants of it."""
    try:
        found = find_exercise(exercise)
    except KeyError:
        return frozenset()
    sources = [skeleton(found), reference_source(found)]
    sources += [textwrap.dedent(inspect.getsource(each.function)) for each in variants_of(found)]
    return frozenset(number for source in sources for number in run_numbers(source))


def find_likeness(prints: Sequence[Mapping[str, array[int]]]) -> Likeness:
    """Find the submissions that are alike.

    Arguments:
        prints: for each submission the fingerprints of its exercises, by their numbers.
    """
    table = _Table(prints)
    pairs = [*_same_pairs(table), *_alike_pairs(table)]
    pairs.sort(key=lambda pair: (-pair.part, -pair.shared, pair.first, pair.second))
    return Likeness(tuple(pairs), _join_groups(pairs), table.common)


class _Table:
    """All numbers with their owners, and what of them counts.

    `kept` are the numbers of each submission that count, as indices; `same` are the submissions that have the
    very same numbers, under the first of them, which alone stands in `owners`, the index.
    """

    def __init__(self, prints: Sequence[Mapping[str, array[int]]]) -> None:
        exercises = sorted({exercise for each in prints for exercise in each})
        rows = [
            (exercises.index(exercise), owner, numbers)
            for owner, each in enumerate(prints)
            for exercise, numbers in each.items()
            if numbers
        ]
        keys = np.concatenate(
            [np.zeros(0, np.uint64), *(_keys(place, numbers) for place, _, numbers in rows)]
        )
        owners = np.repeat([owner for _, owner, _ in rows], [len(numbers) for *_, numbers in rows])
        known, index, members = np.unique(keys, return_inverse=True, return_counts=True)
        index = index.astype(np.int64)
        writers = np.bincount([place for place, *_ in rows], minlength=len(exercises) or 1)
        limits = np.maximum(FEWEST, SHARE * writers)[(known >> np.uint64(52)).astype(int)]
        counts = members <= limits
        for place, exercise in enumerate(exercises):
            counts &= ~np.isin(known, _keys(place, known_numbers(exercise)))
        self._sort_out(len(prints), index, owners, counts)
        self.common = _by_exercise(exercises, known[~counts])

    def _sort_out(
        self, size: int, index: NDArray[np.int64], owners: NDArray[np.int64], counts: NDArray[np.bool_]
    ) -> None:
        index, owners = index[counts[index]], owners[counts[index]]
        self.kept = np.split(index, np.searchsorted(owners, np.arange(1, size)))
        self.same: dict[bytes, list[int]] = {}
        for owner, numbers in enumerate(self.kept):
            self.same.setdefault(numbers.tobytes(), []).append(owner)
        first = np.zeros(size, bool)
        first[[group[0] for group in self.same.values()]] = True
        index, owners = index[first[owners]], owners[first[owners]]
        order = np.argsort(index, kind="stable")
        starts = np.searchsorted(index[order], np.arange(len(counts) + 1))
        self.owners, self.starts = owners[order].astype(np.int32), starts
        # What this many different submissions have is left out of the search, and so of their size.
        self.searched = np.diff(starts) <= MOST


def _keys(place: int, numbers: Iterable[int]) -> NDArray[np.uint64]:
    """Numbers made different from those of other exercises."""
    found = np.fromiter(numbers, np.uint64) if not isinstance(numbers, array) else np.asarray(numbers)
    return (found.astype(np.uint64) & np.uint64((1 << 52) - 1)) | np.uint64(place << 52)


def _by_exercise(exercises: Sequence[str], keys: NDArray[np.uint64]) -> dict[str, frozenset[int]]:
    places = keys >> np.uint64(52)
    numbers = keys & np.uint64((1 << 52) - 1)
    return {
        exercise: frozenset(map(int, numbers[places == place])) for place, exercise in enumerate(exercises)
    }


def _same_pairs(table: _Table) -> Iterator[Pair]:
    """Submissions with the very same numbers: each with the first of them."""
    for group in table.same.values():
        size = len(table.kept[group[0]])
        if size >= ENOUGH_SHARED:
            yield from (Pair(group[0], other, size, size) for other in group[1:])


def _alike_pairs(table: _Table) -> Iterator[Pair]:
    sizes = np.array([int(table.searched[numbers].sum()) for numbers in table.kept], np.int64)
    for first in sorted(group[0] for group in table.same.values()):
        numbers = table.kept[first][table.searched[table.kept[first]]]
        if len(numbers) < ENOUGH_SHARED:
            continue
        found = [table.owners[table.starts[each] : table.starts[each + 1]] for each in numbers]
        shared = np.bincount(np.concatenate(found), minlength=len(sizes))
        smaller = np.minimum(sizes, sizes[first])
        alike = (shared >= ENOUGH_SHARED) & (shared >= ALIKE * smaller)
        for second in np.flatnonzero(alike[first + 1 :]) + first + 1:
            yield Pair(first, int(second), int(shared[second]), int(smaller[second]))


def _join_groups(pairs: Iterable[Pair]) -> tuple[tuple[int, ...], ...]:
    """Put into one group whoever is joined by pairs; the largest group first."""
    above: dict[int, int] = {}

    def top(place: int) -> int:
        while above.setdefault(place, place) != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for pair in pairs:
        above[top(pair.second)] = top(pair.first)
    groups: dict[int, list[int]] = {}
    for place in sorted(above):
        groups.setdefault(top(place), []).append(place)
    return tuple(sorted(map(tuple, groups.values()), key=lambda group: (-len(group), group)))
