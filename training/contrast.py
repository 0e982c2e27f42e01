"""The question the network learns by: of these pictures, which show one scene, and which were painted one way?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks import Trunk
from training.shapes import WHATS


class Describer(nn.Module):
    """A trunk and two readers: one says what is shown, the other how it is painted."""

    def __init__(self, trunk: Trunk, size: int = 96) -> None:
        super().__init__()
        self.trunk = trunk

        def reader(width: int) -> nn.Module:
            return nn.Sequential(
                nn.Linear(2 * width, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, size)
            )

        self.name_late, self.name_middle = nn.Conv2d(trunk.width, len(WHATS), 1), nn.Conv2d(trunk.middle, len(WHATS), 1)
        for name in (self.name_late, self.name_middle):
            nn.init.constant_(name.bias, -4.0)
        self.late = nn.ModuleList(reader(trunk.width) for _ in range(2))
        self.early = nn.ModuleList(reader(trunk.middle) for _ in range(2))

    def forward(self, pictures: Tensor) -> tuple[list[tuple[Tensor, Tensor]], list[Tensor]]:
        """Return unit descriptions of scene and look, (n, size) each, of late and middle features; and for both what
        they see where, (n, whats, h, w) logits."""
        middle, late = self.trunk(pictures * 2 - 1)
        told = []
        for features, readers in ((late, self.late), (middle, self.early)):
            pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
            told.append(tuple(functional.normalize(read(pooled), dim=1) for read in readers))
        return told, [self.name_late(late), self.name_middle(middle)]


def missed(seen: Tensor, what: Tensor, sheets: int) -> Tensor:
    """Return the loss of telling, cell by cell, which things the drawing program put there.

    seen: (n, whats, h, w) logits of n pictures from `sheets` sheets of equal size, in order; what: (n, side, side)
    places in `WHATS`, -1 for the ground.
    """
    n, whats, h, w = seen.shape
    here = cells_with(what, whats, h, w)
    # A rim fills a hundredth of what skin fills, and would be learned last: every thing counts the same, and of the
    # places without it mostly those on sheets where it could have been.
    sheet_has = here.view(sheets, -1, whats, h * w).amax((1, 3)).repeat_interleave(n // sheets, 0)[:, :, None, None]
    absent = (1 - here) * (0.1 + 0.9 * sheet_has)
    said, unsaid = functional.softplus(-seen), functional.softplus(seen)

    def per_thing(values: Tensor) -> Tensor:
        return values.sum((0, 2, 3))

    each = per_thing(said * here) / per_thing(here).clamp(min=1)
    each = each + per_thing(unsaid * absent) / per_thing(absent).clamp(min=1)
    present = (per_thing(here) > 0).float()
    return (each * present).sum() / present.sum().clamp(min=1)


def cells_with(what: Tensor, whats: int, h: int, w: int) -> Tensor:
    """Return which things lie in which cell of a coarse grid, (n, whats, h, w) of 0.0 and 1.0."""
    n, side = what.shape[0], what.shape[1]
    cells = torch.arange(side, device=what.device)
    rows, columns = (cells * h // side)[None, :, None], (cells * w // side)[None, None, :]
    image = torch.arange(n, device=what.device)[:, None, None]
    place = ((image * (whats + 1) + what + 1) * h + rows) * w + columns
    here = torch.zeros(n * (whats + 1) * h * w, device=what.device)
    here[place.flatten()] = 1.0
    return here.view(n, whats + 1, h, w)[:, 1:]


def gather(described: Tensor, group: Tensor, temperature: float = 0.15) -> Tensor:
    """Return the loss that is low where descriptions of one group lie together and those of others apart.

    Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, eq. 2; here the groups come from the drawing
    program, not from people. described: (n, d) unit vectors; group: (n,) whole numbers.
    """
    likeness = described @ described.T / temperature
    itself = torch.eye(len(group), dtype=torch.bool, device=group.device)
    likeness = likeness.masked_fill(itself, float("-inf"))
    log_share = likeness - likeness.logsumexp(1, keepdim=True)
    together = (group[:, None] == group[None, :]) & ~itself
    return -(log_share.masked_fill(~together, 0).sum(1) / together.sum(1)).mean()
