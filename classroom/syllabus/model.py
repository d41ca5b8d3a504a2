"""What a lesson and an exercise are, as data."""

from __future__ import annotations

from dataclasses import dataclass

DIFFICULTY = {1: "easy", 2: "takes thought", 3: "hard"}


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint: what the student sees (`symptom`), and a question that helps without giving the answer.

    `mistakes` are the names of known mistakes that show themselves so.
    """

    symptom: str
    question: str
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    `name` is the object in the module minews.`module` that the student writes; `neighbours` are the other
    functions that it may call, as "module.name"; `rfc` lists sections; `after` is asked after a pass.
    `layout` says what its bytes are, so that they can be shown field by field: "frame"; "length", for those
    that begin with byte 1 of a frame; "bytes", for some that are no text and have no fields; or "".
    """

    id: str
    name: str
    module: str
    title: str
    minutes: int
    difficulty: int
    rfc: tuple[str, ...]
    hints: tuple[Hint, ...]
    after: str
    neighbours: tuple[str, ...] = ()
    layout: str = ""

    @property
    def lesson(self) -> int:
        """The number of the lesson to which it belongs."""
        return int(self.id.partition(".")[0])

    @property
    def neighbour_names(self) -> tuple[str, ...]:
        """The plain names of its neighbours."""
        return tuple(name.rpartition(".")[2] for name in self.neighbours)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson; `slug` is the stem of its files, `needs` the lessons whose ideas it builds on."""

    number: int
    slug: str
    title: str
    minutes: int
    needs: tuple[int, ...]
    exercises: tuple[Exercise, ...]
