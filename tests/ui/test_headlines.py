"""Every number in a headline is counted again, slowly and by another path than the page's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

import dnacore as dc
from dnacore.analyses import top_k
from dnacore.attributes import forgetting
from dnacore.attributes.survey import Attribute
from tests import small_world
from ui.app import chance, comparisons, layout, navigation, reads, words
from ui.choices import reference
from ui.choices.piles import Chosen
from ui.components import chart
from ui.figures import findings
from ui.gallery import truth
from ui.image import why
from ui.map import views
from ui.neurons import card
from ui.selections import kept
from ui.sensitivity import deck, find, forget, leave_out
from ui.start import demo, own_folder

DAY, NIGHT, MARKED = 24, 20, 11


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, reads.Ready]]:
    """Day and night, a third set like day, and parts of day by a table."""
    home = tmp_path_factory.mktemp("headlines")
    opened = small_world.workspace(home / "workspace")
    for name, count, seed, dark in (("day", DAY, 1, False), ("night", NIGHT, 2, True), ("noon", 20, 3, False)):
        folder = small_world.draw(home / name, count, seed, dark)
        rows = "".join(f"{at:03d}.png,{int(at < MARKED)}\n" for at in range(count))
        (folder / "attributes.csv").write_text(f"file,mark\n{rows}")
        opened.add_dataset(name, folder)
        small_world.extract(opened, name)
    patch = pytest.MonkeyPatch()
    patch.setattr(reads, "_open", lambda: opened)
    patch.setattr(reads, "extractor", lambda: small_world.NAME)
    found = {one.name: one for one in reads.ready()}
    found["marked"], found["plain"] = (reads.part(found["day"], "mark", value) for value in "10")
    yield found
    patch.undo()


def emd(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Literal EMD of (n, B) histograms, in bins (CVPR 2023, eq. 3)."""
    one, other = (np.cumsum(h / h.sum(1, keepdims=True), axis=1) for h in (a.astype(float), b.astype(float)))
    return np.abs(one - other).sum(1)


def between(a: reads.Ready, b: reads.Ready) -> np.ndarray:
    return emd(reads.dna(a).histograms, reads.dna(b).histograms)


def images_to(one: reads.Ready, other: reads.Ready, flats: np.ndarray) -> np.ndarray:
    """Literal EMD of every image of a dataset to another one, from its 16 values a neuron, averaged over neurons."""
    return image_rows(one, reads.dna(other).histograms[flats], flats)


def image_rows(one: reads.Ready, target: np.ndarray, flats: np.ndarray) -> np.ndarray:
    """The same to any histograms: (k, B) of those neurons."""
    atoms = reads.sketches_of(one).quantiles(flats)
    bins = target.shape[1]
    return np.array(
        [
            np.mean(
                [emd(np.bincount(atoms[k, i], minlength=bins)[None], target[k][None])[0] for k in range(len(flats))]
            )
            for i in range(atoms.shape[1])
        ]
    )


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_distances_and_map_of_datasets(sets):
    chosen = [sets[name] for name in ("day", "night", "noon")]
    compared = comparisons.comparison(chosen, "emd", None)
    said = findings.pairwise([one.said for one in chosen], compared.matrix)
    again = {frozenset((a.name, b.name)): between(a, b).mean() for a in chosen for b in chosen if a.name < b.name}
    near, far = min(again, key=again.__getitem__), max(again, key=again.__getitem__)
    assert said.endswith("the closest pair.") and all(name in said.split(" differ most")[0].lower() for name in far), (
        said
    )
    assert numbers(said)[0] == pytest.approx(again[far] / again[near], abs=0.06)
    exact = findings.extremes([one.said for one in chosen], compared.matrix, "bins", 1000)
    assert numbers(exact)[0] == pytest.approx(max(again.values()), rel=0.01) and all(
        name in exact.split("Nearest")[1] for name in near
    )


def test_compare(sets):
    day, night = sets["day"], sets["night"]
    usual = chance.between(day, night, "emd")
    said = findings.two(
        [day.said, night.said], float(comparisons.comparison([day, night], "emd", None).matrix[0, 1]), usual
    )
    assert numbers(said)[0] == pytest.approx(between(day, night).mean() / usual.usual, rel=0.06)
    halves = []
    rng = np.random.default_rng(0)  # what chance gives, drawn again: two random samples of these sizes out of one set
    everything = reads.sketches_of(day).quantiles(slice(None))
    for _ in range(3):
        order = rng.permutation(DAY)
        sides = (everything[:, part].reshape(len(everything), -1) for part in (order[: DAY // 2], order[DAY // 2 :]))
        one, other = (np.apply_along_axis(np.bincount, 1, side, minlength=1000) for side in sides)
        halves.append(emd(one, other).mean())
    assert chance.of(day, "emd").average(None) == pytest.approx(np.mean(halves), rel=0.3)


def test_neurons(sets):
    day, night = sets["day"], sets["night"]
    flat = int(between(day, night).argmax())
    said, exact = card.sentence([day, night], flat, "neuron 1 in block 1")
    usual = chance.per_neuron(day, night, "emd")[flat]
    assert numbers(said)[0] == pytest.approx(between(day, night)[flat] / usual, rel=0.06)
    more = max(
        (day, night), key=lambda one: float(reads.dna(one).histograms[flat] @ np.arange(1000)) / one.dataset.images
    )
    assert said.endswith(f"it reacts more to {more.said}.")
    assert numbers(exact.split(":")[1])[0] == pytest.approx(between(day, night)[flat], rel=0.01)


def test_sensitivity_counts_neurons_and_pairs(sets):
    marked, rest, day = sets["marked"], sets["plain"], sets["day"]
    chosen = Chosen(marked, rest, (day,), "attribute", "mark")
    found = deck.sensitivity(chosen)
    said, dna = findings.sensitivity(found, reads.dna(day)), reads.dna(day)
    assert f"{dna.n_neurons:,} neurons" in said
    above = int((found.noise_ratio > np.quantile(found.chance, 0.95)).sum()) if found.chance is not None else 0
    assert said.startswith(f"At least {above:,} of" if above else "With so few images no neuron"), "11 of 24 are few"
    shown = deck.deck(chosen, found)
    area = deck.area(chosen, shown, 20)
    having = np.arange(DAY) < MARKED  # as the table was written
    dealt, first = top_k.folds(having), []
    for fold in range(4):  # every quarter by the neurons and references of the other three
        sides = [counted(day, (dealt != fold) & side) for side in (having, ~having)]
        flats = np.argsort(-emd(*sides), kind="stable")[:20]
        away = [image_rows(day, side[flats], flats) for side in sides]
        apart = away[0] - away[1]
        in_with, in_rest = (apart[(dealt == fold) & side] for side in (having, ~having))
        first.append(np.mean([float(a < b) + 0.5 * float(a == b) for a in in_with for b in in_rest]))
    assert area == pytest.approx(np.mean(first), abs=0.01)
    sentence, _ = find._sorting(chosen, shown, 20)
    assert words.pairs(area) in sentence and "20 neurons" in sentence and "day with mark" in sentence


def test_gallery_and_its_truth(sets):
    day, night, noon = sets["day"], sets["night"], sets["noon"]
    selection = dc.Selection.of(np.argsort(-between(day, night))[:12])
    ranked = comparisons.ranking(day, noon, night, selection)
    said, _ = reference.sentence(day, noon, night, ranked)
    apart = images_to(day, noon, selection.flat) - images_to(day, night, selection.flat)
    assert numbers(said) == [int((apart < 0).sum()), DAY]
    plainly = comparisons.ranking(day, noon, None, selection)
    _, exact = reference.sentence(day, noon, None, plainly)
    away = images_to(day, noon, selection.flat)
    assert numbers(exact)[0] == pytest.approx(away.max() / away.min(), rel=0.06)
    wanted = truth.Truth("mark", "1")
    hits, known = truth.relevant(day, plainly, wanted)
    order = np.argsort(away, kind="stable")
    assert known.all() and hits.sum() == MARKED
    pairs = [float(a < b) + 0.5 * float(a == b) for a in away[:MARKED] for b in away[MARKED:]]
    top = int((order[:MARKED] < MARKED).sum())
    said, exact = truth.sentence(wanted, float(np.mean(pairs)), int(hits[:MARKED].sum()), MARKED)
    assert words.pairs(float(np.mean(pairs))) in said and f"{top:,} of the first {MARKED}" in said
    assert f"{np.mean(pairs):.3f}" in exact


def test_image(sets):
    day, night = sets["day"], sets["night"]
    selection = dc.Selection.of(np.argsort(-between(day, night))[:12])
    away = images_to(day, night, selection.flat)
    order = comparisons.ranking(day, night, None, selection)["index"].tolist()
    image = reads.Image(day, order[15])
    told = why.tell(image, night, None, selection)
    said, exact = why.sentence(image, told, night, None, 15, DAY, day.said)
    own = int(next(at for at, row in enumerate(reads.files(day.dataset)) if row.index == image.index))
    farther = float((away < away[own]).sum()) / (DAY - 1)
    assert "farther from night" in said and numbers(said.split("than")[1]) == [round(100 * farther), 100]
    assert numbers(exact)[0] == pytest.approx(away[own], rel=0.02)


def test_map_of_images_counts_neighbours(sets):
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(1.5, 1, (30, 2))])
    of = np.repeat([0, 1], 30)
    kinds = [views.Kind("a", "#000000"), views.Kind("b", "#000000")]
    said = views._sentence(kinds, of, views.Plane(points), ["a", "b"], views.BY_DATASET)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(60, np.inf))
    own = float((of[apart.argmin(1)] == of).mean())
    assert numbers(said)[:2] == [round(100 * own), 100]


@pytest.fixture
def heard(monkeypatch):
    """What a page says it found, (sentence, exact) each; it draws nothing else."""
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(layout, "found", lambda sentence, exact="": said.append((sentence, exact)))
    for module, name in ((chart, "show"), (st, "dataframe"), (navigation, "link"), (leave_out.capture, "table")):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    return said


def counted(one: reads.Ready, images: np.ndarray) -> np.ndarray:
    """Histograms of some of a dataset's images, from their 16 values a neuron."""
    values = reads.sketches_of(one).quantiles(slice(None))[:, images].reshape(reads.dna(one).n_neurons, -1)
    return np.apply_along_axis(np.bincount, 1, values, minlength=1000)


def test_leaving_out(sets, heard):
    day, night = sets["day"], sets["night"]
    marked = np.arange(DAY) < MARKED
    everything = counted(day, np.ones(DAY, bool))
    for target in (None, night):
        found = leave_out._left_out(f"headline{target}", "attribute", "", "", day, target, None)
        leave_out._groups(found, target, 1000)
        apart = {}
        for name, rest in (("with mark", ~marked), ("without mark", marked)):
            if target is None:
                apart[name] = emd(counted(day, rest), everything).mean()
            else:
                left = emd(counted(day, rest), reads.dna(night).histograms).mean()
                apart[name] = between(day, night).mean() - left
        top = max(apart, key=lambda name: abs(apart[name]))
        said, exact = heard.pop()
        assert f"images {top}" in said.split(",")[0] and said.startswith(
            "Leaving out" if target is None else "Without"
        ), said
        if target is not None:
            assert ("comes nearer to night" if apart[top] > 0 else "comes farther from night") in said
        assert numbers(exact)[0] == pytest.approx(abs(apart[top]), rel=0.02)


def test_mixing(sets, heard):
    target, parts = sets["day"], [sets["night"], sets["noon"], sets["marked"]]
    found = dc.mixture(reads.dna(target), [reads.dna(one) for one in parts])
    leave_out._shares(found, target, parts)
    said, exact = heard.pop()
    shares = [float(found.shares[one.name]) for one in parts]
    normal = [reads.dna(one).histograms / reads.dna(one).histograms.sum(1, keepdims=True) for one in (target, *parts)]

    def away(*of: float) -> float:
        return float(emd(sum(a * h for a, h in zip(of, normal[1:], strict=True)), normal[0]).mean())

    alone = [away(*corner) for corner in np.eye(3)]
    assert away(*shares) == pytest.approx(numbers(exact)[0], rel=0.01) and sum(shares) == pytest.approx(1)
    grid = [(a, b, 1 - a - b) for a in np.linspace(0, 1, 4) for b in np.linspace(0, 1, 4) if a + b < 1.01]
    assert away(*shares) <= min(away(*np.clip(of, 0, 1)) for of in grid) * 1.002, "no other shares come nearer"
    best = parts[int(np.argmin(alone))].said
    assert f"{best} alone" in exact and numbers(exact.split("alone")[1])[0] == pytest.approx(min(alone), rel=0.01)
    listed = [one for one in sorted(parts, key=lambda one: -found.shares[one.name]) if found.shares[one.name] >= 0.005]
    assert [one.said in said for one in listed] == [True] * len(listed)
    assert numbers(said)[0] == pytest.approx(100 * max(shares), abs=0.06)


def test_the_shares_of_a_mixture_add_up_and_few_images_are_told(sets, heard, monkeypatch):
    parts = [sets[name] for name in ("night", "noon", "marked", "plain")]
    shares = dict(zip((one.name for one in parts), (0.4, 0.3, 0.2, 0.1), strict=True))
    found = SimpleNamespace(shares=shares, alone=shares, distance=1.0, bound=0.5)
    leave_out._shares(found, sets["day"], parts)
    said, _ = heard.pop()
    shown = said.split(".  ")[0].split(" has only ")[0]
    assert sum(float(one) for one in re.findall(r"([\d.]+)\s%", shown)) == pytest.approx(100)
    assert f"{MARKED} images: too few" in said, said


def test_one_noise_is_behind_the_diagonal_and_the_outlines(sets):
    day, marked = sets["day"], sets["marked"]
    usual, most = chance.table([day, marked], "emd", None)
    assert usual[0, 0] < usual[0, 1] < usual[1, 1], "of unlike sizes, chance lies between the two sets' own"
    assert most[0, 1] > usual[0, 1] and np.isnan(most.diagonal()).all()


def test_forgetting(sets, heard, monkeypatch):
    day = sets["day"]
    marks = {"hat": np.arange(DAY) % 2 == 0, "smile": np.arange(DAY) % 3 == 0}
    asked = [Attribute(name, mask, ~mask) for name, mask in marks.items()]
    found = forgetting.forget(reads.sketches_of(day), asked, ["hat"], steps=30, splits=4)[0]
    learned = found.selection("without hat")
    order = np.random.default_rng(0).permutation(DAY)  # the half that was not learned from
    half = np.sort(order[1::2])

    def gone(mask: np.ndarray) -> float:
        """1 - D_W / D of an attribute, by histograms of the half that was not learned from (eq. 5 and 6)."""
        sides = (counted(day, np.intersect1d(half, np.flatnonzero(side))) for side in (mask, ~mask))
        distances = emd(*sides)
        return 1 - float(learned.weights @ distances) / float(distances.mean())

    monkeypatch.setattr(reads.workspace(), "selections", lambda: [learned])
    forget._result("hat")
    said, _ = heard.pop()
    forgotten, harmed = numbers(said)
    assert "hat" in said and forgotten == pytest.approx(100 * max(0.0, gone(marks["hat"])), abs=0.1)
    assert harmed == pytest.approx(100 * abs(gone(marks["smile"])), abs=0.1)


def test_start(sets, heard):
    day, night, noon = (sets[name] for name in ("day", "night", "noon"))
    demo.heatmap([day, night, noon])
    said, exact = heard.pop()
    again = {(a.name, b.name): between(a, b).mean() for a, b in ((day, night), (day, noon), (night, noon))}
    near, far = min(again, key=again.__getitem__), max(again, key=again.__getitem__)
    assert all(name in said for name in far) and numbers(exact)[0] == pytest.approx(max(again.values()), rel=0.01)
    assert all(name in exact.split("Nearest")[1] for name in near)
    told = own_folder.nearest(day)
    assert told is not None
    said, exact = told
    order = sorted((night, noon), key=lambda one: float(between(day, one).mean()))
    assert said == f"Of 2 other datasets, day is most like {order[0].name} and least like {order[1].name}."
    apart = [float(part.split(": ")[1].split()[0]) for part in exact.split("; ")]
    assert apart == pytest.approx([between(day, one).mean() for one in order], rel=0.01)


def test_selections(sets, heard, monkeypatch):
    day, night = sets["day"], sets["night"]
    clear = np.flatnonzero(between(day, night) >= 3 * chance.per_neuron(day, night, "emd"))
    origin = {"kind": "sensitivity", "with": "day", "without": "night", "times_chance": 3.0}
    made = dc.Selection.of(clear, name="clear", extractor=reads.dna(day).network, origin=origin)
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(kept.effects, "counts", lambda by_layer, **_: drawn.append(np.array(list(by_layer.values()))))
    monkeypatch.setattr(reads.workspace(), "selections", lambda: [made])
    for rest in ("_table", "_uses", "_changes", "_forgotten"):
        monkeypatch.setattr(kept, rest, lambda *_: None)
    kept.draw(reads.workspace().store.find_setting(small_world.NAME))
    said, _ = heard.pop()
    assert said == f"clear: {len(clear):,} neurons, all at least 3.0 times what chance gives, day against night"
    layers = np.cumsum([0, *reads.dna(day).layers.values()])
    assert drawn[0].tolist() == np.histogram(clear, layers)[0].tolist()
