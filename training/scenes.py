"""Scenes: programs that turn genes into shapes. None of them knows a demo dataset; some draw the same kinds of things.

Every program takes a `Genes` table of n rows and returns `Shapes` of n scenes. Parts 0-15 are colour slots: a program
gives forms that belong together the same part, and `paint` decides what it looks like.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from training.genes import Genes
from training.shapes import WHATS, Shapes, Sketchpad

GENES = 260
PARTS = 16


def leaves(genes: Genes, pad: Sketchpad) -> None:
    """Dead leaves: forms of all sizes, each hiding what lies below (the statistics of photographs)."""
    for k in range(20):
        size = genes.skewed(0.06, 0.75, power=2.0)
        pad.add(
            genes.uniform(-1, 1), genes.uniform(-1, 1), size, size * genes.uniform(0.25, 1.1),
            angle=genes.uniform(0, 6.3), square=genes.chance(0.45), taper=genes.chance(0.35) * genes.uniform(-0.8, 0.8),
            bend=genes.chance(0.3) * genes.uniform(-0.8, 0.8), ring=genes.chance(0.15) * 0.03, part=k % PARTS,
            pattern=genes.chance(0.4),
        )  # fmt: skip


def clutter(genes: Genes, pad: Sketchpad) -> None:
    """What lies behind: some large leaves, on four scenes of ten."""
    here = genes.chance(0.4)
    for k in range(7):
        size = genes.uniform(0.15, 0.7)
        pad.add(genes.uniform(-1, 1), genes.uniform(-1, 1), size, size * genes.uniform(0.2, 1.1),
                angle=genes.uniform(0, 6.3), square=genes.chance(0.6), taper=genes.chance(0.3) * 0.6,
                part=9 + k % 6, on=here, pattern=genes.chance(0.4))  # fmt: skip


def figure(genes: Genes, pad: Sketchpad) -> None:
    """A person from the chest up: the outline, what is on the head, over the eyes and around the mouth varies."""
    clutter(genes, pad)
    x, y = genes.uniform(-0.2, 0.2), genes.uniform(-0.1, 0.2)
    w, tall = genes.uniform(0.26, 0.42), genes.uniform(1.05, 1.5)
    h, tilt = w * tall, genes.uniform(-0.2, 0.2)
    cosine, sine = tilt.cos(), tilt.sin()

    def at(u: Tensor | float, v: Tensor | float) -> tuple[Tensor, Tensor]:
        du, dv = u * w, v * h
        return x + du * cosine - dv * sine, y + du * sine + dv * cosine

    def on_head(u: Tensor | float, v: Tensor | float, ru: Tensor | float, rv: Tensor | float, **form: object) -> None:
        angle = tilt + form.pop("angle", 0.0)
        cx, cy = at(u, v)
        pad.add(cx, cy, ru * w, rv * h, angle=angle, **form)

    skin, hair, cloth, hat, frame, lips, dark, white, extra = range(9)
    long_hair, shoulder = genes.chance(0.45), genes.uniform(1.3, 2.3)
    on_head(0, 0.35, genes.uniform(1.05, 1.45), genes.uniform(0.9, 1.5), part=hair, what="hair", on=long_hair,
            square=genes.uniform(0, 0.7))  # fmt: skip
    pad.add(x, y + h * 1.1, w * 0.45, h * 0.5, part=skin, what="skin", square=0.8)
    pad.add(x + genes.uniform(-0.1, 0.1), y + h * 2.0, w * shoulder, h * genes.uniform(0.75, 1.05), part=cloth,
            what="cloth",
            square=genes.uniform(0.1, 0.6), pattern=genes.chance(0.5))  # fmt: skip
    pad.add(x, y + h * 1.25, w * genes.uniform(0.6, 1.0), h * genes.uniform(0.12, 0.3), part=extra, what="scarf",
            square=0.5,
            on=genes.chance(0.35), pattern=genes.chance(0.5), bend=-0.2)  # fmt: skip
    ears = genes.chance(0.7) * (1 - 0.7 * long_hair)
    for side in (-1.0, 1.0):
        on_head(side * 1.0, 0.05, 0.17, 0.2, part=skin, what="ear", on=(ears > 0.2).float())
    on_head(0, 0, 1.0, 1.0, part=skin, what="skin", square=genes.uniform(0, 0.45), taper=genes.uniform(-0.25, 0.05))
    fringe, bald = genes.uniform(-0.75, -0.3), genes.chance(0.15)
    on_head(genes.uniform(-0.15, 0.15), -0.35, genes.uniform(1.02, 1.2), genes.uniform(0.75, 1.0), part=hair,
            what="hair",
            cut=(fringe + 0.35) / 0.85, bend=genes.uniform(-0.3, 0.25), on=1 - bald, square=genes.uniform(0,
            0.4))  # fmt: skip
    beard = genes.chance(0.3)
    on_head(0, 0.6, genes.uniform(0.7, 0.95), genes.uniform(0.4, 0.65), part=hair, what="beard", on=beard, taper=-0.2,
            bend=genes.uniform(-0.5, -0.1))  # fmt: skip
    apart, eye, level = genes.uniform(0.32, 0.46), genes.uniform(0.1, 0.2), genes.uniform(-0.15, 0.02)
    open_, look = genes.uniform(0.35, 1.1), genes.uniform(-0.4, 0.4)
    whites, brow_tilt, brow_up = genes.chance(0.6), genes.uniform(-0.35, 0.35), genes.uniform(0.22, 0.36)
    for side in (-1.0, 1.0):
        on_head(side * apart, level, eye, eye * 0.8 * open_, part=white, what="eye", on=whites)
        on_head(side * apart + look * eye, level, eye * 0.5, eye * 0.5 * open_.clamp(max=0.9), part=dark, what="eye")
        on_head(side * apart, level - brow_up, eye * 1.3, 0.035, part=hair, what="brow", angle=side * brow_tilt,
                square=0.7,
                bend=0.3)  # fmt: skip
    nose = genes.uniform(0.06, 0.16)
    on_head(look * 0.1, 0.22, nose, genes.uniform(0.1, 0.22), part=skin, what="nose", taper=0.5, pattern=0.5)
    curve, wide, mouth = genes.uniform(-0.2, 0.2), genes.uniform(0.2, 0.42), genes.pick(4)
    smiling = genes.chance(0.5)
    low = genes.uniform(0.5, 0.62)
    curve = torch.where(smiling > 0, 0.0 * curve + genes.uniform(1.0, 2.6), curve)
    wide = wide * (1 + 0.25 * smiling)
    line, said = (mouth < 2).float(), WHATS.index("mouth") + smiling * (WHATS.index("smile") - WHATS.index("mouth"))
    on_head(0, low, wide, 0.045, part=lips, what=said, bend=-curve, square=0.6, on=line)
    grin = (mouth >= 2).float() * smiling
    on_head(
        0, low - 0.06, wide, genes.uniform(0.16, 0.3), part=lips, what="smile", on=grin, cut=2.0, bend=-0.25, taper=-0.5
    )
    on_head(0, low - 0.13, wide * 0.8, 0.07, part=white, what="smile", on=grin, square=0.6, bend=-0.2)
    on_head(
        0, low, wide * 0.55, genes.uniform(0.05, 0.12), part=lips, what="mouth", on=(mouth >= 2).float() * (1 - smiling)
    )
    glasses, tinted, round_ = genes.chance(0.45), genes.chance(0.35), genes.chance(0.5)
    lens, thick = genes.uniform(0.24, 0.36), genes.uniform(0.008, 0.028)
    flat = genes.uniform(0.6, 1.05)
    for side in (-1.0, 1.0):
        on_head(side * apart * 1.02, level + 0.02, lens, lens * 0.72 * flat, part=frame, what="spectacle lens",
                on=glasses * tinted, square=1 - round_)  # fmt: skip
        on_head(side * apart * 1.02, level + 0.02, lens, lens * 0.72 * flat, part=frame, what="spectacle rim",
                on=glasses, square=1 - round_, ring=thick)  # fmt: skip
        on_head(side * 0.85, level, 0.2, 0.03, part=frame, what="spectacle rim", on=glasses, square=1.0)
    on_head(0, level, 0.12, 0.03, part=frame, what="spectacle rim", on=glasses, square=1.0, bend=0.4)
    hat_on, kind = genes.chance(0.45), genes.pick(4)
    crown, rise, sits = genes.uniform(0.95, 1.2), genes.uniform(0.4, 0.8), genes.uniform(-0.62, -0.42)
    tall_hat = ((kind == 1) | (kind == 2)).float()
    on_head(0, sits - rise * 0.4, crown, rise, part=hat, what="hat crown", on=hat_on,
            square=tall_hat * genes.uniform(0.4, 1.0),
            taper=genes.uniform(-0.3, 0.3) * tall_hat, cut=0.4, pattern=genes.chance(0.4))  # fmt: skip
    one_sided = (kind == 3).float() * (genes.chance(0.5) * 2 - 1) * 0.8
    on_head(one_sided, sits, torch.where(kind == 0, crown * 1.02, crown * genes.uniform(1.2, 1.75)),
            genes.uniform(0.07, 0.14), what="hat brim", on=hat_on,
            part=torch.where(genes.chance(0.5) > 0, hat, extra),
            square=genes.uniform(0, 0.9), bend=genes.uniform(-0.4, 0.3))  # fmt: skip
    for side in (-1.0, 1.0):
        on_head(side * 1.02, 0.35, 0.08, 0.1, part=extra, what="earring", on=genes.chance(0.25))


def street(genes: Genes, pad: Sketchpad) -> None:
    """A road between houses and trees below a sky with a sun or a moon."""
    horizon = genes.uniform(-0.25, 0.3)
    sky, ground, road, sun, trunk, crown, car, wheel, lamp = 8, 9, 10, 11, 12, 13, 14, 15, 7
    pad.add(genes.uniform(-0.9, 0.9), genes.uniform(-0.9, -0.4), genes.uniform(0.06, 0.16), genes.uniform(0.06, 0.16),
            part=sun, what="sun", on=genes.chance(0.5))  # fmt: skip
    for _ in range(2):
        pad.add(genes.uniform(-1, 1), genes.uniform(-0.9, -0.4), genes.uniform(0.15, 0.4), genes.uniform(0.05, 0.12),
                part=sky, what="cloud", on=genes.chance(0.5))  # fmt: skip
    pad.add(0.0, horizon + 1.0, 1.6, 1.0, part=ground, what="land", square=1.0, pattern=genes.chance(0.3),
            bend=genes.chance(0.4) * genes.uniform(-0.2, 0.2))  # fmt: skip
    for k in range(6):
        width, height = genes.uniform(0.12, 0.32), genes.uniform(0.2, 0.8)
        x = -1.1 + 0.42 * k + genes.uniform(-0.15, 0.15)
        here = genes.chance(0.7)
        pad.add(x, horizon + 0.05 - height * 0.5, width, height * 0.6, part=k, what="wall", square=1.0, on=here,
                pattern=genes.chance(0.75))  # fmt: skip
        pad.add(x, horizon - height - 0.1, width * 1.1, genes.uniform(0.06, 0.2), part=(k + 3) % 7, what="roof",
                square=1.0,
                taper=0.9, on=here * genes.chance(0.5))  # fmt: skip
    pad.add(genes.uniform(-0.3, 0.3), horizon + 0.95, genes.uniform(0.45, 1.0), 1.0, part=road, what="road", square=1.0,
            taper=genes.uniform(0.5, 0.95), angle=genes.uniform(-0.2, 0.2), on=genes.chance(0.8))  # fmt: skip
    for _ in range(3):
        x, y, size = genes.uniform(-1, 1), horizon + genes.uniform(0, 0.4), genes.uniform(0.1, 0.3)
        here = genes.chance(0.5)
        pad.add(x, y - size, size * 0.15, size * 1.2, part=trunk, what="trunk", square=1.0, on=here)
        pad.add(x, y - 2.0 * size, size * genes.uniform(0.6, 1.0), size * genes.uniform(0.7, 1.3), part=crown,
                what="leaves", on=here,
                taper=genes.chance(0.4) * 0.9, square=genes.chance(0.3), pattern=genes.chance(0.5))  # fmt: skip
    for _ in range(2):
        x, y, size = genes.uniform(-0.8, 0.8), horizon + genes.uniform(0.25, 0.7), genes.uniform(0.1, 0.25)
        here = genes.chance(0.5)
        pad.add(x, y - size * 0.7, size * 0.6, size * 0.4, part=lamp, what="car", square=0.8, taper=0.5, on=here)
        pad.add(x, y - size * 0.25, size, size * 0.35, part=car, what="car", square=0.8, on=here)
        for side in (-0.55, 0.55):
            pad.add(x + side * size, y + size * 0.1, size * 0.2, size * 0.2, part=wheel, what="wheel", on=here)
    for _ in range(2):
        x, tall = genes.uniform(-0.9, 0.9), genes.uniform(0.4, 0.8)
        here = genes.chance(0.35)
        pad.add(x, horizon + 0.3 - tall * 0.5, 0.015, tall * 0.6, part=trunk, what="pole", square=1.0, on=here)
        pad.add(x, horizon + 0.3 - tall * 1.1, 0.06, 0.06, part=lamp, what="lamp", on=here)


def creature(genes: Genes, pad: Sketchpad) -> None:
    """A body with a head, legs, tail and ears, standing on something."""
    clutter(genes, pad)
    body, ry = genes.uniform(0.25, 0.5), genes.uniform(0.14, 0.32)
    y, lean = genes.uniform(-0.1, 0.3), genes.uniform(-0.3, 0.3)
    leg, width, neck = genes.uniform(0.1, 0.5), genes.uniform(0.025, 0.08), genes.uniform(0.05, 0.6)
    head, up = genes.uniform(0.1, 0.24), genes.uniform(0.2, 1.2)
    pad.add(0.0, 1.0, 1.5, genes.uniform(0.1, 0.5), part=9, what="floor", square=1.0, on=genes.chance(0.6))
    legs = genes.pick(3)
    for k, spot in enumerate((-0.8, -0.5, 0.5, 0.8)):
        pad.add(body * spot, y + ry + leg * 0.5, width, leg * 0.65, part=1, what="leg", square=0.7,
                angle=genes.uniform(-0.3, 0.3), on=((legs > 0) | (k % 3 == 0)).float())  # fmt: skip
    pad.add(-body, y - ry * 0.3, genes.uniform(0.1, 0.35), genes.uniform(0.02, 0.08), part=2, what="tail",
            angle=genes.uniform(-1, 1), bend=genes.uniform(-1.5, 1.5), on=genes.chance(0.7))  # fmt: skip
    pad.add(
        0.0, y, body, ry, part=0, what="body", angle=lean * 0.5, square=genes.uniform(0, 0.5), pattern=genes.chance(0.6)
    )
    nx, ny = body * 0.85, y - ry * 0.4
    hx, hy = nx + neck * up.cos(), ny - neck * up.sin()
    pad.add((nx + hx) / 2, (ny + hy) / 2, neck * 0.6 + 0.05, width * 1.6, part=0, what="neck", angle=-up, square=0.7,
            pattern=genes.chance(0.5))  # fmt: skip
    ear = genes.uniform(0.05, 0.2)
    for side in (-0.6, 0.6):
        pad.add(hx + side * head, hy - head * 0.9, head * 0.3, ear, part=2, what="animal ear",
                angle=side * genes.uniform(0, 0.8),
                on=genes.chance(0.75))  # fmt: skip
    pad.add(hx, hy, head * genes.uniform(0.8, 1.4), head, part=3, what="animal head", angle=genes.uniform(-0.4, 0.4))
    pad.add(hx + head * 0.8, hy + head * 0.25, head * genes.uniform(0.2, 0.7), head * 0.35, part=4, what="muzzle")
    for side in (-0.1, 0.45):
        pad.add(hx + side * head, hy - head * 0.25, head * 0.15, head * 0.15, part=6, what="animal eye")
    pad.add(0.0, y - ry, body * 0.6, genes.uniform(0.05, 0.3), part=5, what="saddle", on=genes.chance(0.25),
            taper=0.7, square=0.6,
            cut=0.5)  # fmt: skip


def thing(genes: Genes, pad: Sketchpad) -> None:
    """A made thing: forms stacked along an axis and mirrored across it (vessels, tools, instruments, houses)."""
    clutter(genes, pad)
    turn = genes.chance(0.4) * genes.uniform(-0.7, 0.7)
    cosine, sine = turn.cos(), turn.sin()
    along = genes.uniform(-0.8, -0.5)
    for k in range(6):
        height, width = genes.uniform(0.06, 0.3), genes.skewed(0.05, 0.6, power=1.5)
        centre, here = along + height, genes.chance(0.8)
        pad.add(-centre * sine, centre * cosine, width, height * 1.05, angle=turn, square=genes.chance(0.6), part=k,
                taper=genes.chance(0.5) * genes.uniform(-0.8, 0.8), bend=genes.chance(0.3) * genes.uniform(-0.5, 0.5),
                on=here, pattern=genes.chance(0.35))  # fmt: skip
        out, small = width * genes.uniform(0.4, 1.2), genes.uniform(0.03, 0.14)
        pair, hollow = genes.chance(0.45) * here, genes.chance(0.3) * 0.02
        squared = genes.chance(0.5)
        for side in (-1.0, 1.0):
            pad.add(side * out * cosine - centre * sine, side * out * sine + centre * cosine, small,
                    small * 1.2, angle=turn, square=squared, part=(k + 7) % PARTS, on=pair, ring=hollow)  # fmt: skip
        along = along + height * (0.6 + here)


def branches(genes: Genes, pad: Sketchpad) -> None:
    """A fractal of three maps, three deep: trees, ferns, snowflakes, corals."""
    device, n = genes.uniform(0, 1).device, len(genes)
    turns = [genes.uniform(-1.2, 1.2) for _ in range(3)]
    shrink = [genes.uniform(0.5, 0.85) for _ in range(3)]
    spread, slim = genes.uniform(0.5, 1.0), genes.uniform(0.06, 0.4)
    square, taper, bend = genes.uniform(0, 1), genes.uniform(-0.8, 0.8), genes.chance(0.4) * genes.uniform(-1, 1)
    size = genes.uniform(0.25, 0.42)
    zero = torch.zeros(n, device=device)
    row = [(zero, zero + genes.uniform(0.2, 0.8), size, -1.57 + genes.uniform(-0.2, 0.2))]
    third = genes.chance(0.6)
    for depth in range(4):
        following = []
        for x, y, length, heading in row:
            dx, dy = heading.cos() * length, heading.sin() * length
            alive = (length > 0.02).float()
            pad.add(x + dx / 2, y + dy / 2, length * 0.6, length * slim, angle=heading, part=depth,
                    what=f"branch {depth}", square=square,
                    taper=taper * 0.0, bend=bend, on=alive)  # fmt: skip
            for turn, factor in list(zip(turns, shrink))[: 3 if depth < 2 else 2]:
                following.append((x + dx * spread, y + dy * spread, length * factor, heading + turn))
        row = following[:14]
    tip = genes.uniform(0.02, 0.09)
    for x, y, _, heading in row[:10]:
        pad.add(x, y, tip, tip * genes.uniform(0.4, 1), angle=heading, part=5, what="tip", on=third, taper=taper)


def lattice(genes: Genes, pad: Sketchpad) -> None:
    """The same form again and again on a bent grid: tiles, crowds, shelves, fields of dots."""
    step, row, turn = genes.uniform(0.3, 0.55), genes.uniform(0.3, 0.55), genes.uniform(-0.8, 0.8)
    stagger, mess, missing = genes.chance(0.5) * 0.5, genes.skewed(0, 0.2), genes.skewed(0, 0.5)
    width, height = step * genes.uniform(0.2, 0.6), row * genes.uniform(0.2, 0.6)
    form = {"square": genes.chance(0.5), "taper": genes.chance(0.4) * genes.uniform(-0.9, 0.9),
            "bend": genes.chance(0.4) * genes.uniform(-0.8, 0.8), "ring": genes.chance(0.3) * 0.025}  # fmt: skip
    lean, two, grow = genes.uniform(-1.5, 1.5), genes.chance(0.4), genes.uniform(-0.35, 0.35)
    for j in range(-3, 4):
        for i in range(-2, 3):
            x, y = (i + stagger * (j % 2)) * step, j * row * 0.9
            size = 1 + grow * j * 0.5
            pad.add(x * turn.cos() - y * turn.sin() + mess * genes.uniform(-1, 1),
                    x * turn.sin() + y * turn.cos() + mess * genes.uniform(-1, 1), width * size, height * size,
                    angle=lean, part=(i + j) % 2 * two, on=(genes.uniform(0, 1) >= missing).float(),
                    pattern=0.0, **form)  # fmt: skip


def strokes(genes: Genes, pad: Sketchpad) -> None:
    """Lines: straight and bent strokes, rings and dots, as a pen leaves them."""
    for k in range(18):
        hollow = genes.chance(0.25)
        length, thin = genes.skewed(0.08, 0.8, power=1.5), genes.uniform(0.008, 0.03)
        pad.add(genes.uniform(-0.9, 0.9), genes.uniform(-0.9, 0.9), length,
                torch.where(hollow > 0, length * genes.uniform(0.3, 1), thin), angle=genes.uniform(0, 6.3),
                square=genes.chance(0.4), bend=genes.chance(0.5) * genes.uniform(-8, 8), ring=hollow * thin,
                part=k % 3, on=genes.chance(0.75))  # fmt: skip


PROGRAMS: dict[str, Callable[[Genes, Sketchpad], None]] = {
    program.__name__: program for program in (leaves, figure, street, creature, thing, branches, lattice, strokes)
}


def draw(program: str, table: Tensor) -> Shapes:
    """Return the scenes that a gene table (n, GENES) describes."""
    pad = Sketchpad(table.shape[0], table.device)
    PROGRAMS[program](Genes(table), pad)
    return pad.shapes()
