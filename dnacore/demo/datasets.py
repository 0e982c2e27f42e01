"""The demo datasets by name: what each is, and the one function that draws any image of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from dnacore.demo import faces, landscapes, streets
from dnacore.errors import BadInput, UnknownName

Attributes = dict[str, int | str]


@dataclass(frozen=True)
class DemoDataset:
    """One demo dataset: `caption` says in a sentence what to try with it, `count` how many images it has."""

    name: str
    title: str
    caption: str
    count: int


_EXPOSURES = {
    "base": ("Streets, as they are", "The reference for the three sets beside it: compare it with each of them."),
    "brighter": ("Streets, brighter", "The same scenes with more light: see which layers notice."),
    "darker": ("Streets, darker", "The same scenes with less light: is darker as far away as brighter?"),
    "contrast": ("Streets, more contrast", "The same scenes with harder contrast: a small change that edges amplify."),
}
_STYLES = {
    "photo": ("Landscapes, photographed", "Compare it with the three drawn sets: the scenes are the same."),
    "cartoon": ("Landscapes, cartoon", "Flat colours and outlines: find the neurons that react to a style."),
    "sketch": ("Landscapes, pencil sketch", "No colour at all: the farthest from the photographs, or is it?"),
    "painting": ("Landscapes, painted", "Brush strokes everywhere: rank the photographs by how painted they look."),
}


def _street(index: int, seed: int) -> tuple[Image.Image, Attributes]:
    pixels, found = streets.street(streets.DESIGN, index, seed)
    return Image.fromarray(pixels), found


def _exposed(exposure: str) -> Callable[[int, int], tuple[Image.Image, Attributes]]:
    return lambda index, seed: streets.exposed(exposure, index, seed)


def _style(style: str) -> Callable[[int, int], tuple[Image.Image, Attributes]]:
    return lambda index, seed: landscapes.styled(style, index, seed)


_DRAWN = {
    **{
        f"streets_{key}": (DemoDataset(f"streets_{key}", *text, 64), streets.BASE_DESIGN, _exposed(key))
        for key, text in _EXPOSURES.items()
    },
    **{
        f"styles_{key}": (DemoDataset(f"styles_{key}", *text, 64), landscapes.DESIGN, _style(key))
        for key, text in _STYLES.items()
    },
    "faces": (
        DemoDataset(
            "faces",
            "Cartoon faces",
            "Every face has known attributes: find the neurons that see eyeglasses or a hat, then rank faces by them.",
            400,
        ),
        faces.DESIGN,
        faces.face,
    ),
    "streets": (
        DemoDataset(
            "streets",
            "Streets in all weathers",
            "Driving scenes by day, dusk and night, in rain and fog: put them in order by likeness to a night scene.",
            240,
        ),
        streets.DESIGN,
        _street,
    ),
}


def demo_datasets() -> list[DemoDataset]:
    """All demo datasets, in the order in which they should be drawn: the quickest to show something first."""
    return [dataset for dataset, _, _ in _DRAWN.values()]


def demo_dataset(name: str) -> DemoDataset:
    """The demo dataset of this name; raises `UnknownName`."""
    return _entry(name)[0]


def attributes(name: str, index: int, seed: int = 0) -> Attributes:
    """The true attributes of one image, without drawing it."""
    return _entry(name)[1].attributes(_checked(index), seed)


def image(name: str, index: int, seed: int = 0) -> tuple[Image.Image, Attributes]:
    """One image of a demo dataset and its true attributes (0, 1, or a word); any `index` from 0 up can be drawn."""
    return _entry(name)[2](_checked(index), seed)


def _entry(name: str) -> tuple:
    if name not in _DRAWN:
        raise UnknownName(f"There is no demo dataset called {name!r}; choose one of: {', '.join(_DRAWN)}.")
    return _DRAWN[name]


def _checked(index: int) -> int:
    if index < 0:
        raise BadInput(f"Demo images are numbered from 0; {index} is below that.")
    return index
