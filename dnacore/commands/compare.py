"""Commands that answer a question about DNAs."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnacore import atomic
from dnacore.commands.outcome import FINE, LOOK, Result, Stop, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput, DnaError
from dnacore.extractors.labels import CAUTION
from dnacore.paths import cell
from dnacore.sketches.words import SEES
from dnacore.workspace.datasets import Dataset

if TYPE_CHECKING:
    from dnacore.analyses.sharpening import Sharpened
    from dnacore.analyses.words import WordContrast
    from dnacore.attributes.sensitivity import Sensitivity
    from dnacore.dna.histogram import DNA
    from dnacore.neurons.selection import Selection
    from dnacore.sources.resolver import Sources


def compare(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.distances.emd import per_neuron
    from dnacore.distances.pairwise import pairwise
    from dnacore.dna.layers import layer_slices

    sources = sources_of(options, Overall(say), stop)
    dnas = [sources.dna(name) for name in options.names]
    selection = sources.selection(options.selection)
    sources.check(selection, dnas[0])
    found = pairwise(dnas, options.metric, selection)
    data: dict[str, Any] = {
        "metric": found.metric, "unit": found.unit, "names": list(found.names), "matrix": found.matrix.tolist(),
        "layers": {layer: table.tolist() for layer, table in found.layers.items()},
        "selection": selection.name if selection else None, "from_sketches": [d.name for d in dnas if not d.exact],
        "images": [[d.images, len(d.rejected)] for d in dnas],
    }  # fmt: skip
    code, missing = _missing(dnas)
    words = _words(sources, options.names)
    data["words"] = [_word_row(one) for one in words]
    pairs = [(i, j) for i in range(len(dnas)) for j in range(i + 1, len(dnas))]
    header, rows = ["a", "b", "distance"], [[found.names[i], found.names[j], found.matrix[i, j]] for i, j in pairs]
    if options.by == "layer":
        header = ["a", "b", "layer", "distance"]
        rows = [[found.names[i], found.names[j], layer, t[i, j]] for i, j in pairs for layer, t in found.layers.items()]
    if options.by == "neuron":
        header, rows = ["a", "b", "layer", "index", "flat", "distance"], []
        chosen = range(dnas[0].n_neurons) if selection is None else selection.flat.tolist()
        names = [
            (layer, i) for layer, where in layer_slices(dnas[0].layers).items() for i in range(where.stop - where.start)
        ]
        for i, j in pairs:
            distances = per_neuron(dnas[i], dnas[j], options.metric)
            rows += [[found.names[i], found.names[j], *names[flat], flat, float(distances[flat])] for flat in chosen]
        data["neurons"] = [dict(zip(header, row, strict=True)) for row in rows]
    if options.csv:
        _write_csv(options.csv, header, rows)
    scale = f" of {dnas[0].bins - 1}" if options.metric == "emd" else ""
    if len(dnas) == 1:
        return code, data, "\n".join([f"{found.names[0]}: compare it with at least one other dataset.", *missing])
    if options.by == "neuron":
        rows.sort(key=lambda row: -row[-1])
        text = [f"{a} and {b}: {layer}, neuron {i}: {d:.3f}{scale} {found.unit}" for a, b, layer, i, _, d in rows[:20]]
    else:
        text = [
            f"{' and '.join(map(str, row[:2]))}{''.join(f', {x}' for x in row[2:-1])}: {row[-1]:.4g}{scale} {found.unit}"
            for row in rows
        ]
    text += [one.sentence() for one in words if one.more or one.less]
    if any(one.more or one.less for one in words):
        text.append(CAUTION)
    return code, data, "\n".join([*text, *missing])


def _missing(dnas: Sequence[DNA]) -> tuple[int, list[str]]:
    """The exit code, and a line for every DNA that some of its images are missing from."""
    lines = [
        f"{dna.name}: {dna.images:,} of {dna.images + len(dna.rejected):,} images; {len(dna.rejected):,} could not be read "
        f"({'; '.join(sorted({row['reason'] for row in dna.rejected})[:3])})"
        for dna in dnas if dna.rejected
    ]  # fmt: skip
    return (LOOK if lines else FINE), lines


def _words(sources: Sources, names: Sequence[str]) -> list[WordContrast]:
    """What tells each pair of datasets apart in words, where both have words of the same network."""
    from dnacore.analyses.words import word_contrast
    from dnacore.workspace.kept_words import words_of

    kept = []
    for name in names:
        try:
            dataset = sources.dataset(name)
        except DnaError:  # the name of an image or of a DNA file, which have no words
            continue
        if (found := words_of(sources.workspace, dataset)) is not None:
            kept.append((dataset.name, found))
    return [
        word_contrast(a, b, (one, other))
        for at, (one, a) in enumerate(kept) for other, b in kept[at + 1 :]
        if a.known == b.known and set(a.hashes) - set(b.hashes) and set(b.hashes) - set(a.hashes)
    ]  # fmt: skip


def _word_row(found: WordContrast) -> dict[str, Any]:
    return asdict(found) | {"sentence": found.sentence()}


def sensitivity(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.attributes.sensitivity import sensitivity
    from dnacore.distances.permutation import SPLITS

    sources = sources_of(options, Overall(say), stop)
    with_, without = _sides(options, sources)
    # A rate of 1 in n can be told from n - 1 random splits on.
    splits = SPLITS if options.floor is None else max(SPLITS, ceil(1 / options.floor - 1e-9) - 1)
    found = sensitivity(with_, without, splits)
    top = found.top(min(options.top, len(found.emd)), options.save or "")
    floor = None
    if options.floor is not None:
        floor = {
            "rate": options.floor,
            "ratio": found.floor(options.floor),
            "above": len(found.above_noise(options.floor)),
        }
    sharp = _sharpened(options, with_, without, say) if options.sharpen else None
    if options.save:
        plain = top if floor is None else found.over_noise(options.floor, options.save)
        sources.workspace.save_selection(sharp.selection if sharp else plain)
    neurons = _neuron_rows(found, top, with_)
    lines = [f"{with_.name} ({with_.images:,} images) against {without.name} ({without.images:,} images)"]
    for n in neurons:
        times = "" if n["noise_ratio"] is None else f", {n['noise_ratio']:.1f}x what chance would give"
        more = {1: "more active with", -1: "less active with", 0: "as active with"}[n["direction"]]
        lines.append(
            f"{n['layer']}, neuron {n['index']}: difference {n['emd']:.1f} of {with_.bins - 1} bins, {more}{times}"
        )
    if floor is not None:
        lines.append(
            f"{floor['above']:,} of {len(found.emd):,} neurons are above the noise floor ({floor['ratio']:.1f}x chance); of two "
            f"random halves, any neuron would be in {options.floor:.0%} of the cases"
        )
    if sharp is not None:
        lines.append(
            f"Learned weights of {len(sharp.selection):,} neurons: AUC {sharp.auc:.3f} on images they were not learned from, "
            f"against {sharp.plain_auc:.3f} by the {sharp.top} most sensitive ones"
        )
    if found.too_small:
        lines.append(found.too_small)
    data = {"neurons": neurons, "images": [with_.images, without.images], "names": [with_.name, without.name],
            "floor": floor, "too_small": found.too_small}  # fmt: skip
    if sharp is not None:
        data["sharpened"] = {"auc": sharp.auc, "plain_auc": sharp.plain_auc, "top": sharp.top,
                             "neurons": len(sharp.selection)}  # fmt: skip
    return FINE, data, "\n".join(lines)


def _sides(options: Namespace, sources: Sources) -> tuple[DNA, DNA]:
    """The images with and without: two datasets, or the two sides of an attribute."""
    if options.attribute:
        if len(options.names) != 1:
            raise BadInput("Give one dataset with --attribute, or two datasets without it.")
        whole = sources.dataset(options.names[0])
        sources.ensure(whole)
        column, _, value = options.attribute.partition("=")
        if column == SEES and not value:
            raise BadInput(f"Say which word: --attribute {SEES}=WORD. {_most_seen(sources, whole)}")
        asked = ((column, value), (f"{column}!", value)) if value else ((column, "1"), (column, "0"))
        with_, without = (sources.dna(sources.workspace.part(whole, *one)) for one in asked)
    elif len(options.names) == 2:
        with_, without = map(sources.dna, options.names)
    else:
        raise BadInput("Give two datasets, with and without, or one dataset and --attribute COLUMN.")
    return with_, without


def _neuron_rows(found: Sensitivity, top: Selection, with_: DNA) -> list[dict[str, Any]]:
    ratio = found.noise_ratio
    rows = []
    for flat in top.flat.tolist():
        layer, index = with_.neuron(flat)
        noise = None if ratio is None or ratio[flat] == float("inf") else float(ratio[flat])
        rows.append({"layer": layer, "index": index, "flat": flat, "emd": float(found.emd[flat]), "noise_ratio": noise,
                     "direction": int(found.direction[flat])})  # fmt: skip
    return rows


def _sharpened(options: Namespace, with_: DNA, without: DNA, say: Reporter) -> Sharpened:
    """The weights learned from the two sets' sketches."""
    import numpy as np

    from dnacore.analyses.sharpening import sharpen
    from dnacore.sketches.sketches import together

    if with_.source is None or without.source is None:
        raise BadInput("Weights are learned from the images' sketches, which a DNA file has none of. Give datasets.")
    mask = np.arange(len(with_.source) + len(without.source)) < len(with_.source)
    return sharpen(
        together(with_.source, without.source), mask, ~mask, with_, min(options.top, with_.n_neurons),
        options.save or "", (with_.name, without.name), progress=lambda done, of: say.progress("learning", done, of),
    )  # fmt: skip


def _most_seen(sources: Any, dataset: Dataset) -> str:
    """The words that a dataset's network says most often, with their counts."""
    table = sources.workspace.described(dataset)
    if SEES not in table.columns:
        return f"No words are kept of {dataset.name} yet: python -m dnacore extract {dataset.name} --words."
    counts = table[SEES][table[SEES] != ""].value_counts()[:20]
    return f"Of {dataset.name} it says: {', '.join(f'{word} ({count})' for word, count in counts.items())}."


def rank(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.analyses.ranking import distances_to, table
    from dnacore.dna.histogram import merge

    sources = sources_of(options, Overall(say), stop)
    several = [sources.dna(name) for name in options.reference]
    reference = several[0] if len(several) == 1 else merge(several, " and ".join(dna.name for dna in several))
    unlike = sources.dna(options.unlike) if options.unlike else None
    selection = sources.selection(options.selection)
    dataset = sources.dataset(options.dataset)
    files, sketches = sources.sketches(dataset)
    found = table(dataset.folder, files, sketches, distances_to(sketches, reference, unlike, selection))
    rows = found[["rank", "path", "distance"]].to_dict("records")
    if options.csv:
        _write_csv(options.csv, ["rank", "path", "distance"], [list(row.values()) for row in rows])
    data = {"images": rows, "reference": reference.name, "unlike": unlike.name if unlike else None,
            "selection": selection.name if selection else None}  # fmt: skip
    shown = rows[:10] + rows[-3:] if len(rows) > 13 else rows
    text = [f"{r['rank']:>5}  {r['distance']:.3f}  {r['path']}" for r in shown]
    left_out = len(files) - len(rows)
    if left_out:
        text.append(
            f"{left_out} of {len(files)} images are not ranked: they could not be read, or no sketch of them is kept."
        )
    return FINE, data, "\n".join(text)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    atomic.write_bytes(path, text.getvalue().encode("utf-8"))
