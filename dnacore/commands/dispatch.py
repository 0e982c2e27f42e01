"""What each command does: every function takes the parsed options and returns (exit code, JSON data, text to print)."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from dnacore.commands import analyse, compare, extract, lens, manage, study, verify
from dnacore.commands.outcome import Result, Stop
from dnacore.commands.progress import Reporter
from dnacore.paths import shown
from dnacore.workspace.workspace import Workspace

_COMMANDS: dict[str, Callable[[Namespace, Reporter, Stop], Result]] = {
    "demo": manage.demo, "add": manage.add, "datasets": manage.list_datasets,
    "duplicates": manage.duplicates, "extractors": manage.list_extractors,
    "extract": extract.extract, "compare": compare.compare, "sensitivity": compare.sensitivity, "rank": compare.rank,
    "calibrate": extract.calibrate, "selections": manage.list_selections, "jobs": manage.list_jobs,
    "attributes": analyse.attributes, "explain": analyse.explain, "leave-out": analyse.leave_out,
    "mixture": analyse.mixture, "forget": analyse.forget, "study": study.study, "lens": lens.lens,
    "remove": manage.remove, "export": manage.export, "import": manage.import_,
    "gallery": manage.gallery, "bench": manage.bench,
    "verify": verify.verify,
}  # fmt: skip


def run(options: Namespace, say: Reporter, stop: Stop) -> Result:
    """Run the command that was asked for."""
    if notice := Workspace.open(options.workspace).catalogue.notice:
        print(shown(notice), file=sys.stderr)
    return _COMMANDS[options.command](options, say, stop)
