"""Presenter mode: what grows, what is said of the views, and the contrast that the document states."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dnacore.workspace.saved.views import SavedView
from ui.app import palette, theme
from ui.choices import parts
from ui.figures import distances, enlarge
from ui.figures import heatmap as heatmaps
from ui.report import presenting

DOCUMENT = (Path(__file__).parents[2] / "docs" / "presenting.md").read_text(encoding="utf-8")


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast of two colours."""
    light, dark = sorted((palette._luminance(palette._channels(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("said", "tone"), [("text", "text"), ("quiet text in figures", "quiet"), ("accent", "accent")])
def test_contrast_is_what_the_document_says(said, tone):
    found = [contrast(getattr(ink, tone), ink.ground) for ink in (palette.LIGHT, palette.DARK)]
    row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| {said} |"))
    assert [float(cell) for cell in row.split("|")[2:4]] == [round(value, 1) for value in found]
    assert min(found) >= 4.5


def test_a_figure_grows_with_its_type_and_stays_what_it_was():
    small = distances.by_layer({"one": 2.0, "two": 1.0}, unit="bins")
    large = enlarge.enlarged(small)
    assert large.layout.height > small.layout.height and list(large.data[0].y) == list(small.data[0].y)
    font = large.layout.template.layout.xaxis.tickfont.size
    assert font == round(enlarge.TYPE * palette.SMALL) == 18 and "18 px" in DOCUMENT
    assert small.layout.template.layout.xaxis.tickfont.size == palette.SMALL, "the page's own template is left alone"


@pytest.mark.parametrize(("said", "rule"), [("the answer", ".vds-found"), ("the question", ".vds-question")])
def test_what_must_be_read_from_the_back_is_as_large_as_the_document_says(said, rule):
    row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| {said} |")).split("|")[3]
    smallest, largest = (int(size) for size in re.findall(r"(?<![0-9])([23][0-9])(?![0-9])", row))
    given = re.search(
        rf"^{re.escape(rule)} {{ font-size: clamp\((\d+)px, [\d.]+vw, (\d+)px\)", theme.ROOM, re.MULTILINE
    )
    assert given and (smallest, largest) == (int(given[1]), int(given[2])) and smallest > 20, "larger than at work"


def test_the_bar_says_where_one_is():
    kept = [SavedView(name, "compare", (), 0.0) for name in ("a", "b")]
    assert presenting.said(kept, 2) == "2 of 2 saved views" and presenting.said(kept, 0).startswith("2 saved views")
    assert "No saved views yet" in presenting.said([], 0)


def test_the_diagonal_is_neither_end_of_the_scale_in_the_dark():
    for ink in (palette.LIGHT, palette.DARK):
        own = np.array(palette._lab(palette._channels(palette.own_ground(ink))))
        ends = [
            np.array(palette._lab(palette._channels(end))) for end in (palette.SEQUENTIAL[0], palette.SEQUENTIAL[-1])
        ]
        assert (
            all(np.linalg.norm(own - end) > 0.02 for end in ends) and contrast(ink.text, palette.own_ground(ink)) >= 4.5
        )
    far = np.array(palette._lab(palette._channels(palette.SEQUENTIAL[-1])))
    dark = np.array(palette._lab(palette._channels(palette.own_ground(palette.DARK))))
    assert np.linalg.norm(far - dark) > 0.15, "the ground itself lay nearer than that"
    figure = heatmaps.heatmap(["a", "b"], np.array([[0.0, 1.0], [1.0, 0.0]]), unit="bins", dark=True)
    assert any(trace.type == "heatmap" and np.isfinite(trace.z).sum() == 2 for trace in figure.data[1:])


def test_parts_shown_together_have_colours_that_stay_apart():
    owner, taken = SimpleNamespace(colour=3), set()
    for value in "012345":
        taken.add(parts._colour(owner, parts.Part("kind", value), taken))
    assert len(taken) == 6
    first = parts._colour(owner, parts.Part("hat", "1"), set())
    second = parts._colour(owner, parts.Part("hat", "0"), {first})
    assert palette.distance(first, second) >= parts.CLEAR
    many = set(range(len(palette.DATASET_COLOURS)))
    assert parts._colour(owner, parts.Part("hat", "1"), many) not in many, "beyond the eighteenth none is used twice"


def presented() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from ui.report import presenting

    presenting._switch = lambda **given: None
    presenting.views = SimpleNamespace(load=lambda workspace: [])
    presenting.reads = SimpleNamespace(workspace=lambda: None)
    presenting.begin()
    presenting.link()
    presenting.draw()
    st.write(str(presenting.theme.presenting()))


def test_it_is_begun_from_the_page_and_from_the_address_and_ended():
    app = AppTest.from_function(presented, default_timeout=30).run()
    assert app.markdown[-1].value == "False" and not app.exception
    app.button(key="present-begin").click().run()
    assert app.markdown[-1].value == "True" and "present" in app.query_params
    app.button(key="present-end").click().run()
    assert app.markdown[-1].value == "False" and "present" not in app.query_params
    linked = AppTest.from_function(presented, default_timeout=30)
    linked.query_params["present"] = "3"
    assert linked.run().markdown[-1].value == "True" and not linked.exception
