"""permessage-deflate in the tester's own words (RFC 7692): what is agreed, and zlib held to it."""

from __future__ import annotations

import zlib

NAME = "permessage-deflate"
FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")
TAIL = b"\x00\x00\xff\xff"

Params = dict[str, str]


class Packer:
    """Compresses messages as one end may."""

    def __init__(self, agreed: Params, end: str) -> None:
        self._bits = int(agreed.get(f"{end}_max_window_bits") or 15)
        self._forgets = f"{end}_no_context_takeover" in agreed
        self._compressors: dict[int, zlib._Compress] = {}

    def pack(self, data: bytes, level: int) -> bytes:
        if self._forgets or level not in self._compressors:
            self._compressors = {level: zlib.compressobj(level, zlib.DEFLATED, -max(self._bits, 9), 9)}
        packer = self._compressors[level]
        return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Unpacker:
    """Inflates messages, with no more memory of earlier ones than the other end may count on."""

    def __init__(self, agreed: Params, end: str) -> None:
        self._bits = int(agreed.get(f"{end}_max_window_bits") or 15)
        self._forgets = f"{end}_no_context_takeover" in agreed
        self._inflater = zlib.decompressobj(-self._bits)

    def unpack(self, data: bytes) -> bytes:
        """Inflate a message. Raises ValueError if it is no deflate within the window."""
        if self._forgets:
            self._inflater = zlib.decompressobj(-self._bits)
        # zlib holds only that to the window which it gave away before, so it must give little at once.
        step = 0 if self._bits == 15 else 1 << (self._bits - 1)
        pieces, rest = [], data + TAIL
        try:
            while piece := self._inflater.decompress(rest, step):
                pieces.append(piece)
                rest = self._inflater.unconsumed_tail
        except zlib.error as error:
            raise ValueError(
                f"its compressed message cannot be inflated with {self._bits} bits: {error}"
            ) from None
        if self._inflater.eof:
            self._inflater = zlib.decompressobj(-self._bits, zdict=b"".join(pieces)[-(1 << self._bits) :])
        return b"".join(pieces)


def read_extensions(value: str) -> list[tuple[str, Params]]:
    """Read the list in a Sec-WebSocket-Extensions; a parameter without a value has "".

    Raises:
        ValueError: if a parameter stands twice.
    """
    found = []
    for element in filter(None, (each.strip() for each in value.split(","))):
        name, *rest = (part.strip() for part in element.split(";"))
        params: Params = {}
        for part in rest:
            key, _, text = part.partition("=")
            if key.strip() in params:
                raise ValueError(f"{key.strip()} stands twice in {element!r}")
            params[key.strip()] = text.strip().strip('"')
        found.append((name, params))
    return found


def check_answer(offer: str, answer: str) -> Params:
    """Check what a server answered to an offer; return what is agreed.

    Raises:
        ValueError: if it may not answer so (RFC 7692 sections 5.1 and 7.1).
    """
    answers = read_extensions(answer)
    if len(answers) != 1 or answers[0][0] != NAME:
        raise ValueError(f"it answered with the extensions {answer!r}")
    agreed = answers[0][1]
    for name, value in agreed.items():
        if name in FLAGS and value:
            raise ValueError(f"it gave {name} the value {value!r}")
        if name in WINDOWS and value not in map(str, range(8, 16)):
            raise ValueError(f"it gave {name} the value {value!r}")
        if name not in FLAGS + WINDOWS:
            raise ValueError(f"it answered with the parameter {name!r}")
    if not any(name == NAME and fits(params, agreed) for name, params in read_extensions(offer)):
        raise ValueError(f"it answered {answer!r} to {offer!r}")
    return agreed


def fits(offered: Params, agreed: Params) -> bool:
    """Whether an answer keeps to one offer, which is valid itself."""
    if set(offered) - set(FLAGS + WINDOWS):
        return False
    if "server_no_context_takeover" in offered and "server_no_context_takeover" not in agreed:
        return False
    if "client_max_window_bits" in agreed and "client_max_window_bits" not in offered:
        return False
    most = int(offered.get("server_max_window_bits") or 15)
    return int(agreed.get("server_max_window_bits") or 15) <= most
