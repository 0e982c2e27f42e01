"""A cartoon portrait, painted part by part from back to front.

`Look` is everything about a person that is not an attribute (pose, skin, shapes, kinds of hat and glasses, light). It
is drawn without knowing the attributes, so the same look can be painted with and without a hat. Shapes are given in
head units: the origin is the middle of the face, the chin is at y = 1 and the crown at y = -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image

from dnacore.demo.canvas import Canvas, Colour, darker, mix, palette, points, smooth
from dnacore.demo.design import generator

INK_LINE: Colour = (38, 30, 42)
T = TypeVar("T")

SIDE = 224

SKIN = palette("ffe3cf fbd3b4 f2bf96 e3a676 c98a5b a96c43 85512f 623a22 f6cdb8 d99c72")
EYES = palette("4a3222 6b4426 3f6b8c 4f8a7a 6d8a3c 37507a 20242e")
CLOTHES = palette("2f4b7c 3d7f7a b8433f e0a030 4c4a63 7a9e7e d97757 f0e6d6 8c5a88 233142 c9d6df 5b8def e8788f 3f5f3a")
ACCENTS = palette("f4f1ea e4b23c c8453f 2b3a55 4f9d8f e58a5e 7b5ea7 20242e 9cc5d3 d66b8d")
FRAMES = palette("1c1c22 3a2417 8a1f2b 24406e c79a3b f0efe9 5a2d66 20605a")
HAIR = {
    "black": palette("1d1a1f 26222c 14161c"),
    "brown": palette("4b2f20 6a4126 3b2519"),
    "blond": palette("e3bd6b d3a24c f0d592"),
    "red": palette("a9431e c25a2a 8c3218"),
}


@dataclass(frozen=True)
class Look:
    """One person and one photograph of them, without the attributes."""

    seed: int
    shift: tuple[float, float]
    scale: float
    roll: float
    yaw: float
    pitch: float
    width: float
    jaw: float
    chin: float
    skin: Colour
    iris: Colour
    eye_size: float
    eye_gap: float
    eye_kind: str
    gaze: tuple[float, float]
    nose_kind: str
    nose_size: float
    brow_tilt: float
    brow_weight: float
    mouth_width: float
    mouth_kind: int
    lips: Colour
    hair_kind: str
    hair_shade: int
    volume: float
    parting: float
    hat_kind: str
    hat: Colour
    hat_accent: Colour
    glasses_kind: str
    frame: Colour
    frame_weight: float
    lens: float
    beard_kind: str
    earring_kind: str
    metal: Colour
    clothes: Colour
    collar: str
    accent: Colour
    scarf: Colour
    backdrop: int
    light: float
    shading: str
    outline: str
    tint: tuple[float, float, float]
    grain: float
    exposure: float


def look(rng: np.random.Generator) -> Look:
    """A random person."""

    def pick(options: Sequence[T]) -> T:
        return options[int(rng.integers(len(options)))]

    def span(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    skin = pick(SKIN)
    return Look(
        seed=int(rng.integers(2**31)),
        shift=(span(-16, 16), span(-7, 11)),
        scale=span(49, 63),
        roll=span(-0.2, 0.2),
        yaw=span(-1, 1),
        pitch=span(-0.7, 0.7),
        width=span(0.68, 0.84),
        jaw=span(0, 1),
        chin=span(0, 1),
        skin=mix(skin, pick(SKIN), span(0, 0.3)),
        iris=pick(EYES),
        eye_size=span(0.85, 1.2),
        eye_gap=span(0.31, 0.38),
        eye_kind=pick(("round", "almond", "dot", "sleepy")),
        gaze=(span(-0.35, 0.35), span(-0.2, 0.25)),
        nose_kind=pick(("button", "bridge", "wedge", "round")),
        nose_size=span(0.8, 1.25),
        brow_tilt=span(-0.06, 0.07),
        brow_weight=span(0.055, 0.115),
        mouth_width=span(0.25, 0.37),
        mouth_kind=int(rng.integers(12)),
        lips=mix(pick(palette("b5544d c96a62 9a3f44 d98880 8a4a3c")), skin, span(0.05, 0.4)),
        hair_kind=pick(("side", "centre", "quiff", "curly", "swept")),
        hair_shade=int(rng.integers(3)),
        volume=span(0.05, 0.2),
        parting=span(-0.4, 0.4),
        hat_kind=pick(("beanie", "cap", "fedora", "sunhat", "beret", "bucket")),
        hat=pick(CLOTHES),
        hat_accent=pick(ACCENTS),
        glasses_kind=pick(("round", "square", "aviator", "cat", "half")),
        frame=pick(FRAMES),
        frame_weight=span(0.055, 0.105),
        lens=pick((0.1, 0.16, 0.2, 0.25, 0.45, 0.8)),
        beard_kind=pick(("full", "short", "goatee", "long")),
        earring_kind=pick(("hoop", "drop", "stud", "star")),
        metal=pick(palette("e9c24f f0e9da d8d8e2 e58a5e 54b6b0 d1476b")),
        clothes=pick(CLOTHES),
        collar=pick(("crew", "vee", "shirt", "turtleneck", "hood")),
        accent=pick(ACCENTS),
        scarf=pick(ACCENTS + CLOTHES),
        backdrop=int(rng.integers(1000)),
        light=pick((-1.0, 1.0)) * span(0.5, 1.0),
        shading=pick(("flat", "cel", "cel", "soft", "soft")),
        outline=pick(("none", "none", "tinted", "tinted", "ink")),
        tint=(span(0.93, 1.06), span(0.96, 1.03), span(0.92, 1.08)),
        grain=span(0.4, 2.6),
        exposure=span(0.92, 1.1),
    )


class Sitter:
    """The canvas, the pose and the colours that the painters of single parts share."""

    def __init__(self, person: Look, hair: str) -> None:
        self.look = person
        self.canvas = Canvas(SIDE, SIDE)
        self.hair = HAIR[hair][person.hair_shade]
        self.width = person.width
        c, s = np.cos(person.roll), np.sin(person.roll)
        self._turn = np.array([[c, s], [-s, c]]) * person.scale
        self._neck = np.array([SIDE / 2 + person.shift[0], 108 + person.shift[1] + person.scale * 1.0])
        # What faces the viewer moves with the turn of the head; ears and skull stay.
        self.front = np.array([0.13 * person.yaw, 0.07 * person.pitch])
        self.line_width = {"none": 0.0, "tinted": 1.3, "ink": 1.6}[person.outline]
        self.skin_mask = self.canvas.area(self.at(head(person)))

    def at(self, shape: np.ndarray) -> np.ndarray:
        """From head units to pixels."""
        return (shape - (0, 1)) @ self._turn + self._neck

    def on_face(self, shape: np.ndarray) -> np.ndarray:
        """From head units to pixels, for what lies on the front of the face."""
        return self.at(shape + self.front)

    def body(self, shape: np.ndarray) -> np.ndarray:
        """From head units to pixels, for what does not tilt with the head."""
        return (shape - (0, 1)) * self.look.scale + self._neck

    def edge(self, colour: Colour) -> Colour | None:
        """The colour of the line around a part of this colour, or None in a style without lines."""
        if self.look.outline == "none":
            return None
        return INK_LINE if self.look.outline == "ink" else darker(colour, 0.5)

    def part(self, outline: np.ndarray, colour: Colour) -> None:
        """A part with the line style of this picture; `outline` in pixels."""
        self.canvas.shape(outline, colour, self.edge(colour), self.line_width)

    def shade(self, outline: np.ndarray, colour: Colour, strength: float, within: Image.Image) -> None:
        """A shadow or highlight, hard or soft as the picture's shading is; none in a flat picture."""
        if self.look.shading == "flat":
            return
        soft = 4.0 if self.look.shading == "soft" else 0.0
        self.canvas.fill(outline, colour, opacity=strength, within=within, soft=soft)

    def random(self, part: str) -> np.random.Generator:
        """Random numbers that belong to one part, so that adding another part moves nothing."""
        return generator("part", part, self.look.seed)


def head(person: Look) -> np.ndarray:
    """Outline of the head in head units."""
    w = person.width
    right = [
        (0.0, -1.0),
        (0.5 * w, -0.95),
        (0.87 * w, -0.66),
        (w, -0.15),
        (0.97 * w, 0.25),
        ((0.78 + 0.14 * person.jaw) * w, 0.62),
        ((0.36 + 0.2 * person.chin) * w, 0.93),
    ]
    left = [(-x, y) for x, y in right[:0:-1]]
    return smooth(points(*right, (0.0, 1.0), *left))
