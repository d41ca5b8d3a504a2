"""permessage-deflate as others have it: `websockets`, `wsproto` and npm ws agree with us, both ways."""

from __future__ import annotations

import json
import random
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets import frames as their_frames
from websockets.exceptions import NegotiationError
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)

from minews import Connection, FastConnection, Frame, Message, Opcode, Role, decode_frame, encode_frame
from minews.deflate import (
    DeflateAssembler,
    DeflateParams,
    accept_deflate,
    make_compress,
    negotiate_deflate,
    offer_deflate,
    parse_extensions,
)
from minews.opening import ClientOptions, ServerOptions
from minews.sync import connect, serve
from tests.minews.talks import CODES, ECHO_CLIENT, PATIENCE, SIZES, binary_of, node, text_of

NAME = "permessage-deflate"
windows = st.none() | st.integers(9, 15)  # both leave 8 to those who can
agreements = st.builds(DeflateParams, st.booleans(), st.booleans(), windows, windows)
messages = st.lists(
    st.text(max_size=40)
    | st.binary(max_size=40)
    | st.integers(0, 5).map(lambda n: "so much " * 500 * n)
    | st.integers(0, 5).map(lambda n: random.Random(n).randbytes(1000)),
    max_size=6,
)


def other(role: Role) -> Role:
    return Role.SERVER if role is Role.CLIENT else Role.CLIENT


def end(role: Role, params: DeflateParams) -> Connection:
    return FastConnection(
        role, assembler=DeflateAssembler(params, role), compress=make_compress(params, role)
    )


def send(connection: Connection, message: str | bytes) -> bytes:
    connection.send_text(message) if isinstance(message, str) else connection.send_binary(message)
    return connection.data_to_send()


def cut(data: bytes, pieces: int) -> list[bytes]:
    step = -(-len(data) // pieces) or 1
    return [data[at : at + step] for at in range(0, len(data), step)] or [b""]


class TestWebsockets:
    def theirs(self, role: Role, params: DeflateParams) -> PerMessageDeflate:
        (bits, forgets), (far_bits, far_forgets) = params.of_sender(role), params.of_sender(other(role))
        return PerMessageDeflate(far_forgets, forgets, far_bits, bits)

    @settings(max_examples=60)
    @given(messages, agreements, st.sampled_from(Role), st.integers(1, 4))
    def test_it_reads_what_we_send_and_we_read_what_it_sends_in_fragments(self, sent, params, role, pieces):
        ours, theirs = end(role, params), self.theirs(other(role), params)
        for message in sent:
            data = message.encode() if isinstance(message, str) else message
            frame, _ = decode_frame(send(ours, message))
            opcode = their_frames.Opcode(frame.opcode)
            assert theirs.decode(their_frames.Frame(opcode, frame.payload, True, frame.rsv1)).data == data

            parts = cut(data, pieces)
            stream = b""
            for number, part in enumerate(parts):
                kind, fin = (their_frames.Opcode.CONT if number else opcode), number == len(parts) - 1
                packed = theirs.encode(their_frames.Frame(kind, part, fin))
                key = bytes(4) if role is Role.SERVER else None
                stream += encode_frame(
                    Frame(fin, packed.opcode, bytes(packed.data), packed.rsv1, masking_key=key)
                )
            assert ours.receive_data(stream) == [Message(frame.opcode, message)]

    @pytest.mark.parametrize("server_bits", [None, 8, 12, 15])
    @pytest.mark.parametrize("client_bits", [None, True, 9, 15])
    @pytest.mark.parametrize("forget", [False, True])
    def test_its_client_takes_our_answers(self, server_bits, client_bits, forget):
        client = ClientPerMessageDeflateFactory(forget, forget, server_bits, client_bits)
        words = [f"{name}={value}" if value else name for name, value in client.get_request_params()]
        answer = negotiate_deflate(parse_extensions(["; ".join([NAME, *words])]))
        ((_, params),) = parse_extensions([str(answer)])
        agreed = client.process_response_params(list(params.items()), [])
        assert answer.of_sender(Role.SERVER) == (
            agreed.remote_max_window_bits,
            agreed.remote_no_context_takeover,
        )
        assert answer.of_sender(Role.CLIENT) == (
            agreed.local_max_window_bits,
            agreed.local_no_context_takeover,
        )

    @given(agreements, st.booleans(), st.booleans(), windows, windows)
    def test_we_take_its_servers_answers(self, wanted, forgets, client_forgets, bits, client_bits):
        server = ServerPerMessageDeflateFactory(forgets, client_forgets, bits, client_bits)
        ((_, offer),) = parse_extensions([offer_deflate(wanted)])
        params, agreed = server.process_request_params(list(offer.items()), [])
        words = [f"{name}={value}" if value else name for name, value in params]
        ours = accept_deflate(["; ".join([NAME, *words])], wanted)
        assert ours.of_sender(Role.SERVER) == (
            agreed.local_max_window_bits,
            agreed.local_no_context_takeover,
        )
        # Our own window and forgetting may be less than it has to allow for.
        assert ours.of_sender(Role.CLIENT)[0] <= agreed.remote_max_window_bits
        assert ours.of_sender(Role.CLIENT)[1] >= agreed.remote_no_context_takeover

    @settings(max_examples=200)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["server", "client"]),
                st.sampled_from(["_no_context_takeover", "_max_window_bits", "_else"]),
                st.sampled_from(["", "=8", "=9", "=15", "=16", "=07", '="10"', "=x"]),
            ),
            max_size=3,
        )
    )
    def test_its_server_declines_the_same_offers(self, drawn):
        offer = "; ".join([NAME, *("".join(words) for words in drawn)])
        ((_, params),) = parse_extensions([offer])
        pairs = [(end + rest, value.strip('="') or None if value else None) for end, rest, value in drawn]
        try:
            ServerPerMessageDeflateFactory().process_request_params(pairs, [])
        except NegotiationError:
            # It declines a server's window of 8 bits, too, which zlib cannot deflate with; we can.
            eight = params.get("server_max_window_bits") == "8"
            assert negotiate_deflate([(NAME, params)]) is None or eight
        else:
            assert negotiate_deflate([(NAME, params)]) is not None


class TestWsproto:
    @settings(max_examples=60)
    @given(messages, agreements, st.sampled_from(Role), st.integers(1, 4))
    def test_it_reads_what_we_send_and_we_read_what_it_sends_in_fragments(self, sent, params, role, pieces):
        wsproto = pytest.importorskip("wsproto")
        from wsproto.connection import Connection as TheirConnection
        from wsproto.connection import ConnectionType
        from wsproto.extensions import PerMessageDeflate as TheirDeflate

        extension = TheirDeflate()
        extension.finalize(str(params))
        kind = ConnectionType.CLIENT if role is Role.SERVER else ConnectionType.SERVER
        ours, theirs = end(role, params), TheirConnection(kind, [extension])
        for message in sent:
            text = isinstance(message, str)
            theirs.receive_data(send(ours, message))
            events = list(theirs.events())
            assert (("" if text else b"").join(event.data for event in events)) == message

            parts = cut(message, pieces) if message else [message]
            event_class = wsproto.events.TextMessage if text else wsproto.events.BytesMessage
            stream = b"".join(
                theirs.send(event_class(data=part, message_finished=number == len(parts) - 1))
                for number, part in enumerate(parts)
            )
            wanted = Message(Opcode.TEXT if text else Opcode.BINARY, message)
            assert ours.receive_data(stream) == [wanted]

    def test_its_client_takes_our_answer_to_what_it_offers(self):
        pytest.importorskip("wsproto")
        from wsproto.extensions import PerMessageDeflate as TheirDeflate

        client = TheirDeflate(client_no_context_takeover=True)
        answer = negotiate_deflate(parse_extensions([f"{NAME}; {client.offer()}"]))
        client.finalize(str(answer))
        assert client.enabled()
        assert str(answer) == (
            f"{NAME}; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15"
        )


# In Node: echo, with compression of everything, and say on which parameters the connection settled.
DEFLATING_SERVER = """
const [library, options] = process.argv.slice(1);
const { WebSocketServer } = require(library);
const perMessageDeflate = { threshold: 0, ...JSON.parse(options) };
const settings = { host: "127.0.0.1", port: 0, perMessageDeflate };
const server = new WebSocketServer(settings, () => console.log(server.address().port));
server.on("connection", (socket) => {
  socket.send(socket.extensions);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
"""


def echo(connection) -> None:
    for message in connection:
        connection.send(message)


class TestNpmWs:
    @pytest.mark.peer("node", "node-ws")
    @pytest.mark.parametrize("wanted", [True, DeflateParams(True, True, 9, 10)], ids=str)
    def test_its_client_gets_back_compressed_text_and_binary_of_each_size(self, wanted):
        with serve(echo, options=ServerOptions(deflate=wanted)) as server:
            command = node(ECHO_CLIENT, server.url(), json.dumps(SIZES), json.dumps(CODES))
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        said = json.loads(done.stdout)
        assert said == {"echoed": 2 * len(SIZES), "pong": "ff00", "codes": [1000, *CODES]}

    @pytest.mark.peer("node", "node-ws")
    def test_its_server_sends_back_compressed_text_and_binary_of_each_size(self):
        options = {"serverMaxWindowBits": 10, "clientMaxWindowBits": 9, "serverNoContextTakeover": True}
        command = node(DEFLATING_SERVER, json.dumps(options))
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                url = f"ws://127.0.0.1:{int(process.stdout.readline())}/"
                with connect(url, options=ClientOptions(deflate=DeflateParams())) as client:
                    assert client.recv(PATIENCE) == NAME
                    for size in SIZES:
                        for message in (text_of(size), binary_of(size), text_of(size)):
                            client.send(message)
                            assert client.recv(PATIENCE) == message
            finally:
                process.terminate()
