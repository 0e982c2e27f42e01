"""Files of DNAs added up from their bytes give what adding the DNAs gives, to the last bit, in any tree."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.dna.adding import Sum, add_file, add_files, add_sum
from dnacore.dna.histogram import merge
from dnacore.errors import BadInput, Damaged, Mismatch

LAYERS = {"first": 3, "second": 70}


def a_part(number: int, most: int, ranges: dc.Calibration | None = None) -> dc.DNA:
    random, n = np.random.default_rng(number), sum(LAYERS.values())
    ranges = ranges or dc.Calibration(np.zeros(n), np.ones(n), LAYERS, "f" * 32, "made up")
    counts = random.integers(0, most, (n, 40))
    table = random.normal(size=(3, 3))
    return dc.DNA(
        counts, random.integers(0, 2, (n, 2)), 5 + number, random.normal(size=n), random.random(n), ranges, {"name": "x"},
        f"part {number}", ({"path": f"{number}.png", "reason": "none"},), scatter={"first": table + table.T},
    )  # fmt: skip


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Seven files whose counts need one to eight bytes."""
    most = (2, 2**7, 2**15, 2**20, 2**31, 2**40, 2**52)
    return [a_part(number, most[number]).save(tmp_path / f"{number}") for number in range(7)]


def same(one: dc.DNA, other: dc.DNA) -> None:
    for name in ("histograms", "outside", "mean", "deviations"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.scatter["first"], other.scatter["first"])
    assert (one.images, one.rejected, one.exact) == (other.images, other.rejected, other.exact)
    assert one.calibration.fingerprint == other.calibration.fingerprint


def test_files_added_up_are_the_dnas_added_up(parts: list[Path]) -> None:
    loaded = [dc.load_dna(path) for path in parts]
    same(add_files(parts).dna(), merge(part for part in loaded if isinstance(part, dc.DNA)))


@pytest.mark.parametrize("cuts", [(3,), (1, 2, 6), (2, 4)])
def test_a_tree_gives_the_same_to_the_last_bit(parts: list[Path], cuts: tuple[int, ...]) -> None:
    total: Sum | None = None
    for first, last in zip((0, *cuts), (*cuts, 7), strict=True):
        piece = add_files(parts[first:last], apart=total is not None)
        if total is None:
            total = piece
        else:
            add_sum(total, piece)
    assert total is not None
    same(total.dna(), add_files(parts).dna())


def test_what_does_not_belong_together_is_not_added(parts: list[Path], tmp_path: Path) -> None:
    n = sum(LAYERS.values())
    other = a_part(9, 5, dc.Calibration(np.zeros(n) - 1, np.ones(n), LAYERS, "f" * 32, "other")).save(
        tmp_path / "other"
    )
    with pytest.raises(Mismatch):
        add_files([parts[0], other])
    with pytest.raises(BadInput):
        add_files([parts[0], tmp_path / "gone.dna.npz"])
    with pytest.raises(BadInput):
        add_files([])


def test_a_byte_that_changed_is_found(parts: list[Path]) -> None:
    with zipfile.ZipFile(parts[1]) as archive:
        starts = {one.filename: one.header_offset for one in archive.infolist()}
    for name in ("differences/second.npy", "mean.npy", "low.npy"):
        whole = parts[1].read_bytes()
        at = starts[name] + 200
        parts[1].write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Damaged):
            add_file(parts[1])
        parts[1].write_bytes(whole)
