"""A small network to look into, and the images it looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

import dnacore as dc
from dnacore.extractors import load_extractor
from dnacore.lens.analysis import Pictures
from tests import small_world


@pytest.fixture(scope="session")
def network() -> dc.Extractor:
    """ResNet-18 with random weights at 64 pixels: convolutions, ReLUs and a head, and quick."""
    return load_extractor("random_resnet18", "cpu", input_size=64)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight drawn images of 40 x 32 pixels."""
    return sorted(small_world.draw(tmp_path_factory.mktemp("lens"), 8, seed=4).glob("*.png"))


@pytest.fixture(scope="session")
def pictures(images: list[Path]) -> Pictures:
    return Pictures("drawn", images)
