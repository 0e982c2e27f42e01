"""Sample sizes: FD of samples against the textbook's, where a curve settles, and where it is heading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnacore import studies
from dnacore.distances.frechet import frechet, frechet_of_images
from dnacore.errors import BadInput
from dnacore.studies.frame.study import Request
from dnacore.studies.sample_size import limit, settles
from tests.studies.made_up import quantiles, subject


@given(n=st.integers(3, 12), m=st.integers(3, 12), d=st.integers(1, 15), seed=st.integers(0, 99))
def test_fd_of_samples_is_that_of_their_gaussians(n: int, m: int, d: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(n, d)), 2 * random.normal(size=(m, d)) + 1
    gaussians = (part for v in (x, y) for part in (v.mean(0), np.atleast_2d(np.cov(v.T))))
    assert frechet_of_images(x.T, y.T) == pytest.approx(frechet(*gaussians), rel=1e-5, abs=1e-6)


def test_where_a_curve_settles() -> None:
    assert settles([4, 8, 16], np.array([1.5, 1.1, 1.0])) == pytest.approx(np.exp(np.log(8) + 0.5 * np.log(2)))
    assert settles([4, 8, 16], np.array([1.04, 1.2, 1.0])) > 8  # near at first and off again has not settled
    assert settles([4, 8, 16], np.array([1.04, 0.97, 1.0])) == 4
    with pytest.raises(BadInput, match="is 0"):
        settles([4, 8], np.array([1.0, 0.0]))


def test_where_a_curve_is_heading() -> None:
    sizes = [4, 8, 16, 32, 64]
    curve = 5 + 8 / np.array(sizes)
    random = np.random.default_rng(0)
    found = limit(sizes, curve + random.normal(0, 0.02, (10, 5)), random)
    assert found.value == pytest.approx(5, abs=0.1) and found.low <= found.value <= found.high
    assert found.images == pytest.approx(8 / (0.05 * 5), rel=0.3)


def test_the_study_follows_all_three_distances() -> None:
    near = {"dataset": (subject(quantiles(40, 1)),), "target": (subject(quantiles(30, 2, 150), "far"),)}
    found = studies.find("sample-size").run(Request(near, {"seeds": 3}, seed=5))
    assert [row["metric"] for row in found.table] == ["DNA-EMD", "NFD", "FD"] and found.seed == 5
    whole = found.table[0]
    assert whole["final"] == pytest.approx(150, rel=0.15) and 4 <= whole["settles_at"] <= 40
    assert all(len(series.x) == len(series.y) == len(series.low) for series in found.figures[0].series)
    assert all(isinstance(row["settles_at"], int) for row in found.table), "there is no part of an image"
    between = found.more["settles_between"]
    assert whole["settles_at"] - 1 < between["DNA-EMD"] <= whole["settles_at"]
    assert found.more["factor"] == pytest.approx(between["FD"] / between["DNA-EMD"])
    again = studies.find("sample-size").run(Request(near, {"seeds": 3}, seed=5))
    assert [dict(row) for row in again.table] == [dict(row) for row in found.table]
