"""The bench: how well an extractor sees, on real images that no training ever saw.

    python -m benchmarks.sight DATA EXTRACTOR... [--json]

DATA is a folder with the datasets `styles` (folders photo, art_painting, cartoon, sketch), `day_night` (day, night),
`faces` (attributes.csv: hat, glasses, smiling) and, if there, `texture_vs_shape` (a folder per rendering). EXTRACTOR is
a registry name or a weights file. Five tasks count: retrieval of a style (half of it as reference, AUC of ranking its
other half before the other styles; the mean of four), day against night likewise, and three attributes of faces (the
20 neurons most sensitive on one half, 100 for glasses, rank the other half by two references; both ways round). Their
mean is the bench. Beside it stand renderings, the demo's drawn faces (20 neurons throughout), and what neurons chosen
on those see on real faces.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore.analyses.ranking import distances_to
from dnacore.attributes.survey import Attribute, attributes_of
from dnacore.dna.calibration import shipped
from dnacore.dna.from_sketches import sketched_dna
from dnacore.extraction.calibrate import measure
from dnacore.extractors import load_extractor
from dnacore.extractors.extractor import Extractor
from dnacore.neurons.selection import Selection
from dnacore.sketches.sketches import Sketches

NEURONS = {"hat": 20, "glasses": 100, "smiling": 20, "eyeglasses": 20, "smile": 20}
CARRIED = {"eyeglasses": "glasses", "hat": "hat", "smile": "smiling"}
TASKS = ("styles", "day", "hat", "glasses", "smiling")


class Judge:
    """Holds an extractor and the images it is judged by; everything lies in a workspace that goes with the `with`.

    A network without shipped activation ranges gets some that are measured on every eighth image.
    """

    def __init__(self, extractor: Extractor, data: Path) -> None:
        self.extractor, self.data = extractor, data
        self._folder = tempfile.TemporaryDirectory()
        self._workspace = dc.Workspace.open(Path(self._folder.name))
        self._calibration = shipped(extractor)

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def report(self, names: tuple[str, ...] = ("styles", "day_night", "faces", "texture_vs_shape")) -> dict[str, float]:
        """Return {task: AUC} of the sets that are there, and `mean` where all five tasks are."""
        there = [name for name in names if (self.data / name).is_dir()]
        found: dict[str, float] = {}
        if "styles" in there:
            found |= self._retrieval("styles", ("photo", "art_painting", "cartoon", "sketch"))
            found["styles"] = float(np.mean(list(found.values())))
        if "day_night" in there:
            found |= self._retrieval("day_night", ("day", "night"), only="day")
        if "faces" in there:
            found |= self._attributes("faces")
        if set(TASKS) <= set(found):
            found["mean"] = float(np.mean([found[task] for task in TASKS]))
        if "texture_vs_shape" in there:
            folders = tuple(sorted(p.name for p in (self.data / "texture_vs_shape").iterdir() if p.is_dir()))
            found["renderings"] = float(np.mean(list(self._retrieval("texture_vs_shape", folders).values())))
        return found

    def drawn_faces(self) -> dict[str, float]:
        """Return the AUCs of *eyeglasses*, *hat* and *smile* on demo faces, as `demo_...`, and of those neurons
        on real faces, where they are there, as `carried_...`: chosen on drawings, references from one half of the
        photographs, tried on the other."""
        from dnacore.demo import draw

        folder = Path(self._folder.name, "drawn-faces")
        table = draw("faces", folder)
        self._workspace.add_dataset("drawn-faces", folder, table)
        drawn = self._attributes("drawn-faces")
        found = {f"demo_{name}": drawn[name] for name in CARRIED}
        if (self.data / "faces").is_dir():
            sketches, _, dna = self._sketches("drawn-faces")
            asked = self._asked("drawn-faces", sketches)
            real, _, real_dna = self._sketches("faces")
            real_asked = self._asked("faces", real)
            for name, real_name in CARRIED.items():
                sides = _sides(sketches, asked[name], np.ones(len(sketches), bool), dna)
                chosen = Selection.of(dc.sensitivity(*sides, splits=0).order[:20])
                found[f"carried_{real_name}"] = halves(real, real_asked[real_name], 20, real_dna, chosen)
        return found

    def _sketches(self, name: str) -> tuple[Sketches, list[str], dc.DNA]:
        if name not in {dataset.name for dataset in self._workspace.datasets()}:
            self._workspace.add_dataset(name, self.data / name)
        dataset = self._workspace.dataset(name)
        if self._calibration is None:
            paths = sorted(p for p in self.data.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
            self._calibration = measure(self.extractor, paths[::8], origin="every eighth image")
        dna = dc.extract(name, self.extractor, calibration=self._calibration, workspace=self._workspace)
        sketches = self._workspace.sketches(dataset, self._workspace.store.settings()[0].label)
        assert sketches is not None  # extract keeps them
        files = self._workspace.files(dataset)
        return sketches, [files[i].path for i in sketches.found], dna

    def _retrieval(self, name: str, folders: tuple[str, ...], only: str | None = None) -> dict[str, float]:
        sketches, paths, dna = self._sketches(name)
        of = np.array([path.split("/")[0] for path in paths])
        found = {}
        for folder in folders if only is None else (only,):
            own = np.flatnonzero(of == folder)
            others = np.flatnonzero((of != folder) & np.isin(of, folders))
            reference = sketched_dna(sketches.select(own[::2]), dna.calibration, dna.extractor, folder)
            tried = np.concatenate([own[1::2], others if only else others[::2]])
            distance = distances_to(sketches.select(tried), reference)
            found[folder] = dc.auc(distance, np.arange(len(tried)) < len(own[1::2]))
        return found

    def _attributes(self, name: str) -> dict[str, float]:
        sketches, _, dna = self._sketches(name)
        return {key: halves(sketches, a, NEURONS[key], dna) for key, a in self._asked(name, sketches).items()}

    def _asked(self, name: str, sketches: Sketches) -> dict[str, Attribute]:
        table = self._workspace.attributes(self._workspace.dataset(name)).iloc[sketches.found]
        return {a.name: a for a in attributes_of(table) if a.name in NEURONS}


def halves(sketches: Sketches, asked: Attribute, neurons: int, dna: dc.DNA, chosen: Selection | None = None) -> float:
    """Return the AUC of ranking one half by the neurons chosen on the other, by two references; mean of both ways.

    chosen: take these neurons instead of the most sensitive ones of the first half.
    """
    everyone, found = np.arange(len(sketches)), []
    for parity in (0, 1):
        test = (everyone % 2 != parity) & (asked.with_ | asked.without)
        sides = _sides(sketches, asked, everyone % 2 == parity, dna)
        selection = chosen or Selection.of(dc.sensitivity(*sides, splits=0).order[:neurons])
        distance = distances_to(sketches.select(np.flatnonzero(test)), *sides, selection)
        found.append(dc.auc(distance, asked.with_[test]))
    return float(np.mean(found))


def _sides(sketches: Sketches, asked: Attribute, those: np.ndarray, dna: dc.DNA) -> list[dc.DNA]:
    """The DNAs of the images with and without, among those marked."""
    return [
        sketched_dna(sketches.select(np.flatnonzero(mask & those)), dna.calibration, dna.extractor, "")
        for mask in (asked.with_, asked.without)
    ]


def table(reports: dict[str, dict[str, float]]) -> str:
    """Return the reports as the lines of a Markdown table, one row per task."""
    tasks = list(dict.fromkeys(task for report in reports.values() for task in report))
    lines = ["| task | " + " | ".join(reports) + " |", "|---|" + "---|" * len(reports)]
    for task in tasks:
        cells = (f"{report[task]:.3f}" if task in report else "" for report in reports.values())
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("extractors", nargs="+")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    reports = {}
    for name in options.extractors:
        with Judge(load_extractor(name), options.data) as judge:
            reports[Path(name).stem] = judge.report() | judge.drawn_faces()
    say(json.dumps(reports) if options.json else table(reports))


if __name__ == "__main__":
    main()
