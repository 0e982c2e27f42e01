"""Whether a page is fit to be shown: nothing wider than the window, nothing cut off, nothing that axe-core finds grave.

Used by `docs/screenshots.py --all` and by the browser tests.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = ("serious", "critical")
IS_DARK = """dark => {
  const ground = getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/[0-9.]+/g).map(Number);
  return (ground[0] + ground[1] + ground[2] < 384) === dark;
}"""
IS_AT_REST = """() => {
  const runs = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'notRunning';
  const moves = document.getAnimations().some(one => one.playState === 'running' && one.effect.getComputedTiming().iterations < 99);
  const roots = [document, ...[...document.querySelectorAll('*')].map(one => one.shadowRoot).filter(Boolean)];
  const comes = roots.some(root => [...root.querySelectorAll('img')].some(image => !image.complete));
  if (runs || moves || comes || document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]'))
    window.restless = performance.now();
  return performance.now() - window.restless > 400;
}"""
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(v => ({
  id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 160))
}))"""
CUT_OFF, SIZES = Path(__file__).with_name("cut_off.js"), Path(__file__).with_name("sizes.js")


def axe() -> str | None:
    """Return the rules as one script, from the package that carries them; None without it."""
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        return None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def settle(page: Page) -> None:
    """Wait until the page has stopped running, and pictures, charts and what moves have come to rest for a while."""
    page.evaluate("() => { window.restless = performance.now(); }")
    page.wait_for_function(IS_AT_REST, polling=50)


def light(page: Page, dark: bool) -> None:
    """Show the page in the dark or in the light."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.wait_for_function(IS_DARK, arg=dark)
    settle(page)


def grave(page: Page) -> list[str]:
    """Return what axe-core, whose script the page must hold, finds grave about what is shown."""
    return [f"{one['impact']}: {one['help']}: {one['nodes']}" for one in page.evaluate(RUN) if one["impact"] in GRAVE]


def cut_off(page: Page) -> list[str]:
    """Return what is wider than the window, lies beyond it, or is hidden by the edge of its own box."""
    found: list[str] = page.evaluate(CUT_OFF.read_text(encoding="utf-8"))
    return found


def sizes(page: Page) -> dict[str, list[float | None]]:
    """Return how large what is shown is, and how far it stands out from the page: [smallest px, largest px, contrast]."""
    found: dict[str, list[float | None]] = page.evaluate(SIZES.read_text(encoding="utf-8"))
    return found
