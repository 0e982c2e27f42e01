"""Near copies: the same picture saved again, cut or at half its size, and no other picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.analyses.near_copies import near_copies
from tests import small_world


def test_a_picture_saved_again_is_near_and_no_other_is(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = small_world.workspace(tmp_path / "home")
    folder, rng = tmp_path / "in", np.random.default_rng(0)
    folder.mkdir()
    for number in range(12):
        coarse = rng.integers(0, 256, (5, 5, 3)).astype(np.uint8)
        Image.fromarray(coarse).resize((80, 80), Image.Resampling.NEAREST).save(folder / f"{number:02d}.png")
    Image.open(folder / "03.png").save(folder / "again.jpg", quality=85)
    ws.add_dataset("d", folder)
    small_world.extract(ws, "d")
    sketches = ws.sketches("d", ws.store.settings()[0].label)
    names = [ws.files(ws.dataset("d"))[at].path for at in sketches.found]
    found = near_copies(sketches, names.index("03.png"))
    assert [names[at] for at, _ in found] == ["again.jpg"] and 0 < found[0][1] < 0.62
    assert near_copies(sketches, names.index("05.png")) == []
    with pytest.raises(dc.BadInput):
        near_copies(sketches, 99)
