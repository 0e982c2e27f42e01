"""The command that runs a study: a question about one's own datasets, answered by one of the paper's experiments."""

from __future__ import annotations

import json
from argparse import Namespace

from dnacore import atomic
from dnacore.commands.outcome import FINE, Result, Stop, sources_of
from dnacore.commands.progress import Overall, Reporter
from dnacore.errors import BadInput

SHOWN = 30  # rows on a terminal


def study(options: Namespace, say: Reporter, stop: Stop) -> Result:
    """Run one study, describe it, or list them all."""
    from dnacore import studies
    from dnacore.sources import study_requests

    if options.study is None:
        known = studies.every()
        return FINE, [one.to_json() for one in known], "\n".join(f"{one.name:<14} {one.question}" for one in known)
    chosen = studies.find(options.study)
    if options.describe:
        return FINE, chosen.to_json(), _described(chosen)
    asked = study_requests.Asked(
        chosen, options.names, _given(options), options.attribute, options.selection, options.seed
    )
    networks = options.extractors or [options.extractor]
    sources = [sources_of(Namespace(**{**vars(options), "extractor": name}), Overall(say), stop) for name in networks]
    found = study_requests.run(asked, sources, say.progress, stop, options.fresh)
    from dnacore.studies.frame import export

    if options.csv:
        atomic.write_bytes(options.csv, export.as_csv(found).encode("utf-8"))
    if options.html:
        page = export.as_html(found, study_requests.thumbnails(sources[0].workspace))
        atomic.write_bytes(options.html, page.encode("utf-8"))
    data = found.to_json()
    if options.result:
        atomic.write_bytes(options.result, json.dumps(data, allow_nan=False).encode("utf-8"))
    lines = [found.finding, found.advice, *found.notes]
    for row in data["table"][:SHOWN]:
        lines.append("  " + ", ".join(f"{title}: {export.shown(row.get(key))}" for key, title in found.columns.items()))
    if len(data["table"]) > SHOWN:
        lines.append(f"  and {len(data['table']) - SHOWN} more rows (--csv writes them all)")
    return FINE, data, "\n".join(line for line in lines if line)


def _given(options: Namespace) -> dict[str, str]:
    """{option: text} of all `--set NAME=VALUE`, and of the shortcuts."""
    given = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"--set takes NAME=VALUE, not {text!r}. See: study {options.study} --describe")
        given[name.strip()] = value.strip()
    if options.scores is not None:
        given["scores"] = str(options.scores)
    return given


def _described(chosen) -> str:
    lines = [chosen.question, chosen.about]
    lines += [f"  {role.title}: {role.help}" for role in chosen.roles]
    for option in chosen.options:
        choices = f" ({', '.join(option.choices)})" if option.choices else ""
        default = ",".join(option.default) if isinstance(option.default, tuple) else option.default
        lines.append(f"  --set {option.name}={default}   {option.title}: {option.help}{choices}")
    return "\n".join(lines)
