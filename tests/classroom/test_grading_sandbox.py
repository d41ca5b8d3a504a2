"""What a sandbox lets code do, and what it does not; what students try there is in test_hostile.py."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from classroom.grading import sandbox
from classroom.grading.judging import Settings, _Boxes
from classroom.grading.sandbox import Keeper, SandboxError
from classroom.places import ROOT
from classroom.worker.protocol import Call, Ended, Raised, Returned
from classroom.worker.talk import Answer, Worker

CODE = """
import ctypes, os, socket, sys, threading
def evaluate(text):
    return eval(text)
"""


@pytest.fixture(scope="module")
def keeper(sandboxed):
    keeper = Keeper()
    yield keeper
    keeper.end()


@pytest.fixture
def box(keeper):
    with keeper.open() as box:
        yield box


def evaluate(box, *texts):
    """What each expression gives in a worker of the sandbox: its value, or the outcome."""
    worker = Worker(box.start)
    try:
        ops = [Call((text,)) for text in texts]
        transcript = worker.run(Answer("4.2", "evaluate", CODE), ops)
    finally:
        worker.end()
    return [each.value if isinstance(each, Returned) else each for each in transcript.outcomes]


def test_the_means_are_named(keeper):
    assert {"system call filters", "resource limits"} < set(keeper.means)
    assert any("network" in each for each in keeper.means)


def test_code_in_a_sandbox_sees_pythons_library_and_an_empty_folder(box):
    there, root, here = evaluate(
        box, "__import__('asyncio').__name__", "sorted(os.listdir('/'))", "(os.getcwd(), os.listdir('.'))"
    )
    assert there == "asyncio"
    assert here == ("/work", [])
    assert not {"home", "proc", "sys", "tmp", "var"} & set(root)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("socket.create_connection(('192.0.2.1', 80), 1)", "OSError"),
        ("open(os.path.dirname(os.__file__) + '/x.py', 'w')", "OSError"),
        ("open('/proc/self/status')", "FileNotFoundError"),
        ("os.fork()", "PermissionError"),
        ("os.execv(sys.executable, ['python'])", "OSError"),
        ("os.setuid(0)", "OSError"),
        ("os.mkdir('/x')", "OSError"),
        ("open('much', 'wb').write(bytes(17 << 20))", "OSError"),
        ("__import__('websockets')", "ModuleNotFoundError"),
        ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "OSError"),
    ],
)
def test_what_code_in_a_sandbox_may_not_do_is_an_error_there(box, text, error):
    (outcome,) = evaluate(box, text)
    assert isinstance(outcome, Raised) and error in outcome.bases


@pytest.mark.parametrize(
    "call", ["unshare(0x10000000)", "mount(b'none', b'/work', b'tmpfs', 0, None)", "chroot(b'.')"]
)
def test_code_in_a_sandbox_can_make_no_other_world(box, call):
    assert evaluate(box, f"ctypes.CDLL(None).{call}") == [-1]


def test_code_in_a_sandbox_has_a_loopback_of_its_own(box):
    echo = "(lambda s: socket.create_connection(s.getsockname()).getpeername() == s.getsockname())"
    assert evaluate(box, f"{echo}(socket.create_server(('127.0.0.1', 0)))") == [True]


def test_threads_may_be_started(box):
    assert evaluate(box, "[t.start() or t.join() for t in [threading.Thread()]]") == [[None]]


def test_memory_that_is_not_given_is_an_error_of_its_own(box):
    (outcome,) = evaluate(box, "len(bytearray(1 << 30))")
    assert isinstance(outcome, Ended) and outcome.how == "memory"


def test_a_worker_that_dies_leaves_the_sandbox_as_it_was(box):
    (outcome,) = evaluate(box, "ctypes.string_at(0)")
    assert isinstance(outcome, Ended) and outcome.how == "crash"
    assert evaluate(box, "1 + 1") == [2]


def test_what_is_written_in_one_sandbox_is_in_no_other(keeper):
    with keeper.open() as first, keeper.open() as second:
        assert evaluate(first, "open('x', 'w').write('hello')") == [5]
        assert evaluate(first, "os.listdir('.')") == [["x"]]
        assert evaluate(second, "os.listdir('.')") == [[]]


def test_sandboxes_can_be_used_side_by_side(keeper):
    def square(number):
        with keeper.open() as box:
            return evaluate(box, f"{number} ** 2")[0]

    with keeper.open(), ThreadPoolExecutor(1) as pool:
        assert list(pool.map(square, range(4))) == [0, 1, 4, 9]


@pytest.mark.parametrize(
    ("stop", "how"),
    [("os._exit(0)", "os-exit"), ("ctypes.string_at(0)", "crash"), ("exec('while 1: pass')", "endless")],
)
def test_what_came_before_a_crash_is_told_whatever_travelled_with_it(sandboxed, stop, how):
    boxes = _Boxes(Settings(("4.2",), 1, ""))
    try:
        answer = Answer("4.2", "evaluate", CODE)
        outcomes = boxes.run(answer, [Call((each,)) for each in ("1", "2", "1 / 0", stop, "4")]).outcomes
        assert outcomes[:2] == [Returned(1), Returned(2)]
        assert isinstance(outcomes[2], Raised)
        assert [(each.how, each.gone) for each in outcomes[3:]] == [(how, True)]
    finally:
        boxes.end()


def test_a_sandbox_says_whether_a_worker_has_left_something(box):
    evaluate(box, "1")
    assert box.is_clean
    evaluate(box, "open('left', 'w').close()")
    assert not box.is_clean


def test_clearing_a_sandbox_ends_a_worker_in_it(keeper):
    with keeper.open() as box:
        worker = Worker(box.start)
        worker.run(Answer("4.2", "evaluate", CODE), [])
        box.clear()
        assert worker._host.process.wait(5) == -9
        worker.end()
        assert evaluate(box, "2 + 2") == [4]


def test_a_sandbox_that_has_ended_gives_no_workers(keeper):
    box = keeper.open()
    box.end()
    with pytest.raises(OSError):
        Worker(box.start)


WHERE_HOSTS_KEEP_THEIR_NAMES = """
from classroom.worker import kernel
from classroom.grading.sandbox import Keeper
kernel._libc.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
kernel.install_filter(kernel.write_filter(["sethostname"]))
keeper = Keeper()
keeper.try_out()
keeper.end()
"""


def test_a_container_that_lets_nobody_rename_a_host_gives_sandboxes(sandboxed):
    """As Podman's filter of system calls does."""
    made = subprocess.run([sys.executable, "-c", WHERE_HOSTS_KEEP_THEIR_NAMES], cwd=ROOT, capture_output=True)
    assert (made.returncode, made.stderr) == (0, b"")


def test_a_keeper_that_is_gone_gives_no_sandboxes(sandboxed):
    keeper = Keeper()
    os.kill(keeper._process.pid, 9)
    keeper._process.wait()
    with pytest.raises(SandboxError, match="gone"):
        keeper.open()
    keeper.end()


def test_other_systems_are_refused(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="only Linux"):
        Keeper()


def test_a_kernel_that_gives_no_namespaces_is_refused(monkeypatch, sandboxed):
    # An architecture whose system calls are not known stands for anything that the kernel does not give.
    real = sandbox.subprocess.Popen

    def start(command, **options):
        script = (
            "import platform, runpy, sys; platform.machine = lambda: 'abacus'; sys.argv = sys.argv[1:];"
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        at = command.index(str(sandbox.MAIN))
        return real([*command[:at], "-c", script, *command[at:]], **options)

    monkeypatch.setattr(sandbox.subprocess, "Popen", start)
    with pytest.raises(SandboxError, match="abacus"):
        Keeper()
