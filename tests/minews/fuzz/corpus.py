"""What fuzzing starts from: the talks of the conformance cases, heads, and what was found before."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

from minews import Role
from tests.minews.conformance.cases import CASES
from tests.minews.conformance.packing import Packer
from tests.minews.conformance.script import Repeat, Send
from tests.minews.conformance.wire import Wire
from tests.minews.heads import request_head, response_head

FINDINGS = Path(__file__).with_name("findings.toml")
LARGEST = 4096  # bytes: what is larger is slow, and teaches nothing new

OFFERS = (
    "permessage-deflate; client_max_window_bits",
    'permessage-deflate; server_max_window_bits="10"; server_no_context_takeover, x-a; b=c',
)
REQUESTS = (
    request_head(),
    request_head({"Origin": "http://example.com", "Sec-WebSocket-Protocol": "chat, superchat"}),
    *(request_head({"Sec-WebSocket-Extensions": offer}) for offer in OFFERS),
)
RESPONSES = (
    response_head(),
    response_head({"Sec-WebSocket-Protocol": "chat"}),
    response_head({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=9"}),
    response_head({"Location": "//example.org/b"}, start="HTTP/1.1 307 Temporary Redirect"),
)
TEXTS = ("wss://[::1]:9001/a?b=c", "ws://example.com", "WS://a%41:080/%7e/;x")


def read_findings() -> list[dict[str, Any]]:
    """Return what was found: rows with `target`, `data` (hex) and `why`."""
    rows: list[dict[str, Any]] = tomllib.loads(FINDINGS.read_text(encoding="utf-8"))["finding"]
    return rows


def seeds(target: str) -> list[bytes]:
    """Return inputs for a target that are worth changing."""
    found = [bytes.fromhex(row["data"]) for row in read_findings() if row["target"] == target]
    made = {
        "receive": lambda: [bytes([flags, size]) + each for flags, each in streams() for size in (0, 0x31)],
        "talk": lambda: [bytes([flags, 0xFD]) + each for flags, each in streams()],
        "request": lambda: [bytes([flags, 0]) + each for flags in (2, 30) for each in REQUESTS],
        "response": lambda: [bytes([flags, 0]) + each for flags in (0, 1) for each in RESPONSES],
        "texts": lambda: [
            *(b"\0" + each.encode() for each in OFFERS),
            *(b"\1" + each.encode() for each in TEXTS),
        ],
    }
    return found + made[target]()


@functools.cache
def streams() -> list[tuple[int, bytes]]:
    """Return what the tester of each conformance case sends, and the flags under which it makes sense."""
    found = []
    for case in CASES:
        if case.slow:
            continue
        for role in Role:  # the tester's
            wire = Wire(None, role, 0)  # type: ignore[arg-type]
            wire.packer = Packer({}, role.value)
            steps = [
                each for step in case.steps for each in (step.steps if isinstance(step, Repeat) else [step])
            ]
            items = [item for step in steps if isinstance(step, Send) for item in step.items]
            data = b"".join(wire.written(item) for item in items)
            if len(data) <= LARGEST:
                found.append(((role is Role.CLIENT) | bool(case.deflate) << 3, data))
    return found
