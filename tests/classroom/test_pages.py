"""Pages in a cell's output: their servers live on, and without a browser nothing starts."""

from __future__ import annotations

import re
import socket
import threading
import urllib.request

import pytest

from classroom import pages
from classroom.bars import plot_shares
from classroom.pages import show_page, stop_pages
from classroom.start import record_visit, watch_websockets
from minews import BlockingServer


@pytest.fixture
def screen(monkeypatch):
    """A notebook's output area that a browser shows; what is put there is collected."""
    shown: list[str] = []
    monkeypatch.setattr(pages, "notebook_display", lambda: lambda page, text="": shown.append(page))
    monkeypatch.setattr(pages, "browser_is_here", lambda: True)
    yield shown
    stop_pages()


def listens(server: BlockingServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_without_a_browser_no_server_is_started_and_a_sentence_says_so(capsys):
    before = threading.active_count()
    server = BlockingServer(str.upper, pages={"/": b"<p>Hello"})
    show_page("The echo page", server)
    assert (
        capsys.readouterr().out == "No browser shows this notebook, so the page is left out: The echo page.\n"
    )
    assert "ended" in repr(server) and threading.active_count() == before


def test_a_browser_that_does_not_answer_counts_as_none(screen, monkeypatch):
    monkeypatch.setattr(pages, "browser_is_here", lambda: False)
    server = BlockingServer(str.upper)
    show_page("The echo page", server)
    assert screen == [] and "ended" in repr(server)


def test_the_server_goes_on_after_its_cell_and_sends_the_page(screen):
    server = BlockingServer(str.upper, pages={"/": b"<p>Hello"})
    show_page("The echo page", server)
    address = re.search(r'const address = "([^"]+)"', screen[0])[1]
    assert urllib.request.urlopen(address, timeout=5).read() == b"<p>Hello"


def test_a_cell_that_runs_again_closes_its_first_server_and_no_other(screen):
    first, second, other = (BlockingServer(str.upper) for _ in range(3))
    for title, server in (("one", first), ("other", other), ("one", second)):
        show_page(title, server)
    assert [listens(server) for server in (first, second, other)] == [False, True, True]
    stop_pages()
    assert not any(listens(server) for server in (second, other))
    stop_pages()  # a second time is no error


def test_a_title_can_not_break_out_of_the_page(screen):
    show_page("</script><b>", BlockingServer(str.upper))
    assert screen[0].count("</script>") == 1 and "<b>" not in screen[0]


def test_a_visit_notes_every_byte_from_the_request_to_the_end():
    with BlockingServer(str.upper) as server:
        reply, session = record_visit(server.url(), "Grüezi")
    assert reply == "GRÜEZI"
    kinds = [event.kind for event in session.events()]
    assert kinds[:3] == ["connected", "request", "response"] and kinds[3:7] == ["frame"] * 4
    assert not any(event.problem for event in session.events())


def test_a_visit_to_a_server_that_leaves_is_an_eoferror():
    def refuse(conn: socket.socket) -> None:
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 503 Full\r\n\r\n")

    from classroom.servers import serve

    with serve(refuse) as server, pytest.raises(EOFError):
        record_visit(server.url(), "Hello")


def test_outside_a_notebook_the_watch_is_a_sentence(capsys):
    watch_websockets()
    assert capsys.readouterr().out.startswith("While the notebook is open in a browser")


def test_shares_are_drawn_and_told_in_words():
    plot = plot_shares("Luck", {"at once": [3.2, 100]}, ["no pause", "2 ms"], about="how", share="whole")
    assert plot.text == "at once: 3 % with no pause, 100 % with 2 ms."
    assert "whole (%)" in plot.drawing and "2 ms" in plot.drawing
