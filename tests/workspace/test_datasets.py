"""Attributes: CSVs as people have them, and the parts of a dataset they define."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnacore.errors import BadInput, UnknownName
from dnacore.workspace.attribute_table import choose, read_attributes
from dnacore.workspace.datasets import Dataset, Part, check_name, clean_name, free_name, parse_part
from dnacore.workspace.store.shard_plan import FileRow

FILES = ["a.jpg", "b.jpg", "sub/c.jpg"]


def read(tmp_path: Path, text: str | bytes, paths: list[str] = FILES):
    csv = tmp_path / "table.csv"
    csv.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_attributes(csv, [FileRow(i, path, 1, 1) for i, path in enumerate(paths)])


def values(table, column: str) -> list[str]:
    return list(table[column])


@pytest.mark.parametrize(
    "text",
    [
        "file,hat\na.jpg,1\nb.jpg,0\nsub/c.jpg,1\n",
        "\ufefffile,hat\r\na.jpg,1\r\nb.jpg,0\r\nsub/c.jpg,1\r\n",
        "hat,FileName\n1,./a.jpg\n0,b.jpg\n1,sub\\c.jpg\n",
        "file;hat\na.jpg;1\nb.jpg;0\nsub/c.jpg;1\n",
        "file\that\na.jpg\t1\nb.jpg\t0\nsub/c.jpg\t1\n",
        ' file , hat \n"a.jpg", 1\n b.jpg ,0.0\nsub/c.jpg,True\n',
        "image,hat\nC:\\data\\a.jpg,yes\nC:\\data\\b.jpg,no\nC:\\data\\c.jpg,1.0\n",
        "file,hat\na.jpg,1\na.jpg,0\nb.jpg,0\nsub/c.jpg,1\nnot there.jpg,1\n",
        "file,hat\na.jpg,1\nb.jpg,0\nsub/c.jpg,1",
    ],
    ids=[
        "plain",
        "BOM CRLF",
        "Windows",
        "semicolons",
        "tabs",
        "blanks",
        "another computer",
        "duplicates",
        "no last newline",
    ],
)
def test_tables_as_people_have_them(tmp_path: Path, text: str) -> None:
    assert values(read(tmp_path, text), "hat") == ["1", "0", "1"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1", "0", "-1"], ["1", "0", ""]),  # a column with a 0: -1 and empty are unknown
        (["1", "0", ""], ["1", "0", ""]),
        (["1", "-1", ""], ["1", "0", "0"]),  # one without: they mean no, as in CelebA
        (["1", "-1.0", "1.0"], ["1", "0", "1"]),
        (["rain", "fog", ""], ["rain", "fog", "0"]),
        (["rain", "clear sky", " rain "], ["rain", "clear sky", "rain"]),
        (["Yes", "no", "FALSE"], ["1", "0", "0"]),
        (["0.5", "2", "007"], ["0.5", "2", "007"]),
        (["NA", "None", "nan"], ["NA", "None", "nan"]),  # words like any other
    ],
)
def test_what_values_mean(tmp_path: Path, written: list[str], meant: list[str]) -> None:
    rows = "\n".join(f"{path},{value}" for path, value in zip(FILES, written, strict=True))
    assert values(read(tmp_path, f"file,x\n{rows}\n"), "x") == meant


def test_images_the_table_does_not_name_are_unknown(tmp_path: Path) -> None:
    table = read(tmp_path, "file,x\nb.jpg,1\n")
    assert values(table, "x") == ["", "1", ""]
    assert list(table.index) == FILES


def test_bare_names_reach_nested_files_unless_they_are_ambiguous(tmp_path: Path) -> None:
    table = read(tmp_path, "file,x\nc.jpg,1\nd.jpg,0\n", ["one/c.jpg", "one/d.jpg", "two/d.jpg"])
    assert values(table, "x") == ["1", "", ""]


def test_accents_match_however_they_are_composed(tmp_path: Path) -> None:
    table = read(tmp_path, "file,x\ncaf\u00e9.jpg,1\n", ["cafe\u0301.jpg"])
    assert values(table, "x") == ["1"]
    assert list(table.index) == ["cafe\u0301.jpg"]


def test_short_rows_have_no_value(tmp_path: Path) -> None:
    table = read(tmp_path, "file,x,y\na.jpg,1\nb.jpg,0,word\n")
    assert values(table, "x") == ["1", "0", ""]
    assert values(table, "y")[1] == "word"


def test_columns_may_be_called_anything(tmp_path: Path) -> None:
    table = read(tmp_path, "file,a=b,hat,hat,<i>\na.jpg,1,0,1,x\n")
    assert {"a=b", "hat", "<i>"} <= set(table.columns)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,x\na.jpg,1\n", "needs a column “file”"),
        ("", "cannot be read|is not a CSV"),
        ("file,x\nz.jpg,1\n", "names none of the 3 images"),
        ("file,x\n", "names none of the 3 images"),
        (b"\xff\xfef\x00i\x00", "UTF-8"),
        ('file,x\n"a.jpg,1\n', "is not a CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "UTF-8"),
    ],
)
def test_tables_that_cannot_work_are_refused_with_the_reason(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(tmp_path, text)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no attributes file gone\.csv any more"):
        read_attributes(tmp_path / "gone.csv", [])
    with pytest.raises(BadInput):
        read_attributes(tmp_path, [])


def test_choosing_a_part(tmp_path: Path) -> None:
    table = read(tmp_path, "file,hat,weather\na.jpg,1,rain\nb.jpg,-1,fog\nsub/c.jpg,-1,rain\n")
    assert choose(table, Part("weather", "rain"), "d") == [0, 2]
    assert choose(table, Part("hat", "1"), "d") == choose(table, Part("hat", "true"), "d") == [0]
    assert choose(table, Part("hat", "0"), "d") == choose(table, Part("hat", "-1"), "d") == [1, 2]
    with pytest.raises(UnknownName, match=r"weather=snow. The values are: fog, rain"):
        choose(table, Part("weather", "snow"), "d")
    with pytest.raises(UnknownName, match="no attribute beard. Its attributes are: hat, weather"):
        choose(table, Part("beard", "1"), "d")


@pytest.mark.parametrize(
    ("text", "name", "part"),
    [
        ("faces", "faces", None),
        ("faces[hat=1]", "faces", Part("hat", "1")),
        ("faces[ weather = light rain ]", "faces", Part("weather", "light rain")),
        ("faces[hat=]", "faces", Part("hat", "")),
        ("a b/c[d]/e[x=<y>]", "a b/c[d]/e", Part("x", "<y>")),
        ("faces[hat]", "faces[hat]", None),
        ("[hat=1]", "[hat=1]", None),
        ("faces[hat=1] ", "faces[hat=1] ", None),
    ],
)
def test_reading_a_part_from_text(text: str, name: str, part: Part | None) -> None:
    assert parse_part(text) == (name, part)


def test_a_part_is_named_after_its_dataset() -> None:
    whole = Dataset(1, "faces", Path("/x"), Path("/x"), None, 0)
    part = whole.split("hat", "1")
    assert (part.name, part.id, parse_part(part.name)) == ("faces[hat=1]", 1, ("faces", Part("hat", "1")))


@pytest.mark.parametrize(
    "text", ["faces[hat=1]", "../../etc/passwd", "-rf", "~", "\n\t", "a" * 500, ". .", "ok", "\N{SPARKLES}"]
)
def test_any_text_can_be_made_a_name(text: str) -> None:
    assert check_name(clean_name(text)) == clean_name(text)


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("a", set()) == "a"
    assert free_name("a", {"a"}) == "a 2"
    assert free_name("a", {"a", "a 2", "a 4"}) == "a 3"
