"""The `streets` datasets: driving scenes with known hour, weather and traffic, and one set in four exposures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from dnacore.demo.design import Design
from dnacore.demo.road import LANE, NEAR, View, look_ahead, paint_distance, paint_road, paint_sky
from dnacore.demo.roadside import paint_building, paint_house, paint_lamp, paint_tree, paint_walker
from dnacore.demo.vehicles import paint_car, traffic
from dnacore.demo.weather import developed, paint_bonnet

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


def _paint_things(view: View, city: bool, amount: str, walkers: bool) -> None:
    """Everything that stands or moves, from far to near."""
    rng = view.random("roadside")
    things: list[tuple[float, object]] = []

    def number() -> int:
        return int(rng.integers(2**31))

    for side in (-1, 1):
        z = rng.uniform(-6, 4)
        while z < (90 if city else 110):
            if city:
                length, x = rng.uniform(8, 19), side * (LANE + rng.uniform(3.2, 5.2))
                if z + length > NEAR + 3:
                    if rng.random() < 0.12:
                        things.append((z + length / 2, (paint_tree, side * (LANE + 6), z + length / 2, number())))
                    else:
                        things.append((z + length, (paint_building, side, x, z, z + length, number())))
                z += length
            else:
                z += rng.uniform(4, 16)
                if rng.random() < 0.16 and z > 12:
                    things.append((z, (paint_house, side, side * (LANE + rng.uniform(7, 16)), z, number())))
                else:
                    for _ in range(int(rng.integers(1, 3))):
                        x = side * (LANE + 2 + rng.gamma(1.5, 3.5))
                        if z > 6:
                            things.append((z, (paint_tree, x, z + rng.uniform(0, 2), number())))
        if city:
            for z in np.arange(rng.uniform(9, 18), 70, rng.uniform(15, 24)):
                things.append((float(z) - 0.01, (paint_tree, side * (LANE + 2.2), float(z), number())))
        for z in np.arange(rng.uniform(7, 20), 110 if city else 60, rng.uniform(20, 28)):
            things.append((float(z), (paint_lamp, side, float(z))))
    for z, x, oncoming, car in traffic(view, amount):
        things.append((z + 0.02, (paint_car, z, x, oncoming, car)))
    if walkers:
        people = view.random("walkers")
        for k in range(int(people.integers(2, 6))):
            z = people.uniform(8, 20) if k < 2 else people.uniform(10, 40)
            if amount == "none" and people.random() < 0.35:
                x = people.uniform(-LANE, LANE)
            else:
                x = float(people.choice((-1, 1))) * (LANE + people.uniform(0.6, 2.2))
            things.append((float(z), (paint_walker, float(x), float(z), int(people.integers(2**31)))))
    for _, (paint, *rest) in sorted(things, key=lambda thing: -thing[0]):  # type: ignore[misc]
        paint(view, *rest)


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
