"""Take the picture of the README anew: `python -m tests.browser.screenshot`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from classroom.peers import require_peer
from classroom.places import ROOT
from tests.browser.conftest import SCREEN
from tests.browser.labs import Lab, start_lab

PICTURE = ROOT / "lessons" / "pictures" / "browser.png"
SCROLL = "() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop -= 560; }"
SETTLED = 1500  # milliseconds in which JupyterLab draws what came into view
WORDS = ("Grüezi", "naïve café")


def take_screenshot() -> Path:
    """Open lesson 6 in JupyterLab, talk to its page, and save what is seen."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_lab(Path(folder)) as server,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=require_peer("browser").path, args=SCREEN)
        notebook = Lab(browser, server).open("notebooks/06_browser.ipynb", width=1180, height=820)
        notebook.run_all()
        notebook.command("application:toggle-left-area")
        notebook.cell("page")
        talk(notebook.page)
        notebook.cell("page-look")
        notebook.page.evaluate(SCROLL)
        notebook.page.wait_for_timeout(SETTLED)
        data = notebook.page.screenshot()
        notebook.close()
    PICTURE.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(data)).quantize(64).save(PICTURE, optimize=True)
    return PICTURE


def talk(page: Page) -> None:
    """Say a few words to the server on its page in the notebook."""
    frame = page.frame_locator("iframe").last
    for words in WORDS:
        frame.get_by_role("textbox").fill(words)
        frame.get_by_role("button", name="Send").first.click()
        expect(frame.locator("li.came").filter(has_text=words.upper())).to_be_visible()


if __name__ == "__main__":
    path = take_screenshot()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
