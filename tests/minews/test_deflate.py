"""permessage-deflate: what is agreed, what travels, and what a peer cannot do with it."""

from __future__ import annotations

import itertools
import json
import random
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minews import (
    Close,
    Connection,
    FastConnection,
    Frame,
    HandshakeError,
    Message,
    Opcode,
    Ping,
    ProtocolError,
    Role,
    decode_frame,
    encode_frame,
)
from minews.deflate import (
    MAX_STREAMS,
    TAIL,
    DeflateAssembler,
    DeflateParams,
    Inflater,
    accept_deflate,
    deflate_message,
    inflate_message,
    make_compress,
    negotiate_deflate,
    offer_deflate,
    parse_extensions,
    room_for_deflated,
)
from minews.handshake import accept_value
from minews.limits import Limits
from minews.opening import Agreement, ClientOptions, ServerOptions, accept_request, check_answer

ROLES = pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
KINDS = pytest.mark.parametrize("kind", [Connection, FastConnection], ids=["clear", "fast"])
NAME, HELLO = "permessage-deflate", bytes.fromhex("f248cdc9c90700")
FORGETFUL = DeflateParams(server_no_context_takeover=True, client_no_context_takeover=True)
TALK = [
    json.dumps({"from": name, "text": f"message number {n}"}) for n in range(9) for name in ("ann", "bob")
]

windows = st.none() | st.integers(8, 15)
agreements = st.builds(DeflateParams, st.booleans(), st.booleans(), windows, windows)


def other(role: Role) -> Role:
    return Role.SERVER if role is Role.CLIENT else Role.CLIENT


def end(
    role: Role,
    params: DeflateParams = FORGETFUL,
    kind: type[Connection] = FastConnection,
    size: int = 1 << 24,
) -> Connection:
    """One end of a connection on which these parameters are agreed."""
    assembler = DeflateAssembler(params, role, size)
    return kind(
        role, max_frame=1 << 22, max_message=size, assembler=assembler, compress=make_compress(params, role)
    )


def send(connection: Connection, *messages: str | bytes) -> bytes:
    for message in messages:
        connection.send_text(message) if isinstance(message, str) else connection.send_binary(message)
    return connection.data_to_send()


def frames_of(data: bytes) -> list[Frame]:
    frames = []
    while data:
        frame, used = decode_frame(data)
        frames.append(frame)
        data = data[used:]
    return frames


def wire(to: Role, *frames: Frame) -> bytes:
    """Write frames as the peer of an end sends them."""
    key = bytes(4) if to is Role.SERVER else None
    return b"".join(
        encode_frame(Frame(each.fin, each.opcode, each.payload, each.rsv1, masking_key=key))
        for each in frames
    )


def packed(payload: bytes, opcode: int = Opcode.TEXT, *, fin: bool = True, rsv1: bool = True) -> Frame:
    return Frame(fin, opcode, payload, rsv1)


def failure(call, *arguments) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        call(*arguments)
    assert caught.value.reason, "an error says what was wrong"
    return caught.value


def deflate(data: bytes, bits: int = 15, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    """Compress some data by itself, and leave out the tail."""
    compressor = zlib.compressobj(6, wbits=-bits)
    return (compressor.compress(data) + compressor.flush(flush)).removesuffix(TAIL)


def head(start: str, pairs: list[tuple[str, str]]) -> bytes:
    return "\r\n".join([start, *(f"{name}: {value}" for name, value in pairs), "", ""]).encode()


class TestParsing:
    """RFC 6455 section 9.1: the grammar of Sec-WebSocket-Extensions."""

    @pytest.mark.rfc("R043", "R104")
    @pytest.mark.parametrize(
        "values, found",
        [
            ([], []),
            (["", " ,\t, "], []),
            (["a"], [("a", {})]),
            (["a, b;c", "d"], [("a", {}), ("b", {"c": None}), ("d", {})]),
            (["a;b=1;c=2;d"], [("a", {"b": "1", "c": "2", "d": None})]),
            ([" a\t;\tb = 1 ; c , "], [("a", {"b": "1", "c": None})]),
            (['a; b="10"'], [("a", {"b": "10"})]),
            (['a; b="1\\0"; c'], [("a", {"b": "10", "c": None})]),
            (["a; b; b"], [("a", {"b": ""})]),
            (["a; b=1; b=1; B"], [("a", {"b": "", "B": None})]),
        ],
    )
    def test_names_and_parameters_come_in_order_from_all_lines(self, values, found):
        assert parse_extensions(values) == found

    @pytest.mark.rfc("R043", "R105")
    @pytest.mark.parametrize(
        "value",
        [
            *(";", "a;", "a;;b", ";b", "a b", "a;b=", "a;=1", "a;b=1=2", "a=1", "é", "a;b=é", "a/b", "a\x00"),
            *('a; b="', 'a; b="1', 'a; b=""', 'a; b="1 0"', 'a; b="1,0"', 'a; b="1;c"', 'a; b="\\"', '"a"'),
            *('a; b="x", c"', "a\n", 'a; b=", permessage-deflate, "', 'a; b="1"2', "a; b='1 2'", 'a; b="é"'),
        ],
    )
    def test_what_breaks_the_grammar_fails_the_handshake(self, value):
        with pytest.raises(HandshakeError) as caught:
            parse_extensions(["x", value])
        assert (caught.value.status, bool(caught.value.reason)) == (400, True)

    @pytest.mark.parametrize("start", ["", "a", "a,", "a;b"])
    @pytest.mark.parametrize(
        "piece", [" ", "\t", "a", "a;", ";", 'a="', "\\a", 'a;b="\\', "a,", "a ", ";b=1"]
    )
    def test_eight_times_as_long_a_line_takes_eight_times_as_long(self, start, piece):
        for tail in ("\x00", '"', ";"):
            short, long = (time_to_parse(start + piece * count + tail) for count in (1000, 8000))
            assert long < 24 * short + 0.01, f"{long / short:.0f} times as long, before {tail!r}"

    @given(st.lists(st.text(alphabet='ab;=," \t\\0\n', max_size=30)))
    def test_any_text_gives_extensions_or_400(self, values):
        try:
            found = parse_extensions(values)
        except HandshakeError as error:
            assert error.status == 400
        else:
            assert all(name and all(params) for name, params in found)


def time_to_parse(value: str) -> float:
    """Seconds of work, of the time that was disturbed less."""
    times = []
    for _ in range(2):
        began = time.process_time()
        try:
            parse_extensions([value])
        except HandshakeError as error:
            assert error.status == 400
        times.append(time.process_time() - began)
    return min(times)


def asked_of(*offers: str, wanted: DeflateParams | None = None) -> str | None:
    """What a server answers to these lines of offers."""
    agreed = negotiate_deflate(parse_extensions(list(offers)), wanted)
    return None if agreed is None else str(agreed)


class TestServerChooses:
    """RFC 7692 sections 5 and 7.1: what a server makes of offers."""

    @pytest.mark.rfc("R040", "R106", "D19", "D20")
    @pytest.mark.parametrize(
        "offer, answer",
        [
            ("", ""),
            ("; client_max_window_bits", ""),
            ("; client_max_window_bits=15", "; client_max_window_bits=15"),
            ("; client_max_window_bits=8", "; client_max_window_bits=8"),
            ("; server_max_window_bits=15", "; server_max_window_bits=15"),
            ("; server_max_window_bits=8", "; server_max_window_bits=8"),
            ('; server_max_window_bits="12"', "; server_max_window_bits=12"),
            ("; server_no_context_takeover", "; server_no_context_takeover"),
            ("; client_no_context_takeover", "; client_no_context_takeover"),
            (
                "; client_max_window_bits=9; server_max_window_bits=10"
                "; client_no_context_takeover; server_no_context_takeover",
                "; server_no_context_takeover; client_no_context_takeover"
                "; server_max_window_bits=10; client_max_window_bits=9",
            ),
        ],
    )
    def test_it_takes_each_parameter_and_says_so(self, offer, answer):
        assert asked_of(NAME + offer) == NAME + answer

    @pytest.mark.rfc("R104", "D11", "D12", "D13", "D19", "D20")
    @pytest.mark.parametrize(
        "params",
        [
            *("x", "x=1", "Server_no_context_takeover", "server_max_window", "max_window_bits=10"),
            *("server_no_context_takeover=1", "client_no_context_takeover=true"),
            *("server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16"),
            *("server_max_window_bits=010", "server_max_window_bits=08", "server_max_window_bits=+9"),
            *("client_max_window_bits=0", "client_max_window_bits=7", "client_max_window_bits=16"),
            *("client_max_window_bits=09", "client_max_window_bits=1e1", "client_max_window_bits=x"),
            "server_no_context_takeover; server_no_context_takeover",
            "client_no_context_takeover; client_no_context_takeover",
            "server_max_window_bits=10; server_max_window_bits=10",
            "client_max_window_bits; client_max_window_bits",
            "client_max_window_bits; client_max_window_bits=10",
        ],
    )
    def test_it_declines_an_offer_with_anything_wrong_and_takes_the_next_one(self, params):
        assert asked_of(f"{NAME}; {params}") is None
        assert asked_of(f"{NAME}; {params}, {NAME}; server_max_window_bits=9") == (
            f"{NAME}; server_max_window_bits=9"
        )
        assert asked_of(f"{NAME}; {params}", NAME) == NAME

    @pytest.mark.rfc("R041", "R103", "D03")
    @pytest.mark.parametrize(
        "offer", ["", "x-webkit-deflate-frame", "Permessage-Deflate", "bbf-usp-protocol"]
    )
    def test_it_takes_nothing_but_permessage_deflate_and_that_once(self, offer):
        assert asked_of(offer) is None
        assert asked_of(offer, f"{NAME}; client_max_window_bits, {NAME}, {offer}") == NAME

    def test_the_first_offer_that_can_be_met_is_taken(self):
        offers = [f"{NAME}; server_max_window_bits=10, {NAME}; server_max_window_bits=12", NAME]
        assert asked_of(*offers) == f"{NAME}; server_max_window_bits=10"

    def test_it_may_ask_for_more_than_was_offered(self):
        wanted = DeflateParams(True, True, 12, 11)
        asked = f"{NAME}; client_max_window_bits"
        assert asked_of(asked, wanted=wanted) == str(wanted)
        assert asked_of(f"{asked}=9; server_max_window_bits=13", wanted=wanted) == (
            str(DeflateParams(True, True, 12, 9))
        )
        assert asked_of(f"{asked}=13; server_max_window_bits=9", wanted=wanted) == (
            str(DeflateParams(True, True, 9, 11))
        )

    @pytest.mark.rfc("D14", "D21")
    def test_it_says_nothing_of_the_clients_window_to_a_client_that_does_not_know_that(self):
        assert asked_of(NAME, wanted=DeflateParams(client_max_window_bits=10)) is None
        assert asked_of(NAME, wanted=DeflateParams(client_max_window_bits=15)) == NAME
        fallback = f"{NAME}; server_max_window_bits=9, {NAME}; client_max_window_bits"
        assert asked_of(fallback, wanted=DeflateParams(client_max_window_bits=10)) == (
            f"{NAME}; client_max_window_bits=10"
        )


class TestClientChecks:
    """RFC 7692 sections 5 and 7.1: what a client offers, and what it takes for an answer."""

    @pytest.mark.rfc("D19", "D20")
    @given(agreements)
    def test_it_offers_what_it_wants_and_that_the_server_may_choose_its_window(self, wanted):
        ((name, params),) = parse_extensions([offer_deflate(wanted)])
        assert name == NAME
        assert params.pop("client_max_window_bits") == (
            str(wanted.client_max_window_bits) if wanted.client_max_window_bits else None
        )
        assert params == {
            **{key: None for key in ("server_no_context_takeover", "client_no_context_takeover")
               if getattr(wanted, key)},
            **({"server_max_window_bits": str(wanted.server_max_window_bits)}
               if wanted.server_max_window_bits else {}),
        }  # fmt: skip

    def test_by_itself_it_asks_for_nothing(self):
        assert offer_deflate() == f"{NAME}; client_max_window_bits"

    @pytest.mark.parametrize("bits", [-1, 0, 7, 16, 10.5])
    def test_no_window_has_any_other_size(self, bits):
        for name in ("server_max_window_bits", "client_max_window_bits"):
            with pytest.raises(ValueError, match="8 to 15"):
                DeflateParams(**{name: bits})

    @pytest.mark.rfc("D02")
    @pytest.mark.parametrize(
        "asked, answer, agreed",
        [
            (DeflateParams(), "", DeflateParams()),
            (DeflateParams(), "; server_no_context_takeover", DeflateParams(True)),
            (DeflateParams(), "; client_no_context_takeover", DeflateParams(False, True)),
            (DeflateParams(), "; server_max_window_bits=8", DeflateParams(False, False, 8)),
            (DeflateParams(), "; client_max_window_bits=8", DeflateParams(False, False, None, 8)),
            (DeflateParams(True), "; server_no_context_takeover", DeflateParams(True)),
            (DeflateParams(False, True), "", DeflateParams(False, True)),
            (
                DeflateParams(False, False, 12),
                "; server_max_window_bits=12",
                DeflateParams(False, False, 12),
            ),
            (
                DeflateParams(False, False, 12),
                "; server_max_window_bits=10",
                DeflateParams(False, False, 10),
            ),
            (DeflateParams(False, False, 15), "", DeflateParams()),
            (DeflateParams(False, False, None, 11), "", DeflateParams(False, False, None, 11)),
            (
                DeflateParams(False, False, None, 11),
                "; client_max_window_bits=13",
                DeflateParams(False, False, None, 11),
            ),
            (
                DeflateParams(False, False, None, 11),
                "; client_max_window_bits=9",
                DeflateParams(False, False, None, 9),
            ),
        ],
    )
    def test_it_takes_what_it_asked_for_and_more_that_binds_only_itself(self, asked, answer, agreed):
        assert accept_deflate([NAME + answer], asked) == agreed

    @pytest.mark.parametrize("answer", ["", "; client_max_window_bits=10", "; client_max_window_bits=15"])
    def test_a_client_keeps_to_its_hint_where_the_server_ignores_it(self, answer):
        asked = DeflateParams(client_max_window_bits=9)
        assert accept_deflate([NAME + answer], asked).of_sender(Role.CLIENT)[0] == 9

    @pytest.mark.parametrize("values", [[], [""]])
    def test_a_server_need_not_want_it(self, values):
        assert accept_deflate(values) is None

    @pytest.mark.rfc("R029", "R104", "R105", "R114", "D01", "D04", "D15", "D16", "D17", "D18", "D19", "D20")
    @pytest.mark.parametrize(
        "asked, values",
        [
            (None, ["x-webkit-deflate-frame"]),
            (None, [f"{NAME}, x-other"]),
            (None, [f"x-other, {NAME}"]),
            (None, [f"{NAME}, {NAME}"]),
            (None, [NAME, NAME]),
            (None, [f"{NAME}; x"]),
            (None, [f"{NAME}; client_max_window_bits"]),
            (None, [f"{NAME}; server_max_window_bits"]),
            (None, [f"{NAME}; server_max_window_bits=7"]),
            (None, [f"{NAME}; client_max_window_bits=16"]),
            (None, [f"{NAME}; client_max_window_bits=09"]),
            (None, [f"{NAME}; server_no_context_takeover=1"]),
            (None, [f"{NAME}; server_no_context_takeover; server_no_context_takeover"]),
            (None, [f"{NAME}; client_max_window_bits=9; client_max_window_bits=9"]),
            (None, [f"{NAME};"]),
            (DeflateParams(True), [NAME]),
            (DeflateParams(False, False, 12), [NAME]),
            (DeflateParams(False, False, 12), [f"{NAME}; server_max_window_bits=13"]),
            (
                DeflateParams(False, False, 12, 9),
                [f"{NAME}; server_max_window_bits=15; client_max_window_bits=9"],
            ),
            (DeflateParams(False, False, 12, 9), [f"{NAME}; client_max_window_bits=9"]),
        ],
    )
    def test_anything_else_fails_the_connection(self, asked, values):
        with pytest.raises(HandshakeError) as caught:
            accept_deflate(values, asked)
        assert (caught.value.status, bool(caught.value.reason)) == (101, True)

    @given(agreements, agreements)
    def test_whatever_a_client_asks_for_and_a_server_wants_they_agree_on(self, asked, wanted):
        answer = negotiate_deflate(parse_extensions([offer_deflate(asked)]), wanted)
        agreed = accept_deflate([str(answer)], asked)
        for role in Role:
            bits, forgets = agreed.of_sender(role)
            assert (bits, forgets) == answer.of_sender(role)
            assert bits == min(asked.of_sender(role)[0], wanted.of_sender(role)[0])
            assert forgets == (asked.of_sender(role)[1] or wanted.of_sender(role)[1])


class TestOpening:
    """Where the opening handshake meets the extension."""

    KEY = "dGhlIHNhbXBsZSBub25jZQ=="

    def request(self, *offers: str) -> bytes:
        pairs = [("Host", "a"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
        pairs += [("Sec-WebSocket-Key", self.KEY), ("Sec-WebSocket-Version", "13")]
        pairs += [("Sec-WebSocket-Extensions", offer) for offer in offers]
        return head("GET / HTTP/1.1", pairs)

    def response(self, *answers: str) -> bytes:
        pairs = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        pairs += [("Sec-WebSocket-Accept", accept_value(self.KEY))]
        pairs += [("Sec-WebSocket-Extensions", answer) for answer in answers]
        return head("HTTP/1.1 101 Switching Protocols", pairs)

    @pytest.mark.rfc("R080", "R103", "R107", "R114")
    def test_it_is_used_where_both_want_it_and_not_elsewhere(self):
        for offers, grants, used in [([NAME], True, 1), ([NAME], False, 0), ([], True, 0), (["x"], True, 0)]:
            answer, agreement = accept_request(self.request(*offers), ServerOptions(deflate=grants))
            assert answer.count(b"Sec-WebSocket-Extensions: permessage-deflate\r\n") == used
            assert answer.count(b"Extensions") == used
            sent = send(agreement.connect(Limits()), "Hello " * 9)
            assert [frame.rsv1 for frame in frames_of(sent)] == [bool(used)]
        for answers, used in [([NAME], True), ([], False)]:
            agreement = check_answer(
                self.response(*answers), self.KEY, ClientOptions(deflate=DeflateParams())
            )
            sent = send(agreement.connect(Limits()), "Hello " * 9)
            assert [frame.rsv1 for frame in frames_of(sent)] == [used]

    @pytest.mark.rfc("R105")
    @pytest.mark.parametrize("grants", [True, False])
    def test_a_malformed_offer_is_refused_with_400(self, grants):
        with pytest.raises(HandshakeError) as caught:
            accept_request(self.request(f"{NAME};;"), ServerOptions(deflate=grants))
        assert caught.value.status == 400

    @pytest.mark.rfc("R029", "D01")
    @pytest.mark.parametrize("offered, answers", [(None, [NAME]), (DeflateParams(), ["x"])])
    def test_an_answer_that_was_not_asked_for_fails_the_connection(self, offered, answers):
        with pytest.raises(HandshakeError):
            check_answer(self.response(*answers), self.KEY, ClientOptions(deflate=offered))

    def test_a_server_may_have_wishes(self):
        options = ServerOptions(deflate=DeflateParams(server_no_context_takeover=True))
        answer, agreement = accept_request(self.request(NAME), options)
        assert agreement.deflate == DeflateParams(server_no_context_takeover=True)
        assert b"permessage-deflate; server_no_context_takeover\r\n" in answer

    @pytest.mark.rfc("R110")
    def test_the_limits_hold_for_what_is_inflated_and_leave_room_for_what_cannot_shrink(self):
        limits = Limits(max_frame=10_000, max_message=10_000)
        noise = random.Random(7692).randbytes(10_000)
        stored = packed(deflate(noise), Opcode.BINARY)
        assert len(stored.payload) > len(noise)
        for role in Role:
            receiver = Agreement(role, None, DeflateParams()).connect(limits)
            assert receiver.receive_data(wire(role, stored)) == [Message(Opcode.BINARY, noise)]
            over = packed(deflate(bytes(10_001)), Opcode.BINARY)
            assert [event.code for event in receiver.receive_data(wire(role, over))] == [1009]
            plain = Agreement(role, None, DeflateParams()).connect(limits)
            over = packed(bytes(10_001), Opcode.BINARY, rsv1=False)
            assert [event.code for event in plain.receive_data(wire(role, over))] == [1009]


class TestOnTheWire:
    """RFC 7692 sections 6.1 and 7.2.1: what is sent."""

    @ROLES
    @KINDS
    @pytest.mark.rfc("D02", "D05", "D07", "D08", "D10")
    def test_messages_go_in_one_frame_with_their_opcode_and_rsv1_and_control_frames_without(self, role, kind):
        near, far = end(role, DeflateParams(), kind), end(other(role), DeflateParams(), kind)
        sent = send(near, TALK[0], TALK[1].encode(), "Hi", b"")
        near.send_ping(b"a" * 100)
        near.send_close(1000, "b" * 100)
        sent += near.data_to_send()
        frames = frames_of(sent)
        assert [(frame.opcode, frame.rsv1) for frame in frames] == [
            (Opcode.TEXT, True),
            (Opcode.BINARY, True),
            (Opcode.TEXT, False),
            (Opcode.BINARY, False),
            (Opcode.PING, False),
            (Opcode.CLOSE, False),
        ]
        assert len(frames[1].payload) < len(TALK[1]) / 2, "it repeats the one before"
        events = far.receive_data(sent)
        assert [getattr(event, "data", None) for event in events[:4]] == [
            TALK[0],
            TALK[1].encode(),
            "Hi",
            b"",
        ]
        assert events[4:] == [Ping(b"a" * 100), Close(1000, "b" * 100)]

    @ROLES
    @pytest.mark.parametrize("forgets", [False, True])
    def test_what_does_not_shrink_and_cannot_help_the_next_one_is_sent_as_it_is(self, role, forgets):
        params = DeflateParams(forgets, forgets, 10, 10)
        near, far = end(role, params), end(other(role), params)
        small, large = (random.Random(size).randbytes(size) for size in (1023, 1024))
        sizes = []
        for message, packs in [
            *(("a" * 99, True), (large, False), (large[-500:] + bytes(99), True), ("a" * 99, True)),
            *((small, not forgets), (small[-500:], not forgets), ("tiny", False)),
        ]:
            sent = send(near, message)
            (frame,) = frames_of(sent)
            assert frame.rsv1 == packs
            assert far.receive_data(sent)[0].data == message
            sizes.append(len(frame.payload))
        assert sizes[5] == 500 if forgets else sizes[5] < 300

    @ROLES
    @pytest.mark.rfc("D23", "D25", "D30", "D31")
    @pytest.mark.parametrize("hint", [False, True])
    @pytest.mark.parametrize("forgets", [False, True])
    def test_a_message_sent_twice_is_short_the_second_time_unless_its_sender_forgets(
        self, role, forgets, hint
    ):
        # The other end's promise says nothing about this one.
        params = DeflateParams(forgets, hint) if role is Role.SERVER else DeflateParams(hint, forgets)
        near, far = end(role, params), end(other(role), params)
        text = TALK[0]
        first, second = frames_of(send(near, text, text))
        assert (first.payload == second.payload) == forgets
        assert len(second.payload) == len(first.payload) if forgets else len(second.payload) < 8
        events = far.receive_data(wire(other(role), first, second))
        assert events == [Message(Opcode.TEXT, text)] * 2
        alone = end(other(role), params).receive_data(wire(other(role), second))
        assert alone == ([Message(Opcode.TEXT, text)] if forgets else [alone[0]])
        assert isinstance(alone[0], Message if forgets else Close)

    @ROLES
    @pytest.mark.rfc("D22", "D24", "D26")
    @pytest.mark.parametrize("bits", [None, *range(8, 16)])
    def test_nothing_sent_looks_back_further_than_the_window(self, role, bits):
        params = DeflateParams(server_max_window_bits=bits, client_max_window_bits=bits)
        payloads = [frame.payload for frame in frames_of(send(end(role, params), *far_echoes(bits or 15)))]
        assert inflate_within(payloads, bits or 15) == b"".join(far_echoes(bits or 15))

    def test_with_a_window_of_8_bits_only_the_last_byte_is_repeated(self):
        small, larger = (make_compress(DeflateParams(True, True, bits), Role.SERVER) for bits in (8, 9))
        message = bytes(range(64)) * 3
        assert len(small(message)) > 64 * 3 * 6 / 8, "64 letters take 6 bits each"
        assert len(larger(message)) < 100
        assert len(small(bytes(200))) < 20

    @pytest.mark.parametrize("bits", range(8, 15))
    def test_a_larger_window_would_be_seen(self, bits):
        compress = make_compress(DeflateParams(), Role.CLIENT)
        with pytest.raises(zlib.error, match="too far back"):
            inflate_within([compress(message) for message in far_echoes(bits)], bits)

    @ROLES
    @pytest.mark.rfc("D28", "D29", "D30", "D31")
    @pytest.mark.parametrize("bits", [None, *range(8, 16)])
    def test_a_receiver_keeps_the_whole_window(self, role, bits):
        params = DeflateParams(server_max_window_bits=bits, client_max_window_bits=bits)
        size = 1 << (bits or 15)
        noise = random.Random(size).randbytes(size)
        # By hand, since zlib itself never looks back so far: the first three bytes of the window again.
        compressor = zlib.compressobj(0, wbits=-15)
        first = packed(deflate_message(noise, compressor), Opcode.BINARY)
        again = packed(copy_from(size), Opcode.BINARY)
        receiver = end(role, params)
        events = receiver.receive_data(wire(role, first, again))
        assert [event.data for event in events] == [noise, noise[:3]]
        if size < 1 << 15:  # no code looks back any further
            beyond = packed(copy_from(size + 1), Opcode.BINARY)
            events = end(role, params).receive_data(wire(role, first, beyond))
            assert [type(event) for event in events] == [Message, Close]

    @ROLES
    @pytest.mark.rfc("D27")
    def test_no_block_is_sent_with_bfinal(self, role):
        inflater = zlib.decompressobj(wbits=-15)
        for frame in frames_of(send(end(role, DeflateParams()), *TALK)):
            inflater.decompress(frame.payload + TAIL)
        assert not inflater.eof

    def test_there_is_no_compressor_until_there_is_something_to_compress(self):
        tracemalloc.start()
        try:
            idle = [make_compress(DeflateParams(), Role.SERVER) for _ in range(100)]
            assert tracemalloc.get_traced_memory()[1] < 100 * 2000
        finally:
            tracemalloc.stop()
        assert idle[0](b"a" * 100)


def far_echoes(bits: int) -> list[bytes]:
    """Messages with repetitions from just inside the window to far beyond it, across messages, too."""
    chance = random.Random(bits)
    size = 1 << bits
    echo = chance.randbytes(40).hex().encode()
    gaps = [size // 2, size - 300, size - 81, size, size + 100, 2 * size]
    return [echo + bytes(chance.choices(b"0123456789abcdef", k=max(gap, 0))) for gap in gaps] + [echo]


def inflate_within(payloads: list[bytes], bits: int) -> bytes:
    """Inflate so that nothing but the window is there to look back to: zlib gives one byte at a time."""
    inflater, found = zlib.decompressobj(wbits=-bits), []
    for data in (payload + TAIL for payload in payloads):
        for start in range(0, len(data), 64):
            piece = data[start : start + 64]
            while byte := inflater.decompress(piece, 1):
                found.append(byte)
                piece = inflater.unconsumed_tail
    return b"".join(found)


def copy_from(distance: int) -> bytes:
    """A message of one block with fixed codes: 3 bytes from so far back again (RFC 1951 section 3.2)."""
    code = next(code for code in range(30) if distance_range(code)[0] <= distance <= distance_range(code)[1])
    extra = max(code // 2 - 1, 0)
    fields = [(0, 1), (1, 2)]  # BFINAL, BTYPE
    huffman = [(257 - 256, 7), (code, 5)]  # 257: 3 bytes
    bits = [(value >> n) & 1 for value, count in fields for n in range(count)]
    bits += [(value >> n) & 1 for value, count in huffman for n in reversed(range(count))]
    bits += [((distance - distance_range(code)[0]) >> n) & 1 for n in range(extra)]
    bits += [0] * 7 + [0, 0, 0]  # the end of the block; the head of an empty one
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bit << n for n, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8))


def distance_range(code: int) -> tuple[int, int]:
    extra = max(code // 2 - 1, 0)
    first = code + 1 if code < 4 else (2 + code % 2 << extra) + 1
    return first, first + (1 << extra) - 1


class TestExamples:
    """RFC 7692 section 7.2.3: the published examples, as a server and as a client gets them."""

    HELLO = Message(Opcode.TEXT, "Hello")

    def receive(self, role: Role, *frames: str, params: DeflateParams | None = None) -> list:
        receiver = end(role, params or DeflateParams())
        key = bytes(4) if role is Role.SERVER else None
        stream = b""
        for text in frames:
            frame, _ = decode_frame(bytes.fromhex(text))
            stream += encode_frame(Frame(frame.fin, frame.opcode, frame.payload, frame.rsv1, masking_key=key))
        return receiver.receive_data(stream)

    @ROLES
    @pytest.mark.rfc("D09", "D30", "D31")
    @pytest.mark.parametrize(
        "frames, count",
        [
            (["c1 07 f2 48 cd c9 c9 07 00"], 1),
            (["41 03 f2 48 cd", "80 04 c9 c9 07 00"], 1),
            (["c1 07 f2 48 cd c9 c9 07 00", "c1 07 f2 48 cd c9 c9 07 00"], 2),
            (["c1 07 f2 48 cd c9 c9 07 00", "c1 05 f2 00 11 00 00"], 2),
            (["c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"], 1),
            (["c1 08 f3 48 cd c9 c9 07 00 00"], 1),
            (["c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"], 1),
        ],
        ids=["one block", "fragments", "twice", "shared window", "stored", "BFINAL", "two blocks"],
    )
    def test_hello(self, role, frames, count):
        assert self.receive(role, *frames) == [self.HELLO] * count

    @ROLES
    def test_an_empty_fragment_ends_a_message_and_an_empty_message_is_a_byte(self, role):
        assert self.receive(role, "41 07 f2 48 cd c9 c9 07 00", "80 00") == [self.HELLO]
        assert self.receive(role, "c1 01 00", "c2 01 00") == [Message(1, ""), Message(2, b"")]
        assert self.receive(role, "c1 02 02 00") == [Message(1, "")]  # as some send it: a block of codes

    def test_they_are_what_zlib_makes(self):
        compressor = zlib.compressobj(wbits=-15)
        sent = [deflate_message(data, compressor).hex() for data in (b"Hello", b"Hello", b"", b"")]
        assert sent == ["f248cdc9c90700", "f200110000", "00", "00"]

    @ROLES
    @pytest.mark.parametrize("params", [DeflateParams(), FORGETFUL], ids=str)
    def test_after_a_block_with_bfinal_the_window_is_as_the_parameters_say(self, role, params):
        final, sharing = "c1 08 f3 48 cd c9 c9 07 00 00", "c1 05 f2 00 11 00 00"
        first, *rest = self.receive(role, final, final, sharing, params=params)
        assert first == self.HELLO
        if params == FORGETFUL:
            assert rest[0] == self.HELLO and rest[1].code == 1002
        else:
            assert rest == [self.HELLO] * 2

    @ROLES
    def test_a_message_may_have_several_blocks_with_bfinal_and_look_back_over_them(self, role):
        final, sharing = "f348cdc9c90700", "f200110000"
        message = packed(bytes.fromhex(final + final + sharing))
        for params in (DeflateParams(), FORGETFUL):
            events = end(role, params).receive_data(wire(role, message, message))
            assert events == [Message(Opcode.TEXT, "Hello" * 3)] * 2

    @pytest.mark.parametrize("level", range(10))
    @pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_FINISH])
    def test_a_large_message_in_any_blocks(self, level, flush):
        data = "".join(TALK).encode() * 20 + random.Random(level).randbytes(70_000) + bytes(70_000)
        compressor = zlib.compressobj(level, wbits=-15)
        payload = b"".join(
            compressor.compress(data[at : at + 30_000]) + (compressor.flush(flush) if flush < 4 else b"")
            for at in range(0, len(data), 30_000)
        )
        payload += compressor.flush(flush)
        payload = payload + b"\x00" if flush == zlib.Z_FINISH else payload.removesuffix(TAIL)
        assert inflate_message(payload, Inflater(15), len(data)) == data


@ROLES
@KINDS
class TestFrames:
    """RFC 7692 section 6: which frames may have RSV1."""

    HALVES = (packed(HELLO[:3], fin=False), packed(HELLO[3:], Opcode.CONT, rsv1=False))

    @pytest.mark.rfc("D09", "D10")
    def test_compressed_and_uncompressed_messages_follow_each_other_with_pings_between_fragments(
        self, role, kind
    ):
        ping = Frame(True, Opcode.PING, b"?")
        frames = [
            packed(b"plain", rsv1=False),
            *(self.HALVES[0], ping, self.HALVES[1]),
            packed(b"plain ", fin=False, rsv1=False),
            *(ping, packed(b"again", Opcode.CONT, rsv1=False)),
            packed(HELLO, Opcode.BINARY),
        ]
        receiver = end(role, DeflateParams(), kind)
        assert receiver.receive_data(wire(role, *frames)) == [
            *(Message(Opcode.TEXT, "plain"), Ping(b"?"), Message(Opcode.TEXT, "Hello")),
            *(Ping(b"?"), Message(Opcode.TEXT, "plain again"), Message(Opcode.BINARY, b"Hello")),
        ]

    @pytest.mark.rfc("D06")
    @pytest.mark.parametrize(
        "frames",
        [
            [HALVES[0], packed(HELLO[3:], Opcode.CONT)],
            [packed(b"a", fin=False, rsv1=False), packed(b"b", Opcode.CONT)],
            [packed(HELLO, Opcode.CONT)],
            *([packed(b"", opcode)] for opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE)),
            [HALVES[0], packed(b"", Opcode.PING)],
            *([packed(HELLO, opcode)] for opcode in (3, 7, 11, 15)),
            [HALVES[0], packed(HELLO)],
            [HALVES[0], packed(b"a", rsv1=False)],
            [packed(b"a", fin=False, rsv1=False), packed(HELLO)],
        ],
    )
    def test_rsv1_anywhere_but_in_the_first_frame_of_a_message_is_1002(self, role, kind, frames):
        receiver = end(role, DeflateParams(), kind)
        assert [event.code for event in receiver.receive_data(wire(role, *frames))] == [1002]

    @pytest.mark.rfc("R080")
    def test_rsv1_is_1002_where_nothing_is_agreed_and_the_other_bits_always_are(self, role, kind):
        assert [event.code for event in kind(role).receive_data(wire(role, packed(HELLO)))] == [1002]
        for bit in (0b0010_0000, 0b0001_0000):
            data = bytearray(wire(role, packed(HELLO)))
            data[0] |= bit
            receiver = end(role, DeflateParams(), kind)
            assert [event.code for event in receiver.receive_data(bytes(data))] == [1002]


class TestAssembler:
    """What `DeflateAssembler` does by itself, without a connection that has looked at the frames before."""

    @pytest.mark.parametrize("opcode", [Opcode.CONT, Opcode.PING])
    def test_rsv1_in_the_wrong_place_is_seen(self, opcode):
        assert (
            failure(DeflateAssembler(DeflateParams(), Role.SERVER).push, packed(HELLO, opcode)).code == 1002
        )

    def test_control_frames_disturb_nothing(self):
        assembler = DeflateAssembler(DeflateParams(), Role.SERVER)
        first, last = TestFrames.HALVES
        assert [assembler.push(each) for each in (first, Frame(True, Opcode.PING, b""), last)] == [
            *(None, None, Message(Opcode.TEXT, "Hello"))
        ]

    def test_text_is_checked_after_it_is_inflated(self):
        for data, code in [(b"\xff", 1007), (b"caf\xc3", 1007), (b"\xed\xa0\x80", 1007)]:
            payload = deflate(data)
            assembler = DeflateAssembler(DeflateParams(), Role.CLIENT)
            assert failure(assembler.push, packed(payload)).code == code
            assembler = DeflateAssembler(DeflateParams(), Role.CLIENT)
            assert assembler.push(packed(payload, Opcode.BINARY)).data == data

    def test_uncompressed_text_is_checked_while_it_comes(self):
        assembler = DeflateAssembler(DeflateParams(), Role.SERVER)
        assert failure(assembler.push, packed(b"\xff", fin=False, rsv1=False)).code == 1007

    def test_a_message_has_its_limit_compressed_or_not(self):
        for rsv1, largest in [(False, bytes(100)), (True, deflate(bytes(100)))]:
            assembler = DeflateAssembler(DeflateParams(), Role.SERVER, 100)
            assert assembler.push(packed(largest, Opcode.BINARY, rsv1=rsv1)).data == bytes(100)
        for rsv1, larger in [(False, bytes(101)), (True, deflate(bytes(101)))]:
            assembler = DeflateAssembler(DeflateParams(), Role.SERVER, 100)
            assembler.push(packed(deflate(bytes(9)), Opcode.BINARY))
            assert failure(assembler.push, packed(larger, Opcode.BINARY, rsv1=rsv1)).code == 1009

    def test_a_message_in_fragments_has_it_too_and_room_for_what_cannot_shrink(self):
        noise = random.Random(7692).randbytes(1000)
        stored = deflate(noise)
        assert len(stored) > len(noise)
        assembler = DeflateAssembler(DeflateParams(), Role.SERVER, 1000)
        assembler.push(packed(stored[:500], Opcode.BINARY, fin=False))
        assert assembler.push(packed(stored[500:], Opcode.CONT, rsv1=False)).data == noise
        assert failure(assembler.push, packed(bytes(1001), Opcode.BINARY, rsv1=False)).code == 1009

    @pytest.mark.parametrize("fin", [True, False])
    def test_what_comes_is_limited_too_even_if_nothing_comes_of_it(self, fin):
        assembler = DeflateAssembler(DeflateParams(), Role.SERVER, 1000)
        nothing = packed(b"\x00" + (TAIL + b"\x00") * 1000, Opcode.BINARY, fin=fin)
        assert failure(assembler.push, nothing).code == 1009

    @pytest.mark.parametrize("size", [0, 1, 100, 127, 5000, 1 << 17])
    @pytest.mark.parametrize("memory", [1, 8])
    def test_there_is_room_for_what_cannot_shrink(self, size, memory):
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15, memory)
        noise = random.Random(size).randbytes(size)
        assert len(deflate_message(noise, compressor)) <= room_for_deflated(size)


class TestBroken:
    """What is no deflate, or no message of it."""

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\x07",
            b"\xff" * 9,
            bytes.fromhex("00 05 00 00 00 48 65 6c 6c 6f 00"),
            bytes.fromhex("f248cdc9c907"),
            bytes.fromhex("f348cdc9c90700"),
            bytes.fromhex("f200110000"),
            HELLO + b"\xff",
            b"\x78\x9c" + HELLO,
            bytes.fromhex("f348cdc9c90700") + b"junk",
            bytes.fromhex("01 06 00 f9 ff"),
        ],
        ids=[
            *("nothing", "type 3", "ones", "stored with wrong length", "cut", "BFINAL and no more"),
            *("before the window", "and a byte", "zlib's head", "BFINAL and junk", "stored, and not there"),
        ],
    )
    def test_it_fails_with_1002(self, payload):
        assert failure(inflate_message, payload, Inflater(15), 1000).code == 1002
        for role in Role:
            events = end(role).receive_data(wire(role, packed(payload)))
            assert [event.code for event in events] == [1002]

    @pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FINISH])
    def test_a_message_that_is_cut_is_never_taken_for_whole(self, flush):
        payload = deflate("".join(TALK).encode(), flush=flush) + b"\x00" * (flush == zlib.Z_FINISH)
        assert inflate_message(payload, Inflater(15), 9999).decode() == "".join(TALK)
        for size in range(len(payload)):
            assert failure(inflate_message, payload[:size], Inflater(15), 9999).code == 1002

    def test_zlibs_own_decompressor_does_too(self):
        assert failure(inflate_message, b"\x07", zlib.decompressobj(wbits=-15), 9).code == 1002
        assert inflate_message(HELLO, zlib.decompressobj(wbits=-15), 5) == b"Hello"
        assert failure(inflate_message, HELLO, zlib.decompressobj(wbits=-15), 4).code == 1009

    @settings(max_examples=300)
    @given(st.binary(max_size=60), st.integers(8, 15), st.booleans(), st.integers(0, 200))
    def test_any_bytes_are_inflated_or_refused(self, data, bits, forgets, size):
        inflater = Inflater(bits, forgets)
        for payload in (data, data[1:]):
            try:
                assert len(inflate_message(payload, inflater, size)) <= size
            except ProtocolError as error:
                assert error.code in (1002, 1009)

    @given(st.lists(st.tuples(st.binary(max_size=30), st.booleans(), st.integers(0, 15)), max_size=5))
    def test_both_connections_say_the_same_about_any_frames(self, drawn):
        stream = wire(Role.SERVER, *(packed(data, opcode, rsv1=rsv1) for data, rsv1, opcode in drawn))
        clear, fast = (end(Role.SERVER, DeflateParams(), kind) for kind in (Connection, FastConnection))
        assert clear.receive_data(stream) == fast.receive_data(stream)
        assert clear.data_to_send() == fast.data_to_send()


def zeros(mebibytes: int) -> bytes:
    """A bomb: so many MiB of zeros, deflated, put together from pieces of 16 MiB so that it is made fast."""
    compressor = zlib.compressobj(9, wbits=-15)
    piece = compressor.compress(bytes(1 << 24)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (piece * (mebibytes // 16)).removesuffix(TAIL)


class TestBombs:
    """RFC 6455 section 10.4: what is small on the wire is refused before it becomes large here."""

    @pytest.mark.rfc("R110")
    @pytest.mark.parametrize("pieces", [1, 1000], ids=["one frame", "fragments"])
    @pytest.mark.parametrize(
        "size, mebibytes", [(1000, 1024), (20_000, 16), (1 << 20, 1024), (1 << 24, 1024)]
    )
    def test_a_gibibyte_of_zeros_is_refused_within_bounds_of_memory_and_time(self, size, mebibytes, pieces):
        bomb = zeros(mebibytes)
        assert len(bomb) < 1050 * mebibytes
        step = -(-len(bomb) // pieces)
        cuts = [bomb[at : at + step] for at in range(0, len(bomb), step)]
        stream = wire(
            Role.CLIENT,
            *(packed(cut, 0 if n else 2, fin=n == len(cuts) - 1, rsv1=not n) for n, cut in enumerate(cuts)),
        )
        receiver = end(Role.CLIENT, DeflateParams(), size=size)
        receiver.limit = 1 << 22  # so that it is not the frame that is refused
        began = time.process_time()
        tracemalloc.start()
        try:
            events = receiver.receive_data(stream)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        seconds = time.process_time() - began
        print(f"at most {size} bytes: {peak / 1e6:.1f} MB, {seconds * 1000:.0f} ms")
        assert [event.code for event in events] == [1009]
        assert peak < 2.5 * size + 6 * len(stream)
        assert seconds < 2

    def test_as_many_bytes_as_the_limit_pass_and_one_more_does_not(self):
        payload = deflate(bytes(70_000))
        for inflater in (Inflater(15), zlib.decompressobj(wbits=-15)):
            assert inflate_message(payload, inflater, 70_000) == bytes(70_000)
        assert failure(inflate_message, payload, Inflater(15), 69_999).code == 1009

    def test_streams_that_end_again_and_again_come_to_an_end(self):
        allowed = MAX_STREAMS - 1
        assert inflate_message(b"\x03\x00" * allowed + b"\x00", Inflater(15), 9) == b""
        began = time.process_time()
        assert failure(inflate_message, b"\x03\x00" * (1 << 20), Inflater(15), 9).code == 1002
        assert time.process_time() - began < 1

    def test_between_messages_there_is_a_window_and_no_more(self):
        data = random.Random(7692).randbytes(1 << 20)
        payload = deflate(data)
        for forgets, largest in [(False, 50_000), (True, 2_000)]:
            tracemalloc.start()
            try:
                inflater = Inflater(15, forgets)
                for _ in range(5):
                    inflate_message(payload, inflater, 1 << 20)
                assert tracemalloc.get_traced_memory()[0] < largest
            finally:
                tracemalloc.stop()
            assert inflater


messages = st.lists(
    st.text(max_size=60)
    | st.binary(max_size=60)
    | st.sampled_from(TALK)
    | st.integers(0, 9).map(lambda n: bytes(500 * n))
    | st.integers(0, 9).map(lambda n: random.Random(n).randbytes(300)),
    max_size=8,
)


class TestWhatIsSentArrives:
    @settings(max_examples=150)
    @given(
        messages,
        agreements,
        st.sampled_from(Role),
        st.integers(1, 60),
        st.lists(st.floats(0, 1), max_size=6),
        st.sampled_from([Connection, FastConnection]),
    )
    @pytest.mark.rfc("D02", "D07", "D09")
    def test_in_fragments_with_pings_between_and_cut_anywhere(self, sent, params, role, size, places, kind):
        near, far = end(role, params, kind), end(other(role), params, kind)
        frames = []
        for frame in frames_of(send(near, *sent)):
            starts = range(0, len(frame.payload), size) or range(1)
            for start in starts:
                payload, last = frame.payload[start : start + size], start == starts[-1]
                opcode, rsv1 = (0, False) if start else (frame.opcode, frame.rsv1)
                frames += [Frame(last, opcode, payload, rsv1), Frame(True, Opcode.PING, b"?")]
        stream = wire(other(role), *frames)
        edges = sorted({0, len(stream), *(int(place * len(stream)) for place in places)})
        events = [
            event
            for start, stop in itertools.pairwise(edges)
            for event in far.receive_data(stream[start:stop])
        ]
        assert [event.data for event in events if isinstance(event, Message)] == sent
        assert [event for event in events if not isinstance(event, Message)] == [Ping(b"?")] * (
            len(frames) // 2
        )

    @given(messages, agreements, st.sampled_from(Role))
    def test_both_connections_send_the_same(self, sent, params, role):
        clear, fast = (end(role, params, kind) for kind in (Connection, FastConnection))
        clear._random_bytes = fast._random_bytes = bytes
        assert send(clear, *sent) == send(fast, *sent)


def test_a_message_has_a_hundred_streams_at_most():
    assert MAX_STREAMS == 100


def test_16_bytes_are_worth_compressing_and_15_are_not():
    compress = make_compress(DeflateParams(), Role.SERVER)
    assert compress(b"a" * 15) is None
    assert len(compress(b"a" * 16)) < 16


def test_an_inflater_remembers_unless_it_is_told_to_forget():
    packer = zlib.compressobj(wbits=-15)
    first, second = (deflate_message(b"the same words again", packer) for _ in range(2))
    inflater, forgetting = Inflater(15), Inflater(15, True)
    assert [inflate_message(each, inflater, 99) for each in (first, second)] == [b"the same words again"] * 2
    assert inflate_message(first, forgetting, 99) == b"the same words again"
    with pytest.raises(ProtocolError, match="1002"):
        inflate_message(second, forgetting, 99)


def test_what_gets_no_shorter_is_sent_as_it_is():
    draws = (random.Random(7).randbytes(more) + b"a" * 5 for more in range(11, 40))
    same = next(data for data in draws if len(deflate_message(data, new_compressor())) == len(data))
    forgetting = DeflateParams(True, True)
    assert make_compress(forgetting, Role.SERVER)(same) is None
    assert len(make_compress(DeflateParams(), Role.SERVER)(same)) == len(same), "it may help the next one"


def new_compressor():
    return zlib.compressobj(6, zlib.DEFLATED, -15, 5)
