"""The address holds the whole view: reopened in another browser, pages draw what was drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui import conftest as ui
from tests.ui.conftest import draw_pictures
from tests.ui.driving import choices, command, settle
from ui.components.point_map import Look

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)
COUNT = 24
# What a person sees of a view: sentences, tables, what is chosen, and which pictures stand where.
DRAWN = """() => {
  const of = (which, read) => [...document.querySelectorAll(`[data-testid=stMain] :is(${which})`)].map(read);
  const said = (one) => one.textContent.trim().replace(/\\s+/g, ' ');
  return {
    said: of('h1, .vds-question, .vds-found, .vds-exact', said),
    tables: of('.vds-table', said),
    chosen: of('[aria-pressed=true], [aria-checked=true], [kind$=Active]', said),
    filled: of('input', (one) => one.type === 'checkbox' ? String(one.checked) : one.value),
    pictures: of('.cell[title]', (one) => `${one.title} ${one.style.transform}`).sort(),
    map: of('.plane canvas', (one) => one.toDataURL()),
  };
}"""


def press(key: str, text: str) -> Callable[[sync_api.Page], None]:
    """Choose among a few words."""
    return lambda page: page.locator(f".st-key-{key}").get_by_text(text, exact=True).click()


def pick(label: str, option: str) -> Callable[[sync_api.Page], None]:
    """Choose from a list."""

    def choose(page: sync_api.Page) -> None:
        page.get_by_role("combobox", name=label, exact=True).first.click()
        page.get_by_role("option", name=option, exact=True).click()

    return choose


def come_closer(page: sync_api.Page) -> None:
    """Zoom into the map, look only at what is near, and shade where many lie."""
    plane = page.locator(".st-key-image-map .plane")
    plane.focus()
    for _ in range(4):
        plane.press("+")
    page.locator(".st-key-image-map").get_by_role("button", name="Density").click()
    page.wait_for_url("**look=*")


PLAYS: dict[str, list[Callable[[sync_api.Page], None]]] = {
    "distances": [press("metric", "NFD"), press("order", "As added")],
    "compare": [press("metric", "NFD")],
    "neurons": [press("height", "Cumulative"), pick("with", "warm")],
    "map?layout=pca": [pick("Colour by", "bright"), come_closer],
    "map?show=datasets": [press("metric", "NFD")],
}


def test_how_a_map_is_looked_at_is_written_and_read_again():
    look = Look("abcd", 2.5, -0.75, 1.25, pictured=True, only=2)
    assert Look.read(look.written()) == look
    assert Look("abcd", x=3.0).written() == "" and Look.read("") is None
    for bad in ("abcd", "abcd_x_1_1_0_0_0", "abcd_nan_1_1_0_0_0", "abcd_99999_1_1_0_0_0", "abcd_1_1_1_0_0_0_0"):
        assert Look.read(bad) is None


@pytest.fixture(scope="module")
def filled(dashboard: ui.Dashboard, tmp_path_factory: pytest.TempPathFactory) -> ui.Dashboard:
    """Three extracted datasets with a table each."""
    for seed, (name, tint) in enumerate(
        {"warm": (190, 120, 60), "cold": (60, 110, 190), "green": (70, 160, 90)}.items()
    ):
        folder: Path = draw_pictures(tmp_path_factory.mktemp("reopened") / name, COUNT, tint, seed)
        rows = "".join(f"picture {at:03d}.jpg,{at % 2}\n" for at in range(COUNT))
        (folder / "attributes.csv").write_text(f"file,bright\n{rows}")
        command(dashboard.home, "add", name, str(folder))
    command(dashboard.home, "extract", "warm", "cold", "green", "--extractor", "mini")
    return dashboard


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("path", PLAYS)
def test_a_view_reopened_in_another_browser_is_the_same(filled: ui.Dashboard, chromium: str, path: str):
    with ui.quiet_page(filled, chromium, height=1600) as page:
        page.goto(f"{filled.url}/{path}{'&' if '?' in path else '?'}extractor=mini")
        arrive(page)
        plain = choices(page)
        for play in PLAYS[path]:
            play(page)
            settle(page)
        arrive(page)
        assert not PLAYS[path] or choices(page) != plain, "what was chosen stands in the address"
        drawn, address = page.evaluate(DRAWN), page.url
        context = page.context.browser.new_context(viewport=page.viewport_size, reduced_motion="reduce")
        other = filled.enter(context).new_page()
        other.goto(address)
        arrive(other)
        for _ in range(20):  # pictures and canvases come after the page itself says that it is done
            again = other.evaluate(DRAWN)
            if again == drawn:
                break
            other.wait_for_timeout(250)
            drawn = page.evaluate(DRAWN)
        for what, shown in drawn.items():
            assert again[what] == shown, what
        assert choices(other) == choices(page)


def arrive(page: sync_api.Page) -> None:
    """Wait for a page's headline and until it has come to rest."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    settle(page)
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
