"""What a study finds: one sentence, a table, figures as data, and pictures with the places that matter in them.

Everything in here is plain JSON, so that a result can be kept, shown by a page and written as HTML by code that knows
nothing of the study.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dnacore import versioned
from dnacore.errors import Damaged

FORMAT, VERSION = "visual-dna study", 1
KINDS = ("line", "bar", "scatter", "heatmap")
Number = float | int | None


@dataclass(frozen=True)
class Series:
    """One curve, group of bars or cloud of points. x, y: as long as each other; low, high: a band around y, if any.

    text: the hover text of each point.
    """

    name: str
    x: Sequence[Any]
    y: Sequence[Any]
    low: Sequence[Number] = ()
    high: Sequence[Number] = ()
    text: Sequence[str] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Mark:
    """A straight line across a figure with a word beside it: at `x` or at `y`."""

    label: str
    x: Any = None
    y: Number = None


@dataclass(frozen=True)
class Figure:
    """A figure without a plotting library. kind: line, bar, scatter or heatmap; titles of axes carry their units.

    A heatmap has one series per row, its y the values of the row. log_x, log_y: logarithmic axes.
    """

    kind: str
    title: str
    x_title: str
    y_title: str
    series: Sequence[Series]
    marks: Sequence[Mark] = ()
    log_x: bool = False
    log_y: bool = False
    z_title: str = ""


@dataclass(frozen=True)
class Spot:
    """A rectangle of a picture, in shares of its height and width (0: top or left, 1: bottom or right)."""

    row: float
    column: float
    height: float
    width: float
    strength: float = 1.0


@dataclass(frozen=True)
class Picture:
    """An image of a dataset that illustrates the finding. path: inside the dataset's folder."""

    dataset: str
    path: str
    caption: str
    spots: Sequence[Spot] = ()


@dataclass(frozen=True)
class Result:
    """The answer to a study's question.

    finding: one sentence, and `advice` what to do with it. columns: {key of a row: title with unit} in order.
    notes: what was left out or replaced, and why. more: further numbers for programs.
    """

    finding: str
    columns: Mapping[str, str]
    table: Sequence[Mapping[str, Any]]
    figures: Sequence[Figure]
    caption: str
    advice: str = ""
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    study: str = ""
    question: str = ""
    datasets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; numbers that JSON cannot write are null."""
        return {"format": FORMAT, "version": VERSION} | clean(asdict(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Result:
        """Read what `to_json` wrote. Raises Damaged for anything else."""
        if not versioned.fits(data, FORMAT, VERSION):
            raise Damaged("This is not a study's result of a version that can be read here.")
        try:
            kept = {key: value for key, value in data.items() if key not in ("format", "version")}
            kept["figures"] = [
                Figure(**f | {"series": [Series(**s) for s in f["series"]], "marks": [Mark(**m) for m in f["marks"]]})
                for f in kept["figures"]
            ]
            kept["pictures"] = [Picture(**p | {"spots": [Spot(**s) for s in p["spots"]]}) for p in kept["pictures"]]
            return cls(**kept)
        except (KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"This is not a study's result ({error}).") from error


def clean(value: Any) -> Any:
    """The same in JSON's types: numpy numbers as Python's, non-finite ones as None."""
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if hasattr(value, "tolist"):
        return clean(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
