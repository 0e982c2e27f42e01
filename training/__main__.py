"""Train: `python -m training --out FOLDER`.

Writes mini.safetensors, mini.log and the recipe that made them. `python -m benchmarks.sight` judges what came out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from training.learn import Recipe, learn
from training.naming import name_things
from training.networks import fold

SMOKE = Recipe(steps=6, naming=2, rows=4, columns=4, courses=((0.7, 1, 32, 1.0), (0.3, 1, 48, 1.5)))


def digest(weights: dict[str, Tensor]) -> str:
    """Return one hex number over names and bytes: equal for equal weights."""
    found = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(weights.items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def train(
    recipe: Recipe, folder: Path, device: torch.device, fused: bool = True, every: int = 100
) -> dict[str, Tensor]:
    """Train and return the weights as they ship: folded, and in half precision (the engine computes with them in full).

    every: steps between two lines of the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2))
    with (folder / "mini.log").open("w") as log:

        def say(line: str) -> None:
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()

        trunk = learn(recipe, device, say, fused=fused, every=every)
        sheets = {"rows": recipe.rows, "columns": recipe.columns, "side": recipe.courses[-1][2]}
        names, loss = name_things(trunk, recipe.naming, recipe.seed, device, **sheets, fused=fused)
        say(f"named in {recipe.naming} steps, loss {loss:.3f}")
        weights = {name: tensor.half() for name, tensor in fold(trunk, names).items()}
        save_file(weights, folder / "mini.safetensors")
        say(f"weights {digest(weights)}")
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="on the CPU; 0 leaves torch's choice")
    parser.add_argument("--smoke", action="store_true", help="some steps on small pictures: does it run, and repeat?")
    for field in fields(Recipe):
        if field.type in ("int", "float"):
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=int if field.type == "int" else float)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    base = asdict(SMOKE if options.smoke else Recipe())
    given = {name: getattr(options, name) for name in base if getattr(options, name, None) is not None}
    train(Recipe(**(base | given)), options.out, torch.device(options.device), not options.smoke)


if __name__ == "__main__":
    main()
