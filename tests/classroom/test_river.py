"""The byte river: for each byte the send and the recv that held it, and whether the borders agree."""

from __future__ import annotations

import doctest
import os
import random
from itertools import pairwise

import pytest

from classroom.widgets import draw_river, drawing
from classroom.widgets.river import River, picture_river
from classroom.widgets.river_scale import _round_step
from tests.classroom.walks import check_picture, svg_of, words

FIVE = [b"hello", b"world", b"from", b"minews", b"!!"]
ONE = [b"".join(FIVE)]


def walk_of(sent, received):
    return picture_river(River.of(sent, received))


def test_five_sends_and_one_recv_have_no_border_in_common():
    walk = walk_of(FIVE, ONE)
    assert "5 sends, 1 recv, 22 bytes" in words(walk)
    assert "Of the 4 borders between sends, the recvs kept none." in words(walk)


@pytest.mark.parametrize(
    ("received", "finding"),
    [
        ([b"hellowo", b"rldfrom", b"minews!!"], "the recvs kept 1. They cut in 1 place where no send did."),
        ([ONE[0][:20]], "kept none. 2 bytes have not been received."),
        ([ONE[0][:21]], "kept none. 1 byte has not been received."),
        ([b"helloWorldfromminews!!"], "kept none. From byte 5 on, what was received is not what was sent."),
        ([*ONE, b"?"], "They cut in 1 place where no send did. From byte 22 on, what was received is not"),
    ],
)
def test_it_says_at_a_glance_whether_borders_and_bytes_agree(received, finding):
    assert finding in River.of(FIVE, received).findings()


def test_where_all_borders_agree_nothing_else_is_said():
    assert River.of(FIVE, FIVE).findings() == "Of the 4 borders between sends, the recvs kept 4."


def test_one_piece_on_either_side_is_no_finding():
    assert River.of([b"a"], [b"a"]).findings() == "One piece went in and one came out."


def test_every_byte_is_a_stop_that_names_its_send_and_its_recv():
    stops = walk_of(FIVE, [b"hellow", b"orldfromminews!!"]).stops
    assert [stop.name for stop in stops] == [f"byte {offset}" for offset in range(22)]
    assert stops[14].says == "'m' (0x6d): 4th send, 2nd recv"
    assert stops[5].says == "'w' (0x77): 2nd send, 1st recv"
    assert stops[6].says == "'o' (0x6f): 2nd send, 2nd recv"


@pytest.mark.parametrize(
    ("byte", "name"),
    [(0x0D, "carriage return (0x0d)"), (0x20, "space (0x20)"), (0x81, "0x81"), (0x3C, "'<' (0x3c)")],
)
def test_a_byte_without_a_letter_has_a_name(byte, name):
    (stop,) = walk_of([bytes([byte])], [bytes([byte])]).stops
    assert stop.says.startswith(f"{name}:")


def test_bytes_that_were_not_received_or_differ_say_so():
    stops = walk_of([b"abc"], [b"aX"]).stops
    assert stops[1].says == "sent 'b' (0x62), received 'X' (0x58): 1st send, 1st recv"
    assert stops[2].says == "'c' (0x63): 1st send, not received"
    assert walk_of([b"a"], [b"ab"]).stops[1].says == "'b' (0x62): not sent, 1st recv"


def test_empty_pieces_count_for_nothing():
    assert River.of([b"", b"a"], [b"a", b""]).headline() == "1 send, 1 recv, 1 byte"


def test_pieces_stand_above_and_below_their_bytes_also_where_a_row_ends():
    walk = walk_of([b"a" * 40], [b"a" * 25, b"a" * 15])
    byte, send, recv = walk.stops[35].boxes
    assert send[1] < byte[1] < recv[1]
    for piece, left, right in ((send, 30, 39), (recv, 30, 39)):
        assert abs(piece[0] - walk.stops[left].boxes[0][0]) <= 2
        end = walk.stops[right].boxes[0]
        assert abs(piece[0] + piece[2] - end[0] - end[2]) <= 2
    assert walk.columns == 30
    assert walk.stops[35].boxes[0][0] == walk.stops[5].boxes[0][0]


def test_a_long_stream_is_drawn_to_scale_without_single_bytes():
    walk = walk_of([bytes(400_000)] * 5, [bytes(65_536)] * 20 + [bytes(689_280)])
    assert "5 sends, 21 recvs, 2,000,000 bytes" in words(walk)
    assert len(walk.picture._repr_html_()) < 20_000
    widths = [stop.boxes[1][2] for stop in walk.stops]  # of the send that each stop belongs to
    assert max(widths) - min(widths) < 0.2
    assert walk.stops[0].name == "bytes 0 to 65,535"
    assert walk.stops[0].says == "65,536 bytes: 1st send, 1st recv"
    assert walk.stops[6].name == "bytes 393,216 to 399,999"


def test_the_stops_of_a_long_stream_cover_it_without_a_hole_however_many_pieces_there_are():
    walk = walk_of([bytes(400_000)] * 5, [bytes(1448)] * 1380 + [bytes(1760)])
    assert len(walk.stops) <= 240
    starts = [int(stop.name.split()[1].replace(",", "")) for stop in walk.stops]
    ends = [int(stop.name.split()[-1].replace(",", "")) for stop in walk.stops]
    assert starts[0] == 0 and ends[-1] == 1_999_999
    assert starts[1:] == [end + 1 for end in ends[:-1]]
    check_picture(walk)


def test_where_pieces_are_too_narrow_for_a_bar_each_they_share_one():
    walk = walk_of([b"x" * 5000], [b"x"] * 5000)
    assert "1st to 5,000th, 5,000 bytes" in words(walk)


@pytest.mark.parametrize("size", [121, 999, 1000, 65_536, 2_000_000])
def test_the_offsets_are_round_and_few(size):
    step = _round_step(size)
    assert str(step).rstrip("0") in ("1", "2", "5")
    assert 3 <= size / step <= 8


def test_any_two_ways_to_cut_a_stream_can_be_drawn():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)

    def cut(stream):
        borders = sorted({0, len(stream), *(dice.randrange(len(stream) + 1) for _ in range(6))})
        return [stream[start:end] for start, end in pairwise(borders)]

    for size in [1, 29, 30, 31, 119, 120, 121, 500, 70_000]:
        stream = os.urandom(size)
        check_picture(walk_of(cut(stream), cut(stream)[: dice.randrange(1, 9)]))


def test_nothing_sent_is_said_too():
    walk = walk_of([], [b""])
    assert walk.stops == () and "No byte was sent." in words(walk)


def test_the_words_list_every_piece():
    text = walk_of(FIVE, ONE).picture.text
    assert "4th send: bytes 14 to 19: minews" in text
    assert "1st recv: bytes 0 to 21: helloworldfromminews!!" in text


def test_the_widget_holds_the_picture_its_stops_and_a_still_picture():
    widget = draw_river(FIVE, ONE)
    assert widget.stops[14]["says"] == "'m' (0x6d): 4th send, 1st recv"
    assert widget.columns == 30
    assert "<svg" in widget.picture
    assert repr(widget).startswith("The byte river\n\n5 sends, 1 recv, 22 bytes.")
    assert svg_of(widget.walk) is not None


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(drawing).failed == 0
