"""The house: small folders, small modules, small functions, and no word of the set-up's machine in what is committed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
FILES, LINES, FUNCTION = 14, 300, 60
PRODUCT = [path for room in ("dnacore", "ui", "pages") for path in sorted((CHECKOUT / room).rglob("*.py"))]

#: Static tables and compiled loops, which no reader goes through from the top.
TABLES = {"dnacore/extractors/registry.py"}
KERNELS = {"dnacore/counting/cpu_kernels.py", "dnacore/counting/cuda_kernels.py"}
#: What is still longer than it should be, and how long it may be. Nothing may be added here.
STILL_LONG: dict[str, int] = {}
STILL_LONG_FUNCTIONS: dict[str, int] = {}


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


@pytest.mark.parametrize("room", ["dnacore", "ui", "pages"])
def test_no_folder_holds_more_files_than_one_looks_through(room: str) -> None:
    folders = [CHECKOUT / room, *(path for path in (CHECKOUT / room).rglob("*") if path.is_dir())]
    counts = {name(folder): sum(file.is_file() for file in folder.iterdir()) for folder in folders}
    full = {folder: count for folder, count in counts.items() if count > FILES and not folder.endswith("__pycache__")}
    assert full == {}


def test_no_module_is_longer_than_one_reads() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT}
    assert {
        path: count for path, count in lines.items() if count > STILL_LONG.get(path, LINES) and path not in TABLES
    } == {}


def test_no_function_is_longer_than_one_keeps_in_mind() -> None:
    long = {}
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and name(path) not in KERNELS:
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > STILL_LONG_FUNCTIONS.get(name(path), FUNCTION):
                    long[f"{name(path)}: {node.name}"] = length
    assert long == {}


def test_every_room_says_what_lives_in_it() -> None:
    rooms = {path.parent for path in PRODUCT if path.parent.name != "pages"}
    silent = [
        name(room) for room in rooms if not ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
    ]
    assert silent == []


def test_what_a_checker_should_not_say_has_a_reason() -> None:
    bare = []
    for path in PRODUCT:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            _, found, after = line.partition("# type: ignore")
            if found and not after.partition("]")[2].strip().startswith("#"):
                bare.append(f"{name(path)}:{number}")
    assert bare == []


def test_a_download_runs_no_page_again_which_would_take_away_what_is_being_made() -> None:
    careless = [
        f"{name(path)}:{call.lineno}"
        for path in PRODUCT
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "download_button"
        and not any(k.arg == "on_click" and ast.unparse(k.value) == "'ignore'" for k in call.keywords)
    ]  # fmt: skip
    assert careless == []


@pytest.mark.parametrize("package", ["dnacore", "ui"])
def test_no_circle_of_imports_but_those_that_say_why(package: str) -> None:
    """A lazy import that closes a circle has the reason beside it, on its own line; types alone close none."""
    graph = grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)
    ties: dict[str, set[str]] = {}
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            lines = [one["line_contents"] for one in graph.get_import_details(importer=module, imported=other)]
            if not all("#" in line for line in lines):
                ties.setdefault(module, set()).add(other)
    assert list(circle_of(ties)) == []


def circle_of(ties: dict[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Circles in a graph of imports, each as the modules on it."""
    try:
        list(TopologicalSorter(ties).static_order())
    except CycleError as error:
        yield tuple(error.args[1])


def test_every_test_that_a_promise_names_is_there() -> None:
    text, file, named = (CHECKOUT / "docs" / "reliability.md").read_text("utf-8"), "", 0
    for path, test in re.findall(r"`([\w/]+\.py|…)(?:::(test_\w+))?`", text):
        file = file if path == "…" else path
        assert not test or f"def {test}(" in (CHECKOUT / "tests" / file).read_text("utf-8"), f"{file} has no {test}"
        named += bool(test)
    assert named > 60


def test_what_scripts_import_of_the_product_is_there() -> None:
    """No other test runs most of them, and the type checker does not look at them: a renamed function would not be noticed."""
    scripts = [path for room in ("benchmarks", "docs", "tools", "training") for path in (CHECKOUT / room).rglob("*.py")]
    for path in (CHECKOUT / "app.py", *scripts):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            room = node.module.partition(".")[0] if isinstance(node, ast.ImportFrom) and node.module else ""
            if isinstance(node, ast.ImportFrom) and room in ("benchmarks", "dnacore", "tools", "training", "ui"):
                gone = {one.name for one in node.names} - names_in(CHECKOUT.joinpath(*(node.module or "").split(".")))
                assert not gone, f"{name(path)} imports {gone} from {node.module}, which has no such name"


def names_in(module: Path) -> set[str]:
    """What can be imported from a module or a package, as its text says; what `dnacore` hands out, as it says itself."""
    if module == CHECKOUT / "dnacore":
        import dnacore

        return {*dir(dnacore), *(path.stem for path in module.iterdir())}
    own = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    text = own.read_text(encoding="utf-8") if own.is_file() else ""  # a folder of scripts is none
    found = {path.stem for path in module.iterdir()} if module.is_dir() else set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found
