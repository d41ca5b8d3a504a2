"""Show values to people: bytes as fields and hex, heads as lines, and where two of them first differ."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

from minews.types import Headers, Request, Response

from .worker.protocol import Callback, Other, Recipe, Slot, TooLarge

__all__ = ["Field", "first_difference", "name_field", "show_call", "show_difference", "show_value"]

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


def show_difference(got: object, want: object) -> list[str]:
    """Say where two values of one type first differ, in the field's name if they have fields."""
    if isinstance(got, str) and isinstance(want, str):
        at = first_difference(got, want)
        where = f"They first differ at character {at}" if at else "They differ from the first character on"
        return [f"{where}{_counts(len(got), len(want), 'characters')}."]
    if isinstance(got, bytes) and isinstance(want, bytes):
        at = first_difference(got, want)
        field = name_field(want, at) or name_field(got, at)
        where = f", in {field}" if field else ""
        return [f"They first differ at byte {at}{where}{_counts(len(got), len(want), 'bytes')}."]
    if type(got) is type(want) and is_dataclass(want):
        return _slips(got, want)
    return []


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
    return "" if got == want else f"; {got} {unit} came, {want} must come"


def show_value(value: object, mark: bytes | str | None = None) -> list[str]:
    """Show a value as lines of text; the lines that hold `mark` begin with ">"."""
    if isinstance(value, (Request, Response)):
        lines = _show_parsed_head(value)
    elif isinstance(value, Other):
        lines = [_cut(f"{value.type_name}: {value.repr_text}")]
    elif isinstance(value, TooLarge):
        unit = _UNITS.get(value.type_name, "bytes or items")
        lines = [f"{value.type_name}, about {_round(value.size_hint)} {unit}"]
    elif isinstance(value, (bytes, bytearray)) and looks_like_head(bytes(value)):
        return _show_head(bytes(value), mark)
    elif isinstance(value, (bytes, bytearray)) and len(value) > ROW and not _is_short_text(value):
        return _show_hex(bytes(value))
    elif isinstance(value, Headers):
        lines = [f"{name}: {text}" for name, text in value.items()]
    else:
        lines = [_cut(repr(value))]
    return _shorten(lines)


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


def show_call(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> list[str]:
    """Show a call: on one line if it is short; heads and other large arguments below it."""
    below: list[str] = []
    shown = [_show_argument(value, below) for value in args]
    shown += [f"{key}={_show_argument(value, below)}" for key, value in kwargs.items()]
    line = f"{name}({', '.join(shown)})"
    if len(line) <= LONGEST:
        return [line, *below]
    return [f"{name}(", *(f"    {argument}," for argument in shown), ")", *below]


def _show_argument(value: object, below: list[str]) -> str:
    if isinstance(value, (Request, Response)) or (isinstance(value, bytes) and looks_like_head(value)):
        word = "response" if isinstance(value, Response) else "request"
        below += [f"with the {word}", *(f"    {line}" for line in show_value(value))]
        return word
    if isinstance(value, Callback):
        return value.name.split(".")[1]
    if isinstance(value, Recipe):
        return value.name
    if isinstance(value, Slot):
        return "it"
    return _cut(repr(value))


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
