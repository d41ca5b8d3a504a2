"""Frames for these tests: those of RFC 6455 section 5.7, wrong ones with their close codes, and any."""

from __future__ import annotations

from hypothesis import strategies as st

from minews import Frame, Opcode

KEY = bytes.fromhex("37fa213d")  # the masking key of RFC 6455 section 5.7
BLOCK, LARGE = b"\xa5" * 256, b"\x5a" * 65_536

# RFC 6455 section 5.7: the bytes, and the frame that they are.
VECTORS = {
    "text": ("81 05 48 65 6c 6c 6f", Frame(True, Opcode.TEXT, b"Hello")),
    "masked text": (
        "81 85 37 fa 21 3d 7f 9f 4d 51 58",
        Frame(True, Opcode.TEXT, b"Hello", masking_key=KEY),
    ),
    "first fragment": ("01 03 48 65 6c", Frame(False, Opcode.TEXT, b"Hel")),
    "last fragment": ("80 02 6c 6f", Frame(True, Opcode.CONT, b"lo")),
    "Ping": ("89 05 48 65 6c 6c 6f", Frame(True, Opcode.PING, b"Hello")),
    "masked Pong": (
        "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
        Frame(True, Opcode.PONG, b"Hello", masking_key=KEY),
    ),
    "256 bytes": ("82 7e 01 00" + BLOCK.hex(), Frame(True, Opcode.BINARY, BLOCK)),
    "64 KiB": ("82 7f 00 00 00 00 00 01 00 00" + LARGE.hex(), Frame(True, Opcode.BINARY, LARGE)),
}
RFC_5_7 = {name: (bytes.fromhex(wire), frame) for name, (wire, frame) in VECTORS.items()}

# What a client may not send, and the code with which a server answers. A key of zeros leaves text readable.
NO_KEY = "00 00 00 00"
WRONG = {
    "not masked": ("81 02 48 69", 1002),
    "RSV1": (f"c1 82 {NO_KEY} 48 69", 1002),
    "RSV2": (f"a1 82 {NO_KEY} 48 69", 1002),
    "RSV3": (f"91 82 {NO_KEY} 48 69", 1002),
    "RSV1 on a Close": (f"c8 80 {NO_KEY}", 1002),
    **{f"opcode {opcode:#x}": (f"8{opcode:x} 80 {NO_KEY}", 1002) for opcode in (3, 4, 5, 6, 7)},
    **{f"opcode {opcode:#x}": (f"8{opcode:x} 80 {NO_KEY}", 1002) for opcode in (11, 12, 13, 14, 15)},
    "5 bytes as 126": (f"81 fe 00 05 {NO_KEY} 48 65 6c 6c 6f", 1002),
    "125 bytes as 126": (f"81 fe 00 7d {NO_KEY}", 1002),
    "5 bytes as 127": (f"81 ff 00 00 00 00 00 00 00 05 {NO_KEY} 48 65 6c 6c 6f", 1002),
    "65535 bytes as 127": ("81 ff 00 00 00 00 00 00 ff ff", 1002),
    "top bit of the length": ("81 ff 80 00 00 00 00 00 00 01", 1002),
    "a frame without end": ("81 ff 7f ff ff ff ff ff ff ff", 1009),
    "one byte over the limit": ("82 ff 00 00 00 00 01 00 00 01", 1009),
    "a Ping in fragments": (f"09 80 {NO_KEY}", 1002),
    "a Close in fragments": (f"08 80 {NO_KEY}", 1002),
    "a Ping of 126 bytes": (f"89 fe 00 7e {NO_KEY}" + "00" * 126, 1002),
    "a continuation of nothing": (f"80 82 {NO_KEY} 48 69", 1002),
    "text that is no UTF-8": (f"81 82 {NO_KEY} c3 28", 1007),
    "half a character": (f"81 81 {NO_KEY} c3", 1007),
    "a surrogate": (f"81 83 {NO_KEY} ed a0 80", 1007),
    "text in fragments": (f"01 82 {NO_KEY} 48 69", 1003),
    "binary in fragments": (f"02 82 {NO_KEY} 48 69", 1003),
    "a Close of one byte": (f"88 81 {NO_KEY} 03", 1002),
    **{f"a Close with {code}": (f"88 82 {NO_KEY} {code:04x}", 1002) for code in (0, 999, 1004, 1005)},
    **{f"a Close with {code}": (f"88 82 {NO_KEY} {code:04x}", 1002) for code in (1006, 1015, 5000, 65535)},
    "a Close whose reason is no UTF-8": (f"88 84 {NO_KEY} 03e8 c3 28", 1007),
}
WRONG_FRAMES = {name: (bytes.fromhex(wire), code) for name, (wire, code) in WRONG.items()}

# What hypothesis draws.
keys = st.none() | st.binary(min_size=4, max_size=4)
lengths = st.sampled_from([0, 1, 125, 126, 127, 128, 65_535, 65_536])
payloads = st.binary(max_size=40) | lengths.map(lambda n: bytes(i % 251 for i in range(n)))
frames = st.builds(
    Frame,
    fin=st.booleans(),
    opcode=st.integers(0, 15),
    payload=payloads,
    rsv1=st.booleans(),
    rsv2=st.booleans(),
    rsv3=st.booleans(),
    masking_key=keys,
)
small_frames = st.builds(
    Frame,
    fin=st.booleans(),
    opcode=st.integers(0, 15),
    payload=st.binary(max_size=6),
    rsv1=st.booleans(),
    rsv2=st.booleans(),
    rsv3=st.booleans(),
    masking_key=keys,
)
headers = st.tuples(
    st.integers(0, 255), st.sampled_from([0, 1, 125, 126, 127, 128, 253, 254, 255]), st.binary(max_size=14)
)
any_bytes = st.binary() | headers.map(lambda parts: bytes(parts[:2]) + parts[2])
