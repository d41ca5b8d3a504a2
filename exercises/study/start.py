"""Your own minews.study.start: the exercises of lesson 0.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 0.1` tests it.
"""


# %% exercise 0.1 payload_length
def payload_length(text: str) -> int:
    """Count the bytes that a text takes as the payload of a message (RFC 6455 sections 5.2 and 5.6).

    A text message carries its text in UTF-8, and its length is counted in bytes.

    Arguments:
        text: any text, also an empty one.

    Returns:
        The length of the payload in bytes.

    >>> payload_length("Hello")
    5
    """
    raise NotImplementedError("exercise 0.1")
