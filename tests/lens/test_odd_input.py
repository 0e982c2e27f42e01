"""Odd input: tiny, grey and transparent images, sets of one image, and what cannot be read end well or in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.errors import BadInput
from dnacore.lens import ANALYSES
from dnacore.lens.analysis import NAMES, Analysis, Pictures, Request
from dnacore.lens.target import Target

QUICK = {"steps": 1, "octaves": 1, "layers": 2, "size": 32, "stride": 32, "neurons": 2}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """{what is odd about it: an image}."""
    folder = tmp_path_factory.mktemp("odd")
    noise = np.random.default_rng(0).integers(0, 256, (30, 50, 4), np.uint8)
    made = {
        "one pixel": Image.new("RGB", (1, 1), (9, 80, 200)), "a thread": Image.fromarray(noise[:1, :, :3]),
        "grey": Image.fromarray(noise[..., 0]), "transparent": Image.fromarray(noise),
        "nothing but black": Image.new("RGB", (40, 30)),
    }  # fmt: skip
    for name, image in made.items():
        image.save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in made}


def asked(analysis: Analysis, network: dc.Extractor, **given: Any) -> Request:
    quick = {name: value for name, value in QUICK.items() if name in analysis.defaults}
    return replace(Request(network, Target.neuron(network, "layer2_1", 5), settings=quick), **given)


def ask(analysis: Analysis, request: Request) -> None:
    """Whatever is asked is answered with a picture, or declined in a sentence."""
    try:
        found = analysis.run(request)
    except BadInput as error:
        assert str(error).endswith(".")
        assert str(error)[0].isupper() or str(error)[0] == "/"
    else:
        assert found.caption.endswith(".")
        assert min(found.sheet.size) > 20


@pytest.mark.parametrize("name", NAMES)
def test_odd_images_and_sets_are_answered_or_declined(name: str, network: dc.Extractor, odd: dict[str, Path]) -> None:
    analysis = ANALYSES[name]
    every = list(odd.values())
    if "image" in {*analysis.inputs, *analysis.takes} or name == "style":
        for path in every:
            found = analysis.run(asked(analysis, network, image=path, pictures=Pictures("odd", every), style=every[2]
                                       if name == "style" else None))  # fmt: skip
            assert min(found.sheet.size) > 20, path.stem
    elif "dataset" in analysis.inputs:
        assert min(analysis.run(asked(analysis, network, pictures=Pictures("odd", every))).sheet.size) > 20
    gone, broken = every[0].with_name("gone.png"), every[0].with_name("broken.png")
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    for image, paths in ((every[2], every[2:3]), (gone, every), (broken, every), (every[2], [gone]), (every[2], [])):
        ask(analysis, asked(analysis, network, image=image, style=every[1] if name == "style" else None,
                            pictures=Pictures("set", paths)))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_settings_that_leave_nothing_to_see_are_declined(
    name: str, network: dc.Extractor, odd: dict[str, Path]
) -> None:
    analysis = ANALYSES[name]
    for setting, usual in analysis.defaults.items():
        if isinstance(usual, str):
            wrong = ["nonsense"] if setting != "folder" else []
        else:
            wrong = ["nan", "inf", "1e400", "-5"] + ["0"] * isinstance(usual, int)
        for value in wrong:
            if (name, setting, value) == ("style", "tv", "-5") or (setting, value) == ("jitter", "0"):
                continue  # below zero: as the strength says
            request = asked(analysis, network, image=odd["grey"], pictures=Pictures("odd", list(odd.values())))
            with pytest.raises(BadInput):
                analysis.run(replace(request, settings={setting: value}))
