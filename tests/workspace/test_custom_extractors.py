"""A weights file becomes an extractor with a name: checked against its network, kept, used, and forgotten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from dnacore import BadInput, Mismatch, UnknownName, Workspace
from dnacore.commands import parser
from dnacore.extractors.registry import architectures, guess
from dnacore.sources.resolver import Sources
from dnacore.workspace.saved import custom_extractors


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network's weights, with five classes and without a JSON beside them."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "test_resnet_five.safetensors"
    save_file(timm.create_model("test_resnet", num_classes=5).state_dict(), path)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def command(workspace: Workspace, *line: str) -> int:
    return parser.main([*line, "--workspace", str(workspace.root), "--json"])


def test_the_names_read_from_the_source_are_those_that_timm_lists() -> None:
    assert set(architectures()) == set(timm.list_models())
    assert guess("mobilenetv2_100_coral") == "mobilenetv2_100"
    assert guess("mobileone-s0_fused") == "mobileone_s0"
    assert guess("checkpoint_best") is None


def test_a_kept_file_is_an_extractor_by_name_from_then_on(
    weights: Path, workspace: Workspace, tiny_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["--extractor", str(weights), "--architecture", "test_resnet", "--arguments", '{"num_classes": 5}']
    assert command(workspace, "extractors", "--keep", "five", *line) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["name"] == "five" and said["neurons"] == sum(said["layers"].values()) > 0

    again = Workspace.open(workspace.root)  # another process, after a restart
    assert [one.info.status for one in custom_extractors.kept(again)] == ["ready"]
    assert command(again, "extract", str(tiny_images), "--extractor", "five") == 0
    capsys.readouterr()
    dataset = again.datasets()[0]
    assert again.store.extractors_of(dataset) == ["five"]
    found = again.dna(dataset, "five")
    assert found is not None and found.n_neurons == said["neurons"]
    assert Sources(again, "five").extractor.fingerprint == said["fingerprint"]

    assert command(again, "extractors") == 0
    assert "five" in {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert command(again, "extractors", "--forget", "five") == 0
    assert custom_extractors.kept(again) == [] and weights.is_file()


def test_a_file_that_does_not_fit_says_where(weights: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    line = ["--extractor", str(weights), "--architecture", "test_resnet"]
    assert command(workspace, "extractors", "--keep", "five", *line) == 2
    said = capsys.readouterr().err
    assert "fc.weight is (5, " in said and "(1000, " in said and "num_classes" in said
    assert custom_extractors.kept(workspace) == []


def test_checking_alone_keeps_nothing(weights: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    line = ["--extractor", str(weights), "--architecture", "test_resnet", "--arguments", '{"num_classes": 5}']
    assert command(workspace, "extractors", "--check", *line) == 0
    assert custom_extractors.kept(workspace) == []


def test_a_name_means_one_network(weights: Path, workspace: Workspace, tmp_path: Path) -> None:
    found = custom_extractors.check(weights, "test_resnet", {"num_classes": 5}, None, "five")
    custom_extractors.keep(workspace, found)
    custom_extractors.keep(workspace, found)  # the same again changes nothing
    other = tmp_path / "five.safetensors"
    save_file({k: v + 1 if v.is_floating_point() else v for k, v in torch_load(weights).items()}, other)
    second = custom_extractors.check(other, "test_resnet", {"num_classes": 5}, None, "five")
    with pytest.raises(BadInput, match="another weights file called five"):
        custom_extractors.keep(workspace, second)
    assert custom_extractors.free(workspace, second) == "five 2" and custom_extractors.free(workspace, found) == "five"
    for name in ("random_resnet50", "timm:resnet18", "a/b", "x" * 61):
        with pytest.raises(BadInput):
            custom_extractors.keep(
                workspace, custom_extractors.from_json(custom_extractors.as_json(second) | {"name": name})
            )
    with pytest.raises(UnknownName, match="five"):
        custom_extractors.forget(workspace, "six")


def test_a_file_that_changed_is_not_taken_for_the_one_that_was_kept(
    weights: Path, workspace: Workspace, tmp_path: Path
) -> None:
    mine = Path(shutil.copy(weights, tmp_path / "mine.safetensors"))
    custom_extractors.keep(workspace, custom_extractors.check(mine, "test_resnet", {"num_classes": 5}, None))
    save_file({k: v + 1 if v.is_floating_point() else v for k, v in torch_load(weights).items()}, mine)
    with pytest.raises(Mismatch, match="has changed since it was kept as mine"):
        _ = Sources(workspace, "mine").extractor


def test_a_damaged_entry_does_not_take_the_others_with_it(weights: Path, workspace: Workspace) -> None:
    found = custom_extractors.check(weights, "test_resnet", {"num_classes": 5}, None, "five")
    custom_extractors.keep(workspace, found)
    for name, content in (("torn", "{"), ("list", "[]"), ("new", '{"format": "visual-dna extractor", "version": 2}')):
        (workspace.root / "extractors" / f"{name}.json").write_text(content)
    assert custom_extractors.kept(workspace) == [found]


def test_a_file_of_version_1_is_read_for_ever(workspace: Workspace) -> None:
    kept = Path(__file__).parents[1] / "files" / "version-1-extractor.json"
    (workspace.root / "extractors").mkdir()
    shutil.copy(kept, workspace.root / "extractors" / "five.json")
    (found,) = custom_extractors.kept(workspace)
    assert (found.name, found.architecture, found.arguments) == ("five", "test_resnet", {"num_classes": 5})
    assert found.layers == {"layer1_0": 32, "layer2_0": 48} and found.info.status == "needs file"


def torch_load(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(path)
