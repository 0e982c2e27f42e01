"""Gallery: a dataset's images ranked by how much they look, to the chosen neurons, like a reference."""

from __future__ import annotations

from ui import address, choices, closeup, gallery, layout, pictures, ranking, state, words

BAND = 40

layout.header("Gallery", "Which images look most like another dataset, or like one image?")
ready = state.ready()
if not ready:
    layout.nothing_extracted()

result, knobs = layout.result_and_knobs()
with knobs:
    dataset = choices.one_dataset("Images of", ready, key="dataset", help="The dataset whose images are ranked.")
    reference = ranking.choose_reference("Most like", ready, key="like", other=dataset)
    unlike = ranking.choose_unlike(ready, key="unlike")
    first = state.dna(dataset)
    selection = ranking.choose_neurons(dataset, reference, unlike, first)
    view = address.segments("Show", {"bands": "Both ends", "wall": "All"}, key="view")

ranked = state.ranking(dataset, reference, unlike, selection)
rows = state.files(dataset.dataset)
aspect = state.aspect(dataset.dataset)
signed = unlike is not None
say = (lambda value: f"{value:+.1f}") if signed else (lambda value: f"{value:.1f}")
target = ranking.name_of(reference)
with result:
    layout.found(ranking.sentence(dataset, reference, unlike, ranked))
    everything = pictures.ranked(dataset.dataset, rows, ranked, say=say)
    if view == "bands" and len(everything) > 3:
        middle = max(0, len(everything) // 2 - BAND // 2)
        bands = [
            gallery.Band(everything[:BAND], "Nearest", f"most like {target}", rows=2),
            gallery.Band(everything[middle : middle + BAND], "Middle", "", rows=1),
            gallery.Band(everything[::-1][:BAND], "Farthest", f"least like {target}, farthest first", rows=2),
        ]
        seen = gallery.wall(
            bands,
            key="gallery-bands",
            title="Nearest, middle and farthest images",
            size=120,
            aspect=aspect,
            note=f"{words.count(len(everything), 'image')} ranked",
        )
    else:
        seen = gallery.wall(
            everything,
            key="gallery-wall",
            title=f"Images of {dataset.name}, nearest first",
            height=640,
            size=120,
            aspect=aspect,
            selectable=True,
        )
    layout.caption(
        "Below each image: its rank and its distance in bins. "
        + ("Below zero is nearer to the reference than to what it should be unlike. " if signed else "")
        + "Click an image to see it large; arrow keys move, Enter opens."
    )
if seen.opened is not None:
    closeup.show(
        dataset,
        seen.opened,
        [
            ("Rank", f"{seen.opened.left} of {len(everything):,}"),
            ("Distance", f"{seen.opened.right} of {first.bins - 1} bins"),
        ],
    )
