"""Known wrong answers to the exercises of lesson 6, each with a name and a question.

They are code as people write it; see lesson_04.py for how they are used.
"""

# ruff: noqa: SIM105 (people write it so)

import os
import socket
import time

from classroom.mistakes import mistake
from minews.blocking import accept_handshake
from minews.conversation import (
    read_close,
    read_message,
    send_last,
    write_close,
    write_frame,
    write_message,
)
from minews.frames import FrameReader, check_frame
from minews.handshake import (
    accept_client,
    build_client_handshake,
    check_server_handshake,
    make_key,
    parse_ws_url,
    refuse,
)
from minews.http import format_response, header_tokens, parse_request_head, parse_response_head
from minews.tcp import recv_until
from minews.types import HandshakeError, Opcode, ProtocolError, Role

# 6.1 accept_handshake


@mistake(
    "6.1",
    "How much of the head does one recv bring?",
    rfc="4.2.1, RFC 9112 2.2",
    source="https://github.com/ghedipunk/PHP-Websockets/issues/46",
)
def handshake_one_recv(conn):
    data = conn.recv(65536)
    if not data:
        raise EOFError
    head, end, leftover = data.partition(b"\r\n\r\n")
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake(
    "6.1",
    "What becomes of a frame that comes in the same piece as the end of the head?",
    name="bytes-after-head-lost",
    rfc="4.2.2, 5.1",
    source="https://github.com/sta/websocket-sharp/issues/669, "
    "https://github.com/zephyrproject-rtos/zephyr/issues/89193",
)
def leftover_thrown_away(conn):
    try:
        head, _ = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, b""


@mistake("6.1", "Does what is left over begin before the empty line, or behind it?", rfc="RFC 9112 2.2")
def leftover_with_the_delimiter(conn):
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        if len(buffer) > 16384:
            raise HandshakeError(431)
        piece = conn.recv(4096)
        if not piece:
            raise EOFError
        buffer += piece
    end = buffer.index(b"\r\n\r\n")
    request = parse_request_head(buffer[: end + 4])
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, buffer[end:]


@mistake("6.1", "How may the four bytes of the delimiter lie in two pieces?", rfc="RFC 9112 2.2")
def delimiter_in_one_piece(conn):
    pieces, size = [], 0
    while True:
        piece = conn.recv(4096)
        if not piece:
            raise EOFError
        pieces.append(piece)
        size += len(piece)
        if b"\r\n\r\n" in piece:
            break
        if size > 16384:
            raise HandshakeError(431)
    head, end, leftover = b"".join(pieces).partition(b"\r\n\r\n")
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "When does a client that waits for your answer end its stream?", rfc="4.1, RFC 9112 2.2")
def reads_until_the_stream_ends(conn):
    data = b""
    while piece := conn.recv(4096):
        data += piece
    head, end, leftover = data.partition(b"\r\n\r\n")
    if not end:
        raise EOFError
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "Which bytes end a head, and does the empty line belong to it?", rfc="RFC 9112 2.1")
def head_without_its_empty_line(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head.removesuffix(b"\r\n\r\n"))
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "Who of you two tells the client: this function, or whoever called it?", rfc="4.2.2")
def refuses_by_itself(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
        request = parse_request_head(head)
        answer, _ = accept_client(request)
    except ValueError:
        raise HandshakeError(431) from None
    except HandshakeError:
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        raise
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "What does your caller learn of a handshake that failed?", rfc="4.2.2")
def bad_handshake_swallowed(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
        request = parse_request_head(head)
        answer, _ = accept_client(request)
    except (HandshakeError, ValueError):
        return None
    conn.sendall(answer)
    return request, leftover


@mistake(
    "6.1", "What does recv_until raise when its limit is passed, and who catches that?", rfc="RFC 9110 15.5.1"
)
def limit_as_value_error(conn):
    head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "Did the client send a bad handshake, or none at all?", rfc="4.2.1")
def leaving_as_handshake_error(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except (ValueError, EOFError):
        raise HandshakeError(400) from None
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "Which line sends the answer that accept_client made?", rfc="4.2.2")
def answer_not_sent(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    accept_client(request)
    return request, leftover


@mistake("6.1", "How many bytes does send take, and who sends the others?", rfc="4.2.2")
def send_for_sendall(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.send(answer)
    return request, leftover


@mistake("6.1", "What are the two values that accept_client gives, and which of them is sent?", rfc="4.2.2")
def both_values_sent(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    conn.sendall(accept_client(request))
    return request, leftover


@mistake("6.1", "In which order does the caller get the two parts?", rfc="4.2.2")
def parts_swapped(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return leftover, request


@mistake("6.1", "Who needs this connection after the handshake?", rfc="4.2.2")
def connection_closed_at_the_end(conn):
    with conn:
        try:
            head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
        except ValueError:
            raise HandshakeError(431) from None
        request = parse_request_head(head)
        answer, _ = accept_client(request)
        conn.sendall(answer)
        return request, leftover


@mistake(
    "6.1",
    "What does recv give when the client has left, and which line of yours looks?",
    name="eof-not-seen",
    rfc="4.2.1, RFC 9293 3.9.1.3",
)
def client_left_within_its_head(conn):
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        if len(buffer) > 16384:
            raise HandshakeError(431)
        buffer += conn.recv(4096)
    head, end, leftover = buffer.partition(b"\r\n\r\n")
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "When does your loop stop, if a client sends headers for ever?", rfc="10.4")
def head_without_a_limit(conn):
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        piece = conn.recv(4096)
        if not piece:
            raise EOFError
        buffer += piece
    head, end, leftover = buffer.partition(b"\r\n\r\n")
    request = parse_request_head(head + end)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake(
    "6.1",
    "How do you know that one recv brought the head, all of it and no byte more?",
    rfc="4.2.1, RFC 9112 2.2",
)
def one_recv_is_the_head(conn):
    request = parse_request_head(conn.recv(4096))
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, b""


@mistake("6.1", "Which bytes make an empty line in HTTP, and which do you wait for?", rfc="RFC 9112 2.1")
def waits_for_two_line_feeds(conn):
    try:
        head, leftover = recv_until(conn, b"\n\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    request = parse_request_head(head)
    answer, _ = accept_client(request)
    conn.sendall(answer)
    return request, leftover


@mistake("6.1", "Which of your variables holds bytes, and which a Request?", rfc="4.2.1")
def bytes_for_the_request(conn):
    try:
        head, leftover = recv_until(conn, b"\r\n\r\n", 16384)
    except ValueError:
        raise HandshakeError(431) from None
    answer, _ = accept_client(parse_request_head(head))
    conn.sendall(answer)
    return head, leftover


# 6.2 serve_connection


def answer(role, frame, on_text, on_binary):
    message = read_message(frame)
    reply = on_text(message) if isinstance(message, str) else on_binary(message)
    return b"" if reply is None else write_message(role, reply)


def frames_of(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        for frame in reader.feed(data):
            check_frame(frame, Role.SERVER)
            yield frame
        data = conn.recv(65536)
        if not data:
            return


@mistake(
    "6.2",
    "Which of the two ends masks its frames, and which one are you?",
    rfc="5.1, 5.3",
    source="https://github.com/Links2004/arduinoWebSockets/issues/208, "
    "https://github.com/Molorius/esp32-websocket/issues/2, "
    "https://github.com/soywiz-archive/haxe-ws/pull/27",
)
def server_masks(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            if frame.opcode == Opcode.CLOSE:
                code = read_close(frame)
                send_last(conn, write_close(Role.CLIENT, code))
                return code
            if frame.opcode == Opcode.PING:
                conn.sendall(write_frame(Role.CLIENT, Opcode.PONG, frame.payload))
            elif frame.opcode != Opcode.PONG:
                conn.sendall(answer(Role.CLIENT, frame, on_text, on_binary))
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.CLIENT, error.code))
        return error.code
    except (EOFError, ConnectionError):
        pass
    return 1006


def serve(conn, on_frame, frames=frames_of):
    """What most of the following have in common: on_frame gives the code, or None to go on."""
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames(conn, leftover):
            code = on_frame(frame)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except (EOFError, ConnectionError):
        pass
    return 1006


def treat(conn, frame, on_text, on_binary):
    if frame.opcode == Opcode.CLOSE:
        code = read_close(frame)
        send_last(conn, write_close(Role.SERVER, code))
        return code
    if frame.opcode == Opcode.PING:
        conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
    elif frame.opcode != Opcode.PONG:
        conn.sendall(answer(Role.SERVER, frame, on_text, on_binary))
    return None


@mistake(
    "6.2",
    "accept_handshake gave you two things. Where does the second one go?",
    name="bytes-after-head-lost",
    rfc="4.2.2, 5.1",
)
def frames_behind_the_head_lost(conn, on_text, on_binary=None):
    return serve(
        conn,
        lambda frame: treat(conn, frame, on_text, on_binary),
        lambda conn, leftover: frames_of(conn, b""),
    )


def first_of_each_recv(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        frames = reader.feed(data)
        if frames:
            check_frame(frames[0], Role.SERVER)
            yield frames[0]
        data = conn.recv(65536)
        if not data:
            return


@mistake("6.2", "How many frames may one recv bring, and how many of them do you look at?", rfc="5.2, 6.2")
def one_frame_a_recv(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), first_of_each_recv)


def new_reader_each_time(conn, leftover):
    data = leftover
    while True:
        for frame in FrameReader().feed(data):
            check_frame(frame, Role.SERVER)
            yield frame
        data = conn.recv(65536)
        if not data:
            return


@mistake(
    "6.2", "Which object remembers the first half of a frame until the other half comes?", rfc="5.2, 6.2"
)
def reader_made_anew(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), new_reader_each_time)


def all_checked_first(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        frames = reader.feed(data)
        for frame in frames:
            check_frame(frame, Role.SERVER)
        yield from frames
        data = conn.recv(65536)
        if not data:
            return


@mistake("6.2", "Was the frame before the bad one bad, too?", rfc="5.2, 7.1.7")
def good_lost_with_bad(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), all_checked_first)


def unchecked(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        yield from reader.feed(data)
        data = conn.recv(65536)
        if not data:
            return


@mistake("6.2", "Who looks whether a client may send such a frame at all?", rfc="5.1, 5.2, 5.5")
def frames_not_checked(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), unchecked)


def checked_as_client(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        for frame in reader.feed(data):
            check_frame(frame, Role.CLIENT)
            yield frame
        data = conn.recv(65536)
        if not data:
            return


@mistake("6.2", "check_frame wants to know the receiver's role. Who receives here?", rfc="5.1")
def checked_for_the_wrong_role(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), checked_as_client)


@mistake("6.2", "What does a client wait for that sent a Ping?", rfc="5.5.2")
def ping_not_answered(conn, on_text, on_binary=None):
    def on_frame(frame):
        return None if frame.opcode == Opcode.PING else treat(conn, frame, on_text, on_binary)

    return serve(conn, on_frame)


@mistake("6.2", "Which bytes does the client look for in your Pong?", rfc="5.5.3")
def pong_without_the_bytes(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode != Opcode.PING:
            return treat(conn, frame, on_text, on_binary)
        conn.sendall(write_frame(Role.SERVER, Opcode.PONG))
        return None

    return serve(conn, on_frame)


@mistake("6.2", "Who answers a Pong, and with what?", rfc="5.5.3")
def pong_answered_by_a_pong(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode != Opcode.PONG:
            return treat(conn, frame, on_text, on_binary)
        conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
        return None

    return serve(conn, on_frame)


@mistake("6.2", "What does the client wait for after its Close?", rfc="5.5.1, 7.1.2")
def close_only_noted(conn, on_text, on_binary=None):
    def on_frame(frame):
        return read_close(frame) if frame.opcode == Opcode.CLOSE else treat(conn, frame, on_text, on_binary)

    return serve(conn, on_frame)


@mistake(
    "6.2", "Which code did the client say, and which one do you send back and return?", rfc="5.5.1, 7.1.5"
)
def always_1000(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode != Opcode.CLOSE:
            return treat(conn, frame, on_text, on_binary)
        read_close(frame)
        conn.sendall(write_close(Role.SERVER, 1000))
        return 1000

    return serve(conn, on_frame)


@mistake(
    "6.2", "Where is a code in a payload of no bytes, and which number says that there is none?", rfc="7.1.5"
)
def empty_close_as_1000(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode == Opcode.CLOSE and not frame.payload:
            conn.sendall(write_close(Role.SERVER, 1000))
            return 1000
        return treat(conn, frame, on_text, on_binary)

    return serve(conn, on_frame)


@mistake("6.2", "Once the client's Close has come and is answered, what is left to receive?", rfc="5.5.1")
def goes_on_after_a_close(conn, on_text, on_binary=None):
    codes = []

    def on_frame(frame):
        code = treat(conn, frame, on_text, on_binary)
        if code is not None:
            codes.append(code)

    try:
        code = serve(conn, on_frame)
    except BaseException:
        if codes:
            return codes[0]
        raise
    return codes[0] if codes and code == 1006 else code


@mistake("6.2", "What is there to send when on_text returns None?", rfc="6.1")
def none_sent_as_a_text(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, lambda text: str(on_text(text)), on_binary))


@mistake("6.2", "Is an empty text the same as no answer?", rfc="5.6, 6.1")
def empty_answer_dropped(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, lambda text: on_text(text) or None, on_binary))


@mistake("6.2", "Which opcode says that the payload is text?", rfc="5.6")
def text_sent_as_binary(conn, on_text, on_binary=None):
    def reply(text):
        made = on_text(text)
        return None if made is None else made.encode()

    return serve(conn, lambda frame: treat(conn, frame, reply, on_binary))


def lenient(frame):
    if frame.opcode == Opcode.TEXT:
        return frame.payload.decode(errors="replace")
    return read_message(frame)


@mistake(
    "6.2",
    "What must happen to a text that is not UTF-8: is it mended, or does it end the connection?",
    rfc="8.1",
)
def utf8_replaced(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode != Opcode.TEXT:
            return treat(conn, frame, on_text, on_binary)
        reply = on_text(lenient(frame))
        if reply is not None:
            conn.sendall(write_message(Role.SERVER, reply))
        return None

    return serve(conn, on_frame)


@mistake("6.2", "Which code is the one for data that is not what its type says?", rfc="7.4.1, 8.1")
def utf8_as_1002(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode == Opcode.TEXT:
            try:
                frame.payload.decode()
            except UnicodeDecodeError:
                raise ProtocolError(1002) from None
        return treat(conn, frame, on_text, on_binary)

    return serve(conn, on_frame)


@mistake(
    "6.2",
    "Your function raised. What does the client hear of it, and what does your caller want?",
    rfc="7.1.7",
)
def protocol_error_escapes(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except (EOFError, ConnectionError):
        pass
    return 1006


@mistake("6.2", "How does the client learn which rule it broke?", rfc="7.1.7, 7.4.1")
def fails_without_a_close(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        return error.code
    except (EOFError, ConnectionError):
        pass
    return 1006


@mistake("6.2", "Who failed the connection here, and with which code?", rfc="7.1.5, 7.1.7")
def own_failure_as_1006(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
    except (EOFError, ConnectionError):
        pass
    return 1006


@mistake("6.2", "Which number stands for an end without any Close?", rfc="7.1.5, 7.4.1")
def leaving_as_1005(conn, on_text, on_binary=None):
    code = serve(conn, lambda frame: treat(conn, frame, on_text, on_binary))
    return 1005 if code == 1006 else code


@mistake("6.2", "A connection may also break. What does recv do then, in place of giving b''?", rfc="7.1.5")
def broken_connection_escapes(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except EOFError:
        pass
    return 1006


@mistake("6.2", "What does the client read when its handshake is not good enough?", rfc="4.2.2")
def refusal_not_sent(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except (HandshakeError, EOFError, ConnectionError):
        pass
    return 1006


@mistake("6.2", "Who opened this connection, and still has to say goodbye on it?", rfc="7.1.1")
def connection_closed_by_the_server(conn, on_text, on_binary=None):
    with conn:
        return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary))


@mistake("6.2", "on_text raised. Is that the client's fault, and who has to hear of it?", rfc="7.1.5")
def fault_of_on_text_hidden(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except Exception:
        pass
    return 1006


@mistake("6.2", "break leaves one loop. In how many does it stand?", rfc="5.5.1, 7.1.1")
def only_the_inner_loop_left(conn, on_text, on_binary=None):
    try:
        _, data = accept_handshake(conn)
        reader, code = FrameReader(), 1006
        while True:
            for frame in reader.feed(data):
                check_frame(frame, Role.SERVER)
                if frame.opcode == Opcode.CLOSE:
                    code = read_close(frame)
                    send_last(conn, write_close(Role.SERVER, code))
                    break
                if frame.opcode == Opcode.PING:
                    conn.sendall(write_frame(Role.SERVER, Opcode.PONG, frame.payload))
                elif frame.opcode != Opcode.PONG:
                    conn.sendall(answer(Role.SERVER, frame, on_text, on_binary))
            data = conn.recv(65536)
            if not data:
                return code
    except HandshakeError as error:
        send_last(conn, refuse(error))
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except (EOFError, ConnectionError):
        pass
    return 1006


def never_ends(conn, leftover):
    reader, data = FrameReader(), leftover
    while True:
        for frame in reader.feed(data):
            check_frame(frame, Role.SERVER)
            yield frame
        data = conn.recv(65536)


@mistake(
    "6.2",
    "What does recv give when the client has left, and which line of yours looks?",
    name="eof-not-seen",
    rfc="7.1.5, RFC 9293 3.9.1.3",
)
def client_left_without_a_close(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), never_ends)


def of_one_recv(conn, leftover):
    for frame in FrameReader().feed(leftover or conn.recv(65536)):
        check_frame(frame, Role.SERVER)
        yield frame


@mistake("6.2", "For how many pieces does your server wait, and how many may come?", rfc="5.2, 6.2")
def one_recv_served(conn, on_text, on_binary=None):
    return serve(conn, lambda frame: treat(conn, frame, on_text, on_binary), of_one_recv)


@mistake("6.2", "Of which type is a payload, and of which a text?", rfc="5.6, 8.1")
def payload_given_to_on_text(conn, on_text, on_binary=None):
    def on_frame(frame):
        if frame.opcode != Opcode.TEXT:
            return treat(conn, frame, on_text, on_binary)
        reply = on_text(frame.payload)
        if reply is not None:
            conn.sendall(write_message(Role.SERVER, reply))
        return None

    return serve(conn, on_frame)


@mistake("6.2", "What does your server do with a message that is not text?", rfc="5.6")
def binary_ignored(conn, on_text, on_binary=None):
    def on_frame(frame):
        return None if frame.opcode == Opcode.BINARY else treat(conn, frame, on_text, on_binary)

    return serve(conn, on_frame)


@mistake("6.2", "Which exceptions does accept_handshake raise, and who tells the client?", rfc="4.2.2")
def refusal_escapes(conn, on_text, on_binary=None):
    try:
        _, leftover = accept_handshake(conn)
        for frame in frames_of(conn, leftover):
            code = treat(conn, frame, on_text, on_binary)
            if code is not None:
                return code
    except ProtocolError as error:
        send_last(conn, write_close(Role.SERVER, error.code))
        return error.code
    except (EOFError, ConnectionError):
        pass
    return 1006


# 6.3 route

HTML = [("Content-Type", "text/html; charset=utf-8"), ("Connection", "close")]
NO_PAGE = format_response(404, HTML, b"<p>There is no such page.\n")


def asks_for_websocket(request):
    return "websocket" in header_tokens(request.headers.get_all("Upgrade"))


def path_of(request):
    return request.target.partition("?")[0]


@mistake("6.3", "What does a client get that asked for WebSocket, not for a page?", rfc="4.2.1, RFC 9110 7.8")
def upgrade_not_looked_at(request, pages):
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Is a word that stands somewhere in a value a token of the list?", rfc="RFC 9110 7.8")
def upgrade_as_substring(request, pages):
    if "websocket" in (request.headers.get("Upgrade") or "").lower():
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "May Upgrade name several protocols?", rfc="RFC 9110 7.8")
def upgrade_as_one_word(request, pages):
    if (request.headers.get("Upgrade") or "").lower() == "websocket":
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Does Upgrade: WebSocket mean the same as Upgrade: websocket?", rfc="4.2.1, RFC 9110 7.8")
def upgrade_in_one_case(request, pages):
    if request.headers.get("Upgrade") == "websocket":
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Which protocol does an Upgrade ask for?", rfc="RFC 9110 7.8")
def any_upgrade(request, pages):
    if "Upgrade" in request.headers:
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Connection says that something is upgraded. Which header says to what?", rfc="RFC 9110 7.8")
def connection_asked(request, pages):
    if "upgrade" in header_tokens(request.headers.get_all("Connection")):
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "A handshake without a key is a bad one. Is it a request for a page, therefore?", rfc="4.2.1")
def key_asked(request, pages):
    if "Sec-WebSocket-Key" in request.headers:
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Who tells a client with version 8 that only 13 is spoken here?", rfc="4.4")
def only_good_handshakes(request, pages):
    if asks_for_websocket(request) and request.headers.get("Sec-WebSocket-Version") == "13":
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "Where does the path end in /two?a=1?", rfc="RFC 9110 4.2.3")
def query_as_part_of_the_path(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(request.target)
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "What does a browser get to see for a page that is not there?", rfc="RFC 9110 15.5.5")
def key_error_for_no_page(request, pages):
    if asks_for_websocket(request):
        return None
    return format_response(200, HTML, pages[path_of(request)])


@mistake("6.3", "None means a handshake. What does a path without a page get?", rfc="RFC 9110 15.5.5")
def none_for_no_page(request, pages):
    if asks_for_websocket(request) or path_of(request) not in pages:
        return None
    return format_response(200, HTML, pages[path_of(request)])


@mistake("6.3", "What does 200 say, and is it true of a page that is not there?", rfc="RFC 9110 15.5.5")
def ok_for_no_page(request, pages):
    if asks_for_websocket(request):
        return None
    return format_response(200, HTML, pages.get(path_of(request), b"Not Found"))


@mistake("6.3", "Is an empty page no page?", rfc="RFC 9110 15.5.5")
def empty_page_not_found(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    return format_response(200, HTML, page) if page else NO_PAGE


@mistake("6.3", "What stands before the page in a response?", rfc="RFC 9112 4")
def page_without_a_head(request, pages):
    if asks_for_websocket(request):
        return None
    return pages.get(path_of(request), NO_PAGE)


@mistake("6.3", "How does the browser learn that these bytes are HTML?", rfc="RFC 9110 8.3")
def no_content_type(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, [("Connection", "close")], page)


@mistake("6.3", "How does the browser know where the page ends?", rfc="RFC 9112 6.3")
def no_content_length(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    if page is None:
        return b"HTTP/1.1 404 Not Found\r\n\r\nThere is no such page."
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page


@mistake("6.3", "Which two bytes end a line of HTTP?", rfc="RFC 9112 2.2")
def lines_end_in_lf(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    status = "404 Not Found" if page is None else "200 OK"
    page = b"" if page is None else page
    head = f"HTTP/1.1 {status}\nContent-Type: text/html\nContent-Length: {len(page)}\n\n"
    return head.encode() + page


@mistake("6.3", "Does /two/ name the same page as /two?", rfc="RFC 9110 4.2.3")
def slash_at_the_end_cut(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request).rstrip("/") or "/")
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "What may the browser send next if nobody says that the connection ends?", rfc="RFC 9112 9.6")
def connection_close_left_out(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    if page is None:
        return format_response(404, HTML[:1], b"There is no such page.")
    return format_response(200, HTML[:1], page)


@mistake("6.3", "How does the browser know which bytes stand for a letter such as ü?", rfc="RFC 9110 8.3.2")
def charset_left_out(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    headers = [("Content-Type", "text/html"), ("Connection", "close")]
    return NO_PAGE if page is None else format_response(200, headers, page)


@mistake("6.3", "A handshake with POST is a bad one. Who tells its client?", rfc="4.2.1")
def only_get_is_a_handshake(request, pages):
    if request.method == "GET" and asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    return NO_PAGE if page is None else format_response(200, HTML, page)


@mistake("6.3", "What does Content-Length count: letters, or bytes?", rfc="RFC 9110 8.6")
def length_in_letters(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    if page is None:
        return NO_PAGE
    length = len(page.decode())
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + page


@mistake("6.3", "What does a browser show for text/plain: the page, or its source?", rfc="RFC 9110 8.3")
def page_as_plain_text(request, pages):
    if asks_for_websocket(request):
        return None
    page = pages.get(path_of(request))
    plain = [("Content-Type", "text/plain"), ("Connection", "close")]
    return NO_PAGE if page is None else format_response(200, plain, page)


# 6.4 BlockingClient


class Client:
    """A client that is right; what follows changes a part of it each."""

    def __init__(self, timeout=10.0):
        self.timeout = timeout
        self.conn = None
        self.code = 1006
        self.closing = False

    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("no TLS here")
        conn = self.open_connection(where)
        try:
            self.shake_hands(conn, where)
        except BaseException:
            conn.close()
            raise
        self.conn = conn

    def open_connection(self, where):
        return socket.create_connection((where.host, where.port), self.timeout)

    def shake_hands(self, conn, where):
        key = make_key()
        conn.sendall(build_client_handshake(where, key))
        head, leftover = recv_until(conn, b"\r\n\r\n")
        check_server_handshake(parse_response_head(head), key)
        self.reader = FrameReader()
        self.frames = self.reader.feed(leftover)

    def write(self, data):
        if self.conn is None:
            raise EOFError("there is no connection")
        self.conn.sendall(data)

    def send(self, message):
        self.write(write_message(Role.CLIENT, message))

    def recv(self):
        if not self.closing:
            self.deadline = time.monotonic() + self.timeout
        while True:
            frame = self.next_frame()
            if frame.opcode == Opcode.CLOSE:
                self.see_close(self.read(read_close, frame))
            elif frame.opcode == Opcode.PING:
                self.see_ping(frame)
            elif frame.opcode != Opcode.PONG:
                return self.read(read_message, frame)

    def see_close(self, code):
        if not self.closing:
            send_last(self.conn, write_close(Role.CLIENT, code))
        self.end(code)
        raise EOFError("the server has closed")

    def see_ping(self, frame):
        if not self.closing:
            self.write(write_frame(Role.CLIENT, Opcode.PONG, frame.payload))

    def read(self, function, frame):
        try:
            return function(frame)
        except ProtocolError as error:
            self.fail(error)

    def fail(self, error):
        if not self.closing:
            send_last(self.conn, write_close(Role.CLIENT, error.code))
        self.end(error.code)
        raise error

    def next_frame(self):
        if self.conn is None:
            raise EOFError("there is no connection")
        while not self.frames:
            self.receive()
        frame = self.frames.pop(0)
        try:
            check_frame(frame, Role.CLIENT)
        except ProtocolError as error:
            self.fail(error)
        return frame

    def receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing in time")
        self.conn.settimeout(left)
        data = self.conn.recv(65536)
        if not data:
            self.end(1006)
            raise EOFError("the server has left")
        self.frames = self.reader.feed(data)

    def end(self, code):
        if self.conn is not None:
            self.code = code
            self.conn.close()
            self.conn = None

    def close(self, code=1000):
        if self.conn is not None:
            send_last(self.conn, write_close(Role.CLIENT, code))
            self.deadline = time.monotonic() + self.timeout
            self.say_no_more()
            try:
                self.wait_for_close()
            except (EOFError, OSError, ProtocolError):
                pass
            self.end(1006)
        return self.code

    def say_no_more(self):
        self.closing = True

    def wait_for_close(self):
        while True:
            self.recv()


@mistake(
    "6.4",
    "Which end masks every frame, and which one is a client?",
    rfc="5.1, 5.3",
    source="https://github.com/observing/thor/issues/8, https://github.com/kernelsauce/turbo/pull/280",
)
class client_does_not_mask(Client):
    def send(self, message):
        self.write(write_message(Role.SERVER, message))


def masked_with(key, opcode, payload):
    mask = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, 0x80 | length])
    elif length < 65536:
        head = bytes([0x80 | opcode, 0xFE]) + length.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 0xFF]) + length.to_bytes(8, "big")
    return head + key + mask


@mistake("6.4", "When do you draw the masking key: for each frame, or once for the connection?", rfc="5.3")
class one_key_for_all(Client):
    def __init__(self, timeout=10.0):
        super().__init__(timeout)
        self.key = os.urandom(4)

    def send(self, message):
        if isinstance(message, str):
            self.write(masked_with(self.key, 1, message.encode()))
        else:
            self.write(masked_with(self.key, 2, message))


@mistake("6.4", "Which opcode says that the payload is not text?", rfc="5.6")
class everything_sent_as_text(Client):
    def send(self, message):
        data = message.encode() if isinstance(message, str) else message
        self.write(write_frame(Role.CLIENT, Opcode.TEXT, data))


@mistake(
    "6.4",
    "What may come in the same piece as the end of the server's head?",
    name="bytes-after-head-lost",
    rfc="4.1, 5.1",
)
class first_message_lost(Client):
    def shake_hands(self, conn, where):
        key = make_key()
        conn.sendall(build_client_handshake(where, key))
        head, _ = recv_until(conn, b"\r\n\r\n")
        check_server_handshake(parse_response_head(head), key)
        self.reader = FrameReader()
        self.frames = []


@mistake(
    "6.4",
    "How much of the server's head does one recv bring?",
    name="handshake-one-recv",
    rfc="4.1, RFC 9112 2.2",
)
class answer_in_one_recv(Client):
    def shake_hands(self, conn, where):
        key = make_key()
        conn.sendall(build_client_handshake(where, key))
        data = conn.recv(65536)
        if not data:
            raise EOFError
        head, end, leftover = data.partition(b"\r\n\r\n")
        check_server_handshake(parse_response_head(head + end), key)
        self.reader = FrameReader()
        self.frames = self.reader.feed(leftover)


@mistake("6.4", "How does your client know that the server agreed at all?", rfc="4.1")
class answer_not_checked(Client):
    def shake_hands(self, conn, where):
        conn.sendall(build_client_handshake(where, make_key()))
        _, leftover = recv_until(conn, b"\r\n\r\n")
        self.reader = FrameReader()
        self.frames = self.reader.feed(leftover)


@mistake("6.4", "Which key must the server's answer fit: a new one, or the one that you sent?", rfc="4.1")
class checked_with_another_key(Client):
    def shake_hands(self, conn, where):
        conn.sendall(build_client_handshake(where, make_key()))
        head, leftover = recv_until(conn, b"\r\n\r\n")
        check_server_handshake(parse_response_head(head), make_key())
        self.reader = FrameReader()
        self.frames = self.reader.feed(leftover)


@mistake("6.4", "What may a client send before the server has agreed?", rfc="4.1")
class answer_read_later(Client):
    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("no TLS here")
        self.conn = socket.create_connection((where.host, where.port), self.timeout)
        self.key = make_key()
        self.conn.sendall(build_client_handshake(where, self.key))
        self.reader = None
        self.frames = []

    def next_frame(self):
        if self.conn is not None and self.reader is None:
            head, leftover = recv_until(self.conn, b"\r\n\r\n")
            check_server_handshake(parse_response_head(head), self.key)
            self.reader = FrameReader()
            self.frames = self.reader.feed(leftover)
        return super().next_frame()


@mistake(
    "6.4", "An exception leaves connect. Who closes the socket that nobody else knows?", rfc="4.1, 7.1.7"
)
class socket_left_open(Client):
    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("no TLS here")
        conn = socket.create_connection((where.host, where.port), self.timeout)
        self.shake_hands(conn, where)
        self.conn = conn


@mistake("6.4", "What does the s in wss stand for, and does your socket do it?", rfc="3, 10.6")
class wss_without_tls(Client):
    def connect(self, url):
        where = parse_ws_url(url)
        conn = socket.create_connection((where.host, where.port), self.timeout)
        try:
            self.shake_hands(conn, where)
        except BaseException:
            conn.close()
            raise
        self.conn = conn


@mistake("6.4", "How long would recv wait for a server that says nothing?", rfc="10.4")
class time_limit_forgotten(Client):
    def open_connection(self, where):
        return socket.create_connection((where.host, where.port))

    def receive(self):
        data = self.conn.recv(65536)
        if not data:
            self.end(1006)
            raise EOFError("the server has left")
        self.frames = self.reader.feed(data)


@mistake("6.4", "What does a server do whose Ping gets no Pong?", rfc="5.5.2")
class pings_not_answered(Client):
    def see_ping(self, frame):
        pass


@mistake("6.4", "Is a Ping a message that the caller of recv waits for?", rfc="5.5.2, 6.2")
class ping_given_as_a_message(Client):
    def recv(self):
        if not self.closing:
            self.deadline = time.monotonic() + self.timeout
        while True:
            frame = self.next_frame()
            if frame.opcode == Opcode.CLOSE:
                self.see_close(self.read(read_close, frame))
            elif frame.opcode == Opcode.PING:
                self.see_ping(frame)
                return frame.payload
            elif frame.opcode != Opcode.PONG:
                return self.read(read_message, frame)


@mistake("6.4", "Of which type is a text when the caller of recv gets it?", rfc="5.6, 8.1")
class text_given_as_bytes(Client):
    def recv(self):
        message = super().recv()
        return message.encode() if isinstance(message, str) else message


@mistake(
    "6.4", "Several messages came in one piece. Where do those wait that nobody asked for yet?", rfc="6.2"
)
class messages_behind_the_first_lost(Client):
    def next_frame(self):
        frame = super().next_frame()
        self.frames = []
        return frame


@mistake("6.4", "What does a server wait for after its Close?", rfc="5.5.1, 7.1.2")
class servers_close_not_answered(Client):
    def see_close(self, code):
        self.end(code)
        raise EOFError("the server has closed")


@mistake("6.4", "How does the caller of recv learn that no message will come any more?", rfc="7.1.5")
class none_at_the_end(Client):
    def recv(self):
        try:
            return super().recv()
        except EOFError:
            return None

    def wait_for_close(self):
        while self.conn is not None:
            self.recv()


@mistake(
    "6.4",
    "Your Close is sent. Who has not said goodbye yet when you hang up?",
    rfc="7.1.1, 7.1.2",
    source="https://github.com/ninenines/cowboy/issues/1044, https://github.com/eclipse-vertx/vert.x/issues/3531",
)
class close_then_hang_up(Client):
    def close(self, code=1000):
        if self.conn is not None:
            send_last(self.conn, write_close(Role.CLIENT, code))
            self.end(code)
        return self.code


@mistake("6.4", "Which of the two Closes carries the code that close returns?", rfc="7.1.5")
class own_code_returned(Client):
    def close(self, code=1000):
        if self.conn is None:
            return self.code
        super().close(code)
        return code


@mistake("6.4", "After your own Close, which frames may still leave?", rfc="1.4, 5.5.1")
class talks_on_after_its_close(Client):
    def say_no_more(self):
        pass


@mistake("6.4", "Which frames may come between your Close and the server's?", rfc="5.5.1, 7.1.2")
class first_frame_taken_for_the_close(Client):
    def wait_for_close(self):
        frame = self.next_frame()
        self.end(read_close(frame))


@mistake("6.4", "The server keeps silent after your Close. What do close's callers get?", rfc="7.1.2, 7.1.5")
class silence_raised_by_close(Client):
    def close(self, code=1000):
        if self.conn is not None:
            send_last(self.conn, write_close(Role.CLIENT, code))
            self.deadline = time.monotonic() + self.timeout
            self.closing = True
            try:
                self.wait_for_close()
            except (EOFError, ConnectionError, ProtocolError):
                pass
            self.end(1006)
        return self.code


@mistake(
    "6.4", "Which exceptions can your recv raise, and which of them does close catch?", rfc="7.1.5, 7.1.7"
)
class broken_rule_raised_by_close(Client):
    def close(self, code=1000):
        if self.conn is not None:
            send_last(self.conn, write_close(Role.CLIENT, code))
            self.deadline = time.monotonic() + self.timeout
            self.closing = True
            try:
                self.wait_for_close()
            except (EOFError, OSError):
                pass
            self.end(1006)
        return self.code


@mistake("6.4", "connect failed. What does your object still hold, and do the other methods know?", rfc="4.1")
class remembered_too_early(Client):
    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("no TLS here")
        self.conn = self.open_connection(where)
        self.frames = []
        try:
            self.shake_hands(self.conn, where)
        except BaseException:
            self.conn.close()
            raise


@mistake("6.4", "What is there to close when create_connection itself raises?", rfc="4.1, 7.1.7")
class closed_before_it_is_open(Client):
    def connect(self, url):
        where = parse_ws_url(url)
        if where.secure:
            raise ValueError("no TLS here")
        try:
            conn = self.open_connection(where)
            self.shake_hands(conn, where)
        except BaseException:
            conn.close()
            raise
        self.conn = conn


@mistake("6.4", "How long may recv last if a byte comes just before each time limit?", rfc="10.4")
class a_new_limit_for_each_piece(Client):
    def receive(self):
        self.conn.settimeout(self.timeout)
        data = self.conn.recv(65536)
        if not data:
            self.end(1006)
            raise EOFError("the server has left")
        self.frames = self.reader.feed(data)


@mistake("6.4", "How long does create_connection wait for a host that does not answer?", rfc="10.4")
class no_limit_for_connecting(Client):
    def open_connection(self, where):
        conn = socket.create_connection((where.host, where.port))
        conn.settimeout(self.timeout)
        return conn


@mistake("6.4", "recv said that the server has left. Who reads what you send now?", rfc="7.1.5")
class sends_to_nobody(Client):
    def receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing in time")
        self.conn.settimeout(left)
        data = self.conn.recv(65536)
        if not data:
            raise EOFError("the server has left")
        self.frames = self.reader.feed(data)


@mistake("6.4", "Which frames are no message, though nobody has to answer them?", rfc="5.5.3, 6.2")
class pong_given_as_a_message(Client):
    def recv(self):
        if not self.closing:
            self.deadline = time.monotonic() + self.timeout
        while True:
            frame = self.next_frame()
            if frame.opcode == Opcode.CLOSE:
                self.see_close(self.read(read_close, frame))
            elif frame.opcode == Opcode.PING:
                self.see_ping(frame)
            else:
                return self.read(read_message, frame)


@mistake(
    "6.4",
    "What does recv give when the server has left, and which line of yours looks?",
    name="eof-not-seen",
    rfc="7.1.5, RFC 9293 3.9.1.3",
)
class server_left_and_nobody_looks(Client):
    def receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing in time")
        self.conn.settimeout(left)
        self.frames = self.reader.feed(self.conn.recv(65536))
