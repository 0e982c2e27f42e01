"""The authors' library `vdna` as a second opinion: same weights, images and ranges must give the same numbers.

What still differs by one bin: they normalise in float64 and we bin in float32, and on a ViT attention is computed by
another kernel. Either moves a value that lies on a bin's edge to the neighbouring bin, at most 1 in 10,000.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import dnacore as dc
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.dna.vdna import read_peer, read_ranges, write_peer
from dnacore.extraction.batches import feed

vdna = pytest.importorskip("vdna", reason="the authors' library is not installed", exc_type=ImportError)

PEER_NAMES = {
    "dino_vitb16": "dino_vit_base", "dino_resnet50": "dino_resnet50", "vgg16": "vgg16", "inception_fid": "inception",
}  # fmt: skip
IMAGES, HALF = 4, 2


@contextmanager
def old_library() -> Iterator[None]:
    """It was written for older versions of what it stands on: their warnings are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass
class Both:
    """The same two sets of images in both libraries: `a`, all of them, and `b`, the first half."""

    ours: dict[str, DNA]
    histograms: dict[str, Any]
    gaussians: dict[str, Any]
    layer_gaussians: dict[str, Any]


@pytest.fixture(scope="module", params=list(PEER_NAMES))
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_images: Path) -> Both:
    """Random weights in the file that each network's authors publish, read by both libraries."""
    folder = tmp_path_factory.mktemp(request.param)
    paths = sorted(tiny_images.glob("*.*"))[:IMAGES]
    weights = folder / "weights.pth"
    torch.save(weights_of(request.param), weights)
    extractor = dc.load_extractor(request.param, "cpu", weights=weights, memory_format="contiguous")
    batch = next(iter(feed(extractor, paths, IMAGES))).tensor
    ranges = write_ranges(extractor, batch, folder / "activation_ranges.json")
    calibration = read_ranges(ranges, extractor, literal=True)
    theirs = peer_network(request.param, weights, ranges)
    kinds: tuple[dict[str, Any], ...] = ({}, {}, {}, {})
    for name, count in (("a", IMAGES), ("b", HALF)):
        kinds[0][name] = ours_of(extractor, calibration, batch[:count], name)
        kinds[1][name] = peer_dna(theirs, "histogram-1000", paths[:count])
        kinds[2][name] = peer_dna(theirs, "gaussian", paths[:count])
        kinds[3][name] = peer_dna(theirs, "layer-gaussian", paths[:count])
    return Both(*kinds)


def weights_of(name: str) -> dict[str, torch.Tensor]:
    import torchvision

    torch.manual_seed(0)
    if name == "dino_vitb16":
        from vdna.networks.dino_vit import vit_base

        return vit_base(num_relation_blocks=1).state_dict()
    if name == "inception_fid":  # their constructor takes the keys of the published file, which ours has too
        return dc.load_extractor("inception_fid@random", "cpu").network.state_dict()
    if name == "vgg16":  # its classifier, 120 million weights that nobody looks at, is not drawn
        with torch.device("meta"):
            network = torchvision.models.vgg16(weights=None, init_weights=False)
        network.to_empty(device="cpu")
        network.features.apply(lambda layer: layer.reset_parameters() if hasattr(layer, "reset_parameters") else None)
        network.classifier.apply(lambda layer: [torch.nn.init.zeros_(one) for one in layer.parameters(recurse=False)])
    else:
        network = torchvision.models.resnet50(weights=None)
    return {key: value for key, value in network.state_dict().items() if name == "vgg16" or not key.startswith("fc.")}


def write_ranges(extractor: dc.Extractor, batch: torch.Tensor, path: Path) -> Path:
    data: dict[str, Any] = {"mins_per_neuron": {}, "maxs_per_neuron": {}}
    for layer, x in extractor.activations(batch).items():
        for key, end in (("mins_per_neuron", x.amin((0, 2))), ("maxs_per_neuron", x.amax((0, 2)))):
            data[key][layer] = {str(i): value for i, value in enumerate(end.tolist())}
    path.write_text(json.dumps(data))
    return path


def peer_network(name: str, weights: Path, ranges: Path) -> Any:
    """Their network with its downloads answered by local files."""
    import torchvision
    from vdna import networks
    from vdna.networks import dino_resnet50, dino_vit, inception_pytorch, vgg16
    from vdna.utils.settings import ExtractionSettings

    def load(*_: object, **__: object) -> dict[str, torch.Tensor]:
        return torch.load(weights, weights_only=True)

    settings = ExtractionSettings(device="cpu", num_workers=0, batch_size=IMAGES, verbose=False, n_sample_images=0)
    with pytest.MonkeyPatch.context() as patch, old_library():
        for module in (dino_resnet50, dino_vit, inception_pytorch, vgg16):
            patch.setattr(module, "hf_hub_download", lambda **_: str(ranges))
            patch.setattr(module, "load_state_dict_from_url", load, raising=False)
        patch.setattr(torchvision.models.VGG16_Weights, "get_state_dict", load)
        network = networks.get_feature_extractor(PEER_NAMES[name], settings)
    if name == "dino_resnet50" and not torch.cuda.is_available():
        # its `get_features` calls .cuda() whatever the device; the rest of it, called directly, is the same
        network.get_features = lambda images: network.forward_backbone(images)[1]
    network.get_features = once(network.get_features)
    return network


def once(features: Callable[[torch.Tensor], dict[str, Any]]) -> Callable[[torch.Tensor], dict[str, Any]]:
    """The same, keeping what it found: three kinds of their DNA ask for the same images, and a pass takes a second."""
    kept: dict[bytes, dict[str, Any]] = {}

    def found(images: torch.Tensor) -> dict[str, Any]:
        key = images.numpy().tobytes()
        if key not in kept:
            with torch.no_grad():
                kept[key] = features(images)
        return dict(kept[key])

    return found


def peer_dna(network: Any, kind: str, paths: list[Path]) -> Any:
    from vdna.utils.settings import DataSettings, ExtractionSettings
    from vdna.vdnas import get_vdna

    network.extraction_settings = ExtractionSettings(
        device="cpu", num_workers=0, batch_size=IMAGES, verbose=False, n_sample_images=0
    )
    with old_library():
        found = get_vdna(kind)
        found.fill_vdna(network, DataSettings(source=[str(path) for path in paths], shuffle_files=False))
    return found


def ours_of(extractor: dc.Extractor, calibration: Calibration, batch: torch.Tensor, name: str) -> DNA:
    with Accumulator(calibration, 0, sketches=False, covariance=list(extractor.layers)) as total:
        extractor.visit(batch, total.add)
        total.count_images(len(batch))
        found = total.distributions()
    return DNA(
        found.histograms, found.outside, found.images, found.mean, found.deviations, calibration, extractor.spec,
        name, scatter=found.scatter,
    )  # fmt: skip


@pytest.mark.slow
def test_counts_are_theirs(both: Both) -> None:
    for name in "ab":
        theirs = both.histograms[name].get_all_neurons_dists().numpy()
        ours = both.ours[name].histograms
        assert theirs.sum() == ours.sum()
        moved = np.abs(theirs - ours).sum() / 2 / ours.sum()
        assert moved <= 1e-3  # norms are computed inside the convolutions, which rounds otherwise (docs/decisions.md)
        # the rest is edges: nothing went further than to the neighbouring bin (two that follow each other count as one)
        further = np.abs(np.cumsum(theirs, 1) - np.cumsum(ours, 1)).sum()
        assert further == pytest.approx(np.abs(theirs - ours).sum() / 2, rel=0.02)


@pytest.mark.slow
def test_emd_is_theirs_given_the_same_counts(both: Both) -> None:
    from vdna import EMD

    a, b = (replace(both.ours[name], histograms=both.histograms[name].get_all_neurons_dists().numpy()) for name in "ab")
    theirs = EMD(both.histograms["a"], both.histograms["b"]).item()
    assert dc.emd_avg(a, b) == pytest.approx(theirs, rel=1e-6)
    assert dc.emd_avg(both.ours["a"], both.ours["b"]) == pytest.approx(theirs, rel=1e-3)


@pytest.mark.slow
def test_nfd_and_fd_are_theirs(both: Both) -> None:
    from vdna import FD, NFD

    a, b = both.ours["a"], both.ours["b"]
    with old_library():
        nfd = NFD(both.gaussians["a"], both.gaussians["b"]).item()
    assert dc.nfd(a, b).mean() == pytest.approx(nfd, rel=1e-5)
    layers = sorted(a.layers, key=a.layers.get)  # their matrix square root takes a minute for 2,048 neurons
    for layer in {layers[0], next(layer for layer in layers if a.layers[layer] >= 192)}:
        with old_library():
            fd = FD(both.layer_gaussians["a"], both.layer_gaussians["b"], use_neurons_from_layer=layer).item()
        assert dc.fd(a, b, layer) == pytest.approx(fd, rel=1e-4)


def network_of(layers: dict[str, int]) -> Any:
    class Small:
        fingerprint, name = "net", "net"
        n_neurons = sum(layers.values())
        spec: ClassVar = {"name": "vgg16", "precision": "fp32"}

    Small.layers = layers
    return Small


def small_dna(name: str, seed: int, layers: dict[str, int]) -> DNA:
    """A DNA of 40 images of random activations."""
    n = sum(layers.values())
    calibration = Calibration(np.full(n, -1.0), np.full(n, 1.0), layers, "net", "here")
    x = torch.from_numpy(np.random.default_rng(seed).normal(0.1 * seed, 0.3, (40, n, 9)).astype(np.float32))
    with Accumulator(calibration, 0, 50, sketches=False, covariance=list(layers)) as total:
        for layer, part in zip(layers, x.split(list(layers.values()), 1), strict=True):
            total.add(layer, part)
        total.count_images(len(x))
        found = total.distributions()
    return DNA(found.histograms, found.outside, 40, found.mean, found.deviations, calibration, {"name": "vgg16"}, name,
               scatter=found.scatter)  # fmt: skip


def test_their_library_reads_what_we_write_and_we_read_what_it_writes(tmp_path: Path) -> None:
    from vdna import EMD, FD, NFD, load_vdna_from_files

    a, b = (small_dna(name, seed, {"relu_1_1": 5, "relu_1_2": 7}) for seed, name in enumerate("ab"))
    there = {}
    for kind in ("histogram", "gaussian", "layer-gaussian"):
        for dna in (a, b):
            first, second = write_peer(dna, tmp_path / f"{dna.name}.{kind}", kind)
            assert (first.name, second.name) == (f"{dna.name}.{kind}.json", f"{dna.name}.{kind}.npz"), "no name is cut"
            with old_library():
                there[kind, dna.name] = load_vdna_from_files(first)
                there[kind, dna.name].save(tmp_path / f"theirs-{dna.name}-{kind}")
    with old_library():
        assert EMD(there["histogram", "a"], there["histogram", "b"]).item() == pytest.approx(dc.emd_avg(a, b), rel=1e-6)
        nfd = NFD(there["gaussian", "a"], there["gaussian", "b"]).item()
        assert nfd == pytest.approx(dc.nfd(a, b).mean(), rel=1e-5)
        fd = FD(there["layer-gaussian", "a"], there["layer-gaussian", "b"], use_neurons_from_layer="relu_1_2").item()
    assert fd == pytest.approx(dc.fd(a, b, "relu_1_2"), rel=1e-9)
    back = {kind: [read_peer(tmp_path / f"theirs-{name}-{kind}.json") for name in "ab"] for kind, _ in there}
    assert np.array_equal(back["histogram"][0].histograms, a.histograms) and back["histogram"][0].images == 40
    assert dc.emd_avg(*back["histogram"]) == pytest.approx(dc.emd_avg(a, b))
    assert dc.nfd(*back["gaussian"]).mean() == pytest.approx(dc.nfd(a, b).mean(), rel=1e-5)
    assert dc.fd(*back["layer-gaussian"], "relu_1_2") == pytest.approx(dc.fd(a, b, "relu_1_2"), rel=1e-9)
    with pytest.raises(dc.Mismatch, match="“a”.*“theirs-b-histogram”"):
        dc.emd(a, back["histogram"][1])
    vouched = read_peer(tmp_path / "theirs-b-histogram.json", network_of({"relu_1_1": 5, "relu_1_2": 7}), a.calibration)
    assert dc.emd_avg(a, vouched) == pytest.approx(dc.emd_avg(a, b))


def test_their_small_batches_count_values_on_inner_edges_twice_and_ours_do_not() -> None:
    from vdna.utils.stats import histogram_per_channel

    zeros = torch.zeros(2, 1, 4)
    theirs = histogram_per_channel(zeros[..., None], 4, [-1.0, 1.0])
    calibration = Calibration(np.array([-1.0]), np.array([1.0]), {"only": 1}, "net")
    with Accumulator(calibration, 0, 4, sketches=False) as total:
        total.add("only", zeros)
        total.count_images(2)
        ours = total.distributions().histograms
    assert theirs.sum() == 16 and ours.tolist() == [[0, 0, 8, 0]]
