"""The mixture nearest a target: found again where there is an exact one, and no worse than any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

import dnacore as dc
from dnacore.analyses.mixture import mixture
from dnacore.dna.from_sketches import sketched_dna
from dnacore.neurons.selection import Selection
from tests.sketch_data import NEURONS, bounds, sketches_of


def part(seed: int, centre: float, images: int = 12) -> dc.DNA:
    values = np.random.default_rng(seed).normal(centre, 90, (NEURONS, images, 16)).clip(0, 999).astype(int)
    return sketched_dna(sketches_of(values), bounds(), {}, f"part {seed}")


def blend(parts: list[dc.DNA], counts: list[int]) -> dc.DNA:
    return replace(
        parts[0], histograms=sum(c * p.histograms for c, p in zip(counts, parts, strict=True)), name="target"
    )


PARTS = [part(0, 200), part(1, 450), part(2, 500), part(3, 800)]


def test_a_mixture_of_the_parts_is_found_again() -> None:
    found = mixture(blend(PARTS, [1, 0, 4, 5]), PARTS)
    assert list(found.shares.values()) == pytest.approx([0.1, 0, 0.4, 0.5], abs=0.02)
    assert found.distance < 0.02 * min(found.alone.values()) and sum(found.shares.values()) == pytest.approx(1)


def test_no_mixture_is_nearer_than_a_linear_program_over_every_bin_says() -> None:
    small = [replace(p, histograms=p.histograms.reshape(NEURONS, 20, 50).sum(2)) for p in PARTS[:3]]
    target = replace(part(9, 420), histograms=part(9, 420).histograms.reshape(NEURONS, 20, 50).sum(2))
    found = mixture(target, small)
    curves, aim = np.stack([p.cdf.ravel() for p in small], 1), target.cdf.ravel()
    rows = len(aim)  # minimise the sum of slacks s >= |curves a - aim|
    result = linprog(
        np.r_[np.zeros(3), np.ones(rows) / NEURONS],
        A_ub=np.block([[curves, -np.eye(rows)], [-curves, -np.eye(rows)]]), b_ub=np.r_[aim, -aim],
        A_eq=np.r_[np.ones(3), np.zeros(rows)][None], b_eq=[1],
    )  # fmt: skip
    assert result.fun * (1 - 1e-6) <= found.distance <= result.fun * 1.002
    assert found.bound <= result.fun * (1 + 1e-6)
    assert found.alone["part 0"] == pytest.approx(dc.emd_avg(small[0], target), rel=1e-5)


def test_a_selection_decides_what_near_means() -> None:
    first = blend(PARTS, [1, 0, 0, 0])
    mixed = replace(first, histograms=np.concatenate([first.histograms[:3], PARTS[3].histograms[3:]]))
    shares = [mixture(mixed, PARTS, Selection.of(flat)).shares for flat in ([0, 1, 2], [4, 5])]
    assert shares[0]["part 0"] > 0.99 and shares[1]["part 3"] > 0.99


def test_what_cannot_be_mixed_is_refused() -> None:
    with pytest.raises(dc.BadInput, match="two different"):
        mixture(PARTS[0], PARTS[:1])
    with pytest.raises(dc.BadInput, match="positive"):
        mixture(PARTS[0], PARTS, Selection(np.array([0, 1]), np.array([1.0, -1.0])))
    with pytest.raises(dc.Mismatch):
        mixture(PARTS[0], [PARTS[1], replace(PARTS[2], calibration=replace(bounds(), high=np.full(NEURONS, 9.0)))])


def test_a_solver_that_gives_up_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    gave_up = SimpleNamespace(status=4, x=None, fun=None, message="numerical difficulties")
    monkeypatch.setattr("scipy.optimize.linprog", lambda *_, **__: gave_up)
    with pytest.raises(dc.BadInput, match="gave up"):
        mixture(blend(PARTS, [1, 0, 4, 5]), PARTS)
