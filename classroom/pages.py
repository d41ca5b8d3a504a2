"""A page in a cell's output that comes from a server of the reader's own, in the kernel of the notebook.

    server = yours.serving.BlockingServer(str.upper, pages={"/": PAGE})
    show_page("The echo page", server)

The server starts and goes on after the cell, so that the page lives. It ends with the kernel, when its cell
runs again, and with `stop_pages()`. Where no browser shows the notebook it is not even started, so nothing is
left behind, and a sentence says so.
"""

from __future__ import annotations

import atexit
import html
import json
import secrets
from typing import Protocol

from .clients import browser_is_here, notebook_display

__all__ = ["Host", "show_page", "stop_pages"]


class Host(Protocol):
    """A server in the background, such as minews.BlockingServer; starting or closing it twice is no error."""

    def start(self) -> None: ...

    def close(self) -> None: ...

    def url(self, path: str = "/", scheme: str = "ws") -> str: ...


_running: dict[str, Host] = {}  # by the title of the page


def show_page(title: str, server: Host, path: str = "/", *, height: int = 260) -> None:
    """Start a server and show a page of it under the running cell.

    Arguments:
        title: a name for the page; a server that was started for this title before is closed first.
        server: what serves it. It is started here.
        path: where on the server the page is. Its URL ends in "#dark" if the notebook is dark.
        height: of the page in pixels.

    Raises:
        OSError: if the server can't listen.
    """
    _stop_page(title)
    show = notebook_display()
    if show is None or not browser_is_here():
        print(f"No browser shows this notebook, so the page is left out: {title}.")
        return
    server.start()
    _running[title] = server
    address = server.url(path, "http")
    show(_write_frame(title, address, height), f"{title}: {address}")


def stop_pages() -> None:
    """Close the servers of all pages; the pages stay where they are and fall silent."""
    for title in list(_running):
        _stop_page(title)


def _stop_page(title: str) -> None:
    if server := _running.pop(title, None):
        server.close()


atexit.register(stop_pages)

_BOX = "margin:6px 0 12px;color:var(--jp-content-font-color1,inherit)"
_NOTE = "margin:0;font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:13px"
_FRAME = (
    "display:block;box-sizing:border-box;width:100%;border-radius:6px;"
    "border:1px solid var(--jp-border-color2,rgba(128,128,128,.35))"
)

# The frame is put in by a script that has found the server alive. Without the script, or long after the
# kernel, the sentence stands there instead of the browser's own page about a server that does not answer.
_PAGE = """<div id="{id}" style="{box}">
<p style="{note}">{title}: the page stands here while its server runs. Run the cell to see it.</p>
<script>(async () => {{
  const box = document.getElementById("{id}");
  const address = {address};
  await fetch(address, {{ mode: "no-cors", cache: "no-store" }});
  const frame = document.createElement("iframe");
  frame.title = {spoken};
  frame.style.cssText = "{frame};height:{height}px";
  frame.src = address + (document.body.dataset.jpThemeLight === "false" ? "#dark" : "");
  box.replaceChildren(frame);
}})().catch(() => {{}});</script></div>"""


def _write_frame(title: str, address: str, height: int) -> str:
    return _PAGE.format(
        id=f"minews-{secrets.token_hex(4)}",
        box=_BOX,
        note=_NOTE,
        frame=_FRAME,
        title=html.escape(title),
        spoken=json.dumps(title).replace("<", "\\u003c"),
        address=json.dumps(address),
        height=height,
    )
