"""What a network sees, against a literal version of the paper's preprocessing and timm's own transform for labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dnacore.errors import BadInput
from dnacore.extractors import load_extractor


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    y, x = np.mgrid[0:150, 0:200]
    pixels = np.stack([x * 255 // 199, y * 255 // 149, (x * y) % 256], 2).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def literal(path: Path, side: int, mean: list[float], std: list[float]) -> np.ndarray:
    image = Image.open(path).convert("RGB")
    channels = []
    for channel in range(3):
        one = Image.fromarray(np.asarray(image)[:, :, channel].astype(np.float32))
        resized = np.asarray(one.resize((side, side), Image.Resampling.BICUBIC)).clip(0, 255)
        channels.append((resized / 255 - mean[channel]) / std[channel])
    return np.stack(channels)


def test_preprocess_is_the_papers(photo: Path) -> None:
    extractor = load_extractor("random_resnet18", device="cpu")
    seen = extractor.preprocess(photo)
    assert seen.shape == (3, 224, 224) and seen.dtype == torch.float32
    settings = extractor.spec["preprocessing"]
    np.testing.assert_allclose(seen.numpy(), literal(photo, 224, settings["mean"], settings["std"]), atol=1e-5)


def test_the_crop_keeps_the_aspect(photo: Path, tmp_path: Path) -> None:
    Image.open(photo).crop((25, 0, 175, 150)).save(tmp_path / "square.png")
    cropped = load_extractor("random_resnet18", device="cpu", crop="center")
    squashed = load_extractor("random_resnet18", device="cpu")
    expected = squashed.preprocess(tmp_path / "square.png")
    # Up to a fraction of a pixel; the third channel jumps from pixel to pixel.
    assert (cropped.preprocess(photo) - expected)[:2].abs().mean() < 0.01
    assert (squashed.preprocess(photo) - expected)[:2].abs().mean() > 0.1


@pytest.mark.parametrize("name", ["timm:test_resnet@random", "timm:test_efficientnet@random", "random_resnet18"])
def test_labels_use_the_networks_own_transform(name: str, photo: Path) -> None:
    from timm.data import create_transform

    extractor = load_extractor(name, device="cpu")
    settings, labels = extractor.recipe.preprocessing, extractor.recipe.labels
    transform = create_transform(
        (3, settings.size, settings.size),
        interpolation=labels.interpolation,
        mean=settings.mean,
        std=settings.std,
        crop_pct=labels.crop_pct,
    )
    expected = transform(Image.open(photo).convert("RGB"))
    seen = extractor.preprocess_for_labels(photo)
    torch.testing.assert_close(seen, expected, rtol=0, atol=1e-5)
    best = extractor.labels([photo, photo], k=3)
    assert best[0] == best[1] and len(best[0]) == 3
    with torch.inference_mode():
        odds = extractor.network(expected[None].to(memory_format=torch.channels_last)).softmax(1)[0]
    assert [index for index, _ in best[0]] == odds.topk(3).indices.tolist()


def test_a_file_that_is_no_image_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not an image")
    with pytest.raises(BadInput):
        load_extractor("random_resnet18", device="cpu").preprocess(tmp_path / "text.jpg")
