"""A workspace of many shards whose sketches were never merged, as an interrupted extraction leaves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dnacore.analyses.ranking import distances_to
from dnacore.attributes.sensitivity import sensitivity
from dnacore.dna.histogram import DNA
from dnacore.sketches.segments import SketchArrays
from dnacore.workspace.store.shard_plan import Member
from dnacore.workspace.workspace import Workspace
from tests.faults.world import LAYERS, Network, calibration
from tests.small_world import draw

EACH = 2  # images a shard


def make(root: Path, count: int) -> None:
    """Write `count` shards of made-up counts."""
    ws = Workspace.open(root / "home")
    dataset = ws.add_dataset("d", draw(root / "in", 1))
    setting = ws.store.setting(Network(), calibration(), 20)  # type: ignore[arg-type]
    rng = np.random.default_rng(1)
    rows, shards = [], []
    for number in range(count):
        hashes = [f"{number * EACH + i:032x}" for i in range(EACH)]
        members = [Member(content, f"{content}.png") for content in hashes]
        counts = rng.integers(0, 9, (5, 20)) + 1
        dna = DNA(counts, np.zeros((5, 2), np.int64), EACH, np.zeros(5), np.zeros(5), calibration(), Network.spec, "d")
        sketches = SketchArrays(
            np.sort(rng.integers(0, 20, (5, EACH, 16)), axis=2).astype(np.uint16), rng.random((5, EACH), np.float32),
            np.zeros((5, EACH), np.uint16), rng.random((5, EACH), np.float32),
        )  # fmt: skip
        ws.store.add_shard(dataset, setting, members, dna, sketches, hashes)
        rows += [(dataset.id, 10 + number * EACH + i, m.path, 1, 1, m.hash, 1) for i, m in enumerate(members)]
    with ws.catalogue.changing() as db:
        db.execute("DELETE FROM file")
        db.executemany("INSERT INTO file VALUES (?,?,?,?,?,?,?)", rows)
    shards = ws.store.shards(dataset, setting)
    ws.store.finish(dataset, setting, shards)
    assert sum(LAYERS.values()) == 5


def look(root: Path) -> dict[str, int]:
    """Rank, compare and merge, as the pages do; return what came of it."""
    ws = Workspace.open(root / "home")
    dna, sketches = ws.dna("d", "tiny"), ws.sketches("d", "tiny")
    assert dna is not None and sketches is not None
    ranked = distances_to(sketches, dna)
    found = sensitivity(dna, dna, splits=4)
    setting = ws.store.settings()[0]
    ws.store.compact(ws.dataset("d"), setting)
    assert len(list((ws.root / "sketches").iterdir())) == 1
    aside = len(list((ws.root / "damaged").glob("*")))
    return {"images": dna.images, "ranked": len(ranked), "noise": int(found.noise is not None), "aside": aside}
