"""wss: the same bytes inside TLS (RFC 6455 sections 4.1, point 5, and 10.6)."""

from __future__ import annotations

import ssl
from typing import Literal

__all__ = ["classify_first_bytes", "client_tls_context", "explain_tls_error", "server_tls_context"]


def classify_first_bytes(data: bytes) -> Literal["tls", "http", "unknown"]:
    """Tell from the first bytes of a connection what the client speaks (RFC 8446 section 5.1).

    Arguments:
        data: at least the first two bytes.

    >>> classify_first_bytes(b"\\x16\\x03\\x01\\x02\\x00"), classify_first_bytes(b"GET / HTTP/1.1")
    ('tls', 'http')
    """
    if data[:2] == b"\x16\x03":  # a handshake record of some version of TLS
        return "tls"
    return "http" if data[:3].isalpha() and data[:3].isupper() else "unknown"


def server_tls_context(certfile: str, keyfile: str) -> ssl.SSLContext:
    """Make the context of a server.

    Arguments:
        certfile: path of its certificate, and those between it and the root, in PEM.
        keyfile: path of its private key, in PEM.

    Raises:
        OSError: if a file is not there. (ssl.SSLError, if the two don't fit, is one, too.)
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certfile, keyfile)
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_tls_context(cafile: str | None = None) -> ssl.SSLContext:
    """Make the context of a client, which checks the server's certificate and its name.

    Arguments:
        cafile: path of certificates to trust, in PEM, in place of those that the system trusts.
    """
    context = ssl.create_default_context(cafile=cafile)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def explain_tls_error(error: ssl.SSLError) -> Literal["untrusted", "wrong-name", "not-tls", "other"]:
    """Tell which of the usual things went wrong.

    Arguments:
        error: what the handshake of TLS raised.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return "wrong-name" if error.verify_code in (62, 64) else "untrusted"
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"):
        return "not-tls"
    return "other"
