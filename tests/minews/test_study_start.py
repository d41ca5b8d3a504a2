"""The first exercise: how many bytes a text takes on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode

from minews.study.start import payload_length


@pytest.mark.parametrize(
    "text, length", [("", 0), ("Hello", 5), ("é", 2), ("€", 3), ("𝄞", 4), ("e\u0301", 3), (" \r\n", 3)]
)
def test_a_text_is_counted_in_bytes_of_utf_8(text, length):
    assert payload_length(text) == length


@given(st.text(max_size=125))
def test_it_is_the_length_that_websockets_writes_into_the_frame_of_this_text(text):
    frame = TheirFrame(TheirOpcode.TEXT, text.encode()).serialize(mask=False)
    header = 2 if payload_length(text) < 126 else 4
    assert payload_length(text) == len(frame) - header
    announced = frame[1] if header == 2 else int.from_bytes(frame[2:4], "big")
    assert payload_length(text) == announced
