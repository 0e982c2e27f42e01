"""Sensitivity: which neurons tell images with something from images without it, and what can be done with them."""

from __future__ import annotations

from ui.app import address, layout, reads
from ui.sensitivity import find, forget, leave_out

PARTS = {
    "find": "Find neurons",
    "forget": "Forget an attribute",
    "leave": "Leave groups out",
    "mix": "Mix datasets",
}
DRAWN = {"find": find.draw, "forget": forget.draw, "leave": leave_out.draw, "mix": leave_out.mix}

layout.header("Sensitivity", "Which neurons see the difference between images with something and images without it?")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

DRAWN[address.segments("What to do", PARTS, key="do")](ready)
