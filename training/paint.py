"""Paint: ways of turning shapes into pictures, from flat colour and pen to lit, grainy and night-time ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from training.genes import Genes
from training.scenes import PARTS
from training.shapes import ON, PATTERN, WHAT, Shapes, place

GENES = 190


@dataclass
class Style:
    """n ways of painting. colours: (n, PARTS, 3), paper and second: (n, 3) in [0, 1]; all others (n,)."""

    colours: Tensor
    paper: Tensor
    second: Tensor
    ground: Tensor
    ground_turn: Tensor
    ground_step: Tensor
    fill: Tensor
    line: Tensor
    ink: Tensor
    coloured_line: Tensor
    shade: Tensor
    gloss: Tensor
    light: Tensor
    halo: Tensor
    softness: Tensor
    texture: Tensor
    texture_step: Tensor
    texture_kind: Tensor
    patches: Tensor
    rough: Tensor
    dark: Tensor
    contrast: Tensor
    saturation: Tensor
    cast: Tensor
    vignette: Tensor
    blur: Tensor
    grain: Tensor
    coarse: Tensor
    hatch: Tensor
    hatch_step: Tensor
    slope: Tensor


def style(table: Tensor) -> Style:
    """Return the ways of painting that a gene table (n, GENES) describes."""
    g = Genes(table)
    n, device = len(g), table.device
    drawing = g.chance(0.22)  # black on white, or nearly
    anchors = torch.stack([_hue(g.uniform(0, 1), g.uniform(0, 1), g.uniform(0.1, 1)) for _ in range(4)], 1)
    follow = g.pick(4, PARTS)
    picked = anchors[torch.arange(n, device=device)[:, None], follow]
    own = g.uniform(0, 1, 3 * PARTS).view(n, PARTS, 3)
    value = g.uniform(0.45, 1.35, PARTS)[..., None]
    colours = (torch.lerp(picked, own, g.uniform(0, 0.8)[:, None, None]) * value).clamp(0, 1)
    natural = g.chance(0.25)[:, None, None]
    colours = torch.lerp(colours, colours.new_tensor(_NATURAL) * value.clamp(0.6, 1.2), natural * 0.85).clamp(0, 1)
    white = (g.chance(0.7) * drawing)[:, None]
    paper = torch.lerp(_hue(g.uniform(0, 1), g.skewed(0, 1, power=2), g.uniform(0.05, 1)), torch.ones(3, device=device),
                       white)  # fmt: skip
    empty = drawing * g.chance(0.8)
    return Style(
        colours=colours,
        paper=paper,
        second=_hue(g.uniform(0, 1), g.uniform(0, 1), g.uniform(0.05, 1)),
        ground=torch.where(drawing > 0, torch.zeros_like(drawing), g.pick(9).float()),
        ground_turn=g.uniform(0, 3.14),
        ground_step=g.uniform(4, 26),
        fill=1 - empty,
        line=torch.where(drawing > 0, g.uniform(0.006, 0.03), g.chance(0.35) * g.uniform(0.004, 0.02)),
        ink=torch.where(g.chance(0.85) > 0, g.uniform(0, 0.25), g.uniform(0.7, 1)),
        coloured_line=g.chance(0.15),
        shade=g.chance(0.6) * g.uniform(0.05, 0.45),
        gloss=g.chance(0.3) * g.uniform(0.1, 0.8),
        light=g.uniform(0, 6.3),
        halo=g.chance(0.35) * g.uniform(0.1, 0.45),
        softness=1 + g.chance(0.15) * g.uniform(0, 3),
        texture=g.chance(0.5) * g.uniform(0.1, 0.6),
        texture_step=g.uniform(3, 16),
        texture_kind=g.pick(4).float(),
        patches=g.chance(0.4) * g.skewed(0.05, 0.5, power=2),
        rough=g.uniform(0.6, 2.0),
        dark=g.chance(0.15) * g.uniform(0.2, 0.8),
        contrast=g.uniform(0.6, 1.4),
        saturation=torch.where(g.chance(0.15) > 0, torch.zeros_like(drawing), g.uniform(0.5, 1.3)),
        cast=g.uniform(0, 1),
        vignette=g.chance(0.2) * g.uniform(0.1, 0.4),
        blur=g.chance(0.25) * g.uniform(0.2, 1),
        grain=g.chance(0.3) * g.skewed(0.01, 0.12, power=3),
        coarse=g.chance(0.05) * g.uniform(0.3, 1),
        hatch=g.chance(0.03) * g.uniform(0.4, 1),
        hatch_step=g.uniform(20, 50),
        slope=g.uniform(0, 3.14),
    )


# What heads, hair and streets often look like; a quarter of the styles lean on it.
_NATURAL = [
    [0.86, 0.66, 0.52], [0.28, 0.18, 0.12], [0.25, 0.35, 0.60], [0.60, 0.15, 0.15], [0.10, 0.10, 0.12],
    [0.75, 0.30, 0.30], [0.06, 0.05, 0.06], [0.95, 0.95, 0.92], [0.80, 0.85, 0.92], [0.35, 0.48, 0.25],
    [0.40, 0.40, 0.42], [1.00, 0.92, 0.60], [0.35, 0.25, 0.18], [0.18, 0.40, 0.16], [0.70, 0.20, 0.18],
    [0.12, 0.12, 0.13],
]  # fmt: skip


def _hue(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    wheel = (hue[:, None] * 6 + hue.new_tensor([0.0, 4.0, 2.0])) % 6
    pure = (torch.abs(wheel - 3) - 1).clamp(0, 1)
    return value[:, None] * (1 - saturation[:, None] * (1 - pure))


def paint(shapes: Shapes, look: Style, views: Tensor, side: int, generator: torch.Generator,
          fused: bool) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return pictures, (n, 3, side, side) float32 in [0, 1], and what lies where, (n, side, side) places in `WHATS`, -1
    for the ground. A form lies where its outline says, filled or not.

    views: (n, 5) how each scene is looked at: zoom, turn (radians), shift x, shift y, mirrored (1 or -1).
    fused: compile the stroke into one loop (some seconds once, then several times faster).
    """
    n, device = views.shape[0], views.device
    steps = (torch.arange(side, device=device) + 0.5) / side * 2 - 1
    py, px = torch.meshgrid(steps, steps, indexing="ij")

    def col(values: Tensor) -> Tensor:
        return values[:, None, None]

    zoom, turn, shift_x, shift_y, mirrored = views.unbind(1)
    cosine, sine = col(turn.cos() / zoom), col(turn.sin() / zoom)
    x = (px * cosine + py * sine - col(shift_x)) * col(mirrored)
    y = py * cosine - px * sine - col(shift_y)
    rough = clouds(n, side, look.rough, generator)
    hand = torch.stack(
        [look.fill, look.line, look.coloured_line, look.shade, look.gloss, look.light.cos() * mirrored,
         look.light.sin(), look.halo, look.texture, look.texture_step, look.texture_kind, look.patches,
         2 / side * look.softness / zoom], 1,
    )  # fmt: skip
    ink = torch.lerp(look.ink[:, None].expand(n, 3), look.paper * 0.5, 0.15)
    red, green, blue = (channel.contiguous() for channel in _ground(look, px, py, rough).unbind(1))
    there = torch.full_like(x, -1.0)
    lay, rows = _fused() if fused else _lay, torch.arange(n, device=device)
    for k in range(shapes.count):
        if bool(shapes.on[:, k].any()):
            colour = look.colours[rows, shapes.part[:, k].long() % PARTS]
            red, green, blue, there = lay(red, green, blue, there, shapes.form(k), colour, hand, ink, x, y, rough)
    return _develop(torch.stack([red, green, blue], 1), look, px, py, generator), there.long()


def _lay(red: Tensor, green: Tensor, blue: Tensor, there: Tensor, form: Tensor, colour: Tensor, hand: Tensor,
         ink: Tensor, x: Tensor, y: Tensor, rough: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Return the canvas with one form laid over it: its shadow, its body, its shine, its outline."""
    (fill, line, coloured, shade, gloss, light_x, light_y, halo, texture, step, kind, patches, pixel) = (
        hand[:, i, None, None] for i in range(13)
    )
    at = place(form, x, y)
    on, pattern = form[:, ON, None, None], form[:, PATTERN, None, None]
    body = (0.5 - at.distance / pixel).clamp(0, 1) * on * fill
    shadow = 1 - (0.5 - (at.distance - 0.06) / 0.12).clamp(0, 1) * halo * on * fill
    tone = 1 + shade * (at.u * light_x + at.v * light_y).clamp(-1.2, 1.2)
    a, b = torch.sin(at.u * step), torch.sin(at.v * step)
    spots = torch.where(kind == 0, a, torch.where(kind == 1, b, torch.where(kind == 2, a * b * 2, a + b)))
    tone = tone * (1 - pattern * texture * (spots * 3 + 0.5).clamp(0, 1)) * (1 + patches * rough)
    shine = (1 - ((at.u - 0.4 * light_x) ** 2 + (at.v - 0.4 * light_y) ** 2) * 6).clamp(0, 1) * body * gloss * 0.5
    edge = (0.5 - (at.distance.abs() - line) / pixel).clamp(0, 1) * on * (line > 0)

    def channel(canvas: Tensor, c: int) -> Tensor:
        paint_, pen = colour[:, c, None, None], ink[:, c, None, None]
        canvas = canvas * shadow
        canvas = canvas + body * (paint_ * tone - canvas) + shine
        return canvas + edge * (torch.where(coloured > 0, paint_ * 0.6, pen) - canvas)

    there = torch.where((at.distance < 0.25 * pixel) & (on > 0), form[:, WHAT, None, None], there)
    return channel(red, 0), channel(green, 1), channel(blue, 2), there


@cache
def _fused() -> Callable[..., tuple[Tensor, Tensor, Tensor, Tensor]]:
    return torch.compile(_lay, dynamic=False)


def clouds(n: int, side: int, power: Tensor, generator: torch.Generator) -> Tensor:
    """Return noise with a spectrum of 1 / frequency ** power, (n, side, side), mean 0 and standard deviation 0.5."""
    device = generator.device
    frequency = torch.hypot(
        torch.fft.fftfreq(side, device=device)[:, None], torch.fft.rfftfreq(side, device=device)[None, :]
    )
    white = torch.randn((n, side, side), generator=generator, device=device)
    spectrum = torch.fft.rfft2(white) / (frequency + 1 / side) ** power[:, None, None]
    field = torch.fft.irfft2(spectrum, s=(side, side))
    field = field - field.mean((1, 2), keepdim=True)
    return field / field.std((1, 2), keepdim=True).clamp(min=1e-6) * 0.5


def _ground(look: Style, px: Tensor, py: Tensor, rough: Tensor) -> Tensor:
    turn, step = look.ground_turn[:, None, None], look.ground_step[:, None, None]
    along, across = px * turn.cos() + py * turn.sin(), py * turn.cos() - px * turn.sin()
    stripes = (torch.sin(along * step) * 4 + 0.5).clamp(0, 1)
    dots = (torch.sin(along * step) * torch.sin(across * step) * 6 - 2).clamp(0, 1)
    kinds = [torch.zeros_like(rough), (along * 0.5 + 0.5).clamp(0, 1), stripes, dots, (rough + 0.5).clamp(0, 1),
             ((py - turn + 1.5) * 8).clamp(0, 1).expand_as(rough)]  # fmt: skip
    mixed = sum(((look.ground == k).float()[:, None, None] * kind for k, kind in enumerate(kinds)), rough * 0)
    paper, second = look.paper[:, :, None, None], look.second[:, :, None, None]
    canvas = paper + (second - paper) * mixed[:, None]
    return canvas * (1 + 0.3 * (look.patches * look.fill)[:, None, None, None] * rough[:, None])


def _develop(canvas: Tensor, look: Style, px: Tensor, py: Tensor, generator: torch.Generator) -> Tensor:
    def col(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    canvas = canvas.clamp(0, 1)
    grey = canvas.mean(1, keepdim=True)
    canvas = grey + (canvas - grey) * col(look.saturation)
    if bool(look.hatch.any()):
        turn = look.slope[:, None, None]
        wave = torch.sin((px * turn.cos() + py * turn.sin()) * look.hatch_step[:, None, None])[:, None]
        canvas = torch.lerp(canvas, ((grey * 2 - 1 - wave) * 3 + 0.5).clamp(0, 1).expand_as(canvas), col(look.hatch))
    canvas = (canvas - 0.5) * col(look.contrast) + 0.5
    night = torch.stack([0.7 + 0.5 * look.cast, torch.full_like(look.cast, 0.85), 1.2 - 0.5 * look.cast], 1)
    dimmed = canvas.clamp(0, 1) ** (1 + 1.5 * col(look.dark)) * (1 - 0.75 * col(look.dark))
    canvas = torch.lerp(dimmed, dimmed * night[:, :, None, None], (col(look.dark) + 0.15).clamp(max=1))
    canvas = canvas * (1 - col(look.vignette) * (px * px + py * py)[None, None])
    canvas = torch.lerp(canvas, _smooth(canvas), col(look.blur))
    canvas = torch.lerp(canvas, _smooth(_smooth(canvas)), (col(look.blur) * 2 - 1).clamp(min=0))
    if bool(look.coarse.any()):
        small = functional.avg_pool2d(canvas, 4)
        blocks = functional.interpolate(small, size=canvas.shape[-2:], mode="nearest")
        canvas = torch.lerp(canvas, blocks, col(look.coarse) * 0.8)
    noise = torch.randn(canvas.shape, generator=generator, device=canvas.device)
    return (canvas + noise * col(look.grain)).clamp(0, 1)


def _smooth(pictures: Tensor) -> Tensor:
    padded = functional.pad(pictures, (1, 1, 1, 1), mode="replicate")
    rows = (padded[..., :-2, :] + 2 * padded[..., 1:-1, :] + padded[..., 2:, :]) / 4
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
