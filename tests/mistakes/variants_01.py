"""Correct answers to the exercises of lesson 1 that look different from the reference.

Each must pass every case, and none may be called a mistake. The first variant of each exercise is the plain
one, from which the third hint is made.
"""

import functools
import io
import itertools
import re
import socket
import struct

from classroom.mistakes import variant

# 1.1 recv_exactly


@variant(
    "1.1",
    blocks=True,
    stray={
        "recv-n-each-time": "    piece = sock.recv(n)",
        "one-byte-too-many": "while len(data) <= n:",
    },
)
def one_piece_after_the_other(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError("the stream ended too early")
        data += piece
    return data


@variant("1.1")
def into_one_buffer(sock, n):
    buffer = bytearray(n)
    view = memoryview(buffer)
    while view:
        count = sock.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return bytes(buffer)


@variant("1.1")
def with_waitall(sock, n):
    data = sock.recv(n, socket.MSG_WAITALL)
    if len(data) < n:
        raise EOFError(f"{len(data)} of {n} bytes")
    return data


@variant("1.1")
def through_an_unbuffered_file(sock, n):
    file = sock.makefile("rb", buffering=0)
    pieces = []
    while n > 0:
        piece = file.read(n)
        if not piece:
            raise EOFError
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)


@variant("1.1")
def byte_by_byte(sock, n):
    data = bytearray()
    for _ in range(n):
        byte = sock.recv(1)
        if byte == b"":
            raise EOFError("end of stream")
        data.append(byte[0])
    return bytes(data)


@variant("1.1")
def calling_itself(sock, n):
    def receive(missing):
        if missing == 0:
            return b""
        piece = sock.recv(min(missing, 4096))
        if not piece:
            raise EOFError
        return piece + receive(missing - len(piece))

    return receive(n)


class TooShort(EOFError):
    pass


@variant("1.1")
def with_an_exception_of_its_own(sock, n):
    data = b""
    while (missing := n - len(data)) > 0:
        piece = sock.recv(missing)
        if len(piece) == 0:
            raise TooShort(data)
        data = data + piece
    return data


# 1.2 recv_until


@variant(
    "1.2",
    blocks=True,
    stray={
        "searched-in-the-last-piece": "while delimiter not in piece:",
        "delimiter-in-the-rest": "end = data.index(delimiter)",
    },
)
def search_all_that_came(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) >= limit:
            raise ValueError("no delimiter within the limit")
        piece = sock.recv(4096)
        if not piece:
            raise EOFError("the stream ended before the delimiter")
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError("the delimiter is beyond the limit")
    return data[:end], data[end:]


@variant("1.2")
def one_byte_at_a_time(sock, delimiter, limit=65_536):
    data = bytearray()
    while not data.endswith(delimiter):
        if len(data) == limit:
            raise ValueError(f"more than {limit} bytes")
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        data += byte
    return bytes(data), b""


@variant("1.2")
def parted(sock, delimiter, limit=1 << 16):
    buffer = b""
    while True:
        head, found, rest = buffer.partition(delimiter)
        if len(head + found) > limit or (not found and len(head) >= limit):
            raise ValueError(limit)
        if found:
            return head + found, rest
        piece = sock.recv(1024)
        if piece == b"":
            raise EOFError("no delimiter")
        buffer += piece


@variant("1.2")
def never_more_than_the_limit(sock, delimiter, limit=65_536):
    data = b""
    while len(data) < limit:
        piece = sock.recv(limit - len(data))
        if not piece:
            raise EOFError(data)
        data += piece
        place = data.find(delimiter)
        if place >= 0:
            place += len(delimiter)
            return data[:place], data[place:]
    raise ValueError("too long")


@variant("1.2")
def with_a_pattern_and_a_buffer(sock, delimiter, limit=65_536):
    pattern = re.compile(b".*?" + re.escape(delimiter), re.DOTALL)
    file = io.BytesIO()
    space = bytearray(2048)
    while not (match := pattern.match(file.getvalue())):
        if file.tell() >= limit:
            raise ValueError("limit")
        count = sock.recv_into(space)
        if not count:
            raise EOFError
        file.write(space[:count])
    if match.end() > limit:
        raise ValueError("limit")
    return match[0], file.getvalue()[match.end() :]


@variant("1.2")
def looked_at_before_it_is_taken(sock, delimiter, limit=65_536):
    data = b""
    while True:
        seen = sock.recv(4096, socket.MSG_PEEK)
        if not seen:
            raise EOFError
        place = (data + seen).find(delimiter)
        count = len(seen) if place < 0 else place + len(delimiter) - len(data)
        data += sock.recv(count)
        if len(data) > limit or (place < 0 and len(data) >= limit):
            raise ValueError
        if place >= 0:
            return data, b""


# 1.3 length_prefixed


@variant(
    "1.3",
    blocks=True,
    stray={
        "little-endian": 'prefix = size.to_bytes(2, "little")',
        "length-counts-itself": "size = len(payload) + 2",
    },
)
def length_then_payload(payload):
    size = len(payload)
    if size > 65535:
        raise ValueError("too long for a 2-byte length")
    prefix = size.to_bytes(2, "big")
    return prefix + payload


@variant("1.3")
def with_struct(payload):
    try:
        return struct.pack("!H", len(payload)) + payload
    except struct.error as error:
        raise ValueError(f"{len(payload)} bytes") from error


@variant("1.3")
def high_and_low(payload):
    high, low = divmod(len(payload), 256)
    return bytes([high, low]) + payload


@variant("1.3")
def packed_at_once(payload):
    if len(payload) >= 1 << 16:
        raise ValueError
    return struct.pack(f">H{len(payload)}s", len(payload), payload)


@variant("1.3")
def shifted(payload):
    message = bytearray()
    message.append(len(payload) >> 8)
    message.append(len(payload) & 0xFF)
    message.extend(payload)
    return bytes(message)


@variant("1.3")
def through_hex(payload):
    if len(payload) > 0xFFFF:
        raise ValueError("more than 16 bits")
    return bytes.fromhex(f"{len(payload):04x}") + payload


# 1.4 split_length_prefixed


@variant(
    "1.4",
    blocks=True,
    stray={
        "length-counts-itself": '    end = int.from_bytes(buffer[:2], "big")',
        "last-message-held-back": "    if len(buffer) <= end:",
        "buffer-emptied": "    buffer.clear()",
    },
)
def first_message_again_and_again(buffer):
    payloads = []
    while len(buffer) >= 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[2:end]))
        del buffer[:end]
    return payloads


@variant("1.4")
def rest_written_back(buffer):
    data, payloads = bytes(buffer), []
    while len(data) > 1:
        (size,) = struct.unpack("!H", data[:2])
        if len(data) - 2 < size:
            break
        payloads.append(data[2 : 2 + size])
        data = data[2 + size :]
    buffer[:] = data
    return payloads


@variant("1.4")
def with_a_view(buffer):
    found, place = [], 0
    with memoryview(buffer) as view:
        while len(view) - place >= 2:
            size = view[place] << 8 | view[place + 1]
            if len(view) - place < 2 + size:
                break
            found.append(view[place + 2 : place + 2 + size].tobytes())
            place += 2 + size
    del buffer[0:place]
    return found


@variant("1.4")
def first_then_the_others(buffer):
    def take(payloads):
        try:
            size = struct.unpack_from(">H", buffer)[0]
        except struct.error:
            return payloads
        if len(buffer) < size + 2:
            return payloads
        payload = bytes(buffer[2 : size + 2])
        buffer[: size + 2] = b""
        return take([*payloads, payload])

    return take([])


def whole_messages(buffer):
    for _ in itertools.count():
        head = bytes(buffer[:2])
        size = int.from_bytes(head, "big") if len(head) == 2 else len(buffer)
        if size + 2 > len(buffer):
            return
        payload = buffer[2 : size + 2]
        for _ in range(size + 2):
            buffer.pop(0)
        yield bytes(payload)


@variant("1.4")
def with_a_generator(buffer):
    return list(whole_messages(buffer))


# 1.5 echo_once


@variant(
    "1.5",
    blocks=True,
    stray={
        "send-result-ignored": "    conn.send(piece)",
        "one-piece-only": "    return total",
    },
)
def back_as_it_comes(conn):
    total = 0
    while True:
        piece = conn.recv(4096)
        if not piece:
            break
        conn.sendall(piece)
        total += len(piece)
    return total


@variant("1.5")
def send_until_all_is_gone(conn):
    count = 0
    while data := conn.recv(1024):
        while data:
            sent = conn.send(data)
            count += sent
            data = data[sent:]
    return count


@variant("1.5")
def with_iter(conn):
    total = 0
    for piece in iter(functools.partial(conn.recv, 65536), b""):
        conn.sendall(piece)
        total += len(piece)
    return total


@variant("1.5")
def into_a_buffer(conn):
    space, total = bytearray(2048), 0
    with memoryview(space) as view:
        while count := conn.recv_into(view):
            conn.sendall(view[:count])
            total += count
    return total


def pieces_of(conn):
    piece = conn.recv(512)
    while piece:
        yield piece
        piece = conn.recv(512)


def send_back(conn, piece):
    conn.sendall(piece)
    return len(piece)


@variant("1.5")
def summed(conn):
    return sum(send_back(conn, piece) for piece in pieces_of(conn))


@variant("1.5")
def through_files(conn):
    total = 0
    with conn.makefile("rb", buffering=0) as reading, conn.makefile("wb") as writing:
        while data := reading.read(4096):
            writing.write(data)
            writing.flush()
            total += len(data)
    return total


# 1.6 examples_for_split


@variant("1.6", blocks=True)
def one_stream_cut_in_many_ways():
    # 1 messages with their lengths in front: plain, empty, with bytes that are no text, long
    one, two = b"\x00\x05Hello", b"\x00\x02Hi"
    empty = b"\x00\x00"
    binary = b"\x00\x03\xff\x00 "
    long = b"\x01\x2c" + b"x" * 300
    # 2 each in a piece of its own
    examples = [([one], [b"Hello"])]
    examples.append(([one, two], [b"Hello", b"Hi"]))
    examples.append(([binary], [b"\xff\x00 "]))
    examples.append(([long], [b"x" * 300]))
    # 3 several glued together
    examples.append(([one + two], [b"Hello", b"Hi"]))
    examples.append(([one + empty + two], [b"Hello", b"", b"Hi"]))
    # 4 cut inside a payload, and inside a length
    examples.append(([one[:4], one[4:]], [b"Hello"]))
    examples.append(([one[:1], one[1:]], [b"Hello"]))
    # 5 a message that is not whole when the last piece has come
    examples.append(([two + one[:4]], [b"Hi"]))
    return examples


@variant("1.6")
def every_cut_of_one_stream():
    payloads = [b"one", b"", bytes(range(200, 256)) * 5, b"two "]
    stream = b"".join(struct.pack("!H", len(each)) + each for each in payloads)
    pairs = [([stream[:at], stream[at:]], payloads) for at in range(1, len(stream))]
    return [([stream], payloads), *pairs[:20], *pairs[-20:]]


@variant("1.6")
def two_examples():
    first = [b"\x00\x01a", b"\x00", b"\x02", b"bc\x00", b"\x00\x00\x01\xff"]
    return [
        (first, [b"a", b"bc", b"", b"\xff"]),
        ([b"\x01\x00" + bytes(256) + b"\x00\x03 d ", b"\x00\x04half"[:4]], [bytes(256), b" d "]),
    ]


class Examples(list):
    pass


class Stream:
    def __init__(self, *payloads):
        self.payloads = list(payloads)
        self.bytes = b"".join(bytes([len(each) >> 8, len(each) & 255]) + each for each in payloads)

    def cut(self, size):
        starts = range(0, len(self.bytes), size)
        return [self.bytes[start : start + size] for start in starts], self.payloads


@variant("1.6")
def pieces_of_every_size():
    stream = Stream(b"Hello", b"", b"\x80\x81", b" ", b"y" * 260)
    return [stream.cut(size) for size in (1, 2, 3, 5, 7, 100, 1000)]
