"""minews: the WebSocket protocol (RFC 6455), built step by step and made to be read.

Read the modules in this order: types, tcp, http, handshake, frames, closing, conversation, blocking, serving,
messages, connection, speed, deflate, limits, origin, tls, opening, reaching, session, sync, aio. Each of them
is loaded when it, or a name of its, is first asked for, so that importing minews costs next to nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing has it, too, but takes longer than all the rest

if TYPE_CHECKING:
    from typing import Any

    from .blocking import *
    from .closing import *
    from .connection import *
    from .frames import *
    from .handshake import *
    from .http import *
    from .messages import *
    from .serving import *
    from .speed import *
    from .tcp import *
    from .types import *

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

# Where names are looked for, in this order: what needs no socket is found before one is loaded.
_MODULES = (
    *("types", "http", "handshake", "frames", "closing", "messages", "connection", "speed"),
    *("tcp", "conversation", "blocking", "serving"),
    *("deflate", "limits", "origin", "tls", "opening", "reaching", "session", "sync", "aio"),
)


def __getattr__(name: str) -> "Any":
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"minews has no {name!r}")
    modules = (import_module(f"{__name__}.{module}") for module in _MODULES)
    globals()[name] = value = next(getattr(module, name) for module in modules if name in module.__all__)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
