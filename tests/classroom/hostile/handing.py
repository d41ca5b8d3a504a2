"""Submissions made of attacks, and files that are attacks themselves."""

from __future__ import annotations

import io
import json
import os
import zipfile
from functools import lru_cache
from pathlib import Path

from classroom import regions
from classroom.build.exercises import exercises_in
from classroom.syllabus import find_exercise

BESIDE = ("4.1", "4.7", "5.4")  # honest answers that stand beside an attack: one before it and one after it


def module_with(changed: dict[str, str], module: str = "handshake") -> str:
    """The text of a module with some answers, and those of `BESIDE` as the reference gives them."""
    parts = [regions.preamble(module), ""]
    for exercise in exercises_in(module):
        if exercise.id in changed or exercise.id in BESIDE:
            source = changed.get(exercise.id) or _reference(exercise.id)
            parts += [f"# %% exercise {exercise.id} {exercise.name}", source.strip("\n"), ""]
    return "\n".join(parts)


@lru_cache
def _reference(exercise_id: str) -> str:
    return regions.reference_source(find_exercise(exercise_id))


def hand_in(folder: Path, name: str, changed: dict[str, str], module: str = "handshake") -> None:
    """Write a submission of one module."""
    place = folder / name / "exercises"
    place.mkdir(parents=True)
    (place / f"{module}.py").write_text(module_with(changed, module), "utf-8", "surrogatepass")


def hand_in_odd_files(folder: Path) -> list[str]:
    """Write submissions that attack whoever reads them; return their names. None of them earns
    more than a wrong answer does."""
    head = "# %% exercise 4.2 accept_value\ndef accept_value(key):\n    return "
    texts = {
        "no notebook.ipynb": b"{" * 100_000,
        "odd notebook.ipynb": json.dumps(
            {"nbformat": 4, "cells": [{"cell_type": "code", "source": {"a": []}}, 7]}
        ).encode(),
        "wide.py": (head + "key").encode("utf-16"),
        "half a letter.py": (head + "'\ud800'").encode("utf-8", "surrogatepass"),
        "nul.py": (head + "'\0'").encode(),
        "five megabytes.py": (head + "'" + "x" * 5_000_000 + "'").encode(),
        "nested in brackets.py": (head + "(" * 30_000 + ")" * 30_000).encode(),
        "nested in minus.py": (head + "-" * 60_000 + "1").encode(),
        "long sum.py": (head + "+".join(["1"] * 20_000)).encode(),
        "attributes.py": (head + "key" + ".a" * 40_000).encode(),
        "bomb.zip": _zip({"exercises/handshake.py": bytes(50_000_000)}),
        "zip in zip.zip": _zip({"inner.zip": _zip({"exercises/handshake.py": head.encode() + b"key"})}),
        "climbing.zip": _zip(
            {"../../escaped.py": head.encode() + b"key", "/tmp/escaped.py": head.encode() + b"key"}
        ),
        "no zip.zip": b"PK\x03\x04" + b"\xff" * 10_000,
        "\x1b[2J<script>alert(1)<\u202egpj..py": (head + "key").encode(),
    }
    for name, data in texts.items():
        (folder / name).write_bytes(data)
    links = folder / "links" / "exercises"
    links.mkdir(parents=True)
    (links / "handshake.py").symlink_to(Path(regions.__file__).parents[1] / "minews" / "handshake.py")
    (links / "more").symlink_to("/")
    os.mkfifo(folder / "links" / "frames.py")
    return [*texts, "links"]


def _zip(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
