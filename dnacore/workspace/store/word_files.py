"""The files that the words of a workspace's images are kept in: `words/NUMBER.words`, one a shard, gone with it.

A shard without such a file has no words kept: its network has no trained head, or it was extracted before words were
kept. A damaged file is set aside and counts as none; nothing is extracted again because of it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from dnacore.errors import Damaged
from dnacore.sketches.words import Words, load_words, together
from dnacore.workspace.datasets import Dataset
from dnacore.workspace.store.array_files import ArrayFiles
from dnacore.workspace.store.settings import Setting, Settings


class WordFiles(Settings, ArrayFiles):
    """The words of one workspace."""

    def has_words(self, shard: int) -> bool:
        """Whether words of a shard's images are kept."""
        return self.words_file(shard).is_file()

    def words_of_whole(self, dataset: Dataset, setting: Setting) -> Words | None:
        """What a network's head said of all images of a dataset, whatever its part; None where no words are kept.

        Damaged files are set aside and count as none.
        """
        found = []
        for number in self._shards_of(dataset).get(setting.id, []):
            path = self.words_file(number)
            try:
                about = path.stat()
            except OSError:  # none were kept
                continue
            try:
                found.append(_load(str(path), about.st_size, about.st_mtime_ns))
            except Damaged:
                self.set_aside(path)
        return together(found) if found else None

    def words_key(self, dataset: Dataset) -> str:
        """A short text that changes whenever the words of a dataset do, or the network that is asked; "" without any."""
        setting = self.words_setting(dataset)
        return "" if setting is None else f"{setting.id}:{self._shards_of(dataset)[setting.id]}"

    def words_setting(self, dataset: Dataset) -> Setting | None:
        """The network whose words count for a dataset: the last used of those with words of it; None without any."""
        shards = self._shards_of(dataset)
        having = {setting for setting, numbers in shards.items() if any(self.has_words(n) for n in numbers)}
        return next((setting for setting in self.settings() if setting.id in having), None)

    def _shards_of(self, dataset: Dataset) -> dict[int, list[int]]:
        """{setting's id: numbers of the dataset's shards under it}."""
        rows = self.catalogue.rows("SELECT id, setting FROM shard WHERE dataset = ? ORDER BY id", dataset.id)
        found: dict[int, list[int]] = {}
        for row in rows:
            found.setdefault(row["setting"], []).append(row["id"])
        return found


@lru_cache(maxsize=4096)
def _load(path: str, size: int, time: int) -> Words:
    return load_words(Path(path))
