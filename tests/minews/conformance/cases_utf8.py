"""Category 6: text is UTF-8, wherever it is cut; what is not ends the connection (RFC 6455 section 8.1)."""

from __future__ import annotations

from tests.minews.conformance.script import (
    Case,
    Either,
    Expect,
    HalfClose,
    binary,
    case,
    cont,
    echoes,
    fails,
    ping,
    send,
    text,
)

MIXED = "Aé€😀 κόσμε"
MIXED_BYTES = MIXED.encode()
BAD = MIXED_BYTES + b"\xf4\x90\x80\x80" + b"end"  # U+110000 would stand there: wrong from its second byte on
FAULT = len(MIXED_BYTES)

SPLITS = [
    case("6.1.1", "an empty text is a text", send(text()), echoes("")),
    case(
        "6.1.2",
        "three empty fragments of text are an empty text",
        send(text(fin=False), cont(fin=False), cont()),
        echoes(""),
    ),
    case(
        "6.1.3",
        "letters may stand between empty fragments",
        send(text(fin=False), cont(MIXED, fin=False), cont()),
        echoes(MIXED),
    ),
    case("6.2.1", "letters of one to four bytes come back", send(text(MIXED)), echoes(MIXED)),
    case(
        "6.2.2",
        "a text may be cut between letters",
        send(text("Aé", fin=False), cont("€😀")),
        echoes("Aé€😀"),
    ),
    case(
        "6.2.3",
        "a text may come in fragments of one byte",
        send(
            text(MIXED_BYTES[:1], fin=False),
            *(cont(bytes([byte]), fin=False) for byte in MIXED_BYTES[1:]),
            cont(),
        ),
        echoes(MIXED),
    ),
    case("6.2.4", "a text may come byte by byte", send(text(MIXED), cut=1), echoes(MIXED)),
    *(
        case(
            f"6.2.{4 + at}",
            f"a text of letters of 1 to 4 bytes may be cut into fragments after byte {at}",
            send(text("Aé€😀".encode()[:at], fin=False), cont("Aé€😀".encode()[at:])),
            echoes("Aé€😀"),
        )
        for at in range(1, 10)
    ),
    case(
        "6.2.14",
        "a Ping may stand within a letter",
        send(text(b"\xe2\x82", fin=False), ping(b"x"), cont(b"\xac")),
        Expect(("€",), (b"x",)),
    ),
]

WRONG_AT_THE_END = [
    case("6.3.1", "a text that is not UTF-8 is refused", send(text(BAD)), fails(1007)),
    case(
        "6.3.2",
        "a text that is not UTF-8 is refused in fragments of one byte",
        send(text(BAD[:1], fin=False), *(cont(bytes([byte]), fin=False) for byte in BAD[1:]), cont()),
        fails(1007),
    ),
    case(
        "6.3.3",
        "a text that is not UTF-8 is refused, though it comes byte by byte",
        send(text(BAD), cut=1),
        fails(1007),
    ),
    case("6.3.4", "a binary message need not be UTF-8", send(binary(BAD)), echoes(BAD)),
    case(
        "6.3.5",
        "a binary message in fragments need not be UTF-8",
        send(binary(BAD[:9], fin=False), cont(BAD[9:])),
        echoes(BAD),
    ),
    case(
        "6.3.6",
        "a letter may not begin in one message and end in the next",
        send(text(b"\xc3"), text(b"\xa9")),
        fails(1007),
    ),
    case(
        "6.3.7",
        "a text may not end within a letter, its last fragment empty",
        send(text(b"\xe2\x82", fin=False), cont()),
        fails(1007),
    ),
]


def early(number: str, title: str, first: bytes, rest: bytes) -> Case:
    """The fault is in a fragment that is not the last; who answers the Ping behind it has not seen it."""
    return case(
        number,
        title,
        send(text(first, fin=False), ping(b"seen?")),
        Either(1007, pongs=(b"seen?",)),
        send(cont(rest)),
        fails(1007),
    )


EARLY = [
    early(
        "6.4.1", "a fault in the first fragment ends the connection before the message is whole", BAD, b"more"
    ),
    early(
        "6.4.2",
        "a fault in the last byte of the first fragment ends the connection at once",
        BAD[: FAULT + 2],
        BAD[FAULT + 2 :],
    ),
    case(
        "6.4.3",
        "a fault in a frame ends the connection before the frame is whole",
        send(text(BAD, length=len(BAD) + 40)),
        HalfClose(),
        fails(1007),
    ),
    case(
        "6.4.4",
        "a fault that comes byte by byte ends the connection before the frame is whole",
        send(text(BAD[: FAULT + 2], length=len(BAD)), cut=1),
        HalfClose(),
        fails(1007),
    ),
    case(
        "6.4.5",
        "a fault that two fragments make together ends the connection at once",
        send(text(MIXED_BYTES + b"\xf4", fin=False), cont(b"\x90", fin=False), ping(b"seen?")),
        Either(1007, pongs=(b"seen?",)),
        send(cont(b"\x80\x80")),
        fails(1007),
    ),
    early("6.4.6", "a surrogate ends the connection at once", b"\xed\xa0", b"\x80"),
]

# Section 3 of RFC 3629: what may stand, at the borders of each form, and what may not.
GOOD = {
    "6.5.1": ("U+0000", "\0"),
    "6.5.2": ("the last of one byte, U+007F", "\x7f"),
    "6.5.3": ("the first of two bytes, U+0080", "\x80"),
    "6.5.4": ("the last of two bytes, U+07FF", "\u07ff"),
    "6.5.5": ("the first of three bytes, U+0800", "\u0800"),
    "6.5.6": ("the last before the surrogates, U+D7FF", "\ud7ff"),
    "6.5.7": ("the first behind the surrogates, U+E000", "\ue000"),
    "6.5.8": ("the last of three bytes, U+FFFF, though it is no character", "\uffff"),
    "6.5.9": ("U+FFFE, no character either", "\ufffe"),
    "6.5.10": ("U+FEFF, at the start, where it is not to be taken away", "\ufeffa"),
    "6.5.11": ("U+FDD0, no character", "\ufdd0"),
    "6.5.12": ("the first of four bytes, U+10000", "\U00010000"),
    "6.5.13": ("U+1FFFF, no character", "\U0001ffff"),
    "6.5.14": ("U+FFFFF", "\U000fffff"),
    "6.5.15": ("the last of all, U+10FFFF", "\U0010ffff"),
    "6.5.16": ("U+FFFD, which other texts get for their faults", "\ufffd"),
    "6.5.17": ("letters that are put together of two, not made one", "e\u0301"),
}
LONE = {
    "6.6.1": ("a byte that continues a letter, 80", b"\x80"),
    "6.6.2": ("another, BF", b"\xbf"),
    "6.6.3": ("two of them", b"\x80\xbf"),
    "6.6.4": ("all of them", bytes(range(0x80, 0xC0))),
    "6.6.5": ("one behind a letter", b"\xc3\xa9\xa9"),
    "6.7.1": ("a letter of two bytes without its second", b"\xc3"),
    "6.7.2": ("the same before a space", b"\xc3 "),
    "6.7.3": ("a letter of three bytes without its last two", b"\xe2"),
    "6.7.4": ("the same without its last", b"\xe2\x82"),
    "6.7.5": ("a letter of four bytes without its last three", b"\xf0"),
    "6.7.6": ("the same without its last two", b"\xf0\x9f"),
    "6.7.7": ("the same without its last", b"\xf0\x9f\x98"),
    "6.7.8": ("a letter of four bytes whose third is missing", b"\xf0\x9f\x98a"),
    "6.7.9": ("a letter cut short by another", b"\xe2\x82\xc3\xa9"),
    "6.8.1": ("C0", b"\xc0"),
    "6.8.2": ("FE", b"\xfe"),
    "6.8.3": ("FF", b"\xff"),
    "6.8.4": ("FE FE FF FF", b"\xfe\xfe\xff\xff"),
    "6.8.5": ("a letter in Latin-1", "é".encode("latin-1")),
    "6.8.6": ("letters in UTF-16", "Aé".encode("utf-16")),
    "6.9.1": ("a slash in two bytes, C0 AF", b"\xc0\xaf"),
    "6.9.2": ("a slash in three bytes", b"\xe0\x80\xaf"),
    "6.9.3": ("a slash in four bytes", b"\xf0\x80\x80\xaf"),
    "6.9.4": ("a slash in five bytes", b"\xf8\x80\x80\x80\xaf"),
    "6.9.5": ("a slash in six bytes", b"\xfc\x80\x80\x80\x80\xaf"),
    "6.9.6": ("U+0000 in two bytes", b"\xc0\x80"),
    "6.9.7": ("U+007F in two bytes", b"\xc1\xbf"),
    "6.9.8": ("U+07FF in three bytes", b"\xe0\x9f\xbf"),
    "6.9.9": ("U+FFFF in four bytes", b"\xf0\x8f\xbf\xbf"),
    "6.10.1": ("the first surrogate, U+D800", b"\xed\xa0\x80"),
    "6.10.2": ("U+DB7F", b"\xed\xad\xbf"),
    "6.10.3": ("the last high surrogate, U+DBFF", b"\xed\xaf\xbf"),
    "6.10.4": ("the first low surrogate, U+DC00", b"\xed\xb0\x80"),
    "6.10.5": ("the last surrogate, U+DFFF", b"\xed\xbf\xbf"),
    "6.10.6": ("two surrogates that make one letter in UTF-16", b"\xed\xa0\xbd\xed\xb8\x80"),
    "6.11.1": ("U+110000", b"\xf4\x90\x80\x80"),
    "6.11.2": ("U+13FFFF", b"\xf4\xbf\xbf\xbf"),
    "6.11.3": ("U+140000", b"\xf5\x80\x80\x80"),
    "6.11.4": ("U+1FFFFF", b"\xf7\xbf\xbf\xbf"),
    "6.11.5": ("five bytes, U+200000", b"\xf8\x88\x80\x80\x80"),
    "6.11.6": ("six bytes, U+7FFFFFFF", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
}

CASES = (
    *SPLITS,
    *WRONG_AT_THE_END,
    *EARLY,
    *(
        case(id, f"text may have {name}", send(text(words)), echoes(words))
        for id, (name, words) in GOOD.items()
    ),
    *(
        case(id, f"text may not have {name}", send(text(data)), fails(1007))
        for id, (name, data) in LONE.items()
    ),
)
