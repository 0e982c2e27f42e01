"""What the studies find on real images: `python -m benchmarks.studies DATA [--bars 1 2 3 4 5 6 7] [--extractor E]`.

DATA is a folder with `styles` (photo, art_painting, cartoon, sketch), `day_night` (day, night), `ai_vs_real` (ai,
real), `texture_vs_shape` (edges, silhouettes), `cifar10` and `faces`. Extracts them into a temporary folder, or the
one of --workspace, and prints for each bar the study's own finding and the figures. Bar 7 draws the demo's images
instead. Figures of bar 5 come from hand-worked examples and are tests (tests/studies).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import dnacore as dc
from dnacore import studies
from dnacore.sketches.sketches import together
from dnacore.sources import study_requests
from dnacore.sources.resolver import Sources
from dnacore.studies.frame import export
from dnacore.studies.frame.result import Result
from dnacore.studies.frame.study import Request, Subject

STYLES = ("photo", "art_painting", "cartoon", "sketch")
FOLDERS = {name: f"styles/{name}" for name in STYLES} | {
    "day": "day_night/day",
    "night": "day_night/night",
    "real": "ai_vs_real/real",
    "ai": "ai_vs_real/ai",
    "faces": "faces",
    "edges": "texture_vs_shape/edges",
    "silhouettes": "texture_vs_shape/silhouettes",
    "airplanes": "cifar10/airplane",
    "frogs": "cifar10/frog",
}
PAIRS = (
    ("photo", "art_painting"),
    ("photo", "cartoon"),
    ("photo", "sketch"),
    ("cartoon", "art_painting"),
    ("day", "night"),
    ("edges", "silhouettes"),
    ("airplanes", "frogs"),
)
SEEDS = 20


class Bench:
    """One workspace, and the studies run in it."""

    def __init__(self, root: Path, extractor: str | None, seed: int) -> None:
        self.workspace = dc.Workspace.open(root)
        self.sources = Sources(self.workspace, extractor)
        self.seed = seed

    def add(self, data: Path) -> None:
        """Register and extract all sets."""
        known = {dataset.name for dataset in self.workspace.datasets()}
        for name, folder in FOLDERS.items():
            if name not in known:
                self.workspace.add_dataset(name, data / folder)
            study_requests.subject(self.sources, name)

    def run(
        self, study: str, *names: str, seed: int | None = None, attribute: str | None = None, **options: object
    ) -> Result:
        """One study, computed anew."""
        asked = study_requests.Asked(
            studies.find(study), names, options, attribute, None, self.seed if seed is None else seed
        )
        return study_requests.run(asked, [self.sources], fresh=True)


def retrieval(bench: Bench) -> None:
    """Bar 1: AUC and seconds of every method."""
    tasks = [(name, *(other for other in STYLES if other != name)) for name in STYLES] + [
        ("day", "night"),
        ("night", "day"),
    ]
    for names in tasks:
        for kind, unlike in (("mean", "no"), ("nearest", "no"), ("mean", "yes")):
            found = bench.run("retrieval", *names, reference=kind, unlike=unlike)
            cells = ", ".join(f"{row['method']} {row['auc']:.3f} ({row['seconds']:.1f} s)" for row in found.table)
            print(f"  {names[0]} (pairwise: {kind}, counter-examples for all: {unlike}): {cells}", flush=True)
    print("  " + " ".join(found.notes))


def sample_size(bench: Bench) -> None:
    """Bar 2: where each distance settles."""
    for pair in PAIRS:
        found = bench.run("sample-size", *pair)
        cells = ", ".join(f"{metric} {images:.1f}" for metric, images in found.more["settles_between"].items())
        print(
            f"  {' and '.join(pair)}: settles at {cells} images; FD needs {found.more['factor']:.1f} times as many",
            flush=True,
        )


def photo_drawing(bench: Bench) -> None:
    """Bar 3: the order of domains, and held-out AUC."""
    found = bench.run("photo-drawing", *STYLES)
    print(f"  {found.finding}")
    for row in found.table:
        print(
            f"  {row['domain']}: {row['distance']:.2f} bins, AUC {row['auc_selected']:.4f} with 20 neurons, "
            f"{row['auc_all']:.4f} with all"
        )
    seeds = [
        {row["domain"]: row["auc_selected"] for row in bench.run("photo-drawing", "photo", "sketch", seed=s).table}[
            "sketch"
        ]
        for s in range(5)
    ]
    print(f"  photo and sketch, seeds 0 to 4: AUC {min(seeds):.4f} to {max(seeds):.4f}", flush=True)


def realism(bench: Bench) -> None:
    """Bar 4: selected against all neurons, places, and the changes."""
    for neurons in (20, 100, 300):
        found = [bench.run("realism", "real", "ai", neurons=neurons, seed=seed).table[-1] for seed in range(5)]
        cells = [(f"{np.mean([row[key] for row in found]):.3f}") for key in ("auc_selected", "auc_all")]
        print(f"  {neurons} neurons: AUC {cells[0]}, all {cells[1]} (mean of seeds 0 to 4)", flush=True)
    found = bench.run("realism", "real", "ai")
    print(f"  {found.finding}")
    for picture in found.pictures:
        print(
            f"    {picture.path}: "
            f"{', '.join(f'{s.row:.0%} down, {s.column:.0%} across' for s in picture.spots) or 'no place'}"
        )
    changes(bench)


def changes(bench: Bench) -> None:
    """The rest of bar 4: whether strength and distance rise together."""
    for name in ("photo", "day", "faces"):
        found = bench.run("changes", name)
        print(
            f"  changes of {name}: " + ", ".join(f"{row['change']} {row['spearman']:.2f}" for row in found.table),
            flush=True,
        )
    for pair in (("photo", "art_painting"), ("day", "night")):
        print(f"  {bench.run('changes', *pair).finding}", flush=True)


def transfer(bench: Bench) -> None:
    """Bar 5 on the example and on the styles."""
    print(f"  {bench.run('transfer', scores='example').finding}")
    print(f"  {bench.run('transfer', 'photo', 'art_painting', 'cartoon', 'sketch').finding}", flush=True)


def _ordered(parts: Sequence[tuple[Subject, np.ndarray]]) -> Subject:
    """Chosen images of some datasets one after another, as a dataset in order of name."""
    first = parts[0][0]
    table = first.table.iloc[[0] * sum(len(images) for _, images in parts)]
    sketches = together(*(subject.sketches.select(images) for subject, images in parts))
    paths = tuple(f"{i}.jpg" for i in range(len(sketches)))
    return replace(first, paths=paths, changed=np.zeros(len(paths), np.int64), table=table, sketches=sketches)


def drift(bench: Bench) -> None:
    """Bar 6: planted changes found, and false alarms."""
    study = studies.find("drift")
    for a, b, before, after in (
        ("photo", "art_painting", 40, 40),
        ("photo", "art_painting", 60, 20),
        ("cartoon", "art_painting", 40, 40),
        ("day", "night", 30, 30),
        ("airplanes", "frogs", 40, 40),
    ):
        one, two = (study_requests.subject(bench.sources, name) for name in (a, b))
        hits = alarms = 0
        for seed in range(SEEDS):
            random = np.random.default_rng(seed)
            first, second = random.permutation(len(one)), random.permutation(len(two))
            planted = _ordered([(one, first[:before]), (two, second[:after])])
            plain = _ordered([(one, first[: min(before + after, len(one))])])
            found, none = (
                study.run(Request({"dataset": (subject,)}, {"words": "no"}, seed=seed)).more
                for subject in (planted, plain)
            )
            hits += found["alarm"] and abs(found["change_at"] - before) <= found["window"]
            alarms += none["alarm"]
        print(
            f"  {a} then {b} ({before} and {after} images): found within one window in {hits} of {SEEDS}; "
            f"false alarms {alarms} of {SEEDS}",
            flush=True,
        )


def demo(root: Path, extractor: str | None, seed: int) -> None:
    """Bar 7: every study on demo data, with its seconds and its HTML."""
    from dnacore.demo import draw

    bench = Bench(root / "demo", extractor, seed)
    names = ["styles_photo", "styles_cartoon", "styles_sketch", "styles_painting", "faces", "streets"]
    for name in names:
        if name not in {d.name for d in bench.workspace.datasets()}:
            bench.workspace.add_dataset(name, root / "drawn" / name, draw(name, root / "drawn" / name))
        study_requests.subject(bench.sources, name)
    styles = names[:4]
    asked: dict[str, tuple[Sequence[str], dict]] = {
        "sample-size": (styles[:2], {}),
        "realism": (styles[:2], {}),
        "transfer": (styles, {}),
        "retrieval": (styles, {}),
        "ignore": (["faces"], {}),
        "changes": (styles[:2], {}),
        "photo-drawing": (styles, {}),
        "drift": (["streets"], {}),
        "footprint": (styles, {}),
    }
    for study, (datasets, options) in asked.items():
        started = time.perf_counter()
        found = bench.run(study, *datasets, **options)
        page = export.as_html(found, study_requests.thumbnails(bench.workspace))
        seconds = time.perf_counter() - started
        outside = [word for word in ('src="http', "src='http", 'href="http') if word in page.split("<script>")[0]]
        print(
            f"  {study}: {seconds:.0f} s, HTML {len(page) / 1e6:.1f} MB, loads from outside: "
            f"{outside or 'nothing'}; {found.finding}",
            flush=True,
        )


BARS = {1: retrieval, 2: sample_size, 3: photo_drawing, 4: realism, 5: transfer, 6: drift}


def main() -> None:
    """Run the bars that were asked for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--bars", type=int, nargs="+", default=[*BARS, 7], choices=[*BARS, 7])
    options.add_argument("--extractor")
    options.add_argument("--workspace", type=Path, help="keep what is extracted here, and use what is there")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        root = chosen.workspace or Path(home)
        bench = Bench(root / "real", chosen.extractor, chosen.seed)
        if set(chosen.bars) & set(BARS):
            bench.add(chosen.data)
        print(f"{bench.sources.extractor.name}, seed {chosen.seed}")
        for bar in chosen.bars:
            started = time.perf_counter()
            print(f"bar {bar}: {BARS[bar].__name__ if bar in BARS else 'every study on demo data'}", flush=True)
            BARS[bar](bench) if bar in BARS else demo(root, chosen.extractor, chosen.seed)
            print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
