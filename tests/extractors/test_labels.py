"""What a network's own head calls an image."""

from __future__ import annotations

from pathlib import Path

import pytest

import dnacore as dc
from dnacore.extractors import load_extractor
from dnacore.extractors.labels import may_have_head, name_images


def test_classes_of_imagenet_are_words(shared_data: Path) -> None:
    extractor = load_extractor(shared_data / "weights" / "mobilenetv2_100_coral.safetensors", "cpu")
    folder = shared_data / "images" / "imagenet_sample"
    tench, magpie = name_images(extractor, [folder / "n01440764_tench.JPEG", folder / "n01582220_magpie.JPEG"], k=3)
    assert may_have_head(extractor.spec)
    assert (tench[0].name, magpie[0].name) == ("tench", "magpie")
    odds = [label.probability for label in tench]
    assert odds == sorted(odds, reverse=True) and 0 < sum(odds) <= 1 + 1e-6


def test_a_head_with_classes_of_its_own_gives_numbers(tiny_images: Path) -> None:
    extractor = load_extractor("timm:test_resnet@random", "cpu", arguments={"num_classes": 7})
    best = name_images(extractor, [next(tiny_images.glob("*.png"))], k=1)[0][0]
    assert best.name == f"class {best.index}"


@pytest.mark.parametrize("name", ["mini", "random_resnet18"])
def test_a_network_without_a_trained_head_is_not_asked(name: str) -> None:
    assert not may_have_head(load_extractor(name, "cpu").spec)


def test_asking_a_network_without_a_head_says_so(tiny_images: Path) -> None:
    with pytest.raises(dc.DnaError, match="no classifier head"):
        name_images(load_extractor("mini", "cpu"), [next(tiny_images.glob("*.png"))])
