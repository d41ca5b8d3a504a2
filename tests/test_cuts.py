"""The cuts themselves: were they wrong, every test that uses them would prove nothing."""

from __future__ import annotations

import pytest

from tests.cuts import every_cut


@pytest.mark.parametrize("stream", [b"", b"a", b"ab", bytes(range(256))], ids=["empty", "one", "two", "many"])
def test_every_cut_keeps_all_bytes_in_order_and_has_no_empty_piece(stream):
    for cut in every_cut(stream):
        assert b"".join(cut.pieces) == stream, cut.name
        assert all(cut.pieces), cut.name


def test_a_stream_comes_whole_and_byte_by_byte_and_in_many_other_ways():
    cuts = {cut.pieces for cut in every_cut(b"a stream of some length")}
    assert (b"a stream of some length",) in cuts
    assert any(all(len(piece) == 1 for piece in pieces) for pieces in cuts)
    assert len(cuts) > 5


def test_the_same_seed_cuts_in_the_same_way():
    assert list(every_cut(b"0123456789", seed=1)) == list(every_cut(b"0123456789", seed=1))
    assert list(every_cut(b"0123456789", seed=1)) != list(every_cut(b"0123456789", seed=2))
