"""Origin: which pages may connect, compared to the letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minews import HandshakeError, parse_request_head
from minews.opening import ServerOptions, accept_request
from minews.origin import origin_allowed, own_origins
from tests.minews.heads import request_head

OURS = "https://example.com"
NEARLY = [  # what has been taken for it by careless comparisons
    *("https://example.com.evil.org", "https://evil-example.com", "https://evil.org/https://example.com"),
    *("http://example.com", "https://example.com:443", "https://example.com:8443", "https://example.com/"),
    *("https://www.example.com", "https://example.co", "https://example.org", "https://example,com"),
    *("HTTPS://example.com", "https://Example.com", "https://example.com.", "https://exam.ple.com"),
    *("https://user@example.com", "https://example.com@evil.org", "https://example.com\x00.evil.org"),
    *("null", "", "*", " https://example.com", "https://", "https", "e", "//example.com", "example.com"),
]


def head(*origins: str, host: str | None = "example.com") -> bytes:
    return request_head({"Host": host}, *(f"Origin: {origin}" for origin in origins))


class TestComparison:
    """RFC 6455 section 10.2 and RFC 6454."""

    def test_what_is_allowed_to_the_letter_passes(self):
        assert origin_allowed(OURS, ["https://other.example", OURS])
        assert origin_allowed("null", ["null"])

    @pytest.mark.rfc("R035")
    @pytest.mark.parametrize("origin", NEARLY)
    def test_what_only_looks_like_it_does_not(self, origin):
        assert not origin_allowed(origin, [OURS])
        assert not origin_allowed(origin, {OURS: 1})
        assert not origin_allowed(origin, [])

    def test_a_program_that_is_no_browser_says_nothing_and_passes(self):
        assert origin_allowed(None, [OURS])
        assert origin_allowed(None, [])

    @pytest.mark.parametrize("origin", NEARLY)
    def test_a_single_origin_given_as_a_text_is_not_searched_for_parts_of_it(self, origin):
        assert origin_allowed(OURS, OURS)
        assert not origin_allowed(origin, OURS)

    @given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=4))
    def test_it_is_membership_and_nothing_else(self, origin, allowed):
        assert origin_allowed(origin, allowed) == (origin in allowed)


class TestOwnOrigins:
    @pytest.mark.parametrize(
        "host, origins",
        [
            ("example.com", ["http://example.com", "https://example.com"]),
            ("Example.COM", ["http://example.com", "https://example.com"]),
            ("127.0.0.1:8765", ["http://127.0.0.1:8765", "https://127.0.0.1:8765"]),
            ("[::1]:8765", ["http://[::1]:8765", "https://[::1]:8765"]),
            ("example.com:80", ["http://example.com", "https://example.com:80"]),
            ("example.com:443", ["http://example.com:443", "https://example.com"]),
            ("example.com:8080", ["http://example.com:8080", "https://example.com:8080"]),
            ("", []),
            (None, []),
        ],
    )
    def test_they_are_the_host_as_a_browser_spells_it(self, host, origins):
        assert own_origins(parse_request_head(head(host=host))) == origins


class TestServer:
    """What a server does about it if nobody tells it otherwise."""

    @pytest.mark.rfc("R035", "R112")
    @pytest.mark.parametrize("origin", ["https://evil.org", "null", "", "http://example.com:8080"])
    def test_pages_of_foreign_origins_are_refused_with_403(self, origin):
        with pytest.raises(HandshakeError) as caught:
            accept_request(head(origin), ServerOptions())
        assert caught.value.status == 403

    @pytest.mark.parametrize("origins", [(), ("http://example.com",), ("https://example.com",)])
    def test_its_own_pages_and_programs_are_not(self, origins):
        answer, _ = accept_request(head(*origins), ServerOptions())
        assert answer.startswith(b"HTTP/1.1 101 ")

    def test_two_origins_are_none(self):
        with pytest.raises(HandshakeError) as caught:
            accept_request(head("http://example.com", "http://example.com"), ServerOptions())
        assert caught.value.status == 403

    @pytest.mark.parametrize("allowed", [["https://evil.org"], ["*"], "*"])
    def test_it_can_be_told_otherwise(self, allowed):
        answer, _ = accept_request(head("https://evil.org"), ServerOptions(origins=allowed))
        assert answer.startswith(b"HTTP/1.1 101 ")
