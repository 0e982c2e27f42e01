"""A weights file from the page: chosen on the server's disk, seen not to fit, mended, kept, and used for a DNA."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

import dnacore as dc
from tests.ui import conftest as ui

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 240_000


@pytest.fixture
def weights(dashboard: ui.Dashboard) -> Path:
    """A tiny network's weights with five classes, where the dashboard may look."""
    torch.manual_seed(0)
    path = dashboard.home.parent / "nets" / "test_resnet_mine.safetensors"
    path.parent.mkdir()
    save_file(timm.create_model("test_resnet", num_classes=5).state_dict(), path)
    return path


def test_a_weights_file_becomes_an_extractor(dashboard, browser_page, draw_images, tmp_path, weights):
    page = browser_page
    dc.Workspace.open(dashboard.home).add_dataset("warm", draw_images(tmp_path / "warm", 12, (190, 120, 60), 1))
    page.goto(f"{dashboard.url}/datasets")
    page.get_by_role("button", name="Use a weights file…").click()
    window = page.get_by_role("dialog")
    window.get_by_role("button", name="nets").click()
    window.get_by_role("button", name=weights.name).click()

    # The file's name says which network it is for; the number of classes does not fit yet.
    expect(window.get_by_role("combobox", name="Architecture")).to_have_value("test_resnet")
    window.get_by_role("button", name="Check").click()
    problem = window.get_by_role("alert").filter(has_text="do not fit")
    expect(problem).to_be_visible(timeout=PATIENCE)
    expect(problem).to_contain_text("fc.weight is (5, ")
    window.get_by_role("textbox", name="Arguments").fill("{num_classes: 5}")
    window.get_by_role("button", name="Check").click()
    expect(window.get_by_text("The arguments are not JSON")).to_be_visible()
    window.get_by_role("textbox", name="Arguments").fill('{"num_classes": 5}')
    window.get_by_role("button", name="Check").click()
    expect(window.get_by_text("It fits:")).to_be_visible(timeout=PATIENCE)
    window.get_by_role("textbox", name="Name").fill("my net")
    window.get_by_role("button", name="Use this extractor").click()

    # It is the extractor in use, and what is extracted is extracted with it.
    expect(page.get_by_role("dialog")).to_have_count(0)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_role("combobox", name="Extractor")).to_have_value("my net")
    page.get_by_role("button", name="Extract", exact=True).click()
    expect(page.get_by_text("1 dataset, 1 extracted")).to_be_visible(timeout=PATIENCE)
    workspace = dc.Workspace.open(dashboard.home)
    assert workspace.store.extractors_of(workspace.dataset("warm")) == ["my net"]

    # Another browser finds it too.
    page.goto(f"{dashboard.url}/datasets?extractor=my+net")
    expect(sidebar.get_by_role("combobox", name="Extractor")).to_have_value("my net")
    expect(page.get_by_text("1 dataset, 1 extracted")).to_be_visible()
