"""Files that somebody damaged or made up: a reason or a result, never another kind of error, a hang or a wrong number."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dnacore as dc
from dnacore.dna.file import load_dna
from dnacore.errors import BadInput, Damaged, DnaError
from dnacore.images import decode, unzip
from dnacore.neurons.selection import Selection
from dnacore.paths import cell
from dnacore.sketches import arrayfile
from dnacore.sketches.segments import KIND, VERSION, open_segment
from dnacore.sources import exchange
from dnacore.workspace.attribute_table import read_attributes
from dnacore.workspace.store.shard_plan import FileRow
from dnacore.workspace.workspace import Workspace
from tests import bad_files
from tests.faults.world import extract
from tests.hostile import watched
from tests.long import SEED, TIMES, WHOLE
from tests.small_world import draw

FORMATS = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif",
    "PPM": "ppm",
    "AVIF": "avif",
}
IMAGES, OTHERS = (700, 120) if WHOLE else (12 * TIMES, 12 * TIMES)  # mutations of each kind of file


def mutated(data: bytes, random_: random.Random) -> bytes:
    """The same bytes with some flipped, cut out, doubled, or their numbers made extreme."""
    content = bytearray(data)
    for _ in range(random_.choice((1, 1, 2, 5, 20))):
        at = (
            random_.randrange(max(len(content), 1))
            if random_.random() < 0.6
            else random_.randrange(min(len(content), 64) or 1)
        )
        match random_.randrange(5):
            case 0 if content:
                content[at % len(content)] ^= 1 << random_.randrange(8)
            case 1:
                del content[at : at + random_.randrange(1, 64)]
            case 2:
                content[at:at] = content[at : at + random_.randrange(1, 64)]
            case 3:
                content[at : at + 4] = random_.choice(
                    (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")
                )
            case _:
                del content[at + (len(content) - at) // 2 :]
    return bytes(content)


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(bad_files.picture(40, 48)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_mutated_images_give_pixels_or_a_reason(kind: str, tmp_path: Path) -> None:
    if kind == "AVIF" and "AVIF" not in decode.FORMATS:
        pytest.skip("this Pillow reads no AVIF")
    whole, random_ = picture(kind), random.Random(f"{SEED}{kind}")
    path = tmp_path / f"x.{FORMATS[kind]}"

    def attempt(_: int) -> None:
        path.write_bytes(mutated(whole, random_))
        try:
            pixels = decode.decode(path)
            assert pixels.ndim == 3 and pixels.shape[2] == 3 and np.isfinite(pixels).all()
        except BadInput as reason:
            assert str(reason) and "\n" not in str(reason)

    watched.each(IMAGES, attempt, f"mutated {kind}, seed {SEED},")


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One healthy file of every kind that can come from elsewhere."""
    root = tmp_path_factory.mktemp("originals")
    ws = Workspace.open(root / "home")
    ws.add_dataset("d", draw(root / "in", 4))
    extract(ws, "d")
    dna = ws.dna("d", "tiny")
    dna.save(root / "x")
    dna.gaussian().save(root / "g")
    dna.calibration.save(root / "c.npz")
    with zipfile.ZipFile(root / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for image in sorted((root / "in").iterdir()):
            archive.write(image, f"sub/{image.name}")
    return {
        "dna": (root / "x.dna.npz").read_bytes(),
        "gaussian": (root / "g.dna.npz").read_bytes(),
        "calibration": (root / "c.npz").read_bytes(),
        "sketches": next((ws.root / "sketches").iterdir()).read_bytes(),
        "selection": json.dumps(Selection.of([1, 4], name="s").to_json()).encode(),
        "table": b"file,hat,word\n000.png,1,red\n001.png,-1,blue\n002.png,0,red\n",
        "zip": (root / "z.zip").read_bytes(),
    }


def _selection(path: Path) -> None:
    try:
        found = Selection.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, RecursionError) as error:
        raise BadInput(str(error)) from error
    assert (found.flat >= 0).all() and np.isfinite(found.weights).all()


def _dna(path: Path) -> None:
    found = load_dna(path, most=exchange.MOST_COUNTS)
    if isinstance(found, dc.DNA):
        assert (found.histograms >= 0).all() and (found.outside >= 0).all()


def _sketches(path: Path) -> None:
    open_segment(path)
    arrayfile.verify(path, KIND, VERSION)


def _zip(path: Path) -> None:
    unzip.unpack_zip(path, path.with_name(f"out-{time.monotonic_ns()}"))


def _table(path: Path) -> None:
    read_attributes(path, [FileRow(i, f"00{i}.png", 1, 1) for i in range(3)])


READERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "dna": ("x.dna.npz", _dna), "gaussian": ("g.dna.npz", _dna), "sketches": ("s.sketch", _sketches), "table": ("t.csv", _table),
    "calibration": ("c.npz", lambda path: dc.load_calibration(path) and None), "selection": ("s.json", _selection), "zip": ("z.zip", _zip),
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
def test_mutated_files_are_read_or_refused(kind: str, originals: dict[str, bytes], tmp_path: Path) -> None:
    name, read = READERS[kind]
    random_ = random.Random(f"{SEED}{kind}")
    path = tmp_path / name
    path.write_bytes(originals[kind])
    read(path)

    def attempt(_: int) -> None:
        path.write_bytes(mutated(originals[kind], random_))
        try:
            read(path)
        except DnaError as reason:
            assert str(reason)

    watched.each(OTHERS, attempt, f"mutated {kind}, seed {SEED},")


# -- made up with care: every checksum is right --------------------------------------------------------------------------


def remade(whole: bytes, header: dict | None = None, arrays: dict[str, np.ndarray] | None = None) -> bytes:
    """A DNA or calibration file with other fields in its header, or other arrays."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            array = np.lib.format.read_array(io.BytesIO(old.read(name)))
            key = name.removesuffix(".npy")
            if key == "header":
                content = json.loads(array.tobytes()) | (header or {})
                array = np.frombuffer(json.dumps(content).encode(), np.uint8)
            array = (arrays or {}).get(key, array)
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array)
            new.writestr(name, buffer.getvalue())
    return out.getvalue()


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({"images": float("nan")}, {}), ({"images": -1}, {}), ({"images": 10**12}, {}), ({"images": "4"}, {}),
        ({"kind": "surprise"}, {}), ({"kind": None}, {}), ({"version": 9}, {}), ({"bins": 10**9}, {}), ({"bins": -20}, {}),
        ({"layers": [["sum", 10**9], ["difference", 2]]}, {}), ({"layers": [["sum", -3]]}, {}), ({"layers": "sum"}, {}),
        ({"rejected": 7}, {}), ({"name": ["x"]}, {}),
        ({}, {"differences/sum": np.full((1, 3, 20), 255, np.uint8)}),
        ({}, {"differences/sum": np.zeros((1, 3, 10**6), np.uint8)}),
        ({}, {"differences/sum": np.zeros((0, 3, 20), np.uint8)}),
        ({}, {"outside": np.full((5, 2), -1)}), ({}, {"outside": np.full((5, 2), 10**9)}),
    ],
)  # fmt: skip
def test_a_made_up_dna_is_refused(header: dict, arrays: dict, originals: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.dna.npz"
    path.write_bytes(remade(originals["dna"], header, arrays))
    with pytest.raises((Damaged, BadInput)):
        load_dna(path, most=exchange.MOST_COUNTS)
    ws = Workspace.open(tmp_path / "home")
    with pytest.raises((Damaged, BadInput)):
        exchange.import_dna(ws, path)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_before_it_is_read(
    originals: dict[str, bytes], tmp_path: Path
) -> None:
    import tracemalloc

    path = tmp_path / "x.dna.npz"
    layers = [["sum", 60_000], ["difference", 60_000]]
    path.write_bytes(remade(originals["dna"], {"layers": layers, "bins": 60_000}))
    tracemalloc.start()
    try:
        with pytest.raises((Damaged, BadInput)):
            exchange.import_dna(Workspace.open(tmp_path / "home"), path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "change",
    [
        {"flat": [-1, 2]}, {"flat": [1.5, 2]}, {"flat": [2, 2]}, {"flat": [10**30, 2]}, {"flat": ["1", 2]}, {"flat": [True, 2]},
        {"weights": [1e308, 1]}, {"weights": [float("nan"), 1]}, {"weights": ["x", 1]}, {"weights": [1]}, {"weights": [[1], [2]]},
        {"origin": 3}, {"flat": 5},
    ],
)  # fmt: skip
def test_a_made_up_selection_is_refused(change: dict) -> None:
    content = Selection.of([1, 4], name="s").to_json() | change
    with pytest.raises(BadInput):
        Selection.from_json(content)


def test_made_up_sketches_are_damaged_and_leave_nothing_stuck(tmp_path: Path) -> None:
    ws = Workspace.open(tmp_path / "home")
    ws.add_dataset("d", draw(tmp_path / "in", 3))
    extract(ws, "d")
    path = next((ws.root / "sketches").iterdir())
    good, _ = arrayfile.read(path, KIND, VERSION)
    good = {name: np.array(array) for name, array in good.items()}
    for change in (
        {"quantiles": np.zeros((5, 2, 16), np.uint16)}, {"hashes": np.zeros((9, 16), np.uint8)}, {"peaks": np.zeros((5, 3), np.int8)},
        {"quantiles": np.zeros((5, 3), np.uint16)}, {"places": np.zeros((0, 3), np.uint16)},
    ):  # fmt: skip
        arrayfile.write(path, KIND, VERSION, good | change, {})
        with pytest.raises(Damaged):
            open_segment(path)
    assert ws.sketches("d", "tiny") is None, "set aside"
    extract(ws, "d")
    assert len(ws.sketches("d", "tiny")) == 3


def test_a_table_of_five_thousand_columns_takes_no_quarter_of_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: no column is worked on by pandas one by one."""
    import pandas as pd

    path = tmp_path / "wide.csv"
    names = [f"c{i}" for i in range(5_000)]
    rows = "".join(f"00{i}.png," + ",".join("10"[(i + k) % 2] for k in range(5_000)) + "\n" for i in range(3))
    path.write_text("file," + ",".join(names) + "\n" + rows)
    monkeypatch.setattr(pd.Series, "map", lambda *_: pytest.fail("column by column"))
    monkeypatch.setattr(pd.DataFrame, "__setitem__", lambda *_: pytest.fail("column by column"))
    found = read_attributes(path, [FileRow(i, f"00{i}.png", 1, 1) for i in range(3)])
    assert found.shape == (3, 5_000) and found.loc["001.png", "c0"] == "0" and found.loc["000.png", "c0"] == "1"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_begins_like_a_formula_goes_out_as_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert (cell("plain"), cell(-1.5), cell("/a/b.png")) == ("plain", -1.5, "/a/b.png")
