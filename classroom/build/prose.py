"""The prose that the build adds to a lesson: the facts of an exercise, and its known wrong answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from .. import places
from ..mistakes import Mistake, mistakes_of
from ..syllabus import DIFFICULTY, Exercise

SECTION = re.compile(r"(?:RFC (?P<rfc>\d+) )?(?P<section>[A-Z0-9.]+)")


def describe_exercise(exercise: Exercise) -> str:
    """The line under an exercise's introduction: minutes, difficulty, sections to read, neighbours."""
    parts = [
        f"Exercise {exercise.id}",
        f"about {exercise.minutes} minutes",
        DIFFICULTY[exercise.difficulty],
        link_sections(exercise.rfc),
    ]
    if exercise.neighbours:
        names = [f"`{name}`" for name in exercise.neighbour_names]
        parts.append(f"it may call {_list_words(names)}")
    return f"*{' · '.join(part for part in parts if part)}*"


def describe_mistakes(exercise: Exercise) -> str:
    """The wrong answers to an exercise that people were seen to give, each with the question that it gets."""
    known = mistakes_of(exercise) if _mistakes_exist(exercise) else ()
    lines = [_describe_mistake(item) for item in known if item.source]
    if not lines:
        return ""
    intro = f"**Wrong answers that people really give to {exercise.id}**, and a question about each:"
    return "\n".join([intro, "", *lines])


def link_sections(sections: Sequence[str]) -> str:
    """Sections with their links, such as "RFC 6455 sections 4.2.2 and 1.3".

    Arguments:
        sections: "4.2.2" for RFC 6455, "RFC 9110 5.6.1" for another one.
    """
    by_rfc: dict[str, list[str]] = {}
    for text in sections:
        match = SECTION.fullmatch(text)
        if match is None:
            raise ValueError(f"not a section of an RFC: {text!r}")
        rfc = match["rfc"] or "6455"
        link = f"https://www.rfc-editor.org/rfc/rfc{rfc}#section-{match['section']}"
        by_rfc.setdefault(rfc, []).append(f"[{match['section']}]({link})")
    return ", ".join(
        f"RFC {rfc} section{'s' * (len(links) > 1)} {_list_words(links)}" for rfc, links in by_rfc.items()
    )


def _describe_mistake(mistake: Mistake) -> str:
    places_seen = [_link_source(source) for source in mistake.source.split(", ") if source]
    notes = [link_sections(mistake.rfc), f"seen on {_list_words(places_seen)}" if places_seen else ""]
    return f"- `{mistake.name}`: {mistake.hint} ({'; '.join(note for note in notes if note)})"


def _link_source(source: str) -> str:
    host = urlsplit(source).hostname
    return f"[{host}]({source})" if host else source


def _mistakes_exist(exercise: Exercise) -> bool:
    return any((places.TESTS / "mistakes").glob(f"lesson_{exercise.lesson:02}*.py"))


def _list_words(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
