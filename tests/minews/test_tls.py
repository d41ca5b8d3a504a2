"""wss: what each end checks, what the first bytes tell, and what goes wrong in the four usual ways."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from minews import graceful_close, listen_on, parse_ws_url
from minews.tls import (
    classify_first_bytes,
    client_tls_context,
    connect,
    default_client_tls_context,
    end_tls,
    explain_tls_error,
    server_tls_context,
    start_tls,
)

PATIENCE = 10  # seconds, until a test that hangs fails
CERTIFICATE = str(Path(__file__).with_name("localhost.pem"))  # and its key; for localhost and 127.0.0.1


@contextlib.contextmanager
def server(serve):
    """Run `serve` on the first connection to a port of our own; give the port, and what `serve` raised."""
    raised = []

    def run():
        conn, _ = listener.accept()
        conn.settimeout(PATIENCE)
        with conn, contextlib.suppress(TimeoutError):
            try:
                serve(conn)
            except Exception as error:
                raised.append(error)

    with listen_on(0) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], raised
        finally:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def echo_in_tls(conn):
    """Send back in TLS what comes, until the client says that nothing follows."""
    with server_tls_context(CERTIFICATE, CERTIFICATE).wrap_socket(conn, server_side=True) as secured:
        while data := secured.recv(100):
            secured.sendall(data)
        end_tls(secured, PATIENCE)


def url_of(port: int, scheme: str = "wss", host: str = "127.0.0.1"):
    return parse_ws_url(f"{scheme}://{host}:{port}/")


def failure(call, *arguments, **options):
    """Return the SSLError that a call must end in."""
    with pytest.raises(ssl.SSLError) as caught:
        call(*arguments, **options)
    return caught.value


class TestContexts:
    def test_a_client_checks_certificate_and_name_and_takes_no_old_tls(self):
        context = client_tls_context(CERTIFICATE)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2

    def test_a_client_trusts_only_those_whom_it_was_given(self):
        assert len(client_tls_context(CERTIFICATE).get_ca_certs()) == 1

    def test_clients_that_are_given_none_share_one_that_is_as_strict(self):
        shared, own = default_client_tls_context(), client_tls_context()
        assert shared is default_client_tls_context()
        assert own is not shared
        for each in (shared, own):
            assert (each.verify_mode, each.check_hostname) == (ssl.CERT_REQUIRED, True)
            assert each.minimum_version == ssl.TLSVersion.TLSv1_2
        assert shared.options == own.options

    def test_no_end_negotiates_anew(self):
        for context in (client_tls_context(CERTIFICATE), server_tls_context(CERTIFICATE, CERTIFICATE)):
            assert context.options & ssl.OP_NO_RENEGOTIATION

    def test_a_server_takes_no_old_tls(self):
        assert server_tls_context(CERTIFICATE, CERTIFICATE).minimum_version == ssl.TLSVersion.TLSv1_2

    def test_files_that_are_not_there_are_errors(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            client_tls_context(str(tmp_path / "nothing.pem"))
        with pytest.raises(FileNotFoundError):
            server_tls_context(str(tmp_path / "nothing.pem"), CERTIFICATE)

    def test_a_file_without_certificates_is_an_error(self, tmp_path):
        (tmp_path / "empty.pem").write_text("nothing\n")
        failure(client_tls_context, str(tmp_path / "empty.pem"))
        failure(server_tls_context, str(tmp_path / "empty.pem"), CERTIFICATE)


class TestConnect:
    def test_ws_is_tcp_and_no_more(self):
        def serve(conn):
            conn.sendall(conn.recv(5).upper())

        with server(serve) as (port, raised), connect(url_of(port, "ws")) as conn:
            conn.sendall(b"hello")
            assert conn.recv(5) == b"HELLO"
            assert not isinstance(conn, ssl.SSLSocket)
        assert not raised

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_wss_is_tls_with_a_server_that_it_trusts(self, host):
        with server(echo_in_tls) as (port, raised), connect(url_of(port, host=host), CERTIFICATE) as conn:
            assert (conn.version(), conn.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
            conn.sendall(b"Hello")
            assert conn.recv(100) == b"Hello"
            end_tls(conn, PATIENCE)
            graceful_close(conn)
        assert not raised

    def test_bytes_may_wait_inside_tls_where_select_does_not_see_them(self):
        with server(echo_in_tls) as (port, _), connect(url_of(port), CERTIFICATE) as conn:
            conn.sendall(bytes(100))
            assert conn.recv(10) == bytes(10)
            assert conn.pending() == 90
            end_tls(conn, PATIENCE)

    def test_nobody_listens(self):
        with listen_on(0) as listener:
            url = url_of(listener.getsockname()[1])
        with pytest.raises(ConnectionRefusedError):
            connect(url)

    def test_a_server_that_does_not_answer_within_tls_costs_no_more_than_the_time_given(self):
        with listen_on(0) as silent, pytest.raises(TimeoutError):
            connect(url_of(silent.getsockname()[1]), CERTIFICATE, 0.05)

    def test_time_that_has_run_out_already_is_no_time_without_limit(self):
        near, far = socket.socketpair()
        with far, pytest.raises(TimeoutError):
            start_tls(near, "localhost", client_tls_context(CERTIFICATE), -1)
        assert near.fileno() == -1

    def test_without_a_name_there_is_nothing_to_check_and_no_connection(self):
        near, far = socket.socketpair()
        with far, pytest.raises(ValueError, match="hostname"):
            start_tls(near, "", client_tls_context(CERTIFICATE), PATIENCE)
        assert near.fileno() == -1

    def test_certificates_that_the_system_trusts_are_read_once(self, monkeypatch):
        made = []
        monkeypatch.setattr(
            "minews.tls.client_tls_context", lambda *given: made.append(given) or client_tls_context(*given)
        )
        default_client_tls_context.cache_clear()
        for _ in range(3):
            with server(echo_in_tls) as (port, _):
                assert explain_tls_error(failure(connect, url_of(port))) == "untrusted"
        assert len(made) == 1


class TestEnd:
    def test_each_end_says_that_nothing_follows(self):
        said = []

        def serve(conn):
            with server_tls_context(CERTIFICATE, CERTIFICATE).wrap_socket(
                conn, server_side=True, suppress_ragged_eofs=False
            ) as secured:
                said.append(secured.recv(1))  # a connection that is cut off would raise here
                end_tls(secured, PATIENCE)

        with server(serve) as (port, raised), connect(url_of(port), CERTIFICATE) as conn:
            end_tls(conn, PATIENCE)
        assert (said, raised) == ([b""], [])

    def test_without_tls_there_is_nothing_to_say(self):
        near, far = socket.socketpair()
        with near, far:
            end_tls(near, PATIENCE)
            near.sendall(b"Hello")
            assert far.recv(5) == b"Hello"

    def test_a_peer_that_does_not_answer_costs_no_more_than_the_time_given(self):
        ready = threading.Event()

        def serve(conn):
            with server_tls_context(CERTIFICATE, CERTIFICATE).wrap_socket(conn, server_side=True):
                ready.wait(PATIENCE)

        with server(serve) as (port, raised), connect(url_of(port), CERTIFICATE) as conn:
            end_tls(conn, 0.05)
            ready.set()
        assert not raised

    def test_ending_twice_is_no_error(self):
        with server(echo_in_tls) as (port, raised), connect(url_of(port), CERTIFICATE) as conn:
            end_tls(conn, PATIENCE)
            end_tls(conn, PATIENCE)
        assert not raised


class TestFailures:
    def test_a_server_that_nobody_vouches_for_is_not_trusted(self):
        with server(echo_in_tls) as (port, raised):
            assert explain_tls_error(failure(connect, url_of(port))) == "untrusted"
        assert isinstance(raised[0], ssl.SSLError)

    @pytest.mark.parametrize("host", ["example.com", "127.0.0.2", "localhost.example.com"])
    def test_a_certificate_is_good_for_the_names_in_it_only(self, host):
        context = client_tls_context(CERTIFICATE)
        with server(echo_in_tls) as (port, _):
            conn = socket.create_connection(("127.0.0.1", port))
            error = failure(start_tls, conn, host, context, PATIENCE)
        assert explain_tls_error(error) == "wrong-name"
        assert conn.fileno() == -1, "nobody can go on without the check"

    def test_a_server_may_speak_no_tls(self):
        def serve(conn):
            assert classify_first_bytes(conn.recv(5, socket.MSG_PEEK)) == "tls"
            conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            conn.recv(1 << 16)

        with server(serve) as (port, raised):
            assert explain_tls_error(failure(connect, url_of(port), CERTIFICATE)) == "not-tls"
        assert not raised

    @pytest.mark.parametrize("method", [b"GET / HTTP/1.1\r\n\r\n", b"CONNECT a:443 HTTP/1.1\r\n\r\n"])
    def test_a_client_may_speak_no_tls(self, method):
        with server(echo_in_tls) as (port, raised), connect(url_of(port, "ws")) as conn:
            assert classify_first_bytes(method) == "http"
            conn.sendall(method)
            with contextlib.suppress(ConnectionResetError):
                assert not conn.recv(100).startswith(b"HTTP")
        assert explain_tls_error(raised[0]) == "not-tls"

    def test_a_server_may_leave_in_the_middle(self):
        with server(lambda conn: conn.recv(100)) as (port, _), pytest.raises(OSError) as caught:
            connect(url_of(port), CERTIFICATE)
        assert not isinstance(caught.value, ssl.SSLError) or explain_tls_error(caught.value) == "other"


class TestFirstBytes:
    @pytest.mark.parametrize(
        "data, kind",
        [
            (b"\x16\x03\x01\x02\x00\x01\x00", "tls"),
            (b"\x16\x03\x03", "tls"),
            (b"GET", "http"),
            (b"CONNECT example.com:443 HTTP/1.1", "http"),
            (b"PRI * HTTP/2.0\r\n", "http"),
            (b"\x16\x02\x00", "unknown"),
            (b"\x17\x03\x03", "unknown"),
            (b"get / HTTP/1.1", "unknown"),
            (b"SSH-2.0"[:2] + b"-", "unknown"),
            (b"\xc4\xd6\xdc", "unknown"),
            (b"GE", "unknown"),
            (b"", "unknown"),
        ],
    )
    def test_they_tell_what_a_client_speaks(self, data, kind):
        assert classify_first_bytes(data) == kind
