"""The distances that DNA-EMD is compared with, against examples worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dnacore.errors import Unavailable
from dnacore.studies.frame.study import Watch
from dnacore.studies.methods import baselines
from tests import small_world


def test_the_rarity_score_of_a_line_of_points() -> None:
    reference = np.array([[0.0], [1.0], [3.0], [10.0]])  # with k = 1 their spheres reach 1, 1, 2 and 7
    found = baselines.rarity(np.array([[0.5], [2.5], [4.5], [6.0], [30.0]]), reference, k=1)
    assert found.tolist() == [1, 2, 2, 7, np.inf]


def test_pixels_and_ssim_of_the_same_and_of_other_pictures() -> None:
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    black, white = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    assert baselines.pixel_l2(black, white) == pytest.approx(np.ones((1, 1)))
    pytest.importorskip("torchmetrics")
    found = baselines.ssim(images, images, Watch())
    assert np.diag(found) == pytest.approx(np.zeros(3), abs=1e-5) and found[0, 1] > 0.5


def test_the_perceptual_loss_is_the_mean_squared_difference_of_feature_maps(tmp_path: Path) -> None:
    small_world.draw(tmp_path, 3)
    paths = sorted(tmp_path.iterdir())
    extractor = small_world.network()
    layers = list(extractor.layers)[2:4]
    found = baselines.perceptual([*paths, tmp_path / "gone.png"], paths[:2], extractor, layers, Watch())
    seen = extractor.activations(torch.stack([extractor.preprocess(p) for p in paths]))
    literal = [
        [sum(float(((seen[x][i] - seen[x][j]) ** 2).mean()) for x in layers) for j in range(2)] for i in range(3)
    ]
    np.testing.assert_allclose(found[:3], literal, rtol=1e-3, atol=1e-4)
    assert np.isinf(found[3]).all()


def test_lpips_is_left_out_with_a_sentence_where_its_weights_are_not_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="LPIPS is left out"):
        baselines.lpips(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), Watch())


def test_lpips_runs_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchmetrics")
    from torchvision.models import squeezenet1_1

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(squeezenet1_1(weights=None).state_dict(), folder / "squeezenet1_1-b8a52dc0.pth")
    images = torch.rand(2, 3, 64, 64)
    found = baselines.lpips(images, images, Watch())
    assert np.diag(found) == pytest.approx(np.zeros(2), abs=1e-6) and found[0, 1] > 0


def test_vgg_is_replaced_by_the_own_network_and_that_is_said() -> None:
    extractor, layers, note = baselines.perceptual_network(small_world.network)
    assert extractor is small_world.network() and len(layers) == 3 and "VGG16" in note
