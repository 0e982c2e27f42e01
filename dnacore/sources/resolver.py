"""From what a person names (a dataset, a folder, an image, a DNA file) to DNAs and sketches, made where missing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from dnacore.counting.accumulator import BINS
from dnacore.dna.calibration import Calibration
from dnacore.dna.file import SUFFIX, load_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Cancelled, Damaged, UnknownName
from dnacore.extraction.calibrate import calibration_for
from dnacore.extraction.extraction import extract_dataset, is_current
from dnacore.extraction.finite import NOT_FINITE
from dnacore.extraction.progress import Progress, Stop, Watch
from dnacore.extractors import Extractor, available, from_spec, load_extractor
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.images import tars
from dnacore.images.files import SUFFIXES
from dnacore.neurons.selection import Selection, check_selection, load_selection
from dnacore.paths import absolute
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import SEES
from dnacore.workspace.datasets import Dataset, parse_part
from dnacore.workspace.saved import custom_extractors
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.store.shard_plan import FileRow
from dnacore.workspace.workspace import Workspace

_LABEL = re.compile(r"(?P<name>.+) \((?P<precision>fp16|bf16)\)")


class Sources:
    """Finds what a person names in one workspace under one network, and extracts what is missing.

    The network itself is loaded only when an image must go through it.
    """

    def __init__(
        self, workspace: Workspace | None = None, extractor: str | None = None, device: str = "auto",
        precision: str = "fp32", like: Sequence[DNA] = (), batch_size: int | None = None,
        progress: Watch | None = None, stop: Stop | None = None, crop: str = "squash", download: bool = False,
        network: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """like: DNAs that what is made must be comparable to; the first gives network and calibration.

        download: fetch the network's weights where they are not on this machine. network: architecture, arguments and
        prepare of a weights file that has no JSON beside it.
        """
        self.workspace = workspace or Workspace.open()
        self._like = like[0] if like else None
        if extractor is not None and (label := _LABEL.fullmatch(extractor)) and not os.path.exists(extractor):
            extractor, precision = label["name"], label["precision"]  # as a workspace calls it: "NAME (fp16)"
        self._name, self._device, self._precision, self._crop = extractor, device, precision, crop
        self._batch_size, self._progress, self._stop, self._download = batch_size, progress, stop, download
        self._network = {key: value for key, value in (network or {}).items() if value is not None}
        self._extractor: Extractor | None = None

    # -- the network ---------------------------------------------------------------------------------------------------

    @property
    def extractor(self) -> Extractor:
        """The network, loaded on first use."""
        if self._extractor is None:
            if self._like is not None and self._name is None:
                known = next((s for s in self.workspace.store.settings() if s.weights
                              and s.extractor == self._like.calibration.extractor), None)  # fmt: skip
                self._extractor = from_spec(dict(self._like.extractor), self._device, known.weights if known else None)
            elif (
                not self._network
                and (known := self._known(self.workspace.store.settings()))
                and os.path.isfile(known.weights)
            ):
                self._extractor = from_spec(known.specification, self._device, known.weights)
            else:
                kept = None if self._network else custom_extractors.find(self.workspace, self._name)
                self._extractor = load_extractor(
                    self._name or DEFAULT_EXTRACTOR, self._device, self._precision, crop=self._crop,
                    download=self._download, progress=self._fetched, **(kept.options if kept else self._network),
                )  # fmt: skip
                if kept is not None and (self._precision, self._crop) == ("fp32", "squash"):
                    custom_extractors.check_same(kept, self._extractor.fingerprint)
        return self._extractor

    def _fetched(self, done: int, total: int | None) -> None:
        if self._stop is not None and self._stop():
            raise Cancelled("Stopped on request. What was fetched is kept; run it again to go on.")
        if self._progress is not None:
            mb = 1 << 20
            self._progress(
                Progress(
                    "fetching the weights (MB) of", self._name or DEFAULT_EXTRACTOR, done // mb, (total or 0) // mb
                )
            )

    @property
    def setting(self) -> Setting | None:
        """The workspace's setting for this network; None if nothing was extracted under it so far."""
        settings = self.workspace.store.settings()
        if self._like is not None and self._name is None:
            return next((s for s in settings if self._is_like(s)), None)
        chosen = self.workspace.chosen_calibrations()
        settings = [s for s in settings if chosen.get(s.extractor, s.calibration) == s.calibration]
        if (
            self._extractor is None
            and not self._network
            and self._crop == "squash"
            and (known := self._known(settings))
        ):
            return known
        fingerprint = self.extractor.fingerprint
        if self._like is not None and self._like.calibration.extractor == fingerprint:
            return next((s for s in self.workspace.store.settings() if self._is_like(s)), None)
        return next((s for s in settings if s.extractor == fingerprint), None)

    def _is_like(self, setting: Setting) -> bool:
        like = self._like
        return like is not None and (setting.calibration, setting.bins) == (like.calibration.fingerprint, like.bins)

    def _known(self, settings: Sequence[Setting]) -> Setting | None:
        """The last setting of a network that its name alone identifies, so that it need not be loaded."""
        name = self._name or DEFAULT_EXTRACTOR
        label = name if self._precision == "fp32" else f"{name} ({self._precision})"
        size = {info.name: info.input_size for info in available()}.get(name)
        usual = {"size": size, "crop": "squash"}  # a network with another input size is another network
        for setting in settings:
            prepared = setting.specification.get("preprocessing", {})
            if setting.label == label and (size is None or usual.items() <= prepared.items()):
                return setting if size is not None or setting.weights or name.startswith("timm:") else None
        return None

    # -- what is named -------------------------------------------------------------------------------------------------

    def dataset(self, name: str | Path) -> Dataset:
        """The dataset of that name, or the folder of that path, registered. Raises UnknownName.

        For `NAME[sees=WORD]` the dataset is extracted first where it was not: words come from the network.
        """
        base, part = parse_part(str(name))
        if part is not None and any(column.rstrip("! ") == SEES for column, _ in part.conditions):
            whole = self.workspace.dataset(base)
            if self.workspace.store.words_setting(whole) is None:
                self.ensure(whole)
        return self.workspace.dataset(name)

    def dna(self, what: DNA | Dataset | str | Path) -> DNA:
        """The DNA of a dataset, folder, image file or DNA file; extracted now if need be."""
        if isinstance(what, DNA):
            return what
        if not isinstance(what, Dataset) and str(what) not in {d.name for d in self.workspace.datasets()}:
            path = absolute(what)
            if path.name.endswith(SUFFIX) and os.path.isfile(path):
                return _histograms(path)
            imported = self.workspace.imported(str(what))
            if imported is not None:
                return _histograms(imported)
            if path.suffix.lower().lstrip(".") in SUFFIXES and tars.is_file(path):
                return self.image(path)
        dataset = what if isinstance(what, Dataset) else self.dataset(what)
        self.ensure(dataset, sketches=False)
        try:
            found = self._stored(dataset)
        except Damaged:  # the store has set the broken shards aside; only those are computed again
            self.ensure(dataset, sketches=False)
            found = self._stored(dataset)
        if found is None:
            raise BadInput(f"“{dataset.name}” could not be extracted.")
        return found

    def _stored(self, dataset: Dataset) -> DNA | None:
        setting = self.setting
        return None if setting is None else self.workspace.store.dna(dataset, setting)

    def image(self, path: Path) -> DNA:
        """The DNA of one image, through the network. Raises BadInput when it cannot be read."""
        from dnacore.counting.accumulator import Accumulator

        setting = self.setting
        extractor = self.extractor
        calibration = self._calibration(())
        try:
            batch = extractor.preprocess(path)[None]
        except (BadInput, OSError) as error:
            raise BadInput(f"{path} cannot be used as a reference: {error}. Choose another image.") from error
        with Accumulator(calibration, 0, self._bins(setting), sketches=False) as total:
            extractor.visit(batch, total.add)
            total.count_images(1)
            found = total.distributions()
        if not np.isfinite(found.mean).all():
            raise BadInput(f"{path} cannot be used as a reference: {NOT_FINITE}. Choose another image.")
        return DNA(
            found.histograms, found.outside, 1, found.mean, found.deviations, calibration, extractor.spec, path.name
        )

    def sketches(self, name: str | Path | Dataset) -> tuple[list[FileRow], Sketches]:
        """A dataset's files and the sketches of those that have one; extracted now if need be."""
        dataset = name if isinstance(name, Dataset) else self.dataset(name)
        whole = replace(dataset, part=None, name=_whole_name(dataset))
        self.ensure(whole)
        files = self.workspace.files(dataset)
        setting = self.setting
        found = None if setting is None else self.workspace.store.sketches(dataset, setting)
        if found is None or not len(found):
            raise BadInput(
                f"“{dataset.name}” has no sketches, so its images cannot be ranked. Extract it with sketches."
            )
        return files, found

    def selection(self, what: Selection | str | None) -> Selection | None:
        """A selection as it is, by its saved name, or from a JSON file."""
        if what is None or isinstance(what, Selection):
            return what
        path = absolute(what)
        try:
            return self.workspace.selection(str(what))
        except UnknownName:
            if path.suffix.lower() != ".json" or not os.path.isfile(path):
                raise
        return load_selection(path)

    def check(self, selection: Selection | None, dna: DNA) -> None:
        """Raise Mismatch unless the selection's neurons are the DNA's."""
        if selection is not None:
            check_selection(selection, dna.n_neurons, dna.network)

    def ensure(self, dataset: Dataset, sketches: bool = True) -> None:
        """Extract what is missing or new of a dataset. A part whose whole has sketches is not extracted again.

        sketches: whether it must have them; else only where it was once chosen to keep some.
        """
        setting = self.setting
        if setting is not None:
            store = self.workspace.store
            if not dataset.source.exists() and store.dna_key(dataset, setting) is not None:
                return  # its disk is not plugged in: what is known of the dataset still counts
            if dataset.part is not None and store.dna_key(dataset, setting) is not None:
                whole = replace(dataset, part=None, name=_whole_name(dataset))
                self.ensure(whole, sketches)
                if store.dna(dataset, setting) is not None:
                    return
            if is_current(self.workspace, dataset, setting, sketches):
                return
        calibration = self._calibration([dataset])
        extract_dataset(
            self.workspace, dataset, self.extractor, calibration, self._batch_size,
            bins=self._bins(setting),
            progress=self._progress, stop=self._stop,
        )  # fmt: skip

    def _calibration(self, datasets: Sequence[Dataset]) -> Calibration:
        if self._like is not None and self._like.calibration.extractor == self.extractor.fingerprint:
            return self._like.calibration
        return calibration_for(self.workspace, self.extractor, datasets, self._progress, self._stop)

    def _bins(self, setting: Setting | None) -> int:
        if setting is not None:
            return setting.bins
        return BINS if self._like is None else self._like.bins


def _histograms(path: Path) -> DNA:
    """A DNA file; one without histograms raises an error of its own where they are needed."""
    return cast(DNA, load_dna(path))


def _whole_name(dataset: Dataset) -> str:
    return dataset.name.removesuffix(str(dataset.part)) if dataset.part else dataset.name
