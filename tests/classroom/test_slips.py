"""Slips of any exercise are told from all else that may go wrong."""

from __future__ import annotations

import pytest

from classroom.slips import find_slip, returns_none
from classroom.worker.protocol import Other

RETURNED = Other("ProtocolError", "ProtocolError(1002, 'not masked')")


class TestAnExceptionReturned:
    @pytest.mark.parametrize(
        "came, shown",
        [
            (RETURNED, "It returned the exception ProtocolError(1002, 'not masked')."),
            (Other("ValueError", "ValueError('n')"), "It returned the exception ValueError('n')."),
            (
                Other("KeyboardInterrupt", "KeyboardInterrupt()"),
                "It returned the exception KeyboardInterrupt().",
            ),
            (Other("type", "<class 'minews.types.ProtocolError'>"), "It returned the class ProtocolError."),
            (Other("type", "<class 'ValueError'>"), "It returned the class ValueError."),
        ],
    )
    @pytest.mark.parametrize("must", ["ProtocolError with code 1002", "an exception"])
    def test_is_shown_as_one_and_asked_about(self, came, must, shown):
        slip = find_slip(came, must)
        assert slip.came == shown
        assert slip.note == "It was returned, not raised."
        assert "`return`" in slip.question and "`raise`" in slip.question

    @pytest.mark.parametrize("must", [None, b"\x81", ("a", "line"), "one row for FIN"])
    def test_is_another_matter_where_a_value_must_come(self, must):
        assert find_slip(RETURNED, must) is None

    @pytest.mark.parametrize("came", [None, True, Other("Frame", "Frame()"), Other("type", "<class 'int'>")])
    def test_is_not_any_value(self, came):
        assert find_slip(came, "ProtocolError with code 1002") is None


class TestZerosForAByte:
    @pytest.mark.parametrize(
        "came, must, number",
        [
            (bytes(126) + b"\x01\x2c", bytes([126, 1, 44]), 126),
            (bytes(254) + b"\x01\x2c", bytes([254, 1, 44]), 254),
            (bytes(5), b"\x05", 5),
            (bytes(2), b"\x02", 2),
            (b"\x81" + bytes(5) + b"Hello", b"\x81\x05Hello", 5),
            (bytes(0x7F + 0x9F), b"\x7f\x9f", 0x7F),
            (bytes(0x37), b"\x00\x37", 0x37),
            (bytes(126) + bytes(300), bytes([126, 1, 44]), 126),
        ],
    )
    def test_are_traced_to_the_number_that_was_given_to_bytes(self, came, must, number):
        slip = find_slip(came, must)
        assert slip.question == f"What is `bytes({number})`, and what is `bytes([{number}])`?"
        assert f"{number} zeros" in slip.came or slip.came == f"{len(came)} zeros"

    def test_are_counted_and_what_stands_beside_them_is_shown(self):
        shown = find_slip(b"\x81" + bytes(100) + b"Hello, Hello", b"\x81\x64Hello, Hello").came
        assert shown == "81, then 100 zeros, then 48 65 6c 6c 6f 2c 20 48 ... (12 bytes)"

    @pytest.mark.parametrize(
        "came, must",
        [
            (b"\x00", b"\x01"),
            (b"", b"\x05"),
            (b"\x7e\x00\x00\x02", b"\x7e\x02\x00"),  # a byte of padding, the low byte first
            (b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00", b"\x7e\x00\x05"),
            (b"\x05\x00\x00", b"\x05"),
            (bytes(8) + b"\x05", b"\x05"),
            (b"Hello", b"\x05Hello"),
        ],
    )
    def test_are_not_seen_where_zeros_came_for_another_reason(self, came, must):
        assert find_slip(came, must) is None


@pytest.mark.parametrize(
    "body, expected",
    [
        ("return None", True),
        ("if n:\n        return\n    return 5", True),
        ("return 5 if n else None", True),
        ("n + 1", False),
        ("None", False),
        ("return n", False),
        ("return (", False),
    ],
)
def test_a_return_of_none_is_seen_in_the_code(body, expected):
    assert returns_none(f"def f(n):\n    {body}\n") is expected
