"""All cases. Their numbers are those of the Autobahn categories, where there is no 8 and no 11."""

from __future__ import annotations

from collections.abc import Iterable

from tests.minews.conformance import cases_closing, cases_deflate, cases_frames, cases_large, cases_utf8
from tests.minews.conformance.cases_opening import CATEGORY, OPENINGS, Opening
from tests.minews.conformance.script import Case

CATEGORIES = {
    1: "frames and lengths",
    2: "Pings and Pongs",
    3: "reserved bits",
    4: "reserved opcodes",
    5: "fragments",
    6: "UTF-8",
    7: "closing",
    9: "large messages",
    10: "many fragments",
    12: "deflate: messages",
    13: "deflate: parameters and faults",
}

# Autobahn has none of these: its cases begin with the frames.
ALL_CATEGORIES = {**CATEGORIES, CATEGORY: "opening handshakes"}

CASES: tuple[Case, ...] = (
    *cases_frames.CASES,
    *cases_utf8.CASES,
    *cases_closing.CASES,
    *cases_large.CASES,
    *cases_deflate.CASES,
)


def choose_openings(only: Iterable[str] = (), *, role: str = "") -> list[Opening]:
    """Return some of the opening handshakes, as `choose` does with the other cases."""
    wanted = tuple(f"{each.rstrip('.')}." for each in only)
    return [
        case
        for case in OPENINGS
        if (not wanted or f"{case.id}.".startswith(wanted)) and role in ("", case.role)
    ]


def choose(only: Iterable[str] = (), *, slow: bool = True, role: str = "") -> list[Case]:
    """Return some of the cases.

    Arguments:
        only: beginnings of ids, such as "6" or "6.4"; none chooses all.
        slow: whether the large ones are among them.
        role: of the endpoint, "server" or "client"; "" is both.
    """
    wanted = tuple(f"{each.rstrip('.')}." for each in only)
    return [
        case
        for case in CASES
        if (not wanted or f"{case.id}.".startswith(wanted))
        and (slow or not case.slow)
        and (not role or case.role in ("", role))
    ]
