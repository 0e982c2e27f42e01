"""Weights files: prefixes, nesting, mismatches by name and shape, nothing run from a file; random weights."""

from __future__ import annotations

import argparse
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from dnacore.errors import BadInput, Damaged
from dnacore.extractors import from_spec, load_extractor
from dnacore.extractors.build import build_network
from dnacore.extractors.loader import forget_extractors
from dnacore.extractors.weights import draw_random, load_into, read_checkpoint, weights_hash

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    network = build_network("test_resnet", {}, None, 64)
    draw_random(network, 7)
    return {key: tensor.clone() for key, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def expected(tensors) -> str:
    network = build_network("test_resnet", {}, None, 64)
    network.load_state_dict(tensors)
    return weights_hash(network)


@pytest.mark.parametrize(
    "prefix",
    ["", "module.", "backbone.", "teacher.", "encoder.", "model.", "module.backbone.", "teacher.module.encoder."],
)
def test_wrapper_prefixes_are_understood(prefix: str, tensors, expected, tmp_path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file({prefix + key: tensor for key, tensor in tensors.items()} | {"head.weight": torch.zeros(2)}, file)
    extractor = load_extractor(file, device="cpu", architecture="test_resnet")
    assert extractor.spec["weights"] == {"source": "file", "file": "weights.safetensors", "hash": expected}
    assert extractor.name == "weights"


@pytest.mark.parametrize(
    "nest",
    [
        lambda t: {"state_dict": t, "epoch": 3},
        lambda t: {"model": {"state_dict": {"module." + k: v for k, v in t.items()}}},
        lambda t: {
            "student": {},
            "teacher": {"backbone." + k: v for k, v in t.items()},
            "args": argparse.Namespace(lr=0.1),
        },
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_nested_checkpoints_are_opened(nest, suffix: str, tensors, expected, tmp_path) -> None:
    file = tmp_path / f"weights{suffix}"
    torch.save(nest(tensors), file)
    extractor = load_extractor(file, device="cpu", architecture="test_resnet")
    assert extractor.spec["weights"]["hash"] == expected


def test_a_mismatch_names_keys_and_shapes(tensors, tmp_path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file(tensors, file)
    with pytest.raises(BadInput) as caught:
        load_extractor(file, device="cpu", architecture="test_resnet", arguments={"num_classes": 5})
    assert "fc.weight is (1000, 96) in the file and (5, 96) in the network" in str(caught.value)
    fewer = {key: tensor for key, tensor in tensors.items() if not key.startswith("layer2.0.conv1")}
    save_file(fewer | {"layer2.0.convolution.weight": torch.zeros(3)}, file)
    with pytest.raises(BadInput) as caught:
        load_extractor(file, device="cpu", architecture="test_resnet")
    assert "layer2.0.conv1.weight (" in str(caught.value) and "layer2.0.convolution.weight" in str(caught.value)


def test_nothing_in_a_file_is_run(tmp_path) -> None:
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (marker,))

    file = tmp_path / "trap.pth"
    file.write_bytes(pickle.dumps({"state_dict": Trap()}))
    with pytest.raises(Damaged, match="trap.pth"):
        read_checkpoint(file)
    torch.save({"state_dict": Trap()}, file)
    with pytest.raises(Damaged, match="trap.pth"):
        read_checkpoint(file)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.pth"])
def test_a_broken_file_is_said_to_be_broken(name: str, tmp_path) -> None:
    (tmp_path / name).write_bytes(b'\x10\x00\x00\x00\x00\x00\x00\x00{"broken')
    with pytest.raises(Damaged, match="fetch the file again"):
        read_checkpoint(tmp_path / name)


def test_a_file_without_architecture_says_how_to_give_it(tensors, tmp_path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file(tensors, file)
    with pytest.raises(BadInput, match="architecture=.*timm_model.*weights.json"):
        load_extractor(file, device="cpu")


def test_the_json_beside_a_file_is_used(tensors, expected, tmp_path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file(tensors, file)
    about = {
        "timm_model": "test_resnet",
        "create_kwargs": {"num_classes": 1000},
        "input_size": [3, 96, 96],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "interpolation": "bilinear",
        "crop_pct": 0.5,
    }
    (tmp_path / "weights.json").write_text(json.dumps(about))
    extractor = load_extractor(str(file), device="cpu")
    assert extractor.spec["weights"]["hash"] == expected
    assert extractor.spec["preprocessing"] == {"size": 96, "mean": [0.5] * 3, "std": [0.25] * 3, "crop": "squash"}
    assert extractor.spec["labels"] == {"interpolation": "bilinear", "crop_pct": 0.5}
    named = load_extractor(str(file), device="cpu", architecture="test_resnet", arguments={"num_classes": 1000})
    assert named.fingerprint == extractor.fingerprint
    (tmp_path / "weights.json").write_text("{")
    with pytest.raises(Damaged, match="weights.json"):
        load_extractor(str(file), device="cpu")


def test_a_spec_says_no_path_and_finds_the_file_again(tensors, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "kept"))
    file = tmp_path / "mine.safetensors"
    save_file(tensors, file)
    extractor = load_extractor(file, device="cpu", architecture="test_resnet")
    assert str(tmp_path) not in json.dumps(extractor.spec)
    forget_extractors()
    assert from_spec(extractor.spec, device="cpu").fingerprint == extractor.fingerprint
    moved = tmp_path / "kept" / "mine.safetensors"
    moved.parent.mkdir()
    file.rename(moved)
    forget_extractors()
    assert from_spec(extractor.spec, device="cpu").fingerprint == extractor.fingerprint
    assert from_spec(extractor.spec, device="cpu", weights=moved).fingerprint == extractor.fingerprint


def test_random_weights_follow_the_written_rule() -> None:
    network = nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6), nn.Linear(6, 5))
    draw_random(network, 11)
    state = np.random.RandomState(11)

    def normal(shape: tuple[int, ...], fan_out: float) -> np.ndarray:
        rounded = np.rint(state.standard_normal(int(np.prod(shape))) * 4096) / 4096
        return (rounded * np.sqrt(2 / fan_out)).astype(np.float32).reshape(shape)

    np.testing.assert_allclose(network[0].weight.numpy(force=True), normal((6, 2, 3, 3), 6 * 9 / 2), rtol=1e-6)
    np.testing.assert_allclose(network[2].weight.numpy(force=True), normal((5, 6), 5), rtol=1e-6)
    assert network[0].bias.abs().max() == 0 and network[1].bias.abs().max() == 0
    assert network[1].weight.min() == 1 and network[1].running_var.min() == 1 and network[1].running_mean.max() == 0


def test_the_hash_sees_one_changed_number_and_ignores_counters() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    draw_random(network, 0)
    before = weights_hash(network)
    network[1].num_batches_tracked += 1
    assert weights_hash(network) == before
    with torch.no_grad():
        network[0].weight[0, 0, 0, 0] += 1e-6
    assert weights_hash(network) != before


def test_left_over_keys_are_returned(tensors) -> None:
    network = build_network("test_resnet", {"num_classes": 0}, None, 64)
    assert load_into(network, tensors, "file") == ["fc.weight", "fc.bias"]


@pytest.mark.skipif(not (REAL / "weights").is_dir(), reason="the real weights are not here")
@pytest.mark.parametrize(("name", "neurons"), [("mobilenetv2_100_coral", 2784), ("mobileone_s0_fused", 8432)])
def test_real_weights_name_what_is_in_photographs(name: str, neurons: int) -> None:
    timm_data = pytest.importorskip("timm.data")
    extractor = load_extractor(REAL / "weights" / f"{name}.safetensors", device="cpu")
    assert extractor.n_neurons == neurons
    synsets = timm_data.ImageNetInfo()
    files = sorted((REAL / "images" / "imagenet_sample").glob("*.JPEG"))[::2]
    best = extractor.labels(files, k=5)
    assert all(len(row) == 5 and row[0][1] >= row[1][1] for row in best)
    right = sum(synsets.index_to_label_name(row[0][0]) == file.stem.split("_")[0] for row, file in zip(best, files))
    assert right / len(files) >= 0.8


def test_a_network_without_head_has_no_labels() -> None:
    extractor = load_extractor("timm:test_resnet@random", device="cpu", arguments={"num_classes": 0})
    with pytest.raises(BadInput, match="no classifier head"):
        extractor.labels(torch.zeros(1, 3, 64, 64))
