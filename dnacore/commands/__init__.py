"""What each command does: every function takes the parsed options and returns (exit code, JSON data, text to print)."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from ..reporting import Reporter
from ..workspace import Workspace
from . import asking, extracting, keeping, study, studying
from .outcome import Result, Stop

_COMMANDS: dict[str, Callable[[Namespace, Reporter, Stop], Result]] = {
    "demo": keeping.demo, "add": keeping.add, "datasets": keeping.list_datasets, "duplicates": keeping.duplicates, "extractors": keeping.list_extractors,
    "extract": extracting.extract, "compare": asking.compare, "sensitivity": asking.sensitivity, "rank": asking.rank,
    "calibrate": extracting.calibrate, "selections": keeping.list_selections, "jobs": keeping.list_jobs,
    "attributes": studying.attributes, "explain": studying.explain, "leave-out": studying.leave_out,
    "mixture": studying.mixture, "forget": studying.forget, "study": study.study,
    "remove": keeping.remove, "export": keeping.export, "import": keeping.import_, "bench": keeping.bench,
}  # fmt: skip


def run(options: Namespace, say: Reporter, stop: Stop) -> Result:
    """Run the command that was asked for."""
    if notice := Workspace.open(options.workspace).catalogue.notice:
        print(notice, file=sys.stderr)
    return _COMMANDS[options.command](options, say, stop)
