"""Clustered order: groups stand together, whatever order they came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnacore.analyses.projection import leaf_order


def test_groups_stand_together():
    group = np.array([0, 1, 0, 1, 0, 1, 2])
    matrix = np.where(group[:, None] == group, 1.0, 5.0) * (1 - np.eye(7))
    ordered = group[leaf_order(matrix)]
    assert (np.diff(ordered) != 0).sum() == 2


def test_neighbours_on_a_line_stay_neighbours():
    at = np.array([3.0, 0.0, 4.1, 1.2, 2.1])
    order = leaf_order(np.abs(at[:, None] - at))
    assert list(at[order]) in (sorted(at), sorted(at, reverse=True))


@given(st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_every_set_is_there_once(k, seed):
    values = np.random.default_rng(seed).normal(size=(k, k))
    assert sorted(leaf_order(values + values.T)) == list(range(k))


@pytest.mark.parametrize("k", [0, 1, 2])
def test_few_sets_keep_their_order(k):
    assert list(leaf_order(np.zeros((k, k)))) == list(range(k))
