"""The Report page's parts: the collected views, what can be changed about them, and the download."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dnacore.workspace.saved import reports
from dnacore.workspace.saved.reports import Report
from ui.app import errors, layout, navigation, reads, words
from ui.report import html

SHOWN = 8  # pictures of a view on this page; the file has all of them


def nothing_yet() -> None:
    """Say how a report begins, and stop drawing the page."""
    st.info("The report is empty. On any page with a result, press Report at the top right and add the view.")
    navigation.link("distances", "Start with the distances")
    if st.session_state.get("_report_before"):
        st.button("Undo", key="report-undo", on_click=_undo)
    st.stop()


def describe(report: Report) -> None:
    """Draw the title and introduction, and the download."""
    title = st.text_input("Title", value=report.title, key="report-title", max_chars=120)
    intro = st.text_area("Introduction", value=report.intro, key="report-intro", height=120, max_chars=4000)
    reports.describe(reads.workspace(), title.strip() or "Visual DNA report", intro.strip())
    workspace = reads.workspace()

    def whole() -> bytes:
        now = reports.load(workspace)
        return html.html(now.views, now.title, now.intro).encode()

    st.download_button(
        "Download report",
        whole,
        file_name=f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-') or 'report'}.html",
        mime="text/html",
        type="primary",
        key="report-whole",
        on_click="ignore",
        width="stretch",
    )
    layout.caption(
        "One HTML file with figures, tables and small pictures inside, in light and dark. Each view says which "
        "network, activation ranges and datasets it was made from."
    )


def views(report: Report) -> None:
    """Draw the collected views in their order."""
    layout.found(f"{words.count(len(report.views), 'view')} collected")
    if st.session_state.get("_report_before"):
        st.button("Undo", key="report-undo", type="tertiary", on_click=_undo)
    for place, view in enumerate(report.views):
        with st.container(key=f"report-view-{place}"):
            st.divider()
            identity = _head(place, view, last=place == len(report.views) - 1)
            with errors.guarded():  # a broken view can still be removed, and the others are shown
                _view(place, view, identity)


def _head(place: int, view: Mapping[str, Any], *, last: bool) -> str:
    """Draw a view's title and its buttons; return the key of its widgets."""
    drawn = view.get("drawn")
    stamp = float(drawn) if isinstance(drawn, int | float) else 0.0
    identity = f"{stamp:.0f}-{place}"
    left, up, down, away = st.columns([6, 1, 1, 1.4], vertical_alignment="center", gap="small")
    left.html(
        f"<div><b>{place + 1}. {html.markup.escape(html.asked(view))}</b> "
        f'<span class="vds-quiet">{html.markup.escape(str(view.get("title", "")))}, {words.moment(stamp)}</span></div>'
    )
    up.button("Up", key=f"up-{identity}", disabled=place == 0, on_click=_move, args=(place, -1), type="tertiary")
    down.button("Down", key=f"down-{identity}", disabled=last, on_click=_move, args=(place, 1), type="tertiary")
    away.button("Remove", key=f"remove-{identity}", on_click=_remove, args=(place,), type="tertiary")
    return identity


def _view(place: int, view: Mapping[str, Any], identity: str) -> None:
    layout.note(_contents(view))
    said = next((part["text"] for part in view["parts"] if part["kind"] == "found"), view["sentence"])
    st.html(f'<p class="vds-found" style="font-size:15px">{html.markup.escape(said)}</p>')
    pictures = _few([part["items"] for part in view["parts"] if part["kind"] == "images"])
    pictures += [{"name": part["alt"], "jpeg": part["jpeg"]} for part in view["parts"] if part["kind"] == "picture"]
    if pictures:
        cells = "".join(
            f'<img alt="{html.markup.escape(one["name"], quote=True)}" '
            f'src="data:image/jpeg;base64,{one["jpeg"]}" style="height:120px;max-width:100%;object-fit:contain;border-radius:3px">'
            for one in pictures
        )
        st.html(f'<div style="display:flex;gap:8px;flex-wrap:wrap">{cells}</div>')
    note = st.text_area(
        f"Note on view {place + 1}",
        value=view.get("note", ""),
        key=f"note-{identity}",
        placeholder="A note for the reader (optional)",
        label_visibility="collapsed",
        height=68,
        max_chars=2000,
    )
    if note != view.get("note", ""):
        _annotate(place, note)
    if view["page"] in navigation.TITLES:
        navigation.link(view["page"], "Open this view", **navigation.choices_of(view["query"]))


def _few(rows: Sequence[Sequence[dict[str, str]]]) -> list[dict[str, str]]:
    """Return about eight pictures, the first of every row: each side of a comparison has its share."""
    return [item for row in rows for item in row[: max(2, SHOWN // len(rows))]]


def _contents(view: Mapping[str, Any]) -> str:
    kinds = [part["kind"] for part in view["parts"]]
    nouns = (
        ("figure", "figure", "figures"),
        ("table", "table", "tables"),
        ("picture", "picture", "pictures"),
        ("images", "row of images", "rows of images"),
    )
    said = [words.count(kinds.count(kind), one, many) for kind, one, many in nouns if kind in kinds]
    return words.listing(said) or "text"


def _move(place: int, step: int) -> None:
    kept = list(reports.load(reads.workspace()).views)
    if 0 <= place + step < len(kept):
        kept.insert(place + step, kept.pop(place))
        reports.arrange(reads.workspace(), kept)


def _remove(place: int) -> None:
    kept = list(reports.load(reads.workspace()).views)
    if place < len(kept):
        st.session_state["_report_before"] = list(kept)
        del kept[place]
        reports.arrange(reads.workspace(), kept)


def _undo() -> None:
    before = st.session_state.pop("_report_before", None)
    if before is not None:
        reports.arrange(reads.workspace(), before)


def _annotate(place: int, note: str) -> None:
    kept = [dict(view) for view in reports.load(reads.workspace()).views]
    if place < len(kept):
        kept[place]["note"] = note.strip()
        reports.arrange(reads.workspace(), kept)
