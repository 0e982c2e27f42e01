"""Baselines that DNA-EMD is compared with: distances between pictures by their pixels or by a network's features.

Pairwise ones give a matrix (N, R), each of N images against each of R reference images; an image's distance to the
reference is the mean of its row, or the least. The rarity score uses the reference as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dnacore.errors import DnaError, Unavailable
from dnacore.extractors import Extractor, available, load_extractor
from dnacore.extractors.forward import malloc
from dnacore.images.decode import decode
from dnacore.images.resize import resize
from dnacore.studies.frame.study import Watch

PIXELS, SSIM_SIDE, LPIPS_SIDE = 128, 64, 128
LPIPS_MOST = 8  # reference images; every pair goes through a network
BATCH = 16
VGG_LAYER = "relu_2_2"  # of the feature loss in Johnson et al., 2016
NEIGHBOURS = 3  # k of the rarity score

_LPIPS: dict[Literal["alex", "vgg", "squeeze"], tuple[str, ...]] = {
    "alex": ("alexnet-owt-7be5be79.pth",),
    "vgg": ("vgg16-397923af.pth",),
    "squeeze": ("squeezenet1_1-b8a52dc0.pth",),
}


def pixels(paths: Sequence[Path], side: int, watch: Watch) -> torch.Tensor:
    """(N, 3, side, side) float32 in 0..1; a file that can no longer be read is grey."""
    out = torch.full((len(paths), 3, side, side), 0.5)
    for i, path in enumerate(paths):
        if i % BATCH == 0:
            watch("reading images", i, len(paths))
        try:
            out[i] = torch.from_numpy(resize(decode(path), (side, side)) / 255)
        except (DnaError, OSError):
            continue
    return out


def pixel_l2(images: torch.Tensor, reference: torch.Tensor) -> np.ndarray:
    """(N, R) Euclidean distances of pixels, per pixel and channel. images: (N, 3, h, w), reference: (R, 3, h, w)."""
    scale = images[0].numel() ** 0.5
    return (torch.cdist(images.flatten(1), reference.flatten(1)) / scale).double().numpy()


def ssim(images: torch.Tensor, reference: torch.Tensor, watch: Watch) -> np.ndarray:
    """(N, R) float64 of 1 - SSIM (Wang et al., 2004), by torchmetrics. Raises Unavailable without it."""
    try:
        from torchmetrics.functional.image import structural_similarity_index_measure as measure
    except ImportError:
        raise Unavailable("SSIM is left out: it needs the package torchmetrics, which is not installed.") from None
    out = np.empty((len(images), len(reference)))
    for i, image in enumerate(images):
        watch("measuring SSIM", i, len(images))
        pair = image[None].expand(len(reference), -1, -1, -1)
        out[i] = 1 - np.asarray(measure(pair, reference, data_range=1.0, reduction="none"), np.float64)
    return out


def lpips(images: torch.Tensor, reference: torch.Tensor, watch: Watch) -> np.ndarray:
    """(N, R) float64 LPIPS (Zhang et al., 2018), by torchmetrics. Raises Unavailable without its weights.

    It would download a trunk's weights by itself, so it is used only where torch's folder has them already.
    """
    folder = Path(torch.hub.get_dir(), "checkpoints")
    trunk = next((name for name, files in _LPIPS.items() if all((folder / file).is_file() for file in files)), None)
    if trunk is None:
        raise Unavailable(
            f"LPIPS is left out: the weights of its trunk are not at hand. Put {_LPIPS['alex'][0]} of torchvision "
            "into the folder checkpoints of torch's hub folder to have it measured."
        )
    try:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity
    except ImportError:
        raise Unavailable("LPIPS is left out: it needs the package torchmetrics, which is not installed.") from None
    measure = LearnedPerceptualImagePatchSimilarity(net_type=trunk, reduction="none", normalize=True).eval()
    out = np.empty((len(images), len(reference)))
    with torch.inference_mode():
        for i, image in enumerate(images):
            watch("measuring LPIPS", i, len(images))
            pair = image[None].expand(len(reference), -1, -1, -1)
            out[i] = measure.net(pair, reference, normalize=True).flatten().double().numpy()
    return out


def perceptual_network(usual: Callable[[], Extractor]) -> tuple[Extractor, tuple[str, ...], str]:
    """The network of the perceptual loss, its layers, and a note where it is not the published one.

    VGG16 at relu_2_2 where its weights are at hand; else the study's own network, at a quarter, half and three quarters
    of its depth.
    """
    if any(info.name == "vgg16" and info.status == "ready" for info in available()):
        return load_extractor("vgg16", "cpu"), (VGG_LAYER,), ""
    extractor = usual()
    names = list(extractor.layers)
    chosen = tuple(dict.fromkeys(names[len(names) * k // 4] for k in (1, 2, 3)))
    return (
        extractor,
        chosen,
        (
            f"Perceptual loss takes features of {extractor.name} ({', '.join(chosen)}): the weights of VGG16, which "
            "it was published with, are not at hand."
        ),
    )


def perceptual(
    paths: Sequence[Path], reference: Sequence[Path], extractor: Extractor, layers: Sequence[str], watch: Watch
) -> np.ndarray:
    """(N, R) feature reconstruction loss (Johnson et al., 2016, eq. 2): mean squared differences of feature maps.

    Summed over layers. A file that cannot be read any more is infinitely far.
    """
    with malloc.kept():
        against = list(_features(reference, extractor, layers, watch))
        known = torch.cat([features for _, features in against]) if against else torch.zeros(0, 1)
        out = np.full((len(paths), len(known)), np.inf)
        for places, features in _features(paths, extractor, layers, watch):
            out[places] = torch.cdist(features, known).double().numpy() ** 2
    return out


def _features(paths: Sequence[Path], extractor: Extractor, layers: Sequence[str], watch: Watch):
    """Yields (positions, (b, D) float32), every layer's map divided by the root of its size."""
    for start in range(0, len(paths), BATCH):
        watch("comparing features", start, len(paths))
        batch, places = [], []
        for i in range(start, min(start + BATCH, len(paths))):
            try:
                batch.append(extractor.preprocess(paths[i]))
            except (DnaError, OSError):
                continue
            places.append(i)
        if not batch:
            continue
        kept: dict[str, torch.Tensor] = {}

        def see(layer: str, tensor: torch.Tensor, kept: dict[str, torch.Tensor] = kept) -> None:
            if layer in layers:
                flat = tensor.flatten(1)
                kept[layer] = (flat / flat.shape[1] ** 0.5).cpu().clone()

        extractor.visit(torch.stack(batch), see)
        yield places, torch.cat([kept[layer] for layer in layers], 1)


def rarity(features: np.ndarray, reference: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """(N,) rarity score (Han et al., 2022, eq. 3): the radius of the smallest k-NN sphere that holds the image.

    Each of the reference's M images has a sphere that reaches to its k-th nearest neighbour among the others; an image
    in none of them is outside the reference's manifold: infinite. features: (N, d), reference: (M, d).
    """
    k = min(k, len(reference) - 1)
    known, asked = (torch.from_numpy(np.ascontiguousarray(x, np.float64)) for x in (reference, features))
    radius = np.sort(torch.cdist(known, known).numpy(), axis=1)[:, k]  # the nearest is the image itself
    far = torch.cdist(asked, known).numpy()
    return np.where(far <= radius, radius, np.inf).min(1)
