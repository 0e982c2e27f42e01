"""Commands that look behind a distance: every attribute at once, contributions, leaving out, mixing, forgetting."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from dnacore.commands.outcome import FINE, Result, Stop, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput, UnknownName

SHOWN = 10


def attributes(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.attributes.survey import attributes_of, sensitivities
    from dnacore.dna.layers import locate

    sources = sources_of(options, Overall(say), stop)
    dna = sources.dna(sources.dataset(options.dataset))
    _, sketches, table = _sketched(sources, options.dataset)
    rows, lines = [], []
    for name, found in sensitivities(sketches, attributes_of(table), dna.layers, dna.network).items():
        best = int(found.order[0])
        layer, index = locate(dna.layers, best)
        above = len(found.above_noise()) if found.chance is not None else None
        row: dict[str, Any] = {
            "attribute": name, "images": list(found.images), "emd": float(found.emd.mean()), "above_noise": above,
            "too_small": found.too_small,
            "top": {"layer": layer, "index": index, "flat": best, "emd": float(found.emd[best])},
        }  # fmt: skip
        rows.append(row)
        lines.append(
            f"{name}: {row['images'][0]:,} images with, {row['images'][1]:,} without; mean difference {row['emd']:.2f} "
            f"bins, {'no noise floor' if above is None else f'{above:,} neurons above the noise floor'}; most sensitive: "
            f"{layer}, neuron {index} ({row['top']['emd']:.1f}){'. ' + found.too_small if found.too_small else ''}"
        )
    return FINE, {"attributes": rows}, "\n".join(lines)


def explain(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.analyses.explanation import explain, explain_image
    from dnacore.analyses.places import places
    from dnacore.dna.layers import locate

    sources = sources_of(options, Overall(say), stop)
    selection = sources.selection(options.selection)
    one, reference = sources.dna(options.name), sources.dna(options.reference)
    spots: list[Any] = []
    if options.image:
        files, sketches, _ = _sketched(sources, options.name)
        names = [files[i].path for i in sketches.found]
        if options.image not in names:
            raise UnknownName(
                f"There is no image {options.image!r} with a sketch in “{one.name}”. Give its path in the folder."
            )
        position = names.index(options.image)
        found = explain_image(sketches, position, reference, None, selection, options.image)
        if one.exact:
            spots = places(sketches, position, found.neurons[: options.top], one)
    else:
        found = explain(one, reference, selection)
    neurons = []
    for i, flat in enumerate(found.neurons[: options.top].tolist()):
        layer, index = locate(one.layers, flat)
        neurons.append(
            {"layer": layer, "index": index, "flat": flat, "part": float(found.parts[i]),
             "direction": int(found.direction[i]), "place": asdict(spots[i]) if spots else None}
        )  # fmt: skip
    data = {"distance": found.distance, "unit": "bins", "names": list(found.names), "layers": dict(found.layers),
            "neurons": neurons}  # fmt: skip
    lines = [f"{found.names[0]} and {found.names[1]}: {found.distance:.4g} bins, made of"]
    share = found.distance or 1.0
    for layer, part in sorted(found.layers.items(), key=lambda pair: -abs(pair[1]))[:SHOWN]:
        lines.append(f"  layer {layer}: {part:.4g} ({part / share:.0%})")
    for n in neurons:
        place, where = n["place"], ""
        if place and not place["whole"]:
            where = f", most active {place['row']:.0%} down, {place['column']:.0%} across"
        lines.append(f"  {n['layer']}, neuron {n['index']}: {n['part']:.4g} ({n['part'] / share:.1%}){where}")
    return FINE, data, "\n".join(lines)


def leave_out(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.sources.leave_out import Parts

    sources = sources_of(options, Overall(say), stop)
    dataset = sources.dataset(options.dataset)
    sources.ensure(dataset)
    setting = sources.setting
    target = sources.dna(options.target) if options.target else None
    if setting is None:
        raise BadInput(f"“{dataset.name}” could not be extracted.")
    parts = Parts(sources.workspace, dataset, setting)
    selection = sources.selection(options.selection)
    found = (parts.by_attribute if options.attributes else parts.by_folder)(target, selection)
    data = asdict(found) | {"unit": "bins", "target": target.name if target else None}
    away = "" if target is None else f", {found.to_target:.4g} bins from {target.name}"
    lines = [f"{found.dataset}: {found.images:,} images{away}"]
    for g in found.groups:
        nearer = ""
        if target and g.to_target is not None and found.to_target is not None:
            nearer = f", {g.to_target - found.to_target:+.3g} to {target.name}"
        source = "" if g.exact else " (from sketches)"
        lines.append(f"  without {g.group} ({g.images:,} images): changes by {g.change:.3g} bins{nearer}{source}")
    return FINE, data, "\n".join(lines)


def mixture(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.analyses.mixture import mixture

    sources = sources_of(options, Overall(say), stop)
    selection = sources.selection(options.selection)
    found = mixture(sources.dna(options.target), [sources.dna(name) for name in options.names], selection)
    lines = [f"Nearest to {found.target}: {found.distance:.4g} bins away (no mixture is nearer than {found.bound:.4g})"]
    for name, share in sorted(found.shares.items(), key=lambda pair: -pair[1]):
        lines.append(f"  {share:6.1%} {name} (alone {found.alone[name]:.4g})")
    return FINE, asdict(found) | {"unit": "bins"}, "\n".join(lines)


def forget(options: Namespace, say: Reporter, stop: Stop) -> Result:
    from dnacore.attributes.forgetting import forget
    from dnacore.attributes.survey import attribute, attributes_of

    sources = sources_of(options, Overall(say), stop)
    dataset = sources.dataset(options.dataset)
    dna = sources.dna(dataset)
    _, sketches, table = _sketched(sources, options.dataset)
    given = list(sources.workspace.attributes(dataset).columns)
    # Folders, tags and the network's words are no column of the table: each counts only where it is named.
    named = [name for name in (options.attribute, *(options.keep or ())) if name.partition("=")[0] not in given]
    known = {one.name for one in attributes_of(table, least=1)}
    asked = [*attributes_of(table[given]), *(attribute(table, name) for name in dict.fromkeys(named) if name in known)]
    if options.keep:
        known = {a.name for a in asked}
        if missing := [name for name in options.keep if name not in known]:
            raise UnknownName(
                f"There is no attribute {', '.join(missing)} to keep. There are: {', '.join(sorted(known))}."
            )
        asked = [a for a in asked if a.name == options.attribute or a.name in options.keep]
    found = forget(
        sketches, asked, [options.attribute], options.metric, dna.layers, dna.network,
        progress=say.progress, stop=stop,
    )[0]  # fmt: skip
    if options.save:
        sources.workspace.save_selection(found.selection(options.save))
    data = {
        "attribute": found.attribute, "metric": found.metric, "delta": found.delta,
        "side_effects": dict(found.side_effects), "mean_side_effect": found.harm, "images": list(found.images), "saved": options.save,
    }  # fmt: skip
    lines = [
        f"Learned on {found.images[0]:,} images; on {found.images[1]:,} others {found.delta:.0%} of the difference that "
        f"{found.attribute} makes is gone, and other differences change by {found.harm:.0%} on average."
    ]
    for name, change in sorted(found.side_effects.items(), key=lambda pair: -abs(pair[1])):
        lines.append(f"  {name}: {-change:+.0%}")
    return FINE, data, "\n".join(lines)


def _sketched(sources: Any, name: str) -> tuple[list, Any, Any]:
    """A dataset's files, its sketches, and the attributes of the images that have one."""
    dataset = sources.dataset(name)
    files, sketches = sources.sketches(dataset)
    return files, sketches, sources.workspace.described(dataset).iloc[sketches.found]
