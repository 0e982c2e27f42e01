"""Distances: how far the datasets are from each other, and which of them chance alone cannot tell apart."""

from __future__ import annotations

from ui.app import layout, seen
from ui.choices import without_images
from ui.distances import heatmap, pairs

layout.header("Distances", "How far apart are your datasets, and is it more than chance would give?")
ready = without_images.comparable()
if not ready or (len(ready) < 2 and not seen.described(ready[0].dataset)):
    layout.nothing_extracted(needed=2)
result, knobs = layout.result_and_knobs()
with knobs:
    asked = heatmap.choose(ready)
if asked is not None:
    layout.question(heatmap.question(asked))
    with result:
        heatmap.draw(asked, len(ready))
    pairs.follow()
