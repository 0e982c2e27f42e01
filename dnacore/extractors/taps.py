"""Taps: which outputs of a network are layers, and the hooks that listen to them.

The rule for any timm network (`places_of`): every repeated block's output, in the order of computing, plus the head
convolution or the last token norm where there is one. `Taps` is the only place that registers hooks, and its `with`
block always removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import torch
from torch import nn

from dnacore.errors import BadInput
from dnacore.extractors.networks.illustration2vec import places as illustration2vec_places
from dnacore.extractors.networks.mini import places as mini_places

See = Callable[[str, torch.Tensor], None]
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: Children that hold the repeated blocks of a stage.
STAGE_BODIES = ("blocks", "layers", "residual_blocks")
#: Containers of modules that are not the repeated blocks of a network.
NOT_BLOCKS = (
    "stem",
    "head",
    "patch_embed",
    "pos_embed",
    "downsample",
    "transition",
    "downsamp_modules",
    "incre_modules",
    "classifier",
    "pre_logits",
    "global_pool",
    "final",
    "aux",
    "attn_pool",
    "rope",
)
NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "RmsNorm")
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Hardswish, nn.ELU)


@dataclass(frozen=True)
class Tap:
    """One place to listen: a module's output, or one part of it where it returns several tensors.

    `first_token`: only the first (CLS) token counts.
    """

    layer: str
    module: str
    part: int | None = None
    channels_at_end: bool = False
    first_token: bool = False
    neurons: int = 0


class Stop(Exception):
    """Raised by the last hook, since nothing after it is needed."""


class Taps:
    """Hooks on a network that exist only inside the `with` block.

    `see(layer, tensor)` is called as soon as a layer is computed, with a view (N, C, S) of the module's output. The
    view is good during the call only: the network may overwrite it right after (in-place activations).
    """

    def __init__(self, network: nn.Module, taps: list[Tap], see: See, stop: bool = True) -> None:
        """stop: end the forward after the last layer."""
        self._network = network
        self._taps = taps
        self._see = see
        self._stop = stop
        self._handles: list[torch.utils.hooks.RemovableHandle] = []

    def __enter__(self) -> Taps:
        groups: dict[str, list[Tap]] = {}
        for tap in self._taps:
            groups.setdefault(tap.module, []).append(tap)
        last = self._taps[-1].module
        try:
            for path, taps in groups.items():
                module = self._network.get_submodule(path)
                self._handles.append(module.register_forward_hook(self._hook(taps, stop=self._stop and path == last)))
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._remove()
        return kind is Stop

    def _remove(self) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _hook(self, taps: list[Tap], stop: bool) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            for tap in taps:
                tensor = output if tap.part is None else output[tap.part]
                self._see(tap.layer, neuron_view(tensor, tap))
            if stop:
                raise Stop

        return hook


def neuron_view(tensor: torch.Tensor, tap: Tap) -> torch.Tensor:
    """(N, C, S) view of a module's output: maps (N, C, H, W) or (N, H, W, C), tokens (N, T, C), vectors (N, C)."""
    if tap.first_token:
        tensor = tensor[:, :1]
    if tensor.ndim == 2:
        return tensor.unsqueeze(2)
    if tap.channels_at_end:
        return tensor.flatten(1, -2).transpose(1, 2)
    return tensor.flatten(2)


def places_of(network: nn.Module, rule: str = "blocks") -> dict[str, str]:
    """{layer: module path} under a rule: "blocks" (any timm network) or one of `NAMED`."""
    if rule in NAMED:
        return dict(NAMED[rule])
    places = list(_blocks(network))
    for fallback in (_parts, _activations):
        if len(places) < 2:
            places = list(fallback(network))
    return {layer_name(path): path for path in [*places, *_heads(network)]}


def find_taps(network: nn.Module, side: int, rule: str = "blocks") -> list[Tap]:
    """The layers of a network under a rule (`places_of`), as `taps_at` finds them."""
    taps = taps_at(network, side, places_of(network, rule))
    return [replace(tap, first_token=(rule, tap.layer) in FIRST_TOKEN) for tap in taps]


def taps_at(network: nn.Module, side: int, places: dict[str, str]) -> list[Tap]:
    """The layers at these places {layer: module path}, put in the order of computing by a forward of two empty images.

    The forward may run on a network on the `meta` device, where it costs nothing. A module that one forward calls
    twice or never, or whose output mixes images, cannot be a layer and is left out. Raises BadInput where nothing is
    left.
    """
    example = torch.zeros(2, 3, side, side, device=next(network.parameters()).device)
    calls: list[tuple[str, list[tuple[int, ...]]]] = []
    handles = [network.get_submodule(path).register_forward_hook(_note(layer, calls)) for layer, path in places.items()]
    try:
        with torch.inference_mode():
            network(example)
    finally:
        for handle in handles:
            handle.remove()
    names = [layer for layer, _ in calls]
    taps: list[Tap] = []
    for layer, shapes in calls:
        good = [part for part, shape in enumerate(shapes) if len(shape) in (2, 3, 4) and shape[0] == 2]
        if names.count(layer) > 1:
            continue
        for part in good:
            tap = _tap(layer if len(good) == 1 else f"{layer}_{part}", places[layer], shapes[part])
            taps.append(replace(tap, part=part if len(shapes) > 1 else None))
    if not taps:
        raise BadInput(f"No layers to look at were found in {type(network).__name__}; choose another network.")
    return taps


def _note(layer: str, calls: list[tuple[str, list[tuple[int, ...]]]]) -> Callable[..., None]:
    def note(module: nn.Module, inputs: object, output: object) -> None:
        parts = output if isinstance(output, (list, tuple)) else [output]
        calls.append((layer, [tuple(getattr(part, "shape", ())) for part in parts]))

    return note


def _tap(layer: str, module: str, shape: tuple[int, ...]) -> Tap:
    # The example is square: the two equal axes are height and width, the remaining one is the channels.
    at_end = len(shape) == 3 or (len(shape) == 4 and shape[1] == shape[2] != shape[3])
    return Tap(layer, module, channels_at_end=at_end, neurons=shape[-1] if at_end else shape[1])


def layer_name(path: str) -> str:
    """Short layer name of a module path: blocks.3 is block_3, stages.0.blocks.1 stage_0_block_1, layer1.0 layer1_0."""
    short = {"blocks": "block", "stages": "stage", "layers": "layer", "norm": "last_norm"}
    if any(path in ends for ends in HEADS.values()):
        return "head"
    return "_".join(short.get(word, word) for word in path.split("."))


def _excluded(name: str) -> bool:
    return any(name.startswith(word) for word in NOT_BLOCKS)


def _is_container(module: nn.Module) -> bool:
    return type(module) in CONTAINERS or type(module).__name__ == "SequentialList"


def _is_stage(module: nn.Module) -> bool:
    bodies = (getattr(module, name, None) for name in STAGE_BODIES)
    return type(module).__name__.endswith("Stage") or any(isinstance(body, CONTAINERS) for body in bodies)


def _is_block(module: nn.Module) -> bool:
    has_parts = next(module.children(), None) is not None and next(module.parameters(), None) is not None
    return has_parts and not type(module).__name__.startswith(NORMS)


def _blocks(module: nn.Module, prefix: str = "", inside: bool = False) -> Iterator[str]:
    children = list(module.named_children())
    if prefix and not _is_container(module):
        bodies = [(name, child) for name, child in children if name in STAGE_BODIES]
        children = bodies or children
    for name, child in children:
        path = f"{prefix}{name}"
        if _excluded(name):
            continue
        if _is_container(child) or (_is_stage(child) and _is_block(child)):
            yield from _blocks(child, f"{path}.", inside=True)
        elif inside and _is_block(child):
            yield path


def _activations(network: nn.Module) -> Iterator[str]:
    """For plain chains (VGG, AlexNet): every activation of the chain."""
    for name, child in network.named_children():
        if _is_container(child) and not _excluded(name):
            yield from (f"{name}.{key}" for key, leaf in child.named_children() if isinstance(leaf, ACTIVATIONS))


def _parts(network: nn.Module) -> Iterator[str]:
    """For networks without repeated containers (Inception, DLA): the parts the network itself is made of."""
    for name, child in network.named_children():
        if _is_block(child) and not _is_container(child) and not _excluded(name):
            yield name


#: Head convolutions in timm's families, each with the steps that finish it, the last one first.
HEADS = {
    "conv_head": ("act2", "norm_head", "bn2", "conv_head"),
    "final_conv": ("final_act", "final_conv"),
    "final_layer": ("final_layer",),
    "final_block": ("final_block",),
}


def _heads(network: nn.Module) -> Iterator[str]:
    children = dict(network.named_children())
    for convolution, ends in HEADS.items():
        if _real(children.get(convolution)):
            yield next(name for name in ends if _real(children.get(name)))
            return
    if _real(children.get("norm")):
        yield "norm"


def _real(module: nn.Module | None) -> bool:
    return module is not None and not isinstance(module, nn.Identity)


_VGG16 = {
    1: "1_1",
    3: "1_2",
    6: "2_1",
    8: "2_2",
    11: "3_1",
    13: "3_2",
    15: "3_3",
    18: "4_1",
    20: "4_2",
    22: "4_3",
    25: "5_1",
    27: "5_2",
    29: "5_3",
}

#: Layers that have names of their own in the paper's code.
NAMED: dict[str, dict[str, str]] = {
    "vgg16": {f"relu_{name}": f"features.{index}" for index, name in _VGG16.items()},
    "fid": {"block_0": "maxpool1", "block_1": "maxpool2", "block_2": "Mixed_6e", "block_3": "avgpool"},
    "mini": mini_places(),
    "illustration2vec": illustration2vec_places(),
    "vae_encoder": {
        **{f"down_{i}_{j}": f"encoder.down_blocks.{i}.resnets.{j}" for i in range(4) for j in range(2)},
        "mid_0": "encoder.mid_block.resnets.0",
        "mid_attention": "encoder.mid_block.attentions.0",
        "mid_1": "encoder.mid_block.resnets.1",
        "head": "encoder.conv_out",
    },
}

#: CLIP normalises only its CLS token; under this rule the layer's other tokens do not count.
FIRST_TOKEN = {("clip", "last_norm")}
