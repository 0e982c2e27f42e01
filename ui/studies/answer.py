"""A study's answer: started in the background, followed while it runs, and shown with its figures, table and pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from dnacore.errors import DnaError
from dnacore.sources import study_requests
from dnacore.studies.frame import drawing, export
from dnacore.studies.frame.result import Picture, Result, Spot
from dnacore.workspace import jobs
from dnacore.workspace.jobs import Job
from ui.app import capture, layout, palette, reads, theme
from ui.components import chart, wall
from ui.jobs import tray
from ui.studies.ask import Asked

ROWS = 40  # rows of a table on the page; the CSV has all
FRESH = "--fresh"


def draw(asked: Asked) -> None:
    """Draw the answer where it is known, else the way to it."""
    working = _working(asked)
    if working is not None:
        tray.follow(working, "study-job")
        return
    found = study_requests.read(asked.file)
    if found is None:
        layout.found(asked.study.question)
        layout.caption(f"{asked.study.about} After {asked.study.source}.")
        if st.button("Run this study", key="study-run", type="primary"):
            start(asked)
            st.rerun()
        layout.note(
            "It runs in the background, seconds to two minutes on a few hundred images. You can leave the page."
        )
        return
    show(found)
    _downloads(found)
    if st.button("Run it again", key="study-again", type="tertiary"):
        start(asked, fresh=True)  # the kept answer stays until the new one replaces it
        st.rerun()


def start(asked: Asked, *, fresh: bool = False) -> Job:
    """Start the study as a background job. fresh: compute it even where an answer is kept."""
    title = f"Study: {asked.study.question}"
    return jobs.start(reads.workspace(), asked.command + [FRESH] * fresh, title=title, datasets=asked.names)


def _working(asked: Asked) -> Job | None:
    return next((job for job in tray.running() if [one for one in job.command if one != FRESH] == asked.command), None)


def show(found: Result) -> None:
    """Draw a study's result: what was found, figures, pictures, the table, and what was left out."""
    layout.found(found.finding)
    if found.advice:
        layout.caption(found.advice)
    for at, figure in enumerate(found.figures):
        drawn = go.Figure(drawing.plotly(figure))
        drawn.update_layout(
            template=palette.template(theme.is_dark()),
            height=400,
            margin={"t": 72},
            title={"y": 0.98, "yanchor": "top"},
            legend={"y": 1.02, "yanchor": "bottom", "x": 0},
        )
        chart.show(drawn, key=f"study-figure-{at}", alt=figure.title)
    layout.caption(found.caption)
    _pictures(found.pictures)
    rows = [[export.shown(row.get(key)) for key in found.columns] for row in found.to_json()["table"]]
    if rows:
        cells = [[html.escape(cell) for cell in row] for row in rows[:ROWS]]
        layout.table(list(found.columns.values()), cells, rows[:ROWS], found.question)
    if len(rows) > ROWS:
        layout.note(f"The first {ROWS} of {len(rows):,} rows; the CSV has them all.")
    for note in found.notes:
        layout.caption(note)


def _pictures(pictures: Sequence[Picture]) -> None:
    tiles, noted = [], []
    for picture in pictures:
        located = _located(picture)
        if located is None:
            continue
        number, index, version = located
        spots = "".join(_spot(spot) for spot in picture.spots)
        source = html.escape(wall.thumb_url(number, index, version), quote=True)
        said = html.escape(f"{picture.path}: {picture.caption}")
        tiles.append(
            f'<figure style="margin:0;width:200px"><div style="position:relative;display:inline-block">'
            f'<img src="{source}" alt="{html.escape(picture.path, quote=True)}" '
            f'style="display:block;max-width:200px;max-height:200px">{spots}</div>'
            f'<figcaption class="vds-quiet" style="overflow-wrap:anywhere">{said}</figcaption></figure>'
        )
        noted.append(wall.Picture(number, index, name=picture.path, label=picture.caption, version=version))
    if tiles:
        capture.images("Images that show it", noted)
        st.html(f'<div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(tiles)}</div>')


def _spot(spot: Spot) -> str:
    return (
        f'<span style="position:absolute;box-sizing:border-box;border:2px solid #D55E00;'
        f"top:{100 * (spot.row - spot.height / 2):.2f}%;left:{100 * (spot.column - spot.width / 2):.2f}%;"
        f'height:{100 * spot.height:.2f}%;width:{100 * spot.width:.2f}%"></span>'
    )


def _located(picture: Picture) -> tuple[int, int, str] | None:
    """(dataset number, index, start of the content's hash) of a picture; None where it is gone."""
    try:
        dataset = reads.workspace().dataset(picture.dataset)
    except DnaError:
        return None
    row = next((row for row in reads.files(dataset) if row.path == picture.path), None)
    return None if row is None else (dataset.id, row.index, row.hash[:16])


def _downloads(found: Result) -> None:
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Table (CSV)", export.as_csv(found), f"{found.study}.csv", "text/csv", key="study-csv", on_click="ignore"
        )
        st.download_button(
            "Everything (HTML, opens without a network)",
            lambda: export.as_html(found, study_requests.thumbnails(reads.workspace())),
            f"{found.study}.html",
            "text/html",
            key="study-html",
            on_click="ignore",
        )
