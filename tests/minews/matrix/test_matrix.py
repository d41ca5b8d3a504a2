"""minews talks with every peer, at both ends: nothing fails, and what a peer cannot do is known."""

from __future__ import annotations

import pytest

from tests.minews.matrix.__main__ import main
from tests.minews.matrix.features import FEATURES
from tests.minews.matrix.running import ROWS, Cell, Row

# What peers do not offer. One that learns it is a failure here, too: then the list is wrong.
CANNOT = {
    "aiohttp": {"fragments"},
    "Chromium": {"fragments", "ping", "close codes"},
    "libcurl": {"deflate"},
}

EACH = [pytest.param(row, id=row.name, marks=pytest.mark.peer(*row.needs)) for row in ROWS]


@pytest.mark.slow
@pytest.mark.parametrize("row", EACH)
def test_a_peer_and_minews_agree_on_every_feature(row):
    cells = list(row.cells(list(FEATURES)))
    assert [cell for cell in cells if cell.verdict == "FAIL"] == []
    assert {cell.feature for cell in cells if cell.verdict == "cannot"} == CANNOT.get(row.peer, set())


def test_every_peer_of_ours_has_its_rows():
    programs = {"npm ws", "Chromium", "curl"}
    assert {row.peer for row in ROWS} == {"websockets", "wsproto", "aiohttp", "libcurl"} | programs


class TestTheCommand:
    @pytest.mark.slow
    def test_it_prints_a_table_and_tells_what_a_peer_cannot_do(self, capsys):
        assert (
            main(["--only", "asyncio client to aiohttp", "--feature", "text", "--feature", "fragments"]) == 0
        )
        told = capsys.readouterr().out.splitlines()
        assert told[0].split() == ["text", "fragments"]
        assert told[1].split()[-2:] == ["pass", "(a)"]
        assert told[2].startswith("(a): aiohttp sends each message in one frame")

    def test_a_failure_is_told_and_ends_it_with_1(self, capsys, monkeypatch):
        cells = iter([Cell("x", "text", "FAIL", "it broke")])
        monkeypatch.setattr(Row, "cells", lambda row, features: cells)
        assert main(["--only", "asyncio client to websockets", "--feature", "text"]) == 1
        assert "    text: it broke" in capsys.readouterr().out
