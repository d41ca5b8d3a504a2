"""The start of a worker process: `python classroom/worker/__main__.py`, stdin and stdout being the judge's.

With the argument `template` it is a process that forks such workers, see `template`; with `boxes` one that
makes sandboxes in which such workers are forked, see `boxes`.

The package's modules are imported as `worker.…`, without `classroom` around them, and `minews` is an empty
package with the real `minews.types` in it, so that nothing here can reach the reference by accident.
"""

import importlib
import importlib.machinery
import os
import sys
import types

WORKER = os.path.dirname(os.path.abspath(__file__))  # pathlib would cost a spare its best milliseconds
CLASSROOM = os.path.dirname(WORKER)
ROOT = os.path.dirname(CLASSROOM)


def take_standard_streams() -> tuple[int, int]:
    """Return private descriptors of what were stdin and stdout; 0, 1 and 2 lead nowhere from now on.

    stderr goes on under a private descriptor too: `limits` writes a crash's last words there.
    """
    reading, writing, last_words = os.dup(0), os.dup(1), os.dup(2)
    if os.name == "nt":
        import msvcrt

        for descriptor in (reading, writing):
            msvcrt.setmode(descriptor, os.O_BINARY)  # type: ignore[attr-defined, unused-ignore]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    sys.stderr = os.fdopen(last_words, "w", buffering=1, errors="backslashreplace")
    return reading, writing


def supply_types() -> None:
    """Put an empty `minews` with the real `minews.types` among the modules."""
    package = types.ModuleType("minews")
    package.__path__ = []
    sys.modules["minews"] = package
    path = os.path.join(ROOT, "minews", "types.py")
    loader = importlib.machinery.SourceFileLoader("minews.types", path)
    spec = importlib.machinery.ModuleSpec("minews.types", loader, origin=path)
    spec.has_location = True  # so that its compiled form is kept
    module = types.ModuleType("minews.types")
    module.__spec__, module.__file__ = spec, path
    sys.modules["minews.types"] = package.types = module  # type: ignore[attr-defined]
    loader.exec_module(module)


def main() -> None:
    """Serve the judge until the pipe closes."""
    if sys.argv[1:] == ["template"]:
        del sys.argv[1:]
        serving = import_serving()
        importlib.import_module("worker.template").fork_workers()
        reading, writing = take_standard_streams()
    elif sys.argv[1:2] == ["boxes"]:
        settings = {name: int(number) for name, number in (word.split("=") for word in sys.argv[2:])}
        del sys.argv[1:]
        serving = import_serving()
        importlib.import_module("worker.boxes").keep_boxes(settings)
        reading, writing = take_standard_streams()
    else:
        reading, writing = take_standard_streams()
        serving = import_serving()
    serving.serve(reading, writing)


def import_serving() -> types.ModuleType:
    """Return the worker's main loop, with all that it needs."""
    supply_types()
    sys.path.insert(0, CLASSROOM)
    serving = importlib.import_module("worker.serving")
    sys.path.remove(CLASSROOM)
    return serving


if __name__ == "__main__":
    main()
