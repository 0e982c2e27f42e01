"""Folders as people have them, drawn: no table, nested, odd names, and a few files that are odd themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

HOLIDAY, PETS, THREE = "Urlaub 2023 – Süden 🌞", "Katzen & Hunde", "drei"


def picture(
    rng: np.random.Generator, sky: tuple[int, int, int], ground: tuple[int, int, int], side: int
) -> Image.Image:
    """Something like a photograph: sky and ground that fade, a few soft and a few sharp things, grain."""
    height, width = side * 2 // 3, side
    ramp = np.linspace(0, 1, height)[:, None, None]
    pixels = np.array(sky) * (1 - ramp) + np.array(ground) * ramp
    pixels = np.repeat(pixels, width, axis=1)
    rows, columns = np.mgrid[:height, :width]
    for _ in range(7):
        y, x, size = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(side / 20, side / 5)
        soft = np.exp(-((((rows - y) ** 2 + (columns - x) ** 2) / size**2) ** rng.choice([1, 4])))[..., None]
        pixels = pixels * (1 - soft) + rng.uniform(0, 255, 3) * soft
    grain = rng.normal(0, 9, (height, width, 1))
    drawn = Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
    return drawn.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))


def holiday(folder: Path, count: int = 26) -> Path:
    """Nested folders; names with spaces, umlauts and emoji; one image grey, one huge, one broken, one moving, copies."""
    rng = np.random.default_rng(7)
    days = [folder, folder / "Tag 1", folder / "Tag 1" / "Strand & Meer", folder / "Tag 2 – Ölberg 🏔️"]
    for day in days:
        day.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        shade = int(rng.integers(90, 230))
        drawn = picture(rng, (shade, 180, 235), (200, 160, 90), 160)
        if number == 3:
            drawn = drawn.convert("L")
        if number == 5:
            drawn = drawn.resize((4200, 2800))
        ending = ("jpg", "png", "JPG")[number % 3]
        drawn.save(days[number % len(days)] / f"Bild {number:02d} Süßes 🌴.{ending}")
    (folder / "Tag 1" / "kaputt <b>.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    frames = [picture(rng, (90, 90, 90), (20, 20, 20), 90) for _ in range(3)]
    frames[0].save(folder / "Tag 1" / "bewegt.gif", save_all=True, append_images=frames[1:], duration=80)
    first = sorted(folder.glob("*.jpg"))[0]
    shutil.copy(first, folder / "Tag 1" / "Kopie von früher.jpg")
    shutil.copy(first, folder / "Tag 1" / "Kopie (2).jpg")
    return folder


def pets(folder: Path, count: int = 24) -> Path:
    """Another kind of picture, in a folder of its own, each shape another one."""
    rng = np.random.default_rng(8)
    folder.mkdir(parents=True)
    for number in range(count):
        drawn = picture(rng, (60, 50, 40), (90, 120, 60), int(rng.integers(80, 200)))
        if number % 4 == 0:
            drawn = drawn.transpose(Image.Transpose.ROTATE_90)
        drawn.save(folder / f"IMG_{number:04d} & Co'.jpg", quality=88)
    return folder


def few(folder: Path, count: int = 3, seed: int = 9) -> Path:
    """A handful of pictures."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        tint = tuple(int(value) for value in rng.integers(40, 220, 3))
        picture(rng, tint, (120, 120, 120), 96).save(folder / f"{number}.png")  # type: ignore[arg-type]
    return folder
