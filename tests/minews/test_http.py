"""Heads of HTTP/1.1 messages: what RFC 9112 and RFC 9110 say, what is refused, and with which status."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minews import (
    HandshakeError,
    Headers,
    Request,
    Response,
    format_response,
    header_tokens,
    list_elements,
    parse_request_head,
    parse_response_head,
    take_head,
)
from minews.http import MAX_FIELDS, MAX_HEAD, MAX_LINE
from tests.cuts import every_cut
from tests.minews.heads import any_bytes, request_head, response_head, tokens

FRAMES = b"\x81\x85\x00\x00\x00\x00a\n\r\nb\r\n\r\n"  # what may follow a head: it is nobody's business here


def feed(pieces):
    """Give take_head the pieces as they arrive; return (head, the rest), None, or its error's status."""
    buffer, pieces = bytearray(), list(pieces)
    while pieces:
        buffer += pieces.pop(0)
        try:
            head = take_head(buffer)
        except HandshakeError as error:
            return error.status
        if head is not None:
            return head, bytes(buffer) + b"".join(pieces)
    return None


def status_of(call, *arguments):
    """Return the status of the HandshakeError that a call ends in, or None if it gives a value."""
    try:
        call(*arguments)
    except HandshakeError as error:
        assert error.reason, "an error says what was wrong"
        assert error.headers == []
        return error.status
    return None


class TestRFC9112Section2MessageParsing:
    """RFC 9112 section 2.2: a head ends with an empty line, and lines end with CR LF."""

    @pytest.mark.parametrize("head", [request_head(), response_head()], ids=["request", "response"])
    @pytest.mark.parametrize("after", [b"", FRAMES], ids=["alone", "frames follow"])
    def test_a_head_is_taken_off_the_front_under_every_cut(self, head, after):
        for cut in every_cut(head + after, rounds=40):
            assert feed(cut.pieces) == (head, after), cut.name

    def test_a_head_that_has_been_taken_is_gone_from_the_buffer(self):
        buffer = bytearray(request_head() + request_head() + FRAMES)
        assert [take_head(buffer), take_head(buffer)] == [request_head()] * 2
        assert buffer == FRAMES

    def test_a_head_is_bytes_whatever_the_buffer_is(self):
        assert type(take_head(bytearray(request_head()))) is bytes

    def test_an_unfinished_head_is_not_taken_and_stays(self):
        for end in range(len(request_head())):
            buffer = bytearray(request_head()[:end])
            assert take_head(buffer) is None
            assert buffer == request_head()[:end]

    def test_an_empty_line_alone_is_a_whole_head_and_no_request(self):
        assert feed([b"\r\n\r\n" + FRAMES]) == (b"\r\n\r\n", FRAMES)
        assert status_of(parse_request_head, b"\r\n\r\n") == 400

    def test_nothing_has_arrived_yet(self):
        assert take_head(bytearray()) is None

    @pytest.mark.parametrize(
        "head",
        [
            b"GET / HTTP/1.1\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\n",
            b"GET / HTTP/1.1\nHost: a\n\n",
            b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n\n\r\n",
        ],
    )
    def test_a_line_that_ends_in_lf_alone_gives_400_under_every_cut(self, head):
        for cut in every_cut(head + FRAMES):
            assert feed(cut.pieces) == 400, cut.name

    def test_an_lf_alone_is_refused_before_the_head_is_complete(self):
        assert feed([b"GET / HTTP/1.1\n"]) == 400

    def test_line_ends_of_any_kind_may_follow_the_head(self):
        assert feed([request_head() + b"\n\r\r\n"]) == (request_head(), b"\n\r\r\n")

    @given(any_bytes(request_head(), response_head(), request_head() + FRAMES), st.integers(0, 2**16))
    def test_any_bytes_have_one_outcome_under_every_cut(self, stream, seed):
        outcomes = {cut.name: feed(cut.pieces) for cut in every_cut(stream, rounds=2, seed=seed)}
        assert len(set(outcomes.values())) == 1, outcomes
        outcome = outcomes["whole"]
        assert outcome in (None, 400, 431) or b"".join(outcome) == stream


class TestRFC9112Section3RequestLine:
    """RFC 9112 section 3: method SP request-target SP HTTP-version."""

    def test_a_request_head_is_read_as_it_is_spelled(self):
        head = b"GeT /Chat?Room=1 HTTP/1.1\r\nHOST: Example.com\r\nAccept:*/*\r\n\r\n"
        headers = Headers([("HOST", "Example.com"), ("Accept", "*/*")])
        assert parse_request_head(head) == Request("GeT", "/Chat?Room=1", "HTTP/1.1", headers)

    def test_a_request_may_have_no_header_at_all(self):
        assert parse_request_head(b"GET / HTTP/1.1\r\n\r\n").headers == Headers()

    @pytest.mark.parametrize(
        "target", ["/", "/a?b=c&d", "*", "http://example.com/chat", "example.com:443", "/%23"]
    )
    def test_every_form_of_target_is_read(self, target):
        assert parse_request_head(request_head(start=f"GET {target} HTTP/1.1")).target == target

    @pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1", "HTTP/1.9"])
    def test_every_minor_version_of_http_1_is_read(self, version):
        assert parse_request_head(request_head(start=f"GET / {version}")).version == version

    @pytest.mark.parametrize("version", ["HTTP/0.9", "HTTP/2.0", "HTTP/3.1"])
    def test_another_major_version_gives_505(self, version):
        assert status_of(parse_request_head, request_head(start=f"GET / {version}")) == 505

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "GET",
            "GET /",
            "GET  / HTTP/1.1",
            "GET /  HTTP/1.1",
            "GET / HTTP/1.1 ",
            " GET / HTTP/1.1",
            "GET\t/\tHTTP/1.1",
            "GET /a b HTTP/1.1",
            "GET  HTTP/1.1",
            "G(T / HTTP/1.1",
            "GET /\0 HTTP/1.1",
            "GET /\x7f HTTP/1.1",
            "GET /caf\xe9 HTTP/1.1",
            "GET / http/1.1",
            "GET / HTTP/1",
            "GET / HTTP/1.10",
            "GET / HTTP/11.1",
            "GET / HTTP/1.\xb2",
            "GET / HTCPCP/1.0",
            "HTTP/1.1 200 OK",
        ],
        ids=repr,
    )
    def test_a_malformed_request_line_gives_400(self, line):
        assert status_of(parse_request_head, request_head(start=line)) == 400


class TestRFC9112Section4StatusLine:
    """RFC 9112 section 4: HTTP-version SP status-code SP [ reason-phrase ]."""

    def test_a_response_head_is_read_as_it_is_spelled(self):
        head = b"HTTP/1.1 404 Nothing  here\r\nServer: x\r\n\r\n"
        assert parse_response_head(head) == Response(404, "Nothing  here", Headers([("Server", "x")]))

    @pytest.mark.parametrize("reason", ["", "OK", "ein\xe4ugig", "a\tb"])
    def test_the_reason_may_be_empty_or_any_text(self, reason):
        assert parse_response_head(response_head(start=f"HTTP/1.1 101 {reason}")).reason == reason

    @pytest.mark.parametrize("status", [100, 101, 200, 302, 404, 599])
    def test_every_class_of_status_is_read(self, status):
        assert parse_response_head(response_head(start=f"HTTP/1.1 {status} ")).status == status

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "HTTP/1.1",
            "HTTP/1.1 101",
            "HTTP/1.1  101 OK",
            " HTTP/1.1 101 OK",
            "HTTP/1.1\t101 OK",
            "HTTP/1.0 101 Switching Protocols",
            "HTTP/2.0 200 OK",
            "HTTP/1.1 099 OK",
            "HTTP/1.1 600 OK",
            "HTTP/1.1 10 OK",
            "HTTP/1.1 1010 OK",
            "HTTP/1.1 \xb9\xb2\xb3 OK",
            "HTTP/1.1 101 O\0K",
            "HTTP/1.1 101 O\x7fK",
            "GET / HTTP/1.1",
            "SSH-2.0-OpenSSH",
        ],
        ids=repr,
    )
    def test_what_is_no_status_line_of_http_1_1_gives_502(self, line):
        assert status_of(parse_response_head, response_head(start=line)) == 502

    def test_an_old_server_may_refuse_but_not_change_the_protocol(self):
        assert parse_response_head(b"HTTP/1.0 404 Not Found\r\n\r\n").status == 404
        assert status_of(parse_response_head, b"HTTP/1.0 101 Switching Protocols\r\n\r\n") == 502


BROKEN_HEADS = {
    "truncated, nothing at all": b"",
    "truncated, the empty line missing": b"%s\r\nHost: a\r\n",
    "truncated, within the empty line": b"%s\r\nHost: a\r\n\r",
    "truncated, within a line": b"%s\r\nHos",
    "glued, a byte after the empty line": b"%s\r\nHost: a\r\n\r\nx",
    "two heads in one": b"%s\r\nHost: a\r\n\r\n%s\r\nHost: a\r\n\r\n",
    "an empty line before the fields": b"%s\r\n\r\nHost: a\r\n\r\n",
    "folded by a space": b"%s\r\nX: a\r\n b\r\n\r\n",
    "folded by a tab": b"%s\r\nX: a\r\n\tb\r\n\r\n",
    "folded by a line of white space": b"%s\r\nX: a\r\n \r\n\r\n",
    "folded before the first field": b"%s\r\n X: a\r\n\r\n",
    "bare LF after the first line": b"%s\nHost: a\r\n\r\n",
    "bare LF in a value": b"%s\r\nHost: a\nX: b\r\n\r\n",
    "bare LF in the empty line": b"%s\r\nHost: a\r\n\n\r\n\r\n",
    "bare CR in the first line": b"%s\rHost: a\r\n\r\n",
    "bare CR in a value": b"%s\r\nHost: a\rX: b\r\n\r\n",
    "bare CR before CR LF": b"%s\r\nHost: a\r\r\n\r\n",
    "NUL in a value": b"%s\r\nHost: a\0b\r\n\r\n",
    "NUL in a name": b"%s\r\nHo\0st: a\r\n\r\n",
    "another control byte in a value": b"%s\r\nHost: a\x1bb\r\n\r\n",
    "DEL in a value": b"%s\r\nHost: a\x7fb\r\n\r\n",
    "space before the colon": b"%s\r\nHost : a\r\n\r\n",
    "tab before the colon": b"%s\r\nHost\t: a\r\n\r\n",
    "space in a name": b"%s\r\nX Y: a\r\n\r\n",
    "no name": b"%s\r\n: a\r\n\r\n",
    "no colon": b"%s\r\nHost\r\n\r\n",
    "a letter beyond ASCII in a name": b"%s\r\nH\xf6st: a\r\n\r\n",
}


class TestRFC9112Section5FieldSyntax:
    """RFC 9112 section 5: name, colon, value; nothing folded, no space before the colon."""

    @pytest.mark.parametrize("head", BROKEN_HEADS.values(), ids=BROKEN_HEADS)
    def test_a_broken_request_head_gives_400(self, head):
        assert status_of(parse_request_head, head.replace(b"%s", b"GET / HTTP/1.1")) == 400

    @pytest.mark.parametrize("head", BROKEN_HEADS.values(), ids=BROKEN_HEADS)
    def test_a_broken_response_head_gives_502(self, head):
        assert status_of(parse_response_head, head.replace(b"%s", b"HTTP/1.1 101 OK")) == 502

    @pytest.mark.parametrize(
        "line, value",
        [
            ("X:a", "a"),
            ("X: \t a \t ", "a"),
            ("X:", ""),
            ("X: \t", ""),
            ("X: a: b", "a: b"),
            ("X: a\t b", "a\t b"),
            ("X: \xe9", "\xe9"),
            ("X: \xa0", "\xa0"),
        ],
    )
    def test_a_value_is_what_stands_after_the_first_colon_without_white_space_around_it(self, line, value):
        assert parse_request_head(request_head({}, line)).headers.get_all("X") == [value]

    def test_every_sign_that_a_token_may_hold_may_stand_in_a_name(self):
        name = "!#$%&'*+-.^_`|~09AZaz"
        assert parse_request_head(request_head({}, f"{name}: a")).headers.get(name) == "a"

    @pytest.mark.parametrize("sign", '"(),/:;<=>?@[\\]{} \t\x7f\0\xe9')
    def test_no_other_sign_may_stand_in_a_name(self, sign):
        assert status_of(parse_request_head, request_head({}, f"{sign}X: a")) == 400

    def test_lines_of_one_name_are_all_kept_in_order(self):
        request = parse_request_head(request_head({}, "Via: a", "vIA: b"))
        assert request.headers.get_all("Via") == ["a", "b"]


def padded(line: str, size: int) -> str:
    """Make a line longer until it has `size` bytes."""
    return line + "a" * (size - len(line))


def head_of_size(start: str, size: int) -> bytes:
    """Write a head of exactly `size` bytes with no line that is too long."""
    lines = [start, padded("X-One: ", MAX_LINE)]
    rest = size - len("\r\n".join([*lines, "X-Two: ", "", ""]))
    return "\r\n".join([*lines, "X-Two: " + "a" * rest, "", ""]).encode()


def request_of_lines(count: int) -> bytes:
    return "\r\n".join(["GET / HTTP/1.1", *["X: a"] * count, "", ""]).encode()


def response_of_lines(count: int) -> bytes:
    return "\r\n".join(["HTTP/1.1 101 OK", *["X: a"] * count, "", ""]).encode()


class TestLimitsOfSize:
    """RFC 9112 section 3, RFC 9110 section 15.5.15, RFC 6585 section 5: at each limit, and one over it."""

    def test_the_limits_are_those_that_are_documented(self):
        assert (MAX_HEAD, MAX_LINE, MAX_FIELDS) == (16_384, 8_192, 100)

    def test_a_request_line_as_long_as_the_limit_is_read(self):
        line = "GET " + padded("/", MAX_LINE - len("GET  HTTP/1.1")) + " HTTP/1.1"
        assert len(line) == MAX_LINE
        assert parse_request_head(request_head(start=line)).method == "GET"

    def test_a_request_line_one_byte_over_the_limit_gives_414(self):
        line = "GET " + padded("/", MAX_LINE - len("GET  HTTP/1.1") + 1) + " HTTP/1.1"
        assert status_of(parse_request_head, request_head(start=line)) == 414

    def test_a_header_line_as_long_as_the_limit_is_read(self):
        line = padded("X: ", MAX_LINE)
        assert "X" in parse_request_head(request_head({}, line)).headers
        assert "X" in parse_response_head(response_head({}, line)).headers

    def test_a_header_line_one_byte_over_the_limit_gives_431_or_502(self):
        line = padded("X: ", MAX_LINE + 1)
        assert status_of(parse_request_head, request_head({}, line)) == 431
        assert status_of(parse_response_head, response_head({}, line)) == 502

    def test_a_status_line_at_the_limit_is_read_and_one_byte_over_it_gives_502(self):
        at, over = (padded("HTTP/1.1 101 ", size) for size in (MAX_LINE, MAX_LINE + 1))
        assert parse_response_head(response_head(start=at)).status == 101
        assert status_of(parse_response_head, response_head(start=over)) == 502

    def test_as_many_header_lines_as_the_limit_are_read(self):
        assert len(parse_request_head(request_of_lines(MAX_FIELDS)).headers) == MAX_FIELDS
        assert len(parse_response_head(response_of_lines(MAX_FIELDS)).headers) == MAX_FIELDS

    def test_one_header_line_too_many_gives_431_or_502(self):
        assert status_of(parse_request_head, request_of_lines(MAX_FIELDS + 1)) == 431
        assert status_of(parse_response_head, response_of_lines(MAX_FIELDS + 1)) == 502

    def test_a_head_as_long_as_the_limit_is_read(self):
        request, response = (head_of_size(start, MAX_HEAD) for start in ("GET / HTTP/1.1", "HTTP/1.1 101 OK"))
        assert len(request) == len(response) == MAX_HEAD
        assert len(parse_request_head(request).headers) == 2
        assert len(parse_response_head(response).headers) == 2

    def test_a_head_one_byte_over_the_limit_gives_431_or_502(self):
        assert status_of(parse_request_head, head_of_size("GET / HTTP/1.1", MAX_HEAD + 1)) == 431
        assert status_of(parse_response_head, head_of_size("HTTP/1.1 101 OK", MAX_HEAD + 1)) == 502

    def test_a_head_as_long_as_the_limit_is_taken_under_every_cut(self):
        head = head_of_size("GET / HTTP/1.1", MAX_HEAD)
        for cut in every_cut(head + FRAMES, rounds=4):
            assert feed(cut.pieces) == (head, FRAMES), cut.name

    def test_a_head_one_byte_over_the_limit_gives_431_under_every_cut(self):
        for cut in every_cut(head_of_size("GET / HTTP/1.1", MAX_HEAD + 1), rounds=4):
            assert feed(cut.pieces) == 431, cut.name

    def test_an_endless_head_is_refused_at_the_limit_and_not_before(self):
        buffer = bytearray(b"GET / HTTP/1.1\r\n".ljust(MAX_HEAD - 1, b"a"))
        assert take_head(buffer) is None
        buffer += b"a"
        assert status_of(take_head, buffer) == 431

    @pytest.mark.parametrize("size, status", [(0, 431), (1, 431), (MAX_LINE, 431), (MAX_LINE + 1, 414)])
    def test_414_says_that_the_request_line_is_too_long_and_431_that_others_are(self, size, status):
        stream = (b"a" * size + b"\r\n").ljust(MAX_HEAD, b"a")
        assert status_of(take_head, bytearray(stream)) == status

    def test_which_error_wins_does_not_depend_on_the_cuts(self):
        stream = b"a" * MAX_HEAD + b"\n"
        assert {feed(cut.pieces) for cut in every_cut(stream)} == {414}

    @pytest.mark.parametrize("stream", [b"HTTP/1.1 200 OK\n", b"HTTP/1.1 200 ".ljust(MAX_HEAD, b"a")])
    def test_while_a_response_is_awaited_every_such_error_is_502(self, stream):
        assert status_of(lambda buffer: take_head(buffer, response=True), bytearray(stream)) == 502

    def test_a_request_line_that_never_ends_gives_414(self):
        assert feed([b"GET /" + b"a" * MAX_HEAD]) == 414


class TestRFC9110Section5_6Lists:
    """RFC 9110 section 5.6.1: lists, on one line or on several, with empty elements ignored."""

    @pytest.mark.parametrize(
        "values, elements",
        [
            ([], []),
            ([""], []),
            (["chat"], ["chat"]),
            (["chat,superchat"], ["chat", "superchat"]),
            (["chat , superchat"], ["chat", "superchat"]),
            (["a", "b, c"], ["a", "b", "c"]),
            ([",a,, \t,b,"], ["a", "b"]),
            (["v2.Chat"], ["v2.Chat"]),
            (["a b"], ["a b"]),
            (["\xa0a"], ["\xa0a"]),
        ],
    )
    def test_a_list_is_split_at_commas_trimmed_and_rid_of_empty_elements(self, values, elements):
        assert list_elements(values) == elements
        assert list_elements(iter(values)) == elements

    def test_tokens_that_match_in_any_case_come_in_lower_case(self):
        assert header_tokens(["Keep-Alive, UPGRADE", "", "WebSocket"]) == [
            "keep-alive",
            "upgrade",
            "websocket",
        ]

    @given(st.lists(st.lists(tokens)))
    def test_what_is_joined_by_commas_is_split_again(self, lines):
        written = [" ,\t".join(line) for line in lines]
        assert list_elements(written) == [token for line in lines for token in line]
        assert header_tokens(written) == [token.lower() for line in lines for token in line]


class TestResponses:
    """RFC 9112 section 4 and RFC 9110 section 8.6: writing a whole response."""

    def test_a_response_is_a_head_and_a_body_with_its_length(self):
        assert format_response(404, [("X", "y")], b"gone\n") == (
            b"HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Length: 5\r\n\r\ngone\n"
        )

    def test_an_empty_body_has_a_length_too(self):
        assert format_response(400, []) == b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

    @pytest.mark.parametrize("status", [100, 101, 199, 204, 304])
    def test_a_status_that_never_has_a_body_gets_no_length(self, status):
        assert b"Content-Length" not in format_response(status, [])
        with pytest.raises(ValueError, match="has no body"):
            format_response(status, [], b"x")

    @pytest.mark.parametrize("status", [200, 205, 303, 305])
    def test_any_other_status_gets_one(self, status):
        assert b"\r\nContent-Length: 0\r\n" in format_response(status, [])

    def test_an_unknown_status_has_an_empty_reason(self):
        assert format_response(599, []).startswith(b"HTTP/1.1 599 \r\n")

    @pytest.mark.parametrize(
        "pair",
        [
            ("X", "a\r\nY: b"),
            ("X", "a\nb"),
            ("X", "a\rb"),
            ("X", "\0"),
            ("", "a"),
            ("X Y", "a"),
            ("X\r\n", "a"),
        ],
        ids=repr,
    )
    def test_a_header_that_would_break_out_of_its_line_is_not_written(self, pair):
        with pytest.raises(ValueError, match="not a header line"):
            format_response(200, [pair])

    @pytest.mark.parametrize("pair", [("A: b", "c"), ("Content-Length", "3"), ("content-length", "0")])
    def test_a_name_with_a_colon_and_a_second_length_are_not_written(self, pair):
        with pytest.raises(ValueError, match="not a header line"):
            format_response(200, [pair])

    @pytest.mark.parametrize("status", [0, 42, 99, 600, 1000])
    def test_a_status_that_has_not_three_digits_is_not_written(self, status):
        with pytest.raises(ValueError, match="not an HTTP status"):
            format_response(status, [])

    def test_a_letter_that_has_no_byte_is_not_written(self):
        with pytest.raises(ValueError, match="not a header line"):
            format_response(200, [("X", "\u20ac")])

    def test_letters_beyond_ascii_are_written_as_one_byte_each(self):
        assert b"X: \xe9\r\n" in format_response(200, [("X", "\xe9")])

    statuses = st.sampled_from([200, 301, 400, 404, 405, 414, 426, 431, 500, 502, 505])
    values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))

    @given(statuses, st.lists(st.tuples(tokens, values), max_size=5), st.binary(max_size=50))
    def test_what_is_written_is_read_again_here_and_by_h11(self, status, pairs, body):
        pairs = [
            (name, value)
            for name, value in pairs
            if name.lower() not in {"content-length", "transfer-encoding"}
        ]
        written = format_response(status, pairs, body)
        buffer = bytearray(written)
        response = parse_response_head(take_head(buffer))
        assert buffer == body
        assert response.status == status
        assert response.headers == Headers([*pairs, ("Content-Length", str(len(body)))])
        assert read_response_with_h11(written) == (status, body)


def read_response_with_h11(stream: bytes) -> tuple[int, bytes]:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(stream)
    head, body = connection.next_event(), b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    return head.status_code, body


class TestAnyBytes:
    """Whatever a peer sends: a value, or a HandshakeError with one of the documented statuses."""

    @given(any_bytes(request_head(), response_head()))
    @example(b"\r\n\r\n")
    def test_take_head_gives_a_head_or_nothing_yet_or_400_414_or_431(self, stream):
        assert status_of(take_head, bytearray(stream)) in (None, 400, 414, 431)

    @given(any_bytes(request_head(), response_head()))
    @example(b"\r\n\r\n")
    def test_a_request_head_is_read_or_gives_400_414_431_or_505(self, head):
        assert status_of(parse_request_head, head) in (None, 400, 414, 431, 505)

    @given(any_bytes(request_head(), response_head()))
    @example(b"\r\n\r\n")
    def test_a_response_head_is_read_or_gives_502(self, head):
        assert status_of(parse_response_head, head) in (None, 502)

    @given(any_bytes(request_head()))
    def test_what_was_read_holds_no_sign_that_could_end_a_line(self, head):
        try:
            request = parse_request_head(head)
        except HandshakeError:
            return
        for name, value in request.headers.items():
            assert not set(name + value) & set("\r\n\0")
        assert not set(request.method + request.target + request.version) & set("\r\n\0 \t")
        assert len(request.headers) <= MAX_FIELDS


class TestOracleH11:
    """h11 reads heads by the same RFC: whatever is accepted here, it accepts, and it sees the same."""

    @given(any_bytes(request_head()))
    @example(request_head())
    def test_a_request_that_is_read_here_is_read_by_h11_too(self, head):
        try:
            request = parse_request_head(head)
        except HandshakeError:
            return
        headers = request.headers
        if (
            len(headers.get_all("Host")) != 1
            or headers.get_all("Content-Length")
            or "Transfer-Encoding" in headers
        ):
            return  # h11 checks these while it reads; here check_client_handshake does
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(head)
        event = connection.next_event()
        assert (event.method, event.target) == (request.method.encode(), request.target.encode())
        assert f"HTTP/{event.http_version.decode()}" == request.version
        seen = [(name.decode(), value.decode("latin-1")) for name, value in event.headers.raw_items()]
        assert seen == headers.items()

    @given(any_bytes(response_head()))
    @example(response_head())
    def test_a_response_that_is_read_here_is_read_by_h11_too(self, head):
        try:
            response = parse_response_head(head)
        except HandshakeError:
            return
        headers = response.headers
        if headers.get_all("Content-Length") or "Transfer-Encoding" in headers:
            return
        connection = h11.Connection(h11.CLIENT)
        connection.send(
            h11.Request(method="GET", target="/", headers=[("Host", "a"), ("Upgrade", "websocket")])
        )
        connection.receive_data(head)
        event = connection.next_event()
        assert (event.status_code, event.reason.decode("latin-1")) == (response.status, response.reason)
        seen = [(name.decode(), value.decode("latin-1")) for name, value in event.headers.raw_items()]
        assert seen == headers.items()
