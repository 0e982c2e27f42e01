"""Genes: a row of numbers in [0, 1) that decides everything about a scene or about a way of painting."""

from __future__ import annotations

import torch
from torch import Tensor


class Genes:
    """Hands out the columns of a gene table one after the other.

    table: (n, g) float32 in [0, 1), one row per scene. Every method returns (n,) or, with `count`, (n, count).
    """

    def __init__(self, table: Tensor) -> None:
        self._table, self._next = table, 0

    def __len__(self) -> int:
        return self._table.shape[0]

    @property
    def used(self) -> int:
        """Columns taken so far."""
        return self._next

    def _take(self, count: int) -> Tensor:
        start, self._next = self._next, self._next + count
        if self._next > self._table.shape[1]:
            raise ValueError(f"A program needs more than its {self._table.shape[1]} genes.")
        return self._table[:, start : self._next]

    def uniform(self, low: float, high: float, count: int | None = None) -> Tensor:
        """Return numbers spread evenly over [low, high)."""
        drawn = low + (high - low) * self._take(count or 1)
        return drawn if count else drawn[:, 0]

    def skewed(self, low: float, high: float, count: int | None = None, power: float = 3.0) -> Tensor:
        """Return numbers in [low, high), most of them near `low`."""
        drawn = low + (high - low) * self._take(count or 1) ** power
        return drawn if count else drawn[:, 0]

    def chance(self, share: float, count: int | None = None) -> Tensor:
        """Return 1.0 with probability `share`, else 0.0."""
        drawn = (self._take(count or 1) < share).float()
        return drawn if count else drawn[:, 0]

    def pick(self, choices: int, count: int | None = None) -> Tensor:
        """Return whole numbers from 0 to choices - 1 (int64)."""
        drawn = (self._take(count or 1) * choices).long().clamp(0, choices - 1)
        return drawn if count else drawn[:, 0]


def siblings(rows: int, genes: int, rate: float, generator: torch.Generator) -> Tensor:
    """Return gene tables of a family, (rows, genes): each member has a share `rate` of its genes to itself."""
    device = generator.device
    base = torch.rand((1, genes), generator=generator, device=device)
    fresh = torch.rand((rows, genes), generator=generator, device=device)
    own = torch.rand((rows, genes), generator=generator, device=device) < rate
    return torch.where(own, fresh, base)
