"""Gallery: a dataset's images ranked by how much they look, to the chosen neurons, like a reference."""

from __future__ import annotations

from ui.app import layout, reads
from ui.gallery import ranked

layout.header("Gallery", "Which images look most like another dataset, or like one image?")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()
result, knobs = layout.result_and_knobs()
with knobs:
    asked = ranked.choose(ready)
layout.question(asked.question)
with result:
    ranked.draw(asked)
