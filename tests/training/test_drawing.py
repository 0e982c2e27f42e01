"""Image programs: one seed draws one sheet, rows share a scene, columns a look, and the account of it is true."""

from __future__ import annotations

import pytest
import torch

from training import paint, scenes
from training.genes import Genes, siblings
from training.shapes import WHATS, Sketchpad, place
from training.sheets import SHARES, sheet


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_sheet_is_drawn_the_same_from_the_same_seed() -> None:
    first, again, other = (sheet(2, 2, 32, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(first.pictures, again.pictures) and torch.equal(first.what, again.what)
    assert not torch.equal(first.pictures, other.pictures)


@pytest.mark.parametrize("program", sorted(scenes.PROGRAMS))
def test_every_program_draws_pictures_with_something_on_them(program: str) -> None:
    drawn = sheet(3, 3, 32, seeded(1), program)
    assert drawn.pictures.shape == (9, 3, 32, 32) and drawn.what.shape == (9, 32, 32)
    assert float(drawn.pictures.min()) >= 0 and float(drawn.pictures.max()) <= 1
    assert drawn.what.min() >= -1 and drawn.what.max() < len(WHATS)
    assert (drawn.what >= 0).flatten(1).any(1).float().mean() > 0.6  # a scene may be looked at from beside it
    assert drawn.scene.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2] and drawn.look.tolist() == [0, 1, 2] * 3


def test_programs_fit_into_their_genes() -> None:
    for program in SHARES.values():
        assert program > 0
    for name, program in scenes.PROGRAMS.items():
        genes = Genes(torch.zeros(1, 1000))
        program(genes, Sketchpad(1, torch.device("cpu")))
        assert genes.used <= scenes.GENES, name


def test_the_account_says_what_lies_on_top() -> None:
    """Two discs on an empty ground, the smaller one over the larger one."""
    pad = Sketchpad(1, torch.device("cpu"))
    pad.add(0.0, 0.0, 0.8, 0.8, part=0, what="skin")
    pad.add(0.0, 0.0, 0.3, 0.3, part=1, what="nose")
    look = paint.style(torch.full((1, paint.GENES), 0.5))
    straight = torch.tensor([[1.0, 0.0, 0.0, 0.0, 1.0]])
    _, what = paint.paint(pad.shapes(), look, straight, 33, seeded(), fused=False)
    assert WHATS[what[0, 16, 16]] == "nose" and WHATS[what[0, 16, 6]] == "skin" and what[0, 0, 0] == -1


def test_the_distance_to_a_form_is_that_of_a_disc() -> None:
    pad = Sketchpad(1, torch.device("cpu"))
    pad.add(0.25, -0.5, 0.5, 0.5, part=0)
    x, y = torch.meshgrid(torch.linspace(-1, 1, 9), torch.linspace(-1, 1, 9), indexing="xy")
    found = place(pad.shapes().form(0), x[None], y[None]).distance[0]
    torch.testing.assert_close(found, torch.hypot(x - 0.25, y + 0.5) - 0.5, atol=2e-3, rtol=0)


def test_siblings_share_what_is_not_their_own() -> None:
    family = siblings(6, 400, 0.2, seeded())
    alike = (family[:, None] == family[None]).float().mean(2)[~torch.eye(6, dtype=torch.bool)]
    assert float(alike.min()) > 0.5 and float(alike.max()) < 0.8  # 0.8 squared is 0.64
