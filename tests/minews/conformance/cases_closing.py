"""Category 7: how a connection is closed, and what a Close may say (RFC 6455 sections 5.5.1 and 7)."""

from __future__ import annotations

from tests.minews.conformance.script import (
    Ends,
    Gone,
    HalfClose,
    Much,
    Say,
    case,
    close,
    cont,
    echoes,
    fails,
    ping,
    send,
    text,
)

HELLO = "Hello"
LONGEST = "r" * 123
GOOD = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
UNLISTED = [1012, 1016, 1100, 2000, 2999]  # reserved for standards to come (section 7.4.2)
NEVER = [0, 1, 999, 1004, 1005, 1006, 1015, 5000, 65_535]


def answered(code: int) -> Ends:
    return Ends(code, failing=False)


CASES = (
    case(
        "7.1.1",
        "a message, then a Close, which is answered",
        send(text(HELLO)),
        echoes(HELLO),
        send(close()),
        answered(1000),
    ),
    case("7.1.2", "a second Close is not answered", send(close(), close()), answered(1000)),
    case("7.1.3", "a Ping after the Close is not answered", send(close(), ping(b"late")), answered(1000)),
    case("7.1.4", "a message after the Close is not sent back", send(close(), text("late")), answered(1000)),
    case(
        "7.1.5",
        "a message that the Close cuts in two is not sent back",
        send(text("He", fin=False), close(), cont("llo")),
        answered(1000),
    ),
    case(
        "7.1.6",
        "a message after the Close is not sent back behind a large one",
        send(Say(Much("letters", 262_144)), close(), text("late"), ping()),
        Ends(1000, failing=False, may_come=(Much("letters", 262_144),)),
    ),
    case("7.1.7", "a Close may come between fragments", send(text("He", fin=False), close()), answered(1000)),
    case(
        "7.1.8",
        "a fault after the Close is not looked at",
        send(close(), text(b"\xff", rsv=7)),
        answered(1000),
    ),
    case(
        "7.1.9",
        "bytes without sense after the Close are not looked at",
        send(close(), b"\xff" * 40),
        answered(1000),
    ),
    case(
        "7.2.1",
        "the end of TCP without a Close is the end",
        send(text(HELLO)),
        echoes(HELLO),
        HalfClose(),
        Gone(),
    ),
    case(
        "7.2.2", "the end of TCP within a frame is the end", send(text(HELLO, length=10)), HalfClose(), Gone()
    ),
    case(
        "7.2.3",
        "the end of TCP within a message is the end",
        send(text(HELLO, fin=False)),
        HalfClose(),
        Gone(),
    ),
    case(
        "7.3.1",
        "a Close without a code is answered",
        send(close(None)),
        Ends(1005, failing=False, any_code=True),
    ),
    case("7.3.2", "a Close of one byte is refused", send(close(None, b"\x03")), fails()),
    case("7.3.3", "a Close with a code is answered with the same code", send(close(1000)), answered(1000)),
    case("7.3.4", "a Close may have a reason", send(close(1000, "Tschüß")), answered(1000)),
    case("7.3.5", "a reason may have 123 bytes", send(close(1000, LONGEST)), answered(1000)),
    case(
        "7.3.6",
        "a reason of 124 bytes does not fit a control frame",
        send(close(1000, LONGEST + "r")),
        fails(),
    ),
    case("7.3.7", "a Close may come byte by byte", send(close(1000, LONGEST), cut=1), answered(1000)),
    case("7.3.8", "a Close in fragments is refused", send(close(1000, fin=False), cont()), fails()),
    case(
        "7.5.1",
        "a reason that is not UTF-8 is refused",
        send(close(1000, b"\xce\xba\xed\xa0\x80")),
        fails(1007),
    ),
    case(
        "7.5.2", "a reason that ends within a letter is refused", send(close(1000, b"\xe2\x82")), fails(1007)
    ),
    case(
        "7.5.3",
        "a reason with a letter beyond U+10FFFF is refused",
        send(close(1000, b"\xf4\x90\x80\x80")),
        fails(1007),
    ),
    *(
        case(
            f"7.7.{n}", f"{code} may be sent, and is answered with {code}", send(close(code)), answered(code)
        )
        for n, code in enumerate(GOOD, 1)
    ),
    *(
        case(f"7.9.{n}", f"{code} is no code that may be sent", send(close(code)), fails())
        for n, code in enumerate(NEVER, 1)
    ),
    *(
        case(
            f"7.9.{n}",
            f"{code} is no code that may be sent, with a reason either",
            send(close(code, "why")),
            fails(),
        )
        for n, code in enumerate(NEVER, len(NEVER) + 1)
    ),
    *(
        case(
            f"7.13.{n}",
            f"{code} may come from a standard yet to be written",
            send(close(code)),
            answered(code),
        )
        for n, code in enumerate(UNLISTED, 1)
    ),
)
