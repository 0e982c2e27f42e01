"""Which image gets which attribute: a balanced, independent plan that is known image by image.

Attributes drawn at random would be correlated by chance (64 images: phi up to 0.3), and a neuron that reacts to hats
would seem to react to beards. Instead, images come in blocks of 16. Within a block the binary attributes are columns of
a two-level orthogonal array (parities of the row's bits), so each is at exactly half and every pair is uncorrelated;
a word of four values takes two such columns and keeps their product free. Words of three values are balanced over
groups of three blocks. Which column an attribute gets, and its sign, change from group to group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

BLOCK = 16
GROUP = 3 * BLOCK

# Entry (row, column): the parity of the bits that the two numbers share, which is the two-level orthogonal array.
_PARITIES = np.array([[(row & column).bit_count() % 2 for column in range(BLOCK)] for row in range(BLOCK)])


def generator(*key: str | int) -> np.random.Generator:
    """A random generator that belongs to `key` alone, whatever was drawn before it."""
    digest = blake2b("/".join(map(str, key)).encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


@dataclass(frozen=True)
class Design:
    """The attributes of a dataset: names of the binary ones, and words with their three or four values."""

    name: str
    binary: tuple[str, ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        sizes = [len(values) for _, values in self.words]
        if any(size not in (3, 4) for size in sizes) or sizes.count(3) > 2:
            raise ValueError(f"{self.name}: a word has three or four values, and at most two words have three.")
        if 3 * sizes.count(4) + len(self.binary) > BLOCK - 1:
            raise ValueError(f"{self.name}: its attributes do not fit into blocks of {BLOCK}.")

    def attributes(self, index: int, seed: int) -> dict[str, int | str]:
        """The true attributes of image `index`: 0 or 1 for the binary ones, else a word."""
        return dict(_plan(self, seed, index // GROUP)[index % GROUP])


@lru_cache(maxsize=64)
def _plan(design: Design, seed: int, group: int) -> list[dict[str, int | str]]:
    """The attributes of the `GROUP` images of one group."""
    rng = generator("design", design.name, seed, group)
    fours = [values for _, values in design.words if len(values) == 4]
    pairs, singles = _columns(len(fours), len(design.binary), rng)
    bits = (_PARITIES + rng.integers(0, 2, BLOCK)) % 2
    starts = _starts(bits[:, singles], rng)
    found: list[dict[str, int | str]] = []
    for block in range(GROUP // BLOCK):
        for row in rng.permutation(BLOCK).tolist():
            image: dict[str, int | str] = {
                name: int(bits[row, column]) for name, column in zip(design.binary, singles, strict=True)
            }
            four = three = 0
            for name, values in design.words:
                if len(values) == 4:
                    a, b = pairs[four]
                    image[name] = values[2 * bits[row, a] + bits[row, b]]
                    four += 1
                else:
                    # A second word steps the other way, so that together they do not move in step.
                    image[name] = values[(starts[row][three] + block * (1 + three)) % 3]
                    three += 1
            found.append(image)
    return found


def _starts(binary: np.ndarray, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Levels of two three-valued words for the rows of a group's first block, all nine combinations alike often.

    Over the three blocks of a group every row meets every level; a set that ends after the first block must rely on the
    order of the rows, so the order with the least correlation to the binary attributes `(16, k)` is taken.
    """
    codes = rng.permutation(9)[np.arange(BLOCK) % 9]
    signs = 2 * binary - 1
    best, least = codes, np.inf
    for _ in range(60):
        tried = rng.permutation(codes)
        levels = np.concatenate([tried[:, None] // 3 == (0, 1, 2), tried[:, None] % 3 == (0, 1, 2)], axis=1)
        worst = np.abs(signs.T @ (levels - levels.mean(axis=0))).max() if signs.size else 0.0
        if worst < least:
            best, least = tried, worst
    return [(int(code) // 3, int(code) % 3) for code in best]


def _columns(fours: int, singles: int, rng: np.random.Generator) -> tuple[list[tuple[int, int]], list[int]]:
    """Distinct columns of the array: pairs whose product stays unused, then single ones."""
    while True:
        order = [int(column) for column in rng.permutation(np.arange(1, BLOCK))]
        pairs = [(order[2 * k], order[2 * k + 1]) for k in range(fours)]
        taken = {column for a, b in pairs for column in (a, b, a ^ b)}
        if len(taken) == 3 * fours:
            return pairs, [column for column in order if column not in taken][:singles]
