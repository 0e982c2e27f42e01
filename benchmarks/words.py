"""Words and learned weights on real images: are they right, calibrated, useful and cheap?

    python -m benchmarks.words DATA [--extractor E] [--sheet FILE]

DATA is a folder with datasets as in `benchmarks.sight`, and `imagenet_sample`, whose files carry their class's name.
Kept words: equal to freshly computed ones, how many photographs are named rightly, in `styles/photo` the word that
stands first for each of dog, elephant, guitar and horse against the rest, and the share of extraction's time that words
cost. Words of neurons: how many have one on all sets together, and on shuffled images. Learned weights: `faces`, learned
on one half, the other half ranked, both ways, beside the 20 most sensitive neurons. `--sheet` draws 20 neurons at random
with their words and the images that they are strongest on.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

import dnacore as dc
from dnacore.analyses.neuron_words import NeuronWords, neuron_words
from dnacore.analyses.ranking import distances_to
from dnacore.analyses.sharpening import sharpen
from dnacore.analyses.words import word_contrast
from dnacore.attributes.survey import attributes_of
from dnacore.dna.from_sketches import sketched_dna
from dnacore.extraction.batches import feed
from dnacore.extractors import load_extractor
from dnacore.extractors.extractor import Extractor
from dnacore.extractors.labels import class_names
from dnacore.sketches.words import Words
from dnacore.workspace.kept_words import with_words, words_of

RIGHT = {"dog": "dog hound terrier retriever shepherd bernard spaniel corgi collie malamute husky pug boxer", "guitar": "guitar",
         "elephant": "elephant tusker", "horse": "sorrel horse"}  # fmt: skip
ROUNDS = 5


class Bench:
    """Holds the extracted sets in a workspace that goes with the `with`, or in one that is kept."""

    def __init__(self, data: Path, extractor: Extractor, root: Path, say: Callable[[str], None] = print) -> None:
        self.data, self.extractor, self.say = data, extractor, say
        self.workspace = dc.Workspace.open(root)
        self.sets = sorted(path.name for path in data.iterdir() if path.is_dir())
        for name in self.sets:
            if name not in {dataset.name for dataset in self.workspace.datasets()}:
                self.workspace.add_dataset(name, data / name)
            dc.extract(name, extractor, workspace=self.workspace)
        self.label = self.workspace.store.settings()[0].label

    def kept(self) -> None:
        """Bar 3."""
        network, names = self.extractor, class_names(self.extractor.classes)
        words = self._words("imagenet_sample")
        files = self._paths("imagenet_sample")
        fresh = torch.stack([network.preprocess(self.data / "imagenet_sample" / path) for path in files])
        with torch.inference_mode():
            best = network.network(fresh).softmax(1).topk(words.classes.shape[1])
        same = np.array_equal(words.classes, best.indices.numpy())
        worst = float(np.abs(words.probabilities - best.values.numpy()).max())
        right = [names[c].replace(" ", "_").lower() in path.lower() for c, path in zip(words.classes[:, 0], files)]
        self.say(f"kept words equal fresh ones: {same} (probabilities to {worst:.1e})")
        self.say(f"imagenet_sample named rightly: {np.mean(right):.3f} ({sum(right)} of {len(right)}); bar 0.90")
        photos, paths = self._words("styles"), self._paths("styles")
        for kind in RIGHT:
            of = np.array([path.startswith(f"photo/{kind}/") for path in paths])
            rest = np.array([path.startswith("photo/") for path in paths]) & ~of
            found = word_contrast(photos.rows(of), photos.rows(rest), (kind, "the rest"))
            first = found.more[0].name if found.more else "none"
            fits = any(word in first.lower() for word in RIGHT[kind].split())
            self.say(f"  {kind}: first word {first} ({'right' if fits else 'WRONG'})")

    def cost(self) -> None:
        """The share of the forward's time that going on to the head costs, and of all of extraction's: medians."""
        folder = self.data / "styles"
        paths = [folder / path for path in self._paths("styles")[:64]]
        batches = [b.tensor for b in feed(self.extractor, paths, 16) if b.tensor is not None]
        plain, named, whole = [], [], []
        for _ in range(ROUNDS):
            plain.append(_seconds(lambda: [self.extractor.visit(b, lambda *_: None) for b in batches]))
            named.append(
                _seconds(lambda: [self.extractor.visit(b, lambda *_: None, name=lambda *_: None) for b in batches])
            )
        with tempfile.TemporaryDirectory() as place:
            for turn in range(2):
                ws = dc.Workspace.open(Path(place, str(turn)))
                whole.append(_seconds(lambda ws=ws: dc.extract(folder, self.extractor, workspace=ws)))
        images = len(self._paths("styles"))
        share = (np.median(named) - np.median(plain)) / len(paths) / (min(whole) / images)
        self.say(f"words cost {share:.1%} of extraction ({1000 * min(whole) / images:.1f} ms an image); bar 3 %")

    def neurons(self, shuffles: int = 10) -> NeuronWords:
        """Bar 4."""
        parts = [p for name in self.sets if (p := with_words(self.workspace, self.workspace.dataset(name), self.label))]
        began = time.perf_counter()
        found = neuron_words(parts)
        took = time.perf_counter() - began
        total = len(found.rising)
        self.say(f"neurons with words: {found.named} of {total} on {found.images} images ({took:.1f} s); bar 300")
        shares = []
        for seed in range(shuffles):
            random = np.random.default_rng(seed)
            mixed = [(sketches, words.rows(random.permutation(len(words)))) for sketches, words in parts]
            shares.append(neuron_words(mixed, seed=seed).named / total)
        self.say(f"over shuffled images: mean {np.mean(shares):.3f}, largest {max(shares):.3f} of {shuffles}; bar 0.05")
        return found

    def sharpened(self) -> None:
        """Bar 5."""
        dataset = self.workspace.dataset("faces")
        sketches, dna = self.workspace.sketches(dataset, self.label), self.workspace.dna(dataset, self.label)
        assert sketches is not None and dna is not None
        halves = np.arange(len(sketches)) % 2 == 0
        for asked in attributes_of(self.workspace.attributes(dataset).iloc[sketches.found]):
            learned, plain = [], []
            for half in (halves, ~halves):
                sides = [
                    sketched_dna(sketches.select(np.flatnonzero(mask & half)), dna.calibration, dna.extractor, "")
                    for mask in (asked.with_, asked.without)
                ]
                tried = np.flatnonzero(~half & (asked.with_ | asked.without))
                weights = sharpen(sketches, asked.with_ & half, asked.without & half, dna).selection
                top = dc.Selection.of(dc.sensitivity(*sides, splits=0).order[:20])
                for chosen, into in ((weights, learned), (top, plain)):
                    into.append(dc.auc(distances_to(sketches.select(tried), *sides, chosen), asked.with_[tried]))
            gain = np.mean(learned) - np.mean(plain)
            bar = "+0.03" if asked.name == "smiling" else "-0.02"
            self.say(
                f"{asked.name}: learned {np.mean(learned):.3f}, top 20 {np.mean(plain):.3f} ({gain:+.3f}; bar {bar})"
            )

    def sheet(self, found: NeuronWords, target: Path, neurons: int = 20, images: int = 8, seed: int = 0) -> None:
        """Draw neurons at random that have words, with these and the images they are strongest on, by spatial mean."""
        flats = [n for n in range(len(found.rising)) if found.rising[n]]
        flats = sorted(np.random.default_rng(seed).choice(flats, neurons, replace=False).tolist())
        first = self.workspace.dna("styles", self.label)
        assert first is not None
        rows, paths = [], []
        for name in self.sets:
            sketches = self.workspace.sketches(name, self.label)
            assert sketches is not None
            values = sketches.means(np.array(flats)).astype(np.float64)
            rows.append((values - values.mean(1, keepdims=True)) / np.maximum(values.std(1, keepdims=True), 1e-9))
            paths += [self.data / name / self._paths(name)[i] for i in range(len(sketches))]
        strongest = np.argsort(-np.concatenate(rows, axis=1), axis=1)[:, :images]
        page = Image.new("RGB", (110 * images + 10, 140 * neurons), "white")
        pen = ImageDraw.Draw(page)
        for row, flat in enumerate(flats):
            layer, index = first.neuron(flat)
            pen.text((5, 140 * row + 4), f"{layer} {index}: {found.sentence(flat)}"[:150], fill="black")
            for column, at in enumerate(strongest[row]):
                with Image.open(paths[at]) as image:
                    page.paste(image.convert("RGB").resize((106, 106)), (5 + 110 * column, 140 * row + 24))
        page.save(target)

    def _words(self, name: str) -> Words:
        words = words_of(self.workspace, self.workspace.dataset(name))
        assert words is not None and len(words) == len(self._paths(name))
        return words

    def _paths(self, name: str) -> list[str]:
        dataset = self.workspace.dataset(name)
        bad = {one.path for one in self.workspace.rejected(dataset)}
        return [f.path for f in self.workspace.files(dataset) if f.path not in bad]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--extractor", default="efficientnet_lite0")
    parser.add_argument("--sheet", type=Path, help="draw 20 neurons with words and their strongest images")
    parser.add_argument("--workspace", type=Path, help="keep what is extracted here")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.data, load_extractor(options.extractor), options.workspace or Path(folder))
        bench.kept()
        found = bench.neurons()
        if options.sheet:
            bench.sheet(found, options.sheet)
        bench.sharpened()
        bench.cost()


if __name__ == "__main__":
    main()
