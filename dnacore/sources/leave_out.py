"""Leaving out: what a dataset's DNA would be without one of its folders, or without the images that have an attribute.

Counts add, so they can be taken away again. Top-level folders of 32 images or more have shards of their own, and
leaving such a folder out is exact. Where a shard holds images of both kinds, and for attributes, the images' sketches
are counted instead, 16 values per neuron and image; the result says so (`exact` is False).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dnacore.attributes.derived import FOLDER, TAG
from dnacore.attributes.survey import Attribute, attributes_of
from dnacore.distances.contrasts import contrast
from dnacore.distances.emd import combine, emd, emd_avg
from dnacore.dna.histogram import DNA, merge
from dnacore.errors import BadInput, UnknownName
from dnacore.neurons.selection import Selection
from dnacore.workspace.store.shard_plan import Shard, top_folder

if TYPE_CHECKING:
    from dnacore.sketches.sketches import Sketches
    from dnacore.workspace.datasets import Dataset
    from dnacore.workspace.store.settings import Setting
    from dnacore.workspace.workspace import Workspace


@dataclass(frozen=True)
class Left:
    """One group left out. change: EMD between the dataset and what remains, in bins. to_target: of what remains to the
    target, None without one. exact: False where the figures come from sketches.
    """

    group: str
    images: int
    change: float
    to_target: float | None
    exact: bool


@dataclass(frozen=True)
class LeaveOut:
    """What leaving out each group does, the largest change first. to_target: of the whole dataset, None without one."""

    dataset: str
    images: int
    to_target: float | None
    groups: list[Left]


class Parts:
    """The top-level folders of an extracted dataset, and their DNAs."""

    def __init__(self, workspace: Workspace, dataset: Dataset, label: str | Setting) -> None:
        """Raises BadInput for a dataset that was not extracted, or for a part of one."""
        store = workspace.store
        setting = store.find_setting(label)
        whole = None if setting is None or dataset.part else store.dna(dataset, setting)
        if whole is None or setting is None:
            raise BadInput(f"“{dataset.name}” has no DNA of its own yet. Extract it, then its folders can be left out.")
        self.whole: DNA = whole
        self._store = store
        self._shards: list[Shard] = store.shards(dataset, setting)
        self._files = workspace.files(dataset)
        self._table = workspace.described(dataset)
        self._given = {*workspace.attributes(dataset).columns, TAG}
        self.folders: dict[str, int] = {}
        for file in self._files:
            folder = top_folder(file.path)
            self.folders[folder] = self.folders.get(folder, 0) + 1

    def without(self, left: Collection[str]) -> DNA:
        """The dataset's DNA without some top-level folders, named as in `folders`. Exact where no shard holds both
        kinds.

        Raises UnknownName for a folder that there is not, BadInput when nothing would remain.
        """
        if unknown := set(left) - set(self.folders):
            raise UnknownName(
                f"There is no folder {', '.join(sorted(unknown))}. The folders are: {', '.join(self.folders)}."
            )
        if set(left) >= set(self.folders):
            raise BadInput("At least one folder has to remain.")
        gone = self._exact(left)
        if gone is not None:
            kept = [shard for shard in self._shards if shard not in gone]
            if len(kept) <= len(gone):
                return merge((self._store.shard_dna(s.id) for s in kept), self.whole.name)
            return replace(self.whole - merge(self._store.shard_dna(s.id) for s in gone), name=self.whole.name)
        from dnacore.dna.from_sketches import sketched_dna

        sketches = self._sketches()
        remain = [i for i, at in enumerate(sketches.found) if top_folder(self._files[at].path) not in left]
        if not remain:
            raise BadInput("No image that remains has a sketch.")
        whole = self.whole
        return sketched_dna(sketches.select(np.array(remain)), whole.calibration, whole.extractor, whole.name)

    def by_folder(self, target: DNA | None = None, selection: Selection | None = None) -> LeaveOut:
        """What leaving out each top-level folder does. Raises BadInput when there is only one."""
        if len(self.folders) < 2:
            raise BadInput(f"“{self.whole.name}” has one top-level folder, so none of them can be left out.")
        groups, masks = [], []
        for folder, images in self.folders.items():
            if self._exact([folder]) is None:
                masks.append(Attribute(folder, *self._masks([top_folder(f.path) == folder for f in self._files])))
                continue
            rest = self.without([folder])
            to_target = None if target is None else emd_avg(rest, target, selection)
            groups.append(Left(folder, images, combine(emd(self.whole, rest), selection), to_target, True))
        groups += self._from_sketches(masks, target, selection)
        return self._result(groups, target, selection)

    def by_attribute(self, target: DNA | None = None, selection: Selection | None = None) -> LeaveOut:
        """What leaving out the images of each attribute's value or tag does, from sketches; where there is neither, of
        each word that the network says of them, else of each folder. Raises BadInput where there is nothing of all this.
        """
        sketches = self._sketches()
        table = self._table.iloc[sketches.found]
        own = table[[column for column in table.columns if column in self._given]]
        said = table.drop(columns={FOLDER} - self._given, errors="ignore")
        asked = next((found for one in (own, said, table) if (found := attributes_of(one, least=1))), None)
        if not asked:
            raise BadInput(f"“{self.whole.name}” has no attributes to leave out images by.")
        groups = [
            Attribute(f"{a.name}={v}" if "=" not in a.name else a.name, mask, ~mask)
            for a in asked for v, mask in ((1, a.with_), (0, a.without))
            if "=" not in a.name or v
        ]  # fmt: skip
        return self._result(self._from_sketches(groups, target, selection), target, selection)

    def _exact(self, left: Collection[str]) -> list[Shard] | None:
        """The shards that hold only images of these folders; None when another shard holds some of them too."""
        gone = []
        for shard in self._shards:
            inside = {top_folder(m.path) in left for m in shard.members}
            if inside == {True, False}:
                return None
            if inside == {True}:
                gone.append(shard)
        return gone

    def _sketches(self) -> Sketches:
        source = self.whole.source
        if source is None or not len(source):
            raise BadInput(
                f"“{self.whole.name}” has no sketches, so only folders with shards of their own can be left out."
            )
        return source

    def _masks(self, inside: list[bool]) -> tuple[np.ndarray, np.ndarray]:
        mask = np.array(inside)[self._sketches().found]
        return mask, ~mask

    def _from_sketches(self, groups: list[Attribute], target: DNA | None, selection: Selection | None) -> list[Left]:
        groups = [g for g in groups if min(g.images) > 0]
        if not groups:
            return []
        sketches = self._sketches()
        remain = np.stack([g.without for g in groups])
        everything = np.ones_like(remain)
        shares = remain / remain.sum(1, keepdims=True)
        change = contrast(sketches, (everything / len(sketches) - shares).T).emd
        far = None if target is None else contrast(sketches, shares.T, target.cdf).emd
        return [
            Left(g.name, g.images[0], combine(change[:, i], selection),
                 None if far is None else combine(far[:, i], selection), False)
            for i, g in enumerate(groups)
        ]  # fmt: skip

    def _result(self, groups: list[Left], target: DNA | None, selection: Selection | None) -> LeaveOut:
        whole = None if target is None else emd_avg(self.whole, target, selection)
        return LeaveOut(self.whole.name, self.whole.images, whole, sorted(groups, key=lambda g: (-g.change, g.group)))
