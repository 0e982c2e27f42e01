"""The Stable Diffusion encoder: published key names old and new, and where the padding goes."""

from __future__ import annotations

import torch
from safetensors.torch import save_file

from dnacore.extractors import load_extractor
from dnacore.extractors.build import build_network
from dnacore.extractors.networks.sd_vae import Downsample
from dnacore.extractors.weights import draw_random, weights_hash


def test_a_published_file_fits_under_its_old_names(tmp_path) -> None:
    network = build_network("dnacore:vae_encoder", {}, None, 32)
    draw_random(network, 3)
    published = {}
    for key, tensor in network.state_dict().items():
        for new, old in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
            if f"attentions.0.{new}." in key:
                key = key.replace(new, old)
                tensor = tensor[:, :, None, None] if tensor.ndim == 2 else tensor
        published[key] = tensor.contiguous()
    published["decoder.conv_in.weight"] = torch.zeros(2, 2)
    published["quant_conv.weight"] = torch.zeros(2, 2)
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    save_file(published, file)
    extractor = load_extractor("stable_diffusion_v14", device="cpu", weights=file, input_size=32)
    assert extractor.spec["weights"]["hash"] == weights_hash(network)
    assert extractor.name == "stable_diffusion_v14"
    seen = extractor.activations(torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert {layer: tensor.shape[1] for layer, tensor in seen.items()} == extractor.layers
    assert seen["down_0_0"].shape[2] == 32 * 32 and seen["mid_attention"].shape[2] == seen["head"].shape[2] == 16
    assert all(torch.isfinite(tensor).all() for tensor in seen.values())


def test_downsampling_pads_right_and_below() -> None:
    layer = Downsample(1)
    torch.nn.init.constant_(layer.conv.weight, 1)
    torch.nn.init.zeros_(layer.conv.bias)
    with torch.inference_mode():
        out = layer(torch.ones(1, 1, 4, 4))
    assert out[0, 0].tolist() == [[9, 6], [6, 4]]
