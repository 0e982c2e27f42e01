"""Pictures of every page of the dashboard: `.venv/bin/python docs/screenshots.py FOLDER [--readme]`.

Draws and extracts the demo in a workspace of its own, starts the dashboard on a free port of this machine, and takes
each page in light and dark, at 1440 x 900 and 1024 x 768. `--readme` renews the pictures in docs/images instead, and the
animation beside them. `--all` takes every page and presenter mode, on a phone's window too, whole pages beside the windows,
and ends with what is wider than the window, cut off, or grave by the rules of axe-core: nothing, with exit code 0.
`--only NAME...` takes these pictures alone. `--home DIR` keeps the workspace for the next time.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from tools import browser, fit  # noqa: E402
from tools.dashboard import running  # noqa: E402

PRESENTED = ("distances", "compare", "neurons", "map", "sensitivity", "gallery")
PAGES = {  # picture: page, with choices that show something
    "start": "",
    "datasets": "datasets",
    "distances": "distances",
    "distances-parts": "distances?datasets=faces%5Bhat%3D1%5D&datasets=faces%5Bhat%3D0%5D&datasets=faces%5Bsmile%3D1%5D"
    "&datasets=faces%5Bsmile%3D0%5D&datasets=faces",
    "compare": "compare?a=styles_photo&b=styles_sketch",
    "neurons": "neurons?a=styles_photo&b=styles_sketch",
    "map": "map",
    "map-attribute": "map?datasets=faces&datasets=streets&colour=attribute%3Ahat&layout=pca",
    "map-datasets": "map?show=datasets",
    "sensitivity": "sensitivity",
    "gallery": "gallery",
    "image": "image",
    "selections": "selections",
    "report": "report",
}
EVERY = PAGES | {  # with --all
    "lens": "lens",
    "studies": "studies",
    "compare-parts": "compare?a=faces%5Bhat%3D1%5D&b=faces%5Bhat%3D0%5D",
    "sensitivity-hat": "sensitivity?from=faces&attribute=hat",
    "sensitivity-forget": "sensitivity?do=forget",
    "gallery-ranked": "gallery?dataset=faces&like=styles_sketch",
    "tour": "?tour=1",
    **{f"presenting-{name}": f"{PAGES[name]}{'&' if '?' in PAGES[name] else '?'}present=0" for name in PRESENTED},
}
SIZES = ((1440, 900), (1024, 768))
PHONE = (390, 844)
LONGEST = 6000  # px of a whole page that are drawn
COMPARED = ("streets_base", "streets_darker", "styles_photo", "styles_cartoon", "styles_sketch", "faces")
README = {  # picture: page, with choices that fit on one screen
    "distances": "distances?" + "&".join(f"datasets={name}" for name in COMPARED),
    "gallery": "gallery?dataset=faces&like=styles_sketch",
    "sensitivity": "sensitivity",
    "neurons": "neurons?a=faces%5Bhat%3D1%5D&b=faces%5Bhat%3D0%5D",
    "compare": "compare?a=styles_photo&b=styles_sketch",
    "map": "map?" + "&".join(f"datasets={name}" for name in COMPARED),
}


@contextmanager
def demo(home: Path) -> Iterator[str]:
    """Run the dashboard on the demo data; yield its address."""
    environment = os.environ | {"VISUAL_DNA_HOME": str(home)}
    if not (home / "demo").is_dir():  # one that is kept has them
        subprocess.run(
            [sys.executable, "-m", "dnacore", "demo", "--extract"], cwd=CHECKOUT, env=environment, check=True
        )
    with running(home) as dashboard:
        yield dashboard.url


def settle(page) -> None:
    """Wait until a page has been drawn: long comparisons, and a map that is being laid out, included."""
    page.wait_for_selector("[data-testid=stAppViewContainer] h1")
    page.wait_for_timeout(500)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSpinner], .st-key-map-wait')",
        timeout=180_000,
    )
    page.wait_for_timeout(2500)  # pictures and charts come after the page itself says that it is done


def collect(page, address: str) -> None:
    """Put two views into the report."""
    for name in ("distances", "neurons"):
        page.goto(f"{address}/{PAGES[name]}")
        settle(page)
        page.get_by_role("button", name="Report", exact=True).click()
        page.get_by_role("button", name="Add this view to the report").click()
        page.get_by_text("Added. The report").wait_for()
        settle(page)


def shoot(page, address: str, file: Path) -> None:
    """Wait until a page has settled and write it as PNG."""
    page.goto(address)
    settle(page)
    image = Image.open(io.BytesIO(page.screenshot()))
    image.convert("RGB").save(file, optimize=True)


def look(page, address: str, file: Path, rules: str) -> list[str]:
    """Write a page as PNG in light and in dark, the window and the whole of it; return what is wrong with either."""
    found = []
    window = page.viewport_size
    page.goto(address)
    page.wait_for_selector("[data-testid=stAppViewContainer] h1")
    page.wait_for_timeout(500)
    page.wait_for_function("() => !document.querySelector('.st-key-map-wait')", timeout=180_000)
    fit.settle(page)
    page.evaluate(rules)
    for scheme in ("light", "dark"):
        fit.light(page, scheme == "dark")
        for _ in range(8):  # half of the page may have changed to the dark, and half not yet
            if not (wrong := [*fit.cut_off(page), *fit.grave(page)]):
                break
            fit.settle(page)
        found += [f"{file.stem} {scheme} {window['width']}: {one}" for one in wrong]
        page.screenshot(path=file.with_stem(f"{file.stem}-{scheme}-{window['width']}"))
    fit.light(page, False)
    whole = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({**window, "height": min(max(whole, window["height"]), LONGEST)})
    fit.settle(page)
    page.screenshot(path=file.with_stem(f"{file.stem}-whole-{window['width']}"))
    page.set_viewport_size(window)
    return found


def look_at_all(chromium, address: str, folder: Path, only: list[str] | None) -> int:
    """Draw every page in every size; print what is wrong with them and return how many things are."""
    rules = fit.axe()
    if rules is None:
        raise SystemExit("axe-playwright-python, which carries axe-core, is not installed: `make check` gets it.")
    found = []
    for width, height in (*SIZES, PHONE):
        for name in only or EVERY:
            context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page = context.new_page()
            wrong = look(page, f"{address}/{EVERY[name]}", folder / f"{name}.png", rules)
            print(f"{name} at {width}x{height}: {len(wrong) or 'nothing'} wrong", flush=True)
            found += wrong
            context.close()
    print("\n".join(found) or "Nothing is wider than the window, cut off, or grave by axe-core's rules.")
    return len(found)


def animate(page, address: str, file: Path) -> None:
    """Drag the slider of the Sensitivity page from one neuron to many and write it as a moving picture."""
    page.goto(f"{address}/sensitivity?attribute=hat")
    settle(page)
    dial = page.locator(".st-key-live .dial input")
    page.locator(".st-key-live").evaluate("live => live.scrollIntoView()")
    page.wait_for_timeout(4000)  # pictures that the slider may bring to the front come while the hand rests
    last = int(dial.get_attribute("max"))
    steps = [round(last * at / 18) for at in range(19)]
    frames = []
    for step in [*steps, *steps[-2:0:-1]]:
        dial.evaluate("(dial, to) => { dial.value = to; dial.dispatchEvent(new Event('input')); }", step)
        for _ in range(2):
            page.wait_for_timeout(60)
            shot = Image.open(io.BytesIO(page.screenshot(clip={"x": 288, "y": 0, "width": 1152, "height": 620})))
            frames.append(shot.convert("RGB").resize((792, 426), Image.Resampling.LANCZOS))
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=90, loop=0, quality=45, method=6)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="docs/screenshots.py", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("shots"))
    parser.add_argument("--readme", action="store_true", help="renew docs/images")
    parser.add_argument("--all", action="store_true", help="every page in every size, and what is wrong with them")
    parser.add_argument("--only", nargs="+", choices=EVERY, help="with --all: these pictures alone")
    parser.add_argument("--home", type=Path, help="the workspace; a new one, gone afterwards, if none is given")
    options = parser.parse_args()
    folder = CHECKOUT / "docs" / "images" if options.readme else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    shots = [(README, SIZES[:1], ("light",))] if options.readme else [(PAGES, SIZES, ("light", "dark"))]
    with (
        tempfile.TemporaryDirectory() as scratch,
        demo(options.home or Path(scratch)) as address,
        sync_playwright() as player,
    ):
        chromium = player.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
        if not options.readme and "report" in (options.only or PAGES):
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            collect(page, address)
            page.close()
        if options.all:
            sys.exit(1 if look_at_all(chromium, address, folder, options.only) else 0)
        for pages, sizes, schemes in shots:
            for scheme in schemes:
                for width, height in sizes:
                    page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    for name, path in pages.items():
                        end = "" if options.readme else f"-{scheme}-{width}"
                        shoot(page, f"{address}/{path}", folder / f"{name}{end}.png")
                    page.close()
        if options.readme:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            animate(page, address, folder / "dragging.webp")
        chromium.close()


if __name__ == "__main__":
    main()
