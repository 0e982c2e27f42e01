"""What an Extractor promises: layers in order, views without copies, no hook left, a fingerprint that means it."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import torch

from dnacore.errors import BadInput, Mismatch, Unavailable, UnknownName
from dnacore.extractors import from_spec, load_extractor
from dnacore.extractors.loader import forget_extractors

RANDOM_RESNET18 = "0c804eb2c71d1f53dfc6e147c64bc931"
RANDOM_RESNET50 = "38688faf9bcd3124dc7164ec3143f0d4"


@pytest.fixture(scope="module")
def resnet18():
    return load_extractor("random_resnet18", device="cpu")


@pytest.fixture(scope="module")
def batch() -> torch.Tensor:
    numbers = np.random.RandomState(3).standard_normal((2, 3, 64, 64)).astype(np.float32)
    return torch.from_numpy(numbers)


def hooks(network: torch.nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in network.modules())


def test_random_weights_are_the_same_on_every_machine(resnet18) -> None:
    assert resnet18.spec["weights"] == {"source": "random", "seed": 0, "hash": RANDOM_RESNET18}


def test_resnet50_has_the_layers_of_the_paper() -> None:
    extractor = load_extractor("random_resnet50", device="cpu")
    assert extractor.n_neurons == 15_104
    assert list(extractor.layers)[0] == "layer1_0" and list(extractor.layers)[-1] == "layer4_2"
    assert extractor.spec["weights"]["hash"] == RANDOM_RESNET50


def test_activations_are_what_the_blocks_give(resnet18, batch) -> None:
    network = resnet18.network
    with torch.inference_mode():
        x = network.maxpool(network.act1(network.bn1(network.conv1(batch.to(memory_format=torch.channels_last)))))
        expected = {}
        for i in range(1, 5):
            for j, block in enumerate(getattr(network, f"layer{i}")):
                x = block(x)
                expected[f"layer{i}_{j}"] = x.clone()
    seen = resnet18.activations(batch)
    assert list(seen) == list(resnet18.layers)
    for layer, count in resnet18.layers.items():
        assert seen[layer].shape == (2, count, expected[layer][0, 0].numel())
        assert seen[layer].dtype == torch.float32
        torch.testing.assert_close(seen[layer], expected[layer].flatten(2), rtol=1e-4, atol=1e-4)


def test_no_block_is_a_copy_of_the_one_before(resnet18, batch) -> None:
    seen = resnet18.activations(batch)
    assert not torch.equal(seen["layer1_0"], seen["layer1_1"])


@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous"])
def test_visit_hands_over_the_networks_own_memory(batch, memory_format: str) -> None:
    extractor = load_extractor("random_resnet18", device="cpu", memory_format=memory_format)
    strides = {}
    extractor.visit(batch, lambda layer, tensor: strides.__setitem__(layer, (tensor.shape, tensor.stride())))
    assert list(strides) == list(extractor.layers)
    for (n, c, s), stride in strides.values():
        assert stride[1:] == ((1, c) if memory_format == "channels_last" else (s, 1)) or s == 1


def test_visit_stops_after_the_last_layer_and_leaves_no_hook(resnet18, batch) -> None:
    calls = []
    handle = resnet18.network.fc.register_forward_hook(lambda *_: calls.append("fc"))
    try:
        before = hooks(resnet18.network)
        resnet18.visit(batch, lambda layer, tensor: None)
        assert calls == [] and hooks(resnet18.network) == before
    finally:
        handle.remove()


def test_an_error_in_see_passes_through_and_leaves_no_hook(resnet18, batch) -> None:
    def see(layer: str, tensor: torch.Tensor) -> None:
        if layer == "layer2_0":
            raise KeyError("from see")

    with pytest.raises(KeyError, match="from see"):
        resnet18.visit(batch, see)
    assert hooks(resnet18.network) == 0


def test_two_threads_do_not_hear_each_other(resnet18, batch) -> None:
    alone = resnet18.activations(batch[:1])["layer4_1"]
    results: list[torch.Tensor] = []

    def work() -> None:
        for _ in range(3):
            results.append(resnet18.activations(batch[:1])["layer4_1"])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 9
    for result in results:
        torch.testing.assert_close(result, alone)


@pytest.mark.parametrize("wrong", [torch.zeros(3, 64, 64), torch.zeros(1, 1, 64, 64), "no tensor"])
def test_a_batch_of_another_shape_is_refused(resnet18, wrong) -> None:
    with pytest.raises(BadInput, match="N, 3, H, W"):
        resnet18.visit(wrong, lambda layer, tensor: None)


def test_a_network_with_fixed_input_says_so() -> None:
    extractor = load_extractor("timm:test_vit@random", device="cpu")
    side = extractor.input_size
    with pytest.raises(BadInput, match=f"{side} x {side}"):
        extractor.visit(torch.zeros(1, 3, 64, 64), lambda layer, tensor: None)
    smaller = load_extractor("timm:test_vit@random", device="cpu", input_size=64)
    seen = smaller.activations(torch.zeros(1, 3, 64, 64))
    assert seen["block_0"].shape == (1, 64, 17)
    assert smaller.fingerprint != extractor.fingerprint


def test_the_fingerprint_follows_meaning_and_nothing_else() -> None:
    def fingerprint(**options: object) -> str:
        return load_extractor("timm:test_resnet@random", device="cpu", **options).fingerprint

    usual = fingerprint()
    assert fingerprint(memory_format="contiguous") == usual
    others = [
        fingerprint(crop="center"),
        fingerprint(precision="bf16"),
        fingerprint(weights="random:1"),
        fingerprint(input_size=96),
        fingerprint(mean=(0.4, 0.5, 0.6)),
        fingerprint(arguments={"num_classes": 9}),
    ]
    assert len({usual, *others}) == 7


def test_half_precision_is_seen_as_float32(batch) -> None:
    extractor = load_extractor("random_resnet18", device="cpu", precision="bf16")
    exact = load_extractor("random_resnet18", device="cpu").activations(batch)
    seen = extractor.activations(batch)
    assert {tensor.dtype for tensor in seen.values()} == {torch.float32}
    error = (seen["layer4_1"] - exact["layer4_1"]).abs().mean() / exact["layer4_1"].abs().mean()
    assert 0 < error < 0.05


def test_a_spec_survives_json_and_builds_the_same_extractor(resnet18, batch) -> None:
    spec = json.loads(json.dumps(resnet18.spec))
    forget_extractors()
    again = from_spec(spec, device="cpu")
    assert again is not resnet18
    assert (again.fingerprint, again.layers, again.spec) == (resnet18.fingerprint, resnet18.layers, resnet18.spec)
    torch.testing.assert_close(again.activations(batch)["layer3_1"], resnet18.activations(batch)["layer3_1"])
    spec["fingerprint"] = "0" * 32
    with pytest.raises(Mismatch, match="random_resnet18"):
        from_spec(spec, device="cpu")


def test_the_same_arguments_give_the_same_object() -> None:
    assert load_extractor("random_resnet18", device="cpu") is load_extractor("random_resnet18", device="cpu")


def test_loading_leaves_torchs_random_numbers_alone() -> None:
    forget_extractors()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_extractor("timm:test_vit@random", device="cpu")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("random_resnet81", {}, UnknownName, "did you mean random_resnet"),
        ("timm:resnet18x", {}, UnknownName, "no network named"),
        ("timm:resnet18.nobody", {}, UnknownName, "no weights 'nobody'"),
        ("timm:resnet18", {}, Unavailable, "download=True"),
        ("dino_resnet50", {}, Unavailable, "dino_resnet50_pretrain.pth"),
        ("random_resnet18", {"device": "tpu"}, BadInput, "unknown"),
        ("random_resnet18", {"precision": "fp8"}, BadInput, "fp32"),
        ("random_resnet18", {"crop": "round"}, BadInput, "squash"),
        ("random_resnet18", {"weights": "random:x"}, BadInput, "seed"),
        ("nowhere/file.safetensors", {}, BadInput, "no weights file"),
        ("timm:resnet18@random", {"arguments": {"depth": 3}}, BadInput, "depth=3"),
        ("timm:resnet18@random", {"prepare": "fold"}, BadInput, "reparameterize"),
    ],
)
def test_what_cannot_be_loaded_says_what_to_do(name, options, error, words, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(error, match=words):
        load_extractor(name, **{"device": "cpu", **options})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_missing_gpu_is_said_plainly() -> None:
    with pytest.raises(Unavailable, match="cpu"):
        load_extractor("random_resnet18", device="cuda")
