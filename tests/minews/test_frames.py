"""Frames: how they are written and read, which of them are allowed, and how a stream becomes frames again."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig
from websockets.exceptions import ProtocolError as TheirProtocolError
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from websockets.streams import StreamReader

import minews.frames
from minews import (
    Frame,
    FrameReader,
    Opcode,
    ProtocolError,
    Role,
    apply_mask,
    check_frame,
    decode_frame,
    decode_payload_len,
    encode_frame,
    encode_payload_len,
)
from minews.frames import MAX_PAYLOAD
from tests.cuts import every_cut
from tests.minews.wire import KEY, RFC_5_7, any_bytes, frames, keys, payloads, small_frames

# The borders of the three forms, and the bytes that say so.
LENGTHS = {
    0: "00",
    1: "01",
    125: "7d",
    126: "7e 007e",
    127: "7e 007f",
    65_535: "7e ffff",
    65_536: "7f 0000000000010000",
    2**63 - 1: "7f 7fffffffffffffff",
}
DEFINED = {0x0, 0x1, 0x2, 0x8, 0x9, 0xA}
EACH_BUFFER = pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])


def failure(call, *arguments):
    """Return the ProtocolError that a call must end in."""
    with pytest.raises(ProtocolError) as caught:
        call(*arguments)
    assert caught.value.reason, "an error says what was wrong"
    return caught.value


def frame(**parts) -> Frame:
    return Frame(**({"fin": True, "opcode": Opcode.TEXT, "payload": b"Hello"} | parts))


class TestSection5_3Masking:
    """RFC 6455 section 5.3: client-to-server masking."""

    @pytest.mark.rfc("R091")
    def test_the_hello_of_the_rfc_is_masked_and_unmasked(self):
        assert apply_mask(b"Hello", KEY) == bytes.fromhex("7f9f4d5158")
        assert apply_mask(bytes.fromhex("7f9f4d5158"), KEY) == b"Hello"

    def test_the_key_is_used_byte_by_byte_and_then_from_its_start_again(self):
        assert apply_mask(bytes(9), b"\x01\x02\x03\x04") == b"\x01\x02\x03\x04\x01\x02\x03\x04\x01"

    @EACH_BUFFER
    def test_it_takes_any_buffer_changes_none_and_gives_bytes(self, kind):
        data = bytearray(b"Hello")
        masked = apply_mask(kind(data), kind(KEY))
        assert type(masked) is bytes
        assert data == b"Hello"

    @given(st.binary(), st.binary(min_size=4, max_size=4))
    def test_doing_it_twice_gives_the_data_back(self, data, key):
        masked = apply_mask(data, key)
        assert [a ^ b for a, b in zip(data, masked, strict=True)] == [key[i % 4] for i in range(len(data))]
        assert apply_mask(masked, key) == data

    @pytest.mark.parametrize("key", [b"", b"abc", b"abcde"])
    def test_a_key_that_is_not_4_bytes_is_refused_even_for_no_data(self, key):
        with pytest.raises(ValueError, match="4 bytes"):
            apply_mask(b"", key)


class TestSection5_2PayloadLength:
    """RFC 6455 section 5.2: the payload length in 7, 7+16 or 7+64 bits."""

    @pytest.mark.rfc("R053")
    @pytest.mark.parametrize("n, wire", LENGTHS.items())
    def test_a_length_is_written_in_its_shortest_form(self, n, wire):
        assert encode_payload_len(n, masked=False) == bytes.fromhex(wire)

    @pytest.mark.rfc("R055")
    @pytest.mark.parametrize("n, wire", LENGTHS.items())
    def test_mask_is_the_top_bit_of_the_first_byte(self, n, wire):
        first, *rest = bytes.fromhex(wire)
        assert encode_payload_len(n, masked=True) == bytes([first | 0x80, *rest])

    @pytest.mark.rfc("R052")
    @pytest.mark.parametrize("n", [-1, 2**63, 2**64])
    def test_a_length_that_no_payload_has_is_refused(self, n):
        with pytest.raises(ValueError):
            encode_payload_len(n, masked=False)

    @EACH_BUFFER
    @pytest.mark.parametrize("n, wire", LENGTHS.items())
    def test_a_length_is_read_with_or_without_mask_and_whatever_follows(self, n, wire, kind):
        plain = bytes.fromhex(wire)
        for written in (plain, encode_payload_len(n, masked=True)):
            assert decode_payload_len(kind(written)) == (n, len(plain))
            assert decode_payload_len(kind(written + b"\xff" * 12)) == (n, len(plain))

    @pytest.mark.parametrize("wire", LENGTHS.values())
    def test_too_few_bytes_are_not_yet_a_length(self, wire):
        written = bytes.fromhex(wire)
        assert [decode_payload_len(written[:end]) for end in range(len(written))] == [None] * len(written)

    @pytest.mark.rfc("R052")
    @pytest.mark.parametrize("wire", ["7f 8000000000000000", "ff ffffffffffffffff", "7f 8000000000010000"])
    def test_a_length_whose_top_bit_is_set_fails(self, wire):
        assert failure(decode_payload_len, bytes.fromhex(wire)).code == 1002

    @pytest.mark.parametrize("wire", ["7e 0000", "fe 007d", "7f 0000000000000000", "ff 000000000000ffff"])
    def test_a_length_in_too_long_a_form_fails(self, wire):
        assert failure(decode_payload_len, bytes.fromhex(wire)).code == 1002

    @given(st.integers(0, 2**63 - 1) | st.integers(0, 70_000), st.booleans())
    def test_any_length_comes_back(self, n, masked):
        written = encode_payload_len(n, masked)
        assert decode_payload_len(written) == (n, len(written))
        assert bool(written[0] & 0x80) == masked


class TestSection5_2Frames:
    """RFC 6455 section 5.2: the base framing protocol, with the examples of section 5.7."""

    @pytest.mark.rfc("R082", "R085")
    @pytest.mark.parametrize("wire, known", RFC_5_7.values(), ids=RFC_5_7)
    def test_an_example_of_the_rfc_is_written(self, wire, known):
        assert encode_frame(known) == wire

    @pytest.mark.rfc("R087", "R091")
    @EACH_BUFFER
    @pytest.mark.parametrize("wire, known", RFC_5_7.values(), ids=RFC_5_7)
    def test_an_example_of_the_rfc_is_read_and_what_follows_it_is_left(self, wire, known, kind):
        for buffer in (wire, wire + b"\x81", wire + wire):
            assert decode_frame(kind(buffer)) == (known, len(wire))
        assert type(decode_frame(kind(wire))[0].payload) is bytes

    @pytest.mark.parametrize("wire, known", RFC_5_7.values(), ids=RFC_5_7)
    def test_the_start_of_a_frame_is_not_yet_a_frame(self, wire, known):
        for end in {*range(min(len(wire), 20)), len(wire) // 2, len(wire) - 1}:
            assert decode_frame(wire[:end]) is None

    @pytest.mark.rfc("R049")
    def test_the_reserved_bits_are_0_unless_asked_for(self):
        assert [encode_frame(frame(opcode=opcode))[0] & 0x70 for opcode in DEFINED] == [0] * 6
        bits = [
            encode_frame(frame(fin=False, opcode=0, **{name: True}))[0] for name in ("rsv1", "rsv2", "rsv3")
        ]
        assert bits == [0x40, 0x20, 0x10]

    @pytest.mark.rfc("R045", "R055")
    def test_a_frame_with_a_masking_key_has_its_mask_bit_set_and_the_key_in_front_of_the_payload(self):
        wire = encode_frame(frame(masking_key=KEY))
        assert wire[1] & 0x80
        assert wire[2:6] == KEY
        assert b"Hello" not in wire

    @pytest.mark.rfc("R047")
    def test_a_frame_without_a_masking_key_is_not_masked(self):
        assert encode_frame(frame()) == b"\x81\x05Hello"

    def test_a_key_of_zeros_masks_too(self):
        wire = encode_frame(frame(masking_key=bytes(4)))
        assert wire == b"\x81\x85\0\0\0\0Hello"
        assert decode_frame(wire)[0].masking_key == bytes(4)

    @pytest.mark.parametrize("opcode", [-1, 16, 0x81])
    def test_an_opcode_that_has_no_room_is_refused(self, opcode):
        with pytest.raises(ValueError, match="4 bits"):
            encode_frame(frame(opcode=opcode))

    @pytest.mark.parametrize("key", [b"", b"abc", b"abcde"])
    def test_a_masking_key_that_has_no_room_is_refused(self, key):
        with pytest.raises(ValueError, match="4 bytes"):
            encode_frame(frame(masking_key=key))

    def test_a_wrong_length_fails_before_the_frame_is_whole(self):
        assert failure(decode_frame, bytes.fromhex("81 fe 0005")).code == 1002
        assert failure(decode_frame, bytes.fromhex("81 ff 8000000000000000")).code == 1002

    @settings(max_examples=60)
    @given(frames, st.binary(max_size=10))
    def test_any_frame_comes_back(self, any_frame, after):
        wire = encode_frame(any_frame)
        assert decode_frame(wire + after) == (any_frame, len(wire))

    @given(any_bytes)
    def test_any_bytes_are_a_frame_or_not_yet_one_or_a_protocol_error(self, data):
        try:
            decoded = decode_frame(data)
        except ProtocolError as error:
            assert error.code == 1002
        else:
            if decoded is not None:
                found, used = decoded
                assert encode_frame(found) == data[:used]


class TestSection5_1To5_5Checking:
    """RFC 6455 sections 5.1, 5.2, 5.4 and 5.5: which frames may come."""

    @pytest.mark.parametrize("receiver, key", [(Role.SERVER, KEY), (Role.CLIENT, None)])
    @pytest.mark.parametrize("opcode", sorted(DEFINED))
    def test_a_frame_of_each_kind_is_fine(self, opcode, receiver, key):
        for payload in (b"", b"a" * 125):
            check_frame(frame(opcode=opcode, payload=payload, masking_key=key), receiver)

    @pytest.mark.parametrize("opcode", [Opcode.CONT, Opcode.TEXT, Opcode.BINARY])
    def test_a_data_frame_may_be_a_fragment_and_of_any_length(self, opcode):
        check_frame(frame(fin=False, opcode=opcode, payload=b"a" * 126), Role.CLIENT)

    @pytest.mark.rfc("R046")
    def test_a_server_takes_no_frame_that_is_not_masked(self):
        assert failure(check_frame, frame(), Role.SERVER).code == 1002

    @pytest.mark.rfc("R047", "R048")
    def test_a_client_takes_no_frame_that_is_masked_even_with_zeros(self):
        assert failure(check_frame, frame(masking_key=KEY), Role.CLIENT).code == 1002
        assert failure(check_frame, frame(masking_key=bytes(4)), Role.CLIENT).code == 1002

    @pytest.mark.rfc("R050")
    @pytest.mark.parametrize("opcode", sorted(DEFINED))
    @pytest.mark.parametrize("bits", range(1, 8))
    def test_a_reserved_bit_fails(self, bits, opcode):
        wrong = frame(opcode=opcode, rsv1=bool(bits & 4), rsv2=bool(bits & 2), rsv3=bool(bits & 1))
        assert failure(check_frame, wrong, Role.CLIENT).code == 1002

    @pytest.mark.rfc("R051")
    @pytest.mark.parametrize("opcode", sorted(set(range(16)) - DEFINED))
    def test_an_opcode_without_a_meaning_fails(self, opcode):
        assert failure(check_frame, frame(opcode=opcode), Role.CLIENT).code == 1002

    @pytest.mark.parametrize("opcode", [Opcode.CLOSE, Opcode.PING, Opcode.PONG])
    def test_a_control_frame_is_whole_and_has_125_bytes_at_most(self, opcode):
        assert failure(check_frame, frame(opcode=opcode, fin=False), Role.CLIENT).code == 1002
        long = frame(opcode=opcode, payload=b"a" * 126)
        assert failure(check_frame, long, Role.CLIENT).code == 1002

    @given(small_frames, st.sampled_from(Role))
    def test_any_frame_is_fine_or_fails_with_1002(self, any_frame, receiver):
        try:
            check_frame(any_frame, receiver)
        except ProtocolError as error:
            assert error.code == 1002
        else:
            assert any_frame.opcode in DEFINED
            assert encode_frame(any_frame)[0] & 0x70 == 0


STREAM = b"".join(wire for wire, known in RFC_5_7.values() if len(wire) < 1_000)
IN_STREAM = [known for wire, known in RFC_5_7.values() if len(wire) < 1_000]
BAD = bytes.fromhex("81 fe 0005")


class TestSection6_2Reader:
    """RFC 6455 section 6.2: what arrives is read as frames, wherever the stream is cut."""

    @pytest.mark.rfc("R087")
    @pytest.mark.parametrize("cut", list(every_cut(STREAM)), ids=lambda cut: cut.name)
    def test_the_frames_of_a_stream_come_in_order_however_it_is_cut(self, cut):
        reader = FrameReader()
        assert [found for piece in cut.pieces for found in reader.feed(piece)] == IN_STREAM

    def test_a_frame_comes_with_its_last_byte_and_not_later(self):
        for wire, known in RFC_5_7.values():
            reader = FrameReader()
            assert reader.feed(wire[:-1]) == []
            assert reader.feed(wire[-1:]) == [known]

    def test_an_empty_frame_comes_at_once_and_nothing_gives_nothing(self):
        reader = FrameReader()
        assert reader.feed(b"") == []
        assert reader.feed(b"\x89\x00\x8a\x00") == [
            frame(opcode=9, payload=b""),
            frame(opcode=10, payload=b""),
        ]
        assert reader.feed(b"") == []

    @EACH_BUFFER
    def test_it_takes_any_buffer_and_keeps_none(self, kind):
        data = bytearray(b"\x81\x02Hi\x81\x02")
        reader = FrameReader()
        reader.feed(kind(data))
        data[:] = bytes(len(data))
        assert [found.payload for found in reader.feed(b"yo")] == [b"yo"]

    def test_two_readers_share_nothing(self):
        one, other = FrameReader(), FrameReader()
        one.feed(b"\x81")
        assert other.feed(b"\x89\x00") == [frame(opcode=9, payload=b"")]

    @pytest.mark.parametrize("cut", list(every_cut(STREAM + BAD, rounds=3)), ids=lambda cut: cut.name)
    def test_good_frames_are_not_lost_to_a_bad_one_behind_them(self, cut):
        reader, found = FrameReader(), []
        with pytest.raises(ProtocolError) as caught:
            for piece in [*cut.pieces, b""]:
                found += reader.feed(piece)
        assert found == IN_STREAM
        assert caught.value.code == 1002

    def test_a_bad_frame_in_front_fails_at_once(self):
        assert failure(FrameReader().feed, BAD).code == 1002

    def test_after_an_error_nothing_more_is_taken_in(self):
        reader = FrameReader()
        first = failure(reader.feed, BAD)
        more = b"\x89\x00" * 10_000
        tracemalloc.start()
        try:
            for _ in range(1_000):
                with contextlib.suppress(ProtocolError):
                    reader.feed(more)
            kept = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        again = failure(reader.feed, b"\x89\x00")
        assert (again.code, again.reason) == (first.code, first.reason)
        assert kept < 10_000

    @pytest.mark.parametrize("wire", ["82 7e ffff", "81 fe ffff", "82 7f 7fffffffffffffff"])
    def test_a_frame_that_announces_too_much_fails_before_it_comes(self, wire):
        assert failure(FrameReader(max_payload=65_534).feed, bytes.fromhex(wire)).code == 1009

    def test_a_frame_of_just_the_limit_is_taken(self):
        wire = encode_frame(frame(payload=b"a" * 200, masking_key=KEY))
        assert FrameReader(max_payload=200).feed(wire) == [frame(payload=b"a" * 200, masking_key=KEY)]
        assert failure(FrameReader(max_payload=199).feed, wire).code == 1009
        assert FrameReader(max_payload=0).feed(b"\x81\x00") == [frame(payload=b"")]

    def test_a_mebibyte_is_taken_if_nobody_says_otherwise_and_not_a_byte_more(self):
        assert MAX_PAYLOAD == 1 << 20
        reader = FrameReader()
        assert reader.feed(encode_frame(frame(payload=bytes(MAX_PAYLOAD)))) == [
            frame(payload=bytes(MAX_PAYLOAD))
        ]
        assert failure(reader.feed, b"\x82\x7f" + (MAX_PAYLOAD + 1).to_bytes(8, "big")).code == 1009

    @settings(max_examples=50)
    @given(st.lists(small_frames, max_size=6))
    def test_any_frames_come_back_however_they_are_cut(self, many):
        stream = b"".join(map(encode_frame, many))
        for cut in every_cut(stream, rounds=3):
            reader = FrameReader()
            assert [found for piece in cut.pieces for found in reader.feed(piece)] == many, cut.name

    @settings(max_examples=50)
    @given(st.lists(any_bytes, max_size=4).map(b"".join))
    @example(b"\x81\x00" + BAD)
    def test_any_bytes_give_the_same_frames_and_the_same_error_however_they_are_cut(self, stream):
        outcomes = set()
        for cut in every_cut(stream, rounds=3):
            reader, found, code = FrameReader(max_payload=1_000), [], None
            try:
                for piece in [*cut.pieces, b""]:
                    found += reader.feed(piece)
            except ProtocolError as error:
                code = error.code
            outcomes.add((tuple(found), code))
        assert len(outcomes) == 1
        assert code in {None, 1002, 1009}


class TestWorkAndMemory:
    """A peer cannot make us do more work, or keep more bytes, than it sends."""

    @pytest.fixture
    def looked_at(self, monkeypatch):
        """How many bytes each decoder is given, by its name."""
        counts = {}
        for name in ("decode_payload_len", "decode_frame"):
            real = getattr(minews.frames, name)

            def counting(buf, real=real, name=name):
                counts.setdefault(name, []).append(len(buf))
                return real(buf)

            monkeypatch.setattr(minews.frames, name, counting)
        return counts

    def test_a_frame_that_comes_byte_by_byte_is_decoded_once(self, looked_at):
        wire = encode_frame(frame(payload=bytes(20_000)))
        reader = FrameReader()
        assert sum(len(reader.feed(wire[i : i + 1])) for i in range(len(wire))) == 1
        assert looked_at["decode_frame"] == [len(wire)]
        assert max(looked_at["decode_payload_len"]) <= 9
        assert len(looked_at["decode_payload_len"]) <= 2 * len(wire) + 3

    def test_many_frames_in_one_piece_are_each_decoded_once(self, looked_at):
        reader = FrameReader()
        assert len(reader.feed(b"\x89\x01a" * 20_000)) == 20_000
        assert sum(looked_at["decode_frame"]) == 60_000
        assert max(looked_at["decode_payload_len"]) <= 9

    def test_a_reader_keeps_no_more_than_one_frame(self):
        wire = encode_frame(frame(payload=bytes(1_000)))
        reader = FrameReader()
        tracemalloc.start()
        try:
            for _ in range(2_000):
                reader.feed(wire)
            reader.feed(wire[:-1])
            kept = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert kept < 10_000

    def test_a_frame_that_announces_much_and_sends_little_costs_little(self):
        tracemalloc.start()
        try:
            reader = FrameReader(max_payload=1 << 40)
            reader.feed(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + bytes(100))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10_000


def read_by_websockets(wire: bytes, mask: bool, max_size: int | None = None) -> TheirFrame:
    """Let `websockets` read one frame; `mask` says whether the sender must mask."""
    stream = StreamReader()
    stream.feed_data(wire)
    stream.feed_eof()
    parsing = TheirFrame.parse(stream.read_exact, mask=mask, max_size=max_size)
    try:
        while True:
            next(parsing)
    except StopIteration as done:
        assert stream.buffer == b""
        return done.value


class TestOracleWebsockets:
    """`websockets` writes what we read, reads what we write, and refuses what we refuse."""

    @settings(max_examples=60)
    @given(st.sampled_from(TheirOpcode), st.booleans(), payloads, keys)
    def test_it_reads_what_we_write(self, opcode, fin, payload, key):
        if opcode >= 8:
            fin, payload = True, payload[:125]
        theirs = read_by_websockets(
            encode_frame(Frame(fin, opcode, payload, masking_key=key)), key is not None
        )
        assert (theirs.fin, theirs.opcode, bytes(theirs.data)) == (fin, opcode, payload)

    @settings(max_examples=60)
    @given(st.sampled_from(TheirOpcode), st.booleans(), payloads, st.booleans())
    def test_we_read_what_it_writes(self, opcode, fin, payload, mask):
        if opcode >= 8:
            fin, payload = True, payload[:125]
        wire = TheirFrame(opcode, payload, fin=fin).serialize(mask=mask)
        (ours,) = FrameReader().feed(wire)
        assert (ours.fin, ours.opcode, ours.payload) == (fin, opcode, payload)
        assert (ours.masking_key is not None) == mask
        check_frame(ours, Role.SERVER if mask else Role.CLIENT)

    @settings(max_examples=300)
    @given(small_frames, st.sampled_from(Role))
    def test_it_refuses_the_frames_that_we_refuse_and_no_others(self, any_frame, receiver):
        ours = theirs = True
        try:
            check_frame(any_frame, receiver)
        except ProtocolError:
            ours = False
        try:
            read_by_websockets(encode_frame(any_frame), receiver is Role.SERVER).check()
        except TheirProtocolError:
            theirs = False
        assert ours == theirs

    def test_both_stop_at_a_limit(self):
        wire = encode_frame(frame(payload=bytes(101)))
        assert failure(FrameReader(max_payload=100).feed, wire).code == 1009
        with pytest.raises(PayloadTooBig):
            read_by_websockets(wire, False, max_size=100)


@pytest.mark.parametrize("role, key, who", [(Role.SERVER, None, "client"), (Role.CLIENT, b"1234", "server")])
def test_who_masks_wrongly_is_named(role, key, who):
    with pytest.raises(ProtocolError, match=f"a {who} masks"):
        check_frame(Frame(True, Opcode.TEXT, b"Hi", masking_key=key), role)
