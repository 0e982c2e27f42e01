"""All jobs in one window: what each did, how long it took, what it printed, and stop, try again, forget."""

from __future__ import annotations

import streamlit as st

from dnacore.workspace import jobs
from dnacore.workspace.jobs import Job
from ui.app import layout, reads, words
from ui.jobs import tray

OPEN = "_jobs-open"  # the window stays through reruns that a job's end causes
SHOWN = 40


def open_button() -> None:
    """Draw the button that opens the window, and the window for as long as nobody has closed it."""
    there = any((reads.workspace().root / "jobs").glob("*/job.json"))
    if not there and not st.session_state.get(OPEN):
        return
    if st.button("All jobs and logs…", key="jobs-open", type="tertiary"):
        st.session_state[OPEN] = True
    if st.session_state.get(OPEN):
        _dialog()


def _close() -> None:
    st.session_state[OPEN] = False


@st.dialog("Jobs", width="large", on_dismiss=_close)
def _dialog() -> None:
    everything = jobs.list_jobs(reads.workspace())
    if not everything:
        st.info("There are no jobs. Extracting a dataset is one: it goes on when you close the page.")
        return
    over = [job for job in everything if job.state != "running"]
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        layout.caption("Jobs go on when you close the page, and are found again when the program is started again.")
    right.button("Forget finished", key="jobs-clear", disabled=not over, on_click=_forget_all, width="stretch")
    for job in everything[:SHOWN]:
        with st.container(key=f"job-{job.id}", gap="xsmall"):
            _job(job)


def _job(job: Job) -> None:
    title, *acts = st.columns([4.2, 1, 1], vertical_alignment="center")
    running = job.state == "running"
    stopping = running and tray.is_stopping(job)
    title.markdown(f"**{words.as_markdown(job.title)}** {'being cancelled' if stopping else job.state}{_when(job)}")
    if running:
        acts[0].button(
            "Cancel", key=f"job-stop-{job.id}", on_click=tray.cancel, args=(job.id,), width="stretch", disabled=stopping
        )
    else:
        if job.state != "done":
            word = tray.AGAIN.get(job.state, "Resume")
            acts[0].button(word, key=f"job-again-{job.id}", on_click=tray.resume, args=(job.id,), width="stretch")
        acts[1].button("Forget", key=f"job-forget-{job.id}", on_click=tray.forget, args=(job.id,), width="stretch")
    said = tray.pace(job) if running else tray.outcome(job)
    if said:
        st.caption("  \n".join(words.as_markdown(line) for line in said.splitlines()))
    if job.rejected:
        st.caption(f"{words.count(job.rejected, 'file')} could not be read; the Datasets page lists them.")
    with st.expander("Log", key=f"job-log-{job.id}", on_change="rerun") as log:
        if log.open:
            st.code(jobs.log(reads.workspace(), job.id) or "Nothing was printed.", language=None, wrap_lines=True)


def _when(job: Job) -> str:
    begun = words.moment(job.started)
    if job.finished is None:
        return f", since {begun}"
    return f", {begun}, took {words.duration(max(job.finished - job.started, 0))}"


def _forget_all() -> None:
    for job in jobs.list_jobs(reads.workspace()):
        if job.state != "running":
            tray.forget(job.id)
