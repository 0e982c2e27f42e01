"""A study's result as a CSV table, and as one HTML file that opens without a network."""

from __future__ import annotations

import base64
import csv
import html
import importlib.util
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dnacore.errors import Unavailable
from dnacore.paths import cell
from dnacore.studies.frame.drawing import plotly
from dnacore.studies.frame.result import Picture, Result

Thumbnail = Callable[[Picture], bytes | None]  # a JPEG of the picture, or None where it cannot be read

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 960px; margin: 32px auto; padding: 0 20px }
h1 { font-size: 28px; margin: 0 0 8px } p.finding { font-size: 20px; margin: 8px 0 }
p.caption, footer { color: #595959 }
table { border-collapse: collapse; margin: 16px 0; font-variant-numeric: tabular-nums }
table { display: block; overflow-x: auto }
th, td { padding: 4px 12px; border-bottom: 1px solid #ddd; text-align: left } td.number { text-align: right }
.figure { height: 440px; margin: 16px 0 } .pictures { display: flex; flex-wrap: wrap; gap: 16px }
figure { margin: 0; width: 200px } figcaption { font-size: 13px; color: #595959; overflow-wrap: anywhere }
.picture { position: relative; display: inline-block }
.picture img { display: block; max-width: 200px; max-height: 200px }
.spot { position: absolute; border: 2px solid #D55E00; box-sizing: border-box }
"""
_SCRIPT = """
for (const place of document.querySelectorAll(".figure")) {
  const found = JSON.parse(document.getElementById(place.dataset.of).textContent);
  const settings = {responsive: true, displaylogo: false, showLink: false, plotlyServerURL: ""};
  Plotly.newPlot(place, found.data, found.layout, settings);
}
"""


def as_csv(result: Result) -> str:
    """The table, its columns in the order in which the study names them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(result.columns)
    for row in result.to_json()["table"]:
        writer.writerow(["" if row.get(key) is None else cell(row[key]) for key in result.columns])
    return text.getvalue()


def as_html(result: Result, thumbnail: Thumbnail | None = None) -> str:
    """One page with the finding, figures, table and pictures, which loads nothing from elsewhere."""
    figures = [json.dumps(plotly(figure), allow_nan=False).replace("<", "\\u003c") for figure in result.figures]
    data = "".join(f'<script type="application/json" id="data-{i}">{text}</script>' for i, text in enumerate(figures))
    places = "".join(f'<div class="figure" data-of="data-{i}"></div>' for i in range(len(figures)))
    notes = "".join(f"<p>{_safe(note)}</p>" for note in result.notes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_safe(result.question)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{_safe(result.question)}</h1><p class="finding">{_safe(result.finding)}</p><p>{_safe(result.advice)}</p>'
        f'{places}<p class="caption">{_safe(result.caption)}</p>{_table(result)}{notes}'
        f"{_pictures(result, thumbnail)}<footer><p>{_safe(_origin(result))}</p></footer>"
        f"{data}<script>{_plotly_script()}</script><script>{_SCRIPT}</script></body></html>"
    )


def _plotly_script() -> str:
    """Plotly's script, read from its Python package without loading that. Raises Unavailable."""
    package = importlib.util.find_spec("plotly")
    if package is None or package.origin is None:
        raise Unavailable("Figures in HTML need the package plotly, which is not installed. Write CSV or JSON instead.")
    return Path(package.origin).with_name("package_data").joinpath("plotly.min.js").read_text("utf-8")


def shown(value: Any) -> str:
    """A value of the table as text."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _safe(text: Any) -> str:
    return html.escape(str(text), quote=True)


def _table(result: Result) -> str:
    rows = result.to_json()["table"]
    head = "".join(f"<th>{_safe(title)}</th>" for title in result.columns.values())
    cells = [
        "".join(f"<td{_kind(row.get(key))}>{_safe(shown(row.get(key)))}</td>" for key in result.columns) for row in rows
    ]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""


def _kind(value: Any) -> str:
    return ' class="number"' if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _pictures(result: Result, thumbnail: Thumbnail | None) -> str:
    if thumbnail is None:
        return ""
    out = []
    for picture in result.pictures:
        image = thumbnail(picture)
        if image is None:
            continue
        spots = "".join(
            f'<span class="spot" style="top:{100 * (s.row - s.height / 2):.2f}%;'
            f"left:{100 * (s.column - s.width / 2):.2f}%;"
            f'height:{100 * s.height:.2f}%;width:{100 * s.width:.2f}%"></span>'
            for s in picture.spots
        )
        source = base64.b64encode(image).decode()
        out.append(
            f'<figure><div class="picture"><img alt="{_safe(picture.path)}" '
            f'src="data:image/jpeg;base64,{source}">{spots}'
            f"</div><figcaption>{_safe(picture.path)}: {_safe(picture.caption)}</figcaption></figure>"
        )
    return f'<div class="pictures">{"".join(out)}</div>' if out else ""


def _origin(result: Result) -> str:
    names = ", ".join(name for group in result.datasets.values() for name in group)
    chosen = ", ".join(f"{key} {_told(value)}" for key, value in result.options.items() if value not in ("", None))
    return (
        f"Study {result.study} of {names or 'a table'}; {chosen or 'no options'}; seed {result.seed}; "
        f"{result.seconds:.1f} s."
    )


def _told(value: Any) -> Any:
    """An option's value as text; of a file only its name, not its path."""
    return re.split(r"[/\\]", value)[-1] if isinstance(value, str) else value
