"""Networks that tag drawings: blue first, each tag for itself, and words for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dnacore.extractors import load_extractor
from dnacore.extractors.build import build_network
from dnacore.extractors.labels import name_images
from dnacore.extractors.networks.illustration2vec import TAGS, Illustration2Vec, places
from tests import small_world


def test_a_tagger_sees_blue_first_and_finds_each_tag_for_itself(tmp_path: Path) -> None:
    small = {"arguments": {"depth": 1, "num_classes": 4}, "input_size": 32}
    tagger = load_extractor("wd_vit_v3@random", "cpu", **small)
    plain = build_network("vit_base_patch16_224", dict(tagger.recipe.arguments), None, 32)
    plain.load_state_dict(tagger.network.state_dict())
    batch = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        scores = plain(batch[:, [2, 1, 0]])
    found = tagger.labels(batch, 4)
    for row, expected in zip(found, scores.sigmoid(), strict=True):
        assert {label: pytest.approx(odds, abs=1e-5) for label, odds in row} == dict(enumerate(expected.tolist()))


@pytest.mark.parametrize("naming", ["caffe", "chain"])
def test_illustration2vec_takes_files_that_name_its_layers_in_either_way(tmp_path: Path, naming: str) -> None:
    network = Illustration2Vec()
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.zero_()
            parameter.flatten()[0] = number + 1
    caffe = iter([layer.replace("relu_", "conv") for layer in places() if layer != "tags"] + ["conv6_4"])
    tensors, names = {}, {}
    for key, tensor in network.state_dict().items():
        _, number, kind = key.split(".")
        names.setdefault(number, next(caffe) if number not in names else "")
        tensors[f"{names[number] if naming == 'caffe' else number}.{kind}"] = tensor
    save_file(tensors, tmp_path / "converted.safetensors")
    loaded = load_extractor("illustration2vec", "cpu", weights=tmp_path / "converted.safetensors", input_size=64)
    assert all(torch.equal(a, b) for a, b in zip(loaded.network.parameters(), network.parameters(), strict=True))
    assert loaded.classes == TAGS


def test_tags_are_words_where_they_lie_beside_the_weights(tmp_path: Path) -> None:
    image = next(small_world.draw(tmp_path / "images", 1).glob("*.png"))
    options = {"arguments": {"depth": 1, "num_classes": 3}, "input_size": 32}
    drawn = load_extractor("wd_vit_v3@random", "cpu", **options)
    (tmp_path / "named").mkdir()
    tensors = {key: tensor.contiguous() for key, tensor in drawn.network.state_dict().items()}
    save_file(tensors, tmp_path / "named" / "model.safetensors")
    (tmp_path / "named" / "selected_tags.csv").write_text(
        "tag_id,name,category,count\n1,blue_sky,0,9\n2,hat,0,5\n3,cat_ears,0,4\n"
    )
    named = load_extractor("wd_vit_v3", "cpu", weights=tmp_path / "named" / "model.safetensors", **options)
    assert {label.name for label in name_images(named, [image], 3)[0]} == {"blue sky", "hat", "cat ears"}
    assert {label.name for label in name_images(drawn, [image], 3)[0]} == {"class 0", "class 1", "class 2"}
