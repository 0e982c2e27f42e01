"""Extremes that merge, one wild image that is left out of a calibration, and ranges of the authors' library."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import dnacore as dc
from dnacore.dna.calibration import widen
from dnacore.dna.vdna import read_ranges
from dnacore.extraction.outliers import Extremes
from dnacore.extractors import load_extractor
from tests import small_world


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 6))
def test_merged_extremes_know_what_each_image_adds(seed: int, m: int, k: int) -> None:
    random = np.random.default_rng(seed)
    low = random.integers(-9, 0, (m + k, 4)).astype(float)
    high = low + random.integers(0, 9, (m + k, 4))
    names = [str(i) for i in range(m + k)]
    found = Extremes.of(low[:m], high[:m], names[:m]) + Extremes.of(low[m:], high[m:], names[m:])
    assert np.array_equal(found.bounds(), (low.min(0), high.max(0)))
    for i, name in enumerate(names if m + k > 1 else []):
        others = np.arange(m + k) != i
        assert np.array_equal(found.bounds(without=name), (low[others].min(0), high[others].max(0)))


def noise(path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 40, 3)).astype(np.uint8)).save(path)
    return path


def test_one_wild_image_is_left_out_and_named(tmp_path: Path) -> None:
    folder = small_world.draw(tmp_path / "in", 24)
    network = load_extractor("random_resnet18", "cpu", input_size=32)  # noise is not wild to every network
    calm = dc.calibrate(network, [folder])
    assert calm.images == 24 and not calm.left_out
    wild = noise(folder / "wild.png")
    found = dc.calibrate(network, [folder])
    assert found.images == 24 and found.left_out[0]["path"] == str(wild)
    assert "without wild.png: it alone would make the ranges 1." in found.origin
    np.testing.assert_allclose(found.low, calm.low, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.high, calm.high, rtol=1e-4, atol=1e-5)
    found.save(tmp_path / "c.npz")
    assert dc.load_calibration(tmp_path / "c.npz").left_out == found.left_out


def test_among_few_images_none_is_called_wild(tmp_path: Path) -> None:
    folder = small_world.draw(tmp_path / "in", 4)
    noise(folder / "wild.png")
    assert dc.calibrate(small_world.network(), [folder]).images == 5


def ranges_file(path: Path, low: float, high: float, **changes: object) -> Path:
    layers = small_world.network().layers
    data = {key: {layer: {str(i): value for i in range(n)} for layer, n in layers.items()}
            for key, value in (("mins_per_neuron", low), ("maxs_per_neuron", high))}  # fmt: skip
    path.write_text(json.dumps(data | changes))
    return path


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (1.0, 2.0), (-2.0, -1.0), (0.0, 0.0)])
def test_ranges_of_the_authors_are_widened_outward_or_taken_literally(tmp_path: Path, low: float, high: float) -> None:
    path = ranges_file(tmp_path / "activation_ranges.json", low, high)
    ours = dc.load_calibration(path, small_world.network())
    assert (ours.low[0], ours.high[0]) == tuple(float(x[0]) for x in widen(np.array([low]), np.array([high])))
    assert ours.extractor == small_world.network().fingerprint and "activation_ranges.json" in ours.origin
    literal = read_ranges(path, small_world.network(), literal=True)
    assert (literal.low[0], literal.high[0]) == pytest.approx((1.2 * low, 1.2 * high), abs=1e-7)


def test_ranges_of_another_network_or_shape_are_refused(tmp_path: Path) -> None:
    network = small_world.network()
    with pytest.raises(dc.BadInput, match=f"no layer {next(iter(network.layers))} of {network.name}; it has block_0"):
        dc.load_calibration(ranges_file(tmp_path / "a.json", 0, 1, mins_per_neuron={"block_0": {"0": 1.0}}), network)
    with pytest.raises(dc.BadInput, match="minimum above its maximum"):
        dc.load_calibration(ranges_file(tmp_path / "b.json", 2, 1), network)
    (tmp_path / "c.json").write_text("[1, 2]")
    with pytest.raises(dc.BadInput, match="no activation ranges of vdna"):
        dc.load_calibration(tmp_path / "c.json", network)
    with pytest.raises(dc.BadInput, match="names no network"):
        dc.load_calibration(ranges_file(tmp_path / "d.json", 0, 1))
