"""Shards, sketches and DNAs of a workspace: array files, and the rows of the catalogue that point to them.

A file is written before the row that names it, and a row goes before its file: a crash leaves at most a file that
nothing points to, which `sweep` removes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore.dna.calibration import Calibration, load_calibration
from dnacore.dna.file import covariance_layers, load_dna
from dnacore.dna.histogram import DNA, merge
from dnacore.errors import BadInput, Damaged, Unavailable, UnknownName
from dnacore.paths import discard
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import KIND, VERSION, Segment, SketchArrays, merge_segments, open_segment, save_segment
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import Words, save_words, together
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.shard_plan import FileRow, Member, Shard
from dnacore.workspace.store.word_files import read_words, words_file

if TYPE_CHECKING:
    from dnacore.extractors import Extractor
    from dnacore.workspace.workspace import Workspace


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
                "VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (extractor, calibration, bins) DO UPDATE SET "
                "label = excluded.label, specification = excluded.specification, weights = excluded.weights, "
                "used = excluded.used",
                (
                    label_of(extractor), extractor.fingerprint, calibration.fingerprint, bins,
                    json.dumps(extractor.spec), json.dumps(list(extractor.layers.items())),
                    str(extractor.weights_file.resolve()) if extractor.weights_file else "", time.time(),
                ),
            )  # fmt: skip
        key = extractor.fingerprint, calibration.fingerprint, bins
        found = next((s for s in self.settings() if (s.extractor, s.calibration, s.bins) == key), None)
        if found is None:
            raise Damaged("The catalogue lost a setting it had just written. Run the same command again.")
        return found

    def find_setting(self, label: str | Setting) -> Setting | None:
        """The setting last used under that label, or None; a setting is itself. No network is loaded."""
        return label if isinstance(label, Setting) else next((s for s in self.settings() if s.label == label), None)

    def settings(self) -> list[Setting]:
        """All settings, the last used first."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT * FROM setting ORDER BY used DESC, id DESC").fetchall()
        found = []
        for r in rows:
            with suppress(ValueError, TypeError):  # unreadable after a disk's fault: then it counts as never used
                specification, layers = json.loads(r["specification"]), dict(json.loads(r["layers"]))
                found.append(Setting(r["id"], r["label"], r["extractor"], r["calibration"], r["bins"], specification,
                                     layers, r["weights"]))  # fmt: skip
        return found

    def extractors_of(self, dataset: Dataset) -> list[str]:
        """Labels of the networks this dataset has a DNA of, last used first."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT setting.label FROM extraction JOIN setting ON setting.id = extraction.setting "
                "WHERE dataset = ? AND part = ? ORDER BY setting.used DESC",
                (dataset.id, str(dataset.part or "")),
            ).fetchall()
        return list(dict.fromkeys(row["label"] for row in rows))

    def labels(self) -> list[str]:
        """Labels of the networks that any dataset has a DNA of, last used first."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT setting.label FROM extraction JOIN setting ON setting.id = extraction.setting "
                "ORDER BY setting.used DESC"
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
        sketches: SketchArrays | None, sketched: Sequence[str], words: Words | None = None,
    ) -> int:  # fmt: skip
        """Keep a finished shard. sketched: the content hashes of the images in `sketches`. words: what its images show."""
        with self.catalogue.changing() as db:  # numbers are handed out first, so that no file is ever written twice
            shard = _next_number(db, "shard")
            segment = _next_number(db, "segment")
        dna.save(self._shard_file(shard))
        if sketches is not None and len(sketched):
            save_segment(self._segment_file(segment), sketches, sketched)
        if words is not None and len(words):
            save_words(self._words_file(shard), words)
        stamp = _stamp(self._segment_file(segment))
        with self._changing(dataset) as db:
            part = str(dataset.part or "")
            db.execute("INSERT INTO shard VALUES (?,?,?,?,?)", (shard, dataset.id, setting.id, part, dna.images))
            db.executemany(
                "INSERT INTO member VALUES (?,?,?,?,?)",
                [(shard, i, m.hash, m.path, m.reason) for i, m in enumerate(members)],
            )
            if stamp:
                db.execute("INSERT INTO segment VALUES (?,?,?,?)", (segment, dataset.id, setting.id, len(sketched)))
                db.execute("INSERT INTO checked VALUES (?,?)", (segment, stamp))
        return shard

    @contextmanager
    def _changing(self, dataset: Dataset) -> Iterator[sqlite3.Connection]:
        """A transaction about a dataset that somebody may have removed while it was being extracted."""
        with self.catalogue.changing() as db:
            if db.execute("SELECT 1 FROM dataset WHERE id = ?", (dataset.id,)).fetchone() is None:
                raise UnknownName(f"“{dataset.name}” was removed while it was being extracted. Add it again to go on.")
            yield db

    def finish(self, dataset: Dataset, setting: Setting, keep: Sequence[Shard]) -> None:
        """Make these shards the dataset's DNA, and drop the others and their files."""
        part = str(dataset.part or "")
        ids = sorted(shard.id for shard in keep)
        with self._changing(dataset) as db:
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
            discard(self._shard_file(number))
            discard(self._words_file(number))

    # -- DNAs ----------------------------------------------------------------------------------------------------------

    def dna(self, dataset: Dataset, label: str | Setting) -> DNA | None:
        """The DNA of a dataset, or of a part of one; None if it was never extracted.

        A part that was not extracted on its own is counted from the sketches of the whole (`exact` is False then).
        """
        setting = self.find_setting(label)
        if setting is None:
            return None
        shards = self._extracted(dataset, setting)
        while shards is not None:
            try:
                found = self._merged(shards)
                break
            except Damaged:
                before, shards = shards, self._extracted(dataset, setting)
                if shards == before:  # else it was extracted anew just now, and the files that went were the old ones
                    raise
        else:
            return self.from_sketches(dataset, setting) if dataset.part else None
        rejected = tuple({"path": r.path, "reason": r.reason} for r in self.workspace.rejected(dataset, setting.label))
        return replace(found, name=dataset.name, rejected=rejected, source=self._sketches(dataset, setting))

    def _extracted(self, dataset: Dataset, setting: Setting) -> list[int] | None:
        """Numbers of the shards that make the dataset's DNA; None if it was never extracted."""
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT shards FROM extraction WHERE dataset = ? AND setting = ? AND part = ?",
                (dataset.id, setting.id, str(dataset.part or "")),
            ).fetchone()
        return None if row is None else _numbers(row["shards"])

    def dna_key(self, dataset: Dataset, label: str | Setting) -> str | None:
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
        from dnacore.dna.from_sketches import sketched_dna

        files = self.workspace.files(dataset)
        calibration = self._calibration(setting)
        sketches = self._sketches(dataset, setting, files)
        unreadable = {r.path for r in self.workspace.rejected(dataset, setting.label)}
        if calibration is None or sketches is None or len(sketches) < sum(f.path not in unreadable for f in files):
            return None
        return sketched_dna(sketches, calibration, setting.specification, dataset.name)

    def _merged(self, shards: Sequence[int]) -> DNA:
        if len(shards) == 1:
            return self._load_shards(shards)[0]
        path = self._merged_file(shards)
        if path.is_file():
            try:
                return load_dna(path)
            except (Damaged, BadInput):  # BadInput: it went between two looks at it
                self._set_aside(path)
        found = merge(self._load_shards(shards))
        with suppress(Unavailable):  # the file only saves time, which a full disk must not cost the DNA
            found.save(path)
        return found

    def shard_dna(self, number: int) -> DNA:
        """The DNA of one shard. Raises Damaged."""
        return self._load_shards([number])[0]

    def _load_shards(self, numbers: Sequence[int]) -> list[DNA]:
        """The shards' DNAs. Raises Damaged once all that are broken or gone have been set aside."""
        found, broken = [], []
        for number in numbers:
            path = self._shard_file(number)
            try:
                found.append(load_dna(path))
            except (Damaged, BadInput):  # BadInput: the file is gone
                self._set_aside(path)
                broken.append(path.name)
        if broken:
            raise Damaged(
                f"A part of the DNA was damaged or lost and has been set aside ({', '.join(broken)}). Extract the "
                "dataset again: only that part is computed anew."
            )
        return found

    def _calibration(self, setting: Setting) -> Calibration | None:
        return self.calibration(setting.calibration)

    def calibration(self, fingerprint: str) -> Calibration | None:
        """A stored calibration. A damaged or lost one is taken from a shard made under it; None if there is none."""
        path = self.root / "calibrations" / f"{fingerprint}.npz"
        try:
            return load_calibration(path)
        except (Damaged, BadInput):
            self._set_aside(path)
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT shard.id FROM shard JOIN setting ON setting.id = shard.setting WHERE calibration = ?",
                (fingerprint,),
            ).fetchall()
        for row in rows:
            with suppress(Damaged, BadInput):  # the next one may be whole
                found = load_dna(self._shard_file(row["id"])).calibration
                found.save(path)
                return found
        return None

    def left_calibration(self, extractor: str) -> Calibration | None:
        """The newest calibration file of a network, which a catalogue that was lost had known of; None without one."""
        files = (self.root / "calibrations").glob("*.npz")
        for path in sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.name)):
            with suppress(Damaged, BadInput):
                if (found := load_calibration(path)).extractor == extractor:
                    return found
        return None

    # -- sketches ------------------------------------------------------------------------------------------------------

    def sketches(self, dataset: Dataset, label: str | Setting) -> Sketches | None:
        """The sketches of a dataset's images, in the order of its files; None if there are none."""
        setting = self.find_setting(label)
        return self._sketches(dataset, setting) if setting else None

    def _sketches(self, dataset: Dataset, setting: Setting, files: Sequence[FileRow] | None = None) -> Sketches | None:
        """files: the dataset's, where the caller has them: those of a part take reading its table."""
        segments = list(self.segments(dataset, setting).values())
        if not segments:
            return None
        rows = self.workspace.files(dataset) if files is None else files
        return Sketches(segments, [f.hash for f in rows], setting.bins)

    def segments(self, dataset: Dataset, setting: Setting) -> dict[int, Segment]:
        """The dataset's sketch files by number, largest first; broken ones are set aside."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT id, stamp FROM segment LEFT JOIN checked ON checked.segment = segment.id "
                "WHERE dataset = ? AND setting = ? ORDER BY images DESC, id",
                (dataset.id, setting.id),
            ).fetchall()
        found = {}
        for row in rows:
            try:
                found[row["id"]] = self._segment(row["id"], row["stamp"])
            except (Damaged, OSError):  # broken, or gone between two looks at it
                self._set_aside(self._segment_file(row["id"]))
                with self.catalogue.changing() as db:
                    gone = db.execute("DELETE FROM segment WHERE id = ?", (row["id"],)).rowcount == 0
                if gone:  # it was merged into another one while we looked
                    return self.segments(dataset, setting)
        return found

    def _segment(self, number: int, stamp: str | None) -> Segment:
        """Open a sketch file. One that somebody changed since it was written is read through once: sums must match."""
        path = self._segment_file(number)
        found = open_segment(path)
        now = _stamp(path)
        if now != stamp:
            arrayfile.verify(path, KIND, VERSION)
            with self.catalogue.changing() as db:
                db.execute("INSERT OR REPLACE INTO checked SELECT id, ? FROM segment WHERE id = ?", (now, number))
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
        with self._changing(dataset) as db:
            db.executemany("DELETE FROM segment WHERE id = ?", [(old,) for old in segments])
            db.execute("INSERT INTO segment VALUES (?,?,?,?)", (number, dataset.id, setting.id, images))
            db.execute("INSERT INTO checked VALUES (?,?)", (number, _stamp(self._segment_file(number))))
        for old in segments:
            discard(self._segment_file(old))

    # -- words ---------------------------------------------------------------------------------------------------------

    def words(self, dataset: Dataset, setting: Setting) -> Words | None:
        """What a network's head said of a dataset's images, of a part's too; None where no words are kept.

        Damaged files are set aside and count as none.
        """
        found, damaged = read_words(self.root, self._shards_of(dataset).get(setting.id, []))
        for path in damaged:
            self._set_aside(path)
        if not found:
            return None
        whole = together(found)
        return whole if dataset.part is None else whole.of([f.hash for f in self.workspace.files(dataset)])[1]

    def words_key(self, dataset: Dataset) -> str:
        """A short text that changes whenever the words of a dataset do, or the network that is asked; "" without any."""
        setting = self.words_setting(dataset)
        return "" if setting is None else f"{setting.id}:{self._shards_of(dataset)[setting.id]}"

    def words_setting(self, dataset: Dataset) -> Setting | None:
        """The network whose words count for a dataset: the last used of those with words of it; None without any."""
        shards = self._shards_of(dataset)
        having = {setting for setting, numbers in shards.items() if any(self.has_words(n) for n in numbers)}
        return next((setting for setting in self.settings() if setting.id in having), None)

    def has_words(self, shard: int) -> bool:
        """Whether words of a shard's images are kept."""
        return self._words_file(shard).is_file()

    def _shards_of(self, dataset: Dataset) -> dict[int, list[int]]:
        """{setting's id: numbers of the dataset's shards under it}."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT id, setting FROM shard WHERE dataset = ? ORDER BY id", (dataset.id,)).fetchall()
        found: dict[int, list[int]] = {}
        for row in rows:
            found.setdefault(row["setting"], []).append(row["id"])
        return found

    # -- files ---------------------------------------------------------------------------------------------------------

    def files_of(self, dataset: Dataset) -> list[Path]:
        """The array files that belong to this dataset alone."""
        with self.catalogue.reading() as db:
            shards = db.execute("SELECT id FROM shard WHERE dataset = ?", (dataset.id,)).fetchall()
            segments = db.execute("SELECT id FROM segment WHERE dataset = ?", (dataset.id,)).fetchall()
            merged = db.execute("SELECT shards FROM extraction WHERE dataset = ?", (dataset.id,)).fetchall()
        own = [self._shard_file(r["id"]) for r in shards] + [self._segment_file(r["id"]) for r in segments]
        own += [self._words_file(r["id"]) for r in shards]
        return own + [self._merged_file(_numbers(r["shards"]) or []) for r in merged]

    def sweep(self, older_than: float = 3600.0) -> int:
        """Remove array files that no row names and nobody is writing; return the bytes freed."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT id FROM shard").fetchall()
            named = {place(r["id"]) for r in rows for place in (self._shard_file, self._words_file)}
            named |= {self._segment_file(r["id"]) for r in db.execute("SELECT id FROM segment")}
            merged = db.execute("SELECT shards FROM extraction").fetchall()
        named |= {self._merged_file(_numbers(r["shards"]) or []) for r in merged}
        freed, before = 0, time.time() - older_than
        for folder in ("shards", "sketches", "words", "dna"):
            for path in (self.root / folder).glob("*"):
                with suppress(FileNotFoundError):  # somebody else is sweeping too
                    if path not in named and path.stat().st_mtime < before:
                        freed += discard(path)
        return freed

    def _merged_file(self, shards: Sequence[int]) -> Path:
        with self.catalogue.reading() as db:  # numbers of shards mean something within one catalogue only
            row = db.execute("SELECT last FROM number WHERE name = 'catalogue'").fetchone()
        key = hashlib.sha256(json.dumps([row["last"] if row else 0, *shards]).encode()).hexdigest()[:24]
        return self.root / "dna" / f"{key}.dna.npz"

    def covariance_layers(self, shard: int) -> set[str]:
        """Layers whose covariance a shard has."""
        return covariance_layers(self._shard_file(shard))

    def _shard_file(self, number: int) -> Path:
        return self.root / "shards" / f"{number}.dna.npz"

    def _words_file(self, number: int) -> Path:
        return words_file(self.root, number)

    def _segment_file(self, number: int) -> Path:
        return self.root / "sketches" / f"{number}.sketch"

    def _set_aside(self, path: Path) -> None:
        if path.is_file():
            aside = self.root / "damaged" / f"{int(time.time())}-{path.name}"
            aside.parent.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                path.replace(aside)


def _numbers(text: object) -> list[int] | None:
    """The numbers in a JSON list; None where a disk's fault made it something else."""
    try:
        return [int(number) for number in json.loads(str(text))]
    except (ValueError, TypeError):
        return None


def _stamp(path: Path) -> str:
    """Size and time of a file, which tell whether it was changed; "" where there is none."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return f"{about.st_size}:{about.st_mtime_ns}"


def _next_number(db, table: str) -> int:
    """Hand out a row number that no row, past or present, has had."""
    db.execute(
        "INSERT INTO number (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1", (table,)
    )
    return db.execute("SELECT last FROM number WHERE name = ?", (table,)).fetchone()["last"]
