"""Which neurons see hats, and which of my photographs have one? Asked as a stranger would, with every click counted."""

from __future__ import annotations

import csv
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ui import conftest as ui
from tests.ui.driving import settle

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 240_000
FEW = 12  # clicks that are too many
TABLE = "attributes.csv"


class Hand:
    """A hand that counts its clicks."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, what, **more) -> None:
        """Click once."""
        self.clicks += 1
        what.click(**more)


@pytest.fixture(scope="module")
def faces(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """The photographs without their table, and the names of those with a hat."""
    source = shared_data / "images" / "faces"
    folder = tmp_path_factory.mktemp("photographs") / "faces"
    shutil.copytree(source, folder)
    with (source / TABLE).open(encoding="utf-8") as lines:
        hats = {row["file"] for row in csv.DictReader(lines) if row["hat"] == "1"}
    assert len(hats) == 24
    return folder, hats


@contextmanager
def alone(tmp_path_factory: pytest.TempPathFactory, chromium: str):
    """A dashboard with an empty workspace: its page and its address."""
    started = ui.start(tmp_path_factory.mktemp("alone") / "workspace")
    try:
        with ui.quiet_page(started, chromium, height=1800) as page:
            yield page, started.url
    finally:
        ui.stop(started)
        ui.cancel_jobs(started.home)


def extract(page, hand: Hand, address: str, folder: Path) -> None:
    """From an empty workspace to the folder's DNA."""
    page.goto(f"{address}/datasets")
    field = page.get_by_role("textbox", name="Folder")
    hand.click(field)
    field.fill(str(folder))
    hand.click(page.get_by_role("button", name="Add", exact=True))
    hand.click(page.locator("[class*=st-key-extract-]").get_by_role("button", name="Extract", exact=True))
    expect(page.get_by_text("1 dataset, 1 extracted")).to_be_visible(timeout=PATIENCE)


def first(page, count: int) -> list[str]:
    """The names of the first images most like with, in their order."""
    wall = page.locator(".st-key-live")
    found: dict[int, str] = {}
    expect(wall.locator(".cell img.in").first).to_be_visible(timeout=PATIENCE)
    for cell in wall.locator(".cell").all():
        rank = cell.locator(".left").inner_text().strip()
        if rank.isdecimal():
            found[int(rank)] = cell.get_attribute("title")
    assert sorted(found)[:count] == list(range(1, count + 1)), "the first images stand in the page"
    return [found[rank] for rank in range(1, count + 1)]


def tick(wall, hand: Hand, wanted: set[str], count: int) -> list[str]:
    """Tick the first wanted pictures of a wall, scrolling down for them; return their names."""
    found: list[str] = []
    before = -1
    while len(found) < count:
        shown = {cell.get_attribute("title"): cell for cell in wall.locator(".cell:visible").all()}
        name = next((name for name in sorted(shown) if name in wanted and name not in found), None)
        if name is None:
            at = wall.locator(".view").evaluate("view => { view.scrollTop += 400; return view.scrollTop; }")
            expect(wall.locator(".cell img.in").first).to_be_visible()
            assert at > before, "there are not so many"
            before = at
            wall.page.wait_for_timeout(150)
            continue
        cell = wall.locator(f'.cell[title="{name}"]')
        cell.hover()
        hand.click(cell.locator(".tick"))
        expect(cell).to_have_class(re.compile("picked"))
        found.append(name)
    return found


def test_with_the_table_of_labels(faces, tmp_path_factory, chromium):
    folder, hats = faces
    with alone(tmp_path_factory, chromium) as (page, address):
        hand = Hand()
        extract(page, hand, address, folder)
        hand.click(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Sensitivity"))
        hand.click(page.get_by_role("combobox", name="Attribute"))
        hand.click(page.get_by_role("option", name="hat", exact=True))
        expect(
            page.get_by_text(re.compile("^faces with hat against faces without hat", re.IGNORECASE)).first
        ).to_be_visible()
        expect(page.locator(".st-key-sensitive .barlayer .point").first).to_be_visible(timeout=PATIENCE)
        settle(page)
        right = sum(name in hats for name in first(page, 24))
        assert right >= 20, f"{right} of the first 24"
        assert hand.clicks < FEW


def test_without_it_from_five_pictures_picked_by_hand(faces, tmp_path_factory, chromium):
    folder, hats = faces
    bare = folder.parent / "my faces"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns(TABLE))
    with alone(tmp_path_factory, chromium) as (page, address):
        hand = Hand()
        extract(page, hand, address, bare)
        wall = page.locator(".st-key-look-wall")
        expect(wall.locator(".cell img.in").first).to_be_visible()
        settle(page)
        five = tick(wall, hand, hats, 5)
        hand.click(page.get_by_role("button", name="Add to With", exact=True))
        hand.click(page.get_by_role("button", name="Against the rest"))
        expect(page.get_by_text(re.compile("5 with, 283 without"))).to_be_visible()
        hand.click(page.get_by_role("button", name="Which neurons see the difference?"))
        expect(page.locator(".st-key-sensitive .barlayer .point").first).to_be_visible(timeout=PATIENCE)
        settle(page)
        others = [name for name in first(page, 24) if name not in five][:19]
        right = sum(name in hats for name in others)
        assert len(others) == 19 and right >= 12, f"{right} of the next 19"
        assert hand.clicks < FEW
