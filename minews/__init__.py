"""minews: the WebSocket protocol (RFC 6455), built step by step and made to be read.

Read the modules in this order: types, http, handshake.
"""

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
from .types import (
    Frame,
    HandshakeError,
    Headers,
    Message,
    Opcode,
    ProtocolError,
    Request,
    Response,
    Role,
    State,
    WsUrl,
)

__version__ = "0.1.0"

__all__ = [
    "Frame",
    "HandshakeError",
    "Headers",
    "Message",
    "Opcode",
    "ProtocolError",
    "Request",
    "Response",
    "Role",
    "State",
    "WsUrl",
    "accept_client",
    "accept_value",
    "build_client_handshake",
    "build_server_handshake",
    "check_client_handshake",
    "check_server_handshake",
    "choose_subprotocol",
    "format_response",
    "header_tokens",
    "list_elements",
    "make_key",
    "parse_request_head",
    "parse_response_head",
    "parse_ws_url",
    "refuse",
    "take_head",
]
