"""Rankings of datasets judged by what they cost (eq. 8), against examples worked by hand."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnacore import studies
from dnacore.errors import BadInput
from dnacore.studies import transfer
from dnacore.studies.frame import export
from dnacore.studies.frame.study import Request
from dnacore.studies.methods.orderings import chance, discrepancy
from tests.studies.made_up import quantiles, subject

STUDY = studies.find("transfer")


def test_the_discrepancy_of_a_hand_worked_example() -> None:
    scores = np.array([60.0, 40.0, 50.0])  # true order: 0, 2, 1
    assert discrepancy(scores, np.array([0, 2, 1])) == 0
    # predicted 1, 0, 2: |60 - 40|, |50 - 60|, |40 - 50|
    assert discrepancy(scores, np.array([1, 0, 2])) == pytest.approx((20 + 10 + 10) / 3)


def test_random_orderings_cost_on_average_what_the_closed_form_says() -> None:
    scores = [np.array([61.0, 12.0, 33.0, 47.5]), np.array([5.0, 9.0, 7.0])]
    every = [np.mean([discrepancy(s, np.array(p)) for p in permutations(range(len(s)))]) for s in scores]
    found = chance(scores, np.random.default_rng(0))
    assert found.mean == pytest.approx(np.mean(every))
    assert found.draws.mean() == pytest.approx(found.mean, rel=0.02)
    assert found.low < found.mean < found.high


def test_a_table_of_scores_with_distances_is_judged(tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    table.write_text("target,source,score,distance\na,b,60,1\na,c,40,2\na,d,50,3\nb,a,30,1\nb,c,20,2\na,a,99,0\n")
    found = STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(table)}))
    assert [row["target"] for row in found.table] == ["a", "b"]
    assert found.table[0]["discrepancy"] == pytest.approx((0 + 10 + 10) / 3) and found.table[1]["discrepancy"] == 0
    assert found.more["discrepancy"] == pytest.approx(20 / 6)
    assert found.table[0]["predicted"] == "b, c, d" and found.table[0]["true"] == "b, d, c"
    page = export.as_html(found)
    assert "scores scores.csv" in page and str(tmp_path) not in page, (
        "what is sent to others says no path of this computer"
    )
    fewer = STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(table), "higher": "no"}))
    assert fewer.table[0]["true"] == "c, d, b"


def test_a_dataset_may_be_called_as_other_programs_call_what_is_missing(tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    table.write_text("target,source,score,distance\nNA,None,60,1\nNA,null,40,2\nb,NA,30,1\nb,null,20,2\n")
    found = STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(table)}))
    assert [(row["target"], row["true"]) for row in found.table] == [("NA", "None, null"), ("b", "NA, null")]
    table.write_text("target,source,score\na,,60\n")
    with pytest.raises(BadInput, match="no name"):
        transfer.read_scores(str(table))
    packed = tmp_path / "scores.zip"
    packed.write_bytes(b"no table")
    with pytest.raises(BadInput):
        transfer.read_scores(str(packed))


def test_datasets_are_ranked_by_distance_and_judged_with_scores(tmp_path: Path) -> None:
    near, far, target = (
        subject(quantiles(12, 1, shift), name) for name, shift in (("near", 20), ("far", 200), ("target", 0))
    )
    found = STUDY.run(Request({"target": (target,), "sources": (far, near)}))
    assert [row["source"] for row in found.table] == ["near", "far"] and "near" in found.finding
    assert "too few" not in found.finding
    small = subject(quantiles(6, 1, 20), "small")
    assert "small has only 6 images" in STUDY.run(Request({"target": (target,), "sources": (far, small)})).finding
    table = tmp_path / "scores.csv"
    table.write_text("target,source,score\ntarget,near,10\ntarget,far,30\nelsewhere,near,1\n")
    judged = STUDY.run(Request({"target": (target,), "sources": (far, near)}, {"scores": str(table)}))
    assert judged.more["discrepancy"] == 20 and judged.more["random"] == 10 and judged.table[0]["lost_by_first"] == 20


PRINTED = {  # each model's harmonic mean over the seven datasets, as the source of the example prints it
    "COCO": 32.4, "ADE20K": 28.7, "Mapillary": 1.7, "IDD": 2.3, "BDD": 1.6, "Cityscapes": 1.2, "SUN RGB-D": 2.1,
}  # fmt: skip


def test_the_example_is_the_table_of_its_source_and_random_orders_of_it_cost_what_eq_8_says() -> None:
    whole = pd.read_csv(transfer.SHIPPED["example"][0])
    for source, scores in whole.groupby("source")["score"]:
        rounding = 0.05 * np.array([-1, 1])  # of each printed score
        low, high = (len(scores) / (1 / (scores + up)).sum() for up in rounding)
        assert low - 0.05 <= PRINTED[str(source)] <= high + 0.05
    found = STUDY.run(Request({"target": (), "sources": ()}, {"scores": "example"}))
    assert [row["target"] for row in found.table] == list(PRINTED) and "MSeg" in found.notes[0]
    for row in found.table:
        others = whole[(whole["target"] == row["target"]) & (whole["source"] != row["target"])]
        scores = others["score"].to_numpy()
        every = [np.abs(np.sort(scores)[::-1] - scores[list(order)]).mean() for order in permutations(range(6))]
        assert row["random"] == pytest.approx(np.mean(every))
        assert min(every) == 0 and row["random_low"] < row["random"] < row["random_high"] <= max(every)
    assert found.table[5]["true"] == "Mapillary, BDD, IDD, COCO, ADE20K, SUN RGB-D"  # of Cityscapes, read off by hand
    assert found.more["random"] == pytest.approx(np.mean([row["random"] for row in found.table]))
    assert "predicted" not in found.columns and "random order" in found.finding


def test_the_example_is_judged_with_the_distances_of_datasets_that_bear_its_names() -> None:
    names = {"Cityscapes": 0, "Mapillary": 30, "COCO": 250}
    named = tuple(subject(quantiles(12, 1, shift), name) for name, shift in names.items())
    found = STUDY.run(Request({"target": named[:1], "sources": named[1:]}, {"scores": "example"}))
    rows = {row["target"]: row for row in found.table}
    assert rows["Cityscapes"]["predicted"] == rows["Cityscapes"]["true"] == "Mapillary, COCO"
    assert rows["Mapillary"]["predicted"] == "Cityscapes, COCO" and rows["Mapillary"]["true"] == "COCO, Cityscapes"
    assert rows["Mapillary"]["discrepancy"] == pytest.approx(28.4 - 22.1)


def test_a_table_about_others_is_shown_by_itself_and_says_so() -> None:
    mine = subject(quantiles(12, 1), "mine"), subject(quantiles(12, 2), "yours")
    found = STUDY.run(Request({"target": mine[:1], "sources": mine[1:]}, {"scores": "made-up"}))
    assert found.more["discrepancy"] < found.more["random"] and "made up" in found.notes[0]
    assert "by itself" in found.notes[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("target,source\na,b\n", "no column score"),
        ("target,source,score\na,b,many\na,c,1\n", "no number"),
        ("target,source,score,distance\na,b,1,2\na,b,2,2\n", "two rows"),
        ("target,source,score,distance\na,b,1,2\n", "two sources"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(BadInput, match=says):
        STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(tmp_path / "scores.csv")}))


def test_a_table_about_other_datasets_than_those_given_needs_distances(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("target,source,score\na,b,1\na,c,2\n")
    one = subject(quantiles(12, 1), "mine"), subject(quantiles(12, 2), "yours")
    with pytest.raises(BadInput, match="Names must be the same"):
        STUDY.run(Request({"target": one[:1], "sources": one[1:]}, {"scores": str(tmp_path / "scores.csv")}))
