"""The top right corner of every page: its link to share, saved views, and its way into a report."""

from __future__ import annotations

import streamlit as st

from dnacore.workspace.saved import reports
from ui.app import capture, navigation, reads, words
from ui.components.component import component
from ui.report import html, saved_views_menu

_component = component(__file__, "share.js")
WITHOUT_REPORT = ("start", "datasets", "report")


def fill(page: str) -> None:
    """Draw the corner of the page that was just drawn; its choices and parts are known only now."""
    view, place = capture.current(), st.session_state.pop("_corner", None)
    if view is None or place is None:
        return
    view.page = page
    query = [[key, value] for key, values in view.address.items() for value in values]
    if "extractor" not in view.address:
        query.insert(0, ["extractor", reads.extractor()])
    with place:
        _component(key="share", data={"query": query}, width="content")
        saved_views_menu.menu(view, query)
        if view.page not in WITHOUT_REPORT and view.parts:
            _report(view, query)


def _report(view: capture.View, query: list[list[str]]) -> None:
    label, facts = reads.extractor(), html.facts(view, reads.extractor())
    count = len(reports.load(reads.workspace()).views)

    def whole() -> bytes:
        frozen = html.freeze(view, reads.workspace(), query, facts)
        return html.html([frozen], title=f"{view.title}, {label}").encode()

    with st.popover("Report", key="report-menu"):
        if st.button("Add this view to the report", key="report-add", type="primary", width="stretch"):
            reports.add(reads.workspace(), html.freeze(view, reads.workspace(), query, facts))
            count += 1
            st.toast(f"Added. The report has {words.count(count, 'view')} now.")
        st.download_button(
            "Download this view (HTML)",
            whole,
            file_name=f"visual-dna-{view.page}.html",
            mime="text/html",
            key="report-download",
            on_click="ignore",
            width="stretch",
        )
        if count:
            navigation.link("report", f"Open the report ({words.count(count, 'view')})")
