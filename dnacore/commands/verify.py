"""`verify`: check a whole workspace, and with `--repair` put right what can be."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from dnacore.commands.outcome import FINE, LOOK, Result, Stop
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import Cancelled, DnaError
from dnacore.workspace.upkeep import verify as verifying
from dnacore.workspace.workspace import Workspace


def verify(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)

    def looked(done: int, total: int) -> None:
        if stop():
            raise Cancelled("Stopped on request. Nothing was changed.")
        say.progress("checking files", done, total)

    found = list(verifying.check(workspace, looked))
    rows: list[dict[str, Any]] = []
    mended: dict[tuple[int, int], str] = {}
    for one in found:
        cured = False
        problem = one.problem
        if options.repair and one.cure:
            try:
                if one.mend is not None:
                    one.mend()
                if one.again is not None and one.again not in mended:
                    mended[one.again] = _extracted_again(workspace, options, one.again, say, stop)
                failed = mended.get(one.again, "") if one.again else ""
                cured, problem = not failed, _and(problem, failed) if failed else problem
            except DnaError as error:
                problem = _and(problem, str(error))
        rows.append({"what": one.what, "problem": problem, "cure": one.cure, "repaired": cured})
    if options.repair:
        workspace.catalogue.back_up()
    left = [row for row in rows if not row["repaired"]]
    lines = [f"{row['what']}: {row['problem']}{_cure(row)}" for row in rows]
    if not rows:
        lines = ["Everything is as it should be."]
    elif not options.repair and any(row["cure"] for row in rows):
        lines.append("What can be put right is, with: python -m dnacore verify --repair")
    return (LOOK if left else FINE), {"findings": rows, "repaired": len(rows) - len(left)}, "\n".join(lines)


def _and(problem: str, more: str) -> str:
    return f"{problem.rstrip('.')}. {more}"


def _cure(row: dict[str, Any]) -> str:
    if row["repaired"]:
        return f": {row['cure']}"
    return f" (can be {row['cure']})" if row["cure"] else ""


def _extracted_again(workspace: Workspace, options: Namespace, key: tuple[int, int], say: Reporter, stop: Stop) -> str:
    """Extract what is missing of a dataset under a setting; return why that cannot be done, "" where it was."""
    from dnacore.sources.resolver import Sources  # brings the networks, which no other command needs to load

    setting = next((one for one in workspace.store.settings() if one.id == key[1]), None)
    if setting is None:
        return "Its network is not known any more"
    try:
        dataset = workspace.dataset_by_id(key[0])
        sources = Sources(workspace, setting.label, options.device, batch_size=options.batch_size,
                          progress=Overall(say), stop=stop)  # fmt: skip
        sources.ensure(dataset)
        if sources.setting is not None and sources.setting.id != setting.id:
            return "It belongs to activation ranges that are no longer used: extract the dataset again"
    except Cancelled:
        raise
    except DnaError as problem:
        return str(problem)
    return ""
