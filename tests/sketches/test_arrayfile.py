"""Array files come back as they were, and a damaged one is known for what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dnacore.errors import Damaged
from dnacore.sketches import arrayfile

KIND, VERSION = "test arrays", 3
NUMBERS = st.sampled_from(["<u2", "<f4", "<i8", "u1"]).flatmap(
    lambda dtype: arrays(
        dtype, array_shapes(max_dims=3, min_side=0, max_side=5), elements={"allow_nan": False} if "f" in dtype else None
    )
)


@settings(max_examples=40)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), NUMBERS, max_size=4), st.text(max_size=20))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, content: dict, text: str) -> None:
    path = tmp_path_factory.mktemp("arrays") / "x"
    arrayfile.write(path, KIND, VERSION, content, {"text": text})
    found, meta = arrayfile.read(path, KIND, VERSION)
    assert meta == {"text": text}
    assert found.keys() == content.keys()
    for name, array in content.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    arrayfile.verify(path, KIND, VERSION)


def sample(path: Path) -> Path:
    rows = np.arange(3000, dtype=np.uint16).reshape(30, 100)
    blocks = arrayfile.Planned(np.dtype(np.uint16), (30, 100), lambda: (rows[i : i + 7] for i in range(0, 30, 7)))
    arrayfile.write(path, KIND, VERSION, {"blocks": blocks, "whole": rows.astype(np.float32)}, {})
    return path


def test_blocks_end_up_in_one_array(tmp_path: Path) -> None:
    found, _ = arrayfile.read(sample(tmp_path / "x"), KIND, VERSION)
    np.testing.assert_array_equal(found["blocks"], np.arange(3000).reshape(30, 100))
    np.testing.assert_array_equal(found["blocks"], found["whole"])


def test_too_few_blocks_write_nothing(tmp_path: Path) -> None:
    short = arrayfile.Planned(np.dtype(np.uint8), (9,), lambda: (np.zeros(4, np.uint8),))
    with pytest.raises(ValueError, match="4 bytes were given for 9"):
        arrayfile.write(tmp_path / "x", KIND, VERSION, {"short": short}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 5, 10, 16, 100, 4096, 5000])
def test_a_file_cut_short_is_damaged(tmp_path: Path, length: int) -> None:
    path = sample(tmp_path / "x")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Damaged, match="x is damaged"):
        arrayfile.read(path, KIND, VERSION)


@pytest.mark.parametrize("place", [0, 9, 30, 200, 4100, 9000, 12300, 20000])
def test_a_changed_byte_is_found(tmp_path: Path, place: int) -> None:
    path = sample(tmp_path / "x")
    content = bytearray(path.read_bytes())
    content[place] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(Damaged, match="x is damaged"):
        arrayfile.verify(path, KIND, VERSION)


def test_other_kinds_and_versions_and_missing_files_are_named(tmp_path: Path) -> None:
    path = sample(tmp_path / "x")
    with pytest.raises(Damaged, match="x is not a file of other: it says 'test arrays'"):
        arrayfile.read(path, "other", VERSION)
    with pytest.raises(Damaged, match="x was written as version 3; this program reads version 4"):
        arrayfile.read(path, KIND, 4)
    with pytest.raises(Damaged, match="nowhere cannot be read"):
        arrayfile.read(tmp_path / "nowhere", KIND, VERSION)
