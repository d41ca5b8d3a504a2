"""The keeper of sandboxes: a process that makes one for each submission, whenever the judge asks.

The keeper has imported what workers need, has left the file system but for Python's own library, and runs no
student's code. A sandbox is its child: the first process of new process, network, mount and IPC namespaces,
with no rights, an empty folder to write into, and few system calls. There it forks workers, as a template
does, and each of them has fewer system calls still. When it ends, everything in the sandbox ends.

Linux only. Started as root, the keeper stays root, and a sandbox is a user who owns nothing.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import sys
from os import _exit

from . import kernel, template
from .limits import address_space
from .pace import slowness
from .serving import OFTEN_NEEDED

ARGUMENT = "boxes"
REQUEST = struct.Struct(">BI")  # kind, process id
REPLY = struct.Struct(">i")  # process id, or -errno
OPEN, CLOSE = 0, 1  # kinds: with the descriptor of a control socket, see `template`; with a process id
WORK = "/work"
MASKED = ("site-packages", "dist-packages", "python3")  # in folders of Python's: what was installed later
DEVICES = ("null", "zero", "urandom", "random")
DENIED = tuple(
    name
    for name in kernel.NUMBERS
    if name not in ("clone", "clone3", "execve", "execveat", "fork", "vfork", "socket", "socketpair")
)
# What the answers of a class import again and again, and what Python looks for on the way.
STUDENTS_NEED = (
    "binascii",
    "dataclasses",
    "encodings.idna",
    "encodings.latin_1",
    "ipaddress",
    "itertools",
    "math",
    "secrets",
    "string",
    "traceback",
    "urllib.parse",
    "uuid",
    "zlib",
)
SOCKETS = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
ACCESS_TIMES = {0x400: 1 << 10, 0x800: 1 << 11, 0x1000: 1 << 21}  # bits of statvfs: bits of mount
SIOCSIFFLAGS, UP = 0x8914, 0x1 | 0x40

HOST_NAME = "sandbox"

# uid (root becomes it), disk, files, memory (bytes), processes, descriptors, cpu (seconds of each worker),
# asyncio (whether workers will need it: what the keeper has imported, each fork takes time for)
Settings = dict[str, int]


def keep_boxes(settings: Settings) -> None:
    """Do what the judge asks for over the socket at descriptor 0, until it closes.

    Says first, in a line of JSON on stdout, by which means it isolates, or why it can't. Returns in workers.
    """
    control = socket.socket(fileno=os.dup(0))
    try:
        for name in (*OFTEN_NEEDED, *STUDENTS_NEED, "worker.live", "worker.scripted", "fcntl", "ctypes"):
            __import__(name)
        if settings["asyncio"]:
            template.import_the_rest()
        slowness()  # each worker knows it from here
        means = _leave_the_system(settings)
    except OSError as error:
        _say({"refused": str(error)})
        _exit(1)
    _say({"means": means})
    while not _answer(control, settings):
        pass


def _say(message: dict[str, object]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _answer(control: socket.socket, settings: Settings) -> bool:
    """Answer one request; return whether this is a worker, in a sandbox, now."""
    try:
        data, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 1)
    except OSError:
        _exit(0)
    if len(data) < REQUEST.size:
        _exit(0)
    kind, pid = REQUEST.unpack(data)
    if kind == OPEN:
        pid = _open(descriptors[0])
        if pid == 0:
            control.close()
            _become_box(descriptors[0], settings)
            return True
        os.close(descriptors[0])
    else:
        _close(pid)
    control.sendall(REPLY.pack(pid))
    return False


def _open(descriptor: int) -> int:
    try:
        return kernel.clone(
            kernel.NEW_PROCESSES | kernel.NEW_NETWORK | kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_NAMES
        )
    except OSError as error:
        return -(error.errno or 1)


def _close(pid: int) -> None:
    """End a sandbox with all that is in it, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


# The keeper's own root


def _leave_the_system(settings: Settings) -> list[str]:
    """Leave everything but Python's library; return the means of isolation."""
    is_root = os.geteuid() == 0
    if is_root:
        kernel.unshare(kernel.NEW_MOUNTS)
    else:
        uid, gid = os.geteuid(), os.getegid()
        kernel.unshare(kernel.NEW_USERS | kernel.NEW_MOUNTS)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    settings["space"] = address_space()
    _build_root()
    user = "a user without rights" if is_root else "a user namespace"
    return [
        user,
        "mount, process, network, IPC and host name namespaces",
        "system call filters",
        "resource limits",
    ]


def _build_root() -> None:
    """Make a root of Python's library, read-only, and an empty folder."""
    library = os.path.dirname(os.path.abspath(os.__file__))
    folders = [*_system_libraries(), library]
    files = sorted(_shared_libraries())
    base = next(each for each in ("/mnt", "/media", "/srv", "/tmp") if _is_free(each, [*folders, *files]))
    kernel.mount("none", "/", "", kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("tmpfs", base, "tmpfs", kernel.NO_SUID, "mode=0755,size=64k")
    shown: list[str] = []
    for folder in folders:
        if not _is_inside(folder, shown) and _show(folder, base):
            shown.append(folder)
    for path in files:
        if not _is_inside(path, shown) and not os.path.exists(base + path):
            _show_file(path, base)
    _mask(base, [library, *shown])
    os.makedirs(base + "/dev")
    for name in DEVICES:
        _show_file(f"/dev/{name}", base, kernel.NO_SUID)
    os.makedirs(base + "/etc", exist_ok=True)
    for name, text in {
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "hosts: files\n",
    }.items():
        with open(f"{base}/etc/{name}", "w") as file:
            file.write(text)
    if os.path.exists("/etc/ld.so.cache"):
        _show_file("/etc/ld.so.cache", base)
    os.mkdir(base + WORK)
    kernel.make_root(base)
    kernel.mount("none", "/", "", kernel.REMOUNT | kernel.READ_ONLY | kernel.NO_SUID)


def _system_libraries() -> list[str]:
    """Return the folders of the system's shared libraries; with as little else in them as can be."""
    ours = f"/usr/lib/{getattr(sys.implementation, '_multiarch', '') or 'none'}"
    return ["/lib", ours if os.path.isdir(ours) else "/usr/lib", "/lib64", "/usr/lib64"]


def _is_free(folder: str, paths: list[str]) -> bool:
    """Whether there is such a folder, and none of the paths lies in it."""
    return os.path.isdir(folder) and not any(_is_inside(path, [folder]) for path in paths)


def _is_inside(path: str, folders: list[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _shared_libraries() -> set[str]:
    """Return the paths of the shared libraries that this process has loaded."""
    with open("/proc/self/maps") as file:
        paths = {line.split(maxsplit=5)[-1].strip() for line in file if "/" in line}
    return {path for path in paths if ".so" in path}


def _show(folder: str, base: str) -> bool:
    """Let a folder be seen in the new root, read-only; return whether there is one that isn't a link."""
    if os.path.islink(folder):
        os.makedirs(os.path.dirname(base + folder), exist_ok=True)
        os.symlink(os.readlink(folder), base + folder)
        return False
    if not os.path.isdir(folder):
        return False
    os.makedirs(base + folder, exist_ok=True)
    _bind(folder, base + folder)
    return True


def _show_file(path: str, base: str, flags: int = kernel.NO_SUID | kernel.NO_DEVICES) -> None:
    os.makedirs(os.path.dirname(base + path), exist_ok=True)
    with open(base + path, "x"):
        pass
    _bind(path, base + path, flags)


def _bind(source: str, target: str, flags: int = kernel.NO_SUID | kernel.NO_DEVICES) -> None:
    """Show a file or folder at another place as well, read-only. What its mount forbids stays forbidden."""
    kernel.mount(source, target, "", kernel.BIND | kernel.RECURSIVE)
    given = os.statvfs(source).f_flag
    flags |= given & (kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS)
    flags |= sum(bit for seen, bit in ACCESS_TIMES.items() if given & seen)
    kernel.mount("none", target, "", flags | kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY)


def _mask(base: str, folders: list[str]) -> None:
    """Hide what was installed beside Python's library: the reference might be among it."""
    for folder in folders:
        for path in (base + f"{folder}/{name}" for name in MASKED):
            if os.path.isdir(path):
                kernel.mount("none", path, "tmpfs", kernel.READ_ONLY, "size=4k,nr_inodes=2")


# A sandbox


def _become_box(descriptor: int, settings: Settings) -> None:
    """Serve the judge as the first process of a sandbox. Returns in its workers."""
    try:
        _enter(settings)
    except OSError as error:
        print(f"no sandbox could be made: {error}", file=sys.stderr, flush=True)
        _exit(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    worker_filter = _worker_filter()
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the signals that those inside can send
    changed = os.stat(WORK).st_ctime_ns  # nobody can set this time, and every change in the folder does
    template.serve_control(
        socket.socket(fileno=descriptor),
        is_clean=lambda: os.stat(WORK).st_ctime_ns == changed and not os.listdir(WORK),
    )
    signal.signal(signal.SIGINT, interrupted)
    resource.setrlimit(resource.RLIMIT_CPU, (settings["cpu"], settings["cpu"] + 1))
    kernel.install_filter(worker_filter)


def _box_filter() -> bytes:
    return kernel.write_filter(DENIED, families=SOCKETS)


def _worker_filter() -> bytes:
    return kernel.write_filter(("execve", "execveat", "fork", "vfork"), only_threads=True)


def _enter(settings: Settings) -> None:
    uid = settings["uid"] if os.geteuid() == 0 else os.geteuid()
    gid = settings["uid"] if os.geteuid() == 0 else os.getegid()
    options = f"mode=0700,uid={uid},gid={gid},size={settings['disk']},nr_inodes={settings['files']}"
    kernel.mount("tmpfs", WORK, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS, options)
    _raise_loopback()
    with contextlib.suppress(PermissionError):  # Podman forbids it: the name is then that of its container
        socket.sethostname(HOST_NAME)
    os.chdir(WORK)
    os.environ.clear()
    os.environ.update({"HOME": WORK, "TMPDIR": WORK, "LANG": "C.UTF-8"})
    _limit(settings)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    kernel.give_up_rights()
    kernel.install_filter(_box_filter())


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP))


def _limit(settings: Settings) -> None:
    """Set limits that nobody in the sandbox can raise."""
    space = settings["space"] + settings["memory"]
    for kind, most in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_FSIZE, settings["disk"]),
        (resource.RLIMIT_NOFILE, settings["descriptors"]),
        (resource.RLIMIT_NPROC, settings["processes"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (most, most))
