"""Counts are exact: against a literal version, for both memory orders, and for every way to cut the work."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dnacore.counting.accumulator import Accumulator, quantile_ranks
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput

LAYERS = {"early": 5, "late": 19}
PLACES = {"early": 144, "late": 9}


def calibration(low: float = -2.0, high: float = 2.5) -> Calibration:
    n = sum(LAYERS.values())
    return Calibration(np.full(n, low), np.full(n, high), LAYERS, "network")


def activations(images: int, seed: int = 0) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {layer: torch.randn(images, count, PLACES[layer], generator=random) for layer, count in LAYERS.items()}


def accumulate(x: dict[str, torch.Tensor], batches: list[range], minor: bool = False, **options) -> Accumulator:
    total = Accumulator(options.pop("calibration", calibration()), 64, **options)
    for batch in batches:
        for layer, values in x.items():
            part = values[batch.start : batch.stop]
            if minor:
                part = part.transpose(1, 2).contiguous().transpose(1, 2)
            total.add(layer, part, list(batch))
        total.count_images(len(batch))
    total.close()
    return total


def literal(x: dict[str, torch.Tensor], bounds: Calibration, bins: int) -> np.ndarray:
    """One activation at a time, as in eq. 1-2."""
    counts = np.zeros((sum(LAYERS.values()), bins), np.int64)
    row = 0
    for values in x.values():
        for channel in range(values.shape[1]):
            low, scale = np.float32(bounds.low[row]), np.float32(bins / (bounds.high[row] - bounds.low[row]))
            for value in values[:, channel].flatten().numpy():
                counts[row, min(bins - 1, max(0, int((value - low) * scale)))] += 1
            row += 1
    return counts


@pytest.mark.parametrize("options", [{}, {"minor": True}, {"kernels": "torch"}, {"threads": 1}, {"bins": 37}])
def test_histograms_equal_the_literal_ones(options: dict) -> None:
    x = activations(7)
    found = accumulate(x, [range(7)], **options).distributions()
    assert np.array_equal(found.histograms, literal(x, calibration(), options.get("bins", 1000)))


@given(cuts=st.lists(st.integers(1, 11), max_size=4), minor=st.booleans(), threads=st.integers(1, 3))
def test_any_split_into_batches_gives_the_same_counts_and_sketches(cuts: list[int], minor: bool, threads: int) -> None:
    x = activations(12)
    whole = accumulate(x, [range(12)], threads=2)
    bounds = [0, *sorted(set(cuts)), 12]
    parts = accumulate(x, [range(a, b) for a, b in zip(bounds, bounds[1:], strict=False)], minor, threads=threads)
    assert np.array_equal(whole.distributions().histograms, parts.distributions().histograms)
    assert np.array_equal(whole.distributions().outside, parts.distributions().outside)
    for name in ("quantiles", "peaks", "places", "means"):
        assert np.array_equal(getattr(whole.sketches(), name), getattr(parts.sketches(), name))


@given(st.permutations(range(9)), st.integers(1, 8))
def test_merged_halves_give_the_same_counts_in_any_order(order: list[int], cut: int) -> None:
    x = activations(9)
    shuffled = {layer: values[order] for layer, values in x.items()}

    def dna(first: int, last: int) -> DNA:
        found = accumulate({k: v[first:last] for k, v in shuffled.items()}, [range(last - first)]).distributions()
        return DNA(found.histograms, found.outside, found.images, found.mean, found.deviations, calibration(), {})

    whole = accumulate(x, [range(9)]).distributions()
    merged = dna(cut, 9) + dna(0, cut)
    assert np.array_equal(merged.histograms, whole.histograms)
    assert merged.images == 9
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(merged.deviations, whole.deviations, rtol=1e-9)


def test_sketches_hold_the_quantiles_peaks_places_and_means() -> None:
    x = activations(3)
    sketch = accumulate(x, [range(3)]).sketches()
    values = x["late"][1].numpy()
    neuron = 5 + 4
    bins = np.sort(np.clip(((values[4] + np.float32(2)) * np.float32(1000 / 4.5)).astype(int), 0, 999))
    assert sketch.quantiles[neuron, 1].tolist() == bins[quantile_ranks(9)].tolist()
    assert sketch.peaks[neuron, 1] == values[4].max()
    assert sketch.places[neuron, 1] == values[4].argmax()
    np.testing.assert_allclose(sketch.means[neuron, 1], values[4].mean(), rtol=1e-5)


def test_kernels_and_torch_agree_on_everything() -> None:
    x = activations(6, seed=3)
    ours, oracle = accumulate(x, [range(6)]), accumulate(x, [range(6)], kernels="torch")
    for name in ("quantiles", "peaks", "places"):
        assert np.array_equal(getattr(ours.sketches(), name), getattr(oracle.sketches(), name)), name
    np.testing.assert_allclose(ours.sketches().means, oracle.sketches().means, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(ours.distributions().mean, oracle.distributions().mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.distributions().deviations, oracle.distributions().deviations, rtol=1e-10)


def test_moments_are_those_of_the_spatial_means() -> None:
    x = activations(8)
    found = accumulate(x, [range(8)]).distributions()
    means = x["early"].double().mean(2).numpy()
    np.testing.assert_allclose(found.mean[:5], means.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.deviations[:5] / 7, means.var(0, ddof=1), rtol=1e-10)


def test_values_outside_the_range_are_counted_in_the_end_bins_and_reported() -> None:
    x = {"early": torch.tensor([[[-9.0, -2.0, 0.0, 2.5, 99.0, float("nan"), float("inf")]] * 5])}
    for kernels in ("best", "torch"):
        found = Accumulator(calibration(), 0, bins=10, sketches=False, kernels=kernels)
        found.add("early", x["early"])
        got = found.distributions()
        assert got.histograms[0].tolist() == [3, 0, 0, 0, 1, 0, 0, 0, 0, 3]  # -9, -2 and NaN; 2.5, 99 and inf
        assert got.outside[0].tolist() == [1, 2]


def test_a_map_larger_than_uint16_keeps_its_peaks_place() -> None:
    x = torch.zeros(1, 5, 70_000)
    x[..., 69_999] = 1
    total = Accumulator(calibration(), 1)
    total.add("early", x, [0])
    assert total.sketches().places[0, 0] == 69_999


@pytest.mark.parametrize("bins", [0, 1, 70_000])
def test_an_impossible_number_of_bins_is_refused(bins: int) -> None:
    with pytest.raises(BadInput, match="number of bins"):
        Accumulator(calibration(), 1, bins=bins)


def test_a_layer_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(BadInput, match="late has 19 neurons, not 5"):
        Accumulator(calibration(), 1).add("late", torch.zeros(1, 5, 4))


@pytest.mark.parametrize("size", [1, 2, 49, 64, 65, 256, 257, 300])
def test_maps_of_any_size_and_order_give_what_the_oracle_gives(size: int) -> None:
    """Few positions are sorted and many are counted; neither may show, nor may a last block of fewer channels."""
    bounds = Calibration(np.full(40, -2.0), np.full(40, 2.5), {"layer": 40}, "network")
    random = torch.Generator().manual_seed(size)
    x = torch.randn(3, 40, size, generator=random).mul(2).round(decimals=1).relu()  # many ties
    found = []
    for values, options in (
        (x, {"kernels": "torch"}), (x, {}), (x.transpose(1, 2).contiguous().transpose(1, 2), {"threads": 2}),
    ):  # fmt: skip
        with Accumulator(bounds, 3, **options) as total:
            total.add("layer", values, [2, -1, 0])
            total.count_images(3)
            found.append((total.distributions(), total.sketches()))
    for distributions, sketches in found[1:]:
        assert np.array_equal(distributions.histograms, found[0][0].histograms)
        assert np.array_equal(distributions.outside, found[0][0].outside)
        for name in ("quantiles", "peaks"):
            assert np.array_equal(getattr(sketches, name), getattr(found[0][1], name)), name
        values = x[2].numpy()
        assert np.array_equal(sketches.places[:, 0], values.argmax(1))  # the first of equal ones


@pytest.mark.parametrize("size", [9, 100, 300])
@pytest.mark.parametrize("bins", [2, 16, 37, 1000])
def test_what_is_no_number_or_infinite_is_counted_as_the_oracle_counts_it(size: int, bins: int) -> None:
    """Whole blocks of channels and the last one, few and many positions, any number of bins, few of them in use."""
    bounds = Calibration(np.full(70, -2.0), np.full(70, 2.5), {"layer": 70}, "network")
    x = torch.randn(3, 70, size, generator=torch.Generator().manual_seed(size)).clamp(-0.5, 2)
    for place, odd in enumerate((float("nan"), float("inf"), -float("inf"), -7.0, 2.5, 9.0)):
        x[place % 3, place * 13, place] = odd
    x[1, 69] = float("nan")
    found = []
    for values, kernels in ((x, "torch"), (x, "best"), (x.transpose(1, 2).contiguous().transpose(1, 2), "best")):
        with Accumulator(bounds, 3, bins=bins, kernels=kernels) as total:
            for slots in ([2, -1, 0], [-1, 1, -1]):
                total.add("layer", values, slots)
            found.append((total.distributions(), total.sketches().quantiles))
    for distributions, quantiles in found[1:]:
        assert np.array_equal(distributions.histograms, found[0][0].histograms)
        assert np.array_equal(distributions.outside, found[0][0].outside)
        assert np.array_equal(quantiles, found[0][1])
