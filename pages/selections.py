"""Selections: the sets of neurons that were kept, and what can be made of them."""

from __future__ import annotations

from ui.app import layout, reads
from ui.selections import kept, making

layout.header("Selections", "Which neurons have you kept, where did they come from, and what can be made of them?")
setting = reads.workspace().store.find_setting(reads.extractor())
if setting is None:
    layout.nothing_extracted()
else:
    result, knobs = layout.result_and_knobs()
    with knobs:
        making.draw(setting)
    with result:
        kept.draw(setting)
