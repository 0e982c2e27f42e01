"""The one thing found: a sentence computed from the numbers in front of the reader, never a fixed text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dnacore import DNA, Sensitivity
from ui.app import words
from ui.app import words as neuron_names

FAR = 1.5  # times the distances of the others among each other, from where one of them stands out
RATE = 0.05  # how often chance alone may put a neuron among those that count: one comparison in 20


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
        return f"{names[0]} and {names[1]} differ by {words.distance(float(matrix[0][1]), unit)}."
    beyond = list(zip(*np.nonzero(np.triu(~noisy, 1)), strict=True))
    if len(beyond) == 1:
        i, j = beyond[0]
        apart = words.distance(float(matrix[i][j]), unit)
        return f"Only {names[i]} and {names[j]} differ by more than chance would give: {apart}."
    if not beyond:
        return "No two of them differ by more than chance would give."
    said = _standing_out(names, np.asarray(matrix))
    return f"{said} {_noisy(names, noisy)}".strip()


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
    # Far from every other one, not only from one of them: then the two would be a far pair, and neither odd.
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
        return (
            f"{where}; early layers (edges, colour, texture) see {words.times(early / late)} more of it than late ones."
        )
    if late > 1.25 * early:
        return (
            f"{where}; late layers (parts, objects, scene) see {words.times(late / early)} more of it than early ones."
        )
    return f"{where}; early and late layers see about as much of it."


def against_chance(distance: float, usual: float, most: float) -> str:
    """Say how a distance compares with what chance would give."""
    if distance <= most:
        return "no more than chance would give"
    return f"{words.times(distance / usual)} what chance would give" if usual > 0 else "chance would give nothing"


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
    """Say which neuron tells the two piles apart best, and how that compares with chance."""
    best = int(found.order[0])
    if found.emd[best] == 0:
        return "No neuron tells the two piles apart."
    name = neuron_names.full(dna, best)
    ratios = found.noise_ratio
    if ratios is None:
        return f"{name[:1].upper()}{name[1:]} tells them apart best, by {words.significant(found.emd[best])} bins."
    above = found.above_noise(RATE)
    count = f"{len(above):,} of {dna.n_neurons:,} neurons" if len(above) else f"None of {dna.n_neurons:,} neurons"
    verb = "see" if len(above) > 1 else "sees"
    return (
        f"{name[:1].upper()}{name[1:]} tells them apart best: {words.times(float(ratios[best]))} what chance would "
        f"give. {count} {verb} a difference beyond chance, which lets none through in 19 of 20 comparisons of this size."
    )
