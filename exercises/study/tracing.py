"""Your own minews.study.tracing: the exercises of lesson 5.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 5.8` tests it.
"""


# %% exercise 5.8 trace_frames
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
    raise NotImplementedError("exercise 5.8")
