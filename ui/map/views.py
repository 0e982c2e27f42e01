"""The two maps: of datasets, by their distances; of images, by what the neurons say of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

import dnacore as dc
from dnacore.analyses import projection
from dnacore.analyses.projection import Plane, of_distances
from ui.app import address, capture, comparisons, errors, layout, navigation, palette, reads, theme, words
from ui.app.reads import Ready
from ui.choices import choices, closeup, parts, picking, sampled
from ui.choices.measures import Measure
from ui.components import chart, point_map
from ui.components.point_map import Kind
from ui.figures import findings, maps
from ui.map import lasso, layouts
from ui.map.layouts import Layout, Population

LAYOUTS = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}
SEEDS = 20
BY_DATASET = "dataset"
UNKNOWN = "unknown"
MOST_KINDS = 12


def question(chosen: Sequence[Ready], *, by: str, what: str) -> str:
    """Return the question that a map answers. by: the neurons that count, "" for all."""
    whose = words.several([one.name for one in chosen])
    which = f"images of {whose}" if what == "images" else "datasets"
    among = "" if what == "images" else f" among {whose}"
    return f"Which {which} lie near each other{among}{f', by {by}' if by else ''}?"


def of_datasets(chosen: Sequence[Ready], measure: Measure) -> None:
    """Draw the datasets as points that are near each other where the datasets are alike."""
    compared = comparisons.comparison(chosen, measure.metric, measure.selection, measure.layer)
    plane = of_distances(compared.matrix)
    names, said = list(compared.names), [one.said for one in chosen]

    def remember(data: list[int]) -> None:
        apart = compared.matrix[data[0]].copy()
        apart[data[0]] = np.inf
        st.session_state["_open_pair"] = (names[data[0]], names[int(apart.argmin())])

    layout.found(
        findings.pairwise(said, compared.matrix, compared.unit),
        findings.extremes(said, compared.matrix, compared.unit, reads.dna(chosen[0]).bins),
    )
    chart.show(
        maps.datasets(
            said, plane.points, [palette.dataset_colour(one.dataset.colour) for one in chosen], dark=theme.is_dark()
        ),
        key="dataset-map",
        alt=f"Map of {words.listing(names)}",
        on_click=remember,
    )
    kept = "" if plane.kept is None else f" The plane keeps {words.percent(plane.kept)} of the differences."
    layout.caption(
        f"Near each other is alike: the distances of the heatmap, laid out flat.{kept}",
        hand="Click a dataset to compare it with its nearest; the table on the Distances page does the same by keyboard.",
    )
    if "_open_pair" in st.session_state:
        a, b = st.session_state.pop("_open_pair")
        navigation.go("compare", a=a, b=b)


def choose_colour(chosen: Sequence[Ready]) -> str:
    """Let a person choose what the points are coloured by: the dataset, or an attribute that some of them have."""
    columns = list(dict.fromkeys(column for one in chosen for column in parts.values_of(one.dataset)))
    return address.select(
        "Colour by",
        [BY_DATASET, *(f"attribute:{column}" for column in columns)],
        format_func=lambda code: "Dataset" if code == BY_DATASET else code.partition(":")[2].replace("_", " "),
        key="colour",
        plain=True,
    )


def choose_layout() -> tuple[str, int]:
    """Let a person choose how images are laid out: the method, and the seed of one that begins by chance."""
    method = address.segments("Layout", LAYOUTS, key="layout")
    if method == "pca":
        return method, 0
    seed = address.whole_number("Seed", 0, SEEDS - 1, 0, key="map-seed")
    layout.note("Another seed, another map: what is alike in both of them can be relied on.")
    return method, seed


def choose_neurons(dna: dc.DNA) -> dc.Selection | None:
    """Let a person choose which neurons count: all, the last layer's, another layer's, or a saved selection."""
    last = list(dna.layers)[-1]
    called = f"The last layer: {words.layer(last)} ({words.count(dna.layers[last], 'neuron')})"
    return choices.selection(choices.neurons(dna, extra={f"layer:{last}": called}), dna)


def of_images(chosen: Sequence[Ready], selection: dc.Selection | None, method: str, colour: str, seed: int = 0) -> None:
    """Draw the images as points; those inside a lasso are listed below, to be picked or made a dataset of."""
    there = layouts.population(chosen)
    if len(there.pictures) < 3:
        st.info("A map needs at least three images. Choose more datasets.")
        return
    with st.spinner("Laying out the images…"):
        plane, note = _plane(Layout(tuple(chosen), selection, method, seed), len(there.pictures))
    kinds, of, notes = _kinds(chosen, there, colour)
    layout.found(_sentence(kinds, of, plane, [one.said for one in chosen], colour))
    seen = point_map.show(
        there.pictures,
        plane.points,
        kinds,
        of,
        notes,
        key="image-map",
        title=f"Map of {words.count(len(there.pictures), 'image')}",
        start=lasso.linked(there),
        labels=lasso.names(chosen, there, plane),
        look=lasso.look(),
    )
    lasso.keep(seen)
    lasso.bar(seen)
    capture.figure(maps.images(plane.points, kinds, of, dark=theme.is_dark()), "Map of images")
    sample = "" if there.total == len(there.pictures) else (
        f" A random sample of {len(there.pictures):,} of {there.total:,} images is shown."
    )  # fmt: skip
    neurons = reads.dna(chosen[0]).n_neurons if selection is None else len(selection)
    sampled.note(chosen)
    step = projection.counted(neurons, len(there.pictures))
    if step > 1:
        sample += f" Every {step}{'nd' if step == 2 else 'rd' if step == 3 else 'th'} neuron counts."
    layout.caption(
        f"Near each other is alike to the network. {note}{sample}",
        hand="Drag around images to select them, Shift adds; the wheel zooms; click opens. By keyboard: arrows, Enter, "
        "Space, + and −.",
    )
    if seen.opened is not None:
        owner = next(one for one in chosen if one.dataset.id == seen.opened.dataset)
        closeup.show(owner, seen.opened)
    if seen.picked:
        st.divider()
        layout.found(f"{words.count(len(seen.picked), 'image')} inside the lasso: {_made_of(seen.picked, chosen)}")
        picking.wall(
            list(seen.picked),
            key="map-picked",
            title="Images inside the lasso",
            height=420,
            size=132,
            aspect=reads.aspect(chosen[0].dataset),
        )


def _plane(asked: Layout, images: int) -> tuple[Plane, str]:
    """Where the images lie, and a sentence about the layout. While a map is being laid out, the PCA is shown."""
    if asked.method != "pca":
        laid = asked.laid(images)
        if laid.plane is not None:
            note = "groups and their neighbours mean something, the size of a gap between them does not."
            return laid.plane, f"{LAYOUTS[asked.method]}: {note}"
        if laid.working:
            st.fragment(_wait, run_every=1.0)(asked)
        elif laid.problem:
            st.warning(words.as_markdown(laid.problem))
    plane = layouts.pca(asked.chosen, asked.selection)
    kept = words.percent(plane.kept or 0)
    return plane, f"PCA: the plane in which the images spread most; it keeps {kept} of the spread."


def _wait(asked: Layout) -> None:
    with errors.guarded():
        if not asked.working():
            st.rerun()
        with st.container(key="map-wait", horizontal=True, vertical_alignment="center"):
            called = LAYOUTS[asked.method]
            layout.note(
                f"The {called} is being laid out; it takes about half a minute the first time. Until then: PCA."
            )
            st.button("Cancel", key="map-cancel", type="tertiary", on_click=_cancel, args=(asked,))


def _cancel(asked: Layout) -> None:
    asked.cancel()
    st.session_state["layout"] = "pca"


def _kinds(chosen: Sequence[Ready], there: Population, colour: str) -> tuple[list[Kind], np.ndarray, list[str]]:
    """What the colours stand for, (N,) which of them each image has, and what stands below each image's name."""
    owners = [chosen[at].said for at in there.owner]
    if colour == BY_DATASET:
        return [Kind(one.said, palette.dataset_colour(one.dataset.colour)) for one in chosen], there.owner, owners
    column = colour.partition(":")[2]
    tables = [reads.attributes(one.dataset) for one in chosen]
    values = [
        str(tables[owner][column].iloc[row]) if column in tables[owner].columns else ""
        for owner, row in zip(there.owner, there.rows, strict=True)
    ]
    shown = [value for value in dict.fromkeys(sorted(values, key=lambda one: (one == "", one))) if value][:MOST_KINDS]
    grey = palette.ink(theme.is_dark()).neutral
    kinds = [Kind(_said(column, value), palette.dataset_colour(at)) for at, value in enumerate(shown)]
    of = np.array([shown.index(value) if value in shown else len(shown) for value in values])
    if (of == len(shown)).any():
        kinds.append(Kind(UNKNOWN, grey))
    return kinds, of, [f"{owner}, {_said(column, value)}" for owner, value in zip(owners, values, strict=True)]


def _said(column: str, value: str) -> str:
    name = column.replace("_", " ")
    return {"1": name, "0": f"no {name}", "": f"{name} unknown"}.get(value, f"{name}: {value}")


def _sentence(kinds: Sequence[Kind], of: np.ndarray, plane: Plane, names: Sequence[str], colour: str) -> str:
    """The headline: how often an image's nearest neighbour on the map is of the same kind."""
    count = len(of)
    if len(kinds) < 2:
        return f"{words.count(count, 'image')} of {words.listing(list(names))}"
    from scipy.spatial import cKDTree

    _, near = cKDTree(plane.points).query(plane.points, k=2)
    own = float((of[near[:, 1]] == of).mean())
    shares = np.bincount(of, minlength=len(kinds)) / count
    by_chance = float((shares**2).sum())
    what = "dataset" if colour == BY_DATASET else "kind"
    if own < by_chance + 0.1:
        return f"The {what}s are mixed: neighbours on the map are of one {what} no more often than chance would give."
    worst = min(range(len(kinds)), key=lambda k: (of[near[:, 1]] == of)[of == k].mean() if (of == k).any() else 2)
    mixed = float((of[near[:, 1]] == of)[of == worst].mean())
    tail = "" if mixed > 0.9 else f"; {kinds[worst].name} mixes most with the others"
    return f"In {100 * own:.0f} of 100 cases an image's nearest neighbour on the map is of its own {what}{tail}."


def _made_of(picked: Sequence, chosen: Sequence[Ready]) -> str:
    named = {one.dataset.id: one.said for one in chosen}
    counts: dict[str, int] = {}
    for picture in picked:
        name = named.get(picture.dataset, "another dataset")
        counts[name] = counts.get(name, 0) + 1
    top = sorted(counts.items(), key=lambda item: -item[1])[:4]
    return words.listing([f"{count:,} of {name}" for name, count in top])
