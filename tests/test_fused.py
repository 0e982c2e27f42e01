"""The CUDA kernels against plain torch: in Triton's interpreter on the CPU, and on a GPU where there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from dnacore.accumulate import Accumulator
from dnacore.calibration import Calibration

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed on this system")

LAYERS = {"few places": 3, "many places": 2, "one place": 4}
PLACES = {"few places": 49, "many places": 530, "one place": 1}


INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
interpreted = pytest.mark.skipif(not INTERPRETED, reason="run by the test below, in a process of its own")


@pytest.mark.skipif(INTERPRETED, reason="this is that process")
def test_the_kernels_in_tritons_interpreter() -> None:
    """Whether Triton interprets is decided when it is first imported, which something else may have done here."""
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(line, cwd=Path(__file__).parents[1], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def batches(dtype: torch.dtype, device: str = "cpu") -> list[tuple[str, torch.Tensor, list[int]]]:
    """Two batches of every layer, in both memory orders, with values outside the range, ties, NaN and no sketch."""
    random = torch.Generator().manual_seed(1)
    found = []
    for slots in ([3, 0], [-1, 1]):
        for layer, channels in LAYERS.items():
            x = torch.randn(2, channels, PLACES[layer], generator=random).mul(1.7).round(decimals=1).relu()
            x[0, 0, 0] = -9
            x[1, 1, -1] = float("nan") if layer == "few places" else 99
            x = x.to(device, dtype)
            found.append((layer, x.transpose(1, 2).contiguous().transpose(1, 2) if slots[0] == 3 else x, slots))
    return found


def accumulate(kernels: str, dtype: torch.dtype, device: str = "cpu") -> Accumulator:
    n = sum(LAYERS.values())
    bounds = Calibration(np.full(n, -0.5), np.full(n, 2.5), LAYERS, "network")
    total = Accumulator(bounds, 4, 50, kernels=kernels)
    for layer, x, slots in batches(dtype, device):
        total.add(layer, x, slots)
        if layer == "few places":
            total.distributions()  # looking in between changes nothing
    total.count_images(4)
    total.close()
    return total


def check(found: Accumulator, oracle: Accumulator) -> None:
    ours, theirs = found.distributions(), oracle.distributions()
    assert np.array_equal(ours.histograms, theirs.histograms)
    assert np.array_equal(ours.outside, theirs.outside)
    known = ~np.isnan(theirs.mean)  # the neurons that met NaN have no mean, in either
    assert np.array_equal(known, ~np.isnan(ours.mean)) and not known.all()
    np.testing.assert_allclose(ours.mean[known], theirs.mean[known], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.deviations[known], theirs.deviations[known], rtol=1e-9, atol=1e-12)
    ours, theirs = found.sketches(), oracle.sketches()
    assert np.array_equal(ours.quantiles, theirs.quantiles)
    seen = ~np.isnan(theirs.peaks)
    for name in ("peaks", "means"):
        np.testing.assert_allclose(getattr(ours, name)[seen], getattr(theirs, name)[seen], rtol=1e-6)
    values = {slot: x[i] for _, x, slots in batches(torch.float32)[1::3] for i, slot in enumerate(slots)}
    for slot in (0, 1, 3):  # where several are largest it is the first of them
        assert np.array_equal(ours.places[3:5, slot], values[slot].numpy().argmax(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@interpreted
def test_the_kernels_count_what_plain_torch_counts(dtype: torch.dtype) -> None:
    found = accumulate("fused", dtype)
    check(found, accumulate("torch", dtype)) if dtype == torch.float32 else None
    assert np.array_equal(found.distributions().histograms, accumulate("torch", dtype).distributions().histograms)


@interpreted
def test_counters_are_widened_before_they_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    from dnacore import fused

    monkeypatch.setattr(fused, "MOST", 700)
    monkeypatch.setattr(fused, "SCRATCH_BYTES", 1)  # and images are counted one at a time
    check(accumulate("fused", torch.float32), accumulate("torch", torch.float32))


@pytest.mark.gpu
@pytest.mark.skipif(INTERPRETED or not torch.cuda.is_available(), reason="there is no CUDA device")
def test_the_kernels_count_what_plain_torch_counts_on_a_gpu() -> None:
    check(accumulate("best", torch.float32, "cuda"), accumulate("torch", torch.float32))
