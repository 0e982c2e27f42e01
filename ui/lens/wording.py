"""The lens in words: groups of questions, how to read each picture, and what settings and figures are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ui.app import words

#: Questions by what a person wants to know, and the analyses that answer them.
GROUPS: dict[str, tuple[str, ...]] = {
    "Strongest patches": ("patches",),
    "Where in this image": ("map", "occlusion", "gradient", "guided", "integrated", "gradcam"),
    "What it would love to see": ("maximise", "caricature", "dream"),
    "What a layer keeps": ("invert", "path", "filters"),
    "Across images": ("poster", "neighbours", "cka"),
    "Style": ("style",),
}

#: What is to be seen in each picture, in one line.
READ = {
    "patches": "Above the image with all but the patch dimmed, below it the patch enlarged; the strongest stands first.",
    "map": "Coloured and bright places are where the neuron is active; the rest of the image is drawn in grey.",
    "occlusion": "A grey square was moved over the image. Red: covering this place costs activation. Blue: it adds some.",
    "gradient": "Bright pixels are those whose change would change the activation most.",
    "guided": "Bright pixels speak for the neuron; gradients pass its ReLUs only where they are positive.",
    "integrated": "Red pixels raise the activation on the way from an empty image to this one, blue ones lower it.",
    "gradcam": "Bright places speak for the class, as far as this layer sees.",
    "maximise": "Made from noise, step by step, to activate the neuron as much as it can be. No photograph was copied.",
    "caricature": "The image with what the layer sees in it made stronger.",
    "dream": "The image changed, step by step, into what the layer would rather see in it.",
    "invert": "Made from noise so that the layer cannot tell it from the image; what differs, the layer has lost.",
    "filters": "Each tile is one filter, as an image: grey is zero, colours are what it looks for.",
    "path": "From what the network sees, layer by layer, the maps that are most active, to what its head calls it.",
    "neighbours": "Alike to the network above, alike in colours and places alone below.",
    "style": "The image, the style, and the image with the style's correlations between features.",
    "cka": "Rows and columns are layers from early to late; bright cells see the images alike.",
    "poster": "Each row is one neuron: its histogram, its strongest patches, and what it would love to see.",
}

#: {setting: (what it is called, what it does)}.
SETTINGS = {
    "steps": ("Steps", "more take longer and change more"),
    "rate": ("Size of a step", "larger is quicker and rougher"),
    "tv": ("Smoothness", "weight of total variation: more gives calmer pictures"),
    "l2": ("Paleness", "weight of the L2 penalty: more keeps colours near grey"),
    "jitter": ("Jitter, pixels", "the image is shifted by up to so much before each step, which avoids fine patterns"),
    "blur": ("Blur, pixels", "width of a blur between steps"),
    "kind": ("Parameters", "frequencies change large shapes as easily as pixels"),
    "count": ("How many", "patches or images in a row"),
    "mass": ("Patch holds", "share of the gradient's strength inside the patch, 0 to 1"),
    "size": ("Square, pixels", "side of the square that covers the image"),
    "stride": ("Moved by, pixels", "smaller is finer and takes longer"),
    "fill": ("Covered with", "what the square is filled with"),
    "reduce": ("Counted by", "the map's largest value, or its mean"),
    "baseline": ("Starting from", "an image of mean colour, or a black one"),
    "octaves": ("Sizes", "the image is dreamt on at so many sizes"),
    "starts": ("Starts", "from so many different noises, side by side"),
    "layers": ("Layers", "so many from early to late, where none is chosen"),
    "alpha": ("Evenness", "weight of the alpha-norm: more avoids glaring pixels"),
    "maps": ("Maps of a layer", "the most active ones"),
    "classes": ("Classes", "so many of the head's first guesses"),
    "most": ("Images compared by pixels", "spread over the dataset"),
    "images": ("Images", "spread over the dataset"),
    "neurons": ("Neurons", "so many of the selection's first"),
    "patches": ("Patches", "of each neuron"),
    "strength": ("Strength", "how far the style goes"),
    "style": ("Weight of the style", "0: as the strength says"),
}
#: Settings of few values; "" is the usual one.
CHOICES: dict[str, tuple[str, ...]] = {
    "kind": ("frequencies", "pixels"),
    "fill": ("mean", "black", "white", "blur"),
    "reduce": ("peak", "mean"),
    "baseline": ("mean", "black"),
    "strength": ("", "strong", "gentle"),
}
UNSET = {"folder"}  # never taken from the browser: the workspace decides where files are written

#: {figure: (what it is called, unit)}; "%" for a number from 0 to 100, "share" for one from 0 to 1.
_FIGURES = {
    "activation": ("Activation", ""), "percentile": ("Percentile among real images", "%"), "kept": ("Kept by patches alone", "share"),
    "before": ("Before", ""), "largest_drop": ("Largest loss by covering", ""), "largest_rise": ("Largest gain by covering", ""),
    "row": ("Strongest place, from the top", "share"), "column": ("Strongest place, from the left", "share"),
    "probability": ("Probability of the class", "share"), "strongest": ("Strongest value", ""),
    "baseline": ("Activation of the empty image", ""), "sum": ("Sum of the pixels' shares", ""), "error": ("Missing from the sum", ""),
    "relative_error": ("Difference seen through the layer", "share"), "exaggeration": ("Exaggerated", "times"),
    "similarity": ("Likeness of direction", ""), "steps": ("Steps", ""), "filters": ("Filters", ""),
    "height": ("Height", "pixels"), "width": ("Width", "pixels"), "stride": ("Moved by", "pixels"),
    "in_both": ("Neighbours in both", ""), "images": ("Images", ""), "images_by_pixels": ("Images compared by pixels", ""),
    "style_before": ("Distance of style before", ""), "style_after": ("Distance of style after", ""),
    "nearer": ("Way to the style", "share"), "pixel_distance": ("Distance in pixels", "of 255"), "octaves": ("Sizes", ""),
    "layers": ("Layers", ""), "layer": ("Layer", ""), "name": ("Class", ""), "with": ("Compared with", ""),
}  # fmt: skip
#: The same for one analysis, where a figure means something else.
_OTHERWISE = {
    ("maximise", "before"): ("Before its last activation function", ""),
    ("patches", "activation"): ("Largest activation", ""),
    ("integrated", "steps"): ("Steps from the empty image", ""),
}


def group_of(analysis: str) -> str:
    """Return the group of questions that an analysis belongs to."""
    return next(group for group, members in GROUPS.items() if analysis in members)


def figures(found: Mapping[str, Any], analysis: str = "") -> list[tuple[str, str]]:
    """Return an analysis' single figures as names and values with units; lists are in its picture."""
    rows = []
    for key, value in found.items():
        name, unit = _OTHERWISE.get((analysis, key)) or _FIGURES.get(key, (key.replace("_", " ").capitalize(), ""))
        if isinstance(value, str) and key in _FIGURES:
            rows.append((name, words.layer(value) if key == "layer" else value))
        elif isinstance(value, int | float) and not isinstance(value, bool) and key in _FIGURES:
            rows.append((name, _number(value, unit)))
    beside = found.get("beside")
    if isinstance(beside, Mapping):
        name = str(beside.get("extractor"))
        if target := beside.get("target"):
            rows.append((f"{name}: looked at", str(target)))
        rows += [
            (f"{name}: {said[:1].lower()}{said[1:]}", value) for said, value in figures(beside["figures"], analysis)
        ]
    return rows


def headline(caption: str, codes: Iterable[str]) -> tuple[str, str]:
    """Return a caption in which neurons (`block_4_2:31`) and layers stand in words, and their codes where it had any."""
    had: dict[str, str] = {}

    def said(found: re.Match[str]) -> str:
        layer, _, index = found[0].partition(":")
        had[found[0]] = f"neuron {index} in {words.layer(layer)}" if index else words.layer(layer)
        return had[found[0]]

    every = "|".join(map(re.escape, sorted(codes, key=len, reverse=True))) or "(?!)"
    caption = re.sub(rf"(?<![\w:])(?:{every})(?![\w:])", said, caption)
    exact = words.listing([code for code, text in had.items() if code != text])
    return (words.opening(caption) if exact else caption), exact


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return words.percent(value)
    if unit == "%":
        return f"{value:.2f}\N{NO-BREAK SPACE}%"
    said = f"{value:,}" if isinstance(value, int) else words.significant(value)
    return f"{said} {unit}".strip()
