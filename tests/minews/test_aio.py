"""minews on asyncio: messages both ways, backpressure, the clock, endings, and nothing left behind."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import contextvars
import random
import socket
import ssl
import sys
import time
import unittest.mock

import pytest

import minews.aio
from minews import HandshakeError, Opcode, State, accept_value, parse_request_head
from minews.aio import EVICTED, HELD, INBOX, OUTBOX, AsyncConnection, broadcast, connect, connect_again, serve
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import ClientOptions, ServerOptions
from minews.reaching import MAX_REDIRECTS
from minews.tls import client_tls_context, server_tls_context
from tests.minews.asynchronous import (
    CERTIFICATE,
    PATIENCE,
    asynchronous,
    close_payload,
    deaf_address,
    expect_failure,
    listener,
    masked,
    opened,
    plain,
    say_goodbye,
    tcp,
    until,
)
from tests.minews.heads import request_head

pytestmark = [
    pytest.mark.filterwarnings("error::ResourceWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]

QUICK = Limits(open_time=0.1, idle_time=0.1, close_time=0.1, ping_time=None)
CALM = Limits(close_time=2.0, ping_time=None)


async def echo(conn) -> None:
    async for message in conn:
        await conn.send(message)


async def keep(conn) -> None:
    """Take messages, and say nothing."""
    async for _ in conn:
        pass


class Visits:
    """A handler that hands its connections to the test, and ends when the test says so."""

    def __init__(self) -> None:
        self.conns, self.come, self.over = [], asyncio.Semaphore(0), asyncio.Event()

    async def __call__(self, conn) -> None:
        self.conns.append(conn)
        self.come.release()
        await self.over.wait()

    async def next(self):
        await self.come.acquire()
        return self.conns[-1]


# Messages.


@asynchronous
async def test_text_and_binary_messages_come_as_they_were_sent_and_in_order():
    messages = ["Hello", b"Hello", "", b"", "h\u00e9 \U0001f600", b"\x00" * 70_000, "x" * 200]
    async with await serve(echo) as server, await connect(server.url()) as conn:
        for message in messages:
            await conn.send(message)
        assert [await conn.recv() for _ in messages] == messages


@asynchronous
async def test_iterating_gives_the_messages_until_the_connection_ends():
    async def count(conn):
        for number in range(3):
            await conn.send(str(number))

    async with await serve(count) as server, await connect(server.url()) as conn:
        assert [message async for message in conn] == ["0", "1", "2"]
        assert (conn.close_code, conn.close_reason) == (1000, "")
        with pytest.raises(EOFError, match="1000"):
            await conn.recv()


@asynchronous
async def test_messages_in_front_of_a_close_can_still_be_read_but_no_answer_can_be_sent():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.TEXT, b"one") + masked(Opcode.TEXT, b"two") + masked(Opcode.CLOSE))
        assert (await peer.frame()).opcode == Opcode.CLOSE
        with pytest.raises(EOFError):
            await conn.send("too late")
        assert [message async for message in conn] == ["one", "two"]
        assert conn.close_code == 1005
        visits.over.set()
        await peer.leaves()


@asynchronous
async def test_a_send_that_is_cancelled_while_others_get_their_turn_sends_nothing():
    async with await serve(echo) as server, await connect(server.url()) as conn:
        conn._keeper.breath = 1
        sending = asyncio.create_task(conn.send("cancelled"))
        await asyncio.sleep(0)
        sending.cancel()
        await conn.send("sent")
        assert await conn.recv() == "sent"
        assert sending.cancelled()


@asynchronous
@pytest.mark.parametrize("secure", [False, True], ids=["TCP", "TLS"])
async def test_what_is_compressed_waits_until_there_is_room_for_what_it_inflates_to(secure):
    visits, count = Visits(), 60
    tls = server_tls_context(CERTIFICATE, CERTIFICATE) if secure else None
    trusted = client_tls_context(CERTIFICATE) if secure else None
    async with await serve(visits, options=ServerOptions(deflate=True), limits=CALM, tls=tls) as server:
        options = ClientOptions(deflate=DeflateParams())
        async with await connect(server.url(), options=options, limits=CALM, tls=trusted) as conn:
            served = await visits.next()
            for _ in range(count):
                conn._protocol.send_binary(bytes(1 << 20))
            conn._transport.write(conn._protocol.data_to_send())
            await until(lambda: served._later)
            sizes = []
            for _ in range(count):
                sizes.append(served._inbox_size)
                assert await served.recv() == bytes(1 << 20)
            assert max(sizes) < 4 << 20
            visits.over.set()


@asynchronous
async def test_what_tls_hands_over_though_nobody_reads_stays_in_order():
    async with await serve(keep) as server, await connect(server.url()) as conn:
        conn._later = plain(Opcode.TEXT, b"first")
        conn._hear(plain(Opcode.TEXT, b"second"))
        conn._read_on()
        assert [await conn.recv(), await conn.recv()] == ["first", "second"]


@asynchronous
async def test_a_peer_that_takes_what_we_said_is_not_dropped_for_the_time_that_takes(monkeypatch):
    visits, left, looks = Visits(), iter(range(20, 0, -1)), []

    def look(conn):
        looks.append(next(left, 0))
        return looks[-1]

    monkeypatch.setattr(AsyncConnection, "_untaken", look)
    limits = Limits(close_time=0.1, ping_time=None)
    async with await serve(visits, limits=limits) as server, opened(server) as peer:
        await visits.next()
        visits.over.set()
        await peer.leaves()
    assert looks[20:] == [0] * len(looks[20:]) and len(looks) > 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not tell in this way")
@asynchronous
async def test_what_the_system_holds_for_a_peer_is_not_taken_either():
    visits = Visits()
    async with await serve(visits, limits=CALM) as server, opened(server) as peer:
        conn = await visits.next()
        conn.write_message(bytes(1 << 20))
        assert conn._untaken() > conn.unsent
        peer.reset()
        visits.over.set()


@asynchronous
async def test_an_address_that_does_not_answer_keeps_the_next_one_not_waiting():
    with deaf_address() as deaf:
        async with await serve(echo) as server:
            addresses = [
                (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", each)
                for each in (deaf, ("127.0.0.1", server.port))
            ]
            loop = asyncio.get_running_loop()
            with unittest.mock.patch.object(
                loop, "getaddrinfo", unittest.mock.AsyncMock(return_value=addresses)
            ):
                conn = await connect("ws://two.example/", options=ClientOptions(), limits=CALM)
            async with conn:
                await conn.send("Hello")
                assert await conn.recv() == "Hello"


@asynchronous
async def test_frames_that_come_with_the_request_are_not_lost():
    async with await serve(echo) as server, opened(server, masked(Opcode.TEXT, b"early")) as peer:
        assert (await peer.frame()).payload == b"early"
        await say_goodbye(peer)


@asynchronous
async def test_a_request_may_come_byte_by_byte():
    async with await serve(echo) as server, tcp(server) as peer:
        for byte in request_head():
            await peer.send(bytes([byte]))
            await asyncio.sleep(0)
        assert b" 101 " in await peer.head()
        await say_goodbye(peer)


@asynchronous
async def test_both_ends_know_what_was_agreed():
    options = ServerOptions(
        subprotocols=["chat"], deflate=True, admit=lambda request: [("Set-Cookie", "a=b")]
    )
    asked = ClientOptions(
        subprotocols=["other", "chat"], deflate=DeflateParams(), headers=[("Cookie", "c=d")]
    )
    visits = Visits()
    async with (
        await serve(visits, options=options) as server,
        await connect(server.url("/room?x=1"), options=asked) as client,
    ):
        conn = await visits.next()
        for agreement in (conn.agreement, client.agreement):
            assert agreement.subprotocol == "chat"
            assert agreement.deflate is not None
        assert conn.agreement.request.target == "/room?x=1"
        assert conn.agreement.request.headers.get("Cookie") == "c=d"
        assert client.agreement.response.headers.get("Set-Cookie") == "a=b"
        await client.send("compressed " * 1000)
        assert await conn.recv() == "compressed " * 1000
        visits.over.set()


@asynchronous
async def test_only_one_task_may_receive():
    async with await serve(echo) as server, await connect(server.url()) as conn:
        first = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await conn.recv()
        await conn.send("one")
        assert await first == "one"


@asynchronous
async def test_a_cancelled_recv_loses_no_message():
    async with await serve(echo) as server, await connect(server.url()) as conn:
        for number in range(20):
            receiving = asyncio.create_task(conn.recv())
            await conn.send(str(number))
            await asyncio.sleep(0.0001 * number)
            receiving.cancel()
            done = await asyncio.gather(receiving, return_exceptions=True)
            message = done[0] if isinstance(done[0], str) else await conn.recv()
            assert message == str(number)


@asynchronous
async def test_a_connection_says_where_it_stands():
    visits = Visits()
    async with await serve(visits) as server, tcp(server) as peer:
        await until(lambda: server._keeper.watched)
        (conn,) = server._keeper.watched
        assert (conn.state, conn.close_code, conn.close_reason) == (State.CONNECTING, 1006, "")
        await peer.send(request_head())
        assert await visits.next() is conn
        assert conn.state is State.OPEN
        assert repr(server) == f"<AsyncServer {server.url()} 1 connections>"
        visits.over.set()
        await peer.head()
        assert (await peer.frame()).payload == close_payload(1000)
        assert repr(conn) == "<AsyncConnection closing>"
        await peer.send(masked(Opcode.CLOSE, close_payload(3000, "bye")))
        await peer.leaves()
        peer.sock.close()
        await until(lambda: conn.state is State.CLOSED)
        assert (conn.close_code, conn.close_reason) == (3000, "bye")


# Whoever waits for a message goes on at once.


def hear(conn, data: bytes) -> None:
    """Let a connection read, as asyncio does it."""
    conn.get_buffer(-1)[: len(data)] = data
    conn.buffer_updated(len(data))


async def between_tasks(function, *arguments) -> None:
    """Call a function as the loop calls a transport: while no task runs. Return in the turn after that."""
    asyncio.get_running_loop().call_soon(function, *arguments)
    await asyncio.sleep(0)


@pytest.fixture(params=["C", "Python", "mixed"])
def implementation(request, monkeypatch):
    """Tasks and futures in C, or in Python as some interpreters and debuggers have them; or one of each."""
    if request.param != "C":
        monkeypatch.setattr(asyncio, "Task", asyncio.tasks._PyTask)
        monkeypatch.setattr(asyncio.tasks, "Task", asyncio.tasks._PyTask)
    if request.param == "Python":
        monkeypatch.setattr(asyncio, "Future", asyncio.futures._PyFuture)


async def within_a_timeout(coroutine):
    async with asyncio.timeout(5):
        return await coroutine


async def in_a_group(coroutine):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(coroutine)
    return task.result()


async def among_others(coroutine):
    return (await asyncio.gather(coroutine, asyncio.sleep(0)))[0]


async def as_it_is(coroutine):
    return await coroutine


async def awaited_for(coroutine):
    return await asyncio.wait_for(coroutine, 5)


@pytest.mark.parametrize("of", [as_it_is, awaited_for, within_a_timeout, in_a_group, among_others])
@asynchronous
async def test_one_may_wait_for_a_message_in_any_way(implementation, of):
    visits, got = Visits(), []

    async def receive():
        got.append(await of(conn.recv()))

    async def begin():
        receiving = asyncio.create_task(receive())
        for _ in range(3):  # as tasks begin tasks
            await asyncio.sleep(0)
        return receiving

    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        for message in (b"one", b"two"):
            receiving = await begin()
            await between_tasks(hear, conn, masked(Opcode.TEXT, message))
            await receiving
        receiving = await begin()
        receiving.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await receiving
        await peer.send(masked(Opcode.TEXT, b"three"))
        await receive()
        assert got == ["one", "two", "three"]
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_a_message_reaches_who_waits_in_the_turn_in_which_it_comes():
    visits, got = Visits(), []

    async def receive(conn):
        async for message in conn:
            got.append((message, owner.get()))

    def read(*messages):
        hear(conn, b"".join(masked(Opcode.TEXT, message) for message in messages))
        heard.append(list(got))

    owner, heard = contextvars.ContextVar("owner", default="nobody"), []
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        owner.set("the receiver")
        receiving = asyncio.create_task(receive(conn))
        await asyncio.sleep(0)
        owner.set("the test")
        await between_tasks(read, b"one")
        await between_tasks(read, b"two", b"three")
        all_of_them = [(message, "the receiver") for message in ("one", "two", "three")]
        assert heard == [all_of_them[:1], all_of_them]
        visits.over.set()
        await say_goodbye(peer)
        await receiving


@asynchronous
async def test_who_waits_does_not_go_on_within_another_task():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        hear(conn, masked(Opcode.TEXT, b"one"))
        assert not receiving.done()
        assert await receiving == "one"
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_who_waits_goes_on_soon_where_futures_do_not_say_who_that_is(monkeypatch):
    class Discreet(asyncio.Future):
        _callbacks = None

    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        monkeypatch.setattr(asyncio, "Future", Discreet)
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        monkeypatch.undo()
        await between_tasks(hear, conn, masked(Opcode.TEXT, b"one"))
        assert not receiving.done()
        assert await receiving == "one"
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_a_message_and_a_cancellation_may_come_in_one_turn():
    visits = Visits()

    def cancel_and_read():
        receiving.cancel()
        hear(conn, masked(Opcode.TEXT, b"one"))

    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        await between_tasks(cancel_and_read)
        with pytest.raises(asyncio.CancelledError):
            await receiving
        assert await conn.recv() == "one"
        visits.over.set()
        await say_goodbye(peer)


async def fail(conn):
    raise KeyError(conn)


async def abort(conn):
    conn.abort()


async def close_with_3000(conn):
    await conn.close(3000)


async def send_much(conn):
    for _ in range(300):
        await conn.send("x" * 1000)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize(
    "act, code, failures",
    [(fail, 1011, 1), (abort, 1006, 0), (close_with_3000, 3000, 0), (send_much, 1000, 0)],
)
@asynchronous
async def test_a_handler_may_do_anything_as_soon_as_a_message_comes(act, code, failures, debug, secure):
    async def handler(conn):
        await conn.recv()
        await act(conn)

    asyncio.get_running_loop().set_debug(debug)
    found, (server_tls, client_tls) = expect_failure(), tls_contexts() if secure else (None, None)
    async with (
        await serve(handler, tls=server_tls) as server,
        await connect(server.url(), tls=client_tls) as conn,
    ):
        await conn.send("now")
        assert sum([len(message) == 1000 async for message in conn]) == (300 if act is send_much else 0)
        assert await conn.close() == code
    assert len(found) == failures


# The closing handshake.


@asynchronous
async def test_several_tasks_may_close_and_one_close_goes_out():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        closing = [asyncio.create_task(conn.close(3000 + number)) for number in range(3)]
        assert (await peer.frame()).payload == close_payload(3000)
        await peer.send(masked(Opcode.CLOSE, close_payload(3000)))
        assert await peer.rest() == b""
        peer.sock.close()
        assert await asyncio.gather(*closing) == [3000, 3000, 3000]
        assert await conn.close() == 3000
        visits.over.set()


@asynchronous
async def test_a_handler_still_receives_while_another_task_closes():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        closing = asyncio.create_task(conn.close())
        assert (await peer.frame()).opcode == Opcode.CLOSE
        await peer.send(masked(Opcode.TEXT, b"on its way"))
        assert await receiving == "on its way"
        receiving = asyncio.create_task(conn.recv())
        await peer.send(masked(Opcode.CLOSE, close_payload(1000)))
        async with asyncio.timeout(1):  # it does not wait for the end of TCP
            with pytest.raises(EOFError):
                await receiving
        peer.sock.close()
        assert await closing == 1000
        visits.over.set()


@asynchronous
async def test_a_close_that_may_not_be_sent_leaves_the_connection_as_it_was():
    async with await serve(echo) as server, await connect(server.url()) as conn:
        with pytest.raises(ValueError):
            await conn.close(1006)
        with pytest.raises(ValueError):
            await conn.close(1000, "x" * 124)
        with pytest.raises(ValueError):
            await server.close(1005)
        await conn.send("still here")
        assert await conn.recv() == "still here"
        await conn.close()
        with pytest.raises(ValueError):
            await conn.close(1006)


@asynchronous
async def test_a_cancelled_close_can_be_waited_for_again():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        closing = asyncio.create_task(conn.close())
        await peer.frame()
        closing.cancel()
        assert isinstance((await asyncio.gather(closing, return_exceptions=True))[0], asyncio.CancelledError)
        await peer.send(masked(Opcode.CLOSE, close_payload(1000)))
        peer.sock.close()
        assert await conn.close() == 1000
        visits.over.set()


@asynchronous
async def test_who_never_answers_a_close_is_dropped_in_time():
    visits = Visits()
    async with await serve(visits, limits=QUICK) as server, opened(server) as peer:
        conn = await visits.next()
        assert await conn.close() == 1006
        assert (await peer.frame()).opcode == Opcode.CLOSE
        await peer.leaves()
        visits.over.set()


@asynchronous
async def test_who_answers_a_close_and_never_ends_tcp_is_dropped_in_time():
    visits = Visits()
    async with await serve(visits, limits=QUICK) as server, opened(server) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.CLOSE, close_payload(1000)))
        assert await conn.close() == 1000  # although the peer's socket is open
        visits.over.set()


@asynchronous
async def test_a_client_waits_for_the_server_to_end_tcp_but_not_for_ever():
    async def never_end(peer):
        await accept(peer)
        await peer.send(plain(Opcode.CLOSE, close_payload(1000)))
        assert (await peer.frame()).opcode == Opcode.CLOSE
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await peer.leaves()
        await peer.leaves()

    async with listener(never_end) as place:
        conn = await connect(place.url(), limits=Limits(close_time=0.6, ping_time=None))
        with pytest.raises(EOFError):
            await conn.recv()
        assert conn.state is State.CLOSING
        assert await conn.close() == 1000
        assert conn.state is State.CLOSED


@asynchronous
async def test_who_sends_for_ever_after_a_close_is_dropped_in_time():
    visits = Visits()
    flood = masked(Opcode.BINARY, b"x" * 60_000)
    async with await serve(visits, limits=QUICK) as server, opened(server) as peer:
        conn = await visits.next()
        closing = asyncio.create_task(conn.close())
        with pytest.raises(ConnectionError):
            while True:
                await peer.send(flood)
                assert conn._inbox_size < INBOX + 2 * len(flood)
        assert await closing == 1006
        visits.over.set()


@asynchronous
async def test_our_last_words_reach_a_peer_that_goes_on_sending():
    visits = Visits()
    wrong, more = b"\x83\x80\x00\x00\x00\x00", masked(Opcode.BINARY, b"x" * 30_000) * 100
    async with await serve(visits, limits=CALM) as server, opened(server) as peer:
        conn = await visits.next()
        sending = asyncio.create_task(peer.send(wrong + more))
        await until(lambda: conn.close_code == 1002)
        await sending
        assert (await peer.frame()).payload[:2] == close_payload(1002)
        assert await peer.rest() == b""
        with pytest.raises(EOFError, match="1002"):
            await conn.recv()
        visits.over.set()


@asynchronous
async def test_leaving_the_context_says_whether_all_went_well():
    async with await serve(echo) as server:
        for error, code in ((None, 1000), (KeyError, 1011)):
            with contextlib.suppress(KeyError):
                async with await connect(server.url()) as conn:
                    if error is not None:
                        raise error
            assert conn.close_code == code


@asynchronous
async def test_a_peer_that_ends_tcp_without_a_close_ends_the_connection_with_1006():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.TEXT, b"last"))
        peer.sock.shutdown(socket.SHUT_WR)
        assert await peer.rest() == b""
        assert [message async for message in conn] == ["last"]
        assert conn.close_code == 1006
        with pytest.raises(EOFError):
            await conn.send("nobody")
        visits.over.set()


@asynchronous
async def test_who_ends_tcp_while_much_is_unsent_is_told_of_at_once_and_dropped_in_time():
    visits, limits = Visits(), Limits(close_time=0.1, ping_time=None)
    async with await serve(visits, limits=limits) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        await fill(conn)
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        peer.sock.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(2):
            with pytest.raises(EOFError, match="1006"):
                await receiving
            assert conn in server._keeper.watched
            await until(lambda: conn not in server._keeper.watched)
        visits.over.set()


@asynchronous
async def test_a_reset_ends_the_connection_and_sending():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        peer.reset()
        with pytest.raises(EOFError):
            while True:
                await conn.send("x" * 1000)
        with pytest.raises(EOFError, match="1006"):
            await conn.recv()
        visits.over.set()


@asynchronous
async def test_who_writes_without_waiting_learns_at_once_that_it_fails():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        peer.reset()
        for _ in range(100):
            if not conn._transport.is_closing():
                conn.write_message("x")
        with pytest.raises(EOFError):
            conn.write_message("x")
        assert broadcast([conn], "x") == 0
        visits.over.set()


@asynchronous
async def test_who_sends_without_end_lets_other_tasks_have_their_turns():
    turns = []

    async def take_turns():
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    async with await serve(keep) as server, await connect(server.url()) as conn:
        others = asyncio.create_task(take_turns())
        for _ in range(1000):
            await conn.send("x")
        others.cancel()
        assert len(turns) >= 9


@asynchronous
async def test_a_connection_that_was_reset_before_our_last_words_is_dropped():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        peer.reset()
        conn._hear(masked(Opcode.CLOSE))  # it is read in the moment in which the reset comes
        assert await conn.close() == 1005
        visits.over.set()


@asynchronous
async def test_a_system_that_refuses_to_end_what_was_reset_is_no_error():
    def refuse():
        raise OSError("the socket is not connected")

    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        conn._transport.write_eof = refuse  # as macOS does
        await peer.send(masked(Opcode.CLOSE))
        assert await conn.close() == 1005
        visits.over.set()


@asynchronous
async def test_an_aborted_connection_takes_no_message_and_gives_none():
    async with await serve(keep) as server, await connect(server.url()) as conn:
        receiving = asyncio.create_task(conn.recv())
        await asyncio.sleep(0)
        conn.abort()
        assert conn.state is State.CLOSED
        with pytest.raises(EOFError):
            await conn.send("too late")
        with pytest.raises(EOFError):
            await receiving
        assert await conn.close() == 1006


# Short messages that leave together.


class Writes:
    """A transport that counts what is written to it, and hands on everything."""

    def __init__(self, transport) -> None:
        self.transport, self.written = transport, []

    def write(self, data) -> None:
        self.written.append(data)
        self.transport.write(data)

    def __getattr__(self, name):
        return getattr(self.transport, name)


@contextlib.asynccontextmanager
async def answering_early(limits=CALM, buffers=None):
    """A connection for which a message waits to be read, so that what it sends is held; and its peer."""
    visits = Visits()
    async with await serve(visits, limits=limits) as server, opened(server, buffers=buffers) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.TEXT, b"wait"))
        await until(lambda: conn._inbox)
        conn._transport = Writes(conn._transport)
        yield conn, peer
        conn.abort()
        visits.over.set()


@asynchronous
async def test_a_thousand_messages_that_come_at_once_are_echoed_in_order_and_in_few_writes():
    transports = []

    async def handle(conn):
        conn._transport = Writes(conn._transport)
        transports.append(conn._transport)
        await echo(conn)

    async with await serve(handle, limits=CALM) as server, opened(server) as peer:
        numbers = [b"%d" % number for number in range(1000)]
        await peer.send(b"".join(masked(Opcode.TEXT, number) for number in numbers))
        assert [(await peer.frame()).payload for _ in numbers] == numbers
        assert len(transports[0].written) < 50
        await say_goodbye(peer)


@asynchronous
async def test_what_is_held_leaves_by_itself_as_soon_as_the_sender_waits():
    async with answering_early() as (conn, peer):
        for number in b"123":
            await conn.send(bytes([number]))
        assert conn._transport.written == []
        assert [(await peer.frame()).payload for _ in range(3)] == [b"1", b"2", b"3"]
        assert len(conn._transport.written) == 1
        await asyncio.sleep(0)
        await conn.send(b"4")
        assert (await peer.frame()).payload == b"4"


@asynchronous
async def test_no_more_is_held_than_is_allowed_and_a_large_message_not_at_all():
    async with answering_early() as (conn, _):
        for _ in range(99):
            await conn.send("x" * 1000)
            assert conn._held <= HELD
        assert 99_000 - HELD < len(b"".join(conn._transport.written)) < 99 * 1004
        await conn.send("x" * HELD)
        assert len(b"".join(conn._transport.written)) == 99 * 1004 + 4 + HELD


@asynchronous
async def test_who_asks_what_is_unsent_hears_of_what_is_held_too():
    async with answering_early(buffers=4096) as (conn, _):
        conn.write_message(b"x" * 60_000)  # more than the peer has room for, less than stops us
        before = conn.unsent
        assert before > 0
        assert conn._drained is None
        await conn.send("held")
        assert conn.unsent == before + 6


@asynchronous
async def test_what_is_sent_without_waiting_comes_behind_what_is_held():
    async with answering_early() as (conn, peer):
        await conn.send("1")
        conn.write_message("2")
        await conn.send("3")
        assert broadcast([conn], "4") == 1
        await conn.send("5")
        pinging = asyncio.create_task(conn.ping())
        await conn.send("6")
        frames = [await peer.frame() for _ in range(7)]
        assert [frame.payload for frame in frames if frame.opcode == Opcode.TEXT] == [
            *map(b"%d".__mod__, range(1, 7))
        ]
        pinging.cancel()


@pytest.mark.parametrize("ending", ["close", "their Close", "their end of TCP"])
@asynchronous
async def test_what_is_held_reaches_the_peer_before_the_connection_ends(ending):
    async with answering_early() as (conn, peer):
        await conn.send("last")
        if ending == "close":
            conn._start_closing(1000, "")
        elif ending == "their Close":
            conn._hear(masked(Opcode.CLOSE))
        else:
            conn.eof_received()
            conn._transport.close()  # as asyncio does then
        assert (await peer.frame()).payload == b"last"
        if ending == "their end of TCP":
            assert await peer.rest() == b""
        else:
            assert (await peer.frame()).opcode == Opcode.CLOSE


@asynchronous
async def test_what_is_held_is_dropped_without_a_word_with_a_connection_that_is_lost():
    async with answering_early() as (conn, _):
        await conn.send("lost")
        conn.abort()
        await until(lambda: not conn._held)
        assert conn._transport.written == []
        with pytest.raises(EOFError):
            await conn.send("too late")
        assert conn._held == 0


@asynchronous
async def test_a_peer_that_does_not_read_stops_who_answers_it_too():
    async with answering_early(buffers=4096) as (conn, _):
        with pytest.raises(TimeoutError):
            while True:
                async with asyncio.timeout(0.1):
                    await conn.send(b"x" * 1000)
        assert OUTBOX < conn.unsent < OUTBOX + HELD + 2000


# Backpressure.


@asynchronous
async def test_a_peer_that_does_not_read_stops_who_sends_to_it():
    visits, message, sent = Visits(), b"x" * 50_000, 0
    async with await serve(visits, limits=CALM) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        with pytest.raises(TimeoutError):
            while True:
                async with asyncio.timeout(0.1):
                    await conn.send(message)
                sent += 1
        assert OUTBOX < conn.unsent < OUTBOX + 2 * len(message)
        several = [asyncio.create_task(conn.send(b"late")) for _ in range(50)]
        await asyncio.sleep(0)
        assert conn.unsent < OUTBOX + 2 * len(message)
        for _ in range(sent):
            assert (await peer.frame()).payload == message
        assert [(await peer.frame()).payload for _ in several] == [b"late"] * 50, "and no cancelled message"
        await asyncio.gather(*several)
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_who_waits_to_send_learns_that_the_peer_is_gone():
    visits = Visits()
    async with await serve(visits, limits=CALM) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        await fill(conn)
        sending = asyncio.create_task(conn.send("more"))
        await asyncio.sleep(0)
        peer.reset()
        with pytest.raises(EOFError):
            await sending
        visits.over.set()


async def fill(conn) -> None:
    """Send until the peer, which does not read, makes us wait."""
    while conn._drained is None:
        conn.write_message(b"x" * 30_000)
        await asyncio.sleep(0)


@asynchronous
async def test_an_application_that_does_not_receive_stops_its_peer_and_loses_nothing():
    visits, messages = Visits(), [b"%6d" % number * 1000 for number in range(100)]
    async with await serve(visits, limits=CALM) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        sending = asyncio.create_task(peer.send(b"".join(masked(Opcode.BINARY, each) for each in messages)))
        await until(lambda: not conn._reading)
        await asyncio.sleep(0.05)
        assert not sending.done()
        assert conn._inbox_size < INBOX + (1 << 16) + len(messages[0])
        assert [await conn.recv() for _ in messages] == messages
        await sending
        assert conn._inbox_size == 0
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_closing_finds_the_peers_close_behind_what_nobody_read():
    visits = Visits()
    flood = masked(Opcode.BINARY, b"x" * 1000) * 400
    async with await serve(visits, limits=CALM) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        sending = asyncio.create_task(peer.send(flood + masked(Opcode.CLOSE, close_payload(3001))))
        await until(lambda: not conn._reading)
        closing = asyncio.create_task(conn.close())
        await sending
        peer.sock.shutdown(socket.SHUT_WR)
        assert await closing == 3001
        assert 0 < len([message async for message in conn]) < 200, "what found no room is dropped"
        visits.over.set()


@asynchronous
async def test_pings_are_answered_while_nobody_receives():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        await peer.send(masked(Opcode.TEXT, b"unread") + masked(Opcode.PING, b"there?"))
        frame = await peer.frame()
        assert (frame.opcode, frame.payload) == (Opcode.PONG, b"there?")
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_who_floods_with_pings_and_reads_no_pongs_is_given_up():
    visits, worst = Visits(), 0
    flood = masked(Opcode.PING, b"x" * 125) * 500
    async with await serve(visits, limits=CALM) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        with pytest.raises(ConnectionError):
            while True:
                await peer.send(flood)
                worst = max(worst, conn.unsent)
        assert worst < 2 * OUTBOX + (1 << 16)
        assert conn.close_code == 1006
        visits.over.set()


@asynchronous
async def test_pings_count_from_the_time_on_from_which_the_peer_does_not_read():
    visits, pings = Visits(), masked(Opcode.PING, b"x" * 125) * (OUTBOX // 130)
    async with await serve(visits, limits=CALM) as server, opened(server) as peer:
        conn = await visits.next()
        for _ in range(3):
            conn.pause_writing()  # as its transport says
            conn._hear(pings)
            conn.resume_writing()
        assert conn.state is State.OPEN
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_a_large_message_on_its_way_does_not_count_against_pings():
    visits, large = Visits(), b"x" * (EVICTED * 8)
    async with await serve(visits, limits=CALM) as server, opened(server) as peer:
        conn = await visits.next()
        conn.write_message(large)
        assert conn.unsent > EVICTED
        await peer.send(masked(Opcode.PING, b"there?"))
        assert (await peer.frame()).payload == large
        assert (await peer.frame()).opcode == Opcode.PONG
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_one_stalled_client_holds_up_no_broadcast_and_is_given_up_at_the_bound():
    message, most = b"x" * 50_000, 0
    async with await serve(keep, limits=CALM) as server, opened(server, buffers=4096) as stalled:
        await until(lambda: server.connections)
        (slow,) = server.connections
        conns = [await connect(server.url()) for _ in range(49)]
        await until(lambda: len(server.connections) == 50)
        for number in range(40):
            assert broadcast(server.connections, message) >= 49
            most = max(most, slow.unsent)
            assert [await conn.recv() for conn in conns] == [message] * 49, number
        assert EVICTED < most < EVICTED + 2 * len(message)
        assert slow.state is State.CLOSED
        assert broadcast(server.connections | {slow}, "to those that are left") == 49
        await stalled.leaves()
        for conn in conns:
            await conn.close()


# The clock.


@asynchronous
async def test_an_idle_connection_is_kept_alive_by_pings_and_its_latency_is_known():
    limits = Limits(ping_time=0.02, idle_time=0.15)
    visits = Visits()
    async with await serve(visits, limits=limits) as server, await connect(server.url(), limits=CALM) as conn:
        ours = await visits.next()
        started = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.recv(), 0.4)
        assert asyncio.get_running_loop().time() > started + 2 * limits.idle_time
        assert ours.state is State.OPEN
        assert 0 < ours.latency < 1
        assert conn.latency is None, "it was never asked to ping"
        visits.over.set()


@asynchronous
async def test_a_peer_that_answers_no_ping_gets_one_and_is_given_up():
    limits = Limits(ping_time=0.02, idle_time=0.15)
    visits = Visits()
    async with await serve(visits, limits=limits) as server, opened(server) as peer:
        conn = await visits.next()
        receiving = asyncio.create_task(conn.recv())
        with pytest.raises(EOFError, match="1006"):
            await receiving
        assert (await peer.frame()).opcode == Opcode.PING
        await peer.leaves()
        visits.over.set()


@asynchronous
async def test_a_peer_whose_messages_nobody_reads_is_not_blamed_for_its_silence():
    visits = Visits()
    async with await serve(visits, limits=QUICK) as server, opened(server) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.BINARY, b"x" * 40_000) * 2)
        await until(lambda: not conn._reading)
        await asyncio.sleep(3 * QUICK.idle_time)
        assert conn.state is State.OPEN
        assert [len(await conn.recv()) for _ in range(2)] == [40_000, 40_000]
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_a_peer_that_sends_and_reads_no_more_is_given_up():
    visits = Visits()
    async with await serve(visits, limits=QUICK) as server, opened(server, buffers=4096) as peer:
        conn = await visits.next()
        conn.write_message(b"x" * 4_000_000)
        for _ in range(20):
            await peer.read()
            await peer.send(masked(Opcode.PONG))
            await asyncio.sleep(0.01)
        with pytest.raises(ConnectionError):
            while True:
                await peer.send(masked(Opcode.PONG))
                await asyncio.sleep(0.01)
        assert conn.close_code == 1006
        visits.over.set()


@asynchronous
async def test_a_peer_that_reads_slowly_is_not_given_up():
    visits = Visits()
    limits = Limits(idle_time=0.2, ping_time=None)
    async with await serve(visits, limits=limits) as server, opened(server, buffers=1 << 16) as peer:
        conn = await visits.next()
        conn.write_message(b"x" * 16_000_000)
        started = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < started + 3 * limits.idle_time:
            await peer.read()
            await peer.send(masked(Opcode.PONG))
            await asyncio.sleep(0.005)
            assert conn._drained is not None, "it should still be waiting, else this tests nothing"
        assert conn.state is State.OPEN
        conn.abort()
        visits.over.set()


@asynchronous
async def test_a_ping_returns_the_seconds_to_its_pong():
    async with await serve(keep) as server, await connect(server.url()) as conn:
        seconds = await conn.ping()
        assert 0 < seconds < 5
        assert conn.latency == seconds


@asynchronous
async def test_one_pong_answers_all_pings_before_it_and_others_mean_nothing():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        await peer.send(masked(Opcode.PONG, b"unasked"))
        pings = [asyncio.create_task(conn.ping()) for _ in range(3)]
        payloads = [(await peer.frame()).payload for _ in pings]
        assert len(set(payloads)) == 3
        pings[0].cancel()
        await peer.send(masked(Opcode.PONG, b"unasked") + masked(Opcode.PONG, payloads[1]))
        assert await pings[1] > 0
        assert pings[0].cancelled()
        assert not pings[2].done()
        await peer.send(masked(Opcode.PONG, payloads[2]) + masked(Opcode.PONG, payloads[1]))
        assert await pings[2] > 0
        assert not conn._pings
        visits.over.set()
        await say_goodbye(peer)


@asynchronous
async def test_a_pong_may_come_in_the_moment_in_which_its_ping_is_cancelled():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        pinging = [asyncio.create_task(conn.ping()) for _ in range(2)]
        payload = [(await peer.frame()).payload for _ in pinging][1]
        for task in pinging:
            task.cancel()
        conn._hear(masked(Opcode.PONG, payload))
        await asyncio.gather(*pinging, return_exceptions=True)
        assert conn.latency > 0
        lost = [asyncio.create_task(conn.ping()) for _ in range(2)]
        await asyncio.sleep(0)
        lost[0].cancel()
        conn.connection_lost(None)
        results = await asyncio.gather(*lost, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError, EOFError]
        conn.abort()
        visits.over.set()


@asynchronous
async def test_to_be_told_twice_that_the_connection_is_lost_is_no_error():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        closing = asyncio.create_task(conn.close())
        await peer.frame()
        conn.connection_lost(None)
        conn.abort()
        assert await closing == 1006
        visits.over.set()


@asynchronous
async def test_a_ping_that_no_pong_can_answer_any_more_ends_in_eof():
    visits = Visits()
    async with await serve(visits) as server, opened(server) as peer:
        conn = await visits.next()
        pinging = asyncio.create_task(conn.ping())
        await peer.frame()
        peer.sock.close()
        with pytest.raises(EOFError):
            await pinging
        with pytest.raises(EOFError):
            await conn.ping()
        visits.over.set()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n"], ids=["nothing", "half a head"])
@asynchronous
async def test_a_request_that_does_not_come_in_time_is_refused_with_408(said):
    async with await serve(echo, limits=QUICK) as server, tcp(server) as peer:
        await peer.send(said)
        assert b" 408 " in await peer.head()
        await peer.leaves()


@asynchronous
async def test_a_request_that_drips_is_refused_with_408():
    async with await serve(echo, limits=QUICK) as server, tcp(server) as peer:
        dripping = asyncio.create_task(drip(peer, request_head()))
        assert b" 408 " in await peer.head()
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        await peer.leaves()


async def drip(peer, data: bytes) -> None:
    for byte in data:
        await peer.send(bytes([byte]))
        await asyncio.sleep(0.01)


@asynchronous
async def test_the_clock_stands_while_nobody_is_there_or_our_own_program_is_held_up():
    async with await serve(echo, limits=CALM) as server:
        server._keeper._looked_at -= 3600
        async with await connect(server.url()) as conn:
            before = server._keeper.now
            server._keeper._looked_at -= 3600
            await until(lambda: server._keeper.now > before)
            await conn.send("still there?")
            assert await conn.recv() == "still there?"


# The server.


@asynchronous
async def test_a_visitor_is_not_late_because_our_own_program_was_held_up():
    head = request_head()
    async with await serve(echo, limits=Limits(open_time=1.0)) as server, tcp(server) as peer:
        await peer.send(head[:20])
        await until(lambda: any(conn._head for conn in server._keeper.watched))
        before = server._keeper.now
        time.sleep(1.2)
        await until(lambda: server._keeper.now > before)
        await peer.send(head[20:])
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")


@asynchronous
async def test_a_visit_that_is_cancelled_while_it_opens_leaves_nothing():
    async with await serve(echo) as server, tcp(server) as peer:
        await peer.send(request_head()[:20])
        await until(lambda: any(conn._head for conn in server._keeper.watched))
        for task in server._tasks:
            task.cancel()
        await until(lambda: not server._keeper.watched)


@pytest.mark.parametrize(
    "head, status",
    [
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
        (request_head(start="GET /nowhere HTTP/1.1"), 404),
        (request_head({"Origin": "https://elsewhere.example"}), 403),
        (request_head({"Sec-WebSocket-Version": "8"}), 426),
        (request_head({"Cookie": "bad"}), 401),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 400_000, 431),
    ],
    ids=["LF", "unknown", "origin", "version", "cookie", "endless"],
)
@asynchronous
async def test_a_request_that_is_refused_gets_its_answer_even_if_it_goes_on(head, status):
    def admit(request):
        if request.headers.get("Cookie") == "bad":
            raise HandshakeError(401, reason="log in first")
        return ()

    options = ServerOptions(resource_names=["/chat"], admit=admit)
    async with await serve(echo, options=options, limits=CALM) as server, tcp(server) as peer:
        sending = asyncio.create_task(peer.send(head))
        assert b" %d " % status in await peer.head()
        await sending
        await peer.leaves()
        assert not server.connections
        assert server.error is None


@pytest.mark.parametrize("sent", [100, 1000], ids=["in part", "whole"])
@asynchronous
async def test_a_head_over_the_limit_is_refused_at_both_ends(sent):
    limits = Limits(max_head=90)
    async with await serve(echo, limits=limits) as server, tcp(server) as peer:
        await peer.send(request_head()[:sent])
        assert b" 431 " in await peer.head()
        await peer.leaves()

    async with await serve(echo) as server:
        with pytest.raises(HandshakeError) as refused:
            await connect(server.url(), limits=limits)
        assert refused.value.status == 502


@asynchronous
async def test_a_mistake_of_the_application_in_admit_is_a_500():
    failures = expect_failure()
    async with await serve(echo, options=ServerOptions(admit=lambda request: 1 / 0)) as server:
        async with tcp(server) as peer:
            await peer.send(request_head())
            assert b" 500 " in await peer.head()
            await peer.leaves()
        assert [type(failure) for failure in failures] == [ZeroDivisionError]
        assert server.error is failures[0]


@asynchronous
async def test_with_max_connections_open_the_next_gets_503_and_twice_as_many_are_dropped():
    async with await serve(keep, max_connections=1, limits=CALM) as server:
        async with await connect(server.url()):
            with pytest.raises(HandshakeError) as refused:
                await connect(server.url())
            assert refused.value.status == 503
            await until(lambda: len(server._keeper.watched) == 1)
            async with tcp(server), tcp(server) as too_many:
                await too_many.leaves()
                assert too_many.received == b""
        async with await connect(server.url()) as conn:
            assert conn.state is State.OPEN


@asynchronous
async def test_a_peer_that_leaves_within_its_head_is_forgotten():
    async with await serve(echo) as server, tcp(server) as peer:
        await peer.send(b"GET / HT")
        await until(lambda: server._keeper.watched)
        peer.sock.close()
        await until(lambda: not server._keeper.watched)


@asynchronous
async def test_who_asks_and_is_gone_at_once_is_not_answered():
    visits = Visits()
    async with await serve(visits) as server, tcp(server):
        await until(lambda: server._keeper.watched)
        (conn,) = server._keeper.watched
        conn._hear(request_head())
        conn.abort()
        await until(lambda: not server._tasks)
        assert not visits.conns


@asynchronous
async def test_a_handler_that_fails_closes_with_1011_and_is_told_of():
    failures = expect_failure()

    async def fail(conn):
        raise EOFError("of a file") if conn.agreement.request.target == "/eof" else ZeroDivisionError

    async with await serve(fail) as server:
        for path in ("/", "/eof"):
            async with await connect(server.url(path)) as conn:
                assert [message async for message in conn] == []
                assert conn.close_code == 1011
        assert [type(failure) for failure in failures] == [ZeroDivisionError, EOFError]
        assert server.error is failures[0]


@asynchronous
async def test_a_handler_that_sends_to_a_peer_that_left_has_made_no_mistake():
    async def talk(conn):
        while True:
            await conn.send("x" * 1000)
            await asyncio.sleep(0)

    async with await serve(talk) as server:
        async with opened(server) as peer:
            peer.reset()
        await until(lambda: not server.connections)
        assert server.error is None


@asynchronous
async def test_a_server_that_ends_tells_all_1001_and_waits_for_their_handlers():
    ended = []

    async def handle(conn):
        ended.append([message async for message in conn])
        await asyncio.sleep(0.01)
        ended.append("and what comes after")

    server = await serve(handle)
    conns = [await connect(server.url()) for _ in range(20)]
    reading = [asyncio.create_task(conn.recv()) for conn in conns]
    await until(lambda: len(server.connections) == 20)
    await server.close()
    for conn, task in zip(conns, reading, strict=True):
        with pytest.raises(EOFError):
            await task
        assert (await conn.close(), conn.close_reason) == (1001, "the server ends")
    assert len(ended) == 40
    assert not server.connections
    with pytest.raises(OSError):
        await connect(server.url())


@asynchronous
async def test_a_server_that_ends_waits_for_nobody_longer_than_it_says():
    cancelled, stubborn = [], asyncio.Event()

    async def never_end(conn):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(conn)

    async def refuse_to_end(conn):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await stubborn.wait()

    started = asyncio.get_running_loop().time()
    for handler in (never_end, refuse_to_end):
        server = await serve(handler, limits=QUICK)
        async with opened(server), tcp(server):  # neither answers
            await until(lambda server=server: len(server._keeper.watched) == 2 and server.connections)
            await server.close()
    assert len(cancelled) == 1
    assert asyncio.get_running_loop().time() < started + 20 * QUICK.close_time
    stubborn.set()
    await until(lambda: not server._tasks)
    assert not server._keeper.watched


@asynchronous
async def test_several_tasks_may_close_a_server_and_one_that_is_cancelled_stops_nothing():
    server = await serve(keep)
    async with await connect(server.url()) as conn:
        closing = [asyncio.create_task(server.close()) for _ in range(3)]
        await asyncio.sleep(0)
        closing[0].cancel()
        with pytest.raises(EOFError):
            await conn.recv()
        await asyncio.gather(*closing[1:])
        assert closing[0].cancelled()
        await server.close()


@asynchronous
async def test_handlers_may_close_their_server_and_go_on():
    """They do not wait for each other, nor for the time that peers have to answer."""

    async def handle(conn):
        async for _ in conn:
            await server.close()
            gone_on.append(conn)

    gone_on = []
    server = await serve(handle, limits=Limits(close_time=PATIENCE, ping_time=None))
    async with await connect(server.url()) as conn, await connect(server.url()) as other:
        await conn.send("shut down")
        await other.send("shut down")
        with pytest.raises(EOFError):
            await conn.recv()
        assert conn.close_code == 1001
    await server.close()
    assert len(gone_on) == 2
    assert not server._tasks


@asynchronous
async def test_a_handler_that_goes_on_is_cancelled_when_its_server_ends():
    visits = Visits()
    async with await serve(visits, limits=QUICK) as server, await connect(server.url()):
        await visits.next()
        await server.close()
        assert not server._tasks
        assert not visits.over.is_set()


@asynchronous
async def test_a_peer_that_reads_on_for_ever_does_not_keep_a_server_that_ends(monkeypatch):
    left = iter(range(1 << 30, 0, -1))
    monkeypatch.setattr(AsyncConnection, "_untaken", lambda conn: next(left))
    visits = Visits()
    limits = Limits(close_time=0.1, ping_time=None)
    async with await serve(visits, limits=limits) as server, opened(server) as peer:
        await visits.next()
        visits.over.set()
        await server.close()
        await peer.leaves()


@asynchronous
async def test_a_handler_that_closes_its_server_and_does_not_end_is_cancelled():
    async def handle(conn):
        await server.close()
        await asyncio.Event().wait()

    server = await serve(handle, limits=QUICK)
    async with await connect(server.url()):
        pass
    await server.close()
    await until(lambda: not server._tasks)


@asynchronous
async def test_who_is_accepted_while_the_server_ends_is_dropped_and_not_forgotten():
    server = await serve(echo)
    with socket.create_connection(("127.0.0.1", server.port)) as late:
        await asyncio.sleep(0)  # in the same round of the loop, asyncio begins to accept it
        await server.close()
        late.settimeout(5)
        with contextlib.suppress(ConnectionError):
            assert late.recv(1) == b""


@asynchronous
async def test_a_server_that_ends_drops_who_is_still_opening():
    server = await serve(echo)
    async with tcp(server) as peer:
        await until(lambda: server._keeper.watched)
        await server.close()
        assert not server._keeper.watched
        await peer.leaves()


@asynchronous
async def test_who_comes_after_all_when_the_server_has_ended_is_dropped():
    server, transport = await serve(echo), unittest.mock.Mock()
    await server.close()
    late = AsyncConnection(server._keeper, bytearray())
    late.connection_made(transport)  # on Windows, asyncio may have been accepting it
    transport.abort.assert_called_once_with()
    late.connection_lost(None)


@asynchronous
async def test_connections_that_come_while_a_server_ends_leave_nothing_behind():
    async def visit(server):
        with contextlib.suppress(OSError, EOFError):
            async with await connect(server.url()) as conn:
                await conn.recv()

    for rounds in range(5):
        server = await serve(echo)
        visits = [asyncio.create_task(visit(server)) for _ in range(20)]
        for _ in range(rounds * 2):
            await asyncio.sleep(0)
        await server.close()
        await asyncio.gather(*visits)
        assert not server._keeper.watched


@asynchronous
async def test_eager_tasks_change_nothing():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(getattr(asyncio, "eager_task_factory", None))  # since Python 3.12
    try:
        async with await serve(echo) as server, await connect(server.url()) as conn:
            await conn.send("Hello")
            assert await conn.recv() == "Hello"
    finally:
        loop.set_task_factory(None)


# The client.


async def accept(peer, more: bytes = b"") -> bytes:
    """Answer a client's handshake by hand; return its request."""
    head = await peer.head()
    key = parse_request_head(head).headers.get("Sec-WebSocket-Key")
    await peer.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_value(key).encode() + b"\r\n\r\n" + more
    )
    return head


def answering(*answers: bytes):
    """A listener's visit: each connection gets the next answer to its head, then the end of TCP."""
    left = list(answers)

    async def visit(peer):
        await peer.head()
        await peer.send(left.pop(0))

    return visit


@asynchronous
async def test_a_client_that_is_refused_learns_the_status_when_all_is_tidied_up(monkeypatch):
    keepers = []

    class Remembered(minews.aio._Keeper):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            keepers.append(self)

    monkeypatch.setattr(minews.aio, "_Keeper", Remembered)
    refusal = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    async with listener(answering(refusal)) as place:
        with pytest.raises(HandshakeError) as refused:
            await connect(place.url())
        assert refused.value.status == 404
        assert [keeper.watched for keeper in keepers] == [set()]


@pytest.mark.parametrize(
    "answer, error",
    [
        (b"HTTP/1.1 101 Switching", EOFError),
        (b"", EOFError),
        (b"what?\r\n\r\n", HandshakeError),
        (b"HTTP/1.1 200 OK\n", HandshakeError),
        (b"x" * 20_000, HandshakeError),
        (b"HTTP/1.1 301 Moved\r\nLocation: ftp://example.com/\r\n\r\n", HandshakeError),
    ],
)
@asynchronous
async def test_an_answer_that_is_none_ends_the_attempt(answer, error):
    async with listener(answering(answer)) as place:
        with pytest.raises(error):
            await connect(place.url())


@asynchronous
async def test_an_answer_that_does_not_come_ends_the_attempt_in_time():
    async def say_nothing(peer):
        await peer.leaves()

    async with listener(say_nothing) as place:
        with pytest.raises(TimeoutError, match=r"server's answer did not come within 0\.1 s"):
            await connect(place.url(), limits=QUICK)
        with pytest.raises(TimeoutError, match=r"TLS, .* did not come within 0\.1 s"):
            await connect(place.url().replace("ws", "wss"), limits=QUICK)


@asynchronous
async def test_a_client_that_gives_up_leaves_nothing():
    async def say_nothing(peer):
        await peer.leaves()

    async with listener(say_nothing) as place:
        connecting = asyncio.create_task(connect(place.url()))
        await asyncio.sleep(0.02)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://127.0.0.1/#part"])
@asynchronous
async def test_what_is_no_url_is_not_connected_to(url):
    with pytest.raises(ValueError):
        await connect(url)


@asynchronous
async def test_a_request_that_would_break_out_of_its_line_is_not_sent():
    with pytest.raises(ValueError):
        await connect("ws://127.0.0.1:9/", options=ClientOptions(headers=[("A", "b\r\nC: d")]))


@asynchronous
async def test_a_redirect_is_followed_and_takes_no_credentials_elsewhere():
    asked = []

    async def redirect(peer):
        asked.append(parse_request_head(await peer.head()))
        await peer.send(b"HTTP/1.1 307 Moved\r\nLocation: " + target.url("/there").encode() + b"\r\n\r\n")
        await peer.leaves()

    async with await serve(echo) as target, listener(redirect) as place:
        secret = ClientOptions(headers=[("Authorization", "Basic x")])
        visits = []
        target._options = ServerOptions(admit=lambda request: visits.append(request) or ())
        async with await connect(place.url(), options=secret) as conn:
            await conn.send("Hello")
            assert await conn.recv() == "Hello"
        assert asked[0].headers.get("Authorization") == "Basic x"
        assert (visits[0].target, visits[0].headers.get("Authorization")) == ("/there", None)


@asynchronous
async def test_endless_redirects_end():
    visits = []

    async def redirect(peer):
        visits.append(await peer.head())
        await peer.send(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n")

    async with listener(redirect) as place:
        with pytest.raises(HandshakeError, match="redirects"):
            await connect(place.url())
    assert len(visits) == MAX_REDIRECTS + 1


def proxy_to(server, asked: list[bytes]):
    """A listener's visit: an HTTP proxy with one way, to a server."""

    async def visit(peer):
        asked.append(await peer.head())
        loop = asyncio.get_running_loop()
        with socket.socket() as onward:
            onward.setblocking(False)
            await loop.sock_connect(onward, ("127.0.0.1", server.port))
            await peer.send(b"HTTP/1.1 200 Go on\r\n\r\n")

            async def pass_on(source, target):
                with contextlib.suppress(OSError):
                    while piece := await loop.sock_recv(source, 4096):
                        await loop.sock_sendall(target, piece)
                    target.shutdown(socket.SHUT_WR)

            await asyncio.gather(pass_on(peer.sock, onward), pass_on(onward, peer.sock))

    return visit


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
@asynchronous
async def test_a_client_goes_through_a_proxy(secure):
    asked = []
    server_tls, client_tls = tls_contexts() if secure else (None, None)
    async with await serve(echo, tls=server_tls) as server, listener(proxy_to(server, asked)) as place:
        proxy = f"http://user:word@127.0.0.1:{place.port}"
        async with await connect(server.url(), proxy=proxy, tls=client_tls) as conn:
            await conn.send("Hello")
            assert await conn.recv() == "Hello"
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert base64.b64encode(b"user:word") in asked[0]


@asynchronous
async def test_a_proxy_may_refuse():
    async with listener(answering(b"HTTP/1.1 407 Who are you\r\n\r\n")) as place:
        with pytest.raises(HandshakeError) as refused:
            await connect("ws://example.com/", proxy=f"http://127.0.0.1:{place.port}")
        assert refused.value.status == 407


@asynchronous
async def test_where_nobody_listens_connecting_is_an_oserror():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(OSError):
        await connect(f"ws://127.0.0.1:{port}/")


# Coming back.


class Delays:
    """A sleep that waits for nothing, and knows how long it should have waited."""

    def __init__(self) -> None:
        self.slept = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@asynchronous
async def test_a_client_comes_back_after_growing_random_delays_and_begins_anew_after_success():
    busy, delays, conns = b"HTTP/1.1 503 Busy\r\n\r\n", Delays(), []
    left = [busy, b"", busy, None, busy, None]

    async def visit(peer):
        answer = left.pop(0)
        if answer is None:
            await accept(peer, plain(Opcode.CLOSE, close_payload(1001)))
            await peer.leaves()
        else:
            await peer.head()
            await peer.send(answer)

    async with listener(visit) as place:
        again = connect_again(place.url(), rng=random.Random(7), sleep=delays, limits=QUICK)
        async with contextlib.aclosing(again):
            async for conn in again:
                conns.append(conn)
                with pytest.raises(EOFError):
                    await conn.recv()
                if len(conns) == 2:
                    break
    rng = random.Random(7)
    expected = [rng.uniform(0, bound) for bound in (5, 10, 20, 5, 10)]
    assert delays.slept == expected
    assert [conn.state for conn in conns] == [State.CLOSED] * 2


@asynchronous
async def test_breaking_out_of_coming_back_closes_the_connection_as_usual():
    visits = Visits()
    async with await serve(visits) as server:
        async with contextlib.aclosing(connect_again(server.url())) as again:
            async for _ in again:
                visits.over.set()
                break
        assert visits.conns[0].close_code == 1000


@asynchronous
async def test_a_client_does_not_come_back_to_who_will_never_take_it():
    async with listener(answering(b"HTTP/1.1 403 No\r\n\r\n")) as place:
        with pytest.raises(HandshakeError):
            async for _ in connect_again(place.url(), sleep=Delays()):
                pytest.fail("nothing was agreed")


@asynchronous
async def test_a_client_does_not_come_back_to_a_server_that_it_must_not_trust():
    server_tls, _ = tls_contexts()
    async with await serve(echo, tls=server_tls) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            async for _ in connect_again(server.url(), sleep=Delays()):
                pytest.fail("it is not to be trusted")


@asynchronous
async def test_a_client_comes_back_to_where_nobody_listens_yet():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    servers = []

    async def sleep(seconds):
        servers.append(await serve(echo, port=port))

    async with contextlib.aclosing(connect_again(f"ws://127.0.0.1:{port}/", sleep=sleep)) as again:
        async for conn in again:
            await conn.send("at last")
            assert await conn.recv() == "at last"
            break
    await servers[0].close()


# TLS.


def tls_contexts():
    return server_tls_context(CERTIFICATE, CERTIFICATE), client_tls_context(CERTIFICATE)


@asynchronous
async def test_wss_carries_messages_of_any_size_and_ends_cleanly():
    server_tls, client_tls = tls_contexts()
    async with await serve(echo, tls=server_tls, limits=CALM) as server:
        assert server.url().startswith("wss:")
        async with await connect(server.url(), tls=client_tls, limits=CALM) as conn:
            for message in ("Hello", b"x" * 1_000_000):
                await conn.send(message)
                assert await conn.recv() == message
        assert conn.close_code == 1000


@asynchronous
async def test_a_request_may_come_with_the_end_of_the_tls_handshake():
    server_tls, client_tls = tls_contexts()
    async with await serve(echo, tls=server_tls, limits=CALM) as server, tcp(server) as peer:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_tls.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await peer.send(outgoing.read())
                incoming.write(await peer.read())
        tls.write(request_head())
        await peer.send(outgoing.read())
        answer = b""
        while b"\r\n\r\n" not in answer:
            incoming.write(await peer.read())
            with contextlib.suppress(ssl.SSLWantReadError):
                answer += tls.read(4096)
        assert b" 101 " in answer


@asynchronous
async def test_backpressure_works_inside_tls():
    server_tls, client_tls = tls_contexts()
    visits = Visits()
    async with (
        await serve(visits, tls=server_tls, limits=CALM) as server,
        await connect(server.url(), tls=client_tls, limits=CALM) as client,
    ):
        conn = await visits.next()
        with pytest.raises(TimeoutError):
            while True:
                async with asyncio.timeout(0.1):
                    await conn.send(b"x" * 50_000)
        assert client._inbox_size < INBOX + 300_000
        assert conn.unsent < OUTBOX + 100_000
        assert len(await client.recv()) == 50_000
        visits.over.set()


@asynchronous
async def test_who_does_not_trust_a_server_does_not_talk_to_it():
    server_tls, client_tls = tls_contexts()
    async with await serve(echo, tls=server_tls) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(server.url())
        async with listener(proxy_to(server, [])) as place:
            with pytest.raises(ssl.SSLCertVerificationError, match="elsewhere"):
                await connect(
                    "wss://elsewhere.example/", tls=client_tls, proxy=f"http://127.0.0.1:{place.port}"
                )
        await until(lambda: not server._keeper.watched)
        assert server.error is None


@pytest.mark.parametrize(
    "said", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n"], ids=["nothing", "half", "no TLS"]
)
@asynchronous
async def test_a_tls_handshake_that_does_not_come_ends_in_time(said):
    server_tls, _ = tls_contexts()
    async with await serve(echo, tls=server_tls, limits=QUICK) as server, tcp(server) as peer:
        await peer.send(said)
        await peer.leaves()
        await until(lambda: not server._keeper.watched and not server._tasks)


@asynchronous
async def test_a_peer_may_leave_within_the_tls_handshake():
    server_tls, client_tls = tls_contexts()
    async with await serve(echo, tls=server_tls) as server, tcp(server) as peer:
        await peer.send(b"\x16\x03")
        await until(lambda: server._tasks)
        peer.sock.close()
        await until(lambda: not server._keeper.watched and not server._tasks)

    async def leave(peer):
        await peer.read()

    async with listener(leave) as place:
        with pytest.raises(OSError):
            await connect(place.url().replace("ws", "wss", 1), tls=client_tls)


@asynchronous
async def test_a_server_that_ends_drops_tls_handshakes():
    server_tls, _ = tls_contexts()
    server = await serve(echo, tls=server_tls)
    async with tcp(server) as peer:
        await until(lambda: server._tasks)
        await server.close()
        await peer.leaves()
        assert not server._tasks
