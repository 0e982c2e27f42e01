"""One neuron: which one it is, what it does in each dataset, what reacts like it, and keeping it in a selection."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.attributes.correlated import Companions, companions
from dnacore.neurons import algebra
from ui.app import address, comparisons, layout, popovers, reads, words
from ui.app import chance as noise
from ui.app.reads import Ready
from ui.choices import choices
from ui.figures import findings

NEW = "A new selection"
KEPT = "_kept-neurons"


def chosen_neuron(two: Sequence[Ready], dna: dc.DNA) -> int:
    """Return the neuron in the address or of this session; without one, the one that differs most."""
    code = address.code("neuron")
    if code:
        try:
            return choices.neuron_flat(dna, code)
        except dc.BadInput as error:
            st.warning(words.as_markdown(str(error)))
    if len(two) > 1:
        return int(np.argmax(comparisons.differences(two[0], two[1])))
    return int(np.argmax(dna.variance if np.isfinite(dna.variance).all() else dna.mean))


def sentence(two: Sequence[Ready], flat: int, name: str) -> tuple[str, str]:
    """Say what one neuron does between two datasets, or that it is looked at in one; and which neuron it is."""
    which = words.opening(name)
    if len(two) < 2:
        return f"One neuron, and what it reacts to in {two[0].said}", f"{which}."
    found, chance = comparisons.sensitivity(two[0], two[1]), noise.per_neuron(two[0], two[1], "emd")
    apart = float(found.emd[flat])
    ratio = apart / float(chance[flat]) if chance is not None and chance[flat] > 1e-9 else None
    higher = two[0] if found.direction[flat] >= 0 else two[1]
    said = findings.neuron([one.said for one in two[:2]], ratio, higher.said)
    return said, f"{which}: {words.difference(apart, reads.dna(two[0]).bins)} apart."


def linked_range(flat: int, bins: int) -> tuple[int, int] | None:
    """Return the bins to brush at first, `range=first-last` in the address; they go when another neuron is opened."""
    before = st.session_state.get("_range_of")
    st.session_state["_range_of"] = flat
    if before is not None and before != flat:
        address.drop("range")
    first, _, last = (address.code("range") or "").partition("-")
    if not (first.isdecimal() and last.isdecimal()) or not int(first) <= int(last) < bins:
        return None
    return int(first), int(last)


def statistics(chosen: Sequence[Ready], flat: int) -> None:
    """Draw what the neuron does in each dataset, as a table."""
    rows, plain = [], []
    for one in chosen:
        dna = reads.dna(one)
        low, high = float(dna.calibration.low[flat]), float(dna.calibration.high[flat])

        def at(share: float, dna: dc.DNA = dna, low: float = low, high: float = high) -> float:
            place = int((dna.cdf[flat] >= share).argmax())
            return low + (high - low) * (place + 0.5) / dna.bins

        values = [
            f"{dna.images:,}",
            words.significant(float(dna.mean[flat])),
            words.significant(float(np.sqrt(dna.variance[flat]))),
            words.significant(at(0.5)),
            words.significant(at(0.99)),
            words.percent(float(dna.saturation[flat])),
        ]
        rows.append([layout.dataset_name(one.dataset), *map(html.escape, values)])
        plain.append([one.said, *values])
    head = ["Dataset", "Images", "Mean", "Spread", "Median", "99 % below", "Beyond the ends"]
    layout.table(head, rows, plain, "The neuron in each dataset")
    layout.caption(
        "Mean and spread (standard deviation) are of the images' average activation; median and 99 % are over all "
        "places in all images. Beyond the ends: activations smaller or larger than any measured before."
    )
    for one in chosen:
        note = words.saturation(float(reads.dna(one).saturation[flat]))
        if note:
            layout.caption(f"{one.said}: {note}")


def alike(shown: Sequence[Ready], flat: int, count: int = 8) -> Companions:
    """Return the neurons that react like one, over the images of these datasets."""
    return _alike(tuple(one.key for one in shown), flat, count, tuple(shown))


@st.cache_resource(max_entries=48, show_spinner=False)
def _alike(keys: tuple[str, ...], flat: int, count: int, _shown: tuple[Ready, ...]) -> Companions:
    return companions([reads.sketches_of(one) for one in _shown], flat, count)


def keep(flats: Sequence[int], dna: dc.DNA) -> None:
    """Draw the way to add neurons to a saved selection, an existing or a new one."""
    several = words.count(len(flats), "neuron")
    label = "Keep in a selection" if len(flats) == 1 else f"Keep {several}"
    if kept := st.session_state.pop(KEPT, None):
        st.toast(kept)
    with popovers.popover(label, "keep-neurons", width="stretch"):
        saved = {
            one.name: one for one in reads.workspace().selections() if one.extractor in ("", dna.calibration.extractor)
        }
        where = st.selectbox("Add to", [NEW, *saved], key="keep-where")
        with st.form("keep-form", border=False):
            name = st.text_input("Called", key="keep-name", placeholder="what they see") if where == NEW else where
            pressed = st.form_submit_button("Keep", key="keep-do", type="primary")
        if pressed and not name.strip():
            st.error("Give the selection a name.")
        elif pressed:
            picked = dc.Selection.of(
                list(flats), name=name.strip(), extractor=dna.calibration.extractor, origin={"kind": "hand"}
            )
            if name.strip() in saved:
                picked = algebra.union(saved[name.strip()], picked, name.strip())
            reads.workspace().save_selection(picked)
            said = words.as_markdown(name.strip())
            st.session_state[KEPT] = (
                f"“{said}” has {words.count(len(picked), 'neuron')} now: choose it under Neurons anywhere."
            )
            popovers.close("keep-neurons")
            st.rerun()
