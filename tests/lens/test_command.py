"""`python -m dnacore lens`: the contract of its JSON, its files, and one plain sentence for whatever is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnacore.commands import parser
from dnacore.lens.analysis import NAMES
from dnacore.neurons.selection import Selection
from tests import small_world
from tests.commands.test_commands import Commands

NEURON = "block_2_1:3"
CHECKOUT = Path(parser.__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    small_world.use_small_network(monkeypatch)
    monkeypatch.chdir(tmp_path)
    small_world.draw(tmp_path / "day", 5, seed=1)
    ws = small_world.workspace(tmp_path / "home")
    ws.add_dataset("day", tmp_path / "day")
    ws.save_selection(Selection.of([5, 900, 40], name="three", extractor=small_world.network().fingerprint))
    return Commands(tmp_path / "home", capsys)


def test_a_neuron_in_one_image_with_its_percentile_in_a_dataset(run: Commands, tmp_path: Path) -> None:
    found = run.json(
        "lens", "map", "--neuron", NEURON, "--image", "day/001.png", "--dataset", "day", "--out", "map.png"
    )
    assert found.keys() >= {"analysis", "extractor", "neuron", "seed", "seconds", "files", "figures"}
    assert (found["analysis"], found["extractor"], found["neuron"]) == ("map", small_world.NAME, NEURON)
    assert found["files"] == [str(tmp_path / "map.png")]
    with Image.open(found["files"][0]) as sheet:
        assert sheet.width > 300
    assert 0 <= found["figures"]["percentile"] <= 100
    assert found["figures"]["activation"] == pytest.approx(max(found["figures"]["peaks"]))
    by_name = run.json(
        "lens", "map", "--neuron", NEURON, "--image", "001.png", "--dataset", "day", "--out", "again.png"
    )
    assert by_name["figures"] == found["figures"]


def test_the_result_is_written_where_it_is_asked_for(run: Commands, tmp_path: Path) -> None:
    printed = run.json("lens", "filters", "--out", "f.png", "--result", "f.json")
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8")) == printed


def test_a_dream_repeats_and_says_what_it_reached(run: Commands, tmp_path: Path) -> None:
    def dream(out: str, seed: int) -> dict:
        return run.json(
            "lens", "maximise", "--neuron", NEURON, "--dataset", "day", "--seed", seed, "--steps", 4, "--out", out
        )

    first, again, other = dream("a.png", 1), dream("b.png", 1), dream("c.png", 2)
    pictures = [(tmp_path / name).read_bytes() for name in ("a.png", "b.png", "c.png")]
    assert pictures[0] == pictures[1] != pictures[2]
    assert first["figures"] == again["figures"] != other["figures"]
    assert first["figures"]["steps"] == 4 and first["seed"] == 1


def test_a_selection_from_its_strongest_patches_to_a_poster(run: Commands) -> None:
    patches = run.json("lens", "patches", "--selection", "three", "--dataset", "day", "--out", "p.png")
    assert patches["neuron"] is None and patches["selection"] == "three"
    assert len(patches["figures"]["images"]) == 5
    poster = run.json(
        "lens", "poster", "--selection", "three", "--dataset", "./day", "--steps", 2, "--out", "poster.jpg"
    )
    assert [neuron["layer"] for neuron in poster["figures"]["neurons"]][0] == "block_0_0"
    with Image.open("poster.jpg") as sheet:
        assert sheet.format == "JPEG"


def test_a_restyled_dataset_becomes_a_dataset(run: Commands) -> None:
    arguments = (
        "style",
        "--dataset",
        "day",
        "--style",
        "day/003.png",
        "--into",
        "painted",
        "--steps",
        2,
        "--extractor",
        "mini",
    )
    found = run.json("lens", *arguments, "--out", "s.png")
    assert found["figures"]["images"] == 5
    assert {row["name"]: row["images"] for row in run.json("datasets")}["painted"] == 5
    of_one = run.json(
        "lens",
        "style",
        "--image",
        "day/001.png",
        "--dataset",
        "day",
        "--steps",
        20,
        "--out",
        "o.png",
        "--extractor",
        "mini",
    )
    assert of_one["figures"]["style_after"] < of_one["figures"]["style_before"]


def test_two_networks_are_compared_layer_by_layer(run: Commands) -> None:
    found = run.json(
        "lens",
        "cka",
        "--dataset",
        "day",
        "--extractor",
        "random_resnet18",
        "--with-extractor",
        "mini",
        "--out",
        "c.png",
    )
    figures = found["figures"]
    assert np.shape(figures["cka"]) == (len(figures["layers"]), len(figures["other_layers"])) == (8, 18)
    alone = run.json("lens", "cka", "--dataset", "day", "--extractor", "random_resnet18", "--out", "c.png")
    assert np.allclose(np.diag(alone["figures"]["cka"]), 1)


def test_one_question_is_asked_of_two_networks_side_by_side(run: Commands) -> None:
    asked = ("lens", "map", "--neuron", NEURON, "--image", "day/001.png", "--beside", "mini", "--out", "b.png")
    found = run.json(*asked)
    assert found["figures"]["beside"]["extractor"] == "mini"
    assert found["figures"]["activation"] == run.json(*asked[:-4], "--out", "a.png")["figures"]["activation"]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("cka", "--dataset", "day", "--beside", "mini"), "Leave --beside out"),
    (("gradient", "--image", "day/001.png"), "needs a neuron (--neuron LAYER:INDEX)"),
    (("gradient", "--neuron", NEURON), "needs an image (--image FILE)"),
    (("patches", "--neuron", NEURON), "needs a dataset (--dataset NAME)"),
    (("map", "--neuron", "block_9_9:3", "--image", "day/001.png"), "There is no layer block_9_9"),
    (("map", "--neuron", "block_2_1:999", "--image", "day/001.png"), "has the neurons 0 to 39"),
    (("map", "--neuron", "block_2_1", "--image", "day/001.png"), "written LAYER:INDEX"),
    (("map", "--neuron", NEURON, "--selection", "three", "--image", "day/001.png"), "Give one of"),
    (("map", "--class", "3", "--image", "day/001.png"), "at a neuron, not at a class"),
    (("gradcam", "--image", "day/999.png"), "There is no image day/999.png"),
    (("gradcam", "--image", "day/001.png", "--class", "1000"), "There is no class 1000"),
    (("gradcam", "--image", "day/001.png", "--extractor", "mini"), "has no classifier head"),
    (("guided", "--image", "day/001.png", "--neuron", "block_0:3", "--extractor", "dinov2_vits14@random"), "no ReLU"),
    (("invert", "--image", "day/001.png", "--layer", "nine"), "There is no layer nine"),
    (("style", "--image", "day/001.png"), "Style needs an image and a style"),
    (("maximise", "--neuron", NEURON, "--set", "speed=3"), "no setting speed"),
    (("style", "--dataset", "day", "--style", "day/001.png", "--into", "../out"), "Leave out slashes"),
    (("stare", "--image", "day/001.png"), "invalid choice"),
])  # fmt: skip
def test_what_is_missing_or_wrong_is_one_sentence(
    run: Commands, arguments: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "dinov2_vits14@random" in arguments:
        from dnacore.extractors.loader import load_extractor
        from dnacore.sources import resolver

        small = {"input_size": 28, "arguments": {"depth": 2, "num_classes": 0}}
        monkeypatch.setattr(
            resolver, "load_extractor", lambda name, *given, **options: load_extractor(name, "cpu", **small)
        )
    assert sentence in run("lens", *arguments, "--out", "x.png", code=2)
    assert not Path("x.png").exists()


def test_an_image_that_cannot_be_read_and_a_name_that_is_no_picture(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "broken.png cannot be looked at" in run("lens", "path", "--image", "broken.png", "--out", "x.png", code=2)
    assert "cannot be written as x.txt" in run("lens", "filters", "--out", "x.txt", code=2)
    assert "--out" in run("lens", "filters", code=2)


def test_help_names_every_analysis_without_a_network_library() -> None:
    code = (
        "import sys; from dnacore.commands import parser; parser._parser().parse_args(['lens', 'map', '--out', 'x.png']);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'timm', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(parser.__file__).parents[2]).returncode == 0
    shown = subprocess.run([sys.executable, "-m", "dnacore", "lens", "--help"], capture_output=True, text=True,
                           cwd=Path(parser.__file__).parents[2])  # fmt: skip
    assert shown.returncode == 0 and all(name in shown.stdout for name in NAMES)


def test_text_says_what_is_to_be_seen(run: Commands) -> None:
    said = run("lens", "filters", "--out", "f.png")
    assert "32 filters of 3 x 3 pixels" in said and "Written to f.png" in said
    assert json.loads(run("lens", "filters", "--out", "f.png", "--json"))["figures"]["filters"] == 32
