"""A weights file becomes an extractor: chosen on the server's disk, tried against its network, kept under a name."""

from __future__ import annotations

import json
import time
from typing import Any

import streamlit as st

from dnacore.errors import BadInput, DnaError
from dnacore.extractors.registry import architectures, guess
from dnacore.images import browse
from dnacore.images.browse import Place
from dnacore.workspace import jobs
from dnacore.workspace.saved import custom_extractors
from dnacore.workspace.saved.custom_extractors import WeightsFile
from ui.app import layout, reads, words
from ui.components import folder_browser

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")
PREPARATIONS = {"": "None", "reparameterize": "Fold training branches into one (reparameterize)"}
PATIENCE = 180.0  # seconds to wait for a network to load
OPEN = "_weights-open"  # the window stays through reruns that a job elsewhere causes
USE = "_use_extractor"  # what the sidebar is to choose when it is drawn next


def open_button() -> None:
    """Draw the button that opens the window, and the window for as long as nobody has closed it."""
    if st.button("Use a weights file…", key="weights-open", type="tertiary"):
        st.session_state[OPEN] = True
    if st.session_state.get(OPEN):
        _dialog()


def _close() -> None:
    st.session_state[OPEN] = False
    _choose(None)


@st.dialog("Use a weights file", width="large", on_dismiss=_close)
def _dialog() -> None:
    """Draw the window in which a weights file is chosen, tried and kept."""
    place = st.session_state.get("_weights-file")
    try:
        if not isinstance(place, Place):
            layout.caption("A .safetensors or .pth file on this computer. It stays where it is; nothing in it is run.")
            folder_browser.draw("weights", suffixes=SUFFIXES, on_file=_choose, height=360)
            return
        _settings(place)
    except DnaError as problem:
        st.error(words.as_markdown(str(problem)))
        st.button("Choose another file", key="weights-other-after-error", on_click=_choose, args=(None,))


def _choose(place: Place | None) -> None:
    st.session_state["_weights-file"] = place
    for key in (
        "weights-architecture",
        "weights-arguments",
        "weights-prepare",
        "weights-name",
        "_weights-report",
        "_weights-job",
    ):
        st.session_state.pop(key, None)


def _settings(place: Place) -> None:
    file = browse.path_of(place)
    beside = _beside(place)
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{words.as_markdown(file.name)}** ({words.size(file.stat().st_size)})")
    right.button("Choose another", key="weights-other", type="tertiary", on_click=_choose, args=(None,))
    known = architectures()
    likely = str(beside.get("timm_model") or guess(file.stem) or "") or None
    options = list(known) if likely in known or likely is None else [likely, *known]
    architecture = st.selectbox(
        "Architecture", options, index=options.index(likely) if likely else None, key="weights-architecture",
        placeholder="Type to search timm's networks", accept_new_options=True,
        help="The network that the weights are for, by its name in timm. Type to search.",
    )  # fmt: skip
    arguments = st.text_input(
        "Arguments", value=json.dumps(beside.get("create_kwargs") or {}), key="weights-arguments",
        help='What the network is built with, as JSON, for example {"pad_type": "same", "num_classes": 1000}.',
    )  # fmt: skip
    prepare = st.selectbox(
        "Preparation", list(PREPARATIONS), format_func=PREPARATIONS.__getitem__, key="weights-prepare",
        index=1 if "reparameterize" in str(beside.get("after_create", "")) else 0,
        help="A step on the bare network before the weights go in.",
    )  # fmt: skip
    if beside:
        layout.caption(f"Filled in from {file.stem}.json, which lies beside the file.")
    asked = (place, architecture, arguments, prepare)
    report = st.session_state.get("_weights-report")
    current = report if report is not None and report[0] == asked else None
    if st.button("Check", key="weights-check", type="secondary" if current else "primary", disabled=not architecture):
        try:
            given = _parsed(arguments)
        except BadInput as problem:
            st.session_state["_weights-report"] = current = (asked, str(problem))
        else:
            st.session_state["_weights-job"] = (asked, _begin(str(file), str(architecture), given, prepare))
    waiting = st.session_state.get("_weights-job")
    if waiting is not None and waiting[0] == asked:
        current = (asked, _answer(waiting[1]))
        st.session_state["_weights-report"] = current
        st.session_state.pop("_weights-job")
    if current is None:
        layout.caption("Loads the network and puts the weights into it, in a process of its own. Takes some seconds.")
        return
    found = current[1]
    if isinstance(found, str):
        st.error(_in_lines(found))
        return
    _fits(found)


def _fits(found: WeightsFile) -> None:
    counts = f"{words.count(sum(found.layers.values()), 'neuron')} in {words.count(len(found.layers), 'layer')}"
    st.success(f"It fits: {counts}, for images of {found.input_size} x {found.input_size} pixels.")
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    free = custom_extractors.free(reads.workspace(), found)
    name = left.text_input("Name", value=free, key="weights-name", max_chars=custom_extractors.LONGEST)
    if right.button(
        "Use this extractor", key="weights-use", type="primary", disabled=not name.strip(), width="stretch"
    ):
        fields = custom_extractors.as_json(found) | {"name": name.strip()}
        kept = custom_extractors.keep(reads.workspace(), custom_extractors.from_json(fields))
        st.session_state[USE] = kept.name
        _close()
        st.rerun()


def _begin(file: str, architecture: str, arguments: dict[str, Any], prepare: str) -> str:
    """Try a file in a process of its own; return the job's number."""
    line = ["extractors", "--check", "--extractor", file, "--architecture", architecture, "--arguments"]
    line += [json.dumps(arguments), *(["--prepare", prepare] if prepare else []), "--json"]
    return jobs.start(reads.workspace(), line, title="Checking a weights file").id


def _answer(number: str) -> WeightsFile | str:
    """Wait for a check; return what the file makes, or the sentence that says why it does not fit."""
    workspace = reads.workspace()
    job = jobs.job(workspace, number)
    said = st.empty()
    begun = time.monotonic()
    while job.state == "running" and (taken := time.monotonic() - begun) < PATIENCE:
        # Drawn again and again, so that closing the window ends the wait.
        said.caption(f"Loading the network and the weights… {words.duration(taken)}")
        time.sleep(0.25)
        job = jobs.job(workspace, job.id)
    said.empty()
    if job.state == "running":
        jobs.cancel(workspace, job.id)
        return "The network did not load within three minutes. Close other programs and press Check again."
    printed = jobs.log(workspace, job.id, 10_000)
    jobs.forget(workspace, job.id)
    if job.state != "done":
        return job.message or "The check was stopped. Press Check again."
    try:
        return custom_extractors.from_json(json.loads(printed[printed.index("{") :]))
    except (ValueError, KeyError, TypeError):
        return "The check ended without an answer. Press Check again."


def _parsed(arguments: str) -> dict[str, Any]:
    try:
        found = json.loads(arguments.strip() or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput('The arguments are not JSON. Write them as {"num_classes": 1000}, or {} for none.')
    return found


def _beside(place: Place) -> dict[str, Any]:
    """What the JSON beside a weights file says about it; empty where there is none or it cannot be read."""
    name = place.name.rpartition(".")[0] + ".json"
    try:
        content = json.loads(browse.path_of(place.parents[-2].below(name)).read_text(encoding="utf-8"))
    except (BadInput, OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _in_lines(sentence: str) -> str:
    """A mismatch with one line per tensor instead of one long sentence."""
    start, mark, advice = sentence.partition(". Check the architecture")
    first, colon, rest = words.as_markdown(start).partition(": ")
    parts = rest.split("; ")
    if not mark or not colon:
        return words.as_markdown(sentence)
    return "\n".join([f"{first}:", "", *(f"- {part}" for part in parts), "", f"Check the architecture{advice}"])
