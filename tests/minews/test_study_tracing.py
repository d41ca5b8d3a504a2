"""The tables of RFC 6455's own frames say what the library reads there."""

from __future__ import annotations

import inspect

import pytest

from minews.frames import decode_frame, decode_payload_len
from minews.study.tracing import FIELDS, FRAMES, trace_frames
from tests.minews.wire import RFC_5_7

TABLES = trace_frames()
each_frame = pytest.mark.parametrize("name", FRAMES)


def wire(name):
    """The whole frame, with a payload of zeros where the RFC prints none."""
    data = bytes.fromhex(FRAMES[name])
    length, used = decode_payload_len(data[1:])
    return data + bytes(length) if used > 1 else data


def rows(name):
    return {field: (offset, value) for offset, field, value in TABLES[name]}


def test_there_is_a_table_for_each_frame_in_the_order_of_the_rfc():
    assert list(TABLES) == list(FRAMES)


def test_the_frames_are_those_that_the_rfc_prints():
    for name, (data, _) in zip(FRAMES, RFC_5_7.values(), strict=True):
        assert data[:11].startswith(bytes.fromhex(FRAMES[name]))
        assert wire(name)[:11] == data[:11] or "payload" not in rows(name)


@each_frame
def test_the_contract_prints_the_frame_that_is_meant(name):
    assert f"    {name:<18}{FRAMES[name]}\n" in inspect.getdoc(trace_frames)


@each_frame
def test_its_fields_stand_in_the_order_of_the_figure_and_once_each(name):
    named = [field for _, field, _ in TABLES[name]]
    assert named == [field for field in FIELDS if field in named]
    offsets = [offset for offset, _, _ in TABLES[name]]
    assert offsets == sorted(offsets)


@each_frame
def test_the_values_are_those_that_the_decoder_reads(name):
    frame, _ = decode_frame(wire(name))
    table = rows(name)
    assert table["FIN"][1] == frame.fin
    assert table["RSV"][1] == 4 * frame.rsv1 + 2 * frame.rsv2 + frame.rsv3
    assert table["opcode"][1] == frame.opcode
    assert table["MASK"][1] == (frame.masking_key is not None)
    assert table.get("masking key", (2, None))[1] == frame.masking_key
    if "payload" in table:
        assert table["payload"] == (len(wire(name)) - len(frame.payload), frame.payload)


@each_frame
def test_the_lengths_are_those_that_the_decoder_reads(name):
    data = wire(name)
    length, used = decode_payload_len(data[1:])
    table = rows(name)
    assert table["payload length"] == (1, data[1] & 0b0111_1111)
    assert table.get("extended payload length", (2, length)) == (2, length)
    assert ("extended payload length" in table) is (used > 1)
    assert ("payload" in table) is (used == 1)


def test_each_call_gives_a_table_of_its_own():
    assert trace_frames() == TABLES
    assert trace_frames() is not TABLES
