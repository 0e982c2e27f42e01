"""Images picked by hand: two piles, with and without, that are kept in the workspace and can be undone.

Piles are written once and never changed: every edit makes a new file named by its content, which remembers the one
before it. So a link to piles shows the same images for good, undo survives a restart, and two sessions never collide.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dnacore import atomic, versioned
from dnacore.errors import BadInput, DnaError, UnknownName
from dnacore.workspace.datasets import Dataset, check_name, clean_name, free_name
from dnacore.workspace.workspace import Workspace

FORMAT, VERSION = "visual-dna piles", 1
WITH, WITHOUT = "with", "without"
_TOKEN = re.compile("[0-9a-f]{16}")

Images = tuple[tuple[int, int], ...]  # (number of the dataset, index of the image), in the order they were picked


@dataclass(frozen=True)
class Piles:
    """Two piles of images. before: the token of the piles that these were made from, for undo."""

    with_: Images = ()
    without: Images = ()
    before: str = ""

    def pile(self, side: str) -> Images:
        """Return one of the piles by its name."""
        return self.with_ if side == WITH else self.without

    def added(self, side: str, images: Iterable[tuple[int, int]], before: str) -> Piles:
        """Return the piles with images added to one side; an image lies in one pile at most."""
        fresh = tuple(dict.fromkeys(images))
        new, old = set(fresh), set(self.pile(side))
        kept = {name: tuple(one for one in self.pile(name) if one not in new) for name in (WITH, WITHOUT)}
        here = self.pile(side) + tuple(one for one in fresh if one not in old)
        with_, without = (here if name == side else kept[name] for name in (WITH, WITHOUT))
        return Piles(with_, without, before)

    def removed(self, images: Iterable[tuple[int, int]], before: str) -> Piles:
        """Return the piles without some images."""
        gone = set(images)
        with_, without = (tuple(one for one in pile if one not in gone) for pile in (self.with_, self.without))
        return Piles(with_, without, before)

    def exchanged(self, before: str) -> Piles:
        """Return the piles with their sides exchanged."""
        return Piles(self.without, self.with_, before)


def save(workspace: Workspace, piles: Piles) -> str:
    """Keep piles in the workspace; return the token they are opened by."""
    content = {"format": FORMAT, "version": VERSION, WITH: piles.with_, WITHOUT: piles.without, "before": piles.before}
    body = json.dumps(content, separators=(",", ":")).encode()
    token = hashlib.blake2b(body, digest_size=8).hexdigest()
    path = _file(workspace, token)
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        atomic.write_bytes(path, body)
    return token


def load(workspace: Workspace, token: str | None) -> Piles:
    """Return kept piles; empty ones for an empty token. Raises UnknownName for piles that are not here."""
    if not token:
        return Piles()
    gone = UnknownName("The piles in this link are not in this workspace. Pick images in any gallery to make new ones.")
    if not _TOKEN.fullmatch(token):
        raise gone
    try:
        content = versioned.read(_file(workspace, token), FORMAT, VERSION)
        with_, without = (
            tuple((int(dataset), int(index)) for dataset, index in content[side]) for side in (WITH, WITHOUT)
        )
        return Piles(with_, without, str(content["before"]))
    except versioned.UNREADABLE as error:
        raise gone from error


def undone(workspace: Workspace, token: str | None) -> str:
    """Return the token of the piles as they were before the last change; "" for none."""
    return load(workspace, token).before


def present(workspace: Workspace, images: Images) -> dict[int, tuple[Dataset, list[int]]]:
    """Return the datasets that picked images belong to and the images of each; those that are gone are left out."""
    found: dict[int, tuple[Dataset, list[int]]] = {}
    for number, index in images:
        if number not in found:
            try:
                found[number] = (workspace.dataset_by_id(number), [])
            except UnknownName:
                continue
        found[number][1].append(index)
    return found


def new_dataset(workspace: Workspace, name: str, images: Images) -> Dataset:
    """Register picked images as a dataset: a list of paths in the workspace; the images stay where they are.

    Attributes come along where all images belong to datasets that have them. Raises BadInput.
    """
    name = check_name(name)
    if any(dataset.name == name for dataset in workspace.datasets()):
        raise BadInput(f"There is a dataset {name} already. Choose another name.")
    paths, tables = [], []
    for dataset, indices in present(workspace, images).values():
        files = {row.index: row.path for row in workspace.files(dataset)}
        chosen = [files[index] for index in indices if index in files]
        paths += [str(dataset.folder / path) for path in chosen]
        try:
            table = workspace.attributes(dataset).loc[chosen]
        except DnaError:  # the table is gone, but the images are not
            continue
        tables.append(table.set_axis([str(dataset.folder / path) for path in chosen]))
    if not paths:
        raise BadInput("None of the picked images is there any more. Pick others.")
    if any("\n" in path or "\r" in path for path in paths):
        raise BadInput(
            "The name of a picked image has a line break in it, so it cannot stand in a list. Rename the file."
        )
    folder = workspace.root / "picked"
    folder.mkdir(exist_ok=True)
    stem = free_name(clean_name(name), {path.stem for path in folder.glob("*.txt")})
    listed = folder / f"{stem}.txt"
    atomic.write_bytes(listed, ("\n".join(paths) + "\n").encode("utf-8", "surrogateescape"))
    attributes = None
    if tables and any(len(table.columns) for table in tables):
        import pandas as pd

        attributes = folder / f"{stem}.csv"
        merged = pd.concat(tables).fillna("").rename_axis("file")
        atomic.write_bytes(attributes, merged.to_csv().encode("utf-8", "surrogateescape"))
    try:
        return workspace.add_dataset(name, listed, attributes)
    except DnaError:
        listed.unlink(missing_ok=True)
        if attributes is not None:
            attributes.unlink(missing_ok=True)
        raise


def _file(workspace: Workspace, token: str) -> Path:
    return workspace.root / "piles" / f"{token}.json"


def distinct(images: Sequence[tuple[int, int]]) -> Images:
    """Return images once each, in their order."""
    return tuple(dict.fromkeys(images))
