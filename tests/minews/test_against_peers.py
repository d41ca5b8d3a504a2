"""The benchmark against peers measures what it says; so short a run gives no figures to rely on."""

from __future__ import annotations

import sys

import pytest

from benchmarks.peers.contests import CONTESTS, Pace
from benchmarks.peers.picture import draw_picture
from benchmarks.peers.rounds import Figure, time_jobs
from benchmarks.peers.table import ROWS, format_contests, format_table

pytestmark = pytest.mark.slow

TINY = Pace(seconds=0.05, rounds=2, echoes=20, connections=20)


@pytest.fixture(scope="module")
def results():
    return {name: contest(TINY) for name, contest in CONTESTS.items()}


def test_each_round_gives_a_value_for_each_contestant(results):
    for name, values in results.items():
        assert values.keys() >= {"minews"}
        assert len({len(taken) for taken in values.values()}) == 1, name
        assert all(each > 0 for taken in values.values() for each in taken)


def test_the_table_has_a_line_for_each_figure_that_is_wanted(results):
    lines = list(format_table(results))
    assert len(lines) == 1 + len(ROWS)
    assert all(line.startswith(row.title) for line, row in zip(lines[1:], ROWS, strict=True))
    assert not [line for line in lines if "a peer is missing" in line]
    assert len(list(format_contests(results))) == 2 * len(CONTESTS)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_picture_can_be_drawn(results, suffix, tmp_path):
    path = tmp_path / f"peers{suffix}"
    draw_picture(results, path)
    assert path.stat().st_size > 10_000


def test_a_peer_that_is_missing_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "wsproto.connection", None)
    results = {name: contest(TINY) for name, contest in CONTESTS.items() if name == "read_short"}
    assert "wsproto" not in results["read_short"]
    row = ROWS[0]
    assert row.contest == "read_short"
    assert row.reach(results) is None


def test_what_takes_twice_as_long_counts_twice():
    def work(count: int, size: int = 20_000) -> None:
        for _ in range(count):
            sum(range(size))

    taken = time_jobs({"once": work, "twice": lambda count: work(2 * count)}, 0.5, 5)
    ratio = Figure.of([two / one for one, two in zip(taken["once"], taken["twice"], strict=True)])
    assert 1.5 < ratio.median < 2.5
