from __future__ import annotations

import itertools

import numpy as np
import pytest

from dnacore.demo import attributes, demo_datasets
from dnacore.demo.design import Design

BY_NAME = {dataset.name: dataset for dataset in demo_datasets()}


def phi(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def table(name: str, seed: int = 0) -> dict[str, np.ndarray]:
    rows = [attributes(name, index, seed) for index in range(BY_NAME[name].count)]
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


def indicators(columns: dict[str, np.ndarray]) -> dict[tuple[str, object], np.ndarray]:
    """Every binary attribute, and every value of every word, as 0 and 1."""
    found = {}
    for name, values in columns.items():
        for value in [1] if values.dtype.kind == "i" else sorted(set(values)):
            found[name, value] = (values == value).astype(float)
    return found


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("name", BY_NAME)
def test_attributes_are_balanced_and_independent(name, seed):
    columns = indicators(table(name, seed))
    for (attribute, value), values in columns.items():
        share = 1 / len([key for key in columns if key[0] == attribute]) if value != 1 else 0.5
        assert abs(values.mean() - share) < 0.06, (attribute, value)
    for a, b in itertools.combinations(columns, 2):
        if a[0] != b[0]:
            assert abs(phi(columns[a], columns[b])) < 0.15, (a, b)


def test_binary_attributes_are_exactly_uncorrelated_over_whole_blocks():
    columns = [values for (_, value), values in indicators(table("faces")).items() if value == 1]
    correlations = np.corrcoef(np.array(columns))
    assert len(columns) >= 8
    assert np.abs(correlations - np.eye(len(columns))).max() < 1e-9


def test_no_attribute_is_a_function_of_two_others():
    """Within one block a column may be the parity of two others; over the whole set it must not be."""
    columns = [2 * values - 1 for (_, value), values in indicators(table("faces")).items() if value == 1]
    for a, b, c in itertools.combinations(columns, 3):
        assert abs((a * b * c).mean()) < 0.5


def test_faces_have_the_attributes_that_everything_else_relies_on():
    assert {"eyeglasses", "hat", "smile", "beard", "hair_colour", "background"} <= set(attributes("faces", 0))


def test_another_seed_plans_other_images():
    assert [attributes("faces", k, 0) for k in range(16)] != [attributes("faces", k, 1) for k in range(16)]


def test_a_plan_with_too_many_attributes_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Design("crowded", tuple(f"a{k}" for k in range(16)))
    with pytest.raises(ValueError, match="three or four values"):
        Design("coin", words=(("side", ("heads", "tails")),))
