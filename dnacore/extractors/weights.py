"""Weights: reading checkpoint files, matching their keys to a network, drawing them at random, and their hash."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from dnacore.errors import BadInput, Damaged

Convert = Callable[[dict[str, torch.Tensor], nn.Module], "dict[str, torch.Tensor] | None"]
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".tar", ".ckpt")
#: Keys under which training scripts nest the weights.
NESTS = ("state_dict", "model_state_dict", "teacher", "model_ema", "model", "network", "net", "encoder", "backbone")
#: Key prefixes that wrappers add; removed while every remaining key of the network has one.
PREFIXES = (
    "module.",
    "backbone.",
    "teacher.",
    "encoder.",
    "model.",
    "net.",
    "network.",
    "base_model.",
    "student.",
    "visual.",
    "_orig_mod.",
)
#: Resolution of the standard normal numbers behind random weights; see `draw_random`.
GRID = 4096


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The flat {key: tensor} of a .safetensors or .pth/.pt file, nesting opened.

    Raises BadInput where the file is missing or of another kind, Damaged where it cannot be read. Nothing in the file
    is ever run: `.pth` goes through `torch.load(weights_only=True)`.
    """
    if not path.is_file():
        raise BadInput(f"There is no weights file at {path}; check the path.")
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path.name} is not a weights file we read; use .safetensors, .pth or .pt.")
    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        # Training scripts keep their options beside the weights; a Namespace only holds values and runs nothing.
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise a dozen kinds of errors for a broken file
        raise Damaged(
            f"{path.name} cannot be read as weights ({_first_line(error)}); "
            "fetch the file again, or convert it to .safetensors."
        ) from error
    return _open_nests(content, path.name)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def _open_nests(content: object, name: str) -> dict[str, torch.Tensor]:
    while isinstance(content, Mapping):
        tensors = {str(key): value for key, value in content.items() if isinstance(value, torch.Tensor)}
        inner = next((content[key] for key in NESTS if isinstance(content.get(key), Mapping)), None)
        if inner is None or len(tensors) > 4:
            if tensors:
                return tensors
            break
        content = inner
    raise BadInput(f"{name} holds no tensors by name; save the network's state_dict.")


def load_into(
    network: nn.Module, tensors: Mapping[str, torch.Tensor], name: str, convert: Convert | None = None
) -> list[str]:
    """Put `tensors` into `network`; returns the keys of the file that were left over (heads, projection layers).

    Every parameter and buffer of the network must be found, with its shape; where they are not, `convert` may rename
    and resize the tensors. Raises BadInput naming keys and shapes.
    """
    wanted = network.state_dict()
    given = match_prefix(wanted, tensors)
    missing, wrong = _misfits(wanted, given)
    if (missing or wrong) and convert is not None:
        for candidate in (given, dict(tensors)):
            renamed = convert(candidate, network)
            if renamed is not None and _misfits(wanted, renamed) == ([], []):
                given, missing, wrong = renamed, [], []
                break
    if missing or wrong:
        raise BadInput(_mismatch_message(name, network, wanted, given, missing, wrong))
    network.load_state_dict({key: given[key] for key in wanted if key in given}, strict=False)
    return [key for key in given if key not in wanted]


def _misfits(wanted: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> tuple[list[str], list[str]]:
    """(keys that are missing, keys whose shapes differ)."""
    missing = [key for key in wanted if key not in tensors and not key.endswith("num_batches_tracked")]
    return missing, [key for key in wanted if key in tensors and tensors[key].shape != wanted[key].shape]


def match_prefix(wanted: Mapping[str, object], tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors with the wrapper prefixes removed that make most keys fit the network."""
    best, best_hits = dict(tensors), sum(key in wanted for key in tensors)
    seen = {""}
    queue = [""]
    while queue and best_hits < len(wanted):
        so_far = queue.pop(0)
        for word in PREFIXES:
            prefix = so_far + word
            inner = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            if not inner or prefix in seen:
                continue
            seen.add(prefix)
            queue.append(prefix)
            hits = sum(key in wanted for key in inner)
            if hits > best_hits:
                best, best_hits = inner, hits
    return best


def _mismatch_message(
    name: str,
    network: nn.Module,
    wanted: Mapping[str, torch.Tensor],
    tensors: Mapping[str, torch.Tensor],
    missing: list[str],
    wrong: list[str],
) -> str:
    parts = []
    if wrong:
        shapes = [
            f"{key} is {tuple(tensors[key].shape)} in the file and {tuple(wanted[key].shape)} in the network"
            for key in wrong[:3]
        ]
        parts.append("; ".join(shapes) + (f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""))
    if missing:
        shown = ", ".join(f"{key} {tuple(wanted[key].shape)}" for key in missing[:4])
        parts.append(f"not in the file: {shown}" + (f" (and {len(missing) - 4} more)" if len(missing) > 4 else ""))
        extra = [key for key in tensors if key not in wanted]
        if extra:
            parts.append(
                f"in the file only: {', '.join(extra[:4])}"
                + (f" (and {len(extra) - 4} more)" if len(extra) > 4 else "")
            )
    return (
        f"The weights in {name} do not fit {type(network).__name__}: {'; '.join(parts)}. "
        "Check the architecture, its arguments (num_classes, img_size, ...) and the preparation step."
    )


@torch.no_grad()
def draw_random(network: nn.Module, seed: int) -> None:
    """Fill a network with random weights that are the same on every machine.

    All numbers come from one `np.random.RandomState(seed)`, in the order of the network's state dict:

    * weights of convolutions and linear layers: N(0, 2 / fan_out), fan_out = outputs x kernel area / groups (He et al.
      2015, as timm's ResNets do it);
    * other parameters with two or more dimensions (CLS and register tokens, position embeddings, tables): N(0, 0.02^2);
    * norms and other scales: 1, also the last norm of a residual branch (no `zero_init_last`: it would make every such
      block a copy of the one before it); biases and running means: 0; running variances: 1.

    The standard normal numbers are rounded to multiples of 1/4096 before scaling: two C libraries may differ in the
    last bit of a logarithm, and without the rounding such a bit would now and then change a weight, and the hash.
    """
    state = np.random.RandomState(seed)
    linear = {
        f"{path}.weight" if path else "weight": module
        for path, module in network.named_modules()
        if isinstance(module, (nn.modules.conv._ConvNd, nn.Linear))
    }
    parameters = dict(network.named_parameters(remove_duplicate=False))
    for key, tensor in network.state_dict().items():
        if key.endswith("num_batches_tracked") or key.endswith("running_mean"):
            tensor.zero_()
        elif key.endswith("running_var"):
            tensor.fill_(1)
        elif key not in parameters:
            continue  # tables of indices, masks and frequencies that the constructor computes
        elif tensor.ndim >= 2:
            std = 0.02
            if key in linear:
                groups = getattr(linear[key], "groups", 1)
                fan_out = tensor.shape[0] * int(np.prod(tensor.shape[2:])) / groups
                std = float(np.sqrt(2 / fan_out))
            draws = np.rint(state.standard_normal(tensor.numel()) * GRID)
            tensor.copy_(torch.from_numpy((draws * (std / GRID)).astype(np.float32)).reshape(tensor.shape))
        else:
            tensor.fill_(0 if key.endswith(("bias", "mean")) else 1)


def weights_hash(network: nn.Module) -> str:
    """Hex blake2b over name, kind, shape and bytes of every parameter and buffer, in the order of their names."""
    digest = hashlib.blake2b(digest_size=16)
    for key, tensor in sorted(network.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            continue  # a training counter without effect on the output
        digest.update(f"{key}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
