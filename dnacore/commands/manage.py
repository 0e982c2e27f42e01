"""Commands that look after what is in the workspace."""

from __future__ import annotations

from argparse import Namespace
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from dnacore.commands.outcome import FINE, LOOK, Result, Stop, rejected_text, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput, Cancelled, UnknownName
from dnacore.paths import absolute
from dnacore.workspace import jobs
from dnacore.workspace.workspace import Workspace


def demo(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore import demo

    workspace = Workspace.open(options.workspace)
    known = {d.name: d for d in demo.demo_datasets()}
    for name in options.names:
        if name not in known:
            raise UnknownName(f"There is no demo dataset {name}. There are: {', '.join(known)}.")
    chosen = [known[name] for name in options.names] or list(known.values())
    watch = Overall(say, sum(d.count for d in chosen))
    home, sources = workspace.root / "demo", None
    with demo.Ahead([d.name for d in chosen], home) if options.extract else nullcontext() as ahead:
        if ahead is not None:  # the network takes seconds to load: meanwhile the first images are drawn
            sources = sources_of(options, watch, stop)
            _ = sources.setting
        for dataset in chosen:

            def drawn(done: int, total: int, name: str = dataset.name) -> None:
                if stop():
                    raise Cancelled("Stopped on request. What was drawn is kept; run it again to go on.")
                watch.show("drawing", name, 0 if options.extract else done, total)

            if ahead is not None:
                table = ahead.finish(dataset.name, drawn)
            else:
                table = demo.draw(dataset.name, home / dataset.name, progress=drawn)
            workspace.add_dataset(dataset.name, home / dataset.name, table, dataset.title)
            if sources is not None:
                sources.ensure(workspace.dataset(dataset.name))
            watch.next(dataset.count)
    rows = [{"name": d.name, "images": d.count} for d in chosen]
    lines = [f"{d.name}: {d.count} images. {d.caption}" for d in chosen]
    lines.append("Next: python -m dnacore compare " + " ".join(d.name for d in chosen[:4]))
    return FINE, {"datasets": rows}, "\n".join(lines)


def add(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)
    dataset = workspace.add_dataset(options.name, options.folder, options.attributes)
    rejected = [asdict(r) for r in workspace.rejected(dataset)]
    data = _dataset_row(workspace, dataset) | {"rejected": rejected}
    text = f"{dataset.name}: {dataset.images:,} images in {dataset.folder}{rejected_text(rejected)}"
    return (LOOK if rejected else FINE), data, text


def list_datasets(options: Namespace, say: Reporter, stop: Stop) -> Result:
    workspace = Workspace.open(options.workspace)
    rows = [_dataset_row(workspace, dataset) for dataset in workspace.datasets()]
    lines = [
        f"{r['name']}  {r['images']:,} images  {', '.join(r['extractors']) or 'not extracted'}  {r['folder']}"
        for r in rows
    ]
    return FINE, rows, "\n".join(lines) or "No datasets yet. Add one: python -m dnacore add NAME FOLDER"


def duplicates(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.workspace.upkeep.duplicates import find_duplicates

    workspace = Workspace.open(options.workspace)
    datasets = [workspace.dataset(name) for name in options.names]
    watch = Overall(say, sum(d.images for d in datasets))
    for dataset in datasets:

        def hashed(done: int, total: int, name: str = dataset.name) -> None:
            if stop():
                raise Cancelled("Stopped on request. Run it again to look at all images.")
            watch.show("reading", name, done, total)

        workspace.scan(dataset, progress=hashed)
        watch.next(dataset.images)
    known = {d.id: d.name for d in workspace.datasets()}
    rows, lines = [], []
    for dataset in datasets:
        found = find_duplicates(workspace, dataset)
        within = [[row.path for _, row in group.images] for group in found.within]
        across = {known[i]: [[row.path for _, row in g.images] for g in groups] for i, groups in found.across.items()}
        rows.append({"name": dataset.name, "within": within, "across": across})
        lines.append(f"{dataset.name}: {found.superfluous:,} exact copies within it")
        lines += [f"{dataset.name}: {len(groups):,} images are in {name}, too" for name, groups in across.items()]
    return FINE, {"datasets": rows}, "\n".join(lines)


def list_extractors(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.extractors import available
    from dnacore.workspace.saved import custom_extractors

    workspace = Workspace.open(options.workspace)
    if options.check or options.keep:
        return _weights_file(options, workspace, say)
    if options.forget:
        custom_extractors.forget(workspace, options.forget)
        return FINE, {"forgotten": options.forget}, f"{options.forget} is forgotten. Its weights file was not touched."
    known = [*available(), *(kept.info for kept in custom_extractors.kept(workspace))]
    rows = [asdict(e) | {"neurons": e.neurons} for e in known]
    lines = [
        f"{r['name']:<24} {r['neurons']:>6,} neurons  {len(r['layers']):>2} layers  {r['status']:<14} {r['title']}"
        for r in rows
    ]
    return FINE, rows, "\n".join([*lines, "Any other timm network works as timm:NAME, a weights file by its path."])


def _weights_file(options: Namespace, workspace: Workspace, say: Reporter) -> Result:
    from dnacore.workspace.saved import custom_extractors

    if not options.extractor:
        raise BadInput("Say with --extractor FILE which weights file is meant.")
    file = absolute(options.extractor)
    Overall(say).show("loading", file.name, 0, 0)
    found = custom_extractors.check(file, options.architecture, options.arguments, options.prepare, options.keep or "")
    if options.keep:
        found = custom_extractors.keep(workspace, found)
    data = custom_extractors.as_json(found)
    kept = f" It is the extractor {found.name} from now on." if options.keep else ""
    text = f"{file.name} fits {found.architecture}: {data['neurons']:,} neurons in {len(found.layers)} layers.{kept}"
    return FINE, data, text


def list_selections(options: Namespace, say: Reporter, stop: Stop) -> Result:
    found = Workspace.open(options.workspace).selections()
    rows = [{"name": s.name, "neurons": len(s), "origin": dict(s.origin)} for s in found]
    lines = [f"{s.name}: {len(s)} neurons" for s in found]
    return FINE, rows, "\n".join(lines) or "No selections yet: sensitivity --save NAME"


def list_jobs(options: Namespace, say: Reporter, stop: Stop) -> Result:
    found = jobs.list_jobs(Workspace.open(options.workspace))
    lines = [f"{j.id}  {j.state:<11}  {j.done:,} of {j.total:,}  {j.title}  {j.message}" for j in found]
    return FINE, [jobs.as_json(j) for j in found], "\n".join(lines) or "No jobs yet."


def remove(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.workspace.saved import cards

    workspace, name, freed = Workspace.open(options.workspace), options.name, 0
    if name in {d.name for d in workspace.datasets()}:
        freed = workspace.remove_dataset(name)
        text = f"{name} is forgotten, {freed / 1e6:.1f} MB freed. Your own image files were not touched."
    elif name in {s.name for s in workspace.selections()}:
        workspace.remove_selection(name)
        text = f"The selection {name} is gone."
    elif workspace.imported(name) is not None:
        freed = cards.remove(workspace, name)
        text = f"The DNA {name} is gone."
    else:
        raise UnknownName(f"There is no dataset, selection or imported DNA {name}.")
    return FINE, {"removed": name, "freed_bytes": freed}, text


def export(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.exchange import export

    sources = sources_of(options, Overall(say), stop)
    files = [str(path) for path in export(sources, options.name, options.to, options.format, options.kind)]
    data = {"name": options.name, "file": files[0], "files": files}
    return FINE, data, f"{options.name} is written to {' and '.join(files)}"


def import_(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.exchange import holds_dna, import_dna, import_selection
    from dnacore.sources.import_process import Imported, import_apart

    workspace = Workspace.open(options.workspace)
    if not holds_dna(options.file):
        chosen = import_selection(workspace, options.file)
        told = {"selection": chosen.name, "neurons": len(chosen)}
        return FINE, told, f"Selection {chosen.name}: {len(chosen)} neurons."
    if options.file.suffix.lower() == ".json":
        vouched = sources_of(options, Overall(say), stop) if options.extractor else None
        dna = import_dna(workspace, options.file, vouched, options.calibration)
        came = Imported(dna.name, dna.images, dna.n_neurons)
    else:
        came = import_apart(workspace, options.file)
    data = {"dna": came.name, "images": came.images}
    return FINE, data, f"DNA {came.name}: {came.images:,} images, {came.neurons:,} neurons."


def gallery(options: Namespace, say: Reporter, stop: Stop) -> Result:
    return _GALLERY[options.deed](options, say, stop)


def _publish(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.shared.publish import Allowed, publish

    allowed = Allowed(options.about, options.words, options.thumbnails)
    sources = sources_of(options, Overall(say), stop)
    card = publish(sources, options.name, absolute(options.folder), allowed, options.called, options.replace)
    text = f"{card.stem} is published in {options.folder}: {card.images:,} images"
    text += ", with words" if card.words else ""
    return FINE, {"published": asdict(card)}, text + (", with thumbnails" if card.picture else "")


def _take_in(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.shared.gallery import take_in

    watch = Overall(say)
    workspace = Workspace.open(options.workspace)
    found = take_in(workspace, options.source, lambda file, done, of: watch.show("taking in", file, done, of), stop)
    lines = [f"Left out: {file}: {reason}" for file, reason in found.skipped]
    lines += [f"No longer there, and kept here: {', '.join(found.gone)}"] if found.gone else []
    lines.append(
        f"{found.source}: {len(found.names)} taken in, {found.same} as they were, {len(found.skipped)} left out."
    )
    return (LOOK if found.skipped else FINE), asdict(found), "\n".join(lines)


def _galleries(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.shared.download import is_address
    from dnacore.sources.shared.gallery import galleries, news

    workspace = Workspace.open(options.workspace)
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for source, known in galleries(workspace).items():
        said = "" if is_address(source) else news(workspace, source)  # only `gallery add` uses the network
        rows.append({"source": source, "news": said, "dnas": [{"name": n} | asdict(card) for n, card in known.items()]})
        lines += [source, *(f"  {name}  {card.images:,} images  {card.about}" for name, card in known.items())]
        lines += [said] if said else []
    return FINE, rows, "\n".join(lines) or "No galleries yet. Take one in: python -m dnacore gallery add FOLDER"


def _nearest(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.shared.gallery import nearest

    sources = sources_of(options, Overall(say), stop)
    dna = sources.dna(options.name)
    setting = sources.setting
    label = setting.label if setting else str(dna.extractor.get("name", ""))
    broken: list[tuple[str, str]] = []
    found = nearest(sources.workspace, dna, label, lambda name, reason: broken.append((name, reason)))
    rows = [{"name": name, "distance": distance} for name, distance in found if name != options.name]
    lines = [f"{row['distance']:10.4f}  {row['name']}" for row in rows] or ["No DNA here can be compared with it."]
    lines += [f"Left out: {name}: {reason}" for name, reason in broken]
    data = {"dataset": options.name, "unit": "bins", "nearest": rows, "left_out": broken}
    return (LOOK if broken else FINE), data, "\n".join(lines)


def _leave(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.shared.gallery import leave

    names = leave(Workspace.open(options.workspace), options.source)
    return FINE, {"removed": names}, f"{', '.join(names)}: forgotten here. The gallery itself was not touched."


_GALLERY = {"publish": _publish, "add": _take_in, "list": _galleries, "nearest": _nearest, "remove": _leave}


def bench(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.commands.bench import bench, table

    rows = bench(options.suite, options.extractor, lambda name, done, of: say.progress(f"measuring: {name}", done, of))
    return FINE, rows, table(rows)


def _dataset_row(workspace: Workspace, dataset) -> dict[str, Any]:
    return {
        "name": dataset.name, "folder": str(dataset.folder), "images": dataset.images,
        "attributes": str(dataset.attributes) if dataset.attributes else None,
        "extractors": workspace.store.extractors_of(dataset),
    }  # fmt: skip
