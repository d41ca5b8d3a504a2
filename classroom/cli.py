"""The command line, `python3 -m classroom <command>`.

Exit codes: 0 if all went well, 1 if something did not pass or failed, 2 for a command that can't be
understood, 130 after Ctrl-C. Each command imports what it needs when it runs, so that `doctor` and `--help`
work where nothing is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import places

if TYPE_CHECKING:
    from .syllabus import Exercise

__all__ = ["main"]

USAGE_ERROR = 2
STOPPED = 130


class UsageError(Exception):
    """A command that can't be carried out as it was typed; the text says what to type instead."""


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Arguments:
        argv: the words after `python3 -m classroom`.

    Returns:
        The exit code.
    """
    _never_fail_to_print()
    try:
        code = _run(list(argv))
        print(end="", flush=True)  # what is short stands in the buffer until here
        return code
    except UsageError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone (`... | head`): say no more, not even at the end.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: list[str]) -> int:
    if words[:1] == ["test"] and _is_whole() and not {"-h", "--help"} & set(words):
        return _test(argparse.Namespace(rest=words[1:]))  # pytest's own options, untouched
    parser = make_parser()
    if not words:
        parser.print_help(sys.stderr)
        return USAGE_ERROR
    try:
        arguments, rest = parser.parse_known_args(_with_help(words))
        if rest and not arguments.takes_more:
            parser.error(f"not understood: {' '.join(rest)}")
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else USAGE_ERROR
    arguments.rest = rest
    return int(arguments.run(arguments))


def _is_whole() -> bool:
    """Whether this is the whole course, and not what students were handed out."""
    return (places.ROOT / "classroom" / "grading").is_dir()


def _with_help(words: list[str]) -> list[str]:
    """`help check` is `check --help`."""
    return [*words[1:2], "--help"] if words[:1] == ["help"] else words


def _never_fail_to_print() -> None:
    """A character that a console can't show becomes a question mark, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")


# The words


def make_parser() -> argparse.ArgumentParser:
    """Describe all commands to argparse."""
    parser = argparse.ArgumentParser(prog="python3 -m classroom", description="The course's commands.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.set_defaults(run=run, takes_more=False)
        return command

    _add_course(add)
    _add_exercises(add)
    if _is_whole():
        _add_building(add)
        _add_grading(add)
    return parser


def _add_course(add: Callable[..., argparse.ArgumentParser]) -> None:
    lab = add("lab", _lab, "open the course in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.add_argument("--port", type=_port, help="the port to listen on, if it is free")
    lab.set_defaults(takes_more=True)
    add("doctor", _doctor, "say what is missing on this machine, and what to type")


def _add_building(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("test", _test, "run the course's own tests; what follows goes to pytest")
    build = add("build", _build, "build exercises/, notebooks/ and solutions/ from their sources")
    build.add_argument("--check", action="store_true", help="change nothing, say what differs")
    build.add_argument(
        "--no-execute", action="store_true", help="leave the outputs of the solutions as they are"
    )


def _add_exercises(add: Callable[..., argparse.ArgumentParser]) -> None:
    check = add("check", _check, "test exercises: those named, or all")
    check.add_argument("ids", nargs="*", metavar="ID", help="a number such as 4.2, a name, or a lesson")
    check.add_argument("--file", type=Path, help="test this .py or .ipynb file in place of exercises/")
    check.add_argument(
        "--each-case", action="store_true", help="with --file: of each case that fails what it asked"
    )
    check.add_argument("--json", action="store_true", help="one JSON object a line")
    add("watch", _watch, "test an exercise whenever its file is saved, until Ctrl-C")
    status = add("status", _status, "say how every exercise stands")
    status.add_argument("--json", action="store_true", help="one JSON object a line")
    reset = add("reset", _reset, "put an exercise back as it was at the start; your code is kept aside")
    hint = add("hint", _hint, "show the next hint of an exercise")
    solution = add("solution", _solution, "show the reference of an exercise")
    for command in (reset, hint, solution):
        command.add_argument("id", metavar="ID", help="a number such as 4.2, or a name")
    hint.add_argument(
        "--level", type=int, choices=(1, 2, 3, 4), help="this one: 1 is the least, 4 the reference"
    )
    hint.add_argument("symptom", nargs="?", type=int, help="a symptom's number in the list of the first hint")
    submit = add("submit", _submit, "pack your exercises into one file to hand in")
    submit.add_argument("--out", type=Path, help="where to write it; a folder, or a file name ending in .zip")
    submit.add_argument("--name", help='your name, such as "Ann Lee"; it is remembered, and "" forgets it')


def _add_grading(add: Callable[..., argparse.ArgumentParser]) -> None:
    handout = add("handout", _handout, "put together what students get")
    handout.add_argument(
        "--out", type=Path, required=True, help="a folder that does not exist yet, or a .zip"
    )
    grade = add("grade", _grade, "grade a folder of submissions, each in a sandbox")
    grade.add_argument(
        "submissions", type=Path, metavar="SUBMISSIONS", help="a folder with what was handed in"
    )
    grade.add_argument("--out", type=Path, required=True, metavar="GRADES", help="where the results go")
    grade.add_argument(
        "--tests", type=Path, metavar="HIDDEN", help="a folder with cases that students don't have"
    )
    grade.add_argument("--jobs", type=_positive, metavar="N", help="how many at the same time")
    grade.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask scheduler, such as tcp://127.0.0.1:8786"
    )
    grade.add_argument(
        "--seed", type=int, metavar="N", help="draw the inputs from this seed, not from a new one"
    )
    grade.add_argument(
        "--trust-submissions", action="store_true", help="run them without a sandbox: only for your own code"
    )
    grade.add_argument(
        "--no-report", action="store_true", help="grade only; `report` writes the report and the gradebooks"
    )
    report = add("report", _report, "write the report, the feedback and the gradebooks of graded submissions")
    report.add_argument("grades", type=Path, metavar="GRADES", help="the folder that `grade` wrote")
    report.add_argument(
        "--github", action="store_true", help="tell GitHub Actions, too: job summary, annotations, points"
    )
    for command in (handout, grade):
        command.add_argument(
            "--lessons",
            type=_lessons,
            default=(),
            metavar="LIST",
            help="such as 4 or 4,5 or 1-6; by default all",
        )
    for command in (grade, report):
        command.add_argument("--course", type=Path, metavar="course.toml", help="points and deadlines")
        command.add_argument("--anonymous", action="store_true", help="no names in the report")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


class Lessons(tuple[int, ...]):
    """Numbers of lessons; `named` are those that were named one by one, and not by a range."""

    named: frozenset[int] = frozenset()


def _lessons(text: str) -> Lessons:
    """The numbers in a list such as 1,4-6."""
    numbers: set[int] = set()
    named: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(f"{text} is no list of lessons such as 4 or 1-6 or 1,4-6")
        numbers.update(range(int(first), int(last or first) + 1))
        named.update([] if dash else [int(first)])
    lessons = Lessons(sorted(numbers))
    lessons.named = frozenset(named)
    return lessons


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; it is a number from 0 to 65535")
    return int(text)


# The course


def _lab(arguments: argparse.Namespace) -> int:
    from .lab import run_lab

    port = {} if arguments.port is None else {"port": arguments.port}
    return run_lab(browser=not arguments.no_browser, argv=arguments.rest, **port)


def _test(arguments: argparse.Namespace) -> int:
    from .testing import run_tests

    return int(run_tests(arguments.rest))


def _build(arguments: argparse.Namespace) -> int:
    from .build import build

    return build(check=arguments.check, execute=not arguments.no_execute)


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import run_doctor

    return int(run_doctor())


# Exercises


def _check(arguments: argparse.Namespace) -> int:
    from . import checks

    wanted = _find_exercises(arguments.ids)
    if arguments.file is not None:
        return checks.check_file(arguments.file, wanted, arguments.json, arguments.each_case)
    if arguments.each_case:
        print("--each-case goes with --file.", file=sys.stderr)
        return 2
    return checks.check_exercises(wanted, arguments.json)


def _watch(arguments: argparse.Namespace) -> int:
    from .watch import watch

    return watch()


def _status(arguments: argparse.Namespace) -> int:
    from . import checks

    return checks.print_status(arguments.json)


def _reset(arguments: argparse.Namespace) -> int:
    from .progress import reset_exercise

    try:
        print(reset_exercise(_find_exercise(arguments.id)))
    except OSError as error:
        print(f"Nothing was reset: {error.strerror or error}.", file=sys.stderr)
        return 1
    return 0


def _hint(arguments: argparse.Namespace) -> int:
    from .hints import advise, ask_by_command

    exercise = _find_exercise(arguments.id)
    print(advise(exercise, arguments.level, arguments.symptom, ask_by_command).text())
    return 0


def _solution(arguments: argparse.Namespace) -> int:
    from .hints import write_solution

    print(write_solution(_find_exercise(arguments.id)).text())
    return 0


def _submit(arguments: argparse.Namespace) -> int:
    from .submit import submit

    return submit(arguments.out, arguments.name)


# Grading


def _handout(arguments: argparse.Namespace) -> int:
    from .grading.handout import write_handout

    return write_handout(arguments.lessons, arguments.out)


def _grade(arguments: argparse.Namespace) -> int:
    from .grading.running import Refused, Request, grade

    request = Request(
        arguments.submissions,
        arguments.out,
        arguments.lessons,
        arguments.tests,
        arguments.jobs,
        arguments.scheduler,
        arguments.seed,
        arguments.trust_submissions,
        arguments.course,
        getattr(arguments.lessons, "named", frozenset()),
    )
    try:
        code = grade(request)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return STOPPED
    return code if arguments.no_report else max(code, _report_on(arguments.out, arguments))


def _report(arguments: argparse.Namespace) -> int:
    code = _report_on(arguments.grades, arguments)
    if not arguments.github or code == 1:  # then there is nothing to tell
        return code
    from .grading.actions import tell_github

    return max(code, tell_github(arguments.grades, arguments.course))


def _report_on(grades: Path, arguments: argparse.Namespace) -> int:
    from .grading.report import report

    return report(grades, course=arguments.course, anonymous=arguments.anonymous)


def _find_exercises(words: Sequence[str]) -> list[Exercise]:
    """The exercises that somebody named, each once, in the order in which they were named."""
    return list(dict.fromkeys(exercise for word in words for exercise in _find_some(word)))


def _find_some(word: str) -> Sequence[Exercise]:
    """The exercise of this number or name, or all of this lesson."""
    from .syllabus import LESSONS

    lessons = [lesson.exercises for lesson in LESSONS if str(lesson.number) == word and lesson.exercises]
    return lessons[0] if lessons else [_find_exercise(word)]


def _find_exercise(word: str) -> Exercise:
    from .syllabus import find_exercise

    try:
        return find_exercise(word)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
