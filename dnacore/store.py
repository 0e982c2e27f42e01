"""Shards, sketches and DNAs of a workspace: array files, and the rows of the catalogue that point to them.

A file is written before the row that names it, and a row goes before its file: a crash leaves at most a file that
nothing points to, which `sweep` removes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .calibration import Calibration
from .datasets import Dataset
from .dna import DNA, load_dna, merge
from .errors import Damaged
from .plan import Member, Shard
from .sketches import Segment, SketchArrays, Sketches, merge_segments, open_segment, save_segment

if TYPE_CHECKING:
    from .extractors import Extractor
    from .workspace import Workspace

GROWN = 4  # segments are merged once the later ones hold a quarter of the largest: few rewrites, few reads


@dataclass(frozen=True)
class Setting:
    """A network under one calibration and number of bins: what a DNA must share with another to be compared."""

    id: int
    label: str
    extractor: str
    calibration: str
    bins: int
    specification: dict[str, Any]
    layers: dict[str, int]
    weights: str = ""  # the weights file it was loaded from, where it was one


def label_of(extractor: Extractor) -> str:
    """How a network is called in a workspace: its name, and its precision unless that is fp32."""
    return extractor.name if extractor.precision == "fp32" else f"{extractor.name} ({extractor.precision})"


class Store:
    """The array side of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.root = workspace.root
        self.catalogue = workspace.catalogue

    # -- settings ------------------------------------------------------------------------------------------------------

    def setting(self, extractor: Extractor, calibration: Calibration, bins: int) -> Setting:
        """The setting of this network under this calibration; from now on the one its label stands for."""
        with self.catalogue.changing() as db:
            db.execute(
                "INSERT INTO setting (label, extractor, calibration, bins, specification, layers, weights, used) "
                "VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (extractor, calibration, bins) DO UPDATE SET label = excluded.label, "
                "specification = excluded.specification, weights = excluded.weights, used = excluded.used",
                (
                    label_of(extractor), extractor.fingerprint, calibration.fingerprint, bins,
                    json.dumps(extractor.spec), json.dumps(list(extractor.layers.items())),
                    str(extractor.weights_file.resolve()) if extractor.weights_file else "", time.time(),
                ),
            )  # fmt: skip
        found = self.find_setting(label_of(extractor))
        if found is None:
            raise Damaged("The catalogue lost a setting it had just written. Run the same command again.")
        return found

    def find_setting(self, label: str) -> Setting | None:
        """The setting last used under that label, or None. No network is loaded."""
        return next(iter(s for s in self.settings() if s.label == label), None)

    def settings(self) -> list[Setting]:
        """All settings, the last used first."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT * FROM setting ORDER BY used DESC, id DESC").fetchall()
        return [
            Setting(
                r["id"], r["label"], r["extractor"], r["calibration"], r["bins"],
                json.loads(r["specification"]), dict(json.loads(r["layers"])), r["weights"],
            )
            for r in rows
        ]  # fmt: skip

    def extractors_of(self, dataset: Dataset) -> list[str]:
        """Labels of the networks this dataset has a DNA of, last used first."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT setting.label FROM extraction JOIN setting ON setting.id = extraction.setting "
                "WHERE dataset = ? AND part = ? ORDER BY setting.used DESC",
                (dataset.id, str(dataset.part or "")),
            ).fetchall()
        return list(dict.fromkeys(row["label"] for row in rows))

    # -- shards --------------------------------------------------------------------------------------------------------

    def shards(self, dataset: Dataset, setting: Setting) -> list[Shard]:
        """Finished shards in the order they were made; those whose file is broken are set aside and left out."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT shard.id, hash, path, reason FROM shard JOIN member ON member.shard = shard.id "
                "WHERE dataset = ? AND setting = ? AND part = ? ORDER BY shard.id, position",
                (dataset.id, setting.id, str(dataset.part or "")),
            ).fetchall()
        members: dict[int, list[Member]] = {}
        for number, *member in rows:
            members.setdefault(number, []).append(Member(*member))
        return [Shard(number, tuple(m)) for number, m in members.items() if self._shard_file(number).is_file()]

    def add_shard(
        self, dataset: Dataset, setting: Setting, members: Sequence[Member], dna: DNA,
        sketches: SketchArrays | None, sketched: Sequence[str],
    ) -> int:  # fmt: skip
        """Keep a finished shard. sketched: the content hashes of the images in `sketches`."""
        with self.catalogue.changing() as db:  # numbers are handed out first, so that no file is ever written twice
            shard = _next_number(db, "shard")
            segment = _next_number(db, "segment")
        dna.save(self._shard_file(shard))
        if sketches is not None and len(sketched):
            save_segment(self._segment_file(segment), sketches, sketched)
        with self.catalogue.changing() as db:
            part = str(dataset.part or "")
            db.execute("INSERT INTO shard VALUES (?,?,?,?,?)", (shard, dataset.id, setting.id, part, dna.images))
            db.executemany(
                "INSERT INTO member VALUES (?,?,?,?,?)",
                [(shard, i, m.hash, m.path, m.reason) for i, m in enumerate(members)],
            )
            if sketches is not None and len(sketched):
                db.execute("INSERT INTO segment VALUES (?,?,?,?)", (segment, dataset.id, setting.id, len(sketched)))
        return shard

    def finish(self, dataset: Dataset, setting: Setting, keep: Sequence[Shard]) -> None:
        """Make these shards the dataset's DNA, and drop the others and their files."""
        part = str(dataset.part or "")
        ids = sorted(shard.id for shard in keep)
        with self.catalogue.changing() as db:
            old = [
                row["id"]
                for row in db.execute(
                    "SELECT id FROM shard WHERE dataset = ? AND setting = ? AND part = ?", (dataset.id, setting.id, part)
                )
                if row["id"] not in set(ids)
            ]
            db.executemany("DELETE FROM shard WHERE id = ?", [(number,) for number in old])
            for shard in keep:  # files may have been renamed
                db.executemany(
                    "UPDATE member SET path = ? WHERE shard = ? AND position = ? AND path != ?",
                    [(m.path, shard.id, i, m.path) for i, m in enumerate(shard.members)],
                )
            images = sum(1 for shard in keep for m in shard.members if m.reason is None)
            db.execute(
                "INSERT OR REPLACE INTO extraction VALUES (?,?,?,?,?,?)",
                (dataset.id, setting.id, part, json.dumps(ids), images, time.time()),
            )
        for number in old:
            self._shard_file(number).unlink(missing_ok=True)

    # -- DNAs ----------------------------------------------------------------------------------------------------------

    def dna(self, dataset: Dataset, label: str) -> DNA | None:
        """The DNA of a dataset, or of a part of one; None if it was never extracted.

        A part that was not extracted on its own is counted from the sketches of the whole (`exact` is False then).
        """
        setting = self.find_setting(label)
        if setting is None:
            return None
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT shards FROM extraction WHERE dataset = ? AND setting = ? AND part = ?",
                (dataset.id, setting.id, str(dataset.part or "")),
            ).fetchone()
        if row is None:
            return self.from_sketches(dataset, setting) if dataset.part else None
        shards = json.loads(row["shards"])
        found = self._merged(shards)
        rejected = tuple({"path": r.path, "reason": r.reason} for r in self.workspace.rejected(dataset, label))
        return replace(found, name=dataset.name, rejected=rejected, source=self.sketches(dataset, label))

    def dna_key(self, dataset: Dataset, label: str) -> str | None:
        """A short text that changes whenever the DNA does; None if there is no DNA. Reads no arrays."""
        setting = self.find_setting(label)
        if setting is None:
            return None
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT shards, finished FROM extraction WHERE dataset = ? AND setting = ? AND part = ?",
                (dataset.id, setting.id, str(dataset.part or "")),
            ).fetchone()
            if row is None and dataset.part:
                row = db.execute(
                    "SELECT shards, finished FROM extraction WHERE dataset = ? AND setting = ? AND part = ''",
                    (dataset.id, setting.id),
                ).fetchone()
        return f"{dataset.id}{dataset.part or ''}:{setting.id}:{row['shards']}:{row['finished']}" if row else None

    def from_sketches(self, dataset: Dataset, setting: Setting) -> DNA | None:
        """A part's DNA counted from the sketches of the whole; None where an image has none."""
        from .sketched import sketched_dna

        files = self.workspace.files(dataset)
        calibration = self._calibration(setting)
        sketches = self._sketches(dataset, setting)
        unreadable = {r.path for r in self.workspace.rejected(dataset, setting.label)}
        if calibration is None or sketches is None or len(sketches) < sum(f.path not in unreadable for f in files):
            return None
        return sketched_dna(sketches, calibration, setting.specification, dataset.name)

    def _merged(self, shards: Sequence[int]) -> DNA:
        if len(shards) == 1:
            return self._load_shard(shards[0])
        key = hashlib.sha256(json.dumps(list(shards)).encode()).hexdigest()[:24]
        path = self.root / "dna" / f"{key}.dna.npz"
        if path.is_file():
            try:
                return load_dna(path)
            except Damaged:
                self._set_aside(path)
        found = merge([self._load_shard(number) for number in shards])
        found.save(path)
        return found

    def _load_shard(self, number: int) -> DNA:
        path = self._shard_file(number)
        try:
            return load_dna(path)
        except Damaged as error:
            self._set_aside(path)
            raise Damaged(
                f"A stored shard was damaged and has been set aside ({path.name}). Extract the dataset again: "
                "only this shard is computed anew."
            ) from error

    def _calibration(self, setting: Setting) -> Calibration | None:
        from .calibration import load_calibration

        path = self.root / "calibrations" / f"{setting.calibration}.npz"
        return load_calibration(path) if path.is_file() else None

    # -- sketches ------------------------------------------------------------------------------------------------------

    def sketches(self, dataset: Dataset, label: str) -> Sketches | None:
        """The sketches of a dataset's images, in the order of its files; None if there are none."""
        setting = self.find_setting(label)
        return self._sketches(dataset, setting) if setting else None

    def _sketches(self, dataset: Dataset, setting: Setting) -> Sketches | None:
        segments = list(self.segments(dataset, setting).values())
        if not segments:
            return None
        return Sketches(segments, [f.hash for f in self.workspace.files(dataset)], setting.bins)

    def segments(self, dataset: Dataset, setting: Setting) -> dict[int, Segment]:
        """The dataset's sketch files by number, largest first; broken ones are set aside."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT id FROM segment WHERE dataset = ? AND setting = ? ORDER BY images DESC, id", (dataset.id, setting.id)
            ).fetchall()
        found = {}
        for row in rows:
            path = self._segment_file(row["id"])
            try:
                found[row["id"]] = open_segment(path)
            except Damaged:
                self._set_aside(path)
        return found

    def compact(self, dataset: Dataset, setting: Setting) -> None:
        """Merge sketch files, so that a few neurons over all images are a few long reads."""
        segments = self.segments(dataset, setting)
        sizes = {number: len(segment.hashes) for number, segment in segments.items()}
        if len(segments) < 2:
            return
        largest, *others = segments
        if sum(sizes[n] for n in others) * GROWN < sizes[largest]:
            segments = {number: segments[number] for number in others}
            if len(segments) < GROWN:
                return
        whole = replace(dataset, part=None)
        wanted = {f.hash for f in self.workspace.files(whole)}
        with self.catalogue.changing() as db:
            number = _next_number(db, "segment")
        images = merge_segments(self._segment_file(number), list(segments.values()), wanted)
        with self.catalogue.changing() as db:
            db.executemany("DELETE FROM segment WHERE id = ?", [(old,) for old in segments])
            db.execute("INSERT INTO segment VALUES (?,?,?,?)", (number, dataset.id, setting.id, images))
        for old in segments:
            self._segment_file(old).unlink(missing_ok=True)

    # -- files ---------------------------------------------------------------------------------------------------------

    def files_of(self, dataset: Dataset) -> list[Path]:
        """The array files that belong to this dataset alone."""
        with self.catalogue.reading() as db:
            shards = db.execute("SELECT id FROM shard WHERE dataset = ?", (dataset.id,)).fetchall()
            segments = db.execute("SELECT id FROM segment WHERE dataset = ?", (dataset.id,)).fetchall()
        return [self._shard_file(r["id"]) for r in shards] + [self._segment_file(r["id"]) for r in segments]

    def sweep(self, older_than: float = 3600.0) -> int:
        """Remove array files that no row names and nobody is writing; return the bytes freed."""
        with self.catalogue.reading() as db:
            named = {self._shard_file(r["id"]) for r in db.execute("SELECT id FROM shard")}
            named |= {self._segment_file(r["id"]) for r in db.execute("SELECT id FROM segment")}
            for row in db.execute("SELECT shards FROM extraction"):
                key = hashlib.sha256(json.dumps(json.loads(row["shards"])).encode()).hexdigest()[:24]
                named.add(self.root / "dna" / f"{key}.dna.npz")
        freed, before = 0, time.time() - older_than
        for folder in ("shards", "sketches", "dna"):
            for path in (self.root / folder).glob("*"):
                if path not in named and path.stat().st_mtime < before:
                    freed += path.stat().st_size
                    path.unlink(missing_ok=True)
        return freed

    def _shard_file(self, number: int) -> Path:
        return self.root / "shards" / f"{number}.dna.npz"

    def _segment_file(self, number: int) -> Path:
        return self.root / "sketches" / f"{number}.sketch"

    def _set_aside(self, path: Path) -> None:
        if path.is_file():
            aside = self.root / "damaged" / f"{int(time.time())}-{path.name}"
            aside.parent.mkdir(exist_ok=True)
            path.replace(aside)


def _next_number(db, table: str) -> int:
    """Hand out a row number that no row, past or present, has had."""
    db.execute("INSERT INTO number (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1", (table,))
    return db.execute("SELECT last FROM number WHERE name = ?", (table,)).fetchone()["last"]
