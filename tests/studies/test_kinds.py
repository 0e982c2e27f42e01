"""Photographs against drawings, and real against generated: neurons are judged on images they were not chosen on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dnacore import studies
from dnacore.errors import BadInput
from dnacore.sources.resolver import Sources
from dnacore.sources.study_requests import Asked, run
from dnacore.studies.frame.study import Request
from dnacore.studies.methods.held_out import both_ways
from dnacore.studies.realism import folds, groups_of
from tests.studies.made_up import quantiles, subject


def test_chance_is_not_learned() -> None:
    one, two = subject(quantiles(60, 1)), subject(quantiles(60, 2))
    found = [
        t.auc
        for seed in range(8)
        for t in both_ways(one, two, {"neurons": 2, "by": "distance"}, np.random.default_rng(seed))
    ]
    assert 0.4 < np.mean(found) < 0.6


def test_domains_come_in_the_order_of_their_distance_and_one_passes() -> None:
    photo, near, far = (
        subject(quantiles(20, seed, shift), name)
        for seed, (name, shift) in enumerate((("photo", 0), ("near", 100), ("far", 300)))
    )
    odd = quantiles(20, 3, 300)
    odd[:, 7] = quantiles(1, 4, 0)[:, 0]
    far = subject(odd, "far")
    found = studies.find("photo-drawing").run(
        Request({"photographs": (photo,), "domains": (far, near)}, {"neurons": 3})
    )
    assert [row["domain"] for row in found.table] == ["near", "far"]
    assert found.table[1]["auc_selected"] > 0.9
    passing = {row["domain"]: row["images"] for row in found.more["passing"]}
    assert passing["far"] == ["7.png"] and found.table[1]["passing"] == 1
    assert [series.name for series in found.figures[0].series] == ["far", "near"]
    depth = {row["domain"]: row for row in found.more["passing"]}["far"]
    assert found.figures[1].title.startswith("Images that pass for photo, from early to late")
    assert {series.name: list(series.y) for series in found.figures[1].series}["far"] == [
        pytest.approx(100 * depth["share_by_layer"][layer]) for layer in found.figures[1].series[0].x
    ]
    assert all("7.png" in images for images in depth["by_layer"].values())
    with pytest.raises(BadInput, match="tiny has fewer than 8"):
        studies.find("photo-drawing").run(
            Request({"photographs": (photo,), "domains": (subject(quantiles(3), "tiny"),)})
        )


def test_an_image_can_pass_in_one_layer_and_not_in_another() -> None:
    photo = subject(quantiles(20, 1), "photo")
    odd = quantiles(20, 2, 300)
    early = slice(0, next(iter(photo.dna.layers.values())))
    odd[early, 4] = quantiles(1, 3)[early, 0]  # looks like a photograph to the first layer alone
    found = studies.find("photo-drawing").run(
        Request({"photographs": (photo,), "domains": (subject(odd, "odd"),)}, {"neurons": 3})
    )
    by_layer = found.more["passing"][0]["by_layer"]
    first, *later = photo.dna.layers
    assert by_layer[first] == ["4.png"] and not any(by_layer[layer] for layer in later)
    assert found.table[0]["passing_layer"] == f"{first}: 1"


def test_two_networks_are_asked_which_tells_photographs_from_drawings_better() -> None:
    def seen_by(network: str, shift: float):
        pair = subject(quantiles(30, 1), "photo"), subject(quantiles(30, 2, shift), "drawing")
        return [replace(one, network=network) for one in pair]

    sharp, blunt = seen_by("sharp", 200), seen_by("blunt", 25)
    photographs, domains = zip(blunt, sharp, strict=True)
    found = studies.find("photo-drawing").run(Request({"photographs": photographs, "domains": domains}, {"neurons": 3}))
    assert [row["network"] for row in found.table] == ["blunt", "sharp"]
    auc = {row["network"]: row["auc_selected"] for row in found.table}
    assert auc["sharp"] > 0.99 > auc["blunt"] > 0.5
    assert found.finding.startswith("sharp tells photo from the others better")
    alone = studies.find("photo-drawing").run(
        Request({"photographs": photographs[1:], "domains": domains[1:]}, {"neurons": 3})
    )
    assert not alone.finding.startswith("Nearest"), "one candidate is nearest to nothing"
    assert alone.table[0]["auc_selected"] == auc["sharp"], "the other network changes nothing"


def test_groups_come_from_attributes_folders_or_names() -> None:
    values = quantiles(6)
    table = pd.DataFrame({"class": ["cat"] * 3 + ["dog"] * 3})
    by_name = subject(values, paths=["gan_1.jpg", "gan_2.jpg", "gan_10.jpg", "v2_1.jpg", "v2_2.jpg", "v2_3.jpg"])
    by_folder = subject(values, paths=[f"{'ab'[i // 3]}/{i}.jpg" for i in range(6)])
    assert groups_of(subject(values, table=table), "class").tolist() == ["cat"] * 3 + ["dog"] * 3
    assert groups_of(by_name, None).tolist() == ["gan"] * 3 + ["v2"] * 3
    assert groups_of(by_folder, None).tolist() == ["a"] * 3 + ["b"] * 3
    with pytest.raises(BadInput, match="no attribute colour"):
        groups_of(subject(values, table=table), "colour")


def test_a_group_is_left_out_on_both_sides_where_both_have_it() -> None:
    random = np.random.default_rng(0)
    real, made = np.array(["cat"] * 3 + ["dog"] * 4), np.array(["dog"] * 3 + ["cat"] * 3)
    cut, matched = folds(real, made, random)
    assert matched and [(name, len(a), len(b)) for name, a, b in cut] == [("cat", 3, 3), ("dog", 4, 3)]
    cut, matched = folds(real, np.array(["gan"] * 4 + ["diffusion"] * 5), random)
    assert not matched and sorted(np.concatenate([a for _, a, _ in cut]).tolist()) == list(range(7))


def test_what_generators_share_is_seen_in_the_one_left_out() -> None:
    made = quantiles(30, 2)
    made[3] += 200  # the trace that all generators leave
    for group in range(3):
        made[5, group * 10 : group * 10 + 10] += 150 * (group - 1)  # and what only one of them does
    names = [f"{'abc'[i // 10]}_{i}.png" for i in range(30)]
    real = subject(quantiles(30, 1), "real")
    found = studies.find("realism").run(
        Request({"real": (real,), "generated": (subject(made, "made", paths=names),)}, {"neurons": 1})
    )
    assert [row["group"] for row in found.table] == ["a", "b", "c", "all"]
    assert min(row["auc_selected"] for row in found.table) > 0.95
    assert found.finding.startswith("No: 1 neurons chosen on other groups tell generated from real in ")
    assert f"AUC {found.table[-1]['auc_selected']:.3f}" in found.finding and " · " in found.advice
    assert found.more["neurons"][0]["flat"] == 3


def test_the_places_that_give_images_away_lie_in_the_picture(small_sources: Sources) -> None:
    found = run(Asked(studies.find("realism"), ["bright", "dark"]), [small_sources])
    spots = [spot for picture in found.pictures for spot in picture.spots]
    assert spots and all(0 < s.row < 1 and 0 < s.column < 1 and 0 < s.height <= 1 for s in spots)
    assert {picture.dataset for picture in found.pictures} == {"dark"}
