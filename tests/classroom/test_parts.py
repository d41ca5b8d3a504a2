"""How frames are shown, and how the first part that differs is named."""

from __future__ import annotations

import pytest

from classroom.parts import differing_part, name_slips, show_parts, write_argument
from minews.types import Frame, Opcode, Role

HELLO = Frame(True, 1, b"Hello")
KEY = bytes.fromhex("37fa213d")


def changed(**parts):
    return Frame(**({"fin": True, "opcode": 1, "payload": b"Hello"} | parts))


@pytest.mark.parametrize("value", [Role.SERVER, Opcode.PING, HELLO, changed(masking_key=KEY, rsv2=True)])
def test_an_argument_is_written_as_it_is_typed(value):
    names = {"Frame": Frame, "Opcode": Opcode, "Role": Role}
    assert eval(write_argument(value), names) == value


def test_what_is_not_set_is_left_out_and_a_long_payload_is_cut():
    assert write_argument(HELLO) == "Frame(fin=True, opcode=Opcode.TEXT, payload=b'Hello')"
    assert "payload=b'a' * 126" in write_argument(changed(payload=b"a" * 126))
    assert "(1,000 bytes)" in write_argument(changed(payload=b"abcd" * 250))
    assert "opcode=0x3" in write_argument(changed(opcode=3))


def test_a_part_of_a_wrong_type_is_shown_as_it_is():
    assert "fin=128" in write_argument(changed(fin=128))
    assert "rsv1=0" in write_argument(changed(rsv1=0))


def test_frames_of_a_list_stand_on_lines_of_their_own():
    assert show_parts([HELLO, HELLO])[1].strip() == f"{write_argument(HELLO)},"
    assert show_parts((HELLO, 7)) == [f"({write_argument(HELLO)}, 7)"]
    assert show_parts([HELLO]) == [f"[{write_argument(HELLO)}]"]


def test_a_long_frame_is_spread_over_lines_and_can_still_be_typed():
    long = changed(payload=b"a long payload", rsv1=True, rsv2=True, masking_key=KEY)
    for value in (long, (long, 20), [long], (long,), [(long, 20), (HELLO, 7)]):
        lines = show_parts(value)
        assert len(lines) > 3
        assert max(map(len, lines)) <= 80
        assert eval("\n".join(lines), {"Frame": Frame, "Opcode": Opcode}) == value


@pytest.mark.parametrize("value", [b"Hello", [], [b"Hello"], (None, 0), None])
def test_a_value_without_frames_is_not_ours_to_show(value):
    assert show_parts(value) is None
    assert name_slips(value, b"Hello") == []


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"fin": False}, "fin: False came, True must come."),
        ({"fin": 1}, "fin is of type int and must be of type bool."),
        ({"rsv3": True, "payload": b""}, "rsv3: True came, False must come."),
        ({"opcode": 2}, "opcode: Opcode.BINARY came, Opcode.TEXT must come."),
        (
            {"payload": b"Help!"},
            "payload: b'Help!' came, b'Hello' must come. They are the same up to byte 3.",
        ),
        ({"payload": bytearray(b"Hello")}, "payload is of type bytearray and must be of type bytes."),
        (
            {"masking_key": KEY, "payload": b""},
            'masking_key: bytes.fromhex("37 fa 21 3d") came, None must come.',
        ),
    ],
)
def test_the_first_field_on_the_wire_that_differs_is_named(part, sentence):
    assert name_slips(changed(**part), HELLO) == [sentence]
    assert name_slips((changed(**part), 7), (HELLO, 7)) == [sentence]
    assert name_slips([HELLO, changed(**part)], [HELLO, HELLO]) == [f"In frame 1, counted from 0, {sentence}"]


def test_an_opcode_by_its_name_is_no_difference():
    assert name_slips(changed(opcode=Opcode.TEXT), HELLO) == []


def test_numbers_of_bytes_and_of_frames_are_compared_too():
    assert name_slips((HELLO, 6), (HELLO, 7)) == ["The number of bytes taken: 6 came, 7 must come."]
    assert name_slips([HELLO], [HELLO, HELLO]) == ["1 frame came, 2 must come."]
    assert name_slips([], [HELLO]) == ["0 frames came, 1 must come."]
    assert name_slips((HELLO,), (HELLO, 7)) == ["A tuple of 1 came, one of 2 must come."]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"fin": False, "payload": b""}, "FIN"),
        ({"rsv2": True}, "RSV2"),
        ({"opcode": 2, "masking_key": KEY}, "opcode"),
        ({"masking_key": KEY}, "masking key"),
        ({"payload": b"Help!"}, "payload"),
        ({"opcode": Opcode.TEXT}, ""),
        ({"payload": bytearray(b"Hello")}, ""),
    ],
)
def test_the_first_part_that_differs_has_the_name_of_the_rfc(part, name):
    frame = changed(**part)
    pairs = [(frame, HELLO), ((frame, 7), (HELLO, 7)), ([HELLO, frame], [HELLO, HELLO])]
    assert [differing_part(came, must) for came, must in pairs] == [name] * 3


def test_numbers_of_bytes_and_of_frames_are_parts_too():
    assert differing_part((HELLO, 6), (HELLO, 7)) == "taken"
    assert differing_part([HELLO], [HELLO, HELLO]) == "frames"
    assert [differing_part(came, (HELLO, 7)) for came in (None, HELLO, (HELLO,), [HELLO, 7])] == [""] * 4
