"""What tells sets of images apart in words, and what neurons rise with: right where planted, silent by chance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import fisher_exact, spearmanr

import dnacore as dc
from dnacore.analyses.neuron_words import neuron_words
from dnacore.analyses.words import _fisher, word_contrast
from dnacore.extractors.labels import class_names
from dnacore.sketches.segments import Segment, SketchArrays
from dnacore.sketches.sketches import Sketches
from dnacore.sketches.words import Words, together

KNOWN = 1000


def drawn(count: int, random: np.random.Generator, start: int = 0, favoured: int | None = None) -> Words:
    """Words of images that show five of 60 classes at random, most of them the favoured one too."""
    classes = np.stack([random.choice(60, 5, replace=False) for _ in range(count)])
    if favoured is not None:
        rows = np.flatnonzero((random.random(count) < 0.4) & (classes != favoured).all(1))
        classes[rows, 0] = favoured
    odds = np.sort(random.dirichlet(np.ones(6), count)[:, :5])[:, ::-1].astype(np.float32)
    return Words(classes, odds, tuple(f"{i:032x}" for i in range(start, start + count)), KNOWN)


def test_a_planted_word_is_found_on_its_side_with_its_shares() -> None:
    random = np.random.default_rng(1)
    a, b = drawn(80, random, favoured=70), drawn(80, random, 80)
    found = word_contrast(a, b, ("night", "day"))
    assert [word.name for word in found.more] == [class_names(KNOWN)[70]] and not found.less
    assert found.more[0].shares == (pytest.approx((a.classes == 70).any(1).mean()), 0.0) and found.more[0].p <= 0.05
    assert f"“night” shows more of {class_names(KNOWN)[70]}" in found.sentence()
    turned = word_contrast(b, a, ("day", "night"))
    assert turned.less[0].shares[::-1] == found.more[0].shares


def test_sets_that_differ_by_nothing_are_told_apart_by_no_word() -> None:
    wrong = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        found = word_contrast(drawn(60, random), drawn(60, random, 60), seed=seed)
        wrong += bool(found.more or found.less)
        assert found.more or found.less or "No word tells" in found.sentence()
    assert wrong <= 6  # 2 are expected at the stated rate of 5 %; more than 6 has odds of 1 in 100


def test_images_in_both_sets_count_in_neither() -> None:
    random = np.random.default_rng(2)
    a, b = drawn(30, random), drawn(30, random, 100, favoured=70)
    with pytest.raises(dc.BadInput, match="in the other one too"):
        word_contrast(together([a, b]), b)
    assert word_contrast(together([a, drawn(5, random, 100)]), b).images == (30, 25)


@pytest.mark.parametrize(("images", "total", "first"), [(20, 5, 9), (50, 1, 25), (41, 30, 11)])
def test_single_words_follow_fishers_exact_test(images: int, total: int, first: int) -> None:
    ours = _fisher(images, total, first)
    for count in range(max(0, total + first - images), min(total, first) + 1):
        table = [[count, first - count], [total - count, images - first - total + count]]
        assert ours[count] == pytest.approx(fisher_exact(table).pvalue, rel=1e-6)


def sketches_of(means: np.ndarray, words: Words) -> Sketches:
    arrays = SketchArrays.empty(*means.shape)
    arrays.means[:] = means
    return Sketches([Segment(None, arrays, words.hashes)], words.hashes, 1000)


def test_neurons_rise_and_fall_with_what_they_were_made_from_and_others_with_nothing() -> None:
    random = np.random.default_rng(3)
    words = drawn(300, random)
    odds = words.table()
    means = random.normal(0, 1, (120, 300)).astype(np.float32)
    means[0] = 5 * np.sqrt(odds[:, 7]) + random.normal(0, 0.5, 300)
    means[1] = -5 * np.sqrt(odds[:, 9]) + random.normal(0, 0.5, 300)
    means[2] = 0.0
    found = neuron_words([(sketches_of(means, words), words)])
    names = class_names(KNOWN)
    assert found.rising[0][0][0] == names[7] and found.falling[1][0][0] == names[9]
    assert found.rising[2] == found.falling[2] == () and found.sentence(2) == ""
    assert found.named - 2 <= 0.05 * 118
    assert spearmanr(means[0], odds[:, 7]).statistic > 0 and found.said(0).startswith(names[7])
    assert all(abs(x) >= abs(y) for (_, x), (_, y) in pairwise(found.rising[0]))


def test_shuffled_images_give_hardly_any_neuron_a_word() -> None:
    """Neurons that share most of what drives them, as real ones do, over words with a few frequent and many rare ones."""
    shares = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        words = drawn(200, random, favoured=70)
        common = random.normal(0, 1, (5, 200))
        means = (random.normal(0, 1, (400, 5)) @ common + random.normal(0, 0.5, (400, 200))).astype(np.float32)
        means[::2] = np.maximum(means[::2], 0)  # as after a ReLU: many exact ties
        shares.append(neuron_words([(sketches_of(means, words), words)], seed=seed).named / 400)
    assert np.mean(shares) <= 0.05


def test_a_word_that_only_tells_the_sets_apart_is_no_word_of_a_neuron() -> None:
    random = np.random.default_rng(4)
    parts = []
    for level, favoured in ((0.0, 70), (9.0, None)):
        words = drawn(150, random, favoured=favoured)
        parts.append((sketches_of(random.normal(level, 1, (40, 150)).astype(np.float32), words), words))
    assert neuron_words(parts).named <= 4


def test_few_images_are_refused() -> None:
    words = drawn(20, np.random.default_rng(0))
    with pytest.raises(dc.BadInput, match="need 40 images"):
        neuron_words([(sketches_of(np.zeros((3, 20), np.float32), words), words)])
