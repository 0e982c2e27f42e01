"""Which image gets which attribute: a balanced, independent plan that is known image by image.

Attributes drawn at random would be correlated by chance (64 images: phi up to 0.3), and a neuron that reacts to hats
would seem to react to beards. Instead, images come in blocks of 16. Within a block the binary attributes are columns of
a two-level orthogonal array (parities of the row's bits), so each is at exactly half and every pair is uncorrelated;
a word of four values takes two such columns and keeps their product free. Words of three values are balanced over
groups of three blocks. Which column an attribute gets, and its sign, change from group to group.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

BLOCK = 16
GROUP = 3 * BLOCK


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

    def attributes(self, index: int, seed: int) -> dict[str, int | str]:
        """The true attributes of image `index`: 0 or 1 for the binary ones, else a word."""
        group, block = index // GROUP, index % GROUP // BLOCK
        rng = generator("design", self.name, seed, group)
        fours = [values for _, values in self.words if len(values) == 4]
        pairs, singles = _columns(len(fours), len(self.binary), rng)
        flips = rng.integers(0, 2, size=16)
        rows = np.stack([rng.permutation(BLOCK) for _ in range(3)])
        row = int(rows[block, index % BLOCK])

        def bit(column: int) -> int:
            return ((row & column).bit_count() + int(flips[column])) % 2

        found: dict[str, int | str] = {name: bit(column) for name, column in zip(self.binary, singles, strict=False)}
        for number, (name, values) in enumerate(self.words):
            if len(values) == 4:
                a, b = pairs.pop()
                found[name] = values[2 * bit(a) + bit(b)]
            else:
                starts = rng.permutation(np.arange(BLOCK) % 3)
                # A second word steps the other way, so that together they do not move in step.
                found[name] = values[int(starts[row] + block * (1 + number % 2)) % 3]
        return found


def _columns(fours: int, singles: int, rng: np.random.Generator) -> tuple[list[tuple[int, int]], list[int]]:
    """Distinct columns of the array: pairs whose product stays unused, then single ones."""
    if 3 * fours + singles > BLOCK - 1:
        raise ValueError(f"{singles} binary and {fours} four-valued attributes do not fit into blocks of {BLOCK}.")
    while True:
        order = [int(column) for column in rng.permutation(np.arange(1, BLOCK))]
        pairs = [(order[2 * k], order[2 * k + 1]) for k in range(fours)]
        taken = {column for a, b in pairs for column in (a, b, a ^ b)}
        if len(taken) == 3 * fours:
            return pairs, [column for column in order if column not in taken][:singles]
