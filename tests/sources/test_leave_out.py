"""Leaving out folders is exact where shards allow it, and says so where the figures come from sketches."""

from __future__ import annotations

import numpy as np
import pytest

import dnacore as dc
from dnacore.sources.leave_out import Parts
from tests import small_world
from tests.small_world import NAME


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Two folders of 33 images, which get shards of their own, and two of 3, which share one."""
    home = tmp_path_factory.mktemp("leave-out")
    for seed, (folder, count) in enumerate((("bright", 33), ("dark", 33), ("few", 3), ("scarce", 3))):
        small_world.draw(home / "images" / folder, count, seed, dark=folder in ("dark", "scarce"))
    rows = [
        f"{p.parent.name}/{p.name},{int(p.parent.name in ('dark', 'scarce'))}" for p in sorted(home.glob("images/*/*"))
    ]
    (home / "images" / "attributes.csv").write_text("file,dark\n" + "\n".join(rows) + "\n")
    ws = small_world.workspace(home / "workspace")
    ws.add_dataset("all", home / "images")
    small_world.extract(ws, "all")
    found = Parts(ws, ws.dataset("all"), NAME)
    found.whole_folder = ws.dataset("all").folder
    return found


def test_all_but_one_folder_is_that_folders_own_dna(parts: Parts, tmp_path) -> None:
    assert parts.folders == {"bright/": 33, "dark/": 33, "few/": 3, "scarce/": 3}
    rest = parts.without(["bright/", "few/", "scarce/"])
    own = dc.extract(
        parts.whole_folder / "dark", small_world.network(), small_world.calibration(), batch_size=4,
        workspace=tmp_path,
    )  # fmt: skip
    assert rest.exact and rest.images == 33
    assert np.array_equal(rest.histograms, own.histograms)
    np.testing.assert_allclose(rest.mean, own.mean)


def test_a_part_and_the_rest_make_the_whole(parts: Parts) -> None:
    one, rest = parts.without(["dark/", "few/", "scarce/"]), parts.without(["bright/"])
    assert np.array_equal((one + rest).histograms, parts.whole.histograms) and (one + rest).images == parts.whole.images


def test_folders_that_share_a_shard_are_counted_from_sketches_and_labelled(parts: Parts) -> None:
    rest = parts.without(["few/"])
    assert not rest.exact and rest.images == 69
    assert parts.without(["few/", "scarce/"]).exact  # together they are the whole shard
    found = parts.by_folder()
    assert {g.group: g.exact for g in found.groups} == {"bright/": True, "dark/": True, "few/": False, "scarce/": False}
    changes = {g.group: g.change for g in found.groups}
    assert changes["dark/"] == pytest.approx(dc.emd_avg(parts.whole, parts.without(["dark/"])))
    whole = parts.without(["few/", "scarce/"]).source  # exact, so without sketches of its own
    assert whole is None and min(changes["bright/"], changes["dark/"]) > max(changes["few/"], changes["scarce/"]) > 0
    assert [g.change for g in found.groups] == sorted(changes.values(), reverse=True)


def test_figures_from_sketches_are_those_of_counted_dnas(parts: Parts) -> None:
    from dnacore.dna.from_sketches import sketched_dna

    target = parts.without(["bright/", "few/", "scarce/"])
    few = next(g for g in parts.by_folder(target).groups if g.group == "few/")
    whole = sketched_dna(parts.whole.source, parts.whole.calibration, {}, "whole")
    rest = parts.without(["few/"])
    assert few.change == pytest.approx(dc.emd_avg(whole, rest)) and few.to_target == pytest.approx(
        dc.emd_avg(rest, target)
    )


def test_leaving_out_the_images_unlike_the_target_brings_the_rest_nearer(parts: Parts) -> None:
    target = parts.without(["bright/", "few/", "scarce/"])
    for found in (parts.by_folder(target), parts.by_attribute(target)):
        nearer = {g.group: g.to_target < found.to_target for g in found.groups}
        assert nearer.get("bright/", nearer.get("dark=0")) and not nearer.get("dark/", nearer.get("dark=1"))
    assert [g.exact for g in found.groups] == [False, False] and {g.group: g.images for g in found.groups}[
        "dark=1"
    ] == 36


def test_what_cannot_be_left_out_is_said(parts: Parts) -> None:
    with pytest.raises(dc.UnknownName, match="no folder birds/"):
        parts.without(["birds/"])
    with pytest.raises(dc.BadInput, match="has to remain"):
        parts.without(list(parts.folders))
