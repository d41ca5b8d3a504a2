"""Known wrong answers to the exercises of lesson 5 that read, each with a name and a question.

They are code as people write it. What the answers to one exercise have in common stands above them;
`answering.py` cuts an answer out together with the helpers that it needs.
"""

from classroom.mistakes import mistake
from minews.frames import apply_mask, decode_frame, decode_payload_len
from minews.types import Frame, Opcode, ProtocolError, Role

FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10
MASK = 0x80


# 5.5 decode_frame


def read_head(buf):
    """The payload's length, the masking key, and where the payload begins; None if too little has come."""
    length = decode_payload_len(buf[1:10])
    if length is None:
        return None
    payload_len, used = length
    start = 1 + used
    if not buf[1] & MASK:
        return payload_len, None, start
    return payload_len, bytes(buf[start : start + 4]), start + 4


def unmasked(data, key):
    return bytes(data) if key is None else apply_mask(bytes(data), key)


def make_frame(first, payload, key, **changes):
    bits = {"rsv1": bool(first & RSV1), "rsv2": bool(first & RSV2), "rsv3": bool(first & RSV3)}
    parts = {"fin": bool(first & FIN), "opcode": first & 15, "payload": payload, "masking_key": key}
    return Frame(**{**parts, **bits, **changes})


@mistake(
    "5.5", "Which byte of the frame stands before the one that decode_payload_len counts from?", rfc="5.2"
)
def leftover_off_by_one(buf):
    length = decode_payload_len(buf[1:10])
    if length is None:
        return None
    payload_len, used = length
    masked = buf[1] & MASK
    key = bytes(buf[1 + used : 5 + used]) if masked else None
    start = 5 + used if masked else 1 + used
    if len(buf) < start + payload_len:
        return None
    frame = make_frame(buf[0], unmasked(buf[start : start + payload_len], key), key)
    return frame, used + (4 if masked else 0) + payload_len


@mistake("5.5", "How many bytes of this frame are neither head nor payload?", rfc="5.2")
def key_not_counted(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    frame = make_frame(buf[0], unmasked(buf[start : start + payload_len], key), key)
    return frame, start + payload_len - (4 if key else 0)


@mistake(
    "5.5",
    "In a short frame the key begins at byte 2. Where does it begin behind a longer length?",
    rfc="5.2",
)
def offset_after_length(buf):
    length = decode_payload_len(buf[1:10])
    if length is None:
        return None
    payload_len, used = length
    key = bytes(buf[2:6]) if buf[1] & MASK else None
    start = 1 + used + (4 if key else 0)
    if len(buf) < start + payload_len:
        return None
    return make_frame(buf[0], unmasked(buf[start : start + payload_len], key), key), start + payload_len


@mistake("5.5", "An empty payload: which byte of it are you still waiting for?", rfc="5.2")
def zero_length_hangs(buf):
    head = read_head(buf)
    if head is None:
        return None
    payload_len, key, start = head
    payload = buf[start : start + payload_len]
    if not payload or len(payload) < payload_len:
        return None
    return make_frame(buf[0], unmasked(payload, key), key), start + payload_len


@mistake("5.5", "Where does this frame end, and where does the buffer end?", rfc="5.2")
def payload_to_the_end(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    return make_frame(buf[0], unmasked(buf[start:], key), key), start + payload_len


@mistake("5.5", "The buffer may hold the next frame, too. How many bytes belong to this one?", rfc="5.2")
def whole_buffer_taken(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    return make_frame(buf[0], unmasked(buf[start : start + payload_len], key), key), len(buf)


@mistake("5.5", "What must happen to the payload of a masked frame before anybody can read it?", rfc="5.3")
def still_masked(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(buf[0], bytes(buf[start:end]), key), end


@mistake("5.5", "How will check_frame learn that the frame was masked?", rfc="5.2")
def key_forgotten(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(buf[0], unmasked(buf[start:end], key), None), end


@mistake("5.5", "Is it the value of the key that says whether a frame is masked?", rfc="5.2")
def key_of_zeros_is_none(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    payload = unmasked(buf[start:end], key)
    return make_frame(buf[0], payload, key if key and any(key) else None), end


@mistake("5.5", "The head says how long the payload is; how much of it has come?", rfc="5.2")
def part_of_the_payload(buf):
    head = read_head(buf)
    if head is None:
        return None
    payload_len, key, start = head
    if len(buf) < start:
        return None
    end = min(start + payload_len, len(buf))
    return make_frame(buf[0], unmasked(buf[start:end], key), key), end


@mistake("5.5", "In how many pieces may the 4 bytes of the key arrive?", rfc="5.2")
def half_a_key(buf):
    head = read_head(buf)
    if head is None:
        return None
    payload_len, key, start = head
    payload = unmasked(buf[start : start + payload_len], key)
    if len(payload) < payload_len:
        return None
    return make_frame(buf[0], payload, key), start + payload_len


@mistake(
    "5.5",
    "Which byte do you read before you know that it has come?",
    name="short-buffer-is-error",
    rfc="5.2",
)
def first_bytes_taken_for_granted(buf):
    first, second = buf[0], buf[1]
    head = read_head(bytes([first, second]) + bytes(buf[2:]))
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(first, unmasked(buf[start:end], key), key), end


@mistake("5.5", "What does & leave of a bit that is set: True, or the bit where it stands?", rfc="5.2")
def bits_as_numbers(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    first, end = buf[0], start + payload_len
    bits = {"fin": first & FIN, "rsv1": first & RSV1, "rsv2": first & RSV2, "rsv3": first & RSV3}
    return make_frame(first, unmasked(buf[start:end], key), key, **bits), end


@mistake("5.5", "What does & give for a bit that is set: 1, or the value of its place?", rfc="5.2")
def bits_compared_with_1(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    first, end = buf[0], start + payload_len
    bits = {"rsv1": first & RSV1 == 1, "rsv2": first & RSV2 == 1, "rsv3": first & RSV3 == 1}
    return make_frame(first, unmasked(buf[start:end], key), key, fin=first & FIN == 1, **bits), end


@mistake("5.5", "Which of the 8 bits of the first byte did not get a name in your code?", rfc="5.2")
def reserved_bits_dropped(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    payload = unmasked(buf[start:end], key)
    return Frame(fin=bool(buf[0] & FIN), opcode=buf[0] & 15, payload=payload, masking_key=key), end


@mistake("5.5", "RSV1 stands right behind FIN. Which value has that bit?", rfc="5.2")
def reserved_bits_reversed(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    first, end = buf[0], start + payload_len
    payload = unmasked(buf[start:end], key)
    return make_frame(first, payload, key, rsv1=bool(first & 0x10), rsv3=bool(first & 0x40)), end


@mistake("5.5", "How many bits has an opcode, and how many does your code let through?", rfc="5.2")
def opcode_of_seven_bits(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(buf[0], unmasked(buf[start:end], key), key, opcode=buf[0] & 0x7F), end


@mistake(
    "5.5", "Who is to say that an opcode is reserved: the one who reads it, or the one who checks?", rfc="5.2"
)
def opcode_must_be_known(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(buf[0], unmasked(buf[start:end], key), key, opcode=Opcode(buf[0] & 15)), end


@mistake(
    "5.5",
    "Your rule about control frames is right, but which function is to know it?",
    rfc="5.2, 5.5",
)
def checks_while_it_decodes(buf):
    head = read_head(buf)
    if head is None:
        return None
    payload_len, key, start = head
    if buf[0] & 8 and (payload_len > 125 or not buf[0] & FIN):
        raise ProtocolError(1002, "a bad control frame")
    end = start + payload_len
    if len(buf) < end:
        return None
    return make_frame(buf[0], unmasked(buf[start:end], key), key), end


@mistake("5.5", "What type has a slice of a bytearray, and what may its owner still do to it?", rfc="5.2")
def a_piece_of_the_buffer(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    payload_len, key, start = head
    end = start + payload_len
    payload = buf[start:end] if key is None else apply_mask(bytes(buf[start:end]), key)
    return make_frame(buf[0], payload, key), end


@mistake(
    "5.5", "More bytes will never mend a broken length. What does None tell your caller to do?", rfc="5.2"
)
def error_means_not_yet(buf):
    try:
        head = read_head(buf)
        if head is None or len(buf) < head[2] + head[0]:
            return None
        payload_len, key, start = head
        if payload_len < 126 and start > 6:
            raise ValueError("not in its shortest form")
        end = start + payload_len
        return make_frame(buf[0], unmasked(buf[start:end], key), key), end
    except Exception:
        return None


@mistake("5.5", 'What stands in the docstring for "not whole yet": a pair or a single value?', rfc="5.2")
def none_and_zero(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None, 0
    payload_len, key, start = head
    end = start + payload_len
    return make_frame(buf[0], unmasked(buf[start:end], key), key), end


@mistake(
    "5.5",
    "Which byte of a number goes first on a network?",
    name="native-endian",
    rfc="5.2",
    source="https://github.com/swhitty/FlyingFox/pull/126, https://github.com/mdn/content/pull/15969, "
    "https://github.com/SuaveIO/suave/pull/601",
)
def decode_native_endian(buf):
    if len(buf) < 2:
        return None
    n, start = buf[1] & 0x7F, 2
    if n > 125:
        start = 4 if n == 126 else 10
        if len(buf) < start:
            return None
        n = int.from_bytes(buf[2:start], "little")
    key = None
    if buf[1] & MASK:
        key, start = bytes(buf[start : start + 4]), start + 4
    if len(buf) < start + n:
        return None
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key), start + n


@mistake("5.5", "Where does your caller find the next frame, if it gets this one alone?", rfc="5.2")
def frame_alone_returned(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    n, key, start = head
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key)


@mistake("5.5", "How many bytes did the frame take: those of its payload, or all of them?", rfc="5.2")
def payload_alone_counted(buf):
    head = read_head(buf)
    if head is None or len(buf) < head[2] + head[0]:
        return None
    n, key, start = head
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key), n


@mistake("5.5", "With which byte of the frame begins what decode_payload_len reads?", rfc="5.2")
def length_read_from_byte_0(buf):
    length = decode_payload_len(buf)
    if length is None or len(buf) < 2:
        return None
    n, start = length[0], 1 + length[1]
    key = None
    if buf[1] & MASK:
        key, start = bytes(buf[start : start + 4]), start + 4
    if len(buf) < start + n:
        return None
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key), start + n


@mistake(
    "5.5",
    "What does decode_payload_len give when the length is not there yet, and can that be unpacked?",
    rfc="5.2",
)
def none_unpacked(buf):
    n, used = decode_payload_len(buf[1:])
    key, start = None, 1 + used
    if buf[1] & MASK:
        key, start = bytes(buf[start : start + 4]), start + 4
    if len(buf) < start + n:
        return None
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key), start + n


@mistake("5.5", "Which line of yours notices that the frame is not whole yet?", rfc="5.2")
def never_asked_whether_it_is_whole(buf):
    head = read_head(buf)
    if head is None:
        return None
    n, key, start = head
    return make_frame(buf[0], unmasked(buf[start : start + n], key), key), start + n


# 5.6 check_frame


CONTROL = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)


def check_mask(frame, receiver):
    if (frame.masking_key is not None) != (receiver is Role.SERVER):
        raise ProtocolError(1002, "masked, or not masked")


def check_bits(frame):
    if frame.rsv1 or frame.rsv2 or frame.rsv3:
        raise ProtocolError(1002, "a reserved bit")


def check_opcode(frame):
    if frame.opcode not in list(Opcode):
        raise ProtocolError(1002, "a reserved opcode")


def check_control(frame):
    if frame.opcode in CONTROL and (not frame.fin or len(frame.payload) > 125):
        raise ProtocolError(1002, "a bad control frame")


@mistake("5.6", "Which of the two ends must mask, and which line of yours notices if it did not?", rfc="5.1")
def unmasked_accepted(frame, receiver):
    if receiver is Role.CLIENT and frame.masking_key is not None:
        raise ProtocolError(1002, "a server masks no frame")
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)


@mistake("5.6", "A browser fails the connection when a server masks. Which line of yours does so?", rfc="5.1")
def masked_by_a_server(frame, receiver):
    if receiver is Role.SERVER and frame.masking_key is None:
        raise ProtocolError(1002, "a client masks every frame")
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)


@mistake("5.6", "`receiver` is the end that checks. Which end wrote the frame?", rfc="5.1")
def mask_direction_reversed(frame, receiver):
    if receiver is Role.CLIENT and frame.masking_key is None:
        raise ProtocolError(1002, "a client masks every frame")
    if receiver is Role.SERVER and frame.masking_key is not None:
        raise ProtocolError(1002, "a server masks no frame")
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)


@mistake(
    "5.6", "Four zeros are a key, too. What tells a frame with that key from one without any?", rfc="5.1, 5.3"
)
def zeros_are_no_key(frame, receiver):
    is_masked = frame.masking_key is not None and any(frame.masking_key)
    if is_masked != (receiver is Role.SERVER):
        raise ProtocolError(1002, "masked, or not masked")
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)


@mistake(
    "5.6",
    "What would the payload be if a peer sets RSV1, and who of you agreed on that?",
    rfc="5.2",
    source="https://github.com/websockets/ws/issues/2109",
)
def rsv_ignored(frame, receiver):
    check_mask(frame, receiver)
    check_opcode(frame)
    check_control(frame)


@mistake("5.6", "How many reserved bits does the first byte have?", rfc="5.2")
def only_rsv1(frame, receiver):
    check_mask(frame, receiver)
    if frame.rsv1:
        raise ProtocolError(1002, "RSV1")
    check_opcode(frame)
    check_control(frame)


@mistake("5.6", "What would your program do with a frame of opcode 3?", rfc="5.2")
def unknown_opcode_ignored(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_control(frame)


@mistake("5.6", "Opcodes go from 0 to 2 and from 8 to 10. What lies between?", rfc="5.2")
def the_gap_between(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    if frame.opcode > 0xA:
        raise ProtocolError(1002, "a reserved opcode")
    check_control(frame)


@mistake("5.6", "With which opcode does the second frame of a message in fragments come?", rfc="5.4")
def continuation_refused(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, *CONTROL):
        raise ProtocolError(1002, "a reserved opcode")
    check_control(frame)


@mistake(
    "5.6",
    "Close, Ping and Pong follow two rules more than data frames. Which one has no line in your code?",
    rfc="5.4, 5.5",
    source="https://github.com/aspnet/WebSockets/issues/16",
)
def control_fragmented(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    if frame.opcode in CONTROL and len(frame.payload) > 125:
        raise ProtocolError(1002, "a long control frame")


@mistake("5.6", "How many bytes may a Ping carry at most, and where do you count them?", rfc="5.5")
def long_control_accepted(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    if frame.opcode in CONTROL and not frame.fin:
        raise ProtocolError(1002, "a control frame in fragments")


@mistake("5.6", "Is a payload of just 125 bytes too long?", rfc="5.5")
def one_byte_too_strict(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    if frame.opcode in CONTROL and (not frame.fin or len(frame.payload) >= 125):
        raise ProtocolError(1002, "a bad control frame")


@mistake("5.6", "For which opcodes does the limit of 125 bytes hold?", rfc="5.5")
def every_frame_short(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)
    if len(frame.payload) > 125:
        raise ProtocolError(1002, "too long")


@mistake(
    "5.6", "FIN is not set in every fragment but the last. Which frames must not be fragments?", rfc="5.4"
)
def fragments_refused(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)
    if not frame.fin:
        raise ProtocolError(1002, "in fragments")


@mistake("5.6", "Ping and Pong are control frames. Which opcode is the third?", rfc="5.5")
def close_is_no_control(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    check_opcode(frame)
    if frame.opcode in (Opcode.PING, Opcode.PONG) and (not frame.fin or len(frame.payload) > 125):
        raise ProtocolError(1002, "a bad control frame")


@mistake(
    "5.6", "Which exception does Opcode(3) raise, and for which one does your caller wait?", rfc="5.2, 7.1.7"
)
def value_error_escapes(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    if Opcode(frame.opcode) in CONTROL:
        check_control(frame)


@mistake(
    "5.6", "What can the caller tell the peer if it knows only that a value was wrong?", rfc="7.1.7, 7.4.1"
)
def value_error_for_all(frame, receiver):
    try:
        check_mask(frame, receiver)
        check_bits(frame)
        check_opcode(frame)
        check_control(frame)
    except ProtocolError as error:
        raise ValueError(error.reason) from None


@mistake("5.6", "Does the caller look at what comes back, or does it wait for an exception?", rfc="7.1.7")
def false_for_an_error(frame, receiver):
    try:
        check_mask(frame, receiver)
        check_bits(frame)
        check_opcode(frame)
        check_control(frame)
    except ProtocolError:
        return False
    return True


@mistake("5.6", "What is the difference between `return` and `raise` for whoever called?", rfc="7.1.7")
def error_returned(frame, receiver):
    try:
        check_mask(frame, receiver)
        check_bits(frame)
        check_opcode(frame)
        check_control(frame)
    except ProtocolError as error:
        return error
    return None


@mistake(
    "5.6",
    "Which close code says that the peer broke the protocol?",
    rfc="7.4.1",
)
def opcode_with_1003(frame, receiver):
    check_mask(frame, receiver)
    check_bits(frame)
    if frame.opcode not in list(Opcode):
        raise ProtocolError(1003, "an opcode that I do not know")
    check_control(frame)


@mistake("5.6", "Does your answer change when the receiver is the other end?", rfc="5.1")
def receiver_ignored(frame, receiver):
    check_mask(frame, Role.SERVER)
    check_bits(frame)
    check_opcode(frame)
    check_control(frame)


# 5.7 FrameReader

MAX_PAYLOAD = 1_048_576


def refuse_if_too_long(buffer, max_payload):
    length = decode_payload_len(buffer[1:10])
    if length is not None and length[0] > max_payload:
        raise ProtocolError(1009, "too long")


class RightAboutErrors:
    """Errors wait for the good frames in front of them, and stay; each mistake reads in a way of its own."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload = max_payload
        self.buffer = bytearray()
        self.error = None

    def feed(self, data):
        if self.error is not None:
            raise self.error
        self.buffer += data
        frames = []
        try:
            self.read(frames)
        except ProtocolError as error:
            self.error = error
            if not frames:
                raise
        return frames

    def read(self, frames):
        while decoded := self.first_frame(self.buffer):
            frames.append(decoded[0])
            del self.buffer[: decoded[1]]

    def first_frame(self, buffer):
        refuse_if_too_long(buffer, self.max_payload)
        return decode_frame(buffer)


@mistake(
    "5.7",
    "One piece may hold several frames. How often does your code look for one?",
    rfc="6.2",
    source=(
        "https://github.com/me-no-dev/ESPAsyncWebServer/issues/138, "
        "https://github.com/ghedipunk/PHP-Websockets/issues/22, "
        "https://github.com/f3-factory/fatfree-core/issues/277"
    ),
)
class OnlyFirstFrame(RightAboutErrors):
    def read(self, frames):
        decoded = self.first_frame(self.buffer)
        if decoded is not None:
            frames.append(decoded[0])
            del self.buffer[: decoded[1]]


@mistake(
    "5.7",
    "The head had come, the payload had not. Where is the head when the rest arrives?",
    rfc="6.2, 5.2",
    source="https://github.com/curl/curl/issues/10962, https://github.com/vjt/grappa-irc/issues/453",
)
class HeaderDroppedOnWouldBlock(RightAboutErrors):
    def read(self, frames):
        while (length := decode_payload_len(self.buffer[1:10])) is not None:
            payload_len, used = length
            if payload_len > self.max_payload:
                raise ProtocolError(1009, "too long")
            size = 1 + used + (4 if self.buffer[1] & MASK else 0)
            head = self.buffer[:size]
            del self.buffer[:size]
            if len(self.buffer) < payload_len:
                break
            payload = self.buffer[:payload_len]
            del self.buffer[:payload_len]
            decoded = decode_frame(bytes(head + payload))
            if decoded is None:
                break
            frames.append(decoded[0])


@mistake("5.7", "You leave this frame out. Which of its bytes are still in the buffer?", rfc="6.2, 5.2")
class SkipWithoutConsuming(RightAboutErrors):
    def read(self, frames):
        while len(self.buffer) >= 2:
            if self.buffer[0] & 15 not in (0, 1, 2, 8, 9, 10):
                del self.buffer[:2]  # not supported
                continue
            decoded = self.first_frame(self.buffer)
            if decoded is None:
                break
            frames.append(decoded[0])
            del self.buffer[: decoded[1]]


@mistake(
    "5.7", "Who is to refuse a frame with a reserved opcode, and how, if your reader hides it?", rfc="5.2"
)
class ReservedOpcodesHidden(RightAboutErrors):
    def read(self, frames):
        while decoded := self.first_frame(self.buffer):
            if decoded[0].opcode in (0, 1, 2, 8, 9, 10):
                frames.append(decoded[0])
            del self.buffer[: decoded[1]]


@mistake("5.7", "Where are the first bytes of this frame, which the call before brought?", rfc="6.2")
class OnlyTheNewBytes(RightAboutErrors):
    def feed(self, data):
        self.buffer = bytearray()
        return super().feed(data)


@mistake(
    "5.7", "Behind the last whole frame begins the next one. What happens to its first bytes?", rfc="6.2"
)
class LeftoverDropped(RightAboutErrors):
    def feed(self, data):
        frames = super().feed(data)
        if frames:
            self.buffer = bytearray()
        return frames


@mistake("5.7", "Which frames did the caller get at the call before, and where are they still?", rfc="6.2")
class OldFramesAgain(RightAboutErrors):
    def read(self, frames):
        position = 0
        while decoded := self.first_frame(self.buffer[position:]):
            frames.append(decoded[0])
            position += decoded[1]


@mistake(
    "5.7",
    "Which bytes of a frame are not its payload, and who takes them off the buffer?",
    rfc="5.2",
)
class OnlyThePayloadTakenOff(RightAboutErrors):
    def read(self, frames):
        while decoded := self.first_frame(self.buffer):
            frames.append(decoded[0])
            del self.buffer[: max(2, len(decoded[0].payload))]


@mistake("5.7", "To whom does a name in the body of the class belong: to each reader, or to all?", rfc="6.2")
class OneBufferForAll(RightAboutErrors):
    shared = bytearray()

    def __init__(self, max_payload=MAX_PAYLOAD):
        super().__init__(max_payload)
        self.buffer = self.shared


@mistake(
    "5.7", "What does your method give while no frame is whole, and can the caller loop over that?", rfc="6.2"
)
class NoneWhileNothingIsWhole(RightAboutErrors):
    def feed(self, data):
        return super().feed(data) or None


@mistake("5.7", "What does decode_frame give besides the frame, and who needs that?", rfc="6.2")
class PairsInTheList(RightAboutErrors):
    def read(self, frames):
        while decoded := self.first_frame(self.buffer):
            frames.append(decoded)
            del self.buffer[: decoded[1]]


@mistake("5.7", "When does the body of a function with `yield` run: when it is called, or later?", rfc="6.2")
class FramesYielded(RightAboutErrors):
    def feed(self, data):
        self.buffer += data
        while decoded := self.first_frame(self.buffer):
            yield decoded[0]
            del self.buffer[: decoded[1]]


@mistake("5.7", "A peer announces 2**62 bytes. When will your reader say no?", rfc="10.4, 7.4.1")
class LimitForgotten(RightAboutErrors):
    def first_frame(self, buffer):
        return decode_frame(buffer)


@mistake("5.7", "How much memory has the payload taken by the time you look at its length?", rfc="10.4")
class LimitWhenItIsTooLate(RightAboutErrors):
    def first_frame(self, buffer):
        decoded = decode_frame(buffer)
        if decoded and len(decoded[0].payload) > self.max_payload:
            raise ProtocolError(1009, "too long")
        return decoded


@mistake(
    "5.7", "What does max_payload limit: one payload, or all that has come and was not read yet?", rfc="10.4"
)
class LimitOfTheBuffer(RightAboutErrors):
    def read(self, frames):
        super().read(frames)
        if frames and len(self.buffer) > self.max_payload + 14:
            raise ProtocolError(1009, "too much in the buffer")

    def first_frame(self, buffer):
        decoded = super().first_frame(buffer)
        if decoded and len(buffer) - decoded[1] > self.max_payload + 14:
            raise ProtocolError(1009, "too much in the buffer")
        return decoded


@mistake("5.7", "Is a payload of just max_payload bytes too long?", rfc="10.4")
class LimitOneByteTooStrict(RightAboutErrors):
    def first_frame(self, buffer):
        refuse_if_too_long(buffer, self.max_payload - 1)
        return decode_frame(buffer)


@mistake("5.7", "Which close code says that a message is too big?", name="too-long-is-1002", rfc="7.4.1")
class TooLongIs1002(RightAboutErrors):
    def first_frame(self, buffer):
        length = decode_payload_len(buffer[1:10])
        if length is not None and length[0] > self.max_payload:
            raise ProtocolError(1002, "too long")
        return decode_frame(buffer)


@mistake(
    "5.7", "When your `raise` runs, good frames may be in your list. Who will ever get those?", rfc="6.2"
)
class GoodFramesLost(RightAboutErrors):
    def feed(self, data):
        self.buffer += data
        frames = []
        self.read(frames)
        return frames


@mistake(
    "5.7",
    "The call brought no good frame. For whose sake does the error wait for the next call?",
    rfc="6.2, 7.1.7",
)
class ErrorAlwaysPostponed(RightAboutErrors):
    def feed(self, data):
        if self.error is not None:
            raise self.error
        self.buffer += data
        frames = []
        try:
            self.read(frames)
        except ProtocolError as error:
            self.error = error
        return frames


@mistake(
    "5.7", "The reader stopped at a bad frame. What does it do when it is called once more?", rfc="7.1.7"
)
class BadFrameForgotten(RightAboutErrors):
    def feed(self, data):
        self.buffer += data
        frames = []
        try:
            self.read(frames)
        except ProtocolError:
            self.buffer.clear()
            if not frames:
                raise
        return frames


@mistake(
    "5.7", "The error was raised once. Where does a frame begin that comes after a bad one?", rfc="7.1.7"
)
class ErrorRaisedOnce(RightAboutErrors):
    def feed(self, data):
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.buffer += data
        frames = []
        try:
            self.read(frames)
        except ProtocolError as error:
            self.buffer.clear()
            if not frames:
                raise
            self.error = error
        return frames


@mistake("5.7", "How large may one frame be, and how large may your buffer become?", rfc="6.2")
class BufferTooSmall(RightAboutErrors):
    def read(self, frames):
        super().read(frames)
        if len(self.buffer) > 65_536 + 14:
            raise ProtocolError(1009, "the buffer is full")


@mistake(
    "5.7",
    "How often does your code go over the first byte of a frame until the last one has come?",
    rfc="6.2",
    loops=True,
)
class EveryByteAgain(RightAboutErrors):
    def first_frame(self, buffer):
        copied = b""
        for byte in list(buffer):
            copied += bytes([byte])
        return super().first_frame(copied)


@mistake("5.7", "Which line makes the buffer shorter, so that the loop can end?", rfc="6.2", loops=True)
class LoopOverOneFrame(RightAboutErrors):
    def read(self, frames):
        while decoded := self.first_frame(self.buffer):
            frames.append(decoded[0])


@mistake("5.7", "Where are the bytes that the last call brought, when this one brings more?", rfc="6.2")
class BufferOverwritten:
    def __init__(self, max_payload=MAX_PAYLOAD):
        self.buffer = b""

    def feed(self, data):
        self.buffer = data
        frames = []
        while decoded := decode_frame(self.buffer):
            frames.append(decoded[0])
            self.buffer = self.buffer[decoded[1] :]
        return frames


@mistake(
    "5.7",
    "decode_frame gave None. Can more bytes come while your loop goes round?",
    rfc="6.2",
    loops=True,
)
class WaitsInTheLoop(RightAboutErrors):
    def read(self, frames):
        while len(self.buffer) >= 2:
            decoded = self.first_frame(self.buffer)
            if decoded:
                frames.append(decoded[0])
                del self.buffer[: decoded[1]]
