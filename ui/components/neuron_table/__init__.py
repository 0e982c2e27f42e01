"""The table of neurons: searched, sorted and walked through in the browser, with a small histogram in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
SPIKE, CLIP_TO = 4, 1.3  # times as high as the next: cut off, in the small histograms; where the top is then
_component = component(__file__, "neuron_table.js", reports=("opened", "marked", "arranged", "lost"))
LONGEST = 200  # of a search, in letters


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
    """What the person did: the flat index of the neuron just opened, if any, and of those now marked.

    arranged: what is searched for and the column sorted by, as `show` takes them; None where nobody changed it.
    """

    flat: int | None
    marked: tuple[int, ...]
    arranged: tuple[str, str] | None = None


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
    find: str = "",
    by: str = "",
) -> Opened:
    """Draw the table.

    Args:
        shown: the datasets whose histograms stand in the rows; the first two at most.
        flats: (k,) flat indices of the neurons, where not all are shown.
        channels: (n_neurons,) of each neuron the first one that it is a copy of; copies are one row, which opens.
        chosen: the neuron that is looked at, emphasised and scrolled to.
        controls: whether there is a search field, and columns can be sorted.
        find, by: what is searched for at first, and the key of the column sorted by, `emd`, or `emd-up` for smallest first.
    """
    dna = reads.dna((shown := list(shown)[:2])[0])
    rows = np.arange(dna.n_neurons) if flats is None else np.asarray(flats)
    same = rows if channels is None else np.asarray(channels)[rows]
    small = sparks(shown)[:, rows]
    numbers = [np.asarray(column.values, "<f4") for column in columns]
    body = b"".join(one.tobytes() for one in (rows.astype("<u4"), same.astype("<u4"), *numbers, small))
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
            "find": find,
            "by": by,
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
        _arranged(result.get("arranged"), columns),
    )


def _arranged(told: object, columns: Sequence[Column]) -> tuple[str, str] | None:
    """What the browser told of the search and the order."""
    if not isinstance(told, Mapping) or not isinstance(find := told.get("find"), str):
        return None
    known = {"", *(f"{key}{up}" for key in ("neuron", *(c.key for c in columns)) for up in ("", "-up"))}
    return find[:LONGEST], by if (by := told.get("by")) in known else ""


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

    Every neuron is drawn over the part of its range that 99.6 % of its activations lie in, the same for all series. A bar
    that would press the others flat, mostly the one at zero, ends at the top.
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
    second, top = np.partition(out.max(0), -2, axis=1)[:, -2:].T
    top = np.where((second > 0) & (top > SPIKE * second), CLIP_TO * second, top)[None, :, None]
    return np.round(255 * np.sqrt(np.minimum(out / np.where(top > 0, top, 1), 1))).astype(np.uint8)
