"""Lessons as a reader meets them: JupyterLab in a real browser, mouse and keyboard, and what is said."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hosting import find_barriers
from tests.browser.labs import ALL_RAN, OpenNotebook

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("lab")]

SECONDS = 1000  # milliseconds
RUN_LIMIT = 120 * SECONDS


def open_by_clicking(page: Page, name: str) -> OpenNotebook:
    """Find a notebook in the file browser and open it, as a reader does."""
    files = page.locator(".jp-DirListing-content")
    files.get_by_text("notebooks", exact=True).dblclick()
    files.get_by_text(name, exact=True).dblclick()
    page.locator(".jp-NotebookPanel:visible .jp-Notebook").wait_for()
    return OpenNotebook(page)


def run_all_by_clicking(notebook: OpenNotebook) -> None:
    """Choose Run, then Run All Cells, and wait until the kernel has finished them."""
    notebook.page.get_by_role("menubar").first.get_by_role("menuitem", name="Run", exact=True).click()
    notebook.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    notebook.page.wait_for_function(ALL_RAN, timeout=RUN_LIMIT)


def errors(notebook: OpenNotebook) -> list[str]:
    """Return the errors and tracebacks that the cells show."""
    ids = notebook.page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .filter((cell) => cell.model.type === "code").map((cell) => cell.model.id)"""
    )
    texts = {id: notebook.text(id) for id in ids}
    kinds = [(id, each["output_type"]) for id in ids for each in notebook.outputs(id)]
    return [id for id, kind in kinds if kind == "error"] + [
        id for id, text in texts.items() if "Traceback" in text
    ]


def type_body(notebook: OpenNotebook, id: str, old: str, new: str) -> None:
    """Type something over the line that begins with `old`, and run the cell."""
    line = notebook.cell(id).locator(".cm-line").filter(has_text=re.compile(rf"^\s*{re.escape(old)}"))
    line.click()
    for key in ("End", "Shift+Home"):  # the editor leaves the indentation out
        notebook.page.keyboard.press(key)
    notebook.page.keyboard.type(new)
    notebook.run(id)


def feedback(notebook: OpenNotebook, id: str, beginning: str) -> str:
    """Return what a check says, once it stands on the page."""
    said = notebook.cell(id).locator(".jp-OutputArea-output").last
    expect(said).to_contain_text(beginning)
    return said.inner_text()


@pytest.mark.peer("axe")
def test_lesson_0_from_the_file_browser_to_a_right_answer(lab):
    notebook = open_by_clicking(lab.visit(), "00_start.ipynb")
    run_all_by_clicking(notebook)
    assert errors(notebook) == []

    live = notebook.cell("live").frame_locator("iframe")
    expect(live.get_by_role("status")).to_contain_text("Connected to ws://127.0.0.1:")
    live.get_by_label("Your words").fill("straße")
    live.get_by_role("button", name="Send").click()
    expect(live.get_by_role("log")).to_contain_text("STRASSE (7 bytes)")

    session = notebook.cell("bytes")
    stops = session.locator(".mn-stops button")
    stops.nth(1).click()
    expect(session.locator(".mn-says")).to_contain_text("GET / HTTP/1.1 at")
    notebook.page.keyboard.press("ArrowDown")
    expect(session.locator(".mn-says")).to_contain_text("101 Switching Protocols at")
    notebook.page.keyboard.press("End")
    expect(stops.last).to_be_focused()
    assert find_barriers(notebook.page, ".mn-walk") == []

    type_body(notebook, "exercise-0-1", "raise", "return len(text)")
    told = feedback(notebook, "exercise-0-1", "0.1 payload_length")
    assert "characters" in told and "?" in told
    type_body(notebook, "exercise-0-1", "return", "return len(text.encode())")
    assert "passed" in feedback(notebook, "exercise-0-1", "0.1 payload_length: passed")

    notebook.run("yours")
    mine = notebook.cell("yours").locator("tr", has_text="payload_length")
    expect(mine).to_contain_text("yours")
    live.get_by_label("Your words").fill("Grüße")
    notebook.run("live")
    expect(notebook.cell("live").frame_locator("iframe").get_by_role("log")).to_contain_text("(5 bytes)")
    notebook.close()


@pytest.mark.peer("axe")
def test_lesson_5_its_widgets_by_mouse_and_keyboard_and_an_exercise_wrong_then_right(lab):
    notebook = open_by_clicking(lab.visit(), "05_frames.ipynb")
    run_all_by_clicking(notebook)
    assert errors(notebook) == []

    explorer = notebook.cell("explore").locator(".mn-explorer")
    status = explorer.get_by_role("status")
    expect(status).to_contain_text("FIN 1, opcode 0x1 text, MASK 0, payload length 5")
    explorer.get_by_role("checkbox", name="FIN").click()
    expect(status).to_contain_text("FIN 0")
    explorer.get_by_role("checkbox", name="FIN").press("Space")
    expect(status).to_contain_text("FIN 1")
    explorer.get_by_role("checkbox", name="MASK").press("Space")
    expect(status).to_contain_text("A client refuses it: 1002 a server masks no frame")
    for theme in ("dark", "light"):
        notebook.choose_theme(theme)
        assert find_barriers(notebook.page, ".mn-explorer") == []

    river = notebook.cell("reader-river")
    river.locator(".mn-stops button").first.click()
    notebook.page.keyboard.press("ArrowRight")
    expect(river.locator(".mn-says")).to_contain_text("byte 1")
    assert find_barriers(notebook.page, ".mn-walk") == []

    type_body(notebook, "exercise-5-1", "raise", "return bytes(b ^ masking_key[0] for b in data)")
    told = feedback(notebook, "exercise-5-1", "5.1 apply_mask")
    assert "not right" in told and "?" in told
    right = "return bytes(b ^ masking_key[i % 4] for i, b in enumerate(data))"
    type_body(notebook, "exercise-5-1", "return", right)
    feedback(notebook, "exercise-5-1", "5.1 apply_mask: passed")
    notebook.close()
