"""Rankings of datasets judged by what they cost (eq. 8), against examples worked by hand."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from dnacore import studies
from dnacore.errors import BadInput
from dnacore.studies import transfer
from dnacore.studies.frame.study import Request
from tests.studies.made_up import quantiles, subject

STUDY = studies.find("transfer")


def test_the_discrepancy_of_a_hand_worked_example() -> None:
    scores = np.array([60.0, 40.0, 50.0])  # true order: 0, 2, 1
    assert transfer.discrepancy(scores, np.array([0, 2, 1])) == 0
    # predicted 1, 0, 2: |60 - 40|, |50 - 60|, |40 - 50|
    assert transfer.discrepancy(scores, np.array([1, 0, 2])) == pytest.approx((20 + 10 + 10) / 3)


def test_random_orderings_cost_on_average_what_the_closed_form_says() -> None:
    scores = [np.array([61.0, 12.0, 33.0, 47.5]), np.array([5.0, 9.0, 7.0])]
    every = [np.mean([transfer.discrepancy(s, np.array(p)) for p in permutations(range(len(s)))]) for s in scores]
    found = transfer.chance(scores, np.random.default_rng(0))
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
    fewer = STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(table), "higher": "no"}))
    assert fewer.table[0]["true"] == "c, d, b"


def test_datasets_are_ranked_by_distance_and_judged_with_scores(tmp_path: Path) -> None:
    near, far, target = (
        subject(quantiles(12, 1, shift), name) for name, shift in (("near", 20), ("far", 200), ("target", 0))
    )
    found = STUDY.run(Request({"target": (target,), "sources": (far, near)}))
    assert [row["source"] for row in found.table] == ["near", "far"] and "near" in found.finding
    table = tmp_path / "scores.csv"
    table.write_text("target,source,score\ntarget,near,10\ntarget,far,30\nelsewhere,near,1\n")
    judged = STUDY.run(Request({"target": (target,), "sources": (far, near)}, {"scores": str(table)}))
    assert judged.more["discrepancy"] == 20 and judged.more["random"] == 10 and judged.table[0]["lost_by_first"] == 20


def test_the_example_is_there_and_says_that_it_is_made_up() -> None:
    found = STUDY.run(Request({"target": (), "sources": ()}, {"scores": "example"}))
    assert found.more["discrepancy"] < found.more["random"] and "made up" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("target,source\na,b\n", "no column score"),
        ("target,source,score\na,b,many\na,c,1\n", "no number"),
        ("target,source,score,distance\na,b,1,2\na,b,2,2\n", "two rows"),
        ("target,source,score\na,b,1\na,c,2\n", "needs a column distance"),
        ("target,source,score,distance\na,b,1,2\n", "two sources"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(BadInput, match=says):
        STUDY.run(Request({"target": (), "sources": ()}, {"scores": str(tmp_path / "scores.csv")}))
