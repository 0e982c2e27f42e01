"""Sensitivity: which neurons tell images with something from images without it, and what can be done with them."""

from __future__ import annotations

from ui import address, forgetting, layout, leaving, sensing, state

PARTS = {
    "find": "Find neurons",
    "forget": "Forget an attribute",
    "leave": "Leave groups out",
    "mix": "Mix datasets",
}
DRAWN = {"find": sensing.draw, "forget": forgetting.draw, "leave": leaving.draw, "mix": leaving.mix}

layout.header("Sensitivity", "Which neurons see the difference between images with something and images without it?")
ready = state.ready()
if not ready:
    layout.nothing_extracted()

DRAWN[address.segments("What to do", PARTS, key="do")](ready)
