"""The table of neurons: searched, sorted and walked through in the browser, with a small histogram in every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.dna.layers import layer_slices
from ui.app import palette, reads, seen, words
from ui.app.reads import Ready
from ui.components import wall
from ui.components.component import component
from ui.server import blobs

BINS = 32
_component = component(__file__, "neuron_table.js", reports=("opened", "marked", "lost"))


@dataclass(frozen=True, eq=False)
class Column:
    """One number per neuron. values: (k,) in the order of the table's neurons. form: plain, times or signed.

    first: whether the table is sorted by it at first; size: sorts by the size of the number, whatever its sign.
    """

    key: str
    label: str
    values: np.ndarray
    help: str = ""
    form: str = "plain"
    first: bool = False
    size: bool = False


@dataclass(frozen=True)
class Opened:
    """What the person did: the flat index of the neuron just opened, if any, and of those now marked."""

    flat: int | None
    marked: tuple[int, ...]


def show(
    shown: Sequence[Ready],
    columns: Sequence[Column],
    *,
    key: str,
    title: str,
    flats: np.ndarray | None = None,
    channels: np.ndarray | None = None,
    chosen: int = -1,
    height: int = 408,
    controls: bool = True,
    markable: bool = True,
) -> Opened:
    """Draw the table.

    Args:
        shown: the datasets whose histograms stand in the rows; the first two at most.
        flats: (k,) flat indices of the neurons, where not all are shown.
        channels: (n_neurons,) of each neuron the first one that it is a copy of; copies are one row, which opens.
        chosen: the neuron that is looked at, emphasised and scrolled to.
        controls: whether there is a search field, and columns can be sorted.
    """
    dna = reads.dna((shown := list(shown)[:2])[0])
    rows = np.arange(dna.n_neurons) if flats is None else np.asarray(flats)
    same = rows if channels is None else np.asarray(channels)[rows]
    small = sparks(shown)[:, rows]
    body = b"".join(
        [
            rows.astype("<u4").tobytes(),
            same.astype("<u4").tobytes(),
            *(np.asarray(c.values, "<f4").tobytes() for c in columns),
            small.tobytes(),
        ]
    )
    result = _component(
        key=key,
        data={
            "title": title,
            "source": blobs.put(body, "application/octet-stream"),
            "base": wall.base_url(),
            "count": len(rows),
            "bins": BINS,
            "height": height,
            "chosen": int(chosen),
            "controls": controls,
            "markable": markable,
            "series": [{"name": one.said, "colour": palette.dataset_colour(one.dataset.colour)} for one in shown],
            "columns": [
                {"key": c.key, "label": c.label, "help": c.help, "form": c.form, "first": c.first, "size": c.size}
                for c in columns
            ],
            "layers": _layers(dna),
        },
        default={"marked": []},
    )
    opened, marked = result.get("opened"), result.get("marked") or []
    return Opened(
        opened if isinstance(opened, int) and 0 <= opened < dna.n_neurons else None,
        tuple(flat for flat in marked if isinstance(flat, int) and 0 <= flat < dna.n_neurons),
    )


def _layers(dna: dc.DNA) -> list[dict[str, Any]]:
    """The layers of a network, as the table names them."""
    names, things = list(dna.layers), seen.things(dna)
    own: dict[str, dict[int, str]] = {}
    for (layer, index), name in words.own_names(dna).items():
        own.setdefault(layer, {})[index] = f"“{name}”"
    return [
        {
            "name": name,
            "said": words.layer(name),
            "depth": words.depth(name, names),
            "start": where.start,
            "things": things.get(name, {}) | own.get(name, {}),
        }
        for name, where in layer_slices(dna.layers).items()
    ]


def sparks(shown: Sequence[Ready]) -> np.ndarray:
    """Return the small histograms of all neurons: (series, n_neurons, 32) uint8."""
    return _sparks(tuple(one.key for one in shown), tuple(shown))


@st.cache_resource(max_entries=16, show_spinner=False)
def _sparks(keys: tuple[str, ...], _shown: tuple[Ready, ...]) -> np.ndarray:
    return small([reads.dna(one) for one in _shown])


def small(dnas: Sequence[dc.DNA], bins: int = BINS) -> np.ndarray:
    """Draw each neuron's histograms small: (series, n_neurons, bins) uint8, heights on a square-root scale.

    Every neuron is drawn over the part of its range that 99.6 % of its activations lie in, the same for all series.
    """
    cdfs = [dna.cdf for dna in dnas]
    width = cdfs[0].shape[1]
    first = np.min([(cdf >= 0.002).argmax(1) for cdf in cdfs], axis=0)
    last = np.max([(cdf >= 0.998).argmax(1) for cdf in cdfs], axis=0) + 1
    first, last = np.maximum(first - 1, 0), np.minimum(last + 1, width)
    # Bars of a whole number of bins: others would show a comb pattern.
    step = np.maximum(-(-(last - first) // bins), 1)
    edges = np.minimum(first[:, None] + step[:, None] * np.arange(bins + 1), width)
    out = np.empty((len(cdfs), len(first), bins))
    for place, cdf in enumerate(cdfs):
        below = np.where(edges > 0, np.take_along_axis(cdf, np.maximum(edges - 1, 0), 1), 0.0)
        out[place] = np.maximum(np.diff(below, axis=1), 0)
    top = out.max(axis=(0, 2), keepdims=True)
    return np.round(255 * np.sqrt(out / np.where(top > 0, top, 1))).astype(np.uint8)
