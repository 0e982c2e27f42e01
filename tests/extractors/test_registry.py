"""The registry: complete, quick to read, and true to the networks as built."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from dnacore.extractors import available, load_extractor
from dnacore.extractors.build import build_network, network_defaults
from dnacore.extractors.loader import forget_extractors
from dnacore.extractors.registry import ENTRIES, Entry
from dnacore.extractors.taps import find_taps

NEURONS = {
    "efficientnet_lite0": 3_088,
    "mugs_vit_base": 9_984,
    "mugs_vit_large": 25_600,
    "dino_vitb16": 9_984,
    "dino_resnet50": 15_104,
    "clip_vitb16": 9_984,
    "inception_fid": 3_072,
    "vgg16": 4_224,
    "random_resnet50": 15_104,
    "random_resnet18": 1_920,
    "mini": 2_094,
    "hrnet_w48": 6_720,
    "stable_diffusion_v14": 4_360,
}


def test_every_extractor_of_the_paper_is_there_with_its_neurons() -> None:
    found = {info.name: info.neurons for info in available()}
    assert {name: found[name] for name in NEURONS} == NEURONS
    assert all(any(name.startswith(family) for name in found) for family in ("dinov2_", "dinov3_vit", "siglip2_"))
    assert any(name.startswith("dinov3_convnext") for name in found)


def test_every_row_says_where_from_how_large_and_under_which_licence(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for info in available():
        assert info.license and info.source and info.title
        assert info.status == ("ready" if info.name.startswith(("random_", "mini")) else info.status)
        assert (info.bytes == 0) == info.name.startswith("random_")
    statuses = {info.name: info.status for info in available()}
    assert (statuses["mugs_vit_base"], statuses["dino_resnet50"]) == ("needs download", "needs file")
    (tmp_path / "dino_resnet50_pretrain.pth").touch()
    assert {info.name: info.status for info in available()}["dino_resnet50"] == "ready"


def test_the_list_is_read_without_a_network_library() -> None:
    code = (
        "import json, sys; from dnacore.extractors import available; "
        "print(json.dumps([len(available()), 'torch' in sys.modules, 'timm' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [len(ENTRIES), False, False]


@pytest.mark.parametrize("row", ENTRIES, ids=lambda row: row.name)
def test_the_table_is_what_is_built(row: Entry) -> None:
    network = build_network(row.architecture, row.arguments, row.prepare, row.input_size, device="meta")
    taps = find_taps(network, row.input_size, row.taps)
    assert [(tap.layer, tap.neurons) for tap in taps] == list(row.layers.items())
    assert sum(parameter.numel() for parameter in network.parameters()) == row.parameters


@pytest.mark.parametrize(
    "row",
    [row for row in ENTRIES if not row.architecture.startswith("dnacore:") and not row.prepare],
    ids=lambda row: row.name,
)
def test_the_preprocessing_is_the_published_one(row: Entry) -> None:
    usual = network_defaults(row.architecture, {}, None)
    if row.architecture not in ("vit_base_patch16_224", "vit_large_patch16_224"):
        assert (row.mean, row.std) == (usual.preprocessing.mean, usual.preprocessing.std)
    if "." in row.architecture:
        assert row.repo == usual.hub.repo


@pytest.mark.parametrize(
    ("name", "options", "shapes"),
    [
        ("dinov3_convnext_tiny", {"input_size": 32}, {"stage_0_block_0": 64, "stage_3_block_2": 1}),
        ("dinov3_vits16", {"input_size": 32}, {"block_0": 9}),
        ("dinov2_vits14", {"input_size": 28}, {"block_0": 5}),
        ("vgg16", {"input_size": 32}, {"relu_1_1": 32 * 32, "relu_5_3": 4}),
        ("hrnet_w48", {"input_size": 64}, {"stage4_2_0": 256, "head": 4}),
        # Shortened, to be quick: the first token only where CLIP normalises no other.
        ("dino_vitb16", {"input_size": 32, "arguments": {"depth": 2}}, {"block_1": 5, "last_norm": 5}),
        ("clip_vitb16", {"input_size": 32, "arguments": {"depth": 2}}, {"block_1": 5, "last_norm": 1}),
        ("siglip2_vitb16", {"input_size": 32, "arguments": {"depth": 2}}, {"block_0": 4, "last_norm": 4}),
    ],
)
def test_builds_offline_with_random_weights(name: str, options: dict, shapes: dict[str, int]) -> None:
    check_random(name, options, shapes)
    forget_extractors()


@pytest.mark.parametrize("row", [row for row in ENTRIES if "last_norm" in row.layers], ids=lambda row: row.name)
def test_the_first_two_blocks_of_every_transformer_run(row: Entry) -> None:
    """All blocks are alike, and that all of them are there is seen above: drawing 400 million weights takes a minute."""
    options = {"input_size": 28 if "14" in row.name else 32, "arguments": row.arguments | {"depth": 2}}
    check_random(row.name, options, {"block_0": None, "block_1": None, "last_norm": None})
    forget_extractors()


def check_random(name: str, options: dict, shapes: dict[str, int | None]) -> None:
    extractor = load_extractor(f"{name}@random", device="cpu", **options)
    assert extractor.name == f"{name}@random"
    side = extractor.input_size
    state = torch.Generator().manual_seed(1)
    seen = extractor.activations(torch.randn(1, 3, side, side, generator=state))
    assert {layer: tensor.shape[1] for layer, tensor in seen.items()} == extractor.layers
    for layer, places in shapes.items():
        assert places is None or seen[layer].shape[2] == places
    assert all(torch.isfinite(tensor).all() for tensor in seen.values())
