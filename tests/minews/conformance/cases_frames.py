"""Categories 1 to 5: frames, Pings, reserved bits and opcodes, fragments (RFC 6455 sections 5.1 to 5.5)."""

from __future__ import annotations

from tests.minews.conformance.script import (
    Case,
    Either,
    Expect,
    Much,
    Say,
    Sent,
    binary,
    case,
    close,
    cont,
    echoes,
    fails,
    ping,
    pong,
    pongs,
    send,
    text,
)

HELLO = "Hello"
SIZES = (0, 125, 126, 127, 128, 65_535, 65_536)


def sized(number: int, kind: str, name: str) -> list[Case]:
    """One message of each size at a border of the three forms of a length."""
    found = []
    for n, size in enumerate(SIZES, 1):
        much = Much(kind, size)
        found.append(
            case(f"1.{number}.{n}", f"{name} of {size} bytes comes back", send(Say(much)), echoes(much))
        )
    much = Much(kind, 65_536)
    found.append(
        case(
            f"1.{number}.8",
            f"{name} of 65536 bytes comes back, though it arrives in pieces of 997",
            send(Say(much), cut=997),
            echoes(much),
        )
    )
    return found


def longer(number: int, size: int, form: int) -> Case:
    """Section 5.2: the sender must write the shortest form; what a receiver does about it is open."""
    return case(
        f"1.3.{number}",
        f"a length of {size} written in {form} bits is refused",
        send(text("." * size, form=form)),
        Either(1002, echoes=("." * size,)),
    )


FRAMES = [
    *sized(1, "letters", "text"),
    *sized(2, "numbers", "binary"),
    *(longer(n, *each) for n, each in enumerate([(0, 16), (125, 16), (5, 64), (126, 64), (65_535, 64)], 1)),
    case(
        "1.3.6",
        "a length whose top bit is set is refused before its payload comes",
        send(text(length=1 << 63 | 5)),
        fails(),
    ),
    case(
        "1.4.1",
        "a text masked where it must not be, or not where it must, is refused",
        send(text(HELLO, wrong_mask=True)),
        fails(),
    ),
    case(
        "1.4.2",
        "a Ping masked where it must not be, or not where it must, is refused",
        send(ping(wrong_mask=True)),
        fails(),
    ),
    case(
        "1.4.3",
        "a Close masked where it must not be, or not where it must, is refused",
        send(close(wrong_mask=True)),
        fails(),
    ),
    case(
        "1.4.4",
        "a fragment masked where it must not be, or not where it must, is refused",
        send(text("He", fin=False), cont("llo", wrong_mask=True)),
        fails(),
    ),
    case(
        "1.4.5",
        "a masking key of zeros is a masking key",
        send(text(HELLO, key=bytes(4))),
        echoes(HELLO),
        role="server",
    ),
    case(
        "1.4.6",
        "each frame has its own masking key",
        send(text(HELLO, key=b"\xff\x00\xff\x00"), text(HELLO, key=b"\x00\x01\x02\x03")),
        echoes(HELLO, HELLO),
        role="server",
    ),
    case("1.5.1", "a frame that comes byte by byte is a frame", send(text(HELLO), cut=1), echoes(HELLO)),
    case(
        "1.5.2",
        "a frame of 126 bytes that comes byte by byte is a frame",
        send(Say(Much("letters", 126)), cut=1),
        echoes(Much("letters", 126)),
    ),
    case(
        "1.5.3",
        "several frames may come at once",
        send(text("a"), binary(b"b"), text("c")),
        echoes("a", b"b", "c"),
    ),
    case(
        "1.5.4",
        "frames may be cut anywhere when they come",
        send(text("a" * 10), binary(b"b" * 200), text("c"), cut=7),
        echoes("a" * 10, b"b" * 200, "c"),
    ),
    case(
        "1.5.5",
        "text and binary stay what they are",
        send(text(HELLO), binary(b"Hello")),
        echoes(HELLO, b"Hello"),
    ),
]

EVERY_BYTE = bytes(range(256))[:125]
TEN = tuple(b"Ping %d" % n for n in range(10))

PINGS = [
    case("2.1", "a Ping without payload is answered", send(ping()), pongs(b"")),
    case(
        "2.2", "a Pong has the payload of the Ping", send(ping(b"are you there?")), pongs(b"are you there?")
    ),
    case(
        "2.3",
        "the payload is any bytes, not text",
        send(ping(b"\x00\xff\xfe\xc3\x28")),
        pongs(b"\x00\xff\xfe\xc3\x28"),
    ),
    case("2.4", "a Ping may have 125 bytes", send(ping(EVERY_BYTE)), pongs(EVERY_BYTE)),
    case("2.5", "a Ping of 126 bytes is refused", send(ping(b"." * 126)), fails()),
    case(
        "2.6", "a Ping of 125 bytes may come byte by byte", send(ping(EVERY_BYTE), cut=1), pongs(EVERY_BYTE)
    ),
    case(
        "2.7", "a Pong that nobody asked for is not answered", send(pong(), ping(b"probe")), pongs(b"probe")
    ),
    case(
        "2.8",
        "a Pong with a payload that nobody asked for is not answered",
        send(pong(b"nobody asked"), ping(b"probe")),
        pongs(b"probe"),
    ),
    case(
        "2.9",
        "ten Pongs that nobody asked for are not answered",
        send(*map(pong, TEN), ping(b"probe")),
        pongs(b"probe"),
    ),
    case(
        "2.10", "ten Pings are answered in order", send(*map(ping, TEN)), Expect(pongs=TEN, fewer_pongs=True)
    ),
    case(
        "2.11",
        "ten Pings that come byte by byte are answered in order",
        send(*map(ping, TEN), cut=1),
        Expect(pongs=TEN, fewer_pongs=True),
    ),
    case("2.12", "a Pong of 126 bytes is refused", send(pong(b"." * 126)), fails()),
    case(
        "2.13",
        "Pings between messages are answered, and take nothing from them",
        send(text("a"), ping(b"1"), text("b"), ping(b"2")),
        Expect(("a", "b"), (b"1", b"2"), True),
    ),
    case(
        "2.14",
        "a Ping whose length is written in 16 bits is refused",
        send(ping(b"1", form=16)),
        Either(1002, pongs=(b"1",)),
    ),
    case("2.15", "a Ping of 65536 bytes is refused", send(ping(b"." * 65_536)), fails()),
]

BITS = {rsv: f"RSV {rsv:03b}" for rsv in range(1, 8)}

RESERVED_BITS = [
    *(
        case(
            f"3.1.{rsv}",
            f"{name} on text is refused, if nothing gives it a meaning",
            send(text(HELLO, rsv=rsv), ping(b"probe")),
            fails(),
        )
        for rsv, name in BITS.items()
    ),
    *(
        case(
            f"3.2.{rsv}",
            f"{name} is refused also after a good message, byte by byte",
            send(text(HELLO)),
            echoes(HELLO),
            send(binary(b"Hello", rsv=rsv), ping(b"probe"), cut=1),
            fails(),
        )
        for rsv, name in BITS.items()
    ),
    *(
        case(f"3.3.{rsv}", f"{name} on a Ping is refused", send(ping(b"probe", rsv=rsv)), fails())
        for rsv, name in BITS.items()
    ),
    case("3.4", "a reserved bit on a Close is refused", send(close(rsv=4)), fails()),
    case(
        "3.5",
        "a reserved bit on a continuation is refused",
        send(text("He", fin=False), cont("llo", rsv=2)),
        fails(),
    ),
    case("3.6", "a reserved bit on a Pong is refused", send(pong(rsv=1), ping(b"probe")), fails()),
]

OPCODES = [(f"4.1.{n}", opcode) for n, opcode in enumerate(range(3, 8), 1)]
OPCODES += [(f"4.2.{n}", opcode) for n, opcode in enumerate(range(11, 16), 1)]

RESERVED_OPCODES = [
    *(
        case(f"{id}.1", f"the opcode {opcode:#x} is refused", send(Sent(opcode), ping(b"probe")), fails())
        for id, opcode in OPCODES
    ),
    *(
        case(
            f"{id}.2",
            f"the opcode {opcode:#x} is refused also with a payload, after a good message, byte by byte",
            send(text(HELLO)),
            echoes(HELLO),
            send(Sent(opcode, b"reserved"), ping(b"probe"), cut=1),
            fails(),
        )
        for id, opcode in OPCODES
    ),
    case(
        "4.3.1",
        "a reserved opcode is refused between fragments",
        send(text("He", fin=False), Sent(3), cont("llo")),
        fails(),
    ),
    case(
        "4.3.2",
        "a reserved control opcode is refused between fragments",
        send(text("He", fin=False), Sent(11), cont("llo")),
        fails(),
    ),
]

HEL = text("Hel", fin=False)
LO = cont("lo")

FRAGMENTS = [
    case("5.1", "a Ping in fragments is refused", send(ping(b"one", fin=False), cont("two")), fails()),
    case("5.2", "a Pong in fragments is refused", send(pong(b"one", fin=False), cont("two")), fails()),
    case("5.3", "a text message may come in two fragments", send(HEL, LO), echoes(HELLO)),
    case("5.4", "two fragments may come in two pieces of TCP", send(HEL), send(LO), echoes(HELLO)),
    case("5.5", "two fragments may come byte by byte", send(HEL, LO, cut=1), echoes(HELLO)),
    case("5.6", "a Ping between fragments is answered", send(HEL, ping(b"1"), LO), Expect((HELLO,), (b"1",))),
    case(
        "5.7",
        "a Ping between fragments is answered before the message is whole",
        send(HEL, ping(b"1")),
        pongs(b"1"),
        send(LO),
        echoes(HELLO),
    ),
    case(
        "5.8",
        "a Ping between fragments is answered, though all comes byte by byte",
        send(HEL, ping(b"1"), LO, cut=1),
        Expect((HELLO,), (b"1",)),
    ),
    case("5.9", "a continuation of nothing is refused", send(cont("lo"), ping(b"probe")), fails()),
    case(
        "5.10",
        "a continuation of nothing is refused after a whole message",
        send(text(HELLO)),
        echoes(HELLO),
        send(cont("lo"), text("x")),
        fails(),
    ),
    case(
        "5.11",
        "a continuation of nothing is refused, though it comes byte by byte",
        send(cont("lo"), text("x"), cut=1),
        fails(),
    ),
    case(
        "5.12",
        "a continuation of nothing is refused, though it has no FIN",
        send(cont("Hel", fin=False), LO),
        fails(),
    ),
    case(
        "5.13",
        "a continuation of nothing is refused after a message in fragments",
        send(HEL, LO),
        echoes(HELLO),
        send(LO),
        fails(),
    ),
    case(
        "5.14",
        "a continuation of nothing is refused, though it is empty",
        send(cont(), ping(b"probe")),
        fails(),
    ),
    case("5.15", "a text inside a text in fragments is refused", send(HEL, text("x")), fails()),
    case(
        "5.16",
        "a first fragment inside a text in fragments is refused",
        send(HEL, text("x", fin=False), LO),
        fails(),
    ),
    case("5.17", "a binary inside a text in fragments is refused", send(HEL, binary(b"x")), fails()),
    case(
        "5.18",
        "a text inside a binary in fragments is refused",
        send(binary(b"Hel", fin=False), text("x")),
        fails(),
    ),
    case(
        "5.19",
        "five fragments with Pings between are one message",
        send(
            *(
                text("1", fin=False),
                ping(b"a"),
                *(cont(str(n), fin=False) for n in (2, 3, 4)),
                ping(b"b"),
                cont("5"),
            )
        ),
        Expect(("12345",), (b"a", b"b"), True),
    ),
    case(
        "5.20",
        "five fragments with Pings between are one message, though they come byte by byte",
        send(
            *(
                text("1", fin=False),
                ping(b"a"),
                *(cont(str(n), fin=False) for n in (2, 3, 4)),
                ping(b"b"),
                cont("5"),
            ),
            cut=1,
        ),
        Expect(("12345",), (b"a", b"b"), True),
    ),
    case(
        "5.21",
        "a binary message may come in fragments",
        send(binary(b"Hel", fin=False), LO),
        echoes(b"Hello"),
    ),
    case("5.22", "fragments may be empty: the first", send(text(fin=False), cont(HELLO)), echoes(HELLO)),
    case(
        "5.23",
        "fragments may be empty: in the middle",
        send(HEL, cont(fin=False), cont(fin=False), LO),
        echoes(HELLO),
    ),
    case("5.24", "fragments may be empty: the last", send(text(HELLO, fin=False), cont()), echoes(HELLO)),
    case("5.25", "fragments may be empty: all", send(text(fin=False), cont(fin=False), cont()), echoes("")),
    case(
        "5.26",
        "a Pong between fragments takes nothing from the message",
        send(HEL, pong(b"x"), LO),
        echoes(HELLO),
    ),
    case(
        "5.27",
        "two messages in fragments stay two",
        send(HEL, LO, binary(b"H", fin=False), cont("i")),
        echoes(HELLO, b"Hi"),
    ),
    case(
        "5.28", "a fault behind a good message ends the connection", send(text(HELLO), LO), fails(1002, HELLO)
    ),
]

CASES = (*FRAMES, *PINGS, *RESERVED_BITS, *RESERVED_OPCODES, *FRAGMENTS)
