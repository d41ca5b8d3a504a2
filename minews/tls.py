"""wss: the same bytes inside TLS (RFC 6455 sections 4.1, point 5, and 10.6).

TLS proves to a client whom it talks to, and hides from everybody between what is said. Nothing here switches
a check off: a server that the client cannot verify is one that it does not talk to.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import time
from typing import Literal

from .types import WsUrl

__all__ = [
    "classify_first_bytes",
    "client_tls_context",
    "connect",
    "default_client_tls_context",
    "end_tls",
    "explain_tls_error",
    "server_tls_context",
    "start_tls",
]

# What OpenSSL says when the other end speaks something else.
NOT_TLS = {
    *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"),
    *("UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"),
}

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL
WRONG_NAME = {62, 64}


def classify_first_bytes(data: bytes) -> Literal["tls", "http", "unknown"]:
    """Tell from the first bytes of a connection what the client speaks (RFC 8446 section 5.1).

    Arguments:
        data: the first three bytes at least.

    Returns:
        "tls" for the beginning of a TLS handshake, "http" for three capital letters, as in the name of a
        method, else "unknown".

    >>> classify_first_bytes(b"\\x16\\x03\\x01\\x02\\x00"), classify_first_bytes(b"GET / HTTP/1.1")
    ('tls', 'http')
    """
    if data[:2] == b"\x16\x03":  # a record with a handshake in it, and the 3 of every version of TLS
        return "tls"
    return "http" if len(data) > 2 and data[:3].isalpha() and data[:3].isupper() else "unknown"


def server_tls_context(certfile: str, keyfile: str) -> ssl.SSLContext:
    """Make the context of a server, TLS 1.2 or later.

    Arguments:
        certfile: path of its certificate, and of those between it and the root, in PEM.
        keyfile: path of its private key, in PEM.

    Raises:
        OSError: if a file is not there. (ssl.SSLError, if the two don't fit, is one, too.)
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    return _make_strict(context)


def client_tls_context(cafile: str | None = None) -> ssl.SSLContext:
    """Make the context of a client, which checks the server's certificate and its name.

    Arguments:
        cafile: path of certificates to trust, in PEM, in place of those that the system trusts.

    Returns:
        The context, for TLS 1.2 or later.

    Raises:
        OSError: if there is no such file. (ssl.SSLError, if it holds no certificate, is one, too.)

    >>> context = client_tls_context()
    >>> context.check_hostname, context.verify_mode.name, context.minimum_version.name
    (True, 'CERT_REQUIRED', 'TLSv1_2')
    """
    return _make_strict(ssl.create_default_context(cafile=cafile))


@functools.cache
def default_client_tls_context() -> ssl.SSLContext:
    """Return the context of all clients that are given none: the same each time, so change nothing in it.

    It takes many times as long to read the certificates that the system trusts as to open a connection. They
    are read once in a process, when first needed.

    >>> default_client_tls_context() is default_client_tls_context()
    True
    """
    return client_tls_context()


def connect(url: WsUrl, cafile: str | None = None, timeout: float = 5.0) -> socket.socket:
    """Open a connection to a server: TCP, and for wss TLS over it, checked.

    Arguments:
        url: where to, as `parse_ws_url` returns it.
        cafile: path of certificates to trust, as for `client_tls_context`.
        timeout: seconds for all of it, at most.

    Returns:
        The socket, on which the opening handshake may begin; an ssl.SSLSocket for wss.

    Raises:
        OSError: if nobody answers there. (TimeoutError and ssl.SSLError are ones, too; `explain_tls_error`
            says more about the latter.)

    >>> from minews import listen_on
    >>> with listen_on(0) as listener:
    ...     with connect(WsUrl(False, "127.0.0.1", listener.getsockname()[1], "/")) as conn:
    ...         isinstance(conn, ssl.SSLSocket)
    False
    """
    deadline = time.monotonic() + timeout
    conn = socket.create_connection((url.host, url.port), timeout)
    if not url.secure:
        return conn
    context = client_tls_context(cafile) if cafile else default_client_tls_context()
    return start_tls(conn, url.host, context, deadline - time.monotonic())


def start_tls(conn: socket.socket, host: str, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """Begin TLS as a client, on a connection that leads to the server, perhaps through a proxy.

    Arguments:
        conn: a connected socket. It must not be used any more; if TLS fails, it is closed.
        host: the name, or the address, that the certificate must be for.
        context: as `client_tls_context` makes it.
        timeout: seconds for the handshake of TLS, at most.

    Raises:
        OSError: as `connect` does.
    """
    try:
        conn.settimeout(max(timeout, 0.001))  # 0 would not wait at all
        return context.wrap_socket(conn, server_hostname=host)
    except BaseException:
        conn.close()
        raise


def end_tls(conn: socket.socket, timeout: float) -> None:
    """Say that nothing follows inside TLS, if there is TLS, and wait for the same (RFC 8446 section 6.1).

    Arguments:
        conn: a connected socket.
        timeout: seconds that the peer gets for its part.
    """
    if isinstance(conn, ssl.SSLSocket):
        with contextlib.suppress(OSError, ValueError):  # it left without a word, or goes on talking
            conn.settimeout(timeout)
            conn.unwrap()


def explain_tls_error(error: ssl.SSLError) -> Literal["untrusted", "wrong-name", "not-tls", "other"]:
    """Tell which of the usual things went wrong.

    Arguments:
        error: what the handshake of TLS raised.

    Returns:
        "untrusted": nobody whom we trust vouches for the certificate, or not any more. "wrong-name": it is
        for another server. "not-tls": the other end speaks something else. "other": none of these.

    >>> error = ssl.SSLCertVerificationError()
    >>> error.verify_code = 62
    >>> explain_tls_error(error)
    'wrong-name'
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return "wrong-name" if error.verify_code in WRONG_NAME else "untrusted"
    return "not-tls" if error.reason in NOT_TLS else "other"


def _make_strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # it costs the server much and the client little
    context.set_alpn_protocols(["http/1.1"])
    return context
