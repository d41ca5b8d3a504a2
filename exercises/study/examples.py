"""Your own minews.study.examples: the exercises of lessons 1, 4.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 1.6` tests it.
"""


# %% exercise 1.6 examples_for_split
def examples_for_split() -> list[tuple[list[bytes], list[bytes]]]:
    r"""Write examples that expose wrong splitters of length-prefixed messages (RFC 9293 section 2.2).

    A splitter receives the pieces of a stream one after the other, as `recv` would give them, and takes the
    messages out: 2 bytes of length, the high byte first, then the payload. Right splitters must agree with
    each of your examples; and each of the wrong ones must be caught by one of them: it gives other payloads,
    or breaks.

    Returns:
        A list of (pieces, payloads): the pieces in the order in which they arrive, none of them empty, and
        the payloads of all messages that are whole when the last piece has come. One example could be
        ([b"\x00\x02Hi"], [b"Hi"]).
    """
    raise NotImplementedError("exercise 1.6")


# %% exercise 4.9 handshake_examples
def handshake_examples() -> list[tuple[bytes, bool]]:
    """Write examples that expose wrong servers (RFC 6455 section 4.2.1).

    Each example is the head of a request and what a right server does with it. Right servers must all agree
    with each of your examples, so leave out what the RFC leaves open; and each of the wrong servers must be
    caught by one of them: it accepts what it must refuse, refuses what it must accept, or breaks.

    Returns:
        A list of (request, accepted): the bytes of a head with the empty line that ends it, and True if a
        server must accept it as an opening handshake, False if it must refuse it.
    """
    raise NotImplementedError("exercise 4.9")
