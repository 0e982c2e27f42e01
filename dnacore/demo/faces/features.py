"""The face itself: head, ears, eyes, brows, nose, mouth, freckles."""

from __future__ import annotations

import numpy as np

from dnacore.demo.canvas import darker, ellipse, lighter, mix, points, ribbon, smooth
from dnacore.demo.faces.portrait import INK_LINE, Sitter, head


def paint_head(sitter: Sitter, earrings: bool) -> None:
    """Ears, earrings, and the head with its shaded side and warm cheeks."""
    person, canvas, w = sitter.look, sitter.canvas, sitter.width
    skin = person.skin
    for side in (-1, 1):
        ear = sitter.at(ellipse(side * (w + 0.03) - 0.05 * person.yaw, 0.06, 0.15, 0.23, turn=side * 0.15))
        sitter.part(ear, darker(skin, 0.06))
        inner = sitter.at(ellipse(side * (w + 0.05) - 0.05 * person.yaw, 0.06, 0.07, 0.13, turn=side * 0.15))
        canvas.fill(inner, darker(mix(skin, (200, 70, 60), 0.25), 0.2))
        if earrings:
            _earring(sitter, side)
    outline = sitter.at(head(person))
    sitter.part(outline, skin)
    away = np.sign(person.light)
    shadow = darker(mix(skin, (190, 70, 60), 0.3), 0.32)
    far = smooth(
        points(
            (0.2, -1.2),
            (0.62 * w, -0.5),
            (0.72 * w, 0.1),
            (0.5 * w, 0.62),
            (0.05, 0.93),
            (0.2, 1.3),
            (1.4, 1),
            (1.4, -1),
        )
    )
    sitter.shade(sitter.at(far * (away, 1)), shadow, 0.36, sitter.skin_mask)
    blush = mix(skin, (226, 74, 80), 0.5)
    for side in (-1, 1):
        canvas.fill(
            sitter.on_face(ellipse(side * 0.46 * w / 0.76, 0.3, 0.2, 0.13)),
            blush,
            opacity=0.34 + 0.1 * (person.mouth_kind % 3),
            within=sitter.skin_mask,
            soft=3.0,
        )


def _earring(sitter: Sitter, side: int) -> None:
    person = sitter.look
    x, y = side * (sitter.width + 0.09) - 0.05 * person.yaw, 0.33
    metal, dark = person.metal, darker(person.metal, 0.45)
    if person.earring_kind == "hoop":
        sitter.canvas.line(sitter.at(ellipse(x, y + 0.13, 0.14, 0.16)), dark, 3.4, closed=True)
        sitter.canvas.line(sitter.at(ellipse(x, y + 0.13, 0.14, 0.16)), metal, 2.2, closed=True)
    elif person.earring_kind == "drop":
        drop = points((x, y - 0.02), (x + 0.1, y + 0.22), (x, y + 0.33), (x - 0.1, y + 0.22))
        sitter.canvas.shape(sitter.at(smooth(drop)), metal, dark, 0.9)
    elif person.earring_kind == "stud":
        sitter.canvas.shape(sitter.at(ellipse(x, y - 0.02, 0.1, 0.1)), metal, dark, 0.9)
        sitter.canvas.fill(sitter.at(ellipse(x - 0.03, y - 0.05, 0.03, 0.03)), (255, 255, 255))
    else:
        turn = np.linspace(0, 2 * np.pi, 11)[:-1] - np.pi / 2
        reach = np.where(np.arange(10) % 2, 0.07, 0.16)[:, None]
        star = np.stack([np.cos(turn), np.sin(turn)], axis=1) * reach + (x, y + 0.12)
        sitter.canvas.shape(sitter.at(star), metal, dark, 0.9)


def paint_freckles(sitter: Sitter) -> None:
    """A band of dots over cheeks and nose."""
    rng = sitter.random("freckles")
    colour = darker(mix(sitter.look.skin, (150, 70, 20), 0.45), 0.25)
    for side in (-1, 1):
        for _ in range(int(rng.integers(11, 17))):
            x, y = side * rng.uniform(0.06, 0.62), 0.22 + rng.normal(0, 0.085)
            size = rng.uniform(0.018, 0.036)
            sitter.canvas.fill(sitter.on_face(ellipse(x * sitter.width / 0.76, y, size, size)), colour)


def paint_eyes(sitter: Sitter) -> None:
    """Eyes and brows."""
    person, canvas = sitter.look, sitter.canvas
    gap, size = person.eye_gap * sitter.width / 0.76, person.eye_size
    brow_colour = darker(sitter.hair, 0.15 if sum(sitter.hair) > 300 else 0.0)
    for side in (-1, 1):
        # The eye that is turned away looks narrower.
        narrow = 1 - 0.13 * person.yaw * side
        x, y = side * gap, -0.08
        rx, ry = (
            0.15 * size * narrow,
            {"round": 0.155, "almond": 0.105, "sleepy": 0.12}.get(person.eye_kind, 0.12) * size,
        )
        ix, iy = x + person.gaze[0] * 0.16, y + person.gaze[1] * 0.14
        if person.eye_kind == "dot":
            canvas.fill(sitter.on_face(ellipse(ix, iy, 0.08 * size * narrow, 0.115 * size)), INK_LINE)
            canvas.fill(sitter.on_face(ellipse(ix - 0.025, iy - 0.045, 0.026, 0.032)), (255, 255, 255))
        else:
            if person.eye_kind == "almond":
                white = smooth(
                    points((x - rx * 1.15, y + 0.02), (x - 0.3 * rx, y - ry), (x + 0.5 * rx, y - ry * 0.85),
                           (x + rx * 1.15, y - 0.02), (x + 0.3 * rx, y + ry * 0.85), (x - 0.5 * rx, y + ry * 0.8))
                )  # fmt: skip
            else:
                white = ellipse(x, y, rx, ry)
            area = sitter.on_face(white)
            canvas.fill(area, (252, 250, 246))
            inside = canvas.area(area)
            iris = 0.1 * size
            canvas.fill(sitter.on_face(ellipse(ix, iy, iris * narrow, iris * 1.06)), person.iris, within=inside)
            canvas.fill(sitter.on_face(ellipse(ix, iy, iris * 0.55 * narrow, iris * 0.6)), INK_LINE, within=inside)
            canvas.fill(sitter.on_face(ellipse(ix - 0.035, iy - 0.04, 0.03, 0.03)), (255, 255, 255), within=inside)
            lid_y = y - ry if person.eye_kind != "sleepy" else y - 0.45 * ry
            if person.eye_kind == "sleepy":
                lid = points(
                    (x - 1.5 * rx, y - 2 * ry), (x + 1.5 * rx, y - 2 * ry), (x + 1.5 * rx, lid_y), (x - 1.5 * rx, lid_y)
                )
                canvas.fill(sitter.on_face(lid), darker(person.skin, 0.14), within=inside)
            lash = smooth(points((x - rx * 1.08, y - 0.02), (x, lid_y - 0.01), (x + rx * 1.08, y - 0.02)), closed=False)
            canvas.fill(sitter.on_face(ribbon(lash, 0.055, taper=0.7)), INK_LINE)
        by = y - 0.27 - 0.03 * size
        brow = smooth(
            points((x - side * 0.15, by + 0.03 + person.brow_tilt), (x + side * 0.03, by - 0.04),
                   (x + side * 0.2, by + 0.05 - person.brow_tilt)), closed=False,
        )  # fmt: skip
        canvas.fill(sitter.on_face(ribbon(brow, person.brow_weight, taper=0.55)), brow_colour)


def paint_nose(sitter: Sitter) -> None:
    """Four ways cartoonists draw a nose."""
    person, canvas = sitter.look, sitter.canvas
    dark = darker(mix(person.skin, (190, 70, 60), 0.35), 0.34)
    s, turn = person.nose_size, 0.06 * person.yaw
    if person.nose_kind == "button":
        curve = smooth(points((-0.1 * s, 0.2), (turn, 0.29), (0.1 * s, 0.2)), closed=False)
        canvas.fill(sitter.on_face(ribbon(curve, 0.055, taper=0.6)), dark)
    elif person.nose_kind == "bridge":
        way = np.sign(person.light)
        curve = smooth(points((way * 0.05, -0.05), (way * 0.1 * s + turn, 0.22), (-way * 0.05, 0.27)), closed=False)
        canvas.fill(sitter.on_face(ribbon(curve, 0.05, taper=0.6)), dark)
    elif person.nose_kind == "wedge":
        wedge = smooth(points((turn * 0.4, -0.08), (0.11 * s + turn, 0.22), (turn, 0.28), (-0.11 * s + turn, 0.22)))
        canvas.fill(sitter.on_face(wedge), mix(person.skin, dark, 0.5))
        canvas.fill(
            sitter.on_face(wedge * 0.62 + (-0.03 * np.sign(person.light), 0.05)),
            lighter(person.skin, 0.25),
            opacity=0.7,
        )
    else:
        canvas.fill(sitter.on_face(ellipse(turn, 0.2, 0.125 * s, 0.1 * s)), mix(person.skin, dark, 0.42))
        canvas.fill(
            sitter.on_face(ellipse(turn - 0.04 * np.sign(person.light), 0.17, 0.05, 0.035)), lighter(person.skin, 0.45)
        )


def paint_mouth(sitter: Sitter, smile: bool) -> None:
    """A smile (open or closed) or a serious mouth."""
    person, canvas = sitter.look, sitter.canvas
    m, y, lips = person.mouth_width, 0.5, person.lips
    dark = darker(lips, 0.55)
    if smile:
        m *= 1.12
        kind = person.mouth_kind % 4
        if kind == 3:
            curve = smooth(
                points((-m, y - 0.07), (-0.5 * m, y + 0.05), (0, y + 0.1), (0.5 * m, y + 0.05), (m, y - 0.07)),
                closed=False,
            )
            canvas.fill(sitter.on_face(ribbon(curve, 0.085, taper=0.5)), dark)
        else:
            deep = (0.2, 0.27, 0.34)[kind]
            grin = smooth(
                points((-m, y - 0.07), (-0.4 * m, y - 0.015), (0.4 * m, y - 0.015), (m, y - 0.07),
                       (0.62 * m, y + deep * 0.72), (0, y + deep), (-0.62 * m, y + deep * 0.72))
            )  # fmt: skip
            area = sitter.on_face(grin)
            canvas.fill(area, (92, 26, 36))
            inside = canvas.area(area)
            teeth = points(
                (-1.2 * m, y - 0.2), (1.2 * m, y - 0.2), (1.0 * m, y + 0.05), (0, y + 0.1), (-1.0 * m, y + 0.05)
            )
            canvas.fill(sitter.on_face(smooth(teeth)), (253, 251, 246), within=inside)
            if deep > 0.22:
                canvas.fill(sitter.on_face(ellipse(0, y + deep + 0.02, 0.5 * m, 0.12)), (214, 96, 98), within=inside)
            canvas.line(area, dark, 1.1 if kind else 2.0, closed=True)
        for side in (-1, 1):
            dimple = smooth(
                points((side * m, y - 0.14), (side * (m + 0.06), y - 0.06), (side * (m + 0.02), y + 0.02)), closed=False
            )
            canvas.fill(sitter.on_face(ribbon(dimple, 0.04, taper=0.8)), darker(person.skin, 0.4))
        return
    kind = person.mouth_kind % 4
    m *= 0.8
    if kind == 0:
        line = points((-m, y + 0.05), (0, y + 0.04), (m, y + 0.05))
    elif kind == 1:
        line = points((-m, y + 0.1), (0, y + 0.02), (m, y + 0.1))
    elif kind == 2:
        full = smooth(
            points(
                (-m, y + 0.05), (-0.35 * m, y - 0.02), (0, y + 0.01), (0.35 * m, y - 0.02), (m, y + 0.05), (0, y + 0.16)
            )
        )
        canvas.fill(sitter.on_face(full), lips)
        line = points((-m, y + 0.05), (0, y + 0.06), (m, y + 0.05))
    else:
        line = points((-m, y + 0.07), (0.2 * m, y + 0.05), (0.9 * m, y + 0.02))
    canvas.fill(sitter.on_face(ribbon(smooth(line, closed=False), 0.055, taper=0.6)), dark)
