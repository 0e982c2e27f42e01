"""Maps laid out in a process of their own: the points arrive, what was read goes, and what is damaged is made again."""

from __future__ import annotations

import numpy as np

from dnacore.analyses import map_process


def values(images: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    found = rng.normal(size=(images, 12)) + 6 * (np.arange(images) < images // 2)[:, None]
    return (found - found.mean(0)).astype(np.float32)


def test_a_map_is_laid_out_and_read_back(tmp_path):
    prepared, points = tmp_path / "maps" / "values.npy", tmp_path / "maps" / "points.npy"
    map_process.prepare(values(30), prepared)
    assert map_process.main(["tsne", str(prepared), str(points), "0"]) == 0
    found = map_process.load(points, 30)
    assert found.shape == (30, 2) and not prepared.exists()
    assert np.linalg.norm(found[:15].mean(0) - found[15:].mean(0)) > 2 * found[:15].std()
    assert map_process.load(points, 31) is None, "the map of other images"


def test_what_a_process_is_told_wrongly_is_a_sentence(capsys):
    for arguments in ([], ["isomap", "a", "b", "0"], ["umap", "a", "b", "x"]):
        assert map_process.main(arguments) == 2
        assert "one of umap, tsne" in capsys.readouterr().err


def test_too_few_images_are_a_sentence_and_a_damaged_map_is_none(tmp_path, capsys):
    prepared, points = tmp_path / "values.npy", tmp_path / "points.npy"
    map_process.prepare(values(4), prepared)
    assert map_process.main(["tsne", str(prepared), str(points), "0"]) == 2
    assert "at least 5 images" in capsys.readouterr().err
    points.write_bytes(b"not an array")
    assert map_process.load(points, 4) is None and map_process.load(tmp_path / "gone.npy", 4) is None
