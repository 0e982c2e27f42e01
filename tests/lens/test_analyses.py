"""Every analysis: what it needs, what it gives, that it repeats, can be stopped and leaves the network as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dnacore as dc
from dnacore.errors import BadInput, Cancelled
from dnacore.extractors import load_extractor
from dnacore.lens import ANALYSES
from dnacore.lens.analysis import INPUTS, NAMES, TAKES, Pictures, Request, Watch
from dnacore.lens.target import Target
from dnacore.lens.traits import TRAITS

QUICK = {"steps": 3, "images": 6, "size": 24, "stride": 16, "count": 3, "patches": 2, "neurons": 2, "layers": 2}


@pytest.fixture
def request_of(network: dc.Extractor, images: list[Path], pictures: Pictures):
    """A request with everything that could be asked for, and few steps."""

    def make(name: str, **more: object) -> Request:
        defaults = ANALYSES[name].defaults
        settings = {key: value for key, value in QUICK.items() if key in defaults}
        asked = Request(
            network, Target.neuron(network, "layer2_0", 3), image=images[0], style=images[1], pictures=pictures,
            settings=settings | dict(more.pop("settings", {})),
        )  # fmt: skip
        return replace(asked, **more)

    return make


def test_the_registry_is_complete_and_says_what_it_needs() -> None:
    assert tuple(ANALYSES) == NAMES
    for analysis in ANALYSES.values():
        assert analysis.question.endswith("?") and analysis.title
        assert set(analysis.inputs) <= set(INPUTS)
        assert set(analysis.needs) <= set(TRAITS)
        assert set(analysis.takes) <= set(TAKES) and not set(analysis.takes) & set(analysis.inputs)


@pytest.mark.parametrize("name", NAMES)
def test_each_gives_a_sheet_figures_and_a_sentence_and_leaves_no_trace(name: str, request_of) -> None:
    request = request_of(name)
    said: list[tuple[str, int, int]] = []
    watch = Watch(lambda stage, done, total, preview: said.append((stage, done, total)))
    network = request.extractor.network
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    found = ANALYSES[name].run(replace(request, watch=watch))
    assert min(found.sheet.size) > 30 and found.caption.endswith(".")
    json.dumps(found.figures, allow_nan=False)
    assert name == "filters" or said
    assert all(0 <= done <= total for _, done, total in said)
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


@pytest.mark.parametrize("name", ["maximise", "caricature", "dream", "invert", "style", "integrated"])
def test_the_same_seed_gives_the_same_picture_and_another_another(name: str, request_of) -> None:
    first, again, other = (
        np.asarray(ANALYSES[name].run(request_of(name, seed=seed)).panels[-1].image) for seed in (5, 5, 6)
    )
    assert np.array_equal(first, again)
    drawn_from_noise = name in ("maximise", "invert")
    assert not drawn_from_noise or not np.array_equal(first, other)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "filters"])
def test_each_stops_when_asked(name: str, request_of) -> None:
    with pytest.raises(Cancelled):
        ANALYSES[name].run(request_of(name, watch=Watch(stop=lambda: True)))
    assert not request_of(name).extractor.network.training


def test_a_preview_shows_how_far_it_is(request_of) -> None:
    shown: list[Image.Image] = []
    watch = Watch(lambda stage, done, total, preview: shown.append(preview) if preview else None)
    ANALYSES["maximise"].run(request_of("maximise", watch=watch))
    assert shown and shown[0].size == (64, 64)


@pytest.mark.parametrize(("name", "missing"), [(a.name, what) for a in ANALYSES.values() for what in a.inputs])
def test_what_is_missing_is_said(name: str, missing: str, request_of) -> None:
    with pytest.raises(BadInput, match=INPUTS[missing].split("(")[0].strip()):
        ANALYSES[name].run(request_of(name, **{"pictures" if missing == "dataset" else missing: None}))


def test_what_does_not_hold_for_a_network_is_not_done(images: list[Path]) -> None:
    vit = load_extractor(
        "timm:vit_tiny_patch16_224@random", "cpu", input_size=32, arguments={"depth": 2, "num_classes": 0}
    )
    neuron = Target.neuron(vit, "block_0", 1)
    for name, reason in (("guided", "no ReLU"), ("gradcam", "no classifier head")):
        with pytest.raises(BadInput, match=reason):
            ANALYSES[name].run(Request(vit, neuron, image=images[0]))
    assert ANALYSES["filters"].why_not(vit) is None  # the patch embedding is a convolution over the image
    half = load_extractor("random_resnet18", "cpu", "bf16", input_size=64)
    with pytest.raises(BadInput, match="full precision"):
        ANALYSES["gradient"].run(Request(half, Target.neuron(half, "layer1_0", 0), image=images[0]))


def test_a_setting_that_is_none_or_of_another_kind_is_refused(request_of) -> None:
    for settings, message in (
        ({"colour": 1}, "no setting colour"),
        ({"steps": "many"}, "steps=many"),
        ({"jitter": 1.5}, "jitter"),
    ):
        with pytest.raises(BadInput, match=message):
            ANALYSES["maximise"].run(request_of("maximise", settings=settings))
    as_text = ANALYSES["maximise"].run(request_of("maximise", settings={"steps": "2", "tv": "0.25", "kind": "pixels"}))
    assert as_text.figures["steps"] == 2


def test_neurons_of_any_kind_of_network_can_be_asked(images: list[Path]) -> None:
    """Tokens, ReLUs that are functions, and sigmoids: gradients reach the image from all of them."""
    vit = load_extractor("timm:vit_tiny_patch16_224@random", "cpu", input_size=32, arguments={"depth": 2})
    mini = load_extractor("mini", "cpu", input_size=64)
    for extractor, layer in ((vit, "block_1"), (mini, "stage_2_block_1_inner"), (mini, "things")):
        found = ANALYSES["gradient"].run(Request(extractor, Target.neuron(extractor, layer, 2), image=images[0]))
        dreamt = ANALYSES["maximise"].run(Request(extractor, Target.neuron(extractor, layer, 2), settings={"steps": 2}))
        assert found.figures["strongest"] >= 0 and dreamt.figures["activation"] is not None
    assert ANALYSES["map"].run(Request(vit, Target.neuron(vit, "block_1", 2), image=images[0])).figures["row"] <= 1


def test_the_same_question_has_the_same_key_wherever_its_images_lie(request_of, tmp_path: Path) -> None:
    analysis, request = ANALYSES["occlusion"], request_of("occlusion")
    copy = tmp_path / "another name.png"
    copy.write_bytes(request.image.read_bytes())
    key = analysis.key(request)
    assert key == analysis.key(replace(request, image=copy))
    assert key == analysis.key(replace(request, settings={**request.settings, "fill": "mean"}))
    for other in (
        {"seed": 1}, {"image": request.style}, {"layer": "layer1_0"}, {"settings": {"size": 25}},
        {"target": Target.of_class(request.extractor, 2)}, {"pictures": Pictures("one", request.pictures.paths[:1])},
    ):  # fmt: skip
        assert analysis.key(replace(request, **other)) != key
