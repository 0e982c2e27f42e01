"""The lens' answer: started in the background, followed with its preview while it runs, and shown with its figures."""

from __future__ import annotations

import html
import io
import json
from typing import Any, Literal

import pandas as pd
import streamlit as st
from PIL import Image

from dnacore.extractors.labels import CAUTION
from dnacore.workspace import jobs
from dnacore.workspace.jobs import Job
from ui.app import capture, layout, navigation, reads, seen, words
from ui.choices import choices
from ui.jobs import tray
from ui.lens import wording
from ui.lens.asked import NEURON, SELECTION, Asked

PICTURE, FIGURES, PREVIEW = ".png", ".json", ".preview.png"
SMALL = 440  # pixels: wider pictures take the width of the page


def draw(asked: Asked) -> None:
    """Draw the answer where it is known, else the way to it."""
    _words(asked)
    command = asked.command
    job = next((job for job in jobs.list_jobs(reads.workspace()) if list(job.command) == command), None)
    if job is not None and job.state == "running":
        layout.note(asked.analysis.question)
        tray.follow(job, "lens-job", lambda: _preview(asked))
        return
    found = read(asked)
    if found is None:
        _offer(asked, job)
        return
    if job is not None and job.state in ("failed", "interrupted"):
        st.warning(words.as_markdown(f"{tray.outcome(job)} What was found before is shown."))
    show(asked, *found)


def _offer(asked: Asked, job: Job | None) -> None:
    """Draw the button that computes a missing answer, and why the last try failed."""
    layout.found(asked.analysis.question)
    if job is not None and job.state in ("failed", "interrupted"):
        st.warning(words.as_markdown(tray.outcome(job)))
    st.html(f'<p class="vds-caption">{html.escape(_about(asked))}</p>')
    if st.button("Look", key="lens-run", type="primary"):
        start(asked)
        st.rerun()
    takes = "from seconds to a minute"
    if asked.into and asked.dataset is not None:
        takes = f"some seconds for each of {words.count(asked.dataset.dataset.images, 'image')}"
    layout.note(f"It runs in the background, {takes}. You can leave the page.")


def _about(asked: Asked) -> str:
    return f"{asked.analysis.title}. {wording.READ[asked.analysis.name]}"


def start(asked: Asked) -> Job:
    """Start the analysis as a background job."""
    asked.file(PICTURE).parent.mkdir(exist_ok=True)
    return jobs.start(reads.workspace(), asked.command, title=asked.title, datasets=asked.names)


def read(asked: Asked) -> tuple[bytes, dict[str, Any]] | None:
    """Return the answer's picture and what is said of it; None where there is none, or it was damaged."""
    try:
        told = json.loads(asked.file(FIGURES).read_text(encoding="utf-8"))
        return asked.file(PICTURE).read_bytes(), {"caption": str(told["caption"]), "figures": dict(told["figures"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _preview(asked: Asked) -> None:
    try:
        st.image(layout.inline(asked.file(PREVIEW).read_bytes()), caption="How far it is", width=320)
    except OSError:
        layout.note("A picture of how far it is appears here, where there is one.")


def show(asked: Asked, picture: bytes, told: dict[str, Any]) -> None:
    """Draw a result: what was found, the picture with how to read it, its figures, and where to go from here."""
    beside = told["figures"].get("beside") or {}
    codes = {asked.layer, told["figures"].get("layer"), beside.get("layer"), beside.get("target")}
    codes |= {asked.target[1]} if asked.target is not None and asked.target[0] == NEURON else set()
    layout.found(*wording.headline(told["caption"].replace(" %", "\u00a0%"), {str(code) for code in codes if code}))
    reading = wording.READ[asked.analysis.name]
    with st.container(key="lens-picture"):
        st.image(layout.inline(picture), caption=words.as_markdown(reading), width=_width(picture))
    capture.picture(picture, f"{asked.analysis.title}: {told['caption']}")
    capture.text("caption", reading)
    rows = wording.figures(told["figures"], asked.analysis.name)
    if rows:
        capture.table(pd.DataFrame(rows, columns=pd.Index(["Figure", "Value"])), "Figures")
        with st.container(width=420):
            layout.facts(rows)
    with st.container(horizontal=True, gap="small"):
        name = f"{asked.analysis.name}-{asked.key[:8]}.png"
        st.download_button("Picture (PNG)", picture, name, "image/png", key="lens-png", on_click="ignore")
        if st.button(
            "Look again", key="lens-again", type="tertiary", help="With the same choices, from the beginning."
        ):
            start(asked)  # the old answer stays until the new one replaces it
            st.rerun()
    if asked.into:
        navigation.link("datasets", f"Extract {asked.into} to see what its DNA says of it")


def _width(picture: bytes) -> int | Literal["stretch"]:
    """The width of a picture: the page's for a wide one, at most twice its own for a small one."""
    with Image.open(io.BytesIO(picture)) as opened:
        return "stretch" if opened.width > SMALL else min(2 * opened.width, SMALL)


def _words(asked: Asked) -> None:
    """Draw what the neuron rises with, or the selection's neurons, where that is known."""
    if asked.target is None:
        return
    kind, value = asked.target
    owner = asked.dataset or (asked.image.dataset if asked.image else None)
    said = ""
    if kind == NEURON and owner is not None:
        dna = reads.dna(owner)
        said = seen.of_neuron(dna, choices.neuron_flat(dna, value))
    elif kind == SELECTION:
        said = seen.of_selection(reads.workspace().selection(value))
    if said:
        layout.caption(f"{words.opening(asked.subject)}: {said[:1].lower()}{said[1:]}")
        layout.note(CAUTION)
