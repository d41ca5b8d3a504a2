"""What a notebook of the course imports: `from classroom import check, hint, yours`.

Everything is loaded on first use, and this file runs on any Python 3, because Python reads it before
classroom/__main__.py can say that it is too old.
"""

__all__ = ["CheckFailed", "check", "hint", "reset", "solution", "status", "yours"]

_HOMES = {
    "CheckFailed": "checking",
    "check": "checking",
    "hint": "hints",
    "reset": "progress",
    "solution": "hints",
    "status": "progress",
}

TYPE_CHECKING = False  # type checkers take it for True; typing itself costs milliseconds
if TYPE_CHECKING:
    from . import cli as cli
    from . import yours
    from .checking import CheckFailed, check
    from .hints import hint, solution
    from .progress import reset, status
else:

    def __getattr__(name):
        """Import what a name stands for the first time it is asked for (PEP 562)."""
        from importlib import import_module

        if name == "yours":
            return import_module("classroom.yours")
        if name not in _HOMES:
            raise AttributeError("module 'classroom' has no attribute " + repr(name))
        value = globals()[name] = getattr(import_module("classroom." + _HOMES[name]), name)
        if name == "check":
            # Whoever asks for check will soon use it: a worker starts in the background meanwhile.
            import_module("classroom.workers").prepare_spare()
        return value

    def __dir__():
        return sorted(set(globals()) | set(__all__))
