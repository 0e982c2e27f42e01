"""What tells two sets of images apart in words: those that a network's head finds in more images of one than the other.

An image shows a word here when it is among the five classes kept of it. Every word is held against Fisher's exact test
on its two counts, corrected for the number of words: the images are dealt out at random 999 times, and a word
stands only if so small a p-value, of any word at all, came up in 5 % of the deals at most (Westfall and Young, 1993,
the minP method). So between two sets that do not differ, a word would stand in one of twenty cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import hypergeom

from dnacore.errors import BadInput
from dnacore.extractors.labels import class_names
from dnacore.sketches.words import Words

RATE, DEALS = 0.05, 999
MOST = 20_000  # images a side that are used; with more, the words are the same


@dataclass(frozen=True)
class Word:
    """One word. shares: of the first and of the second set's images that show it. p: corrected for all words."""

    name: str
    shares: tuple[float, float]
    p: float


@dataclass(frozen=True)
class WordContrast:
    """The words that differ by more than chance, the largest difference first. tried: how many words were tested.

    more: shown more often by the first set; less: by the second. images: how many of each have words.
    """

    more: tuple[Word, ...]
    less: tuple[Word, ...]
    names: tuple[str, str]
    images: tuple[int, int]
    tried: int
    rate: float = RATE

    def sentence(self, most: int = 3) -> str:
        """What the sets show, in one sentence, of at most `most` words a side."""
        if not self.more and not self.less:
            return f"No word tells “{self.names[0]}” from “{self.names[1]}” better than chance would."
        sides: list[str] = []
        for name, words, own in ((self.names[0], self.more, 0), (self.names[1], self.less, 1)):
            if words:
                told = [f"{w.name} ({_percent(w.shares[own])} of the images against {_percent(w.shares[1 - own])})"
                        for w in words[:1]] + [f"{w.name} ({_percent(w.shares[own])} against {_percent(w.shares[1 - own])})"
                                               for w in words[1:most]]  # fmt: skip
                verb = "more of" if sides else "shows more of"
                sides.append(f"“{name}” {verb} {_listing(told)}")
        return "; ".join(sides) + "."


def word_contrast(
    a: Words, b: Words, names: tuple[str, str] = ("first", "second"), rate: float = RATE, seed: int = 0
) -> WordContrast:
    """What tells two sets of images apart in words. Images that are in both sets count in neither.

    Raises BadInput for words of different networks, or where a side has no image of its own.
    """
    if a.known != b.known:
        raise BadInput("These words are of different networks, so they cannot be compared. Extract both with one.")
    both = set(a.hashes) & set(b.hashes)
    a, b = _own(a, both, seed), _own(b, both, seed)
    if not len(a) or not len(b):
        raise BadInput("No words are kept of one of the two sets, or all its images are in the other one too.")
    table = csr_array(np.concatenate([_shown(a), _shown(b)]))
    totals = np.asarray(table.sum(0)).ravel().astype(np.int64)
    tried = np.flatnonzero(totals >= 2)
    shares = np.stack([_shown(side)[:, tried].mean(0) for side in (a, b)])
    p = corrected(table[:, tried], len(a), np.random.default_rng(seed))
    more: list[Word] = []
    less: list[Word] = []
    for at in np.argsort(-np.abs(shares[0] - shares[1]), kind="stable"):
        if p[at] <= rate:
            word = Word(class_names(a.known)[tried[at]], (float(shares[0, at]), float(shares[1, at])), float(p[at]))
            (more if word.shares[0] > word.shares[1] else less).append(word)
    return WordContrast(tuple(more), tuple(less), names, (len(a), len(b)), len(tried), rate)


def corrected(table: csr_array, first: int, random: np.random.Generator, deals: int = DEALS) -> np.ndarray:
    """(W,) p-values of Fisher's exact test, corrected for W words by minP. table: (N, W) of 0 and 1, the first `first`
    rows one side, the rest the other.
    """
    images = table.shape[0]
    totals = np.rint(np.asarray(table.sum(0)).ravel()).astype(np.int64)
    by_total = {int(total): _fisher(images, int(total), first) for total in np.unique(totals)}
    smallest = np.ones(deals)
    sides = np.arange(images) < first
    own = _values(np.rint(sides.astype(np.float32) @ table).astype(np.int64), totals, by_total)
    for deal in range(deals):
        dealt = np.rint(random.permutation(sides).astype(np.float32) @ table).astype(np.int64)
        smallest[deal] = _values(dealt, totals, by_total).min(initial=1.0)
    return (1 + (smallest[None] <= own[:, None] * (1 + 1e-7)).sum(1)) / (deals + 1)


def _fisher(images: int, total: int, first: int) -> np.ndarray:
    """(total + 1,) two-sided p-value for every number of the word's images that may lie on the first side."""
    odds = hypergeom.pmf(np.arange(total + 1), images, total, first)
    order = np.argsort(odds, kind="stable")
    rising = odds[order]
    # Every outcome that is at most as likely as this one counts.
    upto = np.searchsorted(rising, odds * (1 + 1e-7), "right")
    return np.minimum(np.cumsum(rising)[upto - 1], 1.0)


def _values(counts: np.ndarray, totals: np.ndarray, by_total: dict[int, np.ndarray]) -> np.ndarray:
    return np.array([by_total[total][count] for count, total in zip(counts.tolist(), totals.tolist(), strict=True)])


def _own(words: Words, both: set[str], seed: int) -> Words:
    rows = np.array([content not in both for content in words.hashes], bool)
    _, once = np.unique(np.array(words.hashes, str), return_index=True)
    rows &= np.isin(np.arange(len(rows)), once)
    chosen = np.flatnonzero(rows)
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST, replace=False))
    return words.rows(chosen)


def _shown(words: Words) -> np.ndarray:
    """(N, known) float32: 1 where a word is among those kept of an image."""
    shown = np.zeros((len(words), words.known), np.float32)
    np.put_along_axis(shown, words.classes, 1.0, 1)
    return shown


def _percent(share: float) -> str:
    return (
        "none"
        if share == 0
        else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
        if share >= 0.01
        else "under 1\N{NO-BREAK SPACE}%"
    )


def _listing(told: Sequence[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
