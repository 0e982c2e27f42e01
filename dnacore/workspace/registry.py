"""Which datasets a workspace has: adding, finding, renaming and removing them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dnacore.errors import BadInput, Unavailable, UnknownName
from dnacore.images import files
from dnacore.paths import absolute, check_text, discard, discard_folder, size
from dnacore.workspace import listing, scanning, unpacked
from dnacore.workspace.attribute_table import read_attributes
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset, Part, check_name, new_name, parse_part
from dnacore.workspace.scanning import Scan
from dnacore.workspace.store.shard_plan import FileRow

if TYPE_CHECKING:
    from dnacore.workspace.store.shards import Store

FULL = 1 << 20  # bytes of free disk below which a change of the catalogue may not fit

OWN_FOLDERS = ("unpacked", "demo", "restyled")  # images that came out of a zip, were drawn, or were painted anew


class Registry:
    """The datasets of one workspace."""

    root: Path
    catalogue: Catalogue

    @property
    def store(self) -> Store:
        """Shards, sketches and DNAs."""
        from dnacore.workspace.store.shards import Store

        return Store(self.root, self.catalogue)

    def add_dataset(
        self, name: str, source: Path | str, attributes: Path | str | None = None, title: str = ""
    ) -> Dataset:
        """Register a folder, a text file of paths, or a zip (unpacked into the workspace) under a name.

        An `attributes.csv` in the folder is taken up by itself. Adding the same source again under the same name
        refreshes it. Raises BadInput for a name that is taken, a source that is missing or without a single image.
        """
        name, given = check_name(name), absolute(source)
        path = unpacked.source_of(self.root, given)
        csv = absolute(attributes) if attributes else None
        if csv is not None and not csv.is_file():
            raise BadInput(f"There is no attributes file {csv}.")
        with self.catalogue.reading() as db:
            self._check_free(db, name, path)
        if path == given:
            dataset = self._register(name, path, csv, title)
        else:
            with unpacked.unpacked(self.root, self.catalogue, given, path):
                dataset = self._register(name, path, csv, title)
        self.catalogue.back_up()
        return dataset

    @staticmethod
    def _check_free(db: sqlite3.Connection, name: str, source: Path) -> bool:
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
        return [_dataset(row) for row in self.catalogue.rows(_DATASETS + " ORDER BY dataset.id")]

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
                    return self._within(found, chosen) if chosen else found
        for candidate, chosen in ((text, None), (base, part)):
            path = absolute(candidate)
            if candidate and os.path.exists(path):  # unlike Path.exists, not even a name that is too long raises
                found = self._by_path(path)
                return self._within(found, chosen) if chosen else found
        known = ", ".join(d.name for d in self.datasets()) or "none yet"
        raise UnknownName(f"There is no dataset or folder {text!r}. The datasets are: {known}.")

    def dataset_by_id(self, number: int) -> Dataset:
        """The dataset with that number. Raises UnknownName."""
        row = self.catalogue.row(_DATASETS + " WHERE dataset.id = ?", number)
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
        self.catalogue.back_up()
        return self.dataset(new)

    def remove_dataset(self, name: str) -> int:
        """Forget a dataset, its DNAs and sketches; return the bytes that this freed. The user's images stay."""
        dataset = self._whole(name)
        files, own = self.store.files_of(dataset), self.own_images(dataset)
        freed = 0
        try:
            self._forget(dataset)
        except Unavailable:
            if shutil.disk_usage(self.root).free >= FULL:
                raise
            freed = sum(map(discard, files))  # frees the room that the catalogue's change needs
            self._forget(dataset)
        freed += sum(map(discard, files))
        if own is not None:
            with unpacked.alone(self.root, own):
                if not unpacked.is_registered(self.catalogue, own):  # else the same zip was added again just now
                    freed += discard_folder(own)
        self.catalogue.back_up()
        return freed

    def dataset_size(self, dataset: Dataset) -> int:
        """Bytes that removing a dataset would free."""
        own = self.own_images(dataset)
        return sum(map(size, self.store.files_of(dataset))) + sum(size(p) for p in (own.rglob("*") if own else ()))

    def own_images(self, dataset: Dataset) -> Path | None:
        """The folder of a dataset's images where they were unpacked, uploaded or drawn into this workspace for it."""
        drawn = dataset.source
        ours = drawn.parent in [self.root / kind for kind in OWN_FOLDERS] and not drawn.is_symlink()
        shared = any(d.folder.is_relative_to(drawn) for d in self.datasets() if d.id != dataset.id)
        return drawn if ours and not shared else None

    def set_attributes(self, name: str, csv: Path | None) -> Dataset:
        """Give a dataset another attributes CSV, or none. Raises BadInput where it does not fit its images."""
        dataset = self._whole(name)
        if csv is not None:
            read_attributes(csv, listing.files(self.catalogue, dataset))
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
        source = unpacked.source_of(self.root, path)
        for last in (False, True):
            with self.catalogue.reading() as db:
                row = db.execute(_DATASETS + " WHERE dataset.source = ?", (str(source),)).fetchone()
                names = {r["name"] for r in db.execute("SELECT name FROM dataset")}
            if row:
                return _dataset(row)
            try:
                return self.add_dataset(new_name(path, names), path)
            except BadInput:
                if last:  # else somebody may have registered it, or taken its name, since we looked
                    raise
        raise AssertionError

    def part(self, dataset: Dataset, column: str, value: str) -> Dataset:
        """The images of a dataset that have an attribute. Raises UnknownName where there is none."""
        return self._within(dataset, Part(column, value))

    def _within(self, dataset: Dataset, part: Part) -> Dataset:
        chosen = dataset.within(part)
        return replace(chosen, images=len(listing.files(self.catalogue, chosen)))

    def scan(self, dataset: Dataset, hashes: bool = True, progress: scanning.Progress | None = None) -> Scan:
        """Look at the folder again and bring the catalogue up to date.

        A file whose size and time are as before keeps its hash; with hashes=False new files are hashed later.
        Raises BadInput when the folder is gone.
        """
        rejected, added, removed = scanning.scan(self.catalogue, dataset, hashes, progress)
        return Scan(listing.files(self.catalogue, dataset), rejected, added, removed)


_DATASETS = (
    "SELECT dataset.*, (SELECT count(*) FROM file WHERE file.dataset = dataset.id AND file.there) AS images "
    "FROM dataset"
)


def _dataset(row: sqlite3.Row) -> Dataset:
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
