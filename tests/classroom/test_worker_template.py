"""Workers that are forked from a template are as those that are started, only sooner there."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from classroom import workers
from classroom.worker import forking, host
from classroom.worker.forked import Forked
from classroom.worker.link import LOST
from classroom.worker.protocol import Call, Limits, Returned
from classroom.workers import Answer, Worker

pytestmark = pytest.mark.skipif(not forking.POSSIBLE, reason="needs os.fork and socket.send_fds")
resource = pytest.importorskip("resource")
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def fresh_template() -> Iterator[None]:
    """Each test begins and ends without a spare and without a template."""
    workers.end_spare()
    yield
    workers.end_spare()


@pytest.fixture
def without_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are started, each as a process of its own, as on Windows."""
    monkeypatch.setattr(forking, "POSSIBLE", False)


def value_of(body: str) -> object:
    """Return what the body of a function returns in a worker."""
    lines = "\n".join("    " + line for line in body.splitlines())
    (outcome,) = workers.run(Answer("4.2", "f", f"def f():\n{lines}\n"), [Call()]).outcomes
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def template_of(worker: Worker) -> psutil.Process:
    process = worker._host.process
    assert isinstance(process, Forked), "the worker was not forked"
    return psutil.Process(psutil.Process(process.pid).ppid())


def code_after(body: str) -> int | None:
    """Return the exit code of a worker whose answer does this."""
    with Worker() as worker:
        worker.run(Answer("4.2", "f", f"def f():\n    import os, signal\n    {body}\n"), [Call()])
        return worker._host.exit_code(5.0)


ENDS = {
    "os._exit(0)": 0,
    "os._exit(7)": 7,
    "os.abort()": -signal.SIGABRT,
    "os.kill(os.getpid(), signal.SIGKILL)": -signal.SIGKILL,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
}


@pytest.mark.parametrize("body", ENDS)
def test_a_forked_workers_exit_code_is_known(body: str) -> None:
    assert code_after(body) == ENDS[body]


@pytest.mark.parametrize("body", ENDS)
def test_a_started_workers_exit_code_is_the_same(body: str, without_template: None) -> None:
    assert code_after(body) == ENDS[body]


FACTS = """\
import gc, os, resource, signal, sys, threading
state = open('/proc/self/status').read() if os.path.exists('/proc/self/status') else ''
return [
    sys.argv, sys.path, sys.flags.utf8_mode, os.getcwd(), sorted(os.environ), os.getsid(0) == os.getpid(),
    resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_FSIZE),
    [str(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM)],
    [thread.name for thread in threading.enumerate()], gc.isenabled(), sys.getrecursionlimit(), hash('x'),
    [line for line in state.splitlines() if line[:3] == 'Sig'][1:],
    sorted(os.listdir('/proc/self/fd')) if state else [],
]
"""


def test_a_forked_worker_finds_what_a_started_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    forked = value_of(FACTS)
    workers.end_spare()
    monkeypatch.setattr(forking, "POSSIBLE", False)
    started = value_of(FACTS)
    assert forked == started


def test_two_workers_of_one_template_share_no_chance_and_no_module() -> None:
    body = "import os, random, sys\nseen = hasattr(random, 'left')\nrandom.left = 1\n"
    first, second = (
        value_of(body + "return [seen, os.getppid(), random.random(), os.getpid()]") for _ in "ab"
    )
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[:2] == second[:2], "both began as the template, which is the same"
    assert not first[0]
    assert first[2] != second[2]
    assert first[3] != second[3]


def test_an_answer_that_kills_the_template_ends_nobody_else() -> None:
    body = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nreturn 1"
    assert value_of(body) == 1
    assert value_of("return 2") == 2


def test_after_the_template_was_killed_the_next_run_starts_another() -> None:
    with Worker() as worker:
        old = template_of(worker)
        old.kill()
        old.wait()
        answer = Answer("4.2", "f", "def f():\n    return 5\n")
        assert worker.run(answer, [Call()]).outcomes == [Returned(5)], "its worker lives on"
    with Worker() as worker:
        assert template_of(worker).pid != old.pid


def test_the_worker_of_a_killed_template_can_still_be_ended() -> None:
    worker = Worker()
    template, process = template_of(worker), psutil.Process(worker._host.process.pid)
    template.kill()
    template.wait()
    worker.end()
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_template_that_is_stopped_is_replaced() -> None:
    with Worker() as worker:
        stopped = template_of(worker)
        template = forking._kept._template
        assert template is not None
        template._control.settimeout(0.3)  # of this one alone: another may take longer to start
        stopped.suspend()
        with Worker() as other:
            answer = Answer("4.2", "f", "def f():\n    return 5\n")
            assert other.run(answer, [Call()]).outcomes == [Returned(5)]
        assert not stopped.is_running()


def test_ctrl_c_while_a_worker_is_asked_for_mixes_up_no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with Worker() as worker:
        template = forking._kept._template
        assert template is not None

        def interrupt() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(template, "_receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Worker()
        monkeypatch.undo()
        assert worker._host.process.poll() is None, "the answer to another question was taken for this one's"
        with Worker() as other:
            assert other.run(Answer("4.2", "f", "def f(): ..."), [Call()]).outcomes == [Returned(None)]
            assert template_of(other).pid == template._process.pid


def test_ctrl_c_while_a_worker_ends_leaves_the_template_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    with Worker() as living, Worker() as ended:
        process = ended._host.process
        template = forking._kept._template
        assert template is not None
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: not still_runs(psutil.Process(process.pid)))

        def interrupt() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(template, "_receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            process.poll()
        monkeypatch.undo()
        assert process.wait(5.0) == LOST, "what it was can't be asked twice"
        assert living._host.process.poll() is None
        assert template_of(living).pid == template._process.pid


def test_a_broken_template_is_tried_once_and_a_process_is_started(tmp_path: Path, monkeypatch) -> None:
    main = tmp_path / "main.py"
    started = tmp_path / "started"
    main.write_text(
        f"import runpy, sys\nif sys.argv[1:]:\n    open({str(started)!r}, 'a').write('x')\n    sys.exit(1)\n"
        f"runpy.run_path({str(host.MAIN)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(host, "MAIN", main)
    assert [value_of("return 1"), value_of("return 2")] == [1, 2]
    workers.end_spare()
    assert started.read_text() == "x"


def test_ending_the_spare_leaves_no_process() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    value_of("return 1")
    workers._spare._join()
    assert len(psutil.Process().children(recursive=True)) == len(before) + 2, "a template and its spare"
    workers.end_spare()
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before


def test_a_template_with_a_worker_in_use_waits_for_it() -> None:
    worker = Worker()
    template = template_of(worker)
    workers.end_spare()
    assert template.is_running()
    worker.run(Answer("4.2", "f", "def f():\n    import os\n    os._exit(6)\n"), [Call()])
    assert worker._host.exit_code(5.0) == 6
    worker.end()
    assert not template.is_running()


PROGRAM = """\
import os, signal
from classroom.workers import *
from classroom.worker import forking
worker = Worker()
process = worker._host.process
print(process.pid, forking._kept._template._process.pid, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["", "os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_judge_that_is_gone_leaves_no_process(end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    left = []
    for pid in map(int, done.stdout.split()):
        with contextlib.suppress(psutil.NoSuchProcess):
            left.append(psutil.Process(pid))
    wait_for(lambda: not any(map(still_runs, left)))


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when it holds, or fail after ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.005)  # nobody tells a process that is no parent


def still_runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_judge_that_was_forked_has_a_template_and_a_spare_of_its_own() -> None:
    value_of("return 1")
    workers._spare._join()
    mine = value_of("import os\nreturn os.getppid()")
    workers._spare._join()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.write(writing, str(value_of("import os\nreturn os.getppid()")).encode())
            workers.end_spare()
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        theirs = file.read()
    os.waitpid(pid, 0)
    assert theirs.isdigit()
    assert int(theirs) not in (mine, os.getpid(), pid)
    assert value_of("import os\nreturn os.getppid()") == mine, "and the first judge still has its own"


def test_threads_start_workers_at_the_same_time() -> None:
    found: dict[int, object] = {}

    def work(number: int) -> None:
        for each in range(3):
            with Worker() as worker:
                answer = Answer("4.2", "f", f"def f():\n    return {number}, {each}\n")
                (outcome,) = worker.run(answer, [Call()]).outcomes
                found[3 * number + each] = (
                    isinstance(outcome, Returned) and outcome.value,
                    template_of(worker).pid,
                )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key: value[0] for key, value in found.items()} == {
        3 * number + each: (number, each) for number in range(6) for each in range(3)
    }
    assert len({value[1] for value in found.values()}) == 1


def test_fifty_runs_leave_no_descriptor_in_the_judge_and_none_in_the_template() -> None:
    def descriptors() -> list[int]:
        return [psutil.Process().num_fds(), template_of(workers._spare._worker).num_fds()]

    value_of("return 1")
    workers._spare._join()
    before = descriptors()
    for _ in range(50):
        value_of("return 1")
    workers._spare._join()
    assert descriptors() == before


def test_memory_is_counted_from_the_fork_on() -> None:
    limits = Limits(memory=1 << 27)
    source = "def f(n):\n    return len(bytearray(n << 20))\n"
    within, beyond = workers.run(Answer("4.2", "f", source), [Call((64,)), Call((160,))], {}, limits).outcomes
    assert within == Returned(64 << 20)
    assert getattr(beyond, "how", beyond) == "memory"


def test_what_a_start_costs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are printed: a busy machine makes them larger, so nothing is asserted of them."""
    forked = cpu_of_starts(20)
    monkeypatch.setattr(forking, "POSSIBLE", False)
    started = cpu_of_starts(3)
    with capsys.disabled():
        print(f"\na worker takes {1000 * forked:.1f} ms of CPU forked, {1000 * started:.1f} ms started")
    assert forked > 0


def cpu_of_starts(count: int) -> float:
    """Return the seconds of CPU, here and in all processes, of one start; the template's own apart."""
    Worker().end()
    before, template = used_cpu(), template_cpu()
    for _ in range(count):
        with Worker() as worker:
            worker.run(Answer("4.2", "f", "def f():\n    return 1\n"), [Call()])
    during = template_cpu() - template
    return (used_cpu() - before + during) / count


def used_cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def template_cpu() -> float:
    """Return the CPU of the template and of all workers that it has reaped."""
    if forking._kept._template is None:
        return 0.0
    times = psutil.Process(forking._kept._template._process.pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system
