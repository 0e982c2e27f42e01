"""Candidates as extractors: judged by the same bench as what ships."""

from __future__ import annotations

import pytest
import torch

from training.compare import Named, extractor_of
from training.naming import Names
from training.networks import TRUNKS
from training.shapes import WHATS


@pytest.mark.parametrize("name", sorted(TRUNKS))
def test_a_candidate_is_an_extractor_whose_last_layer_names_things(name: str) -> None:
    torch.manual_seed(0)
    trunk = TRUNKS[name]()
    extractor = extractor_of(name, Named(trunk, Names(trunk)), side=64)
    seen = extractor.activations(torch.rand(2, 3, 64, 64))
    assert list(seen) == list(extractor.layers) and list(seen)[-2:] == ["things_middle", "things"]
    assert [values.shape[1] for values in seen.values()] == list(extractor.layers.values())
    assert extractor.layers["things"] == len(WHATS) and 0 <= seen["things"].min() and seen["things"].max() <= 1
