"""Canvases: images with parameters to optimise, and penalties that keep them from turning into noise.

Frequencies (Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017): the parameters are the image's
spectrum, so that a step changes large shapes as easily as single pixels. Pixels: the parameters are the pixels.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

#: Colours of natural images vary together; this turns independent channels into such colours (Distill 2017).
_COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_COLOURS = _COLOURS / _COLOURS.norm(dim=0).max()
KINDS = ("frequencies", "pixels")
GAIN = 5.0  #: weight of a pixel's parameter, so that one step size suits both kinds


class Canvas:
    """(N, 3, side, side) pixels from 0 to 1 made of parameters that an optimiser may change."""

    def __init__(self, parameters: torch.Tensor, side: int, kind: str) -> None:
        self.side, self.kind = side, kind
        self.parameters = parameters.requires_grad_(True)
        self._scale = _falling(side, parameters.device) if kind == "frequencies" else torch.ones(0)
        self._mix = _COLOURS.to(parameters.device)

    @classmethod
    def noise(cls, side: int, seed: int, device: torch.device, kind: str = "frequencies", count: int = 1) -> Canvas:
        """Grey with a little noise; the same for the same seed on every machine."""
        generator = torch.Generator().manual_seed(seed)
        shape = (count, 3, side, side // 2 + 1, 2) if kind == "frequencies" else (count, 3, side, side)
        return cls((torch.randn(shape, generator=generator) * 0.01).to(device), side, kind)

    @classmethod
    def of(cls, pixels: torch.Tensor, kind: str = "frequencies") -> Canvas:
        """A canvas that starts from these (N, 3, side, side) pixels."""
        side = pixels.shape[-1]
        logits = torch.logit(pixels.clamp(0.02, 0.98))
        canvas = cls(torch.zeros(0, device=pixels.device), side, kind)
        if kind == "pixels":
            return cls(logits / GAIN, side, kind)
        plain = torch.einsum("nchw,dc->ndhw", logits, torch.linalg.inv(canvas._mix))
        spectrum = torch.view_as_real(torch.fft.rfft2(plain, norm="ortho"))
        return cls((spectrum / canvas._spread()).contiguous(), side, kind)

    def _spread(self) -> torch.Tensor:
        """How strongly each frequency counts, as the parameters are laid out."""
        if self._scale is None:
            raise ValueError("a canvas of pixels has no frequencies")
        return self._scale[:, :, None]

    def pixels(self) -> torch.Tensor:
        """(N, 3, side, side) from 0 to 1, with a graph back to the parameters."""
        if self.kind == "pixels":
            return torch.sigmoid(GAIN * self.parameters)
        spectrum = torch.view_as_complex((self.parameters * self._spread()).contiguous())
        plain = torch.fft.irfft2(spectrum, s=(self.side, self.side), norm="ortho")
        return torch.sigmoid(torch.einsum("nchw,dc->ndhw", plain, self._mix))

    @torch.no_grad()
    def blur(self, sigma: float) -> None:
        """Soften what is there by a Gaussian of `sigma` pixels."""
        if sigma <= 0:
            return
        passes = torch.exp(-2 * (math.pi * sigma * _frequencies(self.side, self.parameters.device)) ** 2)
        if self.kind == "frequencies":
            self.parameters *= passes[:, :, None]
        else:
            spectrum = torch.fft.rfft2(self.parameters) * passes
            self.parameters.copy_(torch.fft.irfft2(spectrum, s=(self.side, self.side)))


def _frequencies(side: int, device: torch.device) -> torch.Tensor:
    """(side, side // 2 + 1) cycles per pixel of every entry of a real spectrum."""
    across = torch.fft.rfftfreq(side, device=device)
    down = torch.fft.fftfreq(side, device=device)
    return torch.sqrt(down[:, None] ** 2 + across[None, :] ** 2)


def _falling(side: int, device: torch.device) -> torch.Tensor:
    """Weights that fall in proportion to the frequency, as the spectrum of natural images does."""
    return 1 / torch.clamp(_frequencies(side, device), min=1 / side)


def variation(pixels: torch.Tensor, power: float = 1.0) -> torch.Tensor:
    """Total variation: the mean over places of (dx^2 + dy^2)^(power / 2), per image (Mahendran and Vedaldi, eq. 3)."""
    down = pixels[:, :, 1:, :-1] - pixels[:, :, :-1, :-1]
    across = pixels[:, :, :-1, 1:] - pixels[:, :, :-1, :-1]
    return (down**2 + across**2 + 1e-8).pow(power / 2).mean((1, 2, 3))


def strayed(pixels: torch.Tensor, power: float = 2.0) -> torch.Tensor:
    """The mean over places of |pixel - grey|^power, per image: power 2 is an L2 penalty, 6 an alpha-norm."""
    return (2 * pixels - 1).abs().pow(power).mean((1, 2, 3))


def jittered(pixels: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """The images moved by up to `most` pixels each way, around the edges."""
    if most <= 0:
        return pixels
    down, across = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
    return torch.roll(pixels, (down, across), (2, 3))


def resized(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """(N, 3, side, side), antialiased."""
    if pixels.shape[-1] == side:
        return pixels
    return functional.interpolate(pixels, (side, side), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
