"""Hats and glasses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dnacore.demo.canvas import darker, ellipse, lighter, points, ribbon, smooth
from dnacore.demo.faces.portrait import Sitter

# From head units, as a hat is worn, to pixels.
Put = Callable[[np.ndarray], np.ndarray]


def paint_hat(sitter: Sitter) -> None:
    """One of six hats; each covers the crown and sits above the brows."""
    person = sitter.look
    w = sitter.width + 0.09
    tilt = sitter.random("hat").uniform(-0.06, 0.06)
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])

    def put(shape: np.ndarray) -> np.ndarray:
        return sitter.at((shape + (0.4 * sitter.front[0], 0.0)) @ turn)

    {"beanie": _beanie, "cap": _cap, "fedora": _fedora, "sunhat": _sunhat, "beret": _beret, "bucket": _bucket}[
        person.hat_kind
    ](sitter, put, w)


def _shade(sitter: Sitter, put: Put, shape: np.ndarray) -> None:
    inside = sitter.canvas.area(put(shape))
    away = np.sign(sitter.look.light)
    sitter.shade(put(shape + (away * 0.55, 0.02)), darker(sitter.look.hat, 0.55), 0.42, inside)
    gleam = smooth(points((-0.5, -0.8), (-0.38, -1.1), (-0.12, -1.27)), closed=False) * (away, 1)
    sitter.shade(put(ribbon(gleam, 0.1, taper=0.9)), lighter(sitter.look.hat, 0.6), 0.5, inside)


def _dome(w: float, low: float, top: float) -> np.ndarray:
    return smooth(
        points((-w, low), (-w * 0.98, low - 0.32), (-w * 0.6, top + 0.08), (0, top), (w * 0.6, top + 0.08),
               (w * 0.98, low - 0.32), (w, low), (0, low + 0.1))
    )  # fmt: skip


def _beanie(sitter: Sitter, put: Put, w: float) -> None:
    person, canvas = sitter.look, sitter.canvas
    dome = _dome(w, -0.42, -1.32)
    if person.seed % 2:
        sitter.part(put(ellipse(0, -1.4, 0.2, 0.19)), person.hat_accent)
    sitter.part(put(dome), person.hat)
    inside = canvas.area(put(dome))
    if person.seed % 3:
        for y in (-0.75, -0.98):
            band = smooth(points((-1, y + 0.08), (0, y), (1, y + 0.08)), closed=False)
            canvas.fill(put(ribbon(band, 0.1)), person.hat_accent, within=inside)
    _shade(sitter, put, dome)
    fold = smooth(
        points((-w - 0.03, -0.62), (0, -0.7), (w + 0.03, -0.62), (w + 0.05, -0.36), (0, -0.42), (-w - 0.05, -0.36))
    )
    sitter.part(put(fold), darker(person.hat, 0.15))
    for x in np.linspace(-0.85, 0.85, 9) * w:
        canvas.line(put(points((x, -0.64), (x * 1.02, -0.42))), darker(person.hat, 0.36), 1.0)


def _cap(sitter: Sitter, put: Put, w: float) -> None:
    person, canvas = sitter.look, sitter.canvas
    side = 1.0 if person.yaw > 0 else -1.0
    dome = _dome(w, -0.48, -1.24)
    sitter.part(put(dome), person.hat)
    panel = smooth(points((-0.3, -0.45), (-0.22, -1.0), (0, -1.26), (0.22, -1.0), (0.3, -0.45)))
    canvas.fill(put(panel), person.hat_accent, within=canvas.area(put(dome)))
    _shade(sitter, put, dome)
    canvas.fill(put(ellipse(0, -1.25, 0.07, 0.05)), darker(person.hat, 0.3))
    peak = smooth(
        points((-0.75, -0.52), (0, -0.66), (0.85, -0.52), (1.3, -0.36), (1.1, -0.26), (0.3, -0.38), (-0.5, -0.4))
    ) * (side, 1)
    canvas.fill(put(peak + (0, 0.08)), darker(person.skin, 0.5), opacity=0.4, within=sitter.skin_mask)
    sitter.part(put(peak), darker(person.hat, 0.2))


def _brim(sitter: Sitter, put: Put, reach: float, thick: float, y: float) -> None:
    person = sitter.look
    brim = smooth(
        points((-reach, y - 0.04), (-0.5 * reach, y - 0.5 * thick), (0.5 * reach, y - 0.5 * thick), (reach, y - 0.04),
               (0.55 * reach, y + thick), (0, y + 1.2 * thick), (-0.55 * reach, y + thick))
    )  # fmt: skip
    sitter.canvas.fill(put(brim + (0, 0.09)), darker(person.skin, 0.5), opacity=0.42, within=sitter.skin_mask)
    sitter.part(put(brim), darker(person.hat, 0.12))
    rim = smooth(points((-0.9 * reach, y), (0, y + 0.85 * thick), (0.9 * reach, y)), closed=False)
    sitter.canvas.fill(put(ribbon(rim, 0.035, taper=0.8)), lighter(person.hat, 0.25))


def _crowned(sitter: Sitter, put: Put, crown: np.ndarray, w: float, band: float) -> None:
    person = sitter.look
    sitter.part(put(crown), person.hat)
    strip = smooth(points((-w * 1.1, -0.6), (0, -0.52), (w * 1.1, -0.6)), closed=False)
    sitter.canvas.fill(put(ribbon(strip, band)), person.hat_accent, within=sitter.canvas.area(put(crown)))
    _shade(sitter, put, crown)


def _fedora(sitter: Sitter, put: Put, w: float) -> None:
    crown = smooth(
        points(
            (-w, -0.5),
            (-0.92 * w, -1.05),
            (-0.5 * w, -1.4),
            (0, -1.27),
            (0.5 * w, -1.4),
            (0.92 * w, -1.05),
            (w, -0.5),
            (0, -0.4),
        )
    )
    _crowned(sitter, put, crown, w, 0.2)
    _brim(sitter, put, w + 0.38, 0.1, -0.5)


def _sunhat(sitter: Sitter, put: Put, w: float) -> None:
    _crowned(sitter, put, _dome(w, -0.52, -1.26), w, 0.16)
    _brim(sitter, put, w + 0.62, 0.14, -0.48)


def _bucket(sitter: Sitter, put: Put, w: float) -> None:
    crown = smooth(points((-w, -0.6), (-0.82 * w, -1.2), (0, -1.28), (0.82 * w, -1.2), (w, -0.6), (0, -0.5)))
    _crowned(sitter, put, crown, w, 0.1)
    skirt = smooth(
        points(
            (-w, -0.68),
            (0, -0.74),
            (w, -0.68),
            (w + 0.24, -0.3),
            (0.4 * w, -0.36),
            (-0.4 * w, -0.36),
            (-w - 0.24, -0.3),
        )
    )
    sitter.canvas.fill(put(skirt + (0, 0.08)), darker(sitter.look.skin, 0.5), opacity=0.4, within=sitter.skin_mask)
    sitter.part(put(skirt), darker(sitter.look.hat, 0.14))
    for y in (-0.56, -0.47):
        seam = smooth(points((-w - 0.05, y + 0.05), (0, y - 0.02), (w + 0.05, y + 0.05)), closed=False)
        sitter.canvas.line(put(seam), lighter(sitter.look.hat, 0.2), 0.8)


def _beret(sitter: Sitter, put: Put, w: float) -> None:
    person = sitter.look
    side = 1.0 if person.seed % 2 else -1.0
    shape = smooth(
        points(
            (-w - 0.05, -0.52),
            (-w - 0.14, -0.85),
            (-0.4, -1.25),
            (0.4, -1.3),
            (w + 0.34, -1.0),
            (w + 0.3, -0.68),
            (w, -0.55),
            (0, -0.5),
        )
    ) * (side, 1)
    sitter.part(put(shape), person.hat)
    _shade(sitter, put, shape)
    band = smooth(points((-w, -0.5), (0, -0.56), (w, -0.5)), closed=False)
    sitter.canvas.fill(put(ribbon(band, 0.13)), darker(person.hat, 0.3))
    sitter.canvas.line(put(points((0.1 * side, -1.27), (0.16 * side, -1.44))), darker(person.hat, 0.2), 2.4)


def _lens(kind: str, side: int, x: float, y: float, rx: float, r: float) -> np.ndarray:
    """The outline of one lens around (x, y), as its kind of frame has it."""
    if kind == "round":
        return ellipse(x, y, rx, r)
    if kind == "aviator":
        return smooth(
            points(
                (x - side * 0.25, y - 0.22),
                (x + side * 0.28, y - 0.2),
                (x + side * 0.27, y + 0.12),
                (x + side * 0.05, y + 0.32),
                (x - side * 0.22, y + 0.14),
            )
        )
    if kind == "cat":
        return smooth(
            points(
                (x - side * 0.26, y - 0.13),
                (x + side * 0.38, y - 0.27),
                (x + side * 0.24, y + 0.17),
                (x - side * 0.18, y + 0.19),
            )
        )
    a, b, c = 0.29, 0.21, 0.055
    return smooth(
        points(
            (x - a + c, y - b), (x + a - c, y - b), (x + a, y - b + c), (x + a, y + b - c),
            (x + a - c, y + b), (x - a + c, y + b), (x - a, y + b - c), (x - a, y - b + c),
        ),
        steps=3,
    )  # fmt: skip


def paint_glasses(sitter: Sitter) -> None:
    """Glasses with one of five frames; some are tinted."""
    person, canvas = sitter.look, sitter.canvas
    gap, kind = person.eye_gap * sitter.width / 0.76, person.glasses_kind
    y, r = -0.06, 0.285
    frame, thick = person.frame, person.frame_weight * person.scale
    gleam = lighter(frame, 0.35) if sum(frame) < 500 else darker(frame, 0.3)
    for side in (-1, 1):
        x = side * max(gap, 0.33)
        rx = r * (1 - 0.1 * person.yaw * side)
        lens = _lens(kind, side, x, y, rx, r)
        area = sitter.on_face(lens)
        dark = person.lens > 0.4
        tinted = (46, 44, 52) if sum(frame) > 420 else darker(frame, 0.35)
        canvas.fill(area, tinted if dark else (214, 232, 240), opacity=person.lens)
        inside = canvas.area(area)
        flash = points((x - 0.17, y + 0.3), (x - 0.02, y + 0.3), (x + 0.16, y - 0.3), (x + 0.04, y - 0.3))
        canvas.fill(sitter.on_face(flash), (255, 255, 255), opacity=0.22, within=inside)
        if kind == "half":
            top = lens[lens[:, 1] < y + 0.02]
            top = top[np.argsort(top[:, 0])]
            canvas.line(area, gleam, 1.0, closed=True)
            canvas.fill(
                sitter.on_face(
                    ribbon(
                        points((x - 0.3, y + 0.02), *map(tuple, top[2:-2]), (x + 0.3, y + 0.02)),
                        1.5 * person.frame_weight,
                    )
                ),
                frame,
            )
        else:
            canvas.line(area, frame, thick, closed=True)
        canvas.line(
            np.vstack(
                [
                    sitter.on_face(points((x + side * 0.28, y - 0.1))),
                    sitter.at(points((side * (sitter.width + 0.02), -0.06))),
                ]
            ),
            frame,
            thick * 0.9,
        )
    bridge = smooth(points((-0.12, y - 0.05), (0, y - 0.1), (0.12, y - 0.05)), closed=False)
    canvas.fill(sitter.on_face(ribbon(bridge, person.frame_weight * 1.1)), frame)
