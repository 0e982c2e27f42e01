"""The small form of a DNA, covariances that add and subtract, KID, and what these refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

import dnacore as dc
from dnacore.counting.accumulator import Accumulator
from dnacore.distances.mmd import discrepancy, kernel_distance
from dnacore.dna.calibration import Calibration
from dnacore.dna.histogram import DNA
from tests import small_world

LAYERS = {"first": 3, "last": 5}


def activations(seed: int, images: int) -> torch.Tensor:
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(images, 8, 4)) + random.normal(size=(images, 1, 1))  # neurons that go together
    return torch.from_numpy((mixed + seed / 10).astype(np.float32))


def dna_of(x: torch.Tensor, name: str = "", network: str = "net", low: float = -4.0, precision: str = "fp32") -> DNA:
    bounds = Calibration(np.full(8, low), np.full(8, 4.0), LAYERS, network, f"from {low}")
    with Accumulator(bounds, 0, 20, sketches=False, covariance=["last"]) as total:
        total.add("first", x[:, :3])
        total.add("last", x[:, 3:])
        total.count_images(len(x))
        found = total.distributions()
    return DNA(found.histograms, found.outside, found.images, found.mean, found.deviations, bounds,
               {"name": "net", "precision": precision}, name, scatter=found.scatter)  # fmt: skip


@given(st.integers(0, 99), st.integers(2, 9), st.integers(1, 9))
def test_covariances_of_parts_add_up_to_that_of_the_whole_and_come_apart_again(seed: int, m: int, k: int) -> None:
    x = activations(seed, m + k)
    whole, part, rest = dna_of(x), dna_of(x[:m]), dna_of(x[m:])
    expected = np.cov(x[:, 3:].double().mean(2).numpy().T)
    np.testing.assert_allclose(whole.covariance("last"), expected, atol=1e-12)
    np.testing.assert_allclose((part + rest).covariance("last"), expected, atol=1e-12)
    np.testing.assert_allclose((whole - rest).covariance("last"), part.covariance("last"), atol=1e-10)
    assert np.array_equal(whole.variance[3:].round(9), np.diag(whole.covariance("last")).round(9))


def test_a_covariance_that_one_side_lacks_is_dropped() -> None:
    a, b = dna_of(activations(0, 4)), replace(dna_of(activations(1, 4)), scatter={})
    assert not (a + b).scatter
    with pytest.raises(dc.BadInput, match="covariance=.'last'"):
        (a + b).covariance("last")


def test_the_small_form_gives_the_same_nfd_and_fd_and_no_emd(tmp_path: Path) -> None:
    a, b = (dna_of(activations(seed, 12), name) for seed, name in ((0, "a"), (5, "b")))
    small = dc.load_dna(a.gaussian().save(tmp_path / "a"))
    assert isinstance(small, dc.Gaussian) and small.images == 12 and small.neuron(4) == ("last", 1)
    np.testing.assert_allclose(dc.nfd(small, b), dc.nfd(a, b), rtol=1e-4)
    np.testing.assert_allclose(dc.nfd(a.gaussian(), b.gaussian()), dc.nfd(a, b), rtol=1e-12)
    assert dc.fd(small, b, "last") == pytest.approx(dc.fd(a, b, "last"), rel=1e-5)
    assert list(dc.pairwise([small, b.gaussian()], "fd").layers) == ["last"]
    for pair in ((small, b), (b, small)):
        with pytest.raises(dc.BadInput, match="“a” holds a mean and a variance per neuron and no histograms"):
            dc.emd(*pair)
    np.testing.assert_allclose((small + b.gaussian()).mean, (a + b).mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(((a + b).gaussian() - b.gaussian()).variance, a.variance, rtol=1e-9)


def test_gaussians_of_other_networks_or_precisions_are_refused_naming_both() -> None:
    a = dna_of(activations(0, 4), "a").gaussian()
    other = replace(dna_of(activations(1, 4), "b", network="other", precision="bf16").gaussian())
    for compare in (dc.nfd, lambda x, y: dc.fd(x, y, "last"), lambda x, y: x + y):
        with pytest.raises(dc.Mismatch, match="“a” .*fp32.*“b” .*bf16"):
            compare(a, other)


def test_full_dnas_under_other_ranges_are_refused_for_every_metric() -> None:
    a, b = dna_of(activations(0, 4), "a"), dna_of(activations(1, 4), "b", low=-5.0)
    for compare in (dc.emd, dc.nfd, lambda x, y: dc.fd(x, y, "last"), lambda x, y: dc.kid(x, y, "last")):
        with pytest.raises(dc.Mismatch, match="“a” and “b”.*from -4.0 and from -5.0"):
            compare(a, b)


def test_fd_is_the_literal_one_and_torchmetrics() -> None:
    a, b = dna_of(activations(0, 40)), dna_of(activations(7, 30))
    where = slice(3, 8)
    root = sqrtm(a.covariance("last") @ b.covariance("last")).real
    shift = a.mean[where] - b.mean[where]
    literal = shift @ shift + np.trace(a.covariance("last") + b.covariance("last") - 2 * root)
    assert dc.fd(a, b, "last") == pytest.approx(literal, rel=1e-9)
    fid = pytest.importorskip("torchmetrics.image.fid", reason="torchmetrics is not installed")

    class Features(torch.nn.Module):
        num_features = 5

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    theirs = fid.FrechetInceptionDistance(feature=Features()).set_dtype(torch.float64)
    for seed, images, real in ((0, 40, True), (7, 30, False)):
        theirs.update(activations(seed, images)[:, 3:].double().mean(2), real=real)
    assert dc.fd(a, b, "last") == pytest.approx(theirs.compute().item(), rel=1e-6)


def test_kid_is_the_literal_unbiased_estimate() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(7, 3)), random.normal(0.5, 1, size=(7, 3))

    def kernel(u: np.ndarray, v: np.ndarray) -> float:
        return (u @ v / 3 + 1) ** 3

    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    literal = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in pairs) / 42
    literal -= 2 * sum(kernel(u, v) for u in x for v in y) / 49
    assert discrepancy(x, y) == pytest.approx(literal, rel=1e-12)
    assert kernel_distance(x, y, subsets=9, size=7, seed=0).mean == pytest.approx(literal, rel=1e-12)


def test_kid_is_about_zero_for_one_kind_of_image_and_repeats_with_its_seed() -> None:
    random = np.random.default_rng(1)
    x, y, z = random.normal(size=(200, 6)), random.normal(size=(200, 6)), random.normal(1, 1, size=(200, 6))
    same, other = kernel_distance(x, y, 30, 50, 0), kernel_distance(x, z, 30, 50, 0)
    assert abs(same.mean) < 3 * same.deviation / np.sqrt(4) and other.mean > 10 * abs(same.mean)
    assert kernel_distance(x, y, 30, 50, 0) == same != kernel_distance(x, y, 30, 50, 1)


def test_extraction_keeps_the_covariances_that_are_asked_for_and_makes_up_for_those_missing(tmp_path: Path) -> None:
    ws = small_world.workspace(tmp_path / "home")
    net, bounds = small_world.network(), small_world.calibration()
    layer = next(iter(net.layers))
    folders = [small_world.draw(tmp_path / name, 5, seed) for seed, name in enumerate("ab")]

    def extract(folder: Path, **more: object) -> DNA:
        return dc.extract(folder, net, calibration=bounds, workspace=ws, **more)

    plain = [extract(folder) for folder in folders]
    kept = [extract(folder, covariance=[layer]) for folder in folders]
    assert dc.fd(*kept, layer) == pytest.approx(dc.fd(*plain, layer), rel=1e-4), "the sketches keep 32 bits"
    assert np.array_equal(plain[0].histograms, kept[0].histograms)
    assert list(extract(folders[0]).scatter) == [layer], "nothing is lost by asking for less"
    assert dc.kid(*kept, layer).mean == dc.kid(*plain, layer).mean, "the covariance changes nothing about it"
    with pytest.raises(dc.UnknownName, match=f"no layer 'layer9'.*{layer}"):
        extract(folders[0], covariance=["layer9"])
    few = extract(folders[0], bins=7)
    assert few.bins == 7 and few.histograms.sum() == plain[0].histograms.sum()
    with pytest.raises(dc.Mismatch, match="7 bins and “b” has 1000"):
        dc.emd(few, plain[1])
    for bins in (0, 1, 70_000):
        with pytest.raises(dc.BadInput, match="between 2 and 65,535"):
            extract(folders[0], bins=bins)


def test_what_needs_sketches_or_a_layer_says_so(tmp_path: Path) -> None:
    a = dc.load_dna(dna_of(activations(0, 4), "a").save(tmp_path / "a"))
    with pytest.raises(dc.BadInput, match="FD needs the sketches of “a” or the covariance"):
        dc.fd(a, a, "first")
    with pytest.raises(dc.BadInput, match="KID needs the sketches of “a”"):
        dc.kid(a, a, "first")
    with pytest.raises(dc.BadInput, match="no layer x"):
        dc.kid(a, a, "x")
