"""The formats of docs/format.md: files of version 1 stay readable, and DNAs of a large dataset stay small and quick."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import dnacore as dc
from dnacore.dna import npz
from dnacore.dna.calibration import Calibration
from dnacore.dna.file import counts_of, covariance_layers, differences
from dnacore.dna.histogram import DNA
from dnacore.sketches.segments import open_segment
from dnacore.sources import exchange

FILES = Path(__file__).parents[1] / "files"
COUNTS = [[0, 1, 4, 9, 2, 0], [0, 0, 0, 2**40 + 1, 0, 0], [300, 0, 0, 0, 0, 70000], [1] * 6, [0] * 6]


def test_a_dna_of_version_1_is_read() -> None:
    found = dc.load_dna(FILES / "version-1.dna.npz")
    assert found.histograms.tolist() == COUNTS
    assert (found.name, found.images, found.bins) == ("version 1", 4, 6)
    assert dict(found.layers) == {"block_0": 2, "block/1": 3}
    assert found.mean.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5] and found.deviations.tolist() == [1, 1.5, 2, 3, 4]
    assert found.outside.tolist() == [[0, 1], [2, 0], [0, 0], [0, 0], [0, 0]]
    assert found.calibration.low.tolist() == [-1.5, -2, 0, -0.25, -1]
    assert found.calibration.origin == "measured on 4 images"
    assert found.scatter["block/1"].tolist() == [[2, 0.5, 0], [0.5, 3, -1], [0, -1, 4]]
    assert found.rejected == ({"path": "bad.jpg", "reason": "the file is empty"},) and found.exact
    assert covariance_layers(FILES / "version-1.dna.npz") == {"block/1"}


@pytest.mark.parametrize("kind", ["<f3", "<i7", "<c1"])
def test_an_array_of_numbers_that_there_are_not_is_refused(tmp_path: Path, kind: str) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(3, np.float32))
    with zipfile.ZipFile(tmp_path / "a.npz") as archive, zipfile.ZipFile(tmp_path / "b.npz", "w") as other:
        other.writestr("x.npy", archive.read("x.npy").replace(b"<f4", kind.encode()))
    with zipfile.ZipFile(tmp_path / "b.npz") as archive, pytest.raises(ValueError, match="of a kind that there is not"):
        npz.whole(archive, "x")


def test_a_gaussian_a_calibration_a_selection_and_sketches_of_version_1_are_read(tmp_path: Path) -> None:
    small = dc.load_dna(FILES / "version-1-gaussian.dna.npz")
    assert isinstance(small, dc.Gaussian) and small.variance == pytest.approx(np.array([1, 1.5, 2, 3, 4]) / 3, rel=1e-6)
    ranges = dc.load_calibration(FILES / "version-1-calibration.npz")
    assert ranges.high.tolist() == [1.5, 2, 6, 0.25, 3] and ranges.left_out[0]["path"] == "wild.png"
    chosen = exchange.import_selection(dc.Workspace.open(tmp_path), FILES / "version-1-selection.json")
    assert chosen.name == "hats" and chosen.flat.tolist() == [3, 0] and chosen.weights.tolist() == [0.5, 0.5]
    sketches = open_segment(FILES / "version-1.sketch")
    assert sketches.arrays.quantiles.shape == (5, 2, 16) and sketches.hashes == ("00" * 16, "0f" * 16)


def test_the_recipe_of_the_document_reads_the_counts() -> None:
    planes = np.load(FILES / "version-1.dna.npz", allow_pickle=False)["differences/block_0"].astype("i8")
    code = sum(plane << (8 * k) for k, plane in enumerate(planes))
    assert np.cumsum((code >> 1) ^ -(code & 1), axis=1).tolist() == COUNTS[:2]


@given(st.sampled_from([300, 2**44]).flatmap(lambda most: arrays(np.int64, (3, 9), elements=st.integers(0, most))))
def test_differences_give_back_any_counts(counts: np.ndarray) -> None:
    back = np.empty_like(counts)
    counts_of(differences(counts), back)
    assert np.array_equal(back, counts)


def large(images: int = 70_000, tokens: int = 197) -> DNA:
    """A DNA as of a ViT-B/16 on 70,000 images: heavy tails and several peaks, in ranges that held every image."""
    random = np.random.default_rng(0)
    x = (np.arange(1000) + 0.5) / 500 - 1
    layers = {f"block_{i}": 768 for i in range(12)} | {"last_norm": 768}
    counts = np.empty((9984, 1000), np.int64)
    for row in counts:
        tail = random.uniform(4, 30)
        shape = (1 + ((x - random.normal(0, 0.15)) / random.uniform(0.03, 0.16)) ** 2 / tail) ** (-(tail + 1) / 2)
        for _ in range(random.integers(0, 4)):
            centre, width = random.normal(0, 0.3), random.uniform(0.02, 0.15)
            shape += random.uniform(0.05, 0.6) * np.exp(-0.5 * ((x - centre) / width) ** 2)
        shape[np.abs(x) > 1 / 1.2] = 0
        row[:] = random.poisson(shape / shape.sum() * images * tokens)
    n = len(counts)
    bounds = Calibration(random.uniform(-9, -1, n), random.uniform(1, 9, n), layers, "net", "here")
    mean, deviations = random.normal(size=n), random.uniform(1, 2, n) * images
    return DNA(counts, np.zeros((n, 2), np.int64), images, mean, deviations, bounds, {"name": "net"}, "70,000 faces")


def test_a_dna_of_70_000_images_stays_within_the_papers_footprint(tmp_path: Path) -> None:
    before = large()
    path = before.save(tmp_path / "large")
    after = dc.load_dna(path)
    assert np.array_equal(after.histograms, before.histograms)
    assert path.stat().st_size <= 14.8e6
    assert before.gaussian().save(tmp_path / "small").stat().st_size <= 84.7e3
