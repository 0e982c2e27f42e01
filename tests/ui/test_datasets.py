"""The Datasets page: folders are browsed, images uploaded, cards say what is there, and deleting can be taken back."""

from __future__ import annotations

import io
import shutil
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

import dnacore as dc
from dnacore.workspace import jobs
from tests.ui import conftest as ui
from tests.ui.driving import open_adding, settle

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 240_000


def rows(page):
    return page.locator("[class*='st-key-dataset-']")


def test_folders_are_browsed_and_what_lies_outside_is_not_there(dashboard: ui.Dashboard, browser_page, draw_images):
    page, inside = browser_page, dashboard.home.parent / "album"
    draw_images(inside / "summer", 5, (190, 120, 60), 1)
    (inside / "summer" / "broken.jpg").write_bytes(b"")
    (inside / "out").symlink_to("/etc")
    page.goto(f"{dashboard.url}/datasets")
    page.get_by_role("button", name="album").click()
    expect(page.get_by_role("button", name="summer")).to_be_visible()
    expect(page.get_by_role("button", name="out", exact=True)).to_have_count(0)
    page.get_by_role("button", name="summer").click()
    expect(page.get_by_text("6 images directly in summer")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".st-key-look-wall .cell img.in")).to_have_count(5)
    expect(page.get_by_text("1 of 6 files could not be read. See which")).to_be_visible()

    # A pasted path that leads out is turned away with a sentence, also through a link.
    expect(page.get_by_role("heading", name="Add images")).to_have_count(0)  # what was added stands in its place
    open_adding(page)
    for path in ("/etc", str(inside / "out"), f"{inside}/../../.."):
        page.get_by_role("textbox", name="Folder").fill(path)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_test_id("stMain").get_by_role("alert").first).to_be_visible()
        settle(page)
    assert [dataset.name for dataset in dc.Workspace.open(dashboard.home).datasets()] == ["summer"]


def test_images_arrive_by_upload_with_their_table(dashboard: ui.Dashboard, browser_page, draw_images, tmp_path: Path):
    page = browser_page
    folder = draw_images(tmp_path / "sent", 4, (60, 110, 190), 2)
    images = sorted(folder.iterdir())
    table = tmp_path / "labels.csv"
    table.write_text("file,hat\n" + "".join(f"{path.name},{at % 2}\n" for at, path in enumerate(images)))
    page.goto(f"{dashboard.url}/datasets?add=upload")
    page.locator("input[type=file]").first.set_input_files([*images, table])
    page.get_by_role("textbox", name="Name", exact=True).fill("sent")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(rows(page).filter(has_text="sent")).to_be_visible()
    expect(page.locator(".st-key-look-wall .cell img.in")).to_have_count(4)
    settle(page)
    found = dc.Workspace.open(dashboard.home).dataset("sent")
    assert list(dc.Workspace.open(dashboard.home).attributes(found)["hat"]) == ["0", "1", "0", "1"]

    # A zip whose entries try to leave is refused, and nothing of it stays.
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../evil.jpg", images[0].read_bytes())
    (tmp_path / "evil.zip").write_bytes(content.getvalue())
    page.goto(f"{dashboard.url}/datasets?add=upload")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "evil.zip")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()
    page.get_by_role("textbox", name="Name", exact=True).fill("evil")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("could leave its folder")).to_be_visible()
    assert not list(dashboard.home.rglob("evil*"))


def test_a_card_finds_copies_and_a_deletion_is_taken_back(dashboard: ui.Dashboard, browser_page, draw_images, tmp_path):
    page, workspace = browser_page, dc.Workspace.open(dashboard.home)
    twice = draw_images(tmp_path / "twice", 6, (90, 160, 90), 3)
    for number in range(2):
        shutil.copy(twice / f"picture 00{number}.jpg", twice / f"copy {number}.jpg")
    shutil.copytree(twice, tmp_path / "again")
    workspace.add_dataset("twice", twice)
    workspace.add_dataset("again", tmp_path / "again")
    page.goto(f"{dashboard.url}/datasets?look=twice")
    page.get_by_role("button", name="Look for exact copies").click()
    expect(page.get_by_text("2 exact copies in twice. See which")).to_be_visible(timeout=PATIENCE)

    # Deleting says what it costs, hides the dataset at once, and can be taken back.
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Your 8 image files are not touched")).to_be_visible()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("twice is deleted")).to_be_visible()
    expect(rows(page).filter(has_text="twice")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page).filter(has_text="twice")).to_be_visible()
    assert workspace.dataset("twice").images == 8

    # Going to another page makes it final; the images stay.
    settle(page)
    page.goto(f"{dashboard.url}/datasets?look=again")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("again is deleted")).to_be_visible()
    settle(page)  # the page chooses another dataset to look at
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Distances").click()
    expect(page.get_by_role("heading", level=1, name="Distances")).to_be_visible()
    settle(page)
    assert "again" not in {dataset.name for dataset in workspace.datasets()}
    assert len(list((tmp_path / "again").iterdir())) == 8


def test_two_people_at_once_each_keep_their_own_choices(dashboard: ui.Dashboard, browser_page, draw_images, tmp_path):
    page, workspace = browser_page, dc.Workspace.open(dashboard.home)
    for seed, name in enumerate(("left", "right"), 5):
        workspace.add_dataset(name, draw_images(tmp_path / name, 6, (30 * seed, 90, 90), seed))
    other = dashboard.enter(page.context.browser.new_context(viewport={"width": 1440, "height": 2400})).new_page()
    other.set_default_timeout(60_000)
    page.goto(f"{dashboard.url}/datasets?look=left")
    other.goto(f"{dashboard.url}/datasets?look=right")
    expect(page.get_by_role("combobox", name="Look through")).to_have_value("left")
    expect(other.get_by_role("combobox", name="Look through")).to_have_value("right")

    # What one renames, the other sees with the next click; what the other looks through stays.
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="New name").fill("left again")
    page.get_by_role("textbox", name="New name").press("Enter")
    page.get_by_role("button", name="Rename").last.click()
    expect(page.get_by_role("combobox", name="Look through")).to_have_value("left again")
    other.get_by_role("button", name="right", exact=True).click()
    expect(rows(other).filter(has_text="left again")).to_be_visible()
    expect(other.get_by_role("combobox", name="Look through")).to_have_value("right")
    other.close()


def test_a_dna_leaves_as_a_file_and_comes_back(dashboard: ui.Dashboard, browser_page, draw_images, tmp_path):
    page, workspace = browser_page, dc.Workspace.open(dashboard.home)
    workspace.add_dataset("leaving", draw_images(tmp_path / "leaving", 8, (200, 90, 160), 9))
    page.goto(f"{dashboard.url}/datasets?look=leaving")
    rows(page).filter(has_text="leaving").get_by_role("button", name="Extract").click()
    expect(page.get_by_role("button", name="Export DNA")).to_be_visible(timeout=PATIENCE)
    settle(page)
    with page.expect_download() as given:
        page.get_by_role("button", name="Export DNA").click()
    given.value.save_as(tmp_path / "leaving.dna.npz")
    assert dc.load_dna(tmp_path / "leaving.dna.npz").images == 8
    open_adding(page)
    page.get_by_text("DNA file", exact=True).click()
    page.locator("input[type=file]").first.set_input_files(tmp_path / "leaving.dna.npz")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("1 imported DNA")).to_be_visible()
    assert len(list((dashboard.home / "imports").glob("*.dna.npz"))) == 1


def test_a_failed_job_says_why_shows_its_log_and_is_tried_again(dashboard: ui.Dashboard, browser_page):
    page, workspace = browser_page, dc.Workspace.open(dashboard.home)
    job = jobs.start(workspace, ["extract", "nowhere to be found"], title="Extracting what is not there")
    page.goto(f"{dashboard.url}/datasets")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Extracting what is not there failed")).to_be_visible(timeout=PATIENCE)
    expect(sidebar.get_by_text("There is no dataset or folder")).to_be_visible()
    page.get_by_role("button", name="All jobs and logs…").click()
    window = page.get_by_role("dialog")
    entry = window.locator(f".st-key-job-{job.id}")
    entry.get_by_text("Log", exact=True).click()
    expect(entry.locator("pre")).to_contain_text("nowhere to be found")
    entry.get_by_role("button", name="Try again").click()
    expect(window.get_by_text("Extracting what is not there failed").or_(
        window.get_by_text("Extracting what is not there running"))).to_be_visible()  # fmt: skip
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    deadline = time.monotonic() + 240
    while jobs.job(workspace, job.id).state != "failed" and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    # The tray looks every second, and its page runs again when a job has ended: a click in between may be lost.
    expect(
        sidebar.get_by_text("none running").or_(sidebar.get_by_text("what is not there failed")).first
    ).to_be_visible()
    dismiss, gone = sidebar.get_by_role("button", name="Forget"), sidebar.get_by_text("Extracting what is not there")
    deadline = time.monotonic() + 120
    while gone.count() and time.monotonic() < deadline:
        settle(page)
        with suppress(sync_api.TimeoutError):
            dismiss.first.click(timeout=2000)
    expect(sidebar.get_by_text("Extracting what is not there")).to_have_count(0)
    assert job.id not in {one.id for one in jobs.list_jobs(workspace)}
