"""Every study from its page, on the demo's images: `python -m benchmarks.studies_page [--workspace DIR] [--keep DIR]`.

Opens each study in a browser with the datasets that the page proposes (some get those that they are about), presses the
button, and prints the seconds until the answer stands on the page, what the page said meanwhile, and the job's own
seconds. `--cancel` stops each job once first and prints how long that took. The HTML that the page hands out is opened in
a browser that has no network: printed are the requests it tried, its errors, its figures and pictures. --keep writes the
files and a picture of each there. Needs Chromium and Playwright; with --jobs no browser is opened, and the jobs alone are
run that the page would start, with their CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import dnacore as dc
from dnacore import studies
from dnacore.sources import study_requests
from dnacore.workspace import jobs
from tools import browser, dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHOICES = {  # where the page's own proposal is not what the study is about
    "sample-size": "sample-size-dataset=styles_photo&sample-size-target=styles_painting",
    "realism": "realism-real=styles_photo&realism-generated=styles_cartoon",
    "transfer": "transfer-target=styles_photo&transfer-sources=styles_cartoon&transfer-sources=styles_painting",
    "retrieval": "retrieval-reference=styles_photo&retrieval-others=styles_cartoon&retrieval-others=styles_painting",
    "photo-drawing": "photo-drawing-photographs=styles_photo&photo-drawing-domains=styles_cartoon"
    "&photo-drawing-domains=styles_sketch&photo-drawing-domains=styles_painting",
    "drift": "drift-dataset=streets",
}
ALONE = {  # what the page proposes by itself
    "ignore": "ignore-dataset=faces",
    "changes": "changes-dataset=streets_base&changes-other=streets_brighter",
    "footprint": "footprint-dataset=streets_base&footprint-dataset=streets_brighter&footprint-dataset=streets_darker",
}
ANSWER = ".st-key-study-csv"
PROGRESS = ".st-key-study-job"
FIGURES = "[data-testid=stMain] figure"
DRAWN = """() => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
  && document.querySelectorAll(".js-plotly-plot .main-svg").length
  && [...document.querySelectorAll("[data-testid=stMain] figure img")].every((one) => one.naturalWidth)"""
PATIENCE_MS = 150_000


def prepare(home: Path) -> None:
    """Draw the demo and extract it, unless it is there."""
    if (home / "sketches").is_dir():
        return
    command = [sys.executable, "-m", "dnacore", "--workspace", str(home), "--quiet"]
    subprocess.run([*command[:3], "demo", *command[3:]], check=True)
    names = [dataset.name for dataset in dc.Workspace.open(home).datasets()]
    subprocess.run([*command[:3], "extract", *names, *command[3:]], check=True)


def cancelled(page: Page, address: str, workspace: dc.Workspace) -> str:
    """Start a study and cancel it; what became of it."""
    page.goto(address)
    page.get_by_role("button", name="Run").first.click()
    page.locator(PROGRESS).get_by_role("button", name="Cancel").click(timeout=PATIENCE_MS)
    started = time.perf_counter()
    page.get_by_role("button", name="Run this study").wait_for(timeout=PATIENCE_MS)
    seconds = time.perf_counter() - started
    return f"cancelled in {seconds:.1f} s ({jobs.list_jobs(workspace)[0].state})"


def answered(page: Page, address: str, workspace: dc.Workspace) -> str:
    """Start a study and wait for its answer on the page; seconds and what was said."""
    page.goto(address)
    page.get_by_role("button", name="Run").first.wait_for(timeout=PATIENCE_MS)
    again = page.get_by_role("button", name="Run it again")
    (again if again.count() else page.get_by_role("button", name="Run this study")).click()
    started, said = time.perf_counter(), []
    page.locator(PROGRESS).wait_for(timeout=PATIENCE_MS)
    while page.locator(PROGRESS).count():
        said += page.locator(f"{PROGRESS} [data-testid=stCaptionContainer]").all_inner_texts()
        page.wait_for_timeout(300)
    page.locator(ANSWER).wait_for(timeout=PATIENCE_MS)
    seconds = time.perf_counter() - started
    job = jobs.list_jobs(workspace)[0]
    stages = list(dict.fromkeys(one.partition(" · ")[0] for one in said))
    found = page.locator(".vds-found").first.inner_text()
    took = (job.finished or time.time()) - job.started
    page.wait_for_function(DRAWN)
    drawn = [page.locator(which).count() for which in (".js-plotly-plot", FIGURES, f"{FIGURES} span")]
    return (
        f"{seconds:.0f} s on the page, {took:.0f} s the job ({job.state}); said {', '.join(stages)}\n    {found}\n    "
        f"the page: {drawn[0]} figures, {drawn[1]} pictures, {drawn[2]} places"
    )


def offline(opened: Browser, file: Path, picture: Path | None) -> str:
    """Open a study's HTML without a network; what it asked for, complained of and drew."""
    context = opened.new_context(offline=True, viewport={"width": 1100, "height": 900})
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: errors.append(str(one)))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    places = page.locator(".figure").count()
    page.wait_for_function(f"document.querySelectorAll('.figure > .plot-container').length >= {places}")
    seen: dict[str, Any] = page.evaluate(
        "({images: [...document.images].filter((one) => one.naturalWidth).length, all: document.images.length,"
        " spots: document.querySelectorAll('.spot').length,"
        " points: [...document.querySelectorAll('.figure')].map((one) => one.querySelectorAll('.point, .js-line, image').length)})"
    )
    if picture is not None:
        page.screenshot(path=picture, full_page=True)
    context.close()
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    return (
        f"HTML {file.stat().st_size / 1e6:.1f} MB: {len(outside)} requests, {len(errors)} errors, {places} figures with "
        f"{seen['points']} marks, {seen['images']} of {seen['all']} pictures, {seen['spots']} places {outside + errors or ''}"
    )


def job_alone(name: str, workspace: dc.Workspace) -> str:
    """Run the job that the page starts for a study, as it proposes it; its seconds and how often it told its progress."""
    from ui.app import reads
    from ui.studies.ask import Asked

    study, ready = studies.find(name), {one.name: one for one in reads.ready()}
    given = parse_qs(CHOICES.get(name) or ALONE[name])
    names = [one for role in study.roles for one in given.get(f"{name}-{role.name}", [])]
    asked = Asked(study, tuple(ready[one] for one in names), study.settings({}), "", 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    job = jobs.start(workspace, [*asked.command, "--fresh"], title=study.question, datasets=names)
    told: set[tuple[str, int]] = set()
    while job.state == "running":
        told.add((job.stage, job.done))
        time.sleep(0.2)
        job = jobs.job(workspace, job.id)
    found = study_requests.read(asked.file)
    said = found.finding if found is not None else job.message
    seconds = (job.finished or time.time()) - job.started
    for thread in threading.enumerate():
        if thread.name == f"job-{job.id}":  # which reaps the process, whose CPU time counts from then on
            thread.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:.0f} s the job ({job.state}), {used:.0f} s of CPU, {len(told)} steps of progress seen\n    {said}"


def main(words: Sequence[str] | None = None) -> None:
    """Run the studies that were asked for."""
    options = argparse.ArgumentParser(prog="benchmarks.studies_page", description=__doc__.splitlines()[0])
    options.add_argument("--workspace", type=Path, help="keep the demo here, and use what is there")
    options.add_argument("--keep", type=Path, help="keep each study's HTML and pictures of it here")
    options.add_argument("--only", choices=studies.NAMES, nargs="+", default=studies.NAMES)
    options.add_argument("--cancel", action="store_true", help="cancel each study once before it is run")
    options.add_argument("--jobs", action="store_true", help="run the jobs alone, without a browser")
    chosen = options.parse_args(words)
    if chosen.jobs:
        with tempfile.TemporaryDirectory() as temporary:
            home = (chosen.workspace or Path(temporary, "workspace")).absolute()
            prepare(home)
            os.environ["VISUAL_DNA_HOME"] = str(home)
            for name in chosen.only:
                print(f"{name}: {job_alone(name, dc.Workspace.open(home))}", flush=True)
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        home = (chosen.workspace or Path(temporary, "workspace")).absolute()
        prepare(home)
        kept = chosen.keep or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        workspace = dc.Workspace.open(home)
        opened = playwright.chromium.launch(executable_path=str(browser.find()), args=["--no-sandbox"])
        with dashboard.running(home) as started:
            page = opened.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.set_default_timeout(PATIENCE_MS)
            for name in chosen.only:
                address = f"{started.url}/studies?study={name}&{CHOICES.get(name, '')}"
                if chosen.cancel:
                    print(f"{name}: {cancelled(page, address, workspace)}", flush=True)
                print(f"{name}: {answered(page, address, workspace)}", flush=True)
                page.screenshot(path=kept / f"{name}-page.png")
                with page.expect_download() as coming:
                    page.get_by_role("button", name="Everything (HTML").click()
                coming.value.save_as(kept / f"{name}.html")
                print(f"    {offline(opened, kept / f'{name}.html', kept / f'{name}-html.png')}", flush=True)
        opened.close()


if __name__ == "__main__":
    main()
