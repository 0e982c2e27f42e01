"""Captum as a second opinion: gradients, guided backpropagation, integrated gradients, occlusion and Grad-CAM."""

from __future__ import annotations

import copy

import captum.attr
import pytest
import torch
from torch import nn

from dnacore.extractors import Extractor, load_extractor
from dnacore.lens.inside.gradcam import gradcam
from dnacore.lens.inside.gradients import gradient, integrated
from dnacore.lens.inside.occlusion import occlusion
from dnacore.lens.sight import looking
from dnacore.lens.target import Target
from dnacore.lens.traits import why_not

CLOSE = 1e-4
LABEL = 7
NETWORKS = {
    "resnet18": ("random_resnet18", {"input_size": 64}),
    "vgg11": ("timm:vgg11@random", {"input_size": 32, "arguments": {"num_classes": 10, "mlp_ratio": 0.02}}),
    "vit_tiny": ("timm:vit_tiny_patch16_224@random", {"input_size": 48, "arguments": {"depth": 3, "num_classes": 10}}),
}
NEURONS = {"resnet18": ("layer2_1", 5), "vgg11": ("features_7", 11), "vit_tiny": ("block_1", 4)}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> tuple[str, Extractor]:
    name, options = NETWORKS[request.param]
    return request.param, load_extractor(name, "cpu", **options)


def image_of(extractor: Extractor) -> torch.Tensor:
    state = torch.Generator().manual_seed(3)
    return torch.randn(1, 3, extractor.input_size, extractor.input_size, generator=state)


def twin_of(extractor: Extractor) -> nn.Module:
    """The network as captum can read it: a copy whose activation functions do not write into their input."""
    twin = copy.deepcopy(extractor.network).to(memory_format=torch.contiguous_format)
    for module in twin.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return twin


def neuron_of(extractor: Extractor, twin: nn.Module, layer: str, index: int):
    """The twin's peak of one neuron as a function of a batch, by a hook of its own."""
    tap = next(tap for tap in extractor.taps if tap.layer == layer)

    def peak(batch: torch.Tensor) -> torch.Tensor:
        found = []
        handle = twin.get_submodule(tap.module).register_forward_hook(lambda m, i, output: found.append(output))
        twin(batch)
        handle.remove()
        values = found[0][:, :, index] if tap.channels_at_end else found[0][:, index]
        return values.flatten(1).amax(1)

    return peak


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    scale = float(theirs.detach().abs().max())
    assert scale > 0
    assert float((ours - theirs).detach().abs().max()) / scale < CLOSE


def test_gradients_of_a_class_and_of_a_neuron(network: tuple[str, Extractor]) -> None:
    kind, extractor = network
    twin, image = twin_of(extractor), image_of(extractor)
    with looking(extractor) as sight:
        of_class = gradient(lambda batch: sight.classes(batch)[:, LABEL], image)
        target = Target.neuron(extractor, *NEURONS[kind])
        of_neuron = gradient(lambda batch: target.scores(sight, batch), image)
    given = image.clone().requires_grad_()
    close(of_class.abs(), captum.attr.Saliency(twin).attribute(given, target=LABEL))
    peak = neuron_of(extractor, twin, *NEURONS[kind])
    close(of_neuron, captum.attr.Saliency(peak).attribute(given, abs=False))


def test_integrated_gradients(network: tuple[str, Extractor]) -> None:
    _, extractor = network
    image = image_of(extractor)
    theirs = captum.attr.IntegratedGradients(twin_of(extractor)).attribute(
        image, baselines=torch.zeros_like(image), target=LABEL, n_steps=12, internal_batch_size=1
    )
    with looking(extractor) as sight:
        ours = integrated(lambda batch: sight.classes(batch)[:, LABEL], image, torch.zeros_like(image), steps=12)
    close(ours, theirs)


@pytest.mark.parametrize(("size", "stride"), [(16, 8), (13, 9)])
def test_occlusion(network: tuple[str, Extractor], size: int, stride: int) -> None:
    _, extractor = network
    image = image_of(extractor)
    with looking(extractor) as sight:
        ours, whole = occlusion(lambda batch: sight.classes(batch)[:, LABEL], image, size, stride, fill=0.25)
    twin = twin_of(extractor)
    with torch.no_grad():
        assert whole == pytest.approx(float(twin(image)[0, LABEL]), abs=1e-4)
        theirs = captum.attr.Occlusion(twin).attribute(
            image, (3, size, size), (3, stride, stride), baselines=0.25, target=LABEL
        )
    close(ours, theirs[0, 0])


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations")
@pytest.mark.parametrize("kind", ["resnet18", "vgg11"])
def test_guided_backpropagation(kind: str) -> None:
    name, options = NETWORKS[kind]
    extractor = load_extractor(name, "cpu", **options)
    image = image_of(extractor)
    with looking(extractor) as sight:
        ours = gradient(lambda batch: sight.classes(batch, guided=True)[:, LABEL], image)
        plain = gradient(lambda batch: sight.classes(batch)[:, LABEL], image)
    theirs = captum.attr.GuidedBackprop(twin_of(extractor)).attribute(image.clone().requires_grad_(), target=LABEL)
    close(ours, theirs)
    assert float((ours - plain).abs().max()) > 0.1 * float(plain.abs().max())


def test_a_network_without_relus_is_not_guided() -> None:
    name, options = NETWORKS["vit_tiny"]
    assert "no ReLU" in str(why_not("rectifiers", load_extractor(name, "cpu", **options)))
    for relus in ("random_resnet18", "mini@random"):
        assert why_not("rectifiers", load_extractor(relus, "cpu", input_size=64)) is None


@pytest.mark.parametrize(
    ("kind", "layer"), [("resnet18", "layer4_1"), ("resnet18", "layer2_0"), ("vgg11", "features_19")]
)
def test_gradcam(kind: str, layer: str) -> None:
    name, options = NETWORKS[kind]
    extractor = load_extractor(name, "cpu", **options)
    twin, image = twin_of(extractor), image_of(extractor)
    module = twin.get_submodule(next(tap.module for tap in extractor.taps if tap.layer == layer))
    theirs = captum.attr.LayerGradCam(twin, module).attribute(image, target=LABEL)
    with looking(extractor) as sight:
        ours = gradcam(sight, image, layer, LABEL)
    close(ours, theirs[:, 0])


def test_gradcam_of_tokens_leaves_the_class_token_out() -> None:
    """The same written out: weights from the patches' gradients, the sum over channels, patches as a square."""
    name, options = NETWORKS["vit_tiny"]
    extractor = load_extractor(name, "cpu", **options)
    image = image_of(extractor)
    with looking(extractor) as sight:
        ours = gradcam(sight, image, "block_0", LABEL)
    twin, kept = twin_of(extractor), []
    twin.blocks[0].register_forward_hook(lambda m, i, output: kept.append(output.retain_grad() or output))
    twin(image.clone().requires_grad_())[:, LABEL].sum().backward()
    tokens, slopes = kept[0][0, 1:], kept[0].grad[0, 1:]
    close(ours[0].flatten(), tokens @ slopes.mean(0))
