"""Which views `docs/screenshots.py` takes pictures of: of the demo, or of a person's own folders."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

PRESENTED = ("distances", "compare", "neurons", "map", "sensitivity", "gallery")
PAGES = {  # picture: page, with choices that show something
    "start": "",
    "datasets": "datasets",
    "distances": "distances",
    "distances-parts": "distances?datasets=faces%5Bhat%3D1%5D&datasets=faces%5Bhat%3D0%5D&datasets=faces%5Bsmile%3D1%5D"
    "&datasets=faces%5Bsmile%3D0%5D&datasets=faces",
    "compare": "compare?a=styles_photo&b=styles_sketch",
    "neurons": "neurons?a=styles_photo&b=styles_sketch",
    "map": "map",
    "map-attribute": "map?datasets=faces&datasets=streets&colour=attribute%3Ahat&layout=pca",
    "map-datasets": "map?show=datasets",
    "sensitivity": "sensitivity",
    "gallery": "gallery",
    "image": "image",
    "selections": "selections",
    "report": "report",
}
EVERY = PAGES | {  # with --all
    "lens": "lens",
    "studies": "studies",
    "compare-parts": "compare?a=faces%5Bhat%3D1%5D&b=faces%5Bhat%3D0%5D",
    "sensitivity-hat": "sensitivity?from=faces&attribute=hat",
    "sensitivity-forget": "sensitivity?do=forget",
    "gallery-ranked": "gallery?dataset=faces&like=styles_sketch",
    "tour": "?tour=1",
    **{f"presenting-{name}": f"{PAGES[name]}{'&' if '?' in PAGES[name] else '?'}present=0" for name in PRESENTED},
}
ANYBODYS = ("start", "datasets", "distances", "map", "map-datasets", "sensitivity", "gallery", "image", "selections",
            "report", "lens", "studies", "sensitivity-forget", "tour")  # fmt: skip

TOGETHER = ("sights", "animals", "drawn animals", "faces", "streets_base", "streets_darker")
README = {  # picture: page with choices that fit on one screen, and buttons to press; photographs beside the demo
    "distances": ("distances?" + urlencode({"datasets": TOGETHER}, doseq=True), ()),
    "compare": (f"compare?{urlencode({'a': 'animals', 'b': 'drawn animals'})}", ()),
    "neurons": (f"neurons?{urlencode({'a': 'animals', 'b': 'drawn animals'})}", ()),
    "gallery": (f"gallery?{urlencode({'dataset': 'animals', 'like': 'drawn animals'})}", ()),
    "sensitivity": ("sensitivity?from=faces&attribute=hat", ()),
    "map": ("map?" + urlencode({"datasets": TOGETHER[:4], "layout": "tsne"}, doseq=True), ("Pictures",)),
}


def own(names: Sequence[str]) -> dict[str, str]:
    """Return the views of folders that nobody prepared, by name; at least two, and none has a table of attributes."""
    first, second = names[:2]

    def of(page: str, **choices: str) -> str:
        return f"{page}?{urlencode(choices)}"

    found = {name: EVERY[name] for name in ANYBODYS} | {
        "compare": of("compare", a=first, b=second),
        "neurons": of("neurons", a=first, b=second),
        "gallery-ranked": of("gallery", dataset=first, like=second),
        "map-folders": of("map", datasets=first, colour="attribute:folder"),
    }
    return found | {
        f"presenting-{name}": f"{found[name]}{'&' if '?' in found[name] else '?'}present=0" for name in PRESENTED
    }
