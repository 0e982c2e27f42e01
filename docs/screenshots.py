"""Pictures of every page of the dashboard: `.venv/bin/python docs/screenshots.py FOLDER [--readme]`.

Draws and extracts the demo in a workspace of its own, starts the dashboard on a free port of this machine, and takes
each page in light and dark, at 1440 x 900 and 1024 x 768.

`--all` takes every page and presenter mode, on a phone's window too, whole pages beside the windows, and ends with what is
wider than the window, cut off, or grave by the rules of axe-core: nothing, with exit code 0. It also says how large type
and thumbnails are in presenter mode, and how far type stands out from the page (docs/presenting.md). `--own FOLDER
FOLDER...` takes a person's folders of images instead of the demo. `--only NAME...` takes these pictures alone.
`--home DIR` keeps the workspace for the next time.

`--readme --photographs DIR` renews docs/images instead: DIR is where Debian's package `gcompris-qt-data` was unpacked
(`apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_*.deb DIR`), whose photographs and drawings stand beside the
demo (docs/images/CREDITS.md).
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from tools import browser, fit, photographs, pictured  # noqa: E402
from tools.dashboard import running  # noqa: E402

SIZES = ((1440, 900), (1024, 768))
PHONE = (390, 844)
PATIENCE_MS = 180_000  # for a page on a machine that has much else to do
LONGEST = 6000  # px of a whole page that are drawn


@contextmanager
def filled(home: Path, own: Sequence[Path], drawn: bool) -> Iterator[str]:
    """Run the dashboard on a person's own folders, the demo, or both; yield its address. drawn: the demo, too."""

    def command(*words: str) -> int:
        made = subprocess.run(
            [sys.executable, "-m", "dnacore", *words],
            check=False,
            cwd=CHECKOUT,
            env=os.environ | {"VISUAL_DNA_HOME": str(home)},
        )
        if made.returncode > 1:  # 1: done, with files that could not be read
            raise SystemExit(f"`dnacore {' '.join(words)}` failed")
        return made.returncode

    if not (home / "catalogue.sqlite").is_file():  # a workspace that is kept has them
        if drawn:
            command("demo", "--extract")
        for folder in own:
            command("add", folder.name, str(folder.resolve()))
        if own:
            command("extract", *(folder.name for folder in own))
    with running(home) as dashboard:
        yield dashboard.url


def settle(page) -> None:
    """Wait until a page has been drawn: long comparisons, and a map that is being laid out, included."""
    page.wait_for_selector("[data-testid=stAppViewContainer] h1", timeout=PATIENCE_MS)
    page.wait_for_timeout(500)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSpinner], .st-key-map-wait')",
        timeout=PATIENCE_MS,
    )
    page.wait_for_timeout(2500)  # pictures and charts come after the page itself says that it is done


def collect(page, address: str, paths: Mapping[str, str]) -> None:
    """Put two views into the report."""
    for name in ("distances", "neurons"):
        page.goto(f"{address}/{paths[name]}")
        settle(page)
        page.get_by_role("button", name="Report", exact=True).click()
        page.get_by_role("button", name="Add this view to the report").click()
        page.get_by_text("Added. The report").wait_for()
        settle(page)


def shoot(page, address: str, file: Path, press: Sequence[str] = ()) -> None:
    """Wait until a page has settled and write it as PNG or WebP. press: names of buttons to press first."""
    page.goto(address)
    settle(page)
    for name in press:
        page.get_by_role("button", name=name, exact=True).click()
        settle(page)
    fit.settle(page)
    image = Image.open(io.BytesIO(page.screenshot()))
    image.convert("RGB").save(file, optimize=True, quality=88, method=6)


def renew_readme(chromium, address: str, folder: Path, only: Sequence[str] | None) -> None:
    """Renew the README's pictures; only: these alone, `dragging` is the animation."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    for name, (path, press) in pictured.README.items():
        if name not in (only or pictured.README):
            continue
        shoot(page, f"{address}/{path}", folder / f"{name}.webp", press)
    page.close()
    if only and "dragging" not in only:
        return
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    animate(page, address, folder / "dragging.webp")
    page.close()


Sizes = dict[tuple[str, str], list[list[float | None]]]


def look(page, address: str, file: Path, rules: str, sizes: Sizes) -> list[str]:
    """Write a page as PNG in light and in dark, the window and the whole of it; return what is wrong with either.

    sizes: how large things are in presenter mode, by kind and theme; added to.
    """
    found = []
    window = page.viewport_size
    page.goto(address)
    page.wait_for_selector("[data-testid=stAppViewContainer] h1")
    page.wait_for_timeout(500)
    page.wait_for_function("() => !document.querySelector('.st-key-map-wait')")
    fit.settle(page)
    page.evaluate(rules)
    for scheme in ("light", "dark"):
        fit.light(page, scheme == "dark")
        for _ in range(8):  # half of the page may have changed to the dark, and half not yet
            if not (wrong := [*fit.cut_off(page), *fit.grave(page)]):
                break
            fit.settle(page)
        found += [f"{file.stem} {scheme} {window['width']}: {one}" for one in wrong]
        if file.stem.startswith("presenting") and window["width"] > PHONE[0]:
            for kind, seen in fit.sizes(page).items():
                sizes.setdefault((kind, scheme), []).append(seen)
        page.screenshot(path=file.with_stem(f"{file.stem}-{scheme}-{window['width']}"))
    fit.light(page, False)
    whole = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({**window, "height": min(max(whole, window["height"]), LONGEST)})
    fit.settle(page)
    page.screenshot(path=file.with_stem(f"{file.stem}-whole-{window['width']}"))
    page.set_viewport_size(window)
    return found


def look_at_all(chromium, address: str, folder: Path, paths: Mapping[str, str]) -> int:
    """Draw every page in every size; print what is wrong with them and return how many things are."""
    rules = fit.axe()
    if rules is None:
        raise SystemExit("axe-playwright-python, which carries axe-core, is not installed: `make check` gets it.")
    found, sizes = [], Sizes()
    for width, height in (*SIZES, PHONE):
        for name, path in paths.items():
            context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            wrong = look(page, f"{address}/{path}", folder / f"{name}.png", rules, sizes)
            print(f"{name} at {width}x{height}: {len(wrong) or 'nothing'} wrong", flush=True)
            found += wrong
            context.close()
    say(sizes)
    print("\n".join(found) or "Nothing is wider than the window, cut off, or grave by axe-core's rules.")
    return len(found)


def say(sizes: Sizes) -> None:
    """Print how large things are in front of a room and how far they stand out, over all views of presenter mode."""
    for kind, scheme in sizes:
        seen = sizes[kind, scheme]
        low, high = (pick(one[at] or 0 for one in seen) for at, pick in ((0, min), (1, max)))
        apart = [one[2] for one in seen if one[2]]
        contrast = f", contrast {min(apart):.1f} at least" if apart else ""
        print(f"presenter mode, {scheme}: {kind} {low:g} to {high:g} px{contrast}")


def animate(page, address: str, file: Path) -> None:
    """Drag the slider of the Sensitivity page from one neuron to many and write it as a moving picture."""
    page.goto(f"{address}/{pictured.README['sensitivity'][0]}")
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
    parser.add_argument("--photographs", type=Path, help="with --readme: where gcompris-qt-data was unpacked")
    parser.add_argument("--all", action="store_true", help="every page in every size, and what is wrong with them")
    parser.add_argument("--own", nargs="+", type=Path, default=[], help="folders of images, two or more, not the demo")
    parser.add_argument("--only", nargs="+", help="these pictures alone")
    parser.add_argument("--home", type=Path, help="the workspace; a new one, gone afterwards, if none is given")
    options = parser.parse_args()
    folder = CHECKOUT / "docs" / "images" if options.readme else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    every = pictured.own([one.name for one in options.own]) if options.own else pictured.EVERY
    paths = every if options.all or options.own else pictured.PAGES
    paths = {name: every[name] for name in options.only or paths} if not options.readme else {}
    if options.readme and not options.photographs:
        parser.error("--readme needs --photographs DIR: see the beginning of this file")
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home or Path(scratch) / "workspace"
        own = options.own
        if options.readme:
            own = photographs.write(options.photographs, home.with_name(f"{home.name}-photographs"))
        with filled(home, own, drawn=options.readme or not own) as address, sync_playwright() as player:
            code = take(player, address, folder, paths, every, options)
    sys.exit(code)


def take(player, address: str, folder: Path, paths: Mapping[str, str], every: Mapping[str, str], options) -> int:
    """Take the pictures that were asked for; return what the program ends with."""
    chromium = player.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
    if not options.readme and "report" in paths:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        collect(page, address, every)
        page.close()
    if options.all:
        return 1 if look_at_all(chromium, address, folder, paths) else 0
    if options.readme:
        renew_readme(chromium, address, folder, options.only)
        return 0
    for scheme in ("light", "dark"):
        for width, height in SIZES:
            page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            for name, path in paths.items():
                shoot(page, f"{address}/{path}", folder / f"{name}-{scheme}-{width}.png")
            page.close()
    return 0


if __name__ == "__main__":
    main()
