"""Activation ranges: how they are widened, measured, kept, and refused."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dnacore as dc
from dnacore.dna.calibration import check, load_calibration, widen
from dnacore.errors import BadInput, Damaged, Mismatch
from dnacore.extraction.calibrate import measure, spread
from tests import bad_files, small_world

BOUNDS = st.floats(-1e6, 1e6, allow_nan=False, width=32)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.0, 2.0, (-1.2, 2.4)),
        (1.0, 2.0, (0.8, 2.4)),
        (-2.0, -1.0, (-2.4, -0.8)),
        (0.0, 0.0, (0.0, 1.0)),
        (0.0, 5.0, (0.0, 6.0)),
    ],
)
def test_each_bound_moves_outward_by_a_fifth_of_its_magnitude(
    low: float, high: float, expected: tuple[float, float]
) -> None:
    found = widen(np.array([low]), np.array([high]))
    assert (found[0][0], found[1][0]) == pytest.approx(expected)


@given(BOUNDS, BOUNDS)
def test_widened_ranges_hold_what_was_seen_and_are_never_empty(a: float, b: float) -> None:
    low, high = widen(np.array([min(a, b)]), np.array([max(a, b)]))
    assert (low[0] <= min(a, b) and max(a, b) <= high[0]) or a == b
    assert np.float32(high[0]) > np.float32(low[0])


def test_measuring_gives_the_widened_extremes(tmp_path: Path) -> None:
    folder = small_world.draw(tmp_path / "in", 5)
    extractor = small_world.network()
    said: list[tuple[int, int]] = []
    found = dc.calibrate(extractor, [folder], batch_size=2, progress=lambda *now: said.append(now))
    low, high = np.full(extractor.n_neurons, np.inf), np.full(extractor.n_neurons, -np.inf)
    for path in sorted(folder.iterdir()):
        seen = extractor.activations(extractor.preprocess(path)[None])
        rows = [seen[layer].numpy()[0] for layer in extractor.layers]  # (C, S) each
        low = np.minimum(low, np.concatenate([row.min(1) for row in rows]))
        high = np.maximum(high, np.concatenate([row.max(1) for row in rows]))
    expected = widen(low, high)
    # Batches of two and of one add up in another order.
    np.testing.assert_allclose(found.low, expected[0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.high, expected[1], rtol=1e-4, atol=1e-4)
    assert (found.images, found.n_neurons, said[-1]) == (5, extractor.n_neurons, (5, 5))
    check(found, extractor)


def test_what_was_measured_on_does_not_saturate(tmp_path: Path) -> None:
    folder = small_world.draw(tmp_path / "in", 4)
    found = dc.calibrate(small_world.network(), [folder])
    ws = dc.Workspace.open(tmp_path / "home")
    assert dc.extract(folder, small_world.network(), found, workspace=ws).saturation.max() == 0
    narrow = dc.Calibration(found.low, found.low + (found.high - found.low) / 4, found.layers, found.extractor)
    assert dc.extract(folder, small_world.network(), narrow, workspace=ws).saturation.max() > 0.001


def test_broken_images_are_left_out_and_only_broken_ones_refused(tmp_path: Path) -> None:
    folder = small_world.draw(tmp_path / "in", 2)
    bad = bad_files.text_named_jpg(folder / "x.jpg")
    assert dc.calibrate(small_world.network(), [folder]).images == 2
    with pytest.raises(BadInput, match="No image could be read"):
        measure(small_world.network(), [bad])
    with pytest.raises(BadInput):
        dc.calibrate(small_world.network(), [tmp_path / "missing"])


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(1, 100))
def test_every_group_gets_its_fair_share(sizes: list[int], limit: int) -> None:
    groups = [[Path(f"{g}/{i}") for i in range(size)] for g, size in enumerate(sizes)]
    chosen = spread(groups, limit)
    assert len(chosen) == len(set(chosen)) == min(limit, sum(sizes))
    shares = [sum(1 for path in chosen if path.parts[0] == str(g)) for g in range(len(sizes))]
    for share, size in zip(shares, sizes, strict=True):
        assert share in (size, max(shares), max(shares) - 1), "whole, or as much as any other"


def test_saved_ranges_come_back(tmp_path: Path) -> None:
    made = small_world.calibration()
    made.save(tmp_path / "c.npz")
    found = load_calibration(tmp_path / "c.npz")
    assert found.fingerprint == made.fingerprint
    np.testing.assert_array_equal(found.low, made.low)
    assert (found.layers, found.origin, found.extractor) == (made.layers, made.origin, made.extractor)


def test_fingerprints_tell_ranges_layers_and_networks_apart() -> None:
    low, high = np.zeros(3), np.ones(3)
    prints = {
        dc.Calibration(low, high, {"a": 3}, "x").fingerprint,
        dc.Calibration(low, high * 2, {"a": 3}, "x").fingerprint,
        dc.Calibration(low, high, {"b": 3}, "x").fingerprint,
        dc.Calibration(low, high, {"a": 1, "b": 2}, "x").fingerprint,
        dc.Calibration(low, high, {"a": 3}, "y").fingerprint,
    }
    assert len(prints) == 5
    same = dc.Calibration(low.astype(np.float32), high.tolist(), {"a": 3}, "x", origin="elsewhere", images=9)
    assert same.fingerprint in prints


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ([0, 0], [1, 1]),
        ([0, 0, 0], [1, 1]),
        ([0, 0, 0], [1, 1, 0]),
        ([0, 0, np.nan], [1, 1, 1]),
        ([0, 0, 0], [1, 1, np.inf]),
    ],
)
def test_impossible_ranges_are_refused(low: list[float], high: list[float]) -> None:
    with pytest.raises(BadInput, match="A calibration"):
        dc.Calibration(np.array(low), np.array(high), {"a": 3}, "x")


def test_ranges_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        small_world.calibration().low[0] = 1


def test_another_networks_ranges_are_refused_with_both_names() -> None:
    other = dc.Calibration(np.zeros(3), np.ones(3), {"a": 3}, "x", origin="measured elsewhere")
    with pytest.raises(Mismatch, match=f"measured elsewhere.*{small_world.NAME}"):
        check(other, small_world.network())


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_damaged_files_are_known(tmp_path: Path, share: float) -> None:
    path = tmp_path / "c.npz"
    small_world.calibration().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(Damaged, match=r"c\.npz is damaged"):
        load_calibration(path)
    flipped = bytearray(content)
    flipped[int(share * len(content))] ^= 0x5A
    path.write_bytes(flipped)
    with contextlib.suppress(Damaged):
        assert load_calibration(path).fingerprint == small_world.calibration().fingerprint


def header(path: Path, **changes: object) -> Path:
    made = small_world.calibration()
    content = {
        "format": "visual-dna calibration", "version": 1, "extractor": made.extractor,
        "layers": list(made.layers.items()),
        "fingerprint": made.fingerprint,
    } | changes  # fmt: skip
    content = {key: value for key, value in content.items() if value is not None}
    np.savez(path, header=np.frombuffer(json.dumps(content).encode(), np.uint8), low=made.low, high=made.high)
    return path


def test_files_of_other_kinds_versions_and_contents_are_named(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    load_calibration(header(path))
    for changes, said in (
        ({"format": "recipe"}, "is not a calibration"), ({"version": 2}, "version 2; this program reads version 1"),
        ({"extractor": "another"}, "does not match"), ({"fingerprint": None}, "does not match"),
        ({"layers": [["a", 1]]}, "damaged"),
    ):  # fmt: skip
        with pytest.raises(Damaged, match=said):
            load_calibration(header(path, **changes))
    with pytest.raises(BadInput, match="There is no calibration file"):
        load_calibration(tmp_path / "missing.npz")
