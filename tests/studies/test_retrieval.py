"""Retrieval: what is ranked against what, and its figures against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from dnacore import studies
from dnacore.analyses.metrics import auc, precision_recall
from dnacore.errors import BadInput
from dnacore.sources.resolver import Sources
from dnacore.sources.study_requests import Asked, run, subject
from dnacore.studies.frame.study import Request
from dnacore.studies.methods.search_task import task
from tests.studies import made_up

STUDY = studies.find("retrieval")
OFFLINE = {"methods": "dna,selected,rarity"}


def test_auc_and_precision_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    relevant = random.random(60) < 0.3
    distance = random.normal(size=60) - relevant
    order = np.argsort(distance)
    assert auc(distance, relevant) == pytest.approx(roc_auc_score(relevant, -distance))
    assert precision_recall(relevant[order]).average == pytest.approx(average_precision_score(relevant, -distance))
    ties = np.round(distance)  # an infinite distance, as the rarity score gives, is one more tie
    ties[:5] = np.inf
    assert auc(ties, relevant) == pytest.approx(roc_auc_score(relevant, -np.where(np.isinf(ties), 99, ties)))


def test_what_is_ranked_was_not_learned_from() -> None:
    values = made_up.quantiles(20)
    one, two = made_up.subject(values, "one"), made_up.subject(made_up.quantiles(30, 1, 200), "two")
    asked = Request({"reference": (one,), "others": (two,)}, STUDY.settings({}))
    work = task(asked)
    assert len(work.reference) == 10 and work.relevant.sum() == 10 and len(work.ranked) == 25
    learned = {path.name for path in work.reference_paths}
    ranked = {path.name for path, right in zip(work.paths, work.relevant, strict=True) if right}
    assert not learned & ranked and learned | ranked == set(one.paths)
    for i in range(25):  # sketches and files belong together
        subject_, position = work.of[i]
        np.testing.assert_array_equal(
            work.ranked.quantiles(np.array([0]))[0, i], subject_.sketches.quantiles(np.array([0]))[0, position]
        )


def test_what_stands_apart_is_found_by_datasets_and_by_attribute() -> None:
    one, two = made_up.subject(made_up.quantiles(20), "one"), made_up.subject(made_up.quantiles(20, 1, 250), "two")
    found = STUDY.run(Request({"reference": (one,), "others": (two,)}, OFFLINE))
    assert found.table[0]["auc"] > 0.99 and found.finding.startswith("DNA-EMD")
    level = [row["method"] for row in found.table if row["auc"] > 0.999]
    assert len(level) > 1 and "do as well" in found.finding.replace("does", "do") and "are level" in found.advice
    table = pd.DataFrame({"far": ["1", "0"] * 10})
    values = made_up.quantiles(20)
    values[:, ::2] += 250
    both = made_up.subject(values, "both", table)
    by_attribute = STUDY.run(Request({"reference": (both,), "others": ()}, OFFLINE, attribute="far"))
    assert by_attribute.table[0]["auc"] > 0.99
    with pytest.raises(BadInput, match="at least one other dataset"):
        STUDY.run(Request({"reference": (both,), "others": ()}, OFFLINE))


def test_images_of_many_kinds_are_told_from_one_kind_with_counter_examples() -> None:
    varied, narrow = (
        made_up.subject(made_up.quantiles(40, seed, 0, spread), name)
        for seed, (name, spread) in enumerate((("varied", 250.0), ("narrow", 5.0)))
    )
    asked = {"reference": (varied,), "others": (narrow,)}
    alone, both = (
        STUDY.run(Request(asked, {"methods": "dna", "unlike": unlike})).table[0]["auc"] for unlike in ("no", "yes")
    )
    assert alone < 0.5 and both > 0.95  # what lies in the middle is nearest to images that lie everywhere


def test_every_method_that_can_be_run_offline_runs_on_images(small_sources: Sources) -> None:
    found = run(Asked(STUDY, ["bright", "dark"], {"pairs": 3, "unlike": "yes"}), [small_sources])
    names = {row["method"] for row in found.table}
    assert {"perceptual loss", "pixel L2", "rarity score", "DNA-EMD, all neurons", "DNA-EMD, selected neurons"} <= names
    assert all(0 <= row["auc"] <= 1 and row["seconds"] >= 0 for row in found.table)
    assert any("LPIPS" in note or "LPIPS" in names for note in [*found.notes, "LPIPS" if "LPIPS" in names else ""])
    assert found.pictures and {p.dataset for p in found.pictures} <= {"bright", "dark"}
    assert len(subject(small_sources, "bright")) == 24


def test_sets_of_images_are_told_apart_better_than_images_are() -> None:
    one, two = (made_up.subject(made_up.quantiles(60, 1 + k, 35 * k), f"{k}") for k in range(2))

    def asked(together: int, methods: str = "dna") -> float:
        datasets = {"reference": (one,), "others": (two,)}
        return STUDY.run(Request(datasets, {"methods": methods, "together": together})).table[0]["auc"]

    assert asked(1) < asked(10)
    with pytest.raises(BadInput, match="two sets of 20"):
        asked(20)
