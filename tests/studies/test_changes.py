"""Changes to images: stronger ones change more, and a distance is read off their curves."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dnacore import studies
from dnacore.sources.resolver import Sources
from dnacore.sources.study_requests import Asked, run
from dnacore.studies.changes import BY_NAME, as_strong_as
from dnacore.studies.methods.image_changes import CHANGES, Change


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(40, 200, (8, 8, 3)).astype(np.uint8))
    return coarse.resize((64, 64), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_stronger_change_changes_a_picture_more(change: Change, picture: Image.Image) -> None:
    random = np.random.default_rng(1)
    made = [change.make(picture, strength, random) for strength in change.strengths]
    assert all(one.size == picture.size and one.mode == "RGB" for one in made)
    moved = [np.abs(np.asarray(one, float) - np.asarray(picture, float)).mean() for one in made]
    assert moved == sorted(moved) and moved[0] > 0


def test_a_distance_is_read_off_a_curve() -> None:
    blur = BY_NAME["a blur"]  # 0.5, 1, 2, 3, 5 px
    curve = np.array([1.0, 2.0, 4.0, 6.0, 8.0])
    assert as_strong_as(blur, curve, 3.0) == pytest.approx(1.5)
    assert as_strong_as(blur, curve, 0.5) == pytest.approx(0.25) and as_strong_as(blur, curve, 0.0) == 0
    assert as_strong_as(blur, curve, 9.0) is None
    assert blur.words(2) == "a blur of 2 px"


def test_brighter_and_darker_images_are_known_for_what_they_are(small_sources: Sources) -> None:
    asked = Asked(studies.find("changes"), ["bright", "dark"], {"changes": "less brightness,a blur", "images": 8})
    found = run(asked, [small_sources])
    rows = {row["change"]: row for row in found.table}
    assert rows["less brightness"]["spearman"] > 0.95
    assert rows["less brightness"]["alike"] > rows["a blur"]["alike"]
    assert rows["less brightness"]["as_much_as"] is None or 40 < rows["less brightness"]["as_much_as"] <= 75
    curve = found.figures[0].series[0]
    assert curve.x[0] == 0 and curve.y[0] == 0 and len(curve.text) == len(curve.x)
