"""Asking the lens: which question, about which neuron, image, layer and network, with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.extractors.labels import IMAGENET, class_names, may_have_head
from dnacore.lens import Analysis, foreseen
from ui.app import address, layout, reads, words
from ui.app.reads import Ready
from ui.choices import choices, measures
from ui.lens import images, wording
from ui.lens.asked import CLASS, NEURON, SELECTION, Asked, said

KINDS = {NEURON: "A neuron", SELECTION: "A selection", CLASS: "A class"}
USUAL = ""
ALONE = ("style", "cka")  # which ask about two networks already, or make a dataset
SECOND = "A second network, looked into at the same depth; of its neurons, the one that goes most alongside this one."


def analyses() -> Mapping[str, Analysis]:
    """Return every analysis by name; the first call in a server takes seconds."""
    with measures.patient("Getting the lens ready…"):
        from dnacore.lens import ANALYSES

        return ANALYSES


def choose_question(every: Mapping[str, Analysis]) -> Analysis:
    """Let a person choose what they want to know, and the analysis that answers it."""
    asked = address.code("analysis")
    now = wording.group_of(asked) if asked is not None and asked in every else next(iter(wording.GROUPS))
    st.session_state["lens-group"] = now

    def changed() -> None:
        address.keep("analysis", wording.GROUPS[st.session_state["lens-group"]][0])

    st.segmented_control(
        "What do you want to know?",
        list(wording.GROUPS),
        key="lens-group",
        required=True,
        on_change=changed,
        wrap=True,
        label_visibility="collapsed",
    )
    names = list(wording.GROUPS[st.session_state["lens-group"]])
    asked = address.code("analysis")
    if asked not in names:
        address.keep("analysis", names[0])
    return every[st.session_state["analysis"]]


def choose_way(analysis: Analysis, every: Mapping[str, Analysis]) -> None:
    """Let a person choose among the analyses that answer one kind of question."""
    names = list(wording.GROUPS[wording.group_of(analysis.name)])
    if len(names) > 1:
        address.select("Way of looking", names, key="analysis", format_func=lambda one: every[one].title)
        layout.note(analysis.question)


def choose(analysis: Analysis, ready: Sequence[Ready]) -> Asked | None:
    """Let a person choose what it is about; None where something is missing or does not hold, which is said."""
    setting = reads.workspace().store.find_setting(reads.extractor())
    specification: Mapping[str, Any] = setting.specification if setting is not None else {}
    dna = reads.dna(ready[0])
    wants = {*analysis.inputs, *analysis.takes}
    why = reads.absence() or foreseen.why_not(analysis.needs, specification)
    dataset = images.choose_dataset(analysis, ready) if wants & {"dataset", "image"} else None
    flat = _neuron(dna, dataset or ready[0])
    target, subject = _target(analysis, dna, specification, flat)
    image = style = None
    into = ""
    if analysis.name == "style":
        image, style, into, dataset = images.choose_style(ready, flat, dataset or ready[0])
    elif "image" in wants:
        image = images.choose_image(dataset or ready[0], flat, ready, ranked=target is not None and target[0] == NEURON)
    if "dataset" not in wants:
        dataset = None
    layer = _layer(dna) if "layer" in wants else ""
    other = _other("Compared with", "with", "Itself: layer with layer") if "other" in wants else ""
    beside = _other("Side by side with", "beside", "No other network") if analysis.name not in ALONE else ""
    settings, seed = _settings(analysis)
    if why is not None:
        st.info(words.as_markdown(f"{analysis.title} cannot be asked of this network: {why}"))
        return None
    if "target" in analysis.inputs and target is None:
        return None
    return Asked(analysis, target, subject, image, style, dataset, into, layer, other, beside, seed, settings)


def _neuron(dna: dc.DNA, dataset: Ready) -> int:
    """The neuron of the address or this session; without one, the one whose mean varies most between images."""
    code = address.code(NEURON)
    if code:
        try:
            return choices.neuron_flat(dna, code)
        except dc.BadInput as error:
            st.warning(words.as_markdown(str(error)))
            address.drop(NEURON)
    own = reads.dna(dataset)
    return int((own.variance / (own.mean**2 + own.variance + 1e-9)).argmax())


def _target(
    analysis: Analysis, dna: dc.DNA, specification: Mapping[str, Any], flat: int
) -> tuple[tuple[str, str] | None, str]:
    """What is looked at, and the same in words; None where nothing is."""
    asks = "target" in analysis.inputs
    if not asks:
        return _class(specification, "its first guess") if CLASS in analysis.takes else (None, "")
    kinds = {NEURON: KINDS[NEURON]}
    saved = [one.name for one in reads.workspace().selections() if one.extractor in ("", dna.calibration.extractor)]
    if SELECTION in analysis.takes and saved:
        kinds[SELECTION] = KINDS[SELECTION]
    if CLASS in analysis.takes and may_have_head(specification):
        kinds[CLASS] = KINDS[CLASS]
    about = "about" if len(kinds) > 1 else ""
    if about and address.code(about) not in kinds:
        address.drop(about)
    kind = address.segments("Of", kinds, key=about) if about else NEURON
    if kind == SELECTION:
        name = address.select("Selection", saved, key="selection")
        return (SELECTION, name), f"the selection {name}"
    if kind == CLASS:
        return _class(specification, "")
    layer, index = dna.neuron(_typed(dna, flat))
    return (NEURON, f"{layer}:{index}"), said(layer, index)


def _typed(dna: dc.DNA, flat: int) -> int:
    """Draw the field in which another neuron is typed."""
    code = choices.neuron_code(dna, flat)
    st.session_state["lens-neuron"] = code

    def changed() -> None:
        typed = st.session_state["lens-neuron"].strip()
        try:
            address.keep(NEURON, choices.neuron_code(dna, choices.neuron_flat(dna, typed)))
        except dc.BadInput as error:
            st.session_state["_lens-wrong"] = str(error)

    st.text_input("Neuron", key="lens-neuron", on_change=changed, help="layer:index, as on the Neurons page.")
    if wrong := st.session_state.pop("_lens-wrong", None):
        st.warning(words.as_markdown(wrong))
    address.keep(NEURON, code)
    return flat


def _class(specification: Mapping[str, Any], guess: str) -> tuple[tuple[str, str] | None, str]:
    if not may_have_head(specification):
        return None, ""
    count = specification["arguments"].get("num_classes") or IMAGENET
    names = class_names(count)
    options = [*([USUAL] if guess else []), *(str(number) for number in range(count))]
    number = address.select(
        "Class", options, key=CLASS, format_func=lambda one: names[int(one)] if one else guess.capitalize(), plain=True
    )
    return ((CLASS, number), names[int(number)]) if number else (None, "")


def _layer(dna: dc.DNA) -> str:
    layers = list(dna.layers)

    def called(name: str) -> str:
        return f"{words.layer(name)} ({words.depth(name, layers)})" if name else "As usual for this question"

    return address.select("Layer", [USUAL, *layers], key="lens-layer", format_func=called, plain=True)


def _other(label: str, key: str, nothing: str) -> str:
    known = reads.extractors()
    names = [USUAL, *(name for name, info in known.items() if name != reads.extractor() and _ready(info))]

    def called(name: str) -> str:
        info = known.get(name)
        return (info.title if info else name) if name else nothing

    return address.select(
        label, names, key=key, format_func=called, plain=True, help=SECOND if key == "beside" else None
    )


def _ready(info: Any) -> bool:
    return info is not None and info.status == "ready"


def _settings(analysis: Analysis) -> tuple[dict[str, Any], int]:
    """The settings that differ from the usual ones, and the seed."""
    names = [name for name in analysis.defaults if name not in wording.UNSET]
    chance = "steps" in names and "baseline" not in names  # integrated gradients walk in steps, but by no chance
    if not names:
        return {}, 0
    changed: dict[str, Any] = {}
    with st.expander("Settings", expanded=False):
        for name in names:
            value = _setting(analysis, name)
            if value is not None and value != analysis.defaults[name]:
                changed[name] = value
        seed = address.whole_number("Seed", 0, 99, 0, key="seed") if chance else 0
        if chance:
            layout.note("The same seed and settings give the same picture.")
    return changed, seed


def _setting(analysis: Analysis, name: str) -> Any:
    """A setting as it was chosen; None for the usual one."""
    usual, key = analysis.defaults[name], f"{analysis.name}-{name}"
    title, does = wording.SETTINGS.get(name, (name.replace("_", " ").capitalize(), ""))
    help = f"{words.opening(does)}." if does else None
    if name in wording.CHOICES:
        return address.select(
            title, list(wording.CHOICES[name]), index=wording.CHOICES[name].index(usual), key=key, help=help,
            format_func=lambda one: one.capitalize() if one else "As usual", plain=True,
        )  # fmt: skip
    usual_text = "as usual" if isinstance(usual, float) and usual <= 0 and name not in ("blur", "l2") else f"{usual:g}"
    text = address.text(title, key=key, placeholder=usual_text, help=help).strip()
    if not text:
        return None
    try:
        return analysis.knobs({name: text})[name]
    except BadInput as error:
        layout.note(f"{error} {words.opening(usual_text)} is used.")
        return None
