"""Calibrations of a workspace: a lost or broken one is taken from a shard that was made under it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from dnacore.dna.calibration import Calibration, load_calibration
from dnacore.dna.file import load_dna
from dnacore.dna.histogram import DNA
from dnacore.errors import BadInput, Damaged, Unavailable
from dnacore.workspace.store.array_files import ArrayFiles


class CalibrationFiles(ArrayFiles):
    """The calibrations of one workspace."""

    def calibration_file(self, fingerprint: str) -> Path:
        """Where a calibration lies."""
        return self.root / "calibrations" / f"{fingerprint}.npz"

    def calibration(self, fingerprint: str) -> Calibration | None:
        """A stored calibration. A damaged or lost one is taken from a shard made under it; None if there is none."""
        path = self.calibration_file(fingerprint)
        try:
            return load_calibration(path)
        except Damaged:
            self.set_aside(path)
        except BadInput:  # it is gone
            pass
        rows = self.catalogue.rows(
            "SELECT shard.id FROM shard JOIN setting ON setting.id = shard.setting WHERE calibration = ?", fingerprint
        )
        for row in rows:
            with suppress(Damaged, BadInput):  # the next one may be whole
                found = histograms(self.shard_file(row["id"])).calibration
                with suppress(Unavailable):  # it can be taken from the shard again
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


def histograms(path: Path) -> DNA:
    """A DNA of ours, which always holds histograms. Raises Damaged, BadInput where it is gone, Unavailable."""
    try:
        found = load_dna(path)
    except Damaged:
        found = load_dna(path)  # A file is set aside only after it was found broken twice.
    if not isinstance(found, DNA):
        raise Damaged(f"{path.name} holds no histograms.")
    return found
