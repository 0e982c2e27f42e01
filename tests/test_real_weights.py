"""Real weights and real images, where a checkout has them beside it: does the method give what it should?

The figures to reach are those of a slow, literal version of the method, written elsewhere. Differences of a few
hundredths are expected: it rounds resized images to 8 bits and measures its ranges on other images.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from timm.data import ImageNetInfo

import dnacore as dc
from dnacore.analyses import ranking
from dnacore.commands import parser
from dnacore.dna.from_sketches import sketched_dna
from dnacore.dna.histogram import DNA
from dnacore.extractors.loader import load_extractor
from dnacore.sketches.sketches import Sketches

CORAL, MOBILEONE = "mobilenetv2_100_coral", "mobileone_s0_fused"
STYLES = {"photo": 0.905, "art_painting": 0.911, "cartoon": 0.908, "sketch": 0.999}  # AUC of the literal version
FACES = {"hat": (20, 0.996), "glasses": (20, 0.73), "smiling": (20, 0.68)}
CLOSE = 0.04


@pytest.mark.parametrize("name", [CORAL, MOBILEONE])
def test_a_local_checkpoint_names_most_photographs_rightly(shared_data: Path, name: str) -> None:
    extractor = load_extractor(shared_data / "weights" / f"{name}.safetensors", "cpu")
    photographs = sorted((shared_data / "images" / "imagenet_sample").glob("*.JPEG"))
    classes = ImageNetInfo()
    found = [classes.index_to_label_name(best[0][0]) for best in extractor.labels(photographs, 1)]
    right = [synset == photo.name.partition("_")[0] for synset, photo in zip(found, photographs, strict=True)]
    assert np.mean(right) >= 0.8


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (CORAL, ["--architecture", "mobilenetv2_100", "--arguments", '{"pad_type": "same"}']),
        (MOBILEONE, ["--architecture", "mobileone_s0", "--prepare", "reparameterize"]),
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_a_local_checkpoint_loads_from_the_command_line(
    shared_data: Path, tmp_path: Path, tiny_images: Path, capsys: pytest.CaptureFixture[str], name: str,
    options: list[str], beside: bool,
) -> None:  # fmt: skip
    """With the JSON beside it nothing more is said; without one, architecture, arguments and preparation are."""
    weights = shared_data / "weights" / f"{name}.safetensors"
    if not beside:
        weights = Path(shutil.copy(weights, tmp_path))
    options = [] if beside else options
    extractor = load_extractor(weights, "cpu", **as_arguments(options))
    dc.calibrate(extractor, [tiny_images]).save(tmp_path / "ranges.npz")
    line = ["extract", str(tiny_images), "--extractor", str(weights), "--workspace", str(tmp_path / "home"), "--json"]
    line += ["--device", "cpu", "--calibration", str(tmp_path / "ranges.npz"), *options]
    assert parser.main(line) == 0, capsys.readouterr().err
    found = json.loads(capsys.readouterr().out)["datasets"][0]
    assert (found["images"], found["rejected"]) == (12, [])
    assert max(found["saturation"].values()) == 0


def as_arguments(options: list[str]) -> dict[str, object]:
    pairs = {key.removeprefix("--"): value for key, value in zip(options[::2], options[1::2], strict=True)}
    return pairs | {"arguments": json.loads(pairs["arguments"])} if "arguments" in pairs else pairs


class World:
    """The real sets under one network: sketches of every image, and DNAs of any part of them."""

    def __init__(self, data: Path, home: Path) -> None:
        images = data / "images"
        self.extractor = load_extractor(data / "weights" / f"{CORAL}.safetensors", "cpu")
        names = [*(f"styles/{style}" for style in STYLES), "day_night/day", "day_night/night", "faces"]
        sources = [images / name for name in names]
        self.calibration = dc.calibrate(self.extractor, sources, images=110)
        self.workspace = dc.Workspace.open(home)
        self.sketches: dict[str, Sketches] = {}
        for source in sources:
            dna = dc.extract(source, self.extractor, calibration=self.calibration, workspace=self.workspace)
            self.sketches[source.name] = dna.source
            if source.name == "faces":
                files = [file.path for file in self.workspace.files(self.workspace.dataset(dna.name))]
        with open(images / "faces" / "attributes.csv", encoding="utf-8") as file:
            rows = {row["file"]: row for row in csv.DictReader(file)}
        self.faces = [rows[path] for path in files]

    def dna(self, sketches: Sketches) -> DNA:
        return sketched_dna(sketches, self.calibration, self.extractor.spec, "")

    def halves(self, name: str) -> tuple[Sketches, Sketches]:
        sketches = self.sketches[name]
        return sketches.select(np.arange(0, len(sketches), 2)), sketches.select(np.arange(1, len(sketches), 2))

    def auc(self, reference: Sketches, like: Sketches, others: list[Sketches], **how: object) -> float:
        """How well the distance to `reference` tells `like` from `others`."""
        distances = [ranking.distances_to(s, self.dna(reference), **how) for s in (like, *others)]
        return dc.auc(np.concatenate(distances), np.arange(sum(map(len, distances))) < len(like))


@pytest.fixture(scope="module")
def world(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(shared_data, tmp_path_factory.mktemp("real"))


@pytest.mark.slow
def test_half_of_a_style_finds_the_other_half(world: World) -> None:
    for style, expected in STYLES.items():
        others = [world.halves(other)[0] for other in STYLES if other != style]
        found = world.auc(*world.halves(style), others)
        print(f"{style}: AUC {found:.3f}, the literal version {expected}")
        assert found == pytest.approx(expected, abs=CLOSE), style


@pytest.mark.slow
def test_day_is_told_from_night(world: World) -> None:
    found = world.auc(*world.halves("day"), [world.sketches["night"]])
    print(f"day: AUC {found:.3f}, the literal version 0.969")
    assert found == pytest.approx(0.969, abs=CLOSE)


@pytest.mark.slow
def test_twenty_neurons_tell_photographs_from_sketches(world: World) -> None:
    (photo, photos), (sketch, sketches) = world.halves("photo"), world.halves("sketch")
    top = dc.sensitivity(world.dna(photo), world.dna(sketch), splits=0).top(20)
    assert world.auc(photo, photos, [sketches], selection=top) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("attribute", FACES)
def test_neurons_chosen_on_half_of_the_faces_find_an_attribute_in_the_other(world: World, attribute: str) -> None:
    count, expected = FACES[attribute]
    values = np.array([int(row[attribute]) for row in world.faces])
    odd = np.arange(len(values)) % 2 == 1
    found = []
    for half in (odd, ~odd):
        kinds = [keep & (values == value) for keep in (half, ~half) for value in (1, 0)]
        parts = [world.sketches["faces"].select(np.flatnonzero(kind)) for kind in kinds]
        chosen = dc.sensitivity(world.dna(parts[0]), world.dna(parts[1]), splits=0).top(count)
        found.append(world.auc(parts[0], parts[2], [parts[3]], unlike=world.dna(parts[1]), selection=chosen))
    print(f"{attribute}: AUC {np.mean(found):.3f}, the literal version {expected}")
    assert np.mean(found) == pytest.approx(expected, abs=CLOSE)
