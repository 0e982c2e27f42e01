"""One rule for activations that are not finite: an image that has one is rejected, named and listed, by every kernel.

A NaN has no bin and an infinity no mean, so neither can be counted; and one such image would spoil the moments of a
whole dataset.
"""

from __future__ import annotations

import torch

from dnacore.extractors import Extractor

NOT_FINITE = "an activation is not finite"


def all_finite(extractor: Extractor, batch: torch.Tensor) -> torch.Tensor:
    """(N,) bool on the CPU: whether every activation of each image of a batch (N, 3, H, W) is finite."""
    fine = torch.ones(len(batch), dtype=torch.bool)

    def see(layer: str, activations: torch.Tensor) -> None:  # (N, C, S)
        fine.logical_and_(torch.isfinite(activations).flatten(1).all(1).cpu())

    extractor.visit(batch, see)
    return fine
