"""minews: the WebSocket protocol (RFC 6455), built step by step and made to be read.

Read the modules in this order: types, tcp, http, handshake, frames, closing, conversation, blocking, serving,
messages, connection, speed, deflate, limits, origin, tls, opening, reaching, session, sync, aio. From deflate
on they are loaded when they are first asked for, so that importing minews costs little.
"""

import importlib
from types import ModuleType

from .blocking import BlockingClient, accept_handshake, route, serve_connection
from .closing import decode_close, encode_close, failure_code, may_send_code, reconnect_delays
from .connection import Connection
from .frames import (
    FrameReader,
    apply_mask,
    check_frame,
    decode_frame,
    decode_payload_len,
    encode_frame,
    encode_payload_len,
)
from .handshake import (
    accept_client,
    accept_value,
    build_client_handshake,
    build_server_handshake,
    check_client_handshake,
    check_server_handshake,
    choose_subprotocol,
    make_key,
    parse_ws_url,
    refuse,
)
from .http import (
    format_response,
    header_tokens,
    list_elements,
    parse_request_head,
    parse_response_head,
    take_head,
)
from .messages import MessageAssembler, Utf8Stream, classify, fragment, pong_for
from .serving import BlockingServer
from .speed import FastConnection, apply_mask_fast
from .tcp import (
    echo_once,
    graceful_close,
    length_prefixed,
    listen_on,
    recv_exactly,
    recv_until,
    split_length_prefixed,
)
from .types import (
    Close,
    Frame,
    HandshakeError,
    Headers,
    Message,
    Opcode,
    Ping,
    Pong,
    ProtocolError,
    Request,
    Response,
    Role,
    State,
    WsUrl,
)

__version__ = "0.1.0"

__all__ = [
    "BlockingClient",
    "BlockingServer",
    "Close",
    "Connection",
    "FastConnection",
    "Frame",
    "FrameReader",
    "HandshakeError",
    "Headers",
    "Message",
    "MessageAssembler",
    "Opcode",
    "Ping",
    "Pong",
    "ProtocolError",
    "Request",
    "Response",
    "Role",
    "State",
    "Utf8Stream",
    "WsUrl",
    "accept_client",
    "accept_handshake",
    "accept_value",
    "apply_mask",
    "apply_mask_fast",
    "build_client_handshake",
    "build_server_handshake",
    "check_client_handshake",
    "check_frame",
    "check_server_handshake",
    "choose_subprotocol",
    "classify",
    "decode_close",
    "decode_frame",
    "decode_payload_len",
    "echo_once",
    "encode_close",
    "encode_frame",
    "encode_payload_len",
    "failure_code",
    "format_response",
    "fragment",
    "graceful_close",
    "header_tokens",
    "length_prefixed",
    "list_elements",
    "listen_on",
    "make_key",
    "may_send_code",
    "parse_request_head",
    "parse_response_head",
    "parse_ws_url",
    "pong_for",
    "reconnect_delays",
    "recv_exactly",
    "recv_until",
    "refuse",
    "route",
    "serve_connection",
    "split_length_prefixed",
    "take_head",
]

_LATER = ("aio", "deflate", "limits", "opening", "origin", "reaching", "session", "sync", "tls")


def __getattr__(name: str) -> ModuleType:
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"minews has no {name!r}")
