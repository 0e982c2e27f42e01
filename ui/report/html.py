"""A view as one HTML file that needs nothing else: sentences, figures, tables and small images, in light and dark.

Figures are drawn by plotly's own script, which stands in the file once; the file forbids itself every outside request.
"""

from __future__ import annotations

import base64
import html as markup
import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from dnacore import __version__
from dnacore.errors import DnaError
from dnacore.images import thumbnails
from dnacore.paths import ASSETS
from dnacore.workspace.workspace import Workspace
from ui.app import palette, theme
from ui.app.capture import View
from ui.server import allowed

SIDE = 168
WIDTH = 1600  # pixels of a computed picture: twice its width in a report, for high-resolution screens
_INVITED = re.compile(r"(<br>|\\u003cbr\\u003e)Click[^\"<\\]*")
_HERE = Path(__file__).parent
_FONT = ASSETS / "fonts" / "inter-latin-wght-normal.woff2"


def facts(view: View, extractor: str) -> dict[str, Any]:
    """Return what a reader must know to trust a view: the network, the activation ranges, the datasets' sizes."""
    from ui.app import reads

    known: list[dict[str, Any]] = []
    calibration = network = origin = ""
    neurons = 0
    for one in view.datasets.values():
        try:
            dna = reads.dna(one)
        except DnaError:
            continue
        known.append({"name": one.name, "images": int(dna.images), "unreadable": len(dna.rejected)})
        calibration, network, neurons = dna.calibration.fingerprint, dna.network, dna.n_neurons
        origin = str(dna.calibration.origin or "")
    return {
        "extractor": extractor, "network": network, "neurons": neurons, "calibration": calibration,
        "calibration_origin": origin, "datasets": known,
    }  # fmt: skip


def freeze(
    view: View, workspace: Workspace, query: Sequence[Sequence[str]], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a view as plain data that can be kept: figures as plotly's JSON, images as small JPEGs."""
    parts = []
    for kind, content in view.parts:
        if kind == "figure":
            figure, alt = content
            parts.append({"kind": kind, "figure": _still(figure), "alt": alt})
        elif kind == "table":
            frame, title = content
            cells = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
            parts.append({"kind": kind, "title": title, "head": [str(c) for c in frame.columns], "rows": cells})
        elif kind == "images":
            title, pictures, total = content
            found = [_picture(workspace, picture) for picture in pictures]
            parts.append({"kind": kind, "title": title, "items": [one for one in found if one], "total": total})
        elif kind == "picture":
            body, alt = content
            parts.append({"kind": kind, "jpeg": _shrunk(body), "alt": alt})
        else:
            parts.append({"kind": kind, "text": content})
    return {
        "page": view.page, "title": view.title, "sentence": view.sentence, "drawn": view.drawn, "note": "",
        "dark": theme.is_dark(), "query": [list(pair) for pair in query], "facts": dict(known), "parts": parts,
    }  # fmt: skip


def _still(figure: go.Figure) -> dict[str, Any]:
    """A figure as plain data, without the hints to click, which a file cannot react to."""
    return json.loads(_INVITED.sub("", figure.to_json()))


def _cell(value: Any) -> str | float | int | None:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return str(value)


def _picture(workspace: Workspace, picture: Any) -> dict[str, str] | None:
    try:
        body = thumbnails.thumbnail(allowed.image_path(workspace, picture.dataset, picture.index), SIDE)
    except (DnaError, OSError):
        return None
    said = " · ".join(filter(None, (picture.left, picture.right, picture.label)))
    return {"jpeg": base64.b64encode(body).decode(), "name": picture.name, "said": said}


def _shrunk(body: bytes) -> str:
    """A picture as a JPEG in base64, no wider than it can be shown."""
    with Image.open(io.BytesIO(body)) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, 4 * WIDTH))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=88)
    return base64.b64encode(out.getvalue()).decode()


def html(views: Sequence[Mapping[str, Any]], title: str = "Visual DNA report", intro: str = "") -> str:
    """Return the report as one HTML document."""
    from plotly.offline import get_plotlyjs

    figures: list[dict[str, Any]] = []
    body = "\n".join(_view(view, figures) for view in views)
    script = ""
    if figures:
        swaps = [
            [getattr(palette.LIGHT, tone), getattr(palette.DARK, tone)]
            for tone in ("ground", "text", "quiet", "rule", "accent", "neutral")
        ]
        swaps = [[_channels(a), _channels(b), a, b] for a, b in swaps]
        data = json.dumps({"figures": figures, "swaps": swaps}).replace("<", "\\u003c")
        script = (
            f'<script type="application/json" id="figures">{data}</script>\n'
            f"<script>{get_plotlyjs().replace('</script', '<' + chr(92) + '/script')}</script>\n"
        )
    said = f'<p class="intro">{markup.escape(intro)}</p>' if intro else ""
    contents = {
        "TITLE": markup.escape(title), "STYLE": _style(), "INTRO": said, "MADE": _made(), "BODY": body,
        "FIGURES": script, "SCRIPT": (_HERE / "report.js").read_text(encoding="utf-8"),
    }  # fmt: skip
    # In one pass, so that a dataset called @SCRIPT@ is not replaced as well.
    page = (_HERE / "report.html").read_text(encoding="utf-8")
    return re.sub("@([A-Z]+)@", lambda found: contents.get(found[1], found[0]), page)


def _made() -> str:
    return f"Made {time.strftime('%Y-%m-%d %H:%M')} with Visual DNA Studio {markup.escape(__version__)}"


def _style() -> str:
    font = base64.b64encode(_FONT.read_bytes()).decode() if _FONT.is_file() else ""
    face = (
        "@font-face { font-family: Inter; font-weight: 100 900; "
        f"src: url(data:font/woff2;base64,{font}) format('woff2'); }}\n"
    )
    return face + (_HERE / "report.css").read_text(encoding="utf-8")


def _channels(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def _view(view: Mapping[str, Any], figures: list[dict[str, Any]]) -> str:
    """Return a view's section; for a damaged view, a sentence that says so."""
    drawn = len(figures)
    try:
        return _section(view, figures)
    except (KeyError, TypeError, ValueError, AttributeError):
        del figures[drawn:]
        return (
            "<section><h2>A view that cannot be shown</h2><p class=lead>What was kept of it is damaged.</p></section>"
        )


def asked(view: Mapping[str, Any]) -> str:
    """Return a view's title: its question, or its page's name where none was kept."""
    return str(view.get("sentence") or view.get("title") or "")


def _section(view: Mapping[str, Any], figures: list[dict[str, Any]]) -> str:
    parts = "\n".join(_part(part, bool(view.get("dark")), figures) for part in view["parts"])
    note = f'<p class="note">{markup.escape(view["note"])}</p>' if view.get("note") else ""
    return (
        f"<section><h2>{markup.escape(asked(view))}</h2>"
        f'<p class="lead">{markup.escape(view["title"])}</p>{note}\n{parts}\n{_facts(view)}</section>'
    )


def _part(part: Mapping[str, Any], dark: bool, figures: list[dict[str, Any]]) -> str:
    kind = part["kind"]
    if kind == "figure":
        figures.append({"figure": part["figure"], "dark": dark})
        place = len(figures) - 1
        alt = markup.escape(part["alt"], quote=True)
        height = int(part["figure"].get("layout", {}).get("height") or 360)
        drawn = f'<div class="plot" id="figure-{place}" role="img" aria-label="{alt}" style="height:{height}px"></div>'
        return f"<figure>{drawn}</figure>"
    if kind == "table":
        head = "".join(f"<th>{markup.escape(one)}</th>" for one in part["head"])
        rows = "".join(
            "<tr>" + "".join(f"<td>{'' if cell is None else markup.escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in part["rows"]
        )
        return (
            f"<details><summary>{markup.escape(part['title'])} ({len(part['rows'])} rows)</summary>"
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
            '<button type="button" class="csv">Save as CSV</button></details>'
        )
    if kind == "images":
        cells = "".join(
            f'<figure><img alt="{markup.escape(one["name"], quote=True)}" src="data:image/jpeg;base64,{one["jpeg"]}">'
            f"<figcaption>{markup.escape(one['said'])}</figcaption></figure>"
            for one in part["items"]
        )
        more = f" (the first {len(part['items'])} of {part['total']:,})" if part["total"] > len(part["items"]) else ""
        return f'<h3>{markup.escape(part["title"])}{more}</h3><div class="images">{cells}</div>'
    if kind == "picture":
        alt = markup.escape(part["alt"], quote=True)
        return f'<figure class="sheet"><img alt="{alt}" src="data:image/jpeg;base64,{part["jpeg"]}"></figure>'
    tag = {"found": "p class=found", "heading": "h3"}.get(kind, "p class=caption")
    return f"<{tag}>{markup.escape(part['text'])}</{tag.split()[0]}>"


def _facts(view: Mapping[str, Any]) -> str:
    known = view.get("facts", {})
    sizes = ", ".join(
        f"{one['name']} ({one['images']:,} images"
        + (f", {one['unreadable']} unreadable)" if one["unreadable"] else ")")
        for one in known.get("datasets", [])
    )
    rows = [
        ("Drawn", time.strftime("%Y-%m-%d %H:%M", time.localtime(view["drawn"]))),
        ("Extractor", f"{known.get('extractor', '')}, {known.get('neurons', 0):,} neurons"),
        ("Network fingerprint", known.get("network", "")),
        ("Calibration fingerprint", known.get("calibration", "")),
        ("Datasets", sizes),
        ("Choices", ", ".join(f"{key}={value}" for key, value in view.get("query", []))),
    ]
    cells = "".join(
        f"<div><dt>{markup.escape(name)}</dt><dd>{markup.escape(str(value))}</dd></div>"
        for name, value in rows
        if value
    )
    return f"<dl>{cells}</dl>"
