"""What commands share: the DNAs they work on, and their result (exit code, JSON data, text to print)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from dnacore.commands.progress import Overall
from dnacore.workspace.workspace import Workspace

FINE, LOOK = 0, 1
Stop = Callable[[], bool]
Result = tuple[int, Any, str]


def sources_of(options: Namespace, watch: Overall, stop: Stop):
    from dnacore.sources.resolver import Sources

    return Sources(
        Workspace.open(options.workspace), options.extractor, options.device, options.precision,
        batch_size=options.batch_size, progress=watch, stop=stop, download=options.download,
        network={name: getattr(options, name) for name in ("architecture", "arguments", "prepare")},
    )  # fmt: skip


def rejected_text(rejected: Sequence[dict[str, str]]) -> str:
    if not rejected:
        return ""
    listed = "".join(f"\n  {r['path']}: {r['reason']}" for r in rejected[:20])
    more = f"\n  and {len(rejected) - 20} more (--json lists them all)" if len(rejected) > 20 else ""
    return f"; {len(rejected)} could not be read:{listed}{more}"
