"""What crosses between a worker and the judge, and what is refused."""

import math
import struct
import tracemalloc
from collections import OrderedDict
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.worker import plain
from classroom.worker.codec import DecodeError, TooMuchError, contains_other, decode, encode
from classroom.worker.decoding import Decoder
from classroom.worker.protocol import Call, Callback, Other, Raised, Slot
from minews.types import Frame, Headers, Message, Opcode, Request, Role, State, WsUrl

LENGTH = struct.Struct(">I")
SAMPLES = [
    None,
    True,
    0,
    -1,
    -128,
    255,
    -(2**9999),
    1.5,
    math.inf,
    "",
    "κόσμε",
    "a lone \ud800 surrogate",
    b"\x00\xff",
    bytearray(b"array"),
    [1, [2, (3,)]],
    {"key": {1: None}},
    {1, 2},
    frozenset({b"x"}),
    Opcode.TEXT,
    Role.CLIENT,
    State.OPEN,
    Frame(True, Opcode.TEXT, b"hi", masking_key=b"abcd"),
    Message(2, b"data"),
    WsUrl(True, "::1", 443, "/"),
    Headers([("Upgrade", "websocket"), ("Via", "a"), ("via", "b")]),
    Request("GET", "/", "HTTP/1.1", Headers([("Host", "x")])),
    Call((Slot(0), Callback("ask")), {"n": 1}),
    Raised("ValueError", ("ValueError",), "why", {"code": 1002}, 4, "raise", ((4, "f", "raise"),)),
]


def crossed(value: object) -> object:
    return decode(encode(value))


@pytest.mark.parametrize("value", SAMPLES, ids=repr)
def test_a_plain_value_arrives_equal_and_of_the_same_type(value: object) -> None:
    arrived = crossed(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_true_and_one_stay_different_inside_containers() -> None:
    assert [type(item) for item in crossed([True, 1, 1.0])] == [bool, int, float]


def test_nan_arrives_as_nan() -> None:
    assert math.isnan(crossed(math.nan))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    )
)
def test_any_nest_of_plain_values_arrives_equal(value: object) -> None:
    assert crossed(value) == value


class Text(str):
    """A subclass of str whose comparisons always succeed."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Loud:
    def __repr__(self) -> str:
        raise SystemExit("from a repr")


class Long:
    def __repr__(self) -> str:
        return "x" * 10_000


class Number(IntEnum):
    ONE = 1


class Hidden(type):
    __name__ = property(lambda cls: 1 / 0)  # type: ignore[assignment, misc]


class Masked(metaclass=Hidden):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Text("x"), "Text"),
        (OrderedDict(a=1), "OrderedDict"),
        (Number.ONE, "Number"),
        (object(), "object"),
        (memoryview(b"x"), "memoryview"),
        ((each for each in ()), "generator"),
        (len, "builtin_function_or_method"),
        (1j, "complex"),
        (Loud(), "Loud"),
        (Masked(), "Masked"),
        (2**10_001, "int"),
        (object.__new__(Frame), "Frame"),
        (object.__new__(Headers), "Headers"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__qualname__,
)
def test_anything_else_arrives_as_other_with_its_name(value: object, name: str) -> None:
    arrived = crossed([value])[0]
    assert type(arrived) is Other
    assert arrived.type_name == name


@pytest.mark.parametrize("kind", [str, bytes, int, list, dict, type(None), Headers, Frame, Opcode], ids=str)
def test_an_object_whose_class_calls_itself_equal_to_one_that_crosses_arrives_as_other(kind: type) -> None:
    class Equal(type):
        def __hash__(cls) -> int:
            return hash(kind)

        def __eq__(cls, other: object) -> bool:
            return True

    class Liar(metaclass=Equal):
        pass

    arrived = crossed([Liar()])[0]
    assert type(arrived) is Other
    assert arrived.type_name == "Liar"


def test_the_repr_of_an_other_is_cut_and_guarded() -> None:
    assert len(crossed(Long()).repr_text) == 200
    assert crossed(Loud()).repr_text == "(its repr raised SystemExit)"


def test_a_list_that_contains_itself_arrives_as_other() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    assert crossed(cycle) == [Other("list", "a list that contains itself")]


def test_a_list_nested_ten_thousand_deep_is_cut() -> None:
    nested: list[object] = []
    for _ in range(10_000):
        nested = [nested]
    assert contains_other(crossed(nested)) is True


def test_headers_at_the_depth_limit_still_arrive() -> None:
    nested: object = Headers([("a", "b")])
    for _ in range(plain.MAX_DEPTH - 1):
        nested = [nested]
    assert contains_other(crossed(nested)) is False


def test_a_message_above_the_limit_is_refused_by_its_encoder() -> None:
    with pytest.raises(TooMuchError):
        encode(bytes(1001), limit=1000)
    with pytest.raises(TooMuchError):
        encode(set(range(plain.MAX_HASHED + 1)))
    shared: list[object] = []
    for _ in range(64):
        shared = [shared, shared]
    with pytest.raises(TooMuchError):
        encode(shared)


def test_the_judge_may_send_more_keys_but_nothing_that_cannot_cross() -> None:
    many = set(range(plain.MAX_HASHED + 1))
    assert decode(encode(many, trusted=True), trusted=True) == many
    with pytest.raises(TypeError, match="object can't be sent"):
        encode([object()], trusted=True)


def test_a_known_class_name_that_was_changed_by_a_student_is_no_known_class() -> None:
    impostor = type("Frame", (), {"fin": True})
    assert crossed(impostor()).type_name == "Frame"
    assert type(crossed(impostor())) is Other


def sized(tag: bytes, count: int, rest: bytes = b"") -> bytes:
    return tag + LENGTH.pack(count) + rest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"NN",
        sized(b"s", 5, b"ab"),
        sized(b"s", 2, b"\xff\xff"),
        sized(b"l", 2**32 - 1),
        sized(b"l", 2, b"N"),
        sized(b"i", 2000, bytes(2000)),
        sized(b"S", 1, sized(b"l", 0)),
        sized(b"m", 1, sized(b"l", 0) + b"N"),
        sized(b"S", 6000, b"N" * 6000),
        sized(b"l", 1) * 5000 + b"N",
        b"l" + LENGTH.pack(1_000_001) + b"N" * 1_000_001,
        b"r\x06object",
        b"r\x05FrameN",
        b"e\x06Opcode\x03XYZ",
        b"h" + sized(b"l", 1, sized(b"s", 1, b"a")),
        b"d\x00",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_bytes_that_no_encoder_writes_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(data)


SMALL = [None, 300, 1.5, "\xe9", b"b", bytearray(), [], (None,), [[]], {}, set(), frozenset(), {(): None},
         Headers(), Headers([("a", "b")]), Slot(300), Opcode.TEXT, Message(2, b""), Call()]  # fmt: skip


@pytest.mark.parametrize("value", SMALL, ids=repr)
def test_no_message_takes_much_memory_when_it_is_decoded(value: object) -> None:
    item = bytes(encode(value))
    decoder = Decoder(item, trusted=False)
    decoder.take(1)
    most = plain.MAX_HASHED if isinstance(value, dict) and value else plain.MAX_VALUES - 2
    count = most // decoder._values // 10
    data = sized(b"l", count, item * count)
    tracemalloc.start()
    try:
        assert len(decode(data)) == count
        assert tracemalloc.get_traced_memory()[1] < (32 << 20) / 10
    finally:
        tracemalloc.stop()


def decodes(data: bytes) -> bool:
    try:
        decode(data)
    except DecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "value",
    ["\U0001f600" + "a" * (9 << 20), ["\U0001f600" + "a" * 99_999] * 160, [set() for _ in range(51_000)]],
)
def test_what_takes_much_more_memory_than_bytes_is_refused_on_both_sides(value: object) -> None:
    with pytest.raises(TooMuchError):
        encode(value)
    with pytest.raises(DecodeError):
        decode(encode(value, trusted=True))


def test_a_message_of_the_largest_size_passes_whatever_it_is_made_of() -> None:
    for value in ("a" * (16_000 << 10), bytes(16_000 << 10), ["a" * 78] * 199_000, ["\u674e" * 26] * 199_000):
        assert decodes(encode(value))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_decode_error(data: bytes) -> None:
    try:
        decode(data)
    except DecodeError as error:
        assert str(error)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_message_with_one_byte_changed_gives_a_value_or_decode_error(at: int, value: int) -> None:
    data = bytearray(encode(SAMPLES))
    data[at % len(data)] = value
    try:
        decode(bytes(data))
    except DecodeError as error:
        assert str(error)
