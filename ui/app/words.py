"""The wording: every number with its unit, every name as a person would say it. Plain text, no markup."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence

import dnacore as dc
from dnacore.attributes.derived import FOLDER, TAG
from dnacore.extractors.networks.mini_classes import thing_of
from dnacore.sketches.words import SEES
from dnacore.workspace.datasets import Part, parse_part


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 image`, `1,204 images`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def significant(value: float, digits: int = 3) -> str:
    """Return a number with about `digits` significant digits and no exponent: 0.0312, 41.2, 1,204."""
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    rounded = abs(float(f"{value:.{digits - 1}e}"))  # 9.96 has two digits before the point once it is rounded to two
    places = max(0, min(6, digits - 1 - math.floor(math.log10(rounded))))
    return f"{value:,.{places}f}"


def percent(share: float) -> str:
    """Return a share (0..1) as percent: `4.1 %`, `0.03 %`, its sign on the same line; a sliver that would round away stays visible."""
    if 0 < share < 0.0001:
        return "under 0.01\N{NO-BREAK SPACE}%"
    hundred = 100 * share
    return (
        f"{hundred:.2f}\N{NO-BREAK SPACE}%"
        if 0 < hundred < 0.1
        else f"{hundred:.1f}\N{NO-BREAK SPACE}%"
        if hundred < 99.95
        else f"{hundred:.0f}\N{NO-BREAK SPACE}%"
    )


def difference(bins_apart: float, bins: int) -> str:
    """Return an EMD as `41.2 of 999 bins (4.1 % of the range)`. bins: of each histogram, here 1,000."""
    width = bins - 1
    return f"{significant(bins_apart)} of {width:,} bins ({percent(bins_apart / width)} of the range)"


def distance(value: float, unit: str, bins: int | None = None) -> str:
    """Return a distance with its unit; an EMD also as a share of the range where the number of bins is given."""
    return difference(value, bins) if unit == "bins" and bins else f"{significant(value)} {unit}".strip()


def depth(layer: str, layers: Sequence[str]) -> str:
    """Return which third of the network a layer lies in: `early`, `middle` or `late`."""
    place = list(layers).index(layer)
    third = 3 * place // max(len(layers), 1)
    return ("early", "middle", "late")[min(third, 2)]


def layer(name: str) -> str:
    """Return a layer's name as words: `block_7` is `block 7`, `block_2_1` is `block 2.1`, `layer1_0` is `layer 1.0`."""
    dotted = re.sub(r"(?<=\d)_(?=\d)", ".", name)
    return re.sub(r"^layer(?=\d)", "layer ", dotted).replace("_", " ")


def neuron(name: str, index: int, layers: Mapping[str, int] | Sequence[str], thing: str | None = None) -> str:
    """Return `neuron 214 in block 7 (early layer)`; with a thing that it was trained to name, that too."""
    named = "" if thing is None else f", trained to name: {thing}"
    return f"neuron {index} in {layer(name)} ({depth(name, list(layers))} layer{named})"


def neuron_short(name: str, index: int, thing: str | None = None) -> str:
    """Return `block 7 · 214`, for axes and tables; `things · 28 (spectacle rim)` where a neuron names a thing."""
    return f"{layer(name)} · {index}" + ("" if thing is None else f" ({thing})")


def dataset(name: str) -> str:
    """Return a dataset or a part of one as a person says it: `faces[hat=1]` is `faces with hat`."""
    base, part = parse_part(name)
    if part is None:
        return name
    return f"{base} {conditions(part)}"


def conditions(part: Part) -> str:
    """Return what a part's images have in common, as a person says it: `with hat and smile`."""
    said: list[str] = []
    for one in part.conditions:
        text = condition(*one)
        again = bool(said) and text.startswith("with ") and said[-1].startswith("with ")
        said.append(text)
        if again:
            said[-2:] = [f"{said[-2]} and {text.removeprefix('with ')}"]
    return " and ".join(said)


def condition(column: str, value: str) -> str:
    """Return one condition of a part as a person says it: `with hat`, `without hat`, `in day`, `tagged best`."""
    column, no = (column[:-1], True) if column.endswith("!") else (column, False)
    if column == TAG:
        return f"not tagged {value}" if no else f"tagged {value}"
    if column == SEES:
        return f"where the network {'does not see' if no else 'sees'} {value}"
    if column == FOLDER:
        return f"not in {value}" if no else f"in {value}"
    said = column.replace("_", " ")
    if value in ("0", "1"):
        return f"{'with' if (value == '1') != no else 'without'} {said}"
    return f"{'without' if no else 'with'} {said} {value}"


def opening(text: str) -> str:
    """Return a text as a sentence begins. Never of one that begins with a name: names stay as they were given."""
    return text[:1].upper() + text[1:]


def against(one: str, other: str, by: str = "") -> str:
    """Return the question that two datasets are: `faces with hat against faces without hat`. by: which neurons answer."""
    return f"{dataset(one)} against {dataset(other)}{f', by {by}' if by else ''}"


def several(names: Sequence[str], noun: str = "dataset", most: int = 4) -> str:
    """Return some datasets by their names where they are few, else how many they are."""
    return listing([dataset(name) for name in names]) if len(names) <= most else count(len(names), noun)


def first_few(names: Sequence[str], most: int = 4) -> str:
    """Return some datasets by their names, the last of many as a number: `photo, art, sketch and 3 more`."""
    said = [dataset(name) for name in names]
    return listing(said if len(said) <= most else [*said[: most - 1], f"{len(said) - most + 1} more"])


def moment(stamp: float) -> str:
    """Return a time stamp (seconds since 1970) in local time: `21 Nov, 13:30`."""
    return time.strftime("%d %b, %H:%M", time.localtime(stamp))


def duration(seconds: float | None) -> str:
    """Return a time span as one would say it: `12 s`, `3 min`, `1 h 20 min`; unknown spans as `a moment`."""
    if seconds is None or not math.isfinite(seconds):
        return "a moment"
    if seconds < 1:
        return "1 s"
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h" if rest == 0 else f"{hours} h {rest} min"


def time_left(seconds: float | None) -> str:
    """Return `about 40 s left`, or that it is being estimated."""
    return "estimating time left" if seconds is None else f"about {duration(seconds)} left"


def size(octets: int) -> str:
    """Return a size in decimal units: `14.8 MB`."""
    value = float(octets)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def times(ratio: float) -> str:
    """Return a ratio as `2.3 times`."""
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:,.0f} times"


def pairs(area: float) -> str:
    """Return in how many pairs one of two comes first (0..1, the area under a ROC curve): `in 97 of 100 pairs`."""
    hundred = round(100 * area)
    if area >= 1:
        return "in every pair"
    return "in more than 99 of 100 pairs" if hundred == 100 else f"in {hundred} of 100 pairs"


def listing(names: Sequence[str]) -> str:
    """Return `photo`, `photo and sketch`, `photo, art and sketch`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def unreadable(rejected: int, total: int) -> str:
    """How many files could not be read, as a sentence: `3 of 1,204 files could not be read`."""
    return f"{rejected:,} of {count(total, 'file')} could not be read."


def saturation(share: float) -> str | None:
    """Return a note when more than 0.1 % of activations fall outside the measured ranges, else None."""
    if share <= 0.001:
        return None
    return (
        f"The activation ranges were measured on other images; {percent(share)} of activations fall outside "
        "and are counted in the end bins."
    )


def as_markdown(text: str) -> str:
    """Return text that Streamlit's markdown shows as it stands, whatever characters a user's file name has."""
    return "".join(f"\\{mark}" if mark in r"\`*_{}[]<>()#+-!|~:$" else mark for mark in text)


_own_names: Callable[[dc.DNA], Mapping[tuple[str, int], str]] = lambda dna: {}  # noqa: E731  # until a workspace has names


def named_by(names_of: Callable[[dc.DNA], Mapping[tuple[str, int], str]]) -> None:
    """Have neurons named by what people call them: {(layer, index): name} of a DNA's, of those that have one."""
    global _own_names
    _own_names = names_of


def own_names(dna: dc.DNA) -> Mapping[tuple[str, int], str]:
    """Return {(layer, index): what people call that neuron}, of the few that are called something."""
    return _own_names(dna)


def full(dna: dc.DNA, flat: int) -> str:
    """Return `neuron 28 in things (late layer, trained to name: spectacle rim)`; first what people call it."""
    layer, index = dna.neuron(flat)
    own = _own_names(dna).get((layer, index))
    return (f"“{own}”, " if own else "") + neuron(layer, index, dna.layers, thing_of(dna.extractor, layer, index))


def channel(dna: dc.DNA, flats: Sequence[int]) -> str:
    """Return `block 3.0-3.2 · 211` for the copies of one channel, the strongest first; a single neuron as `short` does."""
    if len(flats) < 2:
        return short(dna, flats[0])
    first, last = (layer(dna.neuron(flat)[0]) for flat in (min(flats), max(flats)))
    here = layer(dna.neuron(flats[0])[0])
    return short(dna, flats[0]).replace(here, f"{first}-{last.rsplit(' ', 1)[-1]}", 1)


def short(dna: dc.DNA, flat: int) -> str:
    """Return `things · 28 (spectacle rim)`, or what people call it, for axes and tables."""
    layer, index = dna.neuron(flat)
    return neuron_short(layer, index, _own_names(dna).get((layer, index)) or thing_of(dna.extractor, layer, index))
