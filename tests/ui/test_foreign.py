"""Every page's story on folders that nobody prepared: no table, odd names, odd files, three images, twenty datasets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dnacore as dc
from tests.ui import conftest as ui
from tests.ui import foreign
from tests.ui.driving import choices, command, settle
from tests.ui.test_story import click_bar

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALBUMS = [f"Album {number:02d}" for number in range(1, 18)]
# What is clicked on each page to see one image large.
IMAGES = {
    "datasets": ".st-key-look-wall .cell img.in",
    "compare": "[class*=st-key-apart-] .cell img.in",
    "neurons": ".st-key-lens .cell img",
    "sensitivity": ".st-key-live .cell img.in",
    "gallery": ".st-key-gallery-bands .cell img.in",
}
IN_REPORT = ("distances", "compare", "neurons", "map", "sensitivity", "gallery", "image")


@pytest.fixture(scope="module")
def world(dashboard: ui.Dashboard, tmp_path_factory: pytest.TempPathFactory) -> ui.Dashboard:
    """The module's dashboard with twenty datasets by a quick network."""
    home, workspace = tmp_path_factory.mktemp("foreign"), dc.Workspace.open(dashboard.home)
    workspace.add_dataset(foreign.HOLIDAY, foreign.holiday(home / foreign.HOLIDAY))
    workspace.add_dataset(foreign.PETS, foreign.pets(home / foreign.PETS))
    workspace.add_dataset(foreign.THREE, foreign.few(home / foreign.THREE))
    for seed, name in enumerate(ALBUMS):
        workspace.add_dataset(name, foreign.few(home / name, seed=seed))
    names = [one.name for one in workspace.datasets()]
    command(dashboard.home, "extract", *names, "--extractor", "mini", code=1)
    return dashboard


@pytest.fixture(scope="module")
def viewer(world: ui.Dashboard, chromium: str):
    """One browser for the module; it must make no noise, and the server no complaint."""
    with ui.quiet_page(world, chromium, height=1900) as page:
        yield page
    assert not (complaints := world.complaints()), "\n".join(complaints)


def visit(viewer, world: ui.Dashboard, page: str) -> None:
    viewer.goto(f"{world.url}/{page}")
    expect(viewer.get_by_role("heading", level=1).first).to_be_visible()
    settle(viewer)
    assert viewer.get_by_text("could not be drawn").count() == 0, page


def add_view(viewer) -> None:
    viewer.get_by_role("button", name="Report", exact=True).click()
    viewer.get_by_role("button", name="Add this view to the report").click()
    expect(viewer.get_by_text(re.compile("^Added. The report has")).last).to_be_visible()
    settle(viewer)


@pytest.mark.parametrize("page", IMAGES)
def test_an_image_without_any_table_opens_large(world, viewer, page):
    visit(viewer, world, page)
    viewer.locator(IMAGES[page]).first.click()
    window = viewer.get_by_role("dialog")
    expect(window.locator("img").first).to_be_visible()
    expect(window.get_by_role("button", name="Rank by likeness to this image")).to_be_visible()
    viewer.keyboard.press("Escape")
    expect(window).to_have_count(0)


def test_an_image_of_the_map_opens_by_keyboard(world, viewer):
    visit(viewer, world, "map?layout=pca")
    plane = viewer.locator(".st-key-image-map .plane")
    expect(plane).to_be_visible()
    plane.focus()
    viewer.keyboard.press("ArrowRight")
    expect(plane.locator(".card img")).to_be_visible()
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_role("dialog").locator("img").first).to_be_visible()
    viewer.keyboard.press("Escape")


def test_three_images_are_enough_for_every_page(world, viewer):
    for page in (f"gallery?dataset={foreign.THREE}", f"image?of={foreign.THREE}:0", f"neurons?a={foreign.THREE}",
                 f"map?layout=pca&datasets={foreign.THREE}", f"compare?a={foreign.THREE}&b=Album+01"):  # fmt: skip
        visit(viewer, world, page)
        expect(viewer.locator(".vds-found").first).to_be_visible()


def test_every_view_goes_into_one_report_that_opens_and_promises_nothing_it_cannot_do(world, viewer, tmp_path: Path):
    for page in IN_REPORT:
        visit(viewer, world, f"{page}{'?layout=pca' if page == 'map' else ''}")
        add_view(viewer)
    visit(viewer, world, "report")
    expect(viewer.get_by_text(f"{len(IN_REPORT)} views collected")).to_be_visible()
    expect(viewer.get_by_role("link", name="Open this view")).to_have_count(len(IN_REPORT))
    with viewer.expect_download() as waiting:
        viewer.get_by_role("button", name="Download report").click()
    file = tmp_path / "report.html"
    waiting.value.save_as(file)
    opened = viewer.context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(file.as_uri())
    expect(opened.locator(".plot svg").first).to_be_visible()
    sections = opened.locator("section")
    expect(sections).to_have_count(len(IN_REPORT))
    for at, page in enumerate(IN_REPORT):
        said = sections.nth(at).inner_text()
        assert not re.search(r"(?i)\b(click|drag|arrow keys|press)\b", said), (page, said)
        assert "0 neurons" not in said.split("Network fingerprint")[0].replace("20 neurons", ""), page
    for page in ("image", "sensitivity", "compare", "gallery", "neurons"):
        assert sections.nth(IN_REPORT.index(page)).locator("img").count() > 0, f"{page}: no picture"
    assert "Click to" not in file.read_text(encoding="utf-8").split("plotly.js")[0]
    assert not problems
    opened.close()


def test_a_dataset_is_looked_through_by_clicking_its_name(world, viewer):
    visit(viewer, world, f"datasets?look={foreign.THREE}")
    viewer.get_by_role("button", name=foreign.PETS).click()
    expect(viewer.get_by_role("combobox", name="Look through")).to_have_value(foreign.PETS)
    expect(viewer.locator(".st-key-look-wall .cell img.in")).not_to_have_count(3)
    settle(viewer)


def test_deleting_asks_with_the_name_closes_and_is_taken_back_where_the_eye_is(world, viewer):
    visit(viewer, world, "datasets?look=Album+17")
    viewer.get_by_role("button", name="Delete", exact=True).click()
    expect(viewer.get_by_text("Delete Album 17?")).to_be_visible()
    viewer.get_by_test_id("stPopoverBody").get_by_role("button", name="Delete").click()
    undo = viewer.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(viewer.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(viewer.get_by_role("combobox", name="Look through")).not_to_have_value("Album 17")
    expect(undo).to_be_in_viewport()
    undo.click()
    expect(viewer.get_by_role("button", name="Album 17", exact=True)).to_be_visible()
    settle(viewer)
    assert "Album 17" in {one.name for one in dc.Workspace.open(world.home).datasets()}


def test_renaming_by_enter_is_followed_everywhere_by_a_link_to_the_old_name_too(world, viewer):
    visit(viewer, world, "datasets?look=Album+16")
    viewer.get_by_role("button", name="Rename", exact=True).click()
    field = viewer.get_by_role("textbox", name="New name")
    field.fill("Alben: Ötztal")
    field.press("Enter")
    expect(viewer.get_by_role("combobox", name="Look through")).to_have_value("Alben: Ötztal")
    expect(viewer.get_by_test_id("stPopoverBody")).to_have_count(0)
    visit(viewer, world, f"gallery?dataset=Album+16&like={foreign.PETS.replace('&', '%26')}")
    expect(viewer.get_by_text(re.compile("“Album 16” is called “Alben: Ötztal” now"))).to_be_visible()


def test_a_neuron_found_between_two_piles_is_opened_as_one_against_the_other(world, viewer):
    visit(
        viewer, world, f"sensitivity?piles=datasets&with={foreign.HOLIDAY}&without={foreign.PETS.replace('&', '%26')}"
    )
    expect(viewer.locator(".st-key-sensitive .barlayer .point").first).to_be_attached()
    click_bar(viewer, "sensitive", 1)
    expect(viewer.get_by_role("heading", level=1, name="Neurons")).to_be_visible()
    settle(viewer)
    asked = choices(viewer)
    assert (asked["a"], asked["b"]) == ([foreign.HOLIDAY], [foreign.PETS])


def test_selecting_moves_nothing_and_the_middle_is_the_middle(world, viewer):
    visit(viewer, world, f"gallery?dataset={foreign.HOLIDAY}&like={foreign.PETS.replace('&', '%26')}")
    cells = viewer.locator(".st-key-gallery-bands .cell")
    before = cells.first.bounding_box()
    cells.first.click(modifiers=["Control"])
    expect(viewer.locator(".st-key-gallery-bands .tools button").first).to_be_visible()
    assert cells.first.bounding_box() == before
    viewer.keyboard.press("Escape")
    tops = cells.evaluate_all("cells => cells.map(cell => [cell.getBoundingClientRect().top, cell.innerText])")
    rows: dict[float, list[int]] = {}
    for top, said in tops:
        rows.setdefault(round(top), []).append(int(said.split()[0]))
    images = int(viewer.locator(".st-key-gallery-bands .count").inner_text().split()[0])
    middle = sorted(rows[sorted(rows)[2]])
    assert abs((middle[0] + middle[-1]) / 2 - (images + 1) / 2) <= 0.5, middle


def test_back_goes_to_the_page_before_in_one_press(world, viewer):
    visit(viewer, world, "distances")
    viewer.get_by_test_id("stSidebarNav").get_by_role("link", name="Gallery").click()
    expect(viewer.get_by_role("heading", level=1, name="Gallery")).to_be_visible()
    settle(viewer)
    viewer.get_by_text("All", exact=True).click()
    expect(viewer).to_have_url(re.compile("view=wall"))
    settle(viewer)
    viewer.go_back()
    expect(viewer.get_by_role("heading", level=1, name="Distances")).to_be_visible()
    viewer.go_forward()
    expect(viewer.get_by_role("heading", level=1, name="Gallery")).to_be_visible()
    expect(viewer).to_have_url(re.compile("view=wall"))


def test_nothing_is_wider_than_a_phone(world, viewer):
    viewer.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for page in ("", "datasets", *IN_REPORT, "selections", "report"):
        visit(viewer, world, "map?layout=pca" if page == "map" else page)
        over = viewer.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]'); return main.scrollWidth - main.clientWidth; }"
        )
        if over > 0:
            wide.append(f"{page}: {over} px")
    viewer.set_viewport_size({"width": 1440, "height": 1900})
    assert not wide
