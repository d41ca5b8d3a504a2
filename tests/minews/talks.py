"""What the programs of others say to a server or client of ours: the same words for every stack.

Each size stands at a border of the three forms of a payload length.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Any

from websockets.sync.server import serve

from classroom import peers

PATIENCE = 20  # seconds, until a test that hangs fails
SIZES = [0, 1, 125, 126, 127, 65_535, 65_536]  # bytes: the borders of the three forms of a length
CODES = [1000, 1001, 1003, 1011, 3000, 4999]


def text_of(size: int) -> str:
    """A text of so many bytes, with letters of two and three bytes in it."""
    pattern = "Aé€"  # 6 bytes
    return pattern * (size // 6) + "a" * (size % 6)


def binary_of(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


def exchange(client: Any) -> None:
    """Let a server that echoes send back text and binary of each size."""
    for size in SIZES:
        for message in (text_of(size), binary_of(size)):
            client.send(message)
            assert client.recv() == message


@contextlib.contextmanager
def websockets_server(handler):
    """Run the server of `websockets` in the background; give its URL."""
    quiet = logging.Logger("websockets under test", level=logging.CRITICAL + 1)
    with serve(handler, "127.0.0.1", 0, logger=quiet) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}/"
        finally:
            running.shutdown()
            thread.join(PATIENCE)


def echo(websocket):
    for message in websocket:
        websocket.send(message)


# In Node: send each size as text and as binary, and say what came back; then open a connection for each code.
ECHO_CLIENT = """
const [library, url, sizes, codes] = process.argv.slice(1);
const WebSocket = require(library);
const text = (size) => "Aé€".repeat(Math.floor(size / 6)) + "a".repeat(size % 6);
const binary = (size) => Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
const messages = JSON.parse(sizes).flatMap((size) => [text(size), binary(size)]);
const said = { echoed: 0, pong: null, codes: [] };
const closes = JSON.parse(codes);
const next = () => {
  if (!closes.length) return console.log(JSON.stringify(said));
  const socket = new WebSocket(url);
  socket.on("open", () => socket.close(closes.shift(), "bye"));
  socket.on("close", (code) => { said.codes.push(code); next(); });
};
const socket = new WebSocket(url);
socket.on("open", () => socket.ping(Buffer.from([255, 0])));
socket.on("pong", (data) => { said.pong = data.toString("hex"); socket.send(messages[0]); });
socket.on("message", (data, isBinary) => {
  const wanted = messages.shift();
  if (isBinary === Buffer.isBuffer(wanted) && data.equals(Buffer.from(wanted))) said.echoed += 1;
  if (messages.length) socket.send(messages[0]); else socket.close(1000);
});
socket.on("close", (code) => { said.codes.push(code); next(); });
"""

# In Node: send back what comes, but close with a text that is a code. Print the port, and the code of each
# Close that comes.
ECHO_SERVER = """
const [library] = process.argv.slice(1);
const { WebSocketServer } = require(library);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => console.log(server.address().port));
server.on("connection", (socket) => {
  socket.ping("are you there?");
  socket.on("pong", (data) => socket.send(`pong ${data}`));
  socket.on("message", (data, isBinary) => {
    const code = isBinary ? NaN : Number(data.toString() || NaN);
    if (code >= 1000) socket.close(code, "bye"); else socket.send(data, { binary: isBinary });
  });
  socket.on("close", (code) => console.log(code));
});
"""


def node(script: str, *arguments: str) -> list[str]:
    return [
        str(peers.require_peer("node").path),
        "-e",
        script,
        str(peers.require_peer("node-ws").path),
        *arguments,
    ]
