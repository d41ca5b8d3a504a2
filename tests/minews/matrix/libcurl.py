"""libcurl in the matrix, with the WebSocket of its own that the program curl is mostly built without."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Any

import pycurl

from tests.minews.asynchronous import CERTIFICATE
from tests.minews.matrix.features import PATIENCE, Cannot

CHUNK = 1 << 16
KINDS = pycurl.WS_TEXT | pycurl.WS_BINARY | pycurl.WS_PONG | pycurl.WS_CLOSE


class LibcurlClient:
    """The client of libcurl, as pycurl gives it."""

    def __init__(self, url: str, secure: bool, deflate: bool) -> None:
        if deflate:
            raise Cannot("libcurl offers no extension")
        self._curl = pycurl.Curl()
        self._curl.setopt(pycurl.URL, url)
        self._curl.setopt(pycurl.CONNECT_ONLY, 2)  # 2: until the opening handshake is over
        # The Pong that libcurl owes by itself leaves with the next frame that it is given, and not before.
        self._curl.setopt(pycurl.WS_OPTIONS, pycurl.WS_NOAUTOPONG)
        self._curl.setopt(pycurl.NOPROXY, "*")
        self._curl.setopt(pycurl.TIMEOUT, int(PATIENCE))
        if secure:
            self._curl.setopt(pycurl.CAINFO, CERTIFICATE)
        self._curl.perform()
        self._socket = self._curl.getinfo(pycurl.ACTIVESOCKET)

    def send(self, message: str | bytes) -> None:
        text = isinstance(message, str)
        self._send(message.encode() if text else message, pycurl.WS_TEXT if text else pycurl.WS_BINARY)

    def _send(self, data: bytes, flags: int) -> None:
        left = memoryview(data)
        left = left[self._do(self._curl.ws_send, left, flags) :]
        while left:
            left = left[self._do(self._curl.ws_send, left, flags) :]

    def _do(self, work: Callable[..., Any], *arguments: object) -> Any:
        """Do what never waits, as soon as it can be done."""
        while True:
            try:
                return work(*arguments)
            except BlockingIOError:
                sends, sockets = work == self._curl.ws_send, [self._socket]
                ready = select.select([] if sends else sockets, sockets if sends else [], [], PATIENCE)
                if not any(ready):
                    raise TimeoutError from None

    def _next(self) -> tuple[int, bytes]:
        """Return the kind of the next message, Pong or Close, and its bytes."""
        whole = bytearray()
        while True:
            data, meta = self._do(self._curl.ws_recv, CHUNK)
            if meta.flags & pycurl.WS_PING:
                self._send(data, pycurl.WS_PONG)
                continue
            whole += data
            if not meta.bytesleft and not meta.flags & pycurl.WS_CONT:
                return meta.flags & KINDS, bytes(whole)

    def recv(self) -> str | bytes:
        kind, data = self._next()
        assert kind in (pycurl.WS_TEXT, pycurl.WS_BINARY), kind
        return data.decode() if kind == pycurl.WS_TEXT else data

    def send_fragments(self, words: Sequence[str]) -> None:
        for word in words[:-1]:
            self._send(word.encode(), pycurl.WS_TEXT | pycurl.WS_CONT)  # CONT: more will follow
        self._send(words[-1].encode(), pycurl.WS_TEXT)

    def ping(self) -> None:
        self._send(b"\xff\x00", pycurl.WS_PING)
        assert self._next() == (pycurl.WS_PONG, b"\xff\x00")

    def came_in_fragments(self) -> bool:
        return True

    def deflated(self) -> bool:
        return False

    def close(self, code: int) -> int:
        self._send(code.to_bytes(2, "big") + b"bye", pycurl.WS_CLOSE)
        return self.wait_closed()

    def wait_closed(self) -> int:
        kind, data = self._next()
        assert kind == pycurl.WS_CLOSE, kind
        self._curl.close()
        return int.from_bytes(data[:2], "big")
