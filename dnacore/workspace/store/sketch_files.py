"""Sketch files (segments) of a workspace: which belong to a dataset, which images keep one, and merging them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dnacore.errors import Damaged, Unavailable
from dnacore.paths import discard
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import KIND, VERSION, Segment, merge_segments, open_segment
from dnacore.sketches.sketches import Sketches
from dnacore.workspace import listing
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.array_files import ArrayFiles, next_number, stamp
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.store.shard_plan import FileRow

GROWN = 4  # merged once the smaller ones hold a quarter of the largest: few rewrites, few reads


def keeps_sketch(content: str, every: int) -> bool:
    """One image in `every`, a power of two, chosen by its content: the same images whatever is added later.

    Shares are nested: who keeps a sketch at one in four does so at one in two.
    """
    return every <= 1 or int(content[:8], 16) % every == 0


class SketchFiles(ArrayFiles):
    """The sketches of one workspace."""

    def share(self, dataset: Dataset, setting: Setting) -> int | None:
        """One in how many images keeps a sketch, as chosen for a dataset; None if nothing was chosen yet."""
        row = self.catalogue.row("SELECT every FROM share WHERE dataset = ? AND setting = ?", dataset.id, setting.id)
        return None if row is None else int(row["every"])

    def choose_share(self, dataset: Dataset, setting: Setting, every: int) -> None:
        """Choose that one in so many images keeps a sketch."""
        with self.changing(dataset) as db:
            db.execute("INSERT OR REPLACE INTO share VALUES (?,?,?)", (dataset.id, setting.id, every))

    def read_sketches(
        self, dataset: Dataset, setting: Setting, files: Sequence[FileRow] | None = None
    ) -> Sketches | None:
        """The sketches of a dataset's images, in the order of its files; None if there are none.

        files: the dataset's, where the caller has them: those of a part take reading its table.
        """
        segments = list(self.segments(dataset, setting).values())
        if not segments:
            return None
        rows = listing.files(self.catalogue, dataset) if files is None else files
        every = self.share(dataset, setting) or 1  # a sample that was made coarser is still a fair one
        return Sketches(segments, [f.hash if keeps_sketch(f.hash, every) else "" for f in rows], setting.bins)

    def segments(self, dataset: Dataset, setting: Setting) -> dict[int, Segment]:
        """The dataset's sketch files by number, largest first; broken ones are set aside.

        Raises Unavailable where one cannot be opened for a reason that passes.
        """
        rows = self.catalogue.rows(
            "SELECT id, stamp FROM segment LEFT JOIN checked ON checked.segment = segment.id "
            "WHERE dataset = ? AND setting = ? ORDER BY images DESC, id",
            dataset.id,
            setting.id,
        )
        found = {}
        for row in rows:
            try:
                found[row["id"]] = self._segment(row["id"], row["stamp"])
            except Damaged:  # broken, or removed in the meantime
                self.set_aside(self.segment_file(row["id"]))
                if not self._forget_segment(row["id"]):  # it was merged into another one in the meantime
                    return self.segments(dataset, setting)
        return found

    def _forget_segment(self, number: int) -> bool:
        """Delete a broken file's row; False where another process did. With a full disk it stays until the next read."""
        try:
            with self.catalogue.changing() as db:
                return db.execute("DELETE FROM segment WHERE id = ?", (number,)).rowcount > 0
        except Unavailable:
            return True

    def _segment(self, number: int, known: str | None) -> Segment:
        """Open a sketch file. One that somebody changed since it was written is read through once: sums must match."""
        path = self.segment_file(number)
        found = open_segment(path)
        now = stamp(path)
        if now != known:
            arrayfile.verify(path, KIND, VERSION)
            try:
                with self.catalogue.changing() as db:
                    db.execute("INSERT OR REPLACE INTO checked SELECT id, ? FROM segment WHERE id = ?", (now, number))
            except Unavailable:  # the next time it is read through again
                pass
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
        wanted = {f.hash for f in listing.files(self.catalogue, replace(dataset, part=None))}
        with self.catalogue.changing() as db:
            number = next_number(db, "segment")
        images = merge_segments(self.segment_file(number), list(segments.values()), wanted)
        with self.changing(dataset) as db:
            db.executemany("DELETE FROM segment WHERE id = ?", [(old,) for old in segments])
            db.execute("INSERT INTO segment VALUES (?,?,?,?)", (number, dataset.id, setting.id, images))
            db.execute("INSERT INTO checked VALUES (?,?)", (number, stamp(self.segment_file(number))))
        for old in segments:
            discard(self.segment_file(old))
