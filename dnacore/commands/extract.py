"""Commands that send images through a network."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from dnacore.commands.outcome import FINE, LOOK, Result, Stop, rejected_text, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput, Cancelled
from dnacore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from dnacore.dna.histogram import DNA
    from dnacore.extraction.extraction import Engine, Report


def extract(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.counting.accumulator import BINS
    from dnacore.dna.calibration import check, load_calibration
    from dnacore.extraction.calibrate import calibration_for
    from dnacore.extraction.extraction import extract_dataset

    workspace = Workspace.open(options.workspace)
    datasets = [workspace.dataset(name) for name in options.names]
    watch = Overall(say, sum(d.images for d in datasets))
    watch.show("loading the network for", datasets[0].name, 0, datasets[0].images)
    sources = sources_of(options, watch, stop)
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
    with _engine(options) as engine:
        for dataset in datasets:
            try:
                reports.append(
                    extract_dataset(
                        workspace, dataset, extractor, calibration, options.batch_size, not options.no_sketches, bins,
                        progress=watch, stop=stop, covariance=options.covariance, words=options.words, engine=engine,
                    )
                )  # fmt: skip
            except BadInput as problem:  # the other datasets are extracted all the same
                problems.append(str(problem))
            watch.next(dataset.images)
    workspace.store.sweep()
    setting = workspace.store.setting(extractor, calibration, bins)
    told = [_told(r, workspace.store.dna(workspace.dataset(r.name), setting)) for r in reports]
    rows, lines = [row for row, _ in told], [line for _, line in told]
    if problems:
        raise BadInput(" ".join([*problems, *(f"Finished: {line}." for line in lines)]))
    after = _elsewhere(workspace, extractor, calibration, bins)
    again = sorted(before - after)
    if again:
        lines.append(
            f"Binned again, into {bins:,} bins over {calibration.origin or 'other ranges'}: {', '.join(again)}"
        )
    if after:
        lines.append(
            f"Still binned otherwise, and extracted again before they are compared: {', '.join(sorted(after))}"
        )
    data = {
        "datasets": rows, "bins": bins, "binned_again": again, "extract_again": sorted(after),
        "calibration": {"origin": calibration.origin, "fingerprint": calibration.fingerprint,
                        "left_out": [dict(row) for row in calibration.left_out]},
    }  # fmt: skip
    return (LOOK if any(r.rejected for r in reports) else FINE), data, "\n".join(lines)


def _engine(options: Namespace) -> AbstractContextManager[Engine | None]:
    """What runs the shards: a Ray cluster where one is asked for, else nothing but this process."""
    if options.engine == "local":
        return nullcontext()
    from dnacore.extraction.ray_engine import Cluster, ray_engine

    return ray_engine(Cluster(options.ray_address, options.gpus_per_worker, options.cpus_per_worker))


def _told(r: Report, dna: DNA | None) -> tuple[dict[str, Any], str]:
    """What one dataset's extraction did, as JSON and as a line."""
    row = {
        "name": r.name, "images": r.images, "rejected": r.rejected, "extracted": r.extracted, "reused": r.reused,
        "sketched": r.sketched, "seconds": round(r.seconds, 3), "images_per_second": round(r.images_per_second, 2),
        "saturation": dna.layer_saturation if dna else {},
    }  # fmt: skip
    new = r.extracted - r.failed  # files that could not be read are told at the end of the line
    line = (
        f"{r.name}: {r.images:,} images, {new:,} extracted now and {r.images - new:,} reused, "
        f"{r.seconds:.1f} s ({r.images_per_second:.1f} images/s){_saturation_text(dna)}{rejected_text(r.rejected)}"
    )
    return row, line


def _elsewhere(workspace: Workspace, extractor, calibration, bins: int) -> set[str]:
    """Datasets that have a DNA of this network, but none over these activation ranges and bins."""
    from dnacore.workspace.store.settings import label_of

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


def calibrate(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.counting.accumulator import BINS
    from dnacore.extraction.calibrate import measure, spread
    from dnacore.extraction.extraction import extract_dataset
    from dnacore.extraction.progress import Progress
    from dnacore.workspace.store.settings import label_of

    watch = Overall(say)
    sources = sources_of(options, watch, stop)
    datasets = [sources.dataset(name) for name in options.names]
    groups = [[d.folder / f.path for f in sources.workspace.scan(d, hashes=False).files] for d in datasets]
    paths = spread(groups)

    def measured(done: int, total: int) -> None:
        if stop():
            raise Cancelled("Stopped on request. The activation ranges are as they were; run it again to measure them.")
        watch(Progress("measuring the activation ranges", options.name, done, total))

    found = measure(sources.extractor, paths, options.batch_size or 16, progress=measured, origin=options.name)
    sources.workspace.choose_calibration(found, options.name)
    sources.workspace.store.setting(sources.extractor, found, BINS)  # from now on the network's name means this one
    label = label_of(sources.extractor)
    again = [d.name for d in sources.workspace.datasets() if label in sources.workspace.store.extractors_of(d)]
    left_out = [dict(row) for row in found.left_out]
    data = {"name": options.name, "fingerprint": found.fingerprint, "images": found.images, "extract_again": again,
            "left_out": left_out}  # fmt: skip
    text = f"{options.name}: activation ranges of {found.n_neurons:,} neurons, measured on {found.images:,} images."
    text += "".join(f"\nLeft out: {row['path']}, {row['reason']}" for row in left_out)
    if again and options.extract:
        done, problems = [], []
        for dataset in map(sources.workspace.dataset, again):
            try:
                extract_dataset(sources.workspace, dataset, sources.extractor, found, options.batch_size,
                                progress=watch, stop=stop)  # fmt: skip
                done.append(dataset.name)
            except BadInput as problem:  # its disk may be away; the other datasets are extracted all the same
                problems.append(str(problem))
            watch.next(dataset.images)
        if problems:
            raise BadInput(
                " ".join([*problems, f"The ranges are measured; extracted again: {', '.join(done) or 'nothing'}."])
            )
        data |= {"extract_again": [], "extracted": done}
        text += f"\nExtracted again: {', '.join(done)}"
    elif again:
        text += f"\nTo be extracted again before they can be compared: {', '.join(again)}"
    return FINE, data, text
