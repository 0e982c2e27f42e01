"""Every page by the rules of axe-core: nothing serious or critical, in light and in dark."""

from __future__ import annotations

import time

import pytest

import dnacore as dc
from dnacore.workspace.saved import views
from tests.ui import conftest as ui
from tools import fit
from ui.app import navigation

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def axe() -> str:
    """The rules as one script, from the package that carries them."""
    found = fit.axe()
    if found is None:
        pytest.skip("axe-playwright-python, which carries axe-core, is not installed")
    return found


@pytest.fixture(scope="module")
def filled(dashboard: ui.Dashboard, tmp_path_factory: pytest.TempPathFactory) -> ui.Dashboard:
    """Two extracted datasets with a table, so that pages show what they show in use."""
    import numpy as np
    from PIL import Image

    workspace = dc.Workspace.open(dashboard.home)
    rng = np.random.default_rng(0)
    for name, tint in (("warm", (190, 120, 60)), ("cold", (60, 110, 190))):
        folder = tmp_path_factory.mktemp("filled") / name
        folder.mkdir()
        for number in range(24):
            noise = rng.integers(0, 60, (48, 64, 3)) + np.array(tint) * (0.6 if number % 2 else 1.0)
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / f"{number:02d}.jpg")
        (folder / "broken.jpg").write_bytes(b"")
        (folder / "attributes.csv").write_text(
            "file,bright\n" + "".join(f"{n:02d}.jpg,{1 - n % 2}\n" for n in range(24))
        )
        workspace.add_dataset(name, folder)
    from dnacore.commands import parser

    assert parser.main(["extract", "warm", "cold", "--workspace", str(dashboard.home), "--quiet"]) == 1
    return dashboard


@pytest.fixture(scope="module")
def viewer(filled: ui.Dashboard, chromium: str):
    """One browser for all pages; it must make no noise."""
    with ui.quiet_page(filled, chromium, height=1400) as page:
        yield page


@pytest.mark.parametrize("name", navigation.TITLES)
def test_no_page_has_a_serious_problem(filled: ui.Dashboard, viewer, axe: str, name: str):
    viewer.emulate_media(color_scheme="light")
    address = {"start": "?", "map": "map?layout=pca&"}.get(name, f"{name}?")  # a map that is drawn at once
    viewer.goto(f"{filled.url}/{address}tour=1")
    expect(viewer.get_by_role("heading", level=1).first).to_be_visible()
    expect(viewer.locator(".st-key-tour")).to_be_visible()
    check(viewer, axe)


@pytest.mark.parametrize("button", ["Use a weights file…", "All jobs and logs…"])
def test_no_window_has_a_serious_problem(filled: ui.Dashboard, viewer, axe: str, button: str):
    viewer.emulate_media(color_scheme="light")
    viewer.goto(f"{filled.url}/datasets")
    viewer.get_by_role("button", name=button).click()
    expect(viewer.get_by_role("dialog")).to_be_visible()
    check(viewer, axe)


@pytest.mark.parametrize("menu", ["Views", "Report"])
def test_no_menu_has_a_serious_problem(filled: ui.Dashboard, viewer, axe: str, menu: str):
    views.save(dc.Workspace.open(filled.home), "Warm and cold", "distances", [["datasets", "warm"]])
    viewer.emulate_media(color_scheme="light")
    viewer.goto(f"{filled.url}/distances")
    viewer.get_by_role("button", name=menu, exact=True).click()
    shown = {"Views": "Warm and cold", "Report": "Add this view to the report"}[menu]
    expect(viewer.get_by_test_id("stPopoverBody").get_by_role("button", name=shown)).to_be_visible()
    check(viewer, axe)


def check(page, axe: str) -> None:
    """What is shown has no grave problem."""
    fit.settle(page)
    page.evaluate(axe)
    deadline = time.monotonic() + 30
    while (found := problems(page)) and time.monotonic() < deadline:
        fit.settle(page)  # half of the page may have changed to the dark, and half not yet
    assert not found, "\n".join(found)


def problems(page) -> list[str]:
    """What axe finds grave about what is shown, in light and in dark."""
    found = []
    for scheme, dark in (("light", False), ("dark", True)):
        fit.light(page, dark)
        found += [f"{scheme}: {one}" for one in fit.grave(page)]
    return found
