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
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dnacore.errors import BadInput
from dnacore.images.files import Rejected
from dnacore.paths import default_root, folder_size
from dnacore.workspace import listing
from dnacore.workspace.catalogue import Catalogue
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.registry import Registry
from dnacore.workspace.saved import selections as saved_selections
from dnacore.workspace.store.shard_plan import FileRow

if TYPE_CHECKING:
    from dnacore.dna.calibration import Calibration
    from dnacore.dna.histogram import DNA
    from dnacore.neurons.selection import Selection
    from dnacore.sketches.sketches import Sketches


class Workspace(Registry):
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

    # -- files ---------------------------------------------------------------------------------------------------------

    def files(self, dataset: Dataset) -> list[FileRow]:
        """The dataset's files as of the last scan, by path. An image's index never changes."""
        return listing.files(self.catalogue, dataset)

    def hashed(self) -> dict[int, int]:
        """{dataset's id: how many of its files have a known content hash}."""
        return listing.hashed(self.catalogue)

    def files_key(self, dataset: Dataset) -> str:
        """A short text that changes whenever the dataset's files do, as of the last scan. Much quicker than `files`."""
        return listing.files_key(self.catalogue, dataset)

    def described_key(self, dataset: Dataset) -> str:
        """The same, which changes with what is said of the files, too: in the dataset's table, by tags, by words."""
        return listing.described_key(self.catalogue, dataset)

    def rejected(self, dataset: Dataset, extractor: str | None = None) -> list[Rejected]:
        """Files that could not be read, with reasons: at the last scan, and in extractions (of one network or any)."""
        return listing.rejected(self.catalogue, dataset, extractor)

    def image_path(self, dataset_id: int, index: int) -> Path:
        """The file of one image, for those who know it by number only. Raises UnknownName."""
        return listing.image_path(self.catalogue, dataset_id, index)

    def attributes(self, dataset: Dataset) -> pd.DataFrame:
        """One row per file in `files` order, one column per attribute; "" where a value is not known."""
        return listing.attributes(dataset, self.files(dataset))

    def described(self, dataset: Dataset) -> pd.DataFrame:
        """The same with what the network says first of each image as a further column `sees`, where words are kept."""
        return listing.described(self.catalogue, dataset, self.files(dataset))

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
        return dict(map(tuple, self.catalogue.rows("SELECT extractor, fingerprint FROM calibration WHERE chosen")))

    def choose_calibration(self, calibration: Calibration, name: str = "") -> None:
        """Keep a calibration and use it for its network from now on. DNAs made under another keep theirs."""
        calibration.save(self.store.calibration_file(calibration.fingerprint))
        with self.catalogue.changing() as db:
            db.execute("UPDATE calibration SET chosen = 0 WHERE extractor = ?", (calibration.extractor,))
            db.execute(
                "INSERT INTO calibration VALUES (?,?,?,1,?) ON CONFLICT (fingerprint) DO UPDATE SET chosen = 1",
                (calibration.fingerprint, calibration.extractor, name or calibration.origin, time.time()),
            )

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
        self.catalogue.back_up()

    def remove_selection(self, name: str) -> None:
        """Forget a saved selection. Raises UnknownName."""
        saved_selections.remove(self.catalogue, name)

    def size(self) -> int:
        """Bytes on disk that this workspace takes."""
        return folder_size(self.root)
