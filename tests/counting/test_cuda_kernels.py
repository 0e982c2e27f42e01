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

from dnacore.counting.accumulator import Accumulator
from dnacore.dna.calibration import Calibration

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
    done = subprocess.run(line, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "7 passed" in done.stdout


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
    from dnacore.counting import cuda_kernels

    monkeypatch.setattr(cuda_kernels, "MOST", 700)
    monkeypatch.setattr(cuda_kernels, "SCRATCH_BYTES", 1)  # and images are counted one at a time
    check(accumulate("fused", torch.float32), accumulate("torch", torch.float32))


@interpreted
def test_a_layer_that_a_network_in_inference_mode_shows() -> None:
    """As extraction does it: added inside inference mode, where counters are made too, and looked at outside."""
    bounds = Calibration(np.full(3, -0.5), np.full(3, 2.5), {"layer": 3}, "network")
    found = {}
    for kernels in ("fused", "torch"):
        with Accumulator(bounds, 2, 50, kernels=kernels) as total:
            for _ in range(2):
                with torch.inference_mode():
                    total.add("layer", torch.ones(2, 3, 49).cumsum(2) / 20, [0, 1])
                total.count_images(2)
                found[kernels] = total.distributions()
    assert found["fused"].histograms.sum() == 4 * 3 * 49
    assert np.array_equal(found["fused"].histograms, found["torch"].histograms)
    np.testing.assert_allclose(found["fused"].mean, found["torch"].mean, rtol=1e-12)


@interpreted
def test_more_images_and_channels_than_a_tile_holds_and_infinities() -> None:
    images, channels, size = 70, 37, 5
    x = torch.randn(images, channels, size, generator=torch.Generator().manual_seed(3))
    x[3, 36, 0], x[69, 0, 4] = float("inf"), float("-inf")
    bounds = Calibration(np.full(channels, -1.0), np.full(channels, 1.0), {"layer": channels}, "network")
    slots = np.where(np.arange(images) % 3 == 0, np.arange(images) // 3, -1)
    found = []
    for kernels in ("fused", "torch"):
        with Accumulator(bounds, 24, 50, kernels=kernels) as total:
            total.add("layer", x, slots)
            total.count_images(images)
            found.append((total.distributions(), total.sketches()))
    (ours, our_sketches), (theirs, their_sketches) = found
    assert np.array_equal(ours.histograms, theirs.histograms)
    assert np.array_equal(ours.outside, theirs.outside)
    finite = np.isfinite(theirs.mean)
    assert finite.sum() == channels - 2
    np.testing.assert_allclose(ours.mean[finite], theirs.mean[finite], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(ours.deviations[finite], theirs.deviations[finite], rtol=1e-9)
    for name in ("quantiles", "peaks", "places"):
        assert np.array_equal(getattr(our_sketches, name), getattr(their_sketches, name)), name
    np.testing.assert_allclose(our_sketches.means, their_sketches.means, rtol=1e-6)


@interpreted
def test_only_a_part_of_a_layer_that_does_not_lie_densely_in_memory() -> None:
    x = torch.randn(2, 600, 8, generator=torch.Generator().manual_seed(4))[:, ::2, 1:6].transpose(1, 2)  # (2, 5, 300)
    bounds = Calibration(np.full(5, -2.0), np.full(5, 2.0), {"layer": 5}, "network")
    found = []
    for kernels in ("fused", "torch"):
        with Accumulator(bounds, 2, kernels=kernels) as total:
            total.add("layer", x, [1, 0])
            found.append((total.distributions().histograms, *vars(total.sketches()).values()))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_where_the_kernels_cannot_be_built_it_says_so_and_plain_torch_counts() -> None:
    from dnacore.counting import cuda_kernels

    cuda_kernels.works.cache_clear()
    processor = torch.device("cpu")  # for which Triton builds nothing, but which its interpreter knows
    if INTERPRETED:
        assert cuda_kernels.works(processor)
        return
    with pytest.warns(RuntimeWarning, match="C compiler"):
        assert not cuda_kernels.works(processor)


@pytest.mark.skipif(INTERPRETED, reason="the interpreter compiles nothing")
@pytest.mark.parametrize("name", ["_read sorting", "_read", "_read_ranks", "_add_up"])
def test_the_kernels_compile_for_a_card(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one. The interpreter lets pass what the compiler refuses, such as a variable that changes its type."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    from triton import compile as build
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from dnacore.counting import cuda_kernels

    kernel = getattr(cuda_kernels, name.split(maxsplit=1)[0])
    constants = {"BINS": 1000, "WIDTH": 64, "LANES": 4, "SORT": "sort" in name, "Q": 4, "ROWS": 64, "step_channel": 1}
    if name == "_read_ranks":
        constants["WIDTH"] = 1024
    doubles, floats = {"sums", "squares", "totals", "centre"}, {"low", "high", "scale", "peaks", "means"}
    kinds = {"x": "*bf16", "slots": "*i64", "order": "*i64", "outside": "*i64", "quantiles": "*u16"}
    kinds |= dict.fromkeys(doubles, "*fp64") | dict.fromkeys(floats, "*fp32")
    kinds |= dict.fromkeys(("counts", "belows", "aboves", "places"), "*i32") | dict.fromkeys(constants, "constexpr")
    places = {argument: at for at, argument in enumerate(kernel.arg_names)}
    source = ASTSource(
        kernel, {argument: kinds.get(argument, "i32") for argument in places},
        constexprs={(places[key],): value for key, value in constants.items() if key in places},
    )  # fmt: skip
    built = build(source, target=GPUTarget("cuda", 90, 32), options=cuda_kernels.OPTIONS)
    assert built.asm["cubin"]


@pytest.mark.gpu
@pytest.mark.skipif(INTERPRETED or not torch.cuda.is_available(), reason="there is no CUDA device")
def test_the_kernels_count_what_plain_torch_counts_on_a_gpu() -> None:
    check(accumulate("best", torch.float32, "cuda"), accumulate("torch", torch.float32))


@pytest.mark.gpu
@pytest.mark.skipif(INTERPRETED or not torch.cuda.is_available(), reason="there is no CUDA device")
def test_nothing_waits_for_the_gpu_between_layers() -> None:
    x = torch.randn(4, 8, 600, device="cuda", dtype=torch.bfloat16)
    bounds = Calibration(np.full(8, -2.0), np.full(8, 2.0), {"layer": 8}, "network")
    with Accumulator(bounds, 4) as total, torch.inference_mode():
        total.add("layer", x, range(4))
        torch.cuda.set_sync_debug_mode("error")
        try:
            total.add("layer", x, [3, 2, -1, 0])
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert total.distributions().histograms.sum() == 2 * x.numel()
