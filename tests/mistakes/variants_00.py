"""Correct answers to the exercise of lesson 0 that look different from the reference.

The first variant is the plain one, from which the third hint is made.
"""

import codecs
import io
from urllib.parse import quote

from classroom.mistakes import variant

# 0.1 payload_length


@variant("0.1", blocks=True)
def encoded_then_counted(text):
    payload = text.encode("utf-8")
    return len(payload)


@variant("0.1")
def through_the_class(text):
    return memoryview(bytes(text, encoding="utf-8")).nbytes


@variant("0.1")
def by_the_number_of_each_character(text):
    total = 0
    for character in text:
        number = ord(character)
        if number < 0x80:
            total += 1
        elif number < 0x800:
            total += 2
        elif number < 0x10000:
            total += 3
        else:
            total += 4
    return total


@variant("0.1")
def written_to_a_file(text):
    file = io.BytesIO()
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as writer:
        writer.write(text)
        writer.flush()
        return file.tell()


@variant("0.1")
def starts_of_characters_left_out(text):
    payload, count = codecs.encode(text, "utf8"), len(text)
    return count + sum(byte & 0xC0 == 0x80 for byte in payload)


@variant("0.1")
def counted_as_a_url_writes_it(text):
    escaped = quote(text)  # %C3%A9 for the two bytes of an é
    return len(escaped) - 2 * escaped.count("%")
