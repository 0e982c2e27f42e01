"""Which words of the network's own classifier head become more or less probable from some images to others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dnacore.errors import DnaError
from dnacore.extractors.labels import name_images
from dnacore.studies.frame.result import Figure, Series
from dnacore.studies.frame.study import Request, Subject

MOST = 40  # images a side whose words are asked for
WORDS, PER_IMAGE = 5, 5
LEAST_CHANGE = 0.05  # smallest difference of the mean probability that is reported


@dataclass(frozen=True)
class Moved:
    """A word and how much its mean probability (0 to 1) rises from the images before to those after."""

    word: str
    change: float


def moved_words(request: Request, one: Subject, at: int) -> list[Moved]:
    """The words that changed most, the largest rise first; none without a head that was trained on classes."""
    if request.network is None:
        return []
    try:
        extractor = request.extractor()
    except DnaError:
        return []  # the weights are no longer on this machine
    if not extractor.classes:
        return []
    random = request.random()
    sides = []
    for images in (np.arange(at), np.arange(at, len(one))):
        kept = random.choice(images, min(MOST, len(images)), replace=False)
        total: dict[str, float] = {}
        for done, i in enumerate(np.sort(kept).tolist()):
            request.watch("naming images", done, len(kept))
            try:
                labels = name_images(extractor, [one.folder / one.paths[i]], PER_IMAGE)[0]
            except (DnaError, OSError):
                continue  # a file that is gone since extraction
            for label in labels:
                total[label.name] = total.get(label.name, 0.0) + label.probability / len(kept)
        sides.append(total)
    before, after = sides
    change = {word: after.get(word, 0.0) - before.get(word, 0.0) for word in before | after}
    largest = sorted(change, key=lambda word: -abs(change[word]))[:WORDS]
    kept_words = [Moved(word, change[word]) for word in largest if abs(change[word]) >= LEAST_CHANGE]
    return sorted(kept_words, key=lambda found: -found.change)


def word_figure(words: list[Moved]) -> Figure:
    """Bars of how much each word's mean probability rose or fell."""
    shown = Series("change", [word.word for word in words], [100 * word.change for word in words])
    return Figure(
        "bar",
        "Words that came and went",
        "word of the network's own head",
        "probability after less before, percentage points",
        [shown],
    )


def wordless(request: Request) -> str:
    """Why no words are reported."""
    if request.network is None:
        return "The network was not at hand, so no words were asked for."
    return "No word of the network's own head became clearly more or less frequent, or it has none."
