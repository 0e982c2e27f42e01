"""Pictures of every page of the dashboard: `.venv/bin/python docs/screenshots.py FOLDER [--readme]`.

Draws and extracts the demo in a workspace of its own, starts the dashboard on a free port of this machine, and takes each
page in light and dark, at 1440 x 900 and 1024 x 768. `--readme` renews the pictures in docs/images instead.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from tools import browser  # noqa: E402

PAGES = ("", "datasets", "distances", "neurons", "sensitivity", "gallery")
SIZES = ((1440, 900), (1024, 768))
COMPARED = ("streets_base", "streets_darker", "styles_photo", "styles_cartoon", "styles_sketch", "faces")
README = {  # picture: page, with choices that fit on one screen
    "distances": "distances?" + "&".join(f"datasets={name}" for name in COMPARED),
    "gallery": "gallery?dataset=faces&like=styles_sketch",
    "sensitivity": "sensitivity",
    "neurons": "neurons",
}


@contextmanager
def dashboard(home: Path) -> Iterator[str]:
    """Run the dashboard on the demo data; yield its address."""
    environment = os.environ | {"VISUAL_DNA_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "dnacore", "demo", "--extract"], cwd=CHECKOUT, env=environment, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    process = subprocess.Popen(line, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


def shoot(page, address: str, file: Path) -> None:
    """Wait until a page has settled and write it as PNG."""
    page.goto(address)
    page.wait_for_selector("[data-testid=stAppViewContainer] h1")
    page.wait_for_timeout(4000)  # pictures and charts come after the page itself says that it is done
    image = Image.open(io.BytesIO(page.screenshot()))
    image.convert("RGB").save(file, optimize=True)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="docs/screenshots.py", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("shots"))
    parser.add_argument("--readme", action="store_true", help="renew docs/images")
    options = parser.parse_args()
    folder = CHECKOUT / "docs" / "images" if options.readme else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    shots = [(README, SIZES[:1], ("light",))] if options.readme else [({p or "start": p for p in PAGES}, SIZES, ("light", "dark"))]
    with tempfile.TemporaryDirectory() as home, dashboard(Path(home)) as address, sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
        for pages, sizes, schemes in shots:
            for scheme in schemes:
                for width, height in sizes:
                    page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    for name, path in pages.items():
                        end = "" if options.readme else f"-{scheme}-{width}"
                        shoot(page, f"{address}/{path}", folder / f"{name}{end}.png")
                    page.close()
        chromium.close()


if __name__ == "__main__":
    main()
