"""The course's widgets: pictures that the reader can move, made of the reader's own bytes.

    from classroom.widgets import explore_frame

Only notebooks import this; each widget is loaded the first time it is asked for. How one is made: base.py.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["draw_handshake", "draw_river", "draw_session", "explore_frame"]

_HOMES = {  # name: the module of this package that has it
    "draw_handshake": "sequence",
    "draw_river": "river",
    "draw_session": "timeline",
    "explore_frame": "explorer",
}

if TYPE_CHECKING:
    from .explorer import explore_frame
    from .river import draw_river
    from .sequence import draw_handshake
    from .timeline import draw_session
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'classroom.widgets' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
