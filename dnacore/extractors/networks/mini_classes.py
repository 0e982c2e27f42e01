"""What each neuron of the last two layers of `mini` was trained to name: kinds of form, then things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LAYERS = ("things_middle", "things")


def _form(kind: int) -> str:
    words = [word for bit, word in ((8, "hollow"), (4, "bent"), (2, "tapered")) if kind & bit]
    return " ".join([*words, "box" if kind & 1 else "ellipse"])


THINGS = tuple(_form(kind) for kind in range(16)) + (
    "skin", "hair", "cloth", "scarf", "ear", "beard", "eye", "brow", "nose", "mouth", "smile", "spectacle lens",
    "spectacle rim", "hat crown", "hat brim", "earring",
    "leg", "tail", "body", "neck", "animal ear", "animal head", "muzzle", "animal eye", "saddle", "floor",
    "sun", "cloud", "land", "wall", "roof", "road", "trunk", "leaves", "car", "wheel", "lamp", "pole",
    "branch 0", "branch 1", "branch 2", "branch 3", "tip",
)  # fmt: skip


def thing_of(extractor: Mapping[str, Any], layer: str, index: int) -> str | None:
    """Return what a neuron was trained to name, or None for one that was not.

    extractor: the specification of a DNA's extractor.
    """
    things = things_of(extractor, layer)
    return things[index] if things else None


def things_of(extractor: Mapping[str, Any], layer: str) -> tuple[str, ...]:
    """Return what the neurons of a layer were trained to name, or nothing for a layer that names nothing."""
    return THINGS if extractor.get("architecture") == "dnacore:mini" and layer in LAYERS else ()
