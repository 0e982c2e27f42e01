"""A neuron's heat over an image: the network's own map, as the sketches and the activation map see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.lens.inside.heat import FINEST, heat


def test_it_is_the_activations_of_the_neuron_where_they_are_above_zero(network: dc.Extractor, images: list[Path]):
    layer = next(name for name in reversed(network.layers))
    every = network.activations(network.preprocess(images[0])[None])[layer][0]
    index = int(every.amax(1).argmax())
    found = heat(network, images[0], layer, index)
    assert found.shape == (2, 2) and found.dtype == np.float32
    assert np.allclose(found.ravel(), every[index].clamp(min=0).numpy())


def test_of_a_fine_map_the_largest_in_each_place_is_kept(network: dc.Extractor, images: list[Path]):
    layer = next(iter(network.layers))
    every = network.activations(network.preprocess(images[0])[None])[layer][0, 3].clamp(min=0)
    found = heat(network, images[0], layer, 3)
    assert found.shape[0] <= FINEST and found.max() == pytest.approx(float(every.max()))


def test_what_cannot_be_looked_at_ends_in_a_sentence(network: dc.Extractor, images: list[Path], tmp_path: Path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for path in (tmp_path / "broken.png", tmp_path / "gone.png"):
        with pytest.raises(BadInput):
            heat(network, path, next(iter(network.layers)), 0)
    for layer, index in (("nowhere", 0), (next(iter(network.layers)), 10_000)):
        with pytest.raises(BadInput, match="no neuron"):
            heat(network, images[0], layer, index)
