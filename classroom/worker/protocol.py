"""What the judge and a worker say to each other: plain records, carried by `codec`.

    judge: Load, then Run                worker: Ready, then Loaded or LoadFailed, then one outcome an op
    judge: CallReturned or CallRaised    worker: CallJudge, when the answer calls a neighbour or a callback
    judge: UseLent, before that          worker: UseReturned or UseRaised, where the call lends a socket

An op's result goes into a slot (by default its index), and later ops name it as `Slot(index)`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

ANSWER = "answer"
"""The module name that the student's code sees as its own `__name__`."""


# What can stand for something that does not cross.


@dataclass(frozen=True, slots=True)
class Other:
    """A value that is not exactly of a type that crosses: its class's name, and its repr (cut at 200)."""

    type_name: str
    repr_text: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A value that was too large to send: its class's name, and a size, bytes or items, that it exceeds."""

    type_name: str
    size_hint: int


@dataclass(slots=True)
class Handle:
    """An object of a neighbour's class that the judge keeps; the worker reaches its listed methods only."""

    number: int


@dataclass(slots=True)
class Lent:
    """A socket of the worker's, lent to the judge for one call; see `lending`."""

    number: int


@dataclass(slots=True)
class Longer:
    """The last long argument that a worker sent, and `more` behind it, of the type of that; see `growing`."""

    more: bytes | bytearray


@dataclass(slots=True)
class ErrorValue:
    """A HandshakeError or ProtocolError as an argument: the name of its class, and what it is made of."""

    type: str
    fields: dict[str, object]


# What arguments may hold, at any depth.


@dataclass(slots=True)
class Slot:
    """The object kept in slot `number`."""

    number: int


@dataclass(slots=True)
class Callback:
    """A function that calls the judge, who has it in a table under `name`; `awaits`: a coroutine function."""

    name: str
    awaits: bool = False


@dataclass(slots=True)
class Recipe:
    """Something that the worker builds on the spot, see `recipes`."""

    name: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)


# Ops.


@dataclass(slots=True)
class Call:
    """Call the answer.

    how: "value" sends the result; "items" iterates it and sends a list of at most `limit` items; "await" runs
    the coroutine to its end; "keep" keeps the result in the slot and sends an `Other` for it.
    """

    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)
    how: str = "value"
    limit: int = 1000
    into: int | None = None


@dataclass(slots=True)
class Method:
    """Call a method of the object kept in `slot`; `how` as for `Call`."""

    slot: int
    name: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)
    how: str = "value"
    limit: int = 1000
    into: int | None = None


@dataclass(slots=True)
class Get:
    """Read an attribute, plain or property, of the object kept in `slot`."""

    slot: int
    name: str
    into: int | None = None


@dataclass(slots=True)
class Make:
    """Build something by a named recipe and keep it in the slot."""

    recipe: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)
    into: int | None = None


@dataclass(slots=True)
class Trace:
    """The log of what is kept in `slot` (what a scripted socket was asked to do), or its plain value."""

    slot: int
    into: int | None = None


Op = Call | Method | Get | Make | Trace


@dataclass(slots=True)
class Limits:
    """What one check may use: `cpu` in seconds of an ordinary machine (see `pace`), `wall` in seconds;
    `memory` (above the start), `output`, `reply` in bytes."""

    cpu: float = 1.0
    wall: float = 10.0
    memory: int = 1 << 30
    output: int = 64 << 10
    reply: int = 16 << 20


# What the judge sends.


@dataclass(slots=True)
class NeighbourClass:
    """A neighbour that is a class: what of its objects the worker may call and read."""

    name: str
    methods: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(slots=True)
class Source:
    """A neighbour in the student's own words: executed in the worker in place of a call to the judge.

    neighbours, classes, constants: what it may use itself, as for `Load`.
    """

    name: str
    source: str
    first_line: int
    filename: str
    preamble: str = ""
    neighbours: tuple[str, ...] = ()
    classes: tuple[NeighbourClass, ...] = ()
    constants: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Load:
    """Execute the preamble and the student's code, and take the object called `name` out of it.

    constants: plain values of the reference's modules that the preamble imports. pure: those of the
    neighbours that give the same for the same, so that the judge need be asked only once.
    """

    exercise_id: str
    name: str
    source: str
    preamble: str = ""
    filename: str = "answer.py"
    first_line: int = 1
    neighbours: tuple[str, ...] = ()
    pure: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    constants: dict[str, object] = field(default_factory=dict)
    classes: tuple[NeighbourClass, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class LoadObject:
    """Import a trusted file of the project, with the real minews, and take the object called `name`."""

    root: str
    path: str
    name: str
    exercise_id: str = ""
    limits: Limits = field(default_factory=Limits)


class Ops(tuple[Op, ...]):
    """Ops that are sent to many workers; `encoded` are the messages, once somebody has written them."""

    def __init__(self, ops: Iterable[Op]) -> None:
        self.encoded: dict[bool, bytearray] = {}  # by `Run.together`


def as_tuple(ops: Iterable[Op]) -> tuple[Op, ...]:
    """Return ops as a tuple, `Ops` as they are."""
    return ops if isinstance(ops, tuple) else tuple(ops)


@dataclass(slots=True)
class Run:
    """Do ops, packed by `packing`, on what was loaded.

    together: outcomes may wait for each other, and travel together; a crash loses those that waited.
    """

    ops: bytes
    together: bool = False


@dataclass(slots=True)
class CallReturned:
    """The answer to `CallJudge`. iterates: the function returned an iterator, and these are its items."""

    value: object
    iterates: bool = False


@dataclass(slots=True)
class CallRaised:
    """The answer to `CallJudge` when the judge's function raised: enough to raise the same in the worker."""

    type: str
    args: tuple[object, ...]
    message: str


@dataclass(slots=True)
class UseLent:
    """Call a method of a socket that the worker has lent."""

    number: int
    method: str
    args: tuple[object, ...]


# What the worker sends.


@dataclass(slots=True)
class Ready:
    """The worker has started."""

    pid: int


@dataclass(slots=True)
class CallJudge:
    """Call what the judge has in its table: `name`, or the method or attribute `member` of `handle`."""

    name: str
    args: tuple[object, ...]
    kwargs: dict[str, object]
    handle: int | None = None
    member: str = ""


@dataclass(slots=True)
class UseReturned:
    """The answer to `UseLent`."""

    value: object


@dataclass(slots=True)
class UseRaised:
    """The answer to `UseLent` when the socket raised; an empty type: the student's code can't go on."""

    type: str
    args: tuple[object, ...]


@dataclass(slots=True)
class Loaded:
    """The code was executed, and its object is there. `lacking`: names that nothing supplies."""

    lacking: tuple[str, ...] = ()
    printed: str = ""


@dataclass(slots=True)
class LoadFailed:
    """The code could not be executed.

    how: "syntax", "raised", "exit" (sys.exit), "missing" (no object of that name), "not-callable".
    """

    how: str
    type: str = ""
    message: str = ""
    line: int | None = None
    text: str = ""
    printed: str = ""


@dataclass(slots=True)
class Returned:
    """An op's value. `changed`: bytearray arguments that the call changed, by position ("0") or keyword."""

    value: object
    changed: dict[str, bytearray] = field(default_factory=dict)
    printed: str = ""


@dataclass(slots=True)
class Raised:
    """An op's exception.

    type: "ValueError", "minews.types.HandshakeError"; a class of the student's own has no module before it.
    bases: the names of its classes, most special first. attributes: status, headers, code, reason, errno.
    line, text: the deepest line inside the answer's own file; frames: all lines there, outermost first.
    """

    type: str
    bases: tuple[str, ...]
    message: str
    attributes: dict[str, object] = field(default_factory=dict)
    line: int | None = None
    text: str = ""
    frames: tuple[tuple[int, str, str], ...] = ()
    printed: str = ""


@dataclass(slots=True)
class NotWritten:
    """The skeleton's NotImplementedError of `exercise` came."""

    exercise: str
    printed: str = ""


@dataclass(slots=True)
class Ended:
    """The code did not come back in the ordinary way.

    how: "endless" (CPU limit), "waiting" (wall limit, or bytes that never come), "exit" (sys.exit),
    "os-exit", "crash" (a signal such as a segmentation fault), "memory", "recursion", "garbled" (the
    worker's connection carried something that is no message). gone: the worker is gone with it, so that
    later ops were not run.
    """

    how: str
    detail: str = ""
    line: int | None = None
    text: str = ""
    printed: str = ""
    gone: bool = False


@dataclass(slots=True)
class Failed:
    """The worker itself failed: its traceback, and which builtins the student's code had changed by then."""

    traceback: str
    builtins: tuple[str, ...] = ()


Outcome = Returned | Raised | NotWritten | Ended
FromWorker = (
    Ready
    | CallJudge
    | UseReturned
    | UseRaised
    | Loaded
    | LoadFailed
    | Returned
    | Raised
    | NotWritten
    | Ended
    | Failed
)
FromJudge = Load | LoadObject | Run | CallReturned | CallRaised | UseLent
