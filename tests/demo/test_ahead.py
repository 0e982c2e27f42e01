"""Drawing ahead: the images are those that would be drawn anyway, and whatever happens to the process, all are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnacore.demo import Ahead, demo_datasets, draw

NAME = "streets_darker"
COUNT = next(one.count for one in demo_datasets() if one.name == NAME)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("drawn here")
    draw(NAME, folder)
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_drawn_ahead_is_what_would_be_drawn(tmp_path: Path, expected: dict[str, bytes]) -> None:
    said: list[tuple[int, int]] = []
    with Ahead([NAME], tmp_path) as ahead:
        table = ahead.finish(NAME, lambda done, total: said.append((done, total)))
    assert table == tmp_path / NAME / "attributes.csv"
    assert content(tmp_path / NAME) == expected
    assert said[-1] == (COUNT, COUNT) and all(0 <= done <= total == COUNT for done, total in said)


def test_a_process_that_died_is_made_up_for(tmp_path: Path, expected: dict[str, bytes]) -> None:
    with Ahead(["no such dataset"], tmp_path) as ahead:
        ahead.finish(NAME, lambda done, total: None)
    assert content(tmp_path / NAME) == expected


def test_whoever_stops_waiting_stops_the_drawing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Ahead(["faces"], tmp_path) as ahead:
        ahead.finish("faces", stop)
    assert ahead._process is not None and ahead._process.poll() is not None
    assert len(list(tmp_path.glob("faces/*.jpg"))) < 400
