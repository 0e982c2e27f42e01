"""Training: repeatable, its losses are what they say, and the shipped form computes what was trained."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from dnacore.extractors.networks.mini import Mini
from training.__main__ import SMOKE, digest, train
from training.contrast import cells_with, gather, missed
from training.learn import Recipe
from training.naming import Names
from training.networks import Trunk, fold
from training.shapes import WHATS


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    first = train(SMOKE, tmp_path / "a", cpu, fused=False)
    again = train(SMOKE, tmp_path / "b", cpu, fused=False)
    assert digest(first) == digest(again)
    assert digest(load_file(tmp_path / "a" / "mini.safetensors")) == digest(first)
    assert (tmp_path / "a" / "mini.log").read_text().splitlines()[-1] == f"weights {digest(first)}"


def test_folding_the_norms_changes_nothing() -> None:
    torch.manual_seed(0)
    trunk = Trunk()
    for module in trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    mini = Mini()
    mini.load_state_dict(fold(trunk.eval(), Names(trunk)))
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        for shipped, trained in zip(mini.features(pictures), trunk(pictures), strict=True):
            torch.testing.assert_close(shipped, trained, atol=1e-4, rtol=1e-4)


def test_gathering_is_lowest_where_groups_lie_together() -> None:
    group = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    mixed = apart[[0, 2, 1, 3]]
    assert gather(apart, group) < gather(mixed, group)
    # By hand: likeness 1 to its own kind and 0 to the two others, at temperature 1.
    expected = torch.log(torch.exp(torch.tensor(1.0)) + 2) - 1
    torch.testing.assert_close(gather(apart, group, 1.0), expected)


def test_what_lies_where_is_asked_cell_by_cell() -> None:
    """Literally: per thing, the mean loss of its cells plus that of others, on sheets without it a tenth."""
    torch.manual_seed(0)
    what, seen = torch.randint(-1, 5, (4, 16, 16)), torch.randn(4, len(WHATS), 4, 4)
    what[2:][what[2:] == 3] = 2  # the second sheet of two has no 3
    here = torch.zeros_like(seen)
    for i in range(4):
        for y in range(16):
            for x in range(16):
                if what[i, y, x] >= 0:
                    here[i, what[i, y, x], y // 4, x // 4] = 1
    torch.testing.assert_close(cells_with(what, len(WHATS), 4, 4), here)
    losses = []
    for k in range(5):
        with_, without, weights = [], [], []
        for i in range(4):
            possible = here[i // 2 * 2 : i // 2 * 2 + 2, k].any()
            for z, there in zip(seen[i, k].flatten(), here[i, k].flatten()):
                if there:
                    with_.append(-torch.log(torch.sigmoid(z)))
                else:
                    weights.append(1.0 if possible else 0.1)
                    without.append(-torch.log(1 - torch.sigmoid(z)) * weights[-1])
        losses.append(sum(with_) / len(with_) + sum(without) / max(1, sum(weights)))
    torch.testing.assert_close(missed(seen, what, 2), sum(losses) / 5)


def test_courses_follow_one_another() -> None:
    first, second, third = (2, 48, 1.0), (3, 64, 1.5), (1, 96, 1.2)
    recipe = Recipe(steps=10, courses=((0.5, *first), (0.3, *second), (0.2, *third)))
    assert [recipe.course(step) for step in range(10)] == [first] * 5 + [second] * 3 + [third] * 2
