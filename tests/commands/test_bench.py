"""`python -m dnacore bench`: what it prints, and that every suite has something to say."""

from __future__ import annotations

import pytest

from dnacore.commands import bench
from dnacore.errors import BadInput


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"NEURONS": 100, "IMAGES": 60, "BATCH": 2, "SETS": 4, "SAMPLE": 50}.items():
        monkeypatch.setattr(bench, name, value)


@pytest.mark.parametrize("suite", ["extract", "distances", "rank"])
def test_a_suite_measures_something_and_says_of_what(suite: str) -> None:
    rows = bench.bench(suite)
    assert rows and all(row["value"] > 0 and row["unit"] for row in rows)
    lines = bench.table(rows).splitlines()
    assert "cores" in lines[0]
    assert bench.SUITES[suite] in lines
    for row in rows:
        assert any(row["what"] in line and line.endswith(row["unit"]) for line in lines)


def test_what_is_being_measured_is_told() -> None:
    heard: list[tuple[str, int, int]] = []
    bench.bench("rank", say=lambda *words: heard.append(words))
    assert heard == [("rank", 0, 1)]


@pytest.mark.parametrize(
    ("value", "shown"), [(12345.6, "12,346"), (104.4, "104"), (12.34, "12.3"), (1.234, "1.23"), (0.01234, "0.012")]
)
def test_numbers_are_short(value: float, shown: str) -> None:
    row = {"suite": "start", "what": "something", "value": value, "unit": "s"}
    assert f" {shown} s" in bench.table([row])


def test_an_unknown_suite_is_an_error_that_lists_them() -> None:
    with pytest.raises(BadInput, match="extract, accumulate, distances, rank, start"):
        bench.bench("speed")
