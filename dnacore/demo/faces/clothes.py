"""What a sitter wears below the chin: clothes and scarves."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import darker, lighter, points, ribbon, smooth
from dnacore.demo.faces.portrait import Sitter, head


def paint_body(sitter: Sitter) -> None:
    """Neck, shoulders and clothes."""
    person, canvas = sitter.look, sitter.canvas
    turtle = person.collar == "turtleneck"
    neck = smooth(points((-0.33, 0.4), (0.33, 0.4), (0.34, 1.1), (0.5, 1.7), (-0.5, 1.7), (-0.34, 1.1)))
    top = 1.36
    trunk = smooth(
        points((-0.42, top), (0, top + 0.1), (0.42, top), (1.05, 1.58), (1.42, 2.0), (1.6, 3.2), (0, 3.4), (-1.6, 3.2),
               (-1.42, 2.0), (-1.05, 1.58))
    )  # fmt: skip
    cloth = person.clothes
    if person.collar == "hood":
        hood = smooth(points((-0.8, 1.5), (-0.7, 0.9), (0, 0.75), (0.7, 0.9), (0.8, 1.5), (0, 1.8)))
        sitter.part(sitter.body(hood), darker(cloth, 0.22))
    sitter.part(sitter.body(neck), person.skin)
    canvas.fill(
        sitter.at(head(person) * (0.95, 1) + (0, 0.16)),
        darker(person.skin, 0.42),
        opacity=0.75,
        within=canvas.area(sitter.body(neck)),
    )
    sitter.part(sitter.body(trunk), cloth)
    inside = canvas.area(sitter.body(trunk))
    if person.seed % 3 == 0:
        rng = sitter.random("stripes")
        stripe = person.accent if np.abs(np.subtract(person.accent, cloth)).sum() > 110 else lighter(cloth, 0.6)
        pitch, bow = rng.uniform(0.2, 0.3), rng.uniform(0.02, 0.2)
        for y in np.arange(1.45, 3.4, pitch):
            wave = smooth(points((-1.8, y + bow), (0, y - bow), (1.8, y + bow)), closed=False)
            canvas.fill(sitter.body(ribbon(wave, pitch * 0.48)), stripe, within=inside)
    if person.collar == "vee":
        canvas.fill(sitter.body(points((-0.38, 1.3), (0.38, 1.3), (0.02, 1.95))), person.skin)
        canvas.line(sitter.body(points((-0.42, 1.32), (0.02, 1.97), (0.42, 1.32))), darker(cloth, 0.3), 2)
    elif person.collar == "shirt":
        white = lighter(cloth, 0.75)
        for side in (-1, 1):
            flap = points((side * 0.4, 1.22), (side * 0.02, 1.52), (side * 0.32, 1.82), (side * 0.62, 1.42))
            sitter.part(sitter.body(flap), white)
        canvas.line(sitter.body(points((0.02, 1.55), (0.03, 3.0))), darker(cloth, 0.35), 1.2)
    elif turtle:
        roll = smooth(points((-0.4, 1.02), (0, 1.12), (0.4, 1.02), (0.47, 1.42), (0, 1.58), (-0.47, 1.42)))
        sitter.part(sitter.body(roll), lighter(cloth, 0.1))
    elif person.collar == "crew":
        band = smooth(points((-0.42, 1.36), (0, 1.53), (0.42, 1.36)), closed=False)
        canvas.fill(sitter.body(ribbon(band, 0.1)), darker(cloth, 0.25))
    else:
        for side in (-1, 1):
            canvas.line(sitter.body(points((side * 0.2, 1.5), (side * 0.24, 2.1))), lighter(cloth, 0.7), 1.8)
    sitter.shade(sitter.body(trunk + (np.sign(person.light) * 1.5, 0.1)), darker(cloth, 0.55), 0.4, inside)


def paint_scarf(sitter: Sitter) -> None:
    """A scarf around the neck with one end hanging down."""
    person, canvas = sitter.look, sitter.canvas
    rng = sitter.random("scarf")
    colour, side = person.scarf, float(rng.choice((-1, 1)))
    second = person.hat_accent if rng.random() < 0.5 else lighter(colour, 0.35)
    tail = smooth(points((side * 0.12, 1.4), (side * 0.52, 1.35), (side * 0.66, 2.4), (side * 0.24, 2.45)))
    wrap = smooth(
        points((-0.6, 1.04), (0, 1.2), (0.6, 1.04), (0.78, 1.32), (0.5, 1.62), (0, 1.72), (-0.5, 1.62), (-0.78, 1.32))
    )
    for outline in (tail, wrap):
        sitter.part(sitter.body(outline), colour)
    inside = canvas.area(sitter.body(wrap), sitter.body(tail))
    for x in np.arange(-0.8, 0.9, rng.uniform(0.24, 0.4)):
        fold = smooth(points((x * 0.8, 1.0), (x + 0.03, 1.35), (x * 0.8, 1.75)), closed=False)
        canvas.fill(sitter.body(ribbon(fold, 0.1)), second, within=inside)
    for y in (1.85, 2.1, 2.3):
        canvas.fill(sitter.body(ribbon(points((side * 0.1, y), (side * 0.7, y - 0.04)), 0.09)), second, within=inside)
    fold = smooth(points((-0.7, 1.3), (0, 1.46), (0.7, 1.3)), closed=False)
    canvas.fill(sitter.body(ribbon(fold, 0.05, taper=0.9)), darker(colour, 0.45))
