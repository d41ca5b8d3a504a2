"""What the tests of river, handshake and timeline ask of every picture with stops."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from classroom.widgets.walk import WalkPicture

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(walk: WalkPicture) -> ET.Element:
    """The picture's svg element."""
    (found,) = ET.fromstring(walk.picture._repr_html_()).iter(f"{SVG}svg")
    return found


def words(walk: WalkPicture) -> list[str]:
    """All texts of the picture."""
    return ["".join(text.itertext()) for text in svg_of(walk).iter(f"{SVG}text")]


def check_picture(walk: WalkPicture) -> None:
    """A picture is well-formed, inside of its canvas, readable in any theme, and said in words."""
    svg = svg_of(walk)
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert svg.get("role") == "img"
    assert svg.find(f"{SVG}desc").text == walk.picture.text
    assert {text.get("fill") for text in svg.iter(f"{SVG}text")} <= {"currentColor"}
    for shape in svg.iter(f"{SVG}rect"):
        check_inside(tuple(float(shape.get(name)) for name in ("x", "y", "width", "height")), width, height)
    for text in svg.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width and 0 <= float(text.get("y")) <= height
    for stop in walk.stops:
        assert stop.name and stop.says
        for box in stop.boxes:
            check_inside(box, width, height)


def check_inside(box: tuple[float, ...], width: float, height: float) -> None:
    x, y, wide, high = box
    assert wide > 0 and high > 0
    assert x >= 0 and y >= 0 and x + wide <= width and y + high <= height, box
