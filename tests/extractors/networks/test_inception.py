"""The FID Inception against torchvision's Inception with the three differences patched in."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from dnacore.extractors import load_extractor
from dnacore.extractors.networks.inception import InceptionFID

inception = pytest.importorskip("torchvision.models.inception")


def test_it_is_torchvisions_with_three_differences(monkeypatch) -> None:
    extractor = load_extractor("inception_fid@random", device="cpu", input_size=96)
    theirs = inception.inception_v3(num_classes=1008, aux_logits=False, init_weights=False).eval()
    theirs.load_state_dict(extractor.network.state_dict())  # strict: the published file's names fit
    average = functional.avg_pool2d
    grid_8 = []

    def pool(x, kernel_size, stride, padding):
        if x.shape[1] == 2048:
            grid_8.append(x)
            return functional.max_pool2d(x, kernel_size, stride, padding)
        return average(x, kernel_size, stride, padding, count_include_pad=False)

    seen = {}
    ends = {"block_0": "maxpool1", "block_1": "maxpool2", "block_2": "Mixed_6e", "block_3": "avgpool"}
    for layer, name in ends.items():
        getattr(theirs, name).register_forward_hook(
            lambda module, inputs, output, layer=layer: seen.__setitem__(layer, output.flatten(2))
        )
    images = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(2))
    with monkeypatch.context() as patch, torch.inference_mode():
        patch.setattr(inception.F, "avg_pool2d", pool)
        logits = theirs(images)
    ours = extractor.activations(images)
    assert (
        {layer: tensor.shape[1] for layer, tensor in ours.items()}
        == extractor.layers
        == {"block_0": 64, "block_1": 192, "block_2": 768, "block_3": 2048}
    )
    assert len(grid_8) == 1 and logits.shape == (2, 1008)
    for layer, expected in seen.items():
        torch.testing.assert_close(ours[layer], expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())
    with torch.inference_mode():
        torch.testing.assert_close(extractor.network(images), logits, rtol=1e-4, atol=1e-3)


def test_the_smallest_image() -> None:
    with torch.inference_mode():
        assert InceptionFID().eval()(torch.zeros(1, 3, 75, 75)).shape == (1, 1008)
