"""Every number in a headline is counted again, slowly and by another path than the page's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

import dnacore as dc
from tests import small_world
from ui.app import chance, comparisons, reads, words
from ui.choices import reference
from ui.choices.piles import Chosen
from ui.figures import findings
from ui.gallery import truth
from ui.image import why
from ui.map import views
from ui.neurons import card
from ui.sensitivity import deck, find

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
    atoms, target = reads.sketches_of(one).quantiles(flats), reads.dna(other).histograms[flats]
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
    flats = found.order[:20]
    apart = images_to(day, marked, flats) - images_to(day, rest, flats)
    having = np.arange(DAY) < MARKED  # as the table was written
    first = [float(a < b) + 0.5 * float(a == b) for a in apart[having] for b in apart[~having]]
    assert area == pytest.approx(np.mean(first), abs=0.01)
    sentence, _ = find._sorting(chosen, shown, 20)
    assert words.pairs(area) in sentence and "20 neurons" in sentence and "day with mark" in sentence


def test_gallery_and_its_truth(sets):
    day, night, noon = sets["day"], sets["night"], sets["noon"]
    selection = dc.Selection.of(np.argsort(-between(day, night))[:12])
    ranked = reads.ranking(day, noon, night, selection)
    said, _ = reference.sentence(day, noon, night, ranked)
    apart = images_to(day, noon, selection.flat) - images_to(day, night, selection.flat)
    assert numbers(said) == [int((apart < 0).sum()), DAY]
    plainly = reads.ranking(day, noon, None, selection)
    said, _ = reference.sentence(day, noon, None, plainly)
    away = images_to(day, noon, selection.flat)
    assert numbers(said)[0] == pytest.approx(away.max() / away.min(), rel=0.06)
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
    order = reads.ranking(day, night, None, selection)["index"].tolist()
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
