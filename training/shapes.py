"""Shapes: a scene as a table of simple forms, and where each of them covers the picture.

One form serves for all: an ellipse that can be squared (box), tapered (triangle, trapezoid), bent (arc), hollowed
(ring) and cut (half disc). A face, a street and a heap of leaves differ only in the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from dnacore.extractors.networks.mini_classes import THINGS

ON, PATTERN, WHAT = 10, 12, 13  # places of these fields in `Shapes.form`

#: What a form can stand for: first the kinds of form (square + 2 tapered + 4 bent + 8 hollow), then things.
WHATS = THINGS


@dataclass
class Shapes:
    """n scenes of k forms each; every field is (n, k), lengths in half picture sides, y downwards.

    x, y: centre. rx, ry: radii. angle: radians. square: 0 ellipse .. 1 box. taper: sideways growth downwards.
    bend: how far the form curves up at its ends. ring: half the width of the rim, 0 for a filled form. cut: the form
    ends below this height (in ry; 2 = whole). on: 1 drawn, 0 left out. part: which colour it takes (whole number).
    pattern: how strongly it takes the texture of its part. what: what it stands for, a place in `WHATS`.
    """

    x: Tensor
    y: Tensor
    rx: Tensor
    ry: Tensor
    angle: Tensor
    square: Tensor
    taper: Tensor
    bend: Tensor
    ring: Tensor
    cut: Tensor
    on: Tensor
    part: Tensor
    pattern: Tensor
    what: Tensor

    @property
    def count(self) -> int:
        return self.x.shape[1]

    def form(self, k: int) -> Tensor:
        """Return form k of every scene, (n, 14), its numbers in the order of the fields."""
        return torch.stack([getattr(self, field.name)[:, k] for field in fields(self)], 1)


def _kind(square: Tensor, taper: Tensor, bend: Tensor, ring: Tensor) -> Tensor:
    return (square > 0.5).float() + 2 * (taper.abs() > 0.25) + 4 * (bend.abs() > 0.25) + 8 * (ring > 0)


class Sketchpad:
    """Collects the forms of n scenes one after the other, back to front."""

    def __init__(self, n: int, device: torch.device) -> None:
        self._n, self._device = n, device
        self._forms: list[list[Tensor]] = []

    def add(
        self,
        x: Tensor | float,
        y: Tensor | float,
        rx: Tensor | float,
        ry: Tensor | float,
        *,
        part: Tensor | int,
        angle: Tensor | float = 0.0,
        square: Tensor | float = 0.0,
        taper: Tensor | float = 0.0,
        bend: Tensor | float = 0.0,
        ring: Tensor | float = 0.0,
        cut: Tensor | float = 2.0,
        on: Tensor | float = 1.0,
        pattern: Tensor | float = 0.0,
        what: str | Tensor = "",
    ) -> None:
        """Add one form (see `Shapes`); numbers hold for all scenes, tensors are (n,). Without `what` it stands for its
        own kind of form."""
        values = (x, y, rx, ry, angle, square, taper, bend, ring, cut, on, part, pattern)
        columns = [self._column(value) for value in values]
        if isinstance(what, Tensor):
            columns.append(what.float())
        elif what:
            columns.append(self._column(WHATS.index(what)))
        else:
            columns.append(_kind(*(columns[i] for i in (5, 6, 7, 8))))
        self._forms.append(columns)

    def _column(self, value: Tensor | float) -> Tensor:
        if isinstance(value, Tensor):
            return value.float().expand(self._n)
        return torch.full((self._n,), float(value), device=self._device)

    def shapes(self) -> Shapes:
        """Return all forms as one table."""
        return Shapes(*(torch.stack(column, 1) for column in zip(*self._forms, strict=True)))


@dataclass(frozen=True)
class Place:
    """Where one form lies in every picture: u, v its own coordinates, distance signed to its edge, all (n, h, w)."""

    u: Tensor
    v: Tensor
    distance: Tensor


def place(form: Tensor, x: Tensor, y: Tensor) -> Place:
    """Return where a form lies. form: (n, 14) from `Shapes.form`; x, y: (n, h, w) places of the pixels in the scene."""
    cx, cy, rx, ry, angle, square, taper, bend, ring, cut = (form[:, i, None, None] for i in range(10))
    rx, ry, cosine, sine = rx.clamp(min=1e-3), ry.clamp(min=1e-3), angle.cos(), angle.sin()
    dx, dy = x - cx, y - cy
    u, v = (dx * cosine + dy * sine) / rx, (dy * cosine - dx * sine) / ry
    v = v + bend * u * u
    u = u / (1 + taper * v).clamp(min=0.05)
    radius = torch.lerp(torch.sqrt(u * u + v * v + 1e-6), torch.maximum(u.abs(), v.abs()), square)
    radius = torch.maximum(radius, 1 + v - cut)
    distance = (radius - 1) * torch.minimum(rx, ry)
    return Place(u, v, torch.where(ring > 0, distance.abs() - ring, distance))
