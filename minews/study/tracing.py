"""The frames that RFC 6455 prints in section 5.7, and what stands at each place in them."""

from __future__ import annotations

__all__ = ["FIELDS", "FRAMES", "trace_frames"]

FRAMES = {  # the bytes in hex; of the last two frames only the head, since their payload is not printed
    "text": "81 05 48 65 6c 6c 6f",
    "masked text": "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    "first fragment": "01 03 48 65 6c",
    "last fragment": "80 02 6c 6f",
    "ping": "89 05 48 65 6c 6c 6f",
    "pong": "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
    "256 bytes": "82 7e 01 00",
    "64 KiB": "82 7f 00 00 00 00 00 01 00 00",
}

FIELDS = (  # in the order in which they stand in a frame
    *("FIN", "RSV", "opcode", "MASK"),
    *("payload length", "extended payload length", "masking key", "payload"),
)


def trace_frames() -> dict[str, list[tuple[int, str, int | bytes]]]:
    r"""Read the frames of RFC 6455 section 5.7 by hand: a table of offset, field and value for each.

    The frames, by the names that are the keys of your dict, in hex:

        text              81 05 48 65 6c 6c 6f
        masked text       81 85 37 fa 21 3d 7f 9f 4d 51 58
        first fragment    01 03 48 65 6c
        last fragment     80 02 6c 6f
        ping              89 05 48 65 6c 6c 6f
        pong              8a 85 37 fa 21 3d 7f 9f 4d 51 58
        256 bytes         82 7e 01 00
        64 KiB            82 7f 00 00 00 00 00 01 00 00

    Of the last two the RFC prints only the head: they get no row for the payload. The rows of the first frame
    stand below as the example: copy them, then go on with the second.

    Returns:
        For each frame a list of rows (offset, field, value), one for each field that the frame has:

        - the offset of the byte in which the field begins; the first byte of the frame has offset 0
        - the field: "FIN", "RSV" (its three bits as one number), "opcode", "MASK", "payload length" (the
          7 bits), "extended payload length", "masking key" or "payload"
        - the value: a number; for the masking key and the payload bytes, the payload unmasked

    >>> for row in trace_frames()["text"]:
    ...     print(row)
    (0, 'FIN', 1)
    (0, 'RSV', 0)
    (0, 'opcode', 1)
    (1, 'MASK', 0)
    (1, 'payload length', 5)
    (2, 'payload', b'Hello')
    """
    return {
        "text": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x1),
            (1, "MASK", 0),
            (1, "payload length", 5),
            (2, "payload", b"Hello"),
        ],
        "masked text": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x1),
            (1, "MASK", 1),
            (1, "payload length", 5),
            (2, "masking key", b"\x37\xfa\x21\x3d"),
            (6, "payload", b"Hello"),
        ],
        "first fragment": [
            (0, "FIN", 0),
            (0, "RSV", 0),
            (0, "opcode", 0x1),
            (1, "MASK", 0),
            (1, "payload length", 3),
            (2, "payload", b"Hel"),
        ],
        "last fragment": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x0),
            (1, "MASK", 0),
            (1, "payload length", 2),
            (2, "payload", b"lo"),
        ],
        "ping": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x9),
            (1, "MASK", 0),
            (1, "payload length", 5),
            (2, "payload", b"Hello"),
        ],
        "pong": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0xA),
            (1, "MASK", 1),
            (1, "payload length", 5),
            (2, "masking key", b"\x37\xfa\x21\x3d"),
            (6, "payload", b"Hello"),
        ],
        "256 bytes": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x2),
            (1, "MASK", 0),
            (1, "payload length", 126),
            (2, "extended payload length", 256),
        ],
        "64 KiB": [
            (0, "FIN", 1),
            (0, "RSV", 0),
            (0, "opcode", 0x2),
            (1, "MASK", 0),
            (1, "payload length", 127),
            (2, "extended payload length", 65_536),
        ],
    }
