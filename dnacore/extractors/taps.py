"""Taps: which outputs of a network are layers, and the hooks that listen to them.

The rule for any timm network (`find_taps`): every repeated block's output, in the order of computing, plus the head
convolution or the last token norm where there is one. `Taps` is the only place that registers hooks, and its `with` block
always removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

import torch
from torch import nn

from dnacore.errors import BadInput

See = Callable[[str, torch.Tensor], None]
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: Children that hold the repeated blocks of a stage.
STAGE_BODIES = ("blocks", "layers", "residual_blocks", "transformer")
#: Parts of a network that are made of modules but are not its repeated blocks.
NOT_BLOCKS = ("stem", "head", "patch_embed", "pos_embed", "downsample", "transition", "downsamp_modules",
              "incre_modules", "classifier", "pre_logits", "global_pool", "final", "aux", "attn_pool", "rope")
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
    """Raised by the last hook: nothing after it is needed."""


class Taps:
    """Hooks on a network that exist only inside the `with` block.

    `see(layer, tensor)` is called as soon as a layer is computed, with a view (N, C, S) of the module's output. The view is
    good during the call only: the network may overwrite it right after (in-place activations).
    """

    def __init__(self, network: nn.Module, taps: list[Tap], see: See) -> None:
        self._network = network
        self._taps = taps
        self._see = see
        self._handles: list[torch.utils.hooks.RemovableHandle] = []

    def __enter__(self) -> Taps:
        groups: dict[str, list[Tap]] = {}
        for tap in self._taps:
            groups.setdefault(tap.module, []).append(tap)
        last = self._taps[-1].module
        try:
            for path, taps in groups.items():
                module = self._network.get_submodule(path)
                self._handles.append(module.register_forward_hook(self._hook(taps, stop=path == last)))
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> bool:
        self._remove()
        return kind is Stop

    def _remove(self) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _hook(self, taps: list[Tap], stop: bool) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            for tap in taps:
                tensor = output if tap.part is None else output[tap.part]  # type: ignore[index]
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


def find_taps(network: nn.Module, example: torch.Tensor, first_token: tuple[str, ...] = ()) -> list[Tap]:
    """The layers of any timm network, found by structure and checked by one forward of `example` (1, 3, H, H).

    Raises BadInput where nothing repeated is found.
    """
    places = list(_blocks(network))
    if len(places) < 2:
        places = list(_activations(network)) or list(_parts(network))
    places += list(_heads(network))
    return trace(network, {layer_name(path): path for path in places}, example, first_token)


def trace(network: nn.Module, places: dict[str, str], example: torch.Tensor,
          first_token: tuple[str, ...] = ()) -> list[Tap]:
    """Taps on named places {layer: module path}, in the order they are computed, with their neuron counts.

    A module that one forward calls twice or never cannot be a layer and is left out.
    """
    calls: list[tuple[str, object]] = []
    handles = []
    for layer, path in places.items():
        def note(module: nn.Module, inputs: object, output: object, layer: str = layer) -> None:
            several = isinstance(output, (list, tuple))
            calls.append((layer, [tuple(part.shape) for part in output] if several else tuple(output.shape)))

        handles.append(network.get_submodule(path).register_forward_hook(note))
    try:
        with torch.inference_mode():
            network(example)
    finally:
        for handle in handles:
            handle.remove()
    counts = [layer for layer, _ in calls]
    taps: list[Tap] = []
    for layer, shape in calls:
        if counts.count(layer) > 1:
            continue
        if isinstance(shape, list):
            taps += [_tap(f"{layer}_{part}", places[layer], one, part, False) for part, one in enumerate(shape)]
        else:
            taps.append(_tap(layer, places[layer], shape, None, layer in first_token))
    if not taps:
        raise BadInput(f"No layers to look at were found in {type(network).__name__}; choose another network.")
    return taps


def _tap(layer: str, module: str, shape: tuple[int, ...], part: int | None, first_token: bool) -> Tap:
    # The example is square, so the two equal axes are height and width and the odd one out is the channels.
    at_end = len(shape) == 3 or (len(shape) == 4 and shape[1] == shape[2] != shape[3])
    if len(shape) not in (2, 3, 4):
        raise BadInput(f"The layer {layer} gives {len(shape)}-dimensional output, which has no neurons we know of; "
                       "choose another network.")
    return Tap(layer, module, part, at_end, first_token, shape[-1] if at_end else shape[1])


def layer_name(path: str) -> str:
    """Short layer name of a module path: blocks.3 is block_3, stages.0.blocks.1 is stage_0_block_1, layer1.0 is layer1_0."""
    short = {"blocks": "block", "stages": "stage", "layers": "layer", "norm": "last_norm"}
    if path in HEADS:
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
    return next(module.children(), None) is not None and next(module.parameters(), None) is not None


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
    """For plain chains (VGG, AlexNet): every activation of the root's longest chain."""
    for name, child in network.named_children():
        if _is_container(child) and not _excluded(name):
            yield from (f"{name}.{key}" for key, leaf in child.named_children() if isinstance(leaf, ACTIVATIONS))


def _parts(network: nn.Module) -> Iterator[str]:
    """For networks without repeated containers (Inception): the parts the network itself is made of."""
    for name, child in network.named_children():
        if _is_block(child) and not _excluded(name):
            yield name


#: Ends of the head convolution in timm's families, the most finished one first.
HEADS = ("act2", "norm_head", "bn2", "conv_head", "final_act", "final_conv", "final_layer", "final_block")


def _heads(network: nn.Module) -> Iterator[str]:
    children = dict(network.named_children())
    has_head = any(_real(children.get(name)) for name in ("conv_head", "final_conv", "final_layer", "final_block"))
    if has_head:
        yield next(name for name in HEADS if _real(children.get(name)))
    elif _real(children.get("norm")):
        yield "norm"


def _real(module: nn.Module | None) -> bool:
    return module is not None and not isinstance(module, nn.Identity)
