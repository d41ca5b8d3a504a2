"""The frames of websockets, read and written by that package and not by ours."""

from __future__ import annotations

import sys

import pytest

from classroom.real_frames import find_real_frames
from minews import Frame, Opcode


def test_the_rfcs_frames_are_read_and_written():
    real = find_real_frames()
    hello = Frame(True, Opcode.TEXT, b"Hello")
    assert real.write(hello).hex() == "810548656c6c6f"
    assert real.read(bytes.fromhex("810548656c6c6f")) == hello
    assert real.read(bytes.fromhex("818537fa213d7f9f4d5158")) == hello


def test_a_masked_frame_has_a_key_that_websockets_drew():
    real = find_real_frames()
    masked = real.write(Frame(False, Opcode.BINARY, b"Hello", masking_key=b"abcd"))
    assert masked[:2].hex() == "0285" and masked[2:6] != b"abcd"
    assert real.read(masked) == Frame(False, Opcode.BINARY, b"Hello")


@pytest.mark.parametrize("wrong", ["810548656c6c", "810548656c6c6fff"])
def test_half_a_frame_and_more_than_a_frame_are_refused(wrong):
    with pytest.raises(ValueError):
        find_real_frames().read(bytes.fromhex(wrong))


def test_without_the_package_a_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "websockets.version", None)
    assert find_real_frames() is None
    assert "websockets is not installed" in capsys.readouterr().out
