"""What stands in large letters is plain: the headlines are taken out of the source and read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnacore.distances.split_half import Chance
from ui.app import words
from ui.app.reads import Ready
from ui.choices import reference
from ui.figures import findings

ROOT = Path(__file__).parents[2]
LARGE = {"found", "question", "header", "title", "subheader"}  # what draws large letters
STUDIES = ROOT / "dnacore" / "studies"  # their questions and findings are headlines of the Studies page
PRESSED = {"button", "form_submit_button", "download_button", "page_link", "link", "popover", "expander"}
ASKED = {"select", "select_named", "segments", "toggle", "selectbox", "multiselect", "text_input", "slider", "checkbox"}
TECHNICAL = re.compile(
    r"\b(EMD|NFD|FD|FID|KID|AUC|ROC|PCA|UMAP|bins?|blocks?|idx|argsort|argmax|calibration|fingerprint|saturation|sketch(es)?"
    r"|quantiles?|shards?|noise_ratio|flat|tensor|embedding|cosine)\b"
)
OURS = re.compile(
    r"let go|lets go|\brenew|where it lies|not known|outside the ranges?|thrown away|\btakes? (it |them )?in\b|taken in\b"
    r"|\bidx\b|argsort|argmax|noise_ratio|\bemd_avg|\bshards?\b|\btensors?\b|\bNaN\b|dataframe|traceback"
    r"|\bdna\.npz\b.*header",
    re.IGNORECASE,
)


@cache
def trees() -> dict[Path, ast.Module]:
    files = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}


def literals(node: ast.AST) -> Iterator[str]:
    """The words written in the source, without what is put into them; joined where a sentence is made of parts."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from literals(part.value)
    elif isinstance(node, ast.Subscript):
        yield from literals(node.value)
    elif isinstance(node, ast.Call):
        for one in node.args:
            yield from literals(one)
    elif not isinstance(node, ast.Compare):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def functions() -> dict[str, list[tuple[Path, ast.FunctionDef]]]:
    found: dict[str, list[tuple[Path, ast.FunctionDef]]] = {}
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append((path, node))
    return found


def headlines() -> list[str]:
    """Every sentence in large letters: what is given to the functions that draw it, and what makes such sentences."""
    makers, found, seen = functions(), [], set()

    def read(node: ast.AST, path: Path) -> None:
        found.extend(literals(node))
        for inner in ast.walk(node):
            name = called(inner) if isinstance(inner, ast.Call) else ""
            for place, maker in makers.get(name, []):
                if (place, name) in seen or (name.startswith("_") and place != path):
                    continue
                seen.add((place, name))
                for sentence in returned(maker):
                    read(sentence, place)

    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in LARGE and node.args:
                read(node.args[0].value if isinstance(node.args[0], ast.Starred) else node.args[0], path)
    return [text for text in found if re.search("[a-z]{3}", text)]


def of_studies() -> Iterator[str]:
    """The questions of the studies, and the sentences that answer them."""
    for path in STUDIES.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        makers = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for function in makers.values():
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and called(call) == "Result":
                    yield from answered(call.args[0], function, makers)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and called(call) == "Study":
                yield from literals(call.args[1])


def answered(node: ast.AST, function: ast.FunctionDef, makers: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """What a study's answer is made of: written there, put together before, or made by a function of the module."""
    yield from literals(node)
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    for one in ast.walk(function):
        into = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AugAssign) else []
        if any(isinstance(target, ast.Name) and target.id in names for target in into):
            yield from literals(one.value)  # type: ignore[attr-defined]
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and (maker := makers.get(called(inner))):
            for sentence in returned(maker):
                yield from literals(sentence)


def on_controls() -> Iterator[str]:
    """What stands on buttons, links and choices."""
    for tree in trees().values():
        for node in ast.walk(tree):
            name = called(node) if isinstance(node, ast.Call) else ""
            if name in PRESSED | ASKED:
                # A link's first word is its page.
                yield from (text for one in node.args[name == "link" :][:1] for text in literals(one))
    for path in (ROOT / "ui").rglob("*.js"):
        yield from re.findall(r"textContent = [\"`]([^\"`]+)", path.read_text(encoding="utf-8"))


def returned(maker: ast.FunctionDef) -> Iterator[ast.AST]:
    for node in ast.walk(maker):
        if isinstance(node, ast.Return) and node.value is not None:
            # A pair is the sentence and the numbers behind it, which stand in small letters.
            yield node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value


def test_headlines_are_found():
    found = headlines()
    assert (
        len(found) > 60 and any("odd one out" in text for text in found) is False
    )  # a helper of a helper: drawn below
    assert any("comes first" in text for text in found)


def test_no_technical_word_stands_in_large_letters():
    bad = sorted({text for text in headlines() if TECHNICAL.search(text)})
    assert not bad, bad


def test_the_studies_ask_and_answer_in_plain_words():
    found = list(of_studies())
    assert any(text.startswith("Yes: ") for text in found) and "Did it drift?" in found, "they are found"
    assert not (bad := sorted({text for text in found if TECHNICAL.search(text) or OURS.search(text)})), bad


def test_no_technical_word_stands_on_a_button_or_a_choice():
    found = list(on_controls())
    assert len(found) > 150 and {"Extract", "Share link", "Layout"} <= set(found), "they are found"
    assert not (bad := sorted({text for text in found if TECHNICAL.search(text) or OURS.search(text)})), bad


def test_no_word_that_only_we_use_stands_anywhere_on_the_screen():
    bad = []
    for path, tree in trees().items():
        documented = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented:
                bad += [f"{path.name}: {node.value}"] if " " in node.value and OURS.search(node.value) else []
    for path in (ROOT / "ui").rglob("*.js"):
        script = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        bad += [
            f"{path.name}: {said}"
            for said in re.findall(r"[\"`]([A-Z][^\"`]* [^\"`]*)[\"`]", script)
            if OURS.search(said)
        ]
    assert not bad, bad


def test_one_word_for_stopping_work():
    said = [text for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.Call)
            and called(node) == "button" for text in literals(node)]  # fmt: skip
    assert "Cancel" in said and not {"Stop", "Abort", "Stop it"} & set(said)


def ready(name: str) -> Ready:
    from types import SimpleNamespace

    return Ready(SimpleNamespace(name=name), "key")  # type: ignore[arg-type]


NUMBER = re.compile(r"\d[\d,.]*\d|\d")
SCALE = re.compile(
    r"^( ?%| times| of | images?| neurons?| datasets?| pairs?| bins?| shown|x\b| in all)|^[^\w]*$|^ (neurons|images|pairs)"
)


@pytest.mark.parametrize(
    "said",
    [
        findings.pairwise(["a", "b", "c"], np.array([[0, 10, 30], [10, 0, 30], [30, 30, 0.0]])),
        findings.pairwise(["a", "b", "c"], np.array([[0, 10, 12], [10, 0, 11], [12, 11, 0.0]]), of=20),
        findings.two(["a", "b"], 41.2, Chance(14.7, 20.0)),
        findings.neuron(["faces with hat", "faces without hat"], 14.2, "faces with hat"),
        findings.by_layer({"block_0": 30.0, "block_1": 20.0, "block_2": 10.0}).replace("block", ""),
        findings.concentration(np.array([6.0, 1, 1, 1, 1])),
        reference.sentence(ready("faces"), ready("photo"), None, pd.DataFrame({"distance": [3.2, 9.9]}))[0],
        reference.sentence(ready("faces"), ready("a"), ready("b"), pd.DataFrame({"distance": [-3.2, 9.9]}))[0],
        f"One of the images with hat comes first {words.pairs(0.971)}; 22 of the first 24 images have it",
    ],
)
def test_every_number_in_a_headline_has_a_unit_or_a_scale(said):
    for number in NUMBER.finditer(re.sub(r"^The difference is largest in [^;]*;", "", said)):
        before, after = said[: number.start()], said[number.end() :] if "largest" not in said else ""
        assert before.endswith((" of ", " first ")) or SCALE.match(after), f"{number[0]} in: {said}"


def test_pairs_are_said_as_one_counts_them():
    assert words.pairs(0.971) == "in 97 of 100 pairs" and words.pairs(1.0) == "in every pair"
    assert words.pairs(0.9999) == "in more than 99 of 100 pairs"
