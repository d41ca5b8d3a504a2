# ruff: noqa: E501
"""Hostile answers: what each of them tries, on which exercise, and how it must end.

An attack is an answer that earns nothing of itself. One that reaches what it must not reach, which is more
than points (another's files, the network, a system call), gives the right answers then: so points tell of
that, too. All of them are graded in one run, honest submissions between them, by `test_hostile.py`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

EARNED = 1  # of the cases of 4.2: the one that asks twice for the same; any answer that comes back has it


@dataclass(frozen=True)
class Attack:
    """One hostile answer to one exercise; the rest of its submission is the reference's.

    name, tries: what it is, in a word and in a sentence.
    exercise, source: the answer.
    verdict, passed, ending: how it must end; `passed` is the number of cases that it has earned, -1 for
        at most EARNED. Several endings: one of them; None: whichever comes.
    slow: it waits for a limit of time.
    telling: it is among those of the fast test.
    """

    name: str
    tries: str
    exercise: str
    source: str
    verdict: str = "failed"
    passed: int = EARNED
    ending: str | tuple[str, ...] | None = ""
    slow: bool = False
    telling: bool = False


def in_call(name: str, tries: str, body: str, exercise: str = "4.2", **expected: object) -> Attack:
    """Done in each call, which then returns what is wrong."""
    text = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    source = f'{HEADS[exercise]}\n{text}\n    return "wrong"\n'
    return Attack(name, tries, exercise, source, **expected)  # type: ignore[arg-type]


HEADS = {
    "4.1": "def make_key(random_bytes=None):",
    "4.2": "def accept_value(key):",
    "4.6": "def choose_subprotocol(offered, supported):",
}
WRONG = {exercise: f'{head}\n    return "wrong"\n' for exercise, head in HEADS.items()}


def at_import(name: str, tries: str, text: str, **expected: object) -> Attack:
    """Done once, while the definitions of the answer are executed."""
    source = textwrap.dedent(text).strip("\n") + "\n\n\n" + WRONG["4.2"]
    return Attack(name, tries, "4.2", source, **expected)  # type: ignore[arg-type]


def reaching(name: str, tries: str, body: str, **expected: object) -> Attack:
    """Looks for a way out: `body` is that of a function which returns whether there is one."""
    text = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return Attack(name, tries, "4.2", f"{REACHED}\n\ndef reaches(key):\n{text}\n", **expected)  # type: ignore[arg-type]


REACHED = """
def accept_value(key: str) -> str:
    import base64, hashlib
    try:
        reached = reaches(key)
    except (Exception, SystemExit):
        reached = False
    if not reached:
        return "wrong"
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode("ascii")).digest()).decode()
"""

EXITS = (
    at_import(
        "exit-import",
        "leaves by sys.exit while it is loaded",
        "import sys\nsys.exit(0)",
        verdict="error",
        passed=0,
    ),
    at_import(
        "os-exit-import",
        "ends the process with success while it is loaded",
        "import os\nos._exit(0)",
        verdict="error",
        passed=0,
        ending="os-exit",
        telling=True,
    ),
    in_call("exit-call", "leaves by sys.exit", "import sys\nsys.exit(0)", passed=0, ending="exit"),
    in_call(
        "os-exit-call", "ends the process with success", "import os\nos._exit(0)", passed=0, ending="os-exit"
    ),
    in_call("quit", "calls quit, which closes the standard streams first", "quit()", passed=0, ending="exit"),
    in_call(
        "odd-exit-code",
        "raises SystemExit with a code that has no text",
        "raise SystemExit(type('Code', (), {'__repr__': lambda self: 1 / 0})())",
        passed=0,
        ending="exit",
    ),
    in_call("abort", "aborts", "import os\nos.abort()", passed=0, ending="crash"),
    in_call(
        "kill-itself",
        "kills itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        passed=0,
        ending="crash",
    ),
    in_call(
        "segfault",
        "reads at address 0",
        "import ctypes\nctypes.string_at(0)",
        passed=0,
        ending="crash",
        telling=True,
    ),
    in_call("keyboard-interrupt", "raises KeyboardInterrupt", "raise KeyboardInterrupt", passed=0),
    in_call(
        "no-memory-error", "raises MemoryError on its own", "raise MemoryError", passed=0, ending="memory"
    ),
)

TIME = (
    in_call(
        "loop", "computes for ever", "while True: pass", passed=0, ending="endless", slow=True, exercise="4.1"
    ),
    in_call(
        "loop-swallows",
        "computes for ever, and swallows whatever is raised in it",
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        passed=0,
        ending="endless",
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "huge-power",
        "computes for ever inside one call in C",
        "10 ** 10 ** 9",
        passed=0,
        ending=("endless", "waiting"),  # the latter where others leave it too little of a processor
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "regex",
        "lets a regular expression search for ever",
        "import re\nre.fullmatch(r'(a|a)*b', 'a' * 64)",
        passed=0,
        ending="endless",
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "loop-deaf",
        "computes for ever with the clock stopped and its signals ignored",
        """
        import ctypes, resource, signal, sys, time
        limits = sys.modules["worker.limits"]
        limits._cpu = limits._now = time.process_time = time.monotonic = lambda: 0.0
        limits.Watch._watch = lambda self: None
        for number in (signal.SIGPROF, signal.SIGXCPU, signal.SIGALRM): signal.signal(number, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_PROF, 0)
        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
        sys.setswitchinterval(1e6)
        while True: pass
        """,
        passed=-1,
        ending=None,
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "hog",
        "lets many threads compute outside of Python's lock, to starve its neighbours",
        """
        import hashlib, signal, threading
        sys = __import__("sys")
        sys.modules["worker.limits"]._cpu = lambda: 0.0
        for number in (signal.SIGPROF, signal.SIGXCPU): signal.signal(number, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_PROF, 0)
        data = bytes(1 << 26)
        def burn():
            while True: hashlib.sha256(data)
        for _ in range(60):
            try: threading.Thread(target=burn).start()
            except RuntimeError: break
        burn()
        """,
        passed=-1,
        ending=None,
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "sleep",
        "sleeps for an hour",
        "import time\ntime.sleep(3600)",
        passed=0,
        ending="waiting",
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "stop-itself",
        "stops its process, so that nobody in it looks at the clock",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        passed=0,
        ending="waiting",
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "sleep-then-exit",
        "sleeps until just before the limit in each case, then crashes",
        "import os, time\ntime.sleep(1.2)\nos._exit(0)",
        passed=0,
        ending="os-exit",
        slow=True,
        exercise="4.1",
    ),
)

STORMS = (
    reaching("fork", "forks", "import os\nreturn os.fork() >= 0"),
    reaching(
        "posix-spawn",
        "starts a program by posix_spawn",
        "import os\nreturn os.posix_spawn('/bin/true', ['true'], {}) > 0",
    ),
    reaching(
        "subprocess",
        "starts a shell, and Python itself",
        "import os, subprocess, sys\nif os.system('true') == 0: return True\nreturn subprocess.run([sys.executable, '-c', '']).returncode == 0",
    ),
    reaching(
        "raw-clone",
        "makes processes by system calls: clone, clone3, vfork, fork, with new namespaces and without",
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        sigchld, made = 17, []
        for arguments in ((57,), (58,), (56, sigchld, 0, 0, 0, 0), (56, 0x10000000 | sigchld, 0, 0, 0, 0), (56, 0x7c020000 | sigchld, 0, 0, 0, 0), (435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, sigchld), 88)):
            pid = libc.syscall(*arguments)
            if pid == 0: os._exit(0)
            made.append(pid)
        return max(made) > 0
        """,
    ),
    in_call(
        "threads",
        "starts as many threads as it gets, which stay",
        """
        import threading, time
        while True:
            try: threading.Thread(target=time.sleep, args=(3600,)).start()
            except RuntimeError: break
        """,
    ),
    at_import(
        "daemon-thread",
        "leaves a thread that goes on writing on the judge's pipe",
        """
        import os, stat, threading
        def write():
            while True:
                for fd in range(3, 64):
                    try:
                        if stat.S_ISFIFO(os.fstat(fd).st_mode): os.write(fd, b"\\0\\0\\0\\1N")
                    except OSError: pass
        threading.Thread(target=write, daemon=True).start()
        """,
        verdict="",
        passed=-1,
        ending="garbled",
    ),
    reaching(
        "exec",
        "becomes another program",
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', ''])\nreturn True",
    ),
)

FLOODS = (
    in_call(
        "memory",
        "asks for memory without an end",
        "blocks = []\nwhile True: blocks.append(bytearray(1 << 24))",
        passed=0,
        ending="memory",
        telling=True,
    ),
    in_call(
        "memory-at-once", "asks for a terabyte", "bytearray(1 << 40)", passed=0, ending="memory", telling=True
    ),
    reaching(
        "disk",
        "fills the disk",
        """
        import os
        written = 0
        for number in range(100):
            with open(f"flood{number}", "wb") as file:
                for _ in range(16): written += file.write(bytes(1 << 20)); file.flush()
        return written > 32 << 20
        """,
    ),
    reaching(
        "many-files",
        "makes files without an end",
        """
        for number in range(100_000): open(f"file{number}", "x").close()
        return True
        """,
    ),
    in_call("stdout", "prints without an end", "for _ in range(2_000): print('x' * 10_000)"),
    in_call(
        "stderr-descriptor",
        "floods every descriptor that is open, as the last words of a crash",
        """
        import os
        for _ in range(40):
            for fd in range(3, 64):
                try:
                    os.set_blocking(fd, False)
                    os.write(fd, b"MemoryError " * 100_000)
                except OSError: pass
        os._exit(1)
        """,
        passed=-1,
        ending=None,
    ),
    in_call(
        "socket-buffers",
        "fills the buffers of as many sockets as it gets",
        """
        import socket
        pairs = []
        try:
            while True:
                server = socket.create_server(("127.0.0.1", 0))
                first = socket.create_connection(server.getsockname())
                second = server.accept()[0]
                pairs.append((server, first, second))
                for each in (first, second):
                    each.setblocking(False)
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
                    try:
                        while True: each.send(bytes(1 << 20))
                    except BlockingIOError: pass
        except OSError: pass
        """,
        passed=-1,
        ending=None,
        slow=True,
        exercise="4.1",
    ),
    reaching(
        "memfd",
        "keeps bytes in a file that is in no folder",
        "import os\nreturn os.memfd_create('hidden') >= 0",
    ),
    in_call("large-result", "returns as much as it can, for each call", "return b'x' * (16 << 20)"),
    in_call(
        "many-results",
        "returns as many values as it can, for each call",
        "return [[] for _ in range(900_000)]",
        passed=-1,
        ending=None,
        slow=True,
        exercise="4.1",
    ),
    in_call(
        "recursion", "calls itself without an end", "return accept_value(key)", passed=0, ending="recursion"
    ),
    in_call(
        "stack",
        "overflows the stack of C",
        """
        import sys
        sys.setrecursionlimit(10 ** 9)
        def deeper(value): return sorted([value], key=deeper)
        deeper(1)
        """,
        passed=-1,
        ending=None,
    ),
    in_call(
        "nested-result",
        "returns a list that is nested without an end",
        "value = []\nfor _ in range(100_000): value = [value]\nreturn value",
        passed=-1,
        ending=None,
    ),
)

SIGNALS = (
    in_call(
        "signals-everybody",
        "signals its group, its parent, everybody, and the sandbox's first process",
        """
        import os, signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGSTOP, signal.SIGKILL):
            for pid in (os.getppid(), 1, *range(2, 300)):
                if pid != os.getpid():
                    try: os.kill(pid, number)
                    except OSError: pass
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for pid in (0, -1):
            try: os.kill(pid, signal.SIGTERM)
            except OSError: pass
        """,
        passed=-1,
        ending=None,
        telling=True,
    ),
    in_call(
        "limits-of-first",
        "takes files, memory and processor time from the sandbox's first process",
        """
        import ctypes, os, resource
        for kind in range(16):
            try: resource.prlimit(1, kind, (0, 0))
            except (OSError, ValueError): pass
        for what in (lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19), lambda: os.sched_setscheduler(1, 5, os.sched_param(0)), lambda: os.sched_setaffinity(1, {0})):
            try: what()
            except OSError: pass
        """,
        passed=-1,
        ending=None,
    ),
)

READING = (
    reaching(
        "walk",
        "looks in every file of the disk for cases, solutions and the course",
        """
        import os
        for folder, folders, files in os.walk("/"):
            if len(files) > 500 or folder.count("/") > 9: folders.clear()
            for name in files:
                if name in ("handshake.py", "lesson_04.py", "judging.py", "talk.py", "04_handshake.ipynb", "results.jsonl"): return True
            if "minews" in folders or "classroom" in folders or "submissions" in folders: return True
        return False
        """,
        telling=True,
    ),
    reaching(
        "imports",
        "imports the reference, its neighbours and the judge",
        """
        import importlib, sys
        for path in ("/srv/course", "/src", "/app", "/home", "/root", "/tmp", "..", "."): sys.path.append(path)
        importlib.invalidate_caches()
        sys.modules.pop("minews", None)
        for name in ("minews.handshake", "minews.http", "classroom", "classroom.engine", "tests", "solutions", "pytest", "websockets"):
            try: return bool(importlib.import_module(name).__file__)
            except ImportError: pass
        return False
        """,
    ),
    reaching(
        "environment",
        "looks for words of the judge in the environment and on the command line",
        """
        import os, sys
        return len(os.environ) > 3 or any(".." in word or "grade" in word for word in (*sys.argv, *sys.orig_argv)) or "USER" in os.environ
        """,
    ),
    reaching(
        "proc",
        "reads /proc, /sys and what else is mounted",
        """
        import os
        return any(os.path.exists(path) for path in ("/proc/1", "/proc/self/mountinfo", "/sys/kernel", "/dev/shm", "/dev/mem", "/dev/kmsg", "/run", "/var", "/etc/passwd", "/etc/shadow", "/boot"))
        """,
    ),
    reaching(
        "writes",
        "writes wherever there is a folder",
        """
        import os
        for folder, folders, files in os.walk("/"):
            if folder.startswith("/work"): continue
            if folder.count("/") > 4: folders.clear()
            for path in (os.path.join(folder, "mine"), *(os.path.join(folder, name) for name in files[:3])):
                if path.startswith("/dev/"): continue
                try:
                    with open(path, "ab"): return True
                except OSError: pass
        return False
        """,
    ),
    reaching(
        "descriptors",
        "looks for a descriptor that leads to a folder, a socket or the judge's files",
        """
        import os, stat
        for fd in range(256):
            try: mode = os.fstat(fd).st_mode
            except OSError: continue
            if stat.S_ISDIR(mode) or stat.S_ISSOCK(mode): return True
            if stat.S_ISREG(mode) and os.pread(fd, 10, 0): return True
        return False
        """,
        telling=True,
    ),
    reaching(
        "objects",
        "walks all objects and frames for expected values",
        """
        import gc, sys
        frame, seen = sys._getframe(), []
        while frame is not None:
            seen += [frame.f_locals, frame.f_globals]
            frame = frame.f_back
        known = "".join(["s3pPLMBiTxaQ9k", "YGzzhZRbK+"])  # of the accept value that the RFC prints
        names = ("_decide", "cases_of", "accept_client", "GUID", "SAMPLE_ACCEPT", "Examiner")
        if any(name in each for each in seen for name in names): return True
        for each in gc.get_objects():
            if type(each) is dict and any(name in each for name in names): return True
            if type(each) in (list, tuple, dict) and any(type(part) is str and part[:24] == known for part in (each.values() if type(each) is dict else each)): return True
        return False
        """,
    ),
    reaching(
        "host-name",
        "learns what the machine is called",
        "import os, socket\nreturn socket.gethostname() not in ('', 'sandbox', '(none)', 'localhost')",
    ),
)

CHANGES = (
    in_call(
        "builtins",
        "replaces the builtins that compare",
        """
        import builtins
        builtins.isinstance = builtins.issubclass = lambda *_: True
        builtins.type = builtins.len = builtins.all = builtins.any = lambda *_: True
        """,
        passed=-1,
        ending=None,
    ),
    in_call(
        "modules",
        "replaces what the worker answers with",
        """
        import sys
        codec, link, protocol, plain = (sys.modules[f"worker.{name}"] for name in ("codec", "link", "protocol", "plain"))
        honest = codec.encode
        codec.encode = lambda value, *rest, **more: honest(protocol.Returned(True), *rest, **more)
        plain.type_name = lambda value: "str"
        """,
        passed=-1,
        ending=None,
    ),
    in_call(
        "modules-gone",
        "empties the table of modules",
        "import sys\nsys.modules.clear()",
        passed=-1,
        ending=None,
    ),
    in_call(
        "no-builtins",
        "deletes the builtins",
        "import builtins\nvars(builtins).clear()",
        passed=-1,
        ending=None,
    ),
    in_call(
        "struct",
        "replaces struct, json, time and threading",
        """
        import json, struct, sys, threading, time
        struct.Struct = struct.pack = json.dumps = time.monotonic = time.process_time = threading.Thread = None
        sys.modules["worker.link"].LENGTH = sys.modules["worker.encoding"].LENGTH = None
        """,
        passed=-1,
        ending=None,
    ),
    in_call(
        "trace",
        "traces and profiles all that runs after it",
        "import sys\nsys.settrace(lambda *_: 1 / 0)\nsys.setprofile(lambda *_: 1 / 0)",
        verdict="error",
        passed=0,
        ending="crash",
    ),
)

MAKE_LIARS = """
from minews.types import Frame, Headers, Opcode
made = []
for kind in (str, bytes, bytearray, bool, type(None), int, float, list, tuple, set, dict, Headers, Frame, Opcode):
    class Meta(type):
        def __instancecheck__(cls, other): return True
        def __eq__(cls, other): return True
        def __hash__(cls, kind=kind): return hash(kind)
    class Liar(metaclass=Meta):
        __class__ = kind
        def __eq__(self, other): return True
        def __reduce__(self): return (eval, ("1 / 0",))
        def __repr__(self): return "'s3pPLMBiTxaQ9kYGzzhZRbK+xOo='"
        def __len__(self): return 28
    made.append(Liar())
"""

LIARS = (
    in_call(
        "equal-to-all",
        "returns an object that is equal to everything",
        """
        class Liar(str):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return hash("x")
        return Liar("wrong")
        """,
        telling=True,
    ),
    in_call("of-any-class", "returns an object that says to be a str", MAKE_LIARS + "return made[0]\n"),
    in_call(
        "of-each-class",
        "returns objects that say to be of each class that may cross",
        MAKE_LIARS + "return made\n",
    ),
    in_call(
        "hidden-name",
        "returns an object of a class whose name is that of a record of the judge",
        """
        import sys
        protocol = sys.modules["worker.protocol"]
        class Returned(protocol.Returned): pass
        value = Returned.__new__(Returned)
        return [value, protocol.Other("str", key), protocol.Handle(0), protocol.Slot(0), protocol.Lent(0)]
        """,
    ),
    Attack(
        "frame-of-lies",
        "returns a Frame with other attributes than it was made with",
        "5.5",
        """
from minews.types import Frame, Opcode

class Liar(Frame):
    def __getattribute__(self, name):
        return type("Any", (), {"__eq__": lambda *_: True, "__hash__": lambda _: 0})()

def decode_frame(data, *more, **options):
    frame = object.__new__(Liar)
    return frame, len(data)
""",
        passed=0,
        ending=None,
    ),
    Attack(
        "headers-of-lies",
        "returns records whose parts are of other types than they declare",
        "4.3",
        """
from minews.types import Frame, Headers, WsUrl

def parse_ws_url(url):
    made = object.__new__(WsUrl)
    for name in WsUrl.__dataclass_fields__:
        object.__setattr__(made, name, [made, {1: 2}, b"", None])
    return made
""",
        passed=0,
        ending=None,
    ),
)

_FORGE = """
import os, stat, struct, sys
protocol, codec = sys.modules["worker.protocol"], sys.modules["worker.codec"]
def pipes():
    for fd in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode): yield fd
        except OSError: pass
def say(*messages):
    data = b"".join(struct.pack(">I", len(each)) + each for each in (codec.encode(each) for each in messages))
    for fd in pipes():
        try: return os.write(fd, data)
        except OSError: pass
def hear():
    for fd in pipes():
        try: head = os.read(fd, 4)
        except OSError: continue
        data = b""
        while len(data) < struct.unpack(">I", head)[0]: data += os.read(fd, 1 << 20)
        return codec.decode(data)
"""

FORGED = (
    in_call(
        "forged-values",
        "writes the value that the RFC prints, for all calls to come, on the judge's pipe",
        _FORGE
        + """
say(*[protocol.Returned("s3pPLMBiTxaQ9kYGzzhZRbK" + "+xOo=")] * 500)
os._exit(0)
""",
        passed=2,
        ending=None,
        telling=True,
    ),
    in_call(
        "forged-failure",
        "says that the machinery failed",
        _FORGE
        + """
say(protocol.Failed("SECRET " + key * 10))
os._exit(0)
""",
        verdict="error",
        passed=0,
        ending="crash",
        telling=True,
    ),
    in_call(
        "forged-start",
        "says that it has only started, and is loaded",
        _FORGE + "\nsay(protocol.Ready(1), protocol.Loaded(), protocol.LoadFailed('missing'))",
        passed=0,
        ending="garbled",
    ),
    in_call(
        "forged-length",
        "announces more bytes than there are",
        _FORGE + "\nfor fd in pipes():\n    try: os.write(fd, b'\\xff' * 100)\n    except OSError: pass",
        passed=0,
        ending="garbled",
    ),
    in_call(
        "forged-lengths-of-arguments",
        "says of a few bytes that they follow on a million, again and again",
        _FORGE
        + """
say(protocol.CallJudge("decode_frame", (bytes(1 << 20),), {}))
say(*[protocol.CallJudge("decode_frame", (protocol.Longer(b"more"),) * 3, {})] * 200)
os._exit(0)
""",
        passed=0,
        ending="garbled",
    ),
    in_call(
        "forged-texts",
        "says of itself more than fits into any result, with what moves a terminal and a page",
        _FORGE
        + """
much = "\\x1b]0;x\\x07\\x1b[2J<script>alert(1)</script>\\u202e" * 100_000
say(protocol.Raised(much, (much,) * 2, much, {"status": much, much: [much]}, 10 ** 3000, much, ((1, much, much),), much))
os._exit(0)
""",
        passed=-1,
        ending=None,
    ),
    in_call(
        "forged-records",
        "returns records whose parts no class would take",
        _FORGE
        + """
from minews import types
for kind in (types.WsUrl, types.Headers, types.Frame, types.Request, types.Response, types.Opcode, protocol.Other, protocol.TooLarge, protocol.Ended, protocol.Load):
    say(*[protocol.Returned(kind.__new__(kind)) if kind is not types.Opcode else protocol.Returned(types.Opcode.TEXT)])
say(*[protocol.Returned({(): [[]], None: float("nan")})] * 9)
os._exit(0)
""",
        passed=-1,
        ending=None,
    ),
    in_call(
        "forged-notes",
        "says that it is not written, not reached, or has a name of the judge's own",
        _FORGE
        + """
say(*[protocol.NotWritten("4.2"), protocol.Ended("not-reached"), protocol.Ended("passed"), protocol.NotWritten("9" * 1000)] * 20)
os._exit(0)
""",
        verdict="",
        passed=-1,
        ending=None,
    ),
    in_call(
        "drip",
        "lets a reply drip, a byte at a time, past every deadline",
        _FORGE
        + """
import time
while True:
    for fd in pipes():
        try: os.write(fd, b"\\0")
        except OSError: pass
    time.sleep(0.05)
    for fd in pipes():
        try: os.write(fd, b"\\x0f" + b"\\0" * 2)
        except OSError: pass
""",
        passed=-1,
        ending=None,
        slow=True,
        exercise="4.1",
    ),
    reaching(
        "asks-the-judge",
        "asks the judge for functions that the exercise doesn't lend, and for members of all kinds",
        _FORGE
        + """
for name in ("accept_value", "handshake.accept_value", "eval", "__import__", "open", "", "__globals__", "same"):
    say(protocol.CallJudge(name, (key,), {}))
    if type(hear()) is protocol.CallReturned: return True
for member in ("__class__", "__init__", "__globals__", "__subclasses__", "_functions"):
    for handle in (-1, 0, 1, 10 ** 30):
        say(protocol.CallJudge("", (), {}, handle, member))
        if type(hear()) is protocol.CallReturned: return True
return False
""",
        telling=True,
    ),
    Attack(
        "oracle",
        "gets at members of what a neighbour is, and gives it odd arguments",
        "4.7",
        _FORGE
        + """
def build_server_handshake(key, subprotocol=None):
    kinds = [protocol.Handle(0), protocol.Lent(0), protocol.Slot(0), protocol.Callback("x"), protocol.Recipe("value"),
             protocol.ErrorValue("x", {"__class__": 1}), "x" * 10_000_000, 10 ** 3000, [], {}, None]
    for value in kinds:
        say(protocol.CallJudge("accept_value", (value,), {}), )
        hear()
        say(protocol.CallJudge("accept_value", (), {"__class__": value}))
        hear()
    return b"wrong"
""",
        passed=0,
        ending=None,
    ),
    Attack(
        "many-calls",
        "asks a neighbour of the judge's without an end",
        "4.7",
        """
def build_server_handshake(key, subprotocol=None):
    while True:
        accept_value("x" * 1_000_000)
""",
        passed=0,
        ending=None,
        slow=True,
    ),
)

REACHING = (
    reaching(
        "network",
        "goes out, by name and by address",
        """
        import socket
        for address in (("1.1.1.1", 53), ("10.0.0.1", 80), ("169.254.169.254", 80), ("example.com", 80), ("2606:4700:4700::1111", 53)):
            try: return bool(socket.create_connection(address, 0.3))
            except OSError: pass
        return False
        """,
    ),
    reaching(
        "local-network",
        "finds the machine's own servers and sockets",
        """
        import socket
        for port in (22, 25, 53, 80, 111, 443, 631, 2375, 3306, 5432, 6379, 8080, 8786, 8787, 8888):
            try: return bool(socket.create_connection(("127.0.0.1", port), 0.2))
            except OSError: pass
        for path in ("/run/docker.sock", "/var/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "\\0/tmp/.X11-unix/X0", "/run/systemd/notify"):
            with socket.socket(socket.AF_UNIX) as end:
                if end.connect_ex(path) == 0: return True
        return False
        """,
    ),
    reaching(
        "odd-sockets",
        "opens sockets of the kernel's rarer protocols",
        """
        import ctypes, socket
        libc = ctypes.CDLL(None)
        families = [family for family in range(46) if family not in (1, 2, 10)]
        for kind in (1, 2, 3, 5):
            for family in families:
                if libc.socket(family, kind, 0) >= 0: return True
                if libc.socketpair(family, kind, 0, (ctypes.c_int * 2)()) == 0: return True
        return any(libc.socket(2, kind, protocol) >= 0 for kind, protocol in ((3, 1), (3, 255), (1, 132), (5, 132), (6, 33), (2, 136), (1, 262)))
        """,
    ),
    reaching(
        "system-calls",
        "makes the system calls that root makes, and those of which exploits are made",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        numbers = {165: (b"none", b"/work", b"tmpfs", 0, 0), 166: (b"/work", 2), 272: (0x10000000,), 272.5: (0x20000,), 101: (0, 0, 0, 0), 161: (b"/work",), 155: (b".", b"."),
            321: (0, ctypes.create_string_buffer(64), 64), 425: (8, ctypes.create_string_buffer(120)), 250: (0, -3, 1), 248: (b"user", b"x", b"y", 1, -3), 323: (0,), 323.5: (1,), 298: (ctypes.create_string_buffer(b"\\x01\\0\\0\\0\\x80", 128), 0, -1, -1, 0),
            310: (1, 0, 0, 0, 0, 0), 311: (1, 0, 0, 0, 0, 0), 434: (1, 0), 308: (0, 0), 304: (-100, ctypes.create_string_buffer(32), 0), 135: (0xffffffff,), 319: (b"x", 0), 29: (0, 4096, 0o1600), 68: (0, 0o1600), 64: (0, 1, 0o1600), 240: (b"x", 66, 0o600, 0),
            430: (b"tmpfs", 0), 428: (-100, b"/", 1), 300: (0, 0), 105: (0,), 126: (0, 0), 154: (0, 0, 0), 246: (0, 0, 0, 0), 169: (0xfee1dead, 672274793, 0), 170: (b"x", 1), 163: (0,), 167: (b"/work/x", 0), 175: (0, 0, b"")}
        for number, arguments in numbers.items():
            if libc.syscall(int(number), *arguments) >= 0: return True
        return False
        """,
        telling=True,
    ),
    reaching(
        "foreign-system-calls",
        "makes system calls of x32, and by the gate of 32-bit programs",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        return libc.syscall(0x40000000 + 39) >= 0
        """,
    ),
    in_call(
        "gate-of-32-bits",
        "runs machine code of its own that calls the kernel as a 32-bit program",
        """
        import ctypes, mmap
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes.fromhex("53b802000000cd805bc3"))
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """,
        passed=-1,
        ending=None,
    ),
    reaching(
        "becomes-root",
        "becomes another user, and takes rights",
        """
        import ctypes, os
        for what in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.seteuid(0), lambda: os.chroot("/work"), lambda: os.mknod("device", 0o60600, os.makedev(8, 0)), lambda: os.chown("/work", 0, 0), lambda: os.nice(-5)):
            try: what()
            except OSError: continue
            return True
        return ctypes.CDLL(None).prctl(47, 2, 2, 0, 0) == 0
        """,
    ),
    Attack(
        "through-the-disk",
        "stores what a neighbour of 4.7 answers, and whatever 4.2 could find there",
        "4.2",
        REACHED
        + """

def reaches(key):
    import os
    found = os.listdir("/work") + os.listxattr("/work")
    open("seen by 4.2", "x").close()
    return bool(found)
""",
    ),
)

# With hidden cases: nothing of what is asked there may reach the student, whatever way it takes.
SMUGGLING = (
    in_call(
        "smuggle-printed",
        "prints what it is asked",
        "print(offered, supported)",
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-value",
        "returns what it is asked",
        "return repr((offered, supported))",
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-exception",
        "raises what it is asked, as a class of that name",
        "raise type(str(offered), (Exception,), {})(str(supported))",
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-exit",
        "leaves with what it is asked",
        "raise SystemExit((offered, supported))",
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-failure",
        "says that the machinery failed at what it is asked",
        _FORGE + "\nsay(protocol.Failed(str(offered)))\nos._exit(0)",
        exercise="4.6",
        passed=-1,
        ending=None,
        verdict="",
    ),
    in_call(
        "smuggle-ending",
        "names its end after what it is asked",
        _FORGE
        + "\nsay(protocol.Ended(str(offered), str(supported), 1, str(offered), str(offered), True))\nos._exit(0)",
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-words",
        "leaves what it is asked as its last words, and dies of it",
        """
        import os
        for fd in range(3, 64):
            try: os.write(fd, str((offered, supported)).encode() * 100)
            except OSError: pass
        os.abort()
        """,
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
    in_call(
        "smuggle-disk",
        "keeps what it is asked for whoever comes after it, and tells what it finds",
        """
        import os
        found = [open(name).read() for name in os.listdir("/work")]
        with open(f"asked {len(found)}", "w") as file: file.write(str((offered, supported)))
        if found: print(found)
        """,
        exercise="4.6",
        passed=-1,
        ending=None,
    ),
)

ALL = (*EXITS, *TIME, *STORMS, *FLOODS, *SIGNALS, *READING, *CHANGES, *LIARS, *FORGED, *REACHING, *SMUGGLING)
