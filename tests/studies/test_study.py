"""Studies are described by data, take what they say they take, and hand back plain JSON, CSV and safe HTML."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest

from dnacore import studies
from dnacore.errors import BadInput, Damaged, UnknownName
from dnacore.studies.frame import export
from dnacore.studies.frame.drawing import plotly
from dnacore.studies.frame.result import KINDS, Figure, Mark, Picture, Result, Series, Spot
from dnacore.studies.frame.study import Option, Request, Role, Study

HOSTILE = "</script><script>alert(1)</script>\"'&<b>"


def hostile() -> Result:
    series = Series(HOSTILE, [HOSTILE, "b"], [1.0, np.nan], text=[HOSTILE, ""])
    return Result(
        HOSTILE,
        {"name": HOSTILE, "value": "value"},
        [{"name": HOSTILE, "value": np.float64(1.5)}, {"name": "b", "value": None}],
        [
            Figure(kind, HOSTILE, HOSTILE, HOSTILE, [series], [Mark(HOSTILE, y=1.0), Mark(HOSTILE, x=0)])
            for kind in KINDS
        ],
        HOSTILE,
        HOSTILE,
        [HOSTILE],
        [Picture(HOSTILE, HOSTILE, HOSTILE, [Spot(0.5, 0.5, 0.1, 0.1)])],
        {"n": np.int64(3)},
        question=HOSTILE,
    )


def test_every_study_says_all_that_a_page_needs() -> None:
    for one in studies.every():
        said = json.loads(json.dumps(one.to_json(), allow_nan=False))
        assert one.name in studies.NAMES and said["question"] and said["about"] and said["source"] and said["datasets"]
        for option in one.options:
            assert option.help and option.title and option.parse(option.default) == option.default
        assert one.settings({}) == {option.name: option.default for option in one.options}
    assert len({one.name for one in studies.every()}) == len(studies.NAMES) == 9
    with pytest.raises(UnknownName, match="no study 'sizes'"):
        studies.find("sizes")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"neurons": "many"}, "whole number"),
        ({"neurons": 0}, "between"),
        ({"methods": "dna,eyes"}, "no 'eyes'"),
        ({"reference": "median"}, "can be mean, nearest"),
        ({"size": 1}, "no option size"),
        ({"methods": ","}, "at least one"),
    ],
)
def test_an_option_that_cannot_be_says_what_can(given: dict, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        studies.find("retrieval").settings(given)


def test_datasets_are_shared_out_to_the_roles() -> None:
    def answer(request: Request) -> Result:
        return hostile()

    def roles(*limits: tuple[int, int | None]) -> Study:
        return Study("s", "?", "", "", tuple(Role(f"r{i}", "", "", *limit) for i, limit in enumerate(limits)), answer)

    assert roles((1, 1), (1, None)).assign(["a", "b", "c"]) == {"r0": ("a",), "r1": ("b", "c")}
    assert roles((1, 1), (0, 1)).assign(["a"]) == {"r0": ("a",), "r1": ()}
    assert roles((0, 1), (0, None)).assign(["a", "b"]) == {"r0": ("a",), "r1": ("b",)}
    for names in ([], ["a", "b", "c"]):
        with pytest.raises(BadInput, match="takes 1 to 2 datasets"):
            roles((1, 1), (0, 1)).assign(names)
    assert Option("x", "", "yes", False, "").parse("yes") is True


def test_results_survive_json_and_others_are_refused() -> None:
    data = json.loads(json.dumps(hostile().to_json(), allow_nan=False))
    again = Result.from_json(data)
    assert again.to_json() == data and again.figures[0].series[0].y == [1.0, None]
    for broken in ({}, data | {"version": 2}, data | {"figures": [{"kind": "line"}]}, {"format": 3, "version": 1}):
        with pytest.raises(Damaged):
            Result.from_json(broken)


def test_html_is_whole_and_nothing_in_it_comes_from_a_name() -> None:
    page = export.as_html(hostile(), lambda picture: b"\xff\xd8jpeg")
    ours = re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)  # plotly itself begins with a comment
    assert "alert(1)</script>" not in page and HOSTILE not in page and "<b>" not in ours
    assert not re.search(r'(?:src|href)\s*=\s*["\']?(?:https?:)?//', ours)
    assert len(ours) < 100_000 < len(page) and ours.count('class="figure"') == len(KINDS)
    assert 'src="data:image/jpeg;base64,' in page and 'class="spot"' in page
    data = [
        json.loads(text) for text in re.findall(r'<script type="application/json" id="data-\d">(.*?)</script>', page)
    ]
    assert all("<b>" not in json.dumps(figure) for figure in data)


def test_csv_has_the_columns_in_order() -> None:
    rows = list(csv.reader(io.StringIO(export.as_csv(hostile()))))
    assert rows == [["name", "value"], [HOSTILE, "1.5"], ["b", ""]]


def test_plotly_takes_every_kind_of_figure() -> None:
    graph = pytest.importorskip("plotly.graph_objects")
    for figure in hostile().figures:
        graph.Figure(plotly(figure))
    band = Figure("line", "", "", "", [Series("a", [1, 2], [1, 2], [0, 1], [2, 3])])
    assert [trace["type"] for trace in plotly(band)["data"]] == ["scatter"] * 3
    assert plotly(Figure("bar", "", "", "", [Series("a", [1], [2], [1], [4])]))["data"][0]["error_y"]["array"] == [2]
