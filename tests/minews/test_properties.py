"""What one end sends the other receives, and what it costs, for any messages, cuts, extensions and TLS."""

from __future__ import annotations

import itertools
import random
import ssl
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minews import Close, Connection, FastConnection, Message, Opcode, Ping, Pong, Role, fragment
from minews.deflate import DeflateAssembler, DeflateParams, deflate_message, make_compress
from minews.frames import encode_frame
from minews.tls import client_tls_context, server_tls_context
from minews.types import Frame
from tests.minews.asynchronous import CERTIFICATE

KINDS = pytest.mark.parametrize("kind", [Connection, FastConnection], ids=["clear", "fast"])
LARGEST = 1 << 21

texts = st.text(max_size=40) | st.sampled_from(["é" * 200, "a" * 70_000, "\U0010ffff" * 31 + "a"])
binaries = st.binary(max_size=40) | st.integers(120, 70_000).map(lambda n: random.Random(n).randbytes(n))
controls = st.builds(Ping, st.binary(max_size=125)) | st.builds(Pong, st.binary(max_size=125))
said = st.lists(texts | binaries | controls, max_size=6)
windows = st.none() | st.integers(8, 15)
agreements = st.none() | st.builds(DeflateParams, st.booleans(), st.booleans(), windows, windows)
seeds = st.integers(0, 1 << 32)


class Line:
    """A connection in TCP: bytes go in at one end and come out at the other as they are."""

    def carry(self, data: bytes, to: Role) -> bytes:
        return data


class TlsLine(Line):
    """The same bytes inside TLS, whose records two `ssl.SSLObject`s make in memory."""

    def __init__(self) -> None:
        self.ends, self.wires = {}, {role: ssl.MemoryBIO() for role in Role}  # what is on its way to a role
        client, server = client_tls_context(CERTIFICATE), server_tls_context(CERTIFICATE, CERTIFICATE)
        to_client, to_server = self.wires[Role.CLIENT], self.wires[Role.SERVER]
        self.ends[Role.CLIENT] = client.wrap_bio(to_client, to_server, server_hostname="localhost")
        self.ends[Role.SERVER] = server.wrap_bio(to_server, to_client, server_side=True)
        waiting = [*self.ends.values()]
        while waiting:
            end = waiting.pop(0)
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)

    def carry(self, data: bytes, to: Role) -> bytes:
        if data:
            self.ends[other(to)].write(data)
        pieces = []
        try:
            while piece := self.ends[to].read(1 << 16):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        return b"".join(pieces)


class End:
    """One end, which sends what it is told as a peer may: whole or in fragments, compressed or not."""

    def __init__(self, kind: type[Connection], role: Role, agreed: DeflateParams | None) -> None:
        self.role, self.events, self.compress = role, [], None
        extension = {}
        if agreed is not None:
            self.compress = make_compress(agreed, role)
            extension = {
                "assembler": DeflateAssembler(agreed, role, LARGEST),
                "compress": make_compress(agreed, role),
            }
        self.connection = kind(role, max_frame=LARGEST, max_message=LARGEST, **extension)

    def say(self, what: object) -> bytes:
        match what:
            case str():
                self.connection.send_text(what)
            case bytes():
                self.connection.send_binary(what)
            case Ping(payload):
                self.connection.send_ping(payload)
            case Pong(payload):
                return self.write(Frame(True, Opcode.PONG, payload))
        return self.connection.data_to_send()

    def say_in_fragments(self, what: str | bytes, chance: random.Random) -> bytes:
        """Write a message in fragments of any sizes, some empty, with Pings and Pongs between them."""
        data = what.encode() if isinstance(what, str) else what
        opcode = Opcode.TEXT if isinstance(what, str) else Opcode.BINARY
        packed = self.compress(data) if self.compress is not None else None
        places = sorted(chance.choices(range(len(packed or data) + 1), k=chance.randint(0, 4)))
        edges, stream = [0, *places, len(packed or data)], b""
        for number, (start, end) in enumerate(itertools.pairwise(edges)):
            piece, first, last = (packed or data)[start:end], number == 0, number == len(places)
            kind = opcode if first else Opcode.CONT
            stream += self.write(Frame(last, kind, piece, rsv1=first and packed is not None))
            if not last and chance.random() < 0.5:
                stream += self.write(Frame(True, chance.choice([Opcode.PING, Opcode.PONG]), b"between"))
        return stream

    def write(self, frame: Frame) -> bytes:
        key = random.randbytes(4) if self.role is Role.CLIENT else None
        bits = frame.rsv1, frame.rsv2, frame.rsv3
        return encode_frame(Frame(frame.fin, frame.opcode, frame.payload, *bits, key))

    def hear(self, data: bytes) -> bytes:
        self.events += self.connection.receive_data(data)
        return self.connection.data_to_send()


def other(role: Role) -> Role:
    return Role.SERVER if role is Role.CLIENT else Role.CLIENT


def cut(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Cut anywhere: byte by byte now and then, as long as there are not too many."""
    largest = 1 if len(data) < 200 and chance.random() < 0.3 else max(1, len(data) // chance.randint(1, 8))
    while data:
        size = chance.randint(1, largest)
        yield data[:size]
        data = data[size:]


def heard(events: list) -> tuple[list, list]:
    """Messages and what is about the connection, each in its order; control frames may overtake neither."""
    messages = [event.data for event in events if isinstance(event, Message)]
    return messages, [event for event in events if not isinstance(event, Message)]


def talk(line: Line, kind: type[Connection], words: list, role: Role, agreed, seed: int) -> None:
    """Let one end say all, each message in one frame or in fragments, and see what the other one hears."""
    chance = random.Random(seed)
    near, far = End(kind, role, agreed), End(kind, other(role), agreed)
    near.compress = near.connection._compress  # one memory for what is sent in either way
    answered = []
    for what in words:
        whole = not isinstance(what, str | bytes) or chance.random() < 0.5
        stream = near.say(what) if whole else near.say_in_fragments(what, chance)
        for piece in cut(stream, chance):
            answer = far.hear(line.carry(piece, far.role))
            answered += near.connection.receive_data(line.carry(answer, role))
    near.connection.send_close(1000, "bye")
    answer = far.hear(line.carry(near.connection.data_to_send(), far.role))
    messages, rest = heard(far.events)
    assert messages == [what for what in words if isinstance(what, str | bytes)]
    assert [each for each in rest if each not in (Ping(b"between"), Pong(b"between"))] == [
        *(what for what in words if not isinstance(what, str | bytes | None)),
        Close(1000, "bye"),
    ]
    assert answered == [Pong(event.payload) for event in far.events if isinstance(event, Ping)]
    assert near.connection.receive_data(line.carry(answer, role)) == [Close(1000, "")]


@pytest.mark.slow
@KINDS
class TestWhatIsSentArrives:
    @settings(max_examples=60)
    @given(words=said, role=st.sampled_from(Role), agreed=agreements, seed=seeds)
    def test_over_tcp(self, kind, words, role, agreed, seed):
        talk(Line(), kind, words, role, agreed, seed)

    @settings(max_examples=30)
    @given(words=said, role=st.sampled_from(Role), agreed=agreements, seed=seeds)
    def test_over_tls(self, kind, words, role, agreed, seed):
        talk(TlsLine(), kind, words, role, agreed, seed)


def test_what_is_sent_over_tls_is_not_to_be_read_on_its_way():
    line = TlsLine()
    near = End(Connection, Role.SERVER, None)
    line.ends[Role.SERVER].write(near.say("nobody's business"))
    assert b"business" not in line.wires[Role.CLIENT].read()


# Work that grows linearly. What counts is the memory that is taken between any two calls, and the calls
# themselves: a buffer that is copied for each byte that comes, or for each frame in it, shows there.
# No clock is asked.


def cost(work: Callable[[], object]) -> int:
    """Return how many bytes were taken while something was done, and so many calls."""
    total = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal total, last
        now, peak = tracemalloc.get_traced_memory()
        total += max(0, peak - last) + 10
        tracemalloc.reset_peak()
        last = now

    tracemalloc.start()
    last = tracemalloc.get_traced_memory()[0]
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        tracemalloc.stop()
    return total


def frames(count: int) -> bytes:
    return b"".join(encode_frame(Frame(True, Opcode.TEXT, b"hi", masking_key=b"abcd")) for _ in range(count))


def pings(count: int) -> bytes:
    return b"".join(encode_frame(Frame(True, Opcode.PING, b"hi", masking_key=b"abcd")) for _ in range(count))


def fragments(count: int, message: str | bytes = "€") -> bytes:
    pieces = fragment(message * count, 2)
    return b"".join(encode_frame(Frame(f.fin, f.opcode, f.payload, masking_key=b"abcd")) for f in pieces)


def one_frame(count: int) -> bytes:
    return encode_frame(Frame(True, Opcode.BINARY, bytes(8 * count), masking_key=b"abcd"))


def deflated(count: int) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    pieces = [deflate_message(b"so much " * 20, compressor) for _ in range(count)]
    return b"".join(
        encode_frame(Frame(True, Opcode.TEXT, each, rsv1=True, masking_key=b"abcd")) for each in pieces
    )


STREAMS = [frames, pings, fragments, one_frame, deflated]


def receive(kind: type[Connection], stream: bytes, size: int) -> None:
    end = End(kind, Role.SERVER, DeflateParams()).connection
    for start in range(0, len(stream), size):
        end.receive_data(stream[start : start + size])
    assert end.state.value == "open", end.close_reason


@pytest.mark.slow
@KINDS
class TestWorkIsLinear:
    @pytest.mark.parametrize("make", STREAMS, ids=lambda make: make.__name__)
    @pytest.mark.parametrize("size", [1, 3, 1000, 1 << 30], ids=["a byte", "3 bytes", "1000 bytes", "whole"])
    def test_four_times_as_much_takes_four_times_the_work(self, kind, make, size):
        small, large = make(250), make(1000)
        receive(kind, small, size)  # what is made once is made now
        before, after = (cost(lambda stream=stream: receive(kind, stream, size)) for stream in (small, large))
        share = len(large) / len(small)
        assert after < 1.5 * share * before, (
            f"{after / before:.1f} times the work for {share:.1f} times the bytes"
        )

    def test_a_reader_that_copies_what_waits_would_be_noticed(self, kind, monkeypatch):
        honest = kind.receive_data

        class Copying(kind):
            def receive_data(self, data):
                Copying.waiting += data
                bytes(Copying.waiting)
                return honest(self, data)

        costs = []
        for count in (250, 1000):
            Copying.waiting, stream = b"", one_frame(count)
            costs.append(cost(lambda stream=stream: receive(Copying, stream, 3)))
        assert costs[1] > 6 * costs[0]
