"""Attributes, explanations, leaving out, mixtures and forgetting from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dnacore.commands import parser
from tests import small_world


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs a command in a workspace with day (24 images in two folders, with attributes), night and dusk."""
    small_world.use_small_network(monkeypatch)
    home = tmp_path / "home"
    ws = small_world.workspace(home)
    ws.choose_calibration(small_world.calibration("mini"))
    for seed, (name, dark) in enumerate((("day/a", False), ("day/b", True), ("night", True), ("dusk", False))):
        small_world.draw(tmp_path / name, 12, seed, dark)
    rows = [f"{f}/{i:03d}.png,{int(f == 'b')},{i % 2}" for f in "ab" for i in range(12)]
    (tmp_path / "day" / "attributes.csv").write_text("file,dark,odd\n" + "\n".join(rows) + "\n")
    for name in ("day", "night", "dusk"):
        ws.add_dataset(name, tmp_path / name)

    def call(*arguments: object, code: int = 0):
        got = parser.main([*map(str, arguments), "--workspace", str(home), *(["--json"] if code == 0 else [])])
        out, err = capsys.readouterr()
        assert got == code, err
        return json.loads(out) if code == 0 else err

    return call


def test_every_attribute_at_once_and_one_to_forget(run) -> None:
    rows = {r["attribute"]: r for r in run("attributes", "day")["attributes"]}
    assert rows["dark"]["emd"] > rows["odd"]["emd"] and rows["dark"]["above_noise"] > rows["odd"]["above_noise"] == 0
    assert "too few" in rows["dark"]["too_small"] and rows["dark"]["images"] == [12, 12]
    by = ["--extractor", "mini"]  # which has fewer neurons: of thousands, 24 images teach little
    found = run("forget", "day", "dark", "--save", "any light", *by)
    assert found["delta"] > 0.5 and set(found["side_effects"]) == {"odd"} and sum(found["images"]) == 24
    kept = run("selections")[0]
    assert kept["name"] == "any light" and kept["origin"]["forget"] == "dark"
    plain, ignoring = (
        run("compare", "day[dark=1]", "day[dark=0]", *more, *by)["matrix"][0][1]
        for more in ([], ["--selection", "any light"])
    )
    assert ignoring < 0.6 * plain  # 24 images are too few to say how far below zero it may land


def test_only_the_attributes_that_were_named_are_kept(run, tmp_path: Path) -> None:
    rows = [f"{f}/{i:03d}.png,{int(f == 'b')},{i % 2},{int(i < 6)}" for f in "ab" for i in range(12)]
    (tmp_path / "day" / "attributes.csv").write_text("file,dark,odd,low\n" + "\n".join(rows) + "\n")
    assert set(run("forget", "day", "dark")["side_effects"]) == {"odd", "low"}
    assert set(run("forget", "day", "dark", "--keep", "low")["side_effects"]) == {"low"}
    assert "no attribute loud to keep" in run("forget", "day", "dark", "--keep", "loud", code=2)


def test_the_floor_has_a_rate(run) -> None:
    found = run("sensitivity", "day[dark=1]", "day[dark=0]", "--floor", "0.02", "--save", "dark")
    assert found["floor"]["rate"] == 0.02 and found["floor"]["above"] > 10 and found["floor"]["ratio"] > 1
    assert run("selections")[0]["neurons"] == found["floor"]["above"] and "too few" in found["too_small"]
    assert "between 0 and 1" in run("sensitivity", "day", "night", "--floor", "5", code=2)


def test_an_explanation_adds_up_and_points_into_the_image(run) -> None:
    both = run("explain", "day", "night")
    distance = run("compare", "day", "night")["matrix"][0][1]
    assert both["distance"] == pytest.approx(distance, abs=1e-9) == sum(both["layers"].values())
    one = run("explain", "day", "night", "--image", "a/003.png", "--top", "3")
    ranked = run("rank", "day", "--reference", "night")["images"]
    assert one["distance"] == pytest.approx(
        next(r["distance"] for r in ranked if r["path"].endswith("a/003.png")), abs=1e-9
    )
    assert len(one["neurons"]) == 3 and all(0 < n["place"]["row"] < 1 for n in one["neurons"])
    assert "no image 'x.png'" in run("explain", "day", "night", "--image", "x.png", code=2)


def test_leaving_out_what_is_unlike_the_target(run) -> None:
    for more in ([], ["--attributes"]):
        found = run("leave-out", "day", "--target", "night", *more)
        nearer = {g["group"]: g["to_target"] < found["to_target"] for g in found["groups"]}
        assert nearer.get("a/", nearer.get("dark=0")) and not nearer.get("b/", nearer.get("dark=1"))
        assert not any(g["exact"] for g in found["groups"])  # folders below 32 images share a shard


def test_a_mixture_and_an_average(run, tmp_path: Path) -> None:
    found = run("mixture", "day", "night", "dusk")
    assert sum(found["shares"].values()) == pytest.approx(1) and found["distance"] <= min(found["alone"].values())
    images = [str(tmp_path / "night" / f"00{i}.png") for i in (1, 2)]
    ranked = run("rank", "night", "--reference", images[0], "--reference", images[1])
    assert ranked["reference"] == "001.png and 002.png"
    assert {Path(r["path"]).name for r in ranked["images"][:2]} == {"001.png", "002.png"}
