# %% [markdown] id="title"
# # 5. Frames: bits, lengths, masks
#
# The handshake opened the door. From the next byte on, both ends speak in *frames*. A frame is a header of 2
# to 14 bytes, which says what comes and how long it is, and then the payload. In this notebook you take
# frames apart to the last bit, and build them.
#
# | | writing | reading |
# |---|---|---|
# | the payload | mask it (5.1) | unmask it, by the same step |
# | its length | in 1, 3 or 9 bytes (5.2) | and back (5.3) |
# | the whole frame | put it together (5.4) | take it apart (5.5), refuse what must not come (5.6) |
# | the stream | | find the frames in it, wherever it was cut (5.7) |
#
# In 5.8 you read by hand the frames that the RFC prints. At the end, your frames and those of Python's
# `websockets` go back and forth, and your code reads the first frame that real clients send, your browser
# among them.
#
# The article stops at the door: of frames, masks and lengths it has no word (S12). One statement of it is
# about what goes through the door, S3: both ends may send at any time, text or binary.

# %% [markdown] id="how-it-works"
# **How to use this page.** Run the cells from top to bottom with Shift+Enter. A cell that ends in
# `check(...)` is an exercise: write the body in place of `raise` and run the cell. `hint("5.1")` helps on.
# Any exercise can wait: the experiments use `yours`, in which the reference lends what you have not written
# yet.

# %% setup

# %% id="tools"
import os
import random
import socket

from classroom.clients import Outcome
from classroom.plots import new_plot, show_plot
from classroom.real_frames import find_real_frames
from classroom.servers import real_server, serve
from classroom.tables import Table, compare_predictions, compare_verdicts
from classroom.talks import find_talkers, own_talker
from classroom.widgets import draw_river, explore_frame

# %% [markdown] id="recall"
# ## Recall
#
# Five questions from lessons 1 and 4. Answer each one aloud, then unfold. If you start here, read the
# answers: they are all that you need.
#
# <details><summary>1. A message has 10 bytes, and <code>recv</code> gave 3 of them. What does the reader do?</summary>
#
# It keeps the 3 and calls <code>recv</code> again. TCP is a river: where one <code>send</code> ended cannot
# be seen at the other end.
# </details>
#
# <details><summary>2. How does a reader know where a length-prefixed message ends?</summary>
#
# Its length comes first. In lesson 1 that was a number of 2 bytes, the high byte first: 258 is
# <code>01 02</code>, since 1 · 256 + 2 = 258.
# </details>
#
# <details><summary>3. <code>recv</code> returned <code>b""</code>. What does that mean?</summary>
#
# The other end will send nothing more. It never means "nothing yet".
# </details>
#
# <details><summary>4. The server's 101 ends in an empty line. What is the very next byte that it sends?</summary>
#
# The first byte of a frame. It may come in the same <code>recv</code> as the head.
# </details>
#
# <details><summary>5. A handshake over <code>ws</code> succeeded. What in it was secret?</summary>
#
# Nothing. Key, accept value and all that follows can be read on the way. Secrecy is the business of TLS.
# </details>

# %% [markdown] id="first-look"
# ## One frame, bit by bit
#
# `Frame` holds what a frame says. Its fields are `fin`, `opcode`, `payload`, `rsv1`, `rsv2`, `rsv3` and
# `masking_key`. `encode_frame` makes the bytes that go on the wire. This is the first example of the RFC, a
# text message with the word Hello:

# %% id="first-frame"
frame = Frame(fin=True, opcode=Opcode.TEXT, payload=b"Hello")
data = yours.encode_frame(frame)
print(frame)
print(len(data), "bytes:", data.hex(" "))
print("the last five as text:", data[2:].decode())

# %% [markdown] id="layout-text"
# Two bytes are the header. Each bit of them has a name ([RFC 6455 section
# 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)):
#
# | where | bits | name | what it says |
# |---|---|---|---|
# | byte 0 | 1, the highest | FIN | set: this frame is the last of its message, and nearly always the only one |
# | | 3 | RSV1, RSV2, RSV3 | reserved: 0, as long as no extension was agreed on |
# | | 4 | opcode | what the payload is: 1 text, 2 binary, 0 (CONT) more of the message before; 8 Close, 9 Ping, 10 Pong |
# | byte 1 | 1, the highest | MASK | set: a masking key follows, and the payload is masked with it |
# | | 7 | payload length | 0 to 125: so many bytes. 126 or 127: the length itself follows |
# | then | 0, 16 or 64 | extended payload length | the length, if the 7 bits were too few |
# | then | 0 or 32 | masking key | 4 bytes, if MASK is set |
# | then | the rest | payload | as many bytes as the length says |
#
# A message may come in several frames, its *fragments* (lesson 7). A Close says goodbye, and a code of 2
# bytes at the beginning of its payload may say why. A Ping asks "still there?", and a Pong answers. These
# three are the *control frames*.
#
# **Predict.** The first byte of the frame above is `0x81`. Write its eight bits. And what is the first byte
# of a Ping, if FIN is set there, too?

# %% id="predict-bits"
bits_of_81 = ""  # eight digits, such as "01010101"
ping_begins_with = ""  # two hex digits, such as "42"

# %% id="look-bits"
ping = yours.encode_frame(Frame(fin=True, opcode=Opcode.PING, payload=b""))
compare_predictions(
    ("the bits of 0x81", bits_of_81, f"{data[0]:08b}"),
    ("the first byte of a Ping", ping_begins_with, f"{ping[0]:02x}"),
)

# %% [markdown] id="bits-text"
# A hex digit is four bits. So the left digit of byte 0 is FIN and the reserved bits, `8` if only FIN is set,
# and the right digit is the opcode. A frame that begins with `89` is a Ping, and whole. That is why a hex
# dump of frames can be read at sight.
#
# Python can look at single bits. `&` keeps the bits that are set in both numbers, `|` puts together the bits
# that are set in either. A set bit gives the value of its place, here 128 for FIN, and not 1: so `bool(...)`
# makes True or False of it. `data[0]` is a number from 0 to 255; `data[0:1]` would be `bytes`.

# %% id="bit-tools"
byte = data[0]
print(f"byte 0          {byte:08b}")
print(f"FIN             {byte & 0b1000_0000:08b}  {bool(byte & 0b1000_0000)}")
print(f"opcode          {byte & 0b0000_1111:08b}  {byte & 0b0000_1111}")
print(f"put together    {0b1000_0000 | Opcode.TEXT:08b}  {0b1000_0000 | Opcode.TEXT:#x}")

# %% [markdown] id="explore-text"
# **Investigate.** Here is the same frame to play with. Change one thing at a time and watch which bytes
# change:
#
# 1. Clear FIN. Which hex digit changes, and from what to what?
# 2. Set MASK. By how many bytes does the frame grow, and what happens to the payload?
# 3. Make the payload 126 bytes long. What stands in the 7 bits then?
# 4. Give the frame to a server instead of a client (*read by*). What does the verdict say, with MASK and
#    without?

# %% id="explore"
explore_frame(frame, receiver=Role.CLIENT)

# %% [markdown] id="mask-text"
# ## The mask
#
# A client masks every frame that it sends; a server masks none. The client draws a *masking key* of 4 random
# bytes for each frame and sends it in the header. Byte 0 of the payload meets byte 0 of the key, and so on;
# byte 4 meets byte 0 of the key again. Two bytes that meet are combined by XOR, `^` in Python: a bit of the
# result is 1 where the two bits differ.

# %% id="xor"
letter, key_byte = ord("H"), 0x37
on_the_wire = letter ^ key_byte
print(f"the letter H      {letter:08b}  {letter:02x}")
print(f"the key           {key_byte:08b}  {key_byte:02x}")
print(f"on the wire       {on_the_wire:08b}  {on_the_wire:02x}")
print(f"XOR once more     {on_the_wire ^ key_byte:08b}  {on_the_wire ^ key_byte:02x}")

# %% [markdown] id="apply-mask-text"
# A set bit of the key flips a bit, a clear one leaves it alone. Flipped twice, a bit is what it was. So one
# function masks and unmasks.
#
# ### Exercise 5.1: mask and unmask
#
# Going through bytes gives numbers: `for index, byte in enumerate(data)` counts them from 0. `index % 4` is
# the remainder: 0, 1, 2, 3, 0, 1 and so on. `bytes(numbers)` makes bytes of a list, or of any row of numbers.
# The brackets count: `bytes([72])` is one byte, `bytes(72)` is 72 zeros.
#
# The RFC's own example, section 5.7: `Hello` with the key `37 fa 21 3d` is `7f 9f 4d 51 58`. `data` may be
# a `bytearray`, too, or a `memoryview`, which is a window onto the bytes of something else: all three are
# read alike. A key that is not 4 bytes long is not tested.

# %% exercise 5.1 apply_mask

# %% [markdown] tags=["solution"] id="apply-mask-why"
# **Why it works.** `index % 4` says which byte of the key is next, so the length of the payload does not
# matter. The index starts at 0 in each frame: the key begins anew with each payload, wherever `recv` cut the
# stream. Lesson 11 makes the same function much faster.

# %% [markdown] id="two-masks-text"
# ### The same text, two masks
#
# Run the cell again for another key in the last column.

# %% id="two-masks"
text = b"Hello!!!"
keys = [bytes.fromhex("37fa213d"), os.urandom(4)]
frames = [Frame(fin=True, opcode=Opcode.TEXT, payload=text, masking_key=key) for key in keys]
wires = [yours.encode_frame(each)[6:] for each in frames]  # without the header


def show_masked(index: int, key: bytes, wire: bytes) -> str:
    return f"{key[index % 4]:02x}  {wire[index]:02x}"


rows = [
    [chr(byte), f"{byte:02x}", *(show_masked(index, *pair) for pair in zip(keys, wires, strict=True))]
    for index, byte in enumerate(text)
]
heads = [f"key {key.hex(' ')}: its byte, wire" for key in keys]
Table("Eight bytes under two keys", ["letter", "byte", *heads], rows, code=True)

# %% [markdown] id="predict-eavesdropper-text"
# **Predict.** Somebody on the way sees the bytes of a masked frame and nothing else. Can they read the text?

# %% id="predict-eavesdropper"
can_be_read = None  # True or False

# %% id="eavesdropper"
overheard = yours.encode_frame(frames[1])
seen, _ = yours.decode_frame(overheard)
print(overheard.hex(" "))
print(seen.payload)
compare_predictions(("the text can be read on the way", can_be_read, seen.payload == text))

# %% [markdown] id="mask-why"
# The key travels in the same frame, so a mask hides nothing. **Why masks, then?** A page's script chooses
# what its browser sends, and without masks it could send bytes that look like an HTTP request to a proxy on
# the way that knows no WebSocket, and so put a false page into a cache that others use. With a new key that
# no script can foresee, nobody can choose the bytes that appear on the wire ([section
# 10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3)).
#
# That is why the key comes from `os.urandom` and is drawn anew for each frame, and why only clients mask: it
# is in browsers that strangers' scripts run. Lesson 10 tries the attack.

# %% [markdown] id="length-text"
# ## The length
#
# Seven bits can say 0 to 127. The two largest values are set aside:
#
# | payload | the 7 bits | behind them | bytes for the length |
# |---|---|---|---|
# | 0 to 125 | the length | nothing | 1 |
# | 126 to 65,535 | 126 | the length in 2 bytes | 3 |
# | 65,536 and more | 127 | the length in 8 bytes, of which the highest bit is 0 | 9 |
#
# The sender must take the shortest form that fits. Numbers of several bytes have their high byte first.
#
# **Predict.** How many bytes is the whole header, for payloads of these lengths, without a mask? And how many
# more does a mask take?

# %% id="predict-header"
header_of_125 = None  # a number
header_of_126 = None
header_of_65535 = None
header_of_65536 = None
more_with_a_mask = None


# %% id="look-header"
def header_size(n: int, masked: bool) -> int:
    key = bytes(4) if masked else None
    return (
        len(yours.encode_frame(Frame(fin=True, opcode=Opcode.BINARY, payload=bytes(n), masking_key=key))) - n
    )


compare_predictions(
    ("125 bytes", header_of_125, header_size(125, masked=False)),
    ("126 bytes", header_of_126, header_size(126, masked=False)),
    ("65535 bytes", header_of_65535, header_size(65535, masked=False)),
    ("65536 bytes", header_of_65536, header_size(65536, masked=False)),
    ("more with a mask", more_with_a_mask, header_size(5, masked=True) - header_size(5, masked=False)),
)

# %% [markdown] id="to-bytes-text"
# Python writes and reads such numbers: `n.to_bytes(2, "big")` writes one in 2 bytes, the high byte first, and
# `int.from_bytes` reads it.

# %% id="to-bytes"
print((1000).to_bytes(2, "big").hex(" "), "  1000 is 3 · 256 + 232, and 3 is 0x03, 232 is 0xe8")
print((1000).to_bytes(8, "big").hex(" "))
print(int.from_bytes(b"\x03\xe8", "big"))

# %% [markdown] id="encode-len-text"
# ### Exercise 5.2: write the payload length
#
# This function writes the second byte of a frame, with its MASK bit, and the extended payload length behind
# it, if the form has one. One byte with the value 126 is `bytes([126])`, with brackets: `bytes(126)` would be
# 126 bytes of zero. A length below 0 is the caller's mistake: `ValueError`. One of 2**63 or more, which no
# form can hold, is not tested.

# %% exercise 5.2 encode_payload_len

# %% [markdown] tags=["solution"] id="encode-len-why"
# **Why it works.** Three forms, three lines, and the borders stand in them as the RFC names them: 125,
# 65,535, 2**63. `mask | n` sets the highest bit and leaves the other seven alone, because `n` is at most 127
# there. Python's chained comparisons (`126 <= n <= 65_535`) read like the table.

# %% [markdown] id="worked-125"
# ### The same backwards: read a length
#
# Three examples. The first is worked out, in the second the last step is yours, the third is yours alone.
#
# **First: `7d 48 65 6c ...`**
#
# 1. Byte 0 here is the second byte of the frame: `7d`, in bits `0 1111101`.
# 2. The highest bit is MASK. It is 0: no key.
# 3. The other seven are 1111101, that is 64 + 32 + 16 + 8 + 4 + 1 = 125.
# 4. 125 is less than 126, so it is the length itself. 1 byte was used.

# %% id="worked-125-code"
buf = bytes.fromhex("7d 48 65 6c")
short = buf[0] & 0b0111_1111
print(f"{buf[0]:08b}: the seven bits say {short}, and 1 byte was used")

# %% [markdown] id="worked-126"
# **Second: `fe 0c 35 ...`**
#
# 1. `fe` is `1 1111110`. MASK is 1.
# 2. The seven bits say 126, so the length stands in the next 2 bytes.
# 3. These are `0c 35`, the high byte first. So the length is 12 · 256 + 53, which is ...
#
# **Third: `ff 00 00 00 00 00 01 11 70 ...`** What is MASK, how long is the payload, and how many bytes were
# used?

# %% id="predict-lengths"
second_length = None  # a number
third_mask = None  # 0 or 1
third_length = None
third_used = None

# %% id="look-lengths"
second, third = bytes.fromhex("fe 0c 35"), bytes.fromhex("ff 00 00 00 00 00 01 11 70")
length_of_second, _ = yours.decode_payload_len(second)
length_of_third, used_of_third = yours.decode_payload_len(third)
compare_predictions(
    ("second: the length", second_length, length_of_second),
    ("third: MASK", third_mask, int(bool(third[0] & 0b1000_0000))),
    ("third: the length", third_length, length_of_third),
    ("third: bytes used", third_used, used_of_third),
)

# %% [markdown] id="lengths-text"
# The second is 12 · 256 + 53 = 3125. In the third, `ff` is `1 1111111`: MASK is 1, and 127 says that the next
# 8 bytes are the length. `01 11 70` at their end is 1 · 65,536 + 17 · 256 + 112 = 70,000. One byte and 8 more
# make 9.

# %% [markdown] id="not-yet-text"
# ## "Not yet" is None
#
# A stream cuts anywhere, so whoever reads frames often holds the beginning of one. That is no error and no
# empty frame: it is *not yet*. In this course a decoder says so with `None`, and is asked again when more has
# come. Wrong bytes are another matter: they raise `ProtocolError`.
#
# **Predict.** A masked frame with a payload of 300 bytes comes byte by byte. After how many bytes can its
# length be known? And after how many is it whole?

# %% id="predict-not-yet"
length_known_after = None  # a number of bytes
whole_after = None

# %% id="look-not-yet"
long_frame = Frame(fin=True, opcode=Opcode.TEXT, payload=b"x" * 300, masking_key=os.urandom(4))
stream = yours.encode_frame(long_frame)
lengths = [yours.decode_payload_len(stream[1:end]) for end in range(len(stream) + 1)]
decoded = [yours.decode_frame(stream[:end]) for end in range(len(stream) + 1)]
compare_predictions(
    ("length known after", length_known_after, next(n for n, got in enumerate(lengths) if got is not None)),
    ("whole after", whole_after, next(n for n, got in enumerate(decoded) if got is not None)),
)

# %% [markdown] id="not-yet-why"
# Byte 0, byte 1 and 2 bytes of length make 4. The key takes 4 more, and then comes the payload: 8 + 300 =
# 308.

# %% [markdown] id="decode-len-text"
# ### Exercise 5.3: read the payload length
#
# `buf` begins at the byte with MASK and the seven bits. It may hold too little, even nothing, and it may hold
# more than the length. Return two numbers: the length, and how many bytes you used for it. `used` counts the
# first byte, too: it is 1, 3 or 9. `buf[0]` of an empty `buf` raises `IndexError`, but a slice never fails:
# `buf[1:9]` is what is there, at most. Look at `len(buf)` before you trust it.
#
# A length that is not in its shortest form, or whose highest bit is set, is not tested. The reference refuses
# it with `ProtocolError(1002)`.

# %% exercise 5.3 decode_payload_len

# %% [markdown] tags=["solution"] id="decode-len-why"
# **Why it works.** `& 0b0111_1111` takes MASK away before anything is compared. The number of bytes that are
# needed follows from the seven bits alone, so one comparison with `len(buf)` covers both longer forms, and
# nothing is read before it is there. The reference is strict about the two open points: section 5.2 demands
# both of the sender, so a length that breaks them shows a peer that does not know the protocol.

# %% [markdown] id="overhead-text"
# ## What a header costs
#
# How much of what goes over the wire is header? It depends on the payload. Where do you expect steps, and how
# high is the cost for a chat message of 20 bytes?

# %% id="overhead"
sizes = sorted({*range(1, 127), *(round(10 ** (step / 20)) for step in range(42, 121)), 65_535, 65_536})
figure, axes = new_plot()
for label, extra in (("from a client, masked", 4), ("from a server", 0)):
    headers = [1 + len(yours.encode_payload_len(n, masked=extra > 0)) + extra for n in sizes]
    shares = [100 * header / (header + n) for header, n in zip(headers, sizes, strict=True)]
    axes.plot(sizes, shares, label=label)
    share_of_20 = shares[sizes.index(20)]
    print(f"{label + ':':<24} a payload of 20 bytes costs {share_of_20:4.1f} %")
axes.set(xscale="log", yscale="log", xlabel="payload (bytes)", ylabel="header, of all bytes sent (%)")
axes.xaxis.set_major_formatter("{x:,.0f}")
axes.yaxis.set_major_formatter("{x:g}")
axes.legend()
show_plot(
    figure,
    "The header's share of a frame",
    "The longer the payload, the smaller the share. It steps up at 126 bytes and at 65,536 bytes, where the "
    "length takes a longer form. A masked frame always has four bytes more than one without.",
)

# %% [markdown] id="overhead-look"
# A line of chat costs a few bytes more than its text. The same line as an HTTP request takes a head of some
# hundred bytes each time: look at the requests of lesson 4. From 8,000 bytes on, even a masked header is no
# more than a thousandth of all.

# %% [markdown] id="encode-frame-text"
# ## The whole frame
#
# ### Exercise 5.4: write a frame
#
# Put together what you have: byte 0, the length, the masking key if there is one, the payload, masked if
# there is a key.
#
# - Byte 0 starts as the opcode, `int(frame.opcode)`. For each flag that is set, put in its bit with `|`: FIN
#   is `0b1000_0000`, RSV1 half of that, and so on. `bytes([first])` makes a byte of the number.
# - `frame.masking_key` is `None` for a frame without a mask. Ask `is not None`: only `None` means that there
#   is no mask. A key of four zero bytes is a key.
# - `apply_mask` and `encode_payload_len` are there: yours, if they pass. `bytes + bytes` puts bytes together.
# - An opcode that does not fit four bits is the caller's mistake: `ValueError`. A key that is not 4 bytes long
#   is not tested.
#
# Who draws the key? Whoever makes the `Frame`: this function writes what it is given, so that a test can
# compare every byte.

# %% exercise 5.4 encode_frame

# %% [markdown] tags=["solution"] id="encode-frame-why"
# **Why it works.** The four flags go through one loop, each with its bit, so none can be forgotten and no bit
# written twice. The length is that of the payload: masking changes no length, so it does not matter whether
# it is taken before or after. One `if` decides about all three things that a key brings: the MASK bit, the
# key itself, and the masked payload.

# %% [markdown] id="decode-frame-text"
# ### Exercise 5.5: read a frame
#
# And back. `buf` begins with a frame and may go on behind it. Return the frame and the number of bytes that
# it took, or `None` as long as it is not whole.
#
# 1. **How long?** `decode_payload_len` wants to begin at byte 1: give it `buf[1:10]`. It says `None` or
#    `(payload length, used)`.
# 2. **Where does the payload begin?** Behind byte 0, the `used` bytes and the key, if MASK is set.
# 3. **Is all of it there?** Compare `len(buf)` with the end of the payload.
# 4. **Build the `Frame`.** `bool(buf[0] & 0b1000_0000)` is FIN. The payload in it is unmasked, and
#    `masking_key` keeps the key that was on the wire, or `None`.
#
# `buf` may be a `bytearray`; `bytes(buf[2:6])` makes bytes of a slice. Decoding only decodes: an opcode that
# does not exist, or a reserved bit, goes into the `Frame` as it stands.

# %% exercise 5.5 decode_frame

# %% [markdown] tags=["solution"] id="decode-frame-why"
# **Why it works.** `start` walks along the header: 1, then `used`, then 4 if there is a key. When everything
# is known, `end` is the one number that decides between "not yet" and a frame, and it is also the number of
# bytes taken. The slices `buf[start:end]` leave alone what stands behind the frame, which belongs to the next
# one.

# %% [markdown] id="check-frame-text"
# ## What must not come
#
# A decoder takes anything apart. Whether a frame may come at all is another question, and part of the answer
# is who asks: a *server* must refuse a frame without a mask, and a *client* one with a mask ([section
# 5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1)).
#
# | what | must be | section |
# |---|---|---|
# | MASK | set, if I am the server; clear, if I am the client | 5.1 |
# | RSV1, RSV2, RSV3 | clear, as no extension was agreed on | 5.2 |
# | opcode | 0, 1, 2, 8, 9 or 10: the rest is reserved | 5.2 |
# | FIN of a Close, Ping or Pong | set: control frames are never in fragments | 5.5 |
# | payload of a Close, Ping or Pong | 125 bytes at most | 5.5 |
#
# **Predict.** Which of these may a *server* let in, and which a *client*? Write their numbers.
#
# 1. text, FIN, masked
# 2. text, FIN, not masked
# 3. text, no FIN, masked
# 4. Ping, no FIN, masked
# 5. Ping with 126 bytes, masked
# 6. binary, RSV1, not masked
# 7. Pong that nobody asked for, not masked

# %% id="predict-checks"
server_lets_in = []  # such as [6, 7]
client_lets_in = []

# %% id="look-checks"
key = os.urandom(4)
candidates = [
    Frame(True, Opcode.TEXT, b"Hi", masking_key=key),
    Frame(True, Opcode.TEXT, b"Hi"),
    Frame(False, Opcode.TEXT, b"Hi", masking_key=key),
    Frame(False, Opcode.PING, b"", masking_key=key),
    Frame(True, Opcode.PING, bytes(126), masking_key=key),
    Frame(True, Opcode.BINARY, b"Hi", rsv1=True),
    Frame(True, Opcode.PONG, b""),
]


def find_allowed(receiver: Role) -> list[int]:
    allowed = []
    for number, candidate in enumerate(candidates, 1):
        try:
            yours.check_frame(candidate, receiver)
            allowed.append(number)
        except ProtocolError as error:
            print(f"{receiver.value}, {number}: {error}")
    return allowed


compare_predictions(
    ("the server lets in", server_lets_in, find_allowed(Role.SERVER)),
    ("the client lets in", client_lets_in, find_allowed(Role.CLIENT)),
)

# %% [markdown] id="check-frame-go"
# ### Exercise 5.6: refuse what must not come
#
# `receiver` is who *I* am, `Role.SERVER` or `Role.CLIENT`. Refuse with `raise ProtocolError(1002, "...")`:
# 1002 is the *close code* for a protocol error, a number that goes into the Close which ends the connection,
# and the words are for people. A good frame returns nothing. The opcode may be any number from 0 to 15;
# `frame.opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG)` compares it with the names.

# %% exercise 5.6 check_frame

# %% [markdown] tags=["solution"] id="check-frame-why"
# **Why it works.** "Is masked" and "I am the server" must be the same, so one `!=` finds both wrong cases.
# Each of the other demands is one `if` with its own words. Nothing is mended and nothing left out: a peer
# that gets one frame wrong may get the next one wrong as well, and from then on both read different things in
# the same bytes.

# %% [markdown] id="reader-text"
# ## From a river to frames
#
# What `recv` gives may hold half a frame, or two and a half. `FrameReader` turns pieces into frames: `feed`
# takes what came and returns the frames that are whole by now. What is left over waits inside. Here is a
# stream of three frames, cut into pieces of 6 bytes:

# %% id="reader-look"
messages = [b"Hello", b"", b"a longer one"]
stream = b"".join(yours.encode_frame(Frame(True, Opcode.TEXT, message)) for message in messages)
reader = yours.FrameReader()
for start in range(0, len(stream), 6):
    piece = stream[start : start + 6]
    print(f"{piece.hex(' '):<19}", [frame.payload for frame in reader.feed(piece)])

# %% [markdown] id="reader-river-text"
# The same as a picture. Above the river are the borders of the frames, below it the borders of the pieces.
# They have nothing to do with each other, and the reader's business is to get from the lower ones back to the
# upper ones.

# %% id="reader-river"
frames_sent = [yours.encode_frame(Frame(True, Opcode.TEXT, message)) for message in messages]
draw_river(frames_sent, [stream[start : start + 6] for start in range(0, len(stream), 6)])

# %% [markdown] id="class-text"
# A function forgets everything when it returns. The reader must remember what is left over, so it is a
# *class*: `__init__` runs once when a reader is made and puts what it must remember into `self`; each call of
# `feed` finds it there. A buffer that grows at the end and shrinks at the front is a `bytearray`:


# %% id="class-look"
class Doubler:
    """Remembers bytes until there are two, and gives them in pairs."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        pairs = []
        while len(self._buffer) >= 2:
            pairs.append(bytes(self._buffer[:2]))
            del self._buffer[:2]
        return pairs


doubler = Doubler()
print(doubler.feed(b"abc"), doubler.feed(b"d"), doubler.feed(b""))

# %% [markdown] id="reader-go"
# ### Exercise 5.7: make frames of a river
#
# Two things make the reader more than a loop around `decode_frame`:
#
# - **A limit.** A header of 10 bytes can announce 2**62 bytes, and a reader that believes it waits until the
#   memory is full. So `feed` raises `ProtocolError(1009)` as soon as a frame *announces* more than
#   `max_payload`: as soon as `decode_payload_len` knows the length, not when the payload has come. 1009 is
#   the close code for "too big".
# - **Errors wait their turn.** If good frames stand before a bad one in the same piece, `feed` returns the
#   good ones, and the *next* call raises, even `feed(b"")`. If it has no good frame to return, `feed` raises
#   at once. After an error each further call raises it again, whatever it brings.
#
# A frame is bad here if it announces too much, or if `decode_payload_len` raises for its length; the rest is
# `check_frame`'s business. `except ProtocolError:` catches what is raised between it and its `try:`, and a
# plain `raise` in there raises it again.

# %% exercise 5.7 FrameReader

# %% [markdown] tags=["solution"] id="reader-why"
# **Why it works.** The loop goes on as long as a frame is whole, so it does not matter how many came at once;
# what is left over stays in the buffer, so it does not matter where the stream was cut. The size of the frame
# in front is computed from at most 9 bytes, and only a whole frame is copied: otherwise a frame of a megabyte
# that comes in small pieces would be copied thousands of times. The error is kept in `self`, so that frames
# which came before it are not lost.

# %% [markdown] id="cuts-text"
# ### Cut it anywhere
#
# The promise is: the frames do not depend on the cuts. So here is the stream from above, cut a thousand times
# at random places. The seed is printed, so that a surprise can be repeated.

# %% id="cuts"
seed = random.randrange(1_000_000)
rng = random.Random(seed)


def cut(data: bytes) -> list[bytes]:
    places = sorted(rng.choices(range(len(data) + 1), k=rng.randrange(8)))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


different = set()
for _ in range(1000):
    reader = yours.FrameReader()
    different.add(tuple(frame.payload for piece in cut(stream) for frame in reader.feed(piece)))
print(f"seed {seed}: {len(different)} different result{'s' * (len(different) != 1)}: {different}")

# %% [markdown] id="trace-text"
# ## By hand
#
# Section 5.7 of the RFC prints frames as examples, and whoever writes an implementation meets them again and
# again. You can write programs that read them. Can you read them? Here is one as a table, one row for each
# field, with the offset of the byte in which the field begins:

# %% id="trace-example"
FRAMES = yours.study.tracing.FRAMES  # names and bytes in hex


def show_trace(name: str) -> Table:
    rows = [
        [str(offset), field, repr(value)] for offset, field, value in yours.study.tracing.trace_frames()[name]
    ]
    return Table(f"{name}: {FRAMES[name]}", ["offset", "field", "value"], rows, code=True)


show_trace("text")

# %% [markdown] id="trace-go"
# ### Exercise 5.8: read the RFC's frames by hand
#
# Write a table for each of the eight frames, with a pencil at first and without running any code of yours:
# the byte in bits, then its fields. A field that a frame does not have gets no row. The masked payloads are
# the one place where you may let Python do the XOR; or remember what is under that mask.

# %% exercise 5.8 trace_frames

# %% [markdown] tags=["solution"] id="trace-why"
# **Why it works.** Offsets follow from the fields before: the key begins at 2, because no frame with a key
# has an extended payload length here, and the payload 4 bytes later. Reading by hand is worth the trouble
# once: whoever has done it finds a wrong bit in a dump at sight, and knows what the decoder must do.

# %% [markdown] id="trace-compare-text"
# Does your decoder say the same as your pencil? Of the two frames without a payload it can say only how long
# they would be.

# %% id="trace-compare"
if "5.8" not in [number for number, _, whose, _ in yours.status().rows if whose == "yours"]:
    print("Your tables do not pass yet, so these are the reference's.")
for name, rows in yours.study.tracing.trace_frames().items():
    by_hand = {field: value for _, field, value in rows}
    wire = bytes.fromhex(FRAMES[name])
    decoded = yours.decode_frame(wire)
    if decoded is None:
        length, _ = yours.decode_payload_len(wire[1:])
        same, said = length == by_hand["extended payload length"], f"not whole; {length:,} bytes announced"
    else:
        found, _ = decoded
        same = (found.fin, found.opcode, found.payload) == (
            bool(by_hand["FIN"]),
            by_hand["opcode"],
            by_hand["payload"],
        )
        said = f"{Opcode(found.opcode).name} {found.payload}{'' if found.fin else ', more to come'}"
    print(f"{name:<15} {said:<36} {'the same by hand' if same else 'by hand it is different'}")

# %% [markdown] id="real-thing"
# ## Against the real thing
#
# ### Back and forth with `websockets`
#
# Python's `websockets` has a module that reads and writes frames. Each frame here is written by one and read
# by the other, and the bytes are compared, for every length at a border and 200 at random.

# %% id="round-trip"
real = find_real_frames()
rng = random.Random(seed)
sizes = [0, 1, 125, 126, 127, 65_535, 65_536, *(rng.randrange(1000) for _ in range(200))]
agreed = 0
for n in sizes if real else []:
    fin, opcode = rng.random() < 0.5, rng.choice([Opcode.TEXT, Opcode.BINARY])
    said = Frame(fin, opcode, rng.randbytes(n))
    said_masked = Frame(fin, opcode, said.payload, masking_key=rng.randbytes(4))
    there = [real.read(yours.encode_frame(each)) for each in (said, said_masked)]
    back = [yours.decode_frame(real.write(each))[0] for each in (said, said_masked)]
    agreed += all((got.fin, got.opcode, got.payload) == (fin, opcode, said.payload) for got in there + back)
if real:
    print(f"{agreed} of {len(sizes)} payloads are the same to yours and to {real.name}: each was sent")
    print("in both directions, masked and not.")

# %% [markdown] id="first-frames-text"
# ### The first frame of real clients
#
# Each client on this machine connects and sends `Hello`, yours twice. `accept_handshake` is lesson 4 on a
# live connection; it returns the request, and the bytes that came behind it. You write it in lesson 6.
#
# **Predict.** Which fields have the same value in the first frames of all clients?

# %% id="predict-same"
same_in_all = []  # out of "FIN", "opcode", "MASK", "length", "masking key", "payload"

# %% id="find-talkers"
talkers = [own_talker("yours", yours.BlockingClient), *find_talkers()]
print("Here:", ", ".join(talker.name for talker in talkers))

# %% id="first-frames"
caught = {}  # the bytes and the frame, by the client's name


def catch_frame(conn: socket.socket, name: str) -> None:
    _, received = yours.accept_handshake(conn)
    while (decoded := yours.decode_frame(received)) is None:
        piece = conn.recv(4096)
        if not piece:
            raise EOFError("the client left before its first frame was whole")
        received += piece
    frame, used = decoded
    caught[name] = received[:used], frame


for talker in [own_talker("yours, the time before", yours.BlockingClient), *talkers]:
    with serve(lambda conn, name=talker.name: catch_frame(conn, name)) as server:
        talker.talk(server.url("/"), "Hello")


def show_frame(name: str, wire: bytes, frame: Frame) -> list[str]:
    key = frame.masking_key or b""
    return [name, wire.hex(" "), str(int(frame.fin)), str(frame.opcode), key.hex(" "), repr(frame.payload)]


rows = [show_frame(name, *what) for name, what in caught.items()]
heads = ["", "on the wire", "FIN", "opcode", "masking key", "payload"]
Table("The first frame of each client", heads, rows, code=True)

# %% id="look-same"
fields = {
    "FIN": {frame.fin for _, frame in caught.values()},
    "opcode": {frame.opcode for _, frame in caught.values()},
    "MASK": {frame.masking_key is not None for _, frame in caught.values()},
    "length": {len(frame.payload) for _, frame in caught.values()},
    "masking key": {frame.masking_key for _, frame in caught.values()},
    "payload": {frame.payload for _, frame in caught.values()},
}
compare_predictions(
    ("the same in all", same_in_all, [name for name, values in fields.items() if len(values) == 1])
)

# %% [markdown] id="paste-text"
# Real bytes in the explorer: the frame of the last client in the table, as it came. Paste others from the
# table, or change a byte and see what it means then.

# %% id="paste"
wire, _ = list(caught.values())[-1]
explore_frame(wire)

# %% [markdown] id="real-checks-text"
# ### What a real server refuses
#
# Each of these frames goes to the server of `websockets`, all but one masked as a client must, with a Ping
# behind it. If the Pong comes, the server went on. If it refuses, it says so in a Close with a code, as your
# `check_frame` does.

# %% id="bad-frames"
key = os.urandom(4)
BAD = [  # a name, what the RFC demands, the frame
    ("text", "accept, 5.6", Frame(True, Opcode.TEXT, b"Hi", masking_key=key)),
    ("text, not masked", "refuse, 5.1", Frame(True, Opcode.TEXT, b"Hi")),
    ("RSV1", "refuse, 5.2", Frame(True, Opcode.TEXT, b"Hi", rsv1=True, masking_key=key)),
    ("RSV3", "refuse, 5.2", Frame(True, Opcode.TEXT, b"Hi", rsv3=True, masking_key=key)),
    ("opcode 3", "refuse, 5.2", Frame(True, 3, b"Hi", masking_key=key)),
    ("opcode 11", "refuse, 5.2", Frame(True, 11, b"", masking_key=key)),
    ("Ping of 125 bytes", "accept, 5.5", Frame(True, Opcode.PING, bytes(125), masking_key=key)),
    ("Ping of 126 bytes", "refuse, 5.5", Frame(True, Opcode.PING, bytes(126), masking_key=key)),
    ("Ping without FIN", "refuse, 5.5", Frame(False, Opcode.PING, b"", masking_key=key)),
    ("unasked Pong", "accept, 5.5.3", Frame(True, Opcode.PONG, b"", masking_key=key)),
]


# %% id="ask-them"
def listen(websocket: object) -> None:
    for _ in websocket:
        pass


def ask_yours(frame: Frame) -> Outcome:
    try:
        yours.check_frame(frame, Role.SERVER)
    except ProtocolError as error:
        return Outcome("refuses", str(error))
    return Outcome("accepts")


def ask_server(url: str, frame: Frame) -> Outcome:
    parts, key = yours.parse_ws_url(url), yours.make_key()
    last = Frame(True, Opcode.PING, b"still there?", masking_key=os.urandom(4))
    with socket.create_connection((parts.host, parts.port), timeout=3) as conn:
        conn.sendall(yours.build_client_handshake(parts, key))
        _, rest = yours.recv_until(conn, b"\r\n\r\n")
        conn.sendall(yours.encode_frame(frame) + yours.encode_frame(last))
        reader = yours.FrameReader()
        while True:
            for found in reader.feed(rest):
                if found.opcode == Opcode.CLOSE:
                    code = int.from_bytes(found.payload[:2], "big")
                    return Outcome("refuses", f"{code} {found.payload[2:].decode()}")
                if found.payload == last.payload:
                    return Outcome("accepts")
            rest = conn.recv(4096)
            if not rest:
                return Outcome("refuses", "left without a word")


# %% id="run-bad-frames"
frames = [frame for _, _, frame in BAD]
outcomes = {"yours": [ask_yours(frame) for frame in frames]}
with real_server(listen) as server:
    if server:
        outcomes["websockets"] = [ask_server(server.url("/"), frame) for frame in frames]
compare_verdicts(
    "Who refuses which frame?", [name for name, *_ in BAD], [demand for _, demand, _ in BAD], outcomes
)

# %% id="bad-frames-words"
rows = [
    [name, *(said[number].said for said in outcomes.values())]
    for number, (name, demand, _) in enumerate(BAD)
    if demand.startswith("refuse")
]
Table("And in their words", ["", *outcomes], rows)

# %% [markdown] id="s3-text"
# ### Text or binary
#
# **The article says (S3):** both ends may send to the other at any time, text or binary. That both may send
# at any time is seen best on a live connection, in lesson 6. Text and binary are a matter of one bit pattern,
# the opcode. Does it matter which one you take?
#
# A server sends each client one message, of two bytes, four times: `c3 a9`, which is an `é` in UTF-8, and `c3
# 28`, which is nothing in UTF-8: after `c3` a second byte of the same letter has to come, and `28` is a
# character of its own, `(`.
#
# **Predict.** Which of the four reach the client's program?
#
# 1. text `c3 a9`
# 2. binary `c3 a9`
# 3. text `c3 28`
# 4. binary `c3 28`

# %% id="predict-s3"
come_through = []  # the numbers

# %% id="s3-server"
MESSAGES = [
    (opcode, payload) for payload in (b"\xc3\xa9", b"\xc3\x28") for opcode in (Opcode.TEXT, Opcode.BINARY)
]
goodbye = yours.encode_frame(Frame(True, Opcode.CLOSE, (1000).to_bytes(2, "big")))


def say_one(conn: socket.socket, closes: dict[int, int]) -> None:
    """Send the message that the path numbers, and note the code in the client's Close."""
    request, received = yours.accept_handshake(conn)
    number = int(request.target.removeprefix("/"))
    opcode, payload = MESSAGES[number]
    conn.sendall(yours.encode_frame(Frame(True, opcode, payload)))
    if (opcode, payload) != (Opcode.TEXT, b"\xc3\x28"):  # after that one the client has the word
        conn.sendall(goodbye)
    reader = yours.FrameReader()
    while True:
        for frame in reader.feed(received):
            if frame.opcode == Opcode.CLOSE:
                closes[number] = int.from_bytes(frame.payload[:2], "big")
                return
        received = conn.recv(4096)
        if not received:
            return


# %% id="run-s3"
columns = {}
for talker in talkers:
    closes = {}
    with serve(lambda conn, closes=closes: say_one(conn, closes)) as server:
        talks = talker.talk_all([(server.url(f"/{number}"), None) for number in range(len(MESSAGES))])
    got = [repr(talk.messages[0]) if talk.messages else "nothing" for talk in talks]
    columns[talker.name] = [f"{what}, {closes.get(number, 'no Close')}" for number, what in enumerate(got)]
    if talker.name == "yours":
        came = [number for number, talk in enumerate(talks, 1) if talk.messages]

compare_predictions(("come through", come_through, came))
rows = [
    [
        f"{number}. {opcode.name.lower()} {payload.hex(' ')}",
        *(cells[number - 1] for cells in columns.values()),
    ]
    for number, (opcode, payload) in enumerate(MESSAGES, 1)
]
Table(
    "What the program got, and the code in its client's Close",
    ["", *columns],
    rows,
    note="1000: all is well, goodbye.",
)

# %% [markdown] id="s3-settled"
# **S3 (text or binary) is right, and text has a condition.** The opcode decides what the other program gets:
# a `str` or `bytes`, in a browser a string or a `Blob`. Text must be UTF-8 ([section
# 5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6)), and who gets other bytes in a text message fails
# the connection ([section 8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1)). Binary may be anything.
#
# The code that says so is 1007 ([section 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)). Your
# table may show others in the third row: when this lesson was written, Chromium said 1002, which is any
# breach of the protocol, and Node's own client dropped the connection without a Close. The connection fails
# either way.
#
# All this is a rule about *messages*: `decode_frame` and `check_frame` know nothing of it, since a letter may
# begin in one frame and end in the next. Lesson 7 is about that.

# %% [markdown] id="whose"
# ## What is yours by now

# %% id="whose-is-it"
yours.status()

# %% [markdown] id="article"
# ## The article, statement by statement
#
# | | the article says | what you found |
# |---|---|---|
# | S3 | both ends may send at any time, text or binary | right about text and binary; text must be UTF-8. "At any time" comes in lesson 6. |
# | S12 | nothing: it stops at the door | behind the door are frames: up to 14 bytes of header, three forms of the length, masks from the client. |

# %% [markdown] id="summary"
# ## Summary
#
# **A frame** is a header and a payload ([section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
# Byte 0 holds FIN, three reserved bits and the opcode; byte 1 holds MASK and seven bits of length. Then come
# 0, 2 or 8 bytes of length, 0 or 4 of masking key, and the payload. Examples are in [section
# 5.7](https://www.rfc-editor.org/rfc/rfc6455#section-5.7).
#
# **The length** takes its shortest form: up to 125 in the seven bits, up to 65,535 behind a 126, more behind
# a 127, the high byte first.
#
# **Masks** are XOR with a key of 4 bytes, byte i with byte i mod 4 ([section
# 5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)). Clients mask every frame with a new,
# unforeseeable key; servers mask none ([section 5.1](https://www.rfc-editor.org/rfc/rfc6455#section-5.1)). A
# mask is no secret. It keeps scripts from choosing the bytes on the wire ([section
# 10.3](https://www.rfc-editor.org/rfc/rfc6455#section-10.3)).
#
# **Control frames** are Close, Ping and Pong: whole, and 125 bytes at most ([section
# 5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
#
# **Not yet and wrong.** Too few bytes are `None`, and the reader waits. Wrong ones are a `ProtocolError` with
# a close code: 1002 for a broken rule, 1009 for too much, 1007 for text that is not UTF-8 ([section
# 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)).
#
# **Next.** Handshake and frames are all that a server needs. Lesson 6 joins them, and your browser talks to
# what you wrote.
