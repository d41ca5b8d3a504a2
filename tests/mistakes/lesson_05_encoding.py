"""Known wrong answers to exercises 5.1 to 5.4 and 5.8, each with a name and a question.

They are code as people write it. What the answers to one exercise have in common stands above them.
"""

# ruff: noqa: B905 (people write it so)

import base64
import itertools
import os
import random
import socket
import struct
import sys

from classroom.mistakes import mistake
from minews.frames import apply_mask, encode_payload_len

# 5.1 apply_mask


@mistake("5.1", "Which bytes of the key does your code ever use?", rfc="5.3")
def first_key_byte_only(data, masking_key):
    return bytes(byte ^ masking_key[0] for byte in data)


@mistake("5.1", "Where does zip stop, and how long is the payload?", rfc="5.3")
def zip_stops_at_4(data, masking_key):
    return bytes(a ^ b for a, b in zip(data, masking_key))


@mistake("5.1", "What happens to byte 4 of the payload in your code?", rfc="5.3")
def mask_first_4_only(data, masking_key):
    masked = bytearray(data)
    for index in range(min(4, len(data))):
        masked[index] ^= masking_key[index]
    return bytes(masked)


@mistake(
    "5.1",
    "Which byte of the key must meet byte 0 of the payload, and which meets it in your code?",
    rfc="5.3",
)
def key_from_its_end(data, masking_key):
    return bytes(byte ^ masking_key[3 - index % 4] for index, byte in enumerate(data))


@mistake("5.1", "With which number does your index begin?", rfc="5.3")
def key_index_from_1(data, masking_key):
    return bytes(byte ^ masking_key[index % 4] for index, byte in enumerate(data, 1))


@mistake("5.1", "How many bytes has a masking key, and by what do you take the remainder?", rfc="5.3")
def modulo_3(data, masking_key):
    return bytes(byte ^ masking_key[index % 3] for index, byte in enumerate(data))


@mistake("5.1", "Can the receiver take back what | does to a bit that is already 1?", rfc="5.3")
def or_not_xor(data, masking_key):
    return bytes(byte | masking_key[index % 4] for index, byte in enumerate(data))


@mistake("5.1", "Can the receiver take back what & does to a bit that meets a 0?", rfc="5.3")
def and_not_xor(data, masking_key):
    return bytes(byte & masking_key[index % 4] for index, byte in enumerate(data))


@mistake("5.1", "Masking twice must give the payload back: what does adding twice give?", rfc="5.3")
def added_not_xored(data, masking_key):
    return bytes((byte + masking_key[index % 4]) % 256 for index, byte in enumerate(data))


@mistake("5.1", "How many bytes is one é, and how many numbers go into your XOR?", rfc="5.3, 5.6")
def unicode_per_byte(data, masking_key):
    text = bytes(data).decode("latin-1")
    masked = "".join(chr(ord(letter) ^ masking_key[index % 4]) for index, letter in enumerate(text))
    return masked.encode()


@mistake(
    "5.1",
    "Which byte of the payload does the key's first byte meet when your loop goes round again?",
    rfc="5.3",
)
def key_moves_on_each_round(data, masking_key):
    return bytes(byte ^ masking_key[(index + index // 4) % 4] for index, byte in enumerate(data))


@mistake("5.1", "Where do the bytes behind the last whole group of 4 go?", rfc="5.3")
def last_group_lost(data, masking_key):
    masked = b""
    for start in range(0, len(data) // 4 * 4, 4):
        masked += bytes(a ^ b for a, b in zip(data[start : start + 4], masking_key))
    return masked


@mistake("5.1", "What is `bytes(5)`, and what is `bytes([5])`?", rfc="5.3")
def bytes_of_a_number(data, masking_key):
    masked = b""
    for index, byte in enumerate(data):
        masked += bytes(byte ^ masking_key[index % 4])
    return masked


@mistake("5.1", "How long is the payload that came, and how long is your result?", rfc="5.3")
def padded_to_groups(data, masking_key):
    padded = bytes(data) + bytes(-len(data) % 4)
    return bytes(byte ^ masking_key[index % 4] for index, byte in enumerate(padded))


@mistake("5.1", "How many bytes does your number have when its first byte is 0?", rfc="5.3")
def zeros_in_front_lost(data, masking_key):
    key = (bytes(masking_key) * (len(data) // 4 + 1))[: len(data)]
    number = int.from_bytes(data, "big") ^ int.from_bytes(key, "big")
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@mistake("5.1", "Who else still holds the bytearray into which you write?", rfc="5.3")
def mask_written_into_argument(data, masking_key):
    if not isinstance(data, bytearray):
        data = bytearray(data)
    for index in range(len(data)):
        data[index] ^= masking_key[index % 4]
    return bytes(data)


@mistake("5.1", "What type does the signature promise, and what type is your result?", rfc="5.3")
def bytearray_returned(data, masking_key):
    masked = bytearray()
    for index, byte in enumerate(data):
        masked.append(byte ^ masking_key[index % 4])
    return masked


@mistake("5.1", "Where in the key does the second payload begin, and where must it?", rfc="5.3")
def key_never_begins_anew(data, masking_key):
    return bytes(byte ^ masking_key[next(_PLACE) % 4] for byte in data)


_PLACE = itertools.count()


@mistake(
    "5.1", "Who gave you a key, and who is to unmask with the one that you drew?", rfc="5.3", varies=True
)
def key_of_its_own(data, masking_key):
    key = os.urandom(4)
    return bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


@mistake("5.1", "Which byte of the key meets byte 4 of the data?", rfc="5.3")
def key_not_repeated(data, masking_key):
    return bytes(data[i] ^ masking_key[i] for i in range(len(data)))


@mistake("5.1", "Between what does ^ stand in Python: two bytes objects, or two numbers?", rfc="5.3")
def bytes_have_no_xor(data, masking_key):
    return data ^ masking_key


@mistake("5.1", "Which call makes bytes of a list of numbers?", rfc="5.3")
def list_of_numbers(data, masking_key):
    return [byte ^ masking_key[i % 4] for i, byte in enumerate(data)]


@mistake("5.1", "Which bytes of the data does byte 0 of the key meet?", rfc="5.3")
def key_byte_for_four(data, masking_key):
    return bytes(byte ^ masking_key[i // 4 % 4] for i, byte in enumerate(data))


# 5.2 encode_payload_len


def mask_bit(masked):
    return 0x80 if masked else 0


@mistake(
    "5.2",
    "What does a receiver expect when it reads 126 or 127 in the 7 bits?",
    name="126-127-as-lengths",
    rfc="5.2",
    source="https://github.com/dandeliondeathray/DandelionWebSockets.jl/issues/13",
)
def lengths_126_and_127_in_7_bits(n, masked):
    if n <= 127:
        return bytes([mask_bit(masked) | n])
    if n <= 65535:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake(
    "5.2",
    "Which form does 125 belong to, and what does < make of it?",
    rfc="5.2",
    source="https://github.com/websocket-client/websocket-client/issues/58, "
    "https://github.com/Molorius/esp32-websocket/pull/3",
)
def boundary_125(n, masked):
    if n < 125:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake("5.2", "What is the largest number that fits into 2 bytes?", rfc="5.2")
def boundary_65536(n, masked):
    if n < 126:
        return struct.pack("!B", mask_bit(masked) | n)
    if n <= 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake("5.2", "Does 65,535 fit into 2 bytes, and what does < make of it?", rfc="5.2")
def boundary_65535(n, masked):
    if n < 126:
        return struct.pack("!B", mask_bit(masked) | n)
    if n < 65535:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake("5.2", "How many bytes does your struct format give, and which are the ones too many?", rfc="5.2")
def struct_padding(n, masked):
    if n < 126:
        return struct.pack("B", mask_bit(masked) | n)
    if n < 65536:
        return struct.pack("BH", mask_bit(masked) | 126, socket.htons(n))
    turned = int.from_bytes(n.to_bytes(8, "big"), sys.byteorder)
    return struct.pack("BQ", mask_bit(masked) | 127, turned)


@mistake("5.2", "What does bytes(5) give, and what does bytes([5]) give?", rfc="5.2")
def bytes_of_int(n, masked):
    if n < 126:
        return bytes(max(n, 0) | mask_bit(masked))
    if n < 65536:
        return bytes([mask_bit(masked) | 126]) + bytes(2)
    return bytes([mask_bit(masked) | 127]) + bytes(8)


@mistake("5.2", "Which of the three forms is the shortest that can hold this number?", rfc="5.2")
def non_minimal_length(n, masked):
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake(
    "5.2",
    "Which byte of a number goes first on a network?",
    name="native-endian",
    rfc="5.2",
    source="https://github.com/swhitty/FlyingFox/pull/126, https://github.com/mdn/content/pull/15969, "
    "https://github.com/SuaveIO/suave/pull/601",
)
def length_native_endian(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return bytes([mask_bit(masked) | 126]) + n.to_bytes(2, "little")
    return bytes([mask_bit(masked) | 127]) + n.to_bytes(8, "little")


@mistake("5.2", "How many bytes follow when the 7 bits say 127?", name="127-is-four-bytes", rfc="5.2")
def four_bytes_behind_127(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BI", mask_bit(masked) | 127, n)


@mistake("5.2", "Does your result change when masked does?", rfc="5.2")
def mask_bit_forgotten(n, masked):
    if n < 126:
        return bytes([n])
    if n < 65536:
        return struct.pack("!BH", 126, n)
    return struct.pack("!BQ", 127, n)


@mistake("5.2", "In which of your three branches is MASK set?", rfc="5.2")
def mask_bit_in_first_form_only(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!BH", 126, n)
    return struct.pack("!BQ", 127, n)


@mistake("5.2", "For which of the two values of masked is MASK set?", rfc="5.2")
def mask_bit_always(n, masked):
    if n < 126:
        return struct.pack("!B", n | 0x80) if n >= 0 else n.to_bytes(1, "big")
    if n < 65536:
        return struct.pack("!BH", 254, n)
    return struct.pack("!BQ", 255, n)


@mistake("5.2", "What is True as a number, and which bit is that?", rfc="5.2")
def mask_in_lowest_bit(n, masked):
    if n < 126:
        return bytes([n | masked])
    if n < 65536:
        return struct.pack("!BH", 126 | masked, n)
    return struct.pack("!BQ", 127 | masked, n)


@mistake(
    "5.2",
    "Is the top bit of the byte MASK or a part of the length, and which number has only that bit?",
    rfc="5.2",
)
def mask_is_0x40(n, masked):
    mask = 0x40 if masked else 0
    if n < 126:
        return bytes([mask | n])
    if n < 65536:
        return struct.pack("!BH", mask | 126, n)
    return struct.pack("!BQ", mask | 127, n)


@mistake("5.2", "Which number tells the receiver that 2 bytes follow, and which that 8 do?", rfc="5.2")
def marks_swapped(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 127, n)
    return struct.pack("!BQ", mask_bit(masked) | 126, n)


@mistake("5.2", "How does the receiver know that more bytes of the length follow?", rfc="5.2")
def mark_left_out(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!H", n | mask_bit(masked) << 8)
    return struct.pack("!Q", n | mask_bit(masked) << 56)


@mistake("5.2", "How large may a payload be that needs your last branch?", rfc="5.2")
def no_form_for_large(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    return struct.pack("!BH", mask_bit(masked) | 126, n)


@mistake(
    "5.2", "From the length you take what the 7 bits already say: does the receiver add it again?", rfc="5.2"
)
def rest_in_extended_length(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n - 126)
    return struct.pack("!BQ", mask_bit(masked) | 127, n - 127)


@mistake("5.2", "Which number is left of -1 when only 7 of its bits are written?", rfc="5.2")
def negative_cut_to_7_bits(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n & 0x7F])
    if n < 65536:
        return struct.pack("!BH", mask_bit(masked) | 126, n)
    return struct.pack("!BQ", mask_bit(masked) | 127, n)


@mistake("5.2", "What do you write: the number in bytes, or its digits as text?", rfc="5.2")
def length_in_digits(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    mark = 126 if n < 65536 else 127
    return bytes([mask_bit(masked) | mark]) + str(n).encode()


@mistake(
    "5.2",
    "What stands in front of a struct format that is for a network, and what if nothing does?",
    rfc="5.2",
)
def struct_as_in_memory(n, masked):
    if n < 126:
        return struct.pack("B", mask_bit(masked) | n)
    if n < 65536:
        return struct.pack("BH", mask_bit(masked) | 126, n)
    return struct.pack("BQ", mask_bit(masked) | 127, n)


@mistake("5.2", "How many bytes does a receiver read behind 127, however small the number is?", rfc="5.2")
def as_few_bytes_as_fit(n, masked):
    if n < 126:
        return bytes([mask_bit(masked) | n])
    mark = 126 if n < 65536 else 127
    return bytes([mask_bit(masked) | mark]) + n.to_bytes((n.bit_length() + 7) // 8, "big")


@mistake("5.2", "Which operator sets a bit, and which one leaves only that bit?", rfc="5.2")
def and_not_or(n, masked):
    first, rest = n, b""
    if n >= 126:
        first, rest = (126, n.to_bytes(2, "big")) if n < 65536 else (127, n.to_bytes(8, "big"))
    return bytes([first & 0x80 if masked else first]) + rest


# 5.3 decode_payload_len


@mistake("5.3", "Which bit of the first byte has nothing to do with the length?", rfc="5.2")
def mask_bit_in_length(buf):
    if not buf:
        return None
    if buf[0] < 126:
        return buf[0], 1
    used = {126: 3, 127: 9}.get(buf[0])
    if used is None:
        return buf[0], 1
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else None


@mistake(
    "5.3",
    "Of how many bytes is the number behind 127, and which of them do you read?",
    name="127-is-four-bytes",
    rfc="5.2",
    source="https://github.com/cyrus-great/phpwebsocket/issues/52",
)
def read_four_bytes_behind_127(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 5
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else None


@mistake(
    "5.3",
    "Which byte of a number goes first on a network?",
    name="native-endian",
    rfc="5.2",
    source="https://github.com/swhitty/FlyingFox/pull/126, https://github.com/mdn/content/pull/15969, "
    "https://github.com/SuaveIO/suave/pull/601",
)
def read_native_endian(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "little"), used) if len(buf) >= used else None


@mistake(
    "5.3",
    "Bytes may come one at a time: what should your caller do when the length is cut in two?",
    rfc="5.2",
)
def short_buffer_is_error(buf):
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    if short == 126:
        return struct.unpack("!H", bytes(buf[1:3]))[0], 3
    return struct.unpack("!Q", bytes(buf[1:9]))[0], 9


@mistake("5.3", "What does your code do when not one byte has come?", rfc="5.2")
def empty_buffer_is_error(buf):
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else None


@mistake("5.3", "What does a slice give when fewer bytes are there than you ask for?", rfc="5.2")
def number_of_what_is_there(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return int.from_bytes(buf[1:used], "big"), used


@mistake(
    "5.3",
    "What tells your caller apart: a payload of 0 bytes, and a length that is not there yet?",
    rfc="5.2",
)
def zero_for_not_yet(buf):
    short = buf[0] & 0x7F if buf else 126
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else (0, 0)


@mistake("5.3", "Which of the bytes that you used do you count, and which not?", rfc="5.2")
def used_without_first_byte(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 0
    size = 2 if short == 126 else 8
    return (int.from_bytes(buf[1 : 1 + size], "big"), size) if len(buf) > size else None


@mistake(
    "5.3", "At which byte does this buffer begin: at the first of the frame, or at its second?", rfc="5.2"
)
def used_counts_byte_0(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 2
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big"), used + 1) if len(buf) >= used else None


@mistake("5.3", "Do the 4 bytes of the masking key belong to the length?", rfc="5.2")
def used_counts_masking_key(buf):
    if not buf:
        return None
    key = 4 if buf[0] & 0x80 else 0
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1 + key
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big"), used + key) if len(buf) >= used else None


@mistake("5.3", "Which bytes go into your number when the payload has come, too?", rfc="5.2")
def number_runs_to_the_end(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:], "big"), used) if len(buf) >= used else None


@mistake("5.3", "Is a byte too many a reason to wait for more?", rfc="5.2")
def nothing_may_follow(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    used = {126: 3, 127: 9}.get(short, 1)
    if len(buf) != used:
        return None
    return (short if used == 1 else int.from_bytes(buf[1:used], "big")), used


@mistake(
    "5.3", "When are all the bytes of the number there, and for how many does your code wait?", rfc="5.2"
)
def waits_for_one_more(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) > used else None


@mistake("5.3", "Can a length be below 0, and which letter of struct reads a number that can?", rfc="5.2")
def signed_length(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[1:used], "big", signed=True), used) if len(buf) >= used else None


@mistake(
    "5.3",
    "What do 126 and 127 stand for in the 7 bits: for themselves, or for what follows?",
    name="126-127-as-lengths",
    rfc="5.2",
    source="https://github.com/dandeliondeathray/DandelionWebSockets.jl/issues/13",
)
def read_126_and_127_as_lengths(buf):
    return (buf[0] & 0x7F, 1) if buf else None


@mistake("5.3", "Does the receiver add the 126 to the number behind it?", rfc="5.2")
def mark_added_to_length(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (short + int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else None


@mistake("5.3", "Which number means 2 bytes, and which 8?", name="marks-swapped", rfc="5.2")
def read_marks_swapped(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 9 if short == 126 else 3
    return (int.from_bytes(buf[1:used], "big"), used) if len(buf) >= used else None


@mistake("5.3", "Who may take bytes off a buffer that is not yours?", rfc="5.2")
def bytes_taken_off_the_argument(buf):
    data = buf if isinstance(buf, bytearray) else bytearray(buf)
    if not data:
        return None
    short = data[0] & 0x7F
    used = {126: 3, 127: 9}.get(short, 1)
    if len(data) < used:
        return None
    n = short if used == 1 else int.from_bytes(data[1:used], "big")
    del data[:used]
    return n, used


@mistake("5.3", "Does the byte that says 126 belong to the number behind it?", rfc="5.2")
def first_byte_in_the_number(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    return (int.from_bytes(buf[:used], "big"), used) if len(buf) >= used else None


@mistake("5.3", "At which index does a number of 2 bytes end that begins at index 1?", rfc="5.2")
def size_taken_for_the_end(buf):
    if not buf:
        return None
    short = buf[0] & 0x7F
    if short < 126:
        return short, 1
    end = 2 if short == 126 else 8
    return (int.from_bytes(buf[1:end], "big"), end) if len(buf) >= end else None


@mistake("5.3", "Which byte of the frame is buf[0] here: its first, or its second?", rfc="5.2")
def read_one_byte_too_far(buf):
    if len(buf) < 2:
        return None
    short = buf[1] & 0x7F
    if short < 126:
        return short, 2
    used = 4 if short == 126 else 10
    return (int.from_bytes(buf[2:used], "big"), used) if len(buf) >= used else None


# 5.4 encode_frame


def first_byte(frame):
    bits = frame.fin << 7 | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4
    if frame.opcode not in range(16):
        raise ValueError(frame.opcode)
    return bytes([bits | frame.opcode])


def write_rest(frame, payload):
    head = encode_payload_len(len(payload), frame.masking_key is not None)
    return head if frame.masking_key is None else head + frame.masking_key


def masked_payload(frame):
    return frame.payload if frame.masking_key is None else apply_mask(frame.payload, frame.masking_key)


@mistake("5.4", "Does the length count the payload, or what stands in front of it, too?", rfc="5.2")
def mask_in_length(frame):
    key = frame.masking_key or b""
    length = encode_payload_len(len(frame.payload) + len(key), bool(key))
    return first_byte(frame) + length + key + masked_payload(frame)


@mistake(
    "5.4",
    "In which form does the RFC want the payload: as it is, or as letters for a header?",
    rfc="5.2, 5.6",
    source="http://stackoverflow.com/questions/7575339",
)
def base64_payload(frame):
    payload = base64.b64encode(frame.payload)
    masked = payload if frame.masking_key is None else apply_mask(payload, frame.masking_key)
    return first_byte(frame) + write_rest(frame, payload) + masked


@mistake("5.4", "What does a receiver do with the payload once it has seen MASK and the key?", rfc="5.3")
def payload_not_masked(frame):
    return first_byte(frame) + write_rest(frame, frame.payload) + frame.payload


@mistake("5.4", "With what can the receiver unmask this payload?", rfc="5.2, 5.3")
def key_not_sent(frame):
    length = encode_payload_len(len(frame.payload), frame.masking_key is not None)
    return first_byte(frame) + length + masked_payload(frame)


@mistake(
    "5.4",
    "How does the receiver know that 4 bytes of masking key follow?",
    name="mask-bit-forgotten",
    rfc="5.2",
)
def frame_without_mask_bit(frame):
    key = frame.masking_key or b""
    return first_byte(frame) + encode_payload_len(len(frame.payload), False) + key + masked_payload(frame)


@mistake(
    "5.4",
    "What stands between the first byte and the payload in the table of fields, and in which order?",
    rfc="5.2",
)
def key_before_length(frame):
    key = frame.masking_key or b""
    length = encode_payload_len(len(frame.payload), bool(key))
    return first_byte(frame) + key + length + masked_payload(frame)


@mistake("5.4", "What stands right behind the length in the table of fields?", rfc="5.2")
def key_behind_payload(frame):
    key = frame.masking_key or b""
    length = encode_payload_len(len(frame.payload), bool(key))
    return first_byte(frame) + length + masked_payload(frame) + key


@mistake("5.4", "Which parts of a frame does the mask cover?", rfc="5.3")
def head_masked_too(frame):
    if frame.masking_key is None:
        return first_byte(frame) + write_rest(frame, frame.payload) + frame.payload
    key = frame.masking_key
    return (
        first_byte(frame)
        + encode_payload_len(len(frame.payload), True)
        + apply_mask(key + frame.payload, key)
    )


@mistake("5.4", "What does your first byte look like for a fragment that is not the last?", rfc="5.2, 5.4")
def fin_always(frame):
    return bytes([first_byte(frame)[0] | 0x80]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Which bit of the first byte says that the message ends here?", rfc="5.2")
def fin_forgotten(frame):
    return bytes([first_byte(frame)[0] & 0x7F]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Is FIN the first bit of the byte or the last?", rfc="5.2")
def fin_in_lowest_bit(frame):
    first = frame.opcode << 4 | frame.rsv3 << 3 | frame.rsv2 << 2 | frame.rsv1 << 1 | frame.fin
    return bytes([first]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Which parts of a Frame does your code never look at?", rfc="5.2")
def rsv_not_written(frame):
    return bytes([first_byte(frame)[0] & 0x8F]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Which of the reserved bits stands next to FIN?", rfc="5.2")
def rsv_in_reverse(frame):
    if frame.opcode not in range(16):
        raise ValueError(frame.opcode)
    first = frame.fin << 7 | frame.rsv3 << 6 | frame.rsv2 << 5 | frame.rsv1 << 4 | frame.opcode
    return bytes([first]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Which opcode did the frame have that you were given?", rfc="5.2, 11.8")
def text_always(frame):
    opcode = 1 if frame.opcode in range(16) else frame.opcode
    first = frame.fin << 7 | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4 | opcode
    return bytes([first]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "What does | do with an opcode that has more than 4 bits?", rfc="5.2")
def opcode_overflows(frame):
    first = frame.fin << 7 | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4 | frame.opcode
    return bytes([first & 0xFF]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Are 4 zeros the same as no masking key?", rfc="5.2, 5.3")
def key_of_zeros_is_no_key(frame):
    if frame.masking_key is None or not any(frame.masking_key):
        return first_byte(frame) + encode_payload_len(len(frame.payload), False) + frame.payload
    return first_byte(frame) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Does an empty payload need a length, and does its MASK need a key?", rfc="5.2")
def nothing_behind_empty(frame):
    if not frame.payload:
        return first_byte(frame) + b"\x00"
    return first_byte(frame) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Do you count the letters of a text, or its bytes?", rfc="5.2, 5.6")
def length_in_characters(frame):
    length = len(frame.payload.decode("utf-8", "replace"))
    head = encode_payload_len(length, frame.masking_key is not None) + (frame.masking_key or b"")
    return first_byte(frame) + head + masked_payload(frame)


@mistake(
    "5.4",
    "Which key does the frame name, and which one do you use?",
    name="key-of-its-own",
    rfc="5.3",
    varies=True,
)
def frame_masked_with_another_key(frame):
    if frame.masking_key is None:
        return first_byte(frame) + write_rest(frame, frame.payload) + frame.payload
    key = random.randbytes(4)
    return (
        first_byte(frame)
        + encode_payload_len(len(frame.payload), True)
        + key
        + apply_mask(frame.payload, key)
    )


@mistake("5.4", "Who decides whether a frame is masked: your function, or the frame?", rfc="5.2, 5.3")
def zero_key_added(frame):
    key = frame.masking_key or bytes(4)
    return (
        first_byte(frame)
        + encode_payload_len(len(frame.payload), True)
        + key
        + apply_mask(frame.payload, key)
    )


@mistake(
    "5.4",
    "Which byte of a number goes first on a network?",
    name="native-endian",
    rfc="5.2",
    source="https://github.com/swhitty/FlyingFox/pull/126, https://github.com/mdn/content/pull/15969, "
    "https://github.com/SuaveIO/suave/pull/601",
)
def frame_native_endian(frame):
    n, mask = len(frame.payload), 0 if frame.masking_key is None else 0x80
    if n < 126:
        head = bytes([mask | n])
    elif n < 65536:
        head = bytes([mask | 126]) + n.to_bytes(2, "little")
    else:
        head = bytes([mask | 127]) + n.to_bytes(8, "little")
    return first_byte(frame) + head + (frame.masking_key or b"") + masked_payload(frame)


@mistake("5.4", "Up to which number do 7 bits count, and what if the payload is longer?", rfc="5.2")
def seven_bits_for_any_length(frame):
    mask = 0 if frame.masking_key is None else 0x80
    head = first_byte(frame) + bytes([mask | len(frame.payload)])
    return head + (frame.masking_key or b"") + masked_payload(frame)


@mistake("5.4", "Which of the opcodes that bytes can hold are none?", rfc="5.2")
def opcode_not_checked(frame):
    first = frame.fin << 7 | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4 | frame.opcode
    return bytes([first]) + write_rest(frame, frame.payload) + masked_payload(frame)


@mistake("5.4", "Does your result change when the frame has a masking key?", rfc="5.1, 5.2")
def masking_key_ignored(frame):
    return first_byte(frame) + encode_payload_len(len(frame.payload), False) + frame.payload


# 5.8 trace_frames

KEY = b"\x37\xfa\x21\x3d"


def table(fin, opcode, mask, length, *more):
    return [
        (0, "FIN", fin),
        (0, "RSV", 0),
        (0, "opcode", opcode),
        (1, "MASK", mask),
        (1, "payload length", length),
        *more,
    ]


def right_tables():
    hello = (2, "payload", b"Hello")
    masked = (2, "masking key", KEY), (6, "payload", b"Hello")
    return {
        "text": table(1, 1, 0, 5, hello),
        "masked text": table(1, 1, 1, 5, *masked),
        "first fragment": table(0, 1, 0, 3, (2, "payload", b"Hel")),
        "last fragment": table(1, 0, 0, 2, (2, "payload", b"lo")),
        "ping": table(1, 9, 0, 5, hello),
        "pong": table(1, 10, 1, 5, *masked),
        "256 bytes": table(1, 2, 0, 126, (2, "extended payload length", 256)),
        "64 KiB": table(1, 2, 0, 127, (2, "extended payload length", 65536)),
    }


def changed(change):
    return {
        name: [new for row in rows for new in change(name, *row)] for name, rows in right_tables().items()
    }


@mistake(
    "5.8", "What else is in byte 1, and how do you leave it out?", name="mask-bit-in-length", rfc="5.2, 5.7"
)
def traced_mask_bit_in_length():
    masked = ("masked text", "pong")
    return changed(
        lambda name, offset, field, value: [
            (offset, field, value + 128 if field == "payload length" and name in masked else value)
        ]
    )


@mistake(
    "5.8",
    "Which word stands in these bytes once the key has met them?",
    name="payload-not-unmasked",
    rfc="5.3, 5.7",
)
def traced_payload_not_unmasked():
    masked = ("masked text", "pong")
    return changed(
        lambda name, offset, field, value: [
            (offset, field, bytes.fromhex("7f9f4d5158") if field == "payload" and name in masked else value)
        ]
    )


@mistake("5.8", "How many bytes of the frame does the masking key take?", rfc="5.2, 5.7")
def payload_where_the_key_is():
    return changed(lambda name, offset, field, value: [(2 if field == "payload" else offset, field, value)])


@mistake("5.8", "Which number has the first byte?", rfc="5.2, 5.7")
def offsets_from_1():
    return changed(lambda name, offset, field, value: [(offset + 1, field, value)])


@mistake("5.8", "Is your offset a number of bits or of bytes?", rfc="5.2, 5.7")
def offsets_in_bits():
    inside = {"RSV": 1, "opcode": 4, "payload length": 1}
    return changed(lambda name, offset, field, value: [(offset * 8 + inside.get(field, 0), field, value)])


@mistake("5.8", "How many of the 8 bits of byte 0 belong to the opcode?", rfc="5.2, 5.7")
def whole_byte_as_opcode():
    return changed(
        lambda name, offset, field, value: [
            (offset, field, value + 128 * (name != "first fragment") if field == "opcode" else value)
        ]
    )


@mistake("5.8", "How many values can one bit have?", rfc="5.2, 5.7")
def bits_in_their_place():
    return changed(
        lambda name, offset, field, value: [
            (offset, field, value * 128 if field in ("FIN", "MASK") else value)
        ]
    )


@mistake("5.8", "Which opcode says that a frame goes on with the message before it?", rfc="5.2, 5.4")
def opcode_of_the_message():
    return changed(
        lambda name, offset, field, value: [
            (offset, field, 1 if field == "opcode" and name == "last fragment" else value)
        ]
    )


@mistake("5.8", "Does FIN say that a frame is the first of its message, or the last?", rfc="5.2, 5.4")
def fin_means_first():
    fragments = ("first fragment", "last fragment")
    return changed(
        lambda name, offset, field, value: [
            (offset, field, 1 - value if field == "FIN" and name in fragments else value)
        ]
    )


@mistake("5.8", "Which of the two opcodes is 9 and which is 10?", rfc="5.5.2, 5.5.3")
def ping_and_pong_swapped():
    return changed(
        lambda name, offset, field, value: [
            (offset, field, {9: 10, 10: 9}.get(value, value) if field == "opcode" else value)
        ]
    )


@mistake("5.8", "What do the 7 bits themselves say in a frame whose length follows them?", rfc="5.2, 5.7")
def length_for_the_7_bits():
    lengths = {126: 256, 127: 65536}
    return changed(
        lambda name, offset, field, value: [
            (offset, field, lengths.get(value, value) if field == "payload length" else value)
        ]
    )


@mistake(
    "5.8",
    "Which byte of the length is the one with the greater weight?",
    name="native-endian",
    rfc="5.2",
    source="https://github.com/swhitty/FlyingFox/pull/126, https://github.com/mdn/content/pull/15969, "
    "https://github.com/SuaveIO/suave/pull/601",
)
def traced_native_endian():
    lengths = {256: 1, 65536: 1 << 40}
    return changed(
        lambda name, offset, field, value: [
            (offset, field, lengths[value] if field == "extended payload length" else value)
        ]
    )


@mistake("5.8", "What stands in the bytes between byte 1 and the payload?", rfc="5.2, 5.7")
def extended_length_left_out():
    lengths = {126: 256, 127: 65536}
    return changed(
        lambda name, offset, field, value: (
            []
            if field == "extended payload length"
            else [(offset, field, lengths.get(value, value) if field == "payload length" else value)]
        )
    )


@mistake("5.8", "What does a 0 in MASK say about the bytes behind the length?", rfc="5.2, 5.7")
def key_without_mask():
    return changed(
        lambda name, offset, field, value: (
            [(2, "masking key", b""), (offset, field, value)]
            if field == "payload" and offset == 2
            else [(offset, field, value)]
        )
    )


@mistake(
    "5.8",
    "Which three bits stand between FIN and the opcode, and do they go away when they are 0?",
    rfc="5.2, 5.7",
)
def rsv_left_out():
    return changed(lambda name, offset, field, value: [] if field == "RSV" else [(offset, field, value)])


@mistake("5.8", "The RFC's payloads are text to read: as which type do they go into a frame?", rfc="5.2, 5.7")
def payload_as_text():
    return changed(
        lambda name, offset, field, value: [(offset, field, value.decode() if field == "payload" else value)]
    )
