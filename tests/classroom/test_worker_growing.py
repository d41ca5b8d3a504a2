"""Long arguments of neighbours: only what is new of them crosses, and the judge gets the whole."""

import random

import pytest

from classroom import workers
from classroom.worker import host
from classroom.worker.growing import LONG, restore, shorten
from classroom.worker.protocol import Call, CallJudge, Longer, Returned
from classroom.workers import Answer

SEED = 6455
MOST = 1 << 20


def call(*args):
    return CallJudge("f", args, {})


def crossed(calls):
    """What is sent of the arguments of some calls, and what the judge makes of it."""
    sent, received = [], []
    last_here, last_there = bytearray(), bytearray()
    for each in calls:
        shorten(each, last_here)
        sent.append(each.args)
        restore(each, last_there, MOST)
        received.append(each.args)
        assert last_here == last_there
    return sent, received


def test_of_a_buffer_that_grows_only_the_new_end_is_sent():
    first, more, other = bytes(LONG), b"x" * 7, b"y" * LONG
    sent, received = crossed([call(first), call(first + more), call(first + more), call(other)])
    assert sent == [(first,), (Longer(more),), (Longer(b""),), (other,)]
    assert received == [(first,), (first + more,), (first + more,), (other,)]


def test_what_is_short_crosses_as_it_is_and_changes_nothing():
    long = bytes(LONG)
    sent, received = crossed([call(long), call(b"a" * (LONG - 1), "b" * LONG, 3), call(long)])
    assert sent[1:] == [(b"a" * (LONG - 1), "b" * LONG, 3), (Longer(b""),)]
    assert received[2] == (long,)


def test_each_comes_in_the_type_that_it_had():
    long = bytes(LONG)
    calls = [call(bytearray(long)), call(long + b"a"), call(bytearray(long + b"ab")), call(long + b"ab", 1)]
    sent, received = crossed(calls)
    assert [type(args[0]) for args in received] == [bytearray, bytes, bytearray, bytes]
    assert sent[1:] == [(Longer(b"a"),), (Longer(bytearray(b"b")),), (Longer(b""), 1)]
    assert type(sent[2][0].more) is bytearray


def test_the_judge_may_change_what_it_is_given():
    last = bytearray(LONG)
    again = call(Longer(bytearray(b"a")))
    restore(again, last, MOST)
    again.args[0].clear()
    once_more = call(Longer(b""))
    restore(once_more, last, MOST)
    assert once_more.args == (bytes(LONG) + b"a",)


def test_nothing_is_copied_for_what_keeps_and_changes_nothing():
    last = bytearray(LONG)
    one = call(Longer(b"a"))
    assert restore(one, last, MOST, shared=True) == LONG + 1
    assert one.args[0] is last
    two = call(Longer(b"b"), Longer(b"c"))
    restore(two, last, MOST, shared=True)
    assert two.args == (bytes(LONG) + b"ab", bytes(LONG) + b"abc")


def test_any_calls_come_out_as_they_were():
    rng = random.Random(SEED)
    calls, buffer = [], b""
    for _ in range(300):
        buffer = rng.choice([buffer + rng.randbytes(rng.randrange(3000)), buffer[: rng.randrange(9000)], b""])
        args = rng.choice([(buffer,), (bytearray(buffer),), (buffer, buffer + b"a"), (b"", buffer, [buffer])])
        calls.append((tuple(args), call(*args)))
    sent, received = crossed([each for _, each in calls])
    assert received == [args for args, _ in calls], f"seed {SEED}"
    assert [list(map(type, args)) for args in received] == [list(map(type, args)) for args, _ in calls]
    assert any(isinstance(value, Longer) for args in sent for value in args)


@pytest.mark.parametrize("more", ["text", None, 5, [b"a"]], ids=repr)
def test_what_is_not_of_bytes_is_refused(more):
    with pytest.raises(ValueError, match="Longer takes bytes"):
        restore(call(Longer(more)), bytearray(), MOST)


@pytest.mark.parametrize("last, count", [(b"a" * 600_000, 2), (b"a" * LONG, 300), (b"a" * MOST, 1)])
def test_nobody_makes_much_of_little(last, count):
    with pytest.raises(ValueError, match="more in one call"):
        restore(call(*[Longer(b"b")] * count), bytearray(last), MOST)


# With a worker.

READER = """
class Reader:
    def __init__(self):
        self.buffer = bytearray()

    def feed(self, piece):
        self.buffer += piece
        return neighbour(self.buffer)


def f(pieces):
    reader = Reader()
    return [reader.feed(piece) for piece in pieces]
"""


def test_a_reader_hands_its_whole_buffer_on_and_it_comes_whole(monkeypatch):
    lengths = []
    real = host._weighed
    monkeypatch.setattr(host, "_weighed", lambda data: (lengths.append(len(data)), real(data))[1])
    got = []
    pieces = [bytes([number]) * 4096 for number in range(64)]
    answer = Answer("5.7", "f", READER, neighbours=("neighbour",))
    transcript = workers.run(
        answer, [Call((pieces,))], {"neighbour": lambda buffer: got.append(buffer) or len(buffer)}
    )
    assert transcript.outcomes == [Returned([4096 * count for count in range(1, 65)])]
    assert got == [b"".join(pieces[:count]) for count in range(1, 65)]
    assert {type(each) for each in got} == {bytearray}
    assert max(lengths) < 2 * 4096


THREADS = """
import threading


def f(count):
    good = []

    def work(letter):
        buffer = b""
        for _ in range(count):
            buffer += letter * 5000
            good.append(neighbour(buffer) == (len(buffer), letter[0], letter[0]))

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return good
"""


def test_threads_do_not_get_in_each_other_s_way():
    answer = Answer("5.7", "f", THREADS, neighbours=("neighbour",))
    told = {"neighbour": lambda buffer: (len(buffer), buffer[0], buffer[-1])}
    assert workers.run(answer, [Call((30,))], told).outcomes == [Returned([True] * 90)]


def test_a_call_that_is_too_large_does_not_confuse_the_next():
    source = """
def f(size):
    try:
        neighbour(bytes(size))
    except Exception as error:
        got = type(error).__name__
    return got, neighbour(bytes(5000)), neighbour(bytes(5001))
"""
    answer = Answer("5.7", "f", source, neighbours=("neighbour",))
    outcome = workers.run(answer, [Call((40 << 20,))], {"neighbour": len}).outcomes[0]
    assert isinstance(outcome, Returned), outcome
    assert outcome.value[1:] == (5000, 5001)
