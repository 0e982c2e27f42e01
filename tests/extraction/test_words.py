"""The words that are kept of every image: what the network's head says, from the same forward, for as long as its shard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import dnacore as dc
from dnacore.dna.calibration import shipped
from dnacore.extraction.extraction import extract_dataset
from dnacore.extractors import load_extractor
from dnacore.sketches.words import Words, load_words, save_words
from dnacore.workspace.store.settings import Setting
from tests import small_world


@pytest.fixture
def ws(tmp_path: Path) -> dc.Workspace:
    opened = small_world.workspace(tmp_path / "home")
    opened.add_dataset("drawn", small_world.draw(tmp_path / "drawn", 9))
    small_world.extract(opened, "drawn")
    return opened


def setting(ws: dc.Workspace) -> Setting:
    return ws.store.settings()[0]


def kept(ws: dc.Workspace) -> Words | None:
    return ws.store.words(ws.dataset("drawn"), setting(ws))


def test_kept_words_are_what_the_network_says_of_the_very_images(ws: dc.Workspace) -> None:
    words, network, files = kept(ws), small_world.network(), ws.files(ws.dataset("drawn"))
    assert words is not None and words.known == 1000
    found, words = words.of([f.hash for f in files])
    assert found.tolist() == list(range(9))
    batch = torch.stack([network.preprocess(ws.dataset("drawn").folder / f.path) for f in files])
    with torch.inference_mode():
        fresh = network.network(batch).softmax(1).topk(5)
    assert np.array_equal(words.classes, fresh.indices.numpy())
    assert np.allclose(words.probabilities, fresh.values.numpy(), atol=1e-5)


def test_words_cost_no_second_forward_and_change_no_activation() -> None:
    network, calls = small_world.network(), []
    batch = torch.randn(3, 3, 32, 32)
    handle = network.network.conv_stem.register_forward_hook(lambda *_: calls.append(1))
    try:
        seen: dict[str, torch.Tensor] = {}
        network.visit(batch, lambda layer, x: seen.__setitem__(layer, x.clone()), name=lambda *_: calls.append(2))
    finally:
        handle.remove()
    assert calls == [1, 2]
    plain = network.activations(batch)
    assert all(torch.equal(seen[layer], plain[layer]) for layer in plain)


def test_a_grown_dataset_keeps_the_words_it_had_and_gets_new_ones(ws: dc.Workspace, tmp_path: Path) -> None:
    before = kept(ws)
    small_world.draw(tmp_path / "more", 12, seed=4)
    (tmp_path / "drawn" / "003.png").unlink()
    for path in sorted((tmp_path / "more").iterdir())[9:]:
        path.rename(tmp_path / "drawn" / path.name)
    small_world.extract(ws, "drawn")
    found, words = kept(ws).of([f.hash for f in ws.files(ws.dataset("drawn"))])
    assert len(found) == 11
    again, old = before.of(list(words.hashes))
    assert len(again) == 8 and np.array_equal(old.classes, words.classes[again])


def test_what_was_extracted_before_words_were_kept_has_none_until_asked(ws: dc.Workspace) -> None:
    before = kept(ws)
    for path in (ws.root / "words").iterdir():
        path.unlink()
    assert kept(ws) is None and ws.store.words_key(ws.dataset("drawn")) == ""
    assert small_world.extract(ws, "drawn").extracted == 0 and kept(ws) is None
    assert small_world.extract(ws, "drawn", words=True).extracted == 9
    assert np.array_equal(kept(ws).of(list(before.hashes))[1].classes, before.classes)
    assert small_world.extract(ws, "drawn", words=True).extracted == 0


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_file_of_words_counts_as_none_and_costs_nothing_else(ws: dc.Workspace, damage: bytes | None) -> None:
    path = next((ws.root / "words").iterdir())
    whole = path.read_bytes()
    path.write_bytes(damage or b"")
    if damage is None:
        flipped = bytearray(whole)
        flipped[4096] ^= 1  # the first byte of the first array
        path.write_bytes(flipped)
    assert kept(ws) is None
    assert [p.name for p in (ws.root / "damaged").iterdir()]
    assert ws.dna("drawn", setting(ws).label) is not None
    assert small_world.extract(ws, "drawn").extracted == 0


def test_words_go_with_their_dataset_and_are_never_taken_for_another_ones(ws: dc.Workspace) -> None:
    assert list((ws.root / "words").iterdir())
    ws.remove_dataset("drawn")
    assert not list((ws.root / "words").iterdir())
    left = ws.root / "words" / "77.words"
    save_words(left, Words(np.zeros((1, 5), np.int64), np.ones((1, 5), np.float32), ("0" * 32,), 1000))
    (ws.root / "catalogue.sqlite").unlink()
    opened = small_world.workspace(ws.root)
    opened.add_dataset("again", small_world.draw(ws.root.parent / "drawn", 2))
    small_world.extract(opened, "again")
    assert int(max(opened.store._shards_of(opened.dataset("again")).values())[0]) > 77
    assert opened.store.sweep(older_than=-1) > 0 and not left.exists()


def test_a_network_without_a_trained_head_says_nothing(tmp_path: Path) -> None:
    network = load_extractor("timm:test_resnet@random", "cpu")
    ws = dc.Workspace.open(tmp_path / "home")
    dataset = ws.add_dataset("drawn", small_world.draw(tmp_path / "drawn", 3))
    assert not network.names_images and not load_extractor("mini", "cpu").names_images
    dc.extract("drawn", network, workspace=ws)
    assert ws.store.words(dataset, setting(ws)) is None and ws.store.words_setting(dataset) is None


def test_an_image_that_cannot_be_read_has_no_words(ws: dc.Workspace, tmp_path: Path) -> None:
    (tmp_path / "drawn" / "bad.png").write_bytes((tmp_path / "drawn" / "000.png").read_bytes()[:200])
    report = small_world.extract(ws, "drawn", words=True)
    assert len(report.rejected) == 1
    assert len(kept(ws).of([f.hash for f in ws.files(ws.dataset("drawn"))])[0]) == 9


def test_words_written_are_words_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = Words(
        rng.integers(0, 1000, (4, 5)), rng.random((4, 5), np.float32), tuple(f"{i:032x}" for i in range(4)), 1000
    )
    save_words(tmp_path / "1.words", words)
    read = load_words(tmp_path / "1.words")
    assert np.array_equal(read.classes, words.classes) and np.array_equal(read.probabilities, words.probabilities)
    assert (read.hashes, read.known) == (words.hashes, 1000)
    assert (tmp_path / "1.words").stat().st_size < 20_000


def test_real_photographs_are_named_rightly(tmp_path: Path, shared_data: Path) -> None:
    network = load_extractor("efficientnet_lite0", "cpu")
    ws = dc.Workspace.open(tmp_path / "home")
    dataset = ws.add_dataset("sample", shared_data / "images" / "imagenet_sample")
    extract_dataset(ws, dataset, network, shipped(network), sketches=False)
    from dnacore.extractors.labels import class_names

    files = ws.files(dataset)
    found, words = ws.store.words(dataset, setting(ws)).of([f.hash for f in files])
    said = [class_names(1000)[c].replace(" ", "_").lower() for c in words.classes[:, 0]]
    right = [name in files[i].path.lower() for i, name in zip(found, said, strict=True)]
    assert np.mean(right) >= 0.90
