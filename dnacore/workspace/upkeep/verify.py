"""Checking a whole workspace: every checksum, every row against its file, and what was left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dnacore import versioned
from dnacore.dna.calibration import load_calibration
from dnacore.dna.file import load_dna
from dnacore.errors import BadInput, Damaged, DnaError, Unavailable, unavailable_now
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import KIND, VERSION, open_segment
from dnacore.sketches.words import load_words
from dnacore.workspace.store.array_files import exists
from dnacore.workspace.store.calibration_files import histograms
from dnacore.workspace.store.shards import Store, numbers
from dnacore.workspace.upkeep import leftovers, salvage
from dnacore.workspace.workspace import Workspace

_SAVED = ("piles/[!.]*.json", "extractors/[!.]*.json", "report.json", "views.json")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong in a workspace.

    what: the file or row; problem: a sentence about it; cure: what `repair` does about it, "" for nothing. again: (id of
    the dataset, id of the setting) that has to be extracted again afterwards.
    """

    what: str
    problem: str
    cure: str = ""
    again: tuple[int, int] | None = None
    mend: Callable[[], None] | None = None


def check(workspace: Workspace, progress: Callable[[int, int], None] | None = None) -> Iterator[Finding]:
    """Check everything in a workspace and yield what is wrong. Changes nothing."""
    yield from _catalogue(workspace)
    yield from _arrays(workspace, progress or (lambda done, total: None))
    yield from _words(workspace)
    yield from _calibrations(workspace)
    yield from _kept_files(workspace)
    yield from _datasets(workspace)
    yield from _leftovers(workspace)


def _catalogue(workspace: Workspace) -> Iterator[Finding]:
    path = workspace.catalogue.path
    if not salvage.is_sound(path):
        yield Finding(path.name, "SQLite finds it damaged. Open the workspace once: what can be read is carried over")
    with workspace.catalogue.reading() as db:
        for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchall():
            yield Finding(path.name, f"row {row} of {table} names a {parent} that is not there")
        known = {row["id"] for row in db.execute("SELECT id FROM shard")}
        rows = db.execute("SELECT dataset, setting, shards FROM extraction").fetchall()
        counts = db.execute(
            "SELECT shard.id FROM shard WHERE images != "
            "(SELECT count(*) FROM member WHERE member.shard = shard.id AND reason IS NULL)"
        ).fetchall()
    for row in rows:
        listed = numbers(row["shards"])
        if listed is None or not set(listed) <= known:
            yield Finding(
                path.name, f"the DNA of dataset {row['dataset']} names shards that are not there", "extracted again",
                (row["dataset"], row["setting"]),
            )  # fmt: skip
    for row in counts:
        yield Finding(path.name, f"shard {row['id']} has another number of images than members")
    backup = salvage.backup_of(path)
    if not backup.is_file() or not salvage.is_sound(backup):
        yield Finding(
            backup.name, "there is no sound backup of the catalogue", "written", mend=workspace.catalogue.back_up
        )


def _arrays(workspace: Workspace, progress: Callable[[int, int], None]) -> Iterator[Finding]:
    store = workspace.store
    with workspace.catalogue.reading() as db:
        shards = db.execute("SELECT id, dataset, setting, images FROM shard ORDER BY id").fetchall()
        segments = db.execute("SELECT id, dataset, setting, images FROM segment ORDER BY id").fetchall()
        merged = db.execute("SELECT shards FROM extraction").fetchall()
    files = [store.merged_file(numbers(row["shards"]) or []) for row in merged]
    total = len(shards) + len(segments) + len(files)
    for done, row in enumerate(shards, 1):
        yield from _array(store, store.shard_file(row["id"]), _shard, row["images"], (row["dataset"], row["setting"]))
        progress(done, total)
    for done, row in enumerate(segments, len(shards) + 1):
        path = store.segment_file(row["id"])
        yield from _array(store, path, _segment, row["images"], (row["dataset"], row["setting"]))
        progress(done, total)
    for done, path in enumerate(files, len(shards) + len(segments) + 1):
        if path.is_file():
            yield from _array(store, path, _shard, None, None)
        progress(done, total)


def _array(
    store: Store, path: Path, read: Callable[[Path], int], images: int | None, again: tuple[int, int] | None
) -> Iterator[Finding]:
    name = f"{path.parent.name}/{path.name}"
    cure = "set aside, and extracted again" if again else "set aside, and added up again"
    if not exists(path):
        yield Finding(name, "it is gone", "extracted again", again)
        return
    try:
        found = read(path)
    except Unavailable as problem:
        yield Finding(name, str(problem))
    except (Damaged, BadInput) as problem:
        yield Finding(name, str(problem), cure, again, partial(store.set_aside, path))
    else:
        if images is not None and found != images:
            problem_text = f"it holds {found:,} images, and the catalogue says {images:,}"
            yield Finding(name, problem_text, cure, again, partial(store.set_aside, path))


def _shard(path: Path) -> int:
    return histograms(path).images


def _segment(path: Path) -> int:
    arrayfile.verify(path, KIND, VERSION)
    return len(open_segment(path).hashes)


def _words(workspace: Workspace) -> Iterator[Finding]:
    store = workspace.store
    shards = workspace.catalogue.rows("SELECT id FROM shard ORDER BY id")
    for path in (store.words_file(row["id"]) for row in shards):
        if not exists(path):  # of many shards none are kept
            continue
        yield from _unless_read(
            store, path, load_words, "Afterwards `extract NAME --words` asks the network for these words again"
        )


def _unless_read(store: Store, path: Path, read: Callable[[Path], object], afterwards: str) -> Iterator[Finding]:
    name = path.relative_to(store.root).as_posix()
    try:
        read(path)
    except Unavailable as problem:
        yield Finding(name, str(problem))
    except DnaError as problem:
        yield Finding(name, f"{problem} {afterwards}", "set aside", mend=partial(store.set_aside, path))


def _calibrations(workspace: Workspace) -> Iterator[Finding]:
    store = workspace.store
    with workspace.catalogue.reading() as db:
        known = {row["fingerprint"] for row in db.execute("SELECT fingerprint FROM calibration")}
        known |= {row["calibration"] for row in db.execute("SELECT calibration FROM setting")}
    for fingerprint in sorted(known):
        path = store.calibration_file(fingerprint)
        cure, problem = "taken from a shard", ""
        if not exists(path):
            problem = "it is gone"
        else:
            try:
                if load_calibration(path).fingerprint != fingerprint:
                    problem = "it holds other activation ranges than its name says"
            except Unavailable as error:
                problem, cure = str(error), ""
            except DnaError as error:
                problem = str(error)
        if problem:
            yield Finding(
                f"calibrations/{path.name}", problem, cure,
                mend=partial(_calibrated, store, fingerprint) if cure else None,
            )  # fmt: skip


def _calibrated(store: Store, fingerprint: str) -> None:
    store.set_aside(store.calibration_file(fingerprint))
    if store.calibration(fingerprint) is None:
        raise BadInput("No shard holds these activation ranges. Measure them again: python -m dnacore calibrate")


def _kept_files(workspace: Workspace) -> Iterator[Finding]:
    store = workspace.store
    for path in sorted((workspace.root / "imports").glob("[!.]*.dna.npz")):
        yield from _unless_read(store, path, load_dna, "It came from elsewhere: import it again")
    for path in (path for pattern in _SAVED for path in sorted(workspace.root.glob(pattern))):
        yield from _unless_read(store, path, _parse, "What it held has to be saved again")


def _parse(path: Path) -> None:
    try:
        versioned.parsed(path.read_bytes(), path.name)
    except OSError as error:
        raise unavailable_now(path.name, error) from error


def _datasets(workspace: Workspace) -> Iterator[Finding]:
    for dataset in workspace.datasets():
        if not dataset.source.exists():
            yield Finding(dataset.name, f"its folder {dataset.folder} is not there; what was extracted is kept")
        if dataset.attributes is not None and not dataset.attributes.is_file():
            yield Finding(dataset.name, f"its attributes file {dataset.attributes} is not there")
        passing = [r for r in workspace.rejected(dataset) if r.passing]
        if passing:
            yield Finding(
                dataset.name,
                f"{len(passing):,} of its images could not be got at ({passing[0].reason}); the next extraction tries again",
            )


def _leftovers(workspace: Workspace) -> Iterator[Finding]:
    store, root = workspace.store, workspace.root
    for path in leftovers.find(store):
        what = path.relative_to(root).as_posix()
        yield Finding(what, "nothing needs it: interrupted work left it behind", "deleted",
                      mend=partial(_delete, path))  # fmt: skip
    for path in leftovers.older_orphans(store):
        what = path.relative_to(root).as_posix()
        yield Finding(what, "no dataset names it, but a catalogue that was lost may have, so it is kept")
    used = [dataset.source for dataset in workspace.datasets()]
    for folder in sorted((root / "unpacked").glob("[!.]*")):
        if folder.is_dir() and not any(one.is_relative_to(folder) for one in used):
            yield Finding(f"unpacked/{folder.name}", "no dataset uses these unpacked images", "deleted",
                          mend=partial(_delete, folder))  # fmt: skip


def _delete(path: Path) -> None:
    leftovers.remove(path)
    if path.exists():
        raise BadInput(f"{path.name} could not be deleted.")
