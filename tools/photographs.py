"""Freely licensed photographs and drawings for the README's pictures, out of Debian's package `gcompris-qt-data`.

`apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_*.deb DIR`, then `docs/screenshots.py --readme --photographs
DIR`. Who made them, and their licences: docs/images/CREDITS.md. Tried with version 3.1.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

PACKED = Path("usr/share/gcompris-qt/rcc")
SIGHTS, ANIMALS, DRAWN = "sights", "animals", "drawn animals"
PHOTOGRAPHS = (  # dataset, folder in it, archive, folder in the archive; only what CREDITS.md can name the makers of
    (SIGHTS, "france", "explore_monuments", "resource/france"),
    (SIGHTS, "india", "explore_monuments", "resource/india"),
    (SIGHTS, "wonders", "explore_monuments", "resource/wonders"),
    (SIGHTS, "world", "categorization", "images/monuments"),
    (ANIMALS, "farm", "explore_farm_animals", "resource/animals"),
    (ANIMALS, "fish", "categorization", "images/fishes"),
    (ANIMALS, "wild", "explore_world_animals", "resource/animals"),
)
SOME = {  # of a folder in which there are more
    "wild": {"chameleon", "crocodile", "dragon", "koala", "lemur", "moose", "panda", "polar_bear", "scarlet_macaw"},
    "fish": {f"fish{number}" for number in (1, 3, 4, 5, 6, 9, 10, 14, 25, 28)},
}
IN_THE_BOOK = re.compile(
    "bear|bee|beetle|bird|bug|bull|butterfly|camel|cat|chicken|cow|dog|dolphin|dragon|duck|fish|flies|fox|frog|giraffe|gorilla"
    "|hedgehog|hippopotamus|horse|kangaroo|lizard|mosquito|mouse|owl|panda|pig|rabbit|reptile|rhinoceros|shark|sheep|snail"
    "|snake|spider|turkey|turtle|whale|wolf"
)


def unpacked(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files in an archive of Qt's resources, by path: a tree of nodes, each with a name and data."""
    raw = archive.read_bytes()
    kind, version, tree, data, names = struct.unpack_from(">4sIIII", raw)
    if kind != b"qres":
        raise ValueError(f"{archive} is no archive of Qt's resources")
    node = 22 if version >= 2 else 14

    def below(at: int, path: str) -> Iterator[tuple[str, bytes]]:
        name_at, flags, first, second = struct.unpack_from(">IHII", raw, tree + at * node)
        letters = struct.unpack_from(">H", raw, names + name_at)[0] if at else 0
        here = f"{path}/{raw[names + name_at + 6 :][: 2 * letters].decode('utf-16-be')}"
        if flags & 2:  # a folder: how many, and where the first is
            for child in range(second, second + first):
                yield from below(child, here if at else "")
        else:  # a file: its language, and where its data is
            start = data + second
            content = raw[start + 4 : start + 4 + struct.unpack_from(">I", raw, start)[0]]
            yield here, zlib.decompress(content[4:]) if flags & 1 else content

    yield from below(0, "")


def write(package: Path, folder: Path) -> list[Path]:
    """Write the datasets as folders of images; returns the folders. package: where `dpkg -x` put it."""
    for dataset, part, archive, inside in PHOTOGRAPHS:
        for path, content in unpacked(package / PACKED / f"{archive}.rcc"):
            name = Path(path).stem
            if path.endswith(".webp") and inside in path and name in SOME.get(part, {name}):
                _save(content, folder / dataset / part / f"{name}.jpg")
    for path, content in unpacked(package / PACKED / "lang.rcc"):
        if "words_sample" in path and path.endswith(".webp") and IN_THE_BOOK.fullmatch(Path(path).stem):
            _save(content, folder / DRAWN / f"{Path(path).stem}.jpg")
    return [folder / name for name in (SIGHTS, ANIMALS, DRAWN)]


def _save(content: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(content)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")  # drawings are cut out
    Image.alpha_composite(paper, image).convert("RGB").save(file, quality=92)
