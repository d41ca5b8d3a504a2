"""What Python has no call for: Linux's namespaces, mounts and system call filters, by ctypes.

Every function raises OSError where the kernel says no.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable, Sequence

NEW_MOUNTS, NEW_NAMES, NEW_IPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x1000_0000, 0x2000_0000, 0x4000_0000
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
RECURSIVE, PRIVATE = 1 << 14, 1 << 18
DETACH = 2
SIGCHLD = 17
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 22, 24, 38
CAPABILITY_VERSION = 0x20080522

# The numbers of system calls: of x86-64, of 64-bit ARM. None: there is no such call.
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "capset": (126, 91),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fork": (57, None),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vfork": (58, None),
    "vhangup": (153, 58),
}

_libc = ctypes.PyDLL(None, use_errno=True)


def _done(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def number_of(name: str) -> int | None:
    """Return the number of a system call on this machine. Raises OSError where that is not known."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(f"the system calls of {machine} are not known here")
    return NUMBERS[name][ARCHITECTURES[machine][0]]


def unshare(flags: int) -> None:
    """Leave some of the namespaces of this process for new ones."""
    _done(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount something; see mount(2)."""
    words = [os.fsencode(each) for each in (source, target, kind)]
    _done(_libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(options) or None), f"mount {target}")


def make_root(folder: str) -> None:
    """Let `folder`, which must be a mount of its own, be the root; what was outside of it is gone."""
    os.chdir(folder)
    here = ctypes.c_char_p(b".")
    _done(_libc.syscall(number_of("pivot_root"), here, here), "pivot_root")
    _done(_libc.umount2(here, DETACH), "umount")
    os.chdir("/")


def clone(flags: int) -> int:
    """Fork into new namespaces: return the child's process id, 0 in the child."""
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _libc.syscall(number_of("clone"), ctypes.c_ulong(flags | SIGCHLD), None, None, None, None)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _done(pid, "clone")


def give_up_rights() -> None:
    """Drop every capability, for good, and let nobody look into this process."""
    header = struct.pack("Ii", CAPABILITY_VERSION, 0)
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    _done(_libc.syscall(number_of("capset"), header, bytes(24)), "capset")
    _done(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _done(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


# Filters of system calls: a program of eight bytes an instruction, see Linux's seccomp(2) and linux/filter.h.

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32  # offsets in what a filter is shown
_OTHER_NUMBERS = 0x40000000  # x32's, on x86-64
_THREAD = 0x00010000  # clone's flag
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
PROTOCOLS = (0, 6, 17)  # the family's own, TCP, UDP


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def write_filter(denied: Iterable[str], *, only_threads: bool = False, families: Iterable[int] = ()) -> bytes:
    """Return a filter that lets all system calls through but some.

    denied: their names; they fail with EPERM. only_threads: `clone` makes threads, and no processes.
    families: if there are any, there are no sockets of others, and none of protocols but TCP, UDP and the
        family's own: the kernel would load the code of the others, which few people have looked at.
    """
    machine = ARCHITECTURES[platform.machine()][1]
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_JUMP_EQUAL, machine, 1), _step(_RETURN, _KILL)]
    steps.append(_step(_LOAD, _NUMBER))
    steps += [_step(_JUMP_AT_LEAST, _OTHER_NUMBERS, 0, 1), _step(_RETURN, _ERRNO | ENOSYS)]
    for number in filter(None, map(number_of, denied)):
        steps += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | EPERM)]
    if only_threads:
        steps += [_step(_JUMP_EQUAL, number_of("clone3") or 0, 0, 1), _step(_RETURN, _ERRNO | ENOSYS)]
        made = [_step(_JUMP_ANY_BIT, _THREAD, 0, 1), _step(_RETURN, _ALLOW), _step(_RETURN, _ERRNO | EPERM)]
        steps += _for_call("clone", made)
    if allowed := tuple(families):
        made = [*_refuse_others(allowed), _step(_LOAD, _THIRD_ARGUMENT), *_refuse_others(PROTOCOLS)]
        for name in ("socket", "socketpair"):
            steps += _for_call(name, [*made, _step(_RETURN, _ALLOW)])
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _refuse_others(values: Sequence[int]) -> list[bytes]:
    """Return steps that go on after them if what was loaded is one of some values, and refuse if not."""
    tests = [_step(_JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [*tests, _step(_RETURN, _ERRNO | EAFNOSUPPORT)]


def _for_call(name: str, steps: list[bytes]) -> list[bytes]:
    """Return steps that look at the first argument of one system call."""
    steps = [_step(_LOAD, _FIRST_ARGUMENT), *steps]
    return [_step(_JUMP_EQUAL, number_of(name) or 0, 0, len(steps)), *steps]


def install_filter(program: bytes) -> None:
    """Filter the system calls of this process, and of all that it starts, for good."""
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    _done(_libc.prctl(PR_SET_SECCOMP, 2, described, 0, 0), "seccomp")
