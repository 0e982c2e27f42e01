"""A person's own dataset, added beside the demo's, is the first choice of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

import dnacore as dc
from dnacore.workspace.datasets import own_first
from tests import small_world
from ui.app import reads

DEMO, OWN = ("streets", "faces"), "my photographs"
BIG = 22  # images: fewer than twenty are not proposed first


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dc.Workspace]:
    """Two datasets of the demo, one with a table of labels and most images, and behind them one of nested folders."""
    home = tmp_path_factory.mktemp("own-first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISUAL_DNA_HOME", str(home))
        reads._open.cache_clear()
        opened = small_world.workspace(home)
        table = home / "labels.csv"
        table.write_text("file,hat\n" + "".join(f"{at:03d}.png,{at % 2}\n" for at in range(BIG + 2)))
        for name, seed in zip(DEMO, (1, 2), strict=True):
            opened.add_dataset(name, small_world.draw(opened.root / "demo" / name, BIG + 2, seed), attributes=table)
        own = home / "photographs"
        for place, day in enumerate(("day", "night")):
            small_world.draw(own / day, BIG // 2, seed=3 + place, dark=day == "night")
        opened.add_dataset(OWN, own)
        for name in (*DEMO, OWN):
            small_world.extract(opened, name)
        yield opened
        reads._open.cache_clear()


def piles() -> None:
    from ui.app import reads
    from ui.choices import piles

    piles.choose(reads.ready())


def left_out() -> None:
    from ui.app import reads
    from ui.sensitivity import leave_out

    leave_out.draw(reads.ready())


def mixed() -> None:
    from ui.app import reads
    from ui.sensitivity import leave_out

    leave_out.mix(reads.ready())


def study() -> None:
    from ui.app import reads
    from ui.studies import ask

    ask.choose(ask.choose_study(), reads.ready())


def two() -> None:
    import streamlit as st

    from ui.choices import two, without_images

    two.choose(without_images.comparable(), st.container(), st.container())


def several() -> None:
    from ui.app import reads
    from ui.choices import choices

    choices.datasets(reads.ready())


def gallery() -> None:
    from ui.app import reads
    from ui.gallery import ranked

    ranked.choose(reads.ready())


def image() -> None:
    import streamlit as st

    from ui.app import reads
    from ui.image import one_image

    st.text(one_image.choose(reads.ready()).image.dataset.name)


def lens() -> None:
    from types import SimpleNamespace

    from ui.app import reads
    from ui.lens import images

    images.choose_dataset(SimpleNamespace(inputs=("dataset",)), reads.ready())


def looked_through() -> None:
    from ui.datasets import list as datasets

    datasets.look_through()


@pytest.mark.parametrize(
    ("page", "key"),
    [
        (piles, "from"), (left_out, "whole"), (mixed, "mix-target"), (study, ""), (two, "a"), (several, "datasets"),
        (gallery, "dataset"), (lens, "dataset"), (looked_through, "look"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)  # fmt: skip
def test_the_first_choice_is_the_own_dataset(workspace: dc.Workspace, page: Callable[[], None], key: str) -> None:
    app = AppTest.from_function(page, default_timeout=120).run()
    assert not app.exception
    offered = [one for one in (*app.selectbox, *app.multiselect) if OWN in one.options]
    assert offered, "nothing offers a dataset"
    for one in offered:
        assert [name for name in one.options if name in (OWN, *DEMO)][0] == OWN, one.label
    chosen = next((one for one in offered if one.key == key), offered[0])
    value = chosen.value if isinstance(chosen.value, str) else chosen.value[0]
    assert value == OWN


def test_the_first_image_is_of_the_own_dataset(workspace: dc.Workspace) -> None:
    app = AppTest.from_function(image, default_timeout=120).run()
    assert not app.exception and app.text[0].value == OWN


def test_neurons_are_found_in_its_folders_where_it_has_no_table(workspace: dc.Workspace) -> None:
    app = AppTest.from_function(piles, default_timeout=120).run()
    assert app.selectbox(key="attribute").value == "folder"
    assert {app.selectbox(key="with-folder").value, app.selectbox(key="without-folder").value} == {"day", "night"}


def test_a_study_that_needs_a_table_begins_with_a_dataset_that_has_one(workspace: dc.Workspace) -> None:
    from ui.studies.ask import MUST, _usual

    usual = _usual(SimpleNamespace(attribute=MUST), reads.ready())
    assert usual[:2] == list(DEMO) and usual[2] == OWN


def test_the_newest_of_the_own_ones_comes_first_and_the_demo_keeps_its_order() -> None:
    root = Path("workspace")
    sets = [
        SimpleNamespace(name=name, source=(root / "demo" if name.startswith("demo") else Path("home")) / name)
        for name in ("older", "demo-a", "newer", "demo-b")
    ]
    assert [one.name for one in own_first(sets, root)] == ["newer", "older", "demo-a", "demo-b"]
