# %% [markdown] id="title"
# # 4. The opening handshake: key, magic string, accept
#
# A WebSocket connection begins as one HTTP request and one HTTP response. After these two heads, both ends
# speak another language on the same TCP connection. This notebook is about the two heads.
#
# | | the client | the server |
# |---|---|---|
# | before | takes a URL apart (4.3) and draws a key (4.1) | listens |
# | the request | writes it (4.4) | checks it (4.5), chooses a subprotocol (4.6) |
# | the answer | checks it (4.8) | writes it (4.7), with an accept value made from the key (4.2) |
#
# In 4.9 you write the examples that tell right servers from wrong ones. At the end, curl, Node and Python's
# `websockets` knock at a server made of your functions, and your client is tried on servers that get one
# line wrong.
#
# A widely read article explains WebSocket, and most of it is right. This course puts it to the test: it
# numbers twelve statements, S1 to S12. Six belong here (S5, S6, S8, S9, S10, S11), the others to other
# lessons. Each is settled by an experiment of yours.

# %% [markdown] id="how-it-works"
# **How to use this page.** Run the cells from top to bottom with Shift+Enter. A cell that ends in
# `check(...)` is an exercise: write the body in place of `raise`, run the cell, and it is saved, tested and
# commented on. `hint("4.1")` helps on. Any exercise can wait: the experiments use `yours`, which is the
# course's WebSocket stack with every function of yours that passes in its place; the reference lends the
# rest. So nothing below needs a solved exercise, and every cell can be run again.

# %% setup

# %% id="tools"
import socket
import zlib

from classroom.clients import find_clients, own_client, run_curl
from classroom.pictures import draw_accept
from classroom.servers import real_server, serve
from classroom.tables import Table, compare_heads, compare_predictions, compare_verdicts

# %% [markdown] id="recall"
# ## Recall
#
# Five questions from lessons 1 and 3. Answer each one aloud, then unfold. If you start the course here,
# read the answers: they are all that you need.
#
# <details><summary>1. A client calls <code>sendall</code> five times. How many pieces does the server's <code>recv</code> give?</summary>
#
# Any number. TCP carries a stream of bytes, and where one send ended cannot be seen. So whoever reads a
# head keeps reading until the head is whole.
# </details>
#
# <details><summary>2. How does a reader know that an HTTP head is whole?</summary>
#
# An empty line ends it. Every line of a head ends in CR LF, the two bytes <code>\r\n</code>, so the end
# looks like
# <code>\r\n\r\n</code>.
# </details>
#
# <details><summary>3. <code>recv</code> returned <code>b""</code>. What does that mean?</summary>
#
# The other end will send nothing more. It does not mean "nothing yet": then <code>recv</code> would have
# waited.
# </details>
#
# <details><summary>4. What are the parts of a request head?</summary>
#
# First the request line, with method, target and version: <code>GET /chat HTTP/1.1</code>. Then headers,
# one a line: name, colon, value. Names match in any case, and one name may stand on several lines. Then the
# empty line.
# </details>
#
# <details><summary>5. A header says <code>Connection: keep-alive, Upgrade</code>. Does it name <code>upgrade</code>?</summary>
#
# Yes. The value is a list of tokens with commas between them, and these tokens match in any case.
# <code>header_tokens</code> of lesson 3 makes <code>["keep-alive", "upgrade"]</code> of it. Looking for a word somewhere
# in the text is no substitute: <code>not-upgrade</code> contains it, too.
# </details>

# %% [markdown] id="first-look"
# ## One handshake, byte by byte
#
# `read_head` collects bytes until a head is whole: `take_head` takes one whole head off the front of the
# buffer, or gives `None`. `answer` is a server made of your stack: `accept_client` is the server's whole part
# in one call, so it checks the request and writes the response.


# %% id="first-server"
def read_head(conn: socket.socket) -> bytes:
    buffer = bytearray()
    while (head := yours.take_head(buffer)) is None:  # None: not whole yet
        piece = conn.recv(4096)
        if not piece:
            raise EOFError("the other end stopped in the middle of a head")
        buffer += piece
    return head


def answer(conn: socket.socket) -> None:
    request = yours.parse_request_head(read_head(conn))
    response, _ = yours.accept_client(request)
    conn.sendall(response)


# %% [markdown] id="first-client-text"
# `shake_hands` is the client: connect, send a request, read the answer. `serve` runs a server in the
# background, on a free port, for as long as its `with` block lasts.


# %% id="first-client"
def shake_hands(url: str) -> tuple[str, str]:
    parts = yours.parse_ws_url(url)
    request = yours.build_client_handshake(parts, yours.make_key())
    with socket.create_connection((parts.host, parts.port), timeout=5) as conn:
        conn.sendall(request)
        return request.decode(), read_head(conn).decode()


# %% id="first-handshake"
with serve(answer) as server:
    request_text, response_text = shake_hands(server.url("/chat"))
    again_request, again_response = shake_hands(server.url("/chat"))

print(request_text + response_text.rstrip())

# %% [markdown] id="predict-change-text"
# **Predict.** The cell above shook hands twice with one server and printed the first time only. Which lines
# were different the second time? Write the names of the headers into the list (in any case and order), then
# run both cells.

# %% id="predict-change"
different_lines = []  # for example ["Host"]

# %% id="look-change"
lines = zip(
    (request_text + response_text).splitlines(),
    (again_request + again_response).splitlines(),
    strict=True,
)
changed = [first.partition(":")[0] for first, second in lines if first != second]
compare_predictions(("lines that differ", different_lines, changed))

# %% [markdown] id="first-investigate"
# Two lines change, and they belong together: the server made the second from the first. All other lines
# stayed the same.
#
# The line ends are invisible in print. `repr` shows them, and the empty line at the end:

# %% id="first-bytes"
request_text.encode()

# %% [markdown] id="key-text"
# ## The key
#
# The client draws **16 random bytes** for each connection. Bytes can have any value, and some would break a
# header line, so they travel in base64: every 3 bytes, which are 24 bits, become 4 letters of 6 bits each.
# If the last group has fewer than 3 bytes, `=` fills it up.

# %% id="base64-lengths"
for count in (1, 2, 3, 15, 16, 20):
    letters = base64.b64encode(bytes(range(count)))
    print(f"{count:2} bytes  {len(letters):2} letters  {letters}")

# %% [markdown] id="make-key-text"
# ### Exercise 4.1: draw a key
#
# `base64.b64encode` takes bytes and returns bytes. A header value is text: `.decode("ascii")` makes a `str`
# of ASCII bytes. Random bytes come from `os.urandom(n)`, the operating system's source. The function gets
# its source as an argument, so that a test can hand in one whose bytes are known.

# %% exercise 4.1 make_key

# %% [markdown] tags=["solution"] id="make-key-why"
# **Why it works.** `random_bytes` is called inside the function, so every key is drawn anew. A default
# argument is evaluated once, when `def` runs: `key=os.urandom(16)` in the signature would give one key for
# ever, but `random_bytes=os.urandom` stores a function, and the function is called each time. 16 bytes are
# five groups of 3 and one byte over. The last byte needs two letters, and two `=` fill the group: 24
# characters, always ending in `==`.

# %% [markdown] id="real-keys-text"
# **The article says (S8):** the browser makes a random string, keeps it and sends it in a header. Is the
# string as random, and as new, as it should be? The next cell finds the clients on this machine. A client
# that is missing is named, and its rows are left out from here on.

# %% id="find-clients"
clients = find_clients()
print("Here:", ", ".join(client.name for client in clients))

# %% id="answer-and-note"
seen = []  # every request that came


def answer_and_note(conn: socket.socket) -> None:
    request = yours.parse_request_head(read_head(conn))
    seen.append(request)
    response, _ = yours.accept_client(request)
    conn.sendall(response)


# %% id="real-keys"
rows = []
with serve(answer_and_note) as server:
    for client in clients:
        seen.clear()
        client.connect_all([server.url("/chat")] * 2)
        keys = [request.headers.get("Sec-WebSocket-Key") for request in seen]
        sizes = ", ".join(str(len(base64.b64decode(key))) for key in keys)
        if len(keys) == 2:
            rows.append([client.name, *keys, sizes, "no" if keys[0] == keys[1] else "yes"])
Table("The keys of two connections", ["", "first key", "second key", "bytes", "both new"], rows)

# %% [markdown] id="s8-settled"
# **S8 (a random string, kept and sent) is right**, and can be said more exactly: 16 bytes, in base64, in
# `Sec-WebSocket-Key`, drawn anew for each connection ([RFC 6455 section
# 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1), point 7). The key is no secret: whoever sees the
# request sees it, and the client needs it only until the answer has come.

# %% [markdown] id="accept-text"
# ## The accept value
#
# The server must show that it has read this very request and knows what WebSocket is. It takes the key **as
# text**, just as it came, and puts a text after it that is the same on every WebSocket server in the world,
# the *magic string*:
#
#     258EAFA5-E914-47DA-95CA-C5AB0DC85B11
#
# Of the two together it computes a SHA-1 digest. A digest is a fingerprint: text of any length goes in, and
# the same 20 bytes come out each time. Another text gives quite another 20 bytes.

# %% id="digest-example"
for text in ("abc", "abd"):
    digest = hashlib.sha1(text.encode("ascii")).digest()
    print(text, digest.hex(" "), len(digest), "bytes")

# %% [markdown] id="accept-value-text"
# ### Exercise 4.2: compute the accept value
#
# Hash functions eat bytes, so the text is encoded first. `.digest()` gives the 20 bytes; `.hexdigest()`
# would give 40 characters that only describe them. The 20 bytes travel in base64 again: 28 characters.
#
# The RFC prints one pair that you can test against: for the key `dGhlIHNhbXBsZSBub25jZQ==` the accept value
# is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`.

# %% exercise 4.2 accept_value

# %% [markdown] tags=["solution"] id="accept-value-why"
# **Why it works.** Key and magic string are put together as text, and only then encoded: nobody decodes the
# key. That is why a server can answer without knowing what a key looks like inside. `usedforsecurity=False`
# says to systems that ban SHA-1 for security that no security is asked of it here. Remove it and nothing
# changes on most machines.

# %% [markdown] id="picture-text"
# ### The whole way, with a key of yours
#
# Run the cell again: another key, another picture. Look at the last group. 20 bytes are six groups of 3 and
# two bytes over, so one letter is padding.

# %% id="picture"
key = yours.make_key()
draw_accept(key, yours.accept_value(key))

# %% [markdown] id="s10-text"
# **The article says (S10):** the value is returned to the browser and cannot be inverted. The next cell
# stands where an eavesdropper stands. It has the two heads from the top of this page and nothing else.

# %% id="s10-forward"
request = yours.parse_request_head(request_text.encode())
response = yours.parse_response_head(response_text.encode())
overheard = request.headers.get("Sec-WebSocket-Key")
print("overheard key      ", overheard)
print("computed from it   ", yours.accept_value(overheard))
print("the server's answer", response.headers.get("Sec-WebSocket-Accept"))

# %% [markdown] id="s10-settled"
# **S10 (returned, and cannot be inverted) is right, and the second half does not matter.** The value is
# returned in `Sec-WebSocket-Accept`. Nobody needs to invert it: the client knows the key, goes the same way
# forward and compares. So can everyone else who has seen the request. Nothing was encrypted, and there is
# nothing to decrypt.

# %% [markdown] id="predict-crc-text"
# **The article says (S9):** the server adds the magic string, encrypts with SHA-1 and encodes in base64.
# The order is right. But is it the strength of SHA-1 that does the work?
#
# CRC-32 is a checksum of 4 bytes. It guards against noise on a line and has no strength at all: anyone can
# construct a text with a given CRC-32. Let both ends use it in place of SHA-1.
#
# **Predict.** Three servers that do *not* speak WebSocket answer 1,000 clients, each with a key of its own.
# One ignores the key, one sends it back unchanged, one repeats an old answer from a cache. How many of
# these 3,000 answers pass the clients' check with CRC-32? And with SHA-1?

# %% id="predict-crc"
pass_with_crc = None  # a number from 0 to 3000
pass_with_sha1 = None

# %% id="crc-rule"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def crc_accept(key: str) -> str:
    checksum = zlib.crc32((key + MAGIC).encode("ascii"))
    return base64.b64encode(checksum.to_bytes(4, "big")).decode("ascii")


key = yours.make_key()
print("key   ", key)
print("SHA-1 ", yours.accept_value(key))
print("CRC-32", crc_accept(key))


# %% id="run-crc"
def servers_for(rule):
    old = rule(yours.make_key())  # what a cache once saw
    return {
        "speaks WebSocket": rule,
        "ignores the key": lambda key: None,
        "sends the key back": lambda key: key,
        "repeats an old answer": lambda key: old,
    }


rules = {
    "SHA-1": yours.accept_value,
    "CRC-32": crc_accept,
    "the key unchanged": lambda key: key,
    "a fixed word": lambda key: "welcome",
}
keys = [yours.make_key() for _ in range(1000)]
passed = {name: [] for name in servers_for(crc_accept)}
for rule in rules.values():
    for name, server_answers in servers_for(rule).items():
        passed[name].append(sum(server_answers(key) == rule(key) for key in keys))

# %% id="look-crc"
strangers = [counts for name, counts in passed.items() if name != "speaks WebSocket"]
with_sha1, with_crc, *_ = (sum(column) for column in zip(*strangers, strict=True))
compare_predictions(
    ("pass with CRC-32", pass_with_crc, with_crc),
    ("pass with SHA-1", pass_with_sha1, with_sha1),
)
rows = [[name, *(f"{count:,}" for count in counts)] for name, counts in passed.items()]
Table("Of 1,000 answers, how many pass if both ends use ...", ["the server", *rules], rows)

# %% [markdown] id="s9-settled"
# **S9 (add, encrypt, encode) is right about the order and wrong about the word "encrypt".** SHA-1 is a digest
# and encrypts nothing; no secret goes in. Its strength is not needed either: CRC-32 turns away the same
# strangers (an old answer would pass by chance once in about 4 billion times). The last two columns show what
# *is* needed. The answer must depend on this one key, and by a rule that nobody else follows by accident.
# [RFC 6455 section 10.8](https://www.rfc-editor.org/rfc/rfc6455#section-10.8) says so: the handshake does not
# depend on any security property of SHA-1. That SHA-1 is broken for signatures is no reason to worry here.

# %% [markdown] id="url-text"
# ## The address
#
#     ws://example.com:9001/chat?room=1
#     wss://example.com
#
# `ws` speaks over plain TCP, by default to port 80. `wss` speaks inside TLS, by default to port 443. Path
# and query together are the *resource name*, which the request line will name. If the path is empty, the
# resource name starts with `/`.

# %% [markdown] id="predict-wxs-text"
# **The article says (S5):** `ws://`, and encrypted `wxs`. **Predict:** what does a client do with
# `wxs://example.com/`?

# %% id="predict-wxs"
wxs_is = ""  # "accepts" or "refuses"

# %% id="run-wxs"
url = "wxs://example.com/"
try:
    result, happened = f"accepts: {yours.parse_ws_url(url)}", "accepts"
except ValueError as error:
    result, happened = f"refuses: ValueError: {error}", "refuses"
rows = [["yours", result]]
for client in clients:
    rows.append([client.name, str(client.connect(url))])
compare_predictions(("your client", wxs_is, happened))
Table(f"What clients say to {url}", ["", "result"], rows)

# %% [markdown] id="s5-settled"
# **S5 (`ws://`, and encrypted `wxs`) is a misprint.** The scheme is `wss`, and each client in the table
# refuses `wxs` before it connects to anything. Try it in your browser's console, too: `new
# WebSocket("wxs://example.com/")`. Other schemes are another matter: npm `ws`, Node and today's browsers also
# take `http` and `https`, and read them as `ws` and `wss`. That is a later convenience; in the RFC there are
# two schemes.

# %% [markdown] id="parse-ws-url-text"
# ### Exercise 4.3: take a WebSocket URL apart
#
# `urllib.parse.urlsplit` does much of the work, if you import it in the exercise's cell. But it reads almost
# anything without complaint, so most of your lines will be refusals. A road in three steps:
#
# 1. **Look at the text itself**, before `urlsplit` does: it drops tabs and line ends silently, and from an
#    empty fragment it leaves no trace. Every character must be printable ASCII, from `!` to `~`, and none may
#    be `#`.
# 2. **Split it and look at the parts.** `.scheme` comes in small letters and must be one of two. `.hostname`
#    is the host in small letters, without the brackets of `[::1]`, or `None` if there is none. `.username` is
#    `None` only if there is no `@`. `.port` is `None` if the URL names none; *reading* it raises `ValueError`
#    if it is no number or above 65535, but 0 passes.
# 3. **Put the rest together.** `.path` may be empty. `.query` comes without its `?`, and is `""` if there is
#    none.

# %% id="urlsplit-manners"
from urllib.parse import urlsplit

for url in ("WS://[::1]:9001?room=1", "ws://exa\tmple.com/#", "ftp://ann@example.com:0/a b", "ws:chat"):
    parts = urlsplit(url)
    print(repr(url))
    for names in (("scheme", "username", "hostname", "port"), ("path", "query", "fragment")):
        print("   ", *(f"{name}={getattr(parts, name)!r}" for name in names))

# %% [markdown] id="parse-ws-url-go"
# A `WsUrl` has the fields `secure`, `host`, `port` and `resource_name`. In short, refuse with `ValueError`:
# a scheme other than `ws` and `wss`, no `//`, an empty host, a port that is not a number from 1 to 65535, a
# user name, a `#`, and any character that no URL may hold.

# %% exercise 4.3 parse_ws_url

# %% [markdown] tags=["solution"] id="parse-ws-url-why"
# **Why it works.** The regular expression is the RFC's own grammar, part by part, so that whatever it does
# not name is refused without a line of code: `wxs`, a fragment, `user@`, a space. That is safer than taking
# a URL apart first and looking for bad parts afterwards, because nobody can list all bad parts. `fullmatch`
# matters: `match` would be content with a good beginning. The host is written in small letters because
# names are the same in any case; both ways pass.

# %% [markdown] id="request-text"
# ## The client's request
#
# What do clients really send? Here are their requests side by side, with one of curl and one of your stack.
# curl is asked for an ordinary HTTP page, and sends the four headers only because the command says so. (`-i`
# shows the head of the answer, `-N` shows each byte as soon as it comes, `-s` leaves out the progress meter.)

# %% id="curl-arguments"
sample_key = "dGhlIHNhbXBsZSBub25jZQ=="  # the key that RFC 6455 prints
curl_arguments = ["-i", "-N", "-s", "--http1.1", "--max-time", "3"]
for header in (
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {sample_key}",
    "Sec-WebSocket-Version: 13",
):
    curl_arguments += ["-H", header]

# %% id="real-requests"
visitors = {client.name: client.connect for client in clients}
visitors["curl"] = lambda url: run_curl([*curl_arguments, url.replace("ws", "http", 1)])
visitors["yours"] = shake_hands

requests = {}
with serve(answer_and_note) as server:
    for name, visit in visitors.items():
        seen.clear()
        visit(server.url("/chat"))
        if seen:
            requests[name] = seen[-1]
compare_heads(requests)

# %% [markdown] id="request-investigate"
# **Investigate.** The five headers of the upper part are in every request; leave one out, and a server must
# refuse. What stands below them is each client's own choice. Three such headers will come back in later
# lessons, and you see them here if a client of yours sends them: `Sec-WebSocket-Extensions` offers
# compression (lesson 12); `Origin`, which every browser sends, says whose page is asking, and `Cookie`
# carries what the browser keeps for this host (both lesson 10). A page's script chooses the URL and the
# subprotocols and writes none of these headers by itself. Nor can it make an ordinary request look like
# this one: browsers let no script set a header whose name begins with `Sec-`.

# %% [markdown] id="build-client-handshake-text"
# ### Exercise 4.4: write the client's request
#
# The example of section 1.3 of the RFC, with all that this exercise may have to write:
#
#     GET /chat HTTP/1.1
#     Host: server.example.com
#     Upgrade: websocket
#     Connection: Upgrade
#     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
#     Origin: http://example.com
#     Sec-WebSocket-Protocol: chat, superchat
#     Sec-WebSocket-Version: 13
#
# - The order of the headers is free. Each line ends in `\r\n`, and an empty line ends the head.
# - `Host` is the host, then `:` and the port, unless it is the default port of the scheme. A host with a
#   colon in it is an IPv6 address and stands in brackets.
# - A header that has nothing to say is left out, not written empty.
# - A subprotocol's name is a *token*: one or more letters, digits or characters out of ``!#$%&'*+-.^_`|~``,
#   to its very end: test it with `re.fullmatch`, since `re.match` with `$` overlooks a line end behind it. In a
#   set such as `[a-z]` the sign `-` means a range, so write `\-` where you mean the sign itself.
#   A list in which a name stands twice, or is no token, is the caller's mistake: `ValueError`.
# - A line end in the origin, the key, the host or the resource name would write a header line of its own into
#   your request, and some servers take a lone `\r` or `\n` for a line end. This is an old trick, called header
#   injection. Refuse both characters with `ValueError`.

# %% exercise 4.4 build_client_handshake

# %% [markdown] tags=["solution"] id="build-client-handshake-why"
# **Why it works.** The lines are collected in a list and joined once, with two empty strings at the end
# that make the last line end and the empty line. So no line can lack its `\r\n`. The lines are checked
# where they become bytes: whatever path brought a line end into one of them, it cannot leave.

# %% [markdown] id="check-client-text"
# ## The server's check
#
# A server that answers whatever knocks would let pages talk to it that never meant WebSocket. So it checks.
# Here is a parsed request. `Connection` stands on two lines of it, and `Upgrade` is missing: the last line
# printed says so in two ways.

# %% id="meet-request"
request = yours.parse_request_head(
    b"GET /chat HTTP/1.1\r\n"
    b"Host: example.com\r\n"
    b"Connection: keep-alive\r\n"
    b"connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"\r\n"
)
print(request.method, request.target, request.version)
print(request.headers.get_all("Connection"))  # a list: the values of all lines of that name
print(header_tokens(request.headers.get_all("Connection")))
print(request.headers.get_all("Upgrade"), "Upgrade" in request.headers)

# %% [markdown] id="headers-box"
# | you write | you get |
# |---|---|
# | `request.version` | a `str` such as `"HTTP/1.1"`; it compares as text, so `"HTTP/1.0" < "HTTP/1.1"` |
# | `headers.get("Host")` | the value on the first line of that name, or `None`; `get("Host", "")` has a default |
# | `headers.get_all("Host")` | the list of the values on all lines of that name, `[]` if there is none |
# | `"Host" in headers` | whether there is one. `headers["Host"]` does not work |
# | `raise HandshakeError(400, reason="two Host headers")` | a refusal with this status. `reason` is one sentence for people, who will read it in a log; without it they see a bare `400` |

# %% [markdown] id="check-client-handshake-text"
# ### Exercise 4.5: check the client's request
#
# What must be there, and how to refuse when it is not:
#
# | what | must be | else |
# |---|---|---|
# | method | `GET`, as it is spelled | 405 |
# | version of HTTP | `HTTP/1.1` or later (`HTTP/1.2` is let in) | 400 |
# | `Host` | there, once | 400 |
# | `Upgrade` | a list that has the token `websocket`, in any case | 426 |
# | `Connection` | a list that has the token `upgrade`, in any case | 400 |
# | `Sec-WebSocket-Version` | there, once | 400 |
# | its value | `13` | 426, with the header `Sec-WebSocket-Version: 13` |
# | `Sec-WebSocket-Key` | there, once, and 16 bytes in base64 | 400 |
#
# 405 says "use another method". 426 says "upgrade to something else first", and the header tells the client
# which version would be welcome. 400 says only "I do not understand". The RFC leaves the status to you, so
# 400 passes in every row (for another version still with the header), and 426 passes for no version header,
# or two. If several things are wrong, you may raise the error of any of them.
#
# Headers of the answer are the second argument: `HandshakeError(426, [("Sec-WebSocket-Version", "13")])`.
# Everything that is not in the table is ignored, unknown headers too.
#
# Two traps about the key. `base64.b64decode(key)` skips characters that base64 does not have, unless you say
# `validate=True`: then it raises `binascii.Error`, which is a kind of `ValueError`. Missing padding raises it
# either way. And there are keys that base64 itself would spell another way:

# %% id="spare-bits"
for key in ("AQIDBAUGBwgJCgsMDQ4PEC==", "AQIDBAUGBwgJCgsMDQ4PEA=="):
    print(key, base64.b64decode(key, validate=True).hex(" "))

# %% [markdown] id="check-client-handshake-go"
# The first of them is printed in the RFC, so it must be let in. Both are the same 16 bytes: the last letter
# before the `==` carries 2 bits that count and 4 that do not.

# %% exercise 4.5 check_client_handshake

# %% [markdown] tags=["solution"] id="check-client-handshake-why"
# **Why it works.** Each demand is one `if`, in the order of the table, and each `if` says in words what was
# wrong. `get_all` gives every line of a name, so that one look at the length finds both "none" and "two".
# Lists go through `header_tokens`: Firefox sends `keep-alive, Upgrade`, and a comparison of whole values
# turns it away. The key is compared with a pattern and never decoded: 22 letters of base64 and `==` are
# always 16 bytes, whatever the spare bits say.

# %% [markdown] id="choose-subprotocol-text"
# ## The subprotocol
#
# WebSocket carries messages and says nothing about what they mean. A client may offer names for the
# language inside the messages, such as `chat`, with its favourite first. The server chooses **one** of them
# or none, and the names are compared as they are spelled.
#
# ### Exercise 4.6: choose a subprotocol

# %% exercise 4.6 choose_subprotocol

# %% [markdown] tags=["solution"] id="choose-subprotocol-why"
# **Why it works.** `next` takes the first name of the offer that the server supports, and `None` if the
# generator is empty. Walking through `offered` follows the client's taste; walking through `supported`
# would follow the server's. The RFC leaves that to the server, so both pass. What it does not leave open is
# a name that was never offered.

# %% [markdown] id="build-server-handshake-text"
# ## The server's answer
#
#     HTTP/1.1 101 Switching Protocols
#     Upgrade: websocket
#     Connection: Upgrade
#     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
#     Sec-WebSocket-Protocol: chat
#
# 101 means: from the first byte after this head, the other language is spoken. So there is no body and no
# `Content-Length`. `Sec-WebSocket-Protocol` is there only if a subprotocol was chosen. It names one, and it
# is never empty.
#
# ### Exercise 4.7: write the server's answer

# %% exercise 4.7 build_server_handshake

# %% [markdown] tags=["solution"] id="build-server-handshake-why"
# **Why it works.** The four lines are fixed but for the accept value. `if subprotocol is not None` and not
# `if subprotocol`: the question is whether one was chosen. As in the request, the join puts the empty line
# at the end. If it were missing, the client would wait for more headers, and everything the server sent
# next would look like one.

# %% [markdown] id="whole-server"
# That was the server's last part. `accept_client` puts your parts together: check, choose, answer. `refuse`
# turns a `HandshakeError` into an HTTP response. A whole WebSocket server's door is this:


# %% id="door"
def door(conn: socket.socket) -> None:
    try:
        request = yours.parse_request_head(read_head(conn))
        response, _ = yours.accept_client(
            request, resource_names=["/chat"], subprotocols=["chat", "superchat"]
        )
    except HandshakeError as error:
        response = yours.refuse(error)
    conn.sendall(response)


# %% [markdown] id="predict-impostor-text"
# ## What the check proves, and what it does not
#
# **The article says (S6):** the handshake verifies that the server supports WebSocket. Two servers want in
# by the back door. Neither can send or read a single WebSocket message.
#
# The *parrot* knows nothing. It sends back a 101 that someone once copied from the RFC, whatever it is
# asked. The *impostor* is three lines long. It looks for the key and follows the one rule of the accept
# value.
#
# **Predict.** Which of the two do real clients believe?

# %% id="predict-impostor"
parrot_is_believed = None  # True or False
impostor_is_believed = None

# %% id="impostor"
HEAD = "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "


def parrot(conn: socket.socket) -> None:
    conn.recv(4096)
    conn.sendall(f"{HEAD}s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n".encode())


def impostor(conn: socket.socket) -> None:
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", conn.recv(4096))[1]
    accept = base64.b64encode(hashlib.sha1(key + MAGIC.encode()).digest()).decode()
    conn.sendall(f"{HEAD}{accept}\r\n\r\n".encode())


# %% [markdown] id="own-client-text"
# And this is the door from the other side: a whole client of your stack, which joins the real ones in
# `clients`.


# %% id="own-client"
def connect_yours(url: str) -> str | None:
    parts = yours.parse_ws_url(url)
    key = yours.make_key()
    with socket.create_connection((parts.host, parts.port), timeout=2) as conn:
        conn.sendall(yours.build_client_handshake(parts, key))
        response = yours.parse_response_head(read_head(conn))
        return yours.check_server_handshake(response, key)


everyone = [own_client("yours", connect_yours), *clients]

# %% id="run-impostor"
with serve(parrot) as first, serve(impostor) as second:
    doors = [first.url("/bank"), second.url("/bank")]
    outcomes = {client.name: client.connect_all(doors) for client in everyone}

believed = [
    any(done.verdict == "accepts" for done in of_one_server)
    for of_one_server in zip(*outcomes.values(), strict=True)
]
compare_predictions(
    ("parrot is believed", parrot_is_believed, believed[0]),
    ("impostor is believed", impostor_is_believed, believed[1]),
)
demands = ["refuse, 4.1 point 4", "accept, 4.1"]
compare_verdicts("Who believes whom?", ["parrot", "impostor"], demands, outcomes)

# %% [markdown] id="s6-settled"
# **S6 (the server supports WebSocket) is right, if that means: it knows the rule.** The check shows that
# somebody on the other side read this request and knows one rule. It shows nothing else:
#
# - **no identity**: the impostor served `/bank`, and nobody asked who it was;
# - **no secrecy**: you read both heads in plain text, and so does everyone on the way;
# - **no ability**: nothing in the two heads tells that the impostor cannot speak a word of WebSocket.
#
# Identity and secrecy are the business of TLS, in `wss` (lesson 9). What the check is for is modest and
# useful: a client never starts to speak WebSocket to a server that takes it for something else.

# %% [markdown] id="check-server-handshake-text"
# ## The client's check
#
# **The article says (S11):** the browser computes the value itself and compares; if they differ, the
# connection fails. That is one demand out of six. All six, from section 4.1 of the RFC:
#
# | what | must be |
# |---|---|
# | status | 101 |
# | `Upgrade` | the one value `websocket`, in any case |
# | `Connection` | a list that has the token `upgrade`, in any case |
# | `Sec-WebSocket-Accept` | there, once, and the accept value for the key that was sent |
# | `Sec-WebSocket-Extensions` | not there, since this client asks for no extension |
# | `Sec-WebSocket-Protocol` | not there, or there once with one of the names that were offered, as it is spelled |
#
# ### Exercise 4.8: check the server's answer
#
# A `Response` has `status`, `reason` and `headers`, and the headers work as in a request. The letters of
# base64 count in their case: `a` and `A` are different values. Refuse by `raise
# HandshakeError(response.status, reason="...")`. Further down you read the reasons of all clients side by
# side; without one, yours says `HandshakeError: 101`.

# %% exercise 4.8 check_server_handshake

# %% [markdown] tags=["solution"] id="check-server-handshake-why"
# **Why it works.** The problem is looked for from top to bottom, as the RFC numbers its demands, and there
# is one place that raises. The list of all `Sec-WebSocket-Accept` values is compared with a list of one:
# none, two and a wrong one all fail in the same line. `chosen[0] not in offered` also refuses `chat,
# superchat` and the empty name, because neither was offered.

# %% [markdown] id="examples-text"
# ## Examples that catch wrong servers
#
# A test is a claim about right and wrong. Here you write the claims: request heads, each with the verdict
# of a right server. Your examples are tried on several right servers, which must agree with all of them,
# and on a row of wrong ones. Each wrong one makes one mistake, and must be caught by one example at least.
#
# ### Exercise 4.9: write examples that catch wrong servers
#
# Start from one good head and change one thing at a time, with `replace`, for instance. Questions that lead
# to examples:
#
# - What may vary? Upper and lower case, lists with more than one token, one space, several or none after a
#   colon, headers that the server does not know, a colon inside a value, the RFC's key with its spare bits.
# - What must not? Look at every row of the table of 4.5: left out, wrong, twice.
# - Where might a careless server look? For a word anywhere in the head, or for a part of a token.
# - How is a key wrong, other than by its length? How is it wrong although it has 24 characters?
#
# Leave out what the RFC leaves open, because right servers differ there: lines that end in LF alone,
# bodies, an empty `Host`, several protocols in `Upgrade`. Each head ends with its empty line.

# %% exercise 4.9 handshake_examples

# %% [markdown] tags=["solution"] id="handshake-examples-why"
# **Why it works.** One good head and a helper that changes it make each example differ from a right request
# in one thing only, so a server that gets it wrong has shown which mistake it makes. The accepted ones are
# as important as the refused ones: a server that refuses everything passes every test that only looks for
# refusals.

# %% [markdown] id="real-thing"
# ## Against the real thing
#
# ### curl, with the RFC's key
#
# curl does not check the answer. It shows it as it came. Does your server give the value that the RFC
# prints?

# %% id="curl-101"
with serve(door) as server:
    shown = run_curl([*curl_arguments, server.url("/chat", scheme="http")])
print(shown.rstrip())
if shown.startswith("HTTP"):
    print("\nThe RFC's accept value is in it:", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in shown)

# %% [markdown] id="curl-yourself"
# To try it in a terminal, put a WebSocket server's name in place of `HOST`. After the 101 curl waits for
# more, so end it with Ctrl+C:
#
#     curl -i -N --http1.1 -H "Upgrade: websocket" -H "Connection: Upgrade" \
#          -H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" -H "Sec-WebSocket-Version: 13" http://HOST/

# %% [markdown] id="real-clients-text"
# ### Real clients at your door
#
# Four visits from each client: a plain one, one that offers `superchat` and `chat`, one that offers a
# language your server does not know, and one to a path that does not exist.

# %% id="real-clients"
rows = []
with serve(door) as server:
    chat, nope = server.url("/chat"), server.url("/nope")
    visits = [chat, (chat, ["superchat", "chat"]), (chat, ["mqtt"]), nope]
    for client in clients:
        outcomes = client.connect_all(visits)
        rows.append([client.name, *map(str, outcomes)])
Table("What became of each visit", ["", "plain", "superchat, chat", "mqtt", "/nope"], rows)

# %% [markdown] id="real-clients-look"
# The visit with `mqtt` is worth a look. Your server may choose none of the names, and says so by leaving
# the header out. Is that still a connection? The RFC leaves it to the client, and clients differ. Browsers
# must hang up: their own standard, the [WebSockets standard](https://websockets.spec.whatwg.org/) of the
# WHATWG, demands it.

# %% [markdown] id="real-server-text"
# ### Your client at a real server

# %% id="real-server"
with real_server() as server:
    if server:
        print("websockets let yours in; subprotocol:", connect_yours(server.url("/chat")))

# %% [markdown] id="mutate-text"
# ### One line changed at a time
#
# Now a server that changes one thing in a good answer. **The article's S11** says that a wrong accept value
# fails. What else fails, and do all clients agree?

# %% id="changes"
GOOD = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {accept}\r\n"
)
TWICE = "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}"
CHANGES = [  # name, what is replaced ("" adds a line), by what
    ("nothing changed", "GET", "GET"),
    ("status 200", "101 Switching Protocols", "200 OK"),
    ("no Upgrade", "Upgrade: websocket\r\n", ""),
    ("Upgrade: h2c", "Upgrade: websocket", "Upgrade: h2c"),
    ("Upgrade: WebSocket", "Upgrade: websocket", "Upgrade: WebSocket"),
    ("no Connection", "Connection: Upgrade\r\n", ""),
    ("Connection: keep-alive, Upgrade", ": Upgrade", ": keep-alive, Upgrade"),
    ("no accept value", "Sec-WebSocket-Accept", "X-Accept"),
    ("the key sent back", "{accept}", "{key}"),
    ("the accept value twice", "Sec-WebSocket-Accept: {accept}", TWICE),
    ("an extension nobody asked for", "", "Sec-WebSocket-Extensions: x-course"),
    ("a subprotocol nobody offered", "", "Sec-WebSocket-Protocol: chat"),
    ("a header nobody knows", "", "X-Course: minews"),
]

# %% [markdown] id="predict-changes-text"
# **Predict.** After which of these changes is it still a good answer?

# %% id="predict-changes"
still_good = []  # the names, as they stand in the list

# %% [markdown] id="demands-text"
# And this is what the RFC says about each. You have written most of it yourself in 4.8.

# %% id="demands"
DEMANDS = [
    "accept, 4.1",
    "refuse, 4.1 point 1",
    "refuse, 4.1 point 2",
    "refuse, 4.1 point 2",
    "accept, 4.1 point 2",
    "refuse, 4.1 point 3",
    "accept, 4.1 point 3",
    "refuse, 4.1 point 4",
    "refuse, 4.1 point 4",
    "refuse, 11.3.3",
    "refuse, 4.1 point 5",
    "refuse, 4.1 point 6",
    "accept, RFC 9110 5.1",
]


# %% id="run-changes"
def answer_changed(conn: socket.socket) -> None:
    request = yours.parse_request_head(read_head(conn))
    key = yours.check_client_handshake(request)
    _, old, new = CHANGES[int(request.target.removeprefix("/"))]
    head = GOOD.replace(old, new) if old else f"{GOOD}{new}\r\n"
    conn.sendall(f"{head}\r\n".format(key=key, accept=yours.accept_value(key)).encode())


names = [name for name, _, _ in CHANGES]
with serve(answer_changed) as server:
    urls = [server.url(f"/{number}") for number in range(len(CHANGES))]
    verdicts = {client.name: client.connect_all(urls) for client in everyone}

good = [names[number] for number, demand in enumerate(DEMANDS) if demand.startswith("accept")]
compare_predictions(("still a good answer", still_good, good))
compare_verdicts("Who refuses which answer?", names, DEMANDS, verdicts)

# %% [markdown] id="words-text"
# And in their own words, which are worth knowing when you debug. A browser tells the page's script only
# that there was an error, so that no page can find out about servers that are none of its business. The
# reason stands in the browser's console: look there.

# %% id="words"
rows = [
    [name, *(verdicts[client.name][number].said for client in everyone)]
    for number, name in enumerate(names)
    if DEMANDS[number].startswith("refuse")
]
Table("What each client said", ["", *(client.name for client in everyone)], rows)

# %% [markdown] id="s11-settled"
# **S11 (the browser compares, and a mismatch fails) is right, and not the whole check.** A client also
# refuses another status, a missing or wrong `Upgrade` or `Connection`, an extension and a subprotocol that it
# did not ask for ([section 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1), points 1 to 6). Where a
# client departs from the RFC in your table, you have found something: peers are not perfect, and yours will
# meet all of them. The WebSocket that is built into Node 20.20, for one, demands that `Connection` be the one
# word `upgrade`, and a subprotocol that nobody offered makes the whole program crash.

# %% [markdown] id="own-examples-text"
# ### Your examples at a real server
#
# Last, the examples of 4.9 knock at the server of `websockets`. Where it decides otherwise than your
# example, one of the two is wrong.


# %% id="own-examples"
def is_let_in(port: int, head: bytes) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as conn:
        conn.sendall(head)
        return conn.recv(4096).startswith(b"HTTP/1.1 101")


examples = yours.study.examples.handshake_examples()
surprises = []
with real_server() as server:
    if server:
        for head, accepted in examples:
            if is_let_in(server.port, head) is not accepted:
                surprises.append(head)
        print(f"{len(examples)} examples; websockets decides otherwise about {len(surprises)}.")
for head in surprises:
    print(f"\n{head.decode('latin-1').rstrip()}")

# %% [markdown] id="own-examples-look"
# When this lesson was written, `websockets` 17.4 did not look at `Host` at all: it let in a request without
# one, and one with two. But the RFC lists `Host` among what a server must find ([section
# 4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1), point 2), and HTTP demands 400 for none and
# for two ([RFC 9112 section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)). It also hung up on
# `HTTP/1.2`, where the RFC allows 1.1 or higher. So your list may hold several surprises, or none. A widely
# used server is a witness, and not the law.

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
# | S5 | `ws://`, and encrypted `wxs` | a misprint: `wss`. Your clients refuse `wxs`. |
# | S6 | the handshake verifies that the server supports WebSocket | right, and only that. Three lines pass the check: no identity, no secrecy. |
# | S8 | the browser makes a random string and sends it | right: 16 bytes in base64, in `Sec-WebSocket-Key`, new for each connection. |
# | S9 | append the magic string, encrypt with SHA-1, encode in base64 | the order is right. SHA-1 is a digest, there is no secret, and CRC-32 would serve as well. |
# | S10 | it is returned and cannot be inverted | returned in `Sec-WebSocket-Accept`. Nobody inverts: the client computes forward. |
# | S11 | the browser compares, and a mismatch fails | right; status, `Upgrade`, `Connection`, extensions and subprotocol are checked, too. |

# %% [markdown] id="summary"
# ## Summary
#
# **Client.** A `ws` or `wss` URL gives host, port and resource name; a fragment is forbidden ([section
# 3](https://www.rfc-editor.org/rfc/rfc6455#section-3)). The request is a GET of HTTP/1.1 with `Host`,
# `Upgrade: websocket`, `Connection: Upgrade`, `Sec-WebSocket-Key` (16 random bytes in base64, new each
# time) and `Sec-WebSocket-Version: 13` ([section 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
# The client says nothing more until the answer has come, and checks all of it.
#
# **Server.** It checks the request ([section 4.2.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1))
# and refuses with an HTTP status: 405, 426 or 400; 404 for a path where nothing is served. Another version
# gets a header that says 13 ([section 4.4](https://www.rfc-editor.org/rfc/rfc6455#section-4.4)). It accepts
# with 101, `Upgrade`, `Connection` and `Sec-WebSocket-Accept`, and with at most one subprotocol out of the
# offer ([section 4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)).
#
# **The accept value** is base64(SHA-1(key + magic string)). It proves that the server read this request and
# knows the rule ([section 1.3](https://www.rfc-editor.org/rfc/rfc6455#section-1.3)). It does not depend on
# the strength of SHA-1 ([section 10.8](https://www.rfc-editor.org/rfc/rfc6455#section-10.8)), and proves
# neither who the server is nor that nobody listens. For that there is TLS ([section
# 10.6](https://www.rfc-editor.org/rfc/rfc6455#section-10.6)).
#
# **Lists are lists.** `Connection`, and `Upgrade` in the request, are read token by token, in any case. In
# the answer, `Upgrade` is the one value `websocket`, in any case. Accept values and the names of subprotocols
# are compared letter by letter.
#
# **HTTP/2.** One HTTP/2 connection carries many requests side by side, so it cannot be handed over as a
# whole; [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441) opens a WebSocket on a single stream, with the
# method CONNECT and `:protocol` set to `websocket`. There the pair of key and accept value is dropped,
# since `:protocol` by itself shows that both ends mean WebSocket, and the server says yes with status 200.
#
# **Next.** The door is open. Lesson 5 is about what goes through it: frames.
