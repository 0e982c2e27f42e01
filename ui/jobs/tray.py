"""Background jobs as a person sees them: what is running, how fast, how long still, and cancel, resume, forget."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from dnacore.errors import BadInput, DnaError, UnknownName
from dnacore.workspace import jobs
from dnacore.workspace.jobs import Job
from ui.app import errors, layout, reads, words

RECENT = 3
AGAIN = {"failed": "Try again"}
# What the command line advises, and what does the same here.
_COMMANDS = (
    (re.compile(r"\bRun (it|the same command|this command) again\b"), "Press “BUTTON”"),
    (re.compile(r"\brun (it|the same command|this command) again\b"), "press “BUTTON”"),
    (re.compile(r",? or (run it )?with --device cpu"), ""),
    (re.compile(r" \(--[a-z-]+[^)]*\)"), ""),
    (re.compile(r"(with: |with )?`?python -m dnacore[^`\n]*`?"), "on the Datasets page"),
)
ENDED = {"failed": "failed", "cancelled": "cancelled", "interrupted": "was interrupted"}


def running() -> list[Job]:
    """Return the jobs at work, newest first."""
    return [job for job in jobs.list_jobs(reads.workspace()) if job.state == "running"]


def working_on(dataset: str) -> Job | None:
    """Return the running job that a dataset is part of, if any."""
    return next((job for job in running() if dataset in job.datasets), None)


def extract(names: Sequence[str], extractor: str | None = None) -> Job:
    """Extract datasets in the background, with the extractor in use unless another one is named."""
    title = f"Extracting {words.listing(names)}" if len(names) <= 3 else f"Extracting {len(names)} datasets"
    # Choosing a network whose weights are missing and pressing the button is asking for the download.
    command = ["extract", *names, "--extractor", extractor or reads.extractor(), "--download"]
    return jobs.start(reads.workspace(), command, title=title, datasets=names)


def draw() -> None:
    """Draw the tray, and run the page again as soon as a job has ended."""
    everything = jobs.list_jobs(reads.workspace())
    active = [job for job in everything if job.state == "running"]
    _notice_endings(active)
    unfinished = [job for job in everything if job.state in ENDED][:RECENT]
    if not active and not unfinished:
        st.html('<div class="vds-row"><span class="vds-quiet">Jobs</span><span>none running</span></div>')
        return
    if active:
        st.html(f'<div class="vds-row"><span class="vds-quiet">Jobs</span><span>{len(active)} running</span></div>')
    for job in active:
        progress(job, key=f"tray-{job.id}")
    for job in unfinished:
        ended(job, key=f"tray-{job.id}")


def progress(job: Job, key: str) -> None:
    """Draw a running job: its progress bar, speed, time left and a button to cancel it."""
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    with st.container(key=key):
        st.progress(share, text=words.as_markdown(job.title))
        st.caption(words.as_markdown(pace(job)))
        stopping = is_stopping(job)
        st.button(
            "Cancelling…" if stopping else "Cancel",
            key=f"{key}-cancel",
            on_click=cancel,
            args=(job.id,),
            type="tertiary",
            disabled=stopping,
            help="What is finished is kept; resume goes on from there.",
        )


def is_stopping(job: Job) -> bool:
    """Return whether a running job was asked to stop, here or by somebody else, and has not ended yet."""
    return job.stage == jobs.STOPPING or job.id in st.session_state.setdefault("_jobs_stopping", set())


def follow(job: Job, key: str, beneath: Callable[[], None] | None = None) -> None:
    """Draw a job on its own page, once a second until it ends; then the page runs again.

    beneath: draws what the page shows of the work so far.
    """

    def once() -> None:
        with errors.guarded():
            try:
                current = jobs.job(reads.workspace(), job.id)
            except UnknownName:
                st.rerun()
            if current.state != "running":
                st.rerun()
            progress(current, key)
            if beneath is not None:
                beneath()
            layout.note("This goes on when you leave the page.")

    st.fragment(once, run_every=1.0)()


def pace(job: Job) -> str:
    """Return the progress of a job: `extracting faces · 120 of 400 images · 31 images/s · about 9 s left`."""
    if is_stopping(job):
        return "being cancelled; what is finished is kept"
    parts = [job.stage or "starting"]
    if job.total:
        steps = job.command[:1] in (("lens",), ("study",))  # or whatever its stage says
        parts.append(
            f"{job.done:,} of {job.total:,}" if steps else f"{job.done:,} of {words.count(job.total, 'image')}"
        )
        if not steps and job.images_per_second > 0:
            parts.append(f"{words.significant(job.images_per_second, 2)} images/s")
            parts.append(words.time_left(job.seconds_left))
    return " · ".join(parts)


def outcome(job: Job) -> str:
    """Return the outcome of a job that has ended, worded for the dashboard and not for the command line."""
    if job.state == "done" and len(job.datasets) > 1 and "\n" not in job.message:
        bad = f", {words.unreadable(job.rejected, job.total)}" if job.rejected else ""
        return f"{words.listing(job.datasets)}: {words.count(job.done, 'image')}{bad}"
    said, button = job.message, AGAIN.get(job.state, "Resume")
    for pattern, instead in _COMMANDS:
        said = pattern.sub(instead.replace("BUTTON", button), said)
    return said


def ended(job: Job, key: str) -> None:
    """Draw a job that did not finish: why, and buttons to resume or forget it."""
    with st.container(key=key):
        st.markdown(f"**{words.as_markdown(job.title)}** {ENDED[job.state]}.")
        if job.state == "failed" and job.message:
            st.caption(words.as_markdown(outcome(job)))
        left, right = st.columns(2)
        left.button(
            AGAIN.get(job.state, "Resume"),
            key=f"{key}-resume",
            on_click=resume,
            args=(job.id,),
            type="tertiary",
        )
        right.button("Forget", key=f"{key}-dismiss", on_click=forget, args=(job.id,), type="tertiary")


def _notice_endings(active: list[Job]) -> None:
    # Pages draw what jobs made, so they run again when one ends; the sidebar's fragment is what notices.
    now = {job.id for job in active}
    st.session_state.setdefault("_jobs_stopping", set()).intersection_update(now)  # one that ended may run again
    before = st.session_state.get("_jobs_running", set())
    st.session_state["_jobs_running"] = now
    if before - now:
        st.rerun()


def cancel(job: str) -> None:
    """Ask a job to stop, without waiting for it."""
    # A job that is still starting cannot be stopped yet, and waiting for it would freeze the page.
    st.session_state.setdefault("_jobs_stopping", set()).add(job)
    threading.Thread(target=jobs.cancel, args=(reads.workspace(), job), daemon=True).start()


def resume(job: str) -> None:
    """Go on with a job that ended, from where it stopped."""
    st.session_state.setdefault("_jobs_stopping", set()).discard(job)
    _tried(jobs.resume, job)


def forget(job: str) -> None:
    """Take a job that ended off the list."""
    _tried(jobs.forget, job)


def _tried(act: Callable[..., object], job: str) -> None:
    try:
        with suppress(UnknownName, BadInput):  # resumed or forgotten already, in another tab or by a second click
            act(reads.workspace(), job)
    except DnaError as problem:
        st.toast(words.as_markdown(str(problem)))
