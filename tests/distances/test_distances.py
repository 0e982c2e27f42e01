"""EMD, NFD and FD against SciPy, against literal versions, and on cases worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance

import dnacore as dc
from dnacore.distances.frechet import frechet, frechet_of_images
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from dnacore.neurons.selection import Selection


def dna(histograms: np.ndarray, name: str = "", images: int = 4, network: str = "net", low: float = 0.0) -> DNA:
    histograms = np.asarray(histograms, np.int64)
    n = len(histograms)
    layers = {"first": 1, "rest": n - 1} if n > 1 else {"first": 1}
    random = np.random.default_rng(n)
    bounds = Calibration(np.full(n, low), np.full(n, low + 1), layers, network, "here")
    return DNA(histograms, np.zeros((n, 2), np.int64), images, random.normal(size=n), random.uniform(1, 2, n), bounds,
               {"name": network}, name)  # fmt: skip


def test_emd_counts_the_bins_that_activations_must_move() -> None:
    a = dna([[4, 0, 0, 0], [0, 2, 2, 0]])
    b = dna([[0, 0, 0, 1], [2, 0, 0, 2]])  # numbers of activations differ: shares count, not counts
    assert dc.emd(a, b).tolist() == [3.0, 1.0]
    assert dc.emd_avg(a, b) == 2.0
    assert dc.emd_avg(a, b, Selection(np.array([1]), np.array([0.5]))) == 0.5


@given(st.integers(0, 2**32 - 1))
def test_emd_is_scipys(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (dna(random.integers(0, 50, (3, 60)) + (np.arange(60) == 7)) for _ in range(2))
    expected = [
        wasserstein_distance(np.arange(60), np.arange(60), x, y)
        for x, y in zip(a.histograms, b.histograms, strict=True)
    ]
    np.testing.assert_allclose(dc.emd(a, b), expected, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_emd_is_a_metric(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b, c = (dna(random.integers(1, 9, (2, 12))) for _ in range(3))
    assert dc.emd(a, a).tolist() == [0.0, 0.0]
    assert np.array_equal(dc.emd(a, b), dc.emd(b, a))
    assert (dc.emd(a, c) <= dc.emd(a, b) + dc.emd(b, c) + 1e-12).all()
    assert (dc.emd(a, b) <= 11).all()


def test_nfd_is_the_frechet_distance_of_two_normal_distributions() -> None:
    a, b = dna([[1, 1], [1, 1]], images=5), replace(dna([[1, 1], [1, 1]], images=9), mean=np.array([1.0, -2.0]))
    va, vb = a.deviations / 4, b.deviations / 8
    np.testing.assert_allclose(dc.nfd(a, b), (a.mean - b.mean) ** 2 + va + vb - 2 * np.sqrt(va * vb), rtol=1e-12)


def test_nfd_of_a_single_image_says_why_there_is_none() -> None:
    with pytest.raises(dc.BadInput, match="at least two images"):
        dc.nfd(dna([[1, 1]], images=1), dna([[1, 1]]))


def test_frechet_equals_the_matrix_square_root() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 12)), random.normal(0.3, 1.7, size=(30, 12))
    m1, m2, c1, c2 = x.mean(0), y.mean(0), np.cov(x.T), np.cov(y.T)
    expected = (m1 - m2) @ (m1 - m2) + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert frechet(m1, c1, m2, c2) == pytest.approx(expected, rel=1e-9)
    few = np.cov(x[:5].T)  # fewer images than neurons: singular, and still not below zero
    assert frechet(m1, few, m1, few) == pytest.approx(0, abs=1e-9)


def test_frechet_of_few_images_is_that_of_their_covariances() -> None:
    random = np.random.default_rng(0)
    for n, m in ((5, 7), (5, 30), (40, 7), (40, 30)):
        x, y = random.normal(size=(12, n)), random.normal(0.3, 1.7, size=(12, m))
        whole = frechet(x.mean(1), np.cov(x), y.mean(1), np.cov(y))
        assert frechet_of_images(x, y) == pytest.approx(whole, rel=1e-6)
        assert frechet_of_images(x, x) == pytest.approx(0, abs=1e-9)


def test_pairwise_is_symmetric_zero_on_the_diagonal_and_splits_by_layer() -> None:
    random = np.random.default_rng(1)
    sets = [dna(random.integers(1, 9, (5, 20)), name) for name in "abc"]
    found = dc.pairwise(sets)
    assert found.names == ("a", "b", "c") and found.unit == "bins"
    assert np.array_equal(found.matrix, found.matrix.T) and not found.matrix.diagonal().any()
    assert found.matrix[0, 2] == pytest.approx(dc.emd_avg(sets[0], sets[2]))
    assert (found.layers["first"] * 1 + found.layers["rest"] * 4) / 5 == pytest.approx(found.matrix)


def test_pairwise_with_a_selection_leaves_out_layers_it_does_not_touch() -> None:
    random = np.random.default_rng(2)
    sets = [dna(random.integers(1, 9, (5, 20)), name) for name in "ab"]
    found = dc.pairwise(sets, selection=Selection.of([1, 3]))
    assert list(found.layers) == ["rest"]
    assert found.matrix[0, 1] == pytest.approx(dc.emd(*sets)[[1, 3]].mean())
    assert found.layers["rest"][0, 1] == pytest.approx(found.matrix[0, 1])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (dna([[1, 1, 1]], "b", network="other"), "net .* and “b” with other"),
        (dna([[1, 1, 1]], "b", low=0.5), "different activation ranges"),
        (dna([[1, 1]], "b"), "3 bins and “b” has 2"),
    ],
)
def test_what_must_not_be_compared_is_refused_naming_both(other: DNA, words: str) -> None:
    with pytest.raises(dc.Mismatch, match=words) as caught:
        dc.emd(dna([[1, 1, 1]], "a"), other)
    assert "“a”" in str(caught.value)


def test_a_set_without_a_readable_image_is_refused() -> None:
    with pytest.raises(dc.BadInput, match="no readable image"):
        dc.emd(dna([[1, 1]], "a"), dna([[0, 0]], "b", images=0))


def test_a_selection_of_another_network_is_refused() -> None:
    from dnacore.neurons.selection import check_selection

    with pytest.raises(dc.Mismatch, match="another network"):
        check_selection(Selection.of([0], name="hats", extractor="x"), 5, "y")
    with pytest.raises(dc.BadInput, match="neuron 9 of 5"):
        dc.emd_avg(dna(np.ones((5, 4))), dna(np.ones((5, 4))), Selection.of([0, 9]))


@pytest.mark.parametrize("device", ["cpu", "cpu:0"])  # the compiled code, and what a GPU would run
@pytest.mark.parametrize("selection", [None, Selection(np.array([4, 0, 2]), np.array([0.5, -1.0, 2.0]))])
def test_a_matrix_in_single_precision_stays_within_a_ten_thousandth_of_a_bin(
    device: str, selection: Selection | None
) -> None:
    random = np.random.default_rng(5)
    counts = random.poisson(random.gamma(0.3, 200, (4, 5, 1000)))
    counts[3, 0] = 0  # a neuron without a single count
    sets = [dna(histograms, str(i)) for i, histograms in enumerate(counts)]
    found = dc.pairwise(sets, selection=selection, device=device)
    for i, a in enumerate(sets):
        for j, b in enumerate(sets):
            distances = dc.emd(a, b)
            assert found.matrix[i, j] == pytest.approx(dc.emd_avg(a, b, selection), abs=1e-4)
            if selection is None:
                assert found.layers["rest"][i, j] == pytest.approx(distances[1:].mean(), abs=1e-4)
