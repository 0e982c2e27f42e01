"""Networks: building a bare architecture by name, and what timm's configuration says about its input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from dnacore.errors import BadInput, UnknownName
from dnacore.extractors.networks.illustration2vec import Illustration2Vec
from dnacore.extractors.networks.illustration2vec import rename_keys as illustration2vec_keys
from dnacore.extractors.networks.inception import InceptionFID
from dnacore.extractors.networks.mini import Mini
from dnacore.extractors.networks.sd_vae import VaeEncoder, rename_keys
from dnacore.extractors.packaged import is_foreign, renamed
from dnacore.extractors.spec import LabelTransform, Preprocessing, Recipe, WeightsSource
from dnacore.extractors.timm_import import timm

PREPARATIONS = ("reparameterize", "tagger")
OWN: dict[str, Callable[[], nn.Module]] = {
    "dnacore:illustration2vec": Illustration2Vec,
    "dnacore:inception_fid": InceptionFID,
    "dnacore:mini": Mini,
    "dnacore:vae_encoder": VaeEncoder,
}

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class NetworkDefaults:
    """What timm's own configuration says about a network's input and where its weights are."""

    architecture: str
    arguments: dict[str, Any]
    prepare: str | None
    preprocessing: Preprocessing
    labels: LabelTransform
    hub: WeightsSource
    license: str | None

    def recipe(self, name: str, weights: WeightsSource) -> Recipe:
        """The specification of this network under a name and with these weights."""
        return Recipe(
            name,
            self.architecture,
            weights,
            self.preprocessing,
            arguments=self.arguments,
            prepare=self.prepare,
            labels=self.labels,
        )


def network_defaults(architecture: str, arguments: dict[str, Any], prepare: str | None) -> NetworkDefaults:
    """Input size, mean, std, label transform and weights of a timm network. Raises UnknownName with similar names."""
    check_architecture(architecture)
    config = _config(architecture)
    if len(config.mean) != 3 or config.input_size[0] != 3:
        raise BadInput(f"The network {architecture} does not take RGB images; choose another.")
    hub = WeightsSource("hub", repo=config.hf_hub_id, file=config.hf_hub_filename or "model.safetensors")
    return NetworkDefaults(
        architecture,
        arguments,
        prepare,
        Preprocessing(config.input_size[-1], tuple(config.mean), tuple(config.std)),
        LabelTransform(config.interpolation, config.crop_pct),
        hub,
        config.license,
    )


def check_architecture(architecture: str) -> None:
    """Raises UnknownName, with similar names, where timm has no network called that."""
    if architecture in OWN:
        return
    family, _, tag = architecture.partition(".")
    if not timm.is_model(family):
        near = timm.list_models(f"*{family}*")[:3]
        hint = f" (similar: {', '.join(near)})" if near else ""
        raise UnknownName(f"timm has no network named {architecture!r}{hint}; timm.list_models() lists the names.")
    if tag and architecture not in timm.list_pretrained(f"{family}.*"):
        tags = [name.partition(".")[2] for name in timm.list_pretrained(f"{family}.*")]
        raise UnknownName(f"timm has no weights {tag!r} for {family}; there are {', '.join(tags) or 'none'}.")


class _WithoutDraws(TorchFunctionMode):
    """Skips the random initialisation of constructors: it takes seconds, and every number is replaced right after.

    It also leaves torch's generator where the caller had it.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "").endswith(("normal_", "uniform_", "erfinv_")):
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def build_network(
    architecture: str, arguments: dict[str, Any], prepare: str | None, size: int, device: str = "cpu"
) -> nn.Module:
    """The bare network in evaluation mode; its numbers mean nothing until weights are put in.

    `prepare="reparameterize"` folds training-time branches, for checkpoints saved that way; "tagger" is for networks
    that were trained on blue, green, red, and whose classes are tags, each true or not for itself. `size` is the side of the
    images it will get; networks with position embeddings are built for it. On the device "meta" it takes no memory.
    """
    if prepare is not None and prepare not in PREPARATIONS:
        raise BadInput(f"The preparation step {prepare!r} is unknown; there is {', '.join(PREPARATIONS)}.")
    check_architecture(architecture)
    fixed = False
    with torch.device(device), _WithoutDraws():
        if architecture in OWN:
            network = OWN[architecture]()
        else:
            config = _config(architecture)
            fixed = bool(config.fixed_input_size)
            sized = {"img_size": size} if fixed and config.input_size[-1] != size else {}
            network = _create(architecture, {**sized, **arguments})
    network.eval()
    if prepare == "reparameterize":
        from timm.utils.model import reparameterize_model

        network = reparameterize_model(network)
    if prepare == "tagger":
        network.independent_classes = True  # type: ignore[assignment]  # a note, not a part of the network
        network.register_forward_pre_hook(_blue_first)
    network.fixed_input_size = size if fixed else None  # type: ignore[assignment]  # a note, not a part of the network
    return network


def _config(architecture: str) -> Any:
    """What timm knows about a network; never None for a network that it has."""
    return timm.get_pretrained_cfg(architecture)


def _blue_first(network: nn.Module, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    return (given[0].flip(1),)


def _create(architecture: str, arguments: dict[str, Any]) -> nn.Module:
    try:
        return timm.create_model(architecture, pretrained=False, **arguments)
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        shown = ", ".join(f"{key}={value!r}" for key, value in arguments.items()) or "no arguments"
        raise BadInput(f"The network {architecture} cannot be built with {shown}: {error}.") from error


def converted(tensors: Tensors, network: nn.Module) -> Tensors | None:
    """The tensors as the network's family renames and resizes those of other publishers; None where it has no rule."""
    if isinstance(network, VaeEncoder):
        return rename_keys(tensors, network)
    if is_foreign(tensors):
        return renamed(tensors, [len(stage) for stage in getattr(network, "blocks", ())])
    if isinstance(network, Illustration2Vec):
        return illustration2vec_keys(tensors)
    module = sys.modules.get(type(network).__module__)
    rule = getattr(module, "checkpoint_filter_fn", None) or getattr(module, "_filter_fn", None)
    if rule is None:
        return None
    try:
        return rule(dict(tensors), network)
    except TypeError:
        return rule(dict(tensors))
    except (KeyError, IndexError, AttributeError, RuntimeError):
        return None  # a file of another family: the later message about keys and shapes says more
