"""The mutants of the core: what they are, and that tests notice a sample of them."""

from __future__ import annotations

import ast

import pytest

from tests.minews.mutants.__main__ import main
from tests.minews.mutants.mutating import find_mutants, mutate
from tests.minews.mutants.running import NO_MUTANT, TESTS, find_stale, passes, read_source

SOURCE = '''
"""A docstring stays."""
__all__ = ["area"]
LIMIT: int = 10

def area(a: int, b: int, strict: bool = True) -> int:
    """So does this one."""
    if strict and not a < LIMIT:
        raise ValueError(a)
    return a + b
'''

MUTANTS = [
    "module: 10 -> 11",
    "module: 10 -> 9",
    "area: True -> False",
    "area: strict and (not a < LIMIT) -> strict or not a < LIMIT",
    "area: not a < LIMIT -> a < LIMIT",
    "area: a < LIMIT -> a <= LIMIT",
    "area: a < LIMIT -> a >= LIMIT",
    "area: without raise ValueError(a)",
    "area: return a + b -> return None",
    "area: a + b -> a - b",
]


def test_each_change_has_a_name_and_no_docstring_annotation_or_list_of_names_is_touched():
    assert [mutant.name for mutant in find_mutants(SOURCE)] == MUTANTS


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_the_module_with_one_change(name):
    number = MUTANTS.index(name)
    before, after = (
        ast.unparse(ast.parse(SOURCE)).splitlines(),
        ast.unparse(mutate(SOURCE, number)).splitlines(),
    )
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    assert name.partition(" -> ")[2].removeprefix("return ") in changed[0] or "pass" in changed[0]


def test_the_same_change_twice_has_two_names():
    assert [mutant.name for mutant in find_mutants("f(not a)\nf(not a)")] == [
        "module: without f(not a)",
        "module: not a -> a",
        "module: without f(not a) (2)",
        "module: not a -> a (2)",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("module", TESTS)
def test_the_table_explains_no_mutant_that_is_not_there_any_more(module):
    assert find_stale(module) == []


@pytest.mark.slow
def test_a_mutant_is_noticed_and_no_mutant_is_not():
    killed = next(m for m in find_mutants(read_source("closing")) if m.name == "decode_close: 1002 -> 1003")
    assert passes("closing", NO_MUTANT, None)
    assert not passes("closing", killed.number, None)


@pytest.mark.slow
def test_a_sample_is_killed(capsys):
    assert main(["closing", "--sample", "4"]) == 0
    assert "--seed 6455" in capsys.readouterr().out
