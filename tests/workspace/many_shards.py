"""A workspace of many shards whose sketches were never merged, as an interrupted extraction leaves it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from unittest.mock import patch

import numpy as np

from dnacore.analyses import projection
from dnacore.analyses.ranking import distances_to, table
from dnacore.attributes.sensitivity import sensitivity
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.sketches.segments import SketchArrays
from dnacore.workspace.store.shard_plan import Member
from dnacore.workspace.workspace import Workspace
from tests.faults.world import Network
from tests.small_world import draw

EACH = 2  # images a shard


def make(root: Path, count: int, neurons: int = 5, bins: int = 20) -> None:
    """Write `count` shards of made-up counts, all of them the same."""
    ws = Workspace.open(root / "home")
    dataset = ws.add_dataset("d", draw(root / "in", 1))
    calibration = Calibration(np.full(neurons, -3.0), np.full(neurons, 3.0), {"a": neurons}, "f" * 32, "test")
    setting = ws.store.setting(Network(), calibration, bins)  # type: ignore[arg-type]
    rng = np.random.default_rng(1)
    rows = []
    counts, nothing = rng.integers(0, 9, (neurons, bins)) + 1, np.zeros(neurons)
    outside = np.zeros((neurons, 2), np.int64)
    dna = DNA(counts, outside, EACH, nothing, nothing, calibration, Network.spec, "d")
    kept = dna.save(root / "one")
    sketches = SketchArrays(
        np.sort(rng.integers(0, bins, (neurons, EACH, 16)), axis=2).astype(np.uint16),
        rng.random((neurons, EACH), np.float32), np.zeros((neurons, EACH), np.uint16),
        rng.random((neurons, EACH), np.float32),
    )  # fmt: skip

    def link(_: DNA, path: Path) -> None:  # 400 files of 10 MB take a while
        path.parent.mkdir(exist_ok=True)
        os.link(kept, path)

    with patch.object(DNA, "save", link):
        for number in range(count):
            hashes = [f"{number * EACH + i:032x}" for i in range(EACH)]
            members = [Member(content, f"{content}.png") for content in hashes]
            ws.store.add_shard(dataset, setting, members, dna, sketches, hashes)
            rows += [(dataset.id, 10 + number * EACH + i, m.path, 1, 1, m.hash, 1) for i, m in enumerate(members)]
    with ws.catalogue.changing() as db:
        db.execute("DELETE FROM file")
        db.executemany("INSERT INTO file VALUES (?,?,?,?,?,?,?)", rows)
    ws.store.finish(dataset, setting, ws.store.shards(dataset, setting))


def look(root: Path) -> dict[str, int]:
    """Add up, rank, compare, lay out and merge, as the pages do; return what came of it."""
    ws = Workspace.open(root / "home")
    dna = ws.dna("d", "tiny")
    assert dna is not None
    used = most_memory()
    sketches = ws.sketches("d", "tiny")
    assert sketches is not None
    one = np.load(root / "one.dna.npz", allow_pickle=False)["differences/a"]
    assert dna.histograms[:, 0].sum() == (one[0, :, 0] >> 1).sum(dtype=np.int64) * dna.images // EACH
    ranked = table(root / "in", ws.files(ws.dataset("d")), sketches, distances_to(sketches, dna))
    found = sensitivity(dna, dna, splits=4)
    plane = projection.pca(projection.features([sketches]))
    setting = ws.store.settings()[0]
    ws.store.compact(ws.dataset("d"), setting)
    assert len(list((ws.root / "sketches").iterdir())) == 1
    aside = len(list((ws.root / "damaged").glob("*")))
    return {
        "images": dna.images, "ranked": len(ranked), "noise": int(found.noise is not None),
        "mapped": len(plane.points), "aside": aside, "most_memory": used,
    }  # fmt: skip


def most_memory() -> int:
    """The most bytes this process has had in memory; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
