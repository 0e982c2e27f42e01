"""How alike the layers of two networks represent a dataset, by linear CKA (Kornblith et al., ICML 2019)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from dnacore.errors import BadInput
from dnacore.extractors.extractor import Extractor
from dnacore.lens.analysis import Analysis, Panel, Pictures, Request, Result, Watch
from dnacore.lens.drawing import FAINT, INK, PAPER, colours, fitted, font
from dnacore.lens.picture import batches

CELL, MARGIN = 22, 130


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """How alike two representations of the same N images are, 0 to 1, regardless of rotation and scale.

    x: (N, p), y: (N, q). |Y'X|^2 / (|X'X| |Y'Y|) of centred features (eq. 5), computed from (N, N) products.
    """
    one, other = (_centred(np.asarray(values, np.float64)) for values in (x, y))
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / size) if size > 0 else 0.0


def debiased_cka(x: np.ndarray, y: np.ndarray) -> float:
    """The same without the bias of few images and many neurons, which makes any two wide layers look alike.

    By the unbiased estimator of HSIC (Song et al., 2012, eq. 5; Nguyen et al., ICLR 2021); near 0 for unrelated ones.
    """
    k, l = (np.asarray(v, np.float64) @ np.asarray(v, np.float64).T for v in (x, y))  # noqa: E741
    size = _hsic(k, k) * _hsic(l, l)
    return float(_hsic(k, l) / np.sqrt(size)) if size > 0 else 0.0


def _centred(values: np.ndarray) -> np.ndarray:
    values = values - values.mean(0)
    return values @ values.T


def _hsic(k: np.ndarray, l: np.ndarray) -> float:  # noqa: E741
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))  # noqa: E741
    middle = k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 * (k.sum(0) @ l.sum(0)) / (n - 2)
    return float(((k * l).sum() + middle) / (n * (n - 3)))


def layer_means(
    extractor: Extractor, pictures: Pictures, most: int, watch: Watch
) -> tuple[dict[str, np.ndarray], list[int]]:
    """{layer: (N, C)} spatial means of up to `most` images spread over the dataset, and which they are."""
    chosen = np.linspace(0, len(pictures.paths) - 1, min(most, len(pictures.paths))).astype(int).tolist()
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in extractor.layers}
    kept: list[int] = []
    for positions, batch in batches([pictures.paths[i] for i in chosen], extractor):
        watch.step(f"images through {extractor.name}", positions[0], len(chosen))
        extractor.visit(batch, lambda layer, view: found[layer].append(view.mean(2).cpu().numpy()))
        kept += [chosen[i] for i in positions]
    if len(kept) < 4:
        raise BadInput(f"Comparing layers needs at least 4 readable images; {pictures.name} has {len(kept)}.")
    return {layer: np.concatenate(parts) for layer, parts in found.items()}, kept


def _work(request: Request, *, images: int = 128) -> Result:
    one, other = request.extractor, request.other or request.extractor
    first, kept = layer_means(one, request.the_pictures, images, request.watch)
    second = first if other is one else layer_means(other, request.the_pictures, images, request.watch)[0]
    table = np.array([[linear_cka(x, y) for y in second.values()] for x in first.values()])
    plain = np.array([[debiased_cka(x, y) for y in second.values()] for x in first.values()])
    alike = [
        (layer, list(second)[int(row.argmax())], float(row.max())) for layer, row in zip(first, plain, strict=True)
    ]
    figures = {
        "with": other.name, "images": len(kept), "layers": list(first), "other_layers": list(second),
        "cka": table.tolist(), "debiased": plain.tolist(), "most_alike": [list(pair) for pair in alike],
    }  # fmt: skip
    best = max(alike, key=lambda pair: pair[2]) if other is not one else alike[0]
    caption = (
        f"How alike the layers of {one.name} (rows) and {other.name} (columns) see {len(kept)} images of "
        f"{request.the_pictures.name}: 0 not at all, 1 the same."
    )
    if other is not one:
        caption += f" Most alike are {best[0]} and {best[1]} ({best[2]:.2f}, corrected for the number of images)."
    panels = (Panel("linear CKA", _drawn(table, list(first), list(second))),
              Panel("corrected for few images", _drawn(plain, list(first), list(second))))  # fmt: skip
    return Result(panels, figures, caption, columns=2)


def _drawn(table: np.ndarray, rows: list[str], columns: list[str]) -> Image.Image:
    height, width = table.shape
    out = Image.new("RGB", (MARGIN + width * CELL, MARGIN + height * CELL), PAPER)
    cells = Image.fromarray(colours(np.clip(table, 0, 1))).resize(
        (width * CELL, height * CELL), Image.Resampling.NEAREST
    )
    out.paste(cells, (MARGIN, 0))
    draw = ImageDraw.Draw(out)
    for place, name in enumerate(rows):
        draw.text((2, place * CELL + 4), fitted(name, MARGIN - 6, 11), fill=INK, font=font(11))
    for place, name in enumerate(columns):
        upright = Image.new("RGB", (MARGIN, CELL), PAPER)
        ImageDraw.Draw(upright).text((2, 4), fitted(name, MARGIN - 6, 11), fill=FAINT, font=font(11))
        out.paste(upright.rotate(-90, expand=True), (MARGIN + place * CELL, height * CELL))
    return out


ANALYSIS = Analysis(
    "cka", "Two networks", "Which layers of two networks see alike?", _work, ("dataset",), takes=("other",)
)
