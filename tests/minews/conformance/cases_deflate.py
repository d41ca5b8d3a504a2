"""Categories 12 and 13: permessage-deflate (RFC 7692)."""

from __future__ import annotations

import zlib

from minews import Opcode
from tests.minews.conformance.script import (
    Case,
    Either,
    Ends,
    Expect,
    Gone,
    Much,
    Repeat,
    Say,
    Sent,
    binary,
    case,
    cont,
    echoes,
    fails,
    ping,
    send,
    text,
)

PLAIN = "permessage-deflate"
KINDS = {
    1: ("sentence", "a sentence again and again"),
    2: ("words", "words"),
    3: ("records", "records"),
    4: ("zeros", "zeros"),
    5: ("noise", "bytes at random"),
}
SIZES = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072]


def trip(much: Much, fragment: int = 0, level: int = 6) -> tuple[object, Expect]:
    return send(Say(much, fragment, packed=True, level=level)), echoes(much)


def twice(id: str, title: str, much: Much, fragment: int = 0, level: int = 6) -> Case:
    """A message, the same again, which may look back to the first, and another."""
    other = Much(much.kind, much.size, seed=1)
    again = Repeat(2, trip(much, fragment, level))
    return case(id, title, again, *trip(other, fragment, level), deflate=PLAIN)


MESSAGES = [
    *(
        twice(f"12.{number}.{n}", f"{size} bytes of {name}, compressed, come back", Much(kind, size))
        for number, (kind, name) in KINDS.items()
        for n, size in enumerate(SIZES, 1)
    ),
    *(
        twice(
            f"12.6.{n}", f"8192 bytes of words, compressed, in fragments of {size}", Much("words", 8192), size
        )
        for n, size in enumerate([1, 2, 64, 256, 1024, 4096], 1)
    ),
    *(
        twice(
            f"12.7.{n}", f"8192 bytes of words, compressed at level {level}", Much("words", 8192), level=level
        )
        for n, level in enumerate([0, 1, 9], 1)
    ),
    case(
        "12.8.1",
        "100 messages of 100 bytes, compressed",
        Repeat(100, trip(Much("sentence", 100))),
        deflate=PLAIN,
    ),
    case(
        "12.8.2",
        "1000 messages of 8192 bytes, compressed",
        Repeat(1000, trip(Much("records", 8192))),
        deflate=PLAIN,
        slow=True,
    ),
    case("12.8.3", "4 MiB of records, compressed", *trip(Much("records", 1 << 22)), deflate=PLAIN, slow=True),
]

FLAGS = ["server_no_context_takeover", "client_no_context_takeover"]
WINDOWS = [f"{end}_max_window_bits={bits}" for end in ("server", "client") for bits in range(9, 16)]
MIXTURES = [
    "; ".join(FLAGS),
    "server_max_window_bits=9; client_max_window_bits=9",
    "server_no_context_takeover; server_max_window_bits=10",
    "client_no_context_takeover; client_max_window_bits=10",
    "; ".join([*FLAGS, "server_max_window_bits=12; client_max_window_bits=9"]),
    'server_max_window_bits="11"',
]


def agreed(id: str, terms: str) -> Case:
    """Messages that repeat themselves, near and far, so that memory which was not agreed is noticed."""
    talk = [step for seed in (1, 1, 2, 1) for step in trip(Much("words", 9000, seed))]
    return case(id, f"both keep to: {terms}", *talk, deflate=f"{PLAIN}; {terms}")


PARAMETERS = [
    *(agreed(f"13.1.{n}", terms) for n, terms in enumerate(FLAGS, 1)),
    *(agreed(f"13.2.{n}", terms) for n, terms in enumerate(WINDOWS, 1)),
    *(agreed(f"13.3.{n}", terms) for n, terms in enumerate(MIXTURES, 1)),
]

# What a server must not take, on its own (section 7.1); then the connection goes on without compression.
WRONG_OFFERS = [
    "server_max_window_bits=16",
    "server_max_window_bits=7",
    "server_max_window_bits",
    "server_max_window_bits=010",
    "client_max_window_bits=16",
    "server_no_context_takeover=1",
    "client_no_context_takeover=true",
    "nobody_knows_this",
    "server_max_window_bits=10; server_max_window_bits=11",
]
# What a client must not take (sections 7.1 and 5.1): it fails the connection.
WRONG_ANSWERS = [
    f"{PLAIN}; server_max_window_bits=16",
    f"{PLAIN}; server_max_window_bits",
    f"{PLAIN}; client_max_window_bits",
    f"{PLAIN}; client_max_window_bits=7",
    f"{PLAIN}; server_no_context_takeover=1",
    f"{PLAIN}; nobody_knows_this",
    f"{PLAIN}; client_no_context_takeover; client_no_context_takeover",
    "nobody-offered-this",
    f"{PLAIN}, {PLAIN}",
]

NEGOTIATION = [
    *(
        case(
            f"13.4.{n}",
            f"an offer with {terms} is declined",
            send(text("x")),
            echoes("x"),
            role="server",
            deflate=f"{PLAIN}; {terms}",
            refused=True,
        )
        for n, terms in enumerate(WRONG_OFFERS, 1)
    ),
    case(
        "13.4.10",
        "an extension that nobody knows is declined",
        send(text("x")),
        echoes("x"),
        role="server",
        deflate="nobody-knows-this; a=1",
        refused=True,
    ),
    *(
        case(
            f"13.5.{n}",
            f"the answer {answer} is refused",
            send(text("x")),
            Gone(),
            role="client",
            deflate=answer,
            refused=True,
        )
        for n, answer in enumerate(WRONG_ANSWERS, 1)
    ),
    *(
        case(
            f"13.6.{n}",
            f"of several offers one is taken: {offer}",
            *trip(Much("words", 500)),
            role="server",
            deflate=offer,
        )
        for n, offer in enumerate(
            [
                f"{PLAIN}; nobody_knows_this, {PLAIN}",
                f"nobody-knows-this, {PLAIN}; server_max_window_bits=10",
                f"{PLAIN}; server_max_window_bits=10, {PLAIN}",
                f"{PLAIN}; client_max_window_bits",
                f"{PLAIN};client_max_window_bits;server_max_window_bits=12 , x",
            ],
            1,
        )
    ),
]


def raw(data: bytes, *, tail: bool = True) -> bytes:
    """Deflate some data by hand, with the tail that a message leaves out or with the last block marked."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + (
        packer.flush(zlib.Z_SYNC_FLUSH)[:-4] if tail else packer.flush(zlib.Z_FINISH)
    )


HELLO = bytes.fromhex("f248cdc9c90700")  # section 7.2.3.1
FINAL = bytes.fromhex(
    "f348cdc9c9070000"
)  # section 7.2.3.4: a block with BFINAL, and one that ends the message
STORED = bytes.fromhex("000500faff48656c6c6f00")  # section 7.2.3.3
TWO_BLOCKS = bytes.fromhex("f24805000000ffffcac9c90700")  # section 7.2.3.5
LATER = bytes.fromhex("f200110000")  # section 7.2.3.2: "Hello" once more, as the window has it


def packed(payload: bytes, **more: object) -> Sent:
    return text(payload, rsv=4, **more)


def bad(id: str, title: str, *frames: Sent, code: int = 1002) -> Case:
    return case(id, title, send(*frames), fails(code), deflate=PLAIN)


def torn(id: str, title: str, payload: bytes) -> Case:
    """No section says with which code to refuse what cannot be inflated."""
    title = f"what is no deflate is refused: {title}"
    return case(id, title, send(packed(payload)), Ends(1007, any_code=True), deflate=PLAIN)


def cut_short(id: str, title: str, payload: bytes) -> Case:
    """No section says that a receiver must notice; then what comes out is anything."""
    return case(id, title, send(packed(payload)), Either(1007, any_code=True, any_words=True), deflate=PLAIN)


def good(id: str, title: str, *frames: Sent, words: tuple[str | bytes, ...] = ("Hello",)) -> Case:
    return case(id, title, send(*frames), echoes(*words), deflate=PLAIN)


FAULTS = [
    good("13.7.1", "the example of the RFC: a block", packed(HELLO)),
    good("13.7.2", "the example of the RFC: two fragments", packed(HELLO[:3], fin=False), cont(HELLO[3:])),
    good(
        "13.7.3",
        "the example of the RFC: what was said before",
        packed(HELLO),
        packed(LATER),
        words=("Hello", "Hello"),
    ),
    good("13.7.4", "the example of the RFC: nothing is compressed", packed(STORED)),
    good("13.7.5", "the example of the RFC: a block with BFINAL", packed(FINAL)),
    good("13.7.6", "the example of the RFC: two blocks", packed(TWO_BLOCKS)),
    good("13.7.7", "an empty message, compressed", packed(b"\x00"), words=("",)),
    good("13.7.8", "an empty message in another way", packed(b"\x02\x00"), words=("",)),
    good(
        "13.7.9",
        "a message without RSV1 is not compressed",
        text("Hello"),
        packed(HELLO),
        text("Hi"),
        words=("Hello", "Hello", "Hi"),
    ),
    good(
        "13.7.10",
        "what is not compressed is not remembered",
        packed(HELLO),
        text("other"),
        packed(LATER),
        words=("Hello", "other", "Hello"),
    ),
    good("13.7.11", "a binary message, compressed", binary(HELLO, rsv=4), words=(b"Hello",)),
    good(
        "13.7.12",
        "two messages with BFINAL, one after the other",
        packed(FINAL),
        packed(FINAL),
        words=("Hello", "Hello"),
    ),
    case(
        "13.7.13",
        "a Ping between compressed fragments is answered, and not compressed",
        send(packed(HELLO[:3], fin=False), ping(b"1"), cont(HELLO[3:])),
        Expect(("Hello",), (b"1",)),
        deflate=PLAIN,
    ),
    good(
        "13.7.14",
        "fragments of a compressed message may be empty",
        packed(b"", fin=False),
        cont(HELLO, fin=False),
        cont(),
    ),
    bad("13.8.1", "RSV1 on a continuation is refused", packed(HELLO[:3], fin=False), cont(HELLO[3:], rsv=4)),
    bad(
        "13.8.2",
        "RSV1 on a continuation of what is not compressed is refused",
        text("He", fin=False),
        cont("llo", rsv=4),
    ),
    bad("13.8.3", "RSV1 on a Ping is refused", Sent(Opcode.PING, b"1", rsv=4), ping(b"probe")),
    bad("13.8.4", "RSV1 on a Close is refused", Sent(Opcode.CLOSE, b"\x03\xe8", rsv=4)),
    bad("13.8.5", "RSV2 is refused", text(HELLO, rsv=6)),
    bad("13.8.6", "RSV3 is refused", text("Hello", rsv=1)),
    torn("13.8.7", "a reserved kind of block", b"\xff\xff\xff\xff"),
    torn("13.8.8", "a stored block with a wrong length", b"\x00\x05\x00\x00\x00Hello\x00"),
    torn("13.8.9", "it looks back to before the beginning", LATER),
    cut_short("13.8.10", "a message that ends amid a block is refused", raw(b"words " * 50)[:-4]),
    bad(
        "13.8.11",
        "text that is not UTF-8 once it is inflated is refused",
        packed(raw(b"\xc3\x28")),
        code=1007,
    ),
    bad(
        "13.8.12",
        "fragments that are not UTF-8 once they are inflated are refused",
        packed(raw(b"\xed\xa0\x80" * 9)[:3], fin=False),
        cont(raw(b"\xed\xa0\x80" * 9)[3:]),
        code=1007,
    ),
]

CASES = (*MESSAGES, *PARAMETERS, *NEGOTIATION, *FAULTS)
