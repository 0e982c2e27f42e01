"""The Lens page: every analysis can be asked, what cannot hold is said, and the way from a neuron to a report."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

import dnacore as dc
from dnacore.extractors import load_extractor
from dnacore.lens import ANALYSES, foreseen, traits
from tests.ui.conftest import draw_pictures
from tests.ui.driving import choices, command, settle
from ui.app.capture import View
from ui.lens import wording
from ui.report import html


def test_every_analysis_is_offered_once_and_every_setting_has_a_name():
    offered = [name for group in wording.GROUPS.values() for name in group]
    assert sorted(offered) == sorted(ANALYSES) == sorted(wording.READ)
    for analysis in ANALYSES.values():
        assert set(analysis.defaults) <= set(wording.SETTINGS) | wording.UNSET, analysis.name
        for name in set(analysis.defaults) & set(wording.CHOICES):
            assert analysis.defaults[name] in wording.CHOICES[name]


def test_a_headline_says_neurons_and_layers_in_words_and_their_codes_behind():
    caption = "block_4_2:31 reaches 2.1; block_4_2:3 in block_4_2 less. Beside it x (stem:4): so."
    said, exact = wording.headline(caption, ["block_4_2:3", "block_4_2", "block_4_2:31", "stem:4", "stem"])
    assert said == (
        "Neuron 31 in block 4.2 reaches 2.1; neuron 3 in block 4.2 in block 4.2 less. "
        "Beside it x (neuron 4 in stem): so."
    )
    assert exact == "block_4_2:31, block_4_2:3, block_4_2 and stem:4"
    assert wording.headline("Alike by 0.9.", ["block_4_2"]) == ("Alike by 0.9.", "")


def test_figures_have_names_and_units():
    found = {"activation": 3.14159, "percentile": 99.987, "row": 0.25, "layer": "block_2_1", "peaks": [1, 2], "odd": 3}
    assert wording.figures(found) == [
        ("Activation", "3.14"),
        ("Percentile among real images", "99.99\N{NO-BREAK SPACE}%"),
        ("Strongest place, from the top", "25.0\N{NO-BREAK SPACE}%"),
        ("Layer", "block 2.1"),
    ]


SMALL = {
    "random_resnet18": {"input_size": 64},
    "mini": {"input_size": 64},
    "dinov2_vits14@random": {"input_size": 28, "arguments": {"depth": 2, "num_classes": 0}},
}


@pytest.mark.parametrize("name", SMALL)
def test_what_is_foreseen_is_what_the_network_says(name):
    network = load_extractor(name, "cpu", **SMALL[name])
    for analysis in ANALYSES.values():
        if foreseen.why_not(analysis.needs, network.spec) is not None and "head" not in analysis.needs:
            assert any(traits.why_not(need, network) for need in analysis.needs), analysis.name
    assert (foreseen.why_not(["rectifiers"], network.spec) is None) == (name in {"random_resnet18", "mini"})
    assert "trained" in foreseen.why_not(ANALYSES["gradcam"].needs, network.spec)
    half = network.spec | {"precision": "fp16"}
    assert "fp16" in foreseen.why_not(ANALYSES["maximise"].needs, half)


def test_a_picture_stands_in_the_report_and_its_words_are_escaped():
    sheet = io.BytesIO()
    Image.new("RGB", (2400, 300), (200, 30, 30)).save(sheet, "PNG")
    view = View("lens", "Lens", "What?", 1_700_000_000.0)
    view.parts = [("picture", (sheet.getvalue(), 'a "neuron" <b>'))]
    page = html.html([html.freeze(view, None, [], {})])
    found = re.search(r'<img alt="a &quot;neuron&quot; &lt;b&gt;" src="data:image/jpeg;base64,([^"]+)"', page)
    with Image.open(io.BytesIO(base64.b64decode(found[1]))) as kept:
        assert kept.size == (1600, 200)


@pytest.mark.browser
@pytest.mark.slow
def test_from_an_attribute_to_what_its_neuron_sees_and_a_poster_in_a_report(dashboard, browser_page, tmp_path_factory):
    expect = pytest.importorskip("playwright.sync_api").expect
    page, patience = browser_page, 240_000
    folder = draw_pictures(tmp_path_factory.mktemp("pictures") / "warm", 24, (190, 120, 60), 1)
    rows = ["file,hat"]
    for number, path in enumerate(sorted(folder.iterdir())):
        rows.append(f"{path.name},{number % 2}")
        if number % 2:
            with Image.open(path) as opened:
                hat = opened.convert("RGB")
            hat.paste((10, 10, 200), (20, 0, 76, 24))
            hat.save(path)
    table = folder.parent / "hats.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    command(dashboard.home, "add", "warm", str(folder), "--attributes", str(table))
    command(dashboard.home, "extract", "warm")

    def look() -> None:
        page.get_by_role("button", name="Look", exact=True).click()
        expect(page.locator(".st-key-lens-png").last).to_be_visible(timeout=patience)
        settle(page)

    def ask(question: str, analysis: str) -> None:
        page.get_by_text(question, exact=True).click()
        page.wait_for_url(re.compile(rf"analysis={analysis}"))
        settle(page)

    page.goto(f"{dashboard.url}/sensitivity?attribute=hat")
    page.get_by_role("link", name=re.compile("^What .* sees")).click()
    expect(page.get_by_role("heading", level=1, name="Lens")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("What does this neuron react to most?").first).to_be_visible(timeout=60_000)
    settle(page)
    neuron = choices(page)["neuron"][0]
    look()
    expect(page.get_by_text(re.compile("^What .* reacts to most in warm")).first).to_be_visible()

    ask("Where in this image", "map")
    expect(page.get_by_text("is not here any more")).to_have_count(0)
    look()
    assert (choices(page)["analysis"], choices(page)["neuron"]) == (["map"], [neuron])

    ask("What it would love to see", "maximise")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("textbox", name="Steps").fill("3")
    page.get_by_role("textbox", name="Steps").press("Enter")
    settle(page)
    assert (choices(page)["analysis"], choices(page)["maximise-steps"]) == (["maximise"], ["3"])
    look()

    ask("Across images", "poster")  # what was opened stays open from one way of looking to the next
    page.get_by_role("textbox", name="Steps").fill("2")
    page.get_by_role("textbox", name="Steps").press("Enter")
    settle(page)
    assert (choices(page)["analysis"], choices(page)["neuron"]) == (["poster"], [neuron])
    look()

    page.get_by_role("button", name="Report", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this view (HTML)").click()
    written = download.value.path().read_text(encoding="utf-8")
    sheet = re.search(r'class="sheet"><img alt="Poster: [^"]+" src="data:image/jpeg;base64,([^"]+)"', written)
    with Image.open(io.BytesIO(base64.b64decode(sheet[1]))) as kept:
        assert min(kept.size) > 100
    page.get_by_role("button", name="Add this view to the report").click()
    expect(page.get_by_text("Added. The report has 1 view now.")).to_be_visible()
    kept = sorted(path.suffix for path in (dc.Workspace.open(dashboard.home).root / "lens").iterdir())
    assert kept == [".json"] * 4 + [".png"] * 4, "no preview is left"
