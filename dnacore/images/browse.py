"""Folders that the dashboard may look into, and a safe way to name what lies in them.

A place is the number of a root and the names that lead from it, each as it was listed: `..`, separators, hidden names
and links that leave the root are refused. The roots are the folders in `$VISUAL_DNA_ROOTS` (separated as in `PATH`),
else the user's home folder and the folder the program was started in.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dnacore.errors import BadInput
from dnacore.images.files import explain, is_hidden, is_image_name

ENVIRONMENT = "VISUAL_DNA_ROOTS"
MOST = 1000  # folders, and files, that are listed at most
FEWEST = 8  # images from which a folder is worth proposing
DEPTH = 3


@dataclass(frozen=True)
class Place:
    """A folder or a file. root: its root's number; names: what leads there from the root."""

    root: int
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The folder's own name, or the root's."""
        return self.names[-1] if self.names else root_name(self.root)

    def below(self, name: str) -> Place:
        """A folder inside this one."""
        return Place(self.root, (*self.names, name))

    @property
    def parents(self) -> tuple[Place, ...]:
        """Itself and the places above it, the root first."""
        return tuple(Place(self.root, self.names[:depth]) for depth in range(len(self.names) + 1))


@dataclass(frozen=True)
class File:
    """A listed file: its name and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class View:
    """What is in a folder. images: how many image files lie directly in it; more: whether not everything is listed."""

    folders: tuple[str, ...]
    files: tuple[File, ...]
    images: int
    more: bool = False


def roots() -> tuple[Path, ...]:
    """Return the folders that may be looked into; those that do not exist are left out."""
    given = os.environ.get(ENVIRONMENT, "")
    wanted = [Path(text).expanduser() for text in given.split(os.pathsep) if text.strip()]
    if not wanted:
        # For a service, either may be the whole disk, which is only shown where `$VISUAL_DNA_ROOTS` names it.
        wanted = [path for path in (Path.home(), Path.cwd()) if path != Path(path.anchor)]
    found: dict[str, Path] = {}
    for path in wanted:
        real = os.path.realpath(path)
        if os.path.isdir(real):
            found.setdefault(real, Path(os.path.abspath(path)))
    return tuple(found.values())


def root_name(number: int) -> str:
    """Return what a root is called: `Home`, else its folder's name."""
    path = _root(number)
    return "Home" if path == Path.home() else path.name or str(path)


def path_of(place: Place) -> Path:
    """Return the path of a place. Raises BadInput where it is gone, or does not lie inside its root."""
    path = _root(place.root)
    inside = os.path.realpath(path)
    for name in place.names:
        if not name or name in (".", "..") or "/" in name or os.sep in name or "\0" in name or is_hidden(name):
            raise BadInput(f"{name!r} is not a folder or file that can be chosen. Choose one from the list.")
        path = path / name
        if not os.path.lexists(path):
            raise BadInput(f"There is no {name} in {path.parent.name} any more. Choose another.")
        if not _is_inside(path, inside):
            raise BadInput(
                f"{name} is a link that leads out of {root_name(place.root)}. Choose the folder it leads to."
            )
    return path


def look(place: Place, suffixes: Sequence[str] = ()) -> View:
    """Return what is in a folder: its folders, and its files with one of these endings (lower case, with the dot).

    Hidden names and links that leave the root are not listed. Raises BadInput where it cannot be opened.
    """
    path = path_of(place)
    inside = os.path.realpath(_root(place.root))
    folders: list[str] = []
    files: list[File] = []
    images, more = 0, False
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if is_hidden(entry.name) or not entry.name.isprintable():
                    continue
                if is_image_name(entry.name):
                    images += 1
                    continue
                wanted = files if entry.name.lower().endswith(tuple(suffixes)) else None
                if entry.is_symlink() and not _is_inside(Path(entry.path), inside):
                    continue
                if _is_folder(entry):
                    folders.append(entry.name)
                elif wanted is not None:
                    files.append(File(entry.name, entry.stat().st_size))
    except OSError as error:
        raise BadInput(f"{place.name} cannot be opened: {explain(error)}. Choose another folder.") from error
    more = len(folders) > MOST or len(files) > MOST
    folders.sort(key=str.casefold)
    files.sort(key=lambda file: file.name.casefold())
    return View(tuple(folders[:MOST]), tuple(files[:MOST]), images, more)


def counts(place: Place, seconds: float = 1.0) -> dict[str, tuple[int, bool]]:
    """Return how many images lie in each folder of a place, with all that is in it: {name: (images, whether all)}.

    Links are not followed. What cannot be counted in time is at least as much. Folders without images are left out.
    """
    deadline = time.monotonic() + seconds
    found: dict[str, tuple[int, bool]] = {}
    for name in look(place).folders:
        images, whole = 0, True
        for folder, inside, files in os.walk(path_of(place.below(name))):
            inside[:] = [one for one in inside if not is_hidden(one)]
            images += sum(is_image_name(file) and not is_hidden(file) for file in files)
            if time.monotonic() > deadline:
                whole = not inside and folder == str(path_of(place.below(name)))
                break
        if images or not whole:
            found[name] = images, whole
    return found


def find(text: str) -> Place:
    """Return the place that a pasted path means. Raises BadInput where it is not inside a root, or not there.

    Only its names count: each is looked for in the folder before it, as if it had been chosen from the list.
    """
    text = text.strip().strip("\"'")
    if not text:
        raise BadInput("Choose a folder first.")
    if "\0" in text:
        raise BadInput("This is not a path. Choose a folder from the list.")
    given = os.path.abspath(os.path.expanduser(text))
    for number, root in sorted(enumerate(roots()), key=lambda one: -len(one[1].parts)):
        for base in dict.fromkeys((str(root), os.path.realpath(root))):
            if given == base or given.startswith(base.rstrip(os.sep) + os.sep):
                names = tuple(part for part in given[len(base) :].split(os.sep) if part)
                place = Place(number, names)
                path_of(place)
                return place
    known = " and ".join(root_name(number) for number in range(len(roots()))) or "none"
    raise BadInput(
        f"{os.path.basename(given) or given} lies outside the folders that may be looked into ({known}). "
        f"Add its folder to {ENVIRONMENT} and start again, or upload the images."
    )


def written(place: Place) -> str:
    """Return a place as text that `find` understands, with `~` for the home folder."""
    path = _root(place.root).joinpath(*place.names)
    home = Path.home()
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def proposals(count: int = 6, seconds: float = 0.5, but: Path | None = None) -> list[tuple[Place, int]]:
    """Return the folders with the most images near the top of the roots, and how many they hold, as far as time allows.

    but: a folder that is passed over, with all that is in it.
    """
    deadline = time.monotonic() + seconds
    passed = None if but is None else os.path.realpath(but)
    found = sorted(_pictured(deadline, passed), key=lambda one: (-one[1], one[0].names))
    taken: dict[str, tuple[Place, int]] = {}
    for place, images in found:
        taken.setdefault(os.path.realpath(path_of(place)), (place, images))
    return list(taken.values())[:count]


def _pictured(deadline: float, passed: str | None) -> Iterator[tuple[Place, int]]:
    waiting = deque(Place(number) for number in range(len(roots())))
    while waiting and time.monotonic() < deadline:
        place = waiting.popleft()
        try:
            if os.path.realpath(path_of(place)) == passed:
                continue
            view = look(place)
        except BadInput:  # a folder that this user may not read
            continue
        if view.images >= FEWEST and place.names:
            yield place, view.images
        if len(place.names) < DEPTH:
            waiting.extend(place.below(name) for name in view.folders)


def _root(number: int) -> Path:
    known = roots()
    if not 0 <= number < len(known):
        raise BadInput("This folder may not be looked into any more. Choose another.")
    return known[number]


def _is_inside(path: Path, inside: str) -> bool:
    real = os.path.realpath(path)
    return real == inside or real.startswith(inside.rstrip(os.sep) + os.sep)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False
