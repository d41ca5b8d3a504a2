"""Made-up results of a class, as the grader writes them: honest work, copies, and texts that mean harm.

    python tests/classroom/fake_results.py FOLDER [HOW_MANY]

writes results.jsonl and run.json into a folder, to look at what `report` makes of them.
"""

from __future__ import annotations

import inspect
import json
import random
import re
import sys
import textwrap
from functools import cache
from pathlib import Path

from classroom.build.exercises import reference_source, skeleton
from classroom.grading.copies import fingerprint
from classroom.mistakes import mistakes_of, variants_of
from classroom.regions import short_hash
from classroom.syllabus import all_exercises

HOSTILE_NAMES = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    '@SUM(1+1)*cmd|"/c x"',
    "-2+3",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "line\nbreak\r\nand\ttab",
    "عبد الله \u202eeerf",
    "Zoë 🦆🦆",
    "x" * 300,
    'O\'Brien, Ann "the; comma"',
    "| pipe | [link](javascript:alert(1)) `tick`",
    "\ud800 half a pair",
    "nul\0byte \x1b[31mred",
    "../../etc/passwd",
    "CON",
)
HOSTILE_PRINTS = (
    "</pre></dd></dl><script>alert(1)</script>",
    "```\n# a heading\n<img src=x onerror=alert(1)>\n```",
    "::error file=x::pwned\n%0A::set-output name=x::y",
    "\x1b[2Jcleared \u202egnp.exe",
    "W" * 4000,
    "-->]]>&lt;svg onload=alert(1)>",
)
HIDDEN = ("unseen_keys", "unseen_lengths", "unseen_order")
FIRST = ["Ada", "Ben", "Chloe", "Elif", "Farid", "Grace", "Hana", "Ivo", "Jun", "Kofi", "Lea", "Mats", "Pia"]
LAST = ["Abe", "Becker", "Costa", "Evans", "Fischer", "Garcia", "Huang", "Ito", "Khan", "Lee", "Moreau"]


@cache
def answers_to(number: str) -> tuple[tuple[str, str], ...]:
    """Sources of answers to an exercise, with the mistake that each makes, or ""."""
    exercise = next(each for each in all_exercises() if each.id == number)
    wrong = [(_source(each.function), each.name) for each in mistakes_of(exercise)]
    right = [(_source(each.function), "") for each in variants_of(exercise)]
    return ((reference_source(exercise), ""), *right, *wrong)


def _source(function: object) -> str:
    lines = textwrap.dedent(inspect.getsource(function)).split("\n")  # type: ignore[arg-type]
    start = next(at for at, line in enumerate(lines) if line.startswith(("def ", "class ")))
    return "\n".join(lines[start:])


def make_results(
    size: int, seed: int = 1, lessons: tuple[int, ...] = (4, 5), hostile: bool = True
) -> list[dict]:
    """Make up the results of a class.

    Arguments:
        size: how many submissions.
        seed: the same one gives the same results.
        lessons: whose exercises.
        hostile: some have names and texts that mean harm.
    """
    luck = random.Random(seed)
    numbers = [each.id for each in all_exercises() if each.lesson in lessons]
    found: list[dict] = []
    for place in range(size):
        result = _make_one(place, luck, numbers)
        if hostile and place % 7 == 3:
            _make_hostile(result, place // 7, luck)
        if place % 25 == 24:  # a near copy of somebody else
            _copy(found[luck.randrange(len(found))], result, luck)
        found.append(result)
    if size > 20:
        found[5] |= {"problems": ["work.zip holds a zip in a zip, which is not opened."], "exercises": {
            number: _missing() for number in numbers}}  # fmt: skip
        found[11] |= {"error": "The judge process ended with signal 9 <b>while</b> it graded 5.7."}
    return found


def _make_one(place: int, luck: random.Random, numbers: list[str]) -> dict:
    first, last = luck.choice(FIRST), luck.choice(LAST)
    skill = min(max(luck.gauss(0.72, 0.22), 0.02), 0.99)
    name = f"{last.lower()}{first.lower()}_{30_000 + place}_{900_000 + place}_work.zip"
    return {
        "submission": name,
        "student": str(30_000 + place),
        "person": f"{first} {last}",
        "hash": f"{place:064x}",
        "tests": "5ca1ab1e",
        "seed": 123,
        "modified": 1_795_000_000.0 + luck.gauss(-40_000, 60_000),
        "late": luck.random() < 0.03,
        "isolation": "user, mount, process and network namespaces, seccomp, resource limits",
        "seconds": round(luck.uniform(0.2, 0.9), 3),
        "problems": [],
        "error": None,
        "exercises": _make_exercises(luck, numbers, skill),
    }


def _make_exercises(luck: random.Random, numbers: list[str], skill: float) -> dict:
    stop = len(numbers) if luck.random() < skill + 0.2 else luck.randrange(len(numbers))
    found = {}
    for at, number in enumerate(numbers):
        if at >= stop:
            found[number] = _missing() if luck.random() < 0.4 else _not_written(number)
        else:
            found[number] = _write(number, luck, luck.random() < skill)
    return found


def _missing() -> dict:
    return {"verdict": "missing", "passed": 0, "total": 0, "feedback": "", "seconds": 0.0, "tokens": []}


def _not_written(number: str) -> dict:
    exercise = next(each for each in all_exercises() if each.id == number)
    text = f"{number} {exercise.name}: not written yet.\nTested: {exercise.module}.py, lines 1 to 9, 0."
    source = skeleton(exercise)
    return {"verdict": "not-written", "passed": 0, "total": 8, "hidden_total": 3, "feedback": text,
            "seconds": 0.001, "tokens": fingerprint(source), "source": source}  # fmt: skip


def _write(number: str, luck: random.Random, right: bool) -> dict:
    exercise = next(each for each in all_exercises() if each.id == number)
    fitting = [answer for answer in answers_to(number) if (answer[1] == "") == right]
    source, mistake = fitting[min(int(luck.expovariate(0.4)), len(fitting) - 1)]
    source = disguise(source, luck)
    total, first = 8, luck.randrange(10, 90)
    passed = total if right else luck.randrange(total)
    hidden = 3 if right and luck.random() < 0.9 else luck.randrange(4) if right else 0
    verdict = "passed" if right else "failed"
    ending = ""
    if not right and luck.random() < 0.08:
        verdict, passed = "error", 0
    elif not right and luck.random() < 0.05:
        ending = luck.choice(["endless", "memory", "crash"])
    seconds = abs(luck.gauss(0.02, 0.005)) + (2.1 if ending == "endless" else 0)
    seconds += 3 if luck.random() < 0.004 else 0
    last = first + source.count("\n")
    result = {
        "verdict": verdict,
        "passed": passed,
        "total": 0 if verdict == "error" else total,
        "hidden_passed": hidden,
        "hidden_total": 0 if verdict == "error" else 3,
        "hidden_failed": [] if verdict == "error" else luck.sample(HIDDEN, 3 - hidden),
        "mistakes": [mistake] if mistake and luck.random() < 0.85 and verdict == "failed" else [],
        "case": "The RFC's own example." if verdict == "failed" else "",
        "ending": ending,
        "seconds": round(seconds, 4),
        "tested": {
            "file": f"exercises/{exercise.module}.py",
            "lines": [first, last],
            "hash": short_hash(source),
        },
        "tokens": fingerprint(source),
        "source": source,
    }
    result["feedback"] = _say(exercise, result)
    return result


def _say(exercise: object, result: dict, printed: str = "hallo") -> str:
    name = f"{exercise.id} {exercise.name}"  # type: ignore[attr-defined]
    tested = result["tested"]
    where = f"{tested['file']}, lines {tested['lines'][0]} to {tested['lines'][1]}, {tested['hash']}"
    lines = [f"Tested: {where}.", ""]
    if result["verdict"] == "passed":
        return "\n".join([f"{name}: passed, 8 of 8 cases.", *lines, f"Ask       {exercise.after}"])  # type: ignore[attr-defined]
    if result["verdict"] == "error":
        rest = ["Problem   Python cannot read it: expected ':'.", "Where     line 1: def f(key)"]
        return "\n".join([f"{name}: your code could not be loaded.", *lines, *rest])
    shown = printed.replace("\n", "\n          ")
    return "\n".join([
        f"{name}: not right yet, {result['passed']} of 8 cases passed.",
        *lines,
        "Case      The frames that RFC 6455 prints in section 5.7, unmasked and masked.",
        "Tried     encode_frame(Frame(fin=True, opcode=Opcode.TEXT, payload=b'Hello'))",
        "Came       0  61              FIN 0, RSV 1 1 0, opcode 0x1 (text)",
        "              ^^",
        "           1  62              MASK 0, payload length 98",
        "Must be    0  81              FIN 1, RSV 0 0 0, opcode 0x1 (text)",
        "              ^^",
        "           1  05              MASK 0, payload length 5",
        "Look      They first differ at byte 0, in FIN and RSV1 and RSV2; 3 bytes came, 7 must come.",
        f"Printed   {shown}",
        "Ask       Which bit of byte 0 is FIN, and what does your code make of it?",
        "Read      RFC 6455 sections 5.2 and 5.3.",
        f"Next      hint(\"{exercise.id}\") gives the next hint.",  # type: ignore[attr-defined]
    ])  # fmt: skip


def _make_hostile(result: dict, number: int, luck: random.Random) -> None:
    name = HOSTILE_NAMES[number % len(HOSTILE_NAMES)]
    result["person"] = name
    if number % 3 == 0:
        result["submission"] = f"{name}_{result['student']}_assignsubmission_file"
    if number % 4 == 1:
        result["student"] = f"{name}{number}"
    for key, exercise in result["exercises"].items():
        if exercise["verdict"] == "failed":
            printed = HOSTILE_PRINTS[(number + len(key)) % len(HOSTILE_PRINTS)]
            found = next(each for each in all_exercises() if each.id == key)
            exercise["feedback"] = _say(found, exercise, printed)
            exercise["source"] += f"\n# {printed} {name}\n"
            exercise["case"] = printed[:200]
            break
    result["problems"] = [f"{name}: {luck.choice(HOSTILE_PRINTS)}"] if number % 5 == 2 else []


def _copy(original: dict, result: dict, luck: random.Random) -> None:
    """Take most of somebody's answers, with other names and comments."""
    for number, exercise in original["exercises"].items():
        if exercise.get("source") and exercise["verdict"] in ("passed", "failed"):
            source = disguise(exercise["source"], luck)
            copied = dict(exercise, source=source, tokens=fingerprint(source))
            result["exercises"][number] = copied


def disguise(source: str, luck: random.Random) -> str:
    """Rename what is a name of the student's own, and put comments and empty lines in."""
    own = set(re.findall(r"\b([a-z_]{2,})\b(?= *[=,)])", source)) - {"self", "cls", "key", "data"}
    for name in sorted(own):
        if luck.random() < 0.3 and not re.search(rf"\.{name}\b|\b{name} *\(|\"[^\"\n]*\b{name}\b", source):
            source = re.sub(rf"\b{name}\b", f"{name}_{luck.choice('abcdxyz')}", source)
    lines = source.split("\n")
    at = luck.randrange(1, len(lines) + 1)
    return "\n".join([*lines[:at], f"    # {luck.choice(FIRST)} was here", *lines[at:]])


def write_results(folder: Path, results: list[dict], torn: bool = False) -> Path:
    """Write results.jsonl and run.json into a folder, some results twice as a journal may have them."""
    folder.mkdir(parents=True, exist_ok=True)
    old = [dict(result, exercises={}, problems=["older"], error="older") for result in results[:3]]
    lines = [json.dumps(result) for result in [*old, *results]]
    text = "\n".join(lines) + "\n" + ('{"submission": "torn", "exerc' if torn else "")
    (folder / "results.jsonl").write_text(text, encoding="utf-8")
    numbers = dict.fromkeys(number for result in results for number in result["exercises"])
    exercises = {
        each.id: {
            "name": each.name,
            "title": each.title,
            "total": 8,
            "hidden_total": 3,
            "hidden": {name: f"Hidden: {name} of {each.name}." for name in HIDDEN},
        }
        for each in all_exercises()
        if each.id in numbers
    }
    run = {"seed": 123, "tests": "5ca1ab1e", "lessons": [4, 5], "exercises": exercises,
           "isolation": results[0]["isolation"], "made": "2026-11-22T20:15:00+01:00"}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return folder


if __name__ == "__main__":
    write_results(Path(sys.argv[1]), make_results(int(sys.argv[2]) if sys.argv[2:] else 120), torn=True)
