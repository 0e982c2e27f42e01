"""The knobs that pages share: which datasets, which neurons. Their values live in the address of the page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.neurons.selection import of_layer
from ui.app import address, comparisons, palette, reads, words
from ui.app.reads import Ready
from ui.choices import parts
from ui.choices.own import groups

MOST = 12
ENOUGH = 20  # images below which almost no difference can be told from chance
ALL = "all"


def datasets(ready: Sequence[Ready], label: str = "Datasets") -> list[Ready]:
    """Let a person choose among the extracted datasets and their parts by attribute; their own unless they say
    otherwise, or the first twelve where they have fewer than two.
    """
    names = [one.name for one in ready]
    split = [*parts.names(ready), *parts.asked_for("datasets", ready)]
    place = st.container()
    own = [one.name for one in ready if not groups.is_demo(one.dataset)]
    default = (own if len(own) > 1 else names)[:MOST]  # the demo's are one click away
    with place:
        chosen = address.several(
            label,
            [*names, *split],
            default=default if len(names) > 1 else [*names, *split[:2]],
            key="datasets",
            max_selections=24,
            format_func=parts.called([*names, *split]),
            help="Type an attribute's name to find a part of a dataset, such as “faces with hat”.",
        )
    order = {name: at for at, name in enumerate(names)}
    chosen = sorted(chosen, key=lambda name: order.get(name.partition("[")[0], order.get(name, 0)))
    found = parts.used(ready, chosen)
    with place:
        _groups(ready, [one.name for one in found])
        _dots([*ready, *(one for one in found if one.dataset.part)])
    return found


def _groups(ready: Sequence[Ready], chosen: Sequence[str]) -> None:
    """Draw chips that choose a whole group, where there are several; and say how many of all are shown."""
    kinds = {name: [one.name for one in ready if groups.holds(name, one.dataset)] for name in groups.NAMES}
    shown = sum(one.name in chosen for one in ready)
    if not kinds["own"] or not kinds["demo"]:
        kinds = {}

    def choose(names: list[str]) -> None:
        order = [one.name for one in ready]
        st.session_state["datasets"] = sorted(names[:MOST], key=order.index)

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for name, names in kinds.items():
            st.button(groups.NAMES[name], key=f"group-{name}", on_click=choose, args=(names,), type="tertiary")
        if shown < len(ready):
            st.html(
                f'<span class="vds-quiet" style="font-size:13px">{shown} of {len(ready)} datasets shown</span>',
                width="content",
            )


def proposed(ready: Sequence[Ready]) -> list[Ready]:
    """Return the datasets that a comparison proposes, in their usual order, without those too small to tell anything from chance."""
    enough = [one for one in ready if one.dataset.images >= ENOUGH]
    return (enough if len(enough) > 1 else list(ready))[:MOST]


def first(ready: Sequence[Ready], fits: Callable[[Ready], bool] = lambda one: True) -> int:
    """Return the place of the dataset that a page proposes: the first that fits and is not tiny, else the first.

    As datasets are ordered everywhere, that is the newest of a person's own.
    """
    ordered = [*proposed(ready), *ready]
    return list(ready).index(next((one for one in ordered if fits(one)), ordered[0]))


def two_first(ready: Sequence[Ready]) -> tuple[int, int]:
    """Return the places of the two datasets that a page proposes to compare: of a person's own ones the two that are
    farthest apart, or the only one and what is farthest from it; without any, the two that are farthest apart.
    """
    shown = proposed(ready)
    own = [one for one in shown if not groups.is_demo(one.dataset)]
    if len(own) == 1 and len(shown) > 1:
        others = [one for one in shown if one is not own[0]]
        pair = own[0], others[int(np.argmax(comparisons.from_one(own[0], others)))]
    else:
        among = own if len(own) > 1 else shown
        a, b = comparisons.farthest(among)
        pair = among[a], among[b]
    return list(ready).index(pair[0]), list(ready).index(pair[1])


def also(ready: Sequence[Ready], label: str, taken: Collection[str] = ()) -> list[Ready]:
    """Let a person add datasets or parts to the ones a page shows anyway (`taken`), where there are others."""
    if not ready:
        return []
    _dots(ready)
    options = [*(one.name for one in ready), *(name for name in parts.names(reads.ready()) if name not in taken)]
    chosen = address.several(label, options, key="also", max_selections=8, format_func=parts.called(options))
    return parts.used(reads.ready(), chosen)


def _dots(ready: Sequence[Ready]) -> None:
    said = parts.called([one.name for one in ready])
    # The chips carry the dataset's colour, as its name does everywhere else. Names are escaped for CSS.
    rules = (
        f'[data-tag][aria-label="{"".join(f"{chr(92)}{ord(mark):x} " for mark in said(one.name))}"]::before '
        f"{{ background: {palette.dataset_colour(one.dataset.colour)} }}"
        for one in ready
    )
    st.html(f"<style>{' '.join(rules)}</style>")


def one_dataset(
    label: str, ready: Sequence[Ready], key: str, index: int = 0, help: str | None = None, *, split: bool = False
) -> Ready:
    """Let a person choose one of the extracted datasets. split: or a part of one by attribute."""
    options = _options(ready, key, split)
    name = address.select(
        label, options, index=min(index, len(options) - 1), key=key, help=help, format_func=parts.called(options)
    )
    return parts.used(ready, [name])[0]


def named(label: str, ready: Sequence[Ready], key: str, index: int) -> tuple[Ready | None, str]:
    """Let a person choose a dataset or a part that the page is a question about. What a link names and is gone is not
    replaced: None is returned, with its name.
    """
    options = _options(ready, key, split=True)
    gone = address.missing(key, options)
    name = address.select_named(
        label, options, index=min(index, len(options) - 1), key=key, format_func=parts.called(options)
    )
    return (None, gone) if name is None else (parts.used(ready, [name])[0], "")


def _options(ready: Sequence[Ready], key: str, split: bool) -> list[str]:
    names = [one.name for one in ready]
    return [*names, *parts.names(ready), *parts.asked_for(key, ready)] if split else names


def neurons(dna: dc.DNA, *, key: str = "neurons", extra: Mapping[str, str] | None = None) -> str:
    """Let a person choose which neurons count: all, one layer's, a saved selection, or what a page adds.

    extra: more choices of the page, {value: what it is called}.
    """
    named = {ALL: f"All {dna.n_neurons:,} neurons"} | dict(extra or {})
    for saved in reads.workspace().selections():
        if not saved.extractor or saved.extractor == dna.calibration.extractor:
            named[f"saved:{saved.name}"] = f"Saved: {saved.name} ({words.count(len(saved), 'neuron')})"
    layers = list(dna.layers)
    for layer, count in dna.layers.items():
        called = f"{words.opening(words.layer(layer))} ({words.depth(layer, layers)}, {count})"
        named.setdefault(f"layer:{layer}", called)
    return address.select("Neurons", list(named), format_func=named.__getitem__, key=key, plain=True)


def selection(choice: str, dna: dc.DNA) -> dc.Selection | None:
    """Return what a choice of neurons means; None for all of them."""
    kind, _, name = choice.partition(":")
    if kind == "layer":
        return of_layer(dna, name)
    if kind == "saved":
        return reads.workspace().selection(name)
    return None


def by(selection: dc.Selection | None) -> str:
    """Return which neurons answer, as part of a question: `20 neurons of hat`; "" where all do."""
    if selection is None:
        return ""
    count = words.count(len(selection), "neuron")
    kind, name = selection.origin.get("kind"), selection.name
    if (kind == "typed" and len(selection) == 1) or not name:
        return count
    return f"{count} ({words.layer(name) if kind == 'layer' else name})"


def neuron_code(dna: dc.DNA, flat: int) -> str:
    """Return a neuron as it stands in an address: `layer4_1:214`."""
    layer, index = dna.neuron(int(flat))
    return f"{layer}:{index}"


def neuron_flat(dna: dc.DNA, code: str) -> int:
    """Return the flat index of a neuron written as `layer:index` or as a flat index. Raises BadInput."""
    layer, _, index = code.strip().rpartition(":")
    if not index.strip().isdecimal():
        raise dc.BadInput(f"{code!r} is not a neuron. Write layer:index, for example {neuron_code(dna, 0)}.")
    if not layer:
        dna.neuron(int(index))  # raises where there is no such neuron
        return int(index)
    return dna.flat(layer.strip(), int(index))


def typed(text: str, dna: dc.DNA) -> dc.Selection | None:
    """Return the neurons somebody typed, separated by commas or spaces; None for an empty text. Raises BadInput."""
    codes = [code for code in text.replace(",", " ").split() if code]
    if not codes:
        return None
    flat = list(dict.fromkeys(neuron_flat(dna, code) for code in codes))
    return dc.Selection.of(flat, name="typed neurons", extractor=dna.calibration.extractor, origin={"kind": "typed"})


def most_different(found: dc.Sensitivity, count: int, within: dc.Selection | None = None) -> np.ndarray:
    """Return the flat indices of the most different neurons, largest first, among those of a selection."""
    order = found.order if within is None else found.order[np.isin(found.order, within.flat)]
    return order[:count]
