"""The fast twins agree with the clear functions, byte by byte and event by event."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import sys
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minews import (
    Close,
    Connection,
    Frame,
    Message,
    Opcode,
    Ping,
    Role,
    apply_mask,
    connection,
    encode_frame,
    speed,
)
from minews.deflate import DeflateAssembler, DeflateParams
from minews.limits import Limits
from minews.opening import Agreement
from minews.speed import FastConnection, apply_mask_fast
from tests.minews.wire import WRONG_FRAMES, any_bytes, payloads, small_frames

NO_TEXT = Close(1007, "a text message is not UTF-8")
LIMITS = {"max_frame": 70_000, "max_message": 66_000}
mostly_right = st.builds(
    lambda frame, opcode, key: encode_frame(
        type(frame)(fin=frame.fin, opcode=opcode, payload=frame.payload, masking_key=key)
    ),
    small_frames,
    st.sampled_from([0, 1, 1, 1, 2, 2, 9, 10]),
    st.binary(min_size=4, max_size=4),
)


class TestMasks:
    @given(payloads | st.binary(max_size=3000), st.binary(min_size=4, max_size=4))
    def test_a_mask_by_the_word_is_the_mask_byte_by_byte(self, data, key):
        assert apply_mask_fast(data, key) == apply_mask(data, key)

    @pytest.mark.parametrize("size", [125, 126, 1023, 1024, 1025, 5007, 8191, 8192, 140_003])
    def test_with_and_without_numpy(self, size, monkeypatch):
        data, key = random.Random(size).randbytes(size), b"\x00\x80\xff\x7f"
        with_numpy = apply_mask_fast(data, key)
        monkeypatch.setattr(speed, "_import_numpy", lambda: None)
        assert apply_mask_fast(data, key) == with_numpy == apply_mask(data, key)

    def test_where_there_is_numpy_it_is_used(self):
        numpy = pytest.importorskip("numpy")
        speed._import_numpy.cache_clear()
        assert speed._import_numpy() is numpy

    def test_without_numpy_there_is_no_error(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "numpy", None)
        speed._import_numpy.cache_clear()
        assert speed._import_numpy() is None
        speed._import_numpy.cache_clear()

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    @pytest.mark.parametrize("size", [0, 5, 200, 2000])
    def test_any_buffer_goes_in_and_bytes_come_out(self, kind, size):
        masked = apply_mask_fast(kind(bytes(size)), kind(b"1234"))
        assert (type(masked), masked) == (bytes, apply_mask(bytes(size), b"1234"))

    @pytest.mark.parametrize("key", [b"", b"123", b"12345"])
    def test_a_key_has_four_bytes(self, key):
        with pytest.raises(ValueError, match="4 bytes"):
            apply_mask_fast(b"Hello", key)


class TestRandomBytes:
    def test_each_byte_of_the_system_s_is_given_once(self, monkeypatch):
        blocks = []
        monkeypatch.setattr(os, "urandom", lambda count: blocks.append(random.randbytes(count)) or blocks[-1])
        speed._drawn.clear()
        keys = [speed.draw_random(4) for _ in range(3 * speed.POOL // 4)]
        assert sorted(keys) == sorted(fours(b"".join(blocks)))
        assert [len(block) for block in blocks] == [speed.POOL] * 3
        speed._drawn.clear()

    @pytest.mark.parametrize("count", [0, 3, 8, 16])
    def test_any_other_number_comes_from_the_system(self, count):
        assert len(speed.draw_random(count)) == count

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_child_does_not_draw_what_its_parent_will(self):
        speed.draw_random(4)
        waiting, (there, here) = list(speed._drawn), os.pipe()
        if (child := os.fork()) == 0:
            os.write(here, b"".join(speed.draw_random(4) for _ in range(100)))
            os._exit(0)
        os.waitpid(child, 0)
        drawn = os.read(there, 1000)
        os.close(there)
        os.close(here)
        assert len(waiting) > 100
        assert len(set(fours(drawn)) & set(waiting)) < 3, "four bytes may be the same by chance"
        assert speed._drawn == waiting, "the parent goes on"


def fours(data: bytes) -> list[bytes]:
    return [data[at : at + 4] for at in range(0, len(data), 4)]


def agree(role: Role, pieces: list[bytes], **limits: int) -> None:
    """Give both the same pieces, and compare what they say after each.

    The fast one may find a fault in a text before its frame is whole. Then whatever makes the frame whole
    lets the clear one say the same.
    """
    clear, fast = Connection(role, **LIMITS | limits), FastConnection(role, **LIMITS | limits)
    clear._random_bytes = fast._random_bytes = lambda count: bytes(count)
    for piece in pieces:
        told, events = fast.receive_data(piece), clear.receive_data(piece)
        if told[len(events) :] == [NO_TEXT]:
            while not clear.ended:
                events += clear.receive_data(bytes(1000))
        assert told == events
        assert fast.data_to_send() == clear.data_to_send()
        assert (fast.state, fast.close_code, fast.close_reason) == (
            clear.state,
            clear.close_code,
            clear.close_reason,
        )
    assert fast.receive_eof() == clear.receive_eof()


def cut(stream: bytes, places: list[float]) -> list[bytes]:
    edges = sorted({0, len(stream), *(int(place * len(stream)) for place in places)})
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


places = st.lists(st.floats(0, 1), max_size=6)
text_pieces = st.sampled_from([b"caf\xc3\xa9", b"\xe2\x82", b"\xac", b"", b"\xff", b"\xed\xa0"])


class TestConnections:
    @settings(max_examples=300)
    @given(st.lists(mostly_right, max_size=12), places, st.sampled_from(Role))
    def test_they_agree_on_frames_that_are_mostly_right(self, frames, places, role):
        agree(role, cut(b"".join(frames), places))

    @given(st.lists(small_frames.map(encode_frame) | any_bytes, max_size=6), places, st.sampled_from(Role))
    @example([bytes.fromhex("8185000000004865")], [], Role.CLIENT)
    def test_they_agree_on_anything(self, pieces, places, role):
        agree(role, cut(b"".join(pieces), places))

    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_what_comes_behind_a_close_in_one_piece_is_not_looked_at(self, role):
        close = encode_frame(Frame(True, 8, b"\x03\xe8", masking_key=small(role).masking_key))
        agree(role, [encode_frame(small(role)) + close + encode_frame(small(role))])

    @pytest.mark.parametrize("name", WRONG_FRAMES)
    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_they_agree_on_whatever_breaks_a_rule(self, name, role):
        data, _ = WRONG_FRAMES[name]
        good = encode_frame(small(role))
        agree(role, [good + data + good])
        agree(role, [bytes([byte]) for byte in good + data[:30]])

    @pytest.mark.parametrize("size", [0, 1, 5, 125, 126, 127, 65_535, 65_536, 66_000, 66_001, 70_000, 70_001])
    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_they_agree_on_each_size_and_at_the_limits(self, size, role):
        stream = encode_frame(small(role, random.Random(size).randbytes(size)))
        agree(role, [stream + stream])
        agree(role, [stream[start : start + 1000] for start in range(0, len(stream), 1000)])
        agree(role, [stream], max_frame=100, max_message=60)

    @given(
        st.lists(st.tuples(st.sampled_from([1, 0, 0]), text_pieces, st.booleans()), max_size=6),
        st.integers(1, 9),
        st.sampled_from(Role),
    )
    @example([(1, b"", False), (0, b"\xe2\x82", False), (0, b"\xac", True)], 1, Role.CLIENT)
    @example([(1, b"\xe2\x82", True)], 3, Role.CLIENT)
    @example([(1, b"caf\xc3\xa9", False), (1, b"caf\xc3\xa9", True)], 2, Role.SERVER)
    def test_they_agree_on_texts_good_and_bad(self, fragments, size, role):
        key = b"\x00\x80\xff\x7f" if role is Role.SERVER else None
        frames = [Frame(fin, opcode, piece, masking_key=key) for opcode, piece, fin in fragments]
        stream = b"".join(map(encode_frame, frames))
        agree(role, [stream[at : at + size] for at in range(0, len(stream), size)])

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_any_buffer_is_taken_and_what_comes_of_it_is_bytes(self, role, kind):
        ping = dataclasses.replace(small(role, b"?"), opcode=Opcode.PING)
        stream = bytearray(encode_frame(small(role)) + encode_frame(ping))
        for pieces in ([stream], [stream[:3], stream[3:]]):
            conn = FastConnection(role)
            events = flat([conn.receive_data(kind(piece)) for piece in pieces])
            assert events == [Message(Opcode.BINARY, b"Hello"), Ping(b"?")]
            assert (type(events[0].data), type(events[1].payload)) == (bytes, bytes)
            agree(role, [kind(piece) for piece in pieces])

    @pytest.mark.parametrize("size", [0, 1, 5, 125, 126, 65_536])
    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_a_whole_message_in_one_frame_is_read_and_written_at_once(self, role, opcode, size, monkeypatch):
        monkeypatch.setattr(speed, "_Part", None)
        monkeypatch.setattr(connection, "encode_frame", None)
        near, far = FastConnection(role), FastConnection(other_end(role))
        message = Message(opcode, "a" * size if opcode == Opcode.TEXT else b"a" * size)
        for _ in range(2):
            near.send_text(message.data) if opcode == Opcode.TEXT else near.send_binary(message.data)
        assert far.receive_data(near.data_to_send()) == [message, message]

    @given(
        st.lists(st.text(max_size=30) | payloads, max_size=6),
        st.sampled_from(Role),
        st.sampled_from([None, lambda data: data[::2] if len(data) > 9 else None]),
    )
    def test_they_send_the_same(self, messages, role, compress):
        clear = Connection(role, random_bytes=random.Random(6455).randbytes, compress=compress)
        fast = FastConnection(role, random_bytes=random.Random(6455).randbytes, compress=compress)
        for message in messages:
            for each in (clear, fast):
                each.send_text(message) if isinstance(message, str) else each.send_binary(message)
        assert fast.data_to_send() == clear.data_to_send()
        fast.send_close()
        with pytest.raises(EOFError):
            fast.send_text("late")


class TestPayloadsThatComeInPieces:
    @pytest.mark.parametrize("numpy", ["there", "missing"])
    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_a_long_message_cut_anywhere_comes_whole(self, role, opcode, numpy, monkeypatch):
        if numpy == "missing":
            monkeypatch.setattr(speed, "_import_numpy", lambda: None)
        words = "Aé€😀".encode() * 14_001
        peer = FastConnection(other_end(role))
        peer.send_binary(words) if opcode == Opcode.BINARY else peer.send_text(words.decode())
        stream = peer.data_to_send()
        for size in (65_536, 10_001, 333):
            conn = FastConnection(role)
            events = [conn.receive_data(stream[at : at + size]) for at in range(0, len(stream), size)]
            assert flat(events) == [Message(opcode, words.decode() if opcode == Opcode.TEXT else words)]

    def test_what_follows_a_message_in_two_pieces_is_read_at_once_again(self, monkeypatch):
        stream, conn = encode_frame(small(Role.SERVER)), FastConnection(Role.SERVER)
        assert conn.receive_data(stream[:8]) == []
        monkeypatch.setattr(speed, "_Part", None)
        assert len(conn.receive_data(stream[8:] + stream)) == 2

    @pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
    def test_a_head_cut_in_two_is_no_message_if_its_second_half_looks_like_one(self, role):
        looks_like_an_empty_text = b"\x81\x80\x00\x00" if role is Role.SERVER else b"\x81\x00"
        head = b"\x82\x84" if role is Role.SERVER else b"\x82\x7e"
        payload = bytes(4 if role is Role.SERVER else 0x8100)
        agree(role, [head, looks_like_an_empty_text + payload])

    @pytest.mark.rfc("R102")
    @pytest.mark.parametrize("before", [[], [Frame(False, Opcode.TEXT, b"\xe2\x82")]], ids=["first", "next"])
    @pytest.mark.parametrize("key", [None, b"\x01\x02\x03\x04"], ids=["client", "server"])
    def test_a_fault_in_a_text_is_told_at_its_byte(self, before, key):
        opcode, start = (Opcode.CONT, b"\xac") if before else (Opcode.TEXT, b"")
        frames = [*before, Frame(True, opcode, start + "é".encode() + b"\xf4\x90" + bytes(300))]
        stream = b"".join(encode_frame(dataclasses.replace(frame, masking_key=key)) for frame in frames)
        at, largest = len(stream) - 300, len(frames[-1].payload)
        conn = FastConnection(Role.SERVER if key else Role.CLIENT, max_frame=largest)
        events = [conn.receive_data(bytes([byte])) for byte in stream[:at]]
        assert flat(events[:-1]) == []
        assert events[-1] == [NO_TEXT]
        assert conn.receive_data(stream[at:]) == []

    def test_a_compressed_text_is_looked_at_once_it_is_inflated(self):
        conn = FastConnection(Role.CLIENT, assembler=DeflateAssembler(DeflateParams(), Role.CLIENT))
        for fin, opcode, rsv1 in ((True, Opcode.TEXT, True), (False, Opcode.TEXT, True), (True, 0, False)):
            payload = bytes.fromhex("f248cdc9c90700") if fin or opcode else b""
            frame = encode_frame(Frame(fin, opcode, payload if rsv1 else b"", rsv1=rsv1))
            events = [conn.receive_data(bytes([byte])) for byte in frame]
            assert flat(events) == ([Message(Opcode.TEXT, "Hello")] if fin else [])

    def test_a_message_that_deflate_made_longer_is_no_reason_to_read_with_the_clear_reader_from_then_on(self):
        size = 3000
        client, server = (
            Agreement(role, None, DeflateParams()).connect(Limits(max_frame=size, max_message=size))
            for role in Role
        )
        client.send_binary(random.Random(size).randbytes(size))
        data = client.data_to_send()
        assert len(data) > size + 8
        assert len(server.receive_data(data)[0].data) == size
        assert not server._odd

    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    def test_a_payload_that_drips_takes_little_more_than_its_size(self, opcode):
        size, conn = 10_000, FastConnection(Role.CLIENT)
        stream = encode_frame(Frame(True, opcode, b"a" * size))
        tracemalloc.start()
        try:
            for at in range(len(stream) - 1):
                assert conn.receive_data(stream[at : at + 1]) == []
            assert tracemalloc.get_traced_memory()[1] < 2 * size
        finally:
            tracemalloc.stop()
        assert len(conn.receive_data(stream[-1:])) == 1


def flat(lists: list[list]) -> list:
    return list(itertools.chain.from_iterable(lists))


def other_end(role: Role) -> Role:
    return Role.SERVER if role is Role.CLIENT else Role.CLIENT


def small(role: Role, payload: bytes = b"Hello") -> Frame:
    return Frame(True, Opcode.BINARY, payload, masking_key=b"abcd" if role is Role.SERVER else None)
