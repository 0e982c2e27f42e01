"""Compare the candidates: `python -m training.compare DATA --minutes 8 --out FOLDER`.

Every architecture of `training.networks` learns by the same recipe for the same time on the same machine (processor
time, on the CPU), a fast one from more pictures than a slow one. All are judged by the bench (`training.judge`) with
ranges measured on its images. Short runs choose; the long one is `python -m training`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from dnacore.extractors.extractor import Extractor
from dnacore.extractors.spec import Preprocessing, WeightsSource
from dnacore.extractors.spec import Recipe as ExtractorRecipe
from dnacore.extractors.taps import taps_at
from dnacore.extractors.weights import weights_hash
from training.judge import Judge, table
from training.learn import Recipe, Say, learn
from training.naming import Names, name_things
from training.networks import TRUNKS, Attention, Halve, Residual, Trunk

SHORT = Recipe(naming=150, courses=((1.0, 6, 64, 1.5),))
SIDE = 128
TRIAL_STEPS = 4  # to see how fast a candidate learns here


class Named(nn.Module):
    """A trunk and the readers that name what it sees, as one network."""

    def __init__(self, trunk: Trunk, names: Names) -> None:
        super().__init__()
        self.trunk, self.names = trunk, names
        self.things_middle, self.things = nn.Sigmoid(), nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        middle, late = self.names(*self.trunk(x))
        self.things_middle(middle)  # a layer of its own; nothing follows from it
        return self.things(late)


def extractor_of(name: str, network: Named, side: int = SIDE) -> Extractor:
    """Return the network as an extractor; its layers are every block's output and the things it names."""
    blocks = {
        path.removeprefix("trunk.").replace(".", "_"): path
        for path, module in network.named_modules()
        if isinstance(module, Residual | Halve | Attention | nn.Sigmoid)
    }
    network = network.eval().requires_grad_(False)
    recipe = ExtractorRecipe(
        name, f"training:{name}", WeightsSource("random", seed=0), Preprocessing(side, (0.5,) * 3, (0.5,) * 3)
    )
    taps = taps_at(network, side, blocks)
    return Extractor(recipe, network, taps, weights_hash(network), torch.device("cpu"))


def clock(device: torch.device) -> float:
    """Return seconds by the clock that is fair between candidates: the processor's own on a shared machine."""
    return time.process_time() if device.type == "cpu" else time.perf_counter()


def learned(name: str, minutes: float, device: torch.device, say: Say) -> Named:
    """Return a candidate that has learned for so many minutes, by `clock`."""
    learn(replace(SHORT, trunk=name, steps=TRIAL_STEPS), device, _nothing)  # compiles what draws
    spent = clock(device)
    learn(replace(SHORT, trunk=name, steps=TRIAL_STEPS), device, _nothing)
    step_s = (clock(device) - spent) / (TRIAL_STEPS + 1)  # and one step's time for its examination
    recipe = replace(SHORT, trunk=name, steps=max(TRIAL_STEPS, round(minutes * 60 / step_s)))
    trunk = learn(recipe, device, say)
    names, loss = name_things(trunk, recipe.naming, recipe.seed, device, side=recipe.courses[-1][2])
    say(f"named, loss {loss:.3f}")
    return Named(trunk, names).cpu()


def _nothing(line: str) -> None:
    """A trial has nothing to say."""


def compare(name: str, data: Path, folder: Path, minutes: float, device: torch.device) -> dict[str, float]:
    """Train and judge one candidate; return {task: AUC}. Its log is written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.log").open("w") as log:

        def say(line: str) -> None:
            print(f"{name}: {line}", flush=True)
            log.write(line + "\n")
            log.flush()

        extractor = extractor_of(name, learned(name, minutes, device, say))
        with Judge(extractor, data, own_ranges=True) as judge:
            report = judge.report() | judge.drawn_faces()
        say(table({name: report}))
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0, help="of learning, for each candidate")
    parser.add_argument("--only", nargs="+", choices=sorted(TRUNKS), default=sorted(TRUNKS))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="on the CPU; 0 leaves torch's choice")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    print(table({name: compare(name, options.data, options.out, options.minutes, device) for name in options.only}))


if __name__ == "__main__":
    main()
