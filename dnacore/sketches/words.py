"""Words: the classes that a network's own head finds most probable for an image, kept beside its sketch.

A few bytes an image, in files of their own, one a shard: what was extracted before words were kept simply has none.
They are guesses of the network, stand beside the DNA and never enter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dnacore.errors import BadInput
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import packed, unpacked

KIND, VERSION = "visual-dna words", 1
KEPT = 5
SEES = "sees"  # the name of the attribute of words: NAME[sees=WORD]


@dataclass(frozen=True, eq=False)
class Words:
    """The most probable classes of N images. k: `KEPT`, or fewer where the head knows fewer.

    classes: (N, k) int64 class indices, best first. probabilities: (N, k) float32, 0 to 1, falling.
    hashes: the images' content hashes. known: how many classes the head tells apart.
    """

    classes: np.ndarray
    probabilities: np.ndarray
    hashes: tuple[str, ...]
    known: int

    def __post_init__(self) -> None:
        if self.classes.shape != self.probabilities.shape or len(self.classes) != len(self.hashes):
            raise BadInput(f"Words of {len(self.classes)} images were given with {len(self.hashes)} images.")

    def __len__(self) -> int:
        return len(self.hashes)

    def of(self, hashes: Sequence[str]) -> tuple[np.ndarray, Words]:
        """The words kept of these images: (positions (m,) int64 in `hashes`, their words)."""
        row = {content: at for at, content in enumerate(self.hashes)}
        found = np.array([i for i, content in enumerate(hashes) if content in row], np.int64)
        rows = np.array([row[hashes[i]] for i in found], np.int64)
        return found, self.rows(rows)

    def rows(self, images: np.ndarray) -> Words:
        """The words of some of these images: positions (m,) int64, or (N,) bool."""
        names = np.array(self.hashes, object)[images]
        return Words(self.classes[images], self.probabilities[images], tuple(names.tolist()), self.known)

    def table(self) -> np.ndarray:
        """(N, known) float32: every class's probability for every image, 0 where it is not among those kept."""
        whole = np.zeros((len(self), self.known), np.float32)
        np.put_along_axis(whole, self.classes, self.probabilities, 1)
        return whole


def together(parts: Sequence[Words]) -> Words:
    """One set of words after another, as one. Raises BadInput where the heads tell different classes apart."""
    if not parts or any(part.known != parts[0].known for part in parts):
        raise BadInput("These words are of different networks, so they cannot be put together.")
    hashes = tuple(content for part in parts for content in part.hashes)
    classes, odds = (np.concatenate([getattr(p, name) for p in parts]) for name in ("classes", "probabilities"))
    return Words(classes, odds, hashes, parts[0].known)


def save_words(path: Path, words: Words) -> None:
    """Write the words of one shard."""
    arrays = {
        "classes": words.classes.astype(np.uint32),
        "probabilities": words.probabilities.astype(np.float32),
        "hashes": packed(words.hashes),
    }
    arrayfile.write(path, KIND, VERSION, arrays, {"known": words.known})


def load_words(path: Path) -> Words:
    """Read what `save_words` wrote, and check all of it. Raises Damaged."""
    arrayfile.verify(path, KIND, VERSION)
    arrays, about = arrayfile.read(path, KIND, VERSION)
    return Words(
        np.array(arrays["classes"], np.int64), np.array(arrays["probabilities"]), unpacked(arrays["hashes"]),
        int(about["known"]),
    )  # fmt: skip
