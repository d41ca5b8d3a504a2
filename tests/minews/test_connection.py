"""A connection without a socket: its table, its two ends, and what a peer may do to it."""

from __future__ import annotations

import random
from array import array
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minews import Close, Frame, Message, Opcode, Ping, Pong, Role, State, decode_frame, encode_frame
from minews.closing import encode_close
from minews.connection import TRANSITIONS, Connection
from minews.messages import fragment
from minews.speed import FastConnection
from tests.cuts import every_cut
from tests.minews.wire import WRONG_FRAMES, any_bytes

ROLES = pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
KEY = bytes(4)


def other(role: Role) -> Role:
    return Role.SERVER if role is Role.CLIENT else Role.CLIENT


def wire(to: Role, *frames: Frame) -> bytes:
    """Write frames as the peer of an end sends them."""
    key = KEY if to is Role.SERVER else None
    return b"".join(
        encode_frame(Frame(fin=each.fin, opcode=each.opcode, payload=each.payload, masking_key=key))
        for each in frames
    )


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> Frame:
    return Frame(fin=fin, opcode=opcode, payload=payload)


def close(code: int | None = None, reason: str = "") -> Frame:
    return frame(Opcode.CLOSE, encode_close(code, reason))


def sent(connection: Connection) -> list[Frame]:
    """Return the frames that an end has to send."""
    data, frames = connection.data_to_send(), []
    while data:
        read, used = decode_frame(data)
        frames.append(read)
        data = data[used:]
    return frames


def talking(max_message: int = 1000) -> tuple[Connection, Connection]:
    return Connection(Role.CLIENT), Connection(Role.SERVER, max_message=max_message)


def test_what_compress_makes_of_a_message_travels_with_rsv1_and_a_ping_as_it_is():
    conn = Connection(Role.SERVER, compress=lambda payload: payload[:1] if len(payload) > 3 else None)
    conn.send_text("Hello")
    conn.send_binary(b"abc")
    conn.send_ping(b"Hello")
    assert [(each.rsv1, each.payload) for each in sent(conn)] == [
        (True, b"H"),
        (False, b"abc"),
        (False, b"Hello"),
    ]


class TestTheTable:
    def test_it_knows_all_states_and_leads_out_of_each_but_closed(self):
        assert {state for state, _ in TRANSITIONS} == set(State) - {State.CLOSED}
        assert {*TRANSITIONS.values()} == set(State) - {State.CONNECTING}

    def test_nothing_leads_back(self):
        order = list(State)
        assert all(order.index(then) >= order.index(now) for (now, _), then in TRANSITIONS.items())


@ROLES
class TestDataFrames:
    @pytest.mark.rfc("R063", "R090")
    def test_what_one_end_sends_the_other_receives(self, role):
        near, far = Connection(role), Connection(other(role))
        near.send_text("Héllo")
        near.send_binary(b"\xff\x00")
        events = far.receive_data(near.data_to_send())
        assert events == [Message(Opcode.TEXT, "Héllo"), Message(Opcode.BINARY, b"\xff\x00")]
        assert near.data_to_send() == b""

    def test_a_client_masks_with_a_key_for_each_frame_and_a_server_does_not(self, role):
        keys = random.Random(6455)
        near = Connection(role, random_bytes=keys.randbytes)
        near.send_text("a")
        near.send_ping()
        near.send_close()
        wanted = random.Random(6455)
        assert [each.masking_key for each in sent(near)] == [
            wanted.randbytes(4) if role is Role.CLIENT else None for _ in range(3)
        ]

    @pytest.mark.rfc("R062", "R088")
    @pytest.mark.parametrize("cut", list(every_cut(b"".join(map(bytes, [range(20)])))), ids=str)
    def test_control_frames_between_fragments_come_in_their_place(self, role, cut):
        first, second, third = fragment("Hello", 2)
        stream = wire(role, first, frame(Opcode.PING, b"?"), second, frame(Opcode.PONG, b"!"), third)
        places = [0]
        for piece in cut.pieces:
            places.append(places[-1] + len(piece) * len(stream) // 20)
        connection, events = Connection(role), []
        for start, end in zip(places, [*places[1:], len(stream)], strict=True):
            events += connection.receive_data(stream[start:end])
        assert events == [Ping(b"?"), Pong(b"!"), Message(Opcode.TEXT, "Hello")]
        assert [(each.opcode, each.payload) for each in sent(connection)] == [(Opcode.PONG, b"?")]


@ROLES
class TestPings:
    @pytest.mark.rfc("R077", "R078")
    def test_a_ping_is_answered_with_its_payload(self, role):
        connection = Connection(role)
        assert connection.receive_data(wire(role, frame(Opcode.PING, b"\xff"))) == [Ping(b"\xff")]
        assert [(each.opcode, each.payload) for each in sent(connection)] == [(Opcode.PONG, b"\xff")]

    @pytest.mark.rfc("R077")
    def test_it_is_answered_after_our_close_and_not_after_the_peers(self, role):
        connection = Connection(role)
        connection.send_close()
        connection.receive_data(wire(role, frame(Opcode.PING), close(1000), frame(Opcode.PING)))
        assert [each.opcode for each in sent(connection)] == [Opcode.CLOSE, Opcode.PONG]

    def test_a_pong_that_nobody_asked_for_is_told_and_not_answered(self, role):
        connection = Connection(role)
        assert connection.receive_data(wire(role, frame(Opcode.PONG, b"x"))) == [Pong(b"x")]
        assert connection.data_to_send() == b""

    @pytest.mark.rfc("R068")
    def test_a_ping_has_room_for_125_bytes(self, role):
        connection = Connection(role)
        connection.send_ping(bytes(125))
        with pytest.raises(ValueError, match="not 126"):
            connection.send_ping(bytes(126))
        assert [len(each.payload) for each in sent(connection)] == [125]


@ROLES
class TestClosing:
    @pytest.mark.rfc("R074", "R092")
    @pytest.mark.parametrize("code, told", [(1000, 1000), (4999, 4999), (None, 1005)])
    def test_a_close_is_answered_with_its_code(self, role, code, told):
        connection = Connection(role)
        assert connection.receive_data(wire(role, close(code, "bye" if code else ""))) == [
            Close(told, "bye" if code else "")
        ]
        assert [each.payload for each in sent(connection)] == [encode_close(code)]
        assert (connection.state, connection.close_code) == (State.CLOSING, told)

    @pytest.mark.rfc("R072", "R092")
    def test_our_close_carries_code_and_reason_and_is_masked_as_our_role_has_it(self, role):
        connection = Connection(role)
        connection.send_close(3000, "done")
        (only,) = sent(connection)
        assert (only.opcode, only.payload) == (Opcode.CLOSE, encode_close(3000, "done"))
        assert (only.masking_key is not None) == (role is Role.CLIENT)

    def test_the_answer_to_our_close_is_not_answered(self, role):
        connection = Connection(role)
        connection.send_close(1000)
        sent(connection)
        assert connection.receive_data(wire(role, close(1001))) == [Close(1001, "")]
        assert connection.data_to_send() == b""

    def test_a_second_close_is_not_sent(self, role):
        connection = Connection(role)
        connection.send_close(1000)
        connection.send_close(1001)
        assert [each.payload for each in sent(connection)] == [encode_close(1000)]

    @pytest.mark.rfc("R073", "R081")
    @pytest.mark.parametrize("closed_by", ["us", "the peer", "TCP"])
    def test_nothing_is_sent_when_the_connection_is_not_open(self, role, closed_by):
        connection = Connection(role)
        if closed_by == "us":
            connection.send_close()
        elif closed_by == "TCP":
            connection.receive_eof()
        else:
            connection.receive_data(wire(role, close()))
        connection.data_to_send()
        for send in (connection.send_text, connection.send_binary, connection.send_ping):
            with pytest.raises(EOFError):
                send("late" if send == connection.send_text else b"late")
        assert connection.data_to_send() == b""

    def test_messages_on_their_way_still_come_after_our_close(self, role):
        connection = Connection(role)
        connection.send_close()
        events = connection.receive_data(wire(role, frame(Opcode.TEXT, b"late"), close(1000)))
        assert events == [Message(Opcode.TEXT, "late"), Close(1000, "")]

    def test_nothing_after_the_peers_close_is_looked_at(self, role):
        connection = Connection(role)
        stream = wire(role, close(1000), frame(Opcode.TEXT, b"late")) + b"\xff\xff"
        assert connection.receive_data(stream) == [Close(1000, "")]
        assert connection.receive_data(stream) == []

    @pytest.mark.rfc("R075", "R076")
    def test_the_server_ends_tcp_when_a_close_has_gone_each_way_and_a_client_waits_for_it(self, role):
        connection = Connection(role)
        assert not connection.tcp_should_end
        connection.send_close()
        assert not connection.tcp_should_end
        connection.receive_data(wire(role, close()))
        assert connection.tcp_should_end == (role is Role.SERVER)
        assert connection.receive_eof() == []
        assert (connection.state, connection.tcp_should_end) == (State.CLOSED, True)

    @pytest.mark.rfc("R096")
    def test_a_peer_that_leaves_without_a_word_is_told_as_1006(self, role):
        connection = Connection(role)
        assert connection.receive_eof() == [Close(1006, "")]
        assert (connection.state, connection.close_code) == (State.CLOSED, 1006)
        assert connection.receive_eof() == []


@ROLES
class TestFailing:
    @pytest.mark.rfc("R059", "R068", "R069", "R093", "R094", "R102")
    @pytest.mark.parametrize("name", [name for name, (_, code) in WRONG_FRAMES.items() if code != 1003])
    def test_whatever_breaks_a_rule_ends_the_connection_with_its_code(self, role, name):
        data, code = WRONG_FRAMES[name]
        connection = Connection(role)
        if role is Role.CLIENT:
            code = 1002 if name != "not masked" else None  # all of them are masked but for that one
        events = connection.receive_data(data)
        if code is None:
            assert events == [Message(Opcode.TEXT, "Hi")]
            return
        if role is Role.CLIENT and connection.close_code == 1009:
            code = 1009  # a length beyond the limit is seen before the key
        assert [type(each) for each in events] == [Close]
        assert events[0].code == connection.close_code == code
        assert [each.payload for each in sent(connection)] == [encode_close(code, events[0].reason)]
        assert connection.tcp_should_end and connection.state is State.CLOSING

    @pytest.mark.rfc("R095")
    def test_nothing_after_it_is_looked_at_not_even_a_close(self, role):
        connection = Connection(role)
        bad = wire(role, frame(0x3))
        connection.receive_data(bad)
        connection.data_to_send()
        assert connection.receive_data(wire(role, frame(Opcode.PING), close(1000))) == []
        assert (connection.data_to_send(), connection.close_code) == (b"", 1002)
        assert connection.receive_eof() == []

    def test_what_came_before_it_counts(self, role):
        connection = Connection(role)
        stream = wire(role, frame(Opcode.TEXT, b"good"), frame(0x3), frame(Opcode.TEXT, b"late"))
        events = connection.receive_data(stream)
        assert [getattr(each, "data", None) for each in events] == ["good", None]

    def test_after_our_own_close_it_fails_without_another_one(self, role):
        connection = Connection(role)
        connection.send_close(1000)
        connection.data_to_send()
        assert [each.code for each in connection.receive_data(wire(role, frame(0x3)))] == [1002]
        assert connection.data_to_send() == b""


class TestLimits:
    def test_a_message_and_a_frame_have_their_limits(self):
        client, server = talking(max_message=10)
        client.send_binary(bytes(11))
        assert [each.code for each in server.receive_data(client.data_to_send())] == [1009]
        small = Connection(Role.SERVER, max_frame=1000)
        assert [each.code for each in small.receive_data(bytes.fromhex("82fe03e9"))] == [1009]

    @pytest.mark.parametrize("kind", [Connection, FastConnection])
    def test_a_frame_that_no_message_can_be_is_refused_at_its_head(self, kind):
        server = kind(Role.SERVER, max_frame=5000, max_message=1000)
        assert [each.code for each in server.receive_data(bytes.fromhex("82fe03e9"))] == [1009]

    @pytest.mark.parametrize("kind", [Connection, FastConnection])
    @pytest.mark.parametrize("limits", [{"max_frame": 1}, {"max_message": 1}], ids=str)
    def test_control_frames_have_their_125_bytes_and_no_more_whatever_the_limits_are(self, kind, limits):
        client, server = kind(Role.CLIENT), kind(Role.SERVER, **limits)
        client.send_ping(bytes(125))
        assert server.receive_data(client.data_to_send()) == [Ping(bytes(125))]
        assert [each.code for each in server.receive_data(bytes.fromhex("89fe007e"))] == [1009]


@pytest.mark.parametrize("kind", [Connection, FastConnection])
class TestWhatIsSent:
    @pytest.mark.parametrize("data", [bytearray(b"Hi"), memoryview(b"Hi"), array("B", b"Hi")], ids=type)
    def test_any_bytes_like_object_can_be(self, kind, data):
        client, server = kind(Role.CLIENT), kind(Role.SERVER)
        client.send_binary(data)
        client.send_ping(data)
        assert server.receive_data(client.data_to_send()) == [Message(Opcode.BINARY, b"Hi"), Ping(b"Hi")]

    @pytest.mark.parametrize("data", [5, True, [72, 105], {1: 2}, None], ids=repr)
    def test_nothing_else_can(self, kind, data):
        client = kind(Role.CLIENT)
        for send in (client.send_binary, client.send_ping):
            with pytest.raises(TypeError):
                send(data)
        assert client.data_to_send() == b""


class TestAnything:
    @given(st.lists(any_bytes, max_size=5), st.sampled_from(Role))
    def test_any_bytes_give_events_and_at_most_one_close_at_the_end(self, pieces, role):
        connection, events = Connection(role), []
        for piece in pieces:
            events += connection.receive_data(piece)
        events += connection.receive_eof()
        assert [isinstance(each, Close) for each in events] == [False] * (len(events) - 1) + [True]

    @settings(max_examples=60)
    @given(
        st.lists(st.text(max_size=20) | st.binary(max_size=300), max_size=6),
        st.integers(1, 40),
        st.randoms(use_true_random=False),
        st.sampled_from(Role),
    )
    def test_what_is_sent_in_fragments_with_pings_between_and_cut_anywhere_arrives(
        self, messages, size, chance, role
    ):
        frames = []
        for message in messages:
            for each in fragment(message, size):
                frames += [frame(Opcode.PING, b"?")] * (chance.random() < 0.3) + [each]
        stream, connection, events = deque([wire(role, *frames)]), Connection(role), []
        while stream:
            piece = stream.popleft()
            if len(piece) > 1 and chance.random() < 0.7:
                place = chance.randrange(1, len(piece))
                stream.extendleft([piece[place:], piece[:place]])
            else:
                events += connection.receive_data(piece)
        assert [each.data for each in events if isinstance(each, Message)] == messages
        pings = sum(each.opcode == Opcode.PING for each in frames)
        assert sum(each == Ping(b"?") for each in events) == len(sent(connection)) == pings


@ROLES
def test_a_close_is_whole_and_says_1000_unless_told_otherwise(role):
    connection = Connection(role)
    connection.send_close()
    (only,) = sent(connection)
    assert (only.fin, only.opcode, only.payload) == (True, Opcode.CLOSE, encode_close(1000))
