"""Dataset algebra on counts, and DNA files that survive or say what is wrong with them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dnacore as dc
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA


def dna(seed: int, images: int = 6, n: int = 4, largest: int = 1000, name: str = "") -> DNA:
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, images))
    bounds = Calibration(np.full(n, -1.0), np.full(n, 1.0), {"a": 1, "b": n - 1}, "net", "here", 9)
    mean = values.mean(1)
    return DNA(random.integers(0, largest, (n, 50)), random.integers(0, 9, (n, 2)), images, mean,
               ((values - mean[:, None]) ** 2).sum(1), bounds, {"name": "net", "layers": {"a": 1}}, name or f"set {seed}",
               ({"path": f"bad{seed}.jpg", "reason": "not an image"},))  # fmt: skip


@given(st.lists(st.integers(0, 99), min_size=2, max_size=5, unique=True), st.randoms())
def test_adding_is_exact_in_any_order_and_taking_away_gives_the_rest(seeds: list[int], random) -> None:
    parts = [dna(seed) for seed in seeds]
    shuffled = random.sample(parts, len(parts))
    total, other = dc.merge(parts), dc.merge(shuffled)
    assert np.array_equal(total.histograms, other.histograms) and total.images == other.images
    rest = total - parts[0]
    expected = dc.merge(parts[1:])
    assert np.array_equal(rest.histograms, expected.histograms) and np.array_equal(rest.outside, expected.outside)
    assert rest.images == expected.images
    np.testing.assert_allclose(rest.mean, expected.mean, atol=1e-9)
    np.testing.assert_allclose(rest.deviations, expected.deviations, atol=1e-8)
    assert {r["path"] for r in rest.rejected} == {f"bad{seed}.jpg" for seed in seeds[1:]}


def test_only_a_part_can_be_taken_away() -> None:
    with pytest.raises(dc.BadInput, match="“set 1” is not a part of “set 2”"):
        dna(2) - dna(1)


def test_a_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    before = dna(1)
    path = before.save(tmp_path / "set.v1")
    after = dc.load_dna(path)
    assert path.name == "set.v1.dna.npz"
    for name in ("histograms", "outside", "mean", "deviations"):
        assert np.array_equal(getattr(before, name), getattr(after, name)), name
    assert (after.name, after.images, after.rejected, after.exact) == (before.name, 6, before.rejected, True)
    assert after.calibration.fingerprint == before.calibration.fingerprint
    assert after.extractor == before.extractor
    assert dc.load_dna(tmp_path / "set.v1").images == 6
    assert dc.emd(before, after).max() == 0


def test_counts_beyond_32_bits_survive(tmp_path: Path) -> None:
    big = dna(1)
    big.histograms[0, 3] = 2**40 + 1
    again = dc.load_dna(big.save(tmp_path / "big"))
    assert again.histograms[0, 3] == 2**40 + 1
    assert (again + again).histograms[0, 3] == 2**41 + 2


@given(st.data())
def test_a_damaged_file_is_called_damaged(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    path = dna(1).save(tmp_path_factory.mktemp("dna") / "x")
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        found = dc.load_dna(path)
    except dc.DnaError:
        return
    assert np.array_equal(found.histograms, dna(1).histograms)  # a byte that carries nothing


def test_a_cut_file_a_text_and_a_newer_version_are_refused_in_words(tmp_path: Path) -> None:
    path = dna(1).save(tmp_path / "x")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(dc.Damaged, match="Extract it again"):
        dc.load_dna(path)
    (tmp_path / "text.dna.npz").write_text("hello")
    with pytest.raises(dc.Damaged, match="damaged"):
        dc.load_dna(tmp_path / "text.dna.npz")
    with pytest.raises(dc.BadInput, match="no DNA file"):
        dc.load_dna(tmp_path / "none")
    np.savez(tmp_path / "new.dna.npz", header=np.frombuffer(b'{"format": "visual-dna", "version": 99}', np.uint8))
    with pytest.raises(dc.Damaged, match="version 99.*newer"):
        dc.load_dna(tmp_path / "new.dna.npz")


def test_the_header_can_be_read_without_this_program(tmp_path: Path) -> None:
    path = dna(1).save(tmp_path / "x")
    with zipfile.ZipFile(path) as archive, archive.open("header.npy") as file:
        header = json.loads(np.lib.format.read_array(file, allow_pickle=False).tobytes())
    assert header["format"] == "visual-dna" and header["version"] == 1
    assert header["images"] == 6 and dict(header["layers"]) == {"a": 1, "b": 3}


def test_neurons_are_found_by_layer_and_index_and_back() -> None:
    one = dna(1)
    assert one.neuron(0) == ("a", 0) and one.neuron(3) == ("b", 2) and one.flat("b", 2) == 3
    with pytest.raises(dc.BadInput, match="numbered 0 to 3"):
        one.neuron(4)
    with pytest.raises(dc.BadInput, match="neurons 0 to 2, not 3"):
        one.flat("b", 3)


def test_the_cumulative_share_ends_at_one() -> None:
    assert dna(1).cdf[:, -1].tolist() == [1.0] * 4
