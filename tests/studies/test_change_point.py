"""Change points: the statistic against its literal form, planted changes found, and false alarms kept rare."""

from __future__ import annotations

import numpy as np
import pytest

from dnacore import studies
from dnacore.errors import BadInput, Cancelled
from dnacore.neurons.selection import Selection
from dnacore.studies import drift
from dnacore.studies.drift import by_name, in_order
from dnacore.studies.frame.study import Request, Watch
from dnacore.studies.frame.words import Moved
from dnacore.studies.methods import windows as windows_of
from dnacore.studies.methods.change_point import ChangePoint, between_images, change_point, energies
from dnacore.studies.methods.windows import spaced, windows
from tests.sketch_data import NEURONS
from tests.studies.made_up import quantiles, subject

STUDY = studies.find("drift")


def _energy(distances: np.ndarray, t: int) -> float:
    n, m = t, len(distances) - t
    across, before, after = distances[:t, t:].mean(), distances[:t, :t].mean(), distances[t:, t:].mean()
    return n * m / (n + m) * (2 * across - before - after)


def test_the_statistic_is_the_energy_distance_of_every_split() -> None:
    points = np.random.default_rng(0).normal(size=(9, 3))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    found = energies(distances, 2)
    assert found[:2].tolist() == [0, 0] and found[8] == 0
    np.testing.assert_allclose(found[2:8], [_energy(distances, t) for t in range(2, 8)], rtol=1e-10)


def test_images_are_as_far_apart_as_their_dnas() -> None:
    one = subject(quantiles(5))
    found = between_images(one.sketches, None, Watch())
    cdfs = [one.part(np.array([i])).cdf for i in range(5)]
    literal = [[np.abs(a - b).sum(1).mean() for b in cdfs] for a in cdfs]
    np.testing.assert_allclose(found, literal, atol=1e-3)
    weights = np.zeros(NEURONS)
    weights[[1, 4]] = 0.25, 0.75
    weighted = [[np.abs(a - b).sum(1) @ weights for b in cdfs] for a in cdfs]
    np.testing.assert_allclose(between_images(one.sketches, weights, Watch()), weighted, atol=1e-3)


def test_planted_changes_are_found_and_their_absence_raises_few_alarms() -> None:
    hits = alarms = 0
    for seed in range(20):
        values = quantiles(40, seed)
        values[:, 25:] += 60  # as much as the images differ among each other
        for planted, these in ((True, values), (False, quantiles(40, seed))):
            random = np.random.default_rng(seed)
            found = change_point(between_images(subject(these).sketches, None, Watch()), 4, 199, random, Watch())
            alarm = found.p <= 0.01
            hits += planted and alarm and abs(found.position - 25) <= 4
            alarms += not planted and alarm
    assert hits >= 19 and alarms <= 1


def test_frames_that_resemble_their_neighbours_raise_no_alarm_when_that_is_said() -> None:
    values = np.repeat(quantiles(10, 3), 6, axis=1)  # ten scenes of six frames each
    values[:, 36:] += 45
    distances = between_images(subject(values).sketches, None, Watch())
    taken_apart, taken_together = (
        change_point(distances, 6, 199, np.random.default_rng(0), Watch(), alike).p for alike in (1, 6)
    )
    assert taken_apart < taken_together


def test_the_study_says_where_it_changed_and_what_moved() -> None:
    values = quantiles(40, 1)
    values[2, 20:] += 300
    found = STUDY.run(Request({"dataset": (subject(np.clip(values, 0, 999)),)}))
    assert found.finding.startswith("Yes") and found.more["change_file"] == "20.png"
    assert found.more["neurons"][0]["flat"] == 2 and found.more["neurons"][0]["direction"] == 1
    assert [row["after_change"] for row in found.table] == [False] * 5 + [True] * 5
    assert {p.caption for p in found.pictures} == {"before the change", "after the change"}
    moved = found.figures[-1]
    assert moved.title == "Neurons that moved most" and moved.series[0].name.startswith("more active")
    first = found.more["neurons"][0]
    assert moved.series[0].x[0] == f"{first['layer']} {first['index']}" and moved.series[0].y[0] == first["emd"]
    assert any("no words were asked for" in note for note in found.notes)
    calm = Selection.of([0, 1])
    assert STUDY.run(Request({"dataset": (subject(values),)}, selection=calm)).finding.startswith("No")


@pytest.mark.parametrize(("p", "said"), [(0.014, "Perhaps"), (0.3, "No")])
def test_a_change_that_chance_seldom_gives_is_not_called_none(
    monkeypatch: pytest.MonkeyPatch, p: float, said: str
) -> None:
    monkeypatch.setattr(drift, "change_point", lambda *_: ChangePoint(20, p, np.zeros(40)))
    found = STUDY.run(Request({"dataset": (subject(quantiles(40, 1)),)}))
    assert found.finding.startswith(said) and not found.more["alarm"]
    assert ("at image 21 of 40, 20.png" in found.finding) == (said == "Perhaps")


def test_words_that_came_and_went_are_told_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    values = quantiles(40, 1)
    values[2, 20:] += 300
    seen = [Moved("tusker", 0.3), Moved("cab", -0.2)]
    monkeypatch.setattr(drift, "moved_words", lambda request, one, at: seen if at == 20 else [])
    found = STUDY.run(Request({"dataset": (subject(np.clip(values, 0, 999)),)}))
    assert "it shows more of tusker; less of cab" in found.finding
    assert found.figures[-1].series[0].x == ["tusker", "cab"] and found.figures[-1].series[0].y == [30, -20]


def test_of_many_images_some_are_looked_at_and_the_finding_says_so() -> None:
    values = quantiles(200, 1)
    values[2, 120:] += 300
    found = STUDY.run(Request({"dataset": (subject(np.clip(values, 0, 999)),)}, {"images": 40}))
    assert 117 <= found.more["change_at"] <= 127 and f"at image {found.more['change_at'] + 1} of 200" in found.finding
    assert "40 of them were looked at" in found.finding and sum(row["images"] for row in found.table) == 40
    assert (found.figures[1].series[0].x[0], found.figures[1].series[0].x[-1]) == (0, 199)
    assert found.figures[0].marks[0].x == found.more["change_at"]
    assert spaced(5, 9).tolist() == [0, 1, 2, 3, 4] and spaced(100_000, 2000).size == 2000
    assert len(set(spaced(2001, 2000).tolist())) == 2000


def test_windows_are_compared_in_passes_that_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request({"dataset": (subject(quantiles(60, 1)),)}, {"orders": 19})
    whole = STUDY.run(request)
    monkeypatch.setattr(windows_of, "HELD", 1)
    assert STUDY.run(request).table == whole.table


def test_order_windows_and_what_cannot_be_done() -> None:
    assert sorted(["b10.png", "b2.png", "a3.png"], key=by_name) == ["a3.png", "b2.png", "b10.png"]
    assert windows(11, 4) == [(0, 4), (4, 11)] and windows(8, 4) == [(0, 4), (4, 8)]
    one = subject(quantiles(3), paths=["c.png", "a.png", "b.png"])
    assert in_order(one, "name").tolist() == [1, 2, 0] and in_order(one, "time").tolist() == [0, 1, 2]
    with pytest.raises(BadInput, match="Three windows"):
        STUDY.run(Request({"dataset": (one,)}))
    with pytest.raises(Cancelled):
        STUDY.run(Request({"dataset": (subject(quantiles(40)),)}, watch=Watch(stop=lambda: True)))
