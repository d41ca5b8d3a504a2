"""A picture that the reader can walk along: one stop after the other, by arrow keys or by mouse.

River, handshake and timeline are made of this. Python draws the picture and writes what each stop says, so
that nothing is worked out in the browser; walk.mjs lays a button over each stop and shows what belongs to it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import traitlets

from ..pictures import Picture
from .base import CourseWidget

__all__ = ["Box", "Stop", "Walk", "WalkPicture"]

Box = tuple[float, float, float, float]  # x, y, width, height in the picture


@dataclass(frozen=True, slots=True)
class Stop:
    """One place of the picture.

    Arguments:
        name: what it is, in a few words: the name of its button.
        says: what is to be said of it, in a sentence.
        boxes: where it is; the first is where the reader can click, the others light up with it.
        rows: (name, value) pairs with the details.
    """

    name: str
    says: str
    boxes: tuple[Box, ...]
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WalkPicture:
    """A picture and its stops.

    Arguments:
        picture: what stands there, also without a kernel.
        stops: its places in order.
        columns: how many stops an arrow up or down moves.
        hint: what the line below says before the reader has chosen a stop.
    """

    picture: Picture
    stops: tuple[Stop, ...]
    columns: int = 1
    hint: str = "Click a part of the picture, or move along it with Tab and the arrow keys."


class Walk(CourseWidget, front="walk"):
    """The widget: a WalkPicture in a notebook."""

    picture = traitlets.Unicode().tag(sync=True)  # the HTML of the picture
    title = traitlets.Unicode().tag(sync=True)
    stops: traitlets.List[Any] = traitlets.List().tag(sync=True)
    columns = traitlets.Int(1).tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)

    def __init__(self, walk: WalkPicture, **traits: Any) -> None:
        """Show it.

        Arguments:
            walk: the picture and its stops.
        """
        self._walk = walk
        super().__init__(
            picture=walk.picture._repr_html_(),
            title=walk.picture.title,
            stops=[asdict(stop) for stop in walk.stops],
            columns=walk.columns,
            hint=walk.hint,
            **traits,
        )

    @property
    def walk(self) -> WalkPicture:
        """The picture and its stops."""
        return self._walk

    def draw(self) -> Picture:
        """What shows where no kernel runs."""
        return self._walk.picture
