"""Fingerprints, and who looks like whom."""

from __future__ import annotations

import random
import time
from array import array

import pytest

from classroom.grading import copies
from classroom.grading.copies import MAX_SOURCE, RUN, find_docstrings, fingerprint, matching_lines, tokenise
from classroom.grading.likeness import FEWEST, find_likeness, known_numbers
from tests.effort import LINEAR, growth

FIRST = '''
def apply_mask(payload, key):
    """Mask it."""
    out = bytearray()
    for place, byte in enumerate(payload):
        out.append(byte ^ key[place % 4])
    if len(out) != len(payload):
        raise ValueError("what happened here?")
    return bytes(out)
'''
RENAMED = """
# my own work
def apply_mask(data,  mask):
    "A docstring of mine."

    result = bytearray()  # to collect
    for i, b in enumerate(data):

        result.append(b ^ mask[i % 4])
    if (len(result)
            != len(data)):
        raise ValueError(
            'something else')
    return bytes(result)
"""


def unlike(seed):
    """A fingerprint that has nothing in common with others."""
    luck = random.Random(seed)
    return array("Q", sorted(luck.sample(range(1 << 52), 40)))


def test_names_comments_docstrings_and_layout_change_nothing():
    plain = RENAMED.replace("(len(result)\n            != len(data))", "len(result) != len(data)")
    assert fingerprint(FIRST) == fingerprint(plain)
    assert len(set(fingerprint(FIRST)) & set(fingerprint(RENAMED))) > len(fingerprint(FIRST)) / 2


def test_what_python_itself_names_is_kept():
    assert [text for text, _ in tokenise("x = len(y.digest())\nself.a.b = None")] == [
        *("v", "=", "len", "(", "v", ".", "digest", "(", ")", ")"),
        *("self", ".", "v", ".", "b", "=", "None"),
    ]


def test_lines_are_counted_through_strings_and_continued_lines():
    source = 'a = """x\ny"""\nb = 1 + \\\n  c\n# d\ne'
    assert [line for text, line in tokenise(source) if text in ("v", "s")] == [1, 1, 3, 4, 6]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def f(:\n  'never ends\n",
        '"""',
        "\0\ud800\xa0",
        "(" * 5000,
        "x = " + "9" * 200_000,
        "'" * 9999,
        "\\",
    ],
)
def test_any_text_has_a_fingerprint(source):
    numbers = fingerprint(source)
    assert numbers == sorted(set(numbers))
    assert all(0 <= number < 1 << 52 for number in numbers)


UNITS = ['\\"""\n', "\\'''\n", '"', "'", "\\'", '\\"', "rb", "a.", "(", "1", "\\\n", " ", "\n", "#", '"""\\']


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("quotes", ['"""', "'''", ""])
def test_whatever_does_not_close_takes_time_in_proportion_to_its_length(quotes, unit):
    assert growth(lambda size: tokenise(quotes + size // len(unit) * unit + "\\"), 1_500) < LINEAR


@pytest.mark.parametrize("quotes", ['"""', "'''"])
@pytest.mark.parametrize("end", ["", "\\", "\\\\", "\n", "\\'"])
def test_a_text_that_does_not_close_takes_the_rest(quotes, end):
    assert tokenise(f"x = {quotes}a (\\{quotes}{end}") == [("v", 1), ("=", 1), ("s", 1)]


def test_of_long_tokens_no_hash_is_kept():
    before = copies._hash_once.cache_info().currsize
    fingerprint(f"x.{'y' * MAX_SOURCE}")
    fingerprint(f"1{'2' * MAX_SOURCE}")
    assert copies._hash_once.cache_info().currsize <= before + 3


def test_a_run_in_common_is_found_wherever_it_stands():
    common = "for a in b: c.append(len(a) + 1 if a else d[2:3])"
    others = ("import os\nx = [1, 2, 3]\n" + common, common + "\nwhile True: y()\n")
    assert set(fingerprint(others[0])) & set(fingerprint(others[1]))


def test_too_little_tells_nothing():
    assert fingerprint("x = 1") == []
    assert len(fingerprint(" + ".join("1" * (RUN // 2 + 1)))) == 1


def test_lines_that_match_are_found_on_both_sides():
    first, second = matching_lines(FIRST, RENAMED)
    assert {5, 6, 7} <= first
    assert {7, 9} <= second
    assert matching_lines(FIRST, FIRST, fingerprint(FIRST))[0] <= first | {2, 4, 8, 9, 10}


def test_lines_of_the_skeleton_are_not_marked_whatever_their_names():
    given = "def apply_mask(p: bytes, k: bytes) -> bytes:\n    raise NotYetWrittenError\n"
    source = FIRST.replace("(payload, key)", "(payload: bytes, key: bytes) -> bytes")
    assert 2 in matching_lines(source, source)[0]
    assert matching_lines(source, source, given=given)[0] == matching_lines(source, source)[0] - {2}


def test_docstrings_are_found_and_other_strings_are_not():
    source = '''def f():
    """One.

    Two.
    """
    return """no
    docstring"""
'''
    assert find_docstrings(source) == [(2, 5)]


def test_the_same_ones_are_a_group_and_pairs_however_many_have_them():
    prints = [{"9.9": unlike(1)} for _ in range(FEWEST + 2)] + [{"9.9": unlike(2)}]
    found = find_likeness(prints)
    assert found.same == (tuple(range(FEWEST + 2)),)
    assert len(found.pairs) == (FEWEST + 2) * (FEWEST + 1) // 2
    known = array("Q", sorted(known_numbers("4.2")))
    assert find_likeness([{"4.2": known}] * 3).same == ()


def test_near_copies_are_found_and_others_are_not():
    prints = [{"4.2": unlike(seed)} for seed in range(40)]
    prints[31] = {"4.2": array("Q", sorted([*prints[7]["4.2"][:30], *unlike(99)[:10]]))}
    found = find_likeness(prints)
    assert [(pair.first, pair.second, pair.shared, pair.of) for pair in found.pairs] == [(7, 31, 30, 40)]
    assert found.groups == ((7, 31),)


@pytest.mark.slow
def test_ten_thousand_are_searched_without_comparing_all_pairs():
    luck = random.Random(6455)
    prints = []
    for place in range(10_000):
        if place % 50 == 49:  # most of somebody else's
            other = prints[luck.randrange(len(prints))]
            prints.append(
                {
                    key: array("Q", sorted([*numbers[:35], *unlike(place)[:5]]))
                    for key, numbers in other.items()
                }
            )
        else:
            prints.append({f"4.{number}": unlike(place * 10 + number) for number in range(6)})
    start = time.process_time()
    found = find_likeness(prints)
    assert len(found.pairs) >= 200
    assert time.process_time() - start < 60


def test_copies_of_all_are_one_group():
    prints = [{"4.2": unlike(seed % 60)} for seed in range(180)]
    found = find_likeness(prints)
    assert len(found.groups) == 60
    assert {len(group) for group in found.groups} == {3}


def test_what_many_have_does_not_count():
    common = unlike(1)
    prints = [{"4.2": array("Q", [*common, *unlike(seed)[:5]])} for seed in range(10, 10 + FEWEST + 1)]
    assert find_likeness(prints).pairs == ()
    assert find_likeness(prints[:2]).pairs


def test_what_the_reference_has_does_not_count():
    known = array("Q", sorted(known_numbers("4.2"))[:40])
    assert len(known) == 40
    assert find_likeness([{"4.2": known}, {"4.2": known}]).pairs == ()
    assert find_likeness([{"9.9": known}, {"9.9": known}]).pairs


def test_the_same_numbers_in_different_exercises_are_not_alike():
    assert find_likeness([{"4.2": unlike(1)}, {"4.3": unlike(1)}]).pairs == ()


def test_nobody_is_like_nobody():
    assert find_likeness([]).pairs == ()
    assert find_likeness([{}, {"4.2": array("Q")}]).groups == ()
