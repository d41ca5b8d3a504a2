"""Which submissions are near copies of each other, among ten thousand, without comparing all pairs.

An index says for each number of a fingerprint who has it. What the skeleton or the reference has counts for
nothing, nor does what more than a share of the class has: what is left is what only few have written. Two
submissions are alike if they share enough of that, both in number and as a part of what the smaller one has.
That is a reason to look at both, not more: it says nothing about who wrote what, or why.
"""

from __future__ import annotations

import hashlib
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

__all__ = ["Likeness", "Pair", "find_likeness", "given_source", "known_numbers"]

SHARE = 0.10  # of the class: what more of them have is no sign of anything
FEWEST = 4  # submissions; in a small class so many may have something in common before it is common
MOST = 200  # submissions that one number is looked up for: bounds the work, not the finding of large groups
ENOUGH_SHARED = 12  # numbers
ALIKE = 0.6  # of the numbers of the smaller one
MOST_SAME = 12  # submissions that are the same: of so many each pair is named, of more each with the first


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions that are alike.

    Arguments:
        first, second: their places in the order in which they were given, the smaller one first.
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
    """What was found: pairs, the most alike first, groups of places, and the numbers that did not count.

    `same` are groups whose submissions have all their numbers in common: those are the same but for names,
    comments and layout, however many have them.
    """

    pairs: tuple[Pair, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    same: tuple[tuple[int, ...], ...] = ()
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


@cache
def given_source(exercise: str) -> str:
    """The skeleton of an exercise: what everybody has. Empty for an exercise that is not of this course."""
    try:
        return skeleton(find_exercise(exercise))
    except KeyError:
        return ""


def find_likeness(prints: Sequence[Mapping[str, array[int]]]) -> Likeness:
    """Find the submissions that are alike.

    Arguments:
        prints: for each submission the fingerprints of its exercises, by their numbers.
    """
    table = _Table(prints)
    same = list(_same_groups(prints))
    found = [*_same_pairs(table), *_alike_pairs(table)]
    found += [pair for size, group in same for pair in _pairs_of(group, size)]
    pairs = list({(pair.first, pair.second): pair for pair in reversed(found)}.values())
    pairs.sort(key=lambda pair: (-pair.part * pair.shared, pair.first, pair.second))
    groups = sorted((group for _, group in same), key=lambda group: (-len(group), group))
    return Likeness(tuple(pairs), _join_groups(pairs), tuple(groups), table.common)


def _same_groups(prints: Sequence[Mapping[str, array[int]]]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Submissions that have all numbers in common, with how many of them are not of the reference."""
    groups: dict[bytes, list[int]] = {}
    for place, each in enumerate(prints):
        digest = hashlib.sha256()
        for exercise in sorted(each):
            digest.update(f"{exercise} {len(each[exercise])} ".encode() + each[exercise].tobytes())
        groups.setdefault(digest.digest(), []).append(place)
    for group in groups.values():
        if len(group) > 1:
            first = prints[group[0]]
            size = sum(len({*numbers} - known_numbers(exercise)) for exercise, numbers in first.items())
            if size >= ENOUGH_SHARED:
                yield size, tuple(group)


def _pairs_of(group: Sequence[int], size: int) -> Iterator[Pair]:
    """The pairs of submissions that are the same: all of them, or each with the first if those are many."""
    firsts = group if len(group) <= MOST_SAME else group[:1]
    for at, first in enumerate(firsts):
        yield from (Pair(first, second, size, size) for second in group[at + 1 :])


class _Table:
    """Who has which numbers, and what of them counts.

    Numbers are called by an index. `kept` are those of each submission that count; `same` are the submissions
    that have the very same numbers, under the first of them. That one alone stands in the index: the numbers
    at starts[n] to starts[n + 1] in `owners` are the submissions that have number n.
    """

    def __init__(self, prints: Sequence[Mapping[str, array[int]]]) -> None:
        self.common: dict[str, frozenset[int]] = {}
        found: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        self.size = 0
        for exercise in sorted({exercise for each in prints for exercise in each}):
            found.append(self._read(exercise, prints))
        none = np.zeros(0, np.int32)
        index = np.concatenate([none, *(index for index, _ in found)])
        owners = np.concatenate([none, *(owners for _, owners in found)])
        order = np.argsort(owners, kind="stable")
        index, owners = index[order], owners[order]
        self.kept = np.split(index, np.searchsorted(owners, np.arange(1, len(prints))))[: len(prints)]
        self.same: dict[bytes, list[int]] = {}
        for owner, numbers in enumerate(self.kept):
            self.same.setdefault(numbers.tobytes(), []).append(owner)
        self._make_index(index, owners, len(prints))

    def _read(
        self, exercise: str, prints: Sequence[Mapping[str, array[int]]]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The numbers of one exercise that count, as indices, and whose they are."""
        rows = [(owner, each[exercise]) for owner, each in enumerate(prints) if each.get(exercise)]
        numbers = np.concatenate([np.zeros(0, np.uint64), *(np.asarray(each, np.uint64) for _, each in rows)])
        sizes = [len(each) for _, each in rows]
        owners = np.repeat(np.array([owner for owner, _ in rows], np.int32), sizes)
        different, index, members = np.unique(numbers, return_inverse=True, return_counts=True)
        counts = members <= max(FEWEST, SHARE * len(rows))
        counts &= ~np.isin(different, np.array([*known_numbers(exercise)], np.uint64))
        self.common[exercise] = frozenset(map(int, different[~counts]))
        renamed = (np.cumsum(counts) - 1 + self.size).astype(np.int32)
        self.size += int(counts.sum())
        chosen = counts[index]
        return renamed[index[chosen]], owners[chosen]

    def _make_index(self, index: NDArray[np.int32], owners: NDArray[np.int32], size: int) -> None:
        first = np.zeros(size, bool)
        first[[group[0] for group in self.same.values()]] = True
        index, owners = index[first[owners]], owners[first[owners]]
        order = np.argsort(index, kind="stable")
        self.owners = owners[order]
        self.starts = np.searchsorted(index[order], np.arange(self.size + 1))
        # What so many different submissions have is left out of the search, and so of their size.
        self.searched = np.diff(self.starts) <= MOST


def _same_pairs(table: _Table) -> Iterator[Pair]:
    """Submissions that have the very same numbers of those that count."""
    for group in table.same.values():
        size = len(table.kept[group[0]])
        if size >= ENOUGH_SHARED:
            yield from _pairs_of(group, size)


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
