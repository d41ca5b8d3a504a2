"""Brings cases and endpoints together: as a client of a server at a URL, or as a server for a client."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from minews import Role, parse_ws_url
from tests.minews.conformance.cases_opening import Opening
from tests.minews.conformance.judge import Absent, Failed, Result, run_case
from tests.minews.conformance.opening import judge_opening
from tests.minews.conformance.packing import NAME, Packer, Params, Unpacker, check_answer, read_extensions
from tests.minews.conformance.script import Case
from tests.minews.conformance.wire import NotOpened, Wire, answer_head, ask, read_head

PATIENCE = 20.0  # seconds for a whole case

GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def judge_server(
    url: str,
    cases: Iterable[Case | Opening],
    *,
    tls: ssl.SSLContext | None = None,
    patience: float = PATIENCE,
    at_once: int = 1,
) -> list[Result]:
    """Judge a server that sends every message back.

    Arguments:
        url: where it is.
        cases: what to try; those for clients are left out.
        tls: for wss: whom to trust.
        patience: seconds for one case.
        at_once: how many cases run at the same time.

    Raises:
        OSError: if nobody listens there.
    """
    chosen = [case for case in cases if case.role != "client"]
    seen = threading.Event()

    def judge(case: Case | Opening) -> Result:
        try:
            if isinstance(case, Opening):
                result = judge_opening(case, *dial(url, tls, patience))
            else:
                result = run_case(case, lambda case: call_server(url, case, tls=tls, patience=patience))
        except ConnectionRefusedError:
            if not seen.is_set():
                raise
            return Result(case, "fail", "nobody listens there any more")
        seen.set()
        return result

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(judge, chosen))


def dial(url: str, tls: ssl.SSLContext | None, patience: float) -> tuple[socket.socket, str, float]:
    """Connect to a server; return the socket, what Host is to say, and the deadline for what follows."""
    where, deadline = parse_ws_url(url), time.monotonic() + patience
    sock = socket.create_connection((where.host, where.port), patience)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if where.secure:
            sock = (tls or ssl.create_default_context()).wrap_socket(sock, server_hostname=where.host)
    except BaseException:
        sock.close()
        raise
    return sock, f"{where.host}:{where.port}", deadline


def call_server(url: str, case: Case, *, tls: ssl.SSLContext | None, patience: float) -> Wire:
    """Connect to a server for one case."""
    sock, host, deadline = dial(url, tls, patience)
    try:
        answer, rest = ask(sock, host, parse_ws_url(url).resource_name, deadline, case.deflate)
        wire = Wire(sock, Role.CLIENT, deadline, rest)
        agree_as_client(case, answer, wire)
    except BaseException:
        sock.close()
        raise
    return wire


def agree_as_client(case: Case, answer: str, wire: Wire) -> None:
    wire.transcript += [f"> offer {case.deflate}", f"< answer {answer}"] if case.deflate else []
    if not answer:
        if case.deflate and not case.refused:
            raise Absent("it does not take permessage-deflate, or not with these parameters")
        return
    if not case.deflate or case.refused:
        raise Failed(f"it answered with the extensions {answer!r}")
    try:
        agree(wire, check_answer(case.deflate, answer))
    except ValueError as error:
        raise Failed(str(error)) from None


def agree(wire: Wire, agreed: Params) -> None:
    here, there = ("client", "server") if wire.role is Role.CLIENT else ("server", "client")
    wire.packer, wire.unpacker = Packer(agreed, here), Unpacker(agreed, there)


class Listener:
    """Judges a client: each connection that it opens gets the next case.

    The client connects to `url` again and again, each time sending back what comes until the connection
    ends, and stops when it is refused with 410.
    """

    def __init__(
        self,
        cases: Iterable[Case | Opening],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.cases = [case for case in cases if case.role != "server"]
        self._tls, self._patience = tls, patience
        self._listening = socket.create_server((host, port))
        name = "localhost" if tls is not None and host == "127.0.0.1" else host
        self.url = f"{'ws' if tls is None else 'wss'}://{name}:{self._listening.getsockname()[1]}/"

    def judge(self) -> Iterator[Result]:
        """Give the result of each case, as the client comes for it.

        Raises:
            ConnectionRefusedError: if it does not come at all.
        """
        with self._listening:
            cases = iter(self.cases)
            for case in cases:
                try:
                    if isinstance(case, Opening):
                        yield judge_opening(case, self._accept(), "", time.monotonic() + self._patience)
                    else:
                        yield run_case(case, self._welcome)
                except ConnectionRefusedError:
                    if case is self.cases[0]:
                        raise
                    yield from (Result(each, "fail", "the client came no more") for each in (case, *cases))
                    return
            self._say_gone()

    def _welcome(self, case: Case) -> Wire:
        sock, deadline = self._accept(), time.monotonic() + self._patience
        try:
            first, fields, rest = read_head(sock, deadline)
            key = fields.get("sec-websocket-key", "")
            if not first.startswith("GET ") or not key:
                raise NotOpened(f"its opening handshake began with {first!r}")
            offer = fields.get("sec-websocket-extensions", "")
            agreed = agree_as_server(case, offer)
            sock.sendall(answer_head(key, case.deflate if agreed is not None else ""))
            wire = Wire(sock, Role.SERVER, deadline, rest)
            wire.transcript += [f"< offer {offer}", f"> answer {case.deflate}"] if case.deflate else []
            if case.deflate and agreed is None:
                self._leave(wire)
            if agreed is not None and not case.refused:
                agree(wire, agreed)
        except BaseException:
            sock.close()
            raise
        return wire

    def _leave(self, wire: Wire) -> None:
        wire.half_close()
        for _ in wire.events():
            pass
        raise Absent("it does not offer permessage-deflate, or not with these parameters")

    def _accept(self) -> socket.socket:
        self._listening.settimeout(self._patience)
        try:
            sock, _ = self._listening.accept()
        except TimeoutError:
            raise ConnectionRefusedError("the client came no more") from None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self._patience)
            return sock if self._tls is None else self._tls.wrap_socket(sock, server_side=True)
        except BaseException:
            sock.close()
            raise

    def _say_gone(self) -> None:
        with contextlib.suppress(OSError, NotOpened), self._accept() as sock:
            read_head(sock, time.monotonic() + self._patience)
            sock.sendall(GONE)


def agree_as_server(case: Case, offer: str) -> Params | None:
    """Return what the tester answers to a client's offer; None if the client does not offer that."""
    if not case.deflate:
        return None
    try:
        offers = [params for name, params in read_extensions(offer) if name == NAME]
    except ValueError as error:
        raise Failed(str(error)) from None
    if case.refused:
        return {} if offers else None
    agreed = read_extensions(case.deflate)[0][1]
    needs_window = "client_max_window_bits" in agreed
    if not offers or (needs_window and "client_max_window_bits" not in offers[0]):
        return None
    return agreed
