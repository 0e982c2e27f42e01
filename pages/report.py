"""Report: the views that were collected, with notes, as one file that anybody can open."""

from __future__ import annotations

from ui import layout, report_page, report_store, state

layout.header("Report", "Views you collected, as one file that opens anywhere: nothing to install, nothing sent.")
report = report_store.load(state.workspace())
if not report.views:
    report_page.nothing_yet()
result, knobs = layout.result_and_knobs()
with knobs:
    report_page.describe(report)
with result:
    report_page.views(report)
