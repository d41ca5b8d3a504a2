"""Correct answers to exercises 5.1 to 5.4 and 5.8 that look different from the reference.

Where RFC 6455 or the contract leaves something open, they choose another way than the reference does. The
first variant of an exercise is the plain one, from which the third hint is made.
"""

# ruff: noqa: UP031, RUF005 (people write it so)

import itertools
import struct
from io import BytesIO

from classroom.mistakes import variant
from minews.frames import apply_mask, encode_payload_len

# 5.1 apply_mask


@variant(
    "5.1",
    blocks=True,
    stray={"first-key-byte-only": "    byte_of_key = masking_key[0]", "bytearray-returned": "return masked"},
)
def one_byte_after_the_other(data, masking_key):
    masked = bytearray()
    for index, byte in enumerate(data):
        byte_of_key = masking_key[index % 4]
        masked.append(byte ^ byte_of_key)
    return bytes(masked)


@variant("5.1")
def through_cycle(data, masking_key):
    return bytes(byte ^ mask for byte, mask in zip(data, itertools.cycle(masking_key), strict=False))


@variant("5.1")
def as_one_large_number(data, masking_key):
    size = len(data)
    key = (masking_key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


@variant("5.1")
def a_table_for_each_byte_of_the_key(data, masking_key):
    masked = bytearray(data)
    for place, key in enumerate(masking_key):
        masked[place::4] = bytes(masked[place::4]).translate(bytes(byte ^ key for byte in range(256)))
    return bytes(masked)


@variant("5.1")
def xor_spelled_out(data, masking_key):
    assert len(masking_key) == 4
    return b"".join(
        bytes([(data[i] | masking_key[i & 3]) & ~(data[i] & masking_key[i & 3])]) for i in range(len(data))
    )


# 5.2 encode_payload_len


@variant(
    "5.2",
    blocks=True,
    stray={
        "boundary-125": "if n < 125:",
        "127-is-four-bytes": 'return bytes([mask | 127]) + n.to_bytes(4, "big")',
    },
)
def three_forms_in_a_row(n, masked):
    mask = 0b1000_0000 if masked else 0
    if n <= 125:
        return bytes([mask | n])
    if n <= 65_535:
        return bytes([mask | 126]) + n.to_bytes(2, "big")
    return bytes([mask | 127]) + n.to_bytes(8, "big")


@variant("5.2")
def packed(n, masked):
    flag = masked << 7
    if n > 0xFFFF:
        return struct.pack("!BQ", flag | 127, n)
    if n > 125:
        return struct.pack(">BH", flag | 126, n)
    return struct.pack("B", flag | n)


FORMS = (
    (126, 0, None),
    (65_536, 2, 126),
    (1 << 64, 8, 127),
)  # lengths below, bytes that follow, what says so


@variant("5.2")
def forms_in_a_table(n, masked):
    size, mark = next((size, mark) for end, size, mark in FORMS if n < end)
    first = (n if mark is None else mark) + (128 if masked else 0)
    return bytes((first, *n.to_bytes(size, "big"))) if size else bytes((first,))


@variant("5.2")
def byte_by_byte(n, masked):
    if n < 0 or n >= 2**63:
        raise OverflowError(n)
    shifts = [] if n < 126 else [8, 0] if n < 2**16 else range(56, -8, -8)
    short = {0: n, 2: 126, 8: 127}[len(shifts)]
    out = bytearray([short | 0x80 if masked else short])
    for shift in shifts:
        out.append(n >> shift & 255)
    return bytes(out)


@variant("5.2")
def from_hex(n, masked):
    match n:
        case _ if n in range(126):
            text = "%02x" % n
        case _ if n in range(2**16):
            text = "7e%04x" % n
        case _ if n > 0:
            text = "7f%016x" % n
        case _:
            raise TypeError("no length")
    data = bytes.fromhex(text)
    return bytes([data[0] ^ 0x80]) + data[1:] if masked else data


# 5.3 decode_payload_len


@variant(
    "5.3",
    blocks=True,
    stray={
        "mask-bit-in-length": "short = buf[0]",
        "number-runs-to-the-end": 'return int.from_bytes(buf[1:], "big"), used',
    },
)
def first_how_many_then_the_number(buf):
    if len(buf) == 0:
        return None
    short = buf[0] & 0b0111_1111
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    if len(buf) < used:
        return None
    return int.from_bytes(buf[1:used], "big"), used


@variant("5.3")
def unpacked(buf):
    if len(buf) < 1:
        return None
    short = buf[0] % 128
    for mark, form, used in ((126, "!H", 3), (127, "!Q", 9)):
        if short == mark:
            return (*struct.unpack_from(form, buf, 1), used) if len(buf) >= used else None
    return (short, 1)


@variant("5.3")
def through_an_exception(buf):
    try:
        (first,) = struct.unpack_from("B", buf)
        if first & 127 == 126:
            return struct.unpack_from(">H", buf, 1)[0], 3
        if first & 127 == 127:
            return struct.unpack_from(">Q", buf, 1)[0], 9
    except struct.error:
        return None
    return first & 127, 1


@variant("5.3")
def digit_by_digit(buf):
    data = bytes(buf[:9])
    if not data:
        return None
    short = data[0] - 128 if data[0] >= 128 else data[0]
    more = {126: 2, 127: 8}.get(short, 0)
    if not more:
        return short, 1
    if len(data) - 1 < more:
        return None
    n = 0
    for byte in data[1 : 1 + more]:
        n = n * 256 + byte
    return n, 1 + more


@variant("5.3")
def read_from_a_stream(buf):
    stream = BytesIO(buf)
    first = stream.read(1)
    if not first:
        return None
    short = ord(first) & ~0x80
    size = (0, 2, 8)[max(0, short - 125)]
    number = stream.read(size)
    if len(number) < size:
        return None
    return (int(number.hex(), 16) if size else short), stream.tell()


# 5.4 encode_frame


@variant(
    "5.4",
    blocks=True,
    stray={
        "key-before-length": "return bytes([first]) + key + length + apply_mask(frame.payload, key)",
        "mask-in-length": "length = encode_payload_len(len(frame.payload) + 4, key is not None)",
    },
)
def bit_by_bit(frame):
    if not 0 <= frame.opcode <= 15:
        raise ValueError("an opcode has 4 bits")
    bits = (frame.fin, frame.rsv1, frame.rsv2, frame.rsv3)
    first = frame.opcode
    for bit, is_set in zip((0x80, 0x40, 0x20, 0x10), bits, strict=True):
        if is_set:
            first = first | bit
    key = frame.masking_key
    length = encode_payload_len(len(frame.payload), key is not None)
    if key is None:
        return bytes([first]) + length + frame.payload
    return bytes([first]) + length + key + apply_mask(frame.payload, key)


@variant("5.4")
def shifted(frame):
    if frame.opcode & ~0xF:
        raise OverflowError("opcode")
    first = frame.fin << 7 | frame.rsv1 << 6 | frame.rsv2 << 5 | frame.rsv3 << 4 | frame.opcode
    masked = frame.masking_key is not None
    out = bytearray([first])
    out += encode_payload_len(len(frame.payload), masked)
    if masked:
        out += frame.masking_key
        out += apply_mask(frame.payload, frame.masking_key)
    else:
        out += frame.payload
    return bytes(out)


@variant("5.4")
def as_a_text_of_bits(frame):
    flags = "".join("01"[bool(flag)] for flag in (frame.fin, frame.rsv1, frame.rsv2, frame.rsv3))
    bits = flags + format(int(frame.opcode), "04b")
    parts = [int(bits, 2).to_bytes(1, "big")]
    if frame.masking_key:
        parts += [
            encode_payload_len(len(frame.payload), True),
            frame.masking_key,
            apply_mask(frame.payload, frame.masking_key),
        ]
    else:
        parts += [encode_payload_len(len(frame.payload), False), frame.payload]
    return b"".join(parts)


class Writer:
    def __init__(self):
        self.stream = BytesIO()

    def head(self, frame):
        if not frame.opcode < 16:
            raise ValueError("opcode")
        self.stream.write(bytes([sum(bit for bit, on in self.bits(frame) if on) + frame.opcode]))

    def bits(self, frame):
        return (128, frame.fin), (64, frame.rsv1), (32, frame.rsv2), (16, frame.rsv3)

    def rest(self, payload, key):
        self.stream.write(encode_payload_len(len(payload), key is not None))
        self.stream.write(key or b"")
        self.stream.write(payload if key is None else apply_mask(payload, key))


@variant("5.4")
def through_a_writer(frame):
    writer = Writer()
    writer.head(frame)
    writer.rest(frame.payload, frame.masking_key)
    return writer.stream.getvalue()


@variant("5.4")
def all_by_hand(frame):
    fin, payload, key = frame.fin, frame.payload, frame.masking_key
    if frame.opcode > 15:
        raise ValueError(frame.opcode)
    first = (128 if fin else 0) + 64 * frame.rsv1 + 32 * frame.rsv2 + 16 * frame.rsv3 + frame.opcode
    n = len(payload)
    top = 0 if key is None else 128
    if n < 126:
        head = struct.pack("!BB", first, top + n)
    elif n < 65536:
        head = struct.pack("!BBH", first, top + 126, n)
    else:
        head = struct.pack("!BBQ", first, top + 127, n)
    if key is None:
        return head + payload
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


# 5.8 trace_frames


@variant("5.8")
def tables_from_a_helper(*_):
    def rows(fin, opcode, length, payload, key=None):
        table = [(0, "FIN", fin), (0, "RSV", 0), (0, "opcode", opcode), (1, "MASK", int(key is not None))]
        table.append((1, "payload length", length))
        if key is not None:
            table.append((2, "masking key", key))
        return table + [(2 if key is None else 6, "payload", payload)]

    key = bytes.fromhex("37fa213d")
    head = [(0, "FIN", 1), (0, "RSV", 0), (0, "opcode", 2), (1, "MASK", 0)]
    return {
        "text": rows(1, 1, 5, b"Hello"),
        "masked text": rows(1, 1, 5, b"Hello", key),
        "first fragment": rows(0, 1, 3, b"Hel"),
        "last fragment": rows(1, 0, 2, b"lo"),
        "ping": rows(1, 9, 5, b"Hello"),
        "pong": rows(1, 10, 5, b"Hello", key),
        "256 bytes": head + [(1, "payload length", 126), (2, "extended payload length", 0x0100)],
        "64 KiB": head + [(1, "payload length", 0x7F), (2, "extended payload length", 2**16)],
    }


@variant("5.8")
def tables_of_lists_in_another_order():
    hello = [0x48, 0x65, 0x6C, 0x6C, 0x6F]
    key = bytearray(b"\x37\xfa\x21\x3d")
    short = [["MASK", 1, False], ["FIN", 0, True], ["RSV", 0, 0b000]]
    masked = [["FIN", 0, True], ["RSV", 0, 0], ["MASK", 1, True], ["masking key", 2, key]]
    columns = {
        "64 KiB": [
            *short,
            ["opcode", 0, 2],
            ["extended payload length", 2, 65536],
            ["payload length", 1, 127],
        ],
        "256 bytes": [
            *short,
            ["opcode", 0, 2],
            ["extended payload length", 2, 256],
            ["payload length", 1, 126],
        ],
        "pong": [["payload", 6, bytes(hello)], *masked, ["opcode", 0, 0xA], ["payload length", 1, 5]],
        "ping": [["payload", 2, bytes(hello)], *short, ["opcode", 0, 0x9], ["payload length", 1, 5]],
        "last fragment": [["payload", 2, b"lo"], *short, ["opcode", 0, 0], ["payload length", 1, 2]],
        "first fragment": [["payload", 2, b"Hel"], *short, ["opcode", 0, 1], ["payload length", 1, 3]],
        "masked text": [["payload", 6, b"Hello"], *masked, ["opcode", 0, 1], ["payload length", 1, 5]],
        "text": [["payload", 2, b"Hello"], *short, ["opcode", 0, 1], ["payload length", 1, 5]],
    }
    columns["first fragment"] = [
        row if row[0] != "FIN" else ["FIN", 0, False] for row in columns["first fragment"]
    ]
    return {name: [[offset, field, value] for field, offset, value in rows] for name, rows in columns.items()}


WIRE = {
    "text": "81 05 48 65 6c 6c 6f",
    "masked text": "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    "first fragment": "01 03 48 65 6c",
    "last fragment": "80 02 6c 6f",
    "ping": "89 05 48 65 6c 6c 6f",
    "pong": "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
    "256 bytes": "82 7e 01 00",
    "64 KiB": "82 7f 00 00 00 00 00 01 00 00",
}


@variant("5.8")
def tables_read_by_code():
    tables = {}
    for name, text in WIRE.items():
        data = bytes.fromhex(text)
        short, at = data[1] & 127, 2
        rows = [(0, "FIN", data[0] >> 7), (0, "RSV", data[0] >> 4 & 7), (0, "opcode", data[0] & 15)]
        rows += [(1, "MASK", data[1] >> 7), (1, "payload length", short)]
        if short > 125:
            rows.append((2, "extended payload length", int.from_bytes(data[2:], "big")))
            at = len(data)
        key = bytes(4)
        if data[1] & 128:
            key = data[2:6]
            rows.append((2, "masking key", key))
            at = 6
        if short < 126:
            rows.append((at, "payload", bytes(b ^ key[i % 4] for i, b in enumerate(data[at:]))))
        tables[name] = rows
    return tables


@variant("5.8")
def tables_from_lines_of_text():
    text = """
        text            | FIN 0 1 | RSV 0 0 | opcode 0 1  | MASK 1 0 | payload length 1 5
        masked text     | FIN 0 1 | RSV 0 0 | opcode 0 1  | MASK 1 1 | payload length 1 5
        first fragment  | FIN 0 0 | RSV 0 0 | opcode 0 1  | MASK 1 0 | payload length 1 3
        last fragment   | FIN 0 1 | RSV 0 0 | opcode 0 0  | MASK 1 0 | payload length 1 2
        ping            | FIN 0 1 | RSV 0 0 | opcode 0 9  | MASK 1 0 | payload length 1 5
        pong            | FIN 0 1 | RSV 0 0 | opcode 0 10 | MASK 1 1 | payload length 1 5
        256 bytes       | FIN 0 1 | RSV 0 0 | opcode 0 2  | MASK 1 0 | payload length 1 126
        64 KiB          | FIN 0 1 | RSV 0 0 | opcode 0 2  | MASK 1 0 | payload length 1 127
    """
    tables = {}
    for line in text.strip().splitlines():
        name, *columns = (part.strip() for part in line.split("|"))
        cells = [column.rsplit(" ", 2) for column in columns]
        tables[name] = [(int(offset), field, int(value)) for field, offset, value in cells]
    for name in ("masked text", "pong"):
        tables[name].append((2, "masking key", bytes([0x37, 0xFA, 0x21, 0x3D])))
    for name, payload in {"first fragment": b"Hel", "last fragment": b"lo"}.items():
        tables[name].append((2, "payload", payload))
    for name, offset in {"text": 2, "ping": 2, "masked text": 6, "pong": 6}.items():
        tables[name].append((offset, "payload", b"Hello"))
    tables["256 bytes"].append((2, "extended payload length", 1 << 8))
    tables["64 KiB"].append((2, "extended payload length", 1 << 16))
    return tables
