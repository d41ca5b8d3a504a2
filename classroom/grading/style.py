"""The look of the grader's pages: one style for all, light and dark, wide and narrow, on screen and paper."""

from __future__ import annotations

from pathlib import Path

from .naming import escape_html

__all__ = ["page"]

_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def page(title: str, body: str) -> str:
    """Put a body into a page that loads nothing and runs nothing, whatever is in it.

    Arguments:
        title: plain text.
        body: HTML, in which everything that came from students is escaped.
    """
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta http-equiv=Content-Security-Policy "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        "<meta name=color-scheme content='light dark'><meta name=referrer content=no-referrer>"
        f"<title>{escape_html(title)}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )
