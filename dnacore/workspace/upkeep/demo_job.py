"""The background job that draws the demo datasets and extracts each as soon as it is drawn."""

from __future__ import annotations

from filelock import FileLock

from dnacore.demo import demo_datasets
from dnacore.extractors.registry import DEFAULT_EXTRACTOR
from dnacore.workspace import jobs
from dnacore.workspace.jobs import Job
from dnacore.workspace.saved import imported
from dnacore.workspace.upkeep.absence import why_absent
from dnacore.workspace.workspace import Workspace

COMMAND = ("demo", "--extract")


def names() -> list[str]:
    """Return the names of the demo datasets in the order in which they are drawn."""
    return [one.name for one in demo_datasets()]


def latest(workspace: Workspace) -> Job | None:
    """Return the newest job that prepares the demo data, if there ever was one."""
    return next((job for job in jobs.list_jobs(workspace) if tuple(job.command[:2]) == COMMAND), None)


def begin(workspace: Workspace, extractor: str) -> Job:
    """Start to prepare the demo data with an extractor unless that is under way; returns the job that does it."""
    with _alone(workspace):
        current = latest(workspace)
        if current is not None and current.state == "running":
            return current
        return _start(workspace, extractor)


def begin_where_new(workspace: Workspace, extractor: str = DEFAULT_EXTRACTOR) -> Job | None:
    """Start to prepare the demo data where a workspace has never held anything and the extractor is at hand.

    Returns the job that was started; None where there was nothing to do.
    """
    if not _is_new(workspace) or why_absent(workspace, extractor) is not None:
        return None
    with _alone(workspace):  # the server and its first visitor, or two servers, may begin at the same time
        return _start(workspace, extractor) if _is_new(workspace) else None


def _is_new(workspace: Workspace) -> bool:
    return not (workspace.catalogue.has_been_used() or jobs.list_jobs(workspace) or imported.names(workspace))


def _alone(workspace: Workspace) -> FileLock:
    folder = workspace.root / "locks"
    folder.mkdir(exist_ok=True)
    return FileLock(folder / "demo.lock")


def _start(workspace: Workspace, extractor: str) -> Job:
    command = [*COMMAND, "--extractor", extractor]
    return jobs.start(workspace, command, title="Preparing the demo data", datasets=names())
