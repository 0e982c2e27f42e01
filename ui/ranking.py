"""The knobs and words of a ranking: against what, unlike what, by which neurons."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import dnacore as dc
from ui import address, choices, state, words
from ui.state import Image, Ready

NOTHING = "nothing"
TYPED, TOP = "typed", "top"


def choose_reference(label: str, ready: Sequence[Ready], *, key: str, other: Ready) -> Ready | Image:
    """Let a person choose what images are ranked against: another dataset, or one image.

    other: the dataset whose images are ranked; another one is proposed first.
    """
    names = [one.name for one in ready]
    proposed = next((place for place, name in enumerate(names) if name != other.name), 0)
    options = _with_image(names, key)
    chosen = address.select(
        label,
        options,
        index=proposed,
        format_func=lambda code: _called(code, ready),
        key=key,
        help="A dataset; or open an image and rank by likeness to it.",
    )
    return _meant(chosen, ready)


def choose_unlike(ready: Sequence[Ready], *, key: str) -> Ready | Image | None:
    """Let a person choose what images should be unlike, or nothing."""
    options = [NOTHING, *(one.name for one in ready)]
    chosen = address.select(
        "and unlike",
        options,
        format_func=lambda code: code.capitalize() if code == NOTHING else code,
        key=key,
        plain=True,
        help="Ranks by the difference of the two distances, which is sharper than one distance.",
    )
    return None if chosen == NOTHING else _meant(chosen, ready)


def choose_neurons(
    dataset: Ready, reference: Ready | Image, unlike: Ready | Image | None, dna: dc.DNA
) -> dc.Selection | None:
    """Let a person choose the neurons that count: all, the most different, a layer's, saved ones, or typed ones."""
    one, two = (reference, unlike) if isinstance(unlike, Ready) else (dataset, reference)
    comparable = isinstance(one, Ready) and isinstance(two, Ready) and one.name != two.name
    extra = {TYPED: "Neurons I type"}
    if comparable:
        extra = {TOP: f"Most different between {one.name} and {two.name}"} | extra
    choice = choices.neurons(dna, extra=extra)
    if choice == TOP and comparable:
        count = address.whole_number("How many neurons", 1, min(200, dna.n_neurons), 20, key="top")
        return state.sensitivity(one, two).top(count)
    if choice == TYPED:
        text = address.text(
            "Which", key="typed", placeholder=choices.neuron_code(dna, 0), help="layer:index, separated by commas."
        )
        return choices.typed(text, dna)
    return choices.selection(choice, dna)


def name_of(what: Ready | Image) -> str:
    """Return what a reference is called."""
    return what.name if isinstance(what, Ready) else f"the image of {what.dataset.name}"


def sentence(dataset: Ready, reference: Ready | Image, unlike: Ready | Image | None, ranked: pd.DataFrame) -> str:
    """Return the one thing found about a ranking."""
    target = name_of(reference)
    if unlike is not None:
        nearer = int((ranked["distance"] < 0).sum())
        counted = f"{nearer:,} of {words.count(len(ranked), 'image')}"
        return f"{counted} of {dataset.name} are more like {target} than like {name_of(unlike)}"
    if ranked.empty:
        return f"No image of {dataset.name} can be ranked."
    near, far = (words.significant(float(ranked["distance"].iloc[at])) for at in (0, -1))
    if isinstance(reference, Ready) and reference.name == dataset.name:
        return f"The most typical images of {dataset.name}, and the oddest: {near} to {far} bins"
    return f"Images of {dataset.name} most like {target}: {near} to {far} bins away"


def _with_image(names: list[str], key: str) -> list[str]:
    # The image in use stays a choice, whether a link brought it or this session did.
    codes = [st.query_params.get(key, ""), st.session_state.get(key) or ""]
    return [*names, *dict.fromkeys(code for code in codes if code.startswith("image:"))]


def _called(code: str, ready: Sequence[Ready]) -> str:
    if not code.startswith("image:"):
        return code
    name, _, index = code.removeprefix("image:").rpartition(":")
    row = next(
        (r for one in ready if one.name == name for r in state.files(one.dataset) if str(r.index) == index), None
    )
    return f"Image {row.path.rsplit('/', 1)[-1]} of {name}" if row else f"An image of {name}"


def _meant(code: str, ready: Sequence[Ready]) -> Ready | Image:
    if code.startswith("image:"):
        name, _, index = code.removeprefix("image:").rpartition(":")
        owner = next((one for one in ready if one.name == name), None)
        if owner is None or not index.isdigit():
            raise dc.UnknownName(
                f"The image in the link belongs to a dataset that is not here ({name}). Choose another reference."
            )
        return Image(owner, int(index))
    return next(one for one in ready if one.name == code)
