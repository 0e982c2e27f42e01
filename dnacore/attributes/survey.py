"""Attributes: the questions that a table of labels answers, and the sensitivity to all of them at once.

A column of 0 and 1 asks one question; a column of words asks one per word (this word or another). Images whose value is
not known are on neither side. One pass over the sketches answers every question, without a second extraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dnacore.attributes.derived import BETWEEN, TAG
from dnacore.attributes.sensitivity import Sensitivity
from dnacore.distances.contrasts import columns, contrast
from dnacore.distances.permutation import SPLITS, Noise, random_splits
from dnacore.errors import BadInput, UnknownName
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import SEES

MOST_WORDS = 20  # a column with more different words names images instead of describing them


@dataclass(frozen=True, eq=False)
class Attribute:
    """One question about images. with_, without: (N,) bool, which images have the attribute and which do not."""

    name: str
    with_: np.ndarray
    without: np.ndarray

    @property
    def images(self) -> tuple[int, int]:
        """How many images have the attribute, and how many have not."""
        return int(self.with_.sum()), int(self.without.sum())

    def among(self, images: np.ndarray) -> Attribute:
        """The same question about some of the images: positions (k,) int, or (N,) bool."""
        return Attribute(self.name, self.with_[images], self.without[images])


def attributes_of(table: pd.DataFrame, least: int = 2) -> list[Attribute]:
    """Every question that has `least` images or more on both sides. table: one row per image, as `ws.attributes` gives,
    or `ws.described`: of what a network sees, and of tags, the 20 most frequent are asked about. An image without a tag
    certainly does not have it.
    """
    found = []
    for column in table.columns:
        values = table[column].astype(str).to_numpy()
        if column == SEES:
            found += _seen(values)
            continue
        words = sorted(set(values) - {""})
        if set(words) <= {"0", "1"}:
            found.append(Attribute(str(column), values == "1", values == "0"))
        elif column == TAG:
            found += _tagged(values)
        elif len(words) <= MOST_WORDS:
            known = values != ""
            found += [Attribute(f"{column}={word}", values == word, known & (values != word)) for word in words]
    return [a for a in found if min(a.images) >= least]


def _seen(values: np.ndarray) -> list[Attribute]:
    """A question for each of the words that most often come first: this word or another."""
    words, counts = np.unique(values[values != ""], return_counts=True)
    often = sorted(zip(-counts, words, strict=True))[:MOST_WORDS]
    return [Attribute(f"{SEES}={word}", values == word, (values != "") & (values != word)) for _, word in often]


def _tagged(values: np.ndarray) -> list[Attribute]:
    """A question for each of the most frequent tags; an image may have several."""
    tags = [value.split(BETWEEN) for value in values]
    often = Counter(tag for one in tags for tag in one if tag not in ("", "0")).most_common(MOST_WORDS)
    having = {tag: np.array([tag in one for one in tags]) for tag, _ in often}
    return [Attribute(f"{TAG}={tag}", mask, ~mask) for tag, mask in having.items()]


def attribute(table: pd.DataFrame, name: str) -> Attribute:
    """The question of that name: a column, or `column=word`. Raises UnknownName."""
    questions = {a.name: a for a in attributes_of(table, least=1)}
    if name not in questions:
        raise UnknownName(f"There is no attribute {name!r} to ask about. There are: {', '.join(questions) or 'none'}.")
    return questions[name]


def sensitivities(
    sketches: Sketches, attributes: Sequence[Attribute], layers: Mapping[str, int], extractor: str,
    splits: int = SPLITS, seed: int = 0,
) -> dict[str, Sensitivity]:  # fmt: skip
    """Sensitivity to every attribute: {name: Sensitivity}, from one pass over the sketches of the attributes' images.

    The noise is measured once, on random halves of all images, and carried over to each attribute's sizes n and m: the
    mean EMD of random samples falls as sqrt(1/n + 1/m). `sensitivity` measures it for the very sizes. Raises BadInput.
    """
    if not attributes:
        raise BadInput("No attribute has images with it and without it. Add the dataset with a table of attributes.")
    asked = columns(np.stack([a.with_ for a in attributes]), np.stack([a.without for a in attributes]))
    halves = len(sketches) // 2
    chance = splits if halves else 0
    if chance:
        sides = random_splits(halves, len(sketches) - halves, splits, np.random.default_rng(seed))
        asked = np.concatenate([asked, columns(sides, ~sides)], axis=1)
    found = contrast(sketches, asked)
    count = len(attributes)
    noise = Noise.of(found.emd[:, count:]) if chance else None
    out = {}
    for c, a in enumerate(attributes):
        n, m = a.images
        scale = np.sqrt((1 / n + 1 / m) / (1 / halves + 1 / (len(sketches) - halves))) if noise else 0.0
        out[a.name] = Sensitivity(
            found.emd[:, c].copy(), np.sign(found.shift[:, c]).astype(np.int64), None if noise is None else noise.mean * scale, layers,
            extractor, (a.name, f"not {a.name}"), a.images, None if noise is None else noise.highest,
        )  # fmt: skip
    return out
