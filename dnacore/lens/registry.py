"""Every analysis of the lens by name, in the order of the pages."""

from __future__ import annotations

from collections.abc import Mapping

from dnacore.lens.analysis import NAMES, Analysis
from dnacore.lens.dreams import caricature, deepdream, invert, maximise, restyle
from dnacore.lens.inside import activation_map, gradcam, gradients, occlusion, path
from dnacore.lens.sets import cka, filters, neighbours, patches, poster

_EVERY = (
    patches.ANALYSIS, activation_map.ANALYSIS, occlusion.ANALYSIS, gradients.GRADIENT, gradients.GUIDED,
    gradients.INTEGRATED, gradcam.ANALYSIS, maximise.ANALYSIS, caricature.ANALYSIS, deepdream.ANALYSIS, invert.ANALYSIS,
    filters.ANALYSIS, path.ANALYSIS, neighbours.ANALYSIS, restyle.ANALYSIS, cka.ANALYSIS, poster.ANALYSIS,
)  # fmt: skip

ANALYSES: Mapping[str, Analysis] = {name: next(one for one in _EVERY if one.name == name) for name in NAMES}
