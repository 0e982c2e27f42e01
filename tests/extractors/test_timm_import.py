"""What loading a network costs in imports, and that it takes nothing from others: in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADS = "import sys; import dnacore as dc; ex = dc.load_extractor({name!r}, device='cpu'); {then}"


def _says(then: str, name: str = "random_resnet18") -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOADS.format(name=name, then=then)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["random_resnet18", "timm:mobilenetv2_100@random"])
def test_a_network_is_loaded_without_the_compiler(name):
    assert _says("print([one for one in ('torch._dynamo', 'sympy') if one in sys.modules])", name) == "[]"


def test_the_compiler_is_there_for_whoever_asks_for_it_later():
    then = (
        "import torch; import torchvision.ops; import timm.models.naflexvit; "
        "double = torch.compile(lambda x: 2 * x, backend='eager'); "
        "print(double(torch.ones(2)).tolist(), torch._dynamo.utils.__file__ is not None)"
    )
    assert _says(then) == "[2.0, 2.0] True"


def test_waiting_threads_of_a_command_sleep_unless_the_environment_says_otherwise(monkeypatch):
    import os

    from dnacore.parallel import wait_without_spinning

    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    wait_without_spinning()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    wait_without_spinning()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_a_copy_without_numbers_shows_the_same_layers_and_folds(monkeypatch):
    import dnacore as dc
    from dnacore.extractors import loader

    def found():
        loader.forget_extractors()
        extractor = dc.load_extractor("timm:mobilenetv2_100@random", device="cpu")
        return extractor.layers, extractor._pairs

    itself = found()
    monkeypatch.setattr(loader, "SMALL", 0)
    assert found() == itself
    assert itself[1]
