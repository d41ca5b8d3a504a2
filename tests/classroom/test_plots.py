"""Plots: figures of matplotlib as inline SVG that can be read, heard, and shown on light and dark."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("matplotlib")

from classroom import plots
from classroom.plots import COLOURS, new_plot, show_plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page():
    """Bars, a line in black, a text, a legend: what a lesson's plot is made of."""
    figure, axes = new_plot(600, 300)
    axes.bar([0, 1, 2], [3, 42, 100])
    axes.plot([0, 1, 2], [3, 42, 100], "o-", label="whole messages")
    axes.axhline(50, color="black")
    axes.text(1, 60, "half <of them>")
    axes.legend()
    axes.set(xlabel="pause (ms)", ylabel="came whole (%)")
    return show_plot(figure, "One recv & one message?", "No pause: 3 %.\nTwo: 100 %.")._repr_html_()


@pytest.fixture(scope="module")
def svg(page):
    (found,) = ET.fromstring(page).iter(f"{SVG}svg")
    return found


def named_figure(label: str = "n"):
    figure, axes = new_plot()
    axes.plot([1.23456789, 2], [3, 4])
    axes.set(xlabel=f"{label} (1)", ylabel=f"{label} (ms)")
    return figure


def test_a_plot_has_a_title_and_says_in_words_what_is_to_be_seen(svg, page):
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "One recv & one message? No pause: 3 %. Two: 100 %."
    assert svg.find(f"{SVG}title").text == "One recv & one message?"
    assert svg.find(f"{SVG}desc").text == "No pause: 3 %.\nTwo: 100 %."
    assert "aria-hidden" in page.partition("<svg")[0]  # the title above it is not read out twice


def test_its_plain_text_is_the_title_and_the_words():
    assert repr(show_plot(named_figure(), "A line", "It goes up.")) == "A line\n\nIt goes up."


def test_names_and_numbers_are_texts_in_the_font_of_the_page(svg):
    texts = {"".join(text.itertext()): text.get("style") for text in svg.iter(f"{SVG}text")}
    assert {"pause (ms)", "came whole (%)", "half <of them>", "whole messages", "100"} <= set(texts)
    assert all("--jp-content-font-family" in style for style in texts.values())
    assert "DejaVu" not in str(texts)


def test_what_is_black_takes_the_colour_of_the_text_around_it(svg, page):
    assert svg.get("fill") == "currentColor"
    assert "stroke: currentColor" in page
    colours = set(re.findall(r"#[0-9a-f]{6}\b", page)) - set(COLOURS)
    assert colours == set()


def test_nothing_is_painted_behind_it(svg):
    first = next(svg.iter(f"{SVG}path"))
    assert "fill: none" in first.get("style")


def test_nothing_of_it_applies_to_the_rest_of_the_page(page):
    assert "<style" not in page and "<metadata" not in page and "<?xml" not in page


def test_it_is_small(page):
    assert not re.search(r"\.\d{3}", page.partition("<svg")[2])
    assert len(page) < 12_000


def test_two_plots_on_one_page_share_no_id_and_every_reference_is_met():
    pages = [show_plot(named_figure(), title, "Up.")._repr_html_() for title in ("A line", "Another line")]
    ids = [set(re.findall(r' id="([^"]+)"', page)) for page in pages]
    assert ids[0] and not ids[0] & ids[1]
    for page, own in zip(pages, ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', page)) == own


def test_small_numbers_on_an_axis_are_not_rounded_away():
    figure, axes = new_plot()
    axes.plot([1, 2], [0.001, 0.002])
    axes.set_yticks([0.001, 0.0015], ["0.001", "0.0015"])
    axes.set(xlabel="n", ylabel="share (%)")
    page = show_plot(figure, "Shares", "Small ones.")._repr_html_()
    assert ">0.001<" in page and ">0.0015<" in page


def test_the_same_values_give_the_same_bytes():
    once, twice = (show_plot(named_figure(), "A line", "Up.")._repr_html_() for _ in range(2))
    assert once == twice


@pytest.mark.parametrize("missing", ["x", "y"])
def test_an_axis_without_a_name_is_refused(missing):
    figure = named_figure()
    figure.axes[0].set(**{f"{missing}label": " "})
    with pytest.raises(ValueError, match=f"the {missing} axis has no name"):
        show_plot(figure, "A line", "Up.")


def test_an_axis_that_counts_nothing_needs_no_name():
    figure = named_figure()
    figure.axes[0].set(ylabel="", yticks=[])
    assert show_plot(figure, "A line", "Up.")


@pytest.mark.parametrize(("title", "text"), [("", "Up."), ("A line", " \n")])
def test_a_plot_without_words_is_refused(title, text):
    with pytest.raises(ValueError, match="a text that says what is to be seen"):
        show_plot(named_figure(), title, text)


def test_a_figure_of_pyplot_is_closed_so_that_it_is_not_shown_twice():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.set(xlabel="n (1)", ylabel="t (ms)")
    show_plot(figure, "Nothing", "No values.")
    assert pyplot.get_fignums() == []


def test_importing_it_does_not_load_matplotlib():
    code = "import sys, classroom.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_the_example_in_its_docstring_runs():
    assert doctest.testmod(plots).failed == 0
