"""What the analyses claim is so: shown on networks and images made for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from torch import nn

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.extractors import load_extractor
from dnacore.lens import ANALYSES
from dnacore.lens.analysis import Pictures, Request, Watch
from dnacore.lens.dreams.canvas import Canvas
from dnacore.lens.dreams.invert import invert
from dnacore.lens.dreams.maximise import dream
from dnacore.lens.inside.rectifiers import Rectifiers
from dnacore.lens.picture import as_written, load
from dnacore.lens.sets.cka import debiased_cka, linear_cka
from dnacore.lens.sets.filters import filter_images
from dnacore.lens.sets.patches import Area, area, kept, on_grey
from dnacore.lens.sets.percentile import percentile
from dnacore.lens.sight import looking
from dnacore.lens.target import Target
from tests import small_world


def test_every_way_to_call_a_relu_is_seen_and_what_stood_before_it_is_kept() -> None:
    x = torch.linspace(-3, 9, 7)
    for call, most in (
        (nn.ReLU(inplace=True), 9.0), (torch.relu, 9.0), (lambda v: v.clone().relu_(), 9.0),
        (nn.ReLU6(inplace=True), 6.0),
        (torch.nn.functional.relu6, 6.0), (lambda v: torch.nn.functional.hardtanh(v, 0.0, 6.0, inplace=True), 6.0),
    ):  # fmt: skip
        with Rectifiers() as seen:
            out = call(x)
        assert seen.kinds["rectifier"] == 1
        assert torch.equal(out, x.clamp(0, most))
        assert torch.equal(seen.before(out), x)
        assert torch.equal(x, torch.linspace(-3, 9, 7))
    with Rectifiers() as seen:
        torch.nn.functional.gelu(x)
    assert seen.kinds == {"smooth": 1}


def test_a_neuron_that_is_silent_behind_a_relu6_is_climbed_all_the_same() -> None:
    """The head of EfficientNet-Lite0 ends in ReLU6: where it says 0 everywhere, its own gradient is 0."""
    lite = load_extractor("efficientnet_lite0@random", "cpu", input_size=64)
    with looking(lite) as sight:
        noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            before = sight.see(noise, ["head"], before=True)["head"][0].amax(1)
            after = sight.see(noise, ["head"])["head"][0].amax(1)
        assert torch.equal(after, before.clamp(0, 6))
        target = Target.neuron(lite, "head", int(before.argmin()))
        given = noise.clone().requires_grad_(True)
        plain, climbed = (
            torch.autograd.grad(target.scores(sight, given, "mean", before=early).sum(), given)[0].abs().max()
            for early in (False, True)
        )
        assert float(plain) == 0 < float(climbed)


@pytest.mark.parametrize("kind", ["frequencies", "pixels"])
def test_maximising_beats_every_real_image(network: dc.Extractor, images: list[Path], kind: str) -> None:
    target = Target.neuron(network, "layer2_1", 17)
    with looking(network) as sight:
        dreamt = dream(sight, target, 30, 0, Watch(), kind=kind)
        with torch.no_grad():
            reached = float(target.scores(sight, as_written(sight, dreamt)))
            real = max(float(target.scores(sight, load(path, network).batch)) for path in images)
    assert reached > real


def test_inversion_makes_an_image_that_an_early_layer_takes_for_the_same(
    network: dc.Extractor, images: list[Path]
) -> None:
    with looking(network) as sight:
        batch = load(images[0], network).batch
        start = sight.see(torch.zeros_like(batch), ["layer1_0"])["layer1_0"]
        wanted = sight.see(batch, ["layer1_0"])["layer1_0"]
        pixels, error = invert(sight, batch, "layer1_0", 60, 0, Watch())
        found = sight.see(as_written(sight, pixels), ["layer1_0"])["layer1_0"]
    assert error == pytest.approx(float(((found - wanted).norm() / wanted.norm()).detach()), rel=1e-4)
    assert error < 0.25 * float(((start - wanted).norm() / wanted.norm()).detach())


def test_a_canvas_begins_as_the_image_it_was_made_of(images: list[Path], network: dc.Extractor) -> None:
    pixels = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(1)) * 0.9 + 0.05
    for kind in ("frequencies", "pixels"):
        canvas = Canvas.of(pixels, kind)
        assert float((canvas.pixels() - pixels).detach().abs().max()) < 1e-4
        canvas.blur(2.0)
        assert float(canvas.pixels().detach().std()) < float(pixels.std())


def test_the_patch_is_where_the_neuron_looked(network: dc.Extractor, tmp_path: Path) -> None:
    """One bright dot on grey: the neuron's peak lies there, so does its patch, and the patch alone keeps the peak."""
    picture = np.full((64, 64, 3), 124, np.uint8)
    picture[12:18, 40:46] = (255, 250, 20)
    Image.fromarray(picture).save(tmp_path / "dot.png")
    with looking(network) as sight:
        batch = load(tmp_path / "dot.png", network).batch
        with torch.no_grad():
            view = sight.see(batch, ["layer1_0"])["layer1_0"][0]
            quiet = sight.see(torch.zeros_like(batch), ["layer1_0"])["layer1_0"][0]
        index = int((view.amax(1) - quiet.amax(1)).argmax())
        place = int(view[index].argmax())
        found = area(sight, batch, "layer1_0", index, place)
        assert found.top <= 18 and found.bottom >= 12 and found.left <= 46 and found.right >= 40
        assert found.bottom - found.top < 40
        assert kept(sight, batch, "layer1_0", index, place, found) > 0.8
        elsewhere = Area(40, 0, 64, 24)
        assert kept(sight, batch, "layer1_0", index, place, elsewhere) < 0.6
        assert float(on_grey(batch, elsewhere)[..., :40, :].abs().max()) == 0


def test_covering_the_only_thing_in_the_picture_costs_most(network: dc.Extractor, tmp_path: Path) -> None:
    picture = np.full((64, 64, 3), 124, np.uint8)
    picture[40:56, 8:24] = np.random.default_rng(0).integers(0, 255, (16, 16, 3))
    Image.fromarray(picture).save(tmp_path / "thing.png")
    batch = load(tmp_path / "thing.png", network).batch
    gain = (network.activations(batch)["layer2_1"] - network.activations(torch.zeros_like(batch))["layer2_1"])[0].amax(
        1
    )
    target = Target.neuron(network, "layer2_1", int(gain.argmax()))
    found = ANALYSES["occlusion"].run(
        Request(network, target, image=tmp_path / "thing.png", settings={"size": 16, "stride": 8})
    )
    assert found.figures["largest_drop"] > 0
    assert 0.5 < found.figures["row"] < 1 and 0 < found.figures["column"] < 0.5


def test_integrated_gradients_add_up(network: dc.Extractor, images: list[Path]) -> None:
    found = ANALYSES["integrated"].run(
        Request(network, Target.of_class(network, 3), image=images[0], settings={"steps": 40})
    )
    whole = found.figures["activation"] - found.figures["baseline"]
    assert found.figures["sum"] == pytest.approx(whole, abs=0.05 * abs(whole) + 1e-3)


@settings(max_examples=25)
@given(
    x=arrays(np.float64, (9, 4), elements=st.floats(-5, 5, width=32)), scale=st.floats(0.1, 10), turn=st.integers(0, 99)
)
def test_cka_does_not_mind_scale_shift_and_rotation(x: np.ndarray, scale: float, turn: int) -> None:
    x = x + np.random.default_rng(1).normal(0, 0.1, x.shape)
    rotation = np.linalg.qr(np.random.default_rng(turn).normal(size=(4, 4)))[0]
    assert linear_cka(x, x @ rotation * scale + 3) == pytest.approx(1, abs=1e-6)
    assert debiased_cka(x, x @ rotation * scale) == pytest.approx(1, abs=1e-6)


def test_cka_is_the_literal_formula_and_its_correction_takes_the_bias_away() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 400)), rng.normal(size=(30, 500))
    a, b = x - x.mean(0), y - y.mean(0)
    literal = np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    assert linear_cka(x, y) == pytest.approx(literal)
    assert linear_cka(x, y) > 0.8  # nothing to do with each other
    assert abs(debiased_cka(x, y)) < 0.1


def test_percentiles_count_what_is_at_or_below(tmp_path: Path) -> None:
    """Against the raw activations of the same images, to the bin."""
    ws = small_world.workspace(tmp_path / "home")
    folder = small_world.draw(tmp_path / "set", 5, seed=3)
    ws.add_dataset("set", folder)
    small_world.extract(ws, "set")
    network = small_world.network()
    dna = ws.store.dna(ws.dataset("set"), ws.store.settings()[0])
    layer = next(iter(network.layers))
    batch = torch.stack([network.preprocess(path) for path in sorted(folder.glob("*.png"))])
    values = network.activations(batch)[layer][:, 4].numpy().ravel()
    low, high = dna.calibration.low[4], dna.calibration.high[4]
    for value in np.quantile(np.clip(values, low, high), [0.02, 0.3, 0.9, 0.999]):
        width = (high - low) / dna.bins
        inside = np.clip(values, low, high)
        below, above = (100 * (inside <= value + shift).mean() for shift in (-width, width))
        assert below - 1e-6 <= percentile(dna, 4, float(value)) <= above + 1e-6
    assert percentile(dna, 4, float(high) + 1) == 100 and percentile(dna, 4, float(low) - 1) == 0


def test_filters_are_drawn_around_grey() -> None:
    weights = np.zeros((2, 3, 5, 5), np.float32)
    weights[0, 0, 2, 2], weights[1, 2, 0, 0] = 0.5, -2.0
    drawn = filter_images(weights)
    assert drawn.shape == (2, 5, 5, 3) and set(drawn[0, 0, 0].tolist()) <= {127, 128}
    assert drawn[0, 2, 2, 0] == 255 and drawn[1, 0, 0, 2] == 0


def test_neighbours_find_the_twin_and_not_the_image_itself(
    network: dc.Extractor, images: list[Path], tmp_path: Path
) -> None:
    copies = [Path(shutil.copy(path, tmp_path / path.name)) for path in images]
    twin = tmp_path / "twin.png"
    Image.open(copies[2]).point(lambda v: min(255, v + 2)).save(twin)
    found = ANALYSES["neighbours"].run(Request(network, image=copies[2], pictures=Pictures("copies", [*copies, twin])))
    assert found.figures["nearest"][0] == found.figures["nearest_in_pixels"][0] == "twin.png"
    assert copies[2].name not in found.figures["nearest"]


def test_style_comes_nearer_and_a_dataset_is_restyled_where_it_stopped(
    network: dc.Extractor, images: list[Path], tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "style.png")
    one = Request(network, image=images[0], style=tmp_path / "style.png", settings={"steps": 12})
    found = ANALYSES["style"].run(one).figures
    assert found["style_after"] < 0.7 * found["style_before"]

    pictures = Pictures("three", images[:3])
    knobs = {"steps": 4, "folder": str(tmp_path / "painted")}
    whole = Request(network, style=tmp_path / "style.png", pictures=pictures, settings=knobs)
    ANALYSES["style"].run(whole)
    made = {path.name: path.read_bytes() for path in (tmp_path / "painted").glob("*.png")}
    assert [name.partition("-")[0] for name in sorted(made)] == [path.stem for path in images[:3]]
    missing = tmp_path / "painted" / sorted(made)[1]
    missing.unlink()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "painted").glob("*.png")}
    ANALYSES["style"].run(whole)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert missing.read_bytes() == made[missing.name]
    with pytest.raises(BadInput, match="restyled in another way"):
        ANALYSES["style"].run(Request(network, style=images[7], pictures=pictures, settings=knobs))
    with pytest.raises(BadInput, match="not empty"):
        ANALYSES["style"].run(Request(network, style=images[7], pictures=pictures, settings={"folder": str(tmp_path)}))
    others = Pictures("others", images[3:6])
    with pytest.raises(BadInput, match="restyled in another way"):  # names of files may be the same
        ANALYSES["style"].run(Request(network, style=tmp_path / "style.png", pictures=others, settings=knobs))
    (tmp_path / "broken.png").write_bytes(b"no image")
    pair = Pictures("pair", [tmp_path / "broken.png", images[1]])
    settings = {"steps": 4, "folder": str(tmp_path / "pair")}
    told = (
        ANALYSES["style"].run(Request(network, style=tmp_path / "style.png", pictures=pair, settings=settings)).figures
    )
    assert (told["images"], told["skipped"]) == (1, ["broken.png"])
