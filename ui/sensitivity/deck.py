"""What tells two piles apart, and the ranking of all images for each number of neurons."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

import dnacore as dc
from dnacore.analyses.sharpening import Sharpened, sharpen
from dnacore.analyses.top_k import auc_of_new, prefix_means, steps
from dnacore.attributes.sensitivity import deal
from dnacore.sketches.sketches import together
from ui.app import reads, words
from ui.choices.picking import Picked
from ui.choices.piles import Chosen, Pile
from ui.components import sorting_wall
from ui.components.wall import Picture, sketched

LARGE = 20_000  # images whose sketches a small computer cannot be expected to have in memory
MOST = 200  # neurons that the slider goes up to
ENOUGH = 10  # images a side from which the AUC of a ranking means something


def dna(pile: Pile) -> dc.DNA:
    """Return a pile's DNA."""
    return pile.dna() if isinstance(pile, Picked) else reads.dna(pile)


def sensitivity(chosen: Chosen) -> dc.Sensitivity:
    """Return per neuron how far the piles are apart, and what chance would give."""
    return _sensitivity(chosen.with_.key, chosen.without.key, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _sensitivity(with_key: str, without_key: str, _chosen: Chosen) -> dc.Sensitivity:
    with_, without = _chosen.with_, _chosen.without
    if isinstance(with_, Picked) or isinstance(without, Picked) or with_.dataset.imported or without.dataset.imported:
        return dc.sensitivity(dna(with_), dna(without))
    try:
        sides = reads.sketches_of(with_), reads.sketches_of(without)
    except dc.BadInput:  # none are kept: what chance would give cannot be told, which neurons differ can
        return dc.sensitivity(dna(with_), dna(without))
    if sum(map(len, sides)) <= LARGE:
        return dc.sensitivity(dna(with_), dna(without))
    # Gone through side by side, the gigabytes of the sketches are read from the disk once and not by each in turn.
    with ThreadPoolExecutor(3, "piles", add_script_run_ctx, (None, get_script_run_ctx())) as pool:
        dealt = pool.submit(deal, *sides)
        one, two = pool.map(reads.dna, (with_, without))
        return dc.sensitivity(one, two, dealt=dealt.result())


def sharpened(chosen: Chosen, top: int) -> Sharpened:
    """Return learned weights of neurons, and what they are worth beside the `top` most sensitive. Raises BadInput."""
    return _sharpened(chosen.with_.key, chosen.without.key, top, chosen)


@st.cache_resource(max_entries=8, show_spinner=False)
def _sharpened(with_key: str, without_key: str, top: int, _chosen: Chosen) -> Sharpened:
    like, sides = dna(_chosen.with_), [dna(pile).source for pile in (_chosen.with_, _chosen.without)]
    if any(side is None for side in sides):
        raise dc.BadInput("Weights are learned from sketches, and none are kept of these images. Extract them again.")
    mask = np.arange(sum(map(len, sides))) < len(sides[0])
    return sharpen(together(*sides), mask, ~mask, like, top, names=(_chosen.with_.name, _chosen.without.name))


def deck(chosen: Chosen, found: dc.Sensitivity) -> sorting_wall.Deck:
    """Return the ranking at every step of the slider over the number of neurons."""
    keys = (chosen.with_.key, chosen.without.key, *(reads.listed(one) for one in chosen.among))
    return _deck(keys, chosen, found)


@st.cache_resource(max_entries=4, show_spinner=False)
def _deck(keys: tuple[str, ...], _chosen: Chosen, _found: dc.Sensitivity) -> sorting_wall.Deck:
    counts = steps(min(MOST, len(_found.emd)))
    order = _found.order[: counts[-1]]
    matrices: list[np.ndarray] = []
    everything: list[Picture] = []
    for one in _chosen.among:
        sketches = reads.sketches_of(one)
        matrices.append(prefix_means(sketches, order, counts, dna(_chosen.with_), dna(_chosen.without)))
        everything += sketched.pictures_of(one)
    matrix = np.concatenate(matrices, axis=1)
    notes = [f"Of new images, with comes first {words.pairs(one)}" for one in _areas(keys, _chosen, counts, everything)]
    return sorting_wall.deck(counts, matrix, everything, notes)


def area(chosen: Chosen, shown: sorting_wall.Deck, count: int) -> float | None:
    """Return how often an image with lies before one without (0..1) by so many neurons, on images that these were not
    chosen by; None for too few images.
    """
    keys = (chosen.with_.key, chosen.without.key, *(reads.listed(one) for one in chosen.among))
    areas = _areas(keys, chosen, shown.steps, shown.pictures)
    return float(areas[shown.steps.index(count)]) if len(areas) else None


@st.cache_resource(max_entries=16, show_spinner=False)
def _areas(keys: tuple[str, ...], _chosen: Chosen, _counts: Sequence[int], _images: Sequence) -> np.ndarray:
    """(len(counts),) how often an image with comes first; (0,) for too few images."""
    sides = _sides(_chosen, _images)
    known = np.flatnonzero(sides >= 0)
    having = sides[known] == 1
    if min(int(having.sum()), int((~having).sum())) < ENOUGH:
        return np.zeros(0)
    sketches = together(*(reads.sketches_of(one) for one in _chosen.among)).select(known)
    return auc_of_new(sketches, having, _counts)


def _sides(chosen: Chosen, images: Sequence) -> np.ndarray:
    """(N,) int: 1 for an image of the pile with, 0 for one without, -1 for one in neither."""
    places = {(picture.dataset, picture.index): at for at, picture in enumerate(images)}
    sides = np.full(len(images), -1)
    for side, pile in ((1, chosen.with_), (0, chosen.without)):
        if isinstance(pile, Picked):
            members = pile.images
        else:
            members = tuple((pile.dataset.id, row.index) for row in reads.files(pile.dataset))
        sides[[places[one] for one in members if one in places]] = side
    return sides
