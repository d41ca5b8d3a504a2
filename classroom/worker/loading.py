"""From a request to load something to the object that the ops will call."""

import importlib
import sys
from collections.abc import Callable
from types import CodeType, ModuleType

from . import outcomes
from .protocol import ANSWER, Ended, Load, Loaded, LoadFailed, LoadObject, Source
from .sources import Sources
from .supplies import Ask, Supplies, remove_supplies

Failure = LoadFailed | Ended


class Answer:
    """The loaded code: `target` is its object, `sources` knows its lines, `names` is its namespace."""

    def __init__(self) -> None:
        self.sources = Sources()
        self.target: Callable[..., object] | None = None
        self.names: dict[str, object] = {}


def load(request: Load, ask: Ask, answer: Answer, *, closed: bool = True) -> Loaded | Failure:
    """Execute a student's code and put what it defines into `answer`.

    closed: answer imports of `minews` by what the exercise may use; not where the judge is this very process.
    """
    answer.sources.own = request.filename
    supplies = Supplies(request, ask)
    if closed:
        supplies.install()
    for source in request.sources:
        failed = _load_neighbour(source, supplies, answer.sources)
        if failed:
            return failed
    module = _module(ANSWER, supplies.names)
    answer.names = vars(module)
    failure = _execute(request, module, supplies, answer.sources)
    return failure or _take(request.name, answer)


def _module(name: str, names: dict[str, object]) -> ModuleType:
    """Return a module that has these names; dataclasses look theirs up among the modules."""
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
    return module


def _execute(code: Load | Source, module: ModuleType, supplies: Supplies, sources: Sources) -> Failure | None:
    """Execute the preamble, then the supplied names (which win over its imports), then the code itself."""
    names = vars(module)
    supplied = dict(names)
    try:
        preamble = sources.compiled(code.preamble, code.filename)
        supplies.lenient = True
        exec(preamble, names)
        supplies.lenient = False
        names.update(supplied)
        exec(_compiled(code, sources, preamble), names)
    except BaseException as error:
        return outcomes.describe_loading(error, sources)
    return None


def _compiled(code: Load | Source, sources: Sources, preamble: CodeType) -> CodeType:
    return sources.compiled(code.source, code.filename, code.first_line, preamble.co_flags)


def _load_neighbour(source: Source, supplies: Supplies, sources: Sources) -> LoadFailed | None:
    """Put the student's own version of a neighbour in the place of the judge's."""
    module = _module(f"{ANSWER}_{source.name}", supplies.names_for(source))
    failure = _execute(source, module, supplies, sources)
    if failure is None and source.name in vars(module):
        supplies.names[source.name] = vars(module)[source.name]
        return None
    return LoadFailed("neighbour", message=f"your own {source.name} could not be loaded")


def _take(name: str, answer: Answer) -> Loaded | LoadFailed:
    if name not in answer.names:
        return LoadFailed("missing", "NameError", f"nothing is called {name} here")
    target = answer.names[name]
    if not callable(target):
        return LoadFailed("not-callable", "TypeError", f"{name} is of type {type(target).__name__}")
    answer.target = target
    return Loaded()


def load_object(request: LoadObject, answer: Answer) -> Loaded | Failure:
    """Import a trusted file of the project, once, and take an object out of it."""
    answer.sources.read(request.path)
    try:
        module = _trusted_module(request)
    except BaseException as error:
        return outcomes.describe_loading(error, answer.sources)
    answer.names = vars(module)
    return _take(request.name, answer)


def _trusted_module(request: LoadObject) -> ModuleType:
    import importlib.util

    name = "trusted:" + request.path
    if name not in sys.modules:
        _open_project(request.root)
        spec = importlib.util.spec_from_file_location(name, request.path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{request.path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _open_project(root: str) -> None:
    """Make the real packages importable; `minews.types` stays the one that values cross with."""
    remove_supplies()
    if root not in sys.path:
        sys.path.insert(0, root)
    package = sys.modules.get("minews")
    if package is not None and getattr(package, "__file__", None) is None:
        del sys.modules["minews"]
        importlib.import_module("minews").types = sys.modules["minews.types"]  # type: ignore[attr-defined]
