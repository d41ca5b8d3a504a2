"""Programs in the matrix: Node with npm's ws, a browser, and curl."""

from __future__ import annotations

import contextlib
import json
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from classroom import peers
from minews import FrameReader, Opcode, Role
from minews.types import Frame
from tests.minews.asynchronous import CERTIFICATE
from tests.minews.conformance.script import Sent
from tests.minews.conformance.wire import write_frame
from tests.minews.heads import request_head
from tests.minews.matrix.features import PATIENCE, SMALL, TRUSTING, WHOLE, WORDS, Cannot
from tests.minews.talks import CODES, binary_of, node, text_of

SCRIPT = Path(__file__).with_name("script.js").read_text(encoding="utf-8")

# npm's ws

NODE_CLIENT = """
const [library, url, name, words, codes, ca] = process.argv.slice(1);
const WebSocket = require(library);
const perMessageDeflate = name === "deflate" && { threshold: 0 };
const options = { perMessageDeflate, ca: require("fs").readFileSync(ca) };
tryFeature(name, () => new WebSocket(url, options), JSON.parse(words), JSON.parse(codes)).then(
  (said) => (console.log(said), process.exit(0)),
  (error) => (console.log(error.stack), process.exit(1)),
);
"""

NODE_SERVER = """
const [library, cert, words, largest] = process.argv.slice(1);
const { WebSocketServer } = require(library);
const pem = cert && require("fs").readFileSync(cert);
const server = cert ? require("https").createServer({ cert: pem, key: pem }) : require("http").createServer();
const options = { server, perMessageDeflate: { threshold: 0 }, maxPayload: Number(largest) };
new WebSocketServer(options).on("connection", (socket) => {
  let pong = false;
  const fragments = JSON.parse(words);
  const orders = {
    "!ping": () => (socket.ping("?"), socket.send("pinged")),
    "and?": () => socket.send(pong ? "pong" : "no pong"),
    "!fragments": () =>
      fragments.forEach((word, i) => socket.send(word, { fin: i === fragments.length - 1 })),
    "!close 3001": () => socket.close(3001, "as you say"),
  };
  socket.on("error", () => {});
  socket.on("pong", () => (pong = true));
  socket.on("message", (data, binary) => {
    const order = !binary && orders[data.toString()];
    order ? order() : socket.send(data, { binary });
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


def try_with_node(feature: str, url: str) -> None:
    """Let a client of npm's ws try a feature."""
    words = [url, feature, json.dumps(WORDS), json.dumps(CODES), CERTIFICATE]
    command = node(SCRIPT + NODE_CLIENT, *words)
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE)
    judge(done.stdout.strip() if done.returncode == 0 else f"failed {done.stdout}{done.stderr}")


def judge(said: str) -> None:
    """Take what the script said of a feature: "pass", why it cannot, or what failed."""
    assert not said.startswith("failed"), said
    if said != "pass":
        raise Cannot(said)


@contextlib.contextmanager
def node_server(secure: bool) -> Iterator[int]:
    """The server of npm's ws; gives its port."""
    words = [CERTIFICATE if secure else "", json.dumps(WORDS), str(TRUSTING)]
    with subprocess.Popen(node(NODE_SERVER, *words), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline())
        finally:
            running.terminate()


# A browser

BROWSER = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
TRY = """async ([script, name, url, words, codes]) => {
  const tryFeature = new Function(script + "; return tryFeature")();
  return await tryFeature(name, () => new WebSocket(url), words, codes).catch((e) => "failed " + e.stack);
}"""


class Browser:
    """A page in which features are tried. Made by `browser`."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def try_feature(self, feature: str, url: str) -> None:
        judge(self._page.evaluate(TRY, [SCRIPT, feature, url, WORDS, CODES]))


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium, Chrome or Edge without a window."""
    from playwright.sync_api import sync_playwright

    path = peers.require_peer("browser").path
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=BROWSER)
        try:
            page = running.new_context(ignore_https_errors=True).new_page()
            page.set_default_timeout(PATIENCE * 1000)
            yield Browser(page)
        finally:
            running.close()


# curl, which opens the connection, and then carries frames that are written by hand: as far as it knows they
# are the body of its request, and what comes back is that of the answer. All is said at once, and the
# order to close comes last.


def carry(url: str, frames: Sequence[Sent], offer: str = "") -> tuple[bytes, list[Frame]]:
    """Let curl open a connection and send frames; return the head that came, and the frames."""
    changes = {"Host": None, "Sec-WebSocket-Extensions": offer or None}
    fields = request_head(changes).decode().split("\r\n")[1:-2]
    command = [find_curl(), "-qsSi", "--http1.1", "--noproxy", "*", "--cacert", CERTIFICATE]
    command += ["-X", "GET", "-T", "-", "-HExpect:", "-HTransfer-Encoding:", "--max-time", str(PATIENCE)]
    command += [*(f"-H{field}" for field in fields), url.replace("ws", "http", 1)]
    data = b"".join(write_frame(frame, Role.CLIENT) for frame in frames)
    done = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE + 5)
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), done
    return head, FrameReader(TRUSTING).feed(rest)


def text(words: str, **more: Any) -> Sent:
    return Sent(Opcode.TEXT, words.encode(), **more)


def binary(data: bytes) -> Sent:
    return Sent(Opcode.BINARY, data)


LAST = len(WORDS) - 1
ENDED = (Opcode.CLOSE, (3001).to_bytes(2, "big") + b"as you say")
CURL_SENDS = {
    "text": [text(text_of(SMALL)), text(""), text("\U0001f600")],
    "binary": [binary(binary_of(SMALL)), binary(b""), binary(b"\xff\x00")],
    "fragments": [
        Sent(Opcode.CONT if at else Opcode.TEXT, word.encode(), fin=at == LAST)
        for at, word in enumerate(WORDS)
    ],
    "ping": [Sent(Opcode.PING, b"by hand")],
    "64 KiB": [text(text_of(1 << 16)), binary(binary_of(1 << 16))],
    "1 MiB": [text(text_of(1 << 20)), binary(binary_of(1 << 20))],
    "TLS": [text(text_of(SMALL)), binary(binary_of(1 << 16))],
}
CURL_GETS = {
    **{feature: [(each.opcode, each.payload) for each in sent] for feature, sent in CURL_SENDS.items()},
    "fragments": [(Opcode.TEXT, WHOLE.encode())],
    "ping": [(Opcode.PONG, b"by hand")],
}


def try_with_curl(feature: str, url: str) -> None:
    """Let curl try a feature."""
    if feature == "deflate":
        return try_deflate_by_hand(url)
    if feature == "close codes":
        return try_codes_by_hand(url)
    _, frames = carry(url, [*CURL_SENDS[feature], text("!close 3001")])
    assert [(each.opcode, each.payload) for each in frames] == [*CURL_GETS[feature], ENDED]


def try_codes_by_hand(url: str) -> None:
    for code in CODES:
        bye = code.to_bytes(2, "big")
        _, frames = carry(url, [Sent(Opcode.CLOSE, bye + b"bye")])
        assert [(each.opcode, each.payload) for each in frames] == [(Opcode.CLOSE, bye)]


def try_deflate_by_hand(url: str) -> None:
    packer, inflater = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
    said = [b"Hello, hello, hello, hello!", b"Hello again, hello again!"]
    packed = [(packer.compress(words) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4] for words in said]
    sent = [Sent(Opcode.TEXT, each, rsv=4) for each in packed]
    head, frames = carry(url, [*sent, text("!close 3001")], "permessage-deflate")
    assert b"\r\nSec-WebSocket-Extensions: permessage-deflate" in head, "deflate was not agreed"
    assert [frame.rsv1 for frame in frames] == [True, True, False]
    assert [inflater.decompress(each.payload + b"\0\0\xff\xff") for each in frames[:2]] == said


def find_curl() -> str:
    return str(peers.require_peer("curl").path)


def describe_curl() -> str:
    """Say which way curl goes, and why."""
    done = subprocess.run([find_curl(), "--version"], capture_output=True, text=True, timeout=PATIENCE)
    speaks = " ws " in done.stdout.replace("\n", " ")
    reason = "with ws:// it only shows what comes" if speaks else "it is built without ws://"
    return f"{reason}, so its part is the upgrade, and to carry frames that are written by hand"
