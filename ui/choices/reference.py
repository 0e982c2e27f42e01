"""The knobs and words of a ranking: against what, unlike what, by which neurons; and its images, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

import dnacore as dc
from ui.app import address, reads, words
from ui.app.reads import Average, Image, Ready
from ui.choices import choices, parts, picking
from ui.components import wall
from ui.components.wall import pictures
from ui.figures import effects

NOTHING = "nothing"
TYPED, TOP = "typed", "top"
CONTEXT = ("dataset", "like", "unlike", "neurons", "typed", "top")  # the choices that define a ranking, in an address

Reference = reads.Reference


def context() -> dict[str, str]:
    """Return the choices that make the ranking on this page, for a link to another page that shows it too."""
    return {key: value for key in CONTEXT if (value := st.query_params.get(key))}


def choose_reference(label: str, ready: Sequence[Ready], *, key: str, other: Ready) -> Reference:
    """Let a person choose what images are ranked against: a dataset or a part of one, an image, or picked images.

    other: the dataset whose images are ranked; another one is proposed first.
    """
    names = [one.name for one in ready]
    proposed = next((place for place, name in enumerate(names) if name != other.name), 0)
    options = _with_images([*names, *parts.names(ready), *parts.asked_for(key, ready)], key)
    said = parts.called(options)
    chosen = address.select(
        label,
        options,
        index=proposed,
        format_func=lambda code: _called(code, ready, said),
        key=key,
        help="A dataset or a part of one; or open an image, or select several, and rank by likeness to them.",
    )
    return _meant(chosen, ready)


def choose_unlike(ready: Sequence[Ready], *, key: str) -> Reference | None:
    """Let a person choose what images should be unlike, or nothing."""
    options = _with_images(
        [NOTHING, *(one.name for one in ready), *parts.names(ready), *parts.asked_for(key, ready)], key
    )
    said = parts.called(options)
    chosen = address.select(
        "and unlike",
        options,
        format_func=lambda code: code.capitalize() if code == NOTHING else _called(code, ready, said),
        key=key,
        plain=True,
        help="Ranks by the difference of the two distances, which is sharper than one distance.",
    )
    return None if chosen == NOTHING else _meant(chosen, ready)


def choose_neurons(dataset: Ready, reference: Reference, unlike: Reference | None, dna: dc.DNA) -> dc.Selection | None:
    """Let a person choose the neurons that count: all, the most different, a layer's, saved ones, or typed ones."""
    one, two = (reference, unlike) if unlike is not None else (dataset, reference)
    extra = {TYPED: "Neurons I type"}
    apart = None if isinstance(one, Image) or isinstance(two, Image) or one.name == two.name else (one, two)
    if apart is not None:
        names = " and ".join(words.dataset(side.name) for side in apart)
        extra = {TOP: f"Most different between {names}"} | extra
    choice = choices.neurons(dna, extra=extra)
    if choice == TOP and apart is not None:
        count = address.whole_number("How many neurons", 1, min(200, dna.n_neurons), 20, key="top")
        return _apart(reads.key_of(one), reads.key_of(two), *apart).top(count)
    if choice == TYPED:
        text = address.text(
            "Which", key="typed", placeholder=choices.neuron_code(dna, 0), help="layer:index, separated by commas."
        )
        return choices.typed(text, dna)
    return choices.selection(choice, dna)


@st.cache_resource(max_entries=16, show_spinner=False)
def _apart(one_key: str, two_key: str, _one: Ready | Average, _two: Ready | Average) -> dc.Sensitivity:
    return dc.sensitivity(reads.as_dna(_one), reads.as_dna(_two), 0)


def name_of(what: Reference) -> str:
    """Return what a reference is called."""
    return f"the image of {what.dataset.name}" if isinstance(what, Image) else words.dataset(what.name)


def question(dataset: Ready, reference: Reference, unlike: Reference | None, selection: dc.Selection | None) -> str:
    """Return what a ranking answers: `Which images of faces are like faces with hat, and unlike faces without hat?`."""
    by = choices.by(selection)
    asked = f"Which images of {dataset.said} are most like {name_of(reference)}"
    asked += f" and least like {name_of(unlike)}" if unlike is not None else ""
    return f"{asked}{f', by {by}' if by else ''}?"


def shown(
    dataset: Ready,
    reference: Reference,
    unlike: Reference | None,
    selection: dc.Selection | None,
    column: str = "",
    *,
    far: bool = False,
) -> wall.Long:
    """Return the ranked images ready to be shown, nearest first, or farthest first with `far`.

    column: the attribute whose value stands below each image.
    """
    keys = (reads.listed(dataset), *(reads.key_of(one) for one in (reference, unlike)))
    return _shown(keys, reads.selection_key(selection), column, far, dataset, reference, unlike, selection)


@st.cache_resource(max_entries=12, show_spinner=False)
def _shown(
    keys: tuple[str, ...],
    selection: str,
    column: str,
    far: bool,
    _dataset: Ready,
    _reference: Reference,
    _unlike: Reference | None,
    _selection: dc.Selection | None,
) -> wall.Long:
    ranked = reads.ranking(_dataset, _reference, _unlike, _selection)
    say = (lambda value: f"{value:+.1f}") if _unlike is not None else (lambda value: f"{value:.1f}")
    rows = reads.files(_dataset.dataset)
    labels = None
    if column:
        table = reads.attributes(_dataset.dataset)
        values = [effects.said(f"{column}={value}") if value else "" for value in table.get(column, [])]
        labels = {row.index: values[at] for at, row in enumerate(rows)} if values else None
    found = pictures.ranked(_dataset.dataset, rows, ranked.iloc[::-1] if far else ranked, say=say, labels=labels)
    return wall.Long.of(found)


def sentence(
    dataset: Ready, reference: Reference, unlike: Reference | None, ranked: pd.DataFrame, bins: int = 1000
) -> tuple[str, str]:
    """Return the one thing found about a ranking, and the numbers behind it."""
    target = name_of(reference)
    if ranked.empty:
        return f"No image of {dataset.said} can be ranked.", ""
    near, far = (float(ranked["distance"].iloc[at]) for at in (0, -1))
    if unlike is not None:
        nearer = int((ranked["distance"] < 0).sum())
        counted = f"{nearer:,} of {words.count(len(ranked), 'image')}"
        said = f"{counted} of {dataset.said} are more like {target} than like {name_of(unlike)}"
        return said, f"Difference of the two distances: {near:+.1f} to {far:+.1f} bins of {bins - 1:,}."
    exact = f"Distances: {words.significant(near)} to {words.significant(far)} bins of {bins - 1:,}."
    ratio = f"The last image is {words.times(far / near)} as far away as the first. " if near > 0 else ""
    exact = f"{ratio}{exact}"
    if isinstance(reference, Ready) and reference.name == dataset.name:
        return f"The most typical images of {dataset.said} first, the oddest last", exact
    return f"The images of {dataset.said} most like {target} come first", exact


def _with_images(names: list[str], key: str) -> list[str]:
    # The images in use stay a choice, whether a link brought them or this session did.
    codes = [st.query_params.get(key, ""), st.session_state.get(key) or ""]
    return [*names, *dict.fromkeys(code for code in codes if code.startswith(("image:", picking.REFERENCE)))]


def _called(code: str, ready: Sequence[Ready], said: Callable[[str], str] = str) -> str:
    if code.startswith(picking.REFERENCE):
        try:
            name = picking.meant(code).name
        except dc.UnknownName:
            return "picked images that are gone"
        return words.opening(name)
    if not code.startswith("image:"):
        return said(code)
    name, _, index = code.removeprefix("image:").rpartition(":")
    row = next(
        (r for one in ready if one.name == name for r in reads.files(one.dataset) if str(r.index) == index), None
    )
    return f"Image {row.path.rsplit('/', 1)[-1]} of {name}" if row else f"An image of {name}"


def _meant(code: str, ready: Sequence[Ready]) -> Reference:
    if code.startswith(picking.REFERENCE):
        return picking.meant(code)
    if code.startswith("image:"):
        return image(code.removeprefix("image:"), ready)
    found = parts.used(ready, [code])
    if not found:
        raise dc.UnknownName(f"There is no dataset {code} any more. Choose another reference.")
    return found[0]


def image(code: str, ready: Sequence[Ready]) -> Image:
    """Return the image that a code means, `dataset:index`. Raises UnknownName."""
    name, _, index = code.rpartition(":")
    owner = next((one for one in ready if one.name == name), None)
    if owner is None or not index.isdecimal():
        raise dc.UnknownName(
            f"The image in the link belongs to a dataset that is not here ({name}). Choose another reference."
        )
    return Image(owner, int(index))
