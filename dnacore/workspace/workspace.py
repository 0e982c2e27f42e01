"""The on-disk home of everything but the images: a catalogue (SQLite) and files of arrays.

```
catalogue.sqlite      what there is            shards/  sketches/  words/  dna/    arrays (see store)
calibrations/         activation ranges        jobs/                       one folder a background job
unpacked/  demo/      images that came out of a zip or were drawn          thumbs/  locks/  damaged/
```
Nothing here ever changes or deletes a user's own image.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dnacore.errors import BadInput, UnknownName
from dnacore.images import files, unzip
from dnacore.images.files import Rejected
from dnacore.paths import absolute, check_text, discard, folder_size, size
from dnacore.workspace import scanning
from dnacore.workspace.attribute_table import choose, read_attributes, with_words
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset, check_name, free_name, name_for, parse_part
from dnacore.workspace.saved import selections as saved_selections
from dnacore.workspace.scanning import Scan
from dnacore.workspace.store.shard_plan import FileRow

if TYPE_CHECKING:
    from dnacore.dna.calibration import Calibration
    from dnacore.dna.histogram import DNA
    from dnacore.neurons.selection import Selection
    from dnacore.sketches.sketches import Sketches
    from dnacore.workspace.store.shards import Store


ENVIRONMENT = "VISUAL_DNA_HOME"
_HASH = re.compile("[0-9a-f]{32}")


def default_root() -> Path:
    """`$VISUAL_DNA_HOME`, else the platform's folder for user data."""
    if chosen := os.environ.get(ENVIRONMENT):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "visual-dna"


class Workspace:
    """One workspace folder. Safe to use from several threads and processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"The workspace folder {root} cannot be made ({error.strerror}). Choose another.") from error
        self.catalogue = Catalogue(self.root / "catalogue.sqlite")

    @classmethod
    def open(cls, root: Path | str | None = None) -> Workspace:
        """Open a workspace, making it where there is none. Without a path: see `default_root`."""
        return cls(Path(root).expanduser() if root else default_root())

    @property
    def store(self) -> Store:
        """Shards, sketches and DNAs."""
        from dnacore.workspace.store.shards import Store

        return Store(self)

    # -- datasets ------------------------------------------------------------------------------------------------------

    def add_dataset(
        self, name: str, source: Path | str, attributes: Path | str | None = None, title: str = ""
    ) -> Dataset:
        """Register a folder, a text file of paths, or a zip (unpacked into the workspace) under a name.

        An `attributes.csv` in the folder is taken up by itself. Adding the same source again under the same name
        refreshes it. Raises BadInput for a name that is taken, a source that is missing or without a single image.
        """
        name, given = check_name(name), absolute(source)
        path = self._source(given)
        csv = absolute(attributes) if attributes else None
        if csv is not None and not csv.is_file():
            raise BadInput(f"There is no attributes file {csv}.")
        with self.catalogue.reading() as db:
            self._check_free(db, name, path)
        unpacked = path != given and not path.exists()
        if unpacked:
            unzip.unpack_zip(given, path)
        try:
            return self._register(name, path, csv, title)
        except BaseException:
            if unpacked:
                shutil.rmtree(path, ignore_errors=True)
            raise

    def _source(self, given: Path) -> Path:
        """What stands in the catalogue for a source: itself, or the folder that this very zip is unpacked to."""
        if given.suffix.lower() != ".zip" or not given.is_file():
            return given
        try:
            content = files.content_hash(given)
        except OSError as error:
            raise BadInput(f"{given} cannot be read ({error.strerror or error}).") from error
        return self.root / "unpacked" / f"{name_for(given.with_suffix(''))}-{content[:10]}"

    @staticmethod
    def _check_free(db, name: str, source: Path) -> bool:
        """Whether this very dataset is registered. Raises BadInput where the name or the source is another's."""
        rows = db.execute("SELECT * FROM dataset WHERE name = ? OR source = ?", (name, str(source))).fetchall()
        for row in rows:
            if row["source"] != str(source):
                raise BadInput(f"There is a dataset {name} already ({row['folder']}). Choose another name.")
            if row["name"] != name:
                raise BadInput(f"This folder is in the workspace already, as “{row['name']}”.")
        return bool(rows)

    def _register(self, name: str, path: Path, csv: Path | None, title: str) -> Dataset:
        folder = files.image_folder(path)
        with self.catalogue.changing() as db:
            old = self.dataset(name) if self._check_free(db, name, path) else None
            if old is None:
                used = {row["colour"] for row in db.execute("SELECT colour FROM dataset")}
                colour = next(i for i in range(len(used) + 1) if i not in used)
                db.execute(
                    "INSERT INTO dataset (name, source, folder, colour, title, added) VALUES (?,?,?,?,?,?)",
                    (name, str(path), str(folder), colour, title, time.time()),
                )
        dataset = self.dataset(name)
        try:
            scan = self.scan(dataset, hashes=False)
            if not scan.files:
                detail = f" ({len(scan.rejected)} files could not be read)" if scan.rejected else ""
                raise BadInput(f"There is no image in {path}{detail}. Choose a folder with JPEG, PNG or other images.")
            known = old.attributes if old is not None and old.attributes is not None else folder / "attributes.csv"
            if csv is not None:
                read_attributes(csv, scan.files)
            elif _fits(known, scan.files):  # one that merely has the name is left alone
                csv = known
            with self.catalogue.changing() as db:
                db.execute("UPDATE dataset SET attributes = ? WHERE id = ?", (str(csv) if csv else None, dataset.id))
        except BaseException:
            if old is None:
                self._forget(dataset)
            raise
        return self.dataset(name)

    def datasets(self) -> list[Dataset]:
        """All datasets in the order they were added."""
        with self.catalogue.reading() as db:
            return [_dataset(row) for row in db.execute(_DATASETS + " ORDER BY dataset.id")]

    def dataset(self, name: str | Path) -> Dataset:
        """The dataset of that name, or `NAME[column=value]`. A folder's path is registered under the folder's name.

        Registered names win over paths; `./x` always means the folder. Raises UnknownName.
        """
        text = check_text(str(name))
        base, part = parse_part(text)
        with self.catalogue.reading() as db:
            for candidate, chosen in ((text, None), (base, part)):
                row = db.execute(_DATASETS + " WHERE dataset.name = ?", (candidate,)).fetchone()
                if row:
                    found = _dataset(row)
                    return self.part(found, chosen.column, chosen.value) if chosen else found
        for candidate, chosen in ((text, None), (base, part)):
            path = absolute(candidate)
            if candidate and os.path.exists(path):  # unlike Path.exists, not even a name that is too long raises
                found = self._by_path(path)
                return self.part(found, chosen.column, chosen.value) if chosen else found
        known = ", ".join(d.name for d in self.datasets()) or "none yet"
        raise UnknownName(f"There is no dataset or folder {text!r}. The datasets are: {known}.")

    def dataset_by_id(self, number: int) -> Dataset:
        """The dataset with that number. Raises UnknownName."""
        with self.catalogue.reading() as db:
            row = db.execute(_DATASETS + " WHERE dataset.id = ?", (number,)).fetchone()
        if row is None:
            raise UnknownName("There is no such dataset any more.")
        return _dataset(row)

    def rename_dataset(self, old: str, new: str) -> Dataset:
        """Give a dataset another name; its colour, files and DNAs stay. Raises BadInput, UnknownName."""
        dataset, new = self._whole(old), check_name(new)
        with self.catalogue.changing() as db:
            if db.execute("SELECT 1 FROM dataset WHERE name = ? AND id != ?", (new, dataset.id)).fetchone():
                raise BadInput(f"There is a dataset {new} already. Choose another name.")
            db.execute("UPDATE dataset SET name = ? WHERE id = ?", (new, dataset.id))
        return self.dataset(new)

    def remove_dataset(self, name: str) -> int:
        """Forget a dataset, its DNAs and sketches; return the bytes that this freed. The user's images stay."""
        dataset = self._whole(name)
        files, own = self.store.files_of(dataset), self.own_images(dataset)
        self._forget(dataset)
        freed = sum(map(discard, files))
        if own is not None:
            freed += sum(size(path) for path in own.rglob("*"))
            shutil.rmtree(own, ignore_errors=True)
        return freed

    def dataset_size(self, dataset: Dataset) -> int:
        """Bytes that removing a dataset would free."""
        own = self.own_images(dataset)
        return sum(map(size, self.store.files_of(dataset))) + sum(size(p) for p in (own.rglob("*") if own else ()))

    def own_images(self, dataset: Dataset) -> Path | None:
        """The folder of a dataset's images where they were unpacked, uploaded or drawn into this workspace for it."""
        drawn = dataset.source
        ours = drawn.parent in (self.root / "unpacked", self.root / "demo") and not drawn.is_symlink()
        shared = any(d.folder.is_relative_to(drawn) for d in self.datasets() if d.id != dataset.id)
        return drawn if ours and not shared else None

    def set_attributes(self, name: str, csv: Path | None) -> Dataset:
        """Give a dataset another attributes CSV, or none. Raises BadInput where it does not fit its images."""
        dataset = self._whole(name)
        if csv is not None:
            read_attributes(csv, self.files(dataset))
        with self.catalogue.changing() as db:
            db.execute("UPDATE dataset SET attributes = ? WHERE id = ?", (str(csv) if csv else None, dataset.id))
        return self.dataset(name)

    def _whole(self, name: str) -> Dataset:
        dataset = self.dataset(name)
        if dataset.part is not None:
            raise BadInput(f"“{dataset.name}” is a part of a dataset. Give the name of the whole one.")
        return dataset

    def _forget(self, dataset: Dataset) -> None:
        with self.catalogue.changing() as db:
            db.execute("DELETE FROM dataset WHERE id = ?", (dataset.id,))

    def _by_path(self, path: Path) -> Dataset:
        source = self._source(path)
        for last in (False, True):
            with self.catalogue.reading() as db:
                row = db.execute(_DATASETS + " WHERE dataset.source = ?", (str(source),)).fetchone()
                names = {r["name"] for r in db.execute("SELECT name FROM dataset")}
            if row:
                return _dataset(row)
            try:
                base = name_for(path if path.is_dir() else path.with_suffix(""))
                return self.add_dataset(free_name(base, names), path)
            except BadInput:
                if last:  # else somebody may have registered it, or taken its name, since we looked
                    raise
        raise AssertionError

    def part(self, dataset: Dataset, column: str, value: str) -> Dataset:
        """The images of a dataset that have an attribute. Raises UnknownName where there is none."""
        chosen = dataset.split(column, value)
        return replace(chosen, images=len(self.files(chosen)))

    # -- files ---------------------------------------------------------------------------------------------------------

    def scan(self, dataset: Dataset, hashes: bool = True, progress: scanning.Progress | None = None) -> Scan:
        """Look at the folder again and bring the catalogue up to date.

        A file whose size and time are as before keeps its hash; with hashes=False new files are hashed later.
        Raises BadInput when the folder is gone.
        """
        rejected, added, removed = scanning.scan(self.catalogue, dataset, hashes, progress)
        return Scan(self.files(dataset), rejected, added, removed)

    def files(self, dataset: Dataset) -> list[FileRow]:
        """The dataset's files as of the last scan, by path. An image's index never changes."""
        with self.catalogue.reading() as db:
            rows = db.execute(
                "SELECT number, path, size, mtime_ns, hash FROM file WHERE dataset = ? AND there ORDER BY path",
                (dataset.id,),
            )
            files = [FileRow(*row) for row in rows]
        if dataset.part is None:
            return files
        chosen = choose(self._described(dataset, files), dataset.part, parse_part(dataset.name)[0])
        return [files[i] for i in chosen]

    def hashed(self) -> dict[int, int]:
        """{dataset's id: how many of its files have a known content hash}."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT dataset, count(*) FROM file WHERE there AND hash != '' GROUP BY dataset")
            return dict(rows.fetchall())

    def files_key(self, dataset: Dataset) -> str:
        """A short text that changes whenever the dataset's files do, as of the last scan. Much quicker than `files`."""
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT count(*), total(number), total(size), max(mtime_ns), total(mtime_ns % 1000003), "
                "total(length(hash)) FROM file WHERE dataset = ? AND there",
                (dataset.id,),
            ).fetchone()
        return f"{dataset.id}:{':'.join(str(value) for value in tuple(row))}"

    def rejected(self, dataset: Dataset, extractor: str | None = None) -> list[Rejected]:
        """Files that could not be read, with reasons: at the last scan, and in extractions (of one network or any)."""
        with self.catalogue.reading() as db:
            rows = db.execute("SELECT path, reason FROM unreadable WHERE dataset = ?", (dataset.id,)).fetchall()
            # Few images cannot be read, if any: they come first, else 10,000 files are held against as many members.
            rows += db.execute(
                "WITH bad AS MATERIALIZED (SELECT DISTINCT member.hash, member.reason FROM shard "
                "JOIN setting ON setting.id = shard.setting JOIN member ON member.shard = shard.id "
                "WHERE shard.dataset = ?1 AND member.reason IS NOT NULL AND (?2 IS NULL OR setting.label = ?2)) "
                "SELECT DISTINCT file.path, bad.reason FROM bad CROSS JOIN file "
                "WHERE file.dataset = ?1 AND file.there AND file.hash = bad.hash",
                (dataset.id, extractor),
            ).fetchall()
        if dataset.part is not None and rows:
            inside = {f.path for f in self.files(dataset)}
            rows = [row for row in rows if row["path"] in inside]
        return [Rejected(path, reason) for path, reason in sorted({tuple(row) for row in rows})]

    def image_path(self, dataset_id: int, index: int) -> Path:
        """The file of one image, for those who know it by number only. Raises UnknownName."""
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT dataset.folder, file.path FROM file JOIN dataset ON dataset.id = file.dataset "
                "WHERE dataset.id = ? AND file.number = ? AND file.there",
                (dataset_id, index),
            ).fetchone()
        if row is None:
            raise UnknownName("There is no such image any more.")
        return Path(row["folder"]) / row["path"]

    def attributes(self, dataset: Dataset) -> pd.DataFrame:
        """One row per file in `files` order, one column per attribute; "" where a value is not known."""
        return self._table(dataset, self.files(dataset))

    def described(self, dataset: Dataset) -> pd.DataFrame:
        """The same with what the network says first of each image as a further column `sees`, where words are kept."""
        return self._described(dataset, self.files(dataset))

    def _described(self, dataset: Dataset, files: Sequence[FileRow]) -> pd.DataFrame:
        from dnacore.extractors.labels import class_names

        table = self._table(dataset, files)
        setting = self.store.words_setting(dataset)
        words = None if setting is None else self.store.words(replace(dataset, part=None), setting)
        if words is None:
            return table
        names, first = class_names(words.known), [""] * len(files)
        found, kept = words.of([f.hash for f in files])
        for place, best in zip(found.tolist(), kept.classes[:, 0].tolist(), strict=True):
            first[place] = names[best]
        return with_words(table, first)

    def _table(self, dataset: Dataset, files: Sequence[FileRow]) -> pd.DataFrame:
        if dataset.attributes is None:
            return pd.DataFrame(index=pd.Index([f.path for f in files], name="file"))
        return read_attributes(dataset.attributes, files)

    # -- DNAs, calibrations, selections --------------------------------------------------------------------------------

    def dna(self, dataset: Dataset | str, extractor: str) -> DNA | None:
        """The DNA of a dataset as it was last extracted with that network; None if it has not been."""
        return self.store.dna(self.dataset(dataset) if isinstance(dataset, str) else dataset, extractor)

    def sketches(self, dataset: Dataset | str, extractor: str) -> Sketches | None:
        """The sketches of a dataset's images, in `files` order; None if there are none."""
        return self.store.sketches(self.dataset(dataset) if isinstance(dataset, str) else dataset, extractor)

    def calibration(self, extractor_fingerprint: str) -> Calibration | None:
        """The calibration chosen for a network in this workspace, or None."""
        with self.catalogue.reading() as db:
            row = db.execute(
                "SELECT fingerprint FROM calibration WHERE extractor = ? AND chosen", (extractor_fingerprint,)
            ).fetchone()
            known = db.execute("SELECT 1 FROM calibration WHERE extractor = ?", (extractor_fingerprint,)).fetchone()
        if row:
            return self.store.calibration(row[0])
        found = None if known else self.store.left_calibration(extractor_fingerprint)
        if found is not None:
            self.choose_calibration(found)
        return found

    def chosen_calibrations(self) -> dict[str, str]:
        """{extractor fingerprint: fingerprint of the calibration that is used for it from now on}."""
        with self.catalogue.reading() as db:
            return dict(db.execute("SELECT extractor, fingerprint FROM calibration WHERE chosen").fetchall())

    def choose_calibration(self, calibration: Calibration, name: str = "") -> None:
        """Keep a calibration and use it for its network from now on. DNAs made under another keep theirs."""
        calibration.save(self._calibration_file(calibration.fingerprint))
        with self.catalogue.changing() as db:
            db.execute("UPDATE calibration SET chosen = 0 WHERE extractor = ?", (calibration.extractor,))
            db.execute(
                "INSERT INTO calibration VALUES (?,?,?,1,?) ON CONFLICT (fingerprint) DO UPDATE SET chosen = 1",
                (calibration.fingerprint, calibration.extractor, name or calibration.origin, time.time()),
            )

    def _calibration_file(self, fingerprint: str) -> Path:
        return self.root / "calibrations" / f"{fingerprint}.npz"

    def imported(self, name: str) -> Path | None:
        """The file of a DNA that was imported under this name, or None."""
        path = self.root / "imports" / f"{name}.dna.npz"
        return path if path.parent == self.root / "imports" and os.path.isfile(path) else None

    def selections(self) -> list[Selection]:
        """All saved selections, newest first."""
        return saved_selections.newest_first(self.catalogue)

    def selection(self, name: str) -> Selection:
        """A saved selection. Raises UnknownName."""
        return saved_selections.named(self.catalogue, name)

    def save_selection(self, selection: Selection) -> None:
        """Keep a selection under its name, replacing one of the same name. Raises BadInput without a name."""
        saved_selections.save(self.catalogue, selection)

    def remove_selection(self, name: str) -> None:
        """Forget a saved selection. Raises UnknownName."""
        saved_selections.remove(self.catalogue, name)

    def size(self) -> int:
        """Bytes on disk that this workspace takes."""
        return folder_size(self.root)


_DATASETS = (
    "SELECT dataset.*, (SELECT count(*) FROM file WHERE file.dataset = dataset.id AND file.there) AS images "
    "FROM dataset"
)


def _dataset(row) -> Dataset:
    return Dataset(
        row["id"], row["name"], Path(row["source"]), Path(row["folder"]),
        Path(row["attributes"]) if row["attributes"] else None, row["colour"], row["images"], row["title"],
    )  # fmt: skip


def _fits(csv: Path, files: Sequence[FileRow]) -> bool:
    if not csv.is_file():
        return False
    try:
        read_attributes(csv, files)
    except BadInput:
        return False
    return True
