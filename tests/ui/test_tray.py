"""What came of a job, in words for people who see buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dnacore.workspace.jobs import Job
from ui.jobs import tray


def job(state: str, message: str, *datasets: str, done: int = 0, rejected: int = 0) -> Job:
    return Job("1", "Extracting", state, "", done, done, 0.0, None, message, 0.0, 1.0, datasets, rejected, ("extract",))


def test_a_job_over_several_datasets_speaks_of_all_of_them():
    said = tray.outcome(job("done", "c: 3 images, 3 extracted now", "a", "b", "c", done=90, rejected=2))
    assert said == "a, b and c: 90 images, 2 of 90 files could not be read."


def test_what_an_extraction_says_of_every_dataset_is_kept():
    said = "a: 3 images; measure the ranges again with: python -m dnacore calibrate\nb: 4 images"
    assert tray.outcome(job("done", said, "a", "b", done=7)).splitlines()[1] == "b: 4 images"


@pytest.mark.parametrize(
    ("state", "message", "said"),
    [
        ("failed", "The disk is full. Free some space and run the same command again.", "press “Try again”"),
        ("cancelled", "Stopped on request. Nothing was lost; run it again to go on.", "press “Resume” to go on"),
        ("failed", "Out of memory. Close other programs, or run it with --device cpu.", "Close other programs."),
        ("done", "measure the ranges again with: python -m dnacore calibrate", "measure the ranges again"),
    ],
)
def test_jobs_do_not_speak_of_the_command_line(state, message, said):
    found = tray.outcome(job(state, message, "a"))
    assert said in found and "--" not in found and "dnacore" not in found and "command" not in found


def test_a_study_counts_its_steps_and_an_extraction_its_images():
    running = replace(job("running", "", "a"), stage="trying noise", done=3, total=46, images_per_second=0.3)
    assert "3 of 46 images" in tray.pace(running)
    assert tray.pace(replace(running, command=("study", "changes"))) == "trying noise · 3 of 46"
