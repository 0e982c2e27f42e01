"""What every test gets: a workspace of its own, no network, a fixed number of threads, and a few tiny images."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# Set before anything imports torch, numba, Streamlit or the hub's client, which read these once. Subprocesses inherit.
_HOME = Path(tempfile.mkdtemp(prefix="visual-dna-tests-"))
_NUMBA = Path(tempfile.gettempdir(), f"visual-dna-numba-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_THREADS = str(max(1, min(4, os.cpu_count() or 1) // _WORKERS))
os.environ["VISUAL_DNA_HOME"] = str(_HOME)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] = "false"
os.environ.setdefault("NUMBA_CACHE_DIR", str(_NUMBA))  # kept between runs: compiling takes longer than most tests
if _WORKERS > 1:
    os.environ["OMP_NUM_THREADS"] = _THREADS  # what is there was set for all workers together
os.environ.setdefault("OMP_NUM_THREADS", _THREADS)  # more threads only slow tiny networks down
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin while waiting take the cores from the others

import hypothesis  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from tools import browser  # noqa: E402

IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
CHECKOUT = Path(__file__).resolve().parents[1]

# No deadline: the first call of a compiled function takes seconds. In CI the same examples every time.
hypothesis.settings.register_profile("person", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if IN_CI else "person")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with most slow tests come first where several processes share them: what is short fills the end evenly."""
    if _WORKERS > 1:
        slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: -slow[item.path])


def pytest_unconfigure() -> None:
    """Leave no workspace behind."""
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def _networks_are_forgotten() -> Iterator[None]:
    """Keep no network for other modules' tests: each process would come to hold gigabytes of them."""
    yield
    loader = sys.modules.get("dnacore.extractors.loader")
    if loader is not None:
        loader.forget_extractors()


@pytest.fixture
def workspace_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace folder for one test, which subprocesses of the test use too."""
    home = tmp_path / "workspace"
    monkeypatch.setenv("VISUAL_DNA_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real images and weights, where a checkout has them beside it; tests that ask for them skip elsewhere."""
    folder = CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder of real images and weights beside the checkout")
    return folder


@pytest.fixture(scope="session")
def tiny_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 12 different drawn images of 48 x 40 pixels, PNG and JPEG, two of them in a subfolder. Read only."""
    folder = tmp_path_factory.mktemp("tiny-images")
    (folder / "more").mkdir()
    generator = np.random.default_rng(12)
    for number in range(12):
        image = Image.fromarray(_gradient(generator), "RGB")
        draw = ImageDraw.Draw(image)
        for _ in range(4):
            left, top = generator.integers(0, 30, 2).tolist()
            width, height = generator.integers(6, 18, 2).tolist()
            shape = draw.ellipse if number % 2 else draw.rectangle
            shape((left, top, left + width, top + height), fill=tuple(generator.integers(0, 256, 3).tolist()))
        place = folder / "more" if number >= 10 else folder
        image.save(place / f"image-{number:02d}.{'png' if number % 3 else 'jpg'}")
    return folder


def _gradient(generator: np.random.Generator) -> np.ndarray:
    """(40, 48, 3) uint8: a ramp between two random colours."""
    start, stop = generator.integers(0, 256, (2, 3))
    across = np.linspace(0, 1, 48)[None, :, None]
    return np.repeat(start + (stop - start) * across, 40, axis=0).astype(np.uint8)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path for Playwright's `executable_path`; without one the test skips, and in CI it fails."""
    found = browser.find()
    if found is None and IN_CI:
        pytest.fail("no Chromium in CI: `make test` installs it where apt-get works without a password")
    if found is None:
        pytest.skip("no Chromium: `make test` installs it, or says how")
    return str(found)
