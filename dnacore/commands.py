"""What each command does. Every function takes the parsed options and returns (exit code, JSON data, text to print)."""

from __future__ import annotations

import csv
import io
import os
import sys
import time
import traceback
import uuid
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from . import atomic, jobs
from .datasets import parse_part
from .errors import BadInput, Cancelled, Damaged, DnaError, UnknownName
from .workspace import Workspace, absolute, discard

FINE, LOOK = 0, 1
Stop = Callable[[], bool]
Result = tuple[int, Any, str]


class Reporter:
    """Tells whoever watches: a line on the terminal, and the journal when this is a background job."""

    def __init__(self, journal: jobs.Journal | None, quiet: bool) -> None:
        self._journal = journal
        self._line = not quiet and sys.stderr.isatty()
        self._open = False

    def progress(self, stage: str, done: int, total: int, rejected: int = 0, dataset: str = "") -> None:
        words = f"{stage} {dataset}".strip()
        if self._journal is not None:
            self._journal.progress(words, done, total, rejected)
        if self._line:
            print(f"\r\x1b[K{words}: {done:,} of {total:,}", end="", file=sys.stderr, flush=True)
            self._open = True

    def end(self, event: str, message: str) -> None:
        if self._open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if self._journal is not None:
            self._journal.end(event, message)


@contextmanager
def reporter(options: Namespace) -> Iterator[Reporter]:
    """A reporter for one command. Extractions show up among the jobs wherever they were started from."""
    number = options.job
    if number is None and options.command in ("extract", "calibrate"):
        workspace = Workspace.open(options.workspace)
        number = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        jobs.describe(workspace, number, _as_command(workspace, options), datasets=[str(n) for n in options.names])
    if number is None:
        yield Reporter(None, options.quiet or options.json)
        return
    with jobs.Journal(Workspace.open(options.workspace), number) as journal:
        yield Reporter(journal, options.quiet or options.json)


def keep_details(options: Namespace, problem: Exception) -> str:
    """Write the traceback of an unforeseen error into the workspace's log; return one sentence about it."""
    details = "".join(traceback.format_exception(problem))
    if options.job:
        print(details, file=sys.stderr)
    what = f"{type(problem).__name__}: {problem}"
    sentence = f"Something went wrong that was not foreseen ({what}). What was finished is kept"
    try:
        path = Workspace.open(options.workspace).root / "errors.log"
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {options.command}\n{details}\n")
    except (DnaError, OSError):  # a full disk, perhaps the very cause
        return f"{sentence}."
    return f"{sentence}; the details are in {path}."


def run(options: Namespace, say: Reporter, stop: Stop) -> Result:
    """Run the command that was asked for."""
    if notice := Workspace.open(options.workspace).catalogue.notice:
        print(notice, file=sys.stderr)
    return _COMMANDS[options.command](options, say, stop)


def _demo(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from . import demo

    workspace = Workspace.open(options.workspace)
    known = {d.name: d for d in demo.demo_datasets()}
    for name in options.names:
        if name not in known:
            raise UnknownName(f"There is no demo dataset {name}. There are: {', '.join(known)}.")
    chosen = [known[name] for name in options.names] or list(known.values())
    watch = _Overall(say, sum(d.count for d in chosen))
    sources = _sources(options, watch, stop) if options.extract else None
    for dataset in chosen:
        folder = workspace.root / "demo" / dataset.name

        def drawn(done: int, total: int, name: str = dataset.name) -> None:
            if stop():
                raise Cancelled("Stopped on request. What was drawn is kept; run it again to go on.")
            watch.show("drawing", name, 0 if options.extract else done, total)

        table = demo.draw(dataset.name, folder, progress=drawn)
        workspace.add_dataset(dataset.name, folder, table, dataset.title)
        if sources is not None:
            sources.ensure(workspace.dataset(dataset.name))
        watch.next(dataset.count)
    rows = [{"name": d.name, "images": d.count} for d in chosen]
    lines = [f"{d.name}: {d.count} images. {d.caption}" for d in chosen]
    return FINE, {"datasets": rows}, "\n".join([*lines, "Next: python -m dnacore compare " + " ".join(d.name for d in chosen[:4])])


def _add(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)
    dataset = workspace.add_dataset(options.name, options.folder, options.attributes)
    rejected = [asdict(r) for r in workspace.rejected(dataset)]
    data = _dataset_row(workspace, dataset) | {"rejected": rejected}
    text = f"{dataset.name}: {dataset.images:,} images in {dataset.folder}{_rejected_text(rejected)}"
    return (LOOK if rejected else FINE), data, text


def _datasets(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)
    rows = [_dataset_row(workspace, dataset) for dataset in workspace.datasets()]
    lines = [f"{r['name']}  {r['images']:,} images  {', '.join(r['extractors']) or 'not extracted'}  {r['folder']}" for r in rows]
    return FINE, rows, "\n".join(lines) or "No datasets yet. Add one: python -m dnacore add NAME FOLDER"


def _extractors(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .extractors import available

    rows = [
        {
            "name": e.name, "title": e.title, "layers": e.layers, "neurons": e.neurons, "input_size": e.input_size,
            "status": e.status, "license": e.license, "source": e.source, "bytes": e.bytes,
        }
        for e in available()
    ]  # fmt: skip
    lines = [f"{r['name']:<24} {r['neurons']:>6,} neurons  {len(r['layers']):>2} layers  {r['status']:<14} {r['title']}" for r in rows]
    return FINE, rows, "\n".join([*lines, "Any other timm network works as timm:NAME, a weights file by its path."])


def _extract(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .accumulate import BINS
    from .calibration import check, load_calibration
    from .extraction import calibration_for, extract_dataset

    workspace = Workspace.open(options.workspace)
    datasets = [workspace.dataset(name) for name in options.names]
    watch = _Overall(say, sum(d.images for d in datasets))
    watch.show("loading the network for", datasets[0].name, 0, datasets[0].images)
    sources = _sources(options, watch, stop)
    extractor = sources.extractor
    bins = options.bins or (sources.setting.bins if sources.setting else BINS)
    if options.calibration:
        calibration = load_calibration(options.calibration, extractor)
        check(calibration, extractor)
        workspace.choose_calibration(calibration)
    else:
        calibration = calibration_for(workspace, extractor, datasets, watch, stop)
    before = _elsewhere(workspace, extractor, calibration, bins)
    reports, problems = [], []
    for dataset in datasets:
        try:
            reports.append(
                extract_dataset(
                    workspace, dataset, extractor, calibration, options.batch_size, not options.no_sketches, bins,
                    progress=watch, stop=stop, covariance=options.covariance,
                )
            )  # fmt: skip
        except BadInput as problem:  # one bad folder does not cost the others their run
            problems.append(str(problem))
        watch.next(dataset.images)
    workspace.store.sweep()
    setting = workspace.store.setting(extractor, calibration, bins)
    rows, lines = [], []
    for r in reports:
        dna = workspace.store.dna(workspace.dataset(r.name), setting)
        saturation = dna.layer_saturation if dna else {}
        rows.append(
            {
                "name": r.name, "images": r.images, "rejected": r.rejected, "extracted": r.extracted, "reused": r.reused,
                "sketched": r.sketched, "seconds": round(r.seconds, 3), "images_per_second": round(r.images_per_second, 2),
                "saturation": saturation,
            }
        )  # fmt: skip
        lines.append(
            f"{r.name}: {r.images:,} images, {r.extracted:,} extracted now and {r.reused:,} reused, "
            f"{r.seconds:.1f} s ({r.images_per_second:.1f} images/s){_saturation_text(dna)}{_rejected_text(r.rejected)}"
        )
    if problems:
        raise BadInput(" ".join([*problems, *(f"Finished: {line}." for line in lines)]))
    after = _elsewhere(workspace, extractor, calibration, bins)
    again = sorted(before - after)
    if again:
        lines.append(f"Binned again, into {bins:,} bins over {calibration.origin or 'other ranges'}: {', '.join(again)}")
    if after:
        lines.append(f"Still binned otherwise, and extracted again before they are compared: {', '.join(sorted(after))}")
    data = {
        "datasets": rows, "bins": bins, "binned_again": again, "extract_again": sorted(after),
        "calibration": {"origin": calibration.origin, "fingerprint": calibration.fingerprint,
                        "left_out": [dict(row) for row in calibration.left_out]},
    }  # fmt: skip
    return (LOOK if any(r.rejected for r in reports) else FINE), data, "\n".join(lines)


def _elsewhere(workspace: Workspace, extractor, calibration, bins: int) -> set[str]:
    """Datasets that this network has a DNA of, but not over these activation ranges and bins."""
    from .store import label_of

    label, store = label_of(extractor), workspace.store
    key = extractor.fingerprint, calibration.fingerprint, bins
    same = next((s for s in store.settings() if (s.extractor, s.calibration, s.bins) == key), None)
    known = [d for d in workspace.datasets() if label in store.extractors_of(d)]
    return {d.name for d in known if same is None or store.dna_key(d, same) is None}


def _saturation_text(dna: Any) -> str:
    """A warning where more than 1 in 1,000 activations lie outside the ranges (design, decision 6)."""
    share = 0.0 if dna is None else dna.outside.sum() / max(int(dna.histograms.sum()), 1)
    if share <= 0.001:
        return ""
    layer, most = max(dna.layer_saturation.items(), key=lambda item: item[1])
    return (
        f"; {share:.1%} of the activations lie outside the activation ranges, most in {layer} ({most:.1%}): measure the "
        "ranges again with: python -m dnacore calibrate"
    )


def _compare(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .distances import pairwise, per_neuron
    from .dna import layer_slices

    sources = _sources(options, _Overall(say), stop)
    dnas = [sources.dna(name) for name in options.names]
    selection = sources.selection(options.selection)
    sources.check(selection, dnas[0])
    found = pairwise(dnas, options.metric, selection)
    data: dict[str, Any] = {
        "metric": found.metric, "unit": found.unit, "names": list(found.names), "matrix": found.matrix.tolist(),
        "layers": {layer: table.tolist() for layer, table in found.layers.items()},
        "selection": selection.name if selection else None, "from_sketches": [d.name for d in dnas if not d.exact],
    }  # fmt: skip
    pairs = [(i, j) for i in range(len(dnas)) for j in range(i + 1, len(dnas))]
    header, rows = ["a", "b", "distance"], [[found.names[i], found.names[j], found.matrix[i, j]] for i, j in pairs]
    if options.by == "layer":
        header = ["a", "b", "layer", "distance"]
        rows = [[found.names[i], found.names[j], layer, t[i, j]] for i, j in pairs for layer, t in found.layers.items()]
    if options.by == "neuron":
        header, rows = ["a", "b", "layer", "index", "flat", "distance"], []
        chosen = range(dnas[0].n_neurons) if selection is None else selection.flat.tolist()
        names = [(layer, i) for layer, where in layer_slices(dnas[0].layers).items() for i in range(where.stop - where.start)]
        for i, j in pairs:
            distances = per_neuron(dnas[i], dnas[j], options.metric)
            rows += [[found.names[i], found.names[j], *names[flat], flat, float(distances[flat])] for flat in chosen]
        data["neurons"] = [dict(zip(header, row, strict=True)) for row in rows]
    if options.csv:
        _write_csv(options.csv, header, rows)
    scale = f" of {dnas[0].bins - 1}" if options.metric == "emd" else ""
    if len(dnas) == 1:
        return FINE, data, f"{found.names[0]}: compare it with at least one other dataset."
    if options.by == "neuron":
        rows.sort(key=lambda row: -row[-1])
        text = [f"{a} and {b}: {layer}, neuron {i}: {d:.3f}{scale} {found.unit}" for a, b, layer, i, _, d in rows[:20]]
    else:
        text = [f"{' and '.join(map(str, row[:2]))}{''.join(f', {x}' for x in row[2:-1])}: {row[-1]:.4g}{scale} {found.unit}" for row in rows]
    return FINE, data, "\n".join(text)


def _sensitivity(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .selection import sensitivity

    sources = _sources(options, _Overall(say), stop)
    if options.attribute:
        if len(options.names) != 1:
            raise BadInput("Give one dataset with --attribute, or two datasets without it.")
        whole = sources.dataset(options.names[0])
        parts = [sources.workspace.part(whole, options.attribute, value) for value in ("1", "0")]
        sources.ensure(whole)
        with_, without = map(sources.dna, parts)
    elif len(options.names) == 2:
        with_, without = map(sources.dna, options.names)
    else:
        raise BadInput("Give two datasets, with and without, or one dataset and --attribute COLUMN.")
    found = sensitivity(with_, without)
    top = found.top(min(options.top, len(found.emd)), options.save or "")
    if options.save:
        sources.workspace.save_selection(top)
    ratio = found.noise_ratio
    neurons = []
    for flat in top.flat.tolist():
        layer, index = with_.neuron(flat)
        noise = None if ratio is None or ratio[flat] == float("inf") else float(ratio[flat])
        neurons.append({"layer": layer, "index": index, "flat": flat, "emd": float(found.emd[flat]), "noise_ratio": noise,
                        "direction": int(found.direction[flat])})  # fmt: skip
    lines = [f"{with_.name} ({with_.images:,} images) against {without.name} ({without.images:,} images)"]
    for n in neurons:
        times = "" if n["noise_ratio"] is None else f", {n['noise_ratio']:.1f}x what chance would give"
        more = {1: "more active with", -1: "less active with", 0: "as active with"}[n["direction"]]
        lines.append(f"{n['layer']}, neuron {n['index']}: difference {n['emd']:.1f} of {with_.bins - 1} bins, {more}{times}")
    data = {"neurons": neurons, "images": [with_.images, without.images], "names": [with_.name, without.name]}
    return FINE, data, "\n".join(lines)


def _rank(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .retrieval import distances_to, table

    sources = _sources(options, _Overall(say), stop)
    reference = sources.dna(options.reference)
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
        text.append(f"{left_out} of {len(files)} images are not ranked: they could not be read, or no sketch of them is kept.")
    return FINE, data, "\n".join(text)


def _calibrate(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .accumulate import BINS
    from .calibration import measure, spread
    from .extraction import Progress
    from .store import label_of

    watch = _Overall(say)
    sources = _sources(options, watch, stop)
    datasets = [sources.dataset(name) for name in options.names]
    groups = [[d.folder / f.path for f in sources.workspace.scan(d, hashes=False).files] for d in datasets]
    paths = spread(groups)

    def measured(done: int, total: int) -> None:
        if stop():
            raise Cancelled("Stopped on request. The activation ranges are as they were; run it again to measure them.")
        watch(Progress("measuring the activation ranges", options.name, done, total))

    found = measure(sources.extractor, paths, options.batch_size or 16, progress=measured, origin=options.name)
    sources.workspace.choose_calibration(found, options.name)
    sources.workspace.store.setting(sources.extractor, found, BINS)  # what the network's name stands for from now on
    label = label_of(sources.extractor)
    again = [d.name for d in sources.workspace.datasets() if label in sources.workspace.store.extractors_of(d)]
    left_out = [dict(row) for row in found.left_out]
    data = {"name": options.name, "fingerprint": found.fingerprint, "images": found.images, "extract_again": again,
            "left_out": left_out}  # fmt: skip
    text = f"{options.name}: activation ranges of {found.n_neurons:,} neurons, measured on {found.images:,} images."
    text += "".join(f"\nLeft out: {row['path']}, {row['reason']}" for row in left_out)
    if again:
        text += f"\nTo be extracted again before they can be compared: {', '.join(again)}"
    return FINE, data, text


def _selections(options: Namespace, say: Reporter, stop: Stop) -> Result:
    found = Workspace.open(options.workspace).selections()
    rows = [{"name": s.name, "neurons": len(s), "origin": dict(s.origin)} for s in found]
    return FINE, rows, "\n".join(f"{s.name}: {len(s)} neurons" for s in found) or "No selections yet: sensitivity --save NAME"


def _jobs(options: Namespace, say: Reporter, stop: Stop) -> Result:
    found = jobs.list_jobs(Workspace.open(options.workspace))
    lines = [f"{j.id}  {j.state:<11}  {j.done:,} of {j.total:,}  {j.title}  {j.message}" for j in found]
    return FINE, [jobs.as_json(j) for j in found], "\n".join(lines) or "No jobs yet."


def _remove(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)
    if options.name in {s.name for s in workspace.selections()} - {d.name for d in workspace.datasets()}:
        workspace.remove_selection(options.name)
        return FINE, {"removed": options.name, "freed_bytes": 0}, f"The selection {options.name} is gone."
    if options.name not in {d.name for d in workspace.datasets()}:
        imported = workspace.imported(options.name)
        if imported is None:
            raise UnknownName(f"There is no dataset, selection or imported DNA {options.name}.")
        return FINE, {"removed": options.name, "freed_bytes": discard(imported)}, f"The DNA {options.name} is gone."
    freed = workspace.remove_dataset(options.name)
    text = f"{options.name} is forgotten, {freed / 1e6:.1f} MB freed. Your own image files were not touched."
    return FINE, {"removed": options.name, "freed_bytes": freed}, text


def _export(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .exchange import export

    sources = _sources(options, _Overall(say), stop)
    files = [str(path) for path in export(sources, options.name, options.to, options.format, options.kind)]
    return FINE, {"name": options.name, "file": files[0], "files": files}, f"{options.name} is written to {' and '.join(files)}"


def _import(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .exchange import holds_dna, import_dna, import_selection

    workspace = Workspace.open(options.workspace)
    if not holds_dna(options.file):
        chosen = import_selection(workspace, options.file)
        return FINE, {"selection": chosen.name, "neurons": len(chosen)}, f"Selection {chosen.name}: {len(chosen)} neurons."
    vouched = _sources(options, _Overall(say), stop) if options.extractor else None
    dna = import_dna(workspace, options.file, vouched, options.calibration)
    data = {"dna": dna.name, "images": dna.images}
    return FINE, data, f"DNA {dna.name}: {dna.images:,} images, {dna.n_neurons:,} neurons."


def _bench(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from .bench import bench

    rows = bench(options.suite, options.extractor)
    return FINE, rows, "\n".join(f"{r['what']:<44} {r['value']:>12.4g} {r['unit']}" for r in rows)


class _Overall:
    """Adds up the progress of several datasets: done so far over all images there are."""

    def __init__(self, say: Reporter, total: int = 0) -> None:
        self._say, self._total, self._before = say, total, 0

    def __call__(self, progress: Any) -> None:
        if progress.stage == "extracting":
            total = max(self._total, self._before + progress.total)
            self._say.progress(progress.stage, self._before + progress.done, total, progress.rejected, progress.dataset)
        else:
            self._say.progress(progress.stage, progress.done, progress.total, progress.rejected, progress.dataset)

    def show(self, stage: str, name: str, done: int, total: int) -> None:
        self._say.progress(stage, self._before + done, max(self._total, self._before + total), dataset=name)

    def next(self, images: int) -> None:
        self._before += images


def _sources(options: Namespace, watch: _Overall, stop: Stop):
    from .sources import Sources

    return Sources(
        Workspace.open(options.workspace), options.extractor, options.device, options.precision,
        batch_size=options.batch_size, progress=watch, stop=stop, download=options.download,
    )  # fmt: skip


def _dataset_row(workspace: Workspace, dataset) -> dict[str, Any]:
    return {
        "name": dataset.name, "folder": str(dataset.folder), "images": dataset.images,
        "attributes": str(dataset.attributes) if dataset.attributes else None,
        "extractors": workspace.store.extractors_of(dataset),
    }  # fmt: skip


def _rejected_text(rejected: Sequence[dict[str, str]]) -> str:
    if not rejected:
        return ""
    listed = "".join(f"\n  {r['path']}: {r['reason']}" for r in rejected[:20])
    more = f"\n  and {len(rejected) - 20} more (--json lists them all)" if len(rejected) > 20 else ""
    return f"; {len(rejected)} could not be read:{listed}{more}"


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    atomic.write_bytes(path, text.getvalue().encode("utf-8"))


def _as_command(workspace: Workspace, options: Namespace) -> list[str]:
    """The command line again, for resuming a job that was started from a terminal in whatever folder."""
    known = {d.name for d in workspace.datasets()}
    names = [
        str(absolute(name)) if os.path.exists(absolute(name)) and not {name, parse_part(name)[0]} & known else name
        for name in map(str, options.names)
    ]
    line = [options.command, *([options.name] if options.command == "calibrate" else []), *names]
    for name in ("extractor", "device", "precision", "batch_size", "calibration", "bins"):
        value = getattr(options, name, None)
        if value not in (None, "auto", "fp32"):
            file = name in ("calibration", "extractor") and absolute(value).is_file()
            line += [f"--{name.replace('_', '-')}", str(absolute(value) if file else value)]
    switches = {"no_sketches": "--no-sketches", "download": "--download"}
    return line + [switch for name, switch in switches.items() if getattr(options, name, False)]


_COMMANDS: dict[str, Callable[[Namespace, Reporter, Stop], Result]] = {
    "demo": _demo, "add": _add, "datasets": _datasets, "extractors": _extractors, "extract": _extract,
    "compare": _compare, "sensitivity": _sensitivity, "rank": _rank, "calibrate": _calibrate,
    "selections": _selections, "jobs": _jobs, "remove": _remove, "export": _export, "import": _import, "bench": _bench,
}  # fmt: skip
