"""Known wrong answers to the exercises of lesson 1, each with a name and a question.

They are code as people write it. What the answers to one exercise have in common stands above them.
"""

import struct

from classroom.mistakes import mistake

RECV_N = (
    "https://github.com/micropython/micropython-lib/issues/1037, "
    "https://github.com/danni/uwebsockets/issues/16, https://github.com/apache/thrift/pull/3781"
)
NODE = "https://github.com/nodejs/node/issues/3445"


# 1.1 recv_exactly


@mistake("1.1", "Does recv(n) wait for n bytes, or give what is there?", rfc="RFC 9293 2.2", source=RECV_N)
def recv_n_returns_n(sock, n):
    return sock.recv(n)


@mistake("1.1", "What does recv give when the peer has finished, and who looks?", rfc="RFC 9293 3.9.1.3")
def eof_not_seen(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(n - len(data))
    return data


@mistake("1.1", "Who tells the caller that fewer bytes came than were asked for?", rfc="RFC 9293 3.6")
def short_at_the_end(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data


@mistake(
    "1.1",
    "Must each caller ask for None, or is there an exception for it?",
    rfc="RFC 9293 3.6",
    name="none-at-the-end",
)
def none_in_place_of_bytes(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            return None
        data += piece
    return data


@mistake("1.1", "Where are the bytes that had come before the stream ended?", rfc="RFC 9293 3.6")
def empty_at_the_end(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            return b""
        data += piece
    return data


@mistake("1.1", "Which exception does the docstring promise?", rfc="RFC 9293 3.6")
def connection_error_at_the_end(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ConnectionError("the peer has gone")
        data += piece
    return data


@mistake("1.1", "How many bytes are missing when you ask for n again?", rfc="RFC 9293 2.2")
def recv_n_each_time(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n)
        if not piece:
            raise EOFError
        data += piece
    return data


@mistake("1.1", "Where do the bytes go that you received beyond n?", rfc="RFC 9293 2.2")
def rest_thrown_away(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    return data[:n]


@mistake(
    "1.1",
    "How much does a file with a buffer take out of the socket, and who gets that later?",
    rfc="RFC 9293 2.2",
)
def buffered_file(sock, n):
    return sock.makefile("rb").read(n)


@mistake("1.1", "How many pieces may n bytes come in?", rfc="RFC 9293 2.2")
def asks_twice(sock, n):
    data = sock.recv(n)
    if len(data) < n:
        data += sock.recv(n - len(data))
    if len(data) < n:
        raise EOFError
    return data


@mistake("1.1", "How many bytes have you got when your loop asks once more?", rfc="RFC 9293 2.2")
def one_byte_too_many(sock, n):
    data = b""
    while len(data) <= n:
        piece = sock.recv(n - len(data) + 1)
        if not piece:
            raise EOFError
        data += piece
    return data


@mistake("1.1", "What does recv(0) give, and does it mean that the stream has ended?", rfc="RFC 9293 3.9.1.3")
def nothing_is_the_end(sock, n):
    data = b""
    while True:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
        if len(data) == n:
            return data


@mistake(
    "1.1", "What is in the variable that you return after the last turn of the loop?", rfc="RFC 9293 2.2"
)
def last_piece_only(sock, n):
    missing, piece = n, b""
    while missing:
        piece = sock.recv(missing)
        if not piece:
            raise EOFError
        missing -= len(piece)
    return piece


@mistake("1.1", "Which piece came first, and where does it stand in your result?", rfc="RFC 9293 2.2")
def pieces_backwards(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data = piece + data
    return data


@mistake("1.1", "You have the pieces, but what makes one bytes object of them?", rfc="RFC 9293 2.2")
def list_of_pieces(sock, n):
    pieces = []
    while n:
        piece = sock.recv(n)
        if not piece:
            raise EOFError
        pieces.append(piece)
        n -= len(piece)
    return pieces


@mistake(
    "1.1",
    "What makes bytes out of a bytearray?",
    rfc="RFC 9293 2.2",
    name="bytearray-returned",
)
def data_in_a_bytearray(sock, n):
    data = bytearray()
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


@mistake("1.1", "Are the bytes of a stream always text?", rfc="RFC 9293 2.2")
def decoded(sock, n):
    text = ""
    while len(text) < n:
        piece = sock.recv(n - len(text))
        if not piece:
            raise EOFError
        text += piece.decode()
    return text


@mistake("1.1", "Does a short piece mean that nothing more will come?", rfc="RFC 9293 2.2")
def short_piece_is_the_end(sock, n):
    data = b""
    while True:
        piece = sock.recv(1024)
        data += piece
        if len(piece) < 1024:
            return data[:n]


@mistake(
    "1.1", "Which exception tells that the stream has ended, as the docstring promises?", rfc="RFC 9293 3.6"
)
def value_error_at_the_end(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ValueError("too few bytes")
        data += piece
    return data


@mistake("1.1", "Is a piece that is too short the end of the stream?", rfc="RFC 9293 2.2")
def short_piece_is_eof(sock, n):
    data = sock.recv(n)
    if len(data) < n:
        raise EOFError
    return data


@mistake(
    "1.1",
    "Your loop makes data longer and n smaller. After how many of the bytes do the two meet?",
    rfc="RFC 9293 2.2",
)
def counted_twice(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
        n -= len(piece)
    return data


@mistake("1.1", "What does len count in a list of pieces: bytes, or pieces?", rfc="RFC 9293 2.2")
def pieces_counted_not_bytes(sock, n):
    pieces = []
    while len(pieces) < n:
        piece = sock.recv(n - len(pieces))
        if not piece:
            raise EOFError
        pieces.append(piece)
    return b"".join(pieces)


@mistake(
    "1.1",
    "Which variable is b'' now: the piece, or all that has come?",
    rfc="RFC 9293 3.9.1.3",
)
def all_asked_not_the_piece(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(n - len(data))
        if not data:
            raise EOFError
    return data


@mistake("1.1", "Where is the first piece when the second one has come?", rfc="RFC 9293 2.2")
def each_piece_replaces_the_last(sock, n):
    data = b""
    while len(data) < n:
        data = sock.recv(n)
        if not data:
            raise EOFError
    return data


@mistake("1.1", "Which line of your loop counts the bytes that have come?", rfc="RFC 9293 2.2")
def count_never_moves(sock, n):
    data, count = b"", 0
    while count < n:
        piece = sock.recv(n - count)
        if not piece:
            raise EOFError
        data += piece
    return data


@mistake(
    "1.1",
    "recv stands in front of your loop. What makes data longer inside it?",
    rfc="RFC 9293 2.2",
    loops=True,
)
def nothing_received_in_the_loop(sock, n):
    data = sock.recv(n)
    while len(data) < n:
        pass
    return data


# 1.2 recv_until


@mistake(
    "1.2",
    "How many recvs may it take until the delimiter has come?",
    rfc="RFC 9293 2.2",
    name="recv-is-a-message",
)
def one_recv_until(sock, delimiter, limit=65536):
    head, found, rest = sock.recv(limit).partition(delimiter)
    return head + found, rest


@mistake(
    "1.2",
    "What if a recv gives the first half of the delimiter, and the next the second?",
    rfc="RFC 9293 2.2",
)
def searched_in_the_last_piece(sock, delimiter, limit=65536):
    data, piece = b"", b""
    while delimiter not in piece:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
        if len(data) >= limit and delimiter not in piece:
            raise ValueError
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake(
    "1.2",
    "The delimiter has come already. In which bytes did you look for it?",
    rfc="RFC 9293 2.2",
)
def each_piece_searched_alone(sock, delimiter, limit=65536):
    data = b""
    while True:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
        if delimiter in piece:
            break
        if len(data) > limit:
            raise ValueError
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


def receive_until(sock, delimiter, limit):
    """The right way, for mistakes that are made in the last step."""
    data = b""
    while delimiter not in data:
        if len(data) >= limit:
            raise ValueError("too long")
        piece = sock.recv(4096)
        if not piece:
            raise EOFError("too short")
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError("too long")
    return data, end


@mistake("1.2", "Where are the bytes that came behind the delimiter in the same recv?", rfc="RFC 9293 2.2")
def rest_lost(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return data[:end], b""


@mistake("1.2", "At which index does the delimiter end?", rfc="RFC 9112 2.2")
def delimiter_left_out(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return data[: end - len(delimiter)], data[end:]


@mistake("1.2", "To which of the two parts does the delimiter belong?", rfc="RFC 9112 2.2")
def delimiter_in_the_rest(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return data[: end - len(delimiter)], data[end - len(delimiter) :]


@mistake(
    "1.2", "Where may the bytes be cut: after the first delimiter, or after the last?", rfc="RFC 9112 2.2"
)
def last_delimiter(sock, delimiter, limit=65536):
    data, _ = receive_until(sock, delimiter, limit)
    end = data.rindex(delimiter) + len(delimiter)
    return data[:end], data[end:]


@mistake("1.2", "How many parts does partition give, and how many must come?", rfc="RFC 9112 2.2")
def three_parts(sock, delimiter, limit=65536):
    data, _ = receive_until(sock, delimiter, limit)
    return data.partition(delimiter)


@mistake("1.2", "What holds two results together when a function returns them?", rfc="RFC 9112 2.2")
def list_of_two(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return [data[:end], data[end:]]


@mistake("1.2", "Who can read a rest that the function does not return?", rfc="RFC 9293 2.2")
def head_alone_returned(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return data[:end]


@mistake("1.2", "Are the bytes of a stream always text?", rfc="RFC 9112 2.2", name="decoded")
def decoded_parts(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return data[:end].decode(), data[end:]


@mistake(
    "1.2",
    "Of which type is a slice of a bytearray, and what makes bytes of it?",
    rfc="RFC 9112 2.2",
    name="bytearray-returned",
)
def two_bytearrays(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    return bytearray(data[:end]), bytearray(data[end:])


@mistake(
    "1.2",
    "What does recv give when the peer has finished, and who looks?",
    rfc="RFC 9293 3.9.1.3",
    name="eof-not-seen",
)
def eof_not_seen_until(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data[:limit]:
        if len(data) >= limit:
            raise ValueError
        data += sock.recv(4096)
    end = data.index(delimiter) + len(delimiter)
    return data[:end], data[end:]


@mistake("1.2", "How does the caller learn that no delimiter has come?", rfc="RFC 9293 3.6")
def all_at_the_end(sock, delimiter, limit=65536):
    try:
        data = b""
        while delimiter not in data:
            if len(data) >= limit:
                raise ValueError
            piece = sock.recv(4096)
            if not piece:
                return data, b""
            data += piece
        end = data.index(delimiter) + len(delimiter)
        if end > limit:
            raise ValueError
        return data[:end], data[end:]
    except EOFError:
        return b"", b""


@mistake("1.2", "Who stops a peer that sends for ever and never a delimiter?", rfc="10.4")
def limit_ignored(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    end = data.index(delimiter) + len(delimiter)
    return data[:end], data[end:]


@mistake(
    "1.2",
    "Ten bytes have come, the limit is ten, the delimiter is not among them. Can any further byte help?",
    rfc="RFC 9293 2.2",
)
def limit_waits_for_one_more(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) > limit:
            raise ValueError
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake("1.2", "Up to which byte must the delimiter have come: its first, or its last?", rfc="RFC 9112 2.2")
def limit_without_the_delimiter(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) >= limit + len(delimiter):
            raise ValueError
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end - len(delimiter) > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake("1.2", "Do the bytes behind the delimiter count against the limit?", rfc="RFC 9293 2.2")
def limit_counts_the_rest(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
        if len(data) > limit:
            raise ValueError
    end = data.index(delimiter) + len(delimiter)
    return data[:end], data[end:]


@mistake("1.2", "Is a delimiter that ends exactly at the limit within it?", rfc="RFC 9112 2.2")
def limit_one_too_low(sock, delimiter, limit=65536):
    data, end = receive_until(sock, delimiter, limit)
    if end >= limit:
        raise ValueError
    return data[:end], data[end:]


@mistake("1.2", "May a part of the delimiter be among the bytes that have come so far?", rfc="RFC 9293 2.2")
def gives_up_too_soon(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) + len(delimiter) > limit:
            raise ValueError
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake(
    "1.2",
    "Which exception says that the peer has finished, and which that it sent too much?",
    rfc="RFC 9293 3.6",
)
def limit_as_eof(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        piece = sock.recv(4096)
        if not piece or len(data) >= limit:
            raise EOFError
        data += piece
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise EOFError
    return data[:end], data[end:]


@mistake("1.2", "Must the delimiter stand at the end of what has come?", rfc="RFC 9293 2.2")
def delimiter_at_the_end(sock, delimiter, limit=65536):
    data = b""
    while not data.endswith(delimiter):
        if len(data) >= limit:
            raise ValueError
        piece = sock.recv(4096)
        if not piece:
            raise EOFError
        data += piece
    if len(data) > limit:
        raise ValueError
    return data, b""


@mistake("1.2", "Which delimiter was asked for?", rfc="RFC 9112 2.2")
def delimiter_fixed(sock, delimiter, limit=65536):
    data, end = receive_until(sock, b"\r\n\r\n", limit)
    return data[:end], data[end:]


@mistake(
    "1.2", "Which delimiters does readline know, and how much does a file read ahead?", rfc="RFC 9112 2.2"
)
def readline(sock, delimiter, limit=65536):
    line = sock.makefile("rb").readline(limit)
    if not line:
        raise EOFError
    return line, b""


@mistake(
    "1.2",
    "What may the byte be that does not fit: is it the first of the delimiter once more?",
    rfc="RFC 9112 2.2",
)
def matched_byte_by_byte(sock, delimiter, limit=65536):
    data, matched = b"", 0
    while matched < len(delimiter):
        if len(data) >= limit:
            raise ValueError
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        data += byte
        matched = matched + 1 if byte[0] == delimiter[matched] else 0
    return data, b""


@mistake(
    "1.2",
    "Where is the first piece when the second one has come?",
    rfc="RFC 9293 2.2",
    name="each-piece-replaces-the-last",
)
def until_in_the_last_piece_only(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) >= limit:
            raise ValueError
        data = sock.recv(4096)
        if not data:
            raise EOFError
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake("1.2", "Into how many parts does split cut when the delimiter comes twice?", rfc="RFC 9112 2.2")
def split_at_every_delimiter(sock, delimiter, limit=65536):
    data, _ = receive_until(sock, delimiter, limit)
    head, rest = data.split(delimiter)
    return head + delimiter, rest


@mistake("1.2", "What does find give when the delimiter has not come yet?", rfc="RFC 9293 2.2")
def one_recv_and_find(sock, delimiter, limit=65536):
    data = sock.recv(limit)
    end = data.find(delimiter) + len(delimiter)
    return data[:end], data[end:]


@mistake(
    "1.2",
    "Which variable is b'' now: the piece, or all that has come?",
    rfc="RFC 9293 3.9.1.3",
    name="all-asked-not-the-piece",
)
def all_asked_until(sock, delimiter, limit=65536):
    data = b""
    while delimiter not in data:
        if len(data) >= limit:
            raise ValueError
        data += sock.recv(4096)
        if not data:
            raise EOFError
    end = data.index(delimiter) + len(delimiter)
    if end > limit:
        raise ValueError
    return data[:end], data[end:]


@mistake(
    "1.2",
    "recv stands in front of your loop. Which line inside it brings new bytes?",
    rfc="RFC 9293 2.2",
    name="nothing-received-in-the-loop",
    loops=True,
)
def until_without_another_recv(sock, delimiter, limit=65536):
    data = sock.recv(limit)
    while delimiter not in data:
        if len(data) > limit:
            raise ValueError
    end = data.index(delimiter) + len(delimiter)
    return data[:end], data[end:]


# 1.3 length_prefixed


def refuse_long(payload):
    """Right, for mistakes that are made elsewhere."""
    if len(payload) > 65535:
        raise ValueError("too long")


@mistake("1.3", "Which exception does the docstring promise, and which one does to_bytes raise?", rfc="5.2")
def overflow_error_escapes(payload):
    return len(payload).to_bytes(2, "big") + payload


@mistake("1.3", "Which of the two bytes goes first in network order?", rfc="5.2")
def little_endian(payload):
    refuse_long(payload)
    return struct.pack("<H", len(payload)) + payload


@mistake("1.3", "Does the length count itself?", rfc="5.2")
def length_counts_itself(payload):
    refuse_long(payload)
    return (len(payload) + 2).to_bytes(2, "big") + payload


@mistake("1.3", "How many bytes does the length take, and up to which number can they count?", rfc="5.2")
def one_byte_of_length(payload):
    return bytes([len(payload)]) + payload


@mistake("1.3", "How many bytes does the length take?", rfc="5.2")
def four_bytes_of_length(payload):
    refuse_long(payload)
    return struct.pack("!I", len(payload)) + payload


@mistake("1.3", "What does the high byte have to be for a payload of 256 bytes?", rfc="5.2")
def high_byte_always_zero(payload):
    return bytes([0, len(payload)]) + payload


@mistake("1.3", "What became of the part of the length that does not fit the low byte?", rfc="5.2")
def high_byte_lost(payload):
    if len(payload) > 65535:
        raise ValueError
    return bytes([0, len(payload) & 0xFF]) + payload


@mistake("1.3", "Is the length written as a number in two bytes, or as digits for people?", rfc="5.2")
def length_as_digits(payload):
    refuse_long(payload)
    return b"%02d" % len(payload) + payload


@mistake("1.3", "What does bytes(5) give?", rfc="5.2", name="bytes-of-a-number")
def zeros_for_a_length(payload):
    refuse_long(payload)
    return bytes(len(payload)) + payload


@mistake("1.3", "What does the receiver need first, the length or the payload?", rfc="5.2")
def length_behind(payload):
    refuse_long(payload)
    return payload + len(payload).to_bytes(2, "big")


@mistake("1.3", "Where is the payload in what you return?", rfc="5.2")
def length_alone(payload):
    refuse_long(payload)
    return len(payload).to_bytes(2, "big")


@mistake(
    "1.3",
    "Can a length be negative, and what does the letter of your format say to that?",
    rfc="5.2",
    name="signed-length",
)
def length_packed_signed(payload):
    refuse_long(payload)
    return struct.pack("!h", len(payload)) + payload


@mistake("1.3", "Which length does the receiver read when yours begins again at 0?", rfc="5.2")
def length_wraps(payload):
    return (len(payload) % 65536).to_bytes(2, "big") + payload


@mistake("1.3", "Who told the caller that the end of the payload is gone?", rfc="5.2")
def payload_cut(payload):
    payload = payload[:65535]
    return len(payload).to_bytes(2, "big") + payload


@mistake("1.3", "What happens to the receiver when the length says 65,535 and more bytes follow?", rfc="5.2")
def length_capped(payload):
    return min(len(payload), 65535).to_bytes(2, "big") + payload


@mistake("1.3", "Which is the largest number that two bytes hold?", rfc="5.2")
def longest_refused(payload):
    if len(payload) >= 65535:
        raise ValueError
    return len(payload).to_bytes(2, "big") + payload


@mistake("1.3", "Who needs a delimiter when the length is known?", rfc="5.2")
def newline_added(payload):
    refuse_long(payload)
    return len(payload).to_bytes(2, "big") + payload + b"\n"


@mistake("1.3", "Which bytes of the payload may you leave out?", rfc="5.2", name="payload-stripped")
def payload_stripped(payload):
    refuse_long(payload)
    payload = payload.strip()
    return len(payload).to_bytes(2, "big") + payload


@mistake("1.3", "Is an empty message no message?", rfc="5.2")
def empty_is_nothing(payload):
    refuse_long(payload)
    if not payload:
        return b""
    return len(payload).to_bytes(2, "big") + payload


@mistake(
    "1.3",
    "What makes bytes out of a bytearray?",
    rfc="5.2",
    name="bytearray-returned",
)
def prefix_in_a_bytearray(payload):
    refuse_long(payload)
    message = bytearray(len(payload).to_bytes(2, "big"))
    message += payload
    return message


@mistake("1.3", "In which unit does the length count: bits or bytes?", rfc="5.2")
def length_in_bits(payload):
    refuse_long(payload)
    return (len(payload) * 8).to_bytes(2, "big") + payload


@mistake("1.3", "What does struct raise for a number that is too large, and who catches it?", rfc="5.2")
def struct_error_escapes(payload):
    return struct.pack("!H", len(payload)) + payload


@mistake("1.3", "How many different numbers can one byte hold: 255, or 256?", rfc="5.2")
def divided_by_255(payload):
    refuse_long(payload)
    return bytes([len(payload) // 255, len(payload) % 255]) + payload


@mistake(
    "1.3",
    "What do you write: the number in bytes, or its digits as text?",
    rfc="5.2",
    name="length-in-digits",
)
def digits_without_zeros(payload):
    refuse_long(payload)
    return str(len(payload)).encode() + payload


# 1.4 split_length_prefixed


@mistake(
    "1.4",
    "What is in the buffer: one message, or whatever has come so far?",
    rfc="RFC 9293 2.2",
    source=NODE,
    name="recv-is-a-message",
)
def buffer_is_a_message(buffer):
    payload = bytes(buffer[2:])
    buffer.clear()
    return [payload]


@mistake("1.4", "What if two messages arrive at once?", rfc="RFC 9293 2.2")
def first_message_only(buffer):
    if len(buffer) < 2:
        return []
    end = 2 + int.from_bytes(buffer[:2], "big")
    if len(buffer) < end:
        return []
    payload = bytes(buffer[2:end])
    del buffer[:end]
    return [payload]


@mistake(
    "1.4",
    "Which object does the caller hold, and which one does your name hold at the end?",
    rfc="RFC 9293 2.2",
)
def buffer_rebound(buffer):
    payloads = []
    while len(buffer) >= 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[2:end]))
        buffer = buffer[end:]
    return payloads


def take_messages(buffer, read_length, missing=False):
    """The right way but for how the length is read."""
    payloads = []
    while len(buffer) >= 2:
        end = 2 + read_length(buffer)
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[2:end]))
        del buffer[:end]
    return payloads


@mistake(
    "1.4", "What about the start of the next message, which is in the buffer already?", rfc="RFC 9293 2.2"
)
def buffer_emptied(buffer):
    payloads = take_messages(buffer, lambda data: int.from_bytes(data[:2], "big"))
    buffer.clear()
    return payloads


@mistake("1.4", "Which of the two bytes comes first in network order?", rfc="5.2", name="little-endian")
def length_read_little_endian(buffer):
    return take_messages(buffer, lambda data: int.from_bytes(data[:2], "little"))


@mistake("1.4", "Does the length count itself?", rfc="5.2", name="length-counts-itself")
def length_read_with_itself(buffer):
    return take_messages(buffer, lambda data: max(int.from_bytes(data[:2], "big") - 2, 0))


@mistake("1.4", "What does the first byte of the length say from 256 bytes on?", rfc="5.2")
def high_byte_ignored(buffer):
    return take_messages(buffer, lambda data: data[1])


@mistake("1.4", "How many bytes does the length take?", rfc="5.2", name="one-byte-of-length")
def length_read_from_one_byte(buffer):
    payloads = []
    while buffer and len(buffer) >= 1 + buffer[0]:
        end = 1 + buffer[0]
        payloads.append(bytes(buffer[1:end]))
        del buffer[:end]
    return payloads


@mistake("1.4", "Is the length a part of the payload?", rfc="5.2")
def length_kept(buffer):
    payloads = []
    while len(buffer) >= 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[:end]))
        del buffer[:end]
    return payloads


@mistake("1.4", "Can a message be whole without a payload?", rfc="5.2")
def empty_message_is_the_end(buffer):
    payloads = []
    while len(buffer) >= 2:
        size = int.from_bytes(buffer[:2], "big")
        if size == 0 or len(buffer) < 2 + size:
            break
        payloads.append(bytes(buffer[2 : 2 + size]))
        del buffer[: 2 + size]
    return payloads


@mistake("1.4", "Somebody sent an empty message, so who may leave it out?", rfc="5.2")
def empty_message_left_out(buffer):
    return [
        payload for payload in take_messages(buffer, lambda data: int.from_bytes(data[:2], "big")) if payload
    ]


@mistake("1.4", "How do you know that the whole payload is in the buffer?", rfc="RFC 9293 2.2")
def half_a_payload_given_out(buffer):
    payloads = []
    while len(buffer) >= 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        payloads.append(bytes(buffer[2:end]))
        del buffer[:end]
    return payloads


@mistake(
    "1.4",
    "The length counts the payload. How many bytes must be there in all?",
    rfc="5.2",
)
def own_two_bytes_forgotten(buffer):
    payloads = []
    while len(buffer) >= 2:
        size = int.from_bytes(buffer[:2], "big")
        if len(buffer) < size:
            break
        payloads.append(bytes(buffer[2 : 2 + size]))
        del buffer[: 2 + size]
    return payloads


@mistake("1.4", "How long is the shortest whole message?", rfc="5.2")
def shortest_message_left(buffer):
    payloads = []
    while len(buffer) > 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[2:end]))
        del buffer[:end]
    return payloads


@mistake(
    "1.4",
    "What if only the first byte of a length has come?",
    rfc="RFC 9293 2.2",
)
def length_cut_is_an_error(buffer):
    payloads = []
    while buffer:
        size = buffer[0] << 8 | buffer[1]
        if len(buffer) < 2 + size:
            break
        payloads.append(bytes(buffer[2 : 2 + size]))
        del buffer[: 2 + size]
    return payloads


@mistake("1.4", "Is a message that has not come whole an error, or does it need time?", rfc="RFC 9293 2.2")
def incomplete_is_an_error(buffer):
    payloads = []
    while buffer:
        size = int.from_bytes(buffer[:2], "big")
        if len(buffer) < 2 + size:
            raise ValueError("the message is not whole")
        payloads.append(bytes(buffer[2 : 2 + size]))
        del buffer[: 2 + size]
    return payloads


@mistake("1.4", "How many bytes must there be: as many as the message has, or one more?", rfc="RFC 9293 2.2")
def last_message_held_back(buffer):
    payloads = []
    while len(buffer) > 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) <= end:
            break
        payloads.append(bytes(buffer[2:end]))
        del buffer[:end]
    return payloads


@mistake(
    "1.4",
    "What will the next call take for a length, when this one took it away already?",
    rfc="RFC 9293 2.2",
)
def length_taken_too_soon(buffer):
    payloads = []
    while len(buffer) >= 2:
        size = int.from_bytes(buffer[:2], "big")
        del buffer[:2]
        if len(buffer) < size:
            break
        payloads.append(bytes(buffer[:size]))
        del buffer[:size]
    return payloads


@mistake("1.4", "How many bytes does a message take off the buffer, its length included?", rfc="5.2")
def leftover_off_by_two(buffer):
    payloads = []
    while len(buffer) >= 2:
        size = int.from_bytes(buffer[:2], "big")
        if len(buffer) < 2 + size:
            break
        payloads.append(bytes(buffer[2 : 2 + size]))
        del buffer[: max(size, 1)]
    return payloads


@mistake("1.4", "Of which type is a slice of a bytearray, and what makes bytes of it?", rfc="RFC 9293 2.2")
def slices_of_the_buffer(buffer):
    payloads = []
    while len(buffer) >= 2:
        end = 2 + int.from_bytes(buffer[:2], "big")
        if len(buffer) < end:
            break
        payloads.append(buffer[2:end])
        del buffer[:end]
    return payloads


@mistake("1.4", "What does your function return when no message is whole yet?", rfc="RFC 9293 2.2")
def none_if_nothing(buffer):
    payloads = take_messages(buffer, lambda data: int.from_bytes(data[:2], "big"))
    return payloads or None


@mistake("1.4", "What does the caller get from a function with `yield` in it?", rfc="RFC 9293 2.2")
def yields_payloads(buffer):
    yield from take_messages(buffer, lambda data: int.from_bytes(data[:2], "big"))


@mistake("1.4", "Are payloads always text?", rfc="RFC 9293 2.2")
def payloads_as_text(buffer):
    return [
        payload.decode() for payload in take_messages(buffer, lambda data: int.from_bytes(data[:2], "big"))
    ]


@mistake(
    "1.4",
    "How many bytes has a message in all, and how many of them do you delete?",
    rfc="RFC 9293 2.2",
    loops=True,  # at an empty message
)
def length_left_in_the_buffer(buffer):
    messages = []
    while len(buffer) >= 2:
        n = int.from_bytes(buffer[:2], "big")
        if len(buffer) < 2 + n:
            break
        messages.append(bytes(buffer[2 : 2 + n]))
        del buffer[:n]
    return messages


@mistake(
    "1.4",
    "Which line of your loop makes the buffer shorter, so that it can end?",
    rfc="RFC 9293 2.2",
    loops=True,
)
def buffer_not_shortened(buffer):
    messages = []
    while len(buffer) >= 2:
        n = int.from_bytes(buffer[:2], "big")
        if len(buffer) < 2 + n:
            break
        messages.append(bytes(buffer[2 : 2 + n]))
    return messages


@mistake(
    "1.4",
    "The message is not whole. Can more bytes come while your loop goes round?",
    rfc="RFC 9293 2.2",
    loops=True,
)
def waits_in_the_loop(buffer):
    messages = []
    while len(buffer) >= 2:
        n = int.from_bytes(buffer[:2], "big")
        if len(buffer) >= 2 + n:
            messages.append(bytes(buffer[2 : 2 + n]))
            del buffer[: 2 + n]
    return messages


# 1.5 echo_once


@mistake("1.5", "How many pieces does the peer send before it finishes?", rfc="RFC 9293 2.2")
def one_piece_only(conn):
    piece = conn.recv(4096)
    conn.sendall(piece)
    return len(piece)


@mistake(
    "1.5",
    "Who waits for whom when the peer wants its first piece back before it goes on?",
    rfc="RFC 9293 2.2",
)
def echo_at_the_end(conn):
    data = b""
    while piece := conn.recv(4096):
        data += piece
    conn.sendall(data)
    return len(data)


@mistake(
    "1.5",
    "What does recv give when the peer has finished, and who looks?",
    rfc="RFC 9293 3.9.1.3",
    name="eof-not-seen",
)
def echo_without_end(conn):
    total = 0
    while True:
        piece = conn.recv(4096)
        conn.sendall(piece)
        total += len(piece)


@mistake("1.5", "How many of the bytes did send take, and what about the others?", rfc="RFC 9293 3.9.1.2")
def send_result_ignored(conn):
    total = 0
    while piece := conn.recv(4096):
        conn.send(piece)
        total += len(piece)
    return total


@mistake("1.5", "You count what send took, but who sends what it left?", rfc="RFC 9293 3.9.1.2")
def only_what_send_took(conn):
    total = 0
    while piece := conn.recv(4096):
        total += conn.send(piece)
    return total


@mistake("1.5", "What does sendall return?", rfc="RFC 9293 3.9.1.2")
def sendall_counts(conn):
    total = 0
    while piece := conn.recv(4096):
        total += conn.sendall(piece)
    return total


@mistake("1.5", "Do you count pieces, or bytes?", rfc="RFC 9293 2.2")
def pieces_counted(conn):
    count = 0
    while piece := conn.recv(4096):
        conn.sendall(piece)
        count += 1
    return count


@mistake("1.5", "What became of the bytes of the earlier pieces in your count?", rfc="RFC 9293 2.2")
def last_piece_counted(conn):
    count = 0
    while piece := conn.recv(4096):
        conn.sendall(piece)
        count = len(piece)
    return count


@mistake("1.5", "What does your caller want to know at the end?", rfc="RFC 9293 2.2")
def nothing_counted(conn):
    while piece := conn.recv(4096):
        conn.sendall(piece)


@mistake(
    "1.5", "You kept the bytes, but how many are they?", rfc="RFC 9293 2.2", name="bytes-not-their-number"
)
def echoed_bytes_returned(conn):
    data = b""
    while piece := conn.recv(4096):
        conn.sendall(piece)
        data += piece
    return data


@mistake("1.5", "Who opened the connection, and who closes it?", rfc="RFC 9293 3.6")
def connection_closed(conn):
    total = 0
    with conn:
        while piece := conn.recv(4096):
            conn.sendall(piece)
            total += len(piece)
    return total


@mistake("1.5", "Are the bytes of a stream always text?", rfc="RFC 9293 2.2", name="decoded")
def echo_of_text(conn):
    total = 0
    while piece := conn.recv(4096):
        text = piece.decode()
        conn.sendall(text.encode())
        total += len(piece)
    return total


@mistake("1.5", "Which bytes may an echo leave out?", rfc="RFC 9293 2.2")
def echo_stripped(conn):
    total = 0
    while piece := conn.recv(4096):
        conn.sendall(piece.strip())
        total += len(piece)
    return total


@mistake("1.5", "Who sent the line end that comes back?", rfc="RFC 9293 2.2", name="newline-added")
def echo_with_line_end(conn):
    total = 0
    while piece := conn.recv(4096):
        conn.sendall(piece + b"\n")
        total += len(piece)
    return total


@mistake("1.5", "Which of these bytes have you sent back before?", rfc="RFC 9293 2.2")
def echo_of_all_so_far(conn):
    data = b""
    while piece := conn.recv(4096):
        data += piece
        conn.sendall(data)
    return len(data)


@mistake(
    "1.5",
    "Does a short piece mean that nothing more will come?",
    rfc="RFC 9293 2.2",
    name="short-piece-is-the-end",
)
def echo_until_a_short_piece(conn):
    total = 0
    while piece := conn.recv(1024):
        conn.sendall(piece)
        total += len(piece)
        if len(piece) < 1024:
            break
    return total


@mistake("1.5", "Where does your text go: to the screen, or to the peer?", rfc="RFC 9293 3.9.1.2")
def echo_printed(conn):
    total = 0
    while piece := conn.recv(4096):
        print(piece)
        total += len(piece)
    return total


@mistake(
    "1.5", "After which piece does your function return, and after which must it?", rfc="RFC 9293 3.9.1.3"
)
def return_in_the_loop(conn):
    count = 0
    while True:
        piece = conn.recv(4096)
        if not piece:
            break
        conn.sendall(piece)
        count += len(piece)
        return count


@mistake("1.5", "What is in the variable that you count when the loop has ended?", rfc="RFC 9293 3.9.1.3")
def empty_piece_counted(conn):
    while True:
        piece = conn.recv(4096)
        if not piece:
            break
        conn.sendall(piece)
    return len(piece)


@mistake(
    "1.5", "send took some of the bytes. With which byte does your next send begin?", rfc="RFC 9293 3.9.1.2"
)
def sent_from_the_start_again(conn):
    count = 0
    while piece := conn.recv(4096):
        sent = 0
        while sent < len(piece):
            sent += conn.send(piece)
        count += sent
    return count


@mistake(
    "1.5",
    "recv stands in front of your loop. Which line inside it brings the next piece?",
    rfc="RFC 9293 3.9.1.3",
    loops=True,
)
def one_piece_for_ever(conn):
    count = 0
    piece = conn.recv(4096)
    while piece:
        conn.sendall(piece)
        count += len(piece)
    return count


# 1.6 examples_for_split

PAYLOADS = [b"Hello", b"", b"\xff\x00 ", b"x" * 300]


def stream_of(payloads, order="big", more=0):
    return b"".join((len(payload) + more).to_bytes(2, order) + payload for payload in payloads)


def pairs(order="big", more=0):
    """Good examples, if the length is written as it must be."""
    stream = stream_of(PAYLOADS, order, more)
    alone = [([stream_of([payload], order, more)], [payload]) for payload in PAYLOADS]
    cut = [([stream[:at], stream[at:]], PAYLOADS) for at in (1, 4, 7, 8, 9, 11, 40)]
    return [*alone, ([stream], PAYLOADS), *cut, ([stream[:10]], PAYLOADS[:2])]


@mistake("1.6", "Which of the two bytes goes first in network order?", rfc="5.2", name="little-endian")
def examples_little_endian():
    return pairs("little")


@mistake("1.6", "Does the length count itself?", rfc="5.2", name="length-counts-itself")
def examples_with_length_of_all():
    return pairs(more=2)


@mistake(
    "1.6",
    "Where may TCP cut the stream, and where do your examples cut it?",
    rfc="RFC 9293 2.2",
    name="recv-is-a-message",
)
def only_whole_pieces():
    whole = [([stream_of([payload]) for payload in PAYLOADS], PAYLOADS)]
    return [*whole, *(([stream_of([payload])], [payload]) for payload in PAYLOADS)]


@mistake("1.6", "Where can a stream be cut, besides between two messages?", rfc="RFC 9293 2.2")
def only_glued():
    return [([stream_of(PAYLOADS)], PAYLOADS), ([stream_of(PAYLOADS[:2]), stream_of(PAYLOADS[2:])], PAYLOADS)]


@mistake("1.6", "May two messages arrive in one piece?", rfc="RFC 9293 2.2")
def only_cut():
    ones = []
    for payload in PAYLOADS:
        data = stream_of([payload])
        ones.append(([data[:1], data[1:]], [payload]))
        ones.append(([data[:3], data[3:]], [payload]) if len(data) > 3 else ([data], [payload]))
    both = stream_of([b"one"]), stream_of([b"two"])
    return [*ones, ([both[0], both[1]], [b"one", b"two"])]


@mistake("1.6", "Which payload has no bytes, and what might a wrong splitter make of it?", rfc="5.2")
def no_empty_message():
    return [(pieces, payloads) for pieces, payloads in full_pairs(PAYLOADS[:1] + PAYLOADS[2:])]


@mistake("1.6", "From which length on does the high byte count?", rfc="5.2")
def only_short_messages():
    return full_pairs(PAYLOADS[:3])


@mistake("1.6", "Are payloads always text?", rfc="RFC 9293 2.2")
def only_text():
    return full_pairs([b"Hello", b"", b" a ", b"x" * 300])


def full_pairs(payloads):
    """One stream, cut at each place of its beginning."""
    stream = stream_of(payloads)
    return [([stream], payloads), *(([stream[:at], stream[at:]], payloads) for at in range(1, 14))]


@mistake("1.6", "Which payloads are whole when the last piece has come?", rfc="RFC 9293 2.2")
def half_a_payload_expected():
    return [*pairs(), ([stream_of([b"Hello"])[:5]], [b"Hel"])]


@mistake("1.6", "Is the length a part of the payload?", rfc="5.2", name="length-kept")
def payloads_with_length():
    return [(pieces, [stream_of([payload]) for payload in payloads]) for pieces, payloads in pairs()]


@mistake("1.6", "Does an example with one piece need a list for it?", rfc="RFC 9293 2.2")
def pieces_not_in_a_list():
    return [(b"".join(pieces), payloads) for pieces, payloads in pairs()]


@mistake(
    "1.6", "Of which type is a piece that comes from a socket?", rfc="RFC 9293 2.2", name="str-not-bytes"
)
def pieces_of_text():
    return [([piece.decode("latin-1") for piece in pieces], payloads) for pieces, payloads in pairs()]


@mistake("1.6", "What holds the two parts of one example together?", rfc="RFC 9293 2.2", name="list-pairs")
def lists_of_two():
    return [list(example) for example in pairs()]


@mistake("1.6", "Which comes first in an example, what arrives or what comes out?", rfc="RFC 9293 2.2")
def payloads_first():
    return [(payloads, pieces) for pieces, payloads in pairs()]


@mistake(
    "1.6",
    "What does the caller get from a function with `yield` in it?",
    rfc="RFC 9293 2.2",
    name="yields-them",
)
def yields_examples():
    yield from pairs()


@mistake("1.6", "When does recv give b'', and does anything come after it?", rfc="RFC 9293 3.9.1.3")
def empty_piece():
    return [*pairs(), ([b"\x00\x01", b"", b"a"], [b"a"])]


@mistake("1.6", "How many examples does an empty list hold?", rfc="RFC 9293 2.2")
def no_examples():
    return []


@mistake("1.6", "Are the payloads of an example one list, or a list for each piece?", rfc="RFC 9293 2.2")
def payloads_piece_by_piece():
    return [(pieces, [payloads for _ in pieces]) for pieces, payloads in pairs()]
