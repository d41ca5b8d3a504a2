# %% [markdown] id="title"
# # 6. Your server talks to a real browser
#
# Lesson 4 opened the door, lesson 5 made the frames. Here they meet on one live connection, and at the other
# end sits a browser: yours.
#
# | | what it does |
# |---|---|
# | `accept_handshake` (6.1) | reads the request, answers 101, and keeps the bytes behind it |
# | `serve_connection` (6.2) | reads frames, answers messages, Pings and the Close |
# | `route` (6.3) | gives a page to whoever asks for one, on the same port |
# | `BlockingClient` (6.4) | is the other end: connect, send, recv, close |
#
# Then your server shows a page in this notebook, and its script talks to your server. You break the server in
# seven ways and read what real clients say. At the end your client does what this very page does all the
# time: it opens the WebSocket on which JupyterLab talks to a kernel.

# %% [markdown] id="how-it-works"
# **How to use this page.** Run the cells from top to bottom with Shift+Enter. A cell that ends in
# `check(...)` is an exercise; `hint("6.1")` helps on. Any exercise can wait: the experiments use `yours`, in
# which the reference lends what you have not written yet.

# %% setup

# %% id="tools"
import base64
import json
import os
import re

from classroom.clients import run_curl
from classroom.echo_page import ECHO_PAGE
from classroom.jupyter_socket import kernel_socket, write_request
from classroom.pages import show_page
from classroom.recording import record
from classroom.relays import Relay
from classroom.servers import serve
from classroom.tables import Table, compare_predictions
from classroom.talks import find_talkers, own_talker
from classroom.widgets import draw_handshake, draw_session

# %% [markdown] id="recall"
# ## Recall
#
# Five questions from lessons 1, 4 and 5. Answer each one aloud, then unfold.
#
# <details><summary>1. <code>recv_until(conn, b"\r\n\r\n")</code> returns two values. Why two?</summary>
#
# The first ends with the delimiter. The second is what had come behind it in the same piece: it is off the
# socket already, and lost if nobody keeps it.
# </details>
#
# <details><summary>2. What does the server prove with its accept value?</summary>
#
# That it has read this request and knows the rule. The client compares, and hangs up if the value is another.
# </details>
#
# <details><summary>3. Who masks?</summary>
#
# The client masks every frame, the server none. Each end refuses frames of the other that are not so.
# </details>
#
# <details><summary>4. <code>feed</code> returned two good frames. Was that all that the piece held?</summary>
#
# All that was whole and good. The rest of a frame may wait inside, or an error that the next call raises.
# </details>
#
# <details><summary>5. Which frames are control frames?</summary>
#
# Close (8), Ping (9) and Pong (10): whole, and 125 bytes of payload at most. A Close may begin with a code of
# 2 bytes, such as 1000, "all is done".
# </details>

# %% [markdown] id="first-look"
# ## One connection, from the first byte to the last
#
# `serve_connection` is the whole server for one client. `record` notes what goes through its socket, and
# `graceful_close` says goodbye: it finishes our stream, reads what is still on its way, and closes. The client
# is `BlockingClient`; it says two texts, and the server answers in capital letters.
#
# **Predict.** How many frames go from the client to the server, all told, and how many come back? And which
# end is the first to finish its TCP stream?

# %% id="predict-session"
frames_from_client = None  # a number
frames_from_server = None
finishes_first = ""  # "client" or "server"

# %% id="first-session"
recorded = []


def shout(conn: socket.socket) -> None:
    conn = record(conn)
    recorded.append(conn)
    yours.serve_connection(conn, str.upper)
    yours.graceful_close(conn)


with serve(shout) as server:
    client = yours.BlockingClient()
    client.connect(server.url("/shout"))
    for text in ("Hello", "goodbye"):
        client.send(text)
        print(text, "->", client.recv())
    print("closed with", client.close())

# %% id="look-session"
events = recorded[-1].session().events()
senders = [event.sender.value for event in events if event.kind == "frame"]
finished = [event.sender.value for event in events if event.kind == "end"]
compare_predictions(
    ("frames from the client", frames_from_client, senders.count("client")),
    ("frames from the server", frames_from_server, senders.count("server")),
    ("finishes first", finishes_first, finished[0]),
)

# %% id="draw-first-session"
draw_session(recorded[-1], client="client")

# %% [markdown] id="first-investigate"
# **Investigate.** Go through the events one by one: a TCP connection, two heads, then frames. Three frames go
# each way, since the Close is a frame, too, and is answered by a Close. After that the server finishes its
# stream first, as the RFC wants it ([RFC 6455 section
# 7.1.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1)). Why the server? Think about it; the answer is
# folded below exercise 6.2.

# %% [markdown] id="handshake-lines-text"
# The two heads are lesson 4, with this connection's own key and accept value. Which line of the answer
# is made of which line of the request?

# %% id="handshake-lines"
draw_handshake(*(event.data for event in events if event.kind in ("request", "response")))

# %% [markdown] id="accept-text"
# ## Let a client in
#
# A good client sends its request and waits for the 101 before it sends a frame ([section
# 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)). But the server reads a river, and must not lose
# bytes because they came early. Here is an impatient client, which sends its first frame together with the
# request:

# %% id="impatient"
request = yours.build_client_handshake(yours.parse_ws_url("ws://localhost/chat"), yours.make_key())
hello = yours.encode_frame(Frame(True, Opcode.TEXT, b"Hello", masking_key=os.urandom(4)))


def look(conn: socket.socket) -> None:
    found, leftover = yours.accept_handshake(conn)
    print(found.method, found.target, "and", len(leftover), "bytes behind it:", leftover.hex(" "))
    print(yours.FrameReader().feed(leftover))


with serve(look) as server, socket.create_connection(("127.0.0.1", server.port), timeout=2) as conn:
    conn.sendall(request + hello)
    conn.shutdown(socket.SHUT_WR)
    while conn.recv(4096):
        pass

# %% [markdown] id="accept-handshake-text"
# ### Exercise 6.1: let a client in
#
# Four steps, and you have all the parts:
#
# | you call | you get |
# |---|---|
# | `recv_until(conn, END_OF_HEAD, MAX_HEAD)` | the head, and the bytes behind it. `ValueError` if the head is longer than `MAX_HEAD` bytes, `EOFError` if the client leaves in the middle of it |
# | `parse_request_head(head)` | a `Request`, or `HandshakeError` |
# | `accept_client(request)` | the 101 as bytes and the subprotocol, or `HandshakeError` |
# | `conn.sendall(data)` | nothing; all of it is sent |
#
# Turn the `ValueError` into `HandshakeError(431, reason="...")`: 431 says that the head is too large. All
# other errors may pass through. Refusing is not this function's business: whoever called it catches the
# `HandshakeError` and decides.

# %% exercise 6.1 accept_handshake

# %% [markdown] tags=["solution"] id="accept-handshake-why"
# **Why it works.** Each line hands its result to the next, and none of them looks at a socket except the
# first and the last. What lies in between was tested without a network in lesson 4. The bytes behind the head
# are returned and not looked at: what they mean is the business of frames.

# %% [markdown] id="serve-text"
# ## Serve a client to its end
#
# After the handshake there is one loop: take what came, make frames of it, and do for each what it asks for.
#
# | what comes | what to do |
# |---|---|
# | text | give it to `on_text`; send what it returns, as text, unless that is `None` |
# | binary | the same with `on_binary`. Without one it is up to you; the reference refuses with `ProtocolError(1003)`, "I don't take this" |
# | Ping | send a Pong with the same payload ([section 5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)) |
# | Pong | nothing |
# | Close | send a Close with the same code, and return the code |
# | `ProtocolError`, from the reader, from `check_frame` or from what a message holds | send a Close with its code, and return the code: nothing more is read |
# | `HandshakeError` | send `refuse(error)`, return 1006 |
# | the client is gone: `b""`, `EOFError`, `ConnectionError` | return 1006 |
#
# A `ProtocolError` carries the code in `error.code` and a sentence about the fault in `error.reason`. Any other
# exception, from `on_text` perhaps, is a fault of the program and none of the client's: let it pass through.
#
# 1006 never stands in a frame. It is what a program tells itself about an end without a Close.
#
# ### Exercise 6.2: serve one client to its end
#
# Some small functions are given. They only put together what you have written:
#
# | you write | you get |
# |---|---|
# | `read_message(frame)` | a `str` for text, `bytes` for binary. `ProtocolError` 1007 if a text is not UTF-8, 1003 for a message in fragments |
# | `read_close(frame)` | the code, 1005 if the Close has none. `ProtocolError` if it has one that must not travel |
# | `write_message(Role.SERVER, message)` | the bytes of a text frame for a `str`, of a binary frame for `bytes`, ready for `sendall` |
# | `write_frame(Role.SERVER, Opcode.PONG, payload)` | the bytes of any frame |
# | `write_close(Role.SERVER, code, reason)` | the bytes of a Close, of an empty one for 1005. `reason` is a `str` and may be left out |
# | `send_last(conn, data)` | sends, and says nothing if the client has gone: for last words |
# | `conn.recv(CHUNK)` | what has come. `CHUNK` is a number: how much to ask `recv` for |
#
# Four things to think of:
#
# - What `accept_handshake` had left over goes into the reader *before* the first `recv`.
# - `feed` gives a list. Go through all of it, and answer each frame before you look at the next.
# - Each frame goes through `check_frame(frame, Role.SERVER)` before anything else looks at it.
# - `feed` tells of a bad frame behind good ones only when it is asked again. Who wants to hear of it before the
#   next `recv` asks again, until there is nothing more: `while frames := reader.feed(data):`, and `data = b""`
#   behind its inner loop. (The cases do not ask for this one.)

# %% exercise 6.2 serve_connection

# %% [markdown] tags=["solution"] id="serve-why"
# **Why it works.** `_receive_frames` hides where frames come from, the leftover or `recv`, so that the loop
# reads like the table. Errors are not handled where they arise: whatever breaks a rule raises, and one
# `except` says the Close. What comes after a Close of either end is not looked at, because the function has
# returned. The caller closes the socket, since it opened it, and does so at once, so that the server is the
# first to finish.

# %% [markdown] id="serve-first"
# <details><summary>Why is it the server that finishes TCP first?</summary>
#
# The end that finishes first keeps the connection's last trace, TIME-WAIT, for a minute or so. That would
# hinder a client which wants to come again at once, and hinders a server hardly at all.
# </details>

# %% [markdown] id="s3-text"
# ## Both ends may speak at any time
#
# **The article says (S3):** both ends may send to the other at any time. In HTTP a server speaks when it is
# asked, and only then. Here is a server that does not wait: it says three things right behind its 101, before
# it has read one. The client does the same: it says three things before it reads one.
#
# **Predict.** Do all six messages arrive, or do the two ends get in each other's way?

# %% id="predict-both"
messages_arrive = None  # a number from 0 to 6

# %% id="both-speak"
heard_by_server = []


def speak_first(conn: socket.socket) -> None:
    conn = record(conn)
    recorded.append(conn)
    _, received = yours.accept_handshake(conn)
    for number in (1, 2, 3):
        conn.sendall(yours.encode_frame(Frame(True, Opcode.TEXT, f"news {number}".encode())))
    reader = yours.FrameReader()
    while True:
        for frame in reader.feed(received):
            if frame.opcode == Opcode.CLOSE:
                conn.sendall(yours.encode_frame(Frame(True, Opcode.CLOSE, frame.payload)))
                return
            heard_by_server.append(frame.payload.decode())
        received = conn.recv(4096)
        if not received:
            return


heard_by_server.clear()
with serve(speak_first) as server:
    client = yours.BlockingClient()
    client.connect(server.url("/news"))
    for number in (1, 2, 3):
        client.send(f"question {number}")
    heard_by_client = [client.recv() for _ in range(3)]
    client.close()

print("the client heard", heard_by_client)
print("the server heard", heard_by_server)
compare_predictions(("messages that arrive", messages_arrive, len(heard_by_client + heard_by_server)))

# %% id="draw-both"
draw_session(recorded[-1], client="client")

# %% [markdown] id="both-look"
# One of the client's pieces, a question or its Close, may have come some 40 ms late. That is TCP, and no rule
# of WebSocket: a small piece may have to wait until the other end has confirmed that the one before it has
# come, which is called an acknowledgment ([RFC 9293 section
# 3.7.4](https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4)).

# %% [markdown] id="s3-settled"
# **S3 (both ends may send at any time) is right.** TCP carries two streams, one each way, and neither waits
# for the other. Nobody has to ask: the server's news were on their way before it had read a single frame.
# That is what HTTP does not have: there only the client asks, as the article says, too (S2). Two limits belong
# to it: nobody sends before the handshake is done,
# and nobody sends data after a Close of its own ([section
# 5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)). And within one direction, frames come in the
# order in which they were sent.

# %% [markdown] id="route-text"
# ## Page and socket from one port
#
# A browser needs a page before a script can open a WebSocket. The page may come from the same server and the
# same port: both begin with a GET, and a handshake says so in its `Upgrade` header. Two requests that a
# browser sends to the same place:

# %% id="two-requests"
page_request = yours.parse_request_head(b"GET /?tab=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
socket_request = yours.parse_request_head(request)
for each in (page_request, socket_request):
    print(f"{each.target:<8} Upgrade: {header_tokens(each.headers.get_all('Upgrade'))}")

# %% [markdown] id="route-go"
# ### Exercise 6.3: serve the page from the same port
#
# - If `websocket` is among the tokens of `Upgrade`, return `None`: this one is not for you.
# - Else look for the page. The target may have a query, `/?tab=2`, which does not count:
#   `target.partition("?")` gives what stands before, the sign, and what stands behind.
# - `format_response(status, headers, body)` writes the whole response and counts its `Content-Length`. Its
#   headers are a list of pairs, its body is `bytes`: `format_response(404, [("Connection", "close")], b"...")`.
# - Add two headers: `Content-Type: text/html; charset=utf-8`, so that the browser shows a page and not its
#   source, and the letters in it as they were written; and `Connection: close`, since nothing else will come
#   on this connection.
# - Without such a page, 404 and a word of explanation.

# %% exercise 6.3 route

# %% [markdown] tags=["solution"] id="route-why"
# **Why it works.** The question is only "does it want to be a handshake?", not "is it a good one?": a bad
# handshake is refused by `accept_handshake` with the status that belongs to it. If `route` demanded a good
# one, a client with a slip in its key would get a page, and a strange error.

# %% [markdown] id="page-text"
# ## Your server, your browser
#
# `BlockingServer` puts it together: it listens, gives each connection a thread, and calls `route` and
# `serve_connection`, yours if they pass. (A thread is a strand of the program that runs beside the others: while
# one waits for its client, the others go on.) The page is plain HTML with a script. This is the part of it
# that talks:
#
# ```js
# const address = new URL("socket", location.href);      // from the same host and port as this page
# address.protocol = address.protocol.replace("http", "ws");
#
# const socket = new WebSocket(address);
# socket.onopen    = () => note("open");
# socket.onmessage = (event) => note("came", event.data);
# socket.onclose   = (event) => note("closed", event.code);
#
# // later, when a button is pressed:
# socket.send("Hello");
# socket.close(1000);
# ```

# %% id="page"
page_door = Relay(yours.serving.BlockingServer(str.upper, pages={"/": ECHO_PAGE}))
show_page("A page and its WebSocket", page_door, height=320)

# %% [markdown] id="page-look"
# **Investigate.** Send some text, close, connect again. Then look at it from the browser's side: open its
# developer tools (F12), choose *Network* and there *WS*, then press *Close* and *Connect again* on the page.
# Click on the line that appears, and send something. *Headers* shows the request and your 101; *Messages* (in
# Firefox *Response*) shows each frame with its direction, text and length. The masks are not shown: each
# payload stands there as the script gave it.
#
# The next cell draws what went over the wire: the last connection on which a frame went, so send something
# first. Run it again whenever something has happened. (A relay stands in front of your server and keeps a recording.)

# %% id="draw-page"
sockets = [each for each in page_door.sessions if any(event.kind == "frame" for event in each.events())]
draw_session(sockets[-1]) if sockets else print("No page has sent a frame yet.")

# %% [markdown] id="curl-page-text"
# And this is what a client without WebSocket sees: a page, and a 404.

# %% id="curl-page"
with yours.serving.BlockingServer(str.upper, pages={"/": b"<p>Hello\n"}) as server:
    addresses = [server.url(path, "http") for path in ("/?tab=2", "/nothing")]
    print(run_curl(["-i", "-s", "-w", "\n", *addresses]).replace("\r", "").rstrip())

# %% [markdown] id="break-text"
# ## Break it
#
# What becomes of a page when the server gets one thing wrong? A good server for comparison, and seven faults.
# Each server waits for a text and answers HI. After its mistake, a server waits a moment for the client's reply
# and leaves.
#
# **Predict.** What does the page's script get from the server that masks its answer? And what does it get in
# the end from the one that forgets the empty line behind its head?

# %% id="predict-break"
when_masked = ""  # "HI", "an error" or "nothing"
without_empty_line = ""


# %% id="faults"
def spoil_accept(head: bytes) -> bytes:
    """Put the accept value in hex instead of base64."""
    found = re.search(rb"Sec-WebSocket-Accept: (\S+)", head)[1]
    return head.replace(found, base64.b64decode(found).hex().encode())


def drop_empty_line(head: bytes) -> bytes:
    return head.removesuffix(b"\r\n")


HI = yours.encode_frame(Frame(True, Opcode.TEXT, b"HI"))
MASKED = yours.encode_frame(Frame(True, Opcode.TEXT, b"HI", masking_key=os.urandom(4)))
CLOSE = yours.encode_frame(Frame(True, Opcode.CLOSE, (1000).to_bytes(2, "big")))
FAULTS = [  # a name, what the RFC says, what happens to the head (bytes: it stays as it is), the answer
    ("no fault", "", bytes, HI + CLOSE),
    ("no empty line behind the head", "no answer yet, RFC 9112 2.1", drop_empty_line, HI),
    ("accept value in hex", "refuse, 4.1 point 4", spoil_accept, HI),
    ("the answer is masked", "refuse, 5.1", bytes, MASKED),
    ("RSV1 is set", "refuse, 5.2", bytes, bytes([HI[0] | 0b0100_0000]) + HI[1:]),
    ("text that is not UTF-8", "refuse, 8.1", bytes, b"\x81\x02\xc3\x28"),
    ("length 2 written in 3 bytes", "must not be sent, 5.2", bytes, b"\x81\x7e\x00\x02HI"),
    ("leaves without a Close", "1006, 7.1.5", bytes, HI),
]


# %% id="faulty-server"
def serve_badly(conn: socket.socket) -> None:
    """Make the fault that the path numbers."""
    head, received = yours.recv_until(conn, b"\r\n\r\n")
    request = yours.parse_request_head(head)
    name, _, change_head, answer = FAULTS[int(request.target.removeprefix("/"))]
    response, _ = yours.accept_client(request)
    conn.settimeout(0.2)
    conn.sendall(change_head(response))
    reader = yours.FrameReader()
    while not reader.feed(received):
        received = conn.recv(4096)
        if not received:
            return
    conn.sendall(answer)
    if name != "leaves without a Close":
        conn.recv(4096)


# %% id="find-talkers"
talkers = [own_talker("yours", lambda: yours.BlockingClient(timeout=1)), *find_talkers()]
print("Here:", ", ".join(talker.name for talker in talkers))

# %% id="run-faults"
with serve(serve_badly) as server:
    errands = [(server.url(f"/{number}"), "Hi") for number in range(len(FAULTS))]
    talks = {talker.name: talker.talk_all(errands) for talker in talkers}


def in_a_word(talk) -> str:
    return talk.messages[0] if talk.messages else "an error" if talk.said else "nothing"


whose = list(talks)[-1]  # your browser, if it is here
compare_predictions(
    (f"masked, at {whose}", when_masked, in_a_word(talks[whose][3])),
    (f"no empty line, at {whose}", without_empty_line, in_a_word(talks[whose][1])),
)


def in_short(talk) -> str:
    return "absent" if talk.absent else f"{in_a_word(talk)}, {talk.code or 'no code'}"


rows = [
    [name, demand, *(in_short(talk[number]) for talk in talks.values())]
    for number, (name, demand, *_) in enumerate(FAULTS)
]
Table("Seven faults: what the program gets, and its close code", ["", "the RFC says", *talks], rows)

# %% [markdown] id="words-text"
# And in their own words:

# %% id="words"
rows = [
    [name, *(talk[number].said or "no error" for talk in talks.values())]
    for number, (name, *_) in enumerate(FAULTS)
    if any(talk[number].said for talk in talks.values())
]
Table("What each client said", ["", *talks], rows)

# %% [markdown] id="break-look"
# Three things to see in your tables:
#
# - **A page hears little.** A script gets an error event without a reason, and a close event with 1006. The
#   reason stands in the browser's console, for you and not for the page.
# - **Behind a bad head there is no WebSocket.** Without the empty line the client waits for more header lines
#   and says nothing, until the server gives up. With a wrong accept value it hangs up, and no frame is ever
#   sent.
# - **What must not be sent is not always refused.** The long form of a short length breaks a rule for
#   senders. Some clients take it, others refuse it, as the reference of this course does: both are allowed.
#   So a sender must be right, and must not conclude from one client that it is.
#
# And one that may surprise: where others show 1006, yours shows 1002 or 1007. Others report that no Close
# *came*; yours reports the code that it *sent*. In the last two rows, whoever got HI shows 1006, too: the
# server left without a Close.

# %% [markdown] id="client-text"
# ## The other end
#
# A client has the same parts in another order: it writes the request, checks the answer, masks what it sends.
# And it has something that a function has not: between two calls it must remember the socket, the reader, and
# frames that came together and that nobody has asked for yet.
#
# ### Exercise 6.4: write the client
#
# `timeout` is the patience of each call, in seconds. Turn it into a deadline, a time on the clock
# `time.monotonic()`: now plus `timeout`. A server that sends a byte now and then cannot stretch that.
#
# **connect**
#
# 1. `parse_ws_url(url)`; a `wss` URL needs TLS, which comes in lesson 9: `ValueError`.
# 2. `socket.create_connection((host, port), timeout)` opens the TCP connection. `make_key` and
#    `build_client_handshake` make the request.
# 3. `receive_response_head(conn, deadline)` is given. It returns the head and what came behind it: that is
#    the beginning of the first frames.
# 4. `parse_response_head` and `check_server_handshake` check the head.
# 5. If anything raises once the connection is open (3 and 4, too), close it and let the error pass: in
#    `except BaseException:`, close it, then `raise` alone. If nobody listens there, `create_connection` itself
#    raises `OSError`, and there is nothing to close. After a `connect` that failed, there is no connection.
#
# **recv** gives the next message. `receive_before(conn, deadline)` is a `recv` with a deadline, and raises
# `EOFError` when the server has gone, `TimeoutError` when nothing comes in time. It sets the socket's time limit
# to what is left, so set it anew before you send. The bytes go through a `FrameReader`, each frame through
# `check_frame(frame, Role.CLIENT)`. Frames that nobody has asked for yet can wait in a `collections.deque`:
# `append` at one end, `popleft` at the other. (To hear at once of a bad frame behind good ones, ask the reader
# again, as in 6.2; the cases do not ask for it here either.) What a frame asks for:
#
# | what comes | what to do |
# |---|---|
# | text, binary | return what `read_message` makes of it |
# | Ping | send a Pong with the same payload, and go on waiting |
# | Pong | go on waiting |
# | Close | answer with a Close, end the connection, raise `EOFError`, now and at each later call |
# | `ProtocolError` | send a Close with its code, end the connection, and let the error pass |
# | the server has gone | end the connection, `EOFError`, now and at each later call |
# | nothing in time | `TimeoutError`; the connection stays open |
#
# **send**: `write_message(Role.CLIENT, message)` masks, with a new key each time. Without a connection,
# `EOFError`.
#
# **close**: send a Close, and read on until the server's Close comes. Messages before it are dropped, and
# nothing more is sent, no Pong and no second Close. Then close the socket and return the server's code; 1006 if
# it left or kept silent, or if there is no connection; our own if we failed it, for a frame that broke a rule.
# Closing once more is no error and gives the same code.
#
# A method that both `recv` and `close` can use saves work: "give me the next frame, checked".

# %% exercise 6.4 BlockingClient

# %% [markdown] tags=["solution"] id="client-why"
# **Why it works.** What the object remembers is put into `self` when the handshake has succeeded, and not
# before: a client that failed to connect is as it was. `_receive_message` is the loop that both `recv` and
# `close` need; a closing client reads on in the same way and only says nothing any more. Each way for a
# connection to end goes through `_end`, which notes the code once, so that a second `close` gives the same
# answer. It waits until the server has finished its stream, because the server is to finish first.

# %% [markdown] id="real-thing"
# ## Against the real thing
#
# ### Real clients at your server
#
# Texts of five lengths, each at a border of lesson 5, go to your server and come back. The clients are the
# ones from above, with your browser among them if it shows this notebook.

# %% id="real-sizes"
SIZES = [0, 125, 126, 65_535, 65_536]
rows = []
with yours.serving.BlockingServer(lambda text: text) as server:
    for talker in talkers:
        errands = [(server.url("/echo"), "x" * size) for size in SIZES]
        came = [talk.messages for talk in talker.talk_all(errands, close_after=1)]
        rows.append(
            [
                talker.name,
                *("the same" if got == ("x" * n,) else "lost" for n, got in zip(SIZES, came, strict=True)),
            ]
        )
Table("What came back", ["", *(f"{size:,} bytes" for size in SIZES)], rows)

# %% [markdown] id="jupyter-text"
# ### Your client at JupyterLab's own WebSocket
#
# The page that you read this on has been talking over a WebSocket all the time. When you run a cell,
# JupyterLab sends its text to the Jupyter server, and all that the kernel says comes back on the same
# connection. It is an ordinary WebSocket, so your client can open a second one. What stands in the way?
#
# | | what JupyterLab's page does | what your client does |
# |---|---|---|
# | who may come in | shows a cookie or a token | puts the server's token into the query: `?token=...` |
# | `Origin` | the browser sends it, and the server compares it with its own address | sends none, so there is nothing to compare. Lesson 10 is about what that means |
# | subprotocol | offers `v1.kernel.websocket.jupyter.org`, a binary form | offers none, and so gets each message as JSON text |
# | size | | messages come unfragmented; your reader takes up to 1 MiB |
#
# The request below goes to the *control* channel of the kernel, which is answered at once even while a cell
# runs; this cell is running, after all. In JupyterLab it is this notebook's own kernel: your client then also
# hears what this cell prints. Elsewhere a Jupyter server with a kernel is started for the moment, which takes
# some seconds.


# %% id="jupyter"
def listen_to_kernel(client, is_last) -> list[dict]:
    heard = []
    with contextlib.suppress(TimeoutError):  # then what came has to do
        while not heard or not is_last(heard[-1]):
            heard.append(json.loads(client.recv()))
    return heard


def is_reply(message: dict) -> bool:
    return message["msg_type"] == "kernel_info_reply"


def is_hello(message: dict) -> bool:
    return "Hello" in message["content"].get("text", "")


with kernel_socket() as kernel, Relay(kernel.port) as relay:
    print(kernel, flush=True)
    client = yours.BlockingClient()
    client.connect(relay.url(kernel.resource_name))
    client.send(write_request("kernel_info_request", channel="control"))
    heard = listen_to_kernel(client, is_reply)
    if kernel.is_own:
        print("Hello from the cell that is running.", flush=True)
    else:
        client.send(write_request("execute_request", {"code": "print('Hello from a kernel.')"}))
    heard += listen_to_kernel(client, is_hello)
    print("closed with", client.close())
kernel_session = relay.sessions[-1]  # now that the connection has ended, all of it

rows = [[message["channel"], message["msg_type"], str(message["content"])[:70]] for message in heard]
Table("What your client heard", ["channel", "type", "content, shortened"], rows)

# %% [markdown] id="jupyter-look"
# Each line came in a frame that your reader decoded. Here are the frames as they went over the wire: masked
# ones from your client, and the server's with their two bytes of extended length, since few of the kernel's
# messages have less than 126 bytes.

# %% id="jupyter-frames"
draw_session(
    [event for event in kernel_session.events() if event.kind != "request"],
    client="client",
    server="Jupyter server",
)

# %% [markdown] id="whose"
# ## What is yours by now

# %% id="whose-is-it"
yours.status()

# %% [markdown] id="article"
# ## The article, statement by statement
#
# | | the article says | what you found |
# |---|---|---|
# | S2 | in HTTP only the client asks, the server cannot push | here it can: three messages came that nobody had asked for. Lesson 3 compares the ways that HTTP has. |
# | S3 | both ends may send at any time, text or binary | right, from the 101 until an end's own Close; text must be UTF-8 (lesson 5). |

# %% [markdown] id="summary"
# ## Summary
#
# **A server** reads a request head, answers 101, and from the next byte on reads frames ([section
# 4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2)). What was received behind the head belongs to the
# frames.
#
# **Each frame** is checked first. A message goes to the program, a Ping is answered by a Pong with the same
# payload ([section 5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)), a Close by a Close
# ([section 5.5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1)).
#
# **An end has a code.** The one in the peer's Close, 1005 if it has none, 1006 if the peer just left
# ([section 7.1.5](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5)); the last two never stand in a frame
# ([section 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)). Whoever finds a fault says its code
# in a Close and stops reading ([section 7.1.7](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7)). The
# server closes the TCP connection first ([section
# 7.1.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1)).
#
# **One port** serves pages and sockets: `Upgrade` tells them apart ([RFC 9110 section
# 7.8](https://www.rfc-editor.org/rfc/rfc9110#section-7.8)).
#
# **A client** masks, remembers what came early, and trusts no head that it has not checked ([section
# 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
#
# **Next.** Your server refuses messages in fragments with 1003. A browser sends them: Chromium, for one, cuts
# what is longer than about 131,000 bytes. Lesson 7 puts them together again.
