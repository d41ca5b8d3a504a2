"""The byte river: where sends cut a stream above, where recvs cut it below."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from .drawing import ordinal, plural, printable
from .walk import Walk, WalkPicture

__all__ = ["Lane", "River", "draw_river", "picture_river"]

SINGLE = 120  # bytes that are drawn one by one; a longer stream is drawn to scale
LISTED = 12  # pieces of each side that the text alternative lists


@dataclass(frozen=True, slots=True)
class Lane:
    """The pieces of one side, in order: what each send put in, or what each recv took out.

    Arguments:
        verb: "send" or "recv".
        pieces: none of them empty.
    """

    verb: str
    pieces: tuple[bytes, ...]
    data: bytes = field(init=False)
    ends: list[int] = field(init=False)  # where each piece ends: the offset behind its last byte

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", b"".join(self.pieces))
        object.__setattr__(self, "ends", list(accumulate(map(len, self.pieces))))

    @property
    def cuts(self) -> set[int]:
        """The borders between two pieces."""
        return set(self.ends[:-1])

    def piece_at(self, offset: int) -> int:
        """Which piece holds a byte, counted from 0; as many as there are if none does."""
        return bisect_right(self.ends, offset)

    def span(self, number: int) -> tuple[int, int]:
        """The offsets at which a piece begins and ends."""
        return self.ends[number] - len(self.pieces[number]), self.ends[number]

    def say(self, start: int, end: int) -> str:
        """Name the pieces that hold some bytes: "4th send", "2nd to 5th recv", "not received"."""
        first, last = self.piece_at(start), min(self.piece_at(end - 1), len(self.pieces) - 1)
        if first >= len(self.pieces):
            return f"not {'sent' if self.verb == 'send' else 'received'}"
        if last > first:
            return f"{ordinal(first + 1)} to {ordinal(last + 1)} {self.verb}"
        return f"{ordinal(first + 1)} {self.verb}"

    def list_pieces(self) -> Iterator[str]:
        """A line for each of the first pieces."""
        for number, piece in enumerate(self.pieces[:LISTED]):
            start, end = self.span(number)
            where = f"byte {start:,}" if end - start == 1 else f"bytes {start:,} to {end - 1:,}"
            dots = "..." if len(piece) > 24 else ""
            yield f"{ordinal(number + 1)} {self.verb}: {where}: {printable(piece[:24])}{dots}"
        if len(self.pieces) > LISTED:
            yield f"and {plural(len(self.pieces) - LISTED, f'more {self.verb}')}"


@dataclass(frozen=True, slots=True)
class River:
    """One direction of a connection, from both its ends."""

    sent: Lane
    received: Lane

    @classmethod
    def of(cls, sent: Sequence[bytes], received: Sequence[bytes]) -> River:
        """Make one of pieces; empty ones count for nothing."""
        return cls(
            Lane("send", tuple(bytes(piece) for piece in sent if piece)),
            Lane("recv", tuple(bytes(piece) for piece in received if piece)),
        )

    @property
    def size(self) -> int:
        """How long the stream is, in bytes."""
        return max(len(self.sent.data), len(self.received.data))

    @property
    def first_difference(self) -> int | None:
        """Where what was received is not what was sent; None if it is, as far as it goes."""
        sent, received = self.sent.data, self.received.data
        if sent[: len(received)] == received:
            return None
        pairs = enumerate(zip(sent, received, strict=False))
        return next((offset for offset, (one, other) in pairs if one != other), len(sent))

    def headline(self) -> str:
        """How much there is of everything: "5 sends, 1 recv, 25 bytes"."""
        sides = (plural(len(lane.pieces), lane.verb) for lane in (self.sent, self.received))
        return f"{', '.join(sides)}, {plural(self.size, 'byte')}"

    def findings(self) -> str:
        """What is to be seen at a glance: whether the borders agree, and whether the bytes do."""
        if not self.size:
            return "No byte was sent."
        cuts, takes = self.sent.cuts, self.received.cuts
        said = []
        if cuts:
            of = "Of the one border" if len(cuts) == 1 else f"Of the {len(cuts):,} borders"
            said.append(
                f"{of} between sends, the recvs kept {f'{len(cuts & takes):,}' if cuts & takes else 'none'}."
            )
        if takes - cuts:
            said.append(f"They cut in {plural(len(takes - cuts), 'place')} where no send did.")
        missing = len(self.sent.data) - len(self.received.data)
        if missing > 0:
            said.append(f"{plural(missing, 'byte')} {'has' if missing == 1 else 'have'} not been received.")
        if self.first_difference is not None:
            said.append(f"From byte {self.first_difference:,} on, what was received is not what was sent.")
        return " ".join(said) or "One piece went in and one came out."

    def alternative(self) -> str:
        """The whole picture in words."""
        summary = f"{self.headline()}. {self.findings()}"
        return "\n".join([summary, "", *self.sent.list_pieces(), *self.received.list_pieces()])


def draw_river(sent: Sequence[bytes], received: Sequence[bytes]) -> Walk:
    """Draw where sends and recvs cut the same bytes.

    Arguments:
        sent: what each send or sendall put in, in order.
        received: what each recv at the other end took out, in order. Empty pieces count for nothing.

    Returns:
        A widget: move along it with the arrow keys, Home and End.
    """
    return Walk(picture_river(River.of(sent, received)))


def picture_river(river: River) -> WalkPicture:
    """The picture and its stops: one for each byte, or for each stretch between two borders."""
    from .river_bytes import picture_bytes
    from .river_scale import picture_scale

    return picture_bytes(river) if river.size <= SINGLE else picture_scale(river)
