"""Image: one image, how far it is from everything, and which neurons and which places in it make it so."""

from __future__ import annotations

from ui.app import layout, reads
from ui.image import one_image

layout.header(
    "Image", "Why is this image near or far: which layers, which neurons, which places?", back=("gallery", "Gallery")
)
ready = reads.ready()
if not ready:
    layout.nothing_extracted()
result, knobs = layout.result_and_knobs()
with knobs:
    shown = one_image.choose(ready)
    one_image.about(shown)
layout.question(one_image.question(shown))
with result:
    one_image.draw(shown, ready)
