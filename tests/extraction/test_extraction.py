"""From files to DNA: what is extracted, and what is reused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr

import dnacore as dc
from dnacore.analyses.ranking import distances_to
from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import shipped
from dnacore.extraction.extraction import extract_dataset
from dnacore.neurons.selection import Selection
from tests import bad_files

LABEL = "random_resnet18"


@pytest.fixture(scope="module")
def extractor():
    return dc.load_extractor("random_resnet18", device="cpu", input_size=32)


@pytest.fixture(scope="module")
def calibration(extractor, tiny_images: Path) -> dc.Calibration:
    return dc.calibrate(extractor, [tiny_images])


def draw(folder: Path, numbers: range, side: int = 24) -> Path:
    """Small images that all differ."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        values = np.random.default_rng(number).integers(0, 256, (side // 4, side // 4, 3), np.uint8)
        Image.fromarray(values).resize((side, side), Image.Resampling.NEAREST).save(folder / f"{number:05d}.png")
    return folder


def run(workspace: dc.Workspace, folder: Path, extractor, calibration, **options):
    return extract_dataset(workspace, workspace.dataset(folder), extractor, calibration, **options)


def dna(workspace: dc.Workspace, folder: Path) -> dc.DNA:
    found = workspace.dna(workspace.dataset(folder), LABEL)
    assert found is not None
    return found


def test_a_folder_becomes_a_dna_whose_counts_add_up(workspace_home, tiny_images, extractor, calibration) -> None:
    found = dc.extract(tiny_images, extractor, calibration=calibration)
    assert found.images == 12 and found.histograms.shape == (1920, 1000)
    per_image = {
        layer: x.shape[2]
        for layer, x in extractor.activations(extractor.preprocess(next(tiny_images.glob("*.png")))[None]).items()
    }
    at = 0
    for layer, count in extractor.layers.items():
        assert (found.histograms[at : at + count].sum(1) == 12 * per_image[layer]).all()
        at += count
    assert dc.emd_avg(found, found) == 0
    assert np.isfinite(found.variance).all()


def test_the_dna_is_that_of_the_activations(workspace_home, tiny_images, extractor, calibration) -> None:
    paths = sorted(p for p in tiny_images.rglob("*.*"))
    total = Accumulator(calibration, 0, sketches=False, kernels="torch")
    for layer, x in extractor.activations(torch_stack(extractor, paths)).items():
        total.add(layer, x)
    expected = total.distributions().histograms
    found = dc.extract(tiny_images, extractor, calibration=calibration).histograms
    assert np.abs(found - expected).sum() / 2 <= expected.sum() / 1000  # a batch of another size may round differently


def torch_stack(extractor, paths: list[Path]):
    import torch

    return torch.stack([extractor.preprocess(path) for path in paths])


def test_the_same_settings_give_the_identical_dna_and_another_batch_size_almost(
    tmp_path, extractor, calibration
) -> None:
    folder = draw(tmp_path / "images", range(50))
    first, again, other = (
        dc.extract(folder, extractor, calibration, batch_size=size, workspace=tmp_path / f"w{i}")
        for i, size in enumerate((16, 16, 7))
    )
    assert np.array_equal(first.histograms, again.histograms)
    assert np.array_equal(first.mean, again.mean) and np.array_equal(first.deviations, again.deviations)
    assert np.abs(first.histograms - other.histograms).sum() / 2 <= first.histograms.sum() / 1000


def test_growing_shrinking_and_renaming_extract_only_what_is_new(tmp_path, extractor, calibration, monkeypatch) -> None:
    monkeypatch.setattr("dnacore.workspace.store.shard_plan.SHARD_IMAGES", 40)
    monkeypatch.setattr("dnacore.workspace.store.shard_plan.plan.__defaults__", (40, 32))
    folder = draw(tmp_path / "images", range(100))
    home = dc.Workspace.open(tmp_path / "w")
    first = run(home, folder, extractor, calibration)
    assert (first.images, first.extracted, first.reused) == (100, 100, 0)
    assert (run(home, folder, extractor, calibration).extracted) == 0
    draw(folder, range(50_000, 50_010))
    draw(folder / "sub", range(90_000, 90_003))
    grown = run(home, folder, extractor, calibration)
    assert (grown.images, grown.extracted, grown.reused) == (113, 13, 100)
    (folder / "00003.png").rename(folder / "zz.png")
    assert run(home, folder, extractor, calibration).extracted == 0
    before = dna(home, folder)
    (folder / "00050.png").unlink()
    assert run(home, folder, extractor, calibration).extracted == 39
    after = dna(home, folder)
    alone = dc.extract(draw(tmp_path / "one", range(50, 51)), extractor, calibration, workspace=tmp_path / "w2")
    assert after.images == 112
    assert np.abs((before.histograms - after.histograms) - alone.histograms).sum() <= before.histograms.sum() / 1000
    fresh = dc.extract(folder, extractor, calibration, workspace=tmp_path / "w3")
    assert np.abs(fresh.histograms - after.histograms).sum() / 2 <= fresh.histograms.sum() / 1000
    ranked = dc.rank(folder, reference=after, workspace=home)
    assert len(ranked) == 112 and str(folder / "zz.png") in set(ranked["path"])


def test_leaving_out_a_top_level_folder_is_exact(tmp_path, extractor, calibration) -> None:
    folder = tmp_path / "images"
    draw(folder / "a", range(40))
    draw(folder / "b", range(100, 140))
    home = dc.Workspace.open(tmp_path / "w")
    whole = dc.extract(folder, extractor, calibration, workspace=home)
    parts = [dc.extract(folder / part, extractor, calibration, workspace=home) for part in "ab"]
    assert np.array_equal((whole - parts[0]).histograms, parts[1].histograms)


def test_every_kind_of_odd_file_is_read_rightly_or_listed(tmp_path, extractor, calibration) -> None:
    folder = draw(tmp_path / "images", range(5))
    expected = bad_files.make_all(folder)
    found = dc.extract(folder, extractor, calibration, workspace=tmp_path / "w")
    refused = {r["path"]: r["reason"] for r in found.rejected}
    for path, outcome in expected.items():
        if outcome == bad_files.FINE:
            assert path not in refused, refused.get(path)
        else:
            assert outcome in refused.pop(path)
    assert not refused
    again = dc.extract(folder, extractor, calibration, workspace=tmp_path / "w")
    assert [dict(r) for r in again.rejected] == [dict(r) for r in found.rejected]


def test_a_folder_of_nothing_readable_says_so(tmp_path, extractor, calibration) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(dc.BadInput, match="no image"):
        dc.extract(tmp_path / "images", extractor, calibration, workspace=tmp_path / "w")
    (tmp_path / "images" / "text.jpg").write_text("this is not a picture")
    with pytest.raises(dc.BadInput, match="None of the 1 images"):
        dc.extract(tmp_path / "images", extractor, calibration, workspace=tmp_path / "w")


def test_stopping_keeps_finished_shards(tmp_path, extractor, calibration, monkeypatch) -> None:
    monkeypatch.setattr("dnacore.workspace.store.shard_plan.plan.__defaults__", (20, 32))
    folder = draw(tmp_path / "images", range(60))
    home = dc.Workspace.open(tmp_path / "w")
    seen: list[int] = []
    with pytest.raises(dc.Cancelled, match="40 of 60 images"):
        run(home, folder, extractor, calibration, batch_size=10, progress=lambda p: seen.append(p.done if p.stage == "extracting" else 0),
            stop=lambda: bool(seen) and seen[-1] >= 50)  # fmt: skip
    assert home.dna(home.dataset(folder), LABEL) is None
    report = run(home, folder, extractor, calibration, batch_size=10)
    assert (report.extracted, report.reused) == (20, 40)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("out of memory"), MemoryError(),
                                   RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")])  # fmt: skip
def test_running_out_of_memory_halves_the_batch_and_changes_nothing(
    tmp_path, extractor, calibration, monkeypatch, error
) -> None:
    folder = draw(tmp_path / "images", range(24))
    expected = dc.extract(folder, extractor, calibration, batch_size=8, workspace=tmp_path / "w1")
    visit, calls = extractor.visit, []

    def tight(batch, see, **options):
        calls.append(len(batch))
        if len(batch) > 8:
            raise error
        visit(batch, see, **options)

    monkeypatch.setattr(extractor, "visit", tight)
    found = dc.extract(folder, extractor, calibration, batch_size=16, workspace=tmp_path / "w2")
    assert calls[0] == 16 and calls[1:] == [8, 8, 8]
    assert np.array_equal(found.histograms, expected.histograms) and found.images == 24


def test_sketches_that_were_lost_are_made_again(tmp_path, extractor, calibration) -> None:
    folder = draw(tmp_path / "images", range(12))
    home = dc.Workspace.open(tmp_path / "w")
    run(home, folder, extractor, calibration, sketches=False)
    assert home.sketches(home.dataset(folder), LABEL) is None
    assert run(home, folder, extractor, calibration, sketches=True).extracted == 12
    next((tmp_path / "w" / "sketches").glob("*.sketch")).write_bytes(b"garbage")
    assert run(home, folder, extractor, calibration).extracted == 12
    assert len(home.sketches(home.dataset(folder), LABEL)) == 12
    assert run(home, folder, extractor, calibration).extracted == 0


def test_a_little_disk_keeps_the_sketches_of_a_stated_sample(tmp_path, extractor, calibration, monkeypatch) -> None:
    folder = draw(tmp_path / "images", range(60))
    home = dc.Workspace.open(tmp_path / "w")
    usage = shutil.disk_usage(tmp_path)
    needed = 60 * 1920 * 42
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=4 * needed // 3))
    report = run(home, folder, extractor, calibration)
    assert 8 <= report.sketched <= 36 and report.images == 60
    assert len(home.sketches(home.dataset(folder), LABEL)) == report.sketched
    assert run(home, folder, extractor, calibration).extracted == 0


def test_the_default_extractor_ships_its_calibration_and_it_fits_drawn_pictures(tmp_path) -> None:
    from dnacore.extraction.calibrate import demo_sample

    for name in ("random_resnet18", "random_resnet50"):
        ranges = shipped(dc.load_extractor(name, device="cpu"))
        assert ranges is not None and ranges.n_neurons == {"random_resnet18": 1920, "random_resnet50": 15104}[name]
    demo_sample(tmp_path / "demo")
    found = dc.extract(tmp_path / "demo", dc.load_extractor("random_resnet18", device="cpu"), workspace=tmp_path / "w")
    assert found.outside.sum() / found.histograms.sum() < 1e-3


@pytest.mark.slow
def test_sketches_rank_real_photographs_as_exact_histograms_do(shared_data: Path, tmp_path) -> None:
    extractor = dc.load_extractor("random_resnet18", device="cpu", input_size=112)
    folder = tmp_path / "photos"
    folder.mkdir()
    styles = sorted((shared_data / "images" / "styles" / "photo").rglob("*.*g"))[:110]
    paths = styles + sorted((shared_data / "images" / "day_night").rglob("*.jpg"))[:90]
    for i, path in enumerate(paths):
        shutil.copy(path, folder / f"{i:03d}{path.suffix}")
    calibration = dc.calibrate(extractor, [folder], images=100)
    home = dc.Workspace.open(tmp_path / "w")
    reference = dc.extract(shared_data / "images" / "styles" / "sketch", extractor, calibration, workspace=home)
    dc.extract(folder, extractor, calibration, workspace=home)
    sketches = home.sketches("photos", LABEL)
    exact = np.empty((1920, len(paths)))
    for i, path in enumerate(sorted(folder.iterdir())):
        with Accumulator(calibration, 0, sketches=False) as one:
            extractor.visit(extractor.preprocess(path)[None], one.add)
            counts = one.distributions().histograms
        exact[:, i] = np.abs((counts / counts.sum(1, keepdims=True)).cumsum(1) - reference.cdf).sum(1)
    assert spearmanr(distances_to(sketches, reference), exact.mean(0)).statistic >= 0.999
    for seed in range(5):
        flat = np.random.default_rng(seed).choice(1920, 20, replace=False)
        found = distances_to(sketches, reference, selection=Selection.of(flat))
        assert spearmanr(found, exact[flat].mean(0)).statistic >= 0.995


def test_a_day_set_is_nearer_to_another_day_set_than_to_a_night_set(shared_data: Path, tmp_path) -> None:
    extractor = dc.load_extractor("random_resnet18", device="cpu", input_size=112)
    lists = {}
    for name, paths in (
        ("day1", sorted((shared_data / "images/day_night/day").glob("*.jpg"))[::2]),
        ("day2", sorted((shared_data / "images/day_night/day").glob("*.jpg"))[1::2]),
        ("night", sorted((shared_data / "images/day_night/night").glob("*.jpg"))),
    ):
        lists[name] = tmp_path / f"{name}.txt"
        lists[name].write_text("\n".join(map(str, paths)))
    calibration = dc.calibrate(extractor, [*lists.values()])
    day1, day2, night = (dc.extract(lists[n], extractor, calibration, workspace=tmp_path / "w") for n in lists)
    assert 2 * dc.emd_avg(day1, day2) < dc.emd_avg(day1, night)
