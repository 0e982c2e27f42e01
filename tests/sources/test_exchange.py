"""Files that leave a workspace and enter another, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import dnacore as dc
from dnacore.commands import parser
from tests import small_world

LAYER = next(iter(small_world.network().layers))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with two extracted datasets, `day` and `night`, that keep one layer's covariance."""
    small_world.use_small_network(monkeypatch)
    ws = small_world.workspace(tmp_path / "home")
    for seed, name in enumerate(("day", "night")):
        ws.add_dataset(name, small_world.draw(tmp_path / name, 6, seed, dark=name == "night"))
        small_world.extract(ws, name, covariance=[LAYER])
    return ws.root


def run(home: Path, capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict:
    got = parser.main([*map(str, words), "--workspace", str(home), "--json"])
    out, err = capsys.readouterr()
    assert got == code, err or out
    return json.loads(out) if code != 2 else {"error": err}


@pytest.mark.parametrize("kind", ["histogram", "gaussian"])
def test_a_pair_of_the_authors_goes_out_and_comes_back(home: Path, tmp_path: Path, capsys, kind: str) -> None:
    for name in ("day", "night"):
        sent = run(home, capsys, "export", name, "--to", tmp_path / f"{name}.v1", "--format", "peer", "--kind", kind)
        assert [Path(file).name for file in sent["files"]] == [f"{name}.v1.json", f"{name}.v1.npz"]
        came = run(home, capsys, "import", tmp_path / f"{name}.v1.json")
        assert (came["dna"], came["images"]) == (f"{name}.v1", 6)
    metric = "emd" if kind == "histogram" else "nfd"
    before = run(home, capsys, "compare", "day", "night", "--metric", metric)["matrix"]
    after = run(home, capsys, "compare", "day.v1", "night.v1", "--metric", metric)["matrix"]
    np.testing.assert_allclose(after, before, rtol=1e-4)
    refused = run(home, capsys, "compare", "day", "night.v1", "--metric", metric, code=2)["error"]
    assert "“day”" in refused and "“night.v1”" in refused


def test_the_small_form_goes_out_and_is_compared_by_nfd_and_fd_alone(home: Path, tmp_path: Path, capsys) -> None:
    sent = run(home, capsys, "export", "day", "--to", tmp_path / "small", "--kind", "layer-gaussian")
    assert Path(sent["file"]).name == "small.dna.npz"
    came = run(home, capsys, "import", sent["file"])["dna"]
    assert came != "day", "a dataset of that name is there already"
    assert run(home, capsys, "import", sent["file"])["dna"] == came, "the same file twice is one DNA"
    for metric in ("nfd", "fd"):
        apart = run(home, capsys, "compare", came, "night", "--metric", metric)
        together = run(home, capsys, "compare", "day", "night", "--metric", metric)
        assert apart["layers"][LAYER][0][1] == pytest.approx(together["layers"][LAYER][0][1], rel=1e-4)
    assert "no histograms" in run(home, capsys, "compare", came, "night", code=2)["error"]
    assert "no histograms" in run(home, capsys, "rank", "day", "--reference", came, code=2)["error"]
    assert "no histograms" in run(home, capsys, "sensitivity", came, "night", code=2)["error"]
    plain = run(home, capsys, "export", "day", "--to", tmp_path / "plain", "--kind", "gaussian")
    assert not dc.load_dna(plain["file"]).scatter


def test_a_layer_gaussian_needs_every_layers_covariance_for_the_authors(home: Path, tmp_path: Path, capsys) -> None:
    export = ("export", "day", "--to", tmp_path / "x", "--format", "peer", "--kind", "layer-gaussian")
    assert "--covariance all" in run(home, capsys, *export, code=2)["error"]
    run(home, capsys, "extract", "day", "--covariance", "all", "--extractor", small_world.NAME)
    run(home, capsys, *export)
    came = run(home, capsys, "import", tmp_path / "x.json")["dna"]
    ws = dc.Workspace.open(home)
    assert set(dc.load_dna(ws.imported(came)).scatter) == set(small_world.network().layers)


def test_broken_pairs_are_refused_in_words(home: Path, tmp_path: Path, capsys) -> None:
    run(home, capsys, "export", "day", "--to", tmp_path / "x", "--format", "peer")
    (tmp_path / "x.npz").write_bytes(b"hello")
    assert "damaged" in run(home, capsys, "import", tmp_path / "x.json", code=2)["error"]
    (tmp_path / "x.npz").unlink()
    assert "pair" in run(home, capsys, "import", tmp_path / "x.json", code=2)["error"]


def test_other_bins_are_said_and_used_from_then_on(home: Path, capsys) -> None:
    found = run(home, capsys, "extract", "day", "--bins", 50)
    assert (found["bins"], found["binned_again"], found["extract_again"]) == (50, ["day"], ["night"])
    assert set(found["datasets"][0]["saturation"]) == set(small_world.network().layers)
    assert run(home, capsys, "extract", "night")["bins"] == 50, "as before"
    assert run(home, capsys, "compare", "day", "night")["matrix"][0][1] < 49
    refused = run(home, capsys, "extract", "day", "--bins", 1, code=2)["error"]
    assert "between 2 and 65,535" in refused


def test_ranges_of_the_authors_calibrate_from_the_command_line(home: Path, tmp_path: Path, capsys) -> None:
    layers = small_world.network().layers
    data = {key: {layer: {str(i): value for i in range(n)} for layer, n in layers.items()}
            for key, value in (("mins_per_neuron", -0.001), ("maxs_per_neuron", 0.001))}  # fmt: skip
    path = tmp_path / "activation_ranges.json"
    path.write_text(json.dumps(data))
    found = run(home, capsys, "extract", "day", "--calibration", path)
    assert "activation_ranges.json" in found["calibration"]["origin"] and found["extract_again"] == ["night"]
    assert max(found["datasets"][0]["saturation"].values()) > 0.1
    parser.main(["extract", "day", "--workspace", str(home)])
    assert "lie outside the activation ranges" in capsys.readouterr().out
