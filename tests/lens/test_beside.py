"""Two networks, one question: the same depth, the neuron that goes most alongside, and both answers on one sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.extractors import load_extractor
from dnacore.lens import ANALYSES, beside
from dnacore.lens.analysis import Pictures, Request
from dnacore.lens.target import Target


@pytest.fixture(scope="module")
def other() -> dc.Extractor:
    return load_extractor("mini@random", "cpu", input_size=64)


def test_depth_is_counted_from_the_first_layer_to_the_last(network: dc.Extractor, other: dc.Extractor) -> None:
    own, theirs = list(network.layers), list(other.layers)
    assert beside.same_depth(own[0], network, other) == theirs[0]
    assert beside.same_depth(own[-1], network, other) == theirs[-1]
    places = [theirs.index(beside.same_depth(layer, network, other)) for layer in own]
    assert places == sorted(places)
    with pytest.raises(BadInput, match="no layer nine"):
        beside.same_depth("nine", network, other)


def test_a_neurons_counterpart_in_its_own_network_is_itself(network: dc.Extractor, images: list[Path]) -> None:
    layer, index, alike = beside.counterpart("layer2_1", 5, network, network, images)
    assert (layer, index) == ("layer2_1", 5) and alike == pytest.approx(1)


def test_both_answers_stand_on_one_sheet(network: dc.Extractor, other: dc.Extractor, images: list[Path]) -> None:
    target = Target.neuron(network, "layer2_1", 5)
    for name in ("map", "gradient", "patches"):
        request = Request(network, target, image=images[2], pictures=Pictures("drawn", images))
        alone, both = ANALYSES[name].run(request), beside.run(ANALYSES[name], request, other)
        assert [panel.title for panel in both.panels] == [network.name, other.name]
        assert both.figures["activation"] == alone.figures["activation"]
        found = both.figures["beside"]
        assert found["extractor"] == other.name and -1 <= found["alike"][0] <= 1
        assert found["target"].rpartition(":")[0] == beside.same_depth("layer2_1", network, other)
        assert found["figures"].keys() == alone.figures.keys()


def test_what_the_other_network_cannot_do_is_said_before_anything_is_done(
    network: dc.Extractor, other: dc.Extractor, images: list[Path]
) -> None:
    with pytest.raises(BadInput, match="no classifier head"):
        beside.run(ANALYSES["gradcam"], Request(network, image=images[0]), other)
    with pytest.raises(BadInput, match="images are needed"):
        beside.run(ANALYSES["maximise"], Request(network, Target.neuron(network, "layer2_1", 5),
                                                 settings={"steps": 1}), other)  # fmt: skip
