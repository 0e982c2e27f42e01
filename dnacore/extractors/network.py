"""Networks: building a bare architecture by name, and its preprocessing defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import timm
import torch
from torch import nn

from dnacore.errors import BadInput, UnknownName
from dnacore.extractors.recipe import LabelTransform, Preprocessing, Recipe, WeightsSource

PREPARATIONS = ("reparameterize",)


@dataclass(frozen=True)
class NetworkDefaults:
    """What timm's own configuration says about a network's input."""

    architecture: str
    arguments: dict[str, Any]
    prepare: str | None
    preprocessing: Preprocessing
    labels: LabelTransform

    def recipe(self, name: str, weights: WeightsSource) -> Recipe:
        return Recipe(name, self.architecture, weights, self.preprocessing, arguments=self.arguments,
                      prepare=self.prepare, labels=self.labels)


def network_defaults(architecture: str, arguments: dict[str, Any], prepare: str | None) -> NetworkDefaults:
    """Input size, mean, std and label transform of a timm network. Raises UnknownName with similar names."""
    check_architecture(architecture)
    config = timm.get_pretrained_cfg(architecture)
    mean, std = tuple(config.mean), tuple(config.std)
    if len(mean) != 3 or config.input_size[0] != 3:
        raise BadInput(f"The network {architecture} does not take RGB images; choose another.")
    return NetworkDefaults(architecture, arguments, prepare, Preprocessing(config.input_size[-1], mean, std),
                           LabelTransform(config.interpolation, config.crop_pct))


def check_architecture(architecture: str) -> None:
    """Raises UnknownName, with similar names, where timm has no network called that."""
    if not timm.is_model(architecture.partition(".")[0]):
        near = timm.list_models(f"*{architecture.partition('.')[0]}*")[:3]
        hint = f" (similar: {', '.join(near)})" if near else ""
        raise UnknownName(f"timm has no network named {architecture!r}{hint}; "
                          "timm.list_models() lists the names.")


def build_network(architecture: str, arguments: dict[str, Any], prepare: str | None, size: int) -> nn.Module:
    """The bare network, in evaluation mode, with whatever weights its constructor gives it.

    `prepare="reparameterize"` folds training-time branches, for checkpoints saved that way. `size` is the side of the images
    it will get; networks with position embeddings are built for it.
    """
    if prepare is not None and prepare not in PREPARATIONS:
        raise BadInput(f"The preparation step {prepare!r} is unknown; there is {', '.join(PREPARATIONS)}.")
    check_architecture(architecture)
    fixed = timm.get_pretrained_cfg(architecture).fixed_input_size
    sized = {"img_size": size} if fixed and timm.get_pretrained_cfg(architecture).input_size[-1] != size else {}
    state = torch.random.get_rng_state()  # constructors draw from torch's generator; leave the caller's untouched
    try:
        network = timm.create_model(architecture, pretrained=False, **{**sized, **arguments})
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        shown = ", ".join(f"{key}={value!r}" for key, value in arguments.items()) or "no arguments"
        raise BadInput(f"The network {architecture} cannot be built with {shown}: {error}.") from error
    finally:
        torch.random.set_rng_state(state)
    network.eval()
    if prepare == "reparameterize":
        from timm.utils.model import reparameterize_model

        network = reparameterize_model(network)
    network.fixed_input_size = size if fixed else None
    return network
