"""Which DNAs mean the same thing neuron by neuron, and the words for those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnacore.dna.distribution import Distribution
from dnacore.errors import Mismatch

if TYPE_CHECKING:
    from dnacore.dna.histogram import DNA


def check_comparable(a: DNA, b: DNA) -> None:
    """Raise Mismatch, naming both sides, unless the two DNAs mean the same thing neuron by neuron and bin by bin."""
    check_same_network(a, b)
    if a.calibration.fingerprint != b.calibration.fingerprint:
        raise Mismatch(
            f"{named(a)} and {named(b)} were binned over different activation ranges "
            f"({a.calibration.origin or a.calibration.fingerprint[:8]} and "
            f"{b.calibration.origin or b.calibration.fingerprint[:8]}). Extract one of them again under the other's."
        )
    if a.bins != b.bins:
        raise Mismatch(f"{named(a)} has {a.bins} bins and {named(b)} has {b.bins}. Extract one of them again.")


def check_same_network(a: Distribution, b: Distribution) -> None:
    """Raise Mismatch, naming both sides, unless both were made with the same weights, layers and precision."""
    if a.network != b.network:
        one, two = (str(d.extractor.get("name", "an unknown network")) for d in (a, b))
        detail = "with other weights, layers or precision" if one == two else f"with {two}"
        raise Mismatch(
            f"{named(a)} was made with {one} ({_settings(a)}) and {named(b)} {detail} ({_settings(b)}). "
            "Extract both with the same network to compare them."
        )


def named(dna: Distribution) -> str:
    """The DNA's name in quotes, for messages."""
    return f"“{dna.name}”" if dna.name else "a DNA without a name"


def _settings(dna: Distribution) -> str:
    return f"{dna.n_neurons:,} neurons, {dna.extractor.get('precision', 'fp32')}, {dna.network[:8]}"
