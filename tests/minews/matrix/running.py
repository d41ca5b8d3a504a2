"""The matrix: each peer, at either end, with both ends of minews, and each feature."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.minews.matrix import libraries, ours, programs
from tests.minews.matrix.features import FEATURES, Cannot, Client
from tests.minews.matrix.libcurl import LibcurlClient

SERVERS = {"asyncio": ours.asyncio_server, "blocking": ours.blocking_server}


@dataclass(frozen=True)
class Cell:
    """What came of one feature: "pass", "cannot" or "FAIL", and why."""

    row: str
    feature: str
    verdict: str
    why: str = ""


Try = Callable[[str], None]  # a feature, tried; raises Cannot, or whatever went wrong


def url_of(port: int, secure: bool) -> str:
    return f"wss://localhost:{port}/" if secure else f"ws://127.0.0.1:{port}/"


@contextlib.contextmanager
def both_servers(kind: str) -> Iterator[Callable[[bool], int]]:
    """Run a server of ours over TCP and one over TLS; give what tells their ports."""
    with SERVERS[kind](False) as plain, SERVERS[kind](True) as secure:
        yield lambda tls: secure if tls else plain


@contextlib.contextmanager
def library_to_ours(make: Callable[[str, bool, bool], Client], kind: str) -> Iterator[Try]:
    def attempt(feature: str) -> None:
        secure = feature == "TLS"
        url = url_of(ports(secure), secure)
        FEATURES[feature](lambda: make(url, secure, feature == "deflate"), False)

    with both_servers(kind) as ports:
        yield attempt


@contextlib.contextmanager
def websockets_to_ours(kind: str) -> Iterator[Try]:
    """Let its blocking client try TLS thrice.

    On a busy machine it loses a connection once in several hundred, to either of our servers; no other
    client does.
    """
    with library_to_ours(libraries.WebsocketsClient, kind) as attempt:

        def try_again(feature: str) -> None:
            for _ in range(2 if feature == "TLS" else 0):
                with contextlib.suppress(libraries.ConnectionClosed, TimeoutError):
                    return attempt(feature)
            return attempt(feature)

        yield try_again


@contextlib.contextmanager
def aiohttp_to_ours(kind: str) -> Iterator[Try]:
    with (
        ours.loop_in_a_thread() as loop,
        library_to_ours(functools.partial(libraries.AiohttpClient, loop), kind) as attempt,
    ):
        yield attempt


def try_by_url(attempt: Callable[[str, str], None], ports: Callable[[bool], int]) -> Try:
    """Turn what tries a feature at a URL into what only gets the feature."""
    return lambda feature: attempt(feature, url_of(ports(feature == "TLS"), feature == "TLS"))


@contextlib.contextmanager
def node_to_ours(kind: str) -> Iterator[Try]:
    with both_servers(kind) as ports:
        yield try_by_url(programs.try_with_node, ports)


@contextlib.contextmanager
def browser_to_ours(kind: str) -> Iterator[Try]:
    with both_servers(kind) as ports, programs.browser() as page:
        yield try_by_url(page.try_feature, ports)


@contextlib.contextmanager
def curl_to_ours(kind: str) -> Iterator[Try]:
    with both_servers(kind) as ports:
        yield try_by_url(programs.try_with_curl, ports)


@contextlib.contextmanager
def ours_to(server: Callable[[bool], contextlib.AbstractContextManager[int]], kind: str) -> Iterator[Try]:
    def attempt(feature: str) -> None:
        if server is libraries.aiohttp_server and feature == "fragments":
            libraries.refuse_fragments(libraries.web.WebSocketResponse)
        secure, deflate = feature == "TLS", feature == "deflate"
        url = url_of(tls if secure else plain, secure)
        FEATURES[feature](lambda: make(url, secure, deflate), True)

    with ours.loop_in_a_thread() as loop, server(False) as plain, server(True) as tls:
        asynchronous = functools.partial(ours.AsyncioClient, loop)
        make = asynchronous if kind == "asyncio" else ours.BlockingClient
        yield attempt


@dataclass(frozen=True)
class Row:
    """One peer at one end, and one kind of minews at the other."""

    peer: str
    name: str
    open: Callable[[], contextlib.AbstractContextManager[Try]]
    needs: tuple[str, ...] = ()  # programs, by their names in classroom.peers

    def cells(self, features: Sequence[str]) -> Iterator[Cell]:
        """Try the features, one after the other."""
        with self.open() as attempt:
            for feature in features:
                yield self.judge(feature, attempt)

    def judge(self, feature: str, attempt: Try) -> Cell:
        try:
            attempt(feature)
        except Cannot as lack:
            return Cell(self.name, feature, "cannot", str(lack))
        except Exception as error:
            return Cell(self.name, feature, "FAIL", f"{type(error).__name__}: {error}")
        return Cell(self.name, feature, "pass")


CLIENTS: dict[str, tuple[Callable[[str], contextlib.AbstractContextManager[Try]], tuple[str, ...]]] = {
    "websockets": (websockets_to_ours, ()),
    "wsproto": (functools.partial(library_to_ours, libraries.Wsproto.connect), ()),
    "aiohttp": (aiohttp_to_ours, ()),
    "npm ws": (node_to_ours, ("node", "node-ws")),
    "Chromium": (browser_to_ours, ("browser",)),
    "curl": (curl_to_ours, ("curl",)),
    "libcurl": (functools.partial(library_to_ours, LibcurlClient), ()),
}
LISTENERS: dict[str, tuple[Callable[[bool], contextlib.AbstractContextManager[int]], tuple[str, ...]]] = {
    "websockets": (libraries.websockets_server, ()),
    "wsproto": (libraries.wsproto_server, ()),
    "aiohttp": (libraries.aiohttp_server, ()),
    "npm ws": (programs.node_server, ("node", "node-ws")),
}
ROWS = [
    *(
        Row(peer, f"{peer} to the {kind} server", functools.partial(client, kind), needs)
        for peer, (client, needs) in CLIENTS.items()
        for kind in SERVERS
    ),
    *(
        Row(peer, f"the {kind} client to {peer}", functools.partial(ours_to, server, kind), needs)
        for peer, (server, needs) in LISTENERS.items()
        for kind in SERVERS
    ),
]
