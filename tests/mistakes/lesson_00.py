"""Known wrong answers to the exercise of lesson 0, each with a name and a question."""

import json
import sys
import unicodedata

from classroom.mistakes import mistake

# 0.1 payload_length


@mistake(
    "0.1", "Only bytes travel, so what happens to é before it is sent?", rfc="5.6", name="characters-counted"
)
def characters_counted(text):
    return len(text)


@mistake("0.1", "Which encoding does a text message use, and which one did you count?", rfc="5.6")
def utf_16(text):
    return len(text.encode("utf-16"))


@mistake(
    "0.1", "How many bytes does your encoding give to a plain letter, and how many does UTF-8?", rfc="5.6"
)
def utf_16_without_mark(text):
    return len(text.encode("utf-16-le"))


@mistake("0.1", "Which unit does length count in a page's script, and which one on the wire?", rfc="5.6, 5.2")
def javascript_length(text):
    return len(text.encode("utf-16-le")) // 2


@mistake("0.1", "Which encoding has a byte for every character that there is: Latin-1 or UTF-8?", rfc="5.6")
def latin_1(text):
    return len(text.encode("latin-1"))


@mistake("0.1", "What does ASCII have for é?", rfc="5.6")
def ascii_only(text):
    return len(text.encode("ascii"))


@mistake("0.1", "Where did the characters go that ASCII doesn't know?", rfc="5.6")
def letters_dropped(text):
    return len(text.encode("ascii", "ignore"))


@mistake("0.1", "Which three bytes stand in front of your text that nobody wrote?", rfc="5.6")
def byte_order_mark(text):
    return len(text.encode("utf-8-sig"))


@mistake("0.1", "Is that what the text takes on the wire, or what Python needs to keep it?", rfc="5.2")
def size_in_memory(text):
    return sys.getsizeof(text)


@mistake("0.1", "How many bits are a byte, and in which unit is the length?", rfc="5.2")
def bits_not_bytes(text):
    return len(text.encode()) * 8


@mistake("0.1", "You have the bytes, but how many are they?", rfc="5.2")
def bytes_not_their_number(text):
    return text.encode()


@mistake("0.1", "Is the header of the frame a part of its payload?", rfc="5.2")
def header_counted(text):
    return 2 + len(text.encode())


@mistake("0.1", "Who said that a space at the end of a message does not count?", rfc="5.6")
def white_space_stripped(text):
    return len(text.strip().encode())


@mistake("0.1", "Does a text message travel as JSON, with quotes and escapes, or as it is?", rfc="5.6")
def as_json(text):
    return len(json.dumps(text)) - 2


@mistake("0.1", "How many bytes does € take?", rfc="5.6")
def two_bytes_at_most(text):
    return sum(1 if character.isascii() else 2 for character in text)


@mistake("0.1", "Are there characters that take more than three bytes?", rfc="5.6")
def three_bytes_at_most(text):
    return sum(1 + (ord(character) > 0x7F) + (ord(character) > 0x7FF) for character in text)


@mistake("0.1", "What does print give to the code that called your function?", rfc="5.2")
def length_printed(text):
    print(len(text.encode()))


@mistake("0.1", "Where do the b and the quotes in your text come from?", rfc="5.6")
def str_of_the_bytes(text):
    return len(str(text.encode()))


@mistake("0.1", "May you change what a user wrote before it is sent?", rfc="5.6")
def letters_normalised(text):
    return len(unicodedata.normalize("NFC", text).encode())
