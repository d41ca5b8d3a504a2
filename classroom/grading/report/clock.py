"""Times on the report's page: all in one zone, that of course.toml or else that of this machine."""

from __future__ import annotations

from datetime import UTC, datetime

from ..course import Course

__all__ = ["name_zone", "show_time"]


def show_time(time: datetime | str | None, course: Course) -> str:
    """A time in the page's zone, "" for none.

    Arguments:
        time: with its offset from UTC, or as ISO 8601 has it; what is neither stays as it is.
        course: whose zone.
    """
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return str(time)
    if time is None:
        return ""
    return f"{time.astimezone(course.late.zone if course.late else None):%Y-%m-%d %H:%M}"


def name_zone(course: Course) -> str:
    """What the page's zone is called: "Europe/Berlin", or "UTC+01:00, this machine's"."""
    if course.late:
        return str(course.late.zone)
    return f"{_offset(datetime.now(UTC).astimezone())}, this machine's"


def _offset(time: datetime) -> str:
    offset = f"{time:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}" if offset.strip("+-0") else "UTC"
