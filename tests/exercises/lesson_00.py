"""The cases of lesson 0: what judges the first exercise."""

from __future__ import annotations

import unicodedata

from classroom.cases import Ask, case

HOW_IT_TRAVELS = "What stands on the wire for this character: itself, or bytes that mean it?"


def _ask_length(ask: Ask, text: str, note: str = "") -> None:
    ask(text).gives(len(text.encode()), note=note, question=HOW_IT_TRAVELS)


def _describe(character: str) -> str:
    """Say which bytes one character becomes."""
    data = character.encode()
    count = "1 byte" if len(data) == 1 else f"{len(data)} bytes"
    name = unicodedata.name(character).lower()
    return f"{character!r} ({name}) is 1 character, and in UTF-8 it is {count}: {data.hex(' ')}."


@case("0.1")
def plain_letters(ask: Ask) -> None:
    """Each character of plain English text takes one byte."""
    for text in ("Hello", "Hello, WebSocket!", "0"):
        _ask_length(ask, text)


@case("0.1")
def letters_of_two_bytes(ask: Ask) -> None:
    """Letters such as é, Ж and א take two bytes."""
    for character in "éßЖא":
        _ask_length(ask, character, _describe(character))
    _ask_length(ask, "café", _describe("é"))


@case("0.1")
def characters_of_three_and_four_bytes(ask: Ask) -> None:
    """Characters such as € take three bytes, and rarer ones, musical signs among them, take four."""
    for character in "€中𝄞𐍈":
        _ask_length(ask, character, _describe(character))
    _ask_length(ask, "中文", "Both characters take 3 bytes in UTF-8.")


@case("0.1")
def where_the_length_changes(ask: Ask) -> None:
    """The last character of one, two and three bytes, and the first one of two, three and four."""
    for number in (0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF):
        size = len(chr(number).encode())
        _ask_length(
            ask,
            chr(number),
            f"The character number {number:#x} takes {size} byte{'s' * (size > 1)} in UTF-8.",
        )


@case("0.1")
def no_text_at_all(ask: Ask) -> None:
    """An empty text has a payload of no bytes."""
    _ask_length(ask, "")


@case("0.1")
def every_character_counts(ask: Ask) -> None:
    """White space, line ends and control characters are sent, too."""
    for text in ("  Hello  ", "one\ntwo\r\n", "a\x00b\t", "e\u0301", "\ufeffa"):
        _ask_length(ask, text)


@case("0.1")
def texts_drawn_now(ask: Ask) -> None:
    """Texts that were put together just now."""
    for _ in range(4):
        text = "".join(ask.rng.choices("abc xyzäöüçñ→≤日本語𝄞", k=ask.rng.randrange(5, 30)))
        _ask_length(ask, text)
