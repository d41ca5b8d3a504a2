# %% [markdown] id="title"
# # 1. Bytes and sockets: TCP gives you a river
#
# Two programs that talk over a network hand each other bytes. TCP sees to it that every byte arrives, once
# and in order, as long as the connection holds. One thing it does not keep: where one message ended and the
# next began. A sender pours its messages into a river, and the receiver draws buckets from it.
#
# | | you build | so that |
# |---|---|---|
# | 1.1 | `recv_exactly` | a reader gets as many bytes as it needs |
# | 1.2 | `recv_until` | a reader gets everything up to a mark, such as a line end |
# | 1.3 | `length_prefixed` | a message says how long it is |
# | 1.4 | `split_length_prefixed` | messages come out whole, however they were cut |
# | 1.5 | `echo_once` | a server answers somebody else's program: curl |
#
# In 1.6 you write the examples that tell right splitters from wrong ones. All that comes later stands on
# this lesson: the opening handshake (lesson 4) is text up to a mark, and a WebSocket frame (lesson 5) is a
# message that says how long it is.
#
# A widely read article explains WebSocket, and most of it is right. This course puts it to the test: it
# numbers twelve statements, S1 to S12. Two of them begin here (S3, S7). Each is settled by an experiment of
# yours.
#
# The whole lesson takes about two and a half hours. A good place for a break is before exercise 1.2.

# %% [markdown] id="how-it-works"
# **How to use this page.** Run the cells from top to bottom with Shift+Enter. A cell that ends in
# `check(...)` is an exercise: write the body in place of `raise`, run the cell, and it is saved, tested and
# commented on. `hint("1.1")` helps on. Any exercise can wait: the experiments use `yours`, which is the
# course's WebSocket stack with every function of yours that passes in its place; the reference lends the
# rest. So nothing below needs a solved exercise, and every cell can be run again.

# %% setup

# %% id="tools"
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from classroom.bars import plot_shares
from classroom.clients import run_curl
from classroom.servers import serve
from classroom.tables import Table, compare_predictions
from classroom.widgets import draw_river

# %% [markdown] id="recall"
# ## Recall
#
# Five questions about Python's bytes. Answer each one aloud, then unfold.
#
# <details><summary>1. How long is <code>"é"</code>, and how long is <code>"é".encode()</code>?</summary>
#
# 1 and 2. A <code>str</code> is made of characters, <code>bytes</code> of numbers from 0 to 255. Only bytes
# travel. <code>encode()</code> turns text into bytes, in UTF-8 unless you say otherwise, and
# <code>decode()</code> turns bytes into text.
# </details>
#
# <details><summary>2. What is <code>b"Hi"[0]</code>? And <code>b"Hi"[:1]</code>?</summary>
#
# The number 72, and the bytes <code>b"H"</code>. One index gives a number, a slice gives bytes.
# </details>
#
# <details><summary>3. What does a bytearray have that bytes have not?</summary>
#
# It can be changed. <code>buffer += piece</code> puts bytes at its end, and <code>del buffer[:3]</code>
# takes three off its front.
# </details>
#
# <details><summary>4. How do you make one bytes object out of a list of pieces?</summary>
#
# <code>b"".join(pieces)</code>: glue them with nothing in between.
# </details>
#
# <details><summary>5. What does <code>b"\x00\x05He"</code> show, and how many bytes is it?</summary>
#
# Four: a byte of value 0, one of value 5, then H and e. <code>\x</code> and two hex digits stand for one
# byte. <code>\r</code> and <code>\n</code>, too, are one byte each.
# </details>

# %% [markdown] id="connection-text"
# ## A connection
#
# A *server* is a program that waits. It listens on a *port*, a number from 1 to 65535, so that one machine
# can run many servers. A *client* connects to an address and a port. After that, each side holds a *socket*,
# an object with `sendall` and `recv`, and the two sockets are equals: who was the client no longer matters.
#
# The address `127.0.0.1` always means "this very machine", and port 0 means "any free port, please". Here
# both programs are one notebook, which holds both ends.


# %% id="open-connection"
def open_connection() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        server, _ = listener.accept()
    # Closing the listener ends the waiting, not the connection.
    server.settimeout(5)  # seconds that a call may wait; then it raises TimeoutError
    return client, server


# %% id="first-bytes"
client, server = open_connection()
with client, server:  # both are closed at the end of the block
    print("client", client.getsockname(), "  server", server.getsockname())
    client.sendall(b"Good morning")
    print("the server received", server.recv(100))
    server.sendall("Grüezi".encode())
    print("the client received", client.recv(100))

# %% [markdown] id="first-investigate"
# | you write | it does |
# |---|---|
# | `conn.sendall(data)` | hands all of the bytes to the system, which sends them. It waits while there is no room |
# | `conn.recv(n)` | returns bytes that have come, **at most** `n` of them. If nothing has come, it waits |
# | `conn.close()` | ends it; `with conn:` does so by itself |
#
# Each end has an address and a port. The system chose both ports: the server's because we asked for port 0, the
# client's as it always does.
#
# `sendall` returns as soon as the system has taken the bytes. It does not wait for the other program to
# read them.

# %% [markdown] id="predict-accept-text"
# ### First TCP, then WebSocket
#
# **The article says (S7):** (1) the TCP connection comes first. What is there when a TCP connection is
# there, and nothing else?
#
# **Predict.** A server listens, but its program is busy and has not called `accept` yet. Does a client's
# connect succeed? And can the client send already?

# %% id="predict-accept"
connect_succeeds = None  # True or False
sending_succeeds = None

# %% id="before-accept"
with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname(), timeout=5)
    is_connected = client.getpeername() == listener.getsockname()
    client.sendall(b"not a word of WebSocket")
    print("connected and sent; and only now the server looks up from its work")
    server, _ = listener.accept()
    with client, server:
        found = server.recv(100)
        print("it finds", found)

compare_predictions(
    ("connect succeeds", connect_succeeds, is_connected),
    ("sending succeeds", sending_succeeds, found == b"not a word of WebSocket"),
)

# %% [markdown] id="before-accept-look"
# The operating systems of both ends open the connection; the programs are told afterwards. (How they do it,
# with three short *segments*, the packets of TCP, is lesson 2.) The connection carries whatever bytes you like.
#
# Now a real WebSocket client, in two situations: somebody listens on its port but never says a word, and nobody
# listens. Which of its steps does it get to?

# %% id="tcp-first"
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
    try:
        yours.BlockingClient(timeout=0.3).connect(f"ws://127.0.0.1:{port}/")
    except OSError as error:
        print(f"a silent server: {type(error).__name__}")
    server, _ = listener.accept()
    with server:
        print("  what had come over the TCP connection:", server.recv(4096)[:16])

try:  # the listener is closed by now
    yours.BlockingClient(timeout=0.3).connect(f"ws://127.0.0.1:{port}/")
except OSError as error:
    print(f"nobody listens:  {type(error).__name__}")

# %% [markdown] id="s7-settled"
# **S7 (the TCP connection comes first) is right.** Where somebody listens, there is a connection, and only then
# the first bytes of WebSocket's opening handshake go over it: `GET / HTTP/1.1` ([RFC 6455 section
# 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)). Where nobody listens, the client fails before it has
# said anything. So a TCP connection is no WebSocket connection yet. With `wss`, the encrypted kind, TLS comes in
# between (lesson 9).

# %% [markdown] id="both-text"
# ### Both at once
#
# **The article says (S3):** both sides may send at any time. In the next cell both sides send three times, in
# turn and the server first, and nobody has read anything yet.
#
# **Predict.** What does the client receive then: its own words and the server's mixed, or only the
# server's?

# %% id="predict-both"
client_receives = None  # "mixed" or "only the server's"

# %% id="look-both"
client, server = open_connection()
with client, server:
    for number in (1, 2, 3):
        server.sendall(f"server {number}. ".encode())
        client.sendall(f"client {number}. ".encode())
    time.sleep(0.1)  # until all of it is there
    at_client, at_server = client.recv(100), server.recv(100)

print("the client received", at_client)
print("the server received", at_server)
happened = "mixed" if b"client" in at_client else "only the server's"
compare_predictions(("the client receives", client_receives, happened))

# %% [markdown] id="both-look"
# A connection is two rivers, one in each direction, and neither knows of the other. To see both flow at the
# same time, let each side send 3 MB while it receives, 100,000 bytes every millisecond. `sendall` waits when
# there is no room, and `recv` when there is nothing, so each of the four works in a *thread* of its own: a second
# course of action in the same program. You may skip the code; what counts is the table that it draws.


# %% id="run-both"
def send_much(conn: socket.socket) -> None:
    for _ in range(30):
        conn.sendall(bytes(100_000))
        time.sleep(0.001)
    conn.shutdown(socket.SHUT_WR)  # "I have finished sending"; receiving goes on


def receive_much(conn: socket.socket, start: float) -> tuple[float, float, int]:
    times, count = [], 0
    while piece := conn.recv(65_536):
        times.append(1000 * (time.perf_counter() - start))
        count += len(piece)
    return times[0], times[-1], count


client, server = open_connection()
start = time.perf_counter()
with client, server, ThreadPoolExecutor(4) as threads:
    upstream = threads.submit(receive_much, server, start)
    downstream = threads.submit(receive_much, client, start)
    threads.submit(send_much, client)
    threads.submit(send_much, server)

rivers = {"client to server": upstream.result(), "server to client": downstream.result()}
both = min(last for _, last, _ in rivers.values()) - max(first for first, _, _ in rivers.values())
rows = [
    [name, f"{first:.1f} ms", f"{last:.1f} ms", f"{count:,}"] for name, (first, last, count) in rivers.items()
]
Table(
    "Both rivers, on your machine",
    ["", "first bytes after", "last bytes after", "bytes"],
    rows,
    note=f"Both flowed at once for {both:.1f} ms." if both > 0 else "One was quicker: run the cell again.",
)

# %% [markdown] id="s3-settled"
# **S3 (both sides may send at any time) is right**, and for TCP it is nothing special: data flows in both
# directions, and either end may begin ([RFC 9293 section
# 2.2](https://www.rfc-editor.org/rfc/rfc9293#section-2.2)). WebSocket hands on to a page what TCP had all
# the time: each side can, independently from the other, send data at will ([RFC 6455 section
# 1.2](https://www.rfc-editor.org/rfc/rfc6455#section-1.2)). There are two exceptions: nobody may send
# before the opening handshake is done (lesson 4), or after its own Close (lesson 8). The other half of S3,
# text or binary, is settled in lesson 5.

# %% [markdown] id="five-text"
# ## Five sends, one recv
#
# **Predict.** A client calls `sendall` five times. A moment later the server calls `recv(4096)` once. How
# many of the five messages does this one call return?

# %% id="predict-five"
messages_in_one_recv = None  # a number from 0 to 5

# %% id="look-five"
messages = [b"msg0", b"msg1", b"msg2", b"msg3", b"msg4"]
client, server = open_connection()
with client, server:
    for message in messages:
        client.sendall(message)
    time.sleep(0.1)
    received = [server.recv(4096)]

print(received)
compare_predictions(("messages in one recv", messages_in_one_recv, received[0].count(b"msg")))
draw_river(messages, received)

# %% [markdown] id="five-look"
# Above the river are the borders of the sends, below it those of the receives. The bytes are all there, in
# order. The borders are gone. TCP numbers bytes, not messages, and nothing in it says where a `sendall`
# ended ([RFC 9293 section 3.4](https://www.rfc-editor.org/rfc/rfc9293#section-3.4)).
#
# It works the other way round, too: one send, several receives. Write your own words into the list, choose
# how much each `recv` may take, and look where the cuts fall. With letters such as é or λ, a cut may fall in
# the middle of one. In the picture, bytes that are no plain letter stand as two hex digits: `ce bb` is λ.

# %% id="own-river"
my_words = ["One ", "sentence, ", "sent ", "piece ", "by ", "piece. ", "Καλημέρα"]
my_bucket = 9  # at most so many bytes in one recv

client, server = open_connection()
with client, server:
    for word in my_words:
        client.sendall(word.encode())
    client.shutdown(socket.SHUT_WR)
    pieces = []
    while piece := server.recv(my_bucket):
        pieces.append(piece)

print(pieces)
draw_river([word.encode() for word in my_words], pieces)

# %% [markdown] id="large-text"
# ### One large send
#
# **Predict.** The client sends 2,000,000 bytes with one `sendall`. The server calls `recv(1_048_576)`, so one
# call may take a little more than half of them. How many calls does it need?

# %% id="predict-large"
calls_needed = None  # a number

# %% id="look-large"
client, server = open_connection()
with client, server:
    # The system has no room for all of it, so sendall waits until somebody reads: it needs its own thread.
    sender = threading.Thread(target=client.sendall, args=(bytes(2_000_000),))
    sender.start()
    pieces = []
    while sum(map(len, pieces)) < 2_000_000:
        pieces.append(server.recv(1_048_576))
    sender.join()

print("on your machine:", ", ".join(f"{len(piece):,}" for piece in pieces))
compare_predictions(("calls needed", calls_needed, len(pieces)))
draw_river([bytes(2_000_000)], pieces)

# %% [markdown] id="large-look"
# Run the cell again, and the sizes may be others. `recv` gives what has come at this moment. The number in
# brackets is only an upper limit.

# %% [markdown] id="works-here-text"
# ## It works on my machine
#
# Why do so many programs get this wrong? Because the mistake is invisible for a long time. Here is the wrong
# program: it takes whatever one `recv` returns for one message. Its clients send 60 messages of 1,000 bytes,
# with a pause after each one, and write each message in one of three ways.

# %% id="patterns"
MESSAGES = [f"{number:04}".encode() * 250 for number in range(60)]


def write_at_once(conn: socket.socket, message: bytes) -> None:
    conn.sendall(message)


def write_head_first(conn: socket.socket, message: bytes) -> None:
    conn.sendall(message[:2])
    conn.sendall(message[2:])


def write_in_slices(conn: socket.socket, message: bytes) -> None:
    for start in range(0, len(message), 300):
        conn.sendall(message[start : start + 300])


WAYS = {"at once": write_at_once, "head first": write_head_first, "in slices": write_in_slices}

# %% [markdown] id="travel-text"
# `travel` sends messages over a new connection and returns the pieces in which they came. `TCP_NODELAY` asks
# the system to send small pieces without delay. Without it, the system may hold them back and glue them
# together by itself ([RFC 9293 section
# 3.7.4](https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4), the Nagle algorithm).


# %% id="travel"
def send_all(conn: socket.socket, messages: list[bytes], write, pause: float) -> None:
    for message in messages:
        write(conn, message)
        if pause:
            time.sleep(pause)
    conn.shutdown(socket.SHUT_WR)


def travel(messages, write=write_at_once, pause: float = 0.0, bucket: int = 65_536) -> list[bytes]:
    client, server = open_connection()
    with client, server:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sender = threading.Thread(target=send_all, args=(client, messages, write, pause))
        sender.start()
        pieces = []
        while piece := server.recv(bucket):
            pieces.append(piece)
        sender.join()
    return pieces


# %% [markdown] id="predict-whole-text"
# **Predict.** How many of the 60 messages does the wrong program get right, if the client writes each one
# `at once` and does not pause? And if it pauses for 3 ms after each one?

# %% id="predict-whole"
right_without_pause = None  # "all", "most" (half of them or more) or "few"
right_with_pause = None

# %% id="look-whole"
PAUSES = (0, 1, 3)  # milliseconds


def in_a_word(count: int) -> str:
    return "all" if count == len(MESSAGES) else "most" if 2 * count >= len(MESSAGES) else "few"


right = {  # for each way and pause the number of pieces that are exactly one message
    (way, pause): len(set(travel(MESSAGES, write, pause / 1000)) & set(MESSAGES))
    for way, write in WAYS.items()
    for pause in PAUSES
}
compare_predictions(
    ("right without a pause", right_without_pause, in_a_word(right["at once", 0])),
    ("right with 3 ms", right_with_pause, in_a_word(right["at once", 3])),
)


# %% id="plot-whole"
def plot_right(title: str, right: dict[tuple[str, int], int]):
    shares = {way: [100 * right[way, pause] / len(MESSAGES) for pause in PAUSES] for way in WAYS}
    pauses = [f"a pause of {pause} ms" if pause else "no pause" for pause in PAUSES]
    names = {"about": "how each message was written", "share": "messages that came out right"}
    return plot_shares(title, shares, pauses, **names)


plot_right("One recv, one message: how often that is right, on your machine", right)

# %% [markdown] id="works-here-look"
# With a pause, and a client that writes each message in one go, the wrong program looks right on its author's
# desk. Then somebody sends faster, or writes the head of a message first, and it breaks. Where both parts had
# come before the server looked, the guess was right by luck. Pauses are no cure either: a busy receiver and the
# network between glue and cut where nobody meant them to.
#
# The cure is to stop guessing. Three ways are in use, and you build each: read a number of bytes that is
# known (1.1), read up to a mark (1.2), or let each message say how long it is (1.3 and 1.4).

# %% [markdown] id="end-text"
# ## Nothing yet, or nothing more?
#
# Before you read exactly `n` bytes, you need to know what happens when they never come.

# %% id="end"
client, server = open_connection()
with client, server:
    client.sendall(b"Hi")
    print("1.", server.recv(100))
    server.settimeout(0.2)
    try:
        server.recv(100)
    except TimeoutError:
        print("2. nothing yet: recv waited for 0.2 s, and without a limit it would go on waiting")
    client.close()
    print("3.", server.recv(100))
    print("4.", server.recv(100))

# %% [markdown] id="end-look"
# `b""` is the end of the stream: the other end will send nothing more, today or ever. The next call says so
# again, at once. It never means "nothing yet". On the wire it is a flag, FIN, that stands for "no more data
# from sender" ([RFC 9293 section 3.1](https://www.rfc-editor.org/rfc/rfc9293#section-3.1)). A loop that takes
# `b""` for a piece like any other runs for ever. One that ends there and tells nobody hands on too little.

# %% [markdown] id="recv-exactly-text"
# ### Exercise 1.1: receive exactly n bytes
#
# `sock.recv(n)` may return fewer than `n` bytes, so ask again for what is still missing:
#
# - ask for no more than is missing. What follows belongs to somebody else, and once it is out of the socket
#   nobody can put it back. Keep count: `missing -= len(piece)`.
# - collect the pieces in a list and join them once, or put them into a `bytearray` and return
#   `bytes(buffer)`.
# - if `recv` returns `b""`, the rest will never come: `raise EOFError("...")`.
# - `n` may be 0. Then there is nothing to wait for.

# %% exercise 1.1 recv_exactly

# %% [markdown] tags=["solution"] id="recv-exactly-why"
# **Why it works.** `n` counts down what is missing, and each `recv` asks for no more than that, so not one
# byte too many leaves the socket. `min(n, CHUNK)` keeps a huge `n` from reserving memory for bytes that may
# never come. With `n = 0` the loop does not even begin, so there is nothing to wait for. The test for an empty
# piece stands inside the loop, where the end of the stream can still be told from success.

# %% [markdown] id="record-text"
# With this, bytes can be read that have a known place. The first 8 bytes of a PNG picture say that it is
# one, and of the next 16 the last 8 are its width and height. Here they come dripping, 3 bytes at a time.

# %% id="record"
PNG = bytes.fromhex("89504e470d0a1a0a 0000000d49484452 00000280 000001e0 0806000000")


def write_drops(conn: socket.socket, message: bytes) -> None:
    for start in range(0, len(message), 3):
        conn.sendall(message[start : start + 3])
        time.sleep(0.001)


client, server = open_connection()
with client, server:
    sender = threading.Thread(target=write_drops, args=(client, PNG))
    sender.start()
    print("a PNG picture:", yours.tcp.recv_exactly(server, 8) == b"\x89PNG\r\n\x1a\n")
    header = yours.tcp.recv_exactly(server, 16)
    sender.join()

print("its size:", int.from_bytes(header[8:12], "big"), "x", int.from_bytes(header[12:16], "big"))

# %% [markdown] id="recv-until-text"
# ## Up to a mark
#
# Old and widely used protocols, HTTP/1.1 among them, are made of lines that end in CR LF, the two bytes
# `b"\r\n"`. A reader collects until the mark has come. Two things make that harder than it looks. **The mark
# itself may be cut**: `\r` at the end of one piece, `\n` at the start of the next. And **the last piece may go
# on behind the mark**: these bytes are out of the socket, so they must be handed on, or they are lost.
#
# ### Exercise 1.2: receive up to a mark
#
# The function returns two things: everything up to and including the delimiter, and the bytes already
# received beyond it. Some tools, for a `bytearray` called `buffer`:
#
# | you write | you get |
# |---|---|
# | `buffer += sock.recv(4096)` | the bytes that came, at its end; it stays as it is if that was `b""` |
# | `buffer.find(b"\r\n")` | the place where the first one begins, or -1 |
# | `bytes(buffer[:end])`, `bytes(buffer[end:])` | what stands before `end`, and what stands from there on |
#
# A peer must not be able to fill your memory with a line that never ends. So `limit` says how many bytes may
# come up to the end of the delimiter, and the delimiter counts. If it does not end within the first `limit`
# bytes, `raise ValueError("...")`; if the stream ends before it, `raise EOFError("...")`. In both cases you
# know as soon as you have looked at what has come: do not wait for more.

# %% exercise 1.2 recv_until

# %% [markdown] tags=["solution"] id="recv-until-why"
# **Why it works.** The delimiter is looked for in the whole buffer and not in the last piece, so it does not
# matter where it was cut. `start` spares work: only the last `len(delimiter) - 1` bytes of what was there
# before can be its beginning, so nothing is searched twice. `find(..., limit)` looks at the first `limit`
# bytes only, which puts the limit and the search into one call. The order of the questions matters: found?
# too long? at an end? A delimiter that came together with the end counts as found.

# %% [markdown] id="whois-text"
# The simplest of all servers reads one line and answers it. The client below is impatient: it sends its
# second line together with the first one. Where does that go? `serve` runs a server in the background, on a
# free port, for as long as its `with` block lasts, and gives each connection to a function.

# %% id="line-server"
seen = []


def answer_one_line(conn: socket.socket) -> None:
    line, rest = yours.tcp.recv_until(conn, b"\r\n", limit=1000)
    seen.append((line, rest))
    conn.sendall(line.upper())


def connect_to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


with serve(answer_one_line) as server, connect_to(server.port) as client:
    client.sendall(b"good morning\r\nhow are y")
    line, rest = yours.tcp.recv_until(client, b"\r\n")

print("the server read ", seen[-1])
print("the client read ", (line, rest))

# %% [markdown] id="whois-look"
# The server has the beginning of the second line in its hands. Whoever reads the next line must begin with
# it. This is a real trap in lesson 6: a client may send its first WebSocket message right behind its
# handshake, and a server that drops the rest loses that message.

# %% [markdown] id="length-text"
# ## A message that says how long it is
#
# A mark must not occur within a message, so marks fit text. For bytes of any value there is a better way:
# first the length, then the payload. The reader always knows how many bytes are missing.
#
# A length is a number, and numbers travel as bytes. Two bytes have room for 0 to 65,535. `int.to_bytes` and
# `int.from_bytes` do the work, and `"big"` says that the high byte comes first. On the Internet it nearly
# always does, so this is called *network order*.

# %% id="to-bytes"
for number in (5, 255, 256, 1000, 65_535):
    two_bytes = number.to_bytes(2, "big")
    print(f"{number:6}  {two_bytes.hex(' ')}  {int.from_bytes(two_bytes, 'big'):6}")

# %% [markdown] id="length-prefixed-text"
# ### Exercise 1.3: put the length in front
#
# `b"Hi"` becomes `b"\x00\x02Hi"`: the length in 2 bytes, then the payload. An empty payload is a message,
# too. One above 65,535 bytes is the caller's mistake: `raise ValueError("...")`.

# %% exercise 1.3 length_prefixed

# %% [markdown] tags=["solution"] id="length-prefixed-why"
# **Why it works.** `len(payload)` counts bytes, and exactly these travel. Had the function taken text, it
# would have had to encode first and count afterwards: `"é"` is one character and two bytes. If a number does not
# fit, `to_bytes` raises `OverflowError`; the caller was promised a `ValueError`, so the `if` asks first.

# %% [markdown] id="split-text"
# ### Exercise 1.4: take whole messages off a buffer
#
# The reader keeps a buffer. Whatever comes is put at its end, and whole messages are taken off its front.
# This function is the second half of that. It must not wait and has no socket: it gets a `bytearray`, returns
# the payloads of all messages that are whole, and leaves the rest in the buffer for the next time.
#
# So the buffer may hold nothing, one byte of a length, a length without its payload, half a payload, a message
# and a half, or five messages. A loop of four steps does it:
#
# 1. Are 2 bytes there? If not, there is nothing to do yet.
# 2. `size = int.from_bytes(buffer[:2], "big")`.
# 3. Are `2 + size` bytes there? If not, leave everything as it is: the length is needed again next time.
# 4. Take the payload, `bytes(buffer[2 : 2 + size])`, then `del buffer[: 2 + size]`.
#
# `del buffer[:n]` changes the very bytearray that the caller holds. `buffer = buffer[n:]` would make a new
# one, which the caller never sees.

# %% exercise 1.4 split_length_prefixed

# %% [markdown] tags=["solution"] id="split-why"
# **Why it works.** `start` walks from message to message, and the loop ends as soon as a length or a payload
# is not whole. What was taken is deleted once, at the end: to delete after each message would move the rest
# of the buffer to the front each time. Nothing is remembered between two calls but the bytes themselves, so
# it does not matter how often the function was called in vain.

# %% [markdown] id="framed-text"
# ### The same three ways again
#
# Now the right program: the same 60 messages, the same three ways to write them, the same pauses. Each
# message goes out length-prefixed, and whatever comes in goes through a buffer.


# %% id="framed"
def join_pieces(pieces: list[bytes]) -> list[bytes]:
    buffer, messages = bytearray(), []
    for piece in pieces:
        buffer += piece
        messages += yours.tcp.split_length_prefixed(buffer)
    return messages


framed = [yours.tcp.length_prefixed(message) for message in MESSAGES]
right_now = {
    (way, pause): len(set(join_pieces(travel(framed, write, pause / 1000))) & set(MESSAGES))
    for way, write in WAYS.items()
    for pause in PAUSES
}
plot_right("Length-prefixed: how often messages come out right, on your machine", right_now)

# %% [markdown] id="own-framed-text"
# Look at it in your own words. Each message carries two bytes in front, each `recv` takes 3 bytes at most, and
# wherever the cuts fall, the messages come out as they went in.

# %% id="own-framed"
my_messages = ["Hello", "", "γειά", "Goodbye"]

framed = [yours.tcp.length_prefixed(message.encode()) for message in my_messages]
pieces = travel(framed, bucket=3)
print("pieces  ", pieces)
print("messages", [message.decode() for message in join_pieces(pieces)])
draw_river(framed, pieces)

# %% [markdown] id="two-readers-text"
# A program that may wait needs no buffer: it reads the 2 bytes, then as many as they say, with your
# `recv_exactly`. Here two ends of one connection hold a conversation in messages.


# %% id="two-readers"
def receive_message(conn: socket.socket) -> bytes:
    size = int.from_bytes(yours.tcp.recv_exactly(conn, 2), "big")
    return yours.tcp.recv_exactly(conn, size)


def count_words(conn: socket.socket) -> None:
    for _ in range(2):
        words = receive_message(conn).split()
        conn.sendall(yours.tcp.length_prefixed(f"{len(words)} words".encode()))


with serve(count_words) as server, connect_to(server.port) as client:
    for question in (b"how many words are these", b"and\nthese"):
        client.sendall(yours.tcp.length_prefixed(question))
        print(question, receive_message(client))

# %% [markdown] id="strip-text"
# **Investigate.** The second question had a line end in it, and nobody minded. Payloads are bytes of any
# value, so nothing may be done to them that is meant for text. A habit from reading lines is `.strip()`,
# which takes white space off both ends. What does it do to random bytes?

# %% id="strip"
payloads = [os.urandom(8) for _ in range(20_000)]
damaged = sum(payload.strip() != payload for payload in payloads)
white = [value for value in range(256) if not bytes([value]).strip()]
print("byte values that strip takes for white space:", bytes(white))
print(f"damaged: {100 * damaged / len(payloads):.1f} % of {len(payloads):,} payloads")
print(f"expected: 1 - (250/256)² = {100 * (1 - (250 / 256) ** 2):.1f} %")

# %% [markdown] id="strip-look"
# A payload is spared only if neither its first nor its last byte is one of the six, so (250/256)² of them are.
# A mistake that shows once in twenty messages is found late. WebSocket makes every byte that a client sends
# look random (masking, lesson 5), so this one strikes there, too.

# %% [markdown] id="echo-text"
# ## An echo server
#
# Last, a whole server. An *echo* server sends back whatever comes. That is a useful thing to have: it shows
# to any client what it sent.
#
# ### Exercise 1.5: echo
#
# `echo_once` serves one connection: receive a piece, send it back, and so on until the peer has finished. It
# returns how many bytes it sent back. Two decisions are made for you, and both have a reason:
#
# - Send each piece back as it comes. Whoever collects everything first waits for an end that may never come,
#   because some clients wait for the echo of their first word before they send the second.
# - Do not close the connection. The caller still holds it, and the caller closes it.
#
# `while piece := conn.recv(4096):` receives a piece, gives it a name, and ends the loop at `b""`. To send,
# take `sendall`. Its cousin `send` may take only a part of the bytes and returns how many it took.

# %% exercise 1.5 echo_once

# %% [markdown] tags=["solution"] id="echo-once-why"
# **Why it works.** Each round receives what is there and sends it back at once. The empty piece at the end of
# the stream is false, so it ends the loop, and it is not echoed: `sendall(b"")` sends nothing anyway, since
# the end of a stream is no data. Memory holds one piece at a time, however much passes.

# %% [markdown] id="split-examples-text"
# ## Examples that catch wrong splitters
#
# A test is a claim about right and wrong. Here you write the claims: for a splitter such as that of 1.4,
# pieces that come in, and the messages that a right one has made of them when all have come. Your examples are
# tried on right splitters, which must agree with all of them, and on a row of wrong ones. Each wrong one makes
# one mistake, and must be caught by one example at least.
#
# ### Exercise 1.6: write examples that catch wrong splitters
#
# An example is a pair of two lists, the pieces and the payloads: `([b"\x00\x02Hi"], [b"Hi"])`. The pieces go
# into a splitter's buffer one after the other, and after each one it is asked for messages. The payloads are
# those of all messages that are whole when the last piece has come. No piece is empty, for `b""` would be the
# end of the stream. Questions that lead to examples:
#
# - Where can a cut fall? Between two messages, within a payload, within the two bytes of a length.
# - What if there is no cut where one was expected: several messages in one piece? A message and a half?
# - Which lengths are special? Nothing, one byte, more than 255 bytes, so that both bytes of the length count.
# - What may stand in a payload? Zeros, line ends, spaces, bytes that look like a length.
# - What if the last message never becomes whole? Then a right splitter returns those before it.

# %% exercise 1.6 examples_for_split

# %% [markdown] tags=["solution"] id="split-examples-why"
# **Why it works.** Each example asks one question, so a splitter that fails it has shown which mistake it
# makes. Only a length above 255 catches a reader that looks at the second of the two bytes alone. The last
# example asks the hardest question, with a cut at every place there is. And an example whose last message never
# becomes whole is worth as much as one that ends well: it catches a splitter that hands out what is not whole
# yet.

# %% [markdown] id="own-examples-text"
# The examples over a real connection, through the splitter of 1.4: yours, where they pass. TCP may glue and cut your pieces once more on
# their way. What comes out must not depend on it.

# %% id="own-examples"
examples = yours.study.examples.examples_for_split()
same = 0
for pieces, messages in examples:
    arrived = travel(pieces)
    same += join_pieces(arrived) == messages
whose = {name: whose for _, name, whose, _ in yours.status().rows}
print("examples:", whose["examples_for_split"], "  splitter:", whose["split_length_prefixed"])
print(f"{len(examples)} examples, {same} with the messages that they promise")

# %% [markdown] id="real-thing"
# ## Against the real thing
#
# curl is known for web pages. Asked for `telnet://`, it makes a bare TCP connection: what you type goes out,
# what comes in is shown. So its author wrote one end, and you the other. (curl does not know when the echo is
# complete, so it is told to stop after 0.6 seconds.)

# %% id="curl-echo"
typed = b"Is anybody there?\r\nGr\xc3\xbcezi\r\n"
echoed = []
with serve(lambda conn: echoed.append(yours.tcp.echo_once(conn))) as server:
    shown = run_curl(["-s", "--max-time", "0.6", f"telnet://127.0.0.1:{server.port}"], input=typed)
print(shown.rstrip() or "curl showed nothing: perhaps it was built without telnet.")
if echoed:
    print(f"\ncurl sent {len(typed)} bytes, and your server sent back {echoed[-1]}.")

# %% [markdown] id="curl-yourself"
# To try it by hand, run the next cell with a number of seconds for `open_for`, such as 60, and type in a
# terminal what it prints. Each line that you type comes back. Ctrl+C ends curl, and the stop button ends the
# cell. The stop button shows a red `KeyboardInterrupt`; that is normal.

# %% id="by-hand"
open_for = 0  # seconds


def echo_patiently(conn: socket.socket) -> None:
    conn.settimeout(None)  # people need time to type; serve would let a connection be silent for 5 seconds
    yours.tcp.echo_once(conn)


with serve(echo_patiently) as server:
    if open_for:
        print(f"curl telnet://127.0.0.1:{server.port}")
        time.sleep(open_for)

# %% [markdown] id="whose"
# ## What is yours by now
#
# This is the stack of the experiments, made of your saved work and the reference. What `check` saved and
# passed is yours the next time you run them. A cell that says `save=False`, as in `solutions/`, changes
# nothing here.

# %% id="whose-is-it"
yours.status()

# %% [markdown] id="article"
# ## The article, statement by statement
#
# | | the article says | what you found |
# |---|---|---|
# | S3 | both sides may send at any time | right: a TCP connection is two rivers, and both flow at once. (Text or binary: lesson 5.) |
# | S7 | (1) the TCP connection comes first | right: it stands and carries bytes before a word of WebSocket is said. (Its three segments: lesson 2.) |

# %% [markdown] id="summary"
# ## Summary
#
# **A stream of bytes.** TCP delivers bytes reliably and in order, in both directions at once ([RFC 9293
# section 2.2](https://www.rfc-editor.org/rfc/rfc9293#section-2.2)). It numbers bytes and knows no messages
# ([section 3.4](https://www.rfc-editor.org/rfc/rfc9293#section-3.4)). One send may arrive in several receives,
# several sends in one.
#
# **`recv(n)`** returns what has come, at most `n` bytes; it waits if nothing has come. `b""` is the end of the
# stream: the other end will send nothing more ([section
# 3.6](https://www.rfc-editor.org/rfc/rfc9293#section-3.6)). **`sendall`** hands all bytes to the system, and
# waits while that has no room ([section 3.9.1](https://www.rfc-editor.org/rfc/rfc9293#section-3.9.1)).
#
# **Three ways to find a message again.** A known number of bytes: `recv_exactly`. A mark: `recv_until`, with a
# limit, with an eye on marks that are cut, and with the bytes behind the mark handed on. A length in front:
# `length_prefixed` and `split_length_prefixed`, in network order, for payloads of any value.
#
# **A buffer that keeps the rest** is the heart of every reader of a stream. It takes whatever comes, gives
# whole messages, and says "not yet" without an error.
#
# **WebSocket** begins when a TCP connection stands ([RFC 6455 section
# 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)). Its frames put message borders on the stream, with
# a length in front ([section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
#
# **Next.** Lesson 2 looks at the life of a connection, from its first segment to TIME-WAIT. On the express
# path lesson 4 follows: the opening handshake, which is your `recv_until` at work.
