"""Report: the views that were collected, with notes, as one file that anybody can open."""

from __future__ import annotations

from dnacore.workspace.saved import reports
from ui.app import layout, reads
from ui.report import page

layout.header("Report", "Views you collected, as one file that opens anywhere: nothing to install, nothing sent.")
report = reports.load(reads.workspace())
if not report.views:
    page.nothing_yet()
result, knobs = layout.result_and_knobs()
with knobs:
    page.describe(report)
with result:
    page.views(report)
