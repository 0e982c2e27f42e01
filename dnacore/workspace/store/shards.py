"""Shards and DNAs of a workspace: array files, and the rows of the catalogue that point to them."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dnacore.dna.adding import Sum, add_file
from dnacore.dna.file import covariance_layers
from dnacore.dna.histogram import DNA, merge
from dnacore.errors import BadInput, Damaged, Unavailable
from dnacore.paths import discard
from dnacore.sketches.segments import SketchArrays
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import Words
from dnacore.workspace import listing
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.array_files import exists, next_number, numbers
from dnacore.workspace.store.calibration_files import CalibrationFiles, histograms
from dnacore.workspace.store.settings import Setting, label_of
from dnacore.workspace.store.shard_files import ShardFiles, Written
from dnacore.workspace.store.shard_plan import FileRow, Member, Shard
from dnacore.workspace.store.sketch_files import SketchFiles, keeps_sketch
from dnacore.workspace.store.word_files import WordFiles
from dnacore.workspace.upkeep import leftovers


class Store(SketchFiles, WordFiles, CalibrationFiles):
    """The array side of one workspace: settings, shards, sketches, words, DNAs and calibrations."""

    # -- shards --------------------------------------------------------------------------------------------------------

    def shards(self, dataset: Dataset, setting: Setting) -> list[Shard]:
        """Finished shards in the order they were made; those whose file is gone are left out."""
        rows = self.catalogue.rows(
            "SELECT shard.id, hash, path, reason, passing FROM shard JOIN member ON member.shard = shard.id "
            "WHERE dataset = ? AND setting = ? AND part = ? ORDER BY shard.id, position",
            dataset.id,
            setting.id,
            str(dataset.part or ""),
        )
        members: dict[int, list[Member]] = {}
        for number, content, path, reason, passing in rows:
            members.setdefault(number, []).append(Member(content, path, reason, bool(passing)))
        return [Shard(number, tuple(m)) for number, m in members.items() if exists(self.shard_file(number))]

    def add_shard(
        self, dataset: Dataset, setting: Setting, members: Sequence[Member], dna: DNA,
        sketches: SketchArrays | None, sketched: Sequence[str], words: Words | None = None,
    ) -> int:  # fmt: skip
        """Keep a finished shard. sketched: the content hashes of the images in `sketches`. words: what its images show."""
        return self.enter(dataset, setting, self.new_shard().write(members, dna, sketches, sketched, words))

    def new_shard(self) -> ShardFiles:
        """Where a new shard's files go. Numbers are handed out first, so that no file is ever written twice."""
        with self.catalogue.changing() as db:
            shard, segment = next_number(db, "shard"), next_number(db, "segment")
        return ShardFiles(
            shard, segment, self.shard_file(shard), self.segment_file(segment), self.words_file(shard)
        )  # fmt: skip

    def enter(self, dataset: Dataset, setting: Setting, written: Written) -> int:
        """Enter a shard whose files are written into the catalogue; returns its number."""
        shard, segment = written.files.shard, written.files.segment
        with self.changing(dataset) as db:
            part = str(dataset.part or "")
            db.execute("INSERT INTO shard VALUES (?,?,?,?,?)", (shard, dataset.id, setting.id, part, written.images))
            db.executemany(
                "INSERT INTO member (shard, position, hash, path, reason, passing) VALUES (?,?,?,?,?,?)",
                [(shard, i, m.hash, m.path, m.reason, m.passing) for i, m in enumerate(written.members)],
            )
            if written.stamp:
                db.execute("INSERT INTO segment VALUES (?,?,?,?)", (segment, dataset.id, setting.id, written.sketched))
                db.execute("INSERT INTO checked VALUES (?,?)", (segment, written.stamp))
        return shard

    def finish(self, dataset: Dataset, setting: Setting, keep: Sequence[Shard]) -> None:
        """Make these shards the dataset's DNA, and drop the others and their files.

        They are added up in the order of their images, so that the last digit of a mean does not depend on which of
        several workers was quicker.
        """
        part = str(dataset.part or "")
        ids = [shard.id for shard in sorted(keep, key=lambda shard: (shard.members[0].path, shard.id))]
        with self.changing(dataset) as db:
            old = [
                row["id"]
                for row in db.execute(
                    "SELECT id FROM shard WHERE dataset = ? AND setting = ? AND part = ?",
                    (dataset.id, setting.id, part),
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
            discard(self.shard_file(number))
            discard(self.words_file(number))
        self.catalogue.back_up()

    def covariance_layers(self, shard: int) -> set[str]:
        """Layers whose covariance a shard has."""
        return covariance_layers(self.shard_file(shard))

    def shard_dna(self, number: int) -> DNA:
        """The DNA of one shard. Raises Damaged."""
        return self._added_up([number])

    # -- DNAs ----------------------------------------------------------------------------------------------------------

    def dna(self, dataset: Dataset, label: str | Setting, sampled: bool = False) -> DNA | None:
        """The DNA of a dataset, or of a part of one; None if it was never extracted.

        sampled: a part's may be of the sample that keeps sketches, and then has as many images as that.

        A part that was not extracted on its own, or of whose images that no longer holds since they were tagged or
        described otherwise, is counted from the sketches of the whole (`exact` is False then).
        """
        setting = self.find_setting(label)
        if setting is None:
            return None
        shards = self._extracted(dataset, setting)
        if dataset.part and shards is not None and not self._holds(dataset, setting, shards):
            shards = None
        while shards is not None:
            try:
                found = self._merged(shards)
                break
            except Damaged:
                before, shards = shards, self._extracted(dataset, setting)
                if shards == before:  # otherwise it was just extracted anew, and the missing files were the old ones
                    raise
        else:
            return self.from_sketches(dataset, setting, sampled) if dataset.part else None
        rows = listing.rejected(self.catalogue, dataset, setting.label)
        rejected = tuple({"path": r.path, "reason": r.reason} for r in rows)
        return replace(found, name=dataset.name, rejected=rejected, source=self.read_sketches(dataset, setting))

    def dna_key(self, dataset: Dataset, label: str | Setting) -> str | None:
        """A short text that changes whenever the DNA does; None if there is no DNA. Reads no arrays.

        A part's changes with its images too: once tagged or described otherwise, it is counted anew from sketches.
        """
        setting = self.find_setting(label)
        if setting is None:
            return None
        row = self.catalogue.row(
            "SELECT shards, finished FROM extraction WHERE dataset = ? AND setting = ? AND part IN (?, '') "
            "ORDER BY part DESC",
            dataset.id,
            setting.id,
            str(dataset.part or ""),
        )
        told = f":{listing.described_key(self.catalogue, dataset)}" if row and dataset.part else ""
        return f"{dataset.id}{dataset.part or ''}:{setting.id}:{row['shards']}:{row['finished']}{told}" if row else None

    def from_sketches(self, dataset: Dataset, setting: Setting, sampled: bool = False) -> DNA | None:
        """A part's DNA counted from the sketches of the whole; None where an image has none, unless by choice."""
        from dnacore.dna.from_sketches import sketched_dna

        files = listing.files(self.catalogue, dataset)
        calibration = self.calibration(setting.calibration)
        sketches = self.read_sketches(dataset, setting, files)
        unreadable = {r.path for r in listing.rejected(self.catalogue, dataset, setting.label)}
        if calibration is None or not sketches:
            return None
        every = (self.share(dataset, setting) or 1) if sampled else 1
        if len(sketches) < sum(f.path not in unreadable and keeps_sketch(f.hash, every) for f in files):
            return None
        return sketched_dna(sketches, calibration, setting.specification, dataset.name)

    def sketches(self, dataset: Dataset, label: str | Setting) -> Sketches | None:
        """The sketches of a dataset's images, in the order of its files; None if there are none."""
        setting = self.find_setting(label)
        return self.read_sketches(dataset, setting) if setting else None

    def _extracted(self, dataset: Dataset, setting: Setting) -> list[int] | None:
        """Numbers of the shards that make the dataset's DNA; None if it was never extracted."""
        row = self.catalogue.row(
            "SELECT shards FROM extraction WHERE dataset = ? AND setting = ? AND part = ?",
            dataset.id,
            setting.id,
            str(dataset.part or ""),
        )
        return None if row is None else numbers(row["shards"])

    def _holds(self, part: Dataset, setting: Setting, shards: Sequence[int]) -> bool:
        """Whether these shards are of the images that are in a part now: a table, or tags, may have changed."""
        members = (m.hash for shard in self.shards(part, setting) if shard.id in shards for m in shard.members)
        return Counter(members) == Counter(file.hash for file in listing.files(self.catalogue, part))

    def _merged(self, shards: Sequence[int]) -> DNA:
        if len(shards) == 1:
            return self._added_up(shards)
        path = self.merged_file(shards)
        if exists(path):
            try:
                return histograms(path)
            except Damaged:
                self.set_aside(path)
            except BadInput:  # it was removed in the meantime
                pass
        found = self._added_up(shards)
        with suppress(Unavailable):  # the file only saves time; the DNA is there even where the disk is full
            found.save(path)
        return found

    def merge_by(self, dataset: Dataset, setting: Setting, add_up: Callable[[Sequence[Path]], Sum]) -> None:
        """Have a dataset's shards added up by `add_up`, so that `dna` finds the sum. Broken shards are left to `dna`."""
        shards = self._extracted(dataset, setting) or []
        if len(shards) > 1 and not exists(self.merged_file(shards)):
            with suppress(Damaged, BadInput, Unavailable):
                replace(add_up([self.shard_file(n) for n in shards]).dna(), name="").save(self.merged_file(shards))

    def _added_up(self, shards: Sequence[int]) -> DNA:
        """The sum of shards, one after the other.

        Raises Damaged once all that are broken or gone have been set aside, Unavailable where one cannot be read now.
        """
        total: Sum | None = None
        broken: list[str] = []
        cause, spoiled = None, False
        for number in shards:
            path = self.shard_file(number)
            try:
                total = add_file(path, total)
            except (Damaged, BadInput) as problem:
                spoiled, cause = True, problem
                if self._is_broken(path):
                    broken.append(path.name)
        if broken or (total is None and not spoiled):
            raise Damaged(
                f"A part of the DNA was damaged or lost and has been set aside ({', '.join(broken)}). Extract the "
                "dataset again: only that part is computed anew."
            ) from cause
        found = merge(histograms(self.shard_file(n)) for n in shards) if total is None or spoiled else total.dna()
        return found if len(shards) == 1 else replace(found, name="")

    def _is_broken(self, path: Path) -> bool:
        """Whether a shard that could not be added is still broken on a second read; then it is set aside."""
        try:
            histograms(path)
        except Damaged:
            self.set_aside(path)
        except BadInput:  # the file is gone
            pass
        else:
            return False
        return True

    def merged_file(self, shards: Sequence[int]) -> Path:
        """Where the sum of these shards is kept."""
        # shards' numbers are valid within one catalogue only
        row = self.catalogue.row("SELECT last FROM number WHERE name = 'catalogue'")
        key = hashlib.sha256(json.dumps([row["last"] if row else 0, *shards]).encode()).hexdigest()[:24]
        return self.root / "dna" / f"{key}.dna.npz"

    # -- words ---------------------------------------------------------------------------------------------------------

    def words(self, dataset: Dataset, setting: Setting) -> Words | None:
        """What a network's head said of a dataset's images, of a part's too; None where no words are kept."""
        whole = self.words_of_whole(dataset, setting)
        if whole is None or dataset.part is None:
            return whole
        return whole.of([f.hash for f in listing.files(self.catalogue, dataset)])[1]

    # -- files ---------------------------------------------------------------------------------------------------------

    def files_of(self, dataset: Dataset) -> list[Path]:
        """The array files that belong to this dataset alone."""
        with self.catalogue.reading() as db:
            shards = db.execute("SELECT id FROM shard WHERE dataset = ?", (dataset.id,)).fetchall()
            segments = db.execute("SELECT id FROM segment WHERE dataset = ?", (dataset.id,)).fetchall()
            merged = db.execute("SELECT shards FROM extraction WHERE dataset = ?", (dataset.id,)).fetchall()
        own = [self.shard_file(r["id"]) for r in shards] + [self.segment_file(r["id"]) for r in segments]
        own += [self.words_file(r["id"]) for r in shards]
        return own + [self.merged_file(numbers(r["shards"]) or []) for r in merged]

    def sweep(self, older_than: float = 3600.0) -> int:
        """Remove array files that no row names and nobody is writing, and what was left behind half-made.

        Nothing older than the catalogue itself: a catalogue that was lost may have named it. Returns the bytes freed.
        """
        return sum(map(leftovers.remove, leftovers.find(self, older_than)))


__all__ = ["FileRow", "Setting", "Store", "label_of"]
