"""minews: the WebSocket protocol (RFC 6455), built step by step and made to be read.

Read the modules in this order: types, tcp, http, handshake, frames, conversation,
blocking, serving.
"""

from .blocking import BlockingClient, accept_handshake, route, serve_connection
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
from .serving import BlockingServer
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
    "BlockingClient",
    "BlockingServer",
    "Frame",
    "FrameReader",
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
    "accept_handshake",
    "accept_value",
    "apply_mask",
    "build_client_handshake",
    "build_server_handshake",
    "check_client_handshake",
    "check_frame",
    "check_server_handshake",
    "choose_subprotocol",
    "decode_frame",
    "decode_payload_len",
    "echo_once",
    "encode_frame",
    "encode_payload_len",
    "format_response",
    "graceful_close",
    "header_tokens",
    "length_prefixed",
    "list_elements",
    "listen_on",
    "make_key",
    "parse_request_head",
    "parse_response_head",
    "parse_ws_url",
    "recv_exactly",
    "recv_until",
    "refuse",
    "route",
    "serve_connection",
    "split_length_prefixed",
    "take_head",
]
