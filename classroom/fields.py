"""Show values to people: bytes as fields and hex, heads as lines, and where two of them first differ.

A `layout` says what bytes are that can't be told by their looks, see `syllabus.Exercise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from minews.types import Frame, Headers, Request, Response

from .framing import BEGINS, Row, differing_fields, divide_frame, name_difference, show_rows
from .parts import differing_part, name_slips, show_parts, write_argument, write_arguments
from .worker.protocol import Callback, Other, Recipe, Slot, TooLarge

__all__ = [
    "Field",
    "ask_by_field",
    "first_difference",
    "name_field",
    "show_call",
    "show_difference",
    "show_value",
]

ROW = 16  # bytes in a row of hex
LONGEST = 90  # characters of a line before it is cut
MOST_LINES = 24  # lines of one value


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a protocol's bytes: from `start` up to `end`, with its name in the RFC's words."""

    start: int
    end: int
    name: str


def head_fields(data: bytes) -> list[Field]:
    """Divide an HTTP head into its start line, its header lines and the empty line that ends it."""
    parts: list[Field] = []
    start = 0
    while start < len(data):
        line_end = data.find(b"\n", start)
        end = len(data) if line_end < 0 else line_end + 1
        line = data[start:end].rstrip(b"\r\n")
        name, colon, _ = line.partition(b":")
        if not parts:
            title = "the status line" if line.startswith(b"HTTP/") else "the request line"
        elif not line:
            title = "the empty line that ends the head"
        else:
            title = f"the header {name.decode('latin-1')}" if colon else "a line that is no header"
        parts.append(Field(start, end, title))
        start = end
        if not line and len(parts) > 1:
            break
    if start < len(data):
        parts.append(Field(start, len(data), "what follows the head"))
    return parts


def looks_like_head(data: bytes) -> bool:
    """Tell whether bytes are meant to be an HTTP head, however damaged."""
    return data[:5] == b"HTTP/" or b"HTTP/1" in data[:200].split(b"\n")[0]


def name_field(data: bytes, offset: int) -> str:
    """Name the field in which the byte at `offset` lies; "" where the bytes have no known layout."""
    if not looks_like_head(data):
        return ""
    inside = next((field for field in head_fields(data) if field.start <= offset < field.end), None)
    return inside.name if inside else "the end"


def first_difference(one: bytes | str, other: bytes | str) -> int:
    """Return the index at which two strings first differ, or the length of one that starts the other."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def show_difference(got: object, want: object, layout: str = "") -> list[str]:
    """Say where two values of one type first differ, in the field's name if they have fields."""
    if isinstance(got, str) and isinstance(want, str):
        at = first_difference(got, want)
        where = f"They first differ at character {at}" if at else "They differ from the first character on"
        return [f"{where}{_counts(len(got), len(want), 'characters')}."]
    if isinstance(got, bytes) and isinstance(want, bytes):
        at = first_difference(got, want)
        field = name_field(want, at) or name_field(got, at)
        where = f", in {field}" if field else name_difference(got, want, at, layout)
        return [f"They first differ at byte {at}{where}{_counts(len(got), len(want), 'bytes')}."]
    slips = name_slips(got, want)
    if not slips and type(got) is type(want) and is_dataclass(want):
        return _slips(got, want)
    if not slips and type(got) is type(want) and isinstance(want, (list, tuple)):
        assert isinstance(got, (list, tuple))
        return _first_item(got, want)
    return slips


def ask_by_field(
    layout: str, questions: Mapping[str, str], otherwise: str = ""
) -> Callable[[object, object], str]:
    """Make a question for `cases.Asked.gives`: the one of the field in which what came first differs.

    Arguments:
        layout: what bytes are, see `syllabus.Exercise`.
        questions: by the name of the field: "FIN", "RSV1", "opcode", "MASK", "payload length",
            "extended payload length", "masking key", "payload", or "behind" for bytes that are too many; of
            frames as objects these and "taken" and "frames", see `parts.differing_part`; of other tuples
            "item 0" and so on.
        otherwise: the question where none of these is in `questions`.
    """

    def choose(came: object, must: object) -> str:
        names = _differing_names(came, must, layout)
        return next((questions[name] for name in names if name in questions), otherwise)

    return choose


def _differing_names(came: object, must: object, layout: str) -> tuple[str, ...]:
    if isinstance(came, bytes) and isinstance(must, bytes):
        at = first_difference(came, must)
        names = differing_fields(came, must, at, layout)
        if names and at >= len(must):
            return ("behind",)
        return tuple(name.removeprefix("the ") for name in names)
    if part := differing_part(came, must):
        return (part,)
    if isinstance(came, tuple) and isinstance(must, tuple) and len(came) == len(must):
        pairs = enumerate(zip(came, must, strict=True))
        return tuple(f"item {place}" for place, (one, other) in pairs if one != other)
    return ()


def _first_item(got: Sequence[object], want: Sequence[object]) -> list[str]:
    """Name the first item in which two lists or tuples differ; in a pair one sees it."""
    for place, (came, must) in enumerate(zip(got, want, strict=False)):
        if came == must and type(came) is not type(must):
            types = f"of type {type(came).__name__} and must be of type {type(must).__name__}"
            return [f"Item {place}, counted from 0, is {types}."]
        if came != must and len(want) > 2:
            return [
                f"They first differ in item {place}, counted from 0{_counts(len(got), len(want), 'items')}."
            ]
    counts = _counts(len(got), len(want), "items").removeprefix("; ")
    return [f"{counts}."] if counts else []


def _slips(got: object, want: object) -> list[str]:
    """Name the parts in which two objects of one class differ, and those that are only of another type."""
    pairs = {each.name: (getattr(got, each.name), getattr(want, each.name)) for each in fields(want)}  # type: ignore[arg-type]
    names = [name for name, (came, must) in pairs.items() if (type(came), came) != (type(must), must)]
    types = [
        f"{name} is of type {type(came).__name__} and must be of type {type(must).__name__}."
        for name, (came, must) in pairs.items()
        if type(came) is not type(must)
    ]
    return [f"They differ in {' and '.join(names)}.", *types] if names else []


def _counts(got: int, want: int, unit: str) -> str:
    return "" if got == want else f"; {got} {unit if got != 1 else unit[:-1]} came, {want} must come"


def show_value(
    value: object, mark: bytes | str | None = None, layout: str = "", other: object = None
) -> list[str]:
    """Show a value as lines of text.

    Arguments:
        value: what came, or what must come.
        mark: the lines of a head that hold this begin with ">".
        layout: what bytes are, if they are not a head.
        other: bytes that this value is compared with: a sign stands under the first that differs.
    """
    if (parts := show_parts(value)) is not None:
        return _shorten(parts)
    if isinstance(value, (Request, Response)):
        lines = _show_parsed_head(value)
    elif isinstance(value, Other):
        lines = [_cut(f"{value.type_name}: {value.repr_text}")]
    elif isinstance(value, TooLarge):
        unit = _UNITS.get(value.type_name, "bytes or items")
        lines = [f"{value.type_name}, about {_round(value.size_hint)} {unit}"]
    elif isinstance(value, (bytes, bytearray)) and looks_like_head(bytes(value)):
        return _show_head(bytes(value), mark)
    elif isinstance(value, bytes) and layout:
        return _show_rows(value, other, layout)
    elif isinstance(value, bytearray) and layout:
        lines = [_cut(f"bytearray({_spell_bytes(bytes(value))})")]
    elif isinstance(value, (bytes, bytearray)) and len(value) > ROW and not _is_short_text(value):
        return _show_hex(bytes(value))
    elif isinstance(value, Headers):
        lines = [f"{name}: {text}" for name, text in value.items()]
    else:
        lines = [_cut(repr(value))]
    return _shorten(lines)


def _show_rows(value: bytes, other: object, layout: str) -> list[str]:
    if not isinstance(other, bytes):
        return show_rows(_rows_of(value, layout))
    return show_rows(_rows_of(value, layout), first_difference(value, other), _rows_of(other, layout))


def _rows_of(data: bytes, layout: str) -> list[Row]:
    if layout in BEGINS:
        return divide_frame(data, layout)
    text = data.decode("ascii") if _is_short_text(data) else ""
    return [Row(0, data, "", text)] if data else []


def _show_parsed_head(value: Request | Response) -> list[str]:
    if isinstance(value, Request):
        start = f"{value.method} {value.target} {value.version}"
    else:
        start = f"HTTP/1.1 {value.status} {value.reason}"
    return [_cut(line) for line in (start, *(f"{name}: {text}" for name, text in value.headers.items()))]


def _show_head(data: bytes, mark: bytes | str | None) -> list[str]:
    """Show the bytes of a head a line each, with their line ends written out."""
    wanted = mark.encode("latin-1", "replace") if isinstance(mark, str) else mark
    pieces = [data[field.start : field.end] for field in head_fields(data)]
    lines = [_cut(repr(piece.decode("latin-1"))[1:-1]) for piece in pieces]
    if wanted and wanted in data:
        signs = [">" if wanted in piece else " " for piece in pieces]
        lines = [f"{sign} {line}" for sign, line in zip(signs, lines, strict=True)]
    return _shorten(lines)


def _show_hex(data: bytes) -> list[str]:
    lines = []
    for start in range(0, len(data), ROW):
        row = data[start : start + ROW]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:04x}  {row.hex(' '):<{3 * ROW}} {text}")
        if len(lines) > MOST_LINES:
            break
    return _shorten(lines)


def _spell_bytes(data: bytes, is_text: bool = True) -> str:
    """Write bytes as one would type them: in hex if they are no text; of many only the ends."""
    if not data or (is_text and _is_short_text(data)):
        return repr(data)
    if len(data) <= 2 * ROW:
        return f'bytes.fromhex("{data.hex(" ")}")'
    return f"<{len(data):,} bytes: {data[:6].hex(' ')} ... {data[-2:].hex(' ')}>"


def show_call(name: str, args: tuple[object, ...], kwargs: dict[str, object], layout: str = "") -> list[str]:
    """Show a call: on one line if it is short; heads, frames and other large arguments below it."""
    below: list[str] = []
    shown = [_show_argument(value, below, layout) for value in args]
    shown += [f"{key}={_show_argument(value, below, layout)}" for key, value in kwargs.items()]
    line = f"{name}({', '.join(shown)})"
    if len(line) <= LONGEST and "\n" not in line:
        return [line, *below]
    lines = [f"    {line}" for argument in shown for line in f"{argument},".split("\n")]
    return [f"{name}(", *lines, ")", *below]


def _show_argument(value: object, below: list[str], layout: str) -> str:
    if isinstance(value, (Request, Response)) or (isinstance(value, bytes) and looks_like_head(value)):
        word = "response" if isinstance(value, Response) else "request"
        below += [f"with the {word}", *(f"    {line}" for line in show_value(value))]
        return word
    if isinstance(value, Callback):
        return value.name.split(".")[1]
    if isinstance(value, Recipe) and value.name == "memoryview":
        return f"memoryview({_show_argument(value.args[0], below, layout)})"
    if isinstance(value, Recipe):
        return value.name
    if isinstance(value, Slot):
        return "it"
    if isinstance(value, bytearray) and layout:
        return f"bytearray({_show_argument(bytes(value), below, layout)})"
    if isinstance(value, bytes) and layout:
        return _show_bytes_argument(value, below, layout)
    if isinstance(value, Frame) and len(write_argument(value) or "") > LONGEST - 5:
        return "\n".join(["Frame(", *(f"    {part}," for part in write_arguments(value)), ")"])
    return write_argument(value) or _cut(repr(value))


def _show_bytes_argument(value: bytes, below: list[str], layout: str) -> str:
    """Show bytes as one would type them, and below the call their fields if they have any."""
    if layout in BEGINS and value:
        below += ["with the bytes", *(f"    {line}" for line in show_rows(divide_frame(value, layout)))]
    return _spell_bytes(value, is_text=layout not in BEGINS)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]} ... ({len(text):,} characters)"


_UNITS = {"bytes": "bytes", "bytearray": "bytes", "str": "characters"}


def _is_short_text(value: bytes | bytearray) -> bool:
    """Tell whether bytes are plain ASCII text of one line, which reads better than its hex."""
    return len(value) < LONGEST - 15 and all(32 <= byte < 127 for byte in value)


def _round(number: int) -> str:
    """Write a large number with two digits that count, such as 50,000,000."""
    return f"{round(number, 2 - len(str(number))):,}"


def _shorten(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"... and {len(lines) - MOST_LINES + 1} lines more"]
