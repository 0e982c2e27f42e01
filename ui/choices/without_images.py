"""What stands where images of a DNA would be that came without them: one sentence, and the next step."""

from __future__ import annotations

from collections.abc import Sequence

from dnacore.workspace.saved import imported
from ui.app import layout, navigation, reads, words
from ui.app.reads import Ready
from ui.choices.own import groups


def comparable() -> list[Ready]:
    """Return the extracted datasets, and behind a person's own the DNAs that came without images, to be compared."""
    came = [Ready(one, imported.key(one)) for one in imported.comparable(reads.workspace(), reads.extractor())]
    there = reads.ready()
    own = [one for one in there if not groups.is_demo(one.dataset)]
    return [*own, *came, *there[len(own) :]]


def having(shown: Sequence[Ready]) -> list[Ready]:
    """Return the datasets whose images are here."""
    return [one for one in shown if not one.dataset.imported]


def draw(shown: Sequence[Ready]) -> None:
    """Say of which datasets only the DNA is here, and lead to where their images are added; nothing where none is."""
    names = [one.said for one in shown if one.dataset.imported]
    if not names:
        return
    layout.note(
        f"{words.listing(names)} came as a DNA, without images: the numbers are here, the pictures are not. "
        "Add the folder of images to see them."
    )
    navigation.link("datasets", "Add its images" if len(names) == 1 else "Add their images", add="folder")
