"""Percentiles: how a neuron's activation stands among those of real images."""

from __future__ import annotations

from dnacore.dna.histogram import DNA


def percentile(dna: DNA, flat: int, value: float) -> float:
    """The share of a neuron's activations over all images and places that are at or below a value, 0 to 100.

    Exact to the bin (a thousandth of the activation range). The value's own bin counts whole, so that a ReLU6 at its
    maximum stands at 100. A value outside the range counts as the bound it lies beyond.
    """
    counts = dna.histograms[flat]
    low, high = float(dna.calibration.low[flat]), float(dna.calibration.high[flat])
    last = min(max(int((value - low) / (high - low) * len(counts)), 0), len(counts) - 1)
    return 100.0 * float(counts[: last + 1].sum()) / max(1.0, float(counts.sum())) if value >= low else 0.0


def standing(dna: DNA | None, flat: int, value: float) -> dict[str, float | None]:
    """The figures of one activation: its percentile, None without a DNA of real images."""
    return {"activation": value, "percentile": None if dna is None else percentile(dna, flat, value)}


def in_words(dna: DNA | None, flat: int, value: float) -> str:
    """A clause such as "at or above 99.98 % of its activations in streets"; empty without a DNA."""
    if dna is None:
        return ""
    return f", at or above {percentile(dna, flat, value):.2f} % of its activations in {dna.name or 'the dataset'}"
