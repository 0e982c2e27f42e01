"""Train, and judge: `python -m training --out FOLDER [--judge DATA]`.

Writes mini.safetensors, mini.log and the recipe that made them; with --judge also bench.md: what `training.judge` says
of the weights, with ranges measured on the bench's own images.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dnacore.extractors import load_extractor
from training.judge import Judge, table
from training.learn import Recipe, Say, learn
from training.naming import name_things
from training.networks import TRUNKS, Plain, Trunk, fold, unfold
from training.sheets import sheet

SMOKE = Recipe(steps=6, naming=2, rows=4, columns=4, courses=((0.7, 1, 32, 1.0), (0.3, 1, 48, 1.5)))


def first_pictures(recipe: Recipe) -> Tensor:
    """Return some pictures of the last course, (n, 3, side, side) in [-1, 1]."""
    _, _, side, zoom = recipe.courses[-1]
    draws = torch.Generator().manual_seed(recipe.seed)
    return torch.cat([sheet(4, 4, side, draws, zoom=zoom).pictures for _ in range(12)]) * 2 - 1


def digest(weights: dict[str, Tensor]) -> str:
    """Return one hex number over names and bytes: equal for equal weights."""
    found = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(weights.items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def train(
    recipe: Recipe,
    folder: Path,
    device: torch.device,
    fused: bool = True,
    every: int = 100,
    start: Trunk | None = None,
) -> dict[str, Tensor]:
    """Train and return the weights as they ship; what there is so far is written to `folder` every `every` steps."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2))
    with (folder / "mini.log").open("w") as log:

        def say(line: str) -> None:
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()

        def keep(step: int, trunk: Trunk) -> None:
            state = {name: tensor.detach().cpu().contiguous() for name, tensor in trunk.state_dict().items()}
            save_file(state, folder / "trunk.safetensors", {"step": str(step), "trunk": recipe.trunk})

        trunk = learn(recipe, device, say, fused=fused, every=every, keep=keep, start=start)
        weights = finish(trunk, recipe, device, say, fused)
        save_file(weights, folder / "mini.safetensors")
        say(f"weights {digest(weights)}")
    return weights


def finish(trunk: Trunk, recipe: Recipe, device: torch.device, say: Say, fused: bool) -> dict[str, Tensor]:
    """Name what the trunk sees and return what ships: folded where there is a final form, in half precision (the engine
    computes with it in full)."""
    sheets = {"rows": recipe.rows, "columns": recipe.columns}
    names, loss = name_things(trunk, recipe.naming, recipe.seed, device, **sheets, side=recipe.courses[-1][2],
                              fused=fused)  # fmt: skip
    say(f"named in {recipe.naming} steps, loss {loss:.3f}")
    if isinstance(trunk, Plain):
        return {name: tensor.half() for name, tensor in fold(trunk, names).items()}
    return {name: tensor.detach().cpu().contiguous() for name, tensor in trunk.state_dict().items()}


def judged(weights: Path, data: Path) -> str:
    """Return the bench's table of trained weights."""
    with Judge(load_extractor("mini", "cpu", weights=weights), data, own_ranges=True) as judge:
        return table({weights.stem: judge.report() | judge.drawn_faces()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="on the CPU; 0 leaves torch's choice")
    parser.add_argument("--smoke", action="store_true", help="some steps on small pictures: does it run, and repeat?")
    parser.add_argument("--trunk", choices=sorted(TRUNKS), help="the architecture")
    for field in fields(Recipe):
        if field.type in ("int", "float"):
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=int if field.type == "int" else float)
    parser.add_argument("--courses", type=json.loads, help="JSON: [[share, sheets, side, zoom], ...]")
    parser.add_argument("--judge", type=Path, metavar="DATA", help="folder of real image sets; the architecture plain")
    parser.add_argument("--start", type=Path, help="go on from a mini.safetensors of an earlier run")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    base = asdict(SMOKE if options.smoke else Recipe())
    given = {name: getattr(options, name, None) for name in base if name != "courses"}
    if options.courses:
        given["courses"] = tuple(tuple(course) for course in options.courses)
    recipe = Recipe(**(base | {name: value for name, value in given.items() if value is not None}))
    every = 50 if options.smoke else 100
    start = None if options.start is None else unfold(load_file(options.start), first_pictures(recipe))
    if options.judge and recipe.trunk != "plain":
        parser.error("--judge takes the architecture that ships; python -m training.compare judges the others")
    train(recipe, options.out, torch.device(options.device), not options.smoke, every, start)
    if options.judge:
        report = judged(options.out / "mini.safetensors", options.judge)
        print(report)
        (options.out / "bench.md").write_text(report + "\n")


if __name__ == "__main__":
    main()
