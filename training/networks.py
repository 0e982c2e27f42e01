"""Networks: the candidates that were compared for `mini`, and how the chosen one is folded into its final form."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from dnacore.extractors.networks.mini import DEPTHS, WIDTHS


def conv_norm(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )  # fmt: skip


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; what a neuron of it says is never below zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv_norm(width, width), conv_norm(width, width)
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class Halve(nn.Module):
    """Averages 2x2 places before the next stage: a stride that does not alias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = conv_norm(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(functional.avg_pool2d(x, 2)))


class Attention(nn.Module):
    """A transformer block over tokens (n, t, width)."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        n, t, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, width)
        x = x + self.out(mixed)
        return x + self.mlp(self.norm2(x))


class Trunk(nn.Module):
    """A network that gives its feature maps, early to late; `width` numbers describe a picture to the loss."""

    width: int
    middle: int

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (n, middle, h, w) and (n, width, h, w) features."""
        raise NotImplementedError


class Plain(Trunk):
    """A small residual network with anti-aliased strides; becomes `dnacore.extractors.mini.Mini` when folded."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS, depths: tuple[int, ...] = DEPTHS) -> None:
        super().__init__()
        self.stem = conv_norm(3, widths[0], 3, 2)
        self.stages = nn.ModuleList()
        for i, (width, depth) in enumerate(zip(widths, depths)):
            blocks: list[nn.Module] = [Halve(widths[i - 1], width)] if i else []
            self.stages.append(nn.Sequential(*blocks, *(Residual(width) for _ in range(depth))))
        self.width, self.middle = widths[-1], widths[-2]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu(self.stem(x))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps[-2], maps[-1]


class Hybrid(Trunk):
    """The first three stages of `Plain`, then transformer blocks over the places of the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.below = Plain(WIDTHS[:3], DEPTHS[:3])
        self.middle = self.width = WIDTHS[2] * 3 // 2
        self.step = conv_norm(WIDTHS[2], self.width, 3)
        self.place = nn.Conv2d(self.width, self.width, 3, padding=1, groups=self.width)
        self.blocks = nn.ModuleList(Attention(self.width) for _ in range(6))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu(self.step(self.below(x)[1]))
        x = x + self.place(x)
        n, c, h, w = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        for i, block in enumerate(self.blocks):
            tokens = block(tokens)
            if i == 2:
                middle = tokens
        back = [t.transpose(1, 2).reshape(n, c, h, w) for t in (middle, tokens)]
        return back[0], back[1]


class Patches(Trunk):
    """A vision transformer over 8 x 8 patches, with positions as a depthwise convolution so that any size fits."""

    def __init__(self, width: int = 192, depth: int = 8) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 8, 8)
        self.place = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.blocks = nn.ModuleList(Attention(width, 3) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.middle = self.width = width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embed(x)
        x = x + self.place(x)
        n, c, h, w = x.shape
        tokens = torch.cat([self.cls.expand(n, -1, -1), x.flatten(2).transpose(1, 2)], 1)
        for i, block in enumerate(self.blocks):
            tokens = block(tokens)
            if i == len(self.blocks) // 2 - 1:
                middle = tokens
        tokens = self.norm(tokens)
        back = [t[:, 1:].transpose(1, 2).reshape(n, c, h, w) for t in (middle, tokens)]
        return back[0], back[1]


TRUNKS: dict[str, Callable[[], Trunk]] = {"plain": Plain, "hybrid": Hybrid, "patches": Patches}


def fold(trunk: Plain, names: nn.Module) -> dict[str, Tensor]:
    """Return the weights of `dnacore.extractors.mini.Mini`: every batch norm melted into the convolution before it.

    names: the two readers (`training.naming.Names`).
    """
    folded: dict[str, Tensor] = {}
    for path, module in trunk.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            conv, norm = module[0], module[1]
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            path = path.removesuffix(".conv")
            folded[f"{path}.weight"] = (conv.weight * scale[:, None, None, None]).detach().cpu().contiguous()
            folded[f"{path}.bias"] = (norm.bias - norm.running_mean * scale).detach().cpu()
    return folded | {key: tensor.detach().cpu().contiguous() for key, tensor in names.state_dict().items()}


@torch.no_grad()
def unfold(weights: dict[str, Tensor], pictures: Tensor) -> Plain:
    """Return a trunk in training form that computes what folded weights do, its norms as these pictures (n, 3, h, w) in
    [-1, 1] have them: a network to go on training with."""
    trunk = Plain().eval()

    def take_over(path: str, pair: nn.Sequential) -> Callable[..., None]:
        conv, norm = pair[0], pair[1]
        conv.weight.copy_(weights[f"{path}.weight"])
        bias = weights[f"{path}.bias"].float()

        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            mean, variance = output.mean((0, 2, 3)), output.var((0, 2, 3), unbiased=False)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_(torch.sqrt(variance + norm.eps))
            norm.bias.copy_(mean + bias)

        return hook

    handles = []
    for path, module in trunk.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            handles.append(module[0].register_forward_hook(take_over(path.removesuffix(".conv"), module)))
    trunk(pictures)
    for handle in handles:
        handle.remove()
    return trunk
