"""Sketch files: merged, picked from in any order, and checked."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnacore.errors import BadInput, Damaged
from dnacore.sketches.segments import QUANTILES, bytes_per_image, merge_segments, open_segment, save_segment
from dnacore.sketches.sketches import Sketches
from tests.sketch_data import NEURONS, arrays_of, hashes_of, sketches_of


def quantiles(images: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1000, (NEURONS, images, QUANTILES))


def two_segments(folder: Path):
    first, second = arrays_of(quantiles(5, 1)), arrays_of(quantiles(3, 2))
    save_segment(folder / "1.sketch", first, hashes_of(5))
    save_segment(folder / "2.sketch", second, hashes_of(3, 5))
    whole = np.concatenate([first.quantiles, second.quantiles], axis=1)
    return [open_segment(folder / f"{i}.sketch") for i in (1, 2)], whole


@given(order=st.lists(st.integers(0, 9), max_size=12))
def test_images_come_in_the_order_asked_for_and_unknown_ones_are_left_out(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    segments, whole = two_segments(tmp_path_factory.mktemp("s"))
    asked = [hashes_of(1, i)[0] for i in order]
    view = Sketches(segments, asked, 1000)
    known = [i for i, content in enumerate(order) if content < 8]
    assert view.found.tolist() == known
    assert np.array_equal(view.quantiles(slice(0, NEURONS)), whole[:, [order[i] for i in known]])
    rows = np.array([4, 0])
    assert np.array_equal(view.quantiles(rows), whole[rows][:, [order[i] for i in known]])


@given(st.lists(st.integers(0, 7), max_size=6))
def test_a_selection_of_images_is_those_images(tmp_path_factory: pytest.TempPathFactory, positions: list[int]) -> None:
    segments, whole = two_segments(tmp_path_factory.mktemp("s"))
    view = Sketches(segments, hashes_of(8), 1000).select(np.array(positions, int))
    assert len(view) == len(positions)
    if positions:
        assert np.array_equal(view.quantiles(slice(0, NEURONS)), whole[:, positions])
        assert np.array_equal(view.peaks(slice(2, 3)), whole.max(2).astype(np.float32)[2:3, positions])


def test_merging_keeps_the_wanted_images_once(tmp_path: Path) -> None:
    segments, whole = two_segments(tmp_path)
    wanted = set(hashes_of(8)) - {hashes_of(1, 2)[0]}
    assert merge_segments(tmp_path / "m.sketch", [*segments, segments[0]], wanted, block=3) == 7
    merged = Sketches([open_segment(tmp_path / "m.sketch")], hashes_of(8), 1000)
    assert merged.found.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert np.array_equal(merged.quantiles(slice(0, NEURONS)), whole[:, merged.found])


def test_a_damaged_or_cut_file_is_called_damaged(tmp_path: Path) -> None:
    two_segments(tmp_path)
    path = tmp_path / "1.sketch"
    good = path.read_bytes()
    for broken in (good[:-1], good[:100], b"", good[:30] + b"\xff" + good[31:]):
        path.write_bytes(broken)
        with pytest.raises(Damaged):
            open_segment(path)


def test_the_size_said_beforehand_is_the_size_on_disk(tmp_path: Path) -> None:
    save_segment(tmp_path / "1.sketch", arrays_of(quantiles(400, 1)), hashes_of(400))
    assert (tmp_path / "1.sketch").stat().st_size == pytest.approx(400 * bytes_per_image(NEURONS), rel=0.2)


def test_every_sketch_needs_its_image(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="5 sketches were given with 4 images"):
        save_segment(tmp_path / "1.sketch", arrays_of(quantiles(5, 1)), hashes_of(4))


def test_a_few_of_many_images_are_read_without_the_others() -> None:
    many = 20_000
    whole = sketches_of(np.random.default_rng(0).integers(0, 999, (NEURONS, many, QUANTILES)))
    chosen = np.arange(0, many, 1000)
    few, rows = whole.select(chosen), np.array([1, 4, 6])
    tracemalloc.start()
    found = few.quantiles(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000, "all images of these neurons are two million bytes"
    assert np.array_equal(found, whole.quantiles(slice(None))[rows][:, chosen])
    assert len(list(few.blocks(many * QUANTILES * 2))) == NEURONS, "what lies between them passes through memory too"
