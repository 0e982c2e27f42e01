"""The `streets` datasets: driving scenes with known hour, weather and traffic, and one set in four exposures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from PIL import Image

from dnacore.demo.design import Design
from dnacore.demo.streets.road import paint_distance, paint_road, paint_sky
from dnacore.demo.streets.roadside import paint_building, paint_house, paint_lamp, paint_tree, paint_walker
from dnacore.demo.streets.vehicles import paint_car, traffic
from dnacore.demo.streets.view import LANE, NEAR, View, look_ahead
from dnacore.demo.streets.weather import developed, paint_bonnet

_BINARY = ("rain", "fog", "city", "crossing", "pedestrians")
_WORDS = (("time_of_day", ("day", "dusk", "night")), ("traffic", ("none", "light", "heavy")))
DESIGN = Design("streets", _BINARY, _WORDS)
BASE_DESIGN = Design("streets_base", _BINARY, _WORDS)


@lru_cache(maxsize=64)
def _base(index: int, seed: int) -> tuple[np.ndarray, tuple[tuple[str, int | str], ...]]:
    pixels, found = street(BASE_DESIGN, index, seed)
    pixels.flags.writeable = False
    return pixels, tuple(found.items())


def street(design: Design, index: int, seed: int) -> tuple[np.ndarray, dict[str, int | str]]:
    """Scene `index`, `(192, 256, 3)` uint8, and its attributes."""
    found = design.attributes(index, seed)
    key = (design.name, seed, index)
    view = look_ahead(key, str(found["time_of_day"]), bool(found["rain"]), bool(found["fog"]))
    city = bool(found["city"])
    paint_sky(view)
    paint_distance(view, city)
    paint_road(view, city, bool(found["crossing"]))
    _paint_things(view, city, str(found["traffic"]), bool(found["pedestrians"]))
    paint_bonnet(view)
    return developed(view).astype(np.uint8), found


# Something to paint, and how far its far end is.
Thing = tuple[float, Callable[[View], None]]


def _paint_things(view: View, city: bool, amount: str, walkers: bool) -> None:
    """Everything that stands or moves, from far to near."""
    rng = view.random("roadside")
    things: list[Thing] = []
    for side in (-1, 1):
        things += _house_fronts(rng, side) if city else _countryside(rng, side)
        for z in np.arange(rng.uniform(7, 20), 110 if city else 60, rng.uniform(20, 28)).tolist():
            things.append((z, partial(paint_lamp, side=side, z=z)))
    for z, x, oncoming, number in traffic(view, amount):
        things.append((z + 0.02, partial(paint_car, z=z, x=x, oncoming=oncoming, number=number)))
    if walkers:
        things += _walkers(view.random("walkers"), amount)
    for _, paint in sorted(things, key=lambda thing: -thing[0]):
        paint(view)


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _house_fronts(rng: np.random.Generator, side: int) -> list[Thing]:
    """A closed row of buildings with a gap here and there, and a row of trees on the pavement."""
    things: list[Thing] = []
    z = rng.uniform(-6, 4)
    while z < 90:
        length, x = rng.uniform(8, 19), side * (LANE + rng.uniform(3.2, 5.2))
        end = z + length
        if end > NEAR + 3:
            if rng.random() < 0.12:
                middle = z + length / 2
                things.append((middle, partial(paint_tree, x=side * (LANE + 6), z=middle, number=_number(rng))))
            else:
                things.append((end, partial(paint_building, side=side, x=x, z0=z, z1=end, number=_number(rng))))
        z = end
    for z in np.arange(rng.uniform(9, 18), 70, rng.uniform(15, 24)).tolist():
        things.append((z - 0.01, partial(paint_tree, x=side * (LANE + 2.2), z=z, number=_number(rng))))
    return things


def _countryside(rng: np.random.Generator, side: int) -> list[Thing]:
    """Trees and a few cottages."""
    things: list[Thing] = []
    z = rng.uniform(-6, 4)
    while z < 110:
        z += rng.uniform(4, 16)
        if rng.random() < 0.16 and z > 12:
            x = side * (LANE + rng.uniform(7, 16))
            things.append((z, partial(paint_house, side=side, x=x, z=z, number=_number(rng))))
            continue
        for _ in range(int(rng.integers(1, 3))):
            x = side * (LANE + 2 + rng.gamma(1.5, 3.5))
            if z > 6:
                tree = z + rng.uniform(0, 2)
                things.append((tree, partial(paint_tree, x=x, z=tree, number=_number(rng))))
    return things


def _walkers(rng: np.random.Generator, amount: str) -> list[Thing]:
    """People on the pavement, and where no car drives also on the road."""
    things: list[Thing] = []
    for k in range(int(rng.integers(2, 6))):
        z = float(rng.uniform(8, 20) if k < 2 else rng.uniform(10, 40))
        if amount == "none" and rng.random() < 0.35:
            x = float(rng.uniform(-LANE, LANE))
        else:
            x = float(rng.choice((-1, 1))) * (LANE + float(rng.uniform(0.6, 2.2)))
        things.append((z, partial(paint_walker, x=x, z=z, number=_number(rng))))
    return things


def exposed(exposure: str, index: int, seed: int) -> tuple[Image.Image, dict[str, int | str]]:
    """Scene `index` of the base set as it is (`base`), `brighter`, `darker`, or with more `contrast`."""
    # The four sets are usually drawn one after the other, so the scenes are remembered (9 MB).
    scene, found = _base(index, seed)
    return Image.fromarray(_CURVES[exposure][scene]), dict(found)


def _curve(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


_LEVELS = np.arange(256.0)
_CURVES = {
    "base": _curve(_LEVELS),
    "brighter": _curve(255 * (_LEVELS / 255) ** 0.78 + 26),
    "darker": _curve(0.58 * _LEVELS),
    "contrast": _curve((_LEVELS - 118) * 1.6 + 118),
}
