"""However the code ends, the judge lives, hears how, and where it can be known, at which line."""

import os
import subprocess

import pytest

from classroom import workers
from classroom.worker import codec, talk
from classroom.worker.protocol import (
    Call,
    CallJudge,
    CallReturned,
    Ended,
    Limits,
    Load,
    Loaded,
    Returned,
    TooLarge,
)
from classroom.worker.table import Callbacks
from classroom.workers import Answer, Transcript, Worker

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals and fork")


def run(body: str, *ops: Call, limits: Limits | None = None) -> Transcript:
    """Run the body of a function f(n), which begins at line 11; once, unless there are ops."""
    lines = "\n".join("    " + line for line in body.splitlines())
    answer = Answer("4.2", "f", f"def f(n=0):\n{lines}\n", filename="exercises/a.py", first_line=10)
    return workers.run(answer, ops or (Call(),), {}, limits)


def ended(transcript: Transcript) -> Ended:
    last = transcript.outcomes[-1]
    assert isinstance(last, Ended), transcript
    return last


QUICK = Limits(cpu=0.3, wall=1.0)

STOPS = {
    "endless loop": ("while True:\n    pass", "endless", 11),
    "loop that swallows all exceptions": (
        "while True:\n    try:\n        n += 1\n    except BaseException:\n        pass",
        "endless",
        None,
    ),
    "one endless call in C": ("n = 1\nreturn len(str(7 ** (10 ** 8)))", "endless", 12),
    "regular expression that never ends": ("import re\nre.match('(a+)+b', 'a' * 60)", "endless", 12),
    "sleep": ("import time\ntime.sleep(100)", "waiting", 12),
    "lock that nobody releases": ("import threading\nthreading.Event().wait()", "waiting", 12),
    "os._exit": ("import os\nos._exit(0)", "os-exit", None),
    "os._exit with a number": ("import os\nos._exit(7)", "os-exit", None),
    "all descriptors closed": ("import os\nos.closerange(0, 100)", "os-exit", None),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", "crash", 12),
    "abort": ("import os\nos.abort()", "crash", 12),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "crash", None),
}


@POSIX
@pytest.mark.parametrize("name", STOPS)
def test_code_that_takes_the_worker_down_is_told_apart(name: str) -> None:
    body, how, line = STOPS[name]
    transcript = run(body, Call(), Call(), limits=QUICK)
    last = ended(transcript)
    assert len(transcript.outcomes) == 1
    assert (last.how, last.gone) == (how, True)
    if line:
        assert last.line == line
        assert last.text
    assert transcript.seconds < 5


TEARS = {"one endless call in C", "regular expression that never ends"}  # the system ends them
SAID = {"endless", "waiting"}  # by the worker itself


@POSIX
@pytest.mark.parametrize("name", STOPS)
def test_of_outcomes_that_travel_together_all_arrive_or_the_transcript_is_torn(name: str) -> None:
    body, how, _ = STOPS[name]
    lines = "\n".join("    " + line for line in f"if n < 3:\n    return n\n{body}".splitlines())
    answer = Answer("4.2", "f", f"def f(n=0):\n{lines}\n")
    with Worker() as worker:
        transcript = worker.run(answer, [Call((n,)) for n in range(5)], {}, QUICK, together=True)
    assert transcript.torn == (name in TEARS or how not in SAID)
    if not transcript.torn:
        assert transcript.outcomes[:3] == [Returned(0), Returned(1), Returned(2)]
        assert (len(transcript.outcomes), ended(transcript).how) == (4, how)


@pytest.mark.parametrize("together", [False, True])
def test_outcomes_are_the_same_whether_they_travel_together_or_not(together: bool) -> None:
    source = "def f(n):\n    print(n)\n    return bytes(n) if n != 7 else g(n)\n"
    answer = Answer("4.2", "f", source, neighbours=("g",))
    with Worker() as worker:
        ops = [Call((n,)) for n in (*range(10), 100_000, 7, 20_000_000, 1)]
        transcript = worker.run(answer, ops, {"g": lambda n: [n]}, Limits(), together=together)
    assert not transcript.torn
    values = [each.value if isinstance(each, Returned) else each for each in transcript.outcomes]
    assert values[:12] == [*map(bytes, range(7)), [7], bytes(8), bytes(9), bytes(100_000), [7]]
    assert isinstance(values[12], TooLarge)
    assert values[13] == bytes(1)
    assert [each.printed for each in transcript.outcomes[:3]] == ["0\n", "1\n", "2\n"]


GOES_ON = {
    "sys.exit": ("import sys\nsys.exit(3)", "exit", 12),
    "raise SystemExit": ("raise SystemExit('bye')", "exit", 11),
    "deep recursion": ("return f(n)", "recursion", 11),
    "memory": ("return bytearray(1 << 34)", "memory", 11),
}


@POSIX
@pytest.mark.parametrize("name", GOES_ON)
def test_after_some_endings_the_next_op_runs(name: str) -> None:
    body, how, line = GOES_ON[name]
    first, second = run("if n == 1:\n    return 5\n" + body, Call(), Call((1,))).outcomes
    assert isinstance(first, Ended)
    assert (first.how, first.line, first.gone) == (how, line + 2, False)
    assert second == Returned(5)


@POSIX
def test_memory_eaten_step_by_step_is_the_same_as_at_once() -> None:
    transcript = run(
        "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))", limits=Limits(memory=1 << 28)
    )
    assert ended(transcript).how == "memory"


@POSIX
def test_recursion_without_its_limit_ends_clearly() -> None:
    body = "import sys\nsys.setrecursionlimit(10 ** 9)\nreturn max([n], key=f)"
    last = ended(run(body))
    assert last.how in ("recursion", "memory", "endless")


def test_a_lowered_recursion_limit_does_not_hurt_what_comes_after() -> None:
    body = "import sys\nfor _ in range(90):\n    n = [n]\nsys.setrecursionlimit(60)\nreturn n"
    first, second = run(body, Call(), Call()).outcomes
    assert isinstance(first, Returned)
    assert first == second


def test_input_raises_eoferror_and_does_not_wait() -> None:
    raised = run("return input('name? ')").outcomes[0]
    assert (raised.type, raised.line, raised.printed) == ("EOFError", 11, "name? ")


def test_a_huge_print_is_cut_with_a_note() -> None:
    printed = run("print('x' * n)", Call((10**6,)), Call((5,)), limits=Limits(output=1000)).outcomes
    assert len(printed[0].printed) < 1200
    assert "too much" in printed[0].printed
    assert printed[1].printed == ""


def test_a_replaced_stdout_serves_its_own_op_only() -> None:
    body = "import sys, io\nif n:\n    sys.stdout = io.StringIO()\nprint('seen')"
    first, second = run(body, Call((1,)), Call((0,))).outcomes
    assert (first.printed, second.printed) == ("", "seen\n")


def test_a_closed_stdout_is_a_new_one_for_the_next_op() -> None:
    body = "import sys\nif n:\n    sys.stdout.close()\nelse:\n    print('seen')"
    first, second = run(body, Call((1,)), Call((0,))).outcomes
    assert (first.printed, second.printed) == ("", "seen\n")


def test_what_is_written_to_descriptor_one_does_not_reach_the_judge() -> None:
    assert run("import os\nos.write(1, b'\\0' * 1000)\nos.write(2, b'x')\nreturn 1").outcomes == [Returned(1)]


ODD = {
    "int of a million digits": ("return 10 ** 10 ** 6", "int"),
    "cyclic list": ("x = []\nx.append(x)\nreturn x[0]", None),
    "hostile repr": ("class A:\n    def __repr__(self):\n        raise SystemExit\nreturn A()", "A"),
    "repr that is no str": ("class A:\n    __repr__ = lambda self: 5\nreturn A()", "A"),
    "nested ten thousand deep": ("x = []\nfor _ in range(10000):\n    x = [x]\nreturn x", None),
    "generator": ("return (x for x in ())", "generator"),
    "the module's own parts": ("import worker.runner\nreturn worker.runner", "module"),
    "huge list": ("return [0] * 10 ** 7", "list"),
    "doubled sixty times": ("x = []\nfor _ in range(60):\n    x = [x, x]\nreturn x", "list"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_arrives_as_something_harmless(name: str) -> None:
    body, type_name = ODD[name]
    (outcome,) = run(body).outcomes
    assert isinstance(outcome, Returned), outcome
    if type_name:
        assert outcome.value.type_name == type_name


def test_a_repr_that_never_ends_is_ended() -> None:
    body = "class A:\n    def __repr__(self):\n        while True: pass\nreturn A()"
    assert ended(run(body, limits=QUICK)).how == "endless"


def test_a_thread_left_running_does_not_keep_the_check() -> None:
    body = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn 1"
    transcript = run(body)
    assert transcript.outcomes == [Returned(1)]
    assert transcript.seconds < 5


def test_a_thread_that_loops_while_the_code_waits_is_found() -> None:
    body = (
        "import threading\ndef spin():\n    while True: pass\n"
        "t = threading.Thread(target=spin)\nt.start()\nt.join()"
    )
    last = ended(run(body, limits=QUICK))
    assert (last.how, last.line) == ("endless", 16)


@POSIX
@pytest.mark.parametrize("escape", ["", "os.setsid()\n    "])
def test_a_child_left_behind_does_not_keep_the_check(escape: str) -> None:
    # The child outlives the check's deadline, so a check that waited for it would say "waiting".
    body = f"import os, time\nif os.fork() == 0:\n    {escape}time.sleep(6)\n    os._exit(0)\nos._exit(5)"
    last = ended(run(body, limits=QUICK))
    assert (last.how, last.detail) == ("os-exit", "exit code 5")


@POSIX
def test_a_child_left_behind_is_killed_with_the_worker() -> None:
    body = "import os, time\npid = os.fork()\nif pid == 0:\n    time.sleep(60)\nreturn pid"
    (outcome,) = run(body).outcomes
    assert isinstance(outcome, Returned)
    workers.end_spare()  # returns when the used worker is gone, too
    assert isinstance(outcome.value, int)
    assert not is_alive(outcome.value)


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie, which waits for somebody to take its exit code, does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout.strip()[:1] not in ("", "Z")


@POSIX
def test_a_worker_that_is_stopped_is_ended_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "GRACE", 0.3)
    last = ended(run("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", limits=QUICK))
    assert (last.how, last.gone) == ("waiting", True)


WRITE = """
import gc, os, struct
link = next(o for o in gc.get_objects() if type(o).__name__ == 'Link')
fd = link._writing
"""
FORGED = {
    "garbage": "os.write(fd, b'\\xff' * 100)",
    "unknown tag": "os.write(fd, struct.pack('>I', 1) + b'?')",
    "a message too long": "os.write(fd, struct.pack('>I', 2 ** 31))",
    "wrong contents": ("from worker.protocol import Returned\nlink.send(Returned(1, {}, 5))\nreturn 1"),
    "out of turn": "from worker.protocol import Loaded\nlink.send(Loaded())\nreturn 1",
    "no message": "link.send([1])\nreturn 1",
    "more of no bytes": (
        "from worker.protocol import CallJudge, Longer\n"
        "link.send(CallJudge('g', (Longer('a'),), {}))\nreturn 1"
    ),
    "much made of little": (
        "from worker.protocol import CallJudge, Longer\nlink.send(CallJudge('g', (bytes(1 << 20),), {}))\n"
        "link.send(CallJudge('g', (Longer(b''),) * 100, {}))\nreturn 1"
    ),
}


@POSIX
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_message_is_garbled_and_nothing_else(name: str) -> None:
    last = ended(run(WRITE + FORGED[name]))
    assert (last.how, last.gone) == ("garbled", True)


@POSIX
def test_bytes_that_drip_do_not_extend_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "GRACE", 0.5)
    drip = WRITE + (
        "import time\nnext(o for o in gc.get_objects() if type(o).__name__ == 'Watch').disarm()\n"
        "os.write(fd, struct.pack('>I', 10000))\nwhile True:\n    os.write(fd, b'N')\n    time.sleep(0.05)"
    )
    transcript = run(drip, limits=QUICK)
    assert ended(transcript).how == "waiting"
    assert transcript.seconds < 4


def test_replaced_builtins_are_named_when_they_break_the_worker() -> None:
    last = ended(run("import builtins\nbuiltins.isinstance = None\nreturn 1", Call(), Call()))
    assert last.how == "crash"
    assert "isinstance" in last.detail


def test_code_that_loops_while_it_is_loaded_is_ended_too() -> None:
    answer = Answer("4.2", "f", "while True:\n    pass\n", filename="a.py", first_line=5)
    transcript = workers.run(answer, [Call()], limits=QUICK)
    assert isinstance(transcript.loaded, Ended)
    assert (transcript.loaded.how, transcript.loaded.line) == ("endless", 5)


def test_the_real_reference_is_not_among_the_workers_modules() -> None:
    body = "import sys\nreturn sorted(name for name in sys.modules if name[:6] in ('minews', 'classr'))"
    assert run(body).outcomes == [Returned(["minews", "minews.types"])]


def test_no_variable_of_the_judges_environment_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    workers.end_spare()
    monkeypatch.setenv("SECRET_OF_THE_JUDGE", "42")
    assert run("import os\nreturn os.environ.get('SECRET_OF_THE_JUDGE')").outcomes == [Returned(None)]


def test_a_large_reply_and_a_large_question_pass() -> None:
    data = bytes(8 << 20)
    assert run("return n", Call((data,))).outcomes == [Returned(data)]


class GoneWhileItWaited:
    """A worker that asked for a neighbour, said that its time was up, and was gone before the answer."""

    def __init__(self) -> None:
        self.messages = [Loaded(), CallJudge("double", (1,), {}), Ended("endless", gone=True)]
        self.answers: list[object] = []

    def send(self, message: object, deadline: float) -> None:
        if isinstance(message, bytearray):
            self.answers.append(codec.decode(message))
            raise EOFError

    def take(self, deadline: float) -> bytes:
        return bytes(codec.encode(self.messages.pop(0)))

    def read(self, data: bytes) -> object:
        return codec.decode(data)

    def restore(self, call: CallJudge, *, shared: bool) -> bool:
        return True


def test_a_worker_that_is_gone_before_a_neighbour_answers_has_said_why() -> None:
    table = Callbacks({"double": lambda number: number * 2})
    gone = GoneWhileItWaited()
    held = talk._Talk(gone, Load("4.2", "f", ""), table, float("inf")).hold((Call(),))  # type: ignore[arg-type]
    assert ended(held).how == "endless"
    assert gone.answers == [CallReturned(2)]
