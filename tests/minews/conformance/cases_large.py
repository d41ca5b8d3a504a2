"""Categories 9 and 10: large messages, many fragments, many messages (RFC 6455 sections 5.4 and 6.2)."""

from __future__ import annotations

from tests.minews.conformance.script import Case, Much, Repeat, Say, case, echoes, ping, pongs, send

KIB, MIB = 1 << 10, 1 << 20
LARGE = [64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 8 * MIB, 16 * MIB]
FRAGMENT = [64, 256, 1 * KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB]
CUT = [64, 128, 256, 512, 1 * KIB, 2 * KIB]
SMALL = [0, 16, 64, 256, 1 * KIB, 4 * KIB]
KINDS = {1: ("letters", "text"), 2: ("numbers", "binary")}


def named(size: int) -> str:
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB" if size >= KIB else f"{size} bytes"


def large(kind: int) -> list[Case]:
    letters, name = KINDS[kind]
    whole, four, one = [Much(letters, size) for size in LARGE], Much(letters, 4 * MIB), Much(letters, MIB)
    return [
        *(
            case(
                f"9.{kind}.{n}",
                f"{name} of {named(much.size)} comes back",
                send(Say(much)),
                echoes(much),
                slow=much.size > MIB,
            )
            for n, much in enumerate(whole, 1)
        ),
        *(
            case(
                f"9.{2 + kind}.{n}",
                f"4 MiB of {name} in fragments of {named(size)} come back",
                send(Say(four, size)),
                echoes(four),
                slow=True,
            )
            for n, size in enumerate(FRAGMENT, 1)
        ),
        *(
            case(
                f"9.{4 + kind}.{n}",
                f"1 MiB of {name} that arrives in pieces of {named(size)} comes back",
                send(Say(one), cut=size),
                echoes(one),
                slow=size < KIB,
            )
            for n, size in enumerate(CUT, 1)
        ),
        *(
            case(
                f"9.{6 + kind}.{n}",
                f"1000 messages of {named(size)} of {name} come back, each before the next is sent",
                Repeat(1000, (send(Say(Much(letters, size))), echoes(Much(letters, size)))),
                slow=True,
            )
            for n, size in enumerate(SMALL, 1)
        ),
    ]


CASES = (
    *large(1),
    *large(2),
    case(
        "10.1.1",
        "64 KiB of text in fragments of 1300 bytes come back",
        send(Say(Much("letters", 64 * KIB), 1300)),
        echoes(Much("letters", 64 * KIB)),
    ),
    case(
        "10.1.2",
        "64 KiB in fragments may come in pieces cut within the heads of frames",
        send(Say(Much("letters", 64 * KIB), 1300), cut=1301),
        echoes(Much("letters", 64 * KIB)),
    ),
    case(
        "10.1.3",
        "64 KiB of binary in fragments of 16 bytes come back",
        send(Say(Much("numbers", 64 * KIB), 16)),
        echoes(Much("numbers", 64 * KIB)),
    ),
    case(
        "10.1.4",
        "a text of 1 KiB in fragments of one byte comes back",
        send(Say(Much("letters", KIB), 1)),
        echoes(Much("letters", KIB)),
    ),
    case(
        "10.2.1",
        "100 messages that were sent at once come back in order",
        send(*(Say(f"{n}") for n in range(100))),
        echoes(*(f"{n}" for n in range(100))),
    ),
    case(
        "10.2.2",
        "a Ping behind 64 KiB in fragments is answered",
        send(Say(Much("numbers", 64 * KIB), 1300)),
        echoes(Much("numbers", 64 * KIB)),
        send(ping(b"1")),
        pongs(b"1"),
    ),
)
