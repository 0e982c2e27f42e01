"""What the gallery is sent: small columns in the order of the pictures, and an identity that follows them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dnacore.images import thumbnails
from dnacore.workspace.store.shard_plan import FileRow
from ui.components import wall
from ui.components.wall import Band, Picture, pictures


def sent(bands, **more):
    every = [picture for band in bands for picture in band.pictures]
    settings = {"title": "t", "height": 300, "size": 100, "columns": 0, "note": None} | more
    return wall.payload(bands, every, **settings)


def test_columns_follow_the_pictures_and_empty_ones_are_not_sent():
    data = sent([Band([Picture(1, 5, left="1"), Picture(1, 9, left="2")])])
    assert (data["dataset"], data["index"], data["left"]) == (1, [5, 9], ["1", "2"])
    assert not {"right", "label", "name", "version"} & set(data)


def test_pictures_of_several_datasets_say_whose_they_are():
    assert sent([Band([Picture(1, 0), Picture(2, 0)])])["dataset"] == [1, 2]


def test_bands_lie_one_behind_the_other():
    bands = sent([Band([Picture(1, 0)] * 3, "Nearest", rows=2), Band([Picture(1, 1)] * 2, "Farthest")])["bands"]
    assert [(band["start"], band["count"], band["rows"]) for band in bands] == [(0, 3, 2), (3, 2, 0)]


def test_scroll_position_stays_while_the_same_pictures_are_shown():
    same = [Band([Picture(1, 0, label="cat"), Picture(1, 1)])]
    relabelled = [Band([Picture(1, 0, label="dog"), Picture(1, 1)])]
    reordered = [Band([Picture(1, 1), Picture(1, 0)])]
    assert sent(same)["identity"] == sent(relabelled)["identity"] != sent(reordered)["identity"]


def test_ten_thousand_pictures_are_a_small_message():
    import json

    every = [
        Picture(1, i, name=f"image {i}.jpg", left=str(i), right="12.3", version="0123456789ab") for i in range(10_000)
    ]
    assert len(json.dumps(sent([Band(every)]))) < 1_000_000


def test_a_ranking_becomes_pictures_in_its_order_and_skips_what_is_gone(tmp_path):
    from dnacore.workspace.datasets import Dataset

    dataset = Dataset(3, "set", tmp_path, tmp_path, None, 0)
    rows = [FileRow(0, "x/a.jpg", 1, 1), FileRow(4, "b.jpg", 1, 1)]
    ranking = pd.DataFrame({"rank": [1, 2, 3], "distance": [0.5, 2.0, 9.0], "index": [4, 8, 0]})
    found = pictures.ranked(dataset, rows, ranking)
    assert [(p.index, p.name, p.left, p.right) for p in found] == [(4, "b.jpg", "1", "0.5"), (0, "a.jpg", "3", "9.0")]


@pytest.mark.parametrize(
    ("size", "expected"), [((300, 200), 1.5), ((200, 200), 1.0), ((100, 900), 0.75), ((900, 100), 1.5)]
)
def test_the_shape_of_thumbnails_suits_the_images_within_limits(tmp_path, size, expected):
    for number in range(3):
        Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"")
    assert thumbnails.aspect(sorted(tmp_path.iterdir())) == expected


def test_a_stamp_changes_with_the_file(tmp_path):
    stamps = {
        thumbnails.stamp(tmp_path / name, size, time)
        for name, size, time in (("a", 1, 1), ("b", 1, 1), ("a", 2, 1), ("a", 1, 2))
    }
    assert len(stamps) == 4
