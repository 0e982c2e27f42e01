"""From what a person names to DNAs: nothing is done twice, and nothing is mixed that does not belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.errors import BadInput, Mismatch, UnknownName
from dnacore.extractors.loader import load_extractor
from dnacore.sources import resolver as sources_module
from dnacore.sources.resolver import Sources
from tests import bad_files, small_world
from tests.small_world import NAME, draw, extract


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dc.Workspace:
    """Two datasets, the first with an attribute, not yet extracted."""
    small_world.use_small_network(monkeypatch)
    monkeypatch.chdir(tmp_path)
    opened = small_world.workspace(tmp_path / "home")
    folder = draw(tmp_path / "day", 6)
    (folder / "attributes.csv").write_text("file,wet\n" + "".join(f"{i:03d}.png,{i % 2}\n" for i in range(6)))
    opened.add_dataset("day", folder)
    opened.add_dataset("night", draw(tmp_path / "night", 4, seed=3, dark=True))
    return opened


def test_every_way_of_naming_a_dataset_gives_one_dna(ws: dc.Workspace, tmp_path: Path) -> None:
    sources = Sources(ws)
    by_name = sources.dna("day")
    for what in ("./day", tmp_path / "day", ws.dataset("day"), by_name):
        assert np.array_equal(sources.dna(what).histograms, by_name.histograms)
    assert by_name.name == "day" and by_name.images == 6
    by_name.save(tmp_path / "sent")
    assert np.array_equal(sources.dna("sent.dna.npz").histograms, by_name.histograms)
    assert [d.name for d in ws.datasets()] == ["day", "night"]


def test_an_image_is_a_dna_of_one(ws: dc.Workspace, tmp_path: Path) -> None:
    sources = Sources(ws)
    image = sources.dna("day/003.png")
    assert (image.images, image.name) == (1, "003.png")
    alone = draw(tmp_path / "alone", 1)
    (alone / "000.png").write_bytes((tmp_path / "day" / "003.png").read_bytes())
    assert np.array_equal(image.histograms, sources.dna(alone).histograms)
    bad_files.truncated_jpeg(tmp_path / "cut.jpg")
    with pytest.raises(BadInput, match=r"cut.jpg cannot be used as a reference: the file ends"):
        sources.dna("cut.jpg")
    with pytest.raises(UnknownName, match=r"gone\.png"):
        sources.dna("gone.png")


def test_a_second_look_loads_no_network(ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is known from the catalogue, so that comparing again takes no time."""
    real = load_extractor(NAME, "cpu")
    ws.choose_calibration(dc.calibrate(real, ["night"], batch_size=4))
    monkeypatch.undo()
    first = Sources(ws).dna(ws.dataset("night"))

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a network was loaded")

    monkeypatch.setattr(sources_module, "load_extractor", forbidden)
    monkeypatch.setattr(sources_module, "from_spec", forbidden)
    again = Sources(ws)
    assert np.array_equal(again.dna(ws.dataset("night")).histograms, first.histograms)
    assert len(again.sketches(ws.dataset("night"))[1]) == 4


def test_the_same_network_at_another_size_is_another_network(ws: dc.Workspace) -> None:
    """A person who extracted one set at a size of their own gets the usual one everywhere else."""
    other = load_extractor(NAME, "cpu", input_size=48)
    calibration = dc.calibrate(other, ["day"])
    dc.extract("day", other, calibration, workspace=ws)
    sources = Sources(ws)
    day, night = sources.dna("day"), sources.dna("night")
    assert day.calibration.fingerprint == night.calibration.fingerprint
    assert day.extractor["preprocessing"]["size"] == 32
    like = dc.extract("day", other, calibration, workspace=ws)
    theirs = Sources(ws, like=[like]).dna("day")
    assert theirs.extractor["preprocessing"]["size"] == 48
    assert np.array_equal(theirs.histograms, like.histograms)


def test_what_is_like_a_dna_is_made_under_its_ranges(ws: dc.Workspace) -> None:
    mine = small_world.calibration()
    old = dc.Calibration(mine.low - 1, mine.high + 2, mine.layers, mine.extractor, "an older one")
    reference = dc.extract("night", small_world.network(), old, workspace=ws)
    extract(ws, "night")
    made = Sources(ws, like=[reference]).dna("day")
    assert made.calibration.fingerprint == old.fingerprint
    assert dc.emd_avg(made, reference) > 0
    with pytest.raises(Mismatch, match="different activation ranges"):
        dc.emd(Sources(ws).dna("day"), reference)


def test_recalibrating_makes_all_new(ws: dc.Workspace) -> None:
    before = Sources(ws).dna("day")
    chosen = dc.Calibration(
        before.calibration.low - 1, before.calibration.high, before.layers, before.calibration.extractor
    )
    ws.choose_calibration(chosen)
    sources = Sources(ws)
    prints = {sources.dna(name).calibration.fingerprint for name in ("day", "night", "day/000.png", "day[wet=1]")}
    assert prints == {chosen.fingerprint}


def test_parts_come_from_the_sketches_of_the_whole(ws: dc.Workspace) -> None:
    extract(ws, "day")
    sources = Sources(ws)
    wet, dry, whole = sources.dna("day[wet=1]"), sources.dna("day[wet=0]"), sources.dna("day")
    assert (wet.images, dry.images, wet.exact, whole.exact) == (3, 3, False, True)
    assert ws.store.extractors_of(ws.dataset("day[wet=1]")) == []
    np.testing.assert_allclose((wet + dry).mean, whole.mean, rtol=1e-4, atol=1e-5)
    extract(ws, "day[wet=1]")
    exact = Sources(ws).dna("day[wet=1]")
    assert exact.exact and exact.images == 3
    assert dc.emd_avg(exact, wet) < 0.05 * dc.emd_avg(exact, sources.dna("night"))


def test_a_part_without_its_whole_is_extracted_alone(ws: dc.Workspace) -> None:
    wet = Sources(ws).dna("day[wet=1]")
    assert wet.exact and wet.images == 3
    assert ws.dna("day", NAME) is None
    files, sketches = Sources(ws).sketches("day[wet=0]")
    assert [f.path for f in files] == ["000.png", "002.png", "004.png"]
    assert len(sketches) == 3


def test_a_grown_folder_is_noticed(ws: dc.Workspace, tmp_path: Path) -> None:
    assert Sources(ws).dna("day").images == 6
    draw(tmp_path / "day" / "new", 2, seed=8)
    assert Sources(ws).dna("day").images == 8
    assert len(Sources(ws).sketches("day")[1]) == 8


def test_names_that_lead_out_of_the_imports_find_nothing(ws: dc.Workspace) -> None:
    Sources(ws).dna("day").save(ws.root / "outside")
    for name in ("../outside", "a" * 4000, "x\0y"):
        with pytest.raises(BadInput):
            Sources(ws).dna(name)
    assert ws.imported("../outside") is None


def test_without_sketches_nothing_is_ranked_but_they_can_be_made(ws: dc.Workspace) -> None:
    extract(ws, "day", sketches=False)
    assert ws.sketches("day", NAME) is None
    assert len(Sources(ws).sketches("day")[1]) == 6


@pytest.mark.parametrize(("label", "asked"), [(f"{NAME} (fp16)", "fp16"), (NAME, "fp32"), (f"{NAME} (bf16)", "bf16")])
def test_an_extractor_is_known_by_what_the_workspace_calls_it(
    ws: dc.Workspace, monkeypatch: pytest.MonkeyPatch, label: str, asked: str
) -> None:
    loaded: list[tuple[str, str]] = []

    def load(name: str, device: str = "cpu", precision: str = "fp32", **_: object) -> dc.Extractor:
        loaded.append((name, precision))
        return small_world.network()

    monkeypatch.setattr(sources_module, "load_extractor", load)
    assert Sources(ws, label).extractor is small_world.network()
    assert loaded == [(NAME, asked)]
