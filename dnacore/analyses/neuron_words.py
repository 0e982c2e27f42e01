"""What a neuron rises with: the words whose probability rises or falls with its activation over some images.

A neuron's activation (its spatial mean) is ranked over the images and every rank replaced by its normal
score, so that a single extreme image counts as one rank. Its correlation with a word's probability is held
against what chance gives: activations are shuffled over the images, the largest correlation with any word is noted,
and a word stands only where it exceeds what 99 of 100 shuffles reach (maxT over all words, Westfall and Young, 1993).
So over shuffled images at most one neuron in a hundred would get a word.

Over thousands of images the faintest correlation is more than chance, so a word must also be seen where the neuron is
strong: among the five words of at least 4 of its 16 strongest images (to fall, its weakest), and there twice as often as
anywhere. Activations are compared within each set only: a word that merely tells the sets apart is no word of a neuron.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from dnacore import parallel
from dnacore.errors import BadInput
from dnacore.extractors.labels import class_names
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import Words

RATE = 0.01
FEWEST = 40  # images; with fewer, hardly any word can pass
LEAST = 5  # images that must show a word: a correlation with one or two is an anecdote
MOST = 4000  # images that are used
SHUFFLES = 2000
BLOCK = 512  # neurons at a time
ENDS, SEEN, LIFT, SURE = 16, 4, 2.0, 0.1


@dataclass(frozen=True, eq=False)
class NeuronWords:
    """For every neuron the words that rise and fall with it, the strongest first, perhaps none.

    rising, falling: n_neurons tuples of (word, correlation). floor: the correlation that chance reaches once in 100.
    """

    rising: tuple[tuple[tuple[str, float], ...], ...]
    falling: tuple[tuple[tuple[str, float], ...], ...]
    images: int
    words: int
    floor: float

    @property
    def named(self) -> int:
        """How many neurons have any word."""
        return sum(bool(up or down) for up, down in zip(self.rising, self.falling, strict=True))

    def said(self, flat: int, most: int = 3) -> str:
        """The words that rise with a neuron, as `sunglasses, wig`; "" where there is none."""
        return ", ".join(word for word, _ in self.rising[flat][:most])

    def sentence(self, flat: int, most: int = 5) -> str:
        """What a neuron rises and falls with, in one sentence; "" where nothing goes beyond chance."""
        up, down = (", ".join(word for word, _ in side[flat][:most]) for side in (self.rising, self.falling))
        parts = [f"rises with {up}"] if up else []
        parts += [f"falls with {down}"] if down else []
        return "" if not parts else f"{' and '.join(parts)}."


def neuron_words(
    parts: Sequence[tuple[Sketches, Words]], rate: float = RATE, most: int = 5, seed: int = 0
) -> NeuronWords:
    """What every neuron rises and falls with, over the images of several sets.

    parts: sketches with the words of the same images, in the same order. most: words kept a neuron and direction.
    Raises BadInput below 40 images, or for words of different networks.
    """
    images = sum(len(words) for _, words in parts)
    if images < FEWEST or any(len(s) != len(w) for s, w in parts):
        raise BadInput(f"Words of neurons need {FEWEST} images with sketches and words, not {images}.")
    if len({words.known for _, words in parts}) > 1:
        raise BadInput("These words are of different networks, so they cannot be put together.")
    random = np.random.default_rng(seed)
    if images > MOST:
        parts = [_sample(*part, max(1, round(len(part[1]) * MOST / images)), random) for part in parts]
    odds = [words.table() for _, words in parts]
    shown = np.concatenate(odds) >= SURE
    used = np.flatnonzero(sum((table >= SURE).sum(0) for table in odds) >= LEAST)
    if not len(used):
        none = ((),) * parts[0][0].n_neurons
        return NeuronWords(none, none, sum(map(len, odds)), 0, 1.0)
    # Within each set only: a word that merely says which set an image is of says nothing about the neuron. Square
    # roots, so that a few images with high probabilities do not outweigh all others.
    table = np.concatenate([_centred(np.sqrt(own[:, used]).T) for own in odds], axis=1)
    return _found(
        parts, _unit(table).T, shown[:, used], [class_names(parts[0][1].known)[at] for at in used], rate, most, random
    )


def _found(
    parts: Sequence[tuple[Sketches, Words]], table: np.ndarray, shown: np.ndarray, names: list[str], rate: float, most: int,
    random: np.random.Generator,
) -> NeuronWords:  # fmt: skip
    neurons = parts[0][0].n_neurons
    picked = np.sort(random.integers(0, neurons, SHUFFLES))
    shuffled, found, ends = [], [], []
    usual = shown.mean(0)
    for rows in parallel.blocks(neurons, BLOCK):
        means = [sketches.means(rows) for sketches, _ in parts]
        blocks = [_scores(values) for values in means]
        scores = _unit(np.concatenate(blocks, axis=1))
        found.append(scores @ table)
        order = np.argsort(np.concatenate([_in_spreads(values) for values in means], axis=1), axis=1)
        ends.append([_plain(shown, usual, side) for side in (order[:, -ENDS:], order[:, :ENDS])])
        here = picked[(picked >= rows.start) & (picked < rows.stop)] - rows.start
        chance = np.concatenate([random.permuted(block[here], axis=1) for block in blocks], axis=1)
        shuffled.append(np.abs(_unit(chance) @ table).max(1))
    correlation = np.concatenate(found)
    floor = float(np.quantile(np.concatenate(shuffled), 1 - rate, method="higher"))
    sides = []
    for side, signed in enumerate((correlation, -correlation)):
        seen = np.concatenate([block[side] for block in ends])
        signed = np.where(seen, signed, 0.0)
        order = np.argsort(-signed, axis=1, kind="stable")[:, :most]
        sides.append(tuple(
            tuple((names[at], float(correlation[n, at])) for at in order[n] if signed[n, at] > floor)
            for n in range(neurons)
        ))  # fmt: skip
    return NeuronWords(sides[0], sides[1], len(table), len(names), floor)


def _plain(shown: np.ndarray, usual: np.ndarray, images: np.ndarray) -> np.ndarray:
    """(n, W) bool: which words are frequent in a neuron's strongest or weakest images, (n, 16) positions."""
    counts = np.stack([shown[one].sum(0) for one in images])
    return (counts >= SEEN) & (counts >= LIFT * usual * images.shape[1])


def _in_spreads(values: np.ndarray) -> np.ndarray:
    """(n, N) activations of one set, in standard deviations from their mean."""
    centred = _centred(values.astype(np.float64))
    spread = centred.std(1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)


def _scores(values: np.ndarray) -> np.ndarray:
    """(n, N) normal scores along the images of one set, of mean 0."""
    ranks = rankdata(values, axis=1)
    return _centred(ndtri((ranks - 0.5) / values.shape[1]))


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(1, keepdims=True)


def _unit(values: np.ndarray) -> np.ndarray:
    """Rows of length 1, as float32; a row that does not vary stays 0."""
    size = np.sqrt((values.astype(np.float64) ** 2).sum(1, keepdims=True))
    return np.divide(values, size, out=np.zeros(values.shape), where=size > 1e-9).astype(np.float32)


def _sample(sketches: Sketches, words: Words, count: int, random: np.random.Generator) -> tuple[Sketches, Words]:
    chosen = np.sort(random.choice(len(words), count, replace=False))
    return sketches.select(chosen), words.rows(chosen)
