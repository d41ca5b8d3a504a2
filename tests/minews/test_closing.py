"""Closing: the payload of a Close, the codes, and when to come back."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError as TheirProtocolError
from websockets.frames import Close as TheirClose

from minews import BlockingClient, HandshakeError, ProtocolError, listen_on
from minews.closing import decode_close, encode_close, failure_code, may_send_code, reconnect_delays

MAY_TRAVEL = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 2999, 3000, 3999, 4000, 4999]
NEVER = [-1, 0, 999, 1004, 1005, 1006, 1015, 5000, 65_535, 65_536]


codes = st.integers(990, 5010).map(lambda code: code.to_bytes(2, "big"))  # what hypothesis draws


def failure(payload: bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        decode_close(payload)
    assert caught.value.reason, "an error says what was wrong"
    return caught.value


class TestSection7_4Codes:
    """RFC 6455 section 7.4: which codes may travel."""

    @pytest.mark.parametrize("code", MAY_TRAVEL)
    def test_these_may(self, code):
        assert may_send_code(code)
        assert decode_close(encode_close(code, "bye")) == (code, "bye")

    @pytest.mark.rfc("R099", "R100", "R101")
    @pytest.mark.parametrize("code", NEVER)
    def test_these_never_do(self, code):
        assert not may_send_code(code)
        with pytest.raises(ValueError, match="no Close carries"):
            encode_close(code)

    @pytest.mark.parametrize("code", [code for code in NEVER if 0 <= code <= 65_535])
    def test_one_of_those_that_comes_breaks_a_rule(self, code):
        assert failure(code.to_bytes(2, "big")).code == 1002


class TestSection5_5_1ThePayload:
    """RFC 6455 section 5.5.1: what a Close carries."""

    @pytest.mark.rfc("R070")
    def test_it_is_empty_or_begins_with_a_code_of_two_bytes(self):
        assert encode_close(None) == b""
        assert encode_close(1000) == b"\x03\xe8"
        assert encode_close(1001, "bye") == b"\x03\xe9bye"
        assert decode_close(b"") == (1005, "")
        assert failure(b"\x03").code == 1002

    def test_a_reason_has_123_bytes_at_most(self):
        assert len(encode_close(1000, "é" * 61 + "a")) == 125
        with pytest.raises(ValueError, match="124 bytes"):
            encode_close(1000, "é" * 62)

    def test_a_reason_needs_a_code(self):
        with pytest.raises(ValueError, match="needs a code"):
            encode_close(None, "bye")

    def test_a_reason_is_utf8(self):
        assert failure(b"\x03\xe8\xc3(").code == 1007

    @given(st.binary(max_size=125) | st.tuples(codes, st.binary(max_size=9)).map(b"".join))
    def test_it_decides_as_websockets_does(self, payload):
        # They refuse the codes that nobody has registered yet; RFC 6455 lets them pass.
        assume(not 1016 <= int.from_bytes(payload[:2], "big") <= 2999)
        try:
            theirs = TheirClose.parse(payload)
            if payload:
                theirs.check()
        except (TheirProtocolError, UnicodeDecodeError):
            failure(payload)
        else:
            assert decode_close(payload) == (theirs.code, theirs.reason)


class TestFailureCodes:
    @pytest.mark.parametrize(
        "error, code",
        [
            (ProtocolError(1002), 1002),
            (ProtocolError(1007), 1007),
            (ProtocolError(1009), 1009),
            (EOFError(), 1006),
            (ConnectionResetError(), 1006),
            (HandshakeError(400), 1006),
            (KeyError("bug"), 1011),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
    )
    def test_an_error_has_its_code(self, error, code):
        assert failure_code(error) == code

    @pytest.mark.rfc("R007")
    def test_where_nobody_listens_the_connection_fails_with_1006(self):
        with listen_on(0) as listener:
            url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        client = BlockingClient()
        with pytest.raises(ConnectionRefusedError) as caught:
            client.connect(url)
        assert failure_code(caught.value) == client.close() == 1006


class TestSection7_2_3Reconnecting:
    """RFC 6455 section 7.2.3: recovering from abnormal closure."""

    @pytest.mark.rfc("R098")
    @pytest.mark.parametrize("seed", range(5))
    def test_the_first_wait_is_random_and_the_bound_of_the_later_ones_grows(self, seed):
        many = [list(itertools.islice(reconnect_delays(random.Random(seed * 100 + i)), 8)) for i in range(99)]
        bounds = [5, 10, 20, 40, 60, 60, 60, 60]
        for waits, bound in zip(zip(*many, strict=True), bounds, strict=True):
            assert 0 <= min(waits) < bound / 4 < bound / 2 < max(waits) <= bound

    def test_the_cap_holds_from_the_first_wait_on(self):
        waits = itertools.islice(reconnect_delays(random.Random(6455), first_max=5, cap=1), 50)
        assert max(waits) <= 1

    def test_a_delay_may_be_nothing_at_all(self):
        class Drawn:
            def uniform(self, least: float, most: float) -> float:
                bounds.append((least, most))
                return least

        bounds: list[tuple[float, float]] = []
        assert list(itertools.islice(reconnect_delays(Drawn(), first_max=5, cap=15), 3)) == [0, 0, 0]
        assert bounds == [(0, 5), (0, 10), (0, 15)]
