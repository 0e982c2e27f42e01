"""The headline of a result: a sentence computed from the numbers that are shown, never a fixed text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dnacore import DNA, Sensitivity
from dnacore.distances.split_half import Chance
from ui.app import words

FAR = 1.5  # times the mean distance of the others from which a dataset stands out
RATE = 0.05  # the rate at which chance alone lets any neuron count: one comparison in 20


def pairwise(
    names: Sequence[str],
    matrix: np.ndarray,
    unit: str = "bins",
    within: np.ndarray | None = None,
    of: int | None = None,
) -> str:
    """Say what stands out in a (k, k) matrix of distances: an odd one out, or the nearest and the farthest pair.

    within: (k, k) bool, which distances are no larger than chance would give. of: how many datasets there are, where
    not all of them are in the matrix: then the sentence says which part it speaks of.
    """
    said = _pairwise(names, matrix, unit, within)
    return said if of is None or len(names) <= 2 else f"Of {len(names)} shown ({of} datasets in all): {said}"


def _pairwise(names: Sequence[str], matrix: np.ndarray, unit: str, within: np.ndarray | None) -> str:
    k = len(names)
    if k < 2:
        return "Pick a second dataset to compare with."
    noisy = np.triu(within, 1) if within is not None else np.zeros((k, k), bool)
    if k == 2:
        if noisy.any():
            return f"{names[0]} and {names[1]} cannot be told apart: chance would give as much."
        beyond = "" if within is None else ", by more than chance would give"
        return f"{names[0]} and {names[1]} differ{beyond}."
    clear = list(zip(*np.nonzero(np.triu(~noisy, 1)), strict=True))
    if len(clear) == 1:
        i, j = clear[0]
        return f"Only {names[i]} and {names[j]} differ by more than chance would give."
    if not clear:
        return "No two of them differ by more than chance would give."
    said = _standing_out(names, np.asarray(matrix))
    return f"{said} {_noisy(names, noisy)}".strip()


def extremes(names: Sequence[str], matrix: np.ndarray, unit: str, bins: int) -> str:
    """Return the numbers behind `pairwise`: the nearest and the farthest pair with their distances."""
    rows, columns = np.triu_indices(len(names), 1)
    values = np.asarray(matrix)[rows, columns]
    if not len(values):
        return ""

    def said(at: int) -> str:
        return f"{names[rows[at]]} and {names[columns[at]]} {words.distance(float(values[at]), unit, bins)}"

    near, far = int(np.argmin(values)), int(np.argmax(values))
    return f"Farthest apart: {said(far)}." + (f" Nearest: {said(near)}." if len(values) > 1 else "")


def _noisy(names: Sequence[str], noisy: np.ndarray) -> str:
    pairs = list(zip(*np.nonzero(noisy), strict=True))
    if not pairs:
        return ""
    if len(pairs) == 1:
        i, j = pairs[0]
        return f"{names[i]} and {names[j]} differ by no more than chance would give."
    return f"{words.count(len(pairs), 'pair')} differ by no more than chance would give."


def _standing_out(names: Sequence[str], matrix: np.ndarray) -> str:
    k = len(names)
    upper = np.triu_indices(k, 1)
    values = matrix[upper]
    if not values.any():
        return "These datasets cannot be told apart."
    apart = np.where(np.eye(k, dtype=bool), np.nan, matrix)
    means = np.nanmean(apart, axis=1)
    odd = int(np.argmax(means))
    others = [place for place in range(k) if place != odd]
    between = [float(matrix[i][j]) for i in others for j in others if i < j]
    among = float(np.mean(between))
    ratio = float(means[odd]) / among if among > 0 else np.inf
    # It must be far from every other one: far from one only, the two are a far pair and neither is odd.
    nearest = float(np.nanmin(apart[odd]))
    alone = nearest > max(between) and nearest >= FAR * among
    if alone and np.isfinite(ratio):
        farther = words.times(ratio)
        return f"{names[odd]} is the odd one out: {farther} farther from the others than they are from each other."
    near, far = int(np.argmin(values)), int(np.argmax(values))
    pair = [(names[upper[0][at]], names[upper[1][at]]) for at in (near, far)]
    if values[near] <= 0:
        return f"{pair[0][0]} and {pair[0][1]} cannot be told apart; {pair[1][0]} and {pair[1][1]} differ most."
    return (
        f"{pair[1][0]} and {pair[1][1]} differ most, {words.times(values[far] / values[near])} as much as "
        f"{pair[0][0]} and {pair[0][1]}, the closest pair."
    )


def by_layer(means: Mapping[str, float]) -> str:
    """Say in which layer two datasets differ most, and whether the network's start or end sees more of it."""
    layers = list(means)
    values = np.array([means[name] for name in layers])
    if not values.any():
        return "No layer sees a difference."
    top = layers[int(values.argmax())]
    third = max(1, len(layers) // 3)
    early, late = float(values[:third].mean()), float(values[-third:].mean())
    where = f"The difference is largest in {words.layer(top)}"
    if len(layers) < 3 or min(early, late) == 0:
        return f"{where}."
    if early > 1.25 * late:
        return f"{where}; early layers (edges, colour, texture) see {words.times(early / late)} as much of it as late ones."
    if late > 1.25 * early:
        return (
            f"{where}; late layers (parts, objects, scene) see {words.times(late / early)} as much of it as early ones."
        )
    return f"{where}; early and late layers see about as much of it."


def two(names: Sequence[str], distance: float, chance: Chance | None) -> str:
    """Say how far two datasets are apart beside what chance would give; without chance, that they are compared."""
    pair = f"{names[0]} and {names[1]}"
    if chance is None:
        return f"{pair} differ." if distance > 0 else f"{pair} cannot be told apart."
    if distance <= chance.most:
        return f"{pair} cannot be told apart: chance would give as much."
    if chance.usual <= 0:
        return f"{pair} differ, and chance would give nothing."
    return f"{pair} differ {words.times(distance / chance.usual)} as much as chance would make them."


def concentration(distances: np.ndarray) -> str:
    """Say how few of the (n,) neurons carry half of the total difference."""
    total = float(distances.sum())
    if total == 0:
        return "No neuron sees a difference."
    ordered = np.sort(distances)[::-1]
    half = int(np.searchsorted(np.cumsum(ordered), total / 2)) + 1
    share = half / len(distances)
    return (
        f"Half of the difference sits in {words.count(half, 'neuron')} of {len(distances):,} ({words.percent(share)})."
    )


def sensitivity(found: Sensitivity, dna: DNA) -> str:
    """Say how many neurons tell the two piles apart, and how clearly the best of them does beside chance."""
    best = int(found.order[0])
    if found.emd[best] == 0:
        return "No neuron tells the two apart."
    if found.noise_ratio is None:
        return f"The neurons that see most of the difference, of {words.count(dna.n_neurons, 'neuron')}."
    above = len(found.above_noise(RATE))
    clearly = f"sees {words.times(float(found.noise_ratio[best]))} what chance gives"
    if not above:
        none = (
            "With so few images no neuron can be told from chance"
            if found.too_small
            else "No neuron sees a difference beyond chance"
        )
        return f"{none}: of {dna.n_neurons:,} neurons, chance alone makes some as clear as the best one here."
    seen = f"{'At least ' if found.too_small else ''}{above:,} of {dna.n_neurons:,} neurons {'see' if above > 1 else 'sees'} the difference"
    return f"{seen}; the best {clearly}."


def sensitivity_exact(found: Sensitivity, dna: DNA) -> str:
    """Return the numbers behind `sensitivity`: which neuron is the best, how far apart, and at which rate of error."""
    best = int(found.order[0])
    apart = f"The best: {words.full(dna, best)}, {words.difference(float(found.emd[best]), dna.bins)}."
    if found.noise_ratio is None:
        return apart
    return f"{apart} Counted are neurons beyond what chance gives to any in 19 of 20 comparisons of this size."


def neuron(names: Sequence[str], ratio: float | None, higher: str) -> str:
    """Say how clearly one neuron tells two datasets apart. ratio: times what chance gives, where known."""
    one, other = names[0], names[1]
    if ratio is None:
        return f"This neuron reacts more to {higher} than to {other if higher == one else one}."
    if ratio < 1:
        return f"This neuron does not tell {one} from {other}: chance would give as much."
    return f"This neuron tells {one} from {other} {words.times(ratio)} as clearly as chance would; it reacts more to {higher}."
